"""Signing passes, opening one's own page, and naming to verifiers what is no longer so."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from sizao.kernel import audit, clock, keys
from sizao.kernel.codes import threshold
from sizao.kernel.errors import Refused
from sizao.kernel.models import StoreInfo
from sizao.kernel.scope import Scope
from sizao.registers.population import read as population
from sizao.registers.population.rules import masked

from . import status as statuses
from . import tokens
from .models import Holder, Pass

#: After so long a new key signs; the one before is told to verifiers until what it signed has expired.
KEY_LIVES = timedelta(days=30)
#: How old a verifier's list of what is no longer so may be: what is cleared is cleared everywhere within it.
LIST_LIVES = timedelta(minutes=5)
HOLDER_LIVES = timedelta(days=400)
#: Letters and digits that are not mistaken for one another on paper.
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True)
class Made:
    """A pass as it is shown: the text of its code, what it says, and the status it was made from."""

    text: str
    said: tokens.Said
    status: statuses.Status


def holder_scope() -> Scope:
    """The scope of a person who opened his own record with his own code."""
    return Scope.system("own record")


# -- the person's own code


@transaction.atomic
def open_holder(scope: Scope, person: UUID) -> str:
    """A code with which a person opens his own page, told this once (on paper, to himself): sixteen characters in fours. Earlier ones go on."""
    row = population.access_person_by_id(scope, person)
    code = "".join(secrets.choice(LETTERS) for _ in range(16))
    now = clock.now()
    Holder.objects.create(person_id=row.pk, code_sha256=_digest(code), made_at=now, expires_at=now + HOLDER_LIVES)
    audit.write(scope, "passes.opened", [row.pk])
    return "-".join(code[n : n + 4] for n in range(0, 16, 4))


def person_of(code: str) -> UUID:
    """Whose code it is. Refused page-not-found, whatever is wrong with it: nobody learns by trying."""
    held = Holder.objects.filter(code_sha256=_digest(code), revoked_at=None, expires_at__gt=clock.now()).first()
    if held is None:
        raise Refused("page-not-found")
    return held.person_id  # type: ignore[no-any-return]


def _digest(code: str) -> str:
    return hashlib.sha256("".join(c for c in code.upper() if c.isalnum()).encode()).hexdigest()


# -- passes


@transaction.atomic
def make(scope: Scope, person: UUID) -> Made:
    """A pass for a person as he stands now. It expires when his status will change by itself, at the latest after `thresholds/pass-hours.yaml`."""
    row = population.access_person_by_id(scope, person)
    now = clock.now()
    status = statuses.one(scope, row.pk, now)
    expires = now + timedelta(hours=int(threshold("pass-hours", now.date())))
    if status.changes_at is not None:
        expires = min(expires, status.changes_at)
    number = population.sealed_of(scope, row).get("national_id") if keys.available() else None
    said = tokens.Said(
        secrets.token_hex(8), _issuer(), now.replace(microsecond=0), expires, status.code == "order", status.until, status.kinds, masked(row.name), (number or "")[-4:]
    )
    key = signing_key()
    text = tokens.sign(said, key.secret, key.id)
    Pass.objects.create(person_id=row.pk, token=said.token, made_at=now, expires_at=expires, said=status.mark)
    audit.write(scope, "passes.made", [row.pk])
    return Made(text, said, status)


def signing_key() -> keys.Key:
    """The newest key for passes; a new one where there is none or it is old."""
    ring = keys.ring()
    held = ring.all("pass")
    if not held or datetime.fromisoformat(held[0].created) < clock.now() - KEY_LIVES:
        return roll_over()
    return held[0]


def roll_over() -> keys.Key:
    """A new key signs from now on. What the one before signed goes on being verified until it expires."""
    return keys.ring().rotate(("pass",)).newest("pass")


def public_keys() -> dict[str, Any]:
    """key id → public key, of those that what has not expired may be signed with."""
    oldest = clock.now() - timedelta(hours=2 * int(threshold("pass-hours", clock.now().date())))
    signing_key()
    found, superseded = {}, None
    for key in keys.ring().all("pass"):
        if superseded is None or superseded > oldest:
            found[key.id] = tokens.private_key(key.secret).public_key()
        superseded = datetime.fromisoformat(key.created)
    return found


def no_longer_so(at: datetime | None = None) -> list[str]:
    """Ids of passes that have not expired and say what is no longer so. Worked out from the orders each time, so nothing has to be remembered."""
    at = at or clock.now()
    rows = list(Pass.objects.filter(expires_at__gt=at).values_list("token", "person_id", "said", "revoked_at"))
    now = statuses.of(Scope.system("passes that are no longer so"), {person for _, person, _, _ in rows}, at)
    return sorted(token for token, person, said, revoked in rows if revoked is not None or now[person].mark != said)


@transaction.atomic
def revoke(scope: Scope, people: Iterable[UUID]) -> int:
    """Every pass of these persons is no longer good: a telephone was lost. They make new ones."""
    found = list(population.persons(scope).filter(pk__in=set(people)).values_list("pk", flat=True))
    count: int = Pass.objects.filter(person_id__in=found, revoked_at=None).update(revoked_at=clock.now())
    audit.write(scope, "passes.revoked", found)
    return count


def person_of_pass(token: str) -> UUID | None:
    """Whose pass has this id; for a gateway whose record of it comes later."""
    found: UUID | None = Pass.objects.filter(token=token).values_list("person_id", flat=True).first()
    return found


def for_verifiers() -> dict[str, Any]:
    """What a verifier keeps on its device: public keys, what is no longer so, and until when the list may be relied on."""
    now = clock.now()
    found = []
    for kid, key in public_keys().items():
        numbers = key.public_numbers()
        found.append({"kid": kid, "x": f"{numbers.x:064x}", "y": f"{numbers.y:064x}"})
    return {"keys": found, "revoked": no_longer_so(now), "at": int(now.timestamp()), "until": int((now + LIST_LIVES).timestamp()), "again": 600}


def verify(text: str) -> tokens.Verdict:
    """A pass, asked of the store itself."""
    return tokens.verify(text, tokens.Keys(public_keys()), at=clock.now(), revoked=frozenset(no_longer_so()))


def _issuer() -> str:
    kind = StoreInfo.objects.values_list("kind", flat=True).first()
    return "sizao-demo" if kind == "demo" else "sizao"
