"""How far a restrictive order may go: the bounds of content (`command/order-bounds.yaml`) held against one order and the grade of its area. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sizao.kernel.codes import content_files
from sizao.kernel.marked import plain

TESTS = ("needs", "strictness", "grades", "levels", "days", "review")
UNGRADED = "ungraded"


@dataclass(frozen=True, slots=True)
class Bound:
    """One bound: what it looks at (`test`, one of `TESTS`), its value, for which kinds of order (empty: all), from which day until which (not included)."""

    id: str
    test: str
    value: Any
    kinds: tuple[str, ...]
    starts: date
    ends: date | None
    title: Mapping[str, str]
    source: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """An order as it is weighed. `grade`: of its area, None where it has none; `level`: of its area; `looked_at`: the last review, else the start."""

    kind: str
    restrictive: bool
    strictness: int | None
    grade: str | None
    level: str
    starts_at: datetime
    ends_at: datetime | None
    looked_at: datetime | None
    basis: str = ""
    reach: str = ""
    appeal_route: str = ""


@cache
def bounds() -> tuple[Bound, ...]:
    """Every bound that content has."""
    lines = plain(content_files("command")["order-bounds"])["values"]
    return tuple(Bound(x["id"], x["test"], x["value"], tuple(x.get("kinds", ())), x["from"], x.get("until"), x["title"], x["source"]) for x in lines)


def beyond(order: Weighed, now: datetime, known: Sequence[Bound] | None = None) -> list[Bound]:
    """The bounds that an order passes at a moment; none for an order that restricts nothing.

    A bound counts from the day on which its text was in force, whenever the order was issued: what stands now is held against what is allowed now.

    >>> from datetime import UTC
    >>> at = datetime(2022, 7, 1, tzinfo=UTC)
    >>> shut = Weighed("closure", True, 3, "low", "county", at, None, at, basis="x", reach="y", appeal_route="z")
    >>> [b.id for b in beyond(shut, at)]
    ['no-end', 'too-strict', 'closed-at-low-risk']
    """
    if not order.restrictive:
        return []
    today = now.date()
    held = [b for b in (known if known is not None else bounds()) if b.starts <= today and (b.ends is None or today < b.ends) and (not b.kinds or order.kind in b.kinds)]
    return [b for b in held if _passes(b, order, now)]


def _passes(b: Bound, o: Weighed, now: datetime) -> bool:
    if b.test == "needs":
        return any(not getattr(o, name) for name in b.value)
    if b.test == "strictness":
        return o.strictness is not None and o.strictness > int(b.value[o.grade if o.grade in b.value else UNGRADED])
    if b.test == "grades":
        return (o.grade or UNGRADED) not in b.value
    if b.test == "levels":
        return o.level not in b.value
    if b.test == "days":
        return o.ends_at is not None and o.ends_at - o.starts_at > timedelta(days=int(b.value))
    assert b.test == "review", b.test
    return now - (o.looked_at or o.starts_at) > timedelta(days=int(b.value))


def weighed(order: Any, grade: str | None) -> Weighed:
    """An order that stands, with its area, to be weighed against a grade."""
    return Weighed(
        order.kind, order.restrictive, order.strictness, grade, order.area.level, order.starts_at, order.ends_at, order.reviewed_at or order.starts_at, order.basis, order.reach, order.appeal_route
    )


@dataclass(frozen=True, slots=True)
class OrderType:
    """Of one kind of order: whether it restricts, who else must agree (no · other · above), how strict it is at first, and where that is written."""

    kind: str
    restricts: bool
    second: str
    strictness: int
    source: str


def order_type(kind: str, on: date) -> OrderType:
    """What content says of a kind on a day; before the first line, the first. KeyError for a kind that it does not have."""
    lines = sorted((x for x in _types() if x["kind"] == kind), key=lambda x: x["from"])
    if not lines:
        raise KeyError(kind)
    x = next((x for x in reversed(lines) if x["from"] <= on), lines[0])
    return OrderType(x["kind"], x["restricts"], x["second"], x["strictness"], x["source"])


@cache
def _types() -> tuple[Mapping[str, Any], ...]:
    return tuple(plain(content_files("command")["order-types"])["values"])
