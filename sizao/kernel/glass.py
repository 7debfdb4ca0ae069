"""Breaking the glass: reading for a short while, for a reason, what one's post does not open. A supervisor is told, the auditor lists it, the person sees it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from . import audit, clock
from .access import permissions_of, rules
from .codes import code_list, roles, threshold
from .errors import Refused
from .ids import uuid7
from .models import Area, BrokenGlass, Grant, Post, User
from .scope import Granted, Scope

LONGEST, REASONS = "break-glass-hours", "glass-reason"
#: What the audit says for its purpose, with the number of the entry after it and never the words that were typed.
PURPOSE = "break-glass"
#: Fewest characters that say something.
SHORTEST = 8


@transaction.atomic
def break_(scope: Scope, area: Area, reason: str, words: str, hours: int) -> BrokenGlass:
    """Opens reading below `area` for so many hours, at most `break-glass-hours`. The nearest supervisor is named in it.

    Refused: not-allowed, glass-reason-missing, glass-too-long, glass-open (one is open already).
    """
    scope.check("glass.break")
    now, words = clock.now(), " ".join(words.split())[:500]
    if scope.user is None or scope.post is None:
        raise Refused("not-allowed")
    if reason not in code_list(REASONS) or len(words) < SHORTEST:
        raise Refused("glass-reason-missing", least=SHORTEST)
    most = int(threshold(LONGEST, now.date()))
    if not 1 <= hours <= most:
        raise Refused("glass-too-long", most=most)
    User.objects.select_for_update().get(pk=scope.user.pk)
    if open_now(scope.user, now) is not None:
        raise Refused("glass-open")
    made = BrokenGlass.objects.create(
        id=uuid7(), user=scope.user, post=scope.post, area=area, reason=reason, words=words, opened_at=now, ends_at=now + timedelta(hours=hours),
        supervisor=supervisor(scope.post, now, but=scope.user.pk),
    )  # fmt: skip
    audit.write(scope, "glass.broken", [made.pk], area=area.pk, until=made.ends_at)
    return made


@transaction.atomic
def close(scope: Scope, glass: UUID) -> None:
    """Whoever broke it closes it before its end. Refused not-found-or-out-of-area."""
    now = clock.now()
    changed = BrokenGlass.objects.filter(pk=glass, user=scope.user, closed_at=None, ends_at__gt=now).update(closed_at=now)
    if not changed:
        raise Refused("not-found-or-out-of-area")
    audit.write(scope, "glass.closed", [glass])


def open_now(user: User, now: datetime) -> BrokenGlass | None:
    """What this user has open."""
    return BrokenGlass.objects.filter(user=user, closed_at=None, ends_at__gt=now).select_related("area").first()


def through(scope: Scope, glass: BrokenGlass) -> Scope:
    """The scope with what the broken glass opens, for the post that broke it; every read is on record under its number."""
    if scope.post is None or scope.post.pk != glass.post_id:
        return scope
    more = Granted(frozenset(rules()["break_glass"]), glass.area.path, frozenset())
    return scope.with_more(more, f"{PURPOSE} {glass.pk}")


def glass_of(purpose: str) -> UUID | None:
    """The number of the entry that an audit event's purpose names; None in ordinary work."""
    found = purpose.rpartition(f"{PURPOSE} ")[2] if f"{PURPOSE} " in purpose else ""
    try:
        return UUID(found) if found else None
    except ValueError:
        return None


def supervisor(post: Post, now: datetime, *, but: int) -> Post | None:
    """The post that looks at what this one did: the nearest at or above its area that may, held by somebody else."""
    may = [name for name in roles() if "glass.review" in permissions_of(name)]
    stands = Q(valid_from__lte=now) & (Q(valid_to=None) | Q(valid_to__gt=now))
    above = [int(i) for i in post.area.path.split(".") if i]
    held = Q(post__holdings__valid_from__lte=now) & (Q(post__holdings__valid_to=None) | Q(post__holdings__valid_to__gt=now)) & ~Q(post__holdings__user=but)
    found = Grant.objects.filter(stands, held, role__in=may, area__in=above).exclude(post=post).select_related("post", "area")
    nearest = sorted(found, key=lambda g: (-len(g.area.path), g.post_id))
    return nearest[0].post if nearest else None


@dataclass(frozen=True, slots=True)
class Use:
    """One breaking of the glass and how many records were read through it."""

    glass: BrokenGlass
    reads: int


def to_look_at(scope: Scope, *, all_: bool = False, most: int = 200) -> list[Use]:
    """Broken glass that this post has to look at (its own as supervisor, and where nobody was told, all in its areas); with `all_` for the auditor, everything. Latest first."""
    rows = BrokenGlass.objects.select_related("user", "post__area", "area", "supervisor", "seen_by").order_by("-opened_at")
    if not all_:
        rows = rows.filter(_looked_at_by(scope))
    found = list(rows[:most])
    return [Use(one, _reads(one)) for one in found]


def open_to(scope: Scope, now: datetime, *, most: int = 20) -> list[BrokenGlass]:
    """What stands open at this moment of what this post has to look at, the first to end first. Nothing for a post that does not look."""
    if not scope.can("glass.review"):
        return []
    rows = BrokenGlass.objects.filter(closed_at=None, ends_at__gt=now)
    if not rows.exists():  # nearly always, and much quicker told than whose it is
        return []
    rows = rows.filter(_looked_at_by(scope))
    return list(rows.select_related("user", "post__area", "area").order_by("ends_at", "id")[:most])


def _looked_at_by(scope: Scope) -> Q:
    """Broken glass that a post looks at: told to it as the supervisor, or of a post in its areas."""
    return Q(supervisor=scope.post) | scope.area_filter("post__area", "glass.review")


def unseen(scope: Scope) -> int:
    """How many uses wait for this post to look at them."""
    return BrokenGlass.objects.filter(supervisor=scope.post, seen_at=None).count()


@transaction.atomic
def look(scope: Scope, glass: UUID, *, justified: bool) -> None:
    """A supervisor looked at it and says whether it was justified. Refused: not-found-or-out-of-area, glass-own."""
    scope.check("glass.review")
    found = BrokenGlass.objects.select_for_update().filter(_looked_at_by(scope), pk=glass).first()
    if found is None:
        raise Refused("not-found-or-out-of-area")
    if scope.user is not None and found.user_id == scope.user.pk:
        raise Refused("glass-own")
    found.seen_by, found.seen_at, found.justified = scope.user, clock.now(), justified
    found.save(update_fields=["seen_by", "seen_at", "justified"])
    audit.write(scope, "glass.looked_at", [glass], justified=justified)


def _reads(glass: BrokenGlass) -> int:
    """How many reads of persons went through it."""
    from .models import Event

    return Event.objects.filter(user_id=glass.user_id, at__gte=glass.opened_at, at__lte=glass.ends_at, purpose__endswith=f"{PURPOSE} {glass.pk}").count()
