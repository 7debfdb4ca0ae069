"""Making, finding, killing and recovering the embedded database."""

import os
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

from sizao.kernel import postgres


def run(size: int | None = None) -> dict[str, Any]:
    """Seconds of the first start, of the second, of a start after `kill -9`, and of `size` acknowledged one-row transactions."""
    place = Path(tempfile.mkdtemp(prefix="sizao-bench-", dir="/tmp"))
    place.chmod(0o755)
    figures: dict[str, Any] = {}
    rows = size or 2000
    try:
        first, server = _timed(place)
        again, _ = _timed(place)
        with server.connect("owner") as owner:
            owner.execute("CREATE TABLE t (x int)")
            began = time.perf_counter()
            for x in range(rows):
                owner.execute("INSERT INTO t VALUES (%s)", [x])
            written = time.perf_counter() - began
            os.kill(server.cluster.postmaster() if server.cluster else 0, signal.SIGKILL)
        recovered, server = _timed(place)
        with server.connect("owner") as owner:
            row = owner.execute("SELECT count(*) FROM t").fetchone()
        began = time.perf_counter()
        server.stop()
        stopped = time.perf_counter() - began
        figures = {"seconds": first, "found": again, "recovered": recovered, "stopped": stopped, "rows_per_second": rows / written}
        figures["equal"] = bool(row and row[0] == rows)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return figures


def _timed(place: Path) -> tuple[float, postgres.Server]:
    began = time.perf_counter()
    server = postgres.start(postgres.Store.open(place / "store"))
    return time.perf_counter() - began, server
