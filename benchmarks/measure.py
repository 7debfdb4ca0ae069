"""Seconds and memory of a piece of work, and the machine they were taken on."""

import os
import platform
import resource
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil


@contextmanager
def measured() -> Iterator[dict[str, Any]]:
    """Puts the seconds of the block and the peak memory of this process, its children included, into the figures it gives."""
    figures: dict[str, Any] = {}
    watch = _Watch()
    watch.start()
    began = time.perf_counter()
    try:
        yield figures
    finally:
        figures["seconds"] = time.perf_counter() - began
        figures["peak_gb"] = watch.stop() / 1e9


class _Watch(threading.Thread):
    """Looks at the memory of this process and its children twenty times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.me = psutil.Process()
        self.peak = 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.05):
            self.look()

    def look(self) -> None:
        total = 0
        for process in (self.me, *self.me.children(recursive=True)):
            try:
                total += process.memory_info().rss
            except psutil.Error:
                continue
        self.peak = max(self.peak, total)

    def stop(self) -> int:
        self.over.set()
        self.join()
        self.look()
        return self.peak


def peak_gb() -> float:
    """The most memory that this process ever had."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def machine() -> dict[str, Any]:
    """What a figure must be read with. No name of the machine and none of its user."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "cpu": _cpu(),
        "cores": usable,
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
    }


def _cpu() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"
