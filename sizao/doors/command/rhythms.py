"""The sixteen rhythms as a calendar, and as a feed that a post's own calendar reads: when, where it is done, and whether it was. No person is in it."""

import hashlib
import secrets
from datetime import timedelta
from importlib import import_module
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.urls import resolve
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import override

from sizao.doors.kit import places
from sizao.doors.kit.pages import page, see
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.plan import read
from sizao.registers.command import deciding
from sizao.registers.command import read as command
from sizao.situation import rhythms
from sizao.situation.rhythms import Rhythm, Standing

LENGTH = timedelta(minutes=30)


def words_of(s: Standing | None) -> str:
    """How a rhythm stands, in words."""
    if s is None:
        return _("still to come")
    return {
        "done": _("done: %(done)s of %(owed)s") % {"done": s.done, "owed": s.owed}, "missing": _("%(n)s missing of %(owed)s") % {"n": s.missing, "owed": s.owed}, "idle": _("nothing was owed"),
        "unknown": _("no measure of it is in force") if s.told else _("cannot tell: nothing was computed then"),
    }[s.state]  # fmt: skip


def repeats(r: Rhythm) -> str:
    """How often, in words."""
    told = {
        "always": _("continuous, 24 h"), "event": _("whenever it comes"), "daily": _("each day"), "weekly": _("each week"), "monthly": _("each month"), "yearly": _("each year"), "date": "", "season": _("by season"), "never": _("never"),
    }[r.repeat]  # fmt: skip
    when = " ".join(part for part in (_on(r), f"{r.at:%H:%M}" if r.at else "") if part)
    if r.repeat == "date":
        return _("by %(at)s") % {"at": when}
    return _(", ").join(part for part in (told, when if r.repeat != "always" else "") if part)


def _on(r: Rhythm) -> str:
    """The days on which it comes, where those are told."""
    if r.repeat == "weekly":
        return str(WEEKDAYS[r.told["weekday"] - 1])
    if r.repeat == "monthly":
        return _("day %(n)s") % {"n": r.told["day"]}
    if r.repeat in ("yearly", "season"):
        return _(", ").join(f"{month:02d}-{r.told['day']:02d}" for month in (r.told.get("months") or [r.told["month"]]))
    return r.told["until"].isoformat() if r.repeat == "date" else ""


def where(r: Rhythm, area: Area) -> str:
    """The page where it is done."""
    if r.repeat == "never":
        return url("register", register="form-requests")
    return url(r.page) if r.page in ("care-recovered", "registers") else url(r.page, {"area": area.code})


def _leads(scope: Scope, address: str) -> str:
    """The address of a page that this scope's post may open, else "": a title that leads to a refusal leads nowhere."""
    wanted = resolve(urlsplit(address).path).url_name
    right = next(r.permission for r in import_module("sizao.doors.policy").ROUTES if r.name == wanted)
    return address if right is None or scope.can(right) else ""


def calendar(request: HttpRequest) -> HttpResponse:
    """The rhythms with how each stands now, the days around today, and the address of the feed. An address is shown once, when it is made."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope)
    now = clock.now()
    address = ""
    if request.method == "POST":
        if scope.post is None:
            raise Refused("no-post")
        if request.POST.get("do") == "end":
            deciding.end_address(scope)
            return see(url("calendar", {"area": area.code}))
        token = secrets.token_urlsafe(24)
        deciding.keep_address(scope, scope.post.area_id, _digest(token))
        address = request.build_absolute_uri(url("calendar-feed", token=token))
    run = read.latest_run()
    shown = {
        "w": Words(request.LANGUAGE_CODE, area.zone), "area": area, "up": places.way_up(scope, area), "now": now, "standing": rhythms.standing(scope, area, run), "all": rhythms.rhythms(),  # type: ignore[attr-defined]
        "events": rhythms.calendar(scope, area, now), "today": clock.local_day(now, area.zone), "words_of": words_of, "repeats": repeats, "where": lambda r: _leads(scope, where(r, area)), "address": address,
        "has_address": command.has_address(scope), "run": run,
    }  # fmt: skip
    return page(request, "command/calendar.html", shown)


def feed(request: HttpRequest, token: str) -> HttpResponse:
    """RFC 5545, for who has the address: the appointments of a week back and two weeks ahead. It ends with the address, with the post, and when nobody holds the post. Refused: page-not-found."""
    from icalendar import Calendar, Event

    found = command.address(_digest(token))
    scope = command.scope_of_address(found) if found is not None else None
    if found is None or scope is None:
        raise Refused("page-not-found")
    area, now = found.area, clock.now()
    english = request.GET.get("lang") == "en"
    base = request.build_absolute_uri("/").rstrip("/")
    made = Calendar()
    made.add("prodid", "-//Sizao//rhythms//EN")
    made.add("version", "2.0")
    with override("en" if english else "zh-hans"):
        words = Words("en" if english else "zh-hans", area.zone)
        made.add("x-wr-calname", f"{words.name(area)} · {_('Rhythms')}")
        made.add("x-wr-timezone", area.zone)
        for e in rhythms.calendar(scope, area, now):
            event = Event()
            event.add("uid", f"{e.rhythm.id}-{e.day:%Y%m%d}-{area.code}@{urlsplit(base).hostname}")
            event.add("dtstamp", now)
            event.add("dtstart", e.starts_at)
            event.add("dtend", e.starts_at + LENGTH)
            mark = {"done": "✓ ", "missing": "✗ "}.get(e.standing.state, "") if e.standing else ""
            event.add("summary", mark + words.both(e.rhythm.title))
            event.add("description", f"{words_of(e.standing)}\n{e.rhythm.source}")
            event.add("url", base + where(e.rhythm, area))
            made.add_component(event)
        response = HttpResponse(made.to_ical(), content_type="text/calendar; charset=utf-8")
    response.headers["Cache-Control"] = "private, max-age=300"
    return response


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
