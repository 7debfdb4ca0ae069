"""The only way into the laboratory's register."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncDate

from sizao.kernel.models import Area
from sizao.kernel.scope import Scope, visible

from .models import Laboratory, Recall, Result, Specimen, Tube, TubeStep


def specimens(scope: Scope) -> QuerySet[Specimen]:
    """The samples that this scope may see."""
    return Specimen.objects.filter(visible(), scope.area_filter("area")).select_related("area")


def tubes(scope: Scope) -> QuerySet[Tube]:
    """The pooled tubes that this scope may see."""
    return Tube.objects.filter(visible(), scope.area_filter("area", "tube.read")).select_related("area")


def laboratories(scope: Scope) -> QuerySet[Laboratory]:
    """The laboratories that this scope may see."""
    return Laboratory.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area")


def results_of(scope: Scope, specimen: UUID) -> list[Result]:
    """Every result that was told of a sample, the first one first; the last one stands."""
    return list(Result.objects.filter(visible(), scope.area_filter("area"), specimen=specimen).order_by("recorded_at", "id"))


def tests_of(scope: Scope, person: UUID, disease: str) -> list[tuple[Specimen, list[Result]]]:
    """The samples of a person for a disease that this scope may see, the last one first, each with every result that was told of it, the first one first.
    A result that was corrected has `corrected_by_id`. Two statements."""
    taken = list(specimens(scope).filter(person=person, disease=disease).select_related("laboratory").order_by("-sampled_at", "-pk"))
    told = Result.objects.filter(visible(), specimen__in=[s.pk for s in taken]).select_related("laboratory").annotate(corrected_by_id=F("corrected_by")) if taken else ()
    of: dict[UUID, list[Result]] = {}
    for r in sorted(told, key=lambda r: (r.recorded_at, r.pk)):
        of.setdefault(r.specimen_id, []).append(r)
    return [(s, of.get(s.pk, [])) for s in taken]


def methods_of(specimens: Iterable[UUID]) -> dict[UUID, str]:
    """By which method the result that stands of each sample was got; a sample without a told method is absent. The caller has read the samples."""
    told = Result.objects.filter(visible(), specimen__in=list(specimens), method__isnull=False).exclude(method__in=("antibody_igm", "antibody_igg")).order_by("recorded_at", "id")
    return dict(told.values_list("specimen", "method"))


def sent_already(codes: Iterable[str], laboratory: UUID) -> int:
    """How many of these tubes were handed over to that laboratory before; a number that names nobody."""
    return TubeStep.objects.filter(tube__code__in=list(codes), step="handed", laboratory=laboratory).count()


def results_by_area(scope: Scope, disease: str, since: datetime, until: datetime, zone: str) -> list[tuple[str, date, int, int]]:
    """Where and when results of samples of persons came: (path of the area, local day, how many, how many positive). A sample counts once, with the result that stands. One statement."""
    found = Specimen.objects.filter(visible(), scope.area_filter("area"), disease=disease, sample_of="person", result__isnull=False, resulted_at__gte=since, resulted_at__lte=until)
    days = found.annotate(day=TruncDate("resulted_at", tzinfo=ZoneInfo(zone))).values("area__path", "day").annotate(n=Count("pk"), positive=Count("pk", filter=Q(result="positive")))
    return [(row["area__path"], row["day"], row["n"], row["positive"]) for row in days.order_by("area__path", "day")]


def tested(scope: Scope, area: Area, disease: str, until: datetime, days: int) -> list[tuple[int, int, int]]:
    """(area, results, positive ones) of persons' samples below an area whose result came in the `days` days up to `until`; for figures, so the right to read the plan is enough. A sample
    counts once, with the result that stands. One statement."""
    found = Specimen.objects.filter(
        visible(), scope.area_filter("area", "plan.read"), area__path__startswith=area.path, disease=disease, sample_of="person", result__isnull=False, resulted_at__gt=until - timedelta(days=days),
        resulted_at__lte=until,
    )  # fmt: skip
    rows = found.order_by().values_list("area_id").annotate(n=Count("pk"), positive=Count("pk", filter=Q(result="positive")))
    return [(at, n, positive) for at, n, positive in rows]


def positive_since(scope: Scope, since: datetime, limit: int = 500) -> list[Specimen]:
    """Samples of persons whose result stands as positive since a moment, the latest first; the caller records the read of whom it shows. One statement."""
    rows = specimens(scope).filter(sample_of="person", result="positive", resulted_at__gte=since, person__isnull=False)
    return list(rows.order_by("-resulted_at", "-id")[:limit])


def last_samples(scope: Scope, people: Iterable[UUID | None]) -> dict[UUID, Specimen]:
    """Of each of these persons the last sample that this scope may see; one statement."""
    wanted = {p for p in people if p is not None}
    rows = specimens(scope).filter(person__in=wanted).order_by("person", "-sampled_at", "-pk").distinct("person") if wanted else ()
    return {s.person_id: s for s in rows if s.person_id is not None}


def tubes_with_members(codes: Iterable[str], keys: Iterable[str], sender: str) -> list[tuple[str, UUID, str, int, int, bool, set[UUID]]]:
    """(number, id, the sender's key or "", version, area, whether it was handed on, its persons) of tubes with these numbers or keys, wherever they are: a number names one
    tube, and who closes another with it must be told. Locked; three statements."""
    found = Tube.objects.select_for_update().filter(Q(code__in=list(codes)) | Q(source_id__in=list(keys), sender=sender)).order_by("pk")
    rows = {t.pk: t for t in found}
    inside: dict[UUID, set[UUID]] = {}
    for tube, person in Specimen.objects.filter(tube__in=rows, person__isnull=False).values_list("tube", "person"):
        inside.setdefault(tube, set()).add(person)
    handed = set(TubeStep.objects.filter(tube__in=rows, step__in=("handed", "received")).values_list("tube", flat=True))
    return [(t.code, pk, t.source_id if t.sender == sender else "", t.version, t.area_id, pk in handed, inside.get(pk, set())) for pk, t in rows.items()]


def own_tests(scope: Scope, person: UUID, since: datetime) -> list[tuple[Specimen, datetime | None]]:
    """A person's samples since then, the newest first, each with the deadline by which he is to be sampled alone, where his tube calls him again; two statements."""
    rows = list(specimens(scope).filter(person=person, sampled_at__gte=since).select_related("tube").order_by("-sampled_at", "-pk")[:30])
    called = dict(Recall.objects.filter(visible(), specimen__in=[s.pk for s in rows], closed_at=None, resampled_at=None).values_list("specimen", "due_at")) if rows else {}
    return [(s, called.get(s.pk)) for s in rows]


def open_recalls(people: Iterable[UUID]) -> dict[tuple[UUID, str], UUID]:
    """(person, disease) → the sample of the tube that calls the person again, where nobody has sampled him alone yet; for who samples alone."""
    wanted = list(people)
    rows = Recall.objects.filter(person__in=wanted, closed_at=None, resampled_at=None).order_by("opened_at") if wanted else ()
    return {(r.person_id, r.disease): r.specimen_id for r in rows if r.person_id}


def antibodies_of(scope: Scope, people: Iterable[UUID], since: datetime) -> dict[UUID, list[tuple[str, str, str, datetime, datetime]]]:
    """person → (disease, method, result, sampled, resulted) of antibodies that were looked for in these persons' samples since then, the first one first; one statement."""
    rows = Result.objects.filter(visible(), scope.area_filter("area"), specimen__person__in=list(people), specimen__sampled_at__gte=since, method__startswith="antibody")
    found: dict[UUID, list[tuple[str, str, str, datetime, datetime]]] = {}
    for person, *told in rows.order_by("specimen__sampled_at", "id").values_list("specimen__person", "specimen__disease", "method", "result", "specimen__sampled_at", "resulted_at"):
        found.setdefault(person, []).append(tuple(told))  # type: ignore[arg-type]
    return found


def told_since(scope: Scope, since: datetime) -> set[tuple[UUID, str, str]]:
    """(person, disease, the result's id) of results and antibodies that laboratories told since then, and that mean something."""
    rows = Result.objects.filter(visible(), scope.area_filter("area"), recorded_at__gte=since, specimen__person__isnull=False, result__in=("positive", "negative"))
    return {(p, d, str(pk)) for p, d, pk in rows.values_list("specimen__person", "specimen__disease", "pk") if p is not None}
