"""Two editions beside one another: what their rules say, and whom the difference obliges or releases on the registers as they are."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from sizao.doors.command import plan_words
from sizao.doors.kit import places
from sizao.doors.kit.middleware import is_partial
from sizao.doors.kit.pages import page
from sizao.doors.kit.people import handle, names
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area, ContentItem, Enactment
from sizao.kernel.scope import Scope
from sizao.plan import editions, enacting, evaluation, whom
from sizao.plan.diff import diff as compare

PAGE = 50


def diff(request: HttpRequest) -> HttpResponse:
    """Words first; the numbers are worked out beside them and come in when they are there."""
    scope = request.scope.open()
    area = places.asked(request, scope)
    found = editions.plans(scope)
    old, new = _chosen(request, scope, found)
    shown = {
        "w": Words(request.LANGUAGE_CODE, area.zone),
        "area": area,
        "near": plan_words.near(scope, area),
        "plans": found,
        "in_force": {e.item_id for p in found for e in p.in_force},
        "old": old,
        "new": new,
        "disease": plan_words.disease(request),
        "diseases": plan_words.choices(),
        "changes": None,
        "parts": plan_words.parts(),
        "others": plan_words.others(),
        "kinds": plan_words.kinds(),
        "urgencies": plan_words.urgencies(),
    }
    if old and new:
        a, b = evaluation.edition(old.pk), evaluation.edition(new.pk)
        shown |= {"changes": compare(a, b), "titles": {m.id: m.title for m in (*a.measures.values(), *b.measures.values())}}
    return page(request, "command/plan_diff.html", shown)


def _chosen(request: HttpRequest, scope: Scope, found: list[editions.Plan]) -> tuple[ContentItem | None, ContentItem | None]:
    """The two texts asked about; by default what is in force, and the newest text of the same plan."""
    old, new = request.GET.get("old", ""), request.GET.get("new", "")
    readable = [p for p in found if p.edition]
    if not readable:
        return None, None
    second = editions.find(scope, new) if new else None
    plan = next((p for p in readable if second and p.id == second.item_id), readable[0])
    second = second or plan.newest
    if old:
        return editions.find(scope, old), second
    return (plan.in_force[0].item if plan.in_force else plan.texts[min(1, len(plan.texts) - 1)]), second


def asked(request: HttpRequest, scope: Scope, area: Area) -> dict[str, Any]:
    """What `plan.whom` is asked: two texts; or, where a start is named, the text to come against what is in force for its area and disease."""
    disease = plan_words.disease(request)
    new = request.GET.get("new", "")
    item = editions.find(scope, new) if new else None
    second = evaluation.edition(item.pk) if item else None
    if "starts" in request.GET:
        base = places.asked(request, scope) if not request.GET.get("base") else _base(request)
        now = enacting.governing(item.item_id, base, disease) if item else None
        return {"new": second, "disease": disease, **decision(item, base, disease, plan_words.start(request.GET["starts"], base), now)}
    old = request.GET.get("old", "")
    return {"old": evaluation.edition(editions.find(scope, old).pk) if old else None, "new": second, "disease": disease}


def _base(request: HttpRequest) -> Area:
    from sizao.kernel import areas

    found = areas.resolve(request.GET["base"])
    if found is None:
        raise Refused("not-found-or-out-of-area")
    return found


def decision(item: ContentItem | None, base: Area, disease: str, starts: datetime, now: Enactment | None) -> dict[str, Any]:
    """What the people there are under now (`now`: the text in force there, else the one above), since when, and when the new text would begin.

    Areas below with an enactment of their own are left out: it goes on there.
    """
    return {
        "old": evaluation.edition(now.item_id) if now else None,
        "since": now.starts_at if now else None,
        "starts": starts,
        "narrower": enacting.below(item, base, disease, starts) if item else (),
        "as_of": whom.moment(base, starts),
    }


def whom_page(request: HttpRequest) -> HttpResponse:
    """The numbers (a part of another page, or alone), or with `measure` and `change` the list behind one."""
    scope = request.scope.open()
    area = places.asked(request, scope)
    question = asked(request, scope, area)
    words = Words(request.LANGUAGE_CODE, area.zone)
    kept = {k: request.GET.get(k, "") for k in ("old", "new", "disease", "starts", "base") if request.GET.get(k)}
    shown = {"w": words, "area": area, "kept": kept, "labels": plan_words.changes(), "may_read": scope.can("person.read", area)}
    if request.GET.get("measure"):
        return _behind(request, scope, area, question, kept, shown)
    found = whom.whom(scope, question.pop("old"), question.pop("new"), area, **question)
    shown |= {"found": found, "by_area": plan_words.together(found), "up": places.way_up(scope, area)}
    return page(request, "command/plan_whom.html" if is_partial(request) else "command/plan_whom_page.html", shown)


def _behind(
    request: HttpRequest, scope: Scope, area: Area, question: dict[str, Any], kept: dict[str, str], shown: dict[str, Any]
) -> HttpResponse:
    measure, change = request.GET["measure"], request.GET.get("change", "obliged")
    old, new = question.pop("old"), question.pop("new")
    listed = whom.behind(scope, old, new, measure, change, area, after=request.GET.get("after", ""), limit=PAGE, **question)
    named = names(scope, [r.person for r in listed.rows], f"plan.whom.{change}")
    query = kept | {"area": area.code, "measure": measure, "change": change}
    rows = [(r, named.get(r.person) or handle(r.subject), url("person", person=r.person) if r.person in named else "") for r in listed.rows]
    m = (new and new.measures.get(measure)) or old.measures[measure]
    shown |= {
        "rows": rows,
        "change": change,
        "measure": m,
        "query": query,
        "next": url("plan-whom", query | {"after": listed.next}) if listed.next else "",
        "up": places.way_up(scope, area),
    }
    more = is_partial(request) and request.GET.get("after")
    return page(request, "command/plan_whom_rows.html" if more else "command/plan_whom_list.html", shown)


__all__ = ["asked", "decision", "diff", "whom_page"]
