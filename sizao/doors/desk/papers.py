"""Papers about an order, as PDF or Word, in the reader's language. An order's paper carries a code for the person's own page."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from sizao.doors.kit.pages import is_demo
from sizao.doors.kit.templates import url
from sizao.kernel.errors import Refused
from sizao.passes import issuing, status
from sizao.registers.isolation import orders as read
from sizao.registers.population import read as population

FORMS = {"pdf": "application/pdf", "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}


def paper(request: HttpRequest, order: UUID, kind: str, form: str) -> HttpResponse:
    """The file. Its making is on record with the person."""
    from sizao.papers.orders import of_order
    from sizao.papers.paper import KINDS

    scope = request.scope.open()  # type: ignore[attr-defined]
    row = read.access_order_by_id(scope, order)
    scope.check("order.issue", row.area)
    if kind not in KINDS or form not in FORMS:
        raise Refused("page-not-found")
    person = population.access_person_by_id(scope, row.person_id)
    standing = next(s for s in status.one(scope, row.person_id).orders if s.order.pk == row.pk)
    number = population.sealed_of(scope, person).get("national_id") or ""
    address = request.build_absolute_uri(url("my", code=issuing.open_holder(scope, person.pk))) if kind == "order" and standing.code in ("in_force", "ahead") else ""
    made = of_order(
        kind, "en" if request.LANGUAGE_CODE == "en" else "zh", standing, read.evidence_of(scope, row.pk), name=population.shown_name(scope, person), last=number[-4:], address=address, demo=is_demo()  # type: ignore[attr-defined]
    )
    if form == "pdf":
        from sizao.papers.pdf import pdf

        content = pdf(made)
    else:
        from sizao.papers.word import word

        content = word(made)
    response = HttpResponse(content, content_type=FORMS[form])
    response.headers["Content-Disposition"] = f'attachment; filename="{row.number}-{kind}.{form}"'
    return response
