"""Chains of transmission: the graph of a disease below an area, or around one case; its clusters, and how many of the contacts fell ill.

Cases stand here by their numbers and never by name; a name is on the case's own page, for who may see it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse

from sizao.doors.kit import places
from sizao.doors.kit.export import whole_csv
from sizao.doors.kit.pages import page
from sizao.doors.kit.words import Words
from sizao.epi import transmission
from sizao.epi.transmission import Chains
from sizao.kernel import clock
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.kernel.unchanged import Unchanged, rights
from sizao.registers.cases.chains import Attacked, Linked, alone, attack_of_totals, attack_rates, diseases, linked

WAYS = ("both", "up", "down")
#: Clusters and cases that a page lists; the file has them all.
LISTED = 60
#: What is counted over all cases and contacts of an area: cases without a link, and secondary attack.
_counted: Unchanged[tuple[int, list[Attacked]]] = Unchanged(64)


@dataclass(slots=True)
class Asked:
    """What the address asks for: the graph that is shown, and where it was cut from."""

    scope: Scope
    area: Area
    words: Words
    disease: str
    diseases: list[tuple[str, int]]
    graph: Linked
    around: UUID | None
    way: str


def _placed(request: HttpRequest) -> tuple[Scope, Area, str, list[tuple[str, int]]]:
    """`?area=`, `?disease=` (else the one with most links), and the diseases there are."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope, "case.read")
    found = diseases(scope, area)
    return scope, area, request.GET.get("disease", "") or (found[0][0] if found else ""), found


def _asked(request: HttpRequest, scope: Scope, area: Area, disease: str, found: list[tuple[str, int]]) -> Asked:
    """`?around=` a case, `?way=` both, up, down; the read of the cases is on record. Refused not-found-or-out-of-area for a case that is not in the graph."""
    graph = linked(scope, area, disease)
    around, way = _case(request.GET.get("around", "")), request.GET.get("way", "both")
    way = way if way in WAYS else "both"
    if around is not None:
        if around not in graph.ids:
            raise Refused("not-found-or-out-of-area")
        graph = graph.of(transmission.around(len(graph.ids), graph.links, graph.ids.index(around), way))
    graph.told(scope)
    return Asked(scope, area, Words(request.LANGUAGE_CODE, area.zone), disease, found, graph, around, way)  # type: ignore[attr-defined]


def _case(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Refused("not-found-or-out-of-area") from None


def chains(request: HttpRequest) -> HttpResponse:
    """The page: figures, the drawing (which fetches `data`), clusters or the cases of the one that is shown, attack rates by class of contact."""
    scope, area, disease, diseases_ = _placed(request)
    now = clock.now()
    today, whole = clock.local_day(now, area.zone), not request.GET.get("around")
    # before the read is put on record: what a transaction reads that has written is not shown again
    apart, attacked = _counted.get((area.pk, disease, today, rights(scope, area), whole), lambda: (alone(scope, area, disease), attack_rates(scope, area, disease, today) if whole else []))
    asked = _asked(request, scope, area, disease, diseases_)
    graph, words, n = asked.graph, asked.words, len(asked.graph.ids)
    found = transmission.chains(n, graph.links, graph.days)
    groups = transmission.clusters(found, graph.links, graph.days)
    told = [x for x in range(n) if found.cluster[x] >= 0]
    shown = {
        "w": words,
        "area": asked.area,
        "up": places.way_up(asked.scope, asked.area, "case.read"),
        "now": now,
        "disease": asked.disease,
        "diseases": asked.diseases,
        "around": asked.around,
        "number": graph.numbers[graph.ids.index(asked.around)] if asked.around else "",
        "way": asked.way,
        "cases": len(told),
        "links": len(graph.links),
        "outside": sum(graph.outside),
        "maybe": len(graph.maybe),
        "alone": apart + n - len(told),
        "clusters": [_cluster(graph, c) for c in groups[:LISTED]],
        "cluster_count": len(groups),
        "generations": max((c.generations for c in groups), default=0),
        "rivals": sum(c.rivals for c in groups),
        "circular": sum(c.circular for c in groups),
        "offspring": transmission.offspring(told, graph.links),
        "serial": transmission.serial_intervals(graph.links, [d if by == "onset_on" else None for d, by in zip(graph.days, graph.by, strict=True)]),
        "rows": _rows(graph, found)[:LISTED] if asked.around else [],
        "listed": LISTED,
        "attacked": [] if asked.around else attacked,
        "totalled": None if asked.around else attack_of_totals(asked.scope, asked.area, graph, asked.disease),
        "classes": [(code, words.code("case-class", code)) for code in code_list("case-class") if code in set(graph.classes)],
        "may_export": asked.scope.can("register.export"),
        "query": {"area": asked.area.code, "disease": asked.disease, "around": asked.around, "way": asked.way if asked.around else ""},
    }
    return page(request, "desk/chains.html", shown)


def _cluster(graph: Linked, group: transmission.Cluster) -> dict[str, Any]:
    head = group.cases[0]
    return {
        "id": graph.ids[head],
        "number": graph.numbers[head],
        "size": len(group.cases),
        "generations": group.generations,
        "first": _day(group.first),
        "last": _day(group.last),
        "rivals": group.rivals,
        "circular": group.circular,
    }


def _day(ordinal: int | None) -> date | None:
    return None if ordinal is None else date.fromordinal(ordinal)


def _rows(graph: Linked, found: Chains) -> list[dict[str, Any]]:
    """Every case of the graph, by generation and day: who is told to have infected it, and how many it infected."""
    by: dict[int, list[int]] = {}
    for a, b in graph.links:
        by.setdefault(b, []).append(a)
    infected = Counter(a for a, _ in graph.links)
    order = sorted(range(len(graph.ids)), key=lambda x: (g if (g := found.generation[x]) is not None else transmission.NEVER, x))
    return [
        {
            "id": graph.ids[x],
            "number": graph.numbers[x],
            "classification": graph.classes[x],
            "cluster": found.cluster[x] + 1,
            "generation": found.generation[x],
            "day": _day(graph.days[x]),
            "by": graph.by[x],
            "infectors": [(graph.ids[a], graph.numbers[a]) for a in by.get(x, [])],
            "infected": infected[x],
            "outside": graph.outside[x],
        }
        for x in order
    ]


def data(request: HttpRequest) -> JsonResponse:
    """The graph as columns, for the drawing. `day` counts from `first` (an ISO date); null where none is told. `drawn` is the infector by which a case hangs."""
    asked = _asked(request, *_placed(request))
    graph, words = asked.graph, asked.words
    found = transmission.chains(len(graph.ids), graph.links, graph.days)
    first = min((d for d in graph.days if d is not None), default=None)
    thought = {x: found.lanes + k for k, x in enumerate(x for x, lane in enumerate(found.lane) if lane < 0)}  # of whom only a source is thought of: rows of their own
    lane = [thought.get(x, at) for x, at in enumerate(found.lane)]
    classes = sorted(set(graph.classes))
    place = {name: i for i, name in enumerate(classes)}
    response = JsonResponse(
        {
            "first": None if first is None else date.fromordinal(first).isoformat(),
            "id": graph.ids,
            "number": graph.numbers,
            "day": [None if d is None or first is None else d - first for d in graph.days],
            "class": [place[c] for c in graph.classes],
            "classes": [[c, words.code("case-class", c) if c else ""] for c in classes],
            "generation": found.generation,
            "drawn": found.parent,
            "lane": lane,
            "lanes": found.lanes + len(thought),
            "outside": graph.outside,
            "from": [a for a, _ in graph.links],
            "to": [b for _, b in graph.links],
            "sure": graph.certainty,
            "maybe_from": [a for a, _ in graph.maybe],
            "maybe_to": [b for _, b in graph.maybe],
        }
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


def export(request: HttpRequest) -> HttpResponse:
    """The cases of the graph as CSV: number, class, cluster, generation, day and which day it is, infectors, how many infected, links that lead elsewhere. No names."""
    asked = _asked(request, *_placed(request))
    asked.scope.check("register.export", asked.area)
    graph, words = asked.graph, asked.words
    found = transmission.chains(len(graph.ids), graph.links, graph.days)
    names = (
        ("病例编号", "case"), ("病例分类", "classification"), ("聚集", "cluster"), ("代次", "generation"), ("日期", "day"), ("日期含义", "day is"),
        ("传染源", "infectors"), ("续发数", "infected"), ("指向他处的关系", "links elsewhere"), ("id", "id"),
    )  # fmt: skip
    lines = [
        [
            r["number"], words.code("case-class", r["classification"]), r["cluster"], r["generation"], r["day"] and r["day"].isoformat(), r["by"],
            " ".join(n for _, n in r["infectors"]), r["infected"], r["outside"], str(r["id"]),
        ]
        for r in _rows(graph, found)
    ]  # fmt: skip
    answer = HttpResponse(whole_csv([zh if words.is_zh else en for zh, en in names], lines), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="chains-{clock.local_day(clock.now(), asked.area.zone):%Y%m%d}.csv"'
    return answer
