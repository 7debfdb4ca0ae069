"""A messy line list on its way in, every check and consequence included; then another on the store that holds it; then a workbook."""

import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import _import_list
from benchmarks.measure import peak_gb

ROOT = Path(__file__).resolve().parents[1]


def run(size: int = 100_000, xlsx: int = 0, again: int = 1) -> dict[str, Any]:
    """Rows a second of `size` rows of CSV into an empty store; with `again`, of as many more into the store that holds them (another sender,
    other persons); of `xlsx` rows of a workbook. `equal`: outcomes and planted faults are as the writer counted them. Memory is of the process
    that imports, without the database's own."""
    place = Path(tempfile.mkdtemp(prefix="sizao-bench-"))
    place.chmod(0o755)
    os.environ |= {"SIZAO_STORE": str(place / "store"), "SIZAO_KEYS": str(place / "keys"), "SIZAO_LANG": "en"}
    figures: dict[str, Any] = {"rows": size + 1}
    try:
        server = _open(place)
        told = _import_list.write_csv(place / "first.csv", size)
        figures["rows_per_second"], equal = _bring(place / "first.csv", told, "first")
        figures["import_gb"] = round(peak_gb(), 3)
        if again:
            told = _import_list.write_csv(place / "second.csv", size, seed=2, prefix="S")
            figures["rows_per_second_full"], same = _bring(place / "second.csv", told, "second")
            figures["slower"] = round(figures["rows_per_second"] / figures["rows_per_second_full"], 2)
            equal = equal and same
        if xlsx:
            told = _import_list.write_xlsx(place / "third.xlsx", xlsx, seed=3, prefix="X")
            figures["xlsx_rows_per_second"], same = _bring(place / "third.xlsx", told, "third")
            equal = equal and same
        figures["equal"] = equal
    finally:
        if "server" in locals() and server.cluster and (pid := server.cluster.postmaster()):
            os.kill(pid, signal.SIGINT)
            time.sleep(1)
        shutil.rmtree(place, ignore_errors=True)
    return figures


def _open(place: Path) -> Any:
    from sizao.wiring import database

    database.boot(place / "store", kind="real")
    from sizao.kernel import keys
    from sizao.wiring.migrate import migrate

    migrate("real")

    if not keys.folder().exists():
        keys.KeyRing.new(keys.folder())
    return database.server()


def _bring(path: Path, told: Any, sender: str) -> tuple[int, bool]:
    from sizao.interop.intake import import_files
    from sizao.kernel.scope import Scope

    began = time.perf_counter()
    report = import_files(Scope.system("bench"), [path], disease="covid-19", sender=sender)
    took = time.perf_counter() - began
    said = report.files[0]
    found = {n: getattr(said, n) for n in ("accepted", "updated", "duplicate", "rejected")} | {f"note:{c}": n for c, n in said.problem_counts.items()}
    wrong = {name: (n, found.get(name, 0)) for name, n in told.items() if found.get(name, 0) != n}
    if wrong:
        print(f"{path.name}: planted and found differ: {wrong}", file=sys.stderr)
    return round(said.rows / took), not wrong and said.rows == sum(told[n] for n in ("accepted", "duplicate", "rejected"))
