"""The rows of a file as records: single rows as they come, then those whose number or whole text stands in several rows, joined."""

import queue
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .mapping import Mapping
from .reading import Note, Reader, Row
from .survey import Survey
from .tables import BLOCK, Table

#: Blocks that are read while the database works on an earlier one.
AHEAD = 2


@dataclass(slots=True)
class Unit:
    """One record's rows: the first, and those joined to it. `mark` covers them all."""

    row: Row
    also: list[Row] = field(default_factory=list)
    mark: str = ""

    @property
    def rows(self) -> tuple[Row, ...]:
        return (self.row, *self.also)


def units(table: Table, reader: Reader, survey: Survey, mapping: Mapping) -> Iterator[list[Unit]]:
    """Records in a fixed order, in lists of a block's size: the same file read the same way gives the same lists again."""
    held: dict[str, list[Row]] = {}
    for block in table.blocks():
        out = []
        for row, mark in zip(reader.read(block), survey.marks(block, mapping), strict=True):
            told = row.values.get("source_id")
            row.key = str(told) if told is not None else f"row:{row.mark}"
            if row.fatal or mark not in survey.repeated:
                out.append(Unit(row, mark=row.mark))
            else:
                held.setdefault(row.key, []).append(row)
        if out:
            yield out
    joined: list[Unit] = []
    for rows in held.values():
        joined += _join(rows, reader, mapping)
    held.clear()
    for start in range(0, len(joined), BLOCK):
        yield joined[start : start + BLOCK]


def _join(rows: list[Row], reader: Reader, mapping: Mapping) -> list[Unit]:
    """Rows under one number are one record: the first row counts, the others add what it lacks.

    Equal rows without a number are one record if they name somebody. If they name nobody they may be several people, and all are kept.
    """
    first, rest = rows[0], rows[1:]
    if first.key.startswith("row:") and not reader.names_somebody(first):
        for n, row in enumerate(rest, 2):
            row.key = f"{first.key}#{n}"
            row.notes.append(Note("row-twin-kept", None, "", {"row": first.line}))
        return [Unit(r, mark=r.mark) for r in rows]
    for row in rest:
        if row.mark == first.mark:
            row.notes.append(Note("row-repeated", None, "", {"row": first.line}))
            continue
        row.notes.append(Note("row-joined", None, "", {"row": first.line}))
        for name, value in row.values.items():
            if name not in first.values:
                first.values[name] = value
            elif name in GATHERED:  # references of several rows are references of one record
                first.values[name] = _both(str(first.values[name]), str(value))
            elif first.values[name] != value and name in mapping.fields:
                at = mapping.fields[name][0]
                row.notes.append(Note("row-joined-differs", mapping.header[at], row.raw[at], {"row": first.line}))
    return [Unit(first, rest, reader.mark_of(sorted({r.mark for r in rows})))]


#: Fields of which every row of a record may name others.
GATHERED = ("infector",)


def _both(one: str, two: str) -> str:
    return one if two in one else f"{one},{two}"


def ahead(made: Iterable[Any]) -> Iterator[Any]:
    """The same items, made in a thread of its own: the next blocks are read and checked while the database writes the last one.

    What the maker raises is raised here. The maker may not touch the database: its connection belongs to the caller's thread.
    """
    line: queue.Queue[tuple[bool, Any]] = queue.Queue(AHEAD)
    over = threading.Event()

    def make() -> None:
        try:
            for item in made:
                if not _put(line, (True, item), over):
                    return
            _put(line, (False, None), over)
        except BaseException as fault:
            _put(line, (False, fault), over)

    worker = threading.Thread(target=make, name="import-reader", daemon=True)
    worker.start()
    try:
        while True:
            more, item = line.get()
            if not more:
                if item is not None:
                    raise item
                return
            yield item
    finally:
        over.set()
        worker.join()


def _put(line: "queue.Queue[tuple[bool, Any]]", item: tuple[bool, Any], over: threading.Event) -> bool:
    while not over.is_set():
        try:
            line.put(item, timeout=0.1)
            return True
        except queue.Full:
            continue
    return False
