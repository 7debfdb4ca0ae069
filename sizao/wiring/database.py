"""Which database this process speaks to. `boot` finds or starts it once; the settings read what it found."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

#: Every door that `sizao serve --doors` may open.
DOORS = ("field", "desk", "command", "public")
#: Where the relations of the public's role stand, under the names of the tables that they are a part of (`public_role.py`).
SCHEMA = "door"
_server: Any = None
_store: Any = None
_dbname: str | None = None


def boot(store: str | Path | None = None, *, kind: str | None = None, time_zone: str = "Asia/Shanghai", dbname: str | None = None, setup: bool = True) -> Any:
    """Opens the store, starts its PostgreSQL if nobody has, and readies Django. Returns the store. Safe to call again.

    `dbname` names another database of the same server than the store's own: tests and trial restores.
    """
    global _server, _store, _dbname
    if _server is None:
        from sizao.kernel import postgres

        _store = postgres.Store.open(store or os.environ.get("SIZAO_STORE"), kind=kind, time_zone=time_zone)
        os.environ["SIZAO_STORE"] = str(_store.path)
        _dbname = dbname or os.environ.get("SIZAO_DBNAME")
        _server = postgres.connect(_store)
    if setup:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sizao.wiring.settings")
        import django

        django.setup()
    return _store


def server() -> Any:
    """The running database server, after `boot`."""
    return _server


def databases() -> dict[str, dict[str, Any]]:
    """Django's DATABASES: `default` is the application's role, `owner` makes and changes tables. The process of the public alone has its own role and no other."""
    if role() == "public":
        return {"default": _parameters("public")}
    return {"default": _parameters("app"), "owner": _parameters("owner")}


def doors() -> tuple[str, ...]:
    """Which doors this process opens (`SIZAO_DOORS`, by commas); all where nothing is said."""
    told = tuple(d for d in os.environ.get("SIZAO_DOORS", "").split(",") if d)
    return told or DOORS


def role() -> str:
    """As which role of the database this process speaks: "public" where it opens that door alone, else "app"."""
    return "public" if doors() == ("public",) else "app"


def _parameters(role: str) -> dict[str, Any]:
    base: dict[str, Any] = {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 0 if role == "owner" else None, "CONN_HEALTH_CHECKS": True, "DISABLE_SERVER_SIDE_CURSORS": False}
    if _server is None:  # type checks and documentation need the settings, not a database
        return base | {"NAME": "sizao", "USER": f"sizao_{role}"}
    dsn = _server.dsn(role, dbname=_dbname)
    options = {k: v for k, v in dsn.items() if k not in ("host", "port", "dbname", "user", "password")}
    pool = int(os.environ.get("SIZAO_POOL", "0")) if role != "owner" else 0
    if pool:  # a web process has more threads than it works on requests at one time: they share the connections
        base["CONN_MAX_AGE"] = 0
        options["pool"] = {"min_size": 2, "max_size": pool, "timeout": 30}
    return base | {
        "NAME": dsn["dbname"],
        "USER": dsn["user"],
        "PASSWORD": dsn["password"],
        "HOST": str(dsn["host"]),
        "PORT": str(dsn.get("port", "") or ""),
        "OPTIONS": options | {"application_name": f"sizao-{role}", "options": "-c timezone=UTC" + (f" -c search_path={SCHEMA}" if role == "public" else "")},
    }
