"""The curve of a stream as a panel: counts beside what was expected and the threshold, what was not told, and by which method it is judged."""

from django.utils.translation import gettext as _

from sizao.doors.kit.charts.panel import Cell, Line, Panel
from sizao.doors.kit.charts.timeline import Timeline
from sizao.doors.kit.words import Words
from sizao.epi.warning.methods import HOLIDAYS
from sizao.registers.surveillance.calendars import calendar
from sizao.registers.surveillance.curves import Curve
from sizao.registers.surveillance.streams import Rule, Stream

#: As wide as the column of the page that holds it.
WIDTH = 900


def reasons() -> dict[str, str]:
    """Why a period raised no alarm, by the word of `epi.warning`."""
    return {
        "judged": _("below the threshold"), "short": _("too little before it"), "gap": _("too much of the baseline is missing"), "missing": _("no count"), "flat": _("the baseline does not vary"),
        "empty": _("nothing in the baseline"), "low": _("fewer than the method asks for"), "unfit": _("no model could be fitted"),
    }  # fmt: skip


def method(one: Stream, rule: Rule | None, w: Words) -> str:
    """How counts of this stream become signals, in sentences; `rule` in force on the newest day, None where units are counted for clusters."""
    if one.cluster:
        return _("%(cases)s persons or more in one unit within %(days)s days are a cluster. It is a rule of counting, not a test: in a large unit it may be chance.") % {"cases": one.cluster.cases, "days": one.cluster.days}
    if one.together:
        return _("%(cases)s cases or more whose confirmed stays at one place overlap, or lie less than %(hours)s hours apart, are a cluster. It is a rule of counting: a large place may bring them together by chance.") % {"cases": one.together.cases, "hours": one.together.hours}
    if rule is None:
        return ""
    heard = _("Where nothing is told there was nothing: reports are owed by law.") if one.heard == "always" else _("Where nothing was heard the count is missing, not zero.")
    if rule.method in ("C1", "C2", "C3"):
        said = [
            _("EARS %(method)s: each count is compared with the mean of %(n)s periods before it; the threshold lies where chance alone would pass with α = %(alpha)s, the standard deviation taken to be at least %(sigma)s. No alarm below %(least)s.")
            % {"method": rule.method, "n": rule.baseline, "alpha": rule.alpha, "sigma": rule.min_sigma, "least": rule.least}
        ]
        if rule.method != "C1":
            said.append(_("Two periods lie between the baseline and the count."))
        if rule.method == "C3":
            said.append(_("Excesses of the two periods before are added up."))
        return " ".join([*said, heard])
    from sizao.epi.warning.cusum import ROSSI  # its numerics are loaded when a page asks

    said = [
        {
            "farrington": _("Farrington (1996): the count is compared with the same time of earlier years, by a regression with trend."),
            "farringtonFlexible": _("Farrington, flexible (Noufaily and others 2013): the count is compared with the same time of earlier years, by a regression with trend and season."),
            "bayes": _("Bayes: the count is compared with a prediction from the newest periods."),
            "cusum": _("CUSUM: what counts exceed the model by is added up over periods."),
            "regression": _("Regression: what is expected follows from weekday, season and trend of all that is known."),
            "fusion": _("Fusion: a regression with weekday and season; a single high count and smaller excesses that add up both alarm."),
        }[rule.method],
        _("k = %(k)s, h = %(h)s. No alarm below %(least)s.") % {"k": ROSSI.k if rule.k is None else rule.k, "h": ROSSI.h if rule.h is None else rule.h, "least": rule.least}
        if rule.method == "cusum"
        else _("α = %(alpha)s. No alarm below %(least)s.") % {"alpha": rule.alpha, "least": rule.least},
    ]
    if rule.method in HOLIDAYS and (days := calendar(one.calendar)) is not None:
        said.append(_("Days off and weekends that are worked have levels of their own (%(calendar)s, %(first)s to %(last)s).") % {"calendar": w.both(days), "first": days.first, "last": days.last})
    return " ".join([*said, heard])


def panel(called: str, one: Stream, curve: Curve, w: Words) -> Panel:
    """The panel; `called` says which stream and where. Its files are the caller's to address."""
    points = curve.points
    above = _("in the cluster") if one.cluster or one.together else _("above the threshold")
    told = [p.count for p in points if p.count is not None]
    most = max([1.0, *told, *(min(p.threshold, 1e9) for p in points if p.threshold is not None)])
    line = Timeline(called, [p.day.isoformat() for p in points], most, unit=_("Count"), width=WIDTH, height=240)
    line.blank([p.count is None for p in points])
    line.shade([not p.whole for p in points])
    line.bars([("k-two", [0 if p.alarm else p.count or 0 for p in points]), ("x-alarm", [(p.count or 0) if p.alarm else 0 for p in points])])
    line.steps([p.threshold for p in points], "x-limit")
    line.line([p.expected for p in points], "x-expected")
    legend = [("k-two", _("count")), ("x-alarm", above)]
    if any(p.threshold is not None for p in points):
        legend += [("x-limit", _("threshold")), ("x-expected", _("expected"))]
    if any(not p.whole for p in points):
        legend.append(("x-open", _("not over yet")))
    if any(p.count is None for p in points):
        legend.append(("x-missing", _("nothing told: silence is not zero")))
    why = reasons()
    rows = [
        Line(
            [
                Cell(p.day.isoformat(), w.day(p.day), number=False), _amount(p.count, w), _amount(p.expected, w, 2), _amount(p.threshold, w, 2), Cell(p.heard),
                Cell(above if p.alarm else why[p.reason], number=False),
            ],
            slot,
            not p.whole,
        )
        for slot, p in reversed(list(enumerate(points)))
    ]  # fmt: skip
    about = [
        (_("How it is judged"), method(one, curve.rule, w)),
        (_("Data of"), _("Counted %(at)s; the newest day that anybody told of is %(day)s; %(n)s counted in the days looked at.") % {"at": w.moment(curve.at), "day": w.day(curve.newest), "n": w.number(curve.rows)}),
        (_("Source"), one.source),
    ]
    header = [_("Day"), _("Count"), _("Expected"), _("Threshold"), _("Heard"), _("Judged")]
    return Panel("curve", _("Counts"), "", line.drawing if points else None, header=header, rows=rows, legend=legend, about=about)


def _amount(value: float | None, w: Words, places: int | None = None) -> Cell:
    if value is None:
        return Cell(None)
    return Cell(value, w.amount(value if places is None else round(value, places)))
