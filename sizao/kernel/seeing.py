"""Who may open a record, and who did: the answer to "who can see this"."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from . import audit, clock, glass
from .access import permissions_of
from .codes import roles
from .models import Area, Grant, Holding, Post, User

#: Posts and looks that one page shows.
MOST = 200


@dataclass(frozen=True, slots=True)
class Seer:
    """A post whose grants reach the record: with names or without, and how many people hold it now."""

    post: Post
    area: Area
    role: str
    names: bool
    held: int


@dataclass(frozen=True, slots=True)
class Look:
    """A post's reads and writes of the record: how often, by how many people, and when last."""

    post: Post | None
    user: User | None
    kind: str
    times: int
    last: datetime
    glass: UUID | None


def who_can(area: Area, permissions: Iterable[str], *, at: datetime | None = None) -> list[Seer]:
    """The posts that may do all of `permissions` at this area now, the nearest first. `names`: also whether they see names there."""
    now, wanted = at or clock.now(), set(permissions)
    may = [name for name in roles() if wanted <= permissions_of(name)]
    above = [int(i) for i in area.path.split(".") if i]
    stands = Q(valid_from__lte=now) & (Q(valid_to=None) | Q(valid_to__gt=now))
    found = list(Grant.objects.filter(stands, role__in=may, area__in=above).select_related("post__area", "area").order_by("-area__path", "post_id")[: MOST + 1])
    counted = dict(
        Holding.objects.filter(stands, post__in={g.post_id for g in found}, user__is_active=True).values_list("post").annotate(n=Count("user", distinct=True)).values_list("post", "n")
    )
    return [Seer(g.post, g.area, g.role, "person.names" in permissions_of(g.role), counted.get(g.post_id, 0)) for g in found]


def who_did(subjects: Iterable[UUID]) -> list[Look]:
    """Who read or wrote about these, the latest first: a line for a person at a post in ordinary work and one for each broken glass. The machine itself is left out."""
    found: dict[tuple[int, int | None, str, UUID | None], list[datetime]] = {}
    for subject in subjects:
        for e in audit.seen_by(subject):
            if e["user_id"] is not None:
                found.setdefault((e["user_id"], e["post_id"], e["kind"].partition(".")[0], glass.glass_of(e["purpose"])), []).append(e["at"])
    posts = Post.objects.select_related("area").in_bulk({p for _, p, _, _ in found if p is not None})
    users = User.objects.in_bulk({u for u, _, _, _ in found})
    looks = [Look(posts.get(p) if p is not None else None, users.get(u), kind, len(times), max(times), broken) for (u, p, kind, broken), times in found.items()]
    return sorted(looks, key=lambda one: one.last, reverse=True)[:MOST]
