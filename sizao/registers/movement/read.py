"""The only way into the registers of movement."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from sizao.kernel.scope import Scope, at_most_one, visible

from .models import Handover, Journey, OutsideArea


def handovers(scope: Scope) -> QuerySet[Handover]:
    """The hand-overs that this scope may see: those that its areas must answer."""
    return Handover.objects.filter(visible(), scope.area_filter("area")).select_related("area")


def incoming(scope: Scope) -> QuerySet[Handover]:
    """What this scope's areas must answer and still may: not recalled, not over. The longest overdue first."""
    return handovers(scope).filter(recalled_at=None, forgotten_at=None).select_related("from_area").order_by("answer_by", "sent_at")


def outgoing(scope: Scope) -> QuerySet[Handover]:
    """What this scope's areas have sent, wherever it went."""
    sent = Handover.objects.filter(visible(), scope.area_filter("from_area")).exclude(from_area=None)
    return sent.select_related("area", "from_area").order_by("-sent_at")


def overdue(now: datetime, back: timedelta) -> list[Handover]:
    """Hand-overs within the tree whose time to be answered ran out lately, for the story that tells the area above."""
    late = Handover.objects.filter(visible(), answer=None, recalled_at=None, forgotten_at=None, answer_by__lt=now, answer_by__gte=now - back, area__outside=False)
    return list(late.select_related("area")[:1000])


def access_handover_by_id(scope: Scope, handover: UUID) -> Handover:
    """One hand-over, for who must answer it or has sent it. Refused not-found-or-out-of-area, whichever it is."""
    seen = scope.area_filter("area") | scope.area_filter("from_area")
    return at_most_one(Handover.objects.filter(visible(), seen, pk=handover).select_related("area", "from_area")[:1])  # type: ignore[no-any-return]


def ids_seen(scope: Scope, handovers: Sequence[UUID]) -> set[UUID]:
    """Of these, those that this scope may see: it must answer them or has sent them."""
    seen = scope.area_filter("area") | scope.area_filter("from_area")
    return set(Handover.objects.filter(visible(), seen, pk__in=handovers).values_list("pk", flat=True))


def journeys(scope: Scope) -> QuerySet[Journey]:
    """The journeys of the areas that this scope may see."""
    return Journey.objects.filter(visible(), scope.area_filter("area", "person.read")).select_related("area")


def journey_of_trip(person: UUID, arrived: date, days: int) -> UUID | None:
    """The person's open journey that arrives within so many days of that one, for a story that joins what is told to it."""
    near = Journey.objects.filter(visible(), person=person, closed_at=None).exclude(kind="exit")
    return near.filter(arrived_on__range=(arrived - timedelta(days=days), arrived + timedelta(days=days))).order_by("known_at").values_list("pk", flat=True).first()


def steps_of(journey: UUID) -> dict[str, datetime | None]:
    """When a journey was declared, scanned and found; None where it was not. For a story that must not tell a step twice."""
    names = ("declared_at", "scanned_at", "located_at")
    return dict(zip(names, Journey.objects.values_list(*names).get(pk=journey), strict=True))


def origin_of(told: str) -> str:
    """The code of the watched area outside that a traveller names, the longest name first; what he wrote, where none is."""
    named = [(name, code) for name, code in OutsideArea.objects.filter(visible()).values_list("name", "code") if name and told.startswith(name)]
    return max(named, key=lambda pair: len(pair[0]))[1] if named else told
