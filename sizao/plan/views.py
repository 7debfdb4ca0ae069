"""What readers of a run get: plain values, with the words in both languages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sizao.kernel.models import Area

from .checked import Checked
from .models import COUNTS, Run
from .tiers import Tier

#: The lists that a number may open. Together with the rest of `owed` they are all the obligations there are.
LISTS = ("missing", "missed", "late", "met", "open", "ahead", "waiting", "cannot_tell", "closed")
#: The lists of what stands beside the states: a mark of an obligation, or a list that is not complete.
BESIDE = ("ownerless", "told_late", "unlisted", "short", "no_list", "looked", "untrue", "raised", "risen")


@dataclass(kw_only=True)
class Counts:
    """How many obligations are in which state. Every one is in exactly one of `LISTS`."""

    owed: int = 0
    met: int = 0
    late: int = 0
    overdue: int = 0
    missing: int = 0
    missed: int = 0
    open: int = 0
    ahead: int = 0
    waiting: int = 0
    closed: int = 0
    cannot_tell: int = 0
    ownerless: int = 0
    unlisted: int = 0
    told_late: int = 0
    short: int = 0
    no_list: int = 0
    looked: int = 0
    untrue: int = 0
    raised: int = 0
    short_by: int = 0
    risen: int = 0

    @property
    def done(self) -> int:
        return self.met + self.late

    @property
    def coverage(self) -> float | None:
        """(met + late) / owed; None when nothing is owed. Never to be shown without `cannot_tell` beside it."""
        return self.done / self.owed if self.owed else None

    @property
    def all(self) -> int:
        return sum(self.count(state) for state in LISTS)

    def count(self, state: str) -> int:
        return int(getattr(self, state))

    def add(self, cell: dict[str, Any]) -> None:
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + cell[name])

    def counts(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in COUNTS}


@dataclass(kw_only=True)
class MeasureFigures(Counts):
    """A measure with its counts and its words. `rule` is the whole sentence, `by` who answers, each {zh, en}."""

    id: str
    title: dict[str, str]
    rule: dict[str, str] = field(default_factory=dict)
    by: dict[str, str] = field(default_factory=dict)
    source: list[dict[str, str]] = field(default_factory=list)
    urgency: str = "routine"
    kind: str = ""
    minutes: float = 0
    edition: str = ""
    trial: bool = False
    table: str = ""
    act: str = ""
    unit: dict[str, str] = field(default_factory=dict)
    reconciled: bool = False
    looked_at: bool = False
    amounts: list[AmountFigures] = field(default_factory=list)
    shown: list[ShownFigure] = field(default_factory=list)

    @property
    def checked(self) -> Checked:
        """What was said, what was seen, and the gap."""
        return Checked(self.owed, self.done, self.looked, self.untrue)


@dataclass(kw_only=True)
class AmountFigures:
    """Amounts of what is owed, in one unit of measure; `short` subjects or days of the `owed` are overdue."""

    unit: dict[str, str]
    owed: int
    short: int
    have: Decimal
    filled: Decimal
    need: Decimal

    @property
    def coverage(self) -> Decimal | None:
        """Σ min(have, need) / Σ need; None when nothing is needed."""
        return self.filled / self.need if self.need else None

    @property
    def lacking(self) -> Decimal:
        return self.need - self.filled


@dataclass(kw_only=True)
class ShownFigure:
    """A figure that a measure shows, of `n` obligations, in words {zh, en}; `days`: the same day by day, the latest last.

    `kind`: share, count, hours, days, number, or moment.
    """

    name: str
    words: dict[str, str]
    kind: str
    n: int = 0
    value: float | None = None
    moment: datetime | None = None
    days: list[tuple[date, int, float | None, datetime | None]] = field(default_factory=list)

    def on(self, day: date) -> tuple[date, int, float | None, datetime | None] | None:
        """The figure of one day, with of how many it is."""
        return next((d for d in self.days if d[0] == day), None)


@dataclass(kw_only=True)
class AreaFigures(Counts):
    """An area with its counts."""

    area: Area
    amounts: list[AmountFigures] = field(default_factory=list)
    shown: list[ShownFigure] = field(default_factory=list)

    @property
    def code(self) -> str:
        return self.area.code


@dataclass(kw_only=True)
class Overview:
    """The numbers of an area: its measures (most missing first), the areas right below, what stands at the area itself, and all together."""

    run: Run
    area: Area
    measures: list[MeasureFigures]
    areas: list[AreaFigures]
    own: AreaFigures
    total: Counts


@dataclass(kw_only=True)
class MeasurePage:
    """One measure in an area."""

    run: Run
    area: Area
    measure: MeasureFigures
    areas: list[AreaFigures]
    own: AreaFigures
    tiers: list[Tier] = field(default_factory=list)


@dataclass(kw_only=True)
class Listed:
    """One obligation on a list.

    Attributes:
        why: The reason in words {zh, en}; empty for what is simply not done.
        by: Who answers {zh, en}; empty when ownerless. `post` is its id.
        seen: What somebody found who looked; False is *untrue*. `raised`: how many levels above who answers it appears.
        done_since: Evidence came in after the run; on a page struck through, not removed.
        tried, tried_at: The last attempt since the occasion opened, and why it did not come off.
    """

    measure: str
    title: dict[str, str]
    subject: UUID
    person: UUID | None
    occasion: int
    opens: datetime | None
    due: datetime | None
    state: str
    reason: str | None
    why: dict[str, str]
    area: Area | None
    zone: str
    post: int | None
    by: dict[str, str]
    doable: bool
    told_late: bool
    done_at: datetime | None
    done_since: bool = False
    tried: str | None = None
    tried_at: datetime | None = None
    table: str = ""
    act: str = ""
    urgency: str = "routine"
    have: Decimal | None = None
    need: Decimal | None = None
    unit: str | None = None
    seen: bool | None = None
    raised: int = 0

    @property
    def alarm(self) -> bool:
        """To be told at once."""
        return self.urgency == "alarm" and self.raised > 0

    @property
    def key(self) -> str:
        """Names this obligation on a page."""
        return f"{self.measure}-{self.subject}-{self.occasion}"

    @property
    def overdue(self) -> bool:
        return self.state == "overdue"

    def late(self, now: datetime) -> timedelta | None:
        """How long it has been overdue."""
        return now - self.due if self.overdue and self.due else None


@dataclass(kw_only=True)
class Page:
    """A page of a list, and from where the next goes on (None: that was the last)."""

    rows: list[Listed]
    next: str | None
    run: Run | None = None


@dataclass(kw_only=True)
class Today:
    """What one post has to do now, overdue first. `more` counts what lies beyond the limit."""

    as_of: datetime
    rows: list[Listed]
    overdue: int
    open: int
    more: int
