"""Users and posts: who there is, what each holds from when until when, giving and closing posts, ways in."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.account import factors
from sizao.doors.kit import moments, picking, sessions, signin
from sizao.doors.kit import tokens as kit_tokens
from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.whole import whole
from sizao.kernel import access, clock, granting, organisation
from sizao.kernel.codes import code_list, roles
from sizao.kernel.errors import Refused
from sizao.kernel.models import GrantAsk, User
from sizao.kernel.scope import Scope

PAGE = 50
MINUTES = (30, 60, 240, 1440)


def users(request: HttpRequest) -> HttpResponse:
    """The users of this scope's areas, by user name, fifty at a time; what waits for a second person stands above."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    q, after = request.GET.get("q", "").strip()[:80], request.GET.get("after", "")[:200]
    rows = organisation.users_of(scope, q, after, PAGE + 1)
    waiting = [(one, one.asked_by_id != scope.user.pk and one.user_id != scope.user.pk) for one in organisation.asks_of(scope)]
    return page(request, "account/users.html", {"rows": rows[:PAGE], "q": q, "next": rows[PAGE - 1].user.username if len(rows) > PAGE else "", "waiting": waiting, "now": clock.now(), "roles_known": roles()})


def new(request: HttpRequest) -> HttpResponse:
    """A user who may do nothing yet. Refused: user-name-unfit, user-name-taken."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    language = request.POST.get("language", "zh-hans")
    made = organisation.new_user(scope, request.POST.get("username", ""), request.POST.get("name", ""), language if language in ("zh-hans", "en") else "zh-hans")
    return HttpResponseRedirect(url("user", user=made.pk))


def user(request: HttpRequest, user: int) -> HttpResponse:
    """One user: posts held and held before, factors, sessions, tokens, and what can be done about them."""
    scope, found = _access(request, user)
    return page(request, "account/user.html", _shown(scope, found))


def grant(request: HttpRequest, user: int) -> HttpResponse:
    """Gives him a post, or puts it to a second person."""
    scope, found = _access(request, user)
    area = picking.chosen(scope, request.POST.get("area", ""), "users.write")
    purposes = [p for p in request.POST.getlist("purpose") if p in code_list("purpose")]
    since, until = moments.asked(request, "since", area.zone), moments.asked(request, "until", area.zone)
    granting.ask(scope, found, request.POST.get("role", ""), area, since=since or clock.now(), until=until, purposes=purposes)
    return HttpResponseRedirect(url("user", user=found.pk))


def link(request: HttpRequest, user: int) -> HttpResponse:
    """A one-time link, shown this once."""
    scope, found = _access(request, user)
    if not found.is_active:
        raise Refused("user-unknown", user=found.username)
    minutes = request.POST.get("minutes", "")
    made = signin.make_link(found, m if (m := whole(minutes, 10**5)) is not None else MINUTES[0], f"{request.scheme}://{request.get_host()}")
    signin.told(scope, found)
    return page(request, "account/user.html", _shown(scope, found) | {"link": made, "minutes_told": minutes})


def switch(request: HttpRequest, user: int) -> HttpResponse:
    """He comes in no more, or again; off, his sessions end."""
    scope, found = _access(request, user)
    active = request.POST.get("active") == "yes"
    granting.switch(scope, found, active=active)
    if not active:
        sessions.end(found)
    return HttpResponseRedirect(url("user", user=found.pk))


def clear_factors(request: HttpRequest, user: int) -> HttpResponse:
    """His factors are lost: they go, with all his sessions; the next link lets him set up new ones."""
    scope, found = _access(request, user)
    if scope.user.pk == found.pk:
        raise Refused("grant-to-oneself")
    factors.clear(scope, found)
    sessions.end(found)
    return HttpResponseRedirect(url("user", user=found.pk))


def revoke(request: HttpRequest, user: int, number: int) -> HttpResponse:
    """One of his tokens is taken back."""
    scope, found = _access(request, user)
    kit_tokens.revoke(scope, number, of=found)
    return HttpResponseRedirect(url("user", user=found.pk))


def close(request: HttpRequest, holding: int) -> HttpResponse:
    """Somebody holds a post no longer."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    held = granting.close(scope, holding)
    return HttpResponseRedirect(url("user", user=held.user_id))


def second(request: HttpRequest, ask: int) -> HttpResponse:
    """The second person's word about a grant."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    granting.second(scope, ask, agree=request.POST.get("done") == "agree")
    return HttpResponseRedirect("/users")


def _access(request: HttpRequest, user: int) -> tuple[Scope, User]:
    scope = request.scope.open()  # type: ignore[attr-defined]
    found = User.objects.filter(pk=user).first()
    granting.check_may_admit(scope, found or User(pk=user))  # asked of nobody too: how long an answer takes does not tell who has an account
    if found is None:
        raise Refused("not-found-or-out-of-area")
    return scope, found


def _shown(scope: Scope, found: User) -> dict[str, Any]:
    now = clock.now()
    known = sorted(((name, r, access.needs_two(name)) for name, r in roles().items()), key=lambda one: one[0])
    return {
        "them": found, "held": organisation.posts_with_grants(found, now, ended=True), "now": now, "roles": known, "purposes": list(code_list("purpose")), "area": scope.post.area if scope.post else None,
        "factors": factors.of(found), "codes_left": factors.codes_left(found), "sessions": len(sessions.of(found)), "tokens": kit_tokens.of(found), "minutes": MINUTES, "link": "", "minutes_told": "", "roles_known": roles(),
        "waiting": list(GrantAsk.objects.filter(user=found, decided_at=None).select_related("area", "asked_by")), "me": scope.user.pk if scope.user else None, "rights_of": lambda role: sorted(access.permissions_of(role)),
    }  # fmt: skip
