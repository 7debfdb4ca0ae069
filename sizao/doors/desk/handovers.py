"""Hand-overs between areas and leads: what came in and must be answered, what went out and may be recalled; each look is counted."""

from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.whole import whole
from sizao.doors.kit.words import Words
from sizao.flows import handover_answered
from sizao.interop.peers import outbox
from sizao.interop.peers import read as peers
from sizao.kernel import clock
from sizao.kernel.codes import code_list, diseases
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.registers.movement import actions, read
from sizao.registers.population import read as population

SHOWN = 100


def handovers(request: HttpRequest) -> HttpResponse:
    """In and out: the longest overdue first; leads apart, each with its purpose, source and end."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    waiting = read.incoming(scope).filter(answer=None)
    came, leads = list(waiting.exclude(kind="lead")[:SHOWN]), list(waiting.filter(kind="lead")[:SHOWN])
    sent = list(read.outgoing(scope)[:SHOWN])
    now = clock.now()
    names = population.names_of(scope, {h.person_id for h in (*came, *leads, *sent) if h.person_id}, "movement.handovers")
    shown = {
        "w": _words(request, scope), "now": now, "came": came, "leads": leads, "sent": sent, "names": names, "late": sum(h.answer_by is not None and h.answer_by < now for h in (*came, *leads)),
        "going": peers.going(h.pk for h in sent), "failed": peers.failed(scope), "said": request.GET.get("said", ""),
    }  # fmt: skip
    return page(request, "desk/handovers.html", shown)


def handover(request: HttpRequest, handover: UUID) -> HttpResponse:
    """One of them: from where, why, until when, who looked; and what may be done with it here."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    row = read.access_handover_by_id(scope, handover)
    seen = actions.look(scope, row)
    over = row.answer is not None or row.recalled_at is not None or row.forgotten_at is not None
    name = population.names_of(scope, {row.person_id}, "movement.handover").get(row.person_id) if row.person_id else None
    shown = {
        "w": _words(request, scope, row.area.zone), "h": row, "now": clock.now(), "name": name or peers.named(scope, row.pk), "seen": seen, "answers": code_list("handover-answer"),
        "answerable": not over and scope.can("contact.write", row.area) and not row.area.outside, "recallable": not over and row.from_area is not None and scope.can("contact.write", row.from_area),
        "sent": peers.messages_about(row.pk),
    }  # fmt: skip
    return page(request, "desk/handover.html", shown)


@transaction.atomic
def decide(request: HttpRequest, handover: UUID) -> HttpResponse:
    """An answer with its reason, a recall, or word that a lead is wrong. Refused as the verbs say."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    row = read.access_handover_by_id(scope, handover)
    do, reason = request.POST.get("do", ""), request.POST.get("reason", "")[:1000]
    if do == "recall":
        if actions.recall(scope, row.pk, reason):
            outbox.recalled(row.pk)
    elif do == "send-again":
        scope.check("contact.write", row.from_area if row.area.outside else row.area)
        outbox.send_again(scope, _uuid(request.POST.get("message", "")), row.pk)
    elif do == "wrong" and row.kind == "lead":
        if actions.wrong_lead(scope, row.pk, reason):
            outbox.answered(row.pk)
    elif do in code_list("handover-answer"):
        if do != handover_answered.ACCEPTED and not reason.strip():
            raise Refused("value-missing", field={"zh": "理由", "en": "reason"})
        done = handover_answered.answer(scope, row.pk, do, clock.now(), reason=reason, by=_post(scope))
        if done.kind == "updated":
            outbox.answered(row.pk)
    else:
        raise Refused("bad-value", field={"zh": "答复", "en": "answer"}, value=do, expected=", ".join(code_list("handover-answer")))
    return HttpResponseRedirect(url("handovers", {"said": "1"}))


def new(request: HttpRequest, person: UUID) -> HttpResponse:
    """Hands a person over: to an area of this store, or to one that another installation answers for. Refused as the verbs say."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    row = population.access_person_by_id(scope, person)
    scope.check("contact.write", row.area)
    words = _words(request, scope, row.area.zone)
    if request.method == "POST":
        with transaction.atomic():
            _send(request, scope, row)
        return HttpResponseRedirect(url("handovers", {"said": "1"}))
    near = Area.objects.filter(valid_to=None, level__in=("county", "city", "township", "province")).exclude(pk=row.area_id).order_by("outside", "code")[:500]
    shown = {
        "w": words, "person": row, "name": population.shown_name(scope, row), "areas": near, "peers": peers.reachable(), "diseases": diseases(), "purposes": code_list("handover-purpose"), "key": str(uuid7()),
    }  # fmt: skip
    return page(request, "desk/handover_new.html", shown)


def _send(request: HttpRequest, scope: Scope, row: object) -> None:
    told, disease, purpose = request.POST.get("area", ""), request.POST.get("disease", ""), request.POST.get("purpose", "")
    pk = whole(told)
    area = Area.objects.filter(pk=pk, valid_to=None).first() if pk is not None else None
    wrong = [n for n, good in (("area", area is not None), ("disease", disease in diseases()), ("purpose", purpose in code_list("handover-purpose"))) if not good]
    if wrong or area is None:
        raise Refused("value-missing", field=wrong[0])
    made = actions.NewHandover(
        request.POST.get("key", "")[:64] or str(uuid7()), area.pk, disease, clock.now(), person=row.pk, from_area_id=row.area_id, kind="area", purpose=purpose, source=_post(scope)  # type: ignore[attr-defined]
    )  # fmt: skip
    for pk in actions.send(scope, [made], sender=f"post:{scope.post_id}").values():
        if area.outside:
            outbox.handed_over(scope, pk)


def _uuid(told: str) -> UUID:
    try:
        return UUID(told)
    except ValueError:
        raise Refused("peer-message-not-failed") from None


def _post(scope: Scope) -> str:
    return str(scope.post.title_zh) if scope.post is not None else ""


def _words(request: HttpRequest, scope: Scope, zone: str = "") -> Words:
    return Words(request.LANGUAGE_CODE, zone or (scope.post.area.zone if scope.post else "Asia/Shanghai"))  # type: ignore[attr-defined]
