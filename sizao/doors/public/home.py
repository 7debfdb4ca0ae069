"""For anyone: what applies at one place and why: its grade, the orders that touch everybody there, the rules in force; and the map of grades."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from sizao.doors.kit import shapes
from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.plan import evaluation
from sizao.registers.command import read as command
from sizao.registers.isolation.orders import published
from sizao.registers.isolation.rules import length
from sizao.situation.publication import questions, store

from .concerned import by_place

NOBODY: dict[str, Any] = {"user": None, "scope": None, "post": None}
#: Levels among which a reader chooses his place, and how many of one level are listed.
LEVELS = ("nation", "province", "city", "county", "township", "village")
MOST = 400
#: Letters and digits of a person's own code; they stand in fours on the paper.
CODE = 16
SHADES = {"low": "c5", "medium": "c3", "high": "c1"}


def home(request: HttpRequest) -> HttpResponse:
    """Choose my place; then what applies there, who asks it, since when, until when, why, and where to ask."""
    now = clock.now()
    words = Words(request.LANGUAGE_CODE)  # type: ignore[attr-defined]
    area = place(request.GET.get("place", ""))
    shown: dict[str, Any] = NOBODY | {"w": words, "now": now, "area": area, "below": below(area), "way": way(area), "section": "public-home"}
    if area is not None:
        shown |= {"w": words.at(area.zone), **applying(area, now, words)}
    shown |= {"bulletins": store.out(3), "answers": questions.out(most=3)}
    return page(request, "public/home.html", shown)


def mine(request: HttpRequest) -> HttpResponse:
    """From the code on a paper, as it was typed, to the page of its own. Nothing is looked up here: the page counts and refuses wrong codes. Refused: page-not-found."""
    code = "".join(c for c in request.POST.get("code", "").upper() if c.isalnum())
    if len(code) != CODE:
        raise Refused("page-not-found")
    response = HttpResponseRedirect(url("my", code="-".join(code[n : n + 4] for n in range(0, CODE, 4))))
    response.status_code = 303
    return response


def grade_map(request: HttpRequest) -> HttpResponse:
    """The grades in force as a drawing and as a table that says the same."""
    now = clock.now()
    words = Words(request.LANGUAGE_CODE)  # type: ignore[attr-defined]
    area = place(request.GET.get("place", "")) or top()
    rows = command.published_grades(now)
    of = {r.area_id: r for r in rows}
    drawn, told = None, []
    if area is not None:
        parts = list(Area.objects.filter(parent=area, valid_to=None, outside=False).order_by("code")[:MOST])
        for part in parts:
            found = nearest(part, of)
            told.append((part, found, found is not None and found.area_id != part.pk))
        drawn = shapes.drawn([p for p in parts if p.geometry] or ([area] if area.geometry else []))
    by_code = {p.code: (p, g) for p, g, _far in told} or ({area.code: (area, nearest(area, of))} if area else {})
    shown = NOBODY | {"w": words, "now": now, "area": area, "way": way(area), "rows": told, "drawing": drawn, "by_code": by_code, "all": rows, "shades": SHADES, "section": "public-grades"}
    return page(request, "public/grade_map.html", shown)


def applying(area: Area, now: datetime, words: Words) -> dict[str, Any]:
    """What applies at a place. A trial of a plan obliges nobody of the public and says that it is one."""
    zoned = words.at(area.zone)
    grade = nearest(area, {r.area_id: r for r in command.published_grades(now)})
    shown = [(f.enactment, f.measure) for f in evaluation.in_force(now) if (f.enactment.ends_at is None or f.enactment.ends_at > now) and area.path.startswith(f.enactment.area.path)]
    persons = [(rule, e, zoned.span(length(rule.body["longest"]))) for rule, e in published(now) if area.path.startswith(e.area.path)]
    return {"grade": grade, "orders": command.published_orders(area, now), "places": by_place(shown), "edition": evaluation.edition, "persons": persons, "shades": SHADES}


def nearest(area: Area, of: dict[int, Any]) -> Any:
    """The grade of an area, else of the nearest one above."""
    return next((of[int(n)] for n in reversed([n for n in area.path.split(".") if n]) if int(n) in of), None)


def place(code: str) -> Area | None:
    """The place that a reader chose; None where he chose none, or one that is not."""
    return Area.objects.filter(code=code[:40], outside=False, valid_to=None).defer("geometry").first() if code else None


def top() -> Area | None:
    return Area.objects.filter(parent=None, outside=False, valid_to=None).order_by("code").first()


def below(area: Area | None) -> list[Area]:
    """The places right below, down to villages; nobody has to tell us in which building he lives."""
    found = Area.objects.filter(parent=area, outside=False, valid_to=None, level__in=LEVELS).defer("geometry").order_by("code")
    return list(found[:MOST])


def way(area: Area | None) -> list[Area]:
    """From the top to the place itself."""
    if area is None:
        return []
    found = {a.pk: a for a in Area.objects.filter(pk__in=[int(n) for n in area.path.split(".") if n]).defer("geometry")}
    return [found[int(n)] for n in area.path.split(".") if n and int(n) in found]


def grade_words(words: Words, row: Any) -> str:
    return words.code("risk-grade", row.value) if row is not None else _("no grade")
