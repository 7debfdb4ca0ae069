"""Every method of early warning under one name and one call, with the options that each of them has, named as in its paper."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from numpy.typing import ArrayLike

from .series import Warned

_EARS = {"alpha": "alpha", "baseline": "baseline", "min_sigma": "min_sigma"}
_FARRINGTON = {"alpha": "alpha", "years": "years", "window": "half_window", "threshold": "threshold", "reweight": "reweight", "trend": "trend"}
_REGRESSION = {"years": "years", "family": "family", "waves": "waves", "reweight": "reweight", "trend": "trend", "past_left_out": "past_left_out"}
#: Method → option → the setting's own name.
METHODS: dict[str, dict[str, str]] = {
    "C1": _EARS,
    "C2": _EARS,
    "C3": _EARS,
    "farrington": _FARRINGTON,
    "farringtonFlexible": _FARRINGTON | {"seasons": "seasons", "past_left_out": "past_weeks_left_out"},
    "bayes": {"alpha": "alpha", "years": "b", "window": "w", "act_y": "act_y"},
    "cusum": {"k": "k", "h": "h", "m": "m", "trans": "trans", "reset": "reset"},
    "regression": {"alpha": "alpha", **_REGRESSION},
    "fusion": {"alpha": "alpha", "share": "share", "reference": "reference", **_REGRESSION},
}
#: These know holidays.
HOLIDAYS = ("cusum", "regression", "fusion")
#: Options of `Fusion` itself; the others are its model's.
_OWN = ("alpha", "share", "reference")


def judge(method: str, told: ArrayLike, *, step: int = 7, last: int | None = None, holidays: ArrayLike | None = None, as_package: bool = False, **options: Any) -> Warned:
    """Judges the `last` periods of (series, periods) of counts, a period being `step` days (1 or 7), by the method of this name.

    `options` are those of `METHODS`; what is None is left at the method's own value. `as_package`: as R's `surveillance` 1.20.3 does it, for the methods it has. ValueError for a method or an option
    that there is not; `BadSeries` for what is no count.
    """
    if method not in METHODS:
        raise ValueError(f"method: one of {', '.join(METHODS)}")
    given = {name: value for name, value in options.items() if value is not None}
    foreign = sorted(set(given) - set(METHODS[method]))
    if foreign or (holidays is not None and method not in HOLIDAYS) or (as_package and method in ("regression", "fusion")):
        told_of = foreign or ["as_package" if as_package else "holidays"]
        raise ValueError(f"{method} has no option {_written(told_of)}; it has {_written(METHODS[method])}")
    chosen: dict[str, Any] = {METHODS[method][name]: value for name, value in given.items()}
    # Each method is loaded when it is asked for: a command asks for one, and the kernels of all of them take a third of its second.
    frequency = 365 if step == 1 else 52
    if method in ("C1", "C2", "C3"):
        from .ears import ears

        return ears(told, method, last=last, package_bound=as_package, **chosen)  # type: ignore[arg-type]
    if method in ("farrington", "farringtonFlexible"):
        from .farrington import FLEXIBLE, ORIGINAL, farrington

        settings = FLEXIBLE if method == "farringtonFlexible" else ORIGINAL
        return farrington(told, settings, last=last, frequency=frequency, as_package=method if as_package else None, **chosen)
    if method == "bayes":
        from .bayes import bayes

        return bayes(told, last=last, frequency=frequency, **chosen)
    from .regression import DAILY, WEEKLY, regression

    base = DAILY if step == 1 else WEEKLY
    if method == "cusum":
        from .cusum import ROSSI, cusum
        from .cusum import Settings as Cusum

        settled = chosen.get("m", "mean" if chosen.get("trans", "score") != "score" else "regression") == "regression"
        return cusum(told, Cusum() if settled else ROSSI, last=last, holidays=holidays, package_bound=as_package, frequency=frequency, model=base, **chosen)
    if method == "regression":
        return regression(told, base, last=last, holidays=holidays, **chosen)
    from .fusion import Settings as Fusion
    from .fusion import fusion

    own = {name: value for name, value in chosen.items() if name in _OWN}
    model = replace(base, **{name: value for name, value in chosen.items() if name not in _OWN})
    return fusion(told, Fusion(periods=8 if step == 7 else 14, model=model), last=last, holidays=holidays, **own)


def _written(names: Iterable[str]) -> str:
    return ", ".join("--" + name.replace("_", "-") for name in names)
