"""A certificate that somebody shows: whichever kind it is, its verdicts in words. Nothing of it is stored; that one was looked at, and the reason, is on record."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sizao.kernel import audit, clock
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope

from . import dcc, shc
from .trust import Trust, standing

MOST_TEXT = 256 << 10


def check(scope: Scope, codes: Sequence[str], *, trust: Trust | None = None, at: datetime | None = None) -> list[dict[str, Any]]:
    """Verdicts of what was scanned: HC1:… is an EU certificate, everything else a health card (codes of one card together). Each: kind of certificate, valid, reason with its words,
    issuer; and where the signature is good what it states, for who shows it to compare. `trust`: default the lists that stand. Refused: not-allowed, trust-unreadable, bad-value."""
    scope.check("movement.write")
    if not codes or sum(map(len, codes)) > MOST_TEXT:
        raise Refused("bad-value", field={"zh": "证书", "en": "certificate"}, value="", expected="HC1:… · shc:/…")
    trusted, moment = trust or standing(), at or clock.now()
    told = [c for c in codes if c.strip().upper().startswith("HC")]
    others = [c for c in codes if c not in told]
    found = [_told("eu-dcc", v.reason, v.issuer, v.said, {"statement": v.kind, "expires_at": v.expires_at.isoformat() if v.expires_at else None}) for v in (dcc.verify(c, trusted, at=moment) for c in told)]
    found += [_told("smart-health-card", v.reason, v.issuer, v.said, {}) for v in (shc.verify(others, trusted, at=moment) if others else ())]
    for one in found:
        audit.write(scope, "certificates.checked", [], reason=one["reason"])
    return found


def _told(kind: str, reason: str, issuer: str, said: Any, more: dict[str, Any]) -> dict[str, Any]:
    words = None if reason == "valid" else Refused(reason)
    problem = {"zh": words.text("zh"), "en": words.text("en"), "cure": {"zh": words.cure("zh"), "en": words.cure("en")}} if words else {}
    return {"kind": kind, "valid": words is None, "reason": reason, "issuer": issuer, "states": said if words is None else None} | more | problem
