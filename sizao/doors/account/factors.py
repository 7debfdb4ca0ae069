"""Second factors: code apps (RFC 6238), passkeys (W3C WebAuthn Level 2) and recovery codes. Nothing here asks for a pass, a network or another system.

A passkey with a fingerprint or a PIN is both factors in one and opens a session without a link. What a session may do before is `kit/second.py`'s.
"""

import base64
import hashlib
import hmac
import io
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.db import transaction
from django.http import HttpRequest
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticatorData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from sizao.doors.kit import tries
from sizao.doors.kit.second import passed
from sizao.doors.models import Factor, RecoveryCode
from sizao.kernel import audit, clock, keys
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope
from sizao.kernel.sealed import seal, unseal

_STATE, _SECRET = "factor-state", "factor-secret"
STEP, DIGITS = 30, 6
#: A code app's clock may be off by one half-minute either way (RFC 6238 §5.2).
DRIFT = 1
PLACE = "doors_factor|secret|"
CODES, MOST = 10, 10
LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"


# What a user has


def of(user: Any) -> list[Factor]:
    """His factors, the oldest first."""
    return list(Factor.objects.filter(user=user).order_by("pk"))


def drop(user: Any, factor: int, *, needed: bool) -> None:
    """One factor less. Refused: factor-last (a post needs one, and it is the last), not-found-or-out-of-area."""
    with transaction.atomic():
        held = list(Factor.objects.select_for_update().filter(user=user))
        if factor not in {f.pk for f in held}:
            raise Refused("not-found-or-out-of-area")
        if needed and len(held) == 1:
            raise Refused("factor-last")
        Factor.objects.filter(pk=factor).delete()
        if len(held) == 1:
            RecoveryCode.objects.filter(user=user).delete()
        audit.write(Scope(user, None, "sign-in"), "factor.dropped", [])


@transaction.atomic
def clear(scope: Scope, user: Any) -> None:
    """All factors of a user who lost them, by an accounts administrator; his sessions end. The caller has looked at the right to do it."""
    Factor.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    audit.write(scope, "factor.cleared", [], user=user.pk)


def new_codes(user: Any) -> list[str]:
    """Ten recovery codes, told this once; those from before are void. Sixteen letters and digits each, 80 bits."""
    made = ["-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4)) for _ in range(CODES)]
    with transaction.atomic():
        RecoveryCode.objects.filter(user=user).delete()
        RecoveryCode.objects.bulk_create([RecoveryCode(user=user, sha256=_plain_digest(code), made_at=clock.now()) for code in made])
        audit.write(Scope(user, None, "sign-in"), "factor.codes", [])
    return made


def codes_left(user: Any) -> int:
    """How many recovery codes were not used."""
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


# Code apps


def begin_totp(request: HttpRequest, issuer: str) -> dict[str, str]:
    """A new secret to be put into a code app: as an address, as a drawing of it and as letters to type. It waits in the session, sealed, until `confirm_totp`."""
    kept = request.session.get(_SECRET)
    secret = unseal(base64.b64decode(kept), PLACE + "new", keys.ring()) if kept else secrets.token_bytes(20)
    if not kept:
        request.session[_SECRET] = base64.b64encode(seal(secret, PLACE + "new", keys.ring().newest("seal"))).decode()
    address = _totp(secret).get_provisioning_uri(request.user.username, issuer)
    drawn = io.BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", scale=4, border=2, xmldecl=False, svgns=True, omitsize=False)
    letters = base64.b32encode(secret).decode().rstrip("=")
    return {"address": address, "drawing": "data:image/svg+xml;base64," + base64.b64encode(drawn.getvalue()).decode(), "letters": " ".join(letters[i : i + 4] for i in range(0, len(letters), 4))}


def confirm_totp(request: HttpRequest, code: str, name: str) -> Factor:
    """The first code of the app proves that it holds the secret. Refused: factor-unfit, factor-wrong, factor-tries."""
    kept = request.session.get(_SECRET)
    if not kept:
        raise Refused("factor-unfit")
    tries.check(request, request.user.pk)
    secret = unseal(base64.b64decode(kept), PLACE + "new", keys.ring())
    step = _step_of(secret, code, 0)
    if step is None:
        tries.wrong(request, request.user.pk)
        raise Refused("factor-wrong")
    made = _add(request.user, Factor(kind="totp", name=name, secret=b"", last_step=step))
    made.secret = seal(secret, f"{PLACE}{made.pk}", keys.ring().newest("seal"))
    made.save(update_fields=["secret"])
    del request.session[_SECRET]
    return made


def check_code(request: HttpRequest, code: str) -> None:
    """Six digits of a code app, or a recovery code; the session is whole afterwards. Each opens once. Refused: factor-wrong, factor-tries."""
    user, plain = request.user, "".join(c for c in code.upper() if c.isalnum())
    tries.check(request, user.pk)
    if not (_by_app(user, plain) if len(plain) == DIGITS and plain.isdigit() else _by_paper(user, plain)):
        tries.wrong(request, user.pk)
        raise Refused("factor-wrong")
    audit.write(Scope(user, None, "sign-in"), "factor.used", [])
    passed(request)


def _by_app(user: Any, code: str) -> bool:
    with transaction.atomic():
        for factor in Factor.objects.select_for_update().filter(user=user, kind="totp"):
            step = _step_of(unseal(factor.secret, f"{PLACE}{factor.pk}", keys.ring()), code, factor.last_step)
            if step is not None:
                Factor.objects.filter(pk=factor.pk).update(last_step=step, used_at=clock.now())
                return True
    return False


def _by_paper(user: Any, code: str) -> bool:
    return bool(RecoveryCode.objects.filter(user=user, sha256=_plain_digest(code), used_at=None).update(used_at=clock.now()))


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP, enforce_key_length=False)  # noqa: S303 - what every code app computes (RFC 6238)


def _step_of(secret: bytes, code: str, last: int) -> int | None:
    """The half-minute that a code is of, later than the last one that opened; None where it is of none."""
    digits, totp = "".join(c for c in code if c.isdigit()), _totp(secret)
    now = int(clock.now().timestamp()) // STEP
    good = [step for step in range(now - DRIFT, now + DRIFT + 1) if hmac.compare_digest(totp.generate(step * STEP), digits.encode())]
    return next((step for step in good if step > last), None)


def _plain_digest(code: str) -> str:
    return hashlib.sha256("".join(c for c in code.upper() if c.isalnum()).encode()).hexdigest()


# Passkeys


def by_name(request: HttpRequest) -> bool:
    """Whether this server was opened by a name: passkeys belong to a name, and a bare address has none."""
    host = _host(request)
    return host == "localhost" or not (host.replace(".", "").isdigit() or ":" in host)


def begin_register(request: HttpRequest) -> dict[str, Any]:
    """What the browser needs to make a passkey for this user; the challenge waits in the session."""
    user = request.user
    entity = PublicKeyCredentialUserEntity(id=_handle(user), name=user.username, display_name=user.name)
    known = [AttestedCredentialData(bytes(f.public_key)) for f in of(user) if f.kind == "passkey"]
    options, state = _server(request).register_begin(entity, known, resident_key_requirement=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED)
    request.session[_STATE] = state
    return dict(options)


def register(request: HttpRequest, told: Mapping[str, Any], name: str) -> Factor:
    """Takes the new passkey. Refused: factor-unfit, factor-known."""
    state = request.session.pop(_STATE, None)
    try:
        made: AuthenticatorData = _server(request).register_complete(state, told)
    except Exception as why:
        raise Refused("factor-unfit") from why
    found = made.credential_data
    if found is None:
        raise Refused("factor-unfit")
    if Factor.objects.filter(credential=found.credential_id).exists():
        raise Refused("factor-known")
    return _add(request.user, Factor(kind="passkey", name=name, credential=found.credential_id, public_key=bytes(found), count=made.counter))


def begin_use(request: HttpRequest, user: Any = None) -> dict[str, Any]:
    """What the browser needs to use a passkey: one of this user's, or, for nobody yet, any that it keeps for this server."""
    known = [AttestedCredentialData(bytes(f.public_key)) for f in of(user) if f.kind == "passkey"] if user is not None else None
    options, state = _server(request).authenticate_begin(known, user_verification=UserVerificationRequirement.PREFERRED if user is not None else UserVerificationRequirement.REQUIRED)
    request.session[_STATE] = state
    return dict(options)


def use(request: HttpRequest, told: Mapping[str, Any], user: Any = None) -> Any:
    """The user whose passkey answered. Without a user in the session the passkey must have asked for a fingerprint or a PIN: it is both factors then.

    Refused: factor-wrong, factor-tries.
    """
    tries.check(request, user.pk if user is not None else None)
    state = request.session.pop(_STATE, None)
    try:
        raw = _decode(str(told.get("rawId") or told.get("id")))
        with transaction.atomic():
            factor = Factor.objects.select_for_update(of=("self",)).select_related("user").get(kind="passkey", credential=raw, **({"user": user} if user is not None else {"user__is_active": True}))
            _server(request).authenticate_complete(state, [AttestedCredentialData(bytes(factor.public_key))], told)
            seen = AuthenticatorData(_decode(told["response"]["authenticatorData"]))
            if seen.counter and seen.counter <= factor.count:
                raise ValueError("a copy")
            if user is None and not seen.is_user_verified():
                raise ValueError("nobody was verified")
            Factor.objects.filter(pk=factor.pk).update(count=seen.counter, used_at=clock.now())
    except Exception as why:
        tries.wrong(request, user.pk if user is not None else None)
        raise Refused("factor-wrong") from why
    audit.write(Scope(factor.user, None, "sign-in"), "factor.used", [])
    return factor.user


def _add(user: Any, factor: Factor) -> Factor:
    if Factor.objects.filter(user=user).count() >= MOST:
        raise Refused("factor-unfit")
    factor.user, factor.made_at, factor.name = user, clock.now(), " ".join(factor.name.split())[:40]
    factor.save()
    audit.write(Scope(user, None, "sign-in"), "factor.added", [], what=factor.kind)
    return factor


def _server(request: HttpRequest) -> Fido2Server:
    """WebAuthn for the name under which this server was opened; a page of any other origin does not count."""
    host = request.get_host()

    def verify(origin: str) -> bool:
        told = urlsplit(origin)
        return told.netloc == host and (told.scheme == "https" or (told.scheme == "http" and told.hostname == "localhost"))

    return Fido2Server(PublicKeyCredentialRpEntity(id=_host(request), name="Sizao 四早"), verify_origin=verify)


def _host(request: HttpRequest) -> str:
    return urlsplit(f"//{request.get_host()}").hostname or ""


def _handle(user: Any) -> bytes:
    """Under what number authenticators keep this user: no name, and the same each time."""
    return hashlib.sha256(f"sizao user {user.pk}".encode()).digest()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
