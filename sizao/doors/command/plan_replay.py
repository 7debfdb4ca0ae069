"""The same registers under the five editions and under what one would switch on now, and why the numbers differ: one page."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from sizao.doors.command import plan_words, replay_kept
from sizao.doors.kit import places
from sizao.doors.kit.middleware import is_partial
from sizao.doors.kit.pages import page
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.plan import replay


def replayed(request: HttpRequest) -> HttpResponse:
    """The choices at once; the numbers come in beside them, as many at a time as an answer may take, until all are there.

    Without scripts `numbers=1` gives the page with what is worked out so far, and a link to go on.
    """
    scope = request.scope.open()
    area = places.asked(request, scope)
    disease = plan_words.disease(request)
    starts, as_of, known = _day(request.GET.get("starts", ""), area), _instant(request.GET.get("as_of", "")), _instant(request.GET.get("known", ""))
    if not (as_of or known or request.GET.get("fresh")) and (before := replay_kept.last(area, disease, starts)) is not None:
        starts, as_of, known = before.starts, before.as_of, before.known_at
    asked = replay.question(scope, area, starts=starts, as_of=as_of, known_at=known, disease=disease)
    texts = replay.texts()
    ids = [e.id for e in texts.values()]
    old, new = (_one_of(request.GET.get(name, ""), ids, place) for name, place in (("old", 0), ("new", 1)))
    query = {
        "area": area.code,
        "disease": disease,
        "starts": clock.local_day(asked.starts, area.zone).isoformat(),
        "as_of": asked.as_of.isoformat(),
        "known": asked.known_at.isoformat(),
        "old": old,
        "new": new,
        "numbers": "1",
    }
    shown: dict[str, Any] = {
        "w": Words(request.LANGUAGE_CODE, area.zone),
        "area": area,
        "near": plan_words.near(scope, area),
        "asked": asked,
        "query": query,
        "texts": {e.id: e.title for e in texts.values()},
        "old": old,
        "new": new,
        "disease": disease,
        "diseases": plan_words.choices(),
        "kinds": plan_words.kinds(),
        "parts": plan_words.parts(),
        "urgencies": plan_words.urgencies(),
        "counted": counted(),
        "again": {"area": area.code, "disease": disease, "starts": clock.local_day(asked.starts, area.zone).isoformat(), "old": old, "new": new, "fresh": "1"},
        "found": None,
    }
    if request.GET.get("numbers"):
        found = replay.replay(scope, asked, texts, keeper=replay_kept.Kept())
        a, b = found.named(old), found.named(new)
        listed = replay.differing(a, b) if a and b and found.whole else []
        shown |= {"why": replay.why(a, b, listed) if a and b and found.whole else None, "reasons": reasons(), "signed": signed, "found": found, "now": clock.now(), "differing": [d for d in listed if not d.dates_only], "dates": [d for d in listed if d.dates_only]}
    return page(request, "command/plan_replay_numbers.html" if is_partial(request) else "command/plan_replay.html", shown)


def counted() -> dict[str, str]:
    """What the columns count."""
    return {"all": _("Obligations"), "missing": _("Overdue"), "missed": _("Missed"), "cannot_tell": _("Cannot tell")}


def reasons() -> dict[str, str]:
    """From where a difference comes, in the order in which it is said."""
    return {
        "added": _("by what only the new text asks"),
        "removed": _("by what only the old text asked"),
        "changed": _("by rules that both have, and word otherwise"),
        "alike": _("by rules worded alike, which hang on others that are not"),
    }


def signed(n: int) -> str:
    """A difference with its sign.

    >>> signed(-1200), signed(5), signed(0)
    ('−1,200', '+5', '±0')
    """
    return f"+{n:,}" if n > 0 else f"−{-n:,}" if n < 0 else "±0"


def _one_of(asked: str, ids: list[str], place: int) -> str:
    return asked if asked in ids else ids[min(place, len(ids) - 1)] if ids else ""


def _day(text: str, area: Area) -> datetime | None:
    """The first instant of a local day. Refused bad-value."""
    try:
        return clock.start_of_day(date.fromisoformat(text), area.zone) if text else None
    except (ValueError, OverflowError):
        raise _wrong(text) from None


def _instant(text: str) -> datetime | None:
    """An instant as the page itself wrote it, with its offset. Refused bad-value."""
    try:
        found = datetime.fromisoformat(text) if text else None
        if found is not None and (found.tzinfo is None or not 1900 < found.year < 2200):
            raise ValueError
    except (ValueError, OverflowError):
        raise _wrong(text) from None
    return found


def _wrong(text: str) -> Refused:
    return Refused("bad-value", field={"zh": "时间", "en": "time"}, value=text, expected="2020-06-30 · 2020-06-30T12:00:00+00:00")
