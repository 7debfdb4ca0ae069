"""Scans at the door of a place: taken in many at a time, each once however often it is sent, kept under the day's token, dropped by themselves.

A scan says who, where and when. Its own clock may be wrong: who sends tells what his clock says at the moment of sending, and the difference to ours is
put right, up to a day. The day under which a visit is kept is that of the device's clock as told, so that the same scan sent again falls on the same day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db import connection, transaction

from sizao.kernel import audit, clock
from sizao.kernel.codes import threshold
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid_array
from sizao.kernel.outcome import Problem
from sizao.kernel.scope import Scope

from . import tokens
from .clocks import AHEAD, off_by

LONGEST = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Visit:
    """One scan. `id` is the sender's own; `visitor` are the 16 bytes that stand for who it was; `said` what he gave, where the register does not know him."""

    id: str
    place: UUID
    at: datetime
    visitor: bytes
    left_at: datetime | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch: visits new and known, and why others were not taken, by their position."""

    stored: int
    known: int
    rejected: Mapping[int, Problem]


@dataclass(frozen=True, slots=True)
class Told:
    """One visit in an exposed place's window, as told to a search. `visitor` is None where the day's key is gone."""

    exposed: UUID
    visitor: bytes | None
    said: str
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """Scans of one sender that can be taken: by day and key the visit, when it began and ended by our clock; how many came twice; what was refused."""

    sender: str
    rows: Mapping[tuple[date, UUID], tuple[Visit, datetime, datetime | None]]
    again: int
    rejected: Mapping[int, Problem]


def take(scope: Scope, visits: Sequence[Visit], *, sender: str, sent_at: datetime | None = None) -> Taken:
    """Takes visits in; stored for good when it returns, one transaction. No event names anybody: that scans came, and how many, is on record.

    `sent_at`: what the sender's clock says now. Rejected: clock-too-far, done-in-the-future, visit-too-old, visit-reversed.
    """
    return write([(scope, read(visits, sender=sender, sent_at=sent_at))])[0]


def read(visits: Sequence[Visit], *, sender: str, sent_at: datetime | None = None) -> Batch:
    """Puts the clocks right and sets aside what cannot be a visit."""
    now = clock.now()
    skew = off_by(sent_at, now)
    if skew is None:
        return Batch(sender, {}, 0, dict.fromkeys(range(len(visits)), Problem("clock-too-far", "sent_at", sent_at.isoformat() if sent_at else "")))
    oldest = now - timedelta(days=kept_days(now))
    rejected: dict[int, Problem] = {}
    rows: dict[tuple[date, UUID], tuple[Visit, datetime, datetime | None]] = {}
    again = 0
    for i, v in enumerate(visits):
        at, left = v.at + skew, v.left_at + skew if v.left_at else None
        if at > now + AHEAD or (left is not None and left > now + AHEAD):
            rejected[i] = Problem("done-in-the-future", "at", v.at.isoformat())
        elif at < oldest:
            rejected[i] = Problem("visit-too-old", "at", v.at.isoformat())
        elif left is not None and not at < left <= at + LONGEST:
            rejected[i] = Problem("visit-reversed", "left_at", v.left_at.isoformat() if v.left_at else "")
        else:
            key = v.at.astimezone(UTC).date(), UUID(bytes=sha256(f"{sender}\0{v.id}".encode()).digest()[:16])
            again += key in rows
            if key not in rows or (left is not None and rows[key][2] is None):
                rows[key] = v, at, left
    return Batch(sender, rows, again, rejected)


def write(batches: Sequence[tuple[Scope, Batch]]) -> list[Taken]:
    """Writes what was read, of several senders at once, in one transaction; what became of each batch, in order."""
    rows = {key: row for _, b in batches for key, row in b.rows.items()}
    fresh: set[UUID] = set()
    if rows:
        day_keys = {day: tokens.day_key(day, make=True) for day in sorted({day for day, _ in rows})}
        with transaction.atomic():
            fresh = _write(rows, day_keys)
            told: dict[tuple[int | None, str], tuple[Scope, int]] = {}
            for scope, b in batches:
                before = told.get((scope.post_id, b.sender), (scope, 0))
                told[scope.post_id, b.sender] = scope, before[1] + sum(k in fresh for _, k in b.rows)
            for (_, sender), (scope, many) in told.items():
                audit.write(scope, "visits.taken", [], count=many, sender=sender)
    out = []
    for _, b in batches:
        stored = {k for _, k in b.rows} & fresh
        fresh -= stored  # the same scan in two batches that were written together was stored once
        out.append(Taken(len(stored), len(b.rows) - len(stored) + b.again, b.rejected))
    return out


def kept_days(now: datetime) -> int:
    """For how many days a visit is kept; content says, and the database never more than thirty."""
    return int(threshold("visit-kept-days", now.date()))


def drop_old(now: datetime | None = None) -> int:
    """Drops the days that are over, with their keys; how many. Done by the clock."""
    now = now or clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT movement_drop_visits(%s)", [now.astimezone(UTC).date() - timedelta(days=kept_days(now))])
        gone = int(cursor.fetchone()[0])
    if gone:
        tokens.forget_days()
        audit.write(Scope.system("retention"), "visits.dropped", [], count=gone)
    return gone


def prepare_days(now: datetime | None = None) -> None:
    """Makes today's partition and tomorrow's before their first visit comes: making one stops the others for a moment. Done by the clock."""
    today = (now or clock.now()).astimezone(UTC).date()
    for day in (today, today + timedelta(days=1)):
        tokens.day_key(day, make=True)


def counted(scope: Scope, search: UUID) -> tuple[int, int]:
    """How many visits a search would find, and of how many visitors (one who came on two days counts twice: nobody is known yet). On record."""
    look = audit.write(scope, "visits.counted", [search])
    with connection.cursor() as cursor:
        cursor.execute("SELECT visits, visitors FROM movement_count_visits(%s, %s, %s)", [search, look, _assumed()])
        row = cursor.fetchone()
    return int(row[0]), int(row[1])


def told(scope: Scope, search: UUID) -> list[Told]:
    """The visits that a search finds, opened. On record, in the caller's transaction. Refused: two-people-needed, where there are too many for one."""
    look = audit.write(scope, "visits.told", [search])
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM movement_tell_visits(%s, %s, %s) ORDER BY exposed, started_at, token", [search, look, _assumed()])
            rows = cursor.fetchall()
    except Exception as fault:
        if getattr(fault.__cause__, "sqlstate", "") == "42501":
            raise Refused("two-people-needed", what={"zh": "列出这么多到访人员", "en": "naming so many visitors"}) from None
        raise
    by_day: dict[date, list[UUID]] = {}
    for _, day, token, *_ in rows:
        by_day.setdefault(day, []).append(token)
    day_keys = {day: tokens.day_key(day) for day in by_day}
    opened = {
        (day, token): visitor
        for day, some in by_day.items()
        if (key := day_keys[day]) is not None
        for token, visitor in zip(some, key.visitors(some), strict=True)
    }
    return [
        Told(exposed, opened.get((day, token)), key.unseal(bytes(said), token) if said is not None and (key := day_keys[day]) else "", start, end)
        for exposed, day, token, said, start, end in rows
    ]


def unknown(said: str, index: bytes | None) -> bytes:
    """What stands for a visitor whom the register does not know: half of the keyed hash by which his telephone or identity number would be found."""
    return (index or sha256(said.encode()).digest())[:16]


def _assumed() -> timedelta:
    """How long a visit lasted whose end nobody scanned."""
    return timedelta(minutes=int(threshold("visit-assumed-minutes", clock.now().date())))


def _write(rows: Mapping[tuple[date, UUID], tuple[Visit, datetime, datetime | None]], day_keys: Mapping[date, tokens.DayKey | None]) -> set[UUID]:
    columns: list[list[object]] = [[] for _ in range(4)]
    keys, places, made = [], [], []
    for day, key in day_keys.items():
        mine = [(k, row) for (d, k), row in rows.items() if d == day]
        if key is None:
            raise Refused("database-away")
        for token, (k, (v, at, left)) in zip(key.tokens([row[0].visitor for _, row in mine]), mine, strict=True):
            keys.append(k)
            places.append(v.place)
            made.append(token)
            for column, value in zip(columns, (day, key.seal(v.said, token) if v.said else None, at, left), strict=True):
                column.append(value)
    days, said, starts, ends = columns
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT movement_take_visits(%s::date[], %s::uuid[], %s::uuid[], %s::uuid[], %s::bytea[], %s::timestamptz[], %s::timestamptz[])",
            [days, uuid_array(keys), uuid_array(places), uuid_array(made), said, starts, ends],
        )
        return set(cursor.fetchone()[0])
