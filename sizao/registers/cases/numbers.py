"""Whom a sender's numbers name: cases and contacts by the numbers that others write them under, with or without the zeros in front; and who is linked with whom."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Q
from django.db.models.functions import Coalesce

from sizao.kernel import clock
from sizao.kernel.copying import text_array
from sizao.kernel.ids import uuid_array
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope, visible

from .models import Case, Contact


@dataclass(frozen=True, slots=True)
class Named:
    """Which case a number names; `number` is its own, which may have zeros that the asked one lost. `several`: without the zeros it may be
    more than this one."""

    pk: UUID
    person: UUID
    disease: str
    number: str
    onset_on: date | None = None
    several: bool = False


@dataclass(frozen=True, slots=True)
class Numbered:
    """Whom a number of a case or contact names, and where he is; `number` is as `sender` writes it."""

    person: UUID
    area: int
    number: str
    sender: str
    several: bool = False


def cases_by_number(sender: str, numbers: Iterable[str]) -> dict[str, Case]:
    """A sender's own numbers → cases, those of an open batch included: an import must find what it has just brought."""
    return {c.source_id: c for c in _numbered(Case, sender, numbers)}


def cases_named(sender: str, numbers: Iterable[str], *, loosely: bool = False) -> dict[str, Named]:
    """A sender's own numbers → which case that is, without its fields. `loosely`: a number of digits that names no case is looked for
    without leading zeros on either side, because spreadsheets lose them."""
    wanted = set(numbers)
    told = _numbered(Case, sender, wanted).values_list("pk", "person_id", "disease", "source_id", "onset_on")
    found = {row[3]: Named(*row) for row in told}
    lost: dict[str, list[str]] = {}
    for number in wanted if loosely else ():
        if number not in found and number.isdigit() and (bare := number.lstrip("0")):
            lost.setdefault(bare, []).append(number)
    if lost:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT t.id, t.person_id, t.disease, t.source_id, t.onset_on FROM cases_case t WHERE {_WITHOUT_ZEROS} ORDER BY t.id", [sender, text_array(lost), text_array(lost)]
            )
            for row in cursor.fetchall():
                for number in lost[row[3].lstrip("0")]:
                    found[number] = Named(*row, several=number in found)
    return found


def people_by_number(scope: Scope, sender: str, numbers: Iterable[str]) -> dict[str, Numbered]:
    """Numbers of cases and contacts → whom they name, below the areas where this scope may write samples of them.

    The sender's own numbers go first, then those that fit without leading zeros, then whole numbers of other senders: a laboratory writes the
    number that the office gave. Cases go before contacts. `several`: on that step the number names more than one person. Six statements at most,
    each along an index, however many the numbers and the sender's rows.
    """
    wanted = set(numbers) - {""}
    found: dict[str, Numbered] = {}
    for table in ("cases_case", "cases_contact"):
        own = _named_in(scope, table, "t.sender = %s AND t.source_id <> '' AND t.source_id = ANY(%s::text[])", [sender, text_array(wanted)])
        _take(found, wanted, ((row.number, row) for row in own))
    lost: dict[str, list[str]] = {}
    for number in wanted - found.keys():
        if number.isdigit() and (bare := number.lstrip("0")):
            lost.setdefault(bare, []).append(number)
    for table in ("cases_case", "cases_contact") if lost else ():
        near = _named_in(scope, table, _WITHOUT_ZEROS, [sender, text_array(lost), text_array(lost)])
        _take(found, wanted, ((number, row) for row in near for number in lost[row.number.lstrip("0")]))
    for table in ("cases_case", "cases_contact") if wanted - found.keys() else ():
        _take(found, wanted, ((row.number, row) for row in _named_in(scope, table, "t.sender <> %s AND t.source_id <> '' AND t.source_id = ANY(%s::text[])", [sender, text_array(wanted)])))
    return found


#: The number itself, or one that has zeros more: each half has its index, the second only of numbers that begin with a zero. That no number is empty is
#: said of the first half alone: said of both, the first one's index would do for all that the sender ever sent.
_WITHOUT_ZEROS = "t.sender = %s AND ((t.source_id <> '' AND t.source_id = ANY(%s::text[])) OR (t.source_id LIKE '0%%' AND ltrim(t.source_id, '0') = ANY(%s::text[])))"


def _named_in(scope: Scope, table: str, where: str, params: list[Any]) -> list[Numbered]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT t.person_id, t.area_id, t.source_id, t.sender, a.path FROM {table} t JOIN kernel_area a ON a.id = t.area_id LEFT JOIN kernel_batch b ON b.id = t.batch_id "
            f"WHERE (t.batch_id IS NULL OR (b.closed_at IS NOT NULL AND b.undone_at IS NULL)) AND {where} ORDER BY t.id",
            params,
        )
        return [Numbered(person, area, number, of) for person, area, number, of, path in cursor.fetchall() if scope.can("specimen.write", path)]


def _take(found: dict[str, Numbered], wanted: set[str], named: Iterable[tuple[str, Numbered]]) -> None:
    """Those numbers that nothing named before."""
    here: dict[str, Numbered] = {}
    for number, row in named:
        if number in wanted and number not in found:
            there = here.get(number)
            here[number] = row if there is None else replace(there, several=there.several or there.person != row.person)
    found |= here


def are_cases(who: Iterable[tuple[UUID, str]]) -> set[tuple[UUID, str]]:
    """Those (person, disease) who are a case of it that was not ruled out."""
    pairs = set(who)
    with connection.cursor() as cursor:
        cursor.execute("SELECT person_id, disease FROM cases_case WHERE person_id = ANY(%s::uuid[]) AND classification IS DISTINCT FROM 'ruled_out'", [uuid_array({p for p, _ in pairs})])
        return pairs & set(cursor.fetchall())


def links_of_batch(batch: int) -> list[tuple[UUID, UUID]]:
    """(infector, infectee) of the links that a batch brought."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT infector_id, infectee_id FROM cases_link WHERE batch_id = %s", [batch])
        return list(cursor.fetchall())


def numbers_of(cases: Iterable[UUID]) -> dict[UUID, str]:
    """What their sender calls these cases."""
    return dict(Case.objects.filter(pk__in=set(cases)).values_list("pk", "source_id"))


def contacts_by_number(sender: str, numbers: Iterable[str]) -> dict[str, Contact]:
    """A sender's own numbers → contacts, those of an open batch included."""
    return {c.source_id: c for c in _numbered(Contact, sender, numbers)}


def beyond(scope: Scope, held: Iterable[Case | Contact], permission: str) -> set[str]:
    """Numbers of those of these rows that lie where this scope may not write: whoever tells such a number, of whatever place, corrects nothing there. One statement."""
    rows = list(held)
    if scope.is_system or not rows:
        return set()
    paths = dict(Area.objects.filter(pk__in={r.area_id for r in rows}).values_list("pk", "path"))
    return {r.source_id for r in rows if not scope.can(permission, paths[r.area_id])}


def _numbered(model: Any, sender: str, numbers: Iterable[str]) -> Any:
    """One array instead of thousands of parameters. The index of numbers holds no empty ones; that none is asked for cannot be seen from an array."""
    wanted = set(numbers) - {""}
    return model.objects.filter(sender=sender).extra(where=["source_id <> ''", "source_id = ANY(%s::text[])"], params=[text_array(wanted)]) if wanted else model.objects.none()


def open_contacts(person: UUID, disease: str, path: str | None = None) -> list[UUID]:
    """The person's contacts that are neither released nor cases, below an area (its own path) where one is given."""
    found = Contact.objects.filter(person=person, disease=disease, released_at=None, became_case_at=None)
    return list((found if path is None else found.filter(area__path__startswith=path)).values_list("pk", flat=True))


def linked_pairs(infectees: Iterable[UUID]) -> set[tuple[UUID, UUID]]:
    """The links into these cases that are known: (infector, infectee)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT infector_id, infectee_id FROM cases_link WHERE infectee_id = ANY(%s::uuid[])", [uuid_array(set(infectees))])
        return set(cursor.fetchall())




def outcomes(scope: Scope, area: Area, today: date, since: date) -> list[tuple[str, int, int, int, int, date | None]]:
    """(disease, confirmed cases, recovered of them, died of them, those whose confirmation is of `since` or later, day of the last) below an area; days are local. For figures:
    shows nobody, so the right to read the plan is enough. The last case is dated by confirmation, else report, else when it was first known. One statement."""
    at, new, until = Coalesce("confirmed_at", "reported_at", "known_from"), clock.start_of_day(since, area.zone), clock.end_of_day(today, area.zone)
    found = Case.objects.filter(visible(), scope.area_filter("area", "plan.read"), area__path__startswith=area.path, classification="confirmed").annotate(at=at)
    counted = found.filter(at__lte=until).order_by().values("disease").annotate(
        ill=Count("pk"), recovered=Count("pk", filter=Q(outcome="recovered")), died=Count("pk", filter=Q(outcome="died")), new=Count("pk", filter=Q(confirmed_at__gte=new)), last=Max("at")
    )  # fmt: skip
    return [(r["disease"], r["ill"], r["recovered"], r["died"], r["new"], clock.local_day(r["last"], area.zone)) for r in counted]
