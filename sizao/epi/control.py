"""Control charts for laboratories: is a share that should stand still moving? Numbers in, alarms out.

Two shares are watched, each against what is to be expected of it:

* *discordant pairs*: of those whose rapid antigen test was positive and who were then tested by PCR, the share that the laboratory found negative. It is small and steady in a
  good laboratory, whatever the epidemic does; a laboratory that misses positives raises it at once (so the false negatives of 2021 in England showed themselves).
* *positivity*, against that of the other laboratories of the same days, times the ratio in which this one usually stands to them. Watched downwards.

Method: p-chart with daily counts, the standardised deviations smoothed by an exponentially weighted moving average with its exact variance
(Montgomery, Introduction to Statistical Quality Control, 7th ed., 7.2 and 9.2), and spread wider where the baseline itself varies more than a binomial does (Laney 2002, Quality Engineering 14(4), 531-537).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

#: Weight of the newest day, limit in standard deviations, days smoothed, days of the baseline before them; fewer counted in the baseline than `LEAST` say nothing.
WEIGHT, LIMIT, RECENT, BASELINE, LEAST = 0.4, 3.75, 7, 28, 100


@dataclass(frozen=True, slots=True)
class Count:
    """`x` of `n` on a day. `expected`: the share to be expected that day, before the usual ratio; None: the baseline's own mean."""

    n: int
    x: int
    expected: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the last day stands: the smoothed deviation, its limit, what was counted in the days smoothed and what was to be expected of that. `alarm`: beyond the limit."""

    value: float
    limit: float
    counted: int
    of: int
    expected: float
    alarm: bool


def judge(days: Sequence[Count], *, side: int = 1, weight: float = WEIGHT, limit: float = LIMIT, recent: int = RECENT, baseline: int = BASELINE) -> Verdict | None:
    """The last of `days` (in order, no day left out; a day without any is Count(0, 0)) on the chart; None where too little is known.

    `side` 1 watches for too many, -1 for too few. The baseline ends before the days that are smoothed, so that what is looked for is not in it.

    >>> steady = [Count(80, 4)] * 35
    >>> judge(steady).alarm, judge(steady[:-2] + [Count(80, 12)] * 2).alarm, judge(steady[:5])
    (False, True, None)
    """
    before, last = days[:-recent][-baseline:], days[-recent:]
    if sum(d.n for d in before) < LEAST:
        return None
    p = sum(d.x for d in before) / sum(d.n for d in before)
    own = [d for d in before if d.expected is not None and d.n]
    to_come = sum((d.expected or 0) * d.n for d in own)
    ratio = sum(d.x for d in own) / to_come if to_come else None

    def share(d: Count) -> float:
        told = d.expected * ratio if d.expected is not None and ratio is not None else p
        # nothing found so far is not "never": half a finding stands for it, as usual with sparse counts
        return min(max(told, 0.5 / max(sum(b.n for b in before), 1)), 1 - 1e-9)

    def off(d: Count) -> float:
        q = share(d)
        return (d.x - d.n * q) / sqrt(d.n * q * (1 - q))

    usual = [off(d) for d in before if d.n]
    spread = max(1.0, sqrt(sum(z * z for z in usual) / len(usual)))
    value = variance = 0.0
    for d in last:
        if d.n:
            value = weight * side * off(d) / spread + (1 - weight) * value
            variance = weight * weight + (1 - weight) ** 2 * variance
    bound = limit * sqrt(variance)
    return Verdict(value, bound, sum(d.x for d in last), sum(d.n for d in last), sum(d.n * share(d) for d in last), bool(variance) and value > bound)
