"""EU Digital COVID Certificates: HC1: + base45 + zlib + COSE_Sign1 over a CWT, checked step by step with exactly one reason where it is not good."""

import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from sizao.passes.tokens import DAMAGED, unbase45

from .trust import Signer, Trust

PREFIX = "HC1:"
#: What a certificate may unpack to, and what a code may hold.
MOST_TEXT, MOST_BYTES = 8_000, 64 << 10
HCERT = -260
ES256, PS256 = -7, -37
#: What each kind of statement must tell, beside who and since which schema.
MUST = {
    "v": ("tg", "vp", "mp", "ma", "dn", "sd", "dt", "co", "is", "ci"), "t": ("tg", "tt", "sc", "tr", "co", "is", "ci"), "r": ("tg", "fr", "co", "is", "df", "du", "ci"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason`: valid, or why not (a code of content/errors/certificates.yaml). `kind`: v, t, r, or several of them. `said`: the statement, only where its signature is good."""

    reason: str
    kind: str = ""
    said: Any = None
    issuer: str = ""
    expires_at: datetime | None = None
    issued_at: datetime | None = None


def verify(text: str, trust: Trust, *, at: datetime) -> Verdict:
    """Whether a certificate is good at a moment: prefix, base45, zlib, COSE, key, signature, period, schema, what the key may sign; the first that fails is the reason."""
    text = text.strip()
    if not text.startswith(PREFIX):
        return Verdict("certificate-no-prefix")
    if len(text) > MOST_TEXT:
        return Verdict("certificate-too-long")
    try:
        packed = unbase45(text[len(PREFIX) :])
    except ValueError:
        return Verdict("certificate-base45")
    try:
        unpacked = zlib.decompressobj()
        token = unpacked.decompress(packed, MOST_BYTES)
    except zlib.error:
        return Verdict("certificate-not-compressed")
    if unpacked.unconsumed_tail or not unpacked.eof:
        return Verdict("certificate-too-long" if unpacked.unconsumed_tail else "certificate-not-compressed")
    return check(token, trust, at=at)


def check(token: bytes, trust: Trust, *, at: datetime) -> Verdict:
    """The same from the signed bytes on (COSE_Sign1, with or without the tag of a CWT)."""
    try:
        protected, own, loose, payload, signature = _parts(token)
    except DAMAGED:
        return Verdict("certificate-not-cose")
    kid = own.get(4) if own.get(4) is not None else loose.get(4)  # what is signed counts before what is not
    signer = trust.signers.get(kid) if isinstance(kid, bytes) else None
    if signer is None:
        return Verdict("certificate-unknown-key")
    if not _signed(own.get(1, loose.get(1)), signer, cbor2.dumps(["Signature1", protected, b"", payload]), signature):
        return Verdict("certificate-forged")
    try:
        claims = cbor2.loads(payload)
        said, issuer = claims[HCERT][1], str(claims.get(1, ""))
        ends, made = _moment(claims[4]), _moment(claims.get(6, 0))
        kinds = [k for k in MUST if said.get(k)]
    except DAMAGED:
        return Verdict("certificate-not-cwt")
    kind = "".join(k for k in kinds if k in signer.may)  # of a statement of several kinds only what this key may sign is said
    if at > ends or at > signer.certificate.not_valid_after_utc:
        reason = "certificate-expired"
    elif at < made:
        reason = "certificate-not-yet"
    elif kinds and not kind:
        reason = "certificate-key-usage"
    else:
        reason = "valid" if well_formed(said, made) else "certificate-schema"
    return Verdict(reason, kind, said, issuer, ends, made)


def _parts(token: bytes) -> tuple[bytes, dict[Any, Any], dict[Any, Any], bytes, bytes]:
    whole = cbor2.loads(token)
    while isinstance(whole, cbor2.CBORTag) and whole.tag in (61, 18):
        whole = whole.value
    protected, loose, payload, signature = whole
    own = cbor2.loads(protected) if protected else {}
    if not all(isinstance(b, bytes) for b in (protected, payload, signature)) or not isinstance(own, dict) or not isinstance(loose, dict):
        raise ValueError("no COSE_Sign1")
    return protected, own, loose, payload, signature


def _signed(algorithm: Any, signer: Signer, told: bytes, signature: bytes) -> bool:
    key = signer.key
    try:
        if algorithm == ES256 and isinstance(key, ec.EllipticCurvePublicKey) and len(signature) == 2 * (half := (key.key_size + 7) // 8):  # ES256 names the digest, not the curve
            r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
            key.verify(encode_dss_signature(r, s), told, ec.ECDSA(hashes.SHA256()))
            return True
        if algorithm == PS256 and not isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, told, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
            return True
    except InvalidSignature:
        pass
    return False


def _moment(seconds: Any) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def well_formed(said: Any, made: datetime) -> bool:
    """Whether a statement has what the schema of its version asks for: a name in the letters of travel documents, a birth date of this or the last century that is not
    after the statement, at least one of the three kinds (from 1.2 on one entry, from 1.3 on one kind), and of each entry what it must tell."""
    if not isinstance(said, dict) or not all(isinstance(said.get(k), str) for k in ("ver", "dob")) or not isinstance(said.get("nam"), dict):
        return False
    version, name = _VERSION.fullmatch(said["ver"]), said["nam"].get("fnt")
    if version is None or not isinstance(name, str) or not _TRAVEL.fullmatch(name) or not _BORN.fullmatch(said["dob"]) or said["dob"] > f"{made:%Y-%m-%d}":
        return False
    if said["nam"].get("gn") and not _TRAVEL.fullmatch(str(said["nam"].get("gnt"))):  # a given name has its letters too
        return False
    since, kinds = (int(version[1]), int(version[2])), [k for k in MUST if said.get(k) is not None]
    entries = [e for k in kinds for e in (said[k] if isinstance(said[k], list) else [None])]
    if not entries or (since >= (1, 2) and len(entries) > 1) or (since >= (1, 3) and len(kinds) > 1):
        return False
    return all(isinstance(e, dict) and e.get("tg") and all(e.get(n) is not None for n in MUST[k]) for k in kinds for e in (said[k] if isinstance(said[k], list) else [None]))


_VERSION = re.compile(r"(\d{1,2})\.(\d{1,2})\.\d{1,2}")
_TRAVEL = re.compile(r"[A-Z<]{1,80}")
_BORN = re.compile(r"(19|20)\d\d(-\d\d){0,2}")
