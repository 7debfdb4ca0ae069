"""For which post a phone's record was made: it says so itself, because the session may work for another one by the time it is sent."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest

from sizao.doors.kit import second
from sizao.doors.kit.pages import is_demo
from sizao.kernel import clock, organisation
from sizao.kernel.models import Holding
from sizao.kernel.outcome import Problem
from sizao.kernel.scope import Scope

#: So long after a post was given up its records are still taken in under it: as long as a phone goes on without a network.
LATE = timedelta(hours=72)


class MadeFor:
    """The scopes of the posts for which the records of one request were made; two statements, and two for each post besides the session's."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._own: Scope = request.scope.open()  # type: ignore[attr-defined]
        self._held: list[Holding] | None = None
        self._opened: dict[int, Scope | Problem] = {}

    def at(self, named: Any, at: datetime | None) -> Scope | Problem:
        """The scope in which a record is taken in that was made at this moment for the post of that number; none named, the session's.

        post-not-held: its user did not hold that post then, or gave it up longer than `LATE` ago; a program's token is of one post. second-factor-needed: that post asks for more than this session showed.
        """
        if named in (None, "") or str(named) == str(self._own.post_id):
            return self._own
        if self._held is None:
            self._held = organisation.held_lately(self._own.user, clock.now() - LATE) if self._own.user is not None and SESSION_KEY in self._request.session else []
        then = at or clock.now()
        found = next((h for h in self._held if str(h.post_id) == str(named) and h.valid_from <= then and (h.valid_to is None or then < h.valid_to)), None)
        if found is None:
            return Problem("post-not-held", "post", str(named)[:20])
        if found.post_id not in self._opened:
            scope = Scope.open(self._own.user, found.post, held=[found.post])  # type: ignore[arg-type]
            wanting = second.wanted(scope, is_demo()) and not second.is_whole(self._request)
            self._opened[found.post_id] = Problem("second-factor-needed", "post") if wanting else scope
        return self._opened[found.post_id]
