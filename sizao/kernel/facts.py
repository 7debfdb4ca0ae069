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
    """

    name: str
    type: str
    sql: str
    zh: str
    en: str
    codes: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class FactsTable:
    """One row a subject. `person`, `area` and `disease` name the columns that hold its keys (None: it has no such key)."""

    name: str
    relation: str
    zh: str
    en: str
    columns: tuple[FactsColumn, ...]
    person: str | None = "person_id"
    area: str = "area_id"
    disease: str | None = "disease"

    @property
    def history(self) -> str:
        """Where the superseded versions are."""
        return f"{self.relation}_history"


@dataclass(frozen=True, slots=True)
class ActKind:
    """A kind of act. `key` says on what it closes duties: the subject it names, or the person (then one act serves every list the person is on).

    `restricts` marks an act that takes a freedom from a person: nobody is obliged to it on what cannot be told.
    """

    kind: str
    key: str
    zh: str
    en: str
    restricts: bool = False
