"""The early aberration reporting system: is the newest count far above those of the days before it? Needs no history of years.

Hutwagner, Thompson, Seeman and Treadwell (2003), "The bioterrorism preparedness and response Early Aberration Reporting System (EARS)", Journal of Urban Health 80(2 Suppl 1), i89-i96;
the formulas as Fricker, Hegler and Dunfee (2008), Statistics in Medicine 27, 3407-3429, equations 1-3, give them.
"""

from typing import Literal

from numpy.typing import ArrayLike

from . import _ears
from .normal import quantile
from .series import Warned, counts, empty

Method = Literal["C1", "C2", "C3"]
#: The level each is run at where nothing else is said: a normal bound passed by chance once in a thousand periods, for C3 once in forty.
ALPHA = {"C1": 0.001, "C2": 0.001, "C3": 0.025}
#: Periods left out between the baseline and the date that is judged.
LAG = {"C1": 0, "C2": 2, "C3": 2}


def ears(
    told: ArrayLike,
    method: Method = "C1",
    *,
    last: int | None = None,
    alpha: float | None = None,
    baseline: int = 7,
    min_sigma: float = 0.0,
    present: int | None = None,
    package_bound: bool = False,
) -> Warned:
    """Judges the `last` periods (all where None) of each series: (series, periods) of counts in, arrays of (series, last) out.

    With mean Ȳ and standard deviation S (divisor `baseline` - 1) of the `baseline` periods that end just before the period (C1) or two periods earlier (C2, C3), and z the normal quantile of
    1 - `alpha`:

    * C1 and C2: threshold = Ȳ + z·S.
    * C3: threshold = Ȳ + S·(z - Σ max(0, C2 of each of the two periods before - 1)), never below 0, where C2 = (count - Ȳ) / S.

    Args:
        min_sigma: S is taken to be at least this: seven days without a case would otherwise make one case an alarm.
        present: Counts that must be there in a baseline (None: two thirds of it); the mean and S are of those that are.
        package_bound: For C3: add to the count of the period itself instead of Ȳ, as R's `surveillance` 1.20.3 does against its own manual; no bound where C2 is 0/0, as there.

    Where S is 0 the bound of C1 and C2 is the mean and the reason is "flat"; C3 has none then.
    """
    if method not in ALPHA:
        raise ValueError(f"method: one of {', '.join(ALPHA)}")
    alpha = ALPHA[method] if alpha is None else alpha
    if not 0 < alpha < 1 or baseline < 2 or min_sigma < 0:
        raise ValueError("alpha lies between 0 and 1, the baseline has at least 2 periods, min_sigma is not below 0")
    y = counts(told)
    dates = y.shape[1] if last is None else min(last, y.shape[1])
    out, first, z, lag = empty(y.shape[0], dates), y.shape[1] - dates, quantile(1 - alpha), LAG[method]
    room = (out.expected, out.threshold, out.alarm, out.reason)
    if y.size and y.min() >= 0 and method == "C3":
        _ears.whole_third(y, first, z, baseline, float(min_sigma), package_bound, *room)
    elif y.size and y.min() >= 0:
        _ears.whole(y, first, z, baseline, lag, float(min_sigma), *room)
    else:
        least = -(-2 * baseline // 3) if present is None else present
        _ears.each(y, first, z, baseline, lag, float(min_sigma), method == "C3", package_bound, max(least, 2), *room)
    return out


