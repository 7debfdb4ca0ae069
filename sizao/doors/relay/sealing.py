"""Letters between the two processes. X25519 for one letter, HKDF-SHA256 for the two directions (RFC 7748, RFC 5869), AES-256-GCM for the text.

The outside knows the inside's public key only. Each letter has a key pair of its own, which is forgotten with the answer.
"""

import json
import secrets
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sizao.kernel.errors import Refused

NONCE = 12


def public_of(secret: bytes) -> bytes:
    """The public half of the inside's key."""
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def write(letter: dict[str, Any], body: bytes, public: bytes) -> tuple[bytes, bytes]:
    """A letter for the owner of `public` → (what is laid down, the key that opens the answer)."""
    own = X25519PrivateKey.generate()
    there, back = _keys(own.exchange(X25519PublicKey.from_public_bytes(public)))
    return own.public_key().public_bytes_raw() + _shut(there, _joined(letter, body)), back


def read(sealed: bytes, secret: bytes) -> tuple[dict[str, Any], bytes, bytes]:
    """(letter, body, key for the answer). Refused sealed-unreadable."""
    try:
        there, back = _keys(X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(sealed[:32])))
    except ValueError:
        raise Refused("sealed-unreadable") from None
    return (*_parted(_open(there, sealed[32:])), back)


def answer(key: bytes, head: dict[str, Any], body: bytes) -> bytes:
    return _shut(key, _joined(head, body))


def opened(key: bytes, sealed: bytes) -> tuple[dict[str, Any], bytes]:
    """An answer. Refused sealed-unreadable with another key than the asker's."""
    return _parted(_open(key, sealed))


def _keys(shared: bytes) -> tuple[bytes, bytes]:
    both = HKDF(SHA256(), 64, None, b"sizao relay 1").derive(shared)
    return both[:32], both[32:]


def _shut(key: bytes, text: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, text, None)


def _open(key: bytes, sealed: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], None)
    except (InvalidTag, ValueError):
        raise Refused("sealed-unreadable") from None


def _joined(head: dict[str, Any], body: bytes) -> bytes:
    told = json.dumps(head, ensure_ascii=False).encode()
    return len(told).to_bytes(4, "big") + told + body


def _parted(text: bytes) -> tuple[dict[str, Any], bytes]:
    size = int.from_bytes(text[:4], "big")
    return json.loads(text[4 : 4 + size]), text[4 + size :]
