"""The generic verb: a batch of commands in, rows, acts and one audit event out, one outcome a command.

A register of ordinary nature needs no more than its declaration. One with behaviour calls `save` from its `actions.py` and gives it the
acts that a change records and the rules that a row must keep:

    def save(scope, commands, *, sender, batch=None):
        return saving.save(scope, registry.of_model(Specimen), commands, sender=sender, batch=batch, acts=_acts, check=_check)

New rows are written by COPY, changed ones in one statement. Statements are bounded: about a dozen a batch, whatever its length; a batch in which the database refuses a row is tried again row by row.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, transaction

from . import acts as kernel_acts
from . import audit, clock
from .acts import NewAct
from .errors import Refused
from .ids import uuid7s
from .outcome import Command, Outcome, Problem
from .reach import Fields, Reach, nothing
from .registry import Register, call
from .rows import among, blank, copy_rows, update_rows
from .scope import Scope
from .versions import at_change

#: What a change records: (row, the values that stood before or None for a new row, the fields that changed) → acts.
Acts = Callable[[Any, dict[str, Any] | None, frozenset[str]], Iterable[NewAct]]
#: What a row must keep: row → problems. Any problem rejects the command.
Check = Callable[[Any], Iterable[Problem]]


@dataclass(slots=True)
class Work:
    """One row in the making.

    Attributes:
        before: What stood in the fields that changed.
        changed: Fields that changed.
        sealed: What is told of sealed fields; the register's `finish` puts it into the row and names in `changed` what is other than before.
        columns: Further columns that `finish` has set (an index, keys made from a name).
        commands: Which commands of the batch it answers, and whether each changed anything.
    """

    row: Any
    new: bool
    before: dict[str, Any] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    sealed: dict[str, str | None] = field(default_factory=dict)
    columns: set[str] = field(default_factory=set)
    commands: dict[int, bool] = field(default_factory=dict)


#: The last hand at rows before they are written: sealed values, keys made from other columns.
Finish = Callable[[Sequence[Work]], None]


def write(scope: Scope, register: Register, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Writes through the register's own verb, else the generic one, in the caller's transaction; one outcome a command, in order.

    Refused: not-allowed, where the register is written by nobody.
    """
    if not register.declaration.write:
        raise Refused("not-allowed")
    if register.declaration.verb:
        return list(call(register.declaration.verb)(scope, commands, sender=sender, batch=batch))
    return save(scope, register, commands, sender=sender, batch=batch)


@transaction.atomic
def save(
    scope: Scope, register: Register, commands: Sequence[Command], *, sender: str, batch: int | None = None,
    acts: Acts | None = None, check: Check | None = None, finish: Finish | None = None,
) -> list[Outcome]:  # fmt: skip
    """Writes new rows and corrections. A correction stands from where the corrected version stood; what is not told stays as it is.

    Rejected: not-found-or-out-of-area (row, area or a row pointed to), value-missing, bad-value (a code), no-such-field,
    changed-meanwhile (somebody else changed the same field since `seen`), contradicts-itself (the database's own rule).
    """
    if not commands:
        return []
    outcomes: list[Outcome | None] = [None] * len(commands)
    held, numbered = _held(scope, register, commands, sender)
    reach, fields = Reach(scope, register, commands), Fields(register)
    make, ids = blank(register.model), iter(uuid7s(sum(1 for c in commands if not c.record)))
    works: dict[UUID, Work] = {}
    now = clock.now()
    for i, c in enumerate(commands):
        row = held.get(c.record) if c.record else numbered.get(c.source_id) if c.source_id else None
        if (c.record and row is None) or (row is not None and row.pk not in works and not reach.may(row)):
            outcomes[i] = Outcome("rejected", problems=(Problem("not-found-or-out-of-area"),))
            continue
        problems = [*fields.faults(c, new=row is None), *reach.faults(c)]
        if row is not None and c.seen is not None and c.seen != row.change_no and row.pk not in works:
            c, met = since(register, row, c)
            problems += met
        if problems:
            outcomes[i] = Outcome("rejected", row.pk if row is not None else None, problems=tuple(problems))
            continue
        if row is None:
            row = make()
            row.__dict__.update(id=next(ids), sender=sender, source_id=c.source_id, known_from=now, stands_from=now, recorded_at=now, batch_id=batch)
            work = works[row.pk] = Work(row, True)
            if c.source_id:
                numbered[c.source_id] = row
        else:
            work = works.setdefault(row.pk, Work(row, False))
        changed, wrong = _apply(register, fields, work, c, check)
        if wrong:
            outcomes[i] = Outcome("rejected", None if work.new and not work.commands else row.pk, problems=tuple(wrong))
            if work.new and not work.commands:
                del works[row.pk]
                numbered.pop(c.source_id, None)
            continue
        work.commands[i] = changed
    if finish is not None:
        finish(list(works.values()))
    refused = _write(register, [w for w in works.values() if w.new or w.changed])
    for pk, work in works.items():
        sealed = bool(work.changed & set(work.sealed))
        for nth, (i, changed) in enumerate(work.commands.items()):
            if pk in refused:
                outcomes[i] = Outcome("rejected", None if work.new else pk, problems=(refused[pk],))
            else:
                kind: Any = "new" if work.new and not nth else "updated" if changed or sealed else "identical"
                outcomes[i] = Outcome(kind, pk, register.person_of(work.row))
    written = [w for pk, w in works.items() if pk not in refused and (w.new or w.changed)]
    if acts is not None:
        told = [a for w in written for a in acts(w.row, None if w.new else w.before, frozenset(w.changed))]
        kernel_acts.record(scope, told, batch=batch)
    if written:
        audit.write(
            scope,
            f"{register.name}.saved",
            list(dict.fromkeys(register.person_of(w.row) or w.row.pk for w in written)),
            digest_of=[(w.row.pk, sorted(w.changed)) for w in written],
        )
    return [o if o is not None else Outcome("identical") for o in outcomes]


def since(register: Register, row: Any, command: Command) -> tuple[Command, list[Problem]]:
    """A command written over an older version: what of it is still meant, and where somebody else changed the same field otherwise.

    A field that the writer left as it was in his version is not meant: the other's value stays. Each conflict names the value that stands now.
    """
    base = at_change(register, row.pk, command.seen or 0)
    found, left = [], set()
    for name in sorted({*command.told, *command.cleared}):
        mine = None if name in command.cleared else command.told.get(name)
        theirs, was = register.value(row, name), register.value(base, name) if base is not None else None
        if base is not None and same(mine, was):
            left.add(name)
        elif not same(mine, theirs) and (base is None or not same(theirs, was)) and (name in command.cleared or mine not in (None, "")):
            found.append(Problem("changed-meanwhile", name, "" if theirs is None or register.type(name) == "sealed" else str(theirs)))
    meant = replace(command, told={n: v for n, v in command.told.items() if n not in left}, cleared=command.cleared - left)
    return meant, found


def same(a: Any, b: Any) -> bool:
    """Whether two values say the same; nothing told, "" and None are one."""
    if nothing(a) or nothing(b):
        return nothing(a) and nothing(b)
    if isinstance(a, float | Decimal) and isinstance(b, float | Decimal | int):
        return round(float(a), 3) == round(float(b), 3)
    if isinstance(a, bytes | memoryview) or isinstance(b, bytes | memoryview):  # sealed boxes: the same box, or nothing can be said
        return isinstance(a, bytes | memoryview) and isinstance(b, bytes | memoryview) and bytes(a) == bytes(b)
    return bool(a == b)


def _held(scope: Scope, register: Register, commands: Sequence[Command], sender: str) -> tuple[dict[UUID | None, Any], dict[str, Any]]:
    """The rows that the commands mean, locked: by id, and by the sender's number."""
    way = [register.declaration.area] if register.declaration.area else []
    ids, numbers = {c.record for c in commands if c.record}, {c.source_id for c in commands if c.source_id and not c.record}
    base = register.model._default_manager.select_for_update(of=("self",)).select_related(*way)
    base = base.filter(register.only) if register.only is not None else base
    held: dict[UUID | None, Any] = {}
    if ids:
        seen = set(among(register.rows(scope, register.declaration.write), "id", ids).values_list("pk", flat=True))
        held = {r.pk: r for r in among(base, "id", seen)}
    found: dict[str, Any] = {getattr(r, "source_id"): r for r in among(base.filter(sender=sender).exclude(source_id=""), "source_id", numbers, ids=False)} if numbers else {}  # noqa: B009
    return held, {n: held.get(r.pk, r) for n, r in found.items()}


def _apply(register: Register, fields: Fields, work: Work, command: Command, check: Check | None) -> tuple[bool, list[Problem]]:
    """Puts what is told into the row and answers whether that changed anything; takes it back and answers why when a rule refuses."""
    put: dict[str, Any] = {}
    told = {n: v for n, v in command.told.items() if not nothing(v)} | dict.fromkeys(command.cleared)
    held, columns = work.row.__dict__, fields.columns if work.new else {}
    for n, value in told.items():
        if fields.types[n] == "sealed":
            work.sealed[n] = value
            continue
        if value is not None and (name := columns.get(n)) is not None:  # a new row holds nothing fetched that the value would contradict
            was = held[name]
            if not same(value, was):
                put[n], held[name] = was, value
            continue
        was = register.value(work.row, n)
        if same(value, was):
            continue
        put[n] = was
        _set(register, work.row, n, value)
    wrong = list(check(work.row)) if check is not None and (put or work.new) else []
    if not wrong:
        for n, was in put.items():
            work.before.setdefault(n, was)
            work.changed.add(n)
        return bool(put), []
    for n, was in put.items():
        _set(register, work.row, n, was)
    return False, wrong


def _set(register: Register, row: Any, name: str, value: Any) -> None:
    *way, last = register.column(name).split("__")
    if way:  # a value inside a JSON column: a new dictionary, so that the old version is not written into
        whole = dict(getattr(row, way[0]) or {})
        inner = whole
        for step in way[1:]:
            inner[step] = dict(inner.get(step) or {})
            inner = inner[step]
        inner[last] = plain(value)
        setattr(row, way[0], whole)
        return
    column = register.model._meta.get_field(last)
    if value is None and not column.null:  # type: ignore[union-attr]
        value = column.get_default()  # type: ignore[union-attr]
    setattr(row, column.attname, value)  # type: ignore[union-attr]


_AS_IT_IS = frozenset({str, int, float, bool, list, dict, type(None)})


def plain(value: Any) -> Any:
    """A typed value as JSON keeps it."""
    if value.__class__ in _AS_IT_IS:
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date | datetime) else str(value) if isinstance(value, UUID) else value


def _write(register: Register, works: Sequence[Work]) -> dict[UUID, Problem]:
    """New rows and changed ones; those that the database's own rules refuse are answered, and the others written all the same."""
    refused: dict[UUID, Problem] = {}
    for new in (True, False):
        part = [w for w in works if w.new is new]
        if not part:
            continue
        try:
            with transaction.atomic():
                _put(register, part, new=new)
        except (IntegrityError, DataError):
            for w in part:
                try:
                    with transaction.atomic():
                        _put(register, [w], new=new)
                except (IntegrityError, DataError):
                    refused[w.row.pk] = Problem("contradicts-itself")
    return refused


def _put(register: Register, works: Sequence[Work], *, new: bool) -> None:
    rows = [w.row for w in works]
    if new:
        copy_rows(register.model, rows)
        return
    update_rows(register.model, sorted({register.column(n).split("__")[0] for w in works for n in w.changed} | set().union(*(w.columns for w in works))), rows)
