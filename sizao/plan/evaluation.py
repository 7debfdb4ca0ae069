"""What is in force, and the statements that evaluate it: one for each measure of each enactment, over every time zone of the store."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from sizao.kernel import keys
from sizao.kernel.models import Area, ContentItem, Enactment

from . import relations
from .facts import vocabulary
from .language import Edition, Measure
from .language.measure import BEGINNING, FAR
from .loading import edition_of
from .obligations import FIELDS, Force, Narrower
from .sql import POSTGRES, Asked, Relations, compile_beside_in_zones, compile_measure
from .sql.shown import of_time, shown_values

INSTANTS = ("opens", "due", "done_at")
#: Of an enactment: long, and known by its item's number.
UNREAD = ("item__text", "item__source", "area__geometry")


@lru_cache(maxsize=64)
def edition(item: int) -> Edition:
    """The checked edition of a content item. Items never change, so it is read once."""
    found = ContentItem.objects.get(pk=item)
    return edition_of(found.text, found.source or f"{found.item_id}/edition.yaml")


@dataclass(frozen=True)
class InForce:
    """One measure of one enactment. `narrower`: the enactments of the same plan to which it yields."""

    enactment: Enactment
    edition: Edition
    measure: Measure
    narrower: tuple[Enactment, ...] = ()

    def force(self, zone: str) -> Force:
        """Where and when, in the zone's civil time. An occasion that opened before the end stays owed."""
        e = self.enactment
        area = None if e.area.parent_id is None else e.area_id  # the top of the tree is everywhere
        taken = tuple(Narrower(n.area_id, *lasting(n, zone), n.disease or None) for n in self.narrower)
        return Force(*lasting(e, zone), area, e.disease or None, draw_key(e.pk) if self.draws else "", taken)

    def depends(self, as_of: datetime) -> tuple[Hashable, ...]:
        """On what the text of its statement depends, besides its instants and the store's zones."""
        e = self.enactment
        start, end = lasting(e, "UTC")
        return (e.pk, self.measure.id, e.item_id, e.area_id, e.area.parent_id, e.disease, start, end, start <= naive(as_of, "UTC") < end,
                *((n.pk, n.area_id, n.disease, *lasting(n, "UTC")) for n in self.narrower))  # fmt: skip

    @property
    def draws(self) -> bool:
        """Something in the edition is drawn."""
        return any(m.draws for m in self.edition.measures.values())


def draw_key(enactment: int) -> str:
    """The key of an enactment's draws: nobody outside can foresee them, and they can be done again. The oldest key of the ring stays for good."""
    oldest = keys.ring().all("index")[-1]
    return hmac.new(oldest.secret, f"draw {enactment}".encode(), "sha256").hexdigest()[:32]


def lasting(e: Enactment, zone: str) -> tuple[datetime, datetime]:
    """From when until when an enactment is in force, in the zone's civil time."""
    return naive(e.starts_at, zone), naive(e.ends_at, zone) if e.ends_at else FAR


def displaces(narrow: Enactment, wide: Enactment) -> bool:
    """Whether an enactment beats another in its own area, for the diseases that both are about and the time in which both are in force.

    The same plan, in whatever text, for an area below the other's. Of two different diseases both are owed; who names none is about all. A trial displaces nobody.
    """
    below = narrow.area_id != wide.area_id and narrow.area.path.startswith(wide.area.path)
    same = narrow.item.item_id == wide.item.item_id and (not narrow.disease or not wide.disease or narrow.disease == wide.disease)
    together = (wide.ends_at is None or narrow.starts_at < wide.ends_at) and (narrow.ends_at is None or narrow.ends_at > wide.starts_at)
    return not narrow.trial and below and same and together


def in_force(as_of: datetime, plan: str | None = None, among: Collection[int] | None = None) -> list[InForce]:
    """Every measure of every edition that was decided and had begun by `as_of`; those that have ended since keep their occasions.

    `among`: of these enactments only, as if there were no other.
    """
    found = (
        Enactment.objects.filter(decided_at__isnull=False, starts_at__lte=as_of, item__kind="plan")
        .select_related("item", "area")
        .defer(*UNREAD)
        .order_by("pk")
    )
    if plan:
        found = found.filter(item__item_id=plan)
    every = [e for e in found if among is None or e.pk in among]
    taken = {e.pk: tuple(n for n in every if displaces(n, e)) for e in every}
    return [InForce(e, edition(e.item_id), m, taken[e.pk]) for e in every for m in edition(e.item_id).measures.values()]


def naive(instant: datetime, zone: str) -> datetime:
    """An instant in a zone's civil time.

    >>> naive(datetime(2020, 6, 1, 12, tzinfo=UTC), "Asia/Shanghai")
    datetime.datetime(2020, 6, 1, 20, 0)
    """
    if instant.year <= 1:
        return BEGINNING
    return FAR if instant.year >= 9999 else instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def aware(civil: datetime | None, zone: str) -> datetime | None:
    """A civil time of a zone as an instant."""
    return civil.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) if civil else None


def zones() -> list[str]:
    """The zones in which the store has areas."""
    return sorted(Area.objects.values_list("zone", flat=True).distinct()) or ["Asia/Shanghai"]


def statement(
    f: InForce,
    as_of: datetime,
    known_at: datetime | None,
    subjects: Mapping[str, str] | None = None,
    places: list[str] | None = None,
    beside: bool = True,
    seen: str = "",
    shared: Callable[[Relations, str, str], Relations] | None = None,
    asked: Mapping[str, Asked] | None = None,
) -> str:
    """SQL of every obligation of a measure, with real instants.

    `places`: the store's zones, where somebody has asked. `beside`: also that by which the measure's list is not complete, and what was
    handed over. `seen`: the snapshot of a run, of whose list it is. `shared`: puts what several statements of one list share into a zone's relations. `asked`: the
    instant that each zone's part is told when it runs; that of `as_of` tells only what is in force.
    """
    places, m, parts = places or zones(), f.measure, []
    columns = {zone: ", ".join(f"(z.{name} AT TIME ZONE '{zone}') AS {name}" if name in INSTANTS else f"z.{name}" for name in FIELDS) for zone in places}
    for zone in places:
        among = subjects if subjects and m.facts in subjects else None
        related = relations.build(vocabulary(), zone, known_at, among, one_zone=len(places) == 1, seen=seen)
        only = among[m.facts] if among and not m.simple else None
        if only:  # what it looks at beyond its own rows must not be narrowed with them
            everybody = relations.build(vocabulary(), zone, known_at, None, one_zone=len(places) == 1, seen=seen)
            related = replace(everybody, own=related.facts[m.facts], acts_of=related.acts_of)
        if shared:
            related = shared(related, zone, m.facts)
        now, dialect = (asked[zone].instant, asked[zone]) if asked else (naive(as_of, zone), POSTGRES)
        civil = compile_measure(m, related, now, f.force(zone), dialect, only=only)
        parts.append(f"SELECT {columns[zone]} FROM ({civil}) z")
    if beside and (m.reconcile or m.table.custody):
        wanted = subjects.get(m.facts) if subjects else None
        whole = [(relations.build(vocabulary(), zone, known_at, None, one_zone=len(places) == 1, seen=seen), naive(as_of, zone), f.force(zone)) for zone in places]
        rest = zip(places, compile_beside_in_zones(m, whole, only=wanted), strict=True)
        parts += [f"SELECT {columns[zone]} FROM ({sql}) z" for zone, sql in rest if sql]
    return " UNION ALL ".join(parts)


def shown(f: InForce, obligations: str, as_of: datetime, known_at: datetime | None, seen: str = "") -> str:
    """SQL of the values of a measure's figures over its obligations (a relation with real instants): area, local day, v0, v1, …"""
    places, parts = zones(), []
    columns = ["subject", "area", "state", *(f"(x.{name} AT TIME ZONE '{{0}}') AS {name}" for name in INSTANTS)]
    for zone in places:
        related = relations.build(vocabulary(), zone, known_at, None, one_zone=len(places) == 1, seen=seen)
        civil = f"SELECT {', '.join(columns).format(zone)} FROM {obligations} x"
        values = shown_values(f.measure, civil, related, naive(as_of, zone), f.force(zone), POSTGRES)
        told = [f"(y.v{i} AT TIME ZONE '{zone}') AS v{i}" if of_time(s) else f"y.v{i}" for i, s in enumerate(f.measure.shows)]
        parts.append(f"SELECT y.area, y.day, {', '.join(told)} FROM ({values}) y")
    return " UNION ALL ".join(parts)


def steady(cursor: Any, *, short: bool = False) -> None:
    """Tells the planner, for this transaction, what it cannot know of sets made on the way: they are large, and never to be looped over. `short`: so few that
    to start a parallel worker would take longer."""
    alone = "; SET LOCAL max_parallel_workers_per_gather = 0" if short else ""
    cursor.execute(f"SET LOCAL enable_nestloop = off; SET LOCAL jit = off; SET LOCAL work_mem = '256MB'{alone}")


def below(table: str, pattern: str) -> dict[str, str]:
    """The subjects of a table that stand in an area of a pattern (see `relations.beneath`), or ever stood there.

    Nothing where the table is no register's own: pairs and lines of lists are all evaluated.
    """
    if table not in vocabulary().tables:
        return {}
    t, areas = vocabulary().tables[table], f"SELECT id FROM kernel_area WHERE path LIKE {pattern}"
    return {
        table: f"SELECT s.id FROM {t.relation} s WHERE s.{t.area} = ANY(ARRAY({areas})) UNION SELECT h.id FROM {t.history} h WHERE h.{t.area} = ANY(ARRAY({areas}))"
    }


def only(table: str, subject: Any) -> dict[str, str]:
    """That one subject of a table; nothing where the table is no register's own."""
    if table not in vocabulary().tables:
        return {}
    return {table: f"SELECT '{UUID(str(subject))}'::uuid"}


def rows(sql: str, parameters: tuple[Any, ...] = ()) -> Iterator[dict[str, Any]]:
    """The rows of a statement as dictionaries."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)  # without parameters a % in the text is a plain %
        names = [column.name for column in cursor.description or ()]
        yield from (dict(zip(names, row, strict=True)) for row in cursor.fetchall())
