"""How it stands: the epidemic curve, how fast it spreads, how late we are, what became of the cases, what may come, where they cluster; of one area, disease and period.

The address holds the whole choice, so that it can be sent on. Figures show nobody and need the right to read the plan; each leads to its rows for who may read cases.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from sizao.doors.kit import places, runs
from sizao.doors.kit.charts.panel import Panel, asked_form, sent
from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.kernel.codes import code_list
from sizao.kernel.days import day, number
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.registers.surveillance import read as surveillance
from sizao.situation import clusters as clusters_
from sizao.situation import coming as coming_
from sizao.situation import curve as curve_
from sizao.situation import ends as ends_
from sizao.situation import infected as infected_
from sizao.situation import jobs
from sizao.situation import lags as lags_
from sizao.situation import parts as parts_
from sizao.situation import spread as spread_
from sizao.situation.keeping import Work
from sizao.situation.lines import BYS, Lines, diseases, gather
from sizao.situation.periods import STEPS

#: The column of the register of cases by which the list behind a bar is asked.
COLUMNS = {"onset": "onset_on", "report": "reported_at", "confirmation": "confirmed_at"}


@dataclass(slots=True)
class Asked:
    """What the address asks for, and what was gathered for it."""

    scope: Scope
    area: Area
    words: Words
    disease: str
    diseases: list[tuple[str, int]]
    by: str
    step: str
    classes: tuple[str, ...]
    since: int | None
    until: int | None
    lines: Lines | None
    query: dict[str, Any] = field(default_factory=dict)

    def file(self, key: str) -> Any:
        """The address of a panel's file, by its form."""
        return lambda form: url("situation-file", self.query, panel=key, sent_as=form)

    def rows(self, first: int | None = None, last: int | None = None, **more: str) -> str:
        """The list of the cases behind a figure, for who may read them; "" for others. Its rows are the figure."""
        if not self.scope.can("case.read", self.area):
            return ""
        from urllib.parse import urlencode

        column = COLUMNS[self.by]
        pairs = [("area", self.area.code), ("f.disease", self.disease)]
        wanted = self.classes or tuple(c for c in code_list("case-class") if c != "ruled_out")
        if "classification" not in more and "classification_empty" not in more:
            pairs += [("f.classification", c) for c in wanted]
        pairs += [("f.classification.empty" if k == "classification_empty" else f"f.{k}", v) for k, v in more.items()]
        if first is not None:
            pairs.append((f"f.{column}.gte", day(first).isoformat()))
        if last is not None:
            pairs.append((f"f.{column}.lte", day(last).isoformat()))
        return f"{url('register', register='cases')}?{urlencode(pairs)}"


def _day(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "").strip()
    if not text:
        return None
    try:
        return number(date.fromisoformat(text))
    except ValueError:
        raise Refused("bad-value", field=_("day"), value=text[:40], expected="2026-01-31") from None


def _one(request: HttpRequest, name: str, known: tuple[str, ...]) -> str:
    value = request.GET.get(name, "") or known[0]
    if value not in known:
        raise Refused("bad-value", field=name, value=value[:40], expected=" · ".join(known))
    return value


def asked(request: HttpRequest) -> Asked:
    """Reads the address. Refused: bad-value, not-found-or-out-of-area."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope)
    as_of = runs.moment()
    found = diseases(scope, area, as_of)
    disease = request.GET.get("disease", "") or (found[0][0] if found else "")
    by, step = _one(request, "by", BYS), _one(request, "step", STEPS)
    known = [c for c in code_list("case-class") if c != "ruled_out"]
    classes = tuple(dict.fromkeys(c for c in request.GET.getlist("class") if c))
    if wrong := [c for c in classes if c not in known]:
        raise Refused("bad-value", field=_("Classification"), value=wrong[0][:40], expected=" · ".join(known))
    since, until = _day(request, "from"), _day(request, "to")
    if since is not None and until is not None and until < since:
        raise Refused("bad-value", field=_("day"), value=day(until).isoformat(), expected=f"≥ {day(since).isoformat()}")
    lines = gather(scope, area, disease, as_of) if disease else None
    query = {
        "area": area.code, "disease": disease, "by": by if by != BYS[0] else "", "step": step if step != STEPS[0] else "",
        "from": day(since).isoformat() if since is not None else "", "to": day(until).isoformat() if until is not None else "",
    }  # fmt: skip
    if len(classes) == 1:
        query["class"] = classes[0]
    return Asked(scope, area, Words(request.LANGUAGE_CODE, area.zone), disease, found, by, step, classes, since, until, lines, query)  # type: ignore[attr-defined]


def panels(a: Asked, only: str = "") -> list[Panel]:
    """The panels in their order, or the one that is asked for; what several of them need is worked out once."""
    from . import situation_curve as shown
    from . import situation_lags as late
    from . import situation_map as mapped

    assert a.lines is not None
    lines, work = a.lines, Work()
    curve = curve_.curve(lines, a.by, a.step, a.classes, a.since, a.until)  # type: ignore[arg-type]
    below = parts_.parts(a.area) if only in ("", "delays", "clusters", "outcomes") else parts_.Parts((), {})

    def delays() -> Panel:
        found, before = lags_.lags(lines, below, a.classes, work=work), work.waits
        return late.lags_panel(a, below, found, before)

    def outcomes() -> Panel:
        return late.ends_panel(a, below, ends_.ends(lines, a.classes, work=work), infected_.infected(lines, below, a.classes))

    def clusters() -> Panel:
        until = None if a.until is not None and a.until < curve.complete_until else curve.complete_until
        found = clusters_.clusters(lines, a.by, a.classes, until=a.until if until is None else until, work=work)  # type: ignore[arg-type]
        return mapped.clusters_panel(a, below, found, surveillance.cluster_signals(a.scope, a.area, a.disease, day(found.first), lines.as_of))

    made = {
        "curve": lambda: shown.curve_panel(a, curve),
        "rt": lambda: shown.rt_panel(a, curve, spread_.spread(curve, a.disease)),
        "coming": lambda: shown.coming_panel(a, curve, coming_.coming(curve, a.disease)),
        "delays": delays,
        "outcomes": outcomes,
        "clusters": clusters,
    }
    found = [make() for key, make in made.items() if not only or key == only]
    work.end(lambda: jobs.hand_over(a.area.code, a.disease, lines.as_of, a.by, a.classes))  # type: ignore[arg-type]
    for p in found:
        p.files = a.file(p.key)
    return found


def situation(request: HttpRequest) -> HttpResponse:
    """The page."""
    a = asked(request)
    shown = {
        "w": a.words,
        "area": a.area,
        "up": places.way_up(a.scope, a.area),
        "below": places.children(a.area),
        "a": a,
        "as_of": runs.moment(),
        "panels": panels(a) if a.lines is not None and len(a.lines) else [],
        "classes": [c for c in code_list("case-class") if c != "ruled_out"],
        "of": lambda **other: url("situation", a.query | other),
    }
    return page(request, "command/situation.html", shown)


def file(request: HttpRequest, panel: str, sent_as: str) -> HttpResponse:
    """A panel as CSV, SVG or PNG. Refused: page-not-found."""
    a = asked(request)
    found = asked_form(request, panels(a, panel) if a.lines is not None and len(a.lines) else [], panel)
    return sent(found, sent_as, name=f"situation-{a.area.code}-{a.disease}", day=day(a.lines.today))  # type: ignore[union-attr]
