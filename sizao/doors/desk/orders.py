"""Isolation orders at the desk: issue one, look at one, lift it, record where the person is, take down and answer an objection."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from markupsafe import Markup

from sizao.doors.kit.moments import asked
from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.flows import isolation_ordered, left_alone
from sizao.kernel import clock
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.kernel.scope import Scope
from sizao.passes import codes, issuing, status
from sizao.registers.isolation import absent, deciding, ordering, rules, staying
from sizao.registers.isolation import orders as read
from sizao.registers.population import read as population


def new(request: HttpRequest, person: UUID) -> HttpResponse:
    """What may be ordered of this person, on what evidence, until when at most. GET shows it, POST issues one order."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    row = population.access_person_by_id(scope, person)
    scope.check("order.issue", row.area)
    choices = isolation_ordered.choices(scope, row.pk, row.area)
    if request.method == "POST":
        asked_rule, _, disease = request.POST.get("rule", "").partition(" ")
        chosen = next((c for c in choices if c.rule.id == asked_rule and c.disease == disease), None)
        if chosen is None:
            raise Refused("restriction-without-rule")
        replaced = request.POST.get("instead_of", "")
        held = {str(s.order.pk) for s in status.one(scope, row.pk).orders}
        command = ordering.NewOrder(
            key=f"{row.pk}:{request.POST.get('key') or uuid7()}", person=row.pk, area_id=row.area_id, disease=chosen.disease, rule=chosen.rule.id, kind=request.POST.get("kind", ""),
            evidence=[(f.kind, f.record) for f in chosen.facts if str(f.record) in request.POST.getlist("evidence")],
            basis=request.POST.get("basis", ""), ends_at=asked(request, "ends_at", row.area.zone), instead_of=UUID(replaced) if replaced in held else None,
        )  # fmt: skip
        [outcome] = isolation_ordered.order_isolation(scope, [command])
        if outcome.kind == "rejected":
            raise Refused(outcome.problems[0].code)
        return HttpResponseRedirect(url("isolation-order", order=outcome.record))
    words = Words(request.LANGUAGE_CODE, row.area.zone)  # type: ignore[attr-defined]
    shown = {"w": words, "person": row, "name": population.shown_name(scope, row), "choices": choices, "status": status.one(scope, row.pk), "key": uuid7(), "now": clock.now()}
    return page(request, "desk/order_new.html", shown)


def order(request: HttpRequest, order: UUID) -> HttpResponse:
    """One order: how it stands, why, by whom, until when, where the person is, what was objected."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    return page(request, "desk/order.html", _shown(scope, order, request))


def _shown(scope: Scope, order: UUID, request: HttpRequest, **more: Any) -> dict[str, Any]:
    row = read.access_order_by_id(scope, order)
    person = population.access_person_by_id(scope, row.person_id)
    now = clock.now()
    words = Words(request.LANGUAGE_CODE, row.area.zone)  # type: ignore[attr-defined]
    standing = next(s for s in status.one(scope, row.person_id, now).orders if s.order.pk == row.pk)
    stays = read.stays_under(scope, row.pk)
    appeals = [a for a in read.appeals_of(scope, [row.person_id]) if a.order_id == row.pk]
    zone = row.area.zone
    return {
        "w": words, "o": row, "s": standing, "rule": standing.rule, "person": person, "name": population.shown_name(scope, person), "now": now,
        "evidence": read.evidence_of(scope, row.pk), "stays": stays, "held": next((s for s in stays if s.ended_at is None), None),
        "appeals": appeals, "deciders": deciding.deciders([a for a in appeals if a.decided_at is None], now), "absences": absent.absences_under(row.pk),
        "day": rules.day_number(row.starts_at, min(now, standing.over_at), zone), "days": rules.day_number(row.starts_at, standing.over_at, zone),
        "held_days": rules.days_held([(s.started_at, s.ended_at) for s in stays], now, zone), "found_by": [(k, words.code("absence-found", k)) for k in code_list("absence-found")],
        "kinds": [(k, words.code("stay-kind", k)) for k in standing.rule.body["kinds"]],
        "reasons": [(k, words.code("lift-reason", k)) for k in code_list("lift-reason") if k not in ("appeal", "result", "unanswered", "term")],
        "decisions": [(k, words.code("appeal-decision", k)) for k in code_list("appeal-decision")],
        "may": {word: scope.can(word, row.area) for word in ("order.issue", "order.second", "stay.write", "appeal.decide", "person.names")},
    } | {"code": ""} | more  # fmt: skip


def lift(request: HttpRequest, order: UUID) -> HttpResponse:
    """The order ends now."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    ordering.lift(scope, [read.access_order_by_id(scope, order).pk], request.POST.get("reason", ""))
    return _back(order)


def stay(request: HttpRequest, order: UUID) -> HttpResponse:
    """Where the person of an order is: taken in, moved, gone, let go."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    row = read.access_order_by_id(scope, order)
    at, kind, done = asked(request, "at", row.area.zone), request.POST.get("kind", ""), request.POST.get("done", "")
    if done not in ("taken_in", "moved", "let_go", "left"):
        raise Refused("bad-value", field="done", value=done, expected="taken_in, moved, let_go, left")
    if done == "left":
        absent.record_absence(scope, row.pk, found_by=request.POST.get("found_by") or "visit", at=at)
        return _back(order)
    held = next((s for s in read.stays_under(scope, row.pk) if s.ended_at is None), None)
    if done == "taken_in":
        staying.take_in(scope, row.pk, kind=kind, at=at)
    elif held is None:
        raise Refused("stay-over")
    elif done == "moved":
        staying.move(scope, held.pk, kind=kind, at=at)
    else:
        staying.let_go(scope, held.pk, at=at)
    if done != "let_go":  # whom this leaves alone is on the list at once, so the plan asks for visits too
        left_alone.put_on_list(scope, [row.person_id])
    return _back(order)


def appeal(request: HttpRequest, order: UUID) -> HttpResponse:
    """Takes down an objection that somebody makes by telephone or at the desk."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    ordering.file_appeal(scope, read.access_order_by_id(scope, order).pk, request.POST.get("grounds", ""))
    return _back(order)


def decide(request: HttpRequest, appeal: UUID) -> HttpResponse:
    """Answers an objection, with the reason."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    zone = scope.post.area.zone
    made = ordering.answer_appeal(scope, appeal, request.POST.get("decision", ""), request.POST.get("reason", ""), ends_at=asked(request, "ends_at", zone))
    return _back(made.order_id)


def code(request: HttpRequest, order: UUID) -> HttpResponse:
    """A code for the person's own page, shown once, to be handed to him."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    row = read.access_order_by_id(scope, order)
    scope.check("order.issue", row.area)
    return page(request, "desk/order.html", _shown(scope, order, request, code=issuing.open_holder(scope, row.person_id)))


def own_code(request: HttpRequest, person: UUID) -> HttpResponse:
    """A code for the page of anybody, order or none: his tests, his needs, who looked. Shown once, with the same as a picture for his telephone."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    row = population.access_person_by_id(scope, person)
    scope.check("person.write", row.area)
    address = request.build_absolute_uri(url("my", code=(made := issuing.open_holder(scope, row.pk))))
    return page(request, "desk/own_code.html", {"person": row, "name": population.shown_name(scope, row), "code": made, "address": address, "qr": Markup(codes.svg(address))})  # noqa: S704 - made by ourselves


def _back(order: UUID) -> HttpResponse:
    return HttpResponseRedirect(url("isolation-order", order=order))
