"""What the laboratory page shows: tubes that wait, by age; recalls; holds; what each laboratory was sent, ran and told; how long results take. A statement or two each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F, Min, Q, QuerySet
from django.db.models.functions import Coalesce, TruncDate

from sizao.kernel import clock
from sizao.kernel.codes import threshold
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope, visible

from .models import Hold, Laboratory, Recall, RunLine, Specimen, Tube, TubeStep
from .read import tubes


class Percentile(Aggregate):
    """The value that a share of the values does not exceed (`percentile_disc`)."""

    template = "percentile_disc(%(at)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    name = "Percentile"
    output_field = DurationField()


@dataclass(frozen=True, slots=True)
class Waiting:
    """Tubes without a result. `late`: older than the deadline, an alarm each; `ages`: how many wait for less than so many hours (the last: no matter how long)."""

    count: int
    late: int
    oldest: datetime | None
    ages: list[tuple[int, int]]
    rows: list[Tube]
    hours: int


#: Bounds of the ages of waiting tubes, in hours.
AGES = (6, 12, 24, 48)


def waiting(scope: Scope, now: datetime, zone: str, limit: int = 50) -> Waiting:
    """The tubes of this scope that have no result, the oldest first; two statements."""
    hours = int(threshold("tube-result-hours", clock.local_day(now, zone)))
    open_ = tubes(scope).filter(result=None)
    bounds = [now - timedelta(hours=h) for h in AGES]
    young = {f"a{n}": Count("pk", filter=Q(sealed_at__gt=b)) for n, b in enumerate(bounds)}
    found = open_.order_by().aggregate(n=Count("pk"), late=Count("pk", filter=Q(sealed_at__lte=now - timedelta(hours=hours))), oldest=Min("sealed_at"), **young)
    sums = [found[f"a{n}"] for n in range(len(AGES))] + [found["n"]]
    ages = [(h, b - a) for h, a, b in zip((*AGES, 0), [0, *sums], sums, strict=False)]
    return Waiting(found["n"], found["late"], found["oldest"], ages, list(open_.select_related("laboratory", "unit").order_by("sealed_at", "pk")[:limit]) if found["n"] else [], hours)


@dataclass(frozen=True, slots=True)
class Recalls:
    """Who is called again: how many, of them found, sampled alone, and past the deadline; the rows still open, most urgent first."""

    count: int
    found: int
    resampled: int
    late: int
    rows: list[Recall]


def recalls(scope: Scope, now: datetime, limit: int = 60) -> Recalls:
    """Recalls that are not over. The caller records who was shown."""
    open_ = recalls_of(scope).filter(closed_at=None)
    n = open_.order_by().aggregate(
        n=Count("pk"), found=Count("found_at"), resampled=Count("resampled_at"), late=Count("pk", filter=Q(resampled_at=None, due_at__lt=now))
    )
    rows = list(open_.select_related("tube", "area").order_by(F("resampled_at").asc(nulls_first=True), "due_at", "pk")[:limit]) if n["n"] else []
    return Recalls(n["n"], n["found"], n["resampled"], n["late"], rows)


def recalls_of(scope: Scope) -> QuerySet[Recall]:
    return Recall.objects.filter(visible(), scope.area_filter("area", "tube.read"))


def holds(scope: Scope, limit: int = 60) -> tuple[int, list[Hold]]:
    """How many holds nobody has decided, and the most urgent of them."""
    open_ = Hold.objects.filter(visible(), scope.area_filter("area", "tube.read"), resolved_at=None)
    rows = list(open_.select_related("tube", "laboratory", "owner__area", "area").order_by("due_at", "pk")[: limit + 1])
    return (len(rows) if len(rows) <= limit else open_.count()), rows[:limit]


def holds_of(scope: Scope) -> QuerySet[Hold]:
    return Hold.objects.filter(visible(), scope.area_filter("area", "tube.read"))


@dataclass(frozen=True, slots=True)
class Alarms:
    """What the laboratories' part of the work owes somebody now, in counts; nobody is named. `held`: other holds than the two before it that nobody has decided."""

    tubes: int
    recalls: int
    conflicts: int
    control: int
    held: int

    @property
    def any(self) -> bool:
        return bool(self.tubes or self.recalls or self.conflicts or self.control or self.held)


#: Holds that say: two things told of one tube contradict each other.
CONFLICTS = ("signs_differ", "positive_in_negative_batch", "members_differ")


def alarms(scope: Scope, area: Area, now: datetime) -> Alarms:
    """Below an area: tubes without a result past the deadline, recalls past theirs, signs that contradict, laboratories out of control, what else is held. Three statements."""
    inside = Q(area__path__startswith=area.path)
    hours = int(threshold("tube-result-hours", clock.local_day(now, area.zone)))
    late = tubes(scope).filter(inside, result=None, sealed_at__lte=now - timedelta(hours=hours)).count()
    called = recalls_of(scope).filter(inside, closed_at=None, resampled_at=None, due_at__lt=now).count()
    kinds = dict(holds_of(scope).filter(inside, resolved_at=None).order_by().values_list("kind").annotate(n=Count("pk")))
    apart, control = sum(kinds.get(k, 0) for k in CONFLICTS), kinds.get("quality", 0)
    return Alarms(late, called, apart, control, sum(kinds.values()) - apart - control)


@dataclass(slots=True)
class Load:
    """What became of a day at one laboratory, in tubes. `underway`: sent there and without a result, whenever sent."""

    laboratory: Laboratory
    sent: int = 0
    ran: int = 0
    resulted: int = 0
    underway: int = 0


def load(day: date, laboratories: Iterable[Laboratory]) -> dict[UUID, Load]:
    """Of each laboratory its load on a local day of its own. No person and no sample can be told from it, so it asks for no area. Four statements."""
    found = {lab.pk: Load(lab) for lab in laboratories}
    zones: dict[str, list[UUID]] = {}
    for pk, one in found.items():
        zones.setdefault(one.laboratory.area.zone, []).append(pk)
    for zone, some in zones.items():
        since, until = clock.start_of_day(day, zone), clock.start_of_day(day + timedelta(days=1), zone)
        counted: list[tuple[str, Any]] = [
            ("sent", TubeStep.objects.filter(laboratory__in=some, step="handed", done_at__gte=since, done_at__lt=until).values_list("laboratory")),
            ("ran", RunLine.objects.filter(run__laboratory__in=some, run__started_at__gte=since, run__started_at__lt=until).values_list("run__laboratory")),
            ("resulted", Tube.objects.filter(laboratory__in=some, resulted_at__gte=since, resulted_at__lt=until).values_list("laboratory")),
            ("underway", Tube.objects.filter(laboratory__in=some, result=None, sealed_at__lt=until).values_list("laboratory")),
        ]
        for name, rows in counted:
            for lab, n in rows.order_by().annotate(n=Count("pk")):
                setattr(found[lab], name, n)
    return found


@dataclass(frozen=True, slots=True)
class Turnaround:
    """How long samples of one laboratory that got their result on one day took. `laboratory` None: nobody told which. Spans are None where nothing tells them."""

    day: date
    laboratory: UUID | None
    count: int
    in_time: int
    median: timedelta | None
    tenth: timedelta | None
    carried: timedelta | None
    worked: timedelta | None


def turnaround(scope: Scope, until: date, zone: str, days: int = 7) -> list[Turnaround]:
    """Sample → received → result by laboratory and day of the result, the last days first: median, ninth decile, share in time. One statement."""
    limit = timedelta(hours=float(threshold("turnaround-hours", until)))
    span = lambda a, b: ExpressionWrapper(F(b) - F(a), output_field=DurationField())  # noqa: E731
    rows = (
        Specimen.objects.filter(visible(), scope.area_filter("area", "tube.read"), resulted_at__gte=clock.start_of_day(until - timedelta(days=days - 1), zone), resulted_at__lt=clock.start_of_day(until + timedelta(days=1), zone))
        .annotate(whole=span("sampled_at", "resulted_at"), way=span("sampled_at", "received_at"), work=span("received_at", "resulted_at"))
        .annotate(lab=Coalesce("laboratory_id", "tube__laboratory_id"), on=TruncDate("resulted_at", tzinfo=ZoneInfo(zone)))
        .order_by()
        .values("on", "lab")
        .annotate(
            n=Count("pk"), good=Count("pk", filter=Q(whole__lte=limit)), median=Percentile("whole", at=0.5), tenth=Percentile("whole", at=0.9), carried=Percentile("way", at=0.5), worked=Percentile("work", at=0.5)
        )
        .order_by("-on", "lab")
    )
    return [Turnaround(r["on"], r["lab"], r["n"], r["good"], r["median"], r["tenth"], r["carried"], r["worked"]) for r in rows]


def resulted(path: str, since: datetime, most: int) -> int:
    """How many samples below an area got their result since then; counted no further than `most`. A figure that names nobody. One statement."""
    return Specimen.objects.filter(visible(), area__path__startswith=path, resulted_at__gte=since).order_by()[:most].count()
