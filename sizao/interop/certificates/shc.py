"""SMART Health Cards: a JWS (ES256) over deflated JSON, from codes of digits (shc:/…, in one piece or several), a file, or a FHIR Parameters; one reason where it is not good."""

import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from .trust import Trust, unbase64url

#: So many characters of a JWS a single code holds; so many a piece of several; and so many bytes what is deflated may be.
MOST_SINGLE, MOST_PIECE, MOST_BYTES = 1195, 1191, 256 << 10
_CODE = re.compile(r"shc:/(?:(\d{1,3})/(\d{1,3})/)?(\d*)")
_FHIR = re.compile(r"4\.\d+\.\d+")
TYPE = "https://smarthealth.cards#health-card"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason`: valid, or why not (a code of content/errors/certificates.yaml). `said`: the credential, only where its signature is good."""

    reason: str
    issuer: str = ""
    said: Any = None


def verify(texts: str | Sequence[str], trust: Trust, *, at: datetime) -> list[Verdict]:
    """A verdict for each card that is told: in codes (their pieces in any order), in a file or Parameters, or as bare JWS. At least one verdict."""
    pieces = [p.strip() for p in ([texts] if isinstance(texts, str) else texts)]
    if pieces and all(p.startswith("shc:/") for p in pieces):
        jws, wrong = _joined(pieces)
        return [Verdict(wrong) if wrong else card(jws, trust, at=at)]
    return [v for piece in pieces for v in ([card(c, trust, at=at) for c in _listed(piece)] or [Verdict("card-unreadable")])] or [Verdict("card-unreadable")]


def _joined(pieces: Sequence[str]) -> tuple[str, str]:
    """The JWS of one or several codes; else "" and the reason."""
    found: dict[int, str] = {}
    total = 1
    for piece in pieces:
        match = _CODE.fullmatch(piece)
        digits = match[3] if match else ""
        pairs = [int(digits[n : n + 2]) for n in range(0, len(digits) - 1, 2)]
        if match is None or len(digits) % 2 or not pairs or max(pairs) > 77:  # "-" is 00, "z" is 77
            return "", "card-code-digits"
        if match[2] is not None and not 1 <= int(match[1]) <= int(match[2]):
            return "", "card-code-index"
        if len(pairs) > (MOST_PIECE if match[2] else MOST_SINGLE):
            return "", "card-code-too-big"
        total = int(match[2] or 1)
        found[int(match[1] or 1)] = "".join(chr(p + 45) for p in pairs)
    if set(found) != set(range(1, total + 1)):
        return "", "card-code-pieces"
    return "".join(found[n] for n in sorted(found)), ""


def _listed(text: str) -> list[str]:
    """The cards of a file ({"verifiableCredential": […]}), of FHIR Parameters, or the text itself."""
    if not text.startswith("{"):
        return [text]
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return []
    listed = told.get("verifiableCredential")
    if listed is None and told.get("resourceType") == "Parameters" and isinstance(told.get("parameter"), list):
        listed = [p.get("valueString") for p in told["parameter"] if isinstance(p, dict) and p.get("name") == "verifiableCredential"]
    return [c for c in listed if isinstance(c, str)] if isinstance(listed, list) else []


def card(jws: str, trust: Trust, *, at: datetime) -> Verdict:
    """Whether one card is good: three parts, header (ES256, DEF, key id), issuer and key known, signature, deflate, period, type; the first that fails is the reason."""
    try:
        head64, body64, signed64 = jws.split(".")
        head, packed, signature = json.loads(unbase64url(head64)), unbase64url(body64), unbase64url(signed64)
    except (ValueError, RecursionError):
        return Verdict("card-unreadable")
    if not isinstance(head, dict) or head.get("alg") != "ES256" or not isinstance(head.get("kid"), str):
        return Verdict("card-header")
    said = _unpacked(packed) if head.get("zip") == "DEF" else "card-not-compressed"
    if isinstance(said, str):
        return Verdict(said)
    issuer = said.get("iss")
    if not isinstance(issuer, str) or not issuer.startswith("https://") or issuer.endswith("/"):
        return Verdict("card-issuer")
    known = trust.issuers.get(issuer)
    if known is None:
        return Verdict("card-unknown-issuer", issuer[:200])
    key = known.get(head["kid"])
    if key is None:
        return Verdict("certificate-unknown-key", issuer)
    if not _signed(key, f"{head64}.{body64}".encode(), signature):
        return Verdict("certificate-forged", issuer)
    return Verdict(content(said, at=at), issuer, said)


def content(said: dict[str, Any], *, at: datetime) -> str:
    """Whether what a card says is whole and in its time: valid, certificate-not-yet, certificate-expired, certificate-schema."""
    made, ends = said.get("nbf"), said.get("exp")
    if any(isinstance(t, bool) or not isinstance(t, int | float) for t in (made, ends if ends is not None else 0)):
        return "certificate-schema"
    if at.timestamp() < float(made or 0):
        return "certificate-not-yet"
    if ends is not None and at.timestamp() >= ends:
        return "certificate-expired"
    vc = said.get("vc")
    told = vc.get("credentialSubject") if isinstance(vc, dict) else None
    if not isinstance(vc, dict) or not isinstance(told, dict) or not isinstance(vc.get("type"), list) or TYPE not in vc["type"] or not _FHIR.fullmatch(str(told.get("fhirVersion"))):
        return "certificate-schema"
    bundle = told.get("fhirBundle")
    good = isinstance(bundle, dict) and bundle.get("resourceType") == "Bundle" and isinstance(bundle.get("entry"), list) and bundle["entry"]
    return "valid" if good else "certificate-schema"


def _unpacked(packed: bytes) -> dict[str, Any] | str:
    """The JSON that was deflated (raw, RFC 1951); else the reason."""
    unpack = zlib.decompressobj(-15)
    try:
        data = unpack.decompress(packed, MOST_BYTES)
    except zlib.error:
        return "card-not-compressed"
    if unpack.unconsumed_tail or not unpack.eof:
        return "certificate-too-long" if unpack.unconsumed_tail else "card-not-compressed"
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return "card-unreadable"
    return told if isinstance(told, dict) else "card-unreadable"


def _signed(key: ec.EllipticCurvePublicKey, told: bytes, signature: bytes) -> bool:
    if len(signature) != 64:  # JWS has the two numbers side by side, and no DER
        return False
    try:
        key.verify(encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")), told, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
