"""Guessing is counted: wrong codes by network and by the beginning of the code, and fetches of the verifiers' list by network.

A network is kept for an hour as a digest that changes daily; nobody is told from it. A right code from a network that was never wrong always opens.
"""

import hashlib
import ipaddress
from datetime import datetime, timedelta

from django.db import connection

from sizao.kernel import clock
from sizao.kernel.codes import threshold
from sizao.kernel.errors import Refused

KEPT = timedelta(hours=1)


def network(address: str) -> str:
    """The network of an address: 256 addresses of IPv4, a site of IPv6; "" is one network of its own.

    >>> network("203.0.113.77"), network("2001:db8:1:2::5"), network("not an address")
    ('203.0.113.0/24', '2001:db8:1::/48', '')
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False))


def check_code(address: str, code: str) -> None:
    """Before a holder's code is looked up. Refused too-many-tries, whatever the code: that it would have been right is not told."""
    now = clock.now()
    mine, prefix = _keys(address, code, now)
    wrong = _counted([mine, prefix, f"{mine} {prefix}"], now)
    if wrong.get(mine, 0) >= int(threshold("wrong-codes-network", now.date())):
        raise Refused("too-many-tries")
    if wrong.get(f"{mine} {prefix}", 0) and wrong.get(prefix, 0) >= int(threshold("wrong-codes-prefix", now.date())):
        raise Refused("too-many-tries")


def was_wrong(address: str, code: str) -> None:
    """A code that opened nothing is counted; outside any transaction that the refusal would undo."""
    now = clock.now()
    mine, prefix = _keys(address, code, now)
    _count([mine, prefix, f"{mine} {prefix}"], now.replace(minute=now.minute // 10 * 10, second=0, microsecond=0), now)


def check_fetch(address: str) -> None:
    """A fetch of the verifiers' list. Refused too-many-tries."""
    now = clock.now()
    key = "v:" + _digest(network(address), now)
    if _count([key], now.replace(second=0, microsecond=0), now) > int(threshold("verify-per-minute", now.date())):
        raise Refused("too-many-tries")


def check_asked(address: str) -> None:
    """Something that somebody without an account sends: a question, an offer. Refused too-many-tries beyond `thresholds/asked-per-hour` of one network."""
    now = clock.now()
    if _count(["q:" + _digest(network(address), now)], now.replace(minute=0, second=0, microsecond=0), now) > int(threshold("asked-per-hour", now.date())):
        raise Refused("too-many-tries")


def _keys(address: str, code: str, now: datetime) -> tuple[str, str]:
    beginning = "".join(c for c in code.upper() if c.isalnum())[:4]
    return "n:" + _digest(network(address), now), "p:" + _digest(beginning, now)


def _digest(text: str, now: datetime) -> str:
    return hashlib.sha256(f"{now:%Y-%m-%d} {text}".encode()).hexdigest()[:24]


def _counted(keys: list[str], now: datetime) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT key, sum(count)::int FROM passes_tries WHERE key = ANY (%s) AND since > %s GROUP BY key", [keys, now - KEPT])
        return dict(cursor.fetchall())


def _count(keys: list[str], since: datetime, now: datetime) -> int:
    """Counts one for each key; how many there are of the last one in this stretch. What is old goes with the first of a new stretch."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO passes_tries (key, since, count) SELECT k, %s, 1 FROM unnest(%s::text[]) k ON CONFLICT (key, since) DO UPDATE SET count = passes_tries.count + 1 RETURNING count", [since, sorted(keys)])
        found: int = cursor.fetchall()[-1][0]
        if found == 1:
            cursor.execute("DELETE FROM passes_tries WHERE since < %s", [now - 2 * KEPT])
    return found
