"""Whom we trust: lists of keys that somebody gave us. Nothing is fetched: a list is a file, and who puts it there answers for it.

For EU certificates a JSON object `{"certificates": ["<base64 of DER>", …]}` (document signers, as a gateway's list tells them), for health cards
`{"issuers": [{"iss": "https://…", "keys": [JWK, …]}]}`. Both may stand in one file; files lie in a folder.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from sizao.kernel.content_dir import folders
from sizao.kernel.errors import Refused

#: What the key of a certificate may sign, by the extended key usage of the EU's schemes; a certificate without any may sign all three.
USAGES = {
    "1.3.6.1.4.1.1847.2021.1.1": "t", "1.3.6.1.4.1.1847.2021.1.2": "v", "1.3.6.1.4.1.1847.2021.1.3": "r",
    "1.3.6.1.4.1.0.1847.2021.1.1": "t", "1.3.6.1.4.1.0.1847.2021.1.2": "v", "1.3.6.1.4.1.0.1847.2021.1.3": "r",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signer:
    """A document signer: its certificate, and which statements (t, v, r) its key may sign."""

    certificate: x509.Certificate
    may: frozenset[str]

    @property
    def key(self) -> Any:
        return self.certificate.public_key()


@dataclass(slots=True)
class Trust:
    """What a verifier trusts: signers by key id (the first eight bytes of the certificate's SHA-256), issuers of health cards with their keys by id."""

    signers: dict[bytes, Signer] = field(default_factory=dict)
    issuers: dict[str, dict[str, ec.EllipticCurvePublicKey]] = field(default_factory=dict)

    def add_certificate(self, der: bytes) -> None:
        """Raises ValueError for what is no certificate with an elliptic or an RSA key."""
        held = x509.load_der_x509_certificate(der)
        if not isinstance(held.public_key(), ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
            raise ValueError("key")
        self.signers[hashlib.sha256(held.public_bytes(Encoding.DER)).digest()[:8]] = Signer(held, _may(held))

    def add_issuer(self, iss: str, keys: Iterable[dict[str, Any]]) -> None:
        """A key is taken where it is what the framework asks for: P-256, for signatures, with the digest of itself (RFC 7638) as its id."""
        for key in keys:
            if (key.get("kty"), key.get("crv"), key.get("use"), key.get("alg")) == ("EC", "P-256", "sig", "ES256") and key.get("kid") == thumbprint(key):
                numbers = ec.EllipticCurvePublicNumbers(_number(key["x"]), _number(key["y"]), ec.SECP256R1())
                self.issuers.setdefault(iss, {})[key["kid"]] = numbers.public_key()


def load(places: Sequence[Path]) -> Trust:
    """All lists in these files and folders. Refused trust-unreadable."""
    made = Trust()
    for path in (p for place in places for p in (sorted(place.glob("*.json")) if place.is_dir() else [place])):
        try:
            told = json.loads(path.read_bytes())
            for text in told.get("certificates", ()):
                made.add_certificate(base64.b64decode(text))
            for one in told.get("issuers", ()):
                made.add_issuer(one["iss"], one["keys"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Refused("trust-unreadable", file=path.name) from None
    return made


def thumbprint(key: dict[str, Any]) -> str:
    """RFC 7638: the digest of the key's own members, in base64url."""
    own = json.dumps({k: key.get(k) for k in ("crv", "kty", "x", "y")}, separators=(",", ":"), sort_keys=True)
    return base64.urlsafe_b64encode(hashlib.sha256(own.encode()).digest()).rstrip(b"=").decode()


def unbase64url(text: str) -> bytes:
    """base64url without filling, and nothing else. ValueError."""
    try:
        data = text.encode("ascii")
        if set(data) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"):
            raise ValueError("alphabet")
        return base64.urlsafe_b64decode(data + b"=" * (-len(data) % 4))
    except (binascii.Error, UnicodeEncodeError) as wrong:
        raise ValueError("base64url") from wrong


def _number(text: str) -> int:
    return int.from_bytes(unbase64url(text), "big")


def _may(held: x509.Certificate) -> frozenset[str]:
    try:
        told = held.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return frozenset("tvr")
    own = frozenset(USAGES[u.dotted_string] for u in told if u.dotted_string in USAGES)
    return own or frozenset("tvr")


def standing() -> Trust:
    """The lists in the folder `trust` of the jurisdiction's own content; read again when one of them changed. Refused trust-unreadable."""
    found = tuple(p for place in folders() if (place / "trust").is_dir() for p in sorted((place / "trust").glob("*.json")))
    return _standing(tuple((str(p), p.stat().st_mtime_ns) for p in found))


@lru_cache(maxsize=4)
def _standing(files: tuple[tuple[str, int], ...]) -> Trust:
    return load([Path(name) for name, _ in files])
