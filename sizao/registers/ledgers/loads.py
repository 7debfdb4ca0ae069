"""How much of a day the ledgers take of those who file them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from sizao.kernel.models import Post
from sizao.kernel.scope import Scope, visible

from .catalogue import ledgers
from .due import asked, cost
from .models import Entry
from .read import units

#: Lines of ledgers that are filed as things happen are counted over so many days.
OVER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Load:
    """What the ledgers ask of everybody of one role. `minutes`: worker-minutes a day, of all together; `posts`: how many such posts there are now."""

    role: str
    posts: int
    minutes: float

    @property
    def each(self) -> float | None:
        """Worker-minutes a day of one post; None where there is none."""
        return self.minutes / self.posts if self.posts else None


def loads(scope: Scope, at: datetime) -> list[Load]:
    """By role, the heaviest first: what is due by the clock from the units of this scope, and the lines of the last seven days of ledgers filed as things happen.

    A ledger that is due by the clock counts where it is in force. Three statements and what is in force. Roles whose ledgers cost nothing are left out.
    """
    kinds: dict[str, int] = dict(units(scope).exclude(in_use=False).order_by().values_list("kind").annotate(n=Count("id")))
    recent = Entry.objects.filter(visible(), scope.area_filter("area", "plan.read"), happened_at__gt=at - OVER, happened_at__lte=at)
    lines: dict[str, int] = dict(recent.order_by().values_list("ledger").annotate(n=Count("id")))
    minutes: dict[str, float] = defaultdict(float)
    for one in {a.ledger.id: a.ledger for a in asked(at)}.values():
        minutes[one.filed_by] += cost(one, kinds)[1]
    for name, one in ledgers().items():
        if not one.is_due:
            minutes[one.filed_by] += one.minutes * lines.get(name, 0) / OVER.days
    held = Post.objects.filter(scope.area_filter("area", "plan.read"), Q(valid_to=None) | Q(valid_to__gt=at), valid_from__lte=at, role__in=list(minutes))
    posts: dict[str, int] = dict(held.order_by().values_list("role").annotate(n=Count("pk")))
    return sorted((Load(role, posts.get(role, 0), m) for role, m in minutes.items() if m), key=lambda one: (-one.minutes, one.role))
