"""What people do to exposed places, and to the searches for who was there. The visits themselves are the register of movement's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sizao.kernel import audit, clock, registry, saving
from sizao.kernel.copying import copy_records
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7s
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.scope import Scope
from sizao.kernel.steps import AHEAD

from .models import ExposedPlace, Exposure, ExposureSearch

#: No window is longer; the database holds it too.
LONGEST = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class NewExposure:
    """Why a contact was named: at which place, from when until when, how many seconds together."""

    person: UUID
    contact: UUID
    area_id: int
    exposed_place: UUID
    together_from: datetime
    together_until: datetime
    seconds: int


def save_places(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Exposed places told by forms, imports and the API. Rejected: window-reversed, window-too-long, done-in-the-future."""

    def whole(r: ExposedPlace) -> Iterable[Problem]:
        if r.opens_at and r.closes_at and r.closes_at <= r.opens_at:
            yield Problem("window-reversed", "closes_at", r.closes_at.isoformat())
        elif r.opens_at and r.closes_at and r.closes_at - r.opens_at > LONGEST:
            yield Problem("window-too-long", "closes_at", str(LONGEST.days))
        for name in ("opens_at", "confirmed_at", "withdrawn_at"):
            if getattr(r, name) and getattr(r, name) > clock.now() + AHEAD:
                yield Problem("done-in-the-future", name, getattr(r, name).isoformat())

    register = registry.of_model(ExposedPlace)
    assert register is not None
    return saving.save(scope, register, commands, sender=sender, batch=batch, check=whole)


def add_search(scope: Scope, places: Sequence[ExposedPlace], *, at_least: int, contact_class: str) -> ExposureSearch:
    """A new search, in the caller's transaction, for the area of its first place. Nobody is looked for by it yet."""
    assert scope.user is not None
    now, first = clock.now(), places[0]
    made = ExposureSearch(
        area_id=first.area_id, disease=first.disease, case_id=first.case_id, places=[p.pk for p in places], at_least=at_least, contact_class=contact_class,
        asked_by=scope.user, asked_at=now, known_from=now, stands_from=now, sender=f"post:{scope.post_id}",
    )  # fmt: skip
    made.save(force_insert=True)
    audit.write(scope, "exposures.asked", [made.pk], digest_of=[[str(p.pk) for p in places], at_least, contact_class])
    return made


def locked(search: UUID) -> ExposureSearch:
    """The search, held until the transaction ends. Refused not-found-or-out-of-area, search-over (named or withdrawn)."""
    found = ExposureSearch.objects.select_for_update(of=("self",)).select_related("area", "asked_by").filter(pk=search).first()
    if found is None:
        raise Refused("not-found-or-out-of-area")
    if found.named_at is not None or found.withdrawn_at is not None:
        raise Refused("search-over")
    return found


def change_search(scope: Scope, search: ExposureSearch, event: str, **told: object) -> None:
    """Puts what became of a search into it, with its event."""
    for name, value in told.items():
        setattr(search, name, value)
    search.save(update_fields=list(told))
    audit.write(scope, event, [search.pk], digest_of=sorted(told))


def add_exposures(scope: Scope, search: ExposureSearch, new: Sequence[NewExposure]) -> int:
    """The reasons, in the caller's transaction; those that stand already stay as they are. How many are new."""
    held = set(Exposure.objects.filter(contact__in={n.contact for n in new}).values_list("contact_id", "exposed_place_id", "together_from"))
    fresh = {(n.contact, n.exposed_place, n.together_from): n for n in new if (n.contact, n.exposed_place, n.together_from) not in held}
    if not fresh:
        return 0
    now, keys = clock.now(), uuid7s(len(fresh))
    columns = ("id", "sender", "known_from", "stands_from", "person_id", "contact_id", "area_id", "search_id", "exposed_place_id", "together_from", "together_until", "seconds")
    rows = ((k, search.sender, now, now, n.person, n.contact, n.area_id, search.pk, n.exposed_place, n.together_from, n.together_until, n.seconds) for k, n in zip(keys, fresh.values(), strict=True))
    digest = copy_records(Exposure, columns, rows)
    audit.write(scope, "exposures.named", sorted({n.person for n in fresh.values()}), digest_of=digest, search=str(search.pk))
    return len(fresh)
