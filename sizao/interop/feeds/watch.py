"""Hearing feeds and looking at them: arrivals are written down, alarms rise and end by themselves, and a new alarm is a signal too."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from django.db import connection, transaction

from sizao.kernel import areas, audit, clock
from sizao.kernel.errors import Refused
from sizao.kernel.jobs import changed
from sizao.kernel.models import Post
from sizao.kernel.scope import Scope
from sizao.registers.surveillance.actions import NewSignal, raise_signals

from . import expectations
from .models import Alarm, Arrival, Certificate
from .rules import Expected, Heard, alarms

#: Arrivals of a sender that are looked at, and how long any is kept.
LOOKED_AT = 120
KEPT = timedelta(days=60)
#: A sign of life that follows another sooner than this says nothing new.
PAUSE = timedelta(seconds=30)


@dataclass(slots=True)
class Feed:
    """A sender as the page shows it. `expected` is None where nothing was agreed."""

    sender: str
    expected: Expected | None
    last: Heard | None = None
    arrivals: int = 0
    usual: float | None = None
    certificate_ends: datetime | None = None
    alarms: dict[str, datetime] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)


_by_hand: ContextVar[bool] = ContextVar("by_hand", default=False)


@contextmanager
def by_hand() -> Iterator[None]:
    """What is imported meanwhile a desk typed in its sender's name: the sender is not heard by it, and may be silent still."""
    token = _by_hand.set(True)
    try:
        yield
    finally:
        _by_hand.reset(token)


def heard(sender: str, *, rows: int | None = None, digest: str = "", at: datetime | None = None, kind: str = "") -> None:
    """Writes down that something came. Without rows it is a sign of life only. Runs in the caller's transaction."""
    if not _by_hand.get():
        Arrival.objects.create(sender=sender, at=at or clock.now(), rows=rows, digest=digest, kind=kind)


def certificate(scope: Scope, sender: str, pem: Path) -> Certificate:
    """Takes note of a file with the certificate that a sender shows. Refused feed-certificate-unreadable."""
    scope.check("import.write")
    try:
        return _shown(scope, sender, pem.read_bytes(), pem.name)
    except OSError:
        raise Refused("feed-certificate-unreadable", file=pem.name) from None


@transaction.atomic
def beat(scope: Scope, sender: str, *, rows: int | None = None, digest: str = "", pem: bytes = b"") -> Feed:
    """A sender's own sign of life, with what it sent elsewhere and the certificate it shows, where it tells them; answers how its feed stands.

    Signs of life without content are kept one a `PAUSE`. Refused: not-allowed, feed-without-sender, feed-certificate-unreadable.
    """
    scope.check("feed.beat")
    if not sender:
        raise Refused("feed-without-sender")
    now = clock.now()
    if rows is not None or digest or not Arrival.objects.filter(sender=sender, at__gt=now - PAUSE).exists():
        heard(sender, rows=rows, digest=digest, at=now, kind="beat")
    if pem:
        _shown(scope, sender, pem, "certificate")
    return next(f for f in feeds(now, only=sender) if f.sender == sender)


@transaction.atomic
def _shown(scope: Scope, sender: str, pem: bytes, name: str) -> Certificate:
    """Notes fingerprint and dates, nothing else. Of a chain the first is the sender's own; the chain is good only as long as all of it is."""
    try:
        chain = x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise Refused("feed-certificate-unreadable", file=name) from None
    found = {
        "fingerprint": chain[0].fingerprint(hashes.SHA256()).hex(), "starts_at": max(c.not_valid_before_utc for c in chain).astimezone(UTC),
        "ends_at": min(c.not_valid_after_utc for c in chain).astimezone(UTC),
    }  # fmt: skip
    held = Certificate.objects.filter(sender=sender).first()
    if held is not None and all(getattr(held, k) == v for k, v in found.items()):
        return held
    row, _ = Certificate.objects.update_or_create(sender=sender, defaults=found | {"told_at": clock.now(), "owner_id": scope.post_id})
    audit.write(scope, "feeds.certificate", [], sender=sender)
    return row


def ending(now: datetime, before: timedelta) -> list[tuple[str, datetime, Post | None]]:
    """(sender, end, owner) of certificates that end within `before` or have ended, the first first."""
    rows = Certificate.objects.filter(ends_at__lte=now + before).select_related("owner__area").order_by("ends_at")
    return [(c.sender, c.ends_at, c.owner) for c in rows]


def feeds(now: datetime | None = None, only: str = "") -> list[Feed]:
    """Every sender that was ever heard, or whose certificate is known, with what stands; alarms first. Two statements, however many senders. `only`: of this one."""
    now = now or clock.now()
    known = Certificate.objects.filter(sender=only) if only else Certificate.objects.all()
    certificates = {c.sender: c for c in known}
    arrived = _arrived(now, only)
    agreed = {s for e in expectations.expectations() for s in e.senders if not s.endswith("*")} if not only else set()
    ends, told_at = {s: c.ends_at for s, c in certificates.items()}, {s: c.told_at for s, c in certificates.items()}
    found = []
    for sender in sorted(arrived.keys() | ends.keys() | agreed):
        expected, seen = expectations.of(sender), arrived.get(sender, [])
        counted = [h.rows for h in seen[:-1] if h.rows is not None]
        f = Feed(sender, expected, seen[-1] if seen else None, len(seen), median(counted) if counted else None, ends.get(sender), heard=seen)
        if expected:
            f.alarms = alarms(expected, seen, now, f.certificate_ends, told_at.get(sender))
        found.append(f)
    return sorted(found, key=lambda f: (not f.alarms, f.expected is None, f.sender))


def _arrived(now: datetime, only: str) -> dict[str, list[Heard]]:
    """The last arrivals of each sender, in order of time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE s (sender) AS (SELECT min(sender) FROM feeds_arrival UNION ALL SELECT (SELECT min(sender) FROM feeds_arrival WHERE sender > s.sender) FROM s WHERE s.sender IS NOT NULL) "
            "SELECT s.sender, a.at, a.rows, a.digest FROM s CROSS JOIN LATERAL (SELECT * FROM feeds_arrival f WHERE f.sender = s.sender AND f.at <= %s ORDER BY f.at DESC, f.id DESC LIMIT %s) a "
            "WHERE %s = '' OR s.sender = %s ORDER BY s.sender, a.at, a.id",
            [now, LOOKED_AT, only, only],
        )
        found: dict[str, list[Heard]] = {}
        for sender, at, rows, digest in cursor.fetchall():
            found.setdefault(sender, []).append(Heard(at, rows, digest))
    return found


@transaction.atomic
def watch(now: datetime | None = None) -> dict[str, list[str]]:
    """Raises the alarms that are new and ends those that are over; sender → new alarms. The worker does it every minute."""
    now = now or clock.now()
    standing = {(a.sender, a.kind): a for a in Alarm.objects.select_for_update().filter(ended_at=None)}
    wanted = {(f.sender, kind): since for f in feeds(now) for kind, since in f.alarms.items()}
    fresh = {key: since for key, since in wanted.items() if key not in standing}
    Alarm.objects.bulk_create([Alarm(sender=s, kind=k, since=since) for (s, k), since in fresh.items()], ignore_conflicts=True)
    Alarm.objects.filter(pk__in=[a.pk for key, a in standing.items() if key not in wanted]).update(ended_at=now)
    Arrival.objects.filter(at__lt=now - KEPT).delete()
    if fresh:
        try:
            top = areas.root()
        except Refused:  # no area yet, so nobody to tell
            return {}
        new = [NewSignal(f"{s}/{k}/{since.isoformat()}", top.pk, "feed", max(since, now - timedelta(days=30)), what=f"{s}: {k}") for (s, k), since in fresh.items()]
        raise_signals(Scope.system("feeds.watch"), new, sender="feeds")
        changed()
    told: dict[str, list[str]] = {}
    for s, k in fresh:
        told.setdefault(s, []).append(k)
    return told


def silent_since(now: datetime | None = None, kind: str = "laboratories") -> dict[str, datetime]:
    """Senders of that kind that are silent, and when each was last heard: what is counted since then is not complete. Two statements."""
    silent = [f for f in feeds(now) if "silence" in f.alarms and f.expected is not None and f.expected.id == kind]
    return {f.sender: f.last.at if f.last is not None else f.alarms["silence"] for f in silent}
