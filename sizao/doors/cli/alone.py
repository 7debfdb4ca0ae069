"""The short way in: commands that need neither a store nor the web, without loading what the others need.

An analyst asks one question of one file, hundreds of times a day; each asking is a process of its own. The words, refusals and codes are those of the whole program, as the same modules say them.
"""

from __future__ import annotations

import gc
import importlib
import logging
import os
import sys

#: Which modules a first word needs.
GROUPS = {"epi": ("epi", "epi_scan", "epi_delays")}


def suits(words: list[str]) -> bool:
    """Whether a command line can go this way.

    >>> suits(["epi", "rt", "--help"]), suits(["open", "list.csv"]), suits([])
    (True, False, False)
    """
    return bool(words) and words[0] in GROUPS


def main() -> None:
    """Runs `sizao WORD …` for a word of `GROUPS`."""
    gc.disable()
    logging.captureWarnings(True)
    os.umask(0o077)
    # Numba asks whether cffi is there, whose parser of C takes longer to load than most kernels to run. No kernel here speaks C.
    sys.modules.setdefault("cffi", None)  # type: ignore[arg-type]
    for name in GROUPS[sys.argv[1]]:
        importlib.import_module(f".{name}", __package__)
    from .running import run

    sys.exit(run())
