"""The one table of addresses, made from the rooms' own; an address without a line does not exist.

A process opens some of the doors (`SIZAO_DOORS`, default all). An address of a closed one still has its name, so that a link to
it can be written where a proxy leads each address to its own process; asked here, it answers that this door is elsewhere.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from importlib import import_module
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path

from sizao.doors.kit import bar
from sizao.doors.kit.routes import Place, Route, guard, listen_with
from sizao.kernel.errors import Refused

#: The doors, and the page with which each begins.
DOORS = {"field": "/today", "desk": "/registers", "command": "/", "public": "/public"}
STAFF = frozenset({"field", "desk", "command"})
#: Room → the doors with which it opens; what is asked first stands first.
ROOMS: dict[str, frozenset[str]] = {
    "common": frozenset(DOORS),
    "account": STAFF,
    "public": frozenset({"public"}),
    "command": frozenset({"command"}),
    "desk": frozenset({"desk"}),
    "field": frozenset({"field"}),
    "api": STAFF,
}
#: Rooms whose every page is an extra: a map may be looked at again in a minute, a person at a gateway cannot wait so long.
EXTRAS = frozenset({"command"})
_OF: dict[str, tuple[Route, ...]] = {
    room: tuple(replace(r, extra=True) if room in EXTRAS else r for r in import_module(f"sizao.doors.{room}.routes").ROUTES) for room in ROOMS
}
NOTHING = Route("nothing", "<path:rest>", "common.views.nothing", "anyone", methods=("GET", "POST"))

ROUTES: tuple[Route, ...] = (*(route for routes in _OF.values() for route in routes), NOTHING)
PLACES: tuple[Place, ...] = tuple(place for room in ROOMS for place in getattr(import_module(f"sizao.doors.{room}.routes"), "PLACES", ()))
bar.know(PLACES)
listen_with(lambda request, route: import_module("sizao.doors.field.heard").listen(request, route))  # it has a table, and this is read before there are any


def urlpatterns(doors: Collection[str] = tuple(DOORS)) -> list[URLPattern]:
    """The whole address space, with the rooms of `doors` open. Refused: door-unknown."""
    if not doors or set(doors) - set(DOORS):
        raise Refused("door-unknown", door=", ".join(sorted(set(doors) - set(DOORS))) or "—", known=", ".join(DOORS))
    found = []
    for room, routes in _OF.items():
        is_open = bool(ROOMS[room] & set(doors))
        found += [path(r.address, guard(r) if is_open else _closed(r, doors), name=r.name) for r in routes]
    return [*found, path(NOTHING.address, guard(NOTHING), name=NOTHING.name)]


def _closed(route: Route, doors: Collection[str]) -> Callable[..., HttpResponse]:
    """What an address of a closed door answers. The front page leads to the door that is open."""

    def closed(request: HttpRequest, **arguments: Any) -> HttpResponse:
        if not route.address:
            return HttpResponseRedirect(next(front for door, front in DOORS.items() if door in doors))
        raise Refused("door-closed")

    closed.route = route  # type: ignore[attr-defined]
    closed.csrf_exempt = True  # type: ignore[attr-defined]  # nothing is done here
    return closed
