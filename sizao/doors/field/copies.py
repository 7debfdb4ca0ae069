"""Copies of the list on phones: each is known, holds one invented row of its own, and is wiped when somebody says so.

The invented row is a canary: its name and number belong to nobody, and to one copy alone. Whoever asks for it or sends it in has that copy before him, which is an alarm and a
finding (`heard.py` listens at every door); pasted from a list that turned up elsewhere it says from which phone the list comes.
"""

import hashlib
import hmac
import logging
import random
from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from sizao.doors.models import PhoneCopy
from sizao.flows import list_sighted
from sizao.kernel import audit, clock, keys
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope
from sizao.rehearsal.people import invent

log = logging.getLogger("sizao.doors")

#: The key from which invented rows are made, always the oldest of its kind: a copy keeps its row when the ring is turned. Without the ring nobody can tell the row from a person.
KIND = "device"
#: Whoever is invented has an age on this day; the same copy has the same row for ever.
DAY = date(2020, 1, 1)
#: Phones of one user at a time; the longest unseen goes first, and is wiped when it asks again.
MOST = 12
#: Of these are the given names of invented rows: seldom alone, never two of them together by chance often enough to matter.
RARE = "晗琰珩翊韫瑢骁璟彧翀"
RIGHT = "users.write"


@transaction.atomic
def seen(scope: Scope, copy: UUID, device: str, waiting: int = 0) -> PhoneCopy:
    """This copy asked for something now; a new one is put down. Refused: phone-wiped (it is to drop what it holds), not-found-or-out-of-area (another user's)."""
    assert scope.user is not None and scope.post is not None
    now = clock.now()
    known = PhoneCopy.objects.select_for_update(of=("self",)).filter(pk=copy)
    row = known.first()
    if row is None:
        made = PhoneCopy(pk=copy, user=scope.user, post=scope.post, device=device[:160], made_at=now, seen_at=now, waiting=waiting, canary=marks(*invented(copy)))
        PhoneCopy.objects.bulk_create([made], ignore_conflicts=True)  # a phone that opens its list twice at once makes one copy
        row = known.get()
        if (row.user_id, row.made_at) == (scope.user.pk, now):
            audit.write(scope, "field.copy_made", [copy])
            for old in PhoneCopy.objects.filter(user=scope.user, wipe_asked_at=None).order_by("-seen_at")[MOST:]:
                _ask(old, scope)
            return row
    if row.user_id != scope.user.pk:
        raise Refused("not-found-or-out-of-area")
    if row.wipe_asked_at is not None:
        raise Refused("phone-wiped")
    if row.post_id != scope.post.pk or now - row.seen_at > timedelta(seconds=30) or row.waiting != waiting:
        row.post, row.seen_at, row.waiting, row.device = scope.post, now, waiting, device[:160] or row.device
        row.save(update_fields=["post", "seen_at", "waiting", "device"])
    return row


def to_be_wiped(copy: UUID) -> bool:
    """Whether this copy is to be dropped; asked without a sign-in too, for a phone whose session is over."""
    return PhoneCopy.objects.filter(pk=copy, wipe_asked_at__isnull=False).exists()


@transaction.atomic
def wiped(copy: UUID) -> bool:
    """The phone says that it has dropped what it held; counted once, and only where it was asked to."""
    return bool(PhoneCopy.objects.filter(pk=copy, wipe_asked_at__isnull=False, wiped_at=None).update(wiped_at=clock.now()))


def copies(scope: Scope) -> QuerySet[PhoneCopy]:
    """The copies held by posts of the areas in which this scope looks after users, the one seen last first."""
    return PhoneCopy.objects.filter(scope.area_filter("post__area", RIGHT)).select_related("user", "post__area", "heard_by", "wipe_asked_by").order_by("-seen_at", "pk")


@transaction.atomic
def ask_to_wipe(scope: Scope, copy: UUID) -> None:
    """The copy is dropped at its next contact. Refused: not-allowed, not-found-or-out-of-area."""
    scope.check(RIGHT)
    row = copies(scope).select_for_update(of=("self",)).filter(pk=copy).first()
    if row is None:
        raise Refused("not-found-or-out-of-area")
    if row.wipe_asked_at is None:
        _ask(row, scope)


def _ask(row: PhoneCopy, scope: Scope) -> None:
    row.wipe_asked_at, row.wipe_asked_by = clock.now(), scope.post
    row.save(update_fields=["wipe_asked_at", "wipe_asked_by"])
    audit.write(scope, "field.copy_to_be_wiped", [row.pk])


def read_id(request: HttpRequest) -> UUID:
    """`?copy=` of a request. Refused: bad-value."""
    told = request.GET.get("copy", "")
    try:
        return UUID(told)
    except ValueError:
        raise Refused("bad-value", field="copy", value=told[:40], expected="UUID") from None


# -- the invented row


def invented(copy: UUID) -> tuple[str, str]:
    """Name and identity number of the row that this copy alone holds; the number is of a place that does not exist, so that it can be nobody's."""
    seed = hmac.new(_secret(), b"canary|" + copy.bytes, hashlib.sha256).digest()
    r = random.Random(seed)  # noqa: S311 - the same copy, the same row; the seed comes from the ring
    one = invent(r, DAY)
    rest = [c for c in RARE if c not in one.name]
    return one.name[:1] + "".join(r.sample(rest, 2)), one.national_id


def marks(name: str, number: str) -> list[str]:
    """What a copy's row is known by afterwards."""
    return [_mark(name), _mark(number)]


def heard(said: Collection[str], where: str, by: Scope | None = None) -> list[PhoneCopy]:
    """Of what was sent or asked for (names, numbers), the copies whose invented row it is: each of them is out, which is an alarm and a finding. Two statements, one where no phone holds a list.

    Arguments:
        where: By which door it came, a code of `codelists/sighted-at.yaml`.
    """
    if not PhoneCopy.objects.exists():
        return []
    rows = list(PhoneCopy.objects.filter(canary__has_any_keys=[_mark(form) for one in said for form in {one, one.upper()}]).select_related("post__area"))
    for row in rows:
        _alarm(row, where, by)
    return rows


def found_in(scope: Scope, text: str) -> list[PhoneCopy]:
    """The copies of these areas whose invented rows stand in a list that turned up elsewhere."""
    scope.check(RIGHT)
    return [c for c in copies(scope)[:5000] if any(said in text for said in invented(c.pk))]


def _alarm(row: PhoneCopy, where: str, by: Scope | None) -> None:
    at = code_list("sighted-at")[where]
    tail = str(row.pk)[-8:]
    with transaction.atomic():
        row.heard_at, row.heard_in, row.heard_by = clock.now(), where, by.post if by else None
        row.save(update_fields=["heard_at", "heard_in", "heard_by"])
        audit.write(by or Scope.system("canary"), "field.canary_heard", [row.pk], where=where)
        list_sighted.raise_finding(row.pk, row.post.area, f"手机名单外泄：副本 …{tail} 的标记行出现在{at['zh']} · A phone's list is out: the marked row of copy …{tail} turned up in {at['en']}")
    log.error("canary of copy %s asked for at %s", row.pk, where)


def _mark(said: str) -> str:
    return hmac.new(_secret(), b"mark|" + said.encode(), hashlib.sha256).hexdigest()[:32]


def _secret() -> bytes:
    ring = keys.ring()
    held = ring.all(KIND)
    return bytes((held[-1] if held else ring.rotate((KIND,)).newest(KIND)).secret)
