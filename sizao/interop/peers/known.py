"""Which installations this one speaks with: registered by an administrator, each with areas, a key, its end, and the post that answers for it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction

from sizao.kernel import areas, audit, clock
from sizao.kernel.areas import NewArea
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope

from . import signing
from .models import Here, Outgoing, Peer

RIGHT = "system.write"
#: So long this installation signs with one key; told before it is over.
KEY_LIVES = timedelta(days=400)


def here() -> UUID:
    """This installation's id."""
    return Here.objects.get_or_create(pk=1)[0].installation  # type: ignore[no-any-return]


def card() -> dict[str, str]:
    """What another installation needs to register this one: id, public key, until when it is good."""
    _, private, made = signing.own_key()
    return {"installation": str(here()), "key": signing.public_bytes(private).hex(), "until": (datetime.fromisoformat(made) + KEY_LIVES).isoformat(timespec="seconds")}


@transaction.atomic
def register(scope: Scope, name: str, *, installation: UUID, address: str, key: str, until: datetime, codes: Sequence[tuple[str, str]]) -> Peer:
    """Registers another installation, or brings it up to date (a new key, another address). `codes`: (code, name) of the areas for which it answers.

    An area that this store does not have yet is put beside the tree, as one outside. Refused: not-allowed, bad-value, peer-key-expired, peer-area-ours.
    """
    scope.check(RIGHT)
    public = signing.public_key(key)
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or (parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1")):
        raise Refused("bad-value", field={"zh": "地址", "en": "address"}, value=address[:80], expected="https://…")
    if until <= clock.now():
        raise Refused("peer-key-expired", peer=name)
    if installation == here() or not codes or not name.strip():
        raise Refused("bad-value", field={"zh": "对方系统", "en": "installation"}, value=str(installation), expected="…")
    held = {a.code: a for a in Area.objects.filter(code__in=[c for c, _ in codes], valid_to=None)}
    for code, _ in codes:
        if code in held and not held[code].outside:
            raise Refused("peer-area-ours", area=code)
    areas.grow([NewArea(code, title, "county", outside=True) for code, title in codes if code not in held])
    told = {
        "name": name, "address": address.rstrip("/"), "areas": sorted(c for c, _ in codes), "key_id": signing.key_id(public), "public_key": public, "key_ends_at": until,
        "owner": scope.post, "registered_at": clock.now(), "revoked_at": None,
    }  # fmt: skip
    peer, _ = Peer.objects.update_or_create(installation=installation, defaults=told)
    audit.write(scope, "peers.registered", [], sender=name)
    return peer


@transaction.atomic
def revoke(scope: Scope, name: str) -> None:
    """Nothing is taken from it or sent to it from now on. Refused: not-allowed, peer-unknown."""
    scope.check(RIGHT)
    if not Peer.objects.filter(name=name, revoked_at=None).update(revoked_at=clock.now()):
        raise Refused("peer-unknown", peer=name)
    Outgoing.objects.filter(peer__name=name, received_at=None, refused="").update(refused="peer-key-revoked")  # what waits stands among what was not delivered
    audit.write(scope, "peers.revoked", [], sender=name)


def of_area(code: str) -> Peer | None:
    """Who answers for an area outside."""
    return Peer.objects.filter(areas__contains=[code], revoked_at=None).order_by("-registered_at").first()


def of_key(kid: str, now: datetime) -> Peer:
    """Whose key signs a message. Refused: peer-key-unknown, peer-key-revoked, peer-key-expired."""
    peer = Peer.objects.filter(key_id=kid).first()
    if peer is None:
        raise Refused("peer-key-unknown")
    if peer.revoked_at is not None:
        raise Refused("peer-key-revoked", peer=peer.name)
    if peer.key_ends_at <= now:
        raise Refused("peer-key-expired", peer=peer.name)
    return peer
