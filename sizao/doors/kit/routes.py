"""What an address is, who may open it, and where it stands in the bar.

Every room of the doors has a `routes.py` with its lines; `doors/policy.py` puts them into one table. `guard` stands before every
view, so a new page cannot forget its question. What an address does with the *area* is named too: the permission tests walk
route × role × area from these words.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from sizao.doors.kit import devices
from sizao.kernel.errors import Refused, strict
from sizao.kernel.registry import find

log = logging.getLogger("sizao.doors")

Audience = Literal["anyone", "signed-in", "post"]
AreaRule = Literal["none", "query", "subject"]


@dataclass(frozen=True, slots=True)
class Route:
    """One address and who may use it.

    Attributes:
        address: As Django writes paths.
        view: "room.module.function" below `sizao.doors`.
        audience: anyone · signed-in (a user, before a post is chosen) · post (a scope is open).
        permission: What the post must be allowed to do; None only where the audience is not "post" or a register says it.
        also: What it must be allowed besides.
        area: none (the same for every area) · query (`?area=`, refused outside the grant) · subject (a person's or case's own area).
        register: The address names a register: the post must also be allowed to read or to write that one (method: to read for GET, else to write), as its declaration says.
        reads_persons: Its answer may hold rows of persons, so the read is audited by the register's `read.py`.
        methods: HTTP methods; the others answer 405.
        extra: It can be asked again in a minute, so reading it waits, and is turned away, before what people and gateways cannot do without (`kit/load.py`).
        signed: What is sent carries the sender's signature; no session speaks, so no form's token is asked.
    """

    name: str
    address: str
    view: str
    audience: Audience
    permission: str | None = None
    area: AreaRule = "none"
    reads_persons: bool = False
    register: Literal["", "read", "write", "method"] = ""
    methods: tuple[str, ...] = ("GET",)
    also: tuple[str, ...] = ()
    extra: bool = False
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the bar: where a reader who holds `right` may go.

    Attributes:
        route: The address it leads to.
        words: Its name, a message of the catalogue (`gettext_noop`).
        right: Who sees it.
        group: Under which of the bar's headings it stands: see `kit/bar.py`.
        covers: Beginnings of the names of further routes that belong to it, so that it is marked on their pages too.
    """

    route: str
    words: str
    right: str
    group: str
    covers: tuple[str, ...] = ()


def permissions(route: Route, arguments: Mapping[str, Any], method: str = "GET") -> list[str]:
    """What a post must be allowed for this address: the route's own word, and the named register's. A route for posts without any is a fault."""
    wanted = [route.permission, *route.also] if route.permission else []
    if route.register:
        declared = find(arguments["register"]).declaration
        word = declared.read if route.register == "read" or (route.register == "method" and method in ("GET", "HEAD")) else declared.write
        if not word:  # a register that nobody writes by hand
            raise Refused("not-allowed")
        wanted.append(word)
    if not wanted:
        raise AssertionError(f"{route.name}: a page for a post names a permission")
    return wanted


#: What is told of every request after it was answered, whatever the answer; a room that listens says so once (`policy.py`).
_listeners: list[Callable[[HttpRequest, Route], None]] = []


def listen_with(listener: Callable[[HttpRequest, Route], None]) -> None:
    """From now on `listener(request, route)` is called after every request that passed the question of its route."""
    if listener not in _listeners:
        _listeners.append(listener)


def _tell(request: HttpRequest, route: Route) -> None:
    """Whoever listens changes no answer: what fails there is a line in the log (a fault under tests)."""
    for listener in _listeners:
        try:
            listener(request, route)
        except Exception as fault:
            if strict():
                raise
            log.error("what listens failed at %s: %s", route.name, type(fault).__name__)


def guard(route: Route) -> Callable[..., HttpResponse]:
    """The view of a route behind its question. Refusals are raised; the middleware gives them a face."""
    room, _, function = route.view.rpartition(".")

    @require_http_methods([*route.methods, *(["HEAD"] if "GET" in route.methods else [])])
    def guarded(request: HttpRequest, **arguments: Any) -> HttpResponse:
        if route.audience != "anyone":
            if not request.user.is_authenticated:
                raise Refused("not-signed-in")
            devices.check(request)
            if route.audience == "signed-in" and room != "account" and not room.startswith("account."):
                request.scope.whole()  # type: ignore[attr-defined]
            if route.audience == "post":
                for permission in permissions(route, arguments, request.method or "GET"):
                    request.scope.check(permission)  # type: ignore[attr-defined]
        from sizao.doors.kit import once  # it has a table, and this table of addresses is read before there are any

        view = getattr(import_module(f"sizao.doors.{room}"), function)
        try:
            with transaction.atomic() if route.reads_persons else nullcontext():  # what was read and the word about it stand or fall together
                if once.asked_for(request, route.name, route.register):
                    return once.answer(request, lambda: view(request, **arguments))
                return view(request, **arguments)  # type: ignore[no-any-return]
        finally:
            _tell(request, route)

    guarded.route = route  # type: ignore[attr-defined]
    if route.signed:
        guarded.csrf_exempt = True  # type: ignore[attr-defined]
    return guarded
