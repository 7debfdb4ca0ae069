"""What those who write a part of a statement may ask of the whole."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from sizao.plan.language.measure import Measure
from sizao.plan.obligations import Force

from .dialects import Dialect
from .relations import Relations


class Statement(Protocol):
    """A statement about one measure: its engine, its relations, and the SQL of the moment it is asked at."""

    m: Measure
    r: Relations
    d: Dialect
    force: Force
    as_of: str
    now: datetime  # the same moment


class Sharing(Statement, Protocol):
    """One whose parts share sub-queries. Each answers with the name of a relation that stands in the statement once."""

    def kept(self, act: str) -> str: ...

    def duties(self, measures: list[Measure]) -> str: ...

    def facts_of(self, m: Measure) -> str: ...
