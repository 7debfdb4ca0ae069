"""The panel of clusters: a map of the shapes that the areas have, with rings around what lies closer than chance lets it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from django.utils.translation import gettext as _

from sizao.doors.kit import places
from sizao.doors.kit.charts.drawing import Drawing
from sizao.doors.kit.charts.panel import Cell, Line, Panel
from sizao.doors.kit.templates import url
from sizao.kernel.days import day
from sizao.registers.surveillance.streams import streams
from sizao.situation.clusters import DAYS, MOST, REACH_KM, REPLICATES, Clusters, middle, plane, rings
from sizao.situation.parts import Parts

from .situation_curve import data_lines

if TYPE_CHECKING:
    from .situation_asked import Asked

WIDTH, HEIGHT, EDGE = 660, 420, 14
#: Upper ends of the steps of shade, in cases within the window.
STEPS = (1, 5, 20)


def _shade(cases: int) -> str:
    return "x-shape" if cases < STEPS[0] else "x-shape-1" if cases < STEPS[1] else "x-shape-2" if cases < STEPS[2] else "x-shape-3"


def clusters_panel(a: Asked, parts: Parts, found: Clusters, told: Sequence[Any] = ()) -> Panel:
    """The map, and the table of clusters; both from the same scan. `told`: signals of clusters in one place, ward or class (`surveillance.read.cluster_signals`), marked with letters."""
    title = _("Clusters in place and time")
    about = [
        (
            _("How it is reckoned"),
            _("space-time scan of the last %(days)s complete days (Neill and others 2005; circles of near places as Kulldorff 1997, up to %(most)s places and %(km)s km), expected by %(by)s, p from %(n)s simulated data sets; shown up to p 0.05")
            % {"days": DAYS, "most": MOST, "km": f"{REACH_KM:g}", "n": REPLICATES, "by": _("persons of the register") if found.by_population else _("the 28 days before in each place")},
        ),
        *data_lines(a),
        (_("Not in it"), _not_in(found)),
    ]
    names = {p.id: a.words.both({"zh": p.name_zh, "en": p.name_en}) for p in found.places}
    rows = []
    for n, c in enumerate(found.found or ()):
        where = "、".join(names[found.places[i].id] for i in c.places[:4]) + (f" … ({len(c.places)})" if len(c.places) > 4 else "")
        rows.append(
            Line(
                [
                    Cell(n + 1, number=False), Cell(where, number=False), Cell(f"{day(c.since)} – {day(found.until)}"), Cell(c.cases, link=_rows(a, found, c)), Cell(f"{c.expected:.1f}"),
                    Cell(f"{c.cases / c.expected:.1f}" if c.expected else None), Cell(f"{c.p:.3f}"), Cell(f"{c.radius:.1f}" if c.radius is not None else None),
                ]
            )
        )  # fmt: skip
    header = [_("no."), _("places"), _("days"), _("cases"), _("expected"), _("times as many"), "p", _("radius, km")]
    if found.found is None:
        lead = _("The scan is being reckoned; it stands here within a minute.")
    elif rows:
        lead = _("%(n)s clusters with more cases than expected in the %(days)s days up to %(day)s.") % {"n": len(rows), "days": DAYS, "day": day(found.until).isoformat()}
    else:
        lead = _("No cluster in the %(days)s days up to %(day)s: cases lie as chance lets them.") % {"days": DAYS, "day": day(found.until).isoformat()}
    if told:
        lead += " " + _("Signals of clusters in one place, ward or class besides: %(n)s.") % {"n": len(told)}
    drawn = _map(a, parts, found, told)
    recent = [Line([Cell(names[found.places[i].id], number=False), Cell(int(found.recent[i]))]) for i in np.argsort(-found.recent, kind="stable")[:40] if found.recent[i]]
    also: list[tuple[str, Any, Any]] = [(_("Cases of these days by place"), [_("place"), _("cases")], recent)] if recent else []
    legend = [("x-shape-1", f"{STEPS[0]} – {STEPS[1] - 1}"), ("x-shape-2", f"{STEPS[1]} – {STEPS[2] - 1}"), ("x-shape-3", f"{STEPS[2]} +"), ("x-zone", _("cluster, with its number in the table"))]
    if told:
        legend.append(("x-cluster", _("cluster in one place, ward or class, with its letter in the table")))
        marked = (_("Clusters in one place, ward or class"), [_("letter"), _("signal"), _("place"), _("days"), _("cases or persons"), _("expected"), _("judgement")], [_told(a, n, s) for n, s in enumerate(told)])
        if rows:
            also.insert(0, marked)
        else:
            _title, header, rows = marked
    empty = "" if rows or told or recent else _("No case in these days.")
    if not rows and recent:  # the table of the panel is then that of places
        header, rows, also = [_("place"), _("cases")], recent, []
    return Panel("clusters", title, lead, drawn, empty=empty or _("No area here has a shape; the table says the same."), header=header, rows=rows, legend=legend, about=about, also=also, waits=found.found is None, open=drawn is None)


def letter(n: int) -> str:
    """
    >>> letter(0), letter(25), letter(26)
    ('A', 'Z', 'AA')
    """
    return ("" if n < 26 else letter(n // 26 - 1)) + chr(65 + n % 26)


def _told(a: Asked, n: int, signal: Any) -> Line:
    called = a.words.both(streams().get(signal.stream)) if signal.stream in streams() else a.words.code("signal-kind", signal.kind)
    return Line(
        [
            Cell(letter(n), number=False), Cell(called, link=url("signal", signal=signal.pk), number=False), Cell(f"{signal.unit.name} · {a.words.name(signal.area)}", number=False),
            Cell(f"{signal.window_from} – {signal.window_to}"), Cell(int(signal.observed) if signal.observed is not None else None), Cell(round(signal.expected, 3), f"{signal.expected:.1f}") if signal.expected is not None else Cell(None),
            Cell(a.words.code("signal-judgement", signal.judgement) if signal.judgement else _("to be judged"), number=False),
        ]
    )  # fmt: skip


def _not_in(found: Clusters) -> str:
    parts = []
    if found.located < len(found.places):
        parts.append(_("%(n)s of %(m)s places have no shape: each stands alone") % {"n": len(found.places) - found.located, "m": len(found.places)})
    if not found.by_population:
        parts.append(_("no population is known here: a place is held against its own past"))
    return "; ".join(parts) or _("nothing")


def _rows(a: Asked, found: Clusters, cluster: Any) -> str:
    """The list behind a cluster, where it is of one place."""
    if len(cluster.places) != 1 or not a.scope.can("case.read", a.area):
        return ""
    from dataclasses import replace

    place = found.places[cluster.places[0]]
    narrow = replace(a)
    return narrow.rows(cluster.since, found.until).replace(f"area={a.area.code}&", f"area={place.code}&", 1)


def _map(a: Asked, parts: Parts, found: Clusters, told: Sequence[Any]) -> Drawing | None:
    """Shapes of the parts, shaded and numbered by their cases of these days; a ring a cluster; a diamond a cluster in one place, in the part where the place lies."""
    shaped = [p for p in places.shapes(a.area) if p.geometry]
    if not shaped:
        return None
    outlines = {p.pk: rings(p.geometry) for p in shaped}
    corners = np.array([point for one in outlines.values() for ring in one for point in ring], np.float64)
    flat = plane(np.vstack([corners, [p.at or corners[0] for p in found.places] or corners[:1]]))[: len(corners)]
    low, high = flat.min(0), flat.max(0)
    scale = min((WIDTH - 2 * EDGE) / max(high[0] - low[0], 1e-6), (HEIGHT - 2 * EDGE) / max(high[1] - low[1], 1e-6))
    height = int(max((high[1] - low[1]) * scale + 2 * EDGE, 160))
    cosine = float(flat[0, 0] / corners[0, 0]) if corners[0, 0] else 1.0
    down = float(flat[0, 1] / corners[0, 1]) if corners[0, 1] else 1.0
    left, top = (WIDTH - (high[0] - low[0]) * scale) / 2, (height - (high[1] - low[1]) * scale) / 2

    def at(point: Any) -> tuple[float, float]:
        return left + (point[0] * cosine - low[0]) * scale, height - top - (point[1] * down - low[1]) * scale

    position = {p.pk: i for i, p in enumerate(parts.areas)}
    counted = dict.fromkeys(range(len(parts.areas)), 0)
    own = 0
    for place, n in zip(found.places, found.recent.tolist(), strict=True):
        if place.id in parts.of:
            counted[parts.of[place.id]] += n
        else:
            own += n
    drawing = Drawing(_("Map of cases of the last %(days)s complete days with clusters ringed; the table says the same") % {"days": DAYS}, WIDTH, height)
    for p in shaped:
        n = counted.get(position.get(p.pk, -1), own)
        drawing.path("".join("M" + "L".join("{:.1f} {:.1f}".format(*at(point)) for point in ring) + "z" for ring in outlines[p.pk]), _shade(n))
    for p in shaped:
        n = counted.get(position.get(p.pk, -1), own)
        spot = middle(p.geometry)
        if n and spot is not None:
            x, y = at(spot)
            drawing.add("circle", "x-plate", cx=x, cy=y, r=11 if n < 100 else 15)
            drawing.text(x, y + 4, f"{n:,}", "x-mid-strong")
    for n, c in enumerate(found.found or ()):
        if c.centre is not None:
            x, y = at(c.centre)
            drawing.add("circle", "x-zone", cx=x, cy=y, r=max((c.radius or 0) * scale + 16, 18))
            drawing.text(x + max((c.radius or 0) * scale + 16, 18) * 0.72 + 4, y - max((c.radius or 0) * scale + 16, 18) * 0.72, f"#{n + 1}", "x-strong")
    shape = {p.pk: p for p in shaped}
    beside: dict[int, int] = {}
    for n, signal in enumerate(told):
        part = parts.areas[parts.of[signal.area_id]].pk if signal.area_id in parts.of else a.area.pk
        spot = middle(shape[part].geometry) if part in shape else None
        if spot is None:
            continue
        beside[part] = beside.get(part, 0) + 1
        x, y = at(spot)
        x, y = x + 20 * (beside[part] - 1), y + (26 if counted.get(position.get(part, -1), own) else 0)  # side by side, below the number of cases where there is one
        drawing.path(f"M{x:.1f} {y - 9:.1f}L{x + 9:.1f} {y:.1f}L{x:.1f} {y + 9:.1f}L{x - 9:.1f} {y:.1f}z", "x-cluster")
        drawing.text(x, y + 4, letter(n), "x-mid-strong")
    return drawing
