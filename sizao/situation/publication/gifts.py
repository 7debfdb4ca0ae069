"""The ledger of donations as it may go out: received, passed on, in store; where it went; who gave, as far as he agreed to be named."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.registers.ledgers import gifts as money
from sizao.registers.resources import giving as goods

from .stories import FORMS

#: Lines of "where it went" and of "who gave" that are told one by one, the largest first; further ones are counted, and are in the sums.
MOST = 2000
ITEM, MONEY = "item", "currency"
#: What is no part of a name: a body may be called after its building.
ALLOWED = ("door",)


@dataclass(frozen=True, slots=True)
class Made:
    """`body` as it goes out. Amounts are decimal numbers as text, in the item's unit or the currency."""

    body: dict[str, Any]

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps(self.body, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def make(scope: Scope, area: Area, as_of: datetime) -> Made:
    """What had come and gone below an area at a moment. Six statements.

    Refused: story-names-somebody, where a number or an address stands in the place of a giver's name; donations-do-not-add-up, where more money was used than came.
    """
    came = [(ITEM, c.item, c.giver, c.gifts, c.unmeasured, c.amount) for c in goods.came(scope, area.path, as_of)]
    came += [(MONEY, c.currency, c.giver, c.gifts, 0, c.amount) for c in money.came(scope, area.path, as_of)]
    check_names({giver for _, _, giver, *_ in came})
    passed = goods.passed_on(scope, area.path, as_of)
    places = {a.pk: a for a in Area.objects.filter(pk__in={p.area for p in passed if not p.unit_name}).defer("geometry")}
    went: dict[tuple[str, str, str, str, str], Decimal] = defaultdict(Decimal)
    for p in passed:
        zh, en = (p.unit_name, p.unit_name) if p.unit_name else (places[p.area].name_zh, places[p.area].name_en or places[p.area].name_zh)
        went[ITEM, p.item, "", zh, en] += p.amount
    for u in money.used(scope, area.path, as_of):
        went[MONEY, u.currency, u.use, u.to, u.to] += u.amount
    to = [{"kind": kind, "code": code, "use": use, "to": {"zh": zh, "en": en}, "amount": told(n)} for (kind, code, use, zh, en), n in went.items()]
    givers = [{"kind": kind, "code": code, "giver": giver, "gifts": n, "amount": told(amount)} for kind, code, giver, n, _, amount in came]
    to, more_to = _largest(to)
    givers, more_givers = _largest(givers)
    return Made({"sums": sums(came, went), "to": to, "givers": givers, "more": {"to": more_to, "givers": more_givers}})


def sums(came: list[tuple[str, str, str, int, int, Decimal]], went: dict[tuple[str, str, str, str, str], Decimal]) -> list[dict[str, Any]]:
    """Each kind with what came, what was passed on and what is in store: the first less the second. Refused donations-do-not-add-up."""
    received: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    gifts, unmeasured = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for kind, code, _, n, without, amount in came:
        received[kind, code] += amount
        gifts[kind, code] += n
        unmeasured[kind, code] += without
    passed: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for (kind, code, *_), amount in went.items():
        passed[kind, code] += amount
    if over := sorted(code for (kind, code), amount in passed.items() if amount > received.get((kind, code), Decimal(0))):
        raise Refused("donations-do-not-add-up", what="、".join(over))
    return [
        {"kind": kind, "code": code, "gifts": gifts[kind, code], "unmeasured": unmeasured[kind, code], "received": told(amount), "passed_on": told(passed[kind, code]), "in_store": told(amount - passed[kind, code])}
        for (kind, code), amount in sorted(received.items())
    ]  # fmt: skip


def check_names(names: set[str]) -> None:
    """A giver's name is a name. Refused story-names-somebody: an identity number, a telephone or the like stands in it."""
    found = Counter({kind: sum(len(form.findall(name)) for name in names) for kind, form in FORMS.items() if kind not in ALLOWED})
    if wrong := {kind: n for kind, n in found.items() if n}:
        raise Refused("story-names-somebody", found="；".join(f"{kind}：{n}" for kind, n in wrong.items()))


def told(amount: Decimal) -> str:
    """An amount without noughts at its end.

    >>> told(Decimal("200.000")), told(Decimal("0.50")), told(Decimal(0))
    ('200', '0.5', '0')
    """
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _largest(rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    found = sorted(rows, key=lambda r: (r["kind"], r["code"], -Decimal(r["amount"]), r.get("giver", ""), r.get("use", ""), r.get("to", {}).get("zh", "")))
    if len(found) > MOST:
        kept = sorted(range(len(found)), key=lambda n: -Decimal(found[n]["amount"]))[:MOST]
        return [found[n] for n in sorted(kept)], len(found) - MOST
    return found, 0
