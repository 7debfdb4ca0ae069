"""Two records become one person, and two again: every row of every register goes along, in one transaction, and a journal says which went.

The rows are re-pointed, so that whatever reads a person (pages, plans on PostgreSQL and on the mirror, passes) finds one without asking who was merged; each
keeps its versions. Acts are never changed: those of the merged person are said again of the other, in their place, told when they were told. The merged
record stays as it was told, with its names and numbers under its own key, and is nobody of its own as long as the merge stands.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from sizao.kernel import acts, audit, clock, registry
from sizao.kernel.errors import Refused
from sizao.kernel.models import Act
from sizao.kernel.scope import Scope, at_most_one, visible

from .models import Merge, Moved, Pair, Person

ACTS = "kernel_act"

#: A contact's case is another person's; every other row that points to a row about a person is about the same one.
OF_ANOTHER = frozenset({("cases_contact", "case_id")})


@cache
def bearing() -> dict[str, tuple[str, bool, tuple[tuple[str, str], ...]]]:
    """Table → (its column that names the person, whether it also names a subject by id, (column, table) of rows about the same person that it points to)."""
    named = {m: f.column for m in apps.get_models() if m._meta.app_label != "population" for f in m._meta.concrete_fields if f.is_relation and f.related_model is Person}
    found = {}
    for m, column in named.items():
        fields = m._meta.concrete_fields
        follows = tuple((f.column, f.related_model._meta.db_table) for f in fields if f.is_relation and f.related_model in named and (m._meta.db_table, f.column) not in OF_ANOTHER)
        subject = any(f.column == "subject" and isinstance(f, models.UUIDField) for f in fields)
        found[m._meta.db_table] = (column, subject, follows)
    return found


@transaction.atomic
def merge(scope: Scope, kept: UUID, merged: UUID, *, reason: str) -> Merge:
    """`merged` is read as `kept` from now on, with all that stands in any register about it.

    Refused: value-missing (why), merge-of-one, not-found-or-out-of-area (either is not within reach), merged-already (somebody else was quicker; says who it is now),
    merge-contradicts (a table's own rule does not let both stand in one).
    """
    if not reason.strip():
        raise Refused("value-missing", field={"zh": "理由", "en": "reason"})
    if kept == merged:
        raise Refused("merge-of-one")
    _reach(scope, (kept, merged))
    made = Merge.objects.create(kept_id=kept, merged_id=merged, reason=reason.strip()[:500], at=clock.now(), user=scope.user, post=scope.post)
    count = _move(made)
    Person.objects.filter(pk=merged).update(same_as=kept)
    audit.write(scope, "population.merged", [kept, merged], digest_of=[str(made.pk), str(kept), str(merged), count])
    return made


def _reach(scope: Scope, people: Sequence[UUID]) -> None:
    """Both persons, locked in one order whoever asks; each within reach and nobody else by now."""
    rows = {p.pk: p for p in Person.objects.select_for_update(of=("self",)).filter(visible(), scope.area_filter("area", "person.merge"), pk__in=people).order_by("pk").select_related("area")}
    if len(rows) < len(people):
        raise Refused("not-found-or-out-of-area")
    if gone := [p for p in rows.values() if p.same_as_id is not None]:
        raise Refused("merged-already", person=str(gone[0].same_as_id))


def _move(made: Merge) -> int:
    """Everything that stands about the merged person goes to the kept one, and is written down; how many rows and acts."""
    moved = []
    for table, (column, subject, _) in bearing().items():
        moved += [(table, row) for row in _repoint(table, column, subject, made.merged_id, made.kept_id)]
    said = acts.restate(acts.standing_about([made.merged_id]), made.merged_id, made.kept_id)
    moved += [(ACTS, str(pk)) for pk in said]
    Moved.objects.bulk_create([Moved(merge=made, relation=table, row=row) for table, row in moved], ignore_conflicts=True)
    return len(moved)


def _repoint(table: str, column: str, subject: bool, was: UUID, becomes: UUID, only: Iterable[str] | None = None) -> list[str]:
    also = ", subject = CASE WHEN subject = %(was)s THEN %(becomes)s ELSE subject END" if subject else ""
    rows = "" if only is None else "AND id::text = ANY(%(only)s)"
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f'UPDATE "{table}" SET {column} = %(becomes)s{also} WHERE {column} = %(was)s {rows} RETURNING id::text',
                {"was": was, "becomes": becomes, "only": list(only) if only is not None else None},
            )
            return [row for (row,) in cursor.fetchall()]
    except IntegrityError:
        raise Refused("merge-contradicts", table=_called(table)) from None


def _called(table: str) -> dict[str, str]:
    """What a table is called on screens."""
    found = next((r.declaration for r in registry.registers() if r.model._meta.db_table == table), None)
    return {"zh": found.zh, "en": found.en} if found is not None else {"zh": table, "en": table}


@transaction.atomic
def undo(scope: Scope, merge: UUID, *, reason: str) -> Merge:
    """The two are two again, as they were: what was the merged one's goes back, with what was written since about those very rows; what was written since about
    the kept person alone stays with him.

    Refused: value-missing (why), not-found-or-out-of-area, merge-undone (somebody else was quicker), merge-not-last (the kept one was merged further: that comes first).
    """
    within = scope.area_filter("kept__area", "person.merge") & scope.area_filter("merged__area", "person.merge")
    row: Merge = at_most_one(Merge.objects.select_for_update(of=("self",)).filter(within, pk=merge).select_related("kept__area", "merged__area"))
    both = (row.kept_id, row.merged_id)
    list(Pair.objects.select_for_update(of=("self",)).filter(one__in=both, other__in=both))  # first the pair, then the persons, as who decides a pair does
    list(Person.objects.select_for_update(of=("self",)).filter(pk__in=both).order_by("pk").only("pk"))
    if not reason.strip():
        raise Refused("value-missing", field={"zh": "理由", "en": "reason"})
    if row.undone_at is not None:
        raise Refused("merge-undone")
    if (further := Merge.objects.filter(merged=row.kept_id, undone_at=None).first()) is not None:
        raise Refused("merge-not-last", merge=str(further.pk))
    Merge.objects.filter(pk=row.pk).update(undone_reason="")  # its transaction is this one now: restricted rows may follow
    _move(row)  # what came in for the merged one meanwhile is written down, so that it goes back like the rest
    held: dict[str, set[str]] = {}
    for table, pk in row.moved.values_list("relation", "row"):
        held.setdefault(table, set()).add(pk)
    row.undone_at, row.undone_user, row.undone_post, row.undone_reason = clock.now(), scope.user, scope.post, reason.strip()[:500]
    row.save(update_fields=["undone_at", "undone_user", "undone_post", "undone_reason"])
    said = held.pop(ACTS, set())
    back = _following(held, row.kept_id)
    for table, ids in back.items():
        column, subject, _ = bearing()[table]
        _repoint(table, column, subject, row.kept_id, row.merged_id, ids)
    ids = {pk for some in back.values() for pk in some}
    acts.restate(_their_acts(row.kept_id, said, ids), row.kept_id, row.merged_id)
    Person.objects.filter(pk=row.merged_id).update(same_as=None)
    Pair.objects.filter(one__in=both, other__in=both, state="same").update(state="open", asked_again_at=clock.now())
    audit.write(scope, "population.unmerged", [row.kept_id, row.merged_id], digest_of=[str(row.pk), sorted(ids)])
    return row


def _following(held: dict[str, set[str]], kept: UUID) -> dict[str, set[str]]:
    """The rows that went, and what was written since about them: rows about the same person that point to one of these."""
    back = {table: set(rows) for table, rows in held.items() if table in bearing()}
    while True:
        before = sum(map(len, back.values()))
        for table, (column, _, follows) in bearing().items():
            for way, target in follows:
                if back.get(target):
                    with connection.cursor() as cursor:
                        cursor.execute(f'SELECT id::text FROM "{table}" WHERE {column} = %s AND {way}::text = ANY(%s)', [kept, list(back[target])])
                        back.setdefault(table, set()).update(pk for (pk,) in cursor.fetchall())
        if sum(map(len, back.values())) == before:
            return back


def _their_acts(kept: UUID, said: set[str], rows: set[str]) -> list[Act]:
    """Of the acts that stand about the kept person, those that are the other's: said again when they were merged (or what has corrected such a one since), and
    what a row that goes back tells."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE line (id) AS (SELECT unnest(%s::uuid[]) UNION SELECT a.id FROM kernel_act a JOIN line ON a.replaces = line.id) SELECT id FROM line", [list(said)]
        )
        line = {pk for (pk,) in cursor.fetchall()}
    return [a for a in acts.standing_about([kept]) if a.id in line or str(a.record) in rows or str(a.subject) in rows]


def gather(since: datetime | None = None) -> int:
    """What was written about merged persons while they were being merged (an import that had read them before) goes to whom they are; how many rows.
    `since`: of the merges from then on, as a transaction lasts seconds; all without."""
    count = 0
    found = Merge.objects.filter(undone_at=None, merged__same_as__isnull=False)
    for row in (found if since is None else found.filter(at__gte=since)).only("pk"):
        with transaction.atomic():
            held = Merge.objects.select_for_update(of=("self",)).get(pk=row.pk)
            if held.undone_at is None and _strays(held.merged_id):
                Merge.objects.filter(pk=held.pk).update(undone_reason="")  # its transaction is this one now: restricted rows may follow
                count += _move(held)
    return count


def _strays(merged: UUID) -> bool:
    tests = [f'EXISTS (SELECT 1 FROM "{table}" WHERE {column} = %(who)s)' for table, (column, _, _) in bearing().items()]
    tests.append("EXISTS (SELECT 1 FROM kernel_act a WHERE a.person = %(who)s AND NOT EXISTS (SELECT 1 FROM kernel_act b WHERE b.replaces = a.id))")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {' OR '.join(tests)}", {"who": merged})
        return bool(cursor.fetchone()[0])


def as_told(records: dict[UUID, UUID]) -> dict[UUID, UUID]:
    """record → the person whom its sender tells of, where the record went to another by a merge that stands; given record → person. A sender who tells again
    corrects what he told, not the other's name. One statement, none where nobody was ever merged."""
    if not records or not Merge.objects.exists():
        return records
    first = dict(
        Moved.objects.filter(row__in=[str(pk) for pk in records], merge__undone_at=None).exclude(relation=ACTS).order_by("-merge__at", "-pk").values_list("row", "merge__merged")
    )
    return {pk: first.get(str(pk), person) for pk, person in records.items()}


def others_of(people: Iterable[UUID]) -> dict[UUID, UUID]:
    """merged person → whom he is read as, through every merge that stands. Who is nobody else is absent."""
    found, wanted = {}, set(people)
    if not wanted:
        return {}
    step = dict(Person.objects.filter(pk__in=wanted, same_as__isnull=False).values_list("pk", "same_as"))
    while step:
        found |= {pk: to for pk, to in step.items() if pk in wanted} | {pk: step[to] for pk, to in found.items() if to in step}
        step = dict(Person.objects.filter(pk__in=set(step.values()), same_as__isnull=False).values_list("pk", "same_as"))
    return found


def merges_of(scope: Scope, person: UUID) -> list[Any]:
    """The merges that stand into this person, the newest first, those further down included; the caller has asked for the right to look at the person."""
    found: list[Merge] = []
    wanted = [person]
    while wanted:
        some = list(Merge.objects.filter(kept__in=wanted, undone_at=None).select_related("merged__area", "post__area", "user").order_by("-at"))
        found, wanted = found + some, [m.merged_id for m in some]
    return found


__all__ = ["as_told", "bearing", "gather", "merge", "merges_of", "others_of", "undo"]
