"""A duty in other hands for a while: whoever holds a post hands it to another user, from an instant until another; it ends by itself."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from . import audit, clock
from .codes import threshold
from .errors import Refused
from .models import Holding, User
from .organisation import hold
from .scope import Scope, at_most_one

LONGEST = "duty-handed-days"


@transaction.atomic
def hand(scope: Scope, user: User, *, since: datetime, until: datetime) -> Holding:
    """Hands the scope's own post to `user` from `since` until `until` (not included). Who hands it over keeps it too, and stays answerable.

    Refused: duty-not-mine (not held by himself, or handed to him), duty-to-oneself, period-reversed, duty-too-long, duties-apart, user-unknown (switched off).
    """
    now, me = clock.now(), scope.user
    if me is None or scope.post is None:
        raise Refused("duty-not-mine")
    mine = Holding.objects.filter(Q(valid_to=None) | Q(valid_to__gt=now), post=scope.post, user=me, valid_from__lte=now, handed_by=None).first()
    if mine is None:
        raise Refused("duty-not-mine")
    if user.pk == me.pk:
        raise Refused("duty-to-oneself")
    if not user.is_active:
        raise Refused("user-unknown", user=user.username)
    begins, most = max(since, now), int(threshold(LONGEST, now.date()))
    if until <= begins:
        raise Refused("period-reversed")
    if until - begins > timedelta(days=most):
        raise Refused("duty-too-long", most=most)
    if mine.valid_to is not None:
        until = min(until, mine.valid_to)
    made = hold(scope.post, user, since=begins, until=until, handed_by=me)
    audit.write(scope, "users.duty_handed", [], user=user.pk, post=scope.post.pk, until=until)
    return made


@transaction.atomic
def take_back(scope: Scope, holding_id: int) -> None:
    """The holder takes his duty back before its end, or whoever stands in gives it back. Refused: duty-not-mine, grant-closed."""
    now, me = clock.now(), scope.user
    held = at_most_one(Holding.objects.select_for_update().filter(pk=holding_id).exclude(handed_by=None))
    if me is None or me.pk not in (held.handed_by_id, held.user_id):
        raise Refused("not-found-or-out-of-area")
    if held.valid_to is not None and held.valid_to <= now:
        raise Refused("grant-closed")
    if held.valid_from >= now:
        held.delete()
    else:
        held.valid_to = now
        held.save(update_fields=["valid_to"])
    audit.write(scope, "users.duty_taken_back", [], user=held.user_id, post=held.post_id)


def stood_for(user: User, now: datetime) -> list[int]:
    """The user himself, and those whose duty is in his hands now."""
    rows = Holding.objects.filter(Q(valid_to=None) | Q(valid_to__gt=now), user=user, handed_by__isnull=False, valid_from__lte=now)
    return [user.pk, *rows.values_list("handed_by_id", flat=True)]  # type: ignore[list-item]


def handed(user: User, now: datetime) -> list[Holding]:
    """Duties that this user handed to others or stands in for, that have not ended, the soonest end first."""
    return list(Holding.objects.filter(Q(handed_by=user) | Q(user=user, handed_by__isnull=False), valid_to__gt=now).select_related("post__area", "user", "handed_by").order_by("valid_to"))
