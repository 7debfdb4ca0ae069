"""What binds a person now: the one function that the pass, the person's own page, the desk and the API all ask. It is computed when it is read.

A status is no colour and no score: there is an order in force, or there is none; if there is, why, until when, and how to object.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sizao.kernel import clock
from sizao.kernel.scope import Scope
from sizao.registers.isolation import orders as isolation
from sizao.registers.isolation import rules
from sizao.registers.isolation.ending import told_of

Code = Literal["none", "order"]


@dataclass(frozen=True, slots=True)
class Standing:
    """One order and how it stands.

    Attributes:
        code: A code of `order-standing`.
        over_at: When it ends or ended, with all that ends it by itself.
        why: A code of `lift-reason` where it ended before its end: what somebody said who lifted it, or what ended it by itself; else "".
    """

    order: Any
    rule: isolation.Rule
    code: rules.Standing
    over_at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """What binds one person at a moment.

    Attributes:
        code: none · order.
        until: When the last of the orders in force ends; None when there is none.
        kinds: Kinds of stay ordered.
        changes_at: When this answer will be another by itself (an order ends or begins); None when it will not.
        orders: Every order of the person, the oldest first.
    """

    person: UUID
    code: Code
    at: datetime
    until: datetime | None
    kinds: tuple[str, ...]
    changes_at: datetime | None
    orders: tuple[Standing, ...]

    @property
    def in_force(self) -> list[Standing]:
        return [s for s in self.orders if s.code == "in_force"]

    @property
    def mark(self) -> str:
        """A digest of what a pass would say: two statuses of one mark say the same."""
        text = f"{self.code} {self.until.isoformat() if self.until else ''} {','.join(self.kinds)}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def of(scope: Scope, people: Iterable[UUID], at: datetime | None = None) -> dict[UUID, Status]:
    """The status of each of these persons; two statements, however many they are. The caller has asked for the right to look, and audits."""
    at, wanted = at or clock.now(), list(dict.fromkeys(people))
    orders = isolation.orders_of(scope, wanted)
    told = told_of([o for found in orders.values() for o in found], at)
    return {p: _status(p, orders.get(p, []), told, at) for p in wanted}


def one(scope: Scope, person: UUID, at: datetime | None = None) -> Status:
    return of(scope, [person], at)[person]


def _status(person: UUID, orders: list[Any], told: Mapping[UUID, rules.Told], at: datetime) -> Status:
    found = []
    for order in orders:
        one = told[order.pk]
        code = rules.standing(one, at)
        why = (rules.why_over(one) or order.lift_reason or "") if code == "lifted" else ""
        found.append(Standing(order, isolation.rule_of(order), code, rules.over_at(one), why))
    now = [s for s in found if s.code == "in_force"]
    turns = [s.over_at for s in now] + [end for s in now if (end := told[s.order.pk].may_end_at) is not None] + [s.order.starts_at for s in found if s.code == "ahead"]
    return Status(
        person, "order" if now else "none", at, max((s.over_at for s in now), default=None), tuple(sorted({s.order.kind for s in now})), min(turns, default=None), tuple(found)
    )
