"""The rows of a file as records: single rows as they come, then those whose number or whole text stands in several rows, joined."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from .mapping import Mapping
from .reading import Note, Reader, Row
from .survey import Survey
from .tables import BLOCK, Block, Table


@dataclass(slots=True)
class Unit:
    """One record's rows: the first, and those joined to it. `mark` covers them all; `area` is where it belongs, once that was looked up."""

    row: Row
    also: list[Row] = field(default_factory=list)
    mark: str = ""
    area: int = 0

    @property
    def rows(self) -> tuple[Row, ...]:
        return (self.row, *self.also)


@dataclass(slots=True)
class Parcel:
    """What becomes one chunk: rows as the file has them, read by whoever opens it; or records of several rows, which are read already.

    Attributes:
        number: Its place among the parcels of the file, from 0. The same file read the same way gives the same parcels again.
    """

    number: int
    block: Block | None = None
    joined: list[Unit] = field(default_factory=list)

    @property
    def lines(self) -> list[int]:
        """The rows that stand for a record each."""
        return self.block.lines if self.block is not None else [u.row.line for u in self.joined]

    def opened(self, reader: Reader) -> list[Unit]:
        return self.joined if self.block is None else [Unit(row, mark=row.mark) for row in _keyed(reader.read(self.block))]


def parcels(table: Table, reader: Reader, survey: Survey, mapping: Mapping) -> Iterator[Parcel]:
    """The file in parcels of at most a block: rows that stand alone as they come, then the records of several rows."""
    held: dict[str, list[Row]] = {}
    number = 0
    for block in table.blocks():
        left = block
        if survey.repeated:
            at = [i for i, mark in enumerate(survey.marks(block, mapping)) if mark in survey.repeated]
            rows = _keyed(reader.read(block.part(at))) if at else []
            gone = {i for i, row in zip(at, rows, strict=True) if not row.fatal}
            for row in rows:
                if not row.fatal:
                    held.setdefault(row.key, []).append(row)
            left = block.part([i for i in range(len(block.rows)) if i not in gone]) if gone else block
        if left.rows:
            yield Parcel(number, left)
            number += 1
    joined: list[Unit] = []
    for rows in held.values():
        joined += _join(rows, reader, mapping)
    held.clear()
    for start in range(0, len(joined), BLOCK):
        yield Parcel(number, joined=joined[start : start + BLOCK])
        number += 1


def units(table: Table, reader: Reader, survey: Survey, mapping: Mapping) -> Iterator[list[Unit]]:
    """Records in a fixed order, parcel by parcel."""
    return (parcel.opened(reader) for parcel in parcels(table, reader, survey, mapping))


def _keyed(rows: list[Row]) -> list[Row]:
    """The rows with what names them: the sender's number, else the mark of the whole row."""
    for row in rows:
        told = row.values.get("source_id")
        row.key = str(told) if told is not None else f"row:{row.mark}"
    return rows


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
