"""How a register says what a plan may ask of it. Its `facts.py` exports `TABLES` and `ACTS`; the plan reads nothing else of it."""

from dataclasses import dataclass

TYPES = ("text", "int", "number", "bool", "date", "instant")


@dataclass(frozen=True, slots=True)
class FactsColumn:
    """A column that a condition may name.

    Attributes:
        name: The word in a plan.
        type: One of `TYPES`. A date is a local calendar day, an instant is a moment.
        sql: The column or expression over the table's own columns, in SQL that every engine understands.
        codes: The code list whose values it takes, if any.
        unit: The unit of a number.
        code: A text that `sql` lets through only where it is a code of a system of codes kept elsewhere (divisions of a country): never free text.
        expression: For a derived column, what it is in the measure language, over stored columns, the moment, and acts; `sql` is then empty.
    """

    name: str
    type: str
    sql: str
    zh: str
    en: str
    codes: str | None = None
    unit: str | None = None
    expression: str | None = None
    code: bool = False


@dataclass(frozen=True, slots=True)
class FactsLink:
    """`name` leads from a row to one row of `table`, by the id in the column `sql`. A condition says `name.column`."""

    name: str
    table: str
    sql: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class AreaFact:
    """`area.name` in a condition: what is said of an area, or of the nearest one above that it is said of.

    Attributes:
        scale: Under which word the register of area facts keeps it.
        field: Which part of that line: value (a code), number, starts_at, ends_at.
        only: Only lines with this value.
        ended: A line that has ended still counts (until another begins).
    """

    name: str
    type: str
    scale: str
    zh: str
    en: str
    field: str = "value"
    only: str | None = None
    ended: bool = False
    codes: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class FactsTable:
    """One row a subject. `person`, `area` and `disease` name the columns that hold its keys (None: it has no such key).

    `made_by` is the kind of act by which its rows come about: where that is not kept, how many rows there are cannot be told.
    `only`: a test on its own columns, in SQL that every engine understands: versions of a row for which it does not hold are no row.
    `custody`: its rows change their area only when a hand-over is accepted; from then on the one who gave them away is rid of what was owed.
    """

    name: str
    relation: str
    zh: str
    en: str
    columns: tuple[FactsColumn, ...]
    person: str | None = "person_id"
    area: str = "area_id"
    disease: str | None = "disease"
    links: tuple[FactsLink, ...] = ()
    made_by: str | None = None
    custody: bool = False
    only: str = ""

    @property
    def stored(self) -> tuple[FactsColumn, ...]:
        """The columns that the table itself has; the others are derived from them in the measure language."""
        return tuple(c for c in self.columns if c.expression is None)

    @property
    def history(self) -> str:
        """Where the superseded versions are."""
        return f"{self.relation}_history"


@dataclass(frozen=True, slots=True)
class ActKind:
    """A kind of act. `key` says on what it closes duties: "subject" (the row it names), "person" or "area" (then one act serves every list that the
    person or area is on), or the name of a facts table: its subject is a row of that table, and every row that leads to it agrees.

    `other`: the table of a second row that it names, for duties of pairs.
    `restricts` marks an act that takes a freedom from a person: nobody is obliged to it on what cannot be told.
    `outcomes`: the code list from which its outcome is taken, if any.
    """

    kind: str
    key: str
    zh: str
    en: str
    restricts: bool = False
    other: str | None = None
    outcomes: str | None = None
