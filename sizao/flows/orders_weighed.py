"""Each order in force is held against what the grade of its area allows; what goes beyond (过头行为) is a ticket to who issued it, raised by the level above and closed there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from sizao.kernel import clock
from sizao.kernel.models import Area, Post
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.command import actions, bounds
from sizao.registers.command import read as command
from sizao.registers.command.bounds import Bound
from sizao.registers.command.models import Order
from sizao.registers.command.rules import finding_due

SENDER = "excess"
#: The roles of which a post above raises and closes what was found here, the first that is there.
ABOVE = ("commander", "secretary", "desk")


def found(scope: Scope, path: str, now: datetime) -> list[tuple[Order, list[Bound]]]:
    """The orders in force below an area that go beyond what they may, each with the bounds that it passes. At most two statements."""
    rows = list(command.in_force(scope, path, now).filter(restrictive=True).defer("area__geometry").order_by("-starts_at", "pk"))
    known = command.grades_now(now) if rows else {}
    held = ((row, bounds.beyond(bounds.weighed(row, command.grade_of(row.area, now, known)), now)) for row in rows)
    return [(row, passed) for row, passed in held if passed]


@transaction.atomic
def raise_tickets(now: datetime | None = None) -> int:
    """A ticket for each order and bound of which none is open; how many were new. Found again after it was closed, it is another ticket. Done by the clock."""
    now = now or clock.now()
    scope = Scope.system("orders weighed")
    beyond = found(scope, "", now)
    if not beyond:
        return 0
    held = _held([order.pk for order, _ in beyond])
    above = _posts_above({order.area_id: order.area for order, _ in beyond}.values(), now)
    commands, drawn = [], {}
    for order, passed in beyond:
        for b in passed:
            open_, closed = held.get((order.pk, b.id), (0, 0))
            if open_:
                continue
            key = f"{order.pk}/{b.id}" + (f"/{closed + 1}" if closed else "")
            what = f"{order.title}：{b.title['zh']} · {b.title['en']}（{b.source}）"
            commands.append(Command(told={"kind": "excess", "area": order.area_id, "what": what[:2000], "raised_at": now, "due_at": finding_due(now)}, source_id=key))
            drawn[key] = {"about_order_id": order.pk, "rule": b.id, "raised_by_id": above.get(order.area_id)}
    done = actions.save_tickets(scope, commands, sender=SENDER, drawn=drawn) if commands else []
    return sum(o.kind == "new" for o in done)


def _held(orders: Iterable[UUID]) -> dict[tuple[UUID, str], tuple[int, int]]:
    """(order, bound) → how many of its tickets are open, and how many closed."""
    counted: dict[tuple[UUID, str], tuple[int, int]] = {}
    rows: Any = command.tickets(Scope.system("tickets of orders")).filter(kind="excess", about_order__in=list(orders)).values_list("about_order", "rule", "verified_at")
    for order, rule, closed in rows:
        before = counted.get((order, rule), (0, 0))
        counted[order, rule] = (before[0] + (closed is None), before[1] + (closed is not None))
    return counted


def _posts_above(areas: Iterable[Area], now: datetime) -> dict[int, int]:
    """area → the nearest post above it that may close what was found there; at the top its own."""
    ways = {a.pk: [int(pk) for pk in a.path.split(".") if pk] for a in areas}
    rows = Post.objects.filter(role__in=ABOVE, area__in={pk for way in ways.values() for pk in way}, valid_from__lte=now).exclude(valid_to__lte=now).order_by("-pk")
    by: dict[int, dict[str, int]] = {}
    for post in rows:
        by.setdefault(post.area_id, {})[post.role] = post.pk
    made = {}
    for area, way in ways.items():
        for pk in [*reversed(way[:-1]), way[-1]]:
            post_ = next((by[pk][role] for role in ABOVE if role in by.get(pk, {})), None)
            if post_ is not None:
                made[area] = post_
                break
    return made
