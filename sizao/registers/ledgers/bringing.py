"""Many new lines of one ledger at once: the same rules, acts, receipts and audit as line by line, written by COPY.

What is known already (the sender's own key) is left as it is. A report that is there already is corrected the slow way, one by one.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import transaction

from sizao.kernel import acts, audit, content, saving
from sizao.kernel.copying import copy_records, text_array
from sizao.kernel.ids import uuid7s
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.reach import Fields, Reach, nothing
from sizao.kernel.rows import among
from sizao.kernel.saving import Work
from sizao.kernel.scope import Scope

from . import receipts
from .catalogue import ledger
from .entries import _act, _check, _finish, _prepared, _subjects, once, save
from .models import Entry
from .registers import of

COLUMNS = (
    "id", "batch_id", "sender", "source_id", "known_from", "stands_from", "ledger", "item_ref", "person_id", "household_id", "unit_id", "area_id", "disease", "happened_at", "period",
    "slot", "once", "post_id",
)  # fmt: skip
whole = attrgetter(*COLUMNS)


@dataclass(frozen=True, slots=True)
class NewLine:
    """One line of a ledger. `about`: its keys ({"unit": id, …}); `values`: field → value; `key` is made by who records it."""

    key: str
    about: dict[str, Any]
    values: dict[str, Any]
    happened_at: datetime | None = None
    period: date | None = None
    slot: int | None = None

    @property
    def told(self) -> dict[str, Any]:
        """As a command tells it."""
        found = {**self.about, **self.values, "happened_at": self.happened_at}
        if self.period is not None:
            found["period"] = self.period
        if self.slot is not None:
            found["slot"] = self.slot
        return found


@dataclass(slots=True)
class Row:
    """A line before it is a record: what checks, acts and receipts read of one, without the weight of an object of Django."""

    id: UUID | None
    sender: str
    source_id: str
    batch_id: int | None
    person_id: UUID | None
    household_id: UUID | None
    unit_id: UUID | None
    area_id: int | None
    happened_at: datetime
    period: date | None
    slot: int
    values: dict[str, Any]
    disease: str | None = None
    ledger: str = ""
    item_ref: str = ""
    known_from: datetime | None = None
    stands_from: datetime | None = None
    post_id: int | None = None
    once: str | None = None

    @property
    def pk(self) -> UUID | None:
        return self.id


@transaction.atomic
def bring(scope: Scope, name: str, new: Sequence[NewLine], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """One outcome a line, in order: new, identical (its key is known), updated (another report for the same period), or rejected as `save` rejects."""
    one, outcomes = ledger(name), [Outcome("identical")] * len(new)
    register = of(one)
    held: dict[str, UUID | None] = dict(
        Entry.objects.filter(ledger=one.id, sender=sender).extra(where=["source_id <> ''", "source_id = ANY(%s::text[])"], params=[text_array(n.key for n in new if n.key)]).values_list("source_id", "pk")
    )
    commands = [Command(told=n.told, source_id=n.key) for n in new]
    subjects = _subjects(one, commands)
    reach, fields, check, ref = Reach(scope, register, commands), Fields(register), _check(one, subjects), content.cited("ledger", one.id, one.text)
    standing = _standing(one, new) if one.lines in ("one", "each") else set()
    made: list[tuple[int, Row]] = []
    again: list[int] = []
    at_hand = Work(None, True)
    for i, (n, c) in enumerate(zip(new, commands, strict=True)):
        if n.key and n.key in held:
            outcomes[i] = Outcome("identical", held[n.key])
            continue
        c = _prepared(one, c, subjects)
        key = (c.told.get("unit"), once(one, c.told.get("period"), c.told.get("slot"), c.told))
        if key[1] is not None and key in standing:
            again.append(i)
            continue
        problems: list[Problem] = [*fields.faults(c, new=True), *reach.faults(c)]
        row = _row(one, n, c, sender, batch)
        problems = problems or list(check(row))
        if problems:
            outcomes[i] = Outcome("rejected", problems=tuple(problems))
            continue
        standing.add(key)
        at_hand.row = row
        _finish(one, at_hand, subjects, scope, ref)
        made.append((i, row))
        if n.key:
            held[n.key] = None  # the same key again in this batch is the same line
    for key, (i, row) in zip(uuid7s(len(made)), made, strict=True):
        row.id = key
        if row.source_id:
            held[row.source_id] = key
        outcomes[i] = Outcome("new", key, row.person_id)
    rows = [row for _, row in made]
    outcomes = [Outcome("identical", held.get(n.key)) if o.kind == "identical" else o for n, o in zip(new, outcomes, strict=True)]
    if rows:
        written = copy_records(Entry, (*COLUMNS, "values"), ((*whole(r), json.dumps(r.values, ensure_ascii=False)) for r in rows))
        acts.record(scope, [_act(one, r) for r in rows], batch=batch)
        audit.write(scope, f"{register.name}.saved", list(dict.fromkeys(r.person_id or r.pk for r in rows)), digest_of=written.hex())
    if one.lines in ("one", "each"):
        receipts.of_lines(scope, one, rows, batch)
    for i, outcome in zip(again, save(scope, name, [commands[i] for i in again], sender=sender, batch=batch) if again else (), strict=True):
        outcomes[i] = outcome
    return outcomes


def _standing(one: Any, new: Sequence[NewLine]) -> set[tuple[Any, str | None]]:
    """(unit, what may stand once) of the reports of these units that are there."""
    units = {n.about.get("unit") for n in new} - {None}
    periods = [n.period for n in new if n.period is not None]
    rows = among(Entry.objects.filter(ledger=one.id, once__isnull=False), "unit_id", units)
    rows = rows.filter(period__gte=min(periods), period__lte=max(periods)) if len(periods) == len(new) else rows
    return set(rows.values_list("unit_id", "once"))


def _row(one: Any, n: NewLine, c: Command, sender: str, batch: int | None) -> Row:
    told = c.told
    values = {f.id: saving.plain(value) for f in one.fields if not nothing(value := told.get(f.id))}
    return Row(
        id=None, sender=sender, source_id=n.key, batch_id=batch, person_id=told.get("person"), household_id=told.get("household"), unit_id=told.get("unit"), area_id=told.get("area"),
        happened_at=told["happened_at"], period=told.get("period"), slot=told.get("slot") or 0, values=values,
    )  # fmt: skip


__all__ = ["NewLine", "bring"]
