"""Seconds and memory of a piece of work, and the machine they were taken on."""

import json
import os
import platform
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def measured(process: int | None = None) -> Iterator[dict[str, Any]]:
    """Puts the seconds of the block and the peak memory of this process (or another), its children included, into the figures it gives."""
    figures: dict[str, Any] = {}
    watch = _Watch(process)
    watch.start()
    began = time.perf_counter()
    try:
        yield figures
    finally:
        figures["seconds"] = time.perf_counter() - began
        figures["peak_gb"] = watch.stop() / 1e9


class _Watch(threading.Thread):
    """Looks at the memory of this process and its children twenty times a second."""

    def __init__(self, process: int | None = None) -> None:
        super().__init__(daemon=True)
        self.me, self.server = psutil.Process(process), process is not None
        self.peak = 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.05):
            self.look()

    def look(self) -> None:
        total, shared = 0, 0
        for process in (self.me, *self.me.children(recursive=True)):
            try:
                found = process.memory_info()
            except psutil.Error:
                continue
            together = getattr(found, "shared", 0) if self.server else 0  # what all its processes have in common is counted once
            total, shared = total + found.rss - together, max(shared, together)
        self.peak = max(self.peak, total + shared)

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


def program(*words: str, memory: str = "1GB") -> dict[str, Any]:
    """What a program of ours prints last, in a process of its own."""
    env = os.environ | {"SIZAO_BENCH_MEMORY": memory}
    done = subprocess.run([sys.executable, "-m", *words], cwd=ROOT, env=env, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
