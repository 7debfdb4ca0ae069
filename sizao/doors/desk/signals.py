"""Signals of the watch: the board by the clock, one signal with its curve and its judgement, a stream with what its false alarms cost and its thresholds."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from sizao.doors.desk.registers import told_versions
from sizao.doors.kit import lists, places
from sizao.doors.kit.charts.panel import Panel, sent
from sizao.doors.kit.pages import page
from sizao.doors.kit.shown import Shown
from sizao.doors.kit.templates import url
from sizao.doors.kit.whole import whole
from sizao.doors.kit.words import Words
from sizao.flows import signal_answered as flow
from sizao.kernel import areas, clock
from sizao.kernel.codes import code_list, roles, threshold
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.registry import find
from sizao.kernel.scope import Scope
from sizao.kernel.versions import versions
from sizao.registers.cases import gathered
from sizao.registers.cases import read as cases
from sizao.registers.surveillance import curves, read, tuning
from sizao.registers.surveillance import streams as content
from sizao.registers.surveillance.alarms import alarms
from sizao.registers.surveillance.calendars import calendar
from sizao.registers.surveillance.streams import TUNED, Stream, streams

from . import signal_curve

LISTED = 100


def signals(request: HttpRequest) -> HttpResponse:
    """The board: what is open first by its clock; by view, stream and area; beside it what false alarms have cost."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    words, now = Words(request.LANGUAGE_CODE, lists.zone_of(scope)), clock.now()  # type: ignore[attr-defined]
    view = request.GET.get("view", "open")
    view = view if view in read.BOARD else "open"
    known = streams()
    name = request.GET.get("stream", "")
    name = name if name in known else ""
    area = places.asked(request, scope) if request.GET.get("area") else None
    counts = read.board_counts(scope, now, stream=name, area=area)
    rows = list(read.board(scope, view, stream=name, area=area)[:LISTED])
    since = _since(now)
    context = {
        "w": words, "now": now, "view": view, "views": read.BOARD, "counts": counts, "rows": rows, "listed": LISTED, "streams": known, "stream": name, "area": area,
        "areas": _areas(scope), "cost": read.cost(scope, since, area=area), "weeks": _weeks(now), "may_judge": scope.can("signal.write"),
    }  # fmt: skip
    return page(request, "desk/signals.html", context)


def _weeks(now: datetime) -> int:
    return int(threshold("signal-cost-weeks", now.date()))


def _since(now: datetime) -> datetime:
    return now - timedelta(weeks=_weeks(now))


def _areas(scope: Scope) -> list[Area]:
    """The areas right below the post's own, for the filter."""
    top = scope.post.area if scope.post else areas.root()
    return [top, *places.children(top)]


def signal(request: HttpRequest, signal: UUID) -> HttpResponse:
    """One signal: its numbers, its curve as it stands now, the method in words, the judgement and what followed, every version, and what this stream's signals cost here."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    row = read.access_signal_by_id(scope, signal)
    words, now = Words(request.LANGUAGE_CODE, row.area.zone), clock.now()  # type: ignore[attr-defined]
    one, register = streams().get(row.stream), find("signals")
    kept = versions(register, row)
    shown = Shown.of(register, scope, words, [row, *(v.row for v in kept[1:])], what="signal")
    may = scope.can("signal.write", row.area)
    context = {
        "w": words, "now": now, "row": row, "one": one, "curve": _signal_curve(scope, row, one, words, now), "may_judge": may, "may_ticket": scope.can("ticket.write", row.area),
        "judgements": code_list("signal-judgement"), "actions": code_list("signal-action"), "history": told_versions(register, shown, kept, words), "seen": row.change_no,
        "cost": next(iter(read.cost(scope, _since(now), stream=row.stream, kind="" if row.stream else row.kind, area=row.area)), None), "must_say": bool(row.stream) or row.raised_by == "machine",
        "alarm": None if row.stream else alarms().get(row.kind), "weeks": _weeks(now), "saved": request.GET.get("saved", ""),
        "cases": _cases(scope, row) if may and row.judgement == "real" and scope.can("case.read", row.area) else [],
        "zone": row.area.zone,
    }  # fmt: skip
    return page(request, "desk/signal.html", context)


def _signal_curve(scope: Scope, row: Any, one: Stream | None, words: Words, now: datetime) -> Panel | None:
    """The counts that the signal is about, as they stand now; None where no stream raised it."""
    if one is None:
        return None
    found = stays_curve(scope, row, now) if one.together and row.unit_id else curves.unit_curve(scope, one, row.unit_id, row.area, row.window_from, row.window_to, now) if one.cluster and row.unit_id else curves.curve(scope, one, row.area, now) if one.rule else None
    if found is None:
        return None
    made = signal_curve.panel(" · ".join([words.both(one), words.name(row.area), *([row.unit.name] if row.unit else [])]), one, found, words)
    made.lead, made.files = _("as they stand now; late reports are in them"), lambda form: url("signal-file", signal=row.pk, sent_as=form)
    return made


def stays_curve(scope: Scope, row: Any, now: datetime) -> curves.Curve:
    """Cases a day at the place of a signal, four weeks up to a week after its window."""
    scope.check("plan.read", row.area)
    today = clock.local_day(now, row.area.zone)
    last = min(today, row.window_to + timedelta(days=7))
    found = gathered.by_day(row.unit_id, row.disease or "", last - timedelta(days=27), last, row.area.zone, now)
    points = [curves.Point(d, n, None, None, n > 0 and row.window_from <= d <= row.window_to, "judged", n, d < today) for d, n in found.items()]
    return curves.Curve(points, sum(found.values()), max((d for d, n in found.items() if n), default=None), now, None)


def signal_file(request: HttpRequest, signal: UUID, sent_as: str) -> HttpResponse:
    """The curve of a signal as CSV, SVG or PNG. Refused: page-not-found."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    row, now = read.access_signal_by_id(scope, signal), clock.now()
    made = _signal_curve(scope, row, streams().get(row.stream), Words(request.LANGUAGE_CODE, row.area.zone), now)  # type: ignore[attr-defined]
    if made is None:
        raise Refused("page-not-found")
    return sent(made, sent_as, name=f"signal-{row.stream}-{row.area.code}", day=clock.local_day(now, row.area.zone))


def _stream_curve(scope: Scope, one: Stream, area: Area, words: Words, now: datetime) -> tuple[Panel | None, Any]:
    """(the counts of a stream in an area, the rule in force on the newest day); None twice where units are counted for clusters."""
    if one.rule is None:
        return None, None
    found = curves.curve(scope, one, area, now)
    made = signal_curve.panel(f"{words.both(one)} · {words.name(area)}", one, found, words)
    made.files = lambda form: url("stream-file", {"area": area.code}, stream=one.id, sent_as=form)
    return made, found.rule


def stream_file(request: HttpRequest, stream: str, sent_as: str) -> HttpResponse:
    """The curve of a stream in an area (`?area=`) as CSV, SVG or PNG. Refused: page-not-found."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    one, area, now = content.stream(stream), places.asked(request, scope), clock.now()
    made, _rule = _stream_curve(scope, one, area, Words(request.LANGUAGE_CODE, area.zone), now)  # type: ignore[attr-defined]
    if made is None:
        raise Refused("page-not-found")
    return sent(made, sent_as, name=f"stream-{one.id}-{area.code}", day=clock.local_day(now, area.zone))


def _cases(scope: Scope, row: Any) -> list[tuple[str, str]]:
    """(id, number) of the newest cases of the signal's disease in its area, whose investigation may go on from it. No name is read."""
    rows = cases.cases(scope).filter(area__path__startswith=row.area.path).order_by("-reported_at", "-id")
    rows = rows.filter(disease=row.disease) if row.disease else rows
    return [(str(pk), number or str(pk)[-6:]) for pk, number in rows.values_list("pk", "source_id")[:20]]


def judge(request: HttpRequest, signal: UUID) -> HttpResponse:
    """The judgement, with its reason. Refused: bad-value, signal-without-reason, changed-meanwhile."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    read.access_signal_by_id(scope, signal)
    said = request.POST.get("judgement", "")
    if said not in code_list("signal-judgement"):
        raise Refused("bad-value", field=_("Judgement"), value=said, expected=", ".join(code_list("signal-judgement")))
    flow.judge(scope, signal, said, _text(request, "why"), seen=_seen(request))
    return HttpResponseRedirect(url("signal", {"saved": "judged"}, signal=signal))


def follow(request: HttpRequest, signal: UUID) -> HttpResponse:
    """What was done; a case whose investigation goes on from it; a ticket for whoever has to act. Refused: bad-value, value-missing, changed-meanwhile."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    row = read.access_signal_by_id(scope, signal)
    said = request.POST.get("action", "")
    if said not in code_list("signal-action"):
        raise Refused("bad-value", field=_("Answer"), value=said, expected=", ".join(code_list("signal-action")))
    case, due = request.POST.get("case", ""), request.POST.get("due_at", "")
    try:
        about = UUID(case) if case else None
        due_at = datetime.fromisoformat(due).replace(tzinfo=ZoneInfo(row.area.zone)) if due else None
    except ValueError:
        raise Refused("bad-value", field=_("Due"), value=case or due, expected="2026-11-23T17:00") from None
    flow.follow_up(scope, signal, said, _text(request, "done"), case=about, ticket=_text(request, "ticket"), due_at=due_at, seen=_seen(request))
    return HttpResponseRedirect(url("signal", {"saved": "followed"}, signal=signal))


def _text(request: HttpRequest, name: str) -> str:
    return " ".join(request.POST.get(name, "").split())[:1000]


def _seen(request: HttpRequest) -> int | None:
    return whole(request.POST.get("seen", ""))


def stream_page(request: HttpRequest, stream: str) -> HttpResponse:
    """One stream: what it counts and how it judges, its curve, its cost by area, and its thresholds. A change asked for (`?least=8…`) is shown with its consequence, and saved from there."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    one, area, now = content.stream(stream), places.asked(request, scope), clock.now()
    words = Words(request.LANGUAGE_CODE, area.zone)  # type: ignore[attr-defined]
    today = clock.local_day(now, area.zone)
    asked = {n: request.GET.get(n, "").strip() for n in (*TUNED, "starts_on", "until", "reason")}
    context: dict[str, Any] = {"change": None, "found": None, "problem": None}
    may = scope.can("signal.tune", area) and one.rule is not None
    if any(asked[n] for n in TUNED) and may:
        try:
            context["change"] = change = _change(one, area, asked)
            context["found"] = tuning.consequence(scope, change, now)
        except Refused as refused:
            context["problem"] = refused
    curve, rule = _stream_curve(scope, one, area, words, now)
    context |= {
        "w": words, "now": now, "one": one, "area": area, "way": places.way_up(scope, area), "below": places.children(area), "today": today, "asked": asked, "curve": curve,
        "judged": signal_curve.method(one, rule, words), "rule": rule, "cost": read.cost(scope, _since(now), stream=one.id, area=area, by_area=True),
        "weeks": _weeks(now), "settings": read.stream_settings(scope, one.id), "may_tune": may, "ranges": {n: TUNED[n] for n in (content.tunable(one.rule) if one.rule else ())}, "calendar": calendar(one.calendar), "until": today + timedelta(days=90), "roles": roles(), "counted": find(one.register).declaration,
        "names": _names(context["found"], words), "saved": request.GET.get("saved", ""),
    }  # fmt: skip
    return page(request, "desk/stream.html", context)


def _names(found: tuning.Consequence | None, words: Words) -> dict[int, str]:
    """area → its name, of those in which there is a signal under either setting."""
    ids = {e.place.id for e in (*found.before, *found.after)} if found else set()
    return {a.pk: words.name(a) for a in Area.objects.filter(pk__in=ids).defer("geometry")} if ids else {}


def _change(one: Any, area: Area, told: dict[str, str]) -> tuning.Change:
    other: dict[str, Any] = {}
    for name in TUNED:
        if told.get(name):
            try:
                other[name] = float(told[name])
            except ValueError:
                raise Refused("bad-value", field=name, value=told[name], expected="0.001, 7 …") from None
    days: dict[str, date | None] = {}
    for name in ("starts_on", "until"):
        try:
            days[name] = date.fromisoformat(told[name]) if told.get(name) else None
        except ValueError:
            raise Refused("bad-value", field=name, value=told[name], expected="2026-11-23") from None
    return tuning.wanted(one, area, days["starts_on"], days["until"], other)


def tune(request: HttpRequest, stream: str) -> HttpResponse:
    """Saves a change whose consequence was seen. Refused: stream-setting-without-reason, stream-consequence-not-seen …"""
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope)
    change = _change(content.stream(stream), area, {n: request.POST.get(n, "").strip() for n in (*TUNED, "starts_on", "until")})
    tuning.tune(scope, change, _text(request, "reason"), request.POST.get("seal", ""))
    return HttpResponseRedirect(url("stream", {"area": area.code, "saved": "tuned"}, stream=stream))


def withdraw(request: HttpRequest, setting: UUID) -> HttpResponse:
    """Ends a change of a threshold now."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    return HttpResponseRedirect(url("stream", {"saved": "withdrawn"}, stream=tuning.withdraw(scope, setting)))


def streams_page(request: HttpRequest) -> HttpResponse:
    """Every stream: what it counts, how often, how it is judged, by whom and within what time, and what its signals have cost."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    words, now = Words(request.LANGUAGE_CODE, lists.zone_of(scope)), clock.now()  # type: ignore[attr-defined]
    cost = {c.stream: c for c in read.cost(scope, _since(now)) if c.stream}
    return page(request, "desk/streams.html", {"w": words, "now": now, "streams": streams(), "cost": cost, "weeks": _weeks(now), "roles": roles()})
