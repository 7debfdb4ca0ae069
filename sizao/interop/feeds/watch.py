"""Hearing feeds and looking at them: arrivals are written down, alarms rise and end by themselves, and a new alarm is a signal too."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from django.db import transaction

from sizao.kernel import areas, audit, clock
from sizao.kernel.errors import Refused
from sizao.kernel.jobs import changed
from sizao.kernel.scope import Scope
from sizao.registers.surveillance.actions import NewSignal, raise_signals

from . import expectations
from .models import Alarm, Arrival, Certificate
from .rules import Expected, Heard, alarms

#: Arrivals of a sender that are looked at, and how long any is kept.
LOOKED_AT = 120
KEPT = timedelta(days=60)


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


def heard(sender: str, *, rows: int | None = None, digest: str = "", at: datetime | None = None, kind: str = "") -> None:
    """Writes down that something came. Without rows it is a sign of life only. Runs in the caller's transaction."""
    Arrival.objects.create(sender=sender, at=at or clock.now(), rows=rows, digest=digest, kind=kind)


@transaction.atomic
def certificate(scope: Scope, sender: str, pem: Path) -> Certificate:
    """Takes note of the certificate that a sender shows: fingerprint and dates, nothing else of it. Refused feed-certificate-unreadable."""
    scope.check("import.write")
    try:
        found = x509.load_pem_x509_certificate(pem.read_bytes())
    except (OSError, ValueError):
        raise Refused("feed-certificate-unreadable", file=pem.name) from None
    row, _ = Certificate.objects.update_or_create(
        sender=sender,
        defaults={
            "fingerprint": found.fingerprint(hashes.SHA256()).hex(), "starts_at": found.not_valid_before_utc.astimezone(UTC),
            "ends_at": found.not_valid_after_utc.astimezone(UTC), "told_at": clock.now(),
        },
    )  # fmt: skip
    audit.write(scope, "feeds.certificate", [], sender=sender)
    return row


def feeds(now: datetime | None = None) -> list[Feed]:
    """Every sender that was ever heard, or whose certificate is known, with what stands; alarms first."""
    now = now or clock.now()
    ends = dict(Certificate.objects.values_list("sender", "ends_at"))
    senders = sorted(set(Arrival.objects.values_list("sender", flat=True).distinct()) | set(ends) | {s for e in expectations.expectations() for s in e.senders if not s.endswith("*")})
    told_at = dict(Certificate.objects.values_list("sender", "told_at"))
    found = []
    for sender in senders:
        expected = expectations.of(sender)
        rows = list(Arrival.objects.filter(sender=sender, at__lte=now).order_by("-at", "-id")[:LOOKED_AT])[::-1]
        seen = [Heard(a.at, a.rows, a.digest) for a in rows]
        counted = [h.rows for h in seen[:-1] if h.rows is not None]
        f = Feed(sender, expected, seen[-1] if seen else None, len(seen), median(counted) if counted else None, ends.get(sender), heard=seen)
        if expected:
            f.alarms = alarms(expected, seen, now, f.certificate_ends, told_at.get(sender))
        found.append(f)
    return sorted(found, key=lambda f: (not f.alarms, f.expected is None, f.sender))


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
