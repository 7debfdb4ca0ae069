"""The panels of cases over time: the epidemic curve, the reproduction number, the next days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from django.utils.translation import gettext as _

from sizao.doors.kit.charts.panel import Cell, Line, Panel
from sizao.doors.kit.charts.timeline import HALF, Timeline
from sizao.epi.forecast import QUANTILES
from sizao.kernel.days import NEVER, day
from sizao.situation.coming import Coming
from sizao.situation.curve import NEWEST, Curve
from sizao.situation.lines import CLASSES
from sizao.situation.spread import FEW, GROWTH_WINDOW, WINDOW, Spread

if TYPE_CHECKING:
    from .situation_asked import Asked


def by_words() -> dict[str, str]:
    return {"onset": _("date of onset"), "report": _("date of report"), "confirmation": _("date of confirmation")}


def step_words() -> dict[str, str]:
    return {"day": _("day"), "iso": _("ISO week"), "mmwr": _("MMWR week")}


def class_words(a: Asked, code: str) -> str:
    return a.words.code("case-class", code) if code else _("class not told")


def data_lines(a: Asked) -> list[tuple[str, str]]:
    """Of which date the data are, and how many cases of how many sources they rest on."""
    lines = a.lines
    assert lines is not None
    newest = int(lines.known.max(initial=NEVER))
    age = lines.today - newest
    dated = _("as of %(moment)s; newest case known on %(day)s (%(n)s d before)") % {"moment": a.words.moment(lines.as_of), "day": day(newest).isoformat() if newest != NEVER else "—", "n": age}
    counted = _("%(n)s cases of %(m)s sources; %(r)s more were ruled out") % {"n": f"{len(lines):,}", "m": lines.senders, "r": f"{lines.ruled_out:,}"}
    if lines.known_at is not None:
        dated += "; " + _("cases as they stood on record then; beds, stays, contacts and tests as they are known now")
    return [(_("Data of"), dated), (_("Rests on"), counted)]


def missing_line(a: Asked, curve: Curve) -> list[tuple[str, str]]:
    """What is not in the drawing, so that totals can be followed: shown + without a date + outside the period = cases."""
    parts = []
    if curve.undated:
        parts.append(_("%(n)s cases have no %(by)s and are in no bar") % {"n": f"{curve.undated:,}", "by": by_words()[curve.by]})
    if curve.before or curve.after:
        parts.append(_("%(n)s lie before and %(m)s after the period shown") % {"n": f"{curve.before:,}", "m": f"{curve.after:,}"})
    if curve.reversed:
        parts.append(_("%(n)s were reported before their onset and tell nothing of delays") % {"n": f"{curve.reversed:,}"})
    if curve.by == "onset" and curve.tail is None:
        parts.append(_("too few delays of reports are known: which of the newest days are complete cannot be told"))
    return [(_("Not in it"), "; ".join(parts) if parts else _("nothing"))]


def curve_panel(a: Asked, curve: Curve) -> Panel:
    """The epidemic curve."""
    shown = curve.periods
    totals = curve.totals
    expected = curve.expected
    most = float(max(totals.max(initial=0), np.nanmax(expected[:, 2]) if expected is not None and np.isfinite(expected).any() else 0, 1))
    name = _("%(disease)s, %(area)s: cases by %(by)s, by %(step)s") % {"disease": a.words.disease(a.disease), "area": a.words.name(a.area), "by": by_words()[curve.by], "step": step_words()[shown.step]}
    line = Timeline(name, shown.labels, most, unit=_("cases"))
    line.shade(list(curve.incomplete), _("not complete yet"))
    used = [i for i, _c in enumerate(CLASSES) if curve.counts[i].any()]
    line.bars([(f"k-{CLASSES[i] or 'untold'}", curve.counts[i].tolist()) for i in used])
    if expected is not None:
        line.whiskers(*(expected[:, i].tolist() for i in (1, 0, 2)))
    legend = [(f"k-{CLASSES[i] or 'untold'}", class_words(a, CLASSES[i])) for i in used]
    if curve.incomplete.any():
        legend.append(("x-open", _("not complete: reports are still to come")))
    if expected is not None and np.isfinite(expected).any():
        legend.append(("x-whisker", _("what the day may come to, 95 % interval")))
    about = [
        (_("How it is reckoned"), _("counts; days of which less than %(share)s of the cases can be expected to be reported by now are shaded; what they may come to: Höhle and an der Heiden 2014, delays after Lawless 1994") % {"share": "95 %"} if curve.by == "onset" else _("counts; a day that is not over is shaded")),
        *data_lines(a),
        *missing_line(a, curve),
    ]
    rows = []
    for slot in range(len(shown.starts) - 1, -1, -1):
        first, last = int(shown.starts[slot]), min(shown.last_day(slot), shown.until)
        cells = [Cell(shown.labels[slot], number=False)]
        cells += [Cell(int(curve.counts[i][slot]), link=a.rows(first, last, **({"classification": CLASSES[i]} if CLASSES[i] else {"classification_empty": "1"})) if curve.counts[i][slot] else "") for i in used]
        cells.append(Cell(int(totals[slot]), link=a.rows(first, last) if totals[slot] and not curve.counts[-1][slot] else ""))
        if expected is not None:
            told = np.isfinite(expected[slot]).all()
            cells.append(Cell("{:.0f} ({:.0f} – {:.0f})".format(*expected[slot][[1, 0, 2]]) if told else None))
        cells.append(Cell(_("not complete") if curve.incomplete[slot] else "", number=False))
        rows.append(Line(cells, slot, bool(curve.incomplete[slot])))
    header = [step_words()[shown.step], *(class_words(a, CLASSES[i]) for i in used), _("all"), *([_("may come to")] if expected is not None else []), _("state")]
    return Panel("curve", _("Epidemic curve"), _lead(curve), line.drawing, header=header, rows=rows, legend=legend, about=about)


def _lead(curve: Curve) -> str:
    """Two sentences: how many, and whether more or fewer than in the week before, counted on complete days only."""
    until = curve.complete_until
    daily = curve.daily[: max(until - curve.base + 1, 0)]
    said = _("%(n)s cases shown.") % {"n": f"{int(curve.totals.sum()):,}"}
    if len(daily) >= 14:
        new, old = int(daily[-7:].sum()), int(daily[-14:-7].sum())
        said += " " + _("In the 7 complete days up to %(day)s: %(n)s; in the 7 before: %(m)s.") % {"day": day(until).isoformat(), "n": f"{new:,}", "m": f"{old:,}"}
    return said


def rt_panel(a: Asked, curve: Curve, spread: Spread) -> Panel:
    """The reproduction number, day by day, with growth and doubling in its table."""
    title, name = _("Reproduction number Rt"), _("Reproduction number by day, with its 95 % interval")
    if spread.rt is None:
        why = _("The file of this disease tells no serial interval: Rt cannot be estimated.") if spread.serial is None else _("Too few days with cases to estimate Rt.")
        return Panel("rt", title, "", None, empty=why, about=data_lines(a))
    first, last = spread.base + int(spread.rt.ends[0]), spread.until
    since = max(first, int(curve.periods.starts[0]))
    kept = slice(since - first, last - first + 1)
    days = list(range(since, last + 1))
    mean, low, high, cases = spread.rt.mean[0, kept], spread.rt.quantiles[0, kept, 0], spread.rt.quantiles[0, kept, -1], spread.rt.cases[0, kept]
    inner = spread.rt.quantiles[0, kept, 2], spread.rt.quantiles[0, kept, 4]
    sure = cases >= FEW
    told = mean[np.isfinite(mean) & sure]
    most = float(min(max(np.max(told, initial=1.5) * 1.6, 2), 8))
    open_days = list(range(last + 1, curve.periods.until + 1))
    line = Timeline(name, [day(d).isoformat() for d in [*days, *open_days]], most, unit="Rt", whole=False, width=HALF, height=240)
    line.shade([False] * len(days) + [True] * len(open_days), _("not complete yet"))
    line.band(low.tolist(), high.tolist(), "x-band-wide")
    line.band(inner[0].tolist(), inner[1].tolist(), "x-band")
    line.line([m if s else None for m, s in zip(mean.tolist(), sure, strict=True)])
    line.line([None if s else m for m, s in zip(mean.tolist(), sure, strict=True)], "x-line-few")
    line.rule(1)
    now = spread.last()
    lead = ""
    if now is not None:
        lead = _("Up to %(day)s: Rt %(r)s, with %(level)s certainty between %(low)s and %(high)s.") % {"level": "95 %", "day": day(last).isoformat(), "r": f"{now[0]:.2f}", "low": f"{now[1]:.2f}", "high": f"{now[2]:.2f}"}
        lead += " " + (_("It grows.") if now[1] > 1 else _("It shrinks.") if now[2] < 1 else _("Whether it grows or shrinks cannot be told."))
    growth: dict[int, tuple[float, float, float, float]] = {}
    if spread.growth is not None:
        double = spread.growth.doubling()
        for i, end in enumerate(spread.growth.ends):
            growth[spread.base + int(end)] = float(spread.growth.rate[0, i]), float(spread.growth.low[0, i]), float(spread.growth.high[0, i]), float(double[0][0, i])
    rows = []
    for i in range(len(days) - 1, -1, -1):
        r, g = np.isfinite(mean[i]), growth.get(days[i])
        told_growth = g is not None and all(np.isfinite(g[:3]))
        rows.append(
            Line(
                [
                    Cell(day(days[i]).isoformat(), number=False), Cell(round(float(mean[i]), 3) if r else None, f"{mean[i]:.2f}" if r else ""), Cell(f"{low[i]:.2f} – {high[i]:.2f}" if r else None),
                    Cell(int(cases[i])), Cell(f"{g[0]:+.1%} ({g[1]:+.1%} – {g[2]:+.1%})" if told_growth and g else None), Cell(f"{g[3]:.1f}" if told_growth and g and np.isfinite(g[3]) and abs(g[3]) < 1000 else None),
                ],
                i,
            )
        )  # fmt: skip
    serial: Any = spread.serial
    about = [
        (_("How it is reckoned"), _("Cori, Ferguson, Fraser and Cauchemez 2013, windows of %(n)s days ending on the day, prior mean 5, sd 5; growth: log-linear Poisson regression over %(m)s days (McCullagh and Nelder 1989)") % {"n": WINDOW, "m": GROWTH_WINDOW}),
        (_("Serial interval"), _("mean %(mean)s d, sd %(sd)s d, in force from %(day)s: %(source)s") % {"mean": serial["mean"], "sd": serial["sd"], "day": serial["from"], "source": serial["source"]}),
        *data_lines(a),
        *missing_line(a, curve),
    ]
    legend = [("x-line", _("mean")), ("x-band", _("half of what is likely")), ("x-band-wide", _("95 % interval")), ("x-line-few", _("fewer than %(n)s cases in the window: says little") % {"n": FEW})]
    header = [_("up to"), "Rt", _("95 % interval"), _("cases in the window"), _("growth a day"), _("doubling, d (below 0: halving)")]
    return Panel("rt", title, lead, line.drawing, header=header, rows=rows, legend=legend, about=about)


def coming_panel(a: Asked, curve: Curve, coming: Coming) -> Panel:
    """The next days, beside the last weeks, and the score of earlier ones."""
    title = _("The next days, if nothing changes")
    if coming.mean is None or coming.quantiles is None:
        return Panel("coming", title, "", None, empty=_("Nothing can be said: no serial interval is told, or no case in the last complete week."), about=data_lines(a))
    back = min(28, coming.first - curve.base)
    past = curve.daily[coming.first - curve.base - back : coming.first - curve.base].astype(float)
    q = coming.quantiles
    days = [coming.first - back + i for i in range(back + len(coming.mean))]
    most = float(max(past.max(initial=1), q[:, -1].max()))
    line = Timeline(_("Cases of the last complete days, and of the next ones if nothing changes"), [day(d).isoformat() for d in days], most, unit=_("cases"), width=HALF, height=240)
    line.bars([("k-all", [*past.tolist(), *[0.0] * len(coming.mean)])])
    line.band(q[:, 0].tolist(), q[:, -1].tolist(), "x-next-band", back)
    line.band(q[:, 1].tolist(), q[:, -2].tolist(), "x-next-band", back)
    line.line(q[:, len(QUANTILES) // 2].tolist(), "x-next", back)
    rows = [
        Line([Cell(day(coming.first + i).isoformat(), number=False), Cell(round(float(q[i, len(QUANTILES) // 2])), link=""), Cell(f"{q[i, 1]:.0f} – {q[i, -2]:.0f}"), Cell(f"{q[i, 0]:.0f} – {q[i, -1]:.0f}")], back + i)
        for i in range(len(coming.mean))
    ]
    scored = [
        Line([Cell(day(p.until).isoformat(), number=False), Cell(round(p.score, 2), f"{p.score:.1f}"), Cell(round(p.naive, 2), f"{p.naive:.1f}"), Cell(round(p.within_80, 3), f"{p.within_80:.0%}"), Cell(round(p.within_95, 3), f"{p.within_95:.0%}"), Cell(_("as on record then") if p.then else _("today's records"), number=False)])
        for p in coming.past
    ]
    better = sum(p.score < p.naive for p in coming.past)
    lead = _("%(n)s of the last %(m)s weekly sayings of this kind were better than saying that the last week goes on.") % {"n": better, "m": len(coming.past)} if coming.past else _("No earlier saying of this kind could be scored yet.")
    about = [
        (_("How it is reckoned"), _("the renewal equation run forward with Rt as it is (Nouvellet and others 2018); scores: weighted interval score (Bracher and others 2021), in cases, less is better")),
        *data_lines(a),
        (_("Not in it"), _("an earlier saying is made from what was on record when it could be made, as far as there was any, and scored with what is known now")),
    ]
    legend = [("k-all", _("cases of complete days")), ("x-next", _("median")), ("x-next-band", _("80 % and 95 % interval"))]
    also = [(_("How good earlier ones were"), [_("made after"), _("its score"), _("score of: as last week"), _("within 80 %"), _("within 95 %"), _("made from")], scored)] if scored else []
    return Panel("coming", title, lead, line.drawing, header=[_("day"), _("median"), _("80 % interval"), _("95 % interval")], rows=rows, legend=legend, about=about, also=also)


__all__ = ["NEWEST", "by_words", "coming_panel", "curve_panel", "data_lines", "missing_line", "rt_panel", "step_words"]
