"""Bringing a table's rows into a register through its verb: every row accounted for, all of them at once or none.

What the columns point to (areas, persons, other rows) is looked up for a whole chunk at a time.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from sizao.interop.dates import When, find_order, read_when
from sizao.interop.kit import ledger
from sizao.interop.kit.columns import NUMBER, RECORD, Columns
from sizao.interop.kit.told import Line, Told
from sizao.interop.values import plain
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.registry import Register, find
from sizao.kernel.saving import write
from sizao.kernel.scope import Scope
from sizao.kernel.typed import NotThat, Reader, storable
from sizao.registers.population import read as population

#: One transaction writes them all, and none lasts long. Larger line lists come in by `interop.intake`, in chunks that readers do not see.
MOST_ROWS = 20_000
CHUNK = 2000
#: Last line of a file that this program exported.
TRAILER = "#sizao"


class _DryRun(Exception):
    pass


def bring_in(scope: Scope, register: Register, columns: Columns, rows: Iterable[Sequence[str]], *, sender: str, zone: str, dry: bool = False, name: str = "pasted") -> Told:
    """Reads and writes the rows, in one transaction; with `dry` the same, and then takes everything back. `name`: what the file is called.
    What became of each row is kept, and so is what was said of the columns.

    A row whose number the sender has used before updates that row; a cell that is empty tells nothing. Sending the same table again changes nothing.
    Refused: not-allowed, too-many-rows, file-cut-off (an exported file whose last line names more rows than are there).
    """
    scope.check("import.write")
    scope.check(register.declaration.write)
    places, made = _whole([[storable(c.strip()) for c in row] for row in rows])
    if len(made) > MOST_ROWS:
        raise Refused("too-many-rows", limit=MOST_ROWS)
    told = Told(dry=dry)
    order = _order(register, columns, made)
    try:
        with transaction.atomic():
            for first in range(0, len(made), CHUNK):
                chunk = made[first : first + CHUNK]
                outcomes = _chunk(scope, register, columns, chunk, sender, zone, order)
                told.lines += [Line(at, o, cells) for at, o, cells in zip(places[first:], outcomes, chunk, strict=False)]
            if dry:
                raise _DryRun
            if told.lines:
                told.file = ledger.keep(scope, register, columns, told, sender=sender, zone=zone, name=name).pk
                ledger.say(scope, register, sender, columns)
    except _DryRun:
        pass
    return told


def _whole(rows: list[list[str]]) -> tuple[list[int], list[list[str]]]:
    """The rows with their places, without empty ones and without the last line of an exported file, which is checked."""
    kept = [(n, r) for n, r in enumerate(rows, 1) if any(c for c in r)]
    if kept and kept[-1][1][0] == TRAILER:
        *kept, (_, last) = kept
        if f"rows={len(kept)}" not in last:
            raise Refused("file-cut-off", file=TRAILER)
    return [n for n, _ in kept], [r for _, r in kept]


def _order(register: Register, columns: Columns, rows: Sequence[Sequence[str]]) -> dict[str, str | None]:
    """Day before month or after it, column by column, where the column itself tells."""
    return {
        name: find_order((plain(r[x]) for r in rows if x < len(r) and r[x]), None)
        for x, name in enumerate(columns.meant)
        if name not in ("", NUMBER, RECORD) and register.type(name) in ("day", "instant")
    }


def _chunk(
    scope: Scope, register: Register, columns: Columns, rows: Sequence[Sequence[str]], sender: str, zone: str, order: Mapping[str, str | None]
) -> list[Outcome]:
    reader = Reader(register, zone)
    pointed = {
        name: _pointed(scope, register, name, {r[x] for r in rows if x < len(r) and r[x]})
        for x, name in enumerate(columns.meant)
        if name not in ("", NUMBER, RECORD) and register.type(name) in ("area", "person", "record")
    }
    outcomes: list[Outcome | None] = [None] * len(rows)
    commands: list[tuple[int, Command]] = []
    for i, row in enumerate(rows):
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        record, number = None, ""
        for name, cell in zip(columns.meant, row, strict=False):
            if not name or not cell:
                continue
            if name == NUMBER:
                number = cell[:200]
            elif name == RECORD:
                record = _uuid(cell)
                if record is None:
                    problems.append(Problem("bad-value", RECORD, cell[:160]))
            elif not register.may_see(scope, name):
                problems.append(Problem("not-allowed", name))
            else:
                _take(register, reader, pointed, name, cell, zone, order.get(name), values, problems)
        if problems:
            outcomes[i] = Outcome("rejected", problems=tuple(problems))
        else:
            commands.append((i, Command(told=values, record=record, source_id="" if record else number)))
    for (i, _c), outcome in zip(commands, write(scope, register, [c for _, c in commands], sender=sender), strict=True):
        outcomes[i] = outcome
    return [o for o in outcomes if o is not None]


def _take(
    register: Register, reader: Reader, pointed: Mapping[str, Mapping[str, Any]], name: str, cell: str, zone: str, order: str | None,
    values: dict[str, Any], problems: list[Problem],
) -> None:  # fmt: skip
    """Puts a cell's value, or the reason why there is none."""
    kind = register.type(name)
    if name in pointed:
        if (found := pointed[name].get(cell)) is None:
            problems.append(Problem("not-found-or-out-of-area" if kind != "area" else "bad-value", name, cell[:160]))
        else:
            values[name] = found
        return
    if kind in ("day", "instant"):
        read = read_when(plain(cell), order=order, zone=ZoneInfo(zone))
        if not isinstance(read.value, When):
            problems.append(Problem(read.code or "date-unreadable", name, cell[:160]))
        else:
            values[name] = read.value.day if kind == "day" else read.value.at or datetime.combine(read.value.day, time(), ZoneInfo(zone))
        return
    try:
        values[name] = reader.read(name, cell)
    except NotThat as wrong:
        problems.append(wrong.problem)


def _pointed(scope: Scope, register: Register, name: str, texts: set[str]) -> dict[str, Any]:
    """What the texts of a column point to, as far as this scope sees it and it can be only one."""
    kind = register.type(name)
    if kind == "area":
        return dict(_areas(texts))
    other = find("persons" if kind == "person" else register.field(name).to)
    ids = {u: t for t in texts if (u := _uuid(t))}
    found: dict[str, Any] = {ids[pk]: pk for pk in other.rows(scope).filter(pk__in=ids).values_list("pk", flat=True)}
    several: dict[str, set[UUID]] = {}
    left = texts - set(found)
    for number, pk in other.rows(scope).filter(source_id__in=left).values_list("source_id", "pk"):
        several.setdefault(number, set()).add(pk)
    if kind == "person":
        for text, pk in population.by_identifier(scope, left):
            several.setdefault(text, set()).add(pk)
    return found | {text: next(iter(pks)) for text, pks in several.items() if len(pks) == 1}


def _areas(texts: set[str]) -> Iterator[tuple[str, int]]:
    """By code, also as an export writes it ("990001 青禾县"), else by a name that only one area has."""
    codes = {t.split(" ")[0] for t in texts} | texts
    by_code = dict(Area.objects.filter(code__in=codes, valid_to=None).values_list("code", "pk"))
    names: dict[str, set[int]] = {}
    for zh, en, pk in Area.objects.filter(Q(name_zh__in=texts) | Q(name_en__in=texts), valid_to=None).values_list("name_zh", "name_en", "pk"):
        for n in {zh, en}:
            names.setdefault(n, set()).add(pk)
    for text in texts:
        if (pk := by_code.get(text) or by_code.get(text.split(" ")[0])) is not None:
            yield text, pk
        elif len(named := names.get(text, set())) == 1:
            yield text, next(iter(named))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


