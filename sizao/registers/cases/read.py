"""The only way into the register of cases."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, Max, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, TruncDate

from sizao.kernel import audit
from sizao.kernel.days import day_number, local_day_number, seconds
from sizao.kernel.models import Area
from sizao.kernel.rows import among, fetched
from sizao.kernel.scope import Scope, at_most_one, visible
from sizao.kernel.versions import as_known, between, stood

from .models import Case, Contact, Investigation, Link, SourceHypothesis


def cases(scope: Scope) -> QuerySet[Case]:
    """The cases that this scope may see."""
    return Case.objects.filter(visible(), scope.area_filter("area", "case.read")).select_related("area")


def contacts(scope: Scope) -> QuerySet[Contact]:
    """The contacts that this scope may see."""
    return Contact.objects.filter(visible(), scope.area_filter("area", "case.read")).select_related("area")


def daily_by_area(scope: Scope, disease: str, classes: Sequence[str], until: datetime, zone: str) -> list[tuple[str, date, int, int]]:
    """Where and when there were cases of these classes: (path of the area, local day, how many, how many of them without a known source). A case counts on the
    day of its confirmation, else its report, else when it was first known. Its source is known by an infector on record or an accepted hypothesis. One statement."""
    at = Coalesce("confirmed_at", "reported_at", "known_from")
    known = Exists(Link.objects.filter(visible(), infectee=OuterRef("pk"))) | Exists(SourceHypothesis.objects.filter(visible(), case=OuterRef("pk"), accepted_at__lte=until, withdrawn_at=None))
    found = cases(scope).filter(disease=disease, classification__in=list(classes)).annotate(at=at, known_source=known).filter(at__lte=until)
    grouped = found.annotate(day=TruncDate("at", tzinfo=ZoneInfo(zone))).values("area__path", "day").annotate(n=Count("pk"), unlinked=Count("pk", filter=Q(known_source=False)))
    return [(row["area__path"], row["day"], row["n"], row["unlinked"]) for row in grouped.order_by("area__path", "day")]


def last_told_by_area(scope: Scope, disease: str, until: datetime) -> dict[str, datetime]:
    """Path of an area → when a case of the disease there was last made known, of whichever class. One statement."""
    found = cases(scope).filter(disease=disease, known_from__lte=until).values("area__path").annotate(at=Max("known_from")).order_by("area__path")
    return {row["area__path"]: row["at"] for row in found}


#: The columns of `dated`, in their order.
DATED = ("id", "person", "area", "classification", "onset", "care", "report", "confirmation", "outcome", "end", "known", "stood", "sender")


def dated(scope: Scope, area: Area, disease: str, as_of: datetime, known_at: datetime | None = None) -> list[tuple[Any, ...]]:
    """The cases of a disease below an area that were known at `as_of`, as `DATED`; days are whole numbers (`kernel.days`), None where not told; `stood` since when the case has stood (confirmation, else report, else when it was first known), in seconds since 1970. For figures: who asks shows
    nobody, so the right to read the plan is enough, and no read of persons is put on record. `known_at`: each case as it stood on record at that moment; None: as it stands. One statement."""
    days = {"onset": day_number("onset_on"), "known": local_day_number("known_from")}
    days |= {name: local_day_number(column) for name, column in (("care", "first_care_at"), ("report", "reported_at"), ("confirmation", "confirmed_at"), ("end", "outcome_at"))}
    found = Case.objects.filter(visible(), scope.area_filter("area", "plan.read"), area__path__startswith=area.path, disease=disease, known_from__lte=as_of)
    found = found.annotate(**{f"day_{name}": expression for name, expression in days.items()}, stood=seconds(Coalesce("confirmed_at", "reported_at", "known_from")))
    columns = ("id", "person_id", "area_id", "classification", "day_onset", "day_care", "day_report", "day_confirmation", "outcome", "day_end", "day_known", "stood", "sender")
    told = found.order_by("pk").values_list(*columns)
    return fetched(told) if known_at is None else as_known(told, known_at)  # the same cases in the same order: draws and what is kept of long work depend on it


def dated_then(scope: Scope, area: Area, disease: str, moments: Sequence[datetime], classes: Sequence[str] = ()) -> list[tuple[Any, ...]]:
    """(day of onset, of report, of confirmation, for each of the moments whether it was known and stood so on record, how many cases) below an area: what `dated` would have told at each moment, counted; of
    these classes, or of all but those ruled out. For figures, as `dated`. One statement."""
    days = {"day_onset": day_number("onset_on"), "day_report": local_day_number("reported_at"), "day_confirmation": local_day_number("confirmed_at")}
    found = Case.objects.filter(visible(), scope.area_filter("area", "plan.read"), area__path__startswith=area.path, disease=disease, known_from__lte=max(moments))
    found = found.filter(classification__in=list(classes)) if classes else found.exclude(classification="ruled_out")
    then = {f"then_{i}": ExpressionWrapper(Q(known_from__lte=moment) & Q(stood(Case, moment)), output_field=BooleanField()) for i, moment in enumerate(moments)}
    rows = found.order_by().annotate(**days, **then).values_list(*days, *then).annotate(n=Count("pk"))
    return between(rows, min(moments), max(moments))


def diseases_told(scope: Scope, area: Area, as_of: datetime) -> list[tuple[str, int]]:
    """(disease, how many cases) below an area, the most first; for figures, as `dated`. One statement."""
    found = Case.objects.filter(visible(), scope.area_filter("area", "plan.read"), area__path__startswith=area.path, known_from__lte=as_of)
    return sorted(found.order_by().values_list("disease").annotate(n=Count("pk")), key=lambda d: (-d[1], d[0]))


def named_as_contacts(scope: Scope, people: Iterable[UUID], disease: str) -> dict[UUID, int]:
    """person → the number of the day on which he was first named a contact of that disease; for figures, as `dated`. One statement."""
    rows = among(Contact.objects.filter(visible(), scope.area_filter("area", "plan.read"), disease=disease), "person_id", people).order_by()
    return dict(fetched(rows.values_list("person_id").annotate(day=Min(Coalesce(local_day_number("named_at"), local_day_number("known_from"))))))


def access_case_by_id(scope: Scope, case: UUID) -> Case:
    """One case, the read on record. Refused not-found-or-out-of-area."""
    row: Case = at_most_one(cases(scope).filter(pk=case)[:1])
    audit.write(scope, "cases.read", [row.person_id])
    return row


def access_contact_by_id(scope: Scope, contact: UUID) -> Contact:
    """One contact, the read on record. Refused not-found-or-out-of-area."""
    row: Contact = at_most_one(contacts(scope).filter(pk=contact)[:1])
    audit.write(scope, "contacts.read", [row.person_id])
    return row


def contacts_by_id(scope: Scope, ids: set[UUID], permission: str = "case.read") -> dict[UUID, Contact]:
    """Those of the contacts on which this scope has that permission; the others are absent."""
    return {c.pk: c for c in Contact.objects.filter(visible(), scope.area_filter("area", permission), pk__in=ids)}


def cases_by_id(scope: Scope, ids: set[UUID], permission: str = "case.read") -> dict[UUID, Case]:
    """Those of the cases on which this scope has that permission; the others are absent."""
    return {c.pk: c for c in Case.objects.filter(visible(), scope.area_filter("area", permission), pk__in=ids)}


def cases_of(scope: Scope, person: UUID) -> list[Case]:
    """A person's cases, newest first."""
    return list(cases(scope).filter(person=person).order_by("-known_from"))


def contacts_of(scope: Scope, person: UUID) -> list[Contact]:
    """Where this person is listed as a contact, newest first."""
    return list(contacts(scope).filter(person=person).order_by("-known_from"))


def contacts_of_case(scope: Scope, case: UUID) -> list[Contact]:
    """The contacts of a case, with who decided their class."""
    return list(contacts(scope).filter(case=case).select_related("decided_by").order_by("known_from", "id"))


def onsets_of(scope: Scope, people: set[UUID], disease: str) -> dict[UUID, date]:
    """person → the day of onset, of those who are a case of the disease too. One statement."""
    found = cases(scope).filter(person__in=people, disease=disease, onset_on__isnull=False).exclude(classification="ruled_out").values_list("person", "onset_on")
    return {person: day for person, day in found if day is not None}


def links_of(scope: Scope, case: UUID) -> dict[str, list[Case]]:
    """Who infected this case and whom it infected, as far as this scope sees."""
    pairs = Link.objects.filter(visible(), infectee=case).values_list("infector", flat=True), Link.objects.filter(visible(), infector=case).values_list("infectee", flat=True)
    return {"infectors": list(cases(scope).filter(pk__in=pairs[0])), "infected": list(cases(scope).filter(pk__in=pairs[1]))}


def investigations_of(scope: Scope, case: UUID) -> list[Investigation]:
    return list(Investigation.objects.filter(visible(), case__in=cases(scope).filter(pk=case)).order_by("happened_at"))


def not_investigated(scope: Scope, since: datetime) -> QuerySet[Case]:
    """Cases known since a moment of which no investigation is on record and which nobody ruled out, the oldest first."""
    done = Investigation.objects.filter(visible(), case=OuterRef("pk"))
    return cases(scope).filter(known_from__gte=since).exclude(classification="ruled_out").exclude(Exists(done)).order_by("known_from", "id")


def unclassed(scope: Scope) -> QuerySet[Case]:
    """Cases that no person has given a class yet, as a positive result or a message leaves them; the oldest first."""
    return cases(scope).filter(classification=None).order_by("known_from", "id")


def told_since(scope: Scope, since: datetime) -> QuerySet[Case]:
    """Cases that became known since a moment, the latest first."""
    return cases(scope).filter(known_from__gte=since).order_by("-known_from", "-id")


def who_are_cases(people: Iterable[UUID]) -> set[tuple[UUID, str]]:
    """(person, disease) of those who are a case, wherever; for a list of those who are none yet. It shows nobody."""
    return set(among(Case.objects.filter(visible()), "person_id", people).values_list("person_id", "disease"))


def timeline(scope: Scope, person: UUID, rows: tuple[list[Case], list[Contact]] | None = None) -> list[dict[str, Any]]:
    """This register's part of a person's timeline: moments that are told as dates of a case or contact, oldest first.

    `rows`: the cases and contacts of that person, where they were read already. Each: at (date or instant), what (the field's name), table ("case" or "contact"), record.
    """
    found: list[dict[str, Any]] = []
    their_cases, their_contacts = rows or (cases_of(scope, person), contacts_of(scope, person))
    for row, table in [*((c, "case") for c in their_cases), *((c, "contact") for c in their_contacts)]:
        for name in row.declaration().fields:
            if name.endswith(("_at", "_on", "_from", "_until")) and (at := getattr(row, name)) is not None:
                found.append({"at": at, "what": name, "table": table, "record": row.pk})
    return sorted(found, key=lambda f: str(f["at"]))
