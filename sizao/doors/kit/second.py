"""Whether a session is whole: it came in by a link, and showed the second factor that its user has or its post needs.

A session that came in by a link is half open while its user has a factor, or works for a post that needs one (`kernel/access.py`); it is
whole once `passed` was called. How factors are made and looked at is `account/factors.py`'s.
"""

from django.http import HttpRequest

from sizao.doors.kit import tries
from sizao.doors.models import Factor, OpenSession
from sizao.kernel import access, clock
from sizao.kernel.scope import Scope

#: In the session: since when it is whole, and that it waits for a factor.
SINCE, WAITS = "factor-since", "factor-waits"


def half_open(request: HttpRequest) -> None:
    """A session that begins with a link: it waits for a factor where the user has one."""
    request.session.pop(SINCE, None)
    request.session[WAITS] = Factor.objects.filter(user=request.user).exists()


def passed(request: HttpRequest) -> None:
    """The second factor was right: the session is whole from now on, under a new key."""
    before = request.session.session_key
    request.session.cycle_key()
    request.session[SINCE], request.session[WAITS] = clock.now().isoformat(), False
    OpenSession.objects.filter(key=before).update(key=request.session.session_key)
    tries.right(request.user.pk)


def is_whole(request: HttpRequest) -> bool:
    """Whether this session showed a second factor."""
    return SINCE in request.session


def waits(request: HttpRequest) -> bool:
    """Whether this session has to show the factor that its user has before it may do anything."""
    return bool(request.session.get(WAITS)) and not is_whole(request)


def wanted(scope: Scope, demo: bool) -> bool:
    """Whether the post of this scope opens only with a second factor."""
    if scope.post is None:
        return False
    return access.wants_second_factor(scope.post.role, (p for g in scope.grants for p in g.permissions), "demo" if demo else "real")
