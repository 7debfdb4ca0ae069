"""The review of the situation on the screen, kept as versions, and each version as PDF and Word."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from sizao.doors.kit import places
from sizao.doors.kit.pages import is_demo, page, see
from sizao.doors.kit.templates import url
from sizao.doors.kit.whole import whole
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.scope import at_most_one
from sizao.registers.command import read as command
from sizao.situation import review as situation

FORMS = {"pdf": "application/pdf", "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}


def review(request: HttpRequest) -> HttpResponse:
    """What the last run makes of every group, with the words of the version before to be changed; sent, it is the next version. `?version=`: one that was kept."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope)
    groups = [g["id"] for g in situation.groups()]
    if request.method == "POST":
        kept = situation.keep(scope, area, {g: request.POST.get(f"said-{g}", "") for g in groups})
        return see(url("review", {"area": area.code, "version": kept.version}))
    versions = list(command.reviews(scope, area).defer("body")[:50])
    asked = request.GET.get("version", "")
    row: Any = at_most_one(command.reviews(scope, area).filter(version=version)[:1]) if (version := whole(asked, 10**6)) is not None else None
    last = row or (command.reviews(scope, area).first() if versions else None)
    said = {g["id"]: g["said"] for g in last.body["groups"]} if last is not None else {}
    try:
        body = row.body if row is not None else situation.written(scope, area)
    except Refused as problem:
        if problem.code != "review-no-run":
            raise
        body = None
    shown = {
        "w": Words(request.LANGUAGE_CODE, area.zone), "area": area, "up": places.way_up(scope, area), "now": clock.now(), "b": body, "kept": row, "versions": versions, "said": said,  # type: ignore[attr-defined]
        "may_write": row is None and scope.can(situation.RIGHT, area),
    }  # fmt: skip
    return page(request, "command/review.html", shown)


def paper(request: HttpRequest, review: UUID, form: str) -> HttpResponse:
    """A kept version as a file. Refused: page-not-found, not-found-or-out-of-area."""
    from sizao.papers.review import of_review

    scope = request.scope.open()  # type: ignore[attr-defined]
    if form not in FORMS:
        raise Refused("page-not-found")
    row = command.access_review_by_id(scope, review)
    language = "en" if request.LANGUAGE_CODE == "en" else "zh"  # type: ignore[attr-defined]
    words = Words(request.LANGUAGE_CODE, row.area.zone)  # type: ignore[attr-defined]
    made = of_review(row.body, language, version=row.version, made_at=row.made_at, by=words.title(row.made_by) if row.made_by else "", zone=row.area.zone, demo=is_demo())
    if form == "pdf":
        from sizao.papers.pdf import pdf

        content = pdf(made)
    else:
        from sizao.papers.word import word

        content = word(made)
    response = HttpResponse(content, content_type=FORMS[form])
    response.headers["Content-Disposition"] = f'attachment; filename="review-{row.area.code}-{row.version}.{form}"'
    return response
