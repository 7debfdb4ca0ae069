"""Asked into a hospital, answered, arrived; a bed taken and left. Every verb is one transaction; the last bed goes to one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from sizao.kernel import acts, audit, clock
from sizao.kernel.acts import NewAct
from sizao.kernel.codes import code_list, threshold
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope, at_most_one, visible

from . import beds
from .models import Admission, Hospital, Referral
from .rules import SEVERE

RIGHT = "care.write"
#: A severe patient needs one of these.
FOR_SEVERE = ("severe", "critical")


@transaction.atomic
def refer(scope: Scope, person: UUID, home: Area, unit: UUID, *, disease: str, bed_class: str, severity: str = "", emergency: bool = False, key: str = "") -> Referral:
    """A hospital is asked to take a person who lives at `home` (the caller was let to him). It has `thresholds/referral-hours.yaml`; an emergency is answered as
    accepted at once. `key` is made once by who asks. Refused: referral-open, bad-value, not-allowed, not-found-or-out-of-area.
    """
    scope.check(RIGHT, home)
    hospital: Hospital = at_most_one(Hospital.objects.filter(visible(), unit=unit).select_related("area", "unit")[:1])
    _code("bed_class", bed_class, "bed-class")
    _code("severity", severity or None, "severity")
    now, sender = clock.now(), f"post:{scope.post_id}"
    if key and (held := Referral.objects.filter(sender=sender, source_id=key).first()) is not None:
        return held
    row = Referral(
        person_id=person, area=hospital.area, from_area=home, disease=disease, unit_id=unit, bed_class=bed_class, severity=severity or None, emergency=emergency, asked_at=now,
        reply_by=now + timedelta(hours=int(threshold("referral-hours", now.date()))), sender=sender, source_id=key or str(uuid4()), known_from=now, stands_from=now,
    )  # fmt: skip
    if emergency:
        row.answer, row.answered_at = "accepted", now
    with _told():
        row.save(force_insert=True)
    said = [NewAct("care.referred", row.pk, now, person, row.area_id, disease, outcome=bed_class, record=row.pk)]
    acts.record(scope, said + ([_replied(row)] if emergency else []))
    audit.write(scope, "care.referred", [person])
    return row


@transaction.atomic
def reply(scope: Scope, referral: UUID, *, answer: str, reason: str = "", next_unit: UUID | None = None) -> Referral:
    """The hospital takes him, or says why not and who is next. Refused: referral-answered, referral-without-reason, emergency-not-refused, bad-value."""
    row = _referral(scope, referral)
    if row.answer is not None:
        raise Refused("referral-answered")
    _code("answer", answer, "referral-answer", needed=True)
    if answer == "refused":
        if row.emergency:
            raise Refused("emergency-not-refused")
        if not reason:
            raise Refused("referral-without-reason")
        _code("reason", reason, "referral-reason")
        row.reason, row.next_unit_id = reason, next_unit
    now = clock.now()
    row.answer, row.answered_at, row.stands_from = answer, now, now
    row.save(update_fields=["answer", "answered_at", "reason", "next_unit", "stands_from"])
    acts.record(scope, [_replied(row)])
    audit.write(scope, "care.replied", [row.person_id])
    return row


@transaction.atomic
def admit(
    scope: Scope, person: UUID, unit: UUID, *, disease: str, bed_class: str, emergency: bool = False, referral: UUID | None = None, at: datetime | None = None
) -> Admission:
    """A person takes a bed. With a referral he has arrived by it. An emergency is always taken in, over the number if it must be.

    Refused: bed-taken (somebody came first; the nearest free beds with the age of their numbers are told), admission-open, done-in-the-future.
    """
    hospital: Hospital = at_most_one(Hospital.objects.filter(visible(), scope.area_filter("area", RIGHT), unit=unit).select_related("area")[:1])
    scope.check(RIGHT)
    _code("bed_class", bed_class, "bed-class", needed=True)
    asked = _referral(scope, referral) if referral is not None else None
    now = clock.now()
    at = _past(at, now)
    row = Admission(
        person_id=person, area=hospital.area, disease=disease, unit_id=unit, bed_class=bed_class, emergency=emergency or bool(asked and asked.emergency), referral=asked, admitted_at=at,
        sender=f"post:{scope.post_id}", source_id=str(uuid4()), known_from=at, stands_from=at,
    )  # fmt: skip
    with _told(hospital.area.path, bed_class, unit):
        row.save(force_insert=True)
    said = [NewAct("care.admitted", row.pk, at, person, row.area_id, disease, outcome=bed_class, record=row.pk)]
    if asked is not None and asked.arrived_at is None:
        asked.arrived_at, changed = max(at, asked.asked_at), ["arrived_at"]
        if asked.answer is None:  # who is in the bed was taken
            asked.answer, asked.answered_at, changed = "accepted", now, [*changed, "answer", "answered_at"]
            said.append(_replied(asked))
        asked.save(update_fields=changed)
        said.append(NewAct("care.arrived", asked.pk, asked.arrived_at, person, asked.area_id, disease, record=asked.pk))
    acts.record(scope, said)
    audit.write(scope, "care.admitted", [person])
    return row


@transaction.atomic
def transfer(scope: Scope, admission: UUID, *, bed_class: str, unit: UUID | None = None, emergency: bool = False) -> Admission:
    """To a bed of another class, or to another hospital of this post's areas: the old bed is left as the new one is taken; where there is none, he keeps the old one."""
    row = open_admission(scope, admission)
    now = clock.now()
    _leave(row, now, "transferred")
    made = admit(scope, row.person_id, unit or row.unit_id, disease=row.disease, bed_class=bed_class, emergency=emergency, at=now)
    acts.record(scope, [NewAct("care.left", row.pk, now, row.person_id, row.area_id, row.disease, outcome="transferred", record=row.pk)])
    return made


@transaction.atomic
def leave(scope: Scope, admission: UUID, *, how: str, at: datetime | None = None, criteria: dict[str, Any] | None = None, criteria_ref: str = "") -> Admission:
    """The bed is left. `criteria` and their text, where it was by them. Refused: admission-over, bad-value, contradicts-itself, done-in-the-future."""
    row = open_admission(scope, admission)
    _code("left_as", how, "admission-end", needed=True)
    at = _past(at, clock.now())
    if at < row.admitted_at:
        raise Refused("contradicts-itself")
    row.criteria, row.criteria_ref = criteria or {}, criteria_ref
    _leave(row, at, how)
    acts.record(scope, [NewAct("care.left", row.pk, at, row.person_id, row.area_id, row.disease, outcome=how, record=row.pk)])
    audit.write(scope, "care.left", [row.person_id])
    return row


def open_admission(scope: Scope, admission: UUID) -> Admission:
    """The stay in hospital, for a post that may write there. Refused: admission-over, not-found-or-out-of-area."""
    scope.check(RIGHT)
    row: Admission = at_most_one(Admission.objects.select_for_update(of=("self",)).select_related("area", "unit").filter(visible(), scope.area_filter("area", RIGHT), pk=admission)[:1])
    if row.left_at is not None:
        raise Refused("admission-over")
    return row


def _leave(row: Admission, at: datetime, how: str) -> None:
    row.left_at, row.left_as, row.stands_from = at, how, at
    row.save(update_fields=["left_at", "left_as", "criteria", "criteria_ref", "stands_from"])


def _referral(scope: Scope, referral: UUID) -> Referral:
    scope.check(RIGHT)
    row: Referral = at_most_one(Referral.objects.select_for_update(of=("self",)).select_related("area").filter(visible(), scope.area_filter("area", RIGHT), pk=referral)[:1])
    return row


def _replied(row: Referral) -> NewAct:
    return NewAct("care.replied", row.pk, row.answered_at, row.person_id, row.area_id, row.disease, outcome=row.answer, record=row.pk)


def _code(name: str, value: str | None, codes: str, *, needed: bool = False) -> None:
    if (value or needed) and value not in code_list(codes):
        raise Refused("bad-value", field=name, value=value or "", expected=", ".join(code_list(codes)))


def _past(at: datetime | None, now: datetime) -> datetime:
    if at is not None and at > now:
        raise Refused("done-in-the-future", value=at)
    return at or now


@contextmanager
def _told(path: str = "", bed_class: str = "", unit: UUID | None = None) -> Iterator[None]:
    """What the database refuses, in words; who came second for a bed is told where the next one is."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as fault:
        name = getattr(getattr(fault.__cause__, "diag", None), "constraint_name", None) or ""
        if name == "bed-taken":
            near = beds.nearest(path, bed_class, but=[unit] if unit else [])
            now = clock.now()
            said = "; ".join(f"{n.name} {n.free} ({int((now - n.told_at).total_seconds() // 3600)} h)" for n in near) or "—"
            raise Refused("bed-taken", nearest=said) from None
        if name in ("referral_open_once", "admission_in_one_bed"):
            raise Refused("referral-open" if name == "referral_open_once" else "admission-open") from None
        raise


def waits_for_severe(severity: str | None, bed_class: str | None) -> bool:
    """Severe or critical and in no bed for the severe.

    >>> waits_for_severe("severe", "general"), waits_for_severe("critical", "critical"), waits_for_severe("mild", None)
    (True, False, False)
    """
    return severity in SEVERE and bed_class not in FOR_SEVERE
