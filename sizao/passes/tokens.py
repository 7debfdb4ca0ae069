"""The token in the code on a pass: a CWT (RFC 8392) signed with COSE_Sign1 and ES256, in base45 (RFC 9285), so that a verifier needs no server.

    SZ1:<base45 of the CWT>

It says who signed, from when until when it holds, whether an order is in force and until when, and just enough to compare it with an identity
document: a masked name and the last four characters of the number. No disease, no address, no identifier.
"""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cwt import COSE, COSEKey, CWTClaims, VerifyError
from cwt.exceptions import CWTError

PREFIX = "SZ1:"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUE = {c: n for n, c in enumerate(ALPHABET)}
#: The claim that holds ours: {1: an order is in force, 2: until (seconds), 3: kinds, 4: name as shown, 5: last of the number}.
OURS = -70001
#: The order of P-256, for a private key from 32 random bytes.
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
#: Clocks differ.
SKEW = timedelta(minutes=5)

#: What reading bytes that are no token may raise.
DAMAGED = (ValueError, cbor2.CBORDecodeError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError, MemoryError, OSError)

Reason = Literal["valid", "no_pass", "truncated", "unknown_key", "forged", "not_yet", "expired", "revoked", "replayed"]


@dataclass(frozen=True, slots=True)
class Said:
    """What a token says. Instants are aware."""

    token: str
    issuer: str
    made_at: datetime
    expires_at: datetime
    order: bool
    until: datetime | None
    kinds: tuple[str, ...]
    name: str
    last: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verifier answers. `said` is there where the signature is good; it counts only where the reason is valid (or replayed: compare the document)."""

    reason: Reason
    said: Said | None = None


class Keys:
    """The public keys that a verifier trusts, by key id (8 bytes in hex)."""

    def __init__(self, public: Mapping[str, ec.EllipticCurvePublicKey]) -> None:
        self.by_id = {kid: _key(key, kid) for kid, key in public.items()}


def private_key(secret: bytes) -> ec.EllipticCurvePrivateKey:
    """The signing key that a key of the ring stands for."""
    return ec.derive_private_key(1 + int.from_bytes(secret, "big") % (_N - 1), ec.SECP256R1())


def sign(said: Said, secret: bytes, kid: str) -> str:
    """The text of the code."""
    ours: dict[int, Any] = {1: 1 if said.order else 0, 3: list(said.kinds), 4: said.name, 5: said.last}
    if said.until is not None:
        ours[2] = int(said.until.timestamp())
    claims = {1: said.issuer, 4: int(said.expires_at.timestamp()), 6: int(said.made_at.timestamp()), 7: bytes.fromhex(said.token), OURS: ours}
    token = COSE.new().encode_and_sign(cbor2.dumps(claims), _signing(secret, kid), protected={"alg": "ES256", "kid": bytes.fromhex(kid)})
    return PREFIX + base45(token)


def verify(text: str, keys: Keys, *, at: datetime, revoked: Iterable[str] = frozenset(), seen: Mapping[str, datetime] | None = None, again: timedelta = timedelta(minutes=10)) -> Verdict:
    """Whether a pass is good at a moment, and if not, why: exactly one reason.

    `revoked`: ids that are no longer so. `seen`: when this verifier saw which id last; the same one within `again` may be a picture of somebody else's.
    """
    text = text.strip()
    if not text.startswith(PREFIX):
        return Verdict("no_pass")
    try:
        token = unbase45(text[len(PREFIX) :])
        kid = _kid(token)
    except DAMAGED:
        return Verdict("truncated")
    key = keys.by_id.get(kid)
    if key is None:
        return Verdict("unknown_key")
    try:
        said = _read(cbor2.loads(_cose.decode(token, key)))
    except (VerifyError, CWTError):
        return Verdict("forged")
    except DAMAGED:
        return Verdict("truncated")
    if at < said.made_at - SKEW:
        return Verdict("not_yet", said)
    if at >= said.expires_at:
        return Verdict("expired", said)
    if said.token in revoked:
        return Verdict("revoked", said)
    if seen is not None and said.token in seen and at - seen[said.token] < again:
        return Verdict("replayed", said)
    return Verdict("valid", said)


_cose = COSE.new()


def _kid(token: bytes) -> str:
    """The key id in the protected header; the signature is asked afterwards. ValueError when it is no COSE_Sign1."""
    whole = cbor2.loads(token)
    if isinstance(whole, cbor2.CBORTag) and whole.tag == 61:
        whole = whole.value
    if not isinstance(whole, cbor2.CBORTag) or whole.tag != 18 or not isinstance(whole.value, list) or len(whole.value) != 4:
        raise ValueError("no COSE_Sign1")
    kid = cbor2.loads(whole.value[0])[4]
    if not isinstance(kid, bytes) or len(whole.value[3]) != 64:
        raise ValueError("no key id")
    return kid.hex()


def _read(claims: Any) -> Said:
    ours = claims[OURS]
    moment = lambda seconds: datetime.fromtimestamp(int(seconds), UTC)  # noqa: E731
    return Said(
        claims[CWTClaims.CTI].hex(), str(claims[CWTClaims.ISS]), moment(claims[CWTClaims.IAT]), moment(claims[CWTClaims.EXP]), bool(ours[1]), moment(ours[2]) if 2 in ours else None,
        tuple(map(str, ours[3])), str(ours[4]), str(ours[5]),
    )  # fmt: skip


@lru_cache(maxsize=8)
def _signing(secret: bytes, kid: str) -> Any:
    key = private_key(secret)
    return _key(key.public_key(), kid, key.private_numbers().private_value)


def _key(key: ec.EllipticCurvePublicKey, kid: str, private: int | None = None) -> Any:
    """A key as COSE writes it (RFC 9053 §7.1.1): EC2, P-256, ES256."""
    numbers = key.public_numbers()
    told: dict[int, Any] = {1: 2, 2: bytes.fromhex(kid), 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
    return COSEKey.new(told if private is None else told | {-4: private.to_bytes(32, "big")})


def base45(data: bytes) -> str:
    """RFC 9285: two bytes are three characters, least significant first; a last single byte is two.

    >>> base45(b"Hello!!"), base45(b"ietf!")
    ('%69 VD92EX0', 'QED8WEX0')
    """
    out = []
    for n in range(0, len(data) - 1, 2):
        rest, low = divmod(data[n] << 8 | data[n + 1], 45)
        high, middle = divmod(rest, 45)
        out.append(ALPHABET[low] + ALPHABET[middle] + ALPHABET[high])
    if len(data) % 2:
        out.append(ALPHABET[data[-1] % 45] + ALPHABET[data[-1] // 45])
    return "".join(out)


def unbase45(text: str) -> bytes:
    """What `base45` wrote. ValueError for any other text.

    >>> unbase45("QED8WEX0")
    b'ietf!'
    """
    try:
        values = [_VALUE[c] for c in text]
    except KeyError:
        raise ValueError("no base45") from None
    whole, rest = divmod(len(values), 3)
    if rest == 1:
        raise ValueError("cut short")
    try:
        pairs = [values[n] + 45 * values[n + 1] + 2025 * values[n + 2] for n in range(0, 3 * whole, 3)]
        data = struct.pack(f">{whole}H", *pairs)
        return data + bytes([values[-2] + 45 * values[-1]]) if rest else data
    except (struct.error, ValueError):
        raise ValueError("no base45") from None
