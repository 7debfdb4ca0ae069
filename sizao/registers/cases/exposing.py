"""What people do to exposed places, and to the searches for who was there. The visits themselves are the register of movement's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sizao.kernel import audit, clock, registry, saving
from sizao.kernel.codes import disease_line
from sizao.kernel.copying import copy_records
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7s
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.scope import Scope
from sizao.kernel.steps import AHEAD

from . import rules
from .models import Case, ExposedPlace, Exposure, ExposureSearch

#: No window is longer; the database holds it too.
LONGEST = timedelta(days=14)
#: Days from the onset beyond which a stay is asked about, where the disease's incubation is not told.
FAR = 21


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
    """Exposed places and stays told by forms, imports and the API.

    Rejected: value-missing (neither a place nor words for one), window-reversed, window-too-long, done-in-the-future; and, unless a reason is written under `exception`, stay-overlaps (another stay of the
    same case) and stay-far-from-onset.
    """
    mine = {c.record for c in commands if c.record}
    of = {c.told["case"] for c in commands if c.told.get("case")} | set(ExposedPlace.objects.filter(pk__in=mine, case__isnull=False).values_list("case", flat=True))
    cases = {c.pk: c for c in Case.objects.filter(pk__in=of)}
    held: dict[UUID, dict[UUID, tuple[datetime, datetime, str]]] = {}
    for one in ExposedPlace.objects.filter(case__in=of, withdrawn_at=None, exception="").select_related("place").order_by("opens_at"):
        held.setdefault(one.case_id, {})[one.pk] = (one.opens_at, one.closes_at, one.where)  # type: ignore[arg-type]

    def whole(r: ExposedPlace) -> Iterable[Problem]:
        if r.place_id is None and not r.elsewhere:
            yield Problem("value-missing", "place")
        if r.opens_at and r.closes_at and r.closes_at <= r.opens_at:
            yield Problem("window-reversed", "closes_at", r.closes_at.isoformat())
        elif r.opens_at and r.closes_at and r.closes_at - r.opens_at > LONGEST:
            yield Problem("window-too-long", "closes_at", str(LONGEST.days))
        elif r.opens_at and r.closes_at and r.case_id and not r.withdrawn_at and not r.exception:
            yield from stays(r)
        for name in ("opens_at", "confirmed_at", "withdrawn_at"):
            if getattr(r, name) and getattr(r, name) > clock.now() + AHEAD:
                yield Problem("done-in-the-future", name, getattr(r, name).isoformat())

    def stays(r: ExposedPlace) -> Iterable[Problem]:
        case = cases.get(r.case_id)
        others = [s for pk, s in held.get(r.case_id, {}).items() if pk != r.pk]  # type: ignore[arg-type]
        met = rules.overlapping((r.opens_at, r.closes_at), [(a, b) for a, b, _ in others])
        if met is not None:
            start, end, name = others[met]
            zone = ZoneInfo(r.area.zone)
            yield Problem("stay-overlaps", "opens_at", f"{name} {start.astimezone(zone):%m-%d %H:%M} – {end.astimezone(zone):%m-%d %H:%M}")
        if case is not None and case.onset_on:
            line = disease_line(r.disease, "incubation", case.onset_on)
            longest = int(line["days"][1]) if line else FAR
            first, last = case.onset_on - timedelta(days=longest), case.onset_on + timedelta(days=2 * FAR)
            if r.closes_at.date() < first or r.opens_at.date() > last:
                yield Problem("stay-far-from-onset", "opens_at", r.opens_at.date().isoformat())
        if met is None:
            held.setdefault(r.case_id, {})[r.pk] = (r.opens_at, r.closes_at, r.where)  # type: ignore[arg-type]

    register = registry.of_model(ExposedPlace)
    assert register is not None
    return saving.save(scope, register, commands, sender=sender, batch=batch, check=whole)


def add_stay_beyond(scope: Scope, case: Case, told: dict[str, object]) -> Outcome:
    """A stay of a case in an area where this post may not write: the post knows the case, and tells of it there without seeing anything of that area.
    The area sees the window and the words, and nothing of the case. Refused as `save_places`; not-found-or-out-of-area unless it may write the case."""
    scope.check("case.write", case.area)
    [done] = save_places(scope.reaching("stay-elsewhere"), [Command(told={**told, "case": case.pk, "disease": case.disease, "place": None})], sender=f"post:{scope.post_id}")
    return done


def step_of_stay(scope: Scope, case: Case, stay: ExposedPlace, name: str) -> Outcome:
    """Confirms (`confirmed_at`) or withdraws (`withdrawn_at`) a stay of a case that this post may write, wherever the stay is."""
    scope.check("case.write", case.area)
    assert stay.case_id == case.pk
    there = scope if scope.can("case.write", stay.area) else scope.reaching("stay-elsewhere")
    [done] = save_places(there, [Command(told={name: clock.now()}, record=stay.pk)], sender=f"post:{scope.post_id}")
    return done


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
