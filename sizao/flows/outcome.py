"""What became of each command of a batch."""

from dataclasses import dataclass
from typing import Literal
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
