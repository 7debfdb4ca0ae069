"""Setting a subscription up, ending it, looking at its log. Every read and write takes a scope first."""

import base64
import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from sizao.kernel import audit, clock, keys
from sizao.kernel.codes import diseases
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope, at_most_one
from sizao.kernel.sealed import seal
from sizao.plan.facts import vocabulary

from . import target
from .models import Delivery, Hook
from .noting import RIGHT
from .sending import PLACE

PAGE = 50
PING = "ping"


def kinds() -> dict[str, tuple[str, str]]:
    """Kind of act → its words (zh, en): what can be told."""
    return {a.kind: (a.zh, a.en) for a in sorted(vocabulary().acts.values(), key=lambda a: a.kind)}


@transaction.atomic
def subscribe(scope: Scope, *, name: str, address: str, wanted: list[str], area: Area, disease: str = "") -> tuple[Hook, str]:
    """A new subscription and its secret, told this once ("whsec_…"). Refused: hook-kind-unknown, hook-address-unfit, bad-value."""
    scope.check(RIGHT, area)
    known = kinds()
    unknown = sorted(set(wanted) - set(known))
    if not wanted or unknown:
        raise Refused("hook-kind-unknown", kind=", ".join(unknown)[:100] or "—")
    if disease and disease not in diseases():
        raise Refused("bad-value", field="disease", value=disease[:40], expected=", ".join(diseases()))
    target.look(address)
    number, secret = uuid7(), secrets.token_bytes(32)
    made = Hook.objects.create(
        id=number, user=scope.user, post=scope.post, name=" ".join(name.split())[:60], address=address, kinds=sorted(set(wanted)), area=area, disease=disease,
        secret=seal(secret, f"{PLACE}{number}", keys.ring().newest("seal")), key_id=hashlib.sha256(b"sizao hook " + secret).hexdigest()[:16], made_at=clock.now(),
    )  # fmt: skip
    audit.write(scope, "hooks.subscribed", [number], area=area.pk, kinds=made.kinds)
    return made, "whsec_" + base64.b64encode(secret).decode()


def hooks(scope: Scope, *, after: UUID | None = None, most: int = PAGE) -> QuerySet[Hook]:
    """Subscriptions in the areas of this scope, the newest first, `after` one of them."""
    rows = Hook.objects.filter(scope.area_filter("area", RIGHT)).select_related("area", "post__area", "user").order_by("-id")
    return (rows.filter(id__lt=after) if after is not None else rows)[:most]


def access_hook_by_id(scope: Scope, hook: UUID) -> Hook:
    """One subscription. Refused not-found-or-out-of-area."""
    found: Hook = at_most_one(Hook.objects.filter(scope.area_filter("area", RIGHT), pk=hook).select_related("area", "post__area", "user")[:1])
    return found


@transaction.atomic
def close(scope: Scope, hook: UUID) -> Hook:
    """Ends it; what waits is not sent."""
    found = access_hook_by_id(scope, hook)
    if found.closed_at is None:
        found.closed_at = clock.now()
        found.save(update_fields=["closed_at"])
        audit.write(scope, "hooks.closed", [hook])
    return found


@transaction.atomic
def resume(scope: Scope, hook: UUID) -> Hook:
    """A paused one sends again; what was given up is tried anew, as long as it stands in the log. Refused hook-address-unfit, hook-closed."""
    found, now = access_hook_by_id(scope, hook), clock.now()
    if found.closed_at is not None:
        raise Refused("hook-closed")
    target.look(found.address)
    found.paused_at = None
    found.save(update_fields=["paused_at"])
    found.deliveries.exclude(gave_up_at=None).update(gave_up_at=None, next_at=now, made_at=now)
    audit.write(scope, "hooks.resumed", [hook])
    return found


def ping(scope: Scope, hook: UUID) -> Delivery:
    """A message that says nothing but that it comes, to try the way. Refused hook-closed."""
    found, now = access_hook_by_id(scope, hook), clock.now()
    if found.closed_at is not None:
        raise Refused("hook-closed")
    return Delivery.objects.create(hook=found, about=uuid7(), kind=PING, body={"kind": PING}, made_at=now, next_at=now)


def deliveries(scope: Scope, hook: UUID, *, after: UUID | None = None, most: int = PAGE) -> list[Delivery]:
    """The log of a subscription, the latest first, `after` one of its lines."""
    rows = access_hook_by_id(scope, hook).deliveries.order_by("-id")
    return list((rows.filter(id__lt=after) if after is not None else rows)[:most])


def counted(found: list[Hook]) -> dict[UUID, dict[str, int]]:
    """Hook → how many messages of the last day were taken, wait, and were given up. In one statement."""
    since = clock.now() - timedelta(days=1)
    rows = Delivery.objects.filter(hook__in=found, made_at__gte=since).values("hook").annotate(
        taken=Count("id", filter=Q(taken_at__isnull=False)), waiting=Count("id", filter=Q(taken_at=None, gave_up_at=None)), given_up=Count("id", filter=Q(gave_up_at__isnull=False))
    )
    return {r["hook"]: {k: r[k] for k in ("taken", "waiting", "given_up")} for r in rows}
