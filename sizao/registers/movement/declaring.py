"""A traveller's declaration: told once without an account, found by every gateway with its receipt, corrected by its holder, gone when its time is over.

Nothing that somebody types about a person becomes a record about that person until a post has compared the document (`flows/declaration_confirmed.py`).
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from sizao.kernel import audit, clock, content, keys
from sizao.kernel.codes import threshold
from sizao.kernel.errors import Refused
from sizao.kernel.identifiers import normalise_national_id, normalise_phone
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.kernel.sealed import Sealed, seal, unseal

from .form import Form
from .models import GateTry, Journey, TravelDeclaration

DOCUMENT = Sealed("movement_traveldeclaration", "document", normalise_national_id, "declared_document")
TELEPHONE = Sealed("movement_traveldeclaration", "phone", normalise_phone, "declared_phone")
#: Letters and digits that are not mistaken for one another on paper or aloud; ten of them are fifty bits.
LETTERS, LENGTH = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 10
#: What the code in the picture begins with.
PREFIX = "SZD:"
#: Days before and after today that may be declared as the day of arrival.
BACK, AHEAD = 14, 30
RIGHT = "gate.write"


@dataclass(frozen=True, slots=True)
class Told:
    """A declaration, opened. `said` is by the form's fields, as JSON keeps values; `confirmed`: a gateway has compared it as it stands now."""

    id: UUID
    area: Area
    said: Mapping[str, Any]
    form_ref: str
    version: int
    made_at: datetime
    changed_at: datetime
    expires_at: datetime
    confirmed_at: datetime | None
    confirmed: bool
    confirmations: int
    journey: UUID | None


# -- the holder


@transaction.atomic
def declare(form: Form, said: Mapping[str, Any], area: Area, *, token: str, address: str) -> tuple[str, bool]:
    """A new declaration; its receipt's code, and whether it is new. The same form sent again is the same declaration: nothing changes, or it is corrected.

    `token`: made with the form, once. `address`: the network's, for the limit; "" is a post of ours. Refused: declaration-limit, declaration-too-late, keys-missing.
    """
    code = _code(token)
    held = TravelDeclaration.objects.select_for_update().filter(receipt=_digest(code)).first()
    if held is not None:
        _change(held, dict(said), form, area)
        return shown(code), False
    if address:
        limited("declared", address, int(threshold("declarations-an-hour", clock.now().date())))
    now = clock.now()
    row = TravelDeclaration(receipt=_digest(code), area=area, made_at=now, changed_at=now)
    _put(row, said, form, now)
    row.save(force_insert=True)
    audit.write(Scope.system("own declaration"), "movement.declared", [row.pk])
    return shown(code), True


def by_code(code: str, address: str = "") -> Told:
    """The declaration of a receipt, for its holder. Refused receipt-unknown; declaration-limit after too many wrong ones from one address."""
    return _open(_held(code, address))


@transaction.atomic
def correct(code: str, said: Mapping[str, Any], form: Form, area: Area | None = None, *, address: str = "") -> bool:
    """The holder tells what is otherwise; what is not told stays. False when nothing is. A gateway that confirmed it before is asked again."""
    row = TravelDeclaration.objects.select_for_update().get(pk=_held(code, address).pk)
    return _change(row, {**_said(row), **said}, form, area or row.area)


@transaction.atomic
def withdraw(code: str, address: str = "") -> None:
    """The holder takes it back: it is deleted now. A journey that a gateway confirmed stays in the register."""
    row = _held(code, address)
    audit.write(Scope.system("own declaration"), "movement.declaration_withdrawn", [row.pk])
    row.delete()


# -- the gateway


@transaction.atomic
def found(scope: Scope, text: str) -> Told | None:
    """What a gateway asks with: a receipt (typed or scanned), or the number of a document or a telephone; the newest that is not over. On record.

    Refused not-allowed.
    """
    scope.check(RIGHT)
    standing = TravelDeclaration.objects.select_related("area").filter(expires_at__gt=clock.now())
    row = standing.filter(receipt=_digest(text)).first()
    if row is None and len(text) <= 40 and "\0" not in text:
        for column, sealed in (("document", DOCUMENT), ("phone", TELEPHONE)):
            row = row or standing.filter(**{f"{column}__in": sealed.searched(text)}).order_by("-changed_at").first()
    if row is not None:
        audit.write(scope, "movement.declaration_read", [row.pk])
    return _open(row) if row is not None else None


def to_confirm(scope: Scope, declaration: UUID, version: int) -> tuple[TravelDeclaration, Mapping[str, Any]]:
    """The row, locked, and what it says. Refused: not-allowed, receipt-unknown, declaration-changed (another version than was seen)."""
    scope.check(RIGHT)
    row = TravelDeclaration.objects.select_for_update(of=("self",)).select_related("area").filter(pk=declaration, expires_at__gt=clock.now()).first()
    if row is None:
        raise Refused("receipt-unknown")
    if row.version != version:
        raise Refused("declaration-changed")
    return row, _said(row)


def confirmed(scope: Scope, row: TravelDeclaration, journey: UUID) -> None:
    """A gateway has compared the document with it: it is that journey."""
    now = clock.now()
    row.journey_id, row.confirmed_version = journey, row.version
    row.confirmed_at = row.confirmed_at or now
    row.confirmations += 1
    row.save(update_fields=["journey", "confirmed_version", "confirmed_at", "confirmations"])
    audit.write(scope, "movement.declaration_confirmed", [row.pk], digest_of=[row.version])


def person_of(told: Told) -> UUID | None:
    """Whose journey it became; None where no gateway has compared it yet."""
    return Journey.objects.values_list("person_id", flat=True).get(pk=told.journey) if told.journey is not None else None


# -- the clock


def drop_old(now: datetime | None = None) -> int:
    """Deletes declarations whose time is over, and counts of tries of hours gone by; how many declarations. Done by the clock."""
    now = now or clock.now()
    gone, _ = TravelDeclaration.objects.filter(expires_at__lte=now).delete()
    GateTry.objects.filter(hour__lt=now - timedelta(hours=2)).delete()
    if gone:
        audit.write(Scope.system("retention"), "movement.declarations_dropped", [], count=gone)
    return gone


def limited(what: str, address: str, most: int) -> None:
    """Counts a try from a network address in this hour. Refused declaration-limit beyond `most`."""
    now = clock.now()
    key = keys.ring().newest("index").secret
    mark = hmac.digest(key, f"{now.date()}\0{what}\0{address}".encode(), "sha256")[:12]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO movement_gatetry (mark, what, hour, count) VALUES (%s, %s, date_trunc('hour', %s::timestamptz), 1) "
            "ON CONFLICT (mark, what, hour) DO UPDATE SET count = movement_gatetry.count + 1 RETURNING count",
            [mark, what, now],
        )
        if cursor.fetchone()[0] > most:
            raise Refused("declaration-limit")


# -- inside


def shown(code: str) -> str:
    """A code as it is shown: ABCDE-FGHJK."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def _code(token: str) -> str:
    """The code that belongs to a form that was sent: the same form, the same code."""
    number = int.from_bytes(hmac.digest(keys.ring().newest("index").secret, b"declaration\0" + token.encode(), "sha256")[:8], "big")
    return "".join(LETTERS[(number >> (5 * n)) & 31] for n in range(LENGTH))


def _digest(text: str) -> str:
    plain = "".join(c for c in text.upper().removeprefix(PREFIX) if c.isalnum())
    return hashlib.sha256(f"declaration {plain}".encode()).hexdigest()


def _held(code: str, address: str) -> TravelDeclaration:
    row = TravelDeclaration.objects.select_related("area").filter(receipt=_digest(code), expires_at__gt=clock.now()).first()
    if row is None:
        limited("receipt", address, int(threshold("receipts-tried-an-hour", clock.now().date())))
        raise Refused("receipt-unknown")
    return row


def _change(row: TravelDeclaration, said: dict[str, Any], form: Form, area: Area) -> bool:
    if said == _said(row) and area.pk == row.area_id:
        return False
    now = clock.now()
    row.area, row.changed_at, row.version = area, now, row.version + 1
    _put(row, said, form, now)
    row.save()
    audit.write(Scope.system("own declaration"), "movement.declaration_corrected", [row.pk], digest_of=[row.version])
    return True


def _put(row: TravelDeclaration, said: Mapping[str, Any], form: Form, now: datetime) -> None:
    arrives, today = date.fromisoformat(said["arrives_on"]), clock.local_day(now, row.area.zone)
    first, last = today - timedelta(days=BACK), today + timedelta(days=AHEAD)
    if not first <= arrives <= last:
        raise Refused("declaration-too-late", value=arrives.isoformat(), expected=f"{first} – {last}")
    kept = min(int(threshold("declaration-kept-days", today)), 60)
    row.arrives_on, row.form_ref = arrives, content.cited("form", form.ref.partition("@")[0], form.text)
    row.expires_at = max(datetime.combine(arrives + timedelta(days=kept + 1), time(), UTC), now + timedelta(hours=1))
    row.document, row.phone = DOCUMENT.index(said["document_number"]) or b"", TELEPHONE.index(said.get("contact_phone"))
    row.said = seal(json.dumps(dict(said), ensure_ascii=False, sort_keys=True).encode(), f"movement_traveldeclaration|said|{row.pk}", keys.ring().newest("seal"))


def _said(row: TravelDeclaration) -> dict[str, Any]:
    return dict(json.loads(unseal(row.said, f"movement_traveldeclaration|said|{row.pk}", keys.ring())))


def _open(row: TravelDeclaration) -> Told:
    return Told(
        row.pk, row.area, _said(row), row.form_ref, row.version, row.made_at, row.changed_at, row.expires_at, row.confirmed_at,
        row.confirmed_version == row.version, row.confirmations, row.journey_id,
    )  # fmt: skip
