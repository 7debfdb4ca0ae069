"""Compiles every kernel of `epi` once, so that the first question after an installation is answered as fast as the second: `python -m sizao.wiring.kernels`.

Numba compiles a function for the types with which it is called, and keeps the result under NUMBA_CACHE_DIR. So each command is run on a small invented file, and what no command uses is
called with arrays of the types that the rooms above pass. `python3 run` does this after an installation, and again when a kernel has changed.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import pkgutil
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any


def compile_all() -> None:
    """Every kernel, for the types that commands, registers and flows pass."""
    with tempfile.TemporaryDirectory() as folder:
        for words in _commands(Path(folder)):
            _run(words)
    _called()


def kernels() -> dict[str, Any]:
    """Every compiled function of `epi` by its full name."""
    import sizao.epi

    found = {}
    for told in pkgutil.walk_packages(sizao.epi.__path__, "sizao.epi."):
        module = importlib.import_module(told.name)
        found |= {f"{told.name}.{name}": thing for name, thing in vars(module).items() if hasattr(thing, "nopython_signatures") and thing.py_func.__module__ == told.name}
    return found


def _commands(folder: Path) -> list[list[str]]:
    from sizao.doors.cli.epi import METHODS

    def file(name: str, head: str, lines: list[str]) -> str:
        (folder / name).write_text("\n".join([head, *lines, ""]), encoding="utf-8")
        return str(folder / name)

    def counts(name: str, days: int, periods: int, gap: int | None) -> str:
        return file(name, "series,date,count", [f"{s},{date(2010, 1, 4) + timedelta(days=days * i)},{(i * (7 + s)) % 11 + 2}" for s in range(2) for i in range(periods) if i != gap])

    weeks, days = [counts(f"weeks{gap}.csv", 7, 330, gap) for gap in (None, 200)], counts("days.csv", 1, 400, None)
    commands = [["detect", weeks_or_gap, "--method", method, "--last", "2"] for method in METHODS for weeks_or_gap in weeks]
    commands += [["detect", weeks[0], "--method", method, "--as-package", "--last", "2"] for method in ("C3", "farrington", "farringtonFlexible")]
    commands += [["rt", days, "--si-mean", "5", "--si-sd", "2", "--method", method, "--draws", "2"] for method in ("cori", "wallinga-teunis")]
    where = file("places.csv", "place,x,y,population,expected", ["0,0,0,100,2.5", "1,0,1,200,3.5"])
    commands += [["scan", days, "--places", where, "--model", model, "--replications", "9", "--last", "20"] for model in ("kulldorff", "expectation")]
    return [["epi", *words] for words in commands]


def _run(words: list[str]) -> None:
    """A command as if it was typed, its answer thrown away; a refusal is no matter here."""
    from sizao.doors.cli import epi_scan  # noqa: F401  adds its command
    from sizao.doors.cli.epi import app
    from sizao.kernel.errors import Refused

    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(Refused):
        app(words, standalone_mode=False)


def _called() -> None:
    import numpy as np

    from sizao.epi.overlap import Intervals, Prepared, Search
    from sizao.epi.reproduction import growth

    growth(np.full((1, 20), 5.0), window=14)
    visits, stays = Intervals.of([0, 0], [0, 1], [0, 10], [20, 30]), Intervals.of([0], [-1], [5], [25])
    search = Search(stays, places=1, persons=2)
    search.add(visits)
    search.pairs(visits)
    Prepared.of(visits, places=1, persons=2).total(stays)


if __name__ == "__main__":
    compile_all()
    if len(sys.argv) == 3:  # FILE TEXT: what to leave behind when all is done
        Path(sys.argv[1]).write_text(sys.argv[2], encoding="utf-8")
