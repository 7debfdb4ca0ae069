"""One person, one case: who it is, what is owed and why, what happened."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.desk import duties, gantt
from sizao.doors.desk.case_map import case_map
from sizao.doors.desk.thumbnail import thumbnail
from sizao.doors.desk.timeline import story
from sizao.doors.kit import runs
from sizao.doors.kit.pages import page
from sizao.doors.kit.words import Words
from sizao.flows import case_by_definition
from sizao.kernel import clock
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope
from sizao.passes import status
from sizao.registers.cases import assigning, exposed, sources
from sizao.registers.cases import read as cases
from sizao.registers.isolation import read as isolation
from sizao.registers.laboratory import read as laboratory
from sizao.registers.population import merging
from sizao.registers.population import read as population


def person(request: HttpRequest, person: UUID) -> HttpResponse:
    """Everything about a person on one page."""
    scope = request.scope.open()
    try:
        row = population.access_person_by_id(scope, person)
    except Refused:
        if (other := population.others_of([person]).get(person)) is None:
            raise
        return HttpResponseRedirect(f"/person/{population.access_person_by_id(scope, other).pk}")  # two records were found to be one person
    return page(request, "desk/person.html", whole(scope, row, request.LANGUAGE_CODE))


def case(request: HttpRequest, case: UUID) -> HttpResponse:
    """A case, the investigator's page: its person's page with the exposure chart, contacts, stays, thoughts about the source, and chain of the case."""
    scope = request.scope.open()
    row = cases.access_case_by_id(scope, case)
    contacts = cases.contacts_of_case(scope, row.pk)
    links = cases.links_of(scope, row.pk)
    thoughts = sources.of_case(scope, row.pk)
    whom = [row.person_id, *(c.person_id for c in (*contacts, *links["infectors"], *links["infected"])), *(h.infector.person_id for h in thoughts if h.infector)]
    names = population.names_of(scope, whom, "cases.contacts")
    person = population.access_person_by_id(scope, row.person_id)
    words, today = Words(request.LANGUAGE_CODE, row.area.zone), clock.local_day(clock.now(), row.area.zone)
    drawn, stays = contacts[: gantt.DRAWN], exposed.trajectory(scope, row.pk)
    windows = exposed.exposures_of(scope, [c.pk for c in drawn]) if drawn else []
    onsets = cases.onsets_of(scope, {c.person_id for c in drawn}, row.disease) if drawn else {}
    shown = {
        "case": row,
        "contacts": contacts,
        "links": links,
        "investigations": cases.investigations_of(scope, row.pk),
        "assigned": list(assigning.assignments(scope).filter(case=row.pk).order_by("task")),
        "standing": case_by_definition.standing(scope, row) if scope.can("case.write", row.area) else None,
        "names": names,
        "chain": thumbnail(row, links["infectors"], links["infected"], names),
        "tests": laboratory.tests_of(scope, row.person_id, row.disease),
        "gantt": gantt.chart(row, contacts, windows, onsets, names, words, today),
        "trajectory": stays,
        "map": case_map(row, stays),
        "sources": thoughts,
        "may_name": scope.can("contact.write", row.area),
    }
    return page(request, "desk/person.html", whole(scope, person, request.LANGUAGE_CODE) | shown)


def contact(request: HttpRequest, contact: UUID) -> HttpResponse:
    """A contact is read on the person's page."""
    return HttpResponseRedirect(f"/person/{cases.access_contact_by_id(request.scope.open(), contact).person_id}")


def whole(scope: Scope, row: Any, language: str) -> dict[str, Any]:
    """What the person's page shows, as this scope may see it."""
    words = Words(language, row.area.zone)
    their_cases, their_contacts = (cases.cases_of(scope, row.pk), cases.contacts_of(scope, row.pk)) if scope.can("case.read") else ([], [])
    now, stays = clock.now(), isolation.stays_of(scope, row.pk)
    return {
        "w": words,
        "person": row,
        "name": population.shown_name(scope, row),
        "sealed": _sealed(scope, row),
        "sees_names": scope.can("person.names", row.area),
        "cases": their_cases,
        "contact_rows": their_contacts,
        "reasons": exposed.reasons_of(scope, row.pk) if their_contacts else [],
        "stays": stays,
        "duties": duties.of_person(
            scope, {"case": [c.pk for c in their_cases], "contact": [c.pk for c in their_contacts], "person": [row.pk]}
        ),
        "states": runs.state_words(),
        "story": story(scope, row.pk, words, now, (their_cases, their_contacts) if scope.can("case.read") else None, stays),
        "case": None,
        "map": None,
        "standing": None,
        "now": now,
        "may_investigate": scope.can("case.write", row.area),
        "may_isolate": scope.can("stay.write", row.area),
        "may_order": scope.can("order.issue", row.area),
        "may_care": scope.can("care.write", row.area),
        "may_need": scope.can("check.write", row.area),
        "need_kinds": [(code, words.code("care-need", code)) for code in code_list("care-need")],
        "binding": status.one(scope, row.pk, now),
        "merges": [(m, population.shown_name(scope, m.merged), m.kept_id == row.pk) for m in merging.merges_of(scope, row.pk)],
        "may_merge": scope.can("person.merge", row.area),
        "stay_kinds": [(code, words.code("stay-kind", code)) for code in code_list("stay-kind")],
    }


def _sealed(scope: Scope, row: Any) -> dict[str, str | None]:
    """Telephone, address and identity number; without the keys the page stays whole and says that they are locked."""
    try:
        return population.sealed_of(scope, row)
    except Refused as refused:
        if refused.code.startswith(("keys-", "sealed-")):
            return {"locked": refused.code}
        raise
