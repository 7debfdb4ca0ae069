"""One measure of two editions beside one another, as statements for PostgreSQL that can only look and end in time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from sizao.kernel import areas, clock
from sizao.kernel.models import Area, Enactment

from . import evaluation, relations
from .language import Edition, Measure
from .language.measure import BEGINNING, FAR
from .sql import Relations


class Pair:
    """One measure of two editions, as statements. `a` is how things are, `b` how they would be."""

    def __init__(
        self,
        old: Edition | None,
        new: Edition | None,
        name: str,
        here: Area,
        as_of: datetime,
        disease: str = "",
        starts: datetime | None = None,
        since: datetime | None = None,
        narrower: Sequence[Enactment] = (),
        held: Enactment | None = None,
        said: Sequence[Said] = (),
    ):
        self.held, self.said = held, tuple(said)  # the enactment itself, where it stays as it is; and what would be said of areas then
        self.narrower = tuple(narrower)  # whom neither side obliges or releases
        self.old, self.new, self.name = old, new, name
        self.here, self.as_of, self.disease, self.starts, self.since = here, as_of, disease, starts, since
        self.top = here if here.parent_id is None else areas.root()
        self.was: Measure | None = old.measures.get(name) if old else None
        self.will: Measure | None = new.measures.get(name) if new else None

    @property
    def minutes(self) -> tuple[float, float]:
        """What one occasion costs, before and after."""
        return (self.was.minutes if self.was else 0, self.will.minutes if self.will else self.was.minutes if self.was else 0)

    def evaluated(self, edition: Edition | None, m: Measure | None, starts: datetime | None, said: Sequence[Said] = ()) -> str:
        """The obligations of one side below the area; none where the edition lacks the measure."""
        if edition is None or m is None:
            return "SELECT NULL::uuid AS subject, NULL::uuid AS person, 0::bigint AS occasion, NULL::timestamptz AS opens, NULL::timestamptz AS due, NULL::text AS state, NULL::text AS reason, NULL::bigint AS area, NULL::bigint AS post, FALSE AS doable WHERE FALSE"
        everywhere = self.here.parent_id is None
        force = self.held or Enactment(area=self.top, disease=self.disease, starts_at=starts or datetime.min.replace(tzinfo=UTC))
        sql = evaluation.statement(
            evaluation.InForce(force, edition, m, self.narrower), self.as_of, None, None if everywhere else evaluation.below(m.facts, relations.beneath(self.here.path)), beside=False,
            shared=(lambda r, zone, table: saying(r, zone, said)) if said else None,
        )  # fmt: skip
        inside = "" if everywhere else f" WHERE o.area IN (SELECT id FROM kernel_area WHERE path LIKE '{self.here.path}%')"
        return f"SELECT o.subject, o.person, o.occasion, o.opens, o.due, o.state, o.reason, o.area, o.post, o.doable FROM ({sql}) o{inside}"

    def sets(self) -> str:
        """`a`, `b`: the obligations of both sides; `w`: the subjects, each with what becomes of it. Two equal rules are evaluated once."""
        a = self.evaluated(self.old, self.was, self.since)
        b = self.evaluated(self.new, self.will, self.since, self.said)
        if a == b:
            b = "SELECT * FROM a"
        elif self.starts is not None:
            b = self.evaluated(self.new, self.will, self.starts)
            b = f"SELECT * FROM ({b}) n UNION ALL SELECT * FROM a WHERE a.opens < '{self.starts.isoformat()}'::timestamptz"
        return (
            f"WITH a AS MATERIALIZED ({a}), b AS MATERIALIZED ({b}), was AS ({self.subjects('a')}), will AS ({self.subjects('b')}), w AS ("
            "SELECT coalesce(n.subject, o.subject) AS subject, coalesce(n.person, o.person) AS person, coalesce(n.area, o.area) AS area, coalesce(n.post, o.post) AS post, "
            "o.dues[1] AS before, n.dues[1] AS after, "
            "CASE WHEN n.must AND NOT coalesce(o.must, FALSE) THEN 'obliged' WHEN n.must AND o.dues IS DISTINCT FROM n.dues THEN 'changed' "
            "WHEN n.must THEN 'unchanged' WHEN n.subject IS NOT NULL THEN 'cannot_tell' WHEN o.must THEN 'released' END AS change "
            "FROM was o FULL JOIN will n ON n.subject = o.subject)"
        )

    @property
    def day(self) -> str:
        """The first instant of the judged day, as a literal."""
        return f"'{clock.start_of_day(clock.local_day(self.as_of, self.here.zone), self.here.zone).isoformat()}'::timestamptz"

    def subjects(self, side: str) -> str:
        """A row for each subject that must, or of whom it cannot be told. Evidence that was never kept would be from the enactment on."""
        fresh = f"o.due >= {self.day}"
        must = f"(o.state IN ('open', 'ahead', 'waiting') OR o.state = 'overdue' AND (o.doable OR {fresh}) OR {fresh} AND (o.state IN ('met', 'late') OR o.state = 'cannot_tell' AND o.reason LIKE 'not-kept:%'))"
        unknown = f"(o.state = 'cannot_tell' AND (o.due IS NULL OR {fresh} OR o.occasion = 0))"
        last = "ORDER BY o.due DESC NULLS LAST, o.occasion DESC))[1]"
        return (
            f"SELECT o.subject, (array_agg(o.person {last} AS person, (array_agg(o.area {last} AS area, (array_agg(o.post {last} AS post, "
            f"bool_or({must}) AS must, array_agg(o.due ORDER BY o.due) FILTER (WHERE {must}) AS dues "
            f"FROM {side} o WHERE {must} OR {unknown} GROUP BY o.subject"
        )

    def counted(self) -> str:
        """Subjects by change and area; those that nobody answers for; tasks of the day and overdue ones by post, on both sides."""
        tasks = f"count(*) FILTER (WHERE o.due >= {self.day} AND o.due <= '{self.as_of.isoformat()}'::timestamptz AND o.state NOT IN ('closed', 'waiting') AND (o.state <> 'cannot_tell' OR o.reason LIKE 'not-kept:%'))"
        backlog = f"count(*) FILTER (WHERE o.state = 'overdue' AND o.doable AND o.due < {self.day})"
        return (
            f"{self.sets()} SELECT 'who' AS what, w.change AS change, w.area AS place, count(*) AS n, 0::bigint AS more FROM w WHERE w.change IS NOT NULL GROUP BY 2, 3 "
            "UNION ALL SELECT 'ownerless', NULL, NULL, count(*), 0 FROM w WHERE w.post IS NULL AND w.change IN ('obliged', 'changed', 'unchanged') "
            f"UNION ALL SELECT 'before', NULL, o.post, {tasks}, {backlog} FROM a o GROUP BY 3 "
            f"UNION ALL SELECT 'after', NULL, o.post, {tasks}, {backlog} FROM b o GROUP BY 3"
        )

    def listed(self, change: str, after: UUID | None, limit: int) -> str:
        beyond = f" AND w.subject > '{after}'::uuid" if after else ""
        return f"{self.sets()} SELECT w.subject, w.person, w.area, w.post, w.before, w.after FROM w WHERE w.change = '{change}'{beyond} ORDER BY w.subject LIMIT {int(limit)}"


@dataclass(frozen=True, slots=True)
class Said:
    """What would be said of an area on a scale with one value at a time, from an instant on."""

    area: int
    scale: str
    value: str
    starts_at: datetime


def saying(r: Relations, zone: str, said: Sequence[Said]) -> Relations:
    """The relations as if that were said of areas already: of the lines of a scale the one that began last is read, so what stands need not be taken out."""
    d = evaluation.POSTGRES
    lines = " UNION ALL ".join(
        f"SELECT NULL::uuid, {int(s.area)}::bigint, {d.literal(s.scale)}, {d.literal(s.value)}, NULL::numeric, {d.literal(evaluation.naive(s.starts_at, zone))}, {d.literal(FAR)}, {d.literal(BEGINNING)}, {d.literal(FAR)}"
        for s in said
    )
    return replace(r, area_fact=f"{r.area_fact} UNION ALL {lines}")


class OutOfTime(Exception):
    """The statement did not end in the time given."""


@contextmanager
def looking(seconds: float) -> Iterator[Any]:
    """A cursor that can only look, for so long; whatever was set for it is gone afterwards, in the middle of a transaction too. Raises OutOfTime."""
    if seconds < 0.05:
        raise OutOfTime
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            evaluation.steady(cursor)
            cursor.execute(f"SET LOCAL transaction_read_only = on; SET LOCAL statement_timeout = {int(seconds * 1000)}")
            yield cursor
            transaction.set_rollback(True)
    except OperationalError as e:
        if isinstance(e.__cause__, QueryCanceled):
            raise OutOfTime from None
        raise


def answers(sql: str, seconds: float) -> list[dict[str, Any]]:
    with looking(seconds) as cursor:
        cursor.execute(sql)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
