"""What a cycle is about, what has to be done for it, and what its lanes share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from datetime import time as clock
from itertools import count

import duckdb

from sizao.plan.duck import Counter, Judged, Shared
from sizao.plan.sql import Relations

from .changes import Changes
from .lanes import SHELF
from .ledger import Kept, Ledger
from .worth import FEW, occasions

Listing = Callable[[Counter, Judged, str, bool], None]


@dataclass
class CycleResult:
    """What a cycle did. `whole`: measures that were evaluated whole, and why; `touched`: how many subjects of the others were looked at again.
    `seconds` are those of all lanes together."""

    as_of: datetime
    horizon: datetime
    whole: dict[str, str] = field(default_factory=dict)
    touched: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=lambda: {"late": 0.0, "live": 0.0, "cells": 0.0})


@dataclass(frozen=True)
class Work:
    """A measure to be evaluated.

    Attributes:
        no: Its number. One that is evaluated whole gets a new one.
        old: What its settled cells rest on; None: it is evaluated whole.
        apart: The rows that can matter to it are kept apart.
        whole: Nothing of it is settled: all its occasions are counted each time.
        rows: About how many subjects are looked at.
        seconds: About how long that will take: as long as the last time, and before there was any, by the number of subjects.
    """

    judged: Judged
    no: int
    old: Kept | None
    apart: bool
    whole: bool
    rows: int

    @property
    def seconds(self) -> float:
        return max(self.old.seconds if self.old else 0.0, self.rows / 2e6)


class Course:
    """What the lanes of one cycle share."""

    def __init__(
        self,
        db: duckdb.DuckDBPyConnection,
        relations: Relations,
        as_of: datetime,
        changes: Changes | None,
        since: date | None,
        listing: Listing | None = None,
    ):
        self.listing = listing
        self.db, self.relations, self.as_of, self.changes, self.since = db, relations, as_of, changes, since
        self.ledger = Ledger(db)
        self.now = Counter(db, relations, as_of, Shared(SHELF))
        self.horizon = datetime.combine(as_of.date(), clock())
        self.start = datetime.combine(since, clock()) if since else None
        self.result = CycleResult(as_of, self.horizon)
        self.sizes: dict[str, int] = {}
        self.took: dict[int, float] = {}  # by the number of a measure: its seconds
        self.works: list[Work] = []
        self.idle: frozenset[str] = frozenset()
        self.ended = count()
        self.whole: dict[int, bool] = {}  # and whether nothing of it is settled

    def few(self, j: Judged, rows: int) -> bool:
        """It has so few occasions that it costs less to count them all again than to find out which may have changed."""
        return rows * occasions(j, self.start, self.as_of) <= FEW

    def first_to_end(self) -> bool:
        """Asked once by each lane that has nothing left to do; true for the first of them."""
        return next(self.ended) == 0
