"""What a unit's own ledgers know already of a report that is due: the line before, and lines of another ledger. Counts and figures of a unit, nobody's name."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Q
from django.db.models.fields.json import KeyTextTransform

from sizao.kernel.scope import visible

from .items import Ledger
from .models import Entry

#: A line before that is older says nothing about now.
BEFORE = timedelta(days=40)
#: A unit that wrote no line of a ledger for so long does not keep it: that there is none is then no zero.
KEPT = timedelta(days=30)


def lines_before(one: Ledger, units: Collection[UUID], until: datetime) -> dict[UUID, dict[str, tuple[dict[str, Any], datetime, date | None]]]:
    """unit → code of `each` ("" where a line is the report) → (values, when told, period) of the last line that was told up to `until`. One statement."""
    rows = Entry.objects.filter(visible(), ledger=one.id, unit__in=list(units), happened_at__lte=until, happened_at__gt=until - BEFORE)
    if one.each:
        rows = rows.annotate(code=KeyTextTransform(one.each, "values")).order_by("unit_id", "code", "-happened_at", "-id").distinct("unit_id", "code")
    else:
        rows = rows.annotate(code=F("ledger")).order_by("unit_id", "-happened_at", "-id").distinct("unit_id")
    found: dict[UUID, dict[str, tuple[dict[str, Any], datetime, date | None]]] = {}
    for unit, code, values, at, period in rows.values_list("unit_id", "code", "values", "happened_at", "period"):
        found.setdefault(unit, {})[code if one.each else ""] = (values, at, period)
    return found


def lines_counted(name: str, units: Collection[UUID], since: datetime, until: datetime) -> dict[UUID, tuple[int, datetime]]:
    """unit → (how many lines of a ledger it wrote after `since`, up to and with `until`; when it wrote the last one). A unit that does not keep that ledger is absent. One statement."""
    rows = Entry.objects.filter(visible(), ledger=name, unit__in=list(units), happened_at__lte=until, happened_at__gt=min(since, until - KEPT))
    counted = rows.values("unit_id").annotate(n=Count("id", filter=Q(happened_at__gt=since)), last=Max("happened_at")).order_by("unit_id")
    return {row["unit_id"]: (row["n"], row["last"]) for row in counted}


def roll_counts(units: Collection[UUID], roll: Ledger, day: date) -> dict[UUID, dict[str, int]]:
    """unit → role ("at_risk": of whatever role, on a post at risk) → how many persons stand on its roll on a day. One statement."""
    now = day.isoformat()
    rows = Entry.objects.filter(visible(), ledger=roll.id, unit__in=list(units))
    for name, compare in (("starts_on", "lte"), ("ends_on", "gte")):  # a day that was not told is no key, or a null
        field = f"values__{name}"
        rows = rows.filter(Q(**{f"{field}__isnull": True}) | Q(**{field: None}) | Q(**{f"{field}__{compare}": now}))
    counted = rows.annotate(role=KeyTextTransform(roll.outcome or "", "values")).values("unit_id", "role")
    counted = counted.annotate(n=Count("person_id", distinct=True), risk=Count("person_id", distinct=True, filter=Q(values__at_risk_post=True))).order_by("unit_id", "role")
    found: dict[UUID, dict[str, int]] = {}
    for row in counted:
        mine = found.setdefault(row["unit_id"], {})
        mine[row["role"] or ""] = row["n"]
        if row["risk"]:
            mine["at_risk"] = mine.get("at_risk", 0) + row["risk"]
    return found


def last_lines(units: Collection[UUID], name: str, code: str, since: datetime) -> dict[UUID, list[tuple[str, dict[str, Any], datetime]]]:
    """unit → (code, values, when) of the last line of each code of a ledger since a moment. One statement."""
    rows = Entry.objects.filter(visible(), ledger=name, unit__in=list(units), happened_at__gte=since).annotate(code=KeyTextTransform(code, "values"))
    found: dict[UUID, list[tuple[str, dict[str, Any], datetime]]] = {}
    for unit, word, values, at in rows.order_by("unit_id", "code", "-happened_at", "-id").distinct("unit_id", "code").values_list("unit_id", "code", "values", "happened_at"):
        found.setdefault(unit, []).append((word or "", values, at))
    return found


def lines_of_check(name: str, units: Collection[UUID], period: date, slot: int) -> dict[UUID, tuple[dict[str, Any], datetime]]:
    """unit → (values, when told) of the line of one period and cut-off, of a ledger of which a line is the report. One statement."""
    rows = Entry.objects.filter(visible(), ledger=name, unit__in=list(units), period=period, slot=slot).order_by("unit_id", "-happened_at", "-id").distinct("unit_id")
    return {unit: (values, at) for unit, values, at in rows.values_list("unit_id", "values", "happened_at")}
