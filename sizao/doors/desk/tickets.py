"""What was found at a unit or asked of it: put right and told with proof, answered, and looked at again by who raised it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.desk.register_form import reason
from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.whole import whole
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Problem
from sizao.kernel.registry import find
from sizao.kernel.scope import Scope
from sizao.kernel.versions import versions
from sizao.registers.command import answering

#: What a picture's answer is called when it is taken home.
SUFFIX = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}


def ticket(request: HttpRequest, ticket: UUID) -> HttpResponse:
    """GET: one ticket, its answer and proof. POST: it is answered; what was typed stays when it cannot be taken, and where somebody else answered first both answers are shown."""
    scope: Scope = request.scope.open()  # type: ignore[attr-defined]
    row = answering.access_ticket_by_id(scope, ticket)
    typed, problems, theirs = row.answer if answering.answered(row) else "", [], None
    seen = row.change_no
    if request.method == "POST":
        typed = request.POST.get("answer", "")[:4000]
        seen = s if (s := whole(request.POST.get("seen", ""))) is not None else row.change_no
        files = [f.read() if (f.size or 0) <= answering.MOST_BYTES else None for f in request.FILES.getlist("proof")[: answering.MOST_PROOFS + 1] if f.size]
        wrong = answering.faults(files)
        told = [f for f in files if f is not None]
        outcome = None if wrong else answering.answer(scope, row.pk, typed, told, seen=seen)
        if outcome is not None and outcome.kind != "rejected":
            return HttpResponseRedirect(url("desk", {"said": "answered"}) + "#waits")
        problems = wrong or list(outcome.problems if outcome else ())
        if any(p.code == "changed-meanwhile" for p in problems):
            last = versions(find("tickets"), row)[0]
            theirs, seen = (row.answer, last.at), row.change_no
    register = find("tickets")
    shown = {
        "w": Words(request.LANGUAGE_CODE, row.area.zone), "t": row, "typed": typed, "seen": seen, "theirs": theirs, "now": clock.now(), "answered": answering.answered(row),  # type: ignore[attr-defined]
        "proofs": answering.proofs_of(scope, [row.pk]).get(row.pk, []), "why": [_said(request, p) for p in problems if p.code != "changed-meanwhile"], "most_mb": answering.MOST_BYTES >> 20,
        "mine": row.raised_by_id is not None and row.raised_by_id == scope.post_id, "register": register, "most": answering.MOST_PROOFS,
    }  # fmt: skip
    status = 409 if theirs else max((Refused(p.code).status for p in problems if p.code.startswith("proof-")), default=422) if problems else 200
    return page(request, "desk/ticket.html", shown, status=status)


def _said(request: HttpRequest, p: Problem) -> str:
    if p.code.startswith("proof-"):
        refused = Refused(p.code, value=p.value)
        return f"{refused.text(request.LANGUAGE_CODE[:2])} {refused.cure(request.LANGUAGE_CODE[:2])}"  # type: ignore[attr-defined]
    return reason(find("tickets"), p, request.LANGUAGE_CODE)  # type: ignore[attr-defined]


def settle(request: HttpRequest, ticket: UUID) -> HttpResponse:
    """Who raised it has looked: closed, or sent back. Refused as the verb says."""
    scope: Scope = request.scope.open()  # type: ignore[attr-defined]
    answering.access_ticket_by_id(scope, ticket)
    do = request.POST.get("do", "")
    if do not in ("close", "again"):
        raise Refused("bad-value", field="do", value=do, expected="close, again")
    done = answering.settle(scope, ticket, closed=do == "close")
    if done.kind == "rejected":
        raise Refused(done.problems[0].code, field=done.problems[0].field, value=done.problems[0].value)
    return HttpResponseRedirect(url("desk", {"said": "settled"}))


def proof(request: HttpRequest, proof: UUID) -> HttpResponse:
    """The bytes of a proof, as a picture or a file to take home. The browser is told not to guess what it is, nor to run anything of it."""
    row, data = answering.content_of(request.scope.open(), proof)  # type: ignore[attr-defined]
    response = HttpResponse(data, content_type=row.kind)
    shown = "inline" if row.kind.startswith("image/") else "attachment"
    response["Content-Disposition"] = f'{shown}; filename="proof-{row.pk.hex[-8:]}.{SUFFIX.get(row.kind, "bin")}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
