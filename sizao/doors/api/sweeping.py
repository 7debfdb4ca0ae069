"""What the doors keep for a time only: answers to programs, sessions that have ended, links that nobody can use any more."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from sizao.doors.models import Answered, PhoneAct, SignInLink
from sizao.kernel import clock
from sizao.kernel.codes import threshold

#: So many rows a statement, so that no transaction lasts.
AT_ONCE = 5000


#: What a phone told is taken again for so long (`field/told.py`); after that its ids are needed by nobody.
FORGOTTEN = timedelta(days=62)


def sweep(now: datetime | None = None) -> int:
    """Drops answers that are older than `answered-kept-days` of that day, ended sessions and ended links; how many.

    A key that is sent again after that is a new one; the row's own number keeps it from being written twice.
    """
    now = now or clock.now()
    until = now - timedelta(days=int(threshold("answered-kept-days", now.date())))
    return _drop(Answered.objects.filter(made_at__lt=until)) + _drop(PhoneAct.objects.filter(at__lt=now - FORGOTTEN)) + _drop(Session.objects.filter(expire_date__lt=now)) + _drop(SignInLink.objects.filter(expires_at__lt=now))


def _drop(old: QuerySet[Any]) -> int:
    gone = 0
    while some := list(old.values_list("pk", flat=True)[:AT_ONCE]):
        gone += old.model._default_manager.filter(pk__in=some).delete()[0]
    return gone
