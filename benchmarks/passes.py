"""Passes verified by one core, as a gate's program would: base45, COSE_Sign1 with ES256, claims, expiry, the list of what is no longer so.

Every hundredth is bad (forged, expired, cut short, revoked in turn), and must be found with its reason. `cwt` alone, on the bare token, stands beside.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import cwt

from benchmarks.measure import measured
from sizao.passes import tokens

NOW = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
SECRET, KID = bytes(range(32)), "0011223344556677"
BAD = ("forged", "expired", "truncated", "revoked")


def run(size: int | None = None) -> dict[str, Any]:
    """`verified_per_second` and `cwt_per_second` are per second of processor time; `equal`: each token got the reason it was made for."""
    count = int(size or 20_000)
    keys = tokens.Keys({KID: tokens.private_key(SECRET).public_key()})
    texts = [_made(n) for n in range(count)]
    revoked = frozenset(f"{n:016x}" for n in range(count) if _wanted(n) == "revoked") | {f"{n:016x}" for n in range(1 << 40, (1 << 40) + 100_000)}
    with measured() as figures:
        began = time.process_time()
        found = [tokens.verify(text, keys, at=NOW, revoked=revoked).reason for text in texts]
        figures["verified_per_second"] = round(count / (time.process_time() - began))
    bare, key = [tokens.unbase45(t[4:]) for t, n in zip(texts, range(count), strict=True) if _wanted(n) == "valid"][:5000], keys.by_id[KID]
    began = time.process_time()
    for token in bare:
        cwt.COSE.new().decode(token, key)
    figures["cwt_per_second"] = round(len(bare) / (time.process_time() - began))
    figures["equal"] = found == [_wanted(n) for n in range(count)]
    figures["characters"] = len(texts[1])
    return figures


def _wanted(n: int) -> str:
    return BAD[n // 100 % 4] if n % 100 == 0 else "valid"


def _made(n: int) -> str:
    wanted = _wanted(n)
    said = tokens.Said(f"{n:016x}", "sizao", NOW - timedelta(hours=1), NOW + timedelta(hours=-1 if wanted == "expired" else 5), n % 7 == 0, NOW + timedelta(days=3) if n % 7 == 0 else None, ("home",) if n % 7 == 0 else (), "张*", "002X")
    text = tokens.sign(said, bytes(32) if wanted == "forged" else SECRET, KID)
    return text[:-40] if wanted == "truncated" else text
