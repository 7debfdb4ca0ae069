"""The release lag: how long after their order ended people were really let go. By area, with whatever ended the order, results included.

It measures those who hold, never those who are held; in public small counts are left out (`rules.suppressed`).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles

from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Coalesce

from sizao.kernel import clock
from sizao.kernel.models import Area
from sizao.kernel.rows import among
from sizao.kernel.scope import Scope, visible

from . import rules
from .ending import told_of
from .models import Order, Stay

#: An open stay ends last of all.
FAR = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Lag:
    """How late people are let go after their order ended: of those let go, the median and the slowest tenth; and how many are still held.

    Attributes:
        let_go: Persons whose last stay under an order that is over has ended, at its end or after. Whose observation ended as he became a case was not to be let go, and is
            none of them; as long as he is held without another order he is `held`.
        held: Persons still in a stay under an order that is over.
        median, tenth: Hours after the order's end, of `let_go`; None when there is none. The tenth is the ninth decile.
        longest_held: Hours since the end of the order of who is held longest.
    """

    let_go: int
    held: int
    median: float | None
    tenth: float | None
    longest_held: float | None


@dataclass(frozen=True, slots=True)
class _One:
    """One order that is over and had a stay: the path of its area, hours from its end to the leaving (None: still held), and since its end."""

    path: str
    late: float | None
    since: float


def release_lag(scope: Scope, at: datetime | None = None, days: int = 30) -> Lag:
    """The release lag of the orders that ended in the last days, below the areas of this scope."""
    return _lag(_ended(Order.objects.filter(scope.area_filter("area", "plan.read")), at or clock.now(), days))


def release_lag_by_area(scope: Scope, below: Sequence[Area], at: datetime | None = None, days: int = 30) -> list[tuple[Area, Lag]]:
    """The same for each of these areas, in their order; areas without any are left out."""
    return _by_area(_ended(Order.objects.filter(scope.area_filter("area", "plan.read")), at or clock.now(), days), below)


def public_lag(below: Sequence[Area], at: datetime | None = None, days: int = 30) -> tuple[Lag, list[tuple[Area, Lag]]]:
    """For anyone: the whole, and each of these areas. Counts only; who shows them leaves out the small ones."""
    found = _ended(Order.objects.all(), at or clock.now(), days)
    return _lag(found), _by_area(found, below)


def still_held(scope: Scope, at: datetime | None = None, most: int = 200) -> list[tuple[Stay, datetime, str]]:
    """Stays that go on though their order is over: (stay, when the order ended, why), the longest first. A stay binds nobody; the door is to be opened."""
    at = at or clock.now()
    rows = list(
        Stay.objects.filter(visible(), scope.area_filter("area"), ended_at=None, order__isnull=False).select_related("area", "order__issue", "order__area").order_by("order__ends_at")[:20_000]
    )
    told = told_of([s.order for s in rows], at)
    found = [(s, rules.over_at(told[s.order_id]), rules.why_over(told[s.order_id])) for s in rows if rules.standing(told[s.order_id], at) in ("lifted", "expired")]
    return sorted(found, key=lambda f: f[1])[:most]


def _ended(orders: QuerySet[Order], at: datetime, days: int) -> list[_One]:
    since = at - timedelta(days=days)
    stays = Q(stays__batch=None) | Q(stays__batch__closed_at__isnull=False, stays__batch__undone_at=None)
    found = orders.filter(stays, stays__started_at__lte=at, issue__refused_at=None, starts_at__lte=at).filter(Q(lifted_at=None, ends_at__gte=since) | Q(lifted_at__gte=since))
    last = found.annotate(gone=Max(Coalesce("stays__ended_at", FAR))).values_list("pk", "gone", "area__path")
    ended = {pk: (gone, path) for pk, gone, path in last}
    rows = list(among(Order.objects.select_related("issue"), "id", ended))
    told = told_of(rows, at)
    out = []
    for row in rows:
        gone, path = ended[row.pk]
        over = rules.over_at(told[row.pk])
        if since <= over <= at and gone >= over:
            late = None if gone > at else (gone - over).total_seconds() / 3600
            if late is not None and rules.why_over(told[row.pk]) == "became_case":  # taken to be treated, not let go
                continue
            out.append(_One(path, late, (at - over).total_seconds() / 3600))
    return out


def _by_area(found: Iterable[_One], below: Sequence[Area]) -> list[tuple[Area, Lag]]:
    grouped: dict[str, list[_One]] = defaultdict(list)
    for one in found:
        for area in below:
            if one.path.startswith(area.path):
                grouped[area.path].append(one)
                break
    return [(a, _lag(grouped[a.path])) for a in below if a.path in grouped]


def _lag(found: Sequence[_One]) -> Lag:
    late = sorted(one.late for one in found if one.late is not None)
    held = [one.since for one in found if one.late is None]
    ninth = quantiles(late, n=10, method="inclusive")[8] if len(late) > 1 else late[0] if late else None
    return Lag(len(late), len(held), round(median(late), 2) if late else None, None if ninth is None else round(ninth, 2), round(max(held), 2) if held else None)
