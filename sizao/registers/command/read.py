"""The only way into the registers of command."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Length

from sizao.kernel import clock
from sizao.kernel.models import Act, Area, Holding
from sizao.kernel.scope import Scope, at_most_one, visible
from sizao.kernel.versions import superseded

from .models import (
    AreaGrade,
    AreaReview,
    CalendarAddress,
    DrawnUnit,
    Duty,
    GuardPost,
    Inspection,
    InspectionRound,
    Order,
    OrderProposal,
    PublicText,
    SituationReview,
    TestCall,
    TextReceipt,
    Ticket,
)


def grades(scope: Scope) -> QuerySet[AreaGrade]:
    """What is said of the areas that this scope may see."""
    return AreaGrade.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area")


def standing(scope: Scope, scale: str, at: datetime, permission: str = "plan.read") -> dict[int, AreaGrade]:
    """area → its line on a scale with one value at a time that is in force at a moment. One statement."""
    rows = AreaGrade.objects.filter(visible(), scope.area_filter("area", permission), scale=scale, starts_at__lte=at).filter(Q(ends_at=None) | Q(ends_at__gt=at)).select_related("area").defer("area__geometry")
    return {row.area_id: row for row in rows.order_by("starts_at", "pk")}


def last_reviews(scope: Scope, scale: str, at: datetime) -> dict[int, AreaReview]:
    """area → the last time that somebody looked at what is decided on a scale. One statement."""
    rows = AreaReview.objects.filter(visible(), scope.area_filter("area", "plan.read"), scale=scale, reviewed_at__lte=at)
    return {row.area_id: row for row in rows.order_by("reviewed_at", "pk")}


def course(scope: Scope, scale: str, path: str, since: datetime, until: datetime) -> list[AreaGrade]:
    """Every line of a scale below an area that was in force at some time between, the earliest first. One statement."""
    rows = AreaGrade.objects.filter(visible(), scope.area_filter("area", "plan.read"), scale=scale, area__path__startswith=path, starts_at__lte=until)
    return list(rows.filter(Q(ends_at=None) | Q(ends_at__gt=since)).select_related("area").defer("area__geometry").order_by("starts_at", "pk"))


def decisions(scope: Scope, area: Area, scale: str, most: int = 50) -> list[AreaGrade | AreaReview]:
    """What was decided of one area on a scale and how it was looked at again, the latest first. Two statements."""
    lines = list(AreaGrade.objects.filter(visible(), scope.area_filter("area", "plan.read"), area=area, scale=scale).order_by("-starts_at", "-pk")[:most])
    looks = list(AreaReview.objects.filter(visible(), scope.area_filter("area", "plan.read"), area=area, scale=scale).order_by("-reviewed_at", "-pk")[:most])
    return sorted([*lines, *looks], key=lambda r: r.starts_at if isinstance(r, AreaGrade) else r.reviewed_at, reverse=True)[:most]


def published_grades(at: datetime) -> list[AreaGrade]:
    """For anyone: the risk grades in force that people decided, by area. No number is among them. One statement."""
    rows = AreaGrade.objects.filter(visible(), scale="risk", starts_at__lte=at).filter(Q(ends_at=None) | Q(ends_at__gt=at))
    return list(rows.select_related("area").defer("area__geometry").order_by("area__code", "starts_at"))


def published_course(code: str) -> list[AreaGrade]:
    """For anyone: every risk grade that people decided for one area, the earliest first, with the area's shape. One statement."""
    rows = AreaGrade.objects.filter(visible(), scale="risk", area__code=code, area__outside=False, area__valid_to=None)
    return list(rows.select_related("area").order_by("starts_at", "pk"))


def published_courses(since: datetime, at: datetime) -> list[AreaGrade]:
    """For anyone: the same for every area that had a grade in force at some time between, without shapes. One statement."""
    lately = AreaGrade.objects.filter(visible(), scale="risk", starts_at__lte=at).filter(Q(ends_at=None) | Q(ends_at__gt=since))
    rows = AreaGrade.objects.filter(visible(), scale="risk", area__in=lately.values("area"), area__outside=False, area__valid_to=None)
    return list(rows.select_related("area").defer("area__geometry").order_by("area__code", "starts_at", "pk"))


def course_before(lines: Collection[AreaGrade]) -> dict[UUID, list[AreaGrade]]:
    """For anyone, of lines that are public: how each stood before it was changed, the earliest first. One statement."""
    return superseded(AreaGrade, [line.pk for line in lines])


def published_orders(area: Area, at: datetime) -> list[Order]:
    """For anyone: the orders in force that touch the public, for an area and everything above it. One statement."""
    above = [int(n) for n in area.path.split(".") if n]
    rows = Order.objects.filter(visible(), touches_public=True, area__in=above, starts_at__lte=at, issued_at__lte=at).filter(Q(ends_at=None) | Q(ends_at__gt=at), Q(ended_at=None) | Q(ended_at__gt=at))
    return list(rows.select_related("area").defer("area__geometry").order_by("-restrictive", "starts_at", "pk"))


def public_levels(at: datetime) -> list[AreaGrade]:
    """For anyone: the response levels in force. One statement."""
    rows = AreaGrade.objects.filter(visible(), scale="response", starts_at__lte=at).filter(Q(ends_at=None) | Q(ends_at__gt=at))
    return list(rows.select_related("area").defer("area__geometry").order_by("area__code", "starts_at"))


def orders(scope: Scope) -> QuerySet[Order]:
    """The orders of the areas that this scope may see."""
    return Order.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area")


def tickets(scope: Scope) -> QuerySet[Ticket]:
    """The tickets of the areas that this scope may see."""
    return Ticket.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area")


def duties(scope: Scope) -> QuerySet[Duty]:
    """Who answers for what in the areas that this scope may see."""
    return Duty.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area")


def treatment_plan(area: Area, at: datetime) -> PublicText | None:
    """The treatment plan in force at an area: of the nearest area above that has one, the latest published. It names nobody, and is public."""
    found = PublicText.objects.filter(visible(), kind="treatment_plan", in_force=True, published_at__lte=at).select_related("area").defer("area__geometry")
    rows = [t for t in found.annotate(near=Length("area__path")).order_by("-near", "-published_at")[:500] if area.path.startswith(t.area.path)]
    return rows[0] if rows else None


def adopted_at(text: UUID, unit: UUID) -> datetime | None:
    """When a unit began to work by a text; None where it has not said so."""
    found = TextReceipt.objects.filter(visible(), text=text, unit=unit).order_by("reached_at").values_list("reached_at", flat=True).first()
    return found


def tickets_of(sender: str, numbers: Iterable[str]) -> dict[str, UUID]:
    """number → the ticket that a sender raised under it; for the story that raised it."""
    return dict(Ticket.objects.filter(sender=sender, source_id__in=list(numbers)).values_list("source_id", "pk"))


def grades_now(at: datetime) -> dict[int, str]:
    """area → its own risk grade in force, everywhere: grades are public. One statement."""
    rows = AreaGrade.objects.filter(visible(), scale="risk", starts_at__lte=at).filter(Q(ends_at=None) | Q(ends_at__gt=at))
    return dict(rows.order_by("starts_at").values_list("area", "value"))


def nearest_values(area: Area, scales: Iterable[str], at: datetime) -> dict[str, str]:
    """scale → its value in force at an area: its own, else that of the nearest area above. For scales that are public. One statement."""
    above = [int(n) for n in area.path.split(".") if n]
    rows = AreaGrade.objects.filter(visible(), scale__in=list(scales), area__in=above, starts_at__lte=at).filter(Q(ends_at=None) | Q(ends_at__gt=at))
    found = sorted(rows.values_list("scale", "area", "starts_at", "value"), key=lambda r: (above.index(r[1]), r[2]))
    return {scale: value for scale, _, _, value in found}


def number_of(area: Area, scale: str, at: datetime) -> Decimal | None:
    """The number of an area's own line on a scale in force at a moment, for who may read its plan; None where nobody has told it. One statement."""
    rows = AreaGrade.objects.filter(visible(), scale=scale, area=area, starts_at__lte=at).filter(Q(ends_at=None) | Q(ends_at__gt=at))
    return rows.order_by("-starts_at", "-pk").values_list("number", flat=True).first()


def grade_of(area: Area, at: datetime, known: Mapping[int, str] | None = None) -> str | None:
    """The risk grade of an area: its own, else that of the nearest area above; None where none has one."""
    grades_ = known if known is not None else grades_now(at)
    return next((grades_[int(pk)] for pk in reversed([pk for pk in area.path.split(".") if pk]) if int(pk) in grades_), None)


def in_force(scope: Scope, path: str, at: datetime) -> QuerySet[Order]:
    """The orders below an area that stand at a moment."""
    return orders(scope).filter(area__path__startswith=path, starts_at__lte=at).filter(Q(ends_at=None) | Q(ends_at__gt=at)).filter(Q(ended_at=None) | Q(ended_at__gt=at))


def orders_and_looks(scope: Scope, path: str, at: datetime) -> tuple[int, int]:
    """How many orders stand below an area at a moment, and how many of them are due to be looked at again. One statement."""
    found = in_force(scope, path, at).order_by().aggregate(n=Count("pk"), due=Count("pk", filter=Q(review_by__lte=at)))
    return found["n"], found["due"]


def access_order_by_id(scope: Scope, order: UUID) -> Order:
    """One order. Refused not-found-or-out-of-area."""
    return at_most_one(orders(scope).filter(pk=order)[:1])  # type: ignore[no-any-return]


def proposals(scope: Scope) -> QuerySet[OrderProposal]:
    """Proposed orders of the areas that this scope may see."""
    return OrderProposal.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area", "proposed_by", "decided_by")


def access_proposal_by_id(scope: Scope, proposal: UUID) -> OrderProposal:
    """One proposed order. Refused not-found-or-out-of-area."""
    return at_most_one(proposals(scope).filter(pk=proposal)[:1])  # type: ignore[no-any-return]


def access_ticket_by_id(scope: Scope, ticket: UUID) -> Ticket:
    """One ticket. Refused not-found-or-out-of-area."""
    return at_most_one(tickets(scope).select_related("area", "unit", "raised_by", "part_of").filter(pk=ticket)[:1])  # type: ignore[no-any-return]


def guard_posts(scope: Scope) -> QuerySet[GuardPost]:
    """Seats and guard posts of the areas that this scope may see."""
    return GuardPost.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area", "unit")


def last_calls(posts: Iterable[UUID]) -> dict[UUID, TestCall]:
    """guard post → the last test call. One statement."""
    rows = TestCall.objects.filter(visible(), guard_post__in=list(posts)).order_by("guard_post", "-called_at", "-pk").distinct("guard_post")
    return {row.guard_post_id: row for row in rows}


def rounds(scope: Scope) -> QuerySet[InspectionRound]:
    """Rounds of inspection of the areas that this scope may see."""
    return InspectionRound.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area", "drawn_by")


def access_round_by_id(scope: Scope, round_: UUID) -> InspectionRound:
    """One round. Refused not-found-or-out-of-area."""
    return at_most_one(rounds(scope).filter(pk=round_)[:1])  # type: ignore[no-any-return]


def drawn(scope: Scope) -> QuerySet[DrawnUnit]:
    """The units on which the lot fell, in the areas that this scope may see."""
    return DrawnUnit.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area", "unit", "round", "inspection")


def access_drawn_by_id(scope: Scope, drawn_unit: UUID) -> DrawnUnit:
    """One of them. Refused not-found-or-out-of-area."""
    return at_most_one(drawn(scope).filter(pk=drawn_unit)[:1])  # type: ignore[no-any-return]


def seen_not_kept(scope: Scope, path: str, since: datetime) -> set[UUID]:
    """The units below an area of which somebody has seen since then that they did not keep what they should. One statement."""
    rows = Inspection.objects.filter(visible(), scope.area_filter("area", "plan.read"), area__path__startswith=path, outcome="not_kept", seen_at__gte=since, unit__isnull=False)
    return set(rows.values_list("unit", flat=True))


def reviews(scope: Scope, area: Area) -> QuerySet[SituationReview]:
    """The versions of an area's review, the latest first."""
    return SituationReview.objects.filter(visible(), scope.area_filter("area", "plan.read"), area=area).select_related("area", "made_by").order_by("-version")


def address(digest: str) -> CalendarAddress | None:
    """The address of a calendar that is in use under a digest, with its post; for who comes by it."""
    return CalendarAddress.objects.filter(digest=digest, ended_at=None).select_related("post__area", "area").first()


def has_address(scope: Scope) -> bool:
    """Whether this post has an address in use."""
    return CalendarAddress.objects.filter(post=scope.post_id, ended_at=None).exists()


def last_check_ins(posts: Iterable[UUID]) -> dict[UUID, datetime]:
    """guard post → when somebody last checked in there. One statement."""
    rows = Act.objects.filter(visible(), kind="shift.checked_in", subject__in=list(posts)).order_by("subject", "-happened_at").distinct("subject")
    return dict(rows.values_list("subject", "happened_at"))


def open_tickets(scope: Scope, path: str, at: datetime) -> dict[str, tuple[int, int]]:
    """Kind → (open, overdue of them) below an area. One statement."""
    rows = tickets(scope).filter(area__path__startswith=path, verified_at=None).order_by().values("kind").annotate(n=Count("pk"), late=Count("pk", filter=Q(due_at__lt=at)))
    return {row["kind"]: (row["n"], row["late"]) for row in rows}


def to_verify(scope: Scope, path: str) -> QuerySet[Ticket]:
    """Tickets that this post raised, that are answered, and that nobody has seen to be done yet."""
    return tickets(scope).filter(area__path__startswith=path, verified_at=None, answered_at__isnull=False, raised_by=scope.post_id)


def round_counts(rounds_: Iterable[UUID]) -> dict[UUID, tuple[int, int, int]]:
    """round → (units drawn, looked at, not kept). One statement; it names nothing."""
    rows = DrawnUnit.objects.filter(round__in=list(rounds_)).order_by().values("round")
    found = rows.annotate(n=Count("pk"), seen=Count("inspection"), bad=Count("pk", filter=Q(inspection__outcome="not_kept")))
    return {row["round"]: (row["n"], row["seen"], row["bad"]) for row in found}


def said_done(units: Iterable[UUID], since: datetime, practice: str) -> dict[UUID, datetime]:
    """unit → when it last said by its own check that it keeps the practice, or any where it names none. One statement."""
    rows = Act.objects.filter(visible(), kind__in=("self_check", "self_check.filed"), subject__in=list(units), happened_at__gte=since).filter(Q(outcome=practice) | Q(outcome=None))
    return dict(rows.order_by("subject", "happened_at").values_list("subject", "happened_at"))


def access_review_by_id(scope: Scope, review: UUID) -> SituationReview:
    """One version of a review. Refused not-found-or-out-of-area."""
    rows = SituationReview.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area", "made_by")
    return at_most_one(rows.filter(pk=review)[:1])  # type: ignore[no-any-return]


def scope_of_address(found: CalendarAddress) -> Scope | None:
    """The scope of who comes by the address of a calendar: that of its post, while somebody holds it and it may read the plan there; None otherwise."""
    at = clock.now()
    held = Holding.objects.filter(post=found.post_id, valid_from__lte=at).filter(Q(valid_to=None) | Q(valid_to__gt=at)).select_related("user", "post__area").first()
    if held is None or not held.user.is_active:
        return None
    scope = Scope.open(held.user, held.post, held=[held.post])
    return scope if scope.can("plan.read", found.area) else None
