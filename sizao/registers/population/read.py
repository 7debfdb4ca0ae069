"""The only way into the register of persons."""

import time
from collections.abc import Iterable, Sequence
from threading import Lock
from uuid import UUID

from django.db import connection
from django.db.models import Count, FloatField, Q, QuerySet
from django.db.models.functions import Cast

from sizao.kernel import audit
from sizao.kernel.models import Area
from sizao.kernel.rows import among, fetched
from sizao.kernel.scope import Scope, at_most_one, visible
from sizao.kernel.sealed import keys_at_hand

from .merging import as_told, others_of
from .models import Household, Person
from .rules import masked, search_keys
from .sealing import ADDRESS, NATIONAL_ID, PHONE

#: So many persons are handed from one statement to the next; more are asked for where they stand.
FEW = 500
#: From so many persons on counting them takes longer than a page may, and a population does not change by what is entered in so many seconds. Counts of so many areas are held.
MANY, HOLDS, KEPT = 50_000, 300.0, 64
_counted: dict[tuple[str, str, str], tuple[float, dict[int, int]]] = {}
_counting = Lock()

__all__ = ["access_person_by_id", "as_told", "matching", "names_of", "others_of", "persons", "sealed_of", "search", "shown_name"]


def persons(scope: Scope) -> QuerySet[Person]:
    """The persons that this scope may see; the caller records the read (`record_read`) when rows reach a screen or a file. Who was found to be another is absent."""
    return Person.objects.filter(visible(), scope.area_filter("area"), same_as=None).select_related("area").defer("area__geometry")


def households(scope: Scope) -> QuerySet[Household]:
    return Household.objects.filter(visible(), scope.area_filter("area"))


def access_person_by_id(scope: Scope, person: UUID) -> Person:
    """One person, and the read on record. Refused not-found-or-out-of-area, whichever it is."""
    row: Person = at_most_one(persons(scope).filter(pk=person)[:1])
    audit.write(scope, "population.read", [row.pk])
    return row


def record_read(scope: Scope, people: Iterable[UUID], what: str = "population.list") -> None:
    """Puts the reading of these persons on record."""
    seen = list(people)
    if seen:
        audit.write(scope, what, seen)


def shown_name(scope: Scope, person: Person) -> str:
    """The name as this scope may see it there."""
    return person.name if scope.can("person.names", person.area) else masked(person.name)


def names_of(scope: Scope, people: Iterable[UUID], what: str = "population.names") -> dict[UUID, str]:
    """The names of many, masked where the scope does not see names; one read on record. Persons out of the area are absent."""
    rows = list(persons(scope).filter(pk__in=set(people)).values_list("pk", "name", "area__path"))
    record_read(scope, (pk for pk, _, _ in rows), what)
    return {pk: name if scope.can("person.names", path) else masked(name) for pk, name, path in rows}


def names_entrusted(scope: Scope, whom: Iterable[tuple[UUID, Area]], what: str, permission: str = "person.names") -> dict[UUID, str]:
    """The names of people whom a record of this post's own areas entrusts to it (a patient referred to its hospital), wherever they live: masked where the post
    sees no names at that record's area. The caller has read those records by their own scope; one read on record. `permission` "listed.names": the record is a duty of this very post."""
    areas = dict(whom)
    rows = list(Person.objects.filter(visible(), pk__in=set(areas)).values_list("pk", "name"))
    record_read(scope, (pk for pk, _ in rows), what)
    return {pk: name if scope.can(permission, areas[pk]) else masked(name) for pk, name in rows}


def sealed_of(scope: Scope, person: Person) -> dict[str, str | None]:
    """The sealed fields in the open, for who sees names there; otherwise nothing of them."""
    if not scope.can("person.names", person.area):
        return {}
    with keys_at_hand():
        return {f: c.unseal(person.pk, person.pk, box) if (box := getattr(person, f)) else None for f, c in (("national_id", NATIONAL_ID), ("phone", PHONE), ("address", ADDRESS))}


def sealed_of_many(scope: Scope, people: Sequence[Person]) -> dict[UUID, dict[str, str | None]]:
    """The same for many, a statement or two a field; persons whose names the scope does not see there are absent."""
    seen = [p for p in people if scope.can("person.names", p.area)]
    found: dict[UUID, dict[str, str | None]] = {p.pk: {} for p in seen}
    for name, column in (("national_id", NATIONAL_ID), ("phone", PHONE), ("address", ADDRESS)):
        for p, value in zip(seen, column.unseal_many([(p.pk, p.pk, getattr(p, name)) for p in seen]), strict=True):
            found[p.pk][name] = value
    return found


def matching(scope: Scope, text: str, prefix: str = "", *, sealed_anywhere: bool = False) -> Q | None:
    """Persons whom a text means, as a condition on them (or on what points to them: `prefix` "person__"); None when it can mean nobody.

    Names are searched where the scope sees names; identity numbers and telephones too, or by anyone where `sealed_anywhere` (an exact number is known to who asks).
    Without a prefix and without `sealed_anywhere` the caller keeps to the areas where names are seen.
    """
    digits = "".join(c for c in text if c.isalnum())
    if len(digits) >= 7 and digits[:-1].isdigit():
        if not (sealed_anywhere or scope.sees_names):
            return None
        return Q(**{f"{prefix}national_id_index__in": NATIONAL_ID.searched(text)}) | Q(**{f"{prefix}phone_index__in": PHONE.searched(text)})
    if any(c.isdigit() for c in text):  # a number of some sender: nobody is called so
        return None
    if scope.sees_names and (keys := search_keys(text)):
        found = Q(**{f"{prefix}name_keys__contains": keys})
        return found & scope.area_filter(f"{prefix}area", "person.names") if prefix or sealed_anywhere else found
    return None


def few_matching(scope: Scope, text: str) -> list[UUID] | None:
    """The persons whom a text means, where they are at most `FEW` of those that this scope may name; None where they are more. For a list of what points to persons."""
    meant = matching(scope, text)
    if meant is None:
        return []
    found = list(Person.objects.filter(meant, scope.area_filter("area", "person.names"), same_as=None).values_list("pk", flat=True)[: FEW + 1])
    return found if len(found) <= FEW else None


def by_identifier(scope: Scope, texts: Iterable[str], right: str = "person.read") -> Iterable[tuple[str, UUID]]:
    """(text, person) for each text that is exactly the identity number or telephone of a person in the areas where this scope may do `right`; two statements for all of them.

    A gate that may check passes (`pass.check`) asks by a number without a right to read persons: it is told what binds the holder, and nothing else of him.
    """
    for column, name in ((NATIONAL_ID, "national_id_index"), (PHONE, "phone_index")):
        wanted = {mark: text for text in texts if len(text) >= 7 for mark in column.searched(text)}
        if wanted:
            found = list(Person.objects.filter(visible(), scope.area_filter("area", right), **{f"{name}__in": list(wanted)}).values_list(name, "pk", "same_as"))
            others = others_of(pk for _, pk, other in found if other is not None)
            for mark, pk, _ in found:
                yield wanted[bytes(mark)], others.get(pk, pk)


def by_identifier_anywhere(texts: Iterable[str]) -> dict[str, UUID]:
    """text → person for identity numbers and telephones, wherever the person lives: for an intake that must know whether somebody is in the register, and
    shows nobody. Two statements for all of them."""
    found: dict[str, UUID] = {}
    for column, name in ((PHONE, "phone_index"), (NATIONAL_ID, "national_id_index")):
        wanted = {mark: text for text in texts if len(text) >= 7 for mark in column.searched(text)}
        if wanted:
            rows = list(Person.objects.filter(visible(), **{f"{name}__in": list(wanted)}).order_by("-id").values_list(name, "pk", "same_as"))
            others = others_of(pk for _, pk, other in rows if other is not None)
            for mark, pk, _ in rows:
                found[wanted[bytes(mark)]] = others.get(pk, pk)
    return found


def by_document_anywhere(numbers: Iterable[str]) -> dict[str, UUID]:
    """number → person for numbers of identity documents, wherever the person lives; for an intake that shows nobody. A telephone names nobody here."""
    wanted = {mark: number for number in numbers for mark in NATIONAL_ID.searched(number)}
    rows = Person.objects.filter(visible(), national_id_index__in=list(wanted)).order_by("-id").values_list("national_id_index", "pk") if wanted else ()
    return {wanted[bytes(mark)]: pk for mark, pk in rows}


def named_among(scope: Scope, people: Iterable[UUID]) -> list[tuple[UUID, str, int | None]]:
    """(person, name, age in whole years) of those of these persons whom this scope may name."""
    found = Person.objects.filter(scope.area_filter("area", "person.names"), pk__in=set(people)).values_list("pk", "name", "age_years")
    return [(pk, name, None if age is None else int(age)) for pk, name, age in found]


def areas_of(people: Iterable[UUID]) -> dict[UUID, Area]:
    """Where these persons live: for a story that hands people over to their own area, and shows nobody."""
    return {p.pk: p.area for p in Person.objects.filter(visible(), pk__in=set(people)).select_related("area").only("area__path", "area__time_zone", "area__parent")}


def households_of(people: Iterable[UUID]) -> dict[UUID, UUID]:
    """person → household, of those who have one: for a story that looks after a household, and shows nobody."""
    return dict(Person.objects.filter(visible(), pk__in=set(people), household__isnull=False).values_list("pk", "household_id"))


def members_of(scope: Scope, households: Iterable[UUID]) -> list[Person]:
    """Who lives in these households, as far as this scope may see; the caller records the read when names reach a screen."""
    return list(persons(scope).filter(household__in=set(households)).select_related("area", "household").order_by("household_id", "id"))


def search(scope: Scope, text: str, limit: int = 50) -> Sequence[Person]:
    """Persons by name (Chinese, pinyin initials, Latin words), exact national id or telephone, those of merged records too; at most `limit`, reads on record."""
    meant = matching(scope, text, sealed_anywhere=True)
    if meant is None:
        return []
    found = list(Person.objects.filter(visible(), scope.area_filter("area"), meant).select_related("area").defer("area__geometry").order_by("name", "id")[:limit])
    rows = [p for p in found if p.same_as_id is None]
    if len(rows) < len(found):  # a name or number that was told of somebody who is another: that other is meant
        others = set(others_of(p.pk for p in found if p.same_as_id is not None).values()) - {r.pk for r in rows}
        rows = [*rows, *persons(scope).filter(pk__in=others).order_by("name", "id")][:limit]
    record_read(scope, (r.pk for r in rows), "population.search")
    return rows


def ages_of(people: Iterable[UUID]) -> list[tuple[UUID, float]]:
    """(person, age in years as told) of those of whom it is told: for figures by age, which show nobody. One statement."""
    rows = among(Person.objects.filter(age_years__isnull=False), "id", people)
    return fetched(rows.order_by().values_list("pk", Cast("age_years", FloatField())))


def counts_by_area(scope: Scope, area: Area) -> dict[int, int]:
    """area → how many persons of the register live right there, below an area; for figures. One statement, or none: a count of `MANY` persons or more holds for `HOLDS` seconds in this process."""
    mine = scope.area_filter("area", "plan.read")
    key = connection.settings_dict["NAME"], repr(mine), area.path
    with _counting:  # whoever asks for the same meanwhile waits for it
        counted = _counted.get(key)
        if counted is None or counted[0] < time.monotonic():
            found = Person.objects.filter(visible(), mine, same_as=None, area__path__startswith=area.path).order_by()
            counted = time.monotonic() + HOLDS, dict(found.values_list("area_id").annotate(n=Count("pk")))
            if sum(counted[1].values()) >= MANY:
                if len(_counted) >= KEPT:
                    del _counted[min(_counted, key=lambda k: _counted[k][0])]
                _counted[key] = counted
    return dict(counted[1])


def fewer_than(many: int) -> bool:
    """Whether the register has fewer persons than so many; it counts no further."""
    return Person.objects.filter(same_as=None)[: many].count() < many


def names_standing_in(scope: Scope, candidates: Iterable[str]) -> list[str]:
    """Which of these texts is the name of somebody in the register: for a text that is to be published and must name nobody. Put on record; only whoever may write texts asks. One statement."""
    if not scope.can("text.write"):
        scope.check("ticket.write")
    wanted = {c for c in candidates if c}
    found = sorted(set(among(Person.objects.filter(visible()), "name", wanted, ids=False).order_by().values_list("name", flat=True))) if wanted else []
    audit.write(scope, "population.names_in_text", [], count=len(found))
    return found


def how_many_alike(scope: Scope, area: Area, sex: str = "", youngest: int | None = None, oldest: int | None = None) -> int:
    """How many persons live below an area with that sex and age in whole years, both ends in; what is not named is not asked. For figures. One statement."""
    found = Person.objects.filter(visible(), scope.area_filter("area", "plan.read"), same_as=None, area__path__startswith=area.path)
    if sex:
        found = found.filter(sex=sex)
    if youngest is not None:
        found = found.filter(age_years__gte=youngest)
    if oldest is not None:
        found = found.filter(age_years__lt=oldest + 1)
    return found.order_by().count()
