"""The sets of rules for grades: in words, each with its source; and putting one in force, which takes two people."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.whole import whole
from sizao.doors.kit.words import Words
from sizao.kernel import clock, content
from sizao.kernel.errors import Refused
from sizao.kernel.models import ContentItem, Enactment
from sizao.plan.grading import rulesets
from sizao.plan.grading.figures import FIGURES, UNITS

RIGHT = "content.enact"


def rules(request: HttpRequest) -> HttpResponse:
    """Every set that the store or the content folders hold, and what a criterion may ask."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    words = Words(request.LANGUAGE_CODE)  # type: ignore[attr-defined]
    now = clock.now()
    held = _held()
    found = {item.item_id: (rulesets.read(item.item_id, item.text), item) for item in _newest().values()}
    every: list[tuple[rulesets.RuleSet, ContentItem | None, list[Enactment]]] = [(r, i, held.get(r.id, [])) for r, i in found.values()]
    every += [(r, None, []) for name, r in rulesets.shipped().items() if name not in found]
    shown: dict[str, Any] = {
        "w": words, "now": now, "sets": sorted(every, key=lambda s: (s[0].example is not None, s[0].id)), "governing": rulesets.governing(now), "figures": FIGURES, "units": UNITS,
        "may_enact": scope.can(RIGHT), "me": scope.user.pk if scope.user else None, "here_area": scope.post.area if scope.post else None,
    }  # fmt: skip
    return page(request, "command/grade_rules.html", shown)


def _newest() -> dict[str, ContentItem]:
    newest: dict[str, ContentItem] = {}
    for item in ContentItem.objects.filter(kind=rulesets.KIND).order_by("item_id", "-pk"):
        newest.setdefault(item.item_id, item)
    return newest


def _held() -> dict[str, list[Enactment]]:
    held: dict[str, list[Enactment]] = {}
    for e in Enactment.objects.filter(item__kind=rulesets.KIND).select_related("item", "area", "proposed_by", "seconded_by").defer("area__geometry").order_by("pk"):
        held.setdefault(e.item.item_id, []).append(e)
    return held


def enact(request: HttpRequest) -> HttpResponse:
    """The first of two people puts a set forward for the post's area; the second agrees."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    waiting = request.POST.get("enactment", "")
    if (number := whole(waiting)) is not None:
        found = Enactment.objects.filter(pk=number, item__kind=rulesets.KIND, decided_at=None).select_related("item", "area").first()
        if found is None:
            raise Refused("not-found-or-out-of-area")
        content.second(scope, found)
    else:
        known = _newest()
        item = known.get(request.POST.get("rules", ""))
        if item is None:
            raise Refused("bad-value", field={"zh": "定级规则", "en": "set of rules"}, value=request.POST.get("rules", ""), expected=", ".join(known) or "sizao content load")
        content.propose(scope, item, scope.post.area, rulesets.read(item.item_id, item.text).disease, clock.now())  # type: ignore[union-attr]
    return HttpResponseRedirect(url("grade-rules"))
