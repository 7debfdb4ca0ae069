"""The only way into the feeds."""

from datetime import datetime

from sizao.kernel.scope import Scope

from . import quarantine
from .models import Alarm
from .watch import Feed, feeds, silent_since

__all__ = ["Feed", "alarms_standing", "all_feeds", "set_apart", "silent_since"]


def all_feeds(scope: Scope, now: datetime | None = None) -> list[Feed]:
    """Every feed as it stands; needs the right to read imports. No person is in it."""
    scope.check("import.read")
    return feeds(now)


def alarms_standing(scope: Scope) -> int:
    """How many alarms stand."""
    scope.check("import.read")
    return int(Alarm.objects.filter(ended_at=None).count())


def set_apart(scope: Scope) -> dict[str, datetime]:
    """Senders in quarantine, and since when."""
    scope.check("import.read")
    return quarantine.standing()
