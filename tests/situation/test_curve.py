"""The epidemic curve: every case is in one bar or said to be in none, weeks end where ISO and MMWR end them, and what is not complete is exactly what the delays say."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sizao.kernel.days import day, number
from sizao.situation.periods import periods

#: Day, ISO week, MMWR week; ISO 8601 and the calendars that CDC publishes (MMWR weeks 2014 to 2026): 2014 and 2020 had 53 MMWR weeks, 2015 and 2020 had 53 ISO weeks.
WEEKS = [
    (date(2015, 12, 31), "2015-W53", "2015-W52"),
    (date(2016, 1, 1), "2015-W53", "2015-W52"),
    (date(2016, 1, 2), "2015-W53", "2015-W52"),
    (date(2016, 1, 3), "2015-W53", "2016-W01"),
    (date(2016, 1, 4), "2016-W01", "2016-W01"),
    (date(2015, 1, 1), "2015-W01", "2014-W53"),
    (date(2015, 1, 3), "2015-W01", "2014-W53"),
    (date(2015, 1, 4), "2015-W01", "2015-W01"),
    (date(2020, 12, 31), "2020-W53", "2020-W53"),
    (date(2021, 1, 2), "2020-W53", "2020-W53"),
    (date(2021, 1, 3), "2020-W53", "2021-W01"),
    (date(2021, 1, 4), "2021-W01", "2021-W01"),
]


@pytest.mark.parametrize("on,iso,mmwr", WEEKS)
def test_a_day_at_the_turn_of_a_year_lies_in_the_week_of_the_calendar(on, iso, mmwr):
    assert (periods(number(on), number(on), "iso").labels, periods(number(on), number(on), "mmwr").labels) == ((iso,), (mmwr,))


def test_iso_weeks_begin_on_monday_and_mmwr_weeks_on_sunday():
    first, last = number(date(2019, 12, 1)), number(date(2021, 2, 1))
    assert {day(s).isoweekday() for s in periods(first, last, "iso").starts} == {1}
    assert {day(s).isoweekday() for s in periods(first, last, "mmwr").starts} == {7}


@settings(deadline=None)
@given(st.integers(number(date(2000, 1, 1)), number(date(2030, 1, 1))), st.integers(0, 800), st.sampled_from(["day", "iso", "mmwr"]), st.lists(st.integers(-20, 820), max_size=60))
def test_every_day_lies_in_one_period_and_counts_add_up(first, more, step, days):
    shown = periods(first, first + more, step)
    assert (np.diff(shown.starts) == (1 if step == "day" else 7)).all()
    assert shown.starts[0] <= first and shown.last_day(len(shown.starts) - 1) >= first + more
    told = np.array([first + d for d in days], np.int64)
    inside = [d for d in told if shown.starts[0] <= d <= first + more]
    by_hand = Counter(next(i for i in range(len(shown.starts)) if shown.starts[i] <= d <= shown.last_day(i)) for d in inside)
    assert shown.counts(told).tolist() == [by_hand[i] for i in range(len(shown.starts))]


@pytest.fixture
def lines(wave, db):
    from sizao.kernel.scope import Scope
    from sizao.situation.lines import gather

    return gather(Scope.system("test"), wave.county.root, "covid-19", wave.as_of)


@pytest.mark.django_db
def test_the_bars_are_the_cases(wave, lines):
    from sizao.situation.curve import curve

    found = curve(lines)
    counted = Counter(line["onset"] for line in wave.lines)
    assert {day(int(s)): int(n) for s, n in zip(found.periods.starts, found.totals, strict=True) if n} == counted
    by_class = {c: int(found.counts[i].sum()) for i, c in enumerate(("confirmed", "clinical", "suspected", "asymptomatic", ""))}
    assert by_class == {"confirmed": 0, "clinical": 0, "suspected": 0, "asymptomatic": 0, "": 0} | Counter(line["class"] for line in wave.lines)


@pytest.mark.django_db
@pytest.mark.parametrize("by", ["onset", "report", "confirmation"])
@pytest.mark.parametrize("step", ["day", "iso", "mmwr"])
@pytest.mark.parametrize("classes", [(), ("confirmed",), ("suspected", "asymptomatic")])
def test_bars_and_what_is_left_out_add_up_to_all_cases(wave, lines, by, step, classes):
    from sizao.situation.curve import curve

    since, until = number(date(2020, 12, 25)), number(date(2021, 1, 10))
    for limits in ((None, None), (since, None), (None, until), (since, until)):
        found = curve(lines, by, step, classes, *limits)
        assert int(found.totals.sum()) + found.undated + found.before + found.after == int(lines.of(classes).sum())


@pytest.mark.django_db
def test_incomplete_days_are_exactly_those_within_the_tail_of_the_delay(wave, lines):
    """Reports come one, two or three days after the onset, so that a day is whole on its fourth: today, yesterday and the day before are not."""
    from sizao.situation.curve import curve

    found = curve(lines)
    assert found.tail == found.newest == 3
    open_days = [day(int(s)) for s, i in zip(found.periods.starts, found.incomplete, strict=True) if i]
    assert open_days == [date(2021, 1, 16), date(2021, 1, 17), date(2021, 1, 18)]
    assert day(found.complete_until) == date(2021, 1, 15)
    share = {back: float(found.share[back]) for back in range(5)}
    assert share[0] == 0 or share[0] < 0.05
    assert share[2] < 0.95 <= share[3]


@pytest.mark.django_db
def test_a_week_with_an_incomplete_day_is_incomplete(wave, lines):
    from sizao.situation.curve import curve

    assert [label for label, i in zip(curve(lines, step="iso").periods.labels, curve(lines, step="iso").incomplete, strict=True) if i] == ["2021-W02", "2021-W03"]
    assert [label for label, i in zip(curve(lines, step="mmwr").periods.labels, curve(lines, step="mmwr").incomplete, strict=True) if i] == ["2021-W02", "2021-W03"]


@pytest.mark.django_db
def test_by_report_only_a_day_that_is_not_over_is_incomplete(wave):
    from sizao.kernel.scope import Scope
    from sizao.situation.curve import curve
    from sizao.situation.lines import gather

    noon = datetime(2021, 1, 18, 4, tzinfo=UTC)
    over, running = (curve(gather(Scope.system("test"), wave.county.root, "covid-19", at), "report") for at in (wave.as_of, noon))
    assert over.incomplete.sum() == 0
    assert running.incomplete.tolist() == [False] * (len(running.incomplete) - 1) + [True]


@pytest.mark.django_db
def test_nobody_is_told_of_who_was_not_known_yet(wave):
    """Looking back to the third of January shows what was known that evening."""
    from sizao.kernel.scope import Scope
    from sizao.situation.lines import gather

    evening = datetime(2021, 1, 3, 15, 59, tzinfo=UTC)
    found = gather(Scope.system("test"), wave.county.root, "covid-19", evening)
    assert len(found) == sum(line["report"] <= date(2021, 1, 3) for line in wave.lines)


@pytest.mark.django_db
def test_what_the_newest_days_may_come_to_holds_what_came(wave, lines):
    """Of each onset day all reports come within three days; what is expected of the open days holds the whole day's cases."""
    from sizao.situation.curve import curve

    found = curve(lines)
    whole = {n: n // 4 for n in range(40)}
    for slot in np.flatnonzero(found.incomplete):
        n = int(found.periods.starts[slot]) - number(wave.first)
        low, _middle, high = found.expected[slot]
        if found.totals[slot]:  # of the very last day nothing is reported
            assert low <= whole[n] <= high
    assert np.isnan(found.expected[~found.incomplete]).all()


@pytest.mark.django_db
def test_without_delays_nothing_is_called_complete_or_not(tell):
    from sizao.kernel.scope import Scope
    from sizao.situation.curve import curve
    from sizao.situation.lines import gather

    told = tell([{"onset": date(2021, 1, 1) + timedelta(days=n), "known": date(2021, 1, 1)} for n in range(3)])
    found = curve(gather(Scope.system("test"), told.county.root, "covid-19", datetime(2021, 1, 10, 15, 59, 59, 999999, tzinfo=UTC)))
    assert (found.tail, found.share, found.expected, int(found.incomplete.sum()), int(found.totals.sum())) == (None, None, None, 0, 3)


@pytest.mark.django_db
def test_rt_of_the_room_is_that_of_epi(wave, lines):
    from sizao.epi.reproduction import cori, serial_interval
    from sizao.situation.curve import curve
    from sizao.situation.spread import spread

    found = curve(lines)
    shown = spread(found, "covid-19")
    assert (shown.serial["mean"], shown.serial["sd"]) == (4.7, 2.9)
    counted = Counter(line["onset"] for line in wave.lines)
    first = min(counted)
    daily = [counted[first + timedelta(days=n)] for n in range((date(2021, 1, 15) - first).days + 1)]
    w = serial_interval(4.7, 2.9, 60)
    expected = cori(daily, w / w.sum())
    np.testing.assert_allclose(shown.rt.mean, expected.mean)
    np.testing.assert_allclose(shown.rt.quantiles, expected.quantiles)
    assert day(shown.until) == date(2021, 1, 15)


@pytest.mark.django_db
def test_a_disease_without_a_serial_interval_has_no_rt(wave, tell):
    from sizao.kernel.scope import Scope
    from sizao.situation.curve import curve
    from sizao.situation.lines import gather
    from sizao.situation.spread import spread

    tell([{"onset": date(2020, 12, 20) + timedelta(days=n // 3), "report": date(2020, 12, 22) + timedelta(days=n // 3)} for n in range(60)], "cholera")
    found = spread(curve(gather(Scope.system("test"), wave.county.root, "cholera", wave.as_of)), "cholera")
    assert found.rt is None and found.serial is None and found.growth is not None
