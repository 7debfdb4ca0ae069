"""Needs of people: asked, taken, met, by clocks. Whoever asks is told by when; a need that nobody took in time is an alarm, never a fault of who asked."""

from datetime import timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet

from sizao.kernel import acts, audit, clock
from sizao.kernel.acts import NewAct
from sizao.kernel.codes import code_list, threshold
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope, at_most_one, visible

from .models import Need

#: Whoever sees people at their door may take what they need.
RIGHT = "check.write"
URGENT = frozenset({"medicine", "dialysis", "birth"})


@transaction.atomic
def ask(scope: Scope, person: UUID, home: Area, kind: str, what: str = "", *, by_self: bool = False, key: str = "") -> Need:
    """A need of a person who lives at `home` (the caller was let to him, or is he). Sent twice with one key it is one. Refused: bad-value, not-allowed."""
    if not by_self:
        scope.check(RIGHT, home)
    if kind not in code_list("care-need"):
        raise Refused("bad-value", field="kind", value=kind, expected=", ".join(code_list("care-need")))
    now, sender = clock.now(), "holder" if by_self else f"post:{scope.post_id}"
    if key and (held := Need.objects.filter(sender=sender, source_id=key, person=person).first()) is not None:
        return held
    hours = int(threshold("need-urgent-hours" if kind in URGENT else "need-meet-hours", now.date()))
    row = Need(
        person_id=person, area=home, kind=kind, what=what.strip()[:1000], asked_at=now, asked_self=by_self, take_by=now + timedelta(hours=min(hours, int(threshold("need-take-hours", now.date())))),
        meet_by=now + timedelta(hours=hours), sender=sender, source_id=key or str(uuid4()), known_from=now, stands_from=now,
    )  # fmt: skip
    row.save(force_insert=True)
    acts.record(scope, [NewAct("care.need_asked", row.pk, now, person, home.pk, outcome=kind, record=row.pk)])
    audit.write(scope, "care.need_asked", [person])
    return row


@transaction.atomic
def take(scope: Scope, need: UUID) -> Need:
    """This post answers for it from now on; taken by another before, it stays his. Refused: need-over, not-found-or-out-of-area."""
    row = _open(scope, need)
    if row.taken_at is None:
        now = clock.now()
        row.taken_at, row.taken_by, row.stands_from = now, scope.post, now
        row.save(update_fields=["taken_at", "taken_by", "stands_from"])
        acts.record(scope, [NewAct("care.need_taken", row.pk, now, row.person_id, row.area_id, outcome=row.kind, record=row.pk)])
        audit.write(scope, "care.need_taken", [row.person_id])
    return row


@transaction.atomic
def settle(scope: Scope, need: UUID, outcome: str) -> Need:
    """What became of it; whoever settles one that nobody took has taken it. Refused: need-over, bad-value, not-found-or-out-of-area."""
    if outcome not in code_list("care-need-outcome"):
        raise Refused("bad-value", field="outcome", value=outcome, expected=", ".join(code_list("care-need-outcome")))
    row = take(scope, _open(scope, need).pk)
    now = clock.now()
    row.met_at, row.outcome, row.stands_from = now, outcome, now
    row.save(update_fields=["met_at", "outcome", "stands_from"])
    acts.record(scope, [NewAct("care.need_met", row.pk, now, row.person_id, row.area_id, outcome=outcome, record=row.pk)])
    audit.write(scope, "care.need_met", [row.person_id])
    return row


def needs(scope: Scope) -> QuerySet[Need]:
    """The needs of the areas that this scope may see."""
    return Need.objects.filter(visible(), scope.area_filter("area")).select_related("area", "taken_by").defer("area__geometry")


def needs_of(scope: Scope, person: UUID) -> list[Need]:
    """A person's needs, the newest first."""
    return list(needs(scope).filter(person=person).order_by("-asked_at")[:50])


def open_needs(scope: Scope, most: int = 200) -> list[Need]:
    """What is not met yet, the nearest end of a clock first."""
    return list(needs(scope).filter(met_at=None).order_by("meet_by", "id")[:most])


def _open(scope: Scope, need: UUID) -> Need:
    scope.check(RIGHT)
    row: Need = at_most_one(Need.objects.select_for_update(of=("self",)).select_related("area").filter(visible(), scope.area_filter("area", RIGHT), pk=need)[:1])
    if row.met_at is not None:
        raise Refused("need-over")
    return row
