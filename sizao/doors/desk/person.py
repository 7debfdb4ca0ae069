"""One person, one case: who it is, what is owed and why, what happened."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.desk import duties
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
from sizao.registers.cases import exposed
from sizao.registers.cases import read as cases
from sizao.registers.isolation import read as isolation
from sizao.registers.population import read as population


def person(request: HttpRequest, person: UUID) -> HttpResponse:
    """Everything about a person on one page."""
    scope = request.scope.open()
    return page(request, "desk/person.html", whole(scope, population.access_person_by_id(scope, person), request.LANGUAGE_CODE))


def case(request: HttpRequest, case: UUID) -> HttpResponse:
    """A case: its person's page, with the case's own contacts and chain on top."""
    scope = request.scope.open()
    row = cases.access_case_by_id(scope, case)
    contacts = cases.contacts_of_case(scope, row.pk)
    links = cases.links_of(scope, row.pk)
    whom = [c.person_id for c in (*contacts, *links["infectors"], *links["infected"])]
    shown = {
        "case": row,
        "contacts": contacts,
        "links": links,
        "investigations": cases.investigations_of(scope, row.pk),
        "standing": case_by_definition.standing(scope, row) if scope.can("case.write", row.area) else None,
        "names": population.names_of(scope, whom, "cases.contacts") if whom else {},
    }
    return page(
        request, "desk/person.html", whole(scope, population.access_person_by_id(scope, row.person_id), request.LANGUAGE_CODE) | shown
    )


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
        "standing": None,
        "now": now,
        "may_investigate": scope.can("case.write", row.area),
        "may_isolate": scope.can("stay.write", row.area),
        "may_order": scope.can("order.issue", row.area),
        "binding": status.one(scope, row.pk, now),
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
