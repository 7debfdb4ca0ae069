"""The exposure chart of a case: for the case and each contact when they can have been infected, when exposed, when ill, on one axis of days."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sizao.doors.kit.words import Words
from sizao.kernel.clock import local_day
from sizao.kernel.codes import disease_line
from sizao.registers.cases import rules

#: Contacts that are drawn; the list has them all.
DRAWN = 40
LEFT, ROW, TOP, WIDE, LONGEST = 150, 22, 26, 900, 120


@dataclass(frozen=True, slots=True)
class Bar:
    """Days [since, until], both included, of one kind: infectious, infection, exposure, illness (when an onset is to be expected), observation."""

    kind: str
    since: date
    until: date
    x: float = 0
    width: float = 0


@dataclass(slots=True)
class Row:
    """One person: what is drawn of him, and his marks (kind, day, x)."""

    name: str
    record: UUID
    person: UUID
    is_case: bool
    bars: list[Bar]
    marks: list[tuple[str, date, float]] = field(default_factory=list)
    y: int = 0


@dataclass(slots=True)
class Gantt:
    """The chart: its rows, ticks (x, words), size, and what the disease's file says."""

    rows: list[Row]
    ticks: list[tuple[float, str]]
    today: float | None
    height: int
    left: int = LEFT
    width: int = WIDE
    row: int = ROW
    top: int = TOP
    left_out: int = 0
    incubation: Mapping[str, Any] | None = None
    infectious: Mapping[str, Any] | None = None


def chart(case: Any, contacts: Sequence[Any], windows: Iterable[Any], onsets: Mapping[UUID, date], names: Mapping[UUID, str], words: Words, today: date) -> Gantt:
    """The chart of a case and its contacts. `windows`: exposures with `contact_id`, `together_from`, `together_until`; `onsets`: contacts who fell ill → the day."""
    on = case.onset_on or (local_day(case.reported_at, words.zone) if case.reported_at else today)
    incubation, infectious = disease_line(case.disease, "incubation", on), disease_line(case.disease, "infectious", on)
    first = Row(names.get(case.person_id) or case.source_id or "—", case.pk, case.person_id, True, [])
    for kind, span in (("infection", rules.infected_between(case.onset_on, incubation)), ("infectious", rules.infectious(case.onset_on, infectious))):
        if span:
            first.bars.append(Bar(kind, *span))
    if case.onset_on:
        first.marks.append(("onset", case.onset_on, 0))
    if case.reported_at:
        first.marks.append(("reported", local_day(case.reported_at, words.zone), 0))
    of: dict[UUID, list[tuple[date, date]]] = {}
    for e in windows:
        of.setdefault(e.contact_id, []).append((local_day(e.together_from, words.zone), local_day(e.together_until, words.zone)))
    rows = [first]
    for c in contacts[:DRAWN]:
        spans = of.get(c.pk) or ([(c.last_exposure_on, c.last_exposure_on)] if c.last_exposure_on else [])
        row = Row(names.get(c.person_id) or c.source_id or "—", c.pk, c.person_id, False, [Bar("exposure", a, b) for a, b in spans])
        if spans and incubation:
            shortest, longest = incubation["days"]
            row.bars.insert(0, Bar("illness", spans[0][0] + timedelta(days=int(shortest)), spans[-1][1] + timedelta(days=int(longest))))
        if c.observation_until:
            row.marks.append(("observed", c.observation_until, 0))
        if onset := onsets.get(c.person_id):
            row.marks.append(("onset", onset, 0))
        rows.append(row)
    return _placed(rows, words, today, len(contacts) - min(len(contacts), DRAWN), incubation, infectious)


def _placed(rows: list[Row], words: Words, today: date, left_out: int, incubation: Mapping[str, Any] | None, infectious: Mapping[str, Any] | None) -> Gantt:
    """Every day gets its place; more than LONGEST days are cut at their beginning."""
    days = [d for r in rows for d in (*(b.since for b in r.bars), *(b.until for b in r.bars), *(d for _, d, _ in r.marks))] or [today]
    last = max(days) + timedelta(days=1)
    begin = max(min(days) - timedelta(days=1), last - timedelta(days=LONGEST))
    per = (WIDE - LEFT - 10) / max(1, (last - begin).days + 1)

    def x(day: date) -> float:
        return round(LEFT + max(0, (day - begin).days) * per, 1)

    for n, r in enumerate(rows):
        r.y = TOP + n * ROW
        r.bars = [Bar(b.kind, b.since, b.until, x(b.since), round(x(b.until + timedelta(days=1)) - x(b.since), 1)) for b in r.bars if b.until >= begin]
        r.marks = [(kind, d, round(x(d) + per / 2, 1)) for kind, d, _ in r.marks if d >= begin]
    step = next(s for s in (1, 2, 7, 14, 28, 56) if s * per >= 46 or s == 56)
    ticks = [(x(begin + timedelta(days=n)), f"{begin + timedelta(days=n):%m-%d}") for n in range(0, (last - begin).days + 1, step)]
    return Gantt(rows, ticks, x(today) if begin <= today <= last else None, TOP + len(rows) * ROW + 6, left_out=left_out, incubation=incubation, infectious=infectious)
