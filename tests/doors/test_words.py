"""The examples in the texts of the doors' own functions run."""

import doctest
from importlib import import_module

import pytest


@pytest.mark.parametrize("name", ["words", "shades", "treemap", "people"])
def test_the_examples_run(db, name):
    module = import_module(f"sizao.doors.kit.{name}")
    assert doctest.testmod(module).failed == 0
