"""A hospital's page: who is asked to us, who is on the way, who is here, what is free and how old that number is, who is severe without a place, who may leave."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.flows import in_hospital, recovered
from sizao.kernel import clock
from sizao.kernel.codes import code_list, diseases
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.kernel.outcome import Command
from sizao.registers.care import admitting, beds
from sizao.registers.care import read as wards
from sizao.registers.command import actions as command
from sizao.registers.command import read as texts
from sizao.registers.ledgers import read as units
from sizao.registers.population import read as population


def care(request: HttpRequest) -> HttpResponse:
    """The page of one hospital of this post's areas; the first where none is asked for."""
    scope, now = request.scope.open(), clock.now()  # type: ignore[attr-defined]
    words = Words(request.LANGUAGE_CODE, scope.post.area.zone)  # type: ignore[attr-defined]
    hospitals = list(wards.hospitals(scope).order_by("unit__name", "id")[:200])
    wanted = request.GET.get("unit", "")
    at = next((h for h in hospitals if str(h.unit_id) == wanted), hospitals[0] if hospitals and not wanted else None)
    if wanted and at is None:
        raise Refused("not-found-or-out-of-area")
    unit = at.unit_id if at is not None else None
    asked = list(wards.referrals(scope).filter(unit=unit, arrived_at=None).exclude(answer="refused").order_by("reply_by", "id")[:200]) if unit else []
    here = list(wards.admissions(scope).filter(unit=unit, left_at=None).order_by("admitted_at", "id")[:300]) if unit else []
    severe = recovered.severe_without_place(scope, now)
    courses = {c.person_id: c for c in wards.courses(scope).filter(person__in={a.person_id for a in here})} if here else {}
    patients = [(a, courses.get(a.person_id), in_hospital.judged(a, now)) for a in here]
    entrusted = [(r.person_id, r.area) for r in (*asked, *here)] + [(w.course.person_id, w.course.area) for w in severe]
    free = beds.beds_of([h.unit_id for h in hospitals])
    plan = texts.treatment_plan(at.area, now) if at is not None else None
    shown = {
        "w": words, "now": now, "hospitals": hospitals, "at": at, "asked": [r for r in asked if r.answer is None], "coming": [r for r in asked if r.answer == "accepted"], "patients": patients,
        "ready": [(a, c) for a, _, c in patients if c and all(x.holds for x in c if not x.asked)], "severe": severe, "beds": [b for b in free if b.unit == unit], "others": [b for b in free if b.unit != unit and b.free],
        "called": {h.unit_id: h.unit.name for h in hospitals}, "names": population.names_entrusted(scope, entrusted, "care.board") if entrusted else {}, "plan": plan,
        "adopted": texts.adopted_at(plan.pk, unit) if plan is not None and unit else None, "trained": units.trained_at(scope, unit, "treatment") if unit else 0,
        "classes": [(k, words.code("bed-class", k)) for k in code_list("bed-class")], "severities": [(k, words.code("severity", k)) for k in code_list("severity")],
        "reasons": [(k, words.code("referral-reason", k)) for k in code_list("referral-reason")], "ends": [(k, words.code("admission-end", k)) for k in code_list("admission-end") if k not in ("discharged", "transferred")],
        "waits": admitting.waits_for_severe, "may_adopt": scope.can("ledger.write"),
    }  # fmt: skip
    return page(request, "desk/care.html", shown)


def refer(request: HttpRequest, person: UUID) -> HttpResponse:
    """GET: the hospitals with a bed free, the nearest first. POST: one is asked."""
    scope, now = request.scope.open(), clock.now()  # type: ignore[attr-defined]
    row = population.access_person_by_id(scope, person)
    scope.check("care.write", row.area)
    if request.method == "POST":
        told = request.POST
        admitting.refer(
            scope, row.pk, row.area, _uuid(told.get("unit", "")), disease=_disease(told.get("disease", "")), bed_class=told.get("bed_class", ""), severity=told.get("severity", ""),
            emergency=told.get("emergency") == "1", key=told.get("key", "")[:64],
        )  # fmt: skip
        return HttpResponseRedirect(url("care-refer", {"said": "1"}, person=person))
    words = Words(request.LANGUAGE_CODE, row.area.zone)  # type: ignore[attr-defined]
    bed_class = request.GET.get("bed_class", "") if request.GET.get("bed_class", "") in code_list("bed-class") else "isolation"
    shown = {
        "w": words, "now": now, "person": row, "name": population.shown_name(scope, row), "near": beds.nearest(row.area.path, bed_class, most=12), "bed_class": bed_class, "key": uuid7(), "said": request.GET.get("said") == "1",
        "classes": [(k, words.code("bed-class", k)) for k in code_list("bed-class")], "severities": [(k, words.code("severity", k)) for k in code_list("severity")], "diseases": [(k, words.disease(k)) for k in diseases()],
        "referrals": list(wards.referrals_of(row.pk)[:20]),
    }  # fmt: skip
    return page(request, "desk/refer.html", shown)


def reply(request: HttpRequest, referral: UUID) -> HttpResponse:
    """The hospital answers, or the person has arrived and takes a bed."""
    scope, told = request.scope.open(), request.POST  # type: ignore[attr-defined]
    row = wards.referrals(scope).filter(pk=referral).first()
    if row is None:
        raise Refused("not-found-or-out-of-area")
    if told.get("do") == "admit":
        in_hospital.admit(scope, row.person_id, row.unit_id, disease=row.disease, bed_class=told.get("bed_class") or row.bed_class, emergency=told.get("emergency") == "1", referral=row.pk)
    else:
        admitting.reply(scope, row.pk, answer=told.get("do", ""), reason=told.get("reason", ""), next_unit=_uuid(told["next_unit"]) if told.get("next_unit") else None)
    return _back(row.unit_id)


def bed(request: HttpRequest, admission: UUID) -> HttpResponse:
    """Something about a patient who is here: how ill, another bed, discharged, gone otherwise."""
    scope, told = request.scope.open(), request.POST  # type: ignore[attr-defined]
    row = wards.admissions(scope).filter(pk=admission).first()
    if row is None:
        raise Refused("not-found-or-out-of-area")
    do = told.get("do", "")
    if do == "see":
        in_hospital.see(scope, row.pk, told.get("severity", ""))
    elif do == "transfer":
        in_hospital.transfer(scope, row.pk, bed_class=told.get("bed_class", ""), unit=_uuid(told["unit"]) if told.get("unit") else None, emergency=told.get("emergency") == "1")
    elif do == "discharge":
        in_hospital.discharge(scope, row.pk, frozenset(told.getlist("said")))
    elif do == "leave":
        admitting.leave(scope, row.pk, how=told.get("how", ""))
    else:
        raise Refused("bad-value", field="do", value=do, expected="see, transfer, discharge, leave")
    return _back(row.unit_id)


def adopt(request: HttpRequest, unit: UUID) -> HttpResponse:
    """The hospital works by the treatment plan that is in force."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    row = units.units(scope, "ledger.write").filter(pk=unit).first()
    if row is None:
        raise Refused("not-found-or-out-of-area")
    plan = texts.treatment_plan(row.area, clock.now())
    if plan is None:
        raise Refused("bad-value", field={"zh": "诊疗方案", "en": "treatment plan"}, value="—", expected="")
    if texts.adopted_at(plan.pk, row.pk) is None:
        told = {"text": plan.pk, "unit": row.pk, "area": row.area_id, "reached_at": clock.now()}
        [outcome] = command.save_receipts(scope, [Command(told=told, source_id=f"adopted:{plan.pk}:{row.pk}")], sender=f"post:{scope.post_id}")
        if outcome.kind == "rejected":
            raise Refused(outcome.problems[0].code, field=outcome.problems[0].field, value=outcome.problems[0].value, expected="")
    return _back(row.pk)


def _disease(told: str) -> str:
    if told not in diseases():
        raise Refused("bad-value", field="disease", value=told, expected=", ".join(diseases()))
    return told


def _uuid(told: str) -> UUID:
    try:
        return UUID(told)
    except ValueError:
        raise Refused("bad-value", field="unit", value=told, expected="") from None


def _back(unit: UUID) -> HttpResponse:
    return HttpResponseRedirect(url("care", {"unit": unit}))
