"""What a laboratory tells at the desk of tubes, without a program of its own: which run they were in, and their results. No name is on these pages."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from sizao.doors.kit.pages import page
from sizao.doors.kit.words import Words
from sizao.flows import tubes_sent
from sizao.kernel import clock
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Outcome
from sizao.registers.laboratory import custody, tubes

#: So many tubes are told at once by hand.
MOST = 500
FORM = dict.fromkeys(("laboratory", "run", "instrument", "started_at", "ended_at", "tubes", "result", "at"), "")


def numbers(text: str) -> list[str]:
    """The tube numbers of a text, one a line or separated by spaces or commas; each once. Refused value-missing."""
    codes = list(dict.fromkeys(text.replace(",", " ").replace("，", " ").split()))[:MOST]
    if not codes:
        raise Refused("value-missing", field={"zh": "管号", "en": "tube numbers"})
    return codes


def ran(request: HttpRequest) -> HttpResponse:
    """A run of an instrument with the tubes in it; told again with its end, it ends. Refused as the verb says, and bad-value."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    words = Words(request.LANGUAGE_CODE, scope.post.area.zone)  # type: ignore[attr-defined]
    told, codes = request.POST, numbers(request.POST.get("tubes", ""))
    number = told.get("run", "").strip()
    if not number:
        raise Refused("value-missing", field={"zh": "批次号", "en": "run number"})
    lab = {str(one.pk): one.pk for one in tubes_sent.choices()}.get(told.get("laboratory", ""))
    if lab is None:
        raise Refused("value-missing", field={"zh": "检测机构", "en": "laboratory"})
    began, ended = _moment(told.get("started_at", ""), words.zone), _moment(told.get("ended_at", ""), words.zone)
    if began is None:
        raise Refused("value-missing", field={"zh": "上机时间", "en": "when it started"})
    run = custody.NewRun(laboratory=lab, number=number, started_at=began, ended_at=ended, instrument=told.get("instrument", "").strip(), lines=[custody.Line(c) for c in codes])
    return _answer(request, words, _("Record a run"), "desk/lab_run.html", number, custody.record_run(scope, run))


def resulted(request: HttpRequest) -> HttpResponse:
    """One result of many tubes. What does not go together is held, and the answer says so. Refused as the verb says, and bad-value."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    words = Words(request.LANGUAGE_CODE, scope.post.area.zone)  # type: ignore[attr-defined]
    told, codes = request.POST, numbers(request.POST.get("tubes", ""))
    if told.get("result") not in code_list("test-result"):
        raise Refused("bad-value", field={"zh": "检测结果", "en": "result"}, value=told.get("result", "")[:40], expected=", ".join(code_list("test-result")))
    at = _moment(told.get("at", ""), words.zone) or clock.now()
    done = tubes.report_tubes(scope, [tubes.TubeTold(c, told["result"], at) for c in codes])
    return _answer(request, words, _("Tell results"), "desk/lab_results.html", words.code("test-result", told["result"]), dict(zip(codes, done, strict=True)))


def _answer(request: HttpRequest, words: Words, heading: str, form: str, said: str, done: Mapping[str, Outcome]) -> HttpResponse:
    """What became of each tube; what was not recorded, with the cure, above the form as it was sent."""
    wrong = [(c, o, refused.text(words.language[:2]), refused.cure(words.language[:2])) for c, o in done.items() if o.kind == "rejected" for refused in (Refused(o.problems[0].code, tube=c, counted=o.problems[0].value),)]
    shown = {
        "w": words, "heading": heading, "form": form, "said": said, "good": [c for c, o in done.items() if o.kind != "rejected"], "wrong": wrong,
        "typed": FORM | request.POST.dict() | {"tubes": " ".join(c for c, *_ in wrong)}, "rooms": tubes_sent.rooms(clock.local_day(clock.now(), words.zone), tubes_sent.choices()) if wrong else [],
    }  # fmt: skip
    return page(request, "desk/lab_sent.html", shown, status=422 if wrong else 200)


def _moment(text: str, zone: str) -> datetime | None:
    """A moment typed in the civil time of the post's area; None where it was left empty. Refused bad-value."""
    if not text.strip():
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Refused("bad-value", field=_("time"), value=text[:40], expected="2026-01-31T18:00") from None
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))
