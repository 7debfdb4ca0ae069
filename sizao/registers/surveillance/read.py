"""The only way into surveillance."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, F, Q, QuerySet, TextField, Value, When

from sizao.kernel.days import local_day_number
from sizao.kernel.models import Area
from sizao.kernel.rows import among, fetched
from sizao.kernel.scope import Scope, at_most_one, visible

from .alarms import alarms
from .models import CaseCard, Signal, StreamSetting, SymptomLine
from .streams import streams


def lines(scope: Scope) -> QuerySet[SymptomLine]:
    """The symptom lines that this scope may see; the caller records the read of persons."""
    return SymptomLine.objects.filter(visible(), scope.area_filter("area")).select_related("area")


def lines_of(scope: Scope, person: UUID) -> list[SymptomLine]:
    """A person's part of the symptom ledger, oldest first."""
    return list(lines(scope).filter(person=person).order_by("found_at"))


def channels_of(scope: Scope, people: Iterable[UUID]) -> list[tuple[UUID, int, str]]:
    """(person, day found, channel) of every symptom line of these persons, days as whole numbers (`kernel.days`). For figures: who asks shows nobody, so the right to read the
    plan is enough. One statement."""
    rows = among(SymptomLine.objects.filter(visible(), scope.area_filter("area", "plan.read")), "person_id", people)
    return fetched(rows.order_by().values_list("person_id", local_day_number("found_at"), "channel"))


def signals(scope: Scope) -> QuerySet[Signal]:
    """The signals that this scope may see."""
    return Signal.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area")


def cards(scope: Scope) -> QuerySet[CaseCard]:
    """The report cards that this scope may see."""
    return CaseCard.objects.filter(visible(), scope.area_filter("area", "case.read")).select_related("area")


def groups_told(scope: Scope, cases: Iterable[UUID]) -> Counter[str]:
    """Occupation group → how many of these cases have it by their latest report card that says one; for figures: who asks shows nobody, so the right to read the plan is enough. One statement."""
    rows = among(CaseCard.objects.filter(visible(), scope.area_filter("area", "plan.read"), people_group__isnull=False), "about_case_id", cases).order_by("received_at")
    return Counter({case.int: group for case, group in fetched(rows.values_list("about_case_id", "people_group"))}.values())


#: The views of the list of cards: what is asked of their rows, and in which order they stand.
_VIEWS: dict[str, tuple[Q, tuple[Any, ...]]] = {
    "to-review": (Q(reviewed_at=None), (F("review_by").asc(nulls_last=True), "received_at", "id")),
    "returned": (Q(outcome="returned"), ("-reviewed_at", "id")),
    "to-finish": (Q(outcome="accepted", final_at=None), ("reviewed_at", "id")),
    "final": (Q(final_at__isnull=False), ("-final_at", "id")),
    "all": (Q(), ("-received_at", "id")),
}


def cards_in(scope: Scope, view: str) -> QuerySet[CaseCard]:
    """The cards of a view of the list, in its order; the caller records the read of persons."""
    asked, order = _VIEWS[view]
    return cards(scope).select_related("from_unit").filter(asked).order_by(*order)


def card_counts(scope: Scope) -> dict[str, int]:
    """How many cards each view has. One statement."""
    return cards(scope).aggregate(**{view.replace("-", "_"): Count("id", filter=asked) if asked else Count("id") for view, (asked, _order) in _VIEWS.items()})


def found_by(units: Iterable[UUID], since: datetime, until: datetime) -> dict[UUID, int]:
    """How many lines each of these units found after `since`, up to and with `until`. Counts only; no person is read."""
    rows: Any = SymptomLine.objects.filter(visible(), found_unit__in=list(units), found_at__gt=since, found_at__lte=until)
    return dict(rows.values_list("found_unit").annotate(n=Count("id")))


# -- signals of streams

#: The views of the board: what is asked of their rows, and in which order they stand.
_BOARD: dict[str, tuple[Q, tuple[Any, ...]]] = {
    "open": (Q(judged_at=None), (F("judge_by").asc(nulls_last=True), "raised_at", "id")),
    "to-answer": (Q(judgement="real", acted_at=None), ("judged_at", "id")),
    "watched": (Q(judgement="watch"), ("-judged_at", "id")),
    "real": (Q(judgement="real"), ("-raised_at", "id")),
    "false": (Q(judgement__in=("false", "duplicate")), ("-raised_at", "id")),
    "all": (Q(), ("-raised_at", "id")),
}
BOARD = tuple(_BOARD)


def _on_board(scope: Scope, stream: str = "", area: Area | None = None) -> QuerySet[Signal]:
    found = signals(scope)
    found = found.filter(stream=stream) if stream else found
    return found.filter(area__path__startswith=area.path) if area else found


def board(scope: Scope, view: str, *, stream: str = "", area: Area | None = None) -> QuerySet[Signal]:
    """The signals of a view of the board, in its order: what is open by its clock, the first first."""
    asked, order = _BOARD[view]
    return _on_board(scope, stream, area).filter(asked).select_related("area", "unit", "owner").defer("area__geometry").order_by(*order)


def board_counts(scope: Scope, now: datetime, *, stream: str = "", area: Area | None = None) -> dict[str, int]:
    """How many signals each view has, and `overdue`: open ones whose clock has run out. One statement."""
    asked = {view: asked for view, (asked, _order) in _BOARD.items()} | {"overdue": Q(judged_at=None, judge_by__lt=now)}
    return dict(_on_board(scope, stream, area).aggregate(**{v.replace("-", "_"): Count("id", filter=a) if a else Count("id") for v, a in asked.items()}).items())


def access_signal_by_id(scope: Scope, signal: UUID) -> Signal:
    """One signal. Refused not-found-or-out-of-area, whichever it is."""
    found: Signal = at_most_one(signals(scope).select_related("area", "unit", "owner__area", "ticket", "about_case").defer("area__geometry").filter(pk=signal)[:1])
    return found


@dataclass(frozen=True, slots=True)
class Standing:
    """A signal as the watch needs it: where it is about, its window (local days, both included), and whether nobody has judged it yet."""

    id: UUID
    stream: str
    kind: str
    area_id: int
    unit_id: UUID | None
    disease: str | None
    since: date
    until: date
    open: bool


def standing(sender: str, since: date) -> list[Standing]:
    """Every signal of this sender whose window ends on that day or later. One statement; for the watch itself."""
    rows = Signal.objects.filter(visible(), sender=sender, window_to__gte=since).values_list("pk", "stream", "kind", "area_id", "unit_id", "disease", "window_from", "window_to", "judged_at")
    return [Standing(*row[:-1], row[-1] is None) for row in rows]


def cluster_signals(scope: Scope, area: Area, disease: str, since: date, at: datetime) -> list[Signal]:
    """Signals of clusters in units below an area, of a disease or of none yet, raised up to `at` with a window that reaches `since`; not those that were judged false or known already by then. The newest first. One statement."""
    rows = signals(scope).filter(kind="cluster", unit__isnull=False, area__path__startswith=area.path, raised_at__lte=at, window_to__gte=since).filter(Q(disease=disease) | Q(disease=None))
    rows = rows.exclude(judgement__in=("false", "duplicate"), judged_at__lte=at)
    return list(rows.select_related("unit", "area").order_by("-window_to", "-raised_at", "pk")[:200])


@dataclass(slots=True)
class Cost:
    """What signals of one stream (in one area) have cost since a moment.

    Attributes:
        kind: Of signals that no stream raised, their kind; "" of a stream's.
        given: How many there were; `real`, `false`, `watch`, `known`: as judged, `known` being those that were known already; `unjudged` the rest.
        minutes: Working time of the judgements, by the minutes that the stream's file says of one.
        wasted: Of that, the minutes that went into false alarms and into what was known already.
    """

    stream: str
    kind: str = ""
    area: Area | None = None
    given: int = 0
    real: int = 0
    false: int = 0
    watch: int = 0
    known: int = 0
    unjudged: int = 0
    minutes: float = 0
    wasted: float = 0

    @property
    def judged(self) -> int:
        return self.given - self.unjudged


def cost(scope: Scope, since: datetime, *, by_area: bool = False, stream: str = "", kind: str = "", area: Area | None = None) -> list[Cost]:
    """What the signals raised since then have cost, by stream, or kind where no stream raised them (and by area), the dearest in false alarms first. At most two statements. `stream`, `kind`: of this one only."""
    rows: Any = _on_board(scope, stream, area).filter(raised_at__gte=since).order_by()
    rows = rows.filter(stream="", kind=kind) if kind else rows
    rows = rows.annotate(alarm=Case(When(stream="", then=F("kind")), default=Value(""), output_field=TextField()))
    keys = ("stream", "alarm", "area_id", "judgement") if by_area else ("stream", "alarm", "judgement")
    minutes_of = {name: s.minutes for name, s in streams().items()} | {("", name): a.minutes for name, a in alarms().items()}
    found: dict[tuple[Any, ...], Cost] = {}
    for *key, judgement, n in rows.values_list(*keys).annotate(n=Count("id")):
        one = found.setdefault(tuple(key), Cost(key[0], key[1]))
        minutes = minutes_of.get(key[0] or ("", key[1]), 0) * n
        one.given += n
        if judgement is None:
            one.unjudged += n
            continue
        one.minutes += minutes
        if judgement in ("false", "duplicate"):
            one.wasted += minutes
        name = {"duplicate": "known"}.get(judgement, judgement)
        setattr(one, name, getattr(one, name) + n)
    if by_area:
        places = Area.objects.defer("geometry").in_bulk({key[2] for key in found})
        for key, one in found.items():
            one.area = places.get(key[2])
    return sorted(found.values(), key=lambda c: (-c.wasted, -c.given, c.stream, c.kind))


def stream_settings(scope: Scope, stream: str) -> list[StreamSetting]:
    """What persons have set of a stream within this scope, the newest first."""
    rows = StreamSetting.objects.filter(visible(), scope.area_filter("area", "plan.read"), stream=stream).select_related("area", "issued_by").defer("area__geometry")
    return list(rows.order_by("-issued_at", "-pk"))
