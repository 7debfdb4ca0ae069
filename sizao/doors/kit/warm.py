"""What the first reader of a page would wait for is done behind him: a thread of the web process loads it, once the process answers.

The statistics behind the situation and the signals (SciPy's optimiser, compiled kernels) take one to two seconds of the processor, which the first request of each process paid. Small sums make each of them
run once; nothing is read and nothing is written. A failure is logged and costs no more than what it would have saved.
"""

import gc
import logging
import threading
import time

log = logging.getLogger("sizao.warm")

#: Seconds after the start: the first requests go first.
AFTER = 0.5


def statistics() -> None:
    """Loads the modules of the situation's panels and of signals, and runs each kind of sum once on a handful of numbers."""
    import numpy as np

    from sizao.doors.command import situation_curve, situation_lags, situation_map  # noqa: F401 - a page asks for them when it needs them
    from sizao.epi import delays, forecast, nowcast, reproduction, scan
    from sizao.epi.warning.methods import judge

    daily, serial = np.array([[n % 5 + 3.0 for n in range(40)]]), np.array([0.0, 0.3, 0.5, 0.2])
    reproduction.cori(daily, serial, window=7)
    forecast.forecast(daily, serial, days=7, window=7)
    reproduction.growth(daily)
    nowcast.nowcast(nowcast.triangle(np.arange(30), np.arange(30) + 2, 33, 20, 10), newest=10, window=10)
    delays.fit([1 + n % 4 for n in range(20)], [30] * 20)
    scan.scan(np.ones((3, 2)), np.ones((3, 2)), np.arange(2)[:, None], replicates=9)
    judge("C2", daily, step=1, last=2)


def behind() -> threading.Thread:
    """Starts the thread, which ends by itself and does not keep the process."""

    def load() -> None:
        time.sleep(AFTER)
        try:
            statistics()
        except Exception as wrong:
            log.warning("not warmed: %s", type(wrong).__name__)
        gc.collect()
        gc.freeze()

    thread = threading.Thread(target=load, name="warm", daemon=True)
    thread.start()
    return thread
