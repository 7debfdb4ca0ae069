"""What is asked of a register, and what became of it: one outcome a command, in order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to be told about a command: a code of `content/errors/`, the field and the value it is about."""

    code: str
    field: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """new · updated · identical · rejected (then `problems` says why; otherwise they are notes)."""

    kind: Literal["new", "updated", "identical", "rejected"]
    record: UUID | None = None
    person: UUID | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A new row, or what is told of one that stands.

    Attributes:
        told: Field → value, typed: date, aware datetime, Decimal, bool, code, area's number (int), row's id (UUID). None is not told.
        record: The row to bring up to date; None for a new one, or for the one that `source_id` names in the sender's books.
        source_id: The sender's own number, or a key made by who sends, so that sending twice writes once.
        seen: The change number of the version that the writer had before his eyes. Another one now is a conflict (rejected, changed-meanwhile).
        cleared: Fields that are emptied on purpose.
    """

    told: Mapping[str, Any]
    record: UUID | None = None
    source_id: str = ""
    seen: int | None = None
    cleared: frozenset[str] = field(default=frozenset())
