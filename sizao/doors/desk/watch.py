"""What keeps restrictions honest: orders that wait for a second unit, orders that look alike, unanswered objections, the release lag, the rules in force."""

from datetime import timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.whole import whole
from sizao.doors.kit.words import Words
from sizao.kernel import clock, content
from sizao.kernel.codes import diseases
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area, ContentItem, Enactment, Post
from sizao.kernel.scope import Scope
from sizao.registers.isolation import deciding, lagging, ordering
from sizao.registers.isolation import orders as read


def watch(request: HttpRequest) -> HttpResponse:
    """Counts and units; no person is named here."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    words = Words(request.LANGUAGE_CODE, scope.post.area.zone)  # type: ignore[attr-defined]
    now = clock.now()
    alike = read.alike(scope, now)
    posts = Post.objects.select_related("area").in_bulk({a.post for a in alike})
    open_appeals = list(read.appeals(scope).filter(decided_at=None).order_by("answer_by")[:200]) if scope.can("appeal.decide") else []
    below = list(Area.objects.filter(parent=scope.post.area, valid_to=None).defer("geometry").order_by("code"))
    shown = {
        "w": words, "now": now, "deciders": deciding.deciders(open_appeals, now), "by_area": lagging.release_lag_by_area(scope, below, now), "waiting": list(read.issues(scope).filter(waits=True, seconded_at=None, refused_at=None, issued_at__gt=now - timedelta(days=30))[:200]),
        "alike": [(a, posts.get(a.post)) for a in alike], "appeals": open_appeals, "lag": lagging.release_lag(scope, now), "groundless": read.groundless(scope, now), "rules": _rules(scope),
        "may_enact": scope.can("content.enact"), "diseases": diseases(), "me": scope.user.pk,
    }  # fmt: skip
    return page(request, "desk/watch.html", shown)


def _rules(scope: Scope) -> list[tuple[ContentItem, list[Enactment]]]:
    newest: dict[str, ContentItem] = {}
    for item in ContentItem.objects.filter(kind="restriction").order_by("item_id", "-pk"):
        newest.setdefault(item.item_id, item)
    held: dict[int, list[Enactment]] = {}
    for e in Enactment.objects.filter(item__kind="restriction").select_related("item", "area", "proposed_by", "seconded_by").order_by("pk"):
        held.setdefault(e.item_id, []).append(e)
    return [(item, held.get(item.pk, [])) for item in newest.values()]


def issue(request: HttpRequest, issue: UUID) -> HttpResponse:
    """A second unit agrees, refuses, or takes an issue back for a second look."""
    scope, done = request.scope.open(), request.POST.get("done", "")  # type: ignore[attr-defined]
    issue = read.access_issue_by_id(scope, issue).pk
    if done == "hold":
        ordering.hold(scope, issue)
    elif done in ("agree", "refuse"):
        ordering.second(scope, issue, agree=done == "agree")
    else:
        raise Refused("bad-value", field="done", value=done, expected="agree, refuse, hold")
    return HttpResponseRedirect(url("orders-watch"))


def rule(request: HttpRequest) -> HttpResponse:
    """The first of two people puts a restriction rule forward for the post's area and a disease; the second agrees."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    waiting = request.POST.get("enactment", "")
    if (number := whole(waiting)) is not None:
        found = Enactment.objects.filter(pk=number, item__kind="restriction", decided_at=None).select_related("item", "area").first()
        if found is None:
            raise Refused("not-found-or-out-of-area")
        content.second(scope, found)
    else:
        disease = request.POST.get("disease", "")
        if disease not in diseases():
            raise Refused("bad-value", field="disease", value=disease, expected=", ".join(diseases()))
        content.propose(scope, content.newest("restriction", request.POST.get("rule", "")), scope.post.area, disease, clock.now())  # type: ignore[union-attr]
    return HttpResponseRedirect(url("orders-watch"))
