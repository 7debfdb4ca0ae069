"""What goes between two installations: JSON signed with COSE_Sign1 and Ed25519 (RFC 9052, RFC 9053), by `cwt` and `cryptography`.

The message itself is signed, not the request that carries it: it is signed once, kept, sent again for days, and shown to whoever asks what was said.
"""

import hashlib
import json
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cwt import COSE, COSEKey, VerifyError
from cwt.exceptions import CWTError

from sizao.kernel import keys
from sizao.kernel.errors import Refused

KIND = "peer"
TYPE = "application/cose; cose-type=cose-sign1"
#: Bytes of a message.
LONGEST = 64_000
DAMAGED = (ValueError, cbor2.CBORDecodeError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError, MemoryError, OSError)
_cose = COSE.new()


def own_key() -> tuple[str, Ed25519PrivateKey, str]:
    """The key with which this installation signs: its id, itself, and when it was made. Made when it is first asked for. Refused: keys-missing."""
    ring = keys.ring()
    held = ring.all(KIND)
    key = held[0] if held else ring.rotate((KIND,)).newest(KIND)
    private = Ed25519PrivateKey.from_private_bytes(key.secret)
    return key_id(public_bytes(private)), private, key.created


def public_bytes(private: Ed25519PrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def key_id(public: bytes) -> str:
    """The name of a public key: the first eight bytes of its digest, in hex."""
    return hashlib.sha256(b"sizao peer key" + public).hexdigest()[:16]


def sign(said: dict[str, Any]) -> bytes:
    """The message, signed by this installation."""
    kid, private, _ = own_key()
    secret = private.private_bytes_raw()
    payload = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return _cose.encode_and_sign(payload, _key(public_bytes(private), kid, secret), protected={"alg": "EdDSA", "kid": bytes.fromhex(kid)})


def signer(body: bytes) -> str:
    """The id of the key that a message names; whether it was signed with it is asked afterwards. Refused: peer-body-damaged."""
    try:
        whole = cbor2.loads(body)
        if not isinstance(whole, cbor2.CBORTag) or whole.tag != 18 or not isinstance(whole.value, list) or len(whole.value) != 4 or len(whole.value[3]) != 64:
            raise ValueError("no COSE_Sign1")
        kid = cbor2.loads(whole.value[0])[4]
        return str(kid.hex())
    except DAMAGED:
        raise Refused("peer-body-damaged") from None


def opened(body: bytes, public: bytes) -> dict[str, Any]:
    """What a message says. Refused: peer-signature-wrong, peer-body-damaged."""
    try:
        payload = _cose.decode(body, _key(public, key_id(public)))
        said = json.loads(payload)
    except (VerifyError, CWTError):
        raise Refused("peer-signature-wrong") from None
    except DAMAGED:
        raise Refused("peer-body-damaged") from None
    if not isinstance(said, dict):
        raise Refused("peer-body-damaged")
    return said


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def public_key(told: str) -> bytes:
    """A public key as it was told, in hex. Refused: bad-value."""
    try:
        raw = bytes.fromhex(told.strip())
        Ed25519PublicKey.from_public_bytes(raw)
    except ValueError:
        raise Refused("bad-value", field={"zh": "公钥", "en": "public key"}, value=told[:20], expected="64 × 0–9 a–f") from None
    return raw


def _key(public: bytes, kid: str, private: bytes | None = None) -> Any:
    """A key as COSE writes it (RFC 9053 §7.2): OKP, Ed25519, EdDSA."""
    told: dict[int, Any] = {1: 1, 2: bytes.fromhex(kid), 3: -8, -1: 6, -2: public}
    return COSEKey.new(told if private is None else told | {-4: private})
