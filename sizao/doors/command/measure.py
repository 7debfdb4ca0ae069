"""One measure: its words, its numbers below an area, and who is behind each number."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from sizao.doors.kit import places, runs
from sizao.doors.kit.middleware import is_partial
from sizao.doors.kit.pages import page
from sizao.doors.kit.people import handle, names
from sizao.doors.kit.subjects import called
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope
from sizao.plan import read

PAGE = 50
UNIT = "reporting_unit"
DAYS = 5  # of which figures are shown one by one, the latest


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a list with whom it is about, as this scope may see it. Where it may not, a short handle stands for the name and leads nowhere.

    `chase`: where the unit that has not done it is asked for it; "" where nothing can be asked, or not by this post.
    """

    row: Any
    name: str
    handle: str
    link: str
    chase: str = ""


def measure(request: HttpRequest, measure: str) -> HttpResponse:
    """The page, or with htmx the next rows of its list. A post that may not read of persons sees the numbers and no list."""
    scope = request.scope.open()
    area = places.asked(request, scope)
    states = runs.state_words()
    state = request.GET.get("state", "missing")
    beside = runs.beside_words()
    if state not in states | beside:
        raise Refused("page-not-found")
    run, number = runs.chosen(request)
    apart = request.GET.get("apart") == "1"
    words = Words(request.LANGUAGE_CODE, area.zone)
    may_read = scope.can("person.read", area)
    listed: dict[str, Any] = {"w": words, "with_measure": False, "rows": [], "next": "", "as_of": run.as_of if run else clock.now(), "state": state}
    if may_read:
        found = read.missing(scope, measure, area, state=state, after=request.GET.get("after") or None, limit=PAGE, run=run, apart=apart)
        listed["rows"] = lines(scope, found.rows, f"plan.{state}", words)
        listed["next"] = url("measure", {"area": area.code, "state": state, "run": number, "apart": "1" if apart else "", "after": found.next}, measure=measure) if found.next else ""
        if is_partial(request) and request.GET.get("after"):
            return page(request, "command/rows.html", listed)
    whole = read.measure_page(scope, measure, area, run)
    return page(
        request,
        "command/measure.html",
        listed
        | {
            "area": area,
            "up": places.way_up(scope, area),
            "now": clock.now(),
            "run": runs.head(whole.run),
            "m": whole.measure,
            "states": states,
            "beside": {s: words for s, words in beside.items() if whole.measure.count(s) or s == state},
            "title": (states | beside)[state],
            "shown_days": sorted({day for f in whole.measure.shown for day, *_ in f.days})[-DAYS:],
            "areas": runs.worst_first(whole.areas),
            "tiers": whole.tiers,
            "own": whole.own if whole.own.all else None,
            "may_read": may_read,
            "run_no": number,
            "apart": apart,
        },
    )


def lines(scope: Scope, rows: list[Any], what: str, words: Words) -> list[Line]:
    """Rows with names as this scope may see them, of persons and of units, places and things; the read of persons is on record once for the page."""
    named, things = names(scope, [r.person for r in rows], what), called(scope, rows, words)
    found = []
    for r in rows:
        thing = things.get(r.subject)
        link = url("person", person=r.person) if r.person in named else thing.link if thing else ""
        chased = r.table == UNIT and r.overdue and r.doable and not r.done_since and scope.can("ticket.write", r.area)
        chase = url("directive-new", {"area": r.area.code, "unit": str(r.subject), "what": _asked(words, r)}) if chased else ""
        found.append(Line(r, named.get(r.person, "") or (thing.name if thing else ""), handle(r.subject), link, chase))
    return found


def _asked(words: Words, r: Any) -> str:
    """What is asked of a unit, as a first draft: the measure, and by when it was due."""
    return _("Still missing: %(what)s, due %(at)s.") % {"what": words.both(r.title), "at": words.at(r.zone).moment(r.due) if r.due else "—"}
