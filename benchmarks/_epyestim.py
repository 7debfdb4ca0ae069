"""`python _epyestim.py FOLDER`, in an environment that has epyestim: its estimate on FOLDER/cases.csv with the serial interval of FOLDER/serial.csv; writes mean, sd and quantiles a window, and says its seconds."""

import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from epyestim.estimate_r import estimate_r, gamma_quantiles

warnings.filterwarnings("ignore")
folder = Path(sys.argv[1])
serial = np.loadtxt(folder / "serial.csv")
table = pd.read_csv(folder / "cases.csv")
table.index = pd.date_range("2024-01-01", periods=len(table))
areas = [table[name].astype(float) for name in table]
began, told = time.perf_counter(), []
for cases in areas:
    found = estimate_r(cases, serial, a_prior=1, b_prior=5, window_size=7)
    shape, scale = found.a_posterior.to_numpy(), found.b_posterior.to_numpy()
    told.append([shape * scale, np.sqrt(shape) * scale, *(gamma_quantiles(q, shape, scale) for q in (0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975))])
print(time.perf_counter() - began)
windows = len(table) - 7  # it tells one window more, which begins before anybody could infect
np.savetxt(folder / "epyestim.csv", np.array(told)[:, :, -windows:].reshape(len(areas), -1).T, delimiter=",", header="epyestim")
