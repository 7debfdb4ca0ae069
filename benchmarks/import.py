"""A messy line list on its way in, every check and consequence included; then another on the store that holds it; a workbook; the web meanwhile."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from benchmarks import _import_list
from benchmarks.web import Reader, wait

ROOT = Path(__file__).resolve().parents[1]
PORT = 18_433


def run(size: int = 100_000, xlsx: int = 0, again: int = 1, web: int = 0) -> dict[str, Any]:
    """Rows a second of `size` rows of CSV into an empty store; with `again`, of as many more into the store that holds them (another sender,
    other persons); of `xlsx` rows of a workbook; with `web`, how much of its speed a look-up over HTTP keeps while so many rows come in.
    `equal`: outcomes and planted faults are as the writer counted them. Memory is of all processes that import, without the database's own;
    processor time is in microseconds a row: `program` of those processes, `database` of PostgreSQL."""
    place = Path(tempfile.mkdtemp(prefix="sizao-bench-"))
    place.chmod(0o755)
    os.environ |= {"SIZAO_STORE": str(place / "store"), "SIZAO_KEYS": str(place / "keys"), "SIZAO_LANG": "en"}
    figures: dict[str, Any] = {"rows": size + 1}
    try:
        server = _open(place)
        told = _import_list.write_csv(place / "first.csv", size)
        with _watched(server, size) as watched:
            figures["rows_per_second"], equal = _bring(place / "first.csv", told, "first")
        figures |= watched
        if again:
            told = _import_list.write_csv(place / "second.csv", size, seed=2, prefix="S")
            figures["rows_per_second_full"], same = _bring(place / "second.csv", told, "second")
            figures["slower"] = round(figures["rows_per_second"] / figures["rows_per_second_full"], 2)
            equal = equal and same
        if xlsx:
            told = _import_list.write_xlsx(place / "third.xlsx", xlsx, seed=3, prefix="X")
            figures["xlsx_rows_per_second"], same = _bring(place / "third.xlsx", told, "third")
            equal = equal and same
        if web:
            figures |= _beside_the_web(place, web)
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


@contextmanager
def _watched(server: Any, rows: int) -> Iterator[dict[str, Any]]:
    """Memory and processor time of the import: this process and its hands; of the database: its processes, those that ended included."""
    figures: dict[str, Any] = {}
    me, postmaster = psutil.Process(), psutil.Process(server.cluster.postmaster())
    peak, over, before = [0], threading.Event(), (_spent(me, children=False), resource.getrusage(resource.RUSAGE_CHILDREN), _spent(postmaster))
    skip = {postmaster.pid, *(p.pid for p in postmaster.children(recursive=True))}

    def look() -> None:
        while not over.wait(0.2):
            peak[0] = max(peak[0], sum(_memory(p) for p in (me, *me.children(recursive=True)) if p.pid not in skip))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    yield figures
    over.set()
    thread.join()
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    program = _spent(me, children=False) - before[0] + ended.ru_utime + ended.ru_stime - before[1].ru_utime - before[1].ru_stime
    figures |= {"import_gb": round(peak[0] / 1e9, 3), "program_us": round(program / rows * 1e6), "database_us": round((_spent(postmaster) - before[2]) / rows * 1e6)}


def _spent(process: psutil.Process, *, children: bool = True) -> float:
    try:
        t = process.cpu_times()
    except psutil.NoSuchProcess:  # ended since it was listed: its parent has its time now
        return 0.0
    own = t.user + t.system + ((getattr(t, "children_user", 0) + getattr(t, "children_system", 0)) if children else 0)
    return float(own + sum(_spent(p) for p in (process.children() if children else ())))


def _memory(process: psutil.Process) -> int:
    """Resident memory; nothing for a process of the database or one that is gone."""
    try:
        return 0 if process.name().startswith("postgres") else int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _beside_the_web(place: Path, rows: int) -> dict[str, Any]:
    """Look-ups of one number a second by one reader, alone and while a list comes in by the command line."""
    from sizao.doors.cli.context import first_desk
    from sizao.doors.kit.signin import make_link
    from sizao.kernel import areas

    desk = first_desk(areas.root())
    link = make_link(desk.user, 60)
    _import_list.write_csv(place / "fourth.csv", rows, seed=4, prefix="V")
    service = subprocess.Popen([sys.executable, "-m", "sizao", "serve", "--port", str(PORT)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait(PORT)
        reader = Reader(link, PORT)

        def look(until: Callable[[], bool]) -> float:
            began, n = time.perf_counter(), 0
            while not until():
                reader.get(f"/registers/cases?q={n % 1000:08}")
                n += 1
            return n / (time.perf_counter() - began)

        def seconds(n: float) -> Callable[[], bool]:
            end = time.perf_counter() + n
            return lambda: time.perf_counter() > end

        look(seconds(2))
        alone = look(seconds(8))
        command = [sys.executable, "-m", "sizao", "import", str(place / "fourth.csv"), "--sender", "fourth", "--disease", "covid-19", "--json"]
        began = time.perf_counter()
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        beside = look(lambda: child.poll() is not None)
        return {"web_alone": round(alone, 1), "web_beside": round(beside, 1), "web_kept": round(beside / alone, 2), "rows_per_second_beside_web": round(rows / (time.perf_counter() - began))}
    finally:
        service.terminate()
        service.wait(30)
