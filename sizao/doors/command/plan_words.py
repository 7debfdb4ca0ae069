"""What the pages of plans call things, and the small choices that they share."""

import re
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from sizao.doors.kit import places
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.kernel.codes import diseases
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.plan import whom
from sizao.plan.facts import vocabulary
from sizao.plan.language import Edition
from sizao.plan.language.durations import Duration
from sizao.plan.language.ladders import Ladder
from sizao.plan.show import value as written

#: How many days ahead an edition may begin: what lies further cannot be tried on the registers of today.
FURTHEST = 366


def kinds() -> dict[str, str]:
    """The twelve kinds of measure."""
    return {
        "list": _("named list"),
        "sweep": _("sweep"),
        "report": _("due report"),
        "standing": _("standing duty"),
        "post": _("manned post"),
        "capacity": _("capacity"),
        "event": _("event clock"),
        "ticket": _("ticket"),
        "watch": _("watch"),
        "gate": _("level or grade"),
        "stock": _("stock"),
        "message": _("message"),
    }


def urgencies() -> dict[str, str]:
    return {"alarm": _("alarm"), "prompt": _("prompt"), "routine": _("routine")}


def changes() -> dict[str, str]:
    """What becomes of a subject when the edition changes, in the order of the page."""
    return {
        "obliged": _("Newly obliged"),
        "released": _("Released"),
        "changed": _("Another due"),
        "unchanged": _("Unchanged"),
        "cannot_tell": _("Cannot tell"),
    }


def parts() -> dict[str, str]:
    """The parts of a rule that may differ between two editions."""
    return {
        "while": _("While"),
        "who": _("For whom"),
        "when": _("When"),
        "done": _("What counts as done"),
        "by": _("Who answers"),
        "ends": _("What ends it"),
        "yields": _("What goes before it"),
        "listed": _("Who must be on the list"),
        "shown": _("Watched beside it"),
        "title": _("Title"),
        "source": _("Source"),
        "kind": _("Kind of measure"),
        "urgency": _("Urgency"),
        "minutes": _("Minutes each time"),
    }


def others() -> dict[str, str]:
    """What an edition says beside its measures and figures."""
    return {"title": _("Title"), "lists": _("Dated list"), "precedence": _("Which goes first"), "escalate": _("How far up, how soon")}


def states() -> dict[str, str]:
    """States and counts as scenarios write them."""
    return {
        "open": _("Running"),
        "ahead": _("Ahead"),
        "met": _("Met"),
        "late": _("Late"),
        "overdue": _("Overdue"),
        "waiting": _("Waiting"),
        "closed": _("Closed"),
        "cannot_tell": _("Cannot tell"),
        "owed": _("Owed"),
        "missing": _("Missing"),
        "missed": _("Missed"),
        "told_late": _("Told late"),
    }


def said(text: str) -> str:
    """A difference of a scenario with its state codes in words."""
    known = states()
    return re.sub(r"\b[a-z_]+\b", lambda m: known.get(m[0], m[0]), text)


def only_for(column: str, code: str, words: Words) -> str:
    """For whom a line of a figure holds, in words: "case class: suspected"."""
    found = [c for t in vocabulary().tables.values() for c in t.columns if c.name == column]
    named = next((c for c in found if c.codes and code in vocabulary().codes.get(c.codes, {})), found[0] if found else None)
    if named is None:
        return f"{column} = {code}"
    return _("%(what)s: %(value)s") % {"what": words.both(named), "value": words.both(vocabulary().codes.get(named.codes or "", {}).get(code), code)}


def figure(value: Any, words: Words) -> str:
    """A value of a figure in words: a span as "24 hours", times of day and days as they are."""
    if isinstance(value, Duration):
        return value.words("zh" if words.is_zh else "en")
    shown = written(value)
    return ", ".join(map(str, shown)) if isinstance(shown, list) else str(shown)


#: Code lists from which dated lists take their codes; others are divisions or names, and stand as they are.
LISTED = ("unit-kind", "area-level")


def dated(found: Edition, words: Words) -> list[tuple[str, list[tuple[str, Any, Any]]]]:
    """The dated lists of an edition: what each is called, and its lines (what, from, until)."""
    v = vocabulary()

    def said(code: str) -> str:
        return next((words.both(v.codes[name][code]) for name in LISTED if code in v.codes.get(name, {})), code)

    return [(words.both(v.parts.get(f"list:{name}"), name), [(said(code), first, last) for code, first, last in lines]) for name, lines in found.lists.items()]


def ladders(found: Edition, words: Words) -> list[tuple[str, list[str], Ladder]]:
    """How far up what is overdue appears, and how soon: of each urgency the spans in words, one a level, and the ladder itself."""
    return [(urgencies().get(urgency, urgency), [figure(span, words) if span else _("at once") for span in one.spans], one) for urgency, one in found.escalate.items()]


def reason(code: str, words: Words) -> str:
    """What a scenario names beside a state: a column, an act, a measure; in words where it has any."""
    v = vocabulary()
    what = code.partition(":")[2] or code
    for known in (v.acts.get(what), *(t for table in v.tables.values() for t in table.columns if t.name == what)):
        if known is not None:
            return words.both(known)
    return what


def outcome(kind: str, code: str, words: Words) -> str:
    """The outcome of an act in words, where its kind takes it from a code list."""
    known = vocabulary().acts.get(kind)
    return words.code(known.outcomes, code) if known and known.outcomes else code


def choices() -> dict[str, Any]:
    """The diseases to choose from, the unnamed one last."""
    return diseases()


def disease(request: HttpRequest, default: str = "") -> str:
    """The disease asked about; "" is every one."""
    code = request.GET.get("disease", request.POST.get("disease", ""))
    return code if code in diseases() else default


def near(scope: Scope, area: Area, permission: str = "plan.read") -> list[Area]:
    """Areas to choose from without typing: the way down to this one, it, and what lies right below."""
    return [*places.way_up(scope, area, permission), *places.children(area)]


def start(text: str, area: Area) -> datetime:
    """The first instant of a day written as 2020-06-30, in the area's zone, or a whole instant; tomorrow when nothing is said. Refused bad-value."""
    today = clock.local_day(clock.now(), area.zone)
    try:
        instant = datetime.fromisoformat(text) if len(text) > 10 else None
        day = date.fromisoformat(text) if text and instant is None else today + timedelta(days=1)
        begins = instant if instant and instant.tzinfo else clock.start_of_day(day, area.zone)
        if clock.local_day(begins, area.zone) > today + timedelta(days=FURTHEST):
            raise ValueError
    except (ValueError, OverflowError):
        field, expected = (
            {"zh": "开始日期", "en": "first day"},
            {"zh": "一年以内的日期，如 2020-06-30", "en": "a day within a year, as 2020-06-30"},
        )
        raise Refused("bad-value", field=field, value=text, expected=expected) from None
    return begins


def together(found: whom.Whom) -> list[whom.AreaChanged]:
    """All measures by area."""
    rolled: dict[int | None, whom.AreaChanged] = {}
    for m in found.told:
        for part in m.areas:
            into = rolled.setdefault(part.area.pk if part.area else None, whom.AreaChanged(area=part.area))
            for change, number in part.counts().items():
                into.add(change, number)
    return sorted(rolled.values(), key=lambda a: (a.area is None, -(a.obliged + a.released + a.changed), a.area.code if a.area else ""))
