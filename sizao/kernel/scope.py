"""Who asks, for which post, for what purpose: every read and every write takes a `Scope` first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Q

from . import clock
from .codes import roles
from .errors import Refused
from .models import Area, Grant, Holding, Post, User


@dataclass(frozen=True, slots=True)
class Granted:
    """One grant as it stands now: what its role may do, below `path`, for these purposes."""

    permissions: frozenset[str]
    path: str
    purposes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Scope:
    """The right to look and to act, for one request or one command line. Made by `open` or, for the machine itself, by `system`."""

    user: User | None
    post: Post | None
    purpose: str
    grants: tuple[Granted, ...] = ()
    reason: str = ""
    language: str = "zh-hans"
    _all: bool = field(default=False, repr=False)

    def reaching(self, reason: str) -> Scope:
        """The same user at the same post, for one story that names somebody beyond its areas: a traveller who lives elsewhere. The story has asked for
        every right before, and shows nothing; `reason` goes into the audit."""
        return replace(self, reason=reason, _all=True)

    def with_more(self, more: Granted, reason: str) -> Scope:
        """The same user at the same post, with one grant more for a while; `reason` goes into the audit (`kernel/glass.py`)."""
        return replace(self, grants=(*self.grants, more), reason=reason)

    def narrowed(self, permissions: Iterable[str] = (), path: str = "") -> Scope:
        """The same user at the same post with no more than these permissions (all of its own when none is named) below `path`: what a program's token opens."""
        only, left = frozenset(permissions), []
        for g in self.grants:
            below = path if path.startswith(g.path) else g.path if g.path.startswith(path) else None
            if below is not None:
                left.append(Granted(g.permissions & only if only else g.permissions, below, g.purposes))
        return replace(self, grants=tuple(left))

    @classmethod
    def open(cls, user: User, post: Post | None = None, purpose: str = "response", held: Sequence[Post] | None = None) -> Scope:
        """The scope of a user at a post that he holds now (his only one if none is named). Refused: no-post, not-allowed.

        `held`: what `posts_of` has just answered, where somebody asked.
        """
        if not user.is_active:
            raise Refused("not-allowed")
        held = cls.posts_of(user) if held is None else held
        if post is None:
            post = held[0] if held else None
        elif post.pk not in {p.pk for p in held}:
            raise Refused("no-post")
        if post is None:
            raise Refused("no-post")
        now, granted = clock.now(), []
        for g in Grant.objects.filter(post=post, valid_from__lte=now).filter(Q(valid_to=None) | Q(valid_to__gt=now)).select_related("area"):
            if not g.purposes or purpose in g.purposes:
                granted.append(Granted(frozenset(roles().get(g.role, {}).get("permissions", ())), g.area.path, frozenset(g.purposes)))
        return cls(user, post, purpose, tuple(granted), language=user.language)

    @classmethod
    def system(cls, reason: str) -> Scope:
        """The machine's own scope: the worker, a migration, the first opening of a store. `reason` goes into the audit."""
        return cls(None, None, "operation", (), reason, _all=True)

    @staticmethod
    def posts_of(user: User) -> list[Post]:
        """The posts that a user holds now."""
        now = clock.now()
        holdings = Holding.objects.filter(user=user, valid_from__lte=now).filter(Q(valid_to=None) | Q(valid_to__gt=now)).select_related("post__area").order_by("pk")
        return [h.post for h in holdings]

    @property
    def post_id(self) -> int | None:
        return self.post.pk if self.post else None

    @property
    def is_system(self) -> bool:
        return self._all

    def paths(self, permission: str) -> tuple[str, ...]:
        """Below which areas this may be done; the path "" means everywhere."""
        return ("",) if self._all else tuple(sorted({g.path for g in self.grants if permission in g.permissions}))

    def can(self, permission: str, area: Area | str | None = None) -> bool:
        """May this be done (there)? The same question as `check`, for a button. `area` may be given by its path."""
        path = area.path if isinstance(area, Area) else area
        return any(path is None or path.startswith(p) for p in self.paths(permission))

    def check(self, permission: str, area: Area | str | None = None) -> None:
        """Refused not-allowed when the post has no such right at all; not-found-or-out-of-area when it has it, but not there."""
        if not self.paths(permission):
            raise Refused("not-allowed")
        if not self.can(permission, area):
            raise Refused("not-found-or-out-of-area")

    @property
    def sees_names(self) -> bool:
        return self.can("person.names")

    def area_filter(self, field_name: str = "area", permission: str = "person.read") -> Q:
        """The rows that this scope may see, as a condition on the area column `field_name` ("" for Area itself)."""
        prefix, paths = f"{field_name}__" if field_name else "", self.paths(permission)
        if "" in paths:
            return Q()
        if not paths:
            return Q(pk__in=[])
        q = Q()
        for path in paths:
            q |= Q(**{f"{prefix}path__startswith": path})
        return q


def visible() -> Q:
    """Rows of no batch or of a closed one: a batch is seen whole or not at all."""
    return Q(batch=None) | Q(batch__closed_at__isnull=False, batch__undone_at=None)


def at_most_one(rows: Iterable[Any]) -> Any:
    """The one row there is, or Refused not-found-or-out-of-area: what lies out of the area answers like what does not exist."""
    found = list(rows)
    if not found:
        raise Refused("not-found-or-out-of-area")
    return found[0]
