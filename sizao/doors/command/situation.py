"""How it stands: the epidemic curve, how fast it spreads, how late we are, what became of the cases, what may come, where they cluster; of one area, disease and period.

The address holds the whole choice, so that it can be sent on. Figures show nobody and need the right to read the plan; each leads to its rows for who may read cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse

from sizao.doors.kit import places, runs
from sizao.doors.kit.charts.panel import Panel, asked_form, sent
from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.kernel.codes import code_list
from sizao.kernel.days import day
from sizao.kernel.unchanged import Unchanged, rights
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

from .situation_asked import NAMES, Asked, asked, placed


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows, and of which moment it is."""

    a: Asked
    as_of: datetime
    panels: list[Panel]


#: Pages that were made and of which nothing has changed since; some hundred kilobytes each.
_shown: Unchanged[Shown] = Unchanged(32)


def panels(a: Asked, only: str = "") -> list[Panel]:
    """The panels in their order, or the one that is asked for; what several of them need is worked out once."""
    from . import situation_curve as shown
    from . import situation_lags as late
    from . import situation_map as mapped

    assert a.lines is not None
    lines, work = a.lines, Work()
    curve = curve_.curve(lines, a.by, a.step, a.classes, a.since, a.until)  # type: ignore[arg-type]
    below = parts_.parts(a.area) if only in ("", "delays", "clusters", "outcomes") else parts_.Parts((), {})

    then: list[curve_.Told] = []

    def earlier(back: int) -> curve_.Told:
        if not then:
            then.extend(curve_.earlier(lines, a.by, a.classes, [lines.as_of - timedelta(days=7 * (i + 1)) for i in range(coming_.PAST)]))  # type: ignore[arg-type]
        return then[back // 7 - 1]

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
        "coming": lambda: shown.coming_panel(a, curve, coming_.coming(curve, a.disease, earlier if a.until is None else None)),
        "delays": delays,
        "outcomes": outcomes,
        "clusters": clusters,
    }
    found = [make() for key, make in made.items() if not only or key == only]
    work.end(lambda: jobs.hand_over(a.area.code, a.disease, lines.as_of, a.by, a.classes, lines.known_at))  # type: ignore[arg-type]
    for p in found:
        p.files = a.file(p.key)
    return found


def situation(request: HttpRequest) -> HttpResponse:
    """The page. Refused: bad-value, not-found-or-out-of-area."""
    scope, area = placed(request)

    def made() -> Shown:
        as_of = runs.moment()
        a = asked(request, scope, area, as_of)
        found = Shown(a, as_of, panels(a) if a.lines is not None and len(a.lines) else [])
        a.lines = None  # some megabytes, and drawn by now
        return found

    choice = tuple((name, tuple(request.GET.getlist(name))) for name in NAMES)
    key = (area.pk, choice, request.LANGUAGE_CODE, rights(scope, area), runs.moment() if runs.looks_back() else None)  # type: ignore[attr-defined]
    found = _shown.get(key, made)  # what waits for a job comes with what the job keeps
    shown = {
        "w": found.a.words,
        "area": area,
        "up": places.way_up(scope, area),
        "below": places.children(area),
        "a": found.a,
        "as_of": found.as_of,
        "past": runs.looks_back(),
        "panels": found.panels,
        "classes": [c for c in code_list("case-class") if c != "ruled_out"],
        "of": lambda **other: url("situation", found.a.query | other),
    }
    return page(request, "command/situation.html", shown)


def file(request: HttpRequest, panel: str, sent_as: str) -> HttpResponse:
    """A panel as CSV, SVG or PNG. Refused: page-not-found."""
    scope, area = placed(request)
    a = asked(request, scope, area, runs.moment())
    found = asked_form(request, panels(a, panel) if a.lines is not None and len(a.lines) else [], panel)
    return sent(found, sent_as, name=f"situation-{a.area.code}-{a.disease}", day=day(a.lines.today))  # type: ignore[union-attr]
