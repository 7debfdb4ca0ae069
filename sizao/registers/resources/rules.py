"""Days of cover, and in which order needs are served. Pure: the values are arguments."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal


def cover_days(on_hand: Decimal | None, use_per_day: Decimal | None) -> Decimal | None:
    """For how many days the stock lasts; None where that cannot be told (no number, or nothing is used).

    >>> cover_days(Decimal(30), Decimal(10)), cover_days(Decimal(30), Decimal(0)), cover_days(None, Decimal(1))
    (Decimal('3'), None, None)
    """
    if on_hand is None or not use_per_day:
        return None
    return on_hand / use_per_day


@dataclass(frozen=True, slots=True)
class Wanted:
    """A need in a queue: `tier` 1 goes first; within a tier whoever has waited longest."""

    key: str
    tier: int | None
    waiting: int
    amount: Decimal


def served(wanted: Sequence[Wanted], there: Decimal) -> dict[str, Decimal]:
    """What each need gets of what is there, by tier and then by waiting; a need without a tier comes last. Nothing is given twice, nothing is left while somebody lacks.

    >>> served([Wanted("ward", 1, 0, Decimal(6)), Wanted("shop", 2, 9, Decimal(5)), Wanted("gate", 1, 3, Decimal(2))], Decimal(9))
    {'gate': Decimal('2'), 'ward': Decimal('6'), 'shop': Decimal('1')}
    """
    left, found = there, {}
    for w in sorted(wanted, key=lambda w: (w.tier if w.tier is not None else 99, -w.waiting, w.key)):
        found[w.key] = min(w.amount, left)
        left -= found[w.key]
    return found
