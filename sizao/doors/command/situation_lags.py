"""The panels of how late we are, and of what became of the cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from sizao.doors.kit.charts.panel import Cell, Line, Panel
from sizao.doors.kit.charts.ranges import Range, ranges
from sizao.epi.outcomes import Outcomes, Rate
from sizao.kernel.codes import code_groups
from sizao.situation.ends import Ends
from sizao.situation.infected import DAYS, Infected, Part
from sizao.situation.lags import STRETCHES, Lag
from sizao.situation.parts import Parts

from .situation_curve import data_lines

if TYPE_CHECKING:
    from .situation_asked import Asked


#: Infection rates of contacts and staff that are drawn; the table has all.
SHOWN = 6


def milestone_words() -> dict[str, str]:
    return {"onset": _("onset"), "care": _("first care"), "report": _("report"), "confirmation": _("confirmation"), "isolation": _("isolation"), "treatment": _("treatment")}


def group_words(a: Asked, parts: Parts, group: tuple[str, str]) -> str:
    kind, code = group
    if not kind:
        return _("all cases")
    if kind == "area":
        return a.words.name(next(p for p in parts.areas if p.code == code))
    if kind == "route":
        return {"contact": _("as a contact"), "care": _("sought care"), "": _("way not told")}.get(code) or a.words.code("symptom-channel", code)
    if kind == "age":
        return code or _("age not told")
    return a.words.code("severity", code) if code else _("severity not told")


def _d(value: float) -> str:
    return f"{value:.1f}"


def lags_panel(a: Asked, parts: Parts, lags: list[Lag], waits: int) -> Panel:
    """Every stretch of the line of the earlies, then by part of the area and by route."""
    words = milestone_words()

    def stretch(lag: Lag) -> str:
        return f"{words[lag.first]} → {words[lag.last]}"

    def fitted(lag: Lag, what: str) -> str:
        if lag.fitted is None:
            return ""
        value, low, high = lag.fitted[what]
        return f"{_d(value)} ({_d(low)} – {_d(high)})"

    def row(lag: Lag, name: str) -> Line:
        return Line(
            [
                Cell(name, number=False), Cell(lag.n), Cell(_d(lag.raw[1]) if lag.raw else None), Cell(f"{_d(lag.raw[0])} – {_d(lag.raw[2])}" if lag.raw else None), Cell(_d(lag.raw[3]) if lag.raw else None),
                Cell(fitted(lag, "median") or None), Cell(fitted(lag, "p90") or None), Cell(f"{lag.fitted['cut']:.0%}" if lag.fitted else None), Cell(lag.before), Cell(lag.open),
            ]
        )  # fmt: skip

    whole = [lag for lag in lags if lag.group == ("", "")]
    told = [lag for lag in whole if lag.raw]
    header = [_("stretch"), _("ended"), _("median, d"), _("half of them"), _("nine of ten within"), _("median of all (95 %)"), _("nine of ten of all within (95 %)"), _("not seen yet"), _("already before"), _("no end told")]
    drawn = ranges(
        _("Days from one milestone to the next: median, quartiles, tail"),
        [Range(stretch(x), x.fitted["median"][0] if x.fitted else x.raw[1] if x.raw else None, (x.raw[0], x.raw[2]) if x.raw else None, (x.raw[1], x.raw[3]) if x.raw else None, f"n {x.n:,}", x.fitted is not None) for x in whole],
        unit=_("days"), left=170, note=90,
    ) if told else None  # fmt: skip
    also = []
    for kind, title in (("area", _("By part of the area")), ("route", _("By the way in which cases were found"))):
        found = [lag for lag in lags if lag.group[0] == kind and (lag.n or lag.open or lag.before)]
        if found:
            found.sort(key=lambda x: (STRETCHES.index((x.first, x.last)), -x.n))
            also.append((title, header, [row(x, f"{stretch(x)} · {group_words(a, parts, x.group)}") for x in found]))
    slow = max((x for x in told if x.n >= 5 and (x.first, x.last) in STRETCHES[:4]), key=lambda x: x.raw[3] if x.raw else 0, default=None)
    lead = ""
    if slow is not None and slow.raw is not None:
        lead = _("The longest tail: %(stretch)s, nine of ten within %(tail)s days, half within %(median)s.") % {"stretch": stretch(slow), "tail": _d(slow.raw[3]), "median": _d(slow.raw[1])}
    missing = [_("milestones that are not told are in no line; a stretch whose end came first is counted apart (already before)")]
    if waits:
        missing.append(_("%(n)s fits are being reckoned and stand here within a minute") % {"n": waits})
    about = [
        (_("How it is reckoned"), _("whole days as told; of all cases: lognormal, gamma or Weibull by AIC, both days known to the day, the newest cut off (Park and others 2024; Charniga and others 2024); treatment: told with the course, else the admission")),
        *data_lines(a),
        (_("Not in it"), "; ".join(missing)),
    ]
    legend = [("x-dot", _("median of all cases")), ("x-dot-hollow", _("median as told; too few for a fit, or not yet reckoned")), ("x-box", _("half of them")), ("x-whisker", _("to nine of ten"))]
    return Panel("delays", _("How late we are"), lead, drawn, empty=_("No case tells two milestones."), header=header, rows=[row(x, stretch(x)) for x in whole], legend=legend, about=about, also=also, waits=bool(waits))


def _rate(rate: Rate | None) -> Cell:
    """A rate never stands without its denominator."""
    if rate is None:
        return Cell(None)
    return Cell(f"{rate.value:.1%} ({rate.low:.1%} – {rate.high:.1%}), {rate.counted:,.0f}/{rate.of:,.0f}", f"{rate.value:.1%} · {rate.counted:,.0f}/{rate.of:,.0f}")


def _with_interval(rate: Rate | None) -> Cell:
    cell = _rate(rate)
    return Cell(cell.value, f"{rate.value:.1%} ({rate.low:.1%} – {rate.high:.1%}) · {rate.counted:,.0f}/{rate.of:,.0f}") if rate is not None else cell


def ends_panel(a: Asked, parts: Parts, ends: Ends, found: Infected) -> Panel:
    """The four rates with every definition of them."""
    whole = ends.groups[0].rates
    definitions = rate_words()
    shown = [(definitions[key], getattr(whole, key)) for key in definitions]
    lines = [Range(words, rate.value if rate else None, None, (rate.low, rate.high) if rate else None, f"{rate.value:.1%} · {rate.counted:,.0f}/{rate.of:,.0f}" if rate else "—") for words, rate in shown]
    beside = [(_("infected, of persons of the register"), found.parts[0].attack), *_others(a, found)[:SHOWN], (_("positive, of tests of %(days)s days") % {"days": DAYS}, found.parts[0].positivity)]
    lines += [Range(words, rate.value, None, (rate.low, rate.high), f"{rate.value:.1%} · {rate.counted:,.0f}/{rate.of:,.0f}") for words, rate in beside if rate is not None]
    drawn = ranges(_("Admission, cure, fatality and infection rates with 95 % intervals"), lines, most=1, percent=True, left=235, note=145)
    header = [_("cases"), _("confirmed"), _("open"), _("waiting for a bed"), *definitions.values()]

    def row(name: str, x: Outcomes) -> Line:
        return Line([Cell(name, number=False), Cell(x.confirmed), Cell(x.open), Cell(x.waiting), *(_rate(getattr(x, key)) for key in definitions)])

    also: list[tuple[str, Any, Any]] = []
    for kind, title in (("age", _("By age in years")), ("severity", _("By severity last seen"))):
        groups = [e for e in ends.groups if e.group[0] == kind]
        if groups:
            also.append((title, header, [row(group_words(a, parts, e.group), e.rates) for e in groups]))
    also += _infection(a, parts, found)
    lead = ""
    if whole.fatal_range:
        lead = _("Fatality among the confirmed lies between %(low)s and %(high)s, whatever the definition.") % {"low": f"{whole.fatal_range[0]:.1%}", "high": f"{whole.fatal_range[1]:.1%}"}
    if whole.waiting:
        lead += " " + _("%(n)s open cases are not told to have a bed.") % {"n": f"{whole.waiting:,}"}
    if ends.waited:
        lead += " " + _waited(ends.waited)
    missing = [_("%(n)s cases were lost or have no known outcome and stand as open") % {"n": f"{ends.lost:,}"}] if ends.lost else []
    if ends.known is None:
        missing.append(_("fatality corrected for delay: fewer than ten deaths tell their delay, or it is being reckoned"))
    if found.parts[0].people is None:
        missing.append(_("infection rate of the population: the register of persons holds no population"))
    if found.of_all is None:
        missing.append(_("infection rate of staff: no roll names staff"))
    if not found.parts[0].tests:
        missing.append(_("positivity: no result of a test was told in %(days)s days") % {"days": DAYS})
    missing.append(_("the admission rate rises when fewer are tested; cure of all confirmed is low early in a wave, whatever one does"))
    about = [
        (_("How it is reckoned"), _("the rates of the four slogans, each by every definition; intervals Wilson 1927; fatality corrected for delay: deaths of those who have had the time to die (Nishiura and others 2009)")),
        *data_lines(a),
        (_("Not in it"), "; ".join(missing)),
    ]
    return Panel("outcomes", _("What became of the cases"), lead.strip(), drawn, header=header, rows=[row(_("all cases"), whole)], about=about, also=also)


def rate_words() -> dict[str, str]:
    """Attribute of `Outcomes` → what the rate is called, with its denominator."""
    return {
        "admitted": _("admitted, of open cases"),
        "cured_of_closed": _("recovered, of closed cases"),
        "cured_of_all": _("recovered, of all confirmed"),
        "fatal_of_all": _("died, of all confirmed"),
        "fatal_of_closed": _("died, of closed cases"),
        "fatal_adjusted": _("died, of those who have had the time"),
    }


def _infection(a: Asked, parts: Parts, found: Infected) -> list[tuple[str, Any, Any]]:
    """The tables of infection: of the area and its parts with what was tested there; of contacts, staff by unit and health workers; of staff by job."""
    days = {"days": DAYS}
    header = [
        _("of whom"), _("infected so far"), _("infected, of persons of the register"), _("new in %(days)s days") % days, _("new, per 100,000") , _("tests told in %(days)s days") % days, _("positive, of tests"),
    ]  # fmt: skip

    def name(position: int | None) -> str:
        return a.words.name(a.area) if position is None else a.words.name(parts.areas[position])

    def row(x: Part) -> Line:
        new = Cell(f"{x.incidence.value * 1e5:.1f} ({x.incidence.low * 1e5:.1f} – {x.incidence.high * 1e5:.1f})", f"{x.incidence.value * 1e5:,.1f}") if x.incidence else Cell(None)
        return Line([Cell(name(x.position), number=False), Cell(x.cases), _rate(x.attack), Cell(x.new), new, Cell(x.tests), _rate(x.positivity)])

    other = [Line([Cell(words, number=False), _with_interval(rate)]) for words, rate in _others(a, found)]
    also: list[tuple[str, Any, Any]] = [(_("Infection rate, with what was tested"), header, [row(x) for x in found.parts])]
    if other:
        also.append((_("Infection rate of contacts, staff and health workers"), [_("of whom"), _("infected, 95 % interval")], other))
    if jobs := [Line([Cell(a.words.code("job", j.code) if j.code else _("job not told"), number=False), _with_interval(j.rate)]) for j in found.jobs if not j.group]:
        also.append((_("Infection rate of staff by job"), [_("job"), _("infected, 95 % interval")], jobs))
    return also


def _others(a: Asked, found: Infected) -> list[tuple[str, Rate | None]]:
    told: list[tuple[str, Rate | None]] = [
        (_("contacts: %(class)s") % {"class": a.words.code("contact-class", c) if c else _("no class told")}, rate) for c, rate in found.contacts or ()
    ]
    if found.of_all:
        told.append((_("staff of all units with a roll"), found.of_all))
    told += [(_("%(group)s on rolls") % {"group": a.words.both(code_groups("job")[j.code])}, j.rate) for j in found.jobs if j.group]
    told += [(_("staff: %(unit)s (%(kind)s)") % {"unit": s.name, "kind": a.words.code("unit-kind", s.kind)}, s.rate) for s in found.staff]
    if found.health_workers:
        told.append((_("health workers, of cases whose report card names a group"), found.health_workers))
    return told


def _waited(waited: tuple[float, float, float]) -> str:
    middle, most, longest = (f"{hours:,.0f}" for hours in waited)
    return _("They have stood for %(middle)s hours in the median, nine of ten for up to %(most)s, the longest for %(longest)s.") % {"middle": middle, "most": most, "longest": longest}
