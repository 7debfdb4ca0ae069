"""Reproduction numbers of `size` areas × 100 days beside R's `EpiEstim` and Python's `epyestim`: the same cases and serial interval, one after the other, one thread each; any difference fails.

Ours is the public call over all areas, the middle of five. A peer is run on `peer_areas` of them (its time is in proportion, area by area) and its seconds told for all. `epyestim` needs pandas and
is put into an environment of its own, `build/epyestim`, by pip; where that cannot be done, or R or its package is absent, that peer's figures are absent and named in `absent`.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import ROOT
from benchmarks.warning import _middle

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def run(size: int = 3000, peer_areas: int = 150, days: int = 100) -> dict[str, Any]:
    """`equal`: mean, standard deviation and seven quantiles of every window of every peer's areas to 1e-9 of themselves."""
    from sizao.epi import reproduction

    cases = epidemics(size, days)
    serial = reproduction.serial_interval(6.3, 4.2, days)
    serial /= serial.sum()
    ours = _middle(lambda: reproduction.cori(cases, serial))
    found = reproduction.cori(cases, serial)
    posterior = np.concatenate([found.mean[..., None], found.sd[..., None], found.quantiles], -1)
    figures: dict[str, Any] = {"areas": size, "seconds_ours": ours, "equal": True, "absent": ""}
    some = min(peer_areas, size)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savetxt(folder / "cases.csv", cases[:some].T, delimiter=",", fmt="%d", header=",".join(f"a{i}" for i in range(some)), comments="")
        np.savetxt(folder / "serial.csv", serial, fmt="%.17g")
        for peer, command in (("epiestim", ["Rscript", str(Path(__file__).with_name("_reproduction.R"))]), ("epyestim", _epyestim())):
            told = command and subprocess.run([*command, name], capture_output=True, text=True, env={**os.environ, **ONE_THREAD}, check=False)
            if not told or told.returncode:
                figures["absent"] = f"{figures['absent']} {peer}".strip()
                continue
            theirs = np.atleast_2d(np.genfromtxt(folder / f"{peer}.csv", delimiter=",", skip_header=1)).T.reshape(some, 9, -1).transpose(0, 2, 1)
            seconds = float(told.stdout.split()[-1]) * size / some
            read = np.isfinite(posterior[:some])  # windows within a mean serial interval of the first day are told by nobody but epyestim
            figures |= {f"seconds_{peer}": seconds, f"times_{peer}": seconds / ours, f"difference_{peer}": float(np.abs(theirs / posterior[:some] - 1)[read].max())}
            figures["equal"] &= theirs.shape == posterior[:some].shape and bool(np.allclose(theirs[read], posterior[:some][read], rtol=1e-9, atol=0))
    return figures


def epidemics(areas: int, days: int, seed: int = 7) -> np.ndarray:
    """Cases (areas, days) of renewal processes that grow, then shrink, from 2 to 60 first cases."""
    from sizao.epi.reproduction import serial_interval

    chance, serial = np.random.default_rng(seed), serial_interval(6.3, 4.2, 40)
    r = np.where(np.arange(days) < 40, 1.6, 0.9)[:, None] * chance.lognormal(0, 0.1, (1, areas))
    cases = np.zeros((days, areas))
    cases[0] = chance.integers(2, 60, areas)
    for t in range(1, days):
        back = np.arange(1, min(t, 39) + 1)
        cases[t] = chance.poisson(r[t] * (serial[back] @ cases[t - back]))
    return np.ascontiguousarray(cases.T)


def _epyestim() -> list[str]:
    """How its script is run; nothing where it cannot be installed."""
    folder = ROOT / "build" / "epyestim"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        try:
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", "epyestim==0.1"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            return []
        (folder / "ready").touch()
    return [str(python), str(Path(__file__).with_name("_epyestim.py"))]
