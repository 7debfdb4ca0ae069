"""What a symptom line must keep beside what every story of steps keeps (`kernel/steps.py`). Pure: the values are arguments."""

from collections.abc import Iterator
from typing import Any

from sizao.kernel.outcome import Problem


def temperature_possible(row: Any) -> Iterator[Problem]:
    """A body temperature in °C that a living person can have."""
    if row.temperature is not None and not 30 <= row.temperature <= 45:
        yield Problem("temperature-impossible", "temperature", str(row.temperature))
