"""Giving and closing posts by people: who confirms a strong right, what ends, and who comes in when all factors are lost."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from . import audit, clock
from .access import needs_two, permissions_of
from .codes import roles
from .errors import Refused
from .models import Area, Grant, GrantAsk, Holding, Post, User
from .organisation import check_may_hold, give, stands_for
from .scope import Scope, at_most_one


@transaction.atomic
def ask(scope: Scope, user: User, role: str, area: Area, *, since: datetime, until: datetime | None = None, purposes: Sequence[str] = ()) -> GrantAsk:
    """Gives a user a post, or, where the role needs two people and there is a second one, puts it to him.

    Nobody gives to himself. Refused: not-allowed, not-found-or-out-of-area, grant-to-oneself, role-unknown, period-reversed, duties-apart.
    """
    scope.check("users.write", area)
    if role not in roles():  # a mistyped word is told before whose it would be
        raise Refused("role-unknown", role=role, known=", ".join(roles()))
    if scope.user is None or scope.user.pk == user.pk:
        raise Refused("grant-to-oneself")
    if until is not None and until <= since:
        raise Refused("period-reversed")
    check_may_hold(user, set(permissions_of(stands_for(role))), since=since, until=until)
    now = clock.now()
    asked = GrantAsk(user=user, role=role, area=area, purposes=sorted(set(purposes)), valid_from=since, valid_to=until, asked_by=scope.user, asked_at=now)
    if needs_two(role) and seconds(asked, now):
        asked.save()
        audit.write(scope, "users.grant_asked", [], user=user.pk, role=role, area=area.pk)
        return asked
    give(scope, user, role, area, since=since, until=until, purposes=purposes)
    asked.decided_at, asked.alone = now, needs_two(role)
    asked.save()
    return asked


@transaction.atomic
def second(scope: Scope, ask_id: int, *, agree: bool) -> GrantAsk:
    """The second person's word. Refused: second-is-first (who asked, or whom it is for), grant-decided, duties-apart."""
    scope.check("users.write")
    asked = at_most_one(GrantAsk.objects.select_for_update(of=("self",)).filter(scope.area_filter("area", "users.write"), pk=ask_id))
    if asked.decided_at is not None:
        raise Refused("grant-decided")
    if scope.user is None or scope.user.pk in (asked.asked_by_id, asked.user_id):
        raise Refused("second-is-first")
    now = clock.now()
    asked.seconded_by, asked.decided_at, asked.refused = scope.user, now, not agree
    asked.save()
    if agree:
        if asked.valid_to is not None and asked.valid_to <= now:
            raise Refused("period-reversed")
        give(scope, asked.user, asked.role, asked.area, since=max(asked.valid_from, now), until=asked.valid_to, purposes=asked.purposes)
    else:
        audit.write(scope, "users.grant_refused", [], user=asked.user_id, ask=asked.pk)
    return asked


@transaction.atomic
def close(scope: Scope, holding_id: int, at: datetime | None = None) -> Holding:
    """Somebody holds a post no longer, from now or from `at`. Refused: grant-closed, last-accounts (nobody would be left who may give posts)."""
    scope.check("users.write")
    held = at_most_one(Holding.objects.select_for_update(of=("self",)).filter(scope.area_filter("post__area", "users.write"), pk=holding_id))
    post = Post.objects.select_related("area").get(pk=held.post_id)
    now = clock.now()
    end = max(at or now, now)
    if held.valid_to is not None and held.valid_to <= end:
        raise Refused("grant-closed")
    if _may(post, "users.write", now) and not administrators(end, but=held.pk):
        raise Refused("last-accounts")
    if held.valid_from >= end:  # it had not begun: it never stands
        held.delete()
    else:
        held.valid_to = end
        held.save()
    audit.write(scope, "users.grant_closed", [], user=held.user_id, post=post.pk)
    return held


@transaction.atomic
def switch(scope: Scope, user: User, *, active: bool) -> None:
    """A user comes in no more, or again. Refused: grant-to-oneself, last-accounts."""
    scope.check("users.write")
    if scope.user is not None and scope.user.pk == user.pk:
        raise Refused("grant-to-oneself")
    now = clock.now()
    _within(scope, user, now)
    if not active and not [u for u in administrators(now) if u != user.pk]:
        raise Refused("last-accounts")
    User.objects.filter(pk=user.pk).update(is_active=active)
    audit.write(scope, "users.switched_on" if active else "users.switched_off", [], user=user.pk)


def check_may_admit(scope: Scope, user: User) -> None:
    """Whether this scope may make a way in for a user: all his posts lie in its areas. Refused not-allowed, not-found-or-out-of-area."""
    scope.check("users.write")
    _within(scope, user, clock.now())


def _within(scope: Scope, user: User, now: datetime) -> None:
    """Who has power over an account in one area has none over somebody whose post lies elsewhere or higher up."""
    for held in Holding.objects.filter(Q(valid_to=None) | Q(valid_to__gt=now), user=user).select_related("post__area"):
        scope.check("users.write", held.post.area)


def seconds(asked: GrantAsk, now: datetime) -> list[int]:
    """Users who could confirm it: they may give posts there, and are neither who asked nor whom it is for."""
    ancestors = [int(i) for i in asked.area.path.split(".") if i]
    return [u for u in administrators(now, areas=ancestors) if u not in (asked.asked_by_id, asked.user_id)]


def administrators(now: datetime, *, areas: Sequence[int] | None = None, but: int | None = None) -> list[int]:
    """Users who may give posts at that instant (below one of these areas' roots), leaving one holding out."""
    may = [name for name in roles() if "users.write" in permissions_of(name)]
    stands = Q(valid_from__lte=now) & (Q(valid_to=None) | Q(valid_to__gt=now))
    grants = Grant.objects.filter(stands, role__in=may)
    if areas is not None:
        grants = grants.filter(area__in=areas)
    holdings = Holding.objects.filter(stands, post__in=grants.values("post"), user__is_active=True)
    if but is not None:
        holdings = holdings.exclude(pk=but)
    return list(holdings.values_list("user_id", flat=True).distinct())


def _may(post: Post, permission: str, now: datetime) -> bool:
    stands = Q(valid_from__lte=now) & (Q(valid_to=None) | Q(valid_to__gt=now))
    return any(permission in permissions_of(role) for role in Grant.objects.filter(stands, post=post).values_list("role", flat=True))
