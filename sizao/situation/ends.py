"""What became of the cases: admission, cure, infection and fatality, each with every definition of it and its denominator, by age and by severity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sizao.epi import delays
from sizao.epi import outcomes as epi
from sizao.kernel.days import NEVER

from .keeping import Work, digest_of
from .lags import cost, fit
from .lines import Lines

#: Lower ends of the bands of age, in years; the last has no end.
AGES = (0, 10, 20, 30, 40, 50, 60, 70, 80)
SEVERITIES = ("asymptomatic", "mild", "moderate", "severe", "critical")
DEATHS = 10


@dataclass(frozen=True, slots=True)
class End:
    """One group: ("", "") all, ("age", "60-69"), ("severity", code); "" as the code: not told. `rates` as `epi.outcomes` tells them."""

    group: tuple[str, str]
    rates: epi.Outcomes


@dataclass(frozen=True, slots=True)
class Ends:
    """`known`: how many of the cases have had the time to die, as the delays from confirmation to death say (`fitted`); None where fewer than `DEATHS` tell a delay. `lost`: cases that were lost
    or whose outcome is not known: they stand as open. `undated`: cases without a day of confirmation, left out of `known`.
    `waited`: hours for which those have stood who need a bed and are not told to have one: median, nine of ten, longest; None where nobody waits."""

    groups: tuple[End, ...]
    known: float | None
    fitted: dict[str, Any] | None
    lost: int
    undated: int
    waited: tuple[float, float, float] | None


def ends(lines: Lines, classes: tuple[str, ...] = ("confirmed",), *, work: Work) -> Ends:
    """The rates of these classes; of the confirmed where none is named."""
    kept = lines.of(classes or ("confirmed",))
    confirmed = lines.days["confirmation"]
    died, recovered = kept & (lines.outcome == "died"), kept & (lines.outcome == "recovered")
    closed_death = died & (lines.end != NEVER) & (confirmed != NEVER) & (lines.end >= confirmed)
    known, fitted = None, None
    if int(closed_death.sum()) >= DEATHS:
        pairs, often = np.unique(np.column_stack([lines.end - confirmed, lines.today - confirmed])[closed_death], axis=0, return_counts=True)
        d, t = pairs[:, 0], pairs[:, 1]
        digest = digest_of("delays", d, t, often, "lognormal")
        work.look_up([digest])
        fitted = work.of("delays", digest, cost(d, 1), fit(d, t, ("lognormal",), weights=often)) or None
        if fitted is not None:
            day = confirmed[kept & (confirmed != NEVER)]
            counts = np.bincount(day - int(day.min()), minlength=lines.today - int(day.min()) + 1)
            known = float(epi.delayed(counts, masses(fitted, lines.today - int(day.min()) + 1))[0])
    in_care = lines.in_care()
    found = [End(("", ""), _rates(kept, recovered, died, in_care, known))]
    band = bands(lines.ages())
    found += [End(("age", name), _rates(kept & (band == i), recovered, died, in_care)) for i, name in ((*enumerate(age_names()), (-1, ""))) if (kept & (band == i)).any()]
    severity = lines.severity()
    found += [End(("severity", code), _rates(kept & (severity == code), recovered, died, in_care)) for code in (*SEVERITIES, "") if (kept & (severity == code)).any()]
    hours = lines.waiting_hours(kept & ~recovered & ~died & ~in_care)
    waited = (float(np.median(hours)), float(np.quantile(hours, 0.9)), float(hours.max())) if len(hours) else None
    return Ends(tuple(found), known, fitted, int((kept & np.isin(lines.outcome, ["lost", "unknown"])).sum()), int((kept & (confirmed == NEVER)).sum()), waited)


def _rates(mask: NDArray[np.bool_], recovered: NDArray[np.bool_], died: NDArray[np.bool_], in_care: NDArray[np.bool_], known: float | None = None) -> epi.Outcomes:
    still = mask & ~recovered & ~died
    return epi.outcomes(int(mask.sum()), int((mask & recovered).sum()), int((mask & died).sum()), int((still & in_care).sum()), known=known)


def masses(fitted: dict[str, Any], days: int) -> NDArray[np.float64]:
    """Shares of delays of 0, 1, … whole days, of a fit."""
    below = delays.below(fitted["family"], fitted["first"], fitted["second"], np.arange(1, days + 1))
    return np.diff(np.concatenate([[0.0], below]))


def bands(ages: NDArray[np.float64]) -> NDArray[np.int64]:
    """The position of each age in `AGES`; -1 where none is told."""
    return np.where(np.isnan(ages), -1, np.searchsorted(AGES, np.nan_to_num(ages), side="right") - 1)


def age_names() -> list[str]:
    """
    >>> age_names()[0], age_names()[-1]
    ('0-9', '80+')
    """
    return [f"{low}-{AGES[i + 1] - 1}" if i + 1 < len(AGES) else f"{low}+" for i, low in enumerate(AGES)]
