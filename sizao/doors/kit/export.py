"""A register's rows as a file: CSV that flows, XLSX that is written without holding it in memory. Both say how many rows they hold and their hash.

Rows are read by pages of `CHUNK` in short transactions, each with its event in the audit, so that no transaction lasts and nothing leaves unrecorded.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any
from zoneinfo import ZoneInfo

from django.db import transaction

from sizao.doors.kit import lists
from sizao.doors.kit.lists import Asked
from sizao.doors.kit.shown import Shown, number
from sizao.doors.kit.words import Words
from sizao.kernel.errors import Refused
from sizao.kernel.registry import KEPT, Register
from sizao.kernel.scope import Scope
from sizao.registers.population import read as population

CHUNK = 2000
#: An XLSX is written before its first byte is sent; larger lists go as CSV.
XLSX_ROWS = 200_000
#: What a spreadsheet would run as a formula when a cell begins with it (OWASP, CSV injection), full-width forms included.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: First cell of the CSV's last line.
TRAILER = "#sizao"


def neutral(text: str) -> str:
    """A text that no spreadsheet runs: an apostrophe before what would be a formula.

    >>> neutral("=1+1"), neutral("张小明")
    ("'=1+1", '张小明')
    """
    return f"'{text}" if text.startswith(FORMULA) else text


@dataclass(slots=True)
class Export:
    """One file to be made.

    Attributes:
        names: Personal and sealed fields too, for who may see them, row by row.
        rows: How many were written so far.
        hash: SHA-256 of the CSV's bytes so far (of the same lines, for an XLSX).
    """

    scope: Scope
    asked: Asked
    words: Words
    names: bool = False
    rows: int = 0
    hash: Any = field(default_factory=hashlib.sha256)

    @property
    def register(self) -> Register:
        return self.asked.register

    def columns(self) -> list[str]:
        """The columns of the file: the row's id and sender's number, then the declared fields that this reader gets."""
        declared = [
            n for n, f in self.register.declaration.fields.items()
            if self.register.type(n) != "json" and (f.sensitivity in ("open", "internal") or self.names or self.register.type(n) == "person")
        ]  # fmt: skip
        return ["id", *declared, *KEPT]

    def header(self) -> list[str]:
        """The columns' labels in the reader's language."""
        return ["id" if n == "id" else self.words.both(self.register.field(n)) for n in self.columns()]

    def lines(self) -> Iterator[list[Any]]:
        """Every row as cells: text, or a number. Persons are ids; with `names`, names."""
        place = self.asked
        while True:
            with transaction.atomic():
                part = lists.page(lists.rows(self.scope, place), place, CHUNK)
                shown = Shown.of(self.register, self.scope, self.words, part.rows, what="exported_with_names" if self.names else "exported")
                sealed = self._sealed(part.rows)
                made = [[self._cell(shown, sealed, row, n) for n in self.columns()] for row in part.rows]
            for line in made:
                self.rows += 1
                yield line
            if not part.after:
                return
            place = replace(place, after=part.after)

    def _sealed(self, rows: Sequence[Any]) -> dict[Any, dict[str, str | None]]:
        if not (self.names and self.register.declaration.person == "id"):
            return {}
        return population.sealed_of_many(self.scope, rows)

    def _cell(self, shown: Shown, sealed: dict[Any, dict[str, str | None]], row: Any, name: str) -> Any:
        if name == "id":
            return str(row.pk)
        kind, value = self.register.type(name), self.register.value(row, name) if name not in KEPT else getattr(row, name, None)
        if kind == "sealed":
            return sealed.get(row.pk, {}).get(name) or ""
        if value is None or value == "" or value == []:
            return ""
        if not shown.may(row, name) and kind != "person":
            return ""
        if kind == "person":
            return shown.names.get(value, "") if self.names and shown.may(row, name) else str(value)
        if kind == "area":
            found = shown._area(row, name, value)
            return f"{found.code} {self.words.name(found)}" if found is not None else ""
        if kind == "record":
            return shown.titles.get(value) or str(value)
        if kind in ("integer", "number") and not isinstance(value, str):
            return value
        if kind == "instant" and isinstance(value, datetime):
            area = self.register.area_of(row)
            return value.astimezone(ZoneInfo(area.zone if area is not None else self.words.zone)).strftime("%Y-%m-%d %H:%M:%S")
        if isinstance(value, date):
            return value.isoformat()
        return shown.say(name, value, row)

    def csv(self) -> Iterator[bytes]:
        """The file in pieces: a byte-order mark (spreadsheets need it), the header, the rows, and a last line `#sizao,rows=…,sha256=…` over all before it."""
        yield self._piece("\ufeff" + _line(self.header()))
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        for line in self.lines():
            writer.writerow([_text(c) for c in line])
            if buffer.tell() > 1 << 16:
                yield self._piece(buffer.getvalue())
                buffer.seek(0)
                buffer.truncate()
        yield self._piece(buffer.getvalue())
        yield _line([TRAILER, f"rows={self.rows}", f"sha256={self.hash.hexdigest()}"]).encode()

    def _piece(self, text: str) -> bytes:
        data = text.encode()
        self.hash.update(data)
        return data

    def xlsx(self, file: IO[bytes], about: Sequence[tuple[str, str]]) -> None:
        """The same rows as a workbook: texts are texts and never formulas; a second sheet says what this is, how many rows, and the hash. Refused: too-many-rows."""
        import xlsxwriter

        book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
        try:
            bold = book.add_format({"bold": True})
            sheet = book.add_worksheet(self.words.both(self.register.declaration)[:31].translate(str.maketrans("[]:*?/\\", "       ")))
            sheet.freeze_panes(1, 0)
            header = self.header()
            for x, label in enumerate(header):
                sheet.write_string(0, x, label, bold)
            self.hash.update(_line(header).encode())
            for line in self.lines():
                if self.rows > XLSX_ROWS:
                    raise Refused("too-many-rows", limit=XLSX_ROWS)
                self.hash.update(_line([_text(c) for c in line]).encode())
                for x, cell in enumerate(line):
                    if isinstance(cell, int | float | Decimal):
                        sheet.write_number(self.rows, x, cell)
                    elif cell:
                        sheet.write_string(self.rows, x, neutral(cell)[:32767])
            note = book.add_worksheet("about 说明")
            for y, (label, value) in enumerate([*about, ("行数 rows", str(self.rows)), ("sha256", self.hash.hexdigest())]):
                note.write_string(y, 0, label, bold)
                note.write_string(y, 1, value)
        finally:
            book.close()


def whole_csv(header: Sequence[str], lines: Iterable[Sequence[Any]]) -> bytes:
    """A small table as a CSV of the same form as a register's: byte-order mark, header, rows that no spreadsheet runs, and the last line with count and hash."""
    out, rows = io.StringIO(), 0
    writer = csv.writer(out)
    writer.writerow(header)
    for line in lines:
        writer.writerow([_text("" if c is None else c) for c in line])
        rows += 1
    data = ("\ufeff" + out.getvalue()).encode()
    return data + _line([TRAILER, f"rows={rows}", f"sha256={hashlib.sha256(data).hexdigest()}"]).encode()


def _text(cell: Any) -> str:
    return number(cell) if isinstance(cell, int | float | Decimal) else neutral(cell)


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
