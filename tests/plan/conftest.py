"""A throw-away PostgreSQL for the engine's own tables: no models, no migrations, temporary tables only."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest


@pytest.fixture(scope="session")
def engine_db():
    """A connection that may make temporary tables."""
    url = os.environ.get("DATABASE_URL")
    if url:
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection
        return
    from sizao.kernel.postgres import Store, start

    place = Path(tempfile.mkdtemp(prefix="sizao-plan-", dir="/tmp"))
    place.chmod(0o755)
    server = start(Store.open(place / "store", kind="demo"))
    try:
        with server.connect("owner") as connection:
            yield connection
    finally:
        server.stop()
        shutil.rmtree(place, ignore_errors=True)
        shutil.rmtree(place.with_suffix(".keys"), ignore_errors=True)


@pytest.fixture
def settling(monkeypatch):
    """Measures are settled however few occasions they have."""
    import sizao.plan.settled  # noqa: F401 - its function `cycle` hides the module

    monkeypatch.setattr(sys.modules["sizao.plan.settled.course"], "FEW", 0)
