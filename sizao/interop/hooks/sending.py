"""Telling: each message signed when it is sent (Standard Webhooks: HMAC-SHA256 over id, time and body), tried again with growing pauses, and its end in the log."""

import base64
import hashlib
import hmac
import http.client
import json
import logging
import time
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from sizao.kernel import clock, keys
from sizao.kernel.codes import threshold
from sizao.kernel.errors import Refused
from sizao.kernel.sealed import unseal

from . import target
from .models import Delivery, Hook

log = logging.getLogger("sizao.hooks")
PLACE = "hooks_hook|secret|"
FIRST, LAST = timedelta(seconds=30), timedelta(hours=6)
KEPT = timedelta(days=30)
#: One job takes so many messages and so long, then makes way for others.
MOST, LONGEST = 200, 30.0
LOCK = 4_205_047
#: Days for which a message is tried.
TRIED = "webhook-tried-days"


def hand_over_due() -> bool:
    """Hands what is due over to a job, unless one is waiting or running already: a slow subscriber keeps the duties of the clock from nothing."""
    due = Delivery.objects.filter(taken_at=None, gave_up_at=None, next_at__lte=clock.now(), hook__closed_at=None, hook__paused_at=None).exists()
    if not due or DBTaskResult.objects.filter(task_path=send_due.module_path, status__in=["READY", "RUNNING"]).exists():
        return False
    send_due.enqueue()
    return True


@task()
def send_due() -> int:
    """Sends what is due, the oldest first; how many were taken."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
    try:
        return _send_all()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _send_all() -> int:
    begun, taken, away = time.monotonic(), 0, set()
    due = Delivery.objects.filter(taken_at=None, gave_up_at=None, next_at__lte=clock.now(), hook__closed_at=None, hook__paused_at=None).select_related("hook").order_by("next_at", "id")
    for one in list(due[:MOST]):
        if one.hook_id in away or time.monotonic() - begun > LONGEST:
            continue
        said = tell(one)
        if said == "nobody":  # the rest of its messages wait their turn
            away.add(one.hook_id)
        taken += _note(one.pk, said)
    return taken


def tell(one: Delivery) -> str:
    """Sends one message; the HTTP status, or `nobody` where none came, or the code of what keeps us from sending. No transaction is open meanwhile."""
    try:
        secret = unseal(one.hook.secret, f"{PLACE}{one.hook_id}", keys.ring())
        body, at = body_of(one), int(clock.now().timestamp())
        where = target.look(one.hook.address)
        headers = {
            "Content-Type": "application/json", "User-Agent": "Sizao", "Host": where.host if where.port in (80, 443) else f"{where.host}:{where.port}",
            "webhook-id": str(one.pk), "webhook-timestamp": str(at), "webhook-key-id": one.hook.key_id, "webhook-signature": signature(secret, str(one.pk), at, body),
        }  # fmt: skip
        return str(target.send(where, body, headers))
    except Refused as refused:
        return refused.code
    except (OSError, ValueError, http.client.HTTPException):
        return "nobody"


def body_of(one: Delivery) -> bytes:
    """The message as it is sent: the same bytes at every try."""
    return json.dumps({"id": str(one.pk), "type": one.kind, "timestamp": one.made_at.isoformat(), "data": one.body}, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def signature(secret: bytes, number: str, at: int, body: bytes) -> str:
    """What `webhook-signature` says: version, comma, base64 of HMAC-SHA256 over "id.timestamp.body".

    >>> signature(base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    return "v1," + base64.b64encode(hmac.new(secret, f"{number}.{at}.".encode() + body, hashlib.sha256).digest()).decode()


@transaction.atomic
def _note(number: UUID, said: str) -> bool:
    """Writes down how a try ended. What nobody takes for too long is given up, and its subscription pauses until somebody looks at it."""
    one, now = Delivery.objects.select_for_update().select_related("hook").get(pk=number), clock.now()
    one.tries, one.said = one.tries + 1, said
    if said.startswith("2"):
        one.taken_at = now
    elif said == "410" or now >= one.made_at + timedelta(days=int(threshold(TRIED, now.date()))):  # gone for good, says the standard
        one.gave_up_at = now
        Hook.objects.filter(pk=one.hook_id, paused_at=None).update(paused_at=now)
        log.warning("a subscriber is not told any more: %s", said)
    else:
        one.next_at = now + min(LAST, FIRST * 2 ** min(one.tries - 1, 12))
    one.save(update_fields=["tries", "said", "taken_at", "gave_up_at", "next_at"])
    return one.taken_at is not None


def prune(before: datetime | None = None) -> int:
    """Drops lines of the log that are over a month old and over."""
    return Delivery.objects.filter(made_at__lt=before or clock.now() - KEPT).exclude(taken_at=None, gave_up_at=None).delete()[0]
