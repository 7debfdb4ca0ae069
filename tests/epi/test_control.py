"""Charts of laboratories on invented days: few false alarms in laboratory-years, and a tenth of the positives missed is seen within three days."""

import math
import random

import pytest

from sizao.epi.control import BASELINE, RECENT, Count, judge

WINDOW = BASELINE + RECENT


def drawn(rng, n, p):
    return sum(rng.random() < p for _ in range(n)) if n < 300 else max(0, min(n, round(rng.gauss(n * p, math.sqrt(n * p * (1 - p))))))


def pairs(rng, days, usual, since=None):
    """Pairs of a positive antigen test and a PCR: one in twenty is negative in a good laboratory; from `since` on a tenth of the infected too."""
    counts = [max(0, round(rng.gauss(usual, 2 * math.sqrt(usual)))) for _ in range(days)]
    return [Count(n, drawn(rng, n, 0.05 if since is None or d < since else 0.05 + 0.95 * 0.1)) for d, n in enumerate(counts)]


def positivity(rng, days):
    """A laboratory that tests others than the rest do, through waves of an epidemic, with weekends and days that vary by themselves."""
    ratio, found = math.exp(rng.gauss(0, 0.2)), []
    for d in range(days):
        share = 0.05 * math.exp(0.8 * math.sin(d / 30))
        n = round(3000 * (1 + 0.3 * math.sin(d * 2 * math.pi / 7)))
        found.append(Count(n, drawn(rng, n, share * ratio * math.exp(rng.gauss(0, 0.05))), drawn(rng, 30_000, share) / 30_000))
    return found


def alarms(days, side=1):
    """How often the chart begins to alarm; what alarms again within a week belongs to the hold that stands already."""
    on = [t for t in range(WINDOW, len(days) + 1) if (v := judge(days[t - WINDOW : t], side=side)) is not None and v.alarm]
    return sum(last is None or t - last > 7 for last, t in zip([None, *on], on, strict=False))


def test_both_charts_together_alarm_falsely_at_most_once_a_laboratory_year(request):
    rng, years = random.Random(1), 100 if request.config.getoption("--full") else 20
    false = sum(alarms(pairs(rng, WINDOW + 365, 80)) + alarms(positivity(rng, WINDOW + 365), -1) for _ in range(years))
    assert false <= years


@pytest.mark.parametrize(("usual", "least"), [(150, 0.97), (80, 0.85)])
def test_a_tenth_of_the_positives_missed_is_seen_within_three_days(usual, least):
    rng, seen = random.Random(5), 0
    for _ in range(60):
        days = pairs(rng, WINDOW + 5, usual, since=WINDOW)
        seen += any((v := judge(days[t - WINDOW : t])) is not None and v.alarm for t in range(WINDOW + 1, WINDOW + 4))
    assert seen >= least * 60


def test_too_little_says_nothing_and_days_without_any_change_nothing():
    assert judge([Count(0, 0)] * WINDOW) is None
    assert judge([Count(2, 0)] * WINDOW) is None
    quiet = judge([Count(80, 4)] * BASELINE + [Count(0, 0)] * RECENT)
    assert quiet is not None and not quiet.alarm
    never = judge([Count(50, 0)] * BASELINE + [Count(50, 10)] * RECENT)
    assert never is not None and never.alarm


def test_a_laboratory_that_finds_less_than_the_others_is_seen_and_a_wave_is_not():
    wave = [Count(1000, x, x / 900) for x in (40 + 3 * d for d in range(WINDOW))]
    assert not judge(wave, side=-1).alarm and not judge(wave).alarm
    assert judge([*wave[:-4], *(Count(c.n, round(c.x * 0.5), c.expected) for c in wave[-4:])], side=-1).alarm
