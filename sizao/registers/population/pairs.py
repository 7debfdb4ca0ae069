"""The queue of pairs that may be one person: who may see which, and what somebody decided about one. Only a person decides; a pair is decided once."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from sizao.kernel import audit, clock, registry
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope, at_most_one, visible

from . import merging
from .models import Look, Merge, Pair, Person

VERDICTS = ("same", "different", "unknown")


def pairs(scope: Scope, state: str = "open") -> QuerySet[Pair]:
    """Pairs of which this scope reaches both, likeliest first. The caller records the read when persons reach a screen."""
    both = {"one__same_as": None, "other__same_as": None} if state != "same" else {}
    mine = scope.area_filter("one__area", "person.merge"), scope.area_filter("other__area", "person.merge")
    return Pair.objects.filter(*mine, state=state, **both).select_related("one__area", "other__area").defer("one__area__geometry", "other__area__geometry").order_by("-bits", "id")


def access_pair_by_id(scope: Scope, pair: UUID) -> Pair:
    """One pair, whatever became of it. Refused not-found-or-out-of-area."""
    mine = scope.area_filter("one__area", "person.merge"), scope.area_filter("other__area", "person.merge")
    row: Pair = at_most_one(Pair.objects.filter(*mine, pk=pair).select_related("one__area", "other__area", "user", "post__area")[:1])
    return row


@transaction.atomic
def decide(scope: Scope, pair: UUID, verdict: str, *, reason: str, mark: str, keep: UUID | None = None) -> Merge | None:
    """What somebody found who looked at both: same (the other goes into `keep`, by default the one known longer), different, unknown (asked no more until a key
    field changes). `mark`: the version that he looked at.

    Refused: bad-value, value-missing (why two are one), not-found-or-out-of-area, pair-decided (somebody else was quicker), pair-changed (a key field was
    corrected since), and what `merging.merge` refuses.
    """
    access_pair_by_id(scope, pair)
    if verdict not in VERDICTS:
        raise Refused("bad-value", field="verdict", value=verdict[:40], expected=", ".join(VERDICTS))
    row = Pair.objects.select_for_update(of=("self",)).select_related("one", "other", "user").get(pk=pair)
    if row.state not in ("open", "unknown"):
        raise Refused("pair-decided", by=row.user.name if row.user else "—")
    if row.mark != mark:
        raise Refused("pair-changed")
    if keep is not None and keep not in (row.one_id, row.other_id):
        raise Refused("not-found-or-out-of-area")
    made = None
    if verdict == "same":
        kept = keep or min((row.one, row.other), key=lambda p: (p.known_from, p.pk)).pk
        made = merging.merge(scope, kept, row.other_id if kept == row.one_id else row.one_id, reason=reason)
    row.state, row.decided_at, row.user, row.post, row.reason = verdict, clock.now(), scope.user, scope.post, reason.strip()[:500]
    row.save(update_fields=["state", "decided_at", "user", "post", "reason"])
    audit.write(scope, f"population.pair_{verdict}", [row.one_id, row.other_id], digest_of=[str(row.pk), verdict])
    return made


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many pairs wait in these areas; of them, likely ones (at or above `probable`); and the last look."""

    open: int
    probable: int
    unknown: int
    look: Look | None


def waiting(scope: Scope, probable: float) -> Waiting:
    """Counts for the head of the queue."""
    found = pairs(scope)
    return Waiting(found.count(), found.filter(bits__gte=probable).count(), pairs(scope, "unknown").count(), Look.objects.first())


def waiting_of_batches(batches: list[int]) -> dict[int, int]:
    """batch → pairs that wait and have a person who came with it: what the report of an import says. Counts, nobody."""
    if not batches:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.batch_id, count(DISTINCT q.id) FROM population_pair q JOIN population_person p ON p.id IN (q.one_id, q.other_id) "
            "WHERE q.state = 'open' AND p.batch_id = ANY(%s) AND p.same_as_id IS NULL GROUP BY 1",
            [batches],
        )
        return dict(cursor.fetchall())


def records_of(people: list[UUID]) -> dict[UUID, dict[str, int]]:
    """person → register → how many rows stand about him: what a merge would move. One statement."""
    labels = {r.model._meta.db_table: r.name for r in registry.registers() if r.only is None}
    parts = [f"SELECT {column} AS person, '{labels.get(table, table)}' AS register, count(*) AS many FROM \"{table}\" WHERE {column} = ANY(%(who)s::uuid[]) GROUP BY 1" for table, (column, _, _) in merging.bearing().items()]
    found: dict[UUID, dict[str, int]] = {pk: {} for pk in people}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), {"who": people})
        for person, register, many in cursor.fetchall():
            found[person][register] = many
    return found


def people_of(scope: Scope, rows: list[Pair]) -> dict[UUID, Person]:
    """Both persons of each pair, the read on record."""
    wanted = {pk for r in rows for pk in (r.one_id, r.other_id)}
    found: dict[UUID, Any] = {p.pk: p for p in Person.objects.filter(visible(), scope.area_filter("area"), pk__in=wanted).select_related("area", "household").defer("area__geometry")}
    if found:
        audit.write(scope, "population.pairs", list(found))
    return found
