"""The bar: what a reader may open, under few headings, so that it stays one row however much there is."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as translated
from django.utils.translation import gettext_noop as _

from sizao.doors.kit.routes import Place

#: The headings, in their order.
GROUPS = {"field": _("Today"), "desk": _("Desk"), "command": _("Command"), "records": _("Records"), "access": _("Access")}
_known: tuple[Place, ...] = ()


def know(places: Iterable[Place]) -> None:
    """The rooms' places, told once when the table of addresses is made."""
    global _known
    _known = tuple(places)


@dataclass(frozen=True, slots=True)
class Entry:
    """A place as this reader sees it."""

    route: str
    words: str
    here: bool


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading with the places below it; `here` is the one that is open, if it is one of them."""

    key: str
    words: str
    entries: tuple[Entry, ...]

    @property
    def here(self) -> Entry | None:
        """The open place of this heading."""
        return next((e for e in self.entries if e.here), None)


def shown(scope: Any, section: str) -> list[Heading]:
    """The headings with what the scope's post may open; one without a place is left out.

    Arguments:
        section: The name of the route that is open. The place that names it exactly is marked, else the longest beginning that fits.
    """
    allowed = [p for p in _known if scope.can(p.right)]
    fits = [(len(c), p.route) for p in _known for c in (p.route, *p.covers) if section == c or (c != p.route and section.startswith(c))]
    here = max(fits, default=(0, ""))[1] if not any(p.route == section for p in _known) else section
    found = [
        Heading(key, translated(words), tuple(Entry(p.route, translated(p.words), p.route == here) for p in allowed if p.group == key))
        for key, words in GROUPS.items()
    ]
    return [h for h in found if h.entries]
