"""The next days: earlier forecasts are scored on whole weeks that came after them, however long the outbreak has been known."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

from sizao.kernel.days import number
from sizao.situation.coming import DAYS, PAST, coming
from sizao.situation.spread import WINDOW

FIRST = number(date(2021, 1, 1))
pytestmark = pytest.mark.django_db


def known(days: int) -> SimpleNamespace:
    """A curve of so many complete days, a few cases on each."""
    return SimpleNamespace(base=FIRST, complete_until=FIRST + days - 1, daily=np.random.default_rng(1).poisson(6, days))


@pytest.mark.parametrize("days", range(WINDOW + 1, 2 * WINDOW + 7 * PAST + 3))
def test_as_many_earlier_forecasts_are_scored_as_there_were_weeks_to_make_them(days):
    found = coming(known(days), "covid-19")
    assert found.quantiles is not None and len(found.quantiles) == DAYS
    assert len(found.past) == min(PAST, max(0, (days - 2 * WINDOW) // 7))
    assert [p.until for p in found.past] == [FIRST + days - 1 - 7 * back for back in range(1, len(found.past) + 1)]
