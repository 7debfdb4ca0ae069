"""Before an edition comes into force: whom it would oblige or release, what it costs and who answers; then one person proposes, and another agrees."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.command import plan_words
from sizao.doors.command.plan_diff import decision
from sizao.doors.kit import places
from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.whole import whole
from sizao.doors.kit.words import Words
from sizao.kernel import areas, clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area, ContentItem, Enactment
from sizao.kernel.scope import Scope
from sizao.plan import editions, enacting, evaluation, whom

RIGHT = "content.enact"


def enact(request: HttpRequest, edition: str) -> HttpResponse:
    """GET: the question, and with a first day its answer. POST: the proposal of what was tried."""
    scope = request.scope.open()
    item, _ = editions.opened(scope, edition)
    if request.method == "POST":
        return _propose(request, scope, item)
    if request.GET.get("proposal"):
        proposal = _proposal(request.GET["proposal"])
        scope.check(RIGHT, proposal.area)
        return _page(request, scope, item, proposal.area, proposal.disease, proposal.starts_at, proposal)
    area = places.asked(request, scope, RIGHT)
    disease = plan_words.disease(request)
    waiting = enacting.waiting(item, area, disease) if disease else None
    starts = plan_words.start(request.GET["starts"], area) if disease and request.GET.get("starts") else None
    return _page(request, scope, item, area, disease, starts, waiting)


def second(request: HttpRequest, edition: str) -> HttpResponse:
    """The other person agrees."""
    made = enacting.second(request.scope.open(), _number(request))
    return _after(url("plans", {"enacted": made.pk}))


def withdraw(request: HttpRequest, edition: str) -> HttpResponse:
    """A proposal is taken back before anybody agreed."""
    enacting.withdraw(request.scope.open(), _number(request))
    return _after(url("plans"))


def _propose(request: HttpRequest, scope: Scope, item: ContentItem) -> HttpResponse:
    area = areas.resolve(request.POST.get("area", ""))
    if area is None:
        raise Refused("not-found-or-out-of-area")
    scope.check(RIGHT, area)
    disease = plan_words.disease(request)
    starts = plan_words.start(request.POST.get("starts", ""), area)
    if not disease:
        raise Refused("bad-value", field={"zh": "病种", "en": "disease"}, value="", expected=", ".join(plan_words.choices()))
    if starts < clock.start_of_day(clock.local_day(clock.now(), area.zone), area.zone):
        raise Refused("plan-start-past", starts=request.POST.get("starts", ""))
    if request.POST.get("seen", "") != _seen(enacting.standing(item.item_id, area, disease)):
        raise Refused("plan-dry-run-stale")
    made = enacting.propose(scope, item, area, disease, starts)
    return _after(url("plan-enact", {"proposal": made.pk}, edition=item.ref))


def _page(
    request: HttpRequest, scope: Scope, item: ContentItem, area: Area, disease: str, starts: datetime | None, proposal: Enactment | None
) -> HttpResponse:
    found = evaluation.edition(item.pk)
    day = clock.local_day(starts or plan_words.start("", area), area.zone).isoformat()
    shown: dict[str, Any] = {
        "w": Words(request.LANGUAGE_CODE, area.zone),
        "item": item,
        "edition": found,
        "area": area,
        "near": plan_words.near(scope, area, RIGHT),
        "disease": disease,
        "diseases": plan_words.choices(),
        "starts": day,
        "today": clock.local_day(clock.now(), area.zone).isoformat(),
        "proposal": proposal,
        "mine": proposal is not None and scope.user is not None and proposal.proposed_by_id == scope.user.pk,
        "found": None,
        "labels": plan_words.changes(),
    }
    if starts:
        now = enacting.standing(item.item_id, area, disease)
        others = enacting.elsewhere(item.item_id, area, disease)
        above = None if now else enacting.nearest_above(others, area, disease)
        question = decision(item, area, disease, starts, now or above)
        tried = whom.whom(scope, question.pop("old"), found, area, disease=disease, **question)
        shown |= {
            "found": tried,
            "by_area": plan_words.together(tried),
            "now_standing": now,
            "above": above,
            "seen": _seen(now),
            "elsewhere": others,
            "kept": {"new": item.ref, "disease": disease, "starts": starts.isoformat(), "base": area.code},
            "may_read": scope.can("person.read", area),
            "same": now is not None and now.item_id == item.pk and not now.trial,
        }
    return page(request, "command/plan_enact.html", shown)


def _seen(standing: Enactment | None) -> str:
    """What was in force when the dry run was shown."""
    return str(standing.pk) if standing else ""


def _proposal(text: str) -> Enactment:
    number = whole(text)
    found = enacting.proposal(number) if number is not None else None
    if found is None:
        raise Refused("not-found-or-out-of-area")
    return found


def _number(request: HttpRequest) -> int:
    text = request.POST.get("proposal", "")
    number = whole(text)
    if number is None:
        raise Refused("bad-value", field={"zh": "提议", "en": "proposal"}, value=text[:20], expected="1, 2, 3 …")
    return number


def _after(address: str) -> HttpResponse:
    """See other, so that reloading sends nothing twice."""
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response
