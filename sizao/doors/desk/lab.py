"""The laboratory at the desk: what is late first, then who is called again, what is held, what each laboratory has room for, and how long results take."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.whole import whole
from sizao.doors.kit.words import Words
from sizao.flows import case_by_definition, tubes_sent
from sizao.interop.feeds import read as feeds
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.scope import at_most_one
from sizao.registers.laboratory import board, tubes
from sizao.registers.population import read as population


def lab(request: HttpRequest) -> HttpResponse:
    """The page. Names as this post may see them, and the read on record."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    words = Words(request.LANGUAGE_CODE, scope.post.area.zone)  # type: ignore[attr-defined]
    now = clock.now()
    today = clock.local_day(now, words.zone)
    called = board.recalls(scope, now)
    held, holds = board.holds(scope)
    labs, silent = tubes_sent.choices(), feeds.silent_since(now)
    again = case_by_definition.proposals(scope) if scope.can("case.read") else []
    shown = {
        "w": words, "now": now, "waiting": board.waiting(scope, now, words.zone), "recalls": called, "held": held, "holds": holds,
        "names": population.names_of(scope, {r.person_id for r in called.rows if r.person_id} | {c.person_id for c, _ in again}, "laboratory.recalls") if (called.rows or again) and scope.can("person.read") else {},
        "again": again, "silent": silent, "silent_from": min((clock.local_day(at, words.zone) for at in silent.values()), default=None),
        "rooms": tubes_sent.rooms(today, labs), "took": board.turnaround(scope, today, words.zone), "labs": {one.pk: one for one in labs}, "may_sample": scope.can("specimen.write") and scope.can("person.read"), "may_send": scope.can("custody.write"),
        "may_tell": scope.can("result.write"), "said": _told, "typed": dict.fromkeys(("step", "tubes", "box", "laboratory", "run", "instrument", "started_at", "ended_at", "result", "at"), ""),
    }  # fmt: skip
    return page(request, "desk/lab.html", shown)


def _told(words: Words, hold: board.Hold) -> str:
    """What was told, in a line: the last word, with counts where there are some."""
    last = (hold.told.get("again") or [hold.told])[-1]
    parts = [words.code("test-result", last.get("result") or last.get("said"))] if last.get("result") or last.get("said") else []
    parts += [words.code("tube-step", last["step"])] if "step" in last else []
    parts += [f"{last['counted']} ≠ {len(last['listed']) if 'listed' in last else last['known']}"] if "counted" in last and ("listed" in last or "known" in last) else []
    parts += [f"{last['sent']} > {last['left']} · {last.get('because', '')}"] if "sent" in last else []
    parts += [str(last[k]) for k in ("code", "run", "well", "figure") if k in last]
    return " · ".join(p for p in parts if p)


def decide(request: HttpRequest, hold: UUID) -> HttpResponse:
    """Decides a hold, with the reason. Refused as the verb says."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    at_most_one(board.holds_of(scope).filter(pk=hold)[:1])
    tubes.decide(scope, hold, request.POST.get("resolution", ""), request.POST.get("reason", ""))
    return _back()


def found(request: HttpRequest, recall: UUID) -> HttpResponse:
    """Somebody who is called again was found."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    at_most_one(board.recalls_of(scope).filter(pk=recall)[:1])
    tubes.found(scope, recall)
    return _back()


def send(request: HttpRequest) -> HttpResponse:
    """Tubes are handed over: numbers one a line or separated by spaces, how many were counted, to which laboratory; the answer says what became of each."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    codes = list(dict.fromkeys(request.POST.get("tubes", "").replace(",", " ").replace("，", " ").split()))[:500]
    step, counted, chosen = request.POST.get("step", ""), request.POST.get("counted", "").strip(), request.POST.get("laboratory", "")
    if step not in ("handed", "received"):
        raise Refused("bad-value", field={"zh": "环节", "en": "step"}, value=step, expected="handed, received")
    number = whole(counted, 10**6)
    if not codes or number is None:
        raise Refused("value-missing", field={"zh": "管号与清点管数", "en": "tube numbers and how many were counted"})
    labs = {str(one.pk): one.pk for one in tubes_sent.choices()}
    told = tubes_sent.HandOver(step=step, tubes=dict.fromkeys(codes), counted=number, at=clock.now(), laboratory=labs.get(chosen), box=request.POST.get("box", "")[:60])  # type: ignore[arg-type]
    done = tubes_sent.send(scope, told, anyway=request.POST.get("anyway", ""))
    words = Words(request.LANGUAGE_CODE, scope.post.area.zone)  # type: ignore[attr-defined]
    wrong = [(code, o, Refused(o.problems[0].code, **_values(code, o)).text(words.language[:2]), Refused(o.problems[0].code, **_values(code, o)).cure(words.language[:2])) for code, o in done.items() if o.kind == "rejected"]
    shown = {"w": words, "good": [c for c, o in done.items() if o.kind != "rejected"], "wrong": wrong, "heading": _("Hand tubes over"), "said": words.code("tube-step", step), "form": "desk/lab_send.html", "typed": {"box": "", "laboratory": "", **request.POST.dict()}, "rooms": tubes_sent.rooms(clock.local_day(told.at, words.zone), tubes_sent.choices())}
    return page(request, "desk/lab_sent.html", shown, status=422 if wrong else 200)


def _values(code: str, outcome: tubes_sent.Outcome) -> dict[str, str]:
    count, _, left = outcome.problems[0].value.partition(" > ")
    return {"tube": code, "counted": outcome.problems[0].value, "count": count, "left": left}


def _back() -> HttpResponse:
    return HttpResponseRedirect(url("lab"))
