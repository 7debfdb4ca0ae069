"""A sender that goes round in circles is set apart: what it sends is kept and not stored, until somebody looked and let it in again."""

from datetime import datetime

from django.db import IntegrityError, transaction

from sizao.kernel import audit, clock
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope

from .models import Quarantine
from .watch import feeds


def since(sender: str) -> datetime | None:
    """Since when a sender is set apart; None where it is not."""
    held: datetime | None = Quarantine.objects.filter(sender=sender, ended_at=None).values_list("since", flat=True).first()
    return held


def standing() -> dict[str, datetime]:
    """Who is set apart, and since when."""
    return dict(Quarantine.objects.filter(ended_at=None).values_list("sender", "since"))


def look(sender: str) -> bool:
    """Sets a sender apart whose last arrivals are a loop by what is agreed with it; whether it is new."""
    if since(sender) is not None or not any("loop" in f.alarms for f in feeds(only=sender)):
        return False
    try:
        with transaction.atomic():
            Quarantine.objects.create(sender=sender, since=clock.now())
    except IntegrityError:  # another message of the same sender saw it at the same moment
        return False
    audit.write(Scope.system("feeds.quarantine"), "feeds.quarantined", [], sender=sender)
    return True


@transaction.atomic
def end(scope: Scope, sender: str) -> datetime:
    """Lets a sender in again; since when it was set apart. Should it go on in circles, it is set apart again at once. Refused: not-allowed, feed-not-quarantined."""
    scope.check("feed.release")
    held = Quarantine.objects.select_for_update().filter(sender=sender, ended_at=None).first()
    if held is None:
        raise Refused("feed-not-quarantined", sender=sender)
    held.ended_at, held.ended_by = clock.now(), scope.post_id
    held.save(update_fields=["ended_at", "ended_by"])
    audit.write(scope, "feeds.released", [], sender=sender)
    return held.since
