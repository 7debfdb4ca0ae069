"""`python -m sizao`: the command line."""

import os
import sys

# Where `run` keeps compiled kernels: also for who starts this without it.
if os.path.isdir(kernels := os.path.join(sys.prefix, "kernels")):
    os.environ.setdefault("NUMBA_CACHE_DIR", kernels)

from sizao.doors.cli import alone  # after that: Numba reads its settings once, when it is loaded

if alone.suits(sys.argv[1:]):
    from sizao.doors.cli.alone import main
else:
    from sizao.wiring.main import main

main()
