"""Modules of tests outside packages share one space of names: a second one of the same name is not collected, and the run fails at its end."""

from collections import Counter
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


def test_no_two_modules_of_tests_have_the_same_name():
    alone = [p for p in TESTS.rglob("*.py") if not (p.parent / "__init__.py").exists() and p.name != "conftest.py"]
    assert len(alone) > 100
    assert sorted(name for name, n in Counter(p.name for p in alone).items() if n > 1) == []
