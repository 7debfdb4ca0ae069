"""The only way into the ledgers."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.db.models.fields.json import KT

from sizao.kernel import clock
from sizao.kernel.models import Area
from sizao.kernel.rows import among
from sizao.kernel.scope import Scope, at_most_one, visible

from .catalogue import ledger
from .models import DueReport, Entry, ReportingUnit
from .registers import of


def units(scope: Scope, permission: str = "plan.read") -> QuerySet[ReportingUnit]:
    """The reporting units that this scope may see (or write for, with another permission)."""
    return ReportingUnit.objects.filter(visible(), scope.area_filter("area", permission)).select_related("area")


def units_by_kind(scope: Scope, path: str) -> dict[str, tuple[int, int]]:
    """Kind of unit → (how many there are below an area, how many of them are told to be out of use). One statement."""
    found = units(scope).filter(area__path__startswith=path).values("kind").annotate(n=Count("pk"), closed=Count("pk", filter=Q(in_use=False))).order_by("kind")
    return {row["kind"]: (row["n"], row["closed"]) for row in found}


def place_by_number(sender: str, told: str) -> ReportingUnit | None:
    """A unit by its id, or by its number: the sender's own, else the only one of that number. For an intake that then asks whether its post may tell of it there."""
    found = ReportingUnit.objects.filter(visible()).select_related("area").defer("area__geometry")
    try:
        return found.filter(pk=UUID(told)).first()
    except ValueError:
        some = list(found.filter(source_id=told)[:20])
        own = [u for u in some if u.sender == sender]
        return own[0] if own else some[0] if len(some) == 1 else None


def reports(scope: Scope) -> QuerySet[DueReport]:
    """The receipts of those units' reports."""
    return DueReport.objects.filter(visible(), scope.area_filter("unit__area", "plan.read")).select_related("unit")


def entries(scope: Scope, name: str, permission: str = "") -> QuerySet[Any]:
    """The lines of a ledger that this scope may see; with another right than to read ledgers, where a page needs one ledger only. Refused ledger-unknown."""
    return of(ledger(name)).rows(scope, permission).select_related("area", "unit")


def access_entry_by_id(scope: Scope, name: str, entry: UUID) -> Any:
    """One line. Refused not-found-or-out-of-area, whichever it is."""
    return at_most_one(entries(scope, name).filter(pk=entry)[:1])


def filed_ledgers() -> list[str]:
    """The ledgers of which this store holds a report."""
    return sorted(DueReport.objects.order_by().values_list("ledger", flat=True).distinct())


def told_before(name: str, sender: str, numbers: Sequence[str]) -> dict[str, Entry]:
    """number → the line of a ledger that this sender told under it before, wherever it is; for an intake that must not write it twice."""
    held = Entry.objects.filter(ledger=name, sender=sender, source_id__in=list(numbers)).select_related("unit__area") if numbers else []
    return {row.source_id: row for row in held}


#: Who works at a unit, by his role on its roll: its own staff, and teams that came to help.
WORKERS = ("staff", "team")


def _on_rolls(scope: Scope, area: Area, on: date) -> QuerySet[Any]:
    """Lines of rolls that say that somebody belongs to a unit below an area and has not left it by that day. For figures: who asks shows nobody, so the right to read the plan is enough."""
    found = entries(scope, "roll", "plan.read").filter(unit__area__path__startswith=area.path, happened_at__lte=clock.end_of_day(on, area.zone))
    return found.filter(Q(values__ends_on__isnull=True) | Q(values__ends_on__gte=on.isoformat())).order_by()


def _staff(scope: Scope, area: Area, on: date) -> QuerySet[Any]:
    return _on_rolls(scope, area, on).filter(values__roll_role__in=WORKERS)


def people_by_kind(scope: Scope, area: Area, on: date, kinds: Iterable[str]) -> dict[str, dict[str, int]]:
    """Kind of unit → role on its roll → persons, below an area; each person once a kind and role. One statement."""
    rows = _on_rolls(scope, area, on).filter(unit__kind__in=list(kinds)).annotate(role=KT("values__roll_role"))
    found: dict[str, dict[str, int]] = {}
    for kind, role, n in rows.values_list("unit__kind", "role").annotate(n=Count("person", distinct=True)).order_by("unit__kind", "role"):
        found.setdefault(kind, {})[role] = n
    return found


def staff_of_units(scope: Scope, area: Area, on: date) -> list[tuple[UUID, str, str, int]]:
    """(unit, name, kind, persons whom its roll names as working there) below an area. One statement."""
    return list(_staff(scope, area, on).values_list("unit_id", "unit__name", "unit__kind").annotate(n=Count("person", distinct=True)))


def staff_by_job(scope: Scope, area: Area, on: date, groups: Mapping[str, Sequence[str]]) -> tuple[int, dict[str, int], dict[str, int]]:
    """(persons on rolls, job → of these, group → of these) below an area; "" is a job that is not told. Whoever stands on two rolls, or in two jobs of a group, is one person. Two statements."""
    rows = _staff(scope, area, on)
    whole = {f"in_{name}": Count("person", distinct=True, filter=Q(values__job__in=list(codes))) for name, codes in groups.items()}
    told = rows.aggregate(n=Count("person", distinct=True), **whole)
    jobs = rows.annotate(job=KT("values__job")).values_list("job").annotate(n=Count("person", distinct=True))
    return told["n"], {job or "": n for job, n in jobs}, {name: told[f"in_{name}"] for name in groups}


def staff_among(scope: Scope, area: Area, on: date, people: Iterable[UUID]) -> list[tuple[UUID, UUID, str]]:
    """(unit, person, job or "") of those of these persons whom a roll names as working at a unit. One statement."""
    rows = among(_staff(scope, area, on), "person_id", people).annotate(job=KT("values__job"))
    return [(unit, person, job or "") for unit, person, job in rows.values_list("unit_id", "person_id", "job").distinct()]


def trained_at(scope: Scope, unit: UUID, course: str) -> int:
    """How many people of a unit have passed a course, as far as this scope reads ledgers."""
    if not scope.can("ledger.read"):
        return 0
    found: int = entries(scope, "training").filter(unit=unit, values__course=course, values__passed=True).values("person").distinct().count()
    return found


def standing(scope: Scope, name: str, unit: UUID, period: date, slot: int) -> Any:
    """The one line that a unit's report of a period is, in a ledger of one line; None where nobody has written it."""
    return entries(scope, name, "ledger.write").filter(unit=unit, once=f"{period}/{slot}").first()


def latest_sum(name: str, field: str, path: str, since: datetime) -> tuple[Decimal | None, int]:
    """What each unit below an area last told of a field of a ledger since then, added up, and how many units told; (None, 0) where none did. One statement."""
    rows = Entry.objects.filter(visible(), ledger=name, area__path__startswith=path, happened_at__gte=since, unit__isnull=False)
    told = [n for _, n in rows.order_by("unit", "-happened_at", "-pk").distinct("unit").values_list("unit", f"values__{field}") if n is not None]
    return (sum((Decimal(str(n)) for n in told), Decimal(0)), len(told)) if told else (None, 0)
