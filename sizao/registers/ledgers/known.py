"""What is known already of whom a line is about (`filled:` of a ledger): shown where the line is written, typed by nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sizao.kernel import audit, clock
from sizao.kernel.fields import FormField
from sizao.kernel.models import Area
from sizao.kernel.registry import Register
from sizao.kernel.scope import Scope, visible

from .catalogue import ledgers
from .filled import COUNTED, Column, asked_by, column_of
from .items import Ledger
from .models import Entry
from .read import units
from .registers import of

PERIOD = ("starts_on", "ends_on")
#: What a line is about: a person, household or unit by its id, an area by its row's.
About = Mapping[str, UUID | int]


@dataclass(frozen=True, slots=True)
class Known:
    """One field of `filled` for one subject.

    Attributes:
        value: As a register or another ledger keeps it; None where nobody has told it yet, or this scope may not see it.
        on: The local day that another ledger's line is of, or from which a line about an area is in force, where it has one.
        zh, en: Who keeps it.
    """

    field: FormField
    value: Any
    zh: str
    en: str
    on: date | None = None


def known(scope: Scope, one: Ledger, about: About, day: date) -> list[Known]:
    """Every field of `filled`, in order, for the person, household, unit or area that a line is about; `day` says as of when a roll is counted
    and what is in force of an area.

    The scope sees no more here than in the registers and ledgers themselves; what is read of a person goes on record.
    """
    return [_known(scope, one, f, about, day) for f in one.filled_fields]


def _known(scope: Scope, one: Ledger, f: FormField, about: About, day: date) -> Known:
    if (counted := roll_of(f)) is not None:
        return Known(f, _on_roll(scope, *counted, about.get("unit"), day), counted[0].zh, counted[0].en)
    if (kept := column_of(f)) is not None:
        zh, en = kept.register.declaration.zh, kept.register.declaration.en
        if kept.scale is not None:
            value, since = _in_force(scope, kept, f, about.get("area"), day)
            return Known(f, value, zh, en, since)
        return Known(f, _kept(scope, kept.register, about.get(kept.key), kept.name), zh, en)
    key, others = asked_by(one, f, ledgers())
    line, other = _told(scope, f, key, about.get(key), others)
    return Known(f, line.values[f.id] if line is not None else None, other.zh, other.en, line.period if line is not None else None)


def roll_of(f: FormField) -> tuple[Ledger, str] | None:
    """The ledger whose standing lines a field is the number of, and their outcome ("" for any)."""
    if not f.known or not f.known.startswith(COUNTED):
        return None
    name, _, outcome = f.known.removeprefix(COUNTED).partition(".")
    found = ledgers().get(name)
    return (found, outcome) if found is not None else None


def _on_roll(scope: Scope, roll: Ledger, outcome: str, unit: UUID | int | None, day: date) -> int | None:
    """How many persons stand on the roll of a unit on a day; None where the unit has no roll yet. A number of the unit's own, wherever its people live."""
    if unit is None or not units(scope).filter(pk=unit).exists():
        return None
    rows = Entry.objects.filter(visible(), ledger=roll.id, unit=unit)
    rows = rows.filter(**{f"values__{roll.outcome}": outcome}) if outcome else rows
    lines = list(rows.values_list("person_id", *(f"values__{name}" for name in PERIOD)))
    now = day.isoformat()
    return len({person for person, start, end in lines if (not start or start <= now) and (not end or now <= end)}) if lines else None


def _in_force(scope: Scope, kept: Column, f: FormField, area: UUID | int | None, day: date) -> tuple[Any, date | None]:
    """What is in force of an area at the end of a day, and since when. A figure is the area's own; a code comes down from the nearest area above
    that it is said of, as grades and levels do."""
    place = Area.objects.filter(pk=area).only("path", "zone").first() if area is not None else None
    if place is None or kept.scale is None:
        return None, None
    register, (by, word), until = kept.register, kept.scale, clock.end_of_day(day, place.zone)
    ids = [int(part) for part in place.path.split(".") if part] if f.type == "code" else [place.pk]
    rows = register.whole(register.rows(scope)).filter(area__in=ids, starts_at__lt=until, **{by: word})
    said = [row for row in rows if (row.ends_at is None or row.ends_at >= until) and register.may_see(scope, kept.name, row.area)]
    if not said:
        return None, None
    nearest = max(said, key=lambda row: (len(row.area.path.split(".")), row.starts_at))
    return register.value(nearest, kept.name), clock.local_day(nearest.starts_at, place.zone)


def _kept(scope: Scope, register: Register, record: UUID | int | None, column: str) -> Any:
    row = register.whole(register.rows(scope)).filter(pk=record).first() if record is not None else None
    if row is None or not register.may_see(scope, column, register.area_of(row)):
        return None
    if (person := register.person_of(row)) is not None:
        audit.write(scope, "ledgers.filled", [person])
    return register.value(row, column)


def _told(scope: Scope, f: FormField, key: str, subject: UUID | int | None, others: list[Ledger]) -> tuple[Any, Ledger]:
    """The newest line of those ledgers about this subject that tells the field, and its ledger."""
    lines = []
    for other in others if subject is not None else ():
        register = of(other)
        rows = register.whole(register.rows(scope)).filter(**{key: subject, "values__has_key": f.id})
        line = rows.order_by("-happened_at", "-id").first()
        if line is not None and line.values.get(f.id) not in (None, "") and register.may_see(scope, f.id, register.area_of(line)):
            lines.append((line, other))
    if not lines:
        return None, others[0]
    line, other = max(lines, key=lambda found: found[0].happened_at)
    if line.person_id:
        audit.write(scope, "ledgers.filled", [line.person_id])
    return line, other
