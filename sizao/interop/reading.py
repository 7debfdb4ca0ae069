"""From text cells to what a row says: values under canonical fields, and a note for each thing that was repaired or not understood.

Cells are read a column at a time and each distinct text once: line lists repeat themselves.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from zoneinfo import ZoneInfo

from sizao.kernel import clock

from .dates import Period, Read, When
from .fields import AREA_LEVELS, FIELDS, NAMING, Field
from .mapping import Mapping
from .survey import Survey
from .tables import Block, Fault
from .values import code_reader, plain, read_age, read_count, read_id, read_national_id, read_text, read_year, when_reader

#: Distinct texts remembered per column.
MOST_REMEMBERED = 50_000
#: Planned days may lie beyond the file's last year.
PLANNED_BEYOND = 400
NOTHING = Read()
#: A later day must not be before an earlier one.
IN_ORDER = (("onset_on", "confirmed_at"), ("last_exposure_on", "released_at"))


@dataclass(slots=True)
class Note:
    """Something to say about a row: a code with a text in content/errors/interop.yaml, the column, and the value as written."""

    code: str
    column: str | None = None
    value: str = ""
    values: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Row:
    """What one row says. `values` holds only what was told; days are `When`."""

    line: int
    values: dict[str, object]
    notes: list[Note]
    raw: list[str]
    mark: str = ""
    key: str = ""
    fatal: bool = False
    status: str = ""

    @property
    def place(self) -> tuple[str, ...]:
        """Names of its areas from the largest; a level that is not told is left out."""
        return tuple(str(self.values[f]) for f in AREAS if f in self.values)

    @property
    def is_placed(self) -> bool:
        """Whether it tells where its person is."""
        return "area_code" in self.values or any(f in self.values for f in AREAS)


AREAS = tuple(f"area_{n}" for n in range(1, AREA_LEVELS + 1))


class _Column(dict[str, Read]):
    """Remembers how each text of a column reads."""

    def __init__(self, read: Callable[[str], Read]) -> None:
        self.read = read

    def __missing__(self, text: str) -> Read:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        found = self[text] = self.read(text)
        return found


class Reader:
    """Reads the rows of one table. `secret` keys the marks that tell equal rows, so that a mark betrays nothing of the row."""

    def __init__(self, mapping: Mapping, survey: Survey, *, zone: str, secret: bytes) -> None:
        self.mapping, self.secret, self.zone = mapping, secret, zone
        self.today = clock.local_day(clock.now(), zone)
        self.columns: list[tuple[str, int, int, bool, _Column]] = []
        for name, at in mapping.fields.items():
            for nth, i in enumerate(at):
                speaks = all(i != other for _, other, *_ in self.columns)  # a column that feeds two fields is noted once
                self.columns.append((name, i, nth, speaks, _Column(self._reader(name, i, survey))))
        self.order = sorted(range(len(mapping.header)), key=mapping.header.__getitem__)
        self.heads = [mapping.header[i] + "\x1e" for i in self.order]
        self.unmapped = [i for i, h in enumerate(mapping.header) if h in set(mapping.unmapped)]

    def _reader(self, name: str, at: int, survey: Survey) -> Callable[[str], Read]:
        kind = FIELDS[name]
        words = self.mapping.words
        silent = {w for w, code in {**words.get("*", {}), **(words.get(name, {}) if kind.kind != "code" else {})}.items() if code is None}
        if kind.kind == "code":
            read = code_reader({**words.get("*", {}), **words.get(name, {})})
        elif kind.kind in ("day", "instant", "ending"):
            read = when_reader(order=survey.orders.get(at), zone=ZoneInfo(self.zone), period=self._period(kind, survey.period), today=self.today, year_of_turned=survey.turned.get(at))
        elif kind.kind == "year":
            read = partial(read_year, today=self.today)
        else:
            read = {"id": read_id, "age": read_age, "count": read_count, "national_id": read_national_id, "phone": read_id}.get(kind.kind, read_text)

        def cell(text: str) -> Read:
            word = plain(text) if len(text) < 200 else text
            if not word or word in silent or "\ufffd" in text:
                return NOTHING
            if len(text) > 200 and kind.kind not in ("text", "name", "area"):
                return Read(None, "value-unknown")
            return read(text)

        return cell

    def _period(self, kind: Field, period: Period) -> Period:
        if kind.name == "birth_date":
            return Period(date(self.today.year - 121, 1, 1), self.today)
        if kind.event:
            return period
        return Period(period.first, date.fromordinal(min(period.last.toordinal() + PLANNED_BEYOND, date.max.toordinal())))

    def read(self, block: Block) -> list[Row]:
        """The rows of a block, in order. A row that cannot be used is `fatal`; its notes say why."""
        header, cells = self.mapping.header, list(zip(*block.rows, strict=True))
        rows = [Row(line, {}, [], raw) for line, raw in zip(block.lines, block.rows, strict=True)]
        for name, value in self.mapping.constants.items():
            for row in rows:
                row.values[name] = value
        for name, i, nth, speaks, column in self.columns:
            for row, text in zip(rows, cells[i], strict=True):
                if not text:
                    continue
                value, code = column[text]
                if value is not None:
                    if nth and name in row.values:
                        continue
                    row.values[name] = value
                    if nth:
                        row.notes.append(Note("date-from-other-column", header[self.mapping.fields[name][0]], header[i]))
                if code is not None and speaks:
                    row.notes.append(Note(code, header[i], text))
        if status := self.mapping.fields.get("status"):
            for row in rows:
                row.status = row.raw[status[0]].strip()
        for at, faults in block.faults.items():
            for fault in faults:
                self._fault(rows[at], fault)
        for row in rows:
            if not row.fatal:
                self._complete(row)
            row.mark = self.mark(row.raw)
        return rows

    def _fault(self, row: Row, fault: Fault) -> None:
        column = self.mapping.header[fault.column] if fault.column is not None and fault.column < len(self.mapping.header) else None
        row.notes.append(Note(fault.code, column, fault.value or (row.raw[fault.column] if column else ""), dict(fault.values)))
        row.fatal = row.fatal or fault.fatal
        if fault.code == "digits-lost":
            for name, at in self.mapping.fields.items():
                if fault.column in at and FIELDS[name].kind in ("id", "national_id", "phone"):
                    row.values.pop(name, None)
                    row.fatal = row.fatal or name == "source_id"

    def mark(self, raw: list[str]) -> str:
        """A keyed hash of all that a row says, whatever the order of the columns; 32 hex digits."""
        said = "\x1f".join([head + raw[i] for head, i in zip(self.heads, self.order, strict=True) if raw[i]])
        return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), key=self.secret, digest_size=16).hexdigest()

    def mark_of(self, marks: list[str]) -> str:
        """The mark of several rows that are one record."""
        return hashlib.blake2b("\x1f".join(marks).encode(), key=self.secret, digest_size=16).hexdigest()

    def _complete(self, row: Row) -> None:
        values = row.values
        if "name" not in values and ("family_name" in values or "given_name" in values):
            family, given = str(values.pop("family_name", "")), str(values.pop("given_name", ""))
            values["name"] = f"{family}{given}" if not family.isascii() else f"{given} {family}".strip()
        self._birth(row)
        for rule in self.mapping.derive:
            if rule.field not in values and rule.when in values and (rule.equals is None or values[rule.when] == rule.equals):
                told = rule.value if rule.value is not None else values.get(rule.source or "")
                if told is not None:
                    values[rule.field] = told
        if values.get("status") in ("completed", "became_case"):
            field_name = "released_at" if values["status"] == "completed" else "became_case_at"
            if field_name not in values:
                row.notes.append(Note("status-without-date", self._header("status"), str(row.raw[self.mapping.fields["status"][0]])))
        self._outcome(row)
        self._order(row)
        if not self._says_something(values):
            row.notes.append(Note("row-without-content"))
            row.fatal = True
        if "source_id" not in values and any(n.code == "digits-lost" and n.column == self._header("source_id") for n in row.notes):
            row.fatal = True

    def _birth(self, row: Row) -> None:
        """A day of birth that stands in three columns. A year alone stays a year."""
        year, month, day = row.values.get("birth_year"), row.values.pop("birth_month", None), row.values.pop("birth_day", None)
        if "birth_date" in row.values or not (isinstance(year, int) and isinstance(month, int) and isinstance(day, int)):
            return
        try:
            row.values["birth_date"] = When(date(year, month, day))
        except ValueError:
            row.notes.append(Note("date-unreadable", self._header("birth_day"), f"{year}-{month}-{day}"))

    def _says_something(self, values: dict[str, object]) -> bool:
        return any(f not in self.mapping.constants and f not in AREAS for f in values)

    def _outcome(self, row: Row) -> None:
        """Outcome and its day from the columns there are. A dated event speaks louder than a state that nobody brought up to date; both are noted."""
        values = row.values
        died, recovered = values.pop("died_at", None), values.pop("recovered_at", None)
        told = values.get("outcome")
        if died is None and recovered is None:
            if told == "died" and "outcome_at" not in values and "died_at" in self.mapping.fields:
                row.notes.append(Note("outcome-disagrees", self._header("died_at"), self._text(row, "outcome")))
            return
        found, at, source = ("died", died, "died_at") if died is not None and told != "recovered" else ("recovered", recovered, "recovered_at")
        if at is None:
            found, at, source = "died", died, "died_at"
        if told == "died" and died is None:
            row.notes.append(Note("outcome-disagrees", self._header("recovered_at"), self._text(row, "outcome")))
            return
        if (told is not None and told != found) or (died is not None and recovered is not None):
            row.notes.append(Note("outcome-disagrees", self._header(source), self._text(row, "outcome")))
        values["outcome"] = found
        values.setdefault("outcome_at", at)
        if found == "recovered":  # nobody recovers before he is found; a death may be confirmed afterwards
            self._check_order(row, values.get("confirmed_at"), at, self._header("confirmed_at"), self._header(source))

    def _order(self, row: Row) -> None:
        values = row.values
        first, until = values.get("observation_from"), values.get("observation_until")
        if isinstance(first, When) and isinstance(until, When) and until.day < first.day:
            row.notes.append(Note("observation-end-dropped", self._header("observation_until"), str(until.day), {"other": str(first.day)}))
            del values["observation_until"]
        for earlier, later in IN_ORDER:
            self._check_order(row, values.get(earlier), values.get(later), self._header(earlier), self._header(later))

    def _check_order(self, row: Row, one: object, two: object, earlier: str, later: str) -> None:
        if isinstance(one, When) and isinstance(two, When) and two.day < one.day:
            row.notes.append(Note("dates-reversed", later, str(two.day), {"earlier": earlier, "other": str(one.day)}))

    def _header(self, name: str) -> str:
        at = self.mapping.fields.get(name)
        return self.mapping.header[at[0]] if at else name

    def _text(self, row: Row, name: str) -> str:
        at = self.mapping.fields.get(name)
        return row.raw[at[0]] if at else ""

    def names_somebody(self, row: Row) -> bool:
        """Whether the row names a person, so that an equal row names the same one."""
        return any(f in row.values for f in NAMING)
