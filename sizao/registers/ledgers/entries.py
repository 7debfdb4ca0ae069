"""Writing entries: checked against the ledger's own text, recorded as acts, and receipted where a report was due.

A correction of an entry is a new version of it and a new act that replaces the first one. Taking one back leaves its versions and a void act.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from sizao.kernel import acts, audit, clock, content, saving
from sizao.kernel.acts import NewAct
from sizao.kernel.errors import Refused
from sizao.kernel.fields import FormField
from sizao.kernel.models import Act
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.reach import nothing
from sizao.kernel.register import records
from sizao.kernel.rows import among
from sizao.kernel.saving import Work
from sizao.kernel.scope import Scope

from . import receipts
from .catalogue import ledger
from .items import Ledger
from .models import Entry, ReportingUnit
from .registers import of
from .rhythm import period_of

#: A phone's clock may run a little fast.
AHEAD = timedelta(minutes=5)
VOID = "void"


@transaction.atomic
def save(scope: Scope, name: str, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Writes lines of a ledger: one outcome a command, in order. A bounded number of statements, whatever the batch's length.

    Rejected beside what every register rejects: entry-unit-of-another-kind, bad-value (out of its bounds), check-in-the-future, entry-nothing-told.
    """
    one = ledger(name)
    register = of(one)
    subjects = _subjects(one, commands)
    prepared = _again(one, [_prepared(one, c, subjects) for c in commands], subjects)
    works: list[Work] = []

    def finish(made: Sequence[Work]) -> None:
        works.extend(made)
        ref = content.cited("ledger", one.id, one.text)
        for w in made:
            _finish(one, w, subjects, scope, ref)

    outcomes = saving.save(scope, register, prepared, sender=sender, batch=batch, check=_check(one, subjects), finish=finish)
    good = {o.record for o in outcomes if o.kind in ("new", "updated")}
    written = [w for w in works if w.row.pk in good and (w.new or w.changed)]
    _record(scope, one, written, batch)
    if one.lines in ("one", "each"):
        receipts.of_lines(scope, one, [w.row for w in written], batch)
    return outcomes


@transaction.atomic
def take_back(scope: Scope, name: str, entry: UUID) -> bool:
    """Takes a line back that was written by mistake: it is gone from lists and numbers; its versions, its act and a void act in its place stay.

    Refused: not-found-or-out-of-area.
    """
    one = ledger(name)
    row = of(one).rows(scope, "ledger.write").select_related("area", "unit__area").select_for_update(of=("self",)).filter(pk=entry).first()
    if row is None:
        raise Refused("not-found-or-out-of-area")
    before = Act.objects.filter(record=row.pk, kind=one.act).order_by("-recorded_at", "-id").first()
    if before is not None:
        acts.record(scope, [replace(_act(one, row), outcome=VOID, replaces=before.pk)])
    audit.write(scope, "ledgers.taken_back", [row.person_id or row.pk], digest_of=(one.id, row.pk))
    receipt = row if one.lines in ("one", "each") else None
    row.delete()
    if receipt is not None:
        receipts.of_lines(scope, one, [receipt], None)
    return True


# -- before


@dataclass(frozen=True, slots=True)
class Subject:
    """What a line needs to know of the unit, household or person that it is about: where it is, and of which kind a unit is."""

    area_id: int | None
    zone: str
    kind: str = ""


def _subjects(one: Ledger, commands: Sequence[Command]) -> dict[UUID, Subject]:
    """The units, households or persons that the commands name."""
    model = ReportingUnit if one.about == "unit" else next((m for m in records() if m._meta.label_lower == f"population.{one.about}"), None)
    ids = {c.told.get(one.about) for c in commands}
    if known := [c.record for c in commands if c.record]:
        ids |= set(Entry.objects.filter(pk__in=known).values_list(f"{one.about}_id", flat=True))
    if model is None:
        return {}
    columns = ("pk", "area_id", "area__zone", *(("kind",) if model is ReportingUnit else ()))
    rows = among(model._default_manager.all(), "id", (i for i in ids if isinstance(i, UUID))).values_list(*columns)
    return {pk: Subject(area, zone, *kind) for pk, area, zone, *kind in rows}


def _prepared(one: Ledger, c: Command, subjects: dict[UUID, Subject]) -> Command:
    """A new line says when and for which period: now and today in the unit's own zone, where it was not told."""
    if c.record or (not one.is_due and c.told.get("happened_at")):
        return c
    told = dict(c.told)
    told["happened_at"] = told.get("happened_at") or clock.now()
    if one.is_due:
        subject = subjects.get(told.get(one.about))  # type: ignore[arg-type]
        zone = subject.zone if subject is not None else "Asia/Shanghai"
        told["period"] = period_of(one.rhythm, told.get("period") or clock.local_day(told["happened_at"], zone))
        if len(one.rhythm.at) > 1 and told.get("slot") is None:
            told["slot"] = receipts.slot_now(one, told["happened_at"], zone)
    return Command(told=told, source_id=c.source_id, seen=c.seen, cleared=c.cleared)


def once(one: Ledger, period: Any, slot: int | None, values: Any) -> str | None:
    """What may stand only once for a unit: the period, the cut-off, and the code that the ledger has a line for each of."""
    if one.lines not in ("one", "each"):
        return None
    return f"{period}/{slot or 0}" + (f"/{values.get(one.each)}" if one.each else "")


def _again(one: Ledger, commands: list[Command], subjects: dict[UUID, Subject]) -> list[Command]:
    """A report that is there already is corrected, whoever sends it again."""
    if one.lines not in ("one", "each"):
        return commands
    wanted = {(c.told.get("unit"), once(one, c.told.get("period"), c.told.get("slot"), c.told)) for c in commands if not c.record}
    held = {
        (unit, key): pk
        for pk, unit, key in Entry.objects.filter(ledger=one.id, unit__in={u for u, _ in wanted if u}, once__in={k for _, k in wanted}).values_list("pk", "unit_id", "once")
    }
    found = []
    for c in commands:
        pk = None if c.record else held.get((c.told.get("unit"), once(one, c.told.get("period"), c.told.get("slot"), c.told)))
        found.append(c if pk is None else replace(c, record=pk, told={n: v for n, v in c.told.items() if n not in ("unit", "period", "slot", "happened_at")}))
    return found


def _check(one: Ledger, subjects: dict[UUID, Subject]) -> Callable[[Any], Iterable[Problem]]:
    by_id, now = one.by_id, clock.now()

    def check(row: Any) -> Iterable[Problem]:
        if row.happened_at is not None and row.happened_at > now + AHEAD:
            yield Problem("check-in-the-future", "happened_at", row.happened_at.isoformat())
        if one.kinds and row.unit_id and (unit := subjects.get(row.unit_id)) is not None and one.about == "unit" and unit.kind not in one.kinds:
            yield Problem("entry-unit-of-another-kind", "unit", unit.kind)
        if one.fields and not any(not nothing(v) and v != [] for v in row.values.values()):
            yield Problem("entry-nothing-told")
        for name, value in row.values.items():
            f = by_id.get(name)
            if f is None or value is None:
                continue
            if not fits(f, value):
                yield Problem("bad-value", name, str(value)[:80])
                continue
            size = len(value) if f.type == "text" else value
            if f.type in ("int", "decimal", "text") and ((f.least is not None and size < f.least) or (f.most is not None and size > f.most)):
                yield Problem("bad-value", name, str(value)[:80])

    return check


def fits(f: FormField, value: Any) -> bool:
    """Whether a value, as JSON keeps it, is one of its field's type. What is not would make the ledger's typed view unreadable."""
    if f.type in ("int", "area"):
        return isinstance(value, int) and not isinstance(value, bool)
    if f.type == "decimal":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if f.type == "bool":
        return isinstance(value, bool)
    if f.type == "codes":
        return isinstance(value, list) and all(isinstance(v, str) for v in value)
    if not isinstance(value, str):
        return False
    try:
        if f.type in ("person", "household", "unit"):
            UUID(value)
        elif f.type == "date":
            date.fromisoformat(value)
        elif f.type == "instant":
            datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _finish(one: Ledger, w: Work, subjects: dict[UUID, Subject], scope: Scope, ref: str) -> None:
    row: Any = w.row
    if w.new:
        subject = subjects.get(getattr(row, f"{one.about}_id", None))  # type: ignore[arg-type]
        row.ledger = one.id
        if one.about != "area" and subject is not None:
            row.area_id = subject.area_id
        row.known_from = row.stands_from = row.happened_at
        row.post_id = scope.post_id
        row.once = once(one, row.period, row.slot, row.values)
    row.item_ref = ref
    w.columns |= {"item_ref"}


# -- after


def _act(one: Ledger, row: Any) -> NewAct:
    number = row.values.get(one.number) if one.number else None
    return NewAct(
        one.act,
        getattr(row, f"{one.about}_id") if one.about != "area" else row.pk,
        row.happened_at,
        person=row.person_id,
        area_id=row.area_id,
        disease=row.disease,
        period=row.period,
        outcome=row.values.get(one.outcome) if one.outcome else None,
        number=int(number) if isinstance(number, bool) else number,
        record=row.pk,
    )


def _record(scope: Scope, one: Ledger, written: Sequence[Work], batch: int | None) -> None:
    """One act a line; a corrected line's act replaces the one that stood."""
    changed = [w.row.pk for w in written if not w.new]
    latest: dict[UUID, UUID] = {}
    if changed:
        for record, pk in Act.objects.filter(Q(record__in=changed) & Q(kind=one.act)).order_by("recorded_at", "id").values_list("record", "id"):
            latest[record] = pk
    acts.record(scope, [replace(_act(one, w.row), replaces=latest.get(w.row.pk)) for w in written], batch=batch)
