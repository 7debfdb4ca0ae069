"""What the first reader would wait for is loaded before he comes: after warming, a page of the situation loads no module that takes time."""

import subprocess
import sys

HEAVY = ("scipy.optimize", "numba.core", "sizao.doors.command.situation_map", "sizao.epi.delays", "sizao.epi.forecast", "epiweeks")
ASK = f"""
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sizao.wiring.settings")
import django
django.setup()
from sizao.doors.kit import warm
warm.behind().join()
print([name for name in {HEAVY!r} if name not in sys.modules])
"""


def test_the_thread_loads_the_statistics_and_ends():
    said = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, timeout=300)
    assert said.stdout.strip().endswith("[]"), said.stdout + said.stderr
    assert "not warmed" not in said.stderr


def test_what_fails_while_warming_is_logged_and_nobody_else_is_hurt(monkeypatch, caplog):
    from sizao.doors.kit import warm

    monkeypatch.setattr(warm, "AFTER", 0)
    monkeypatch.setattr(warm, "statistics", lambda: 1 / 0)
    warm.behind().join()
    assert "not warmed: ZeroDivisionError" in caplog.text
