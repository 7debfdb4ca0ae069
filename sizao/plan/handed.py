"""Custody that was passed on, in plain Python: the sender's half of an occasion in whose course another area accepted the subject.

The occasion itself is the receiver's (area at the reading time). For every area that gave the subject away between opening and due, and had not done
what was owed by then, one row stands beside it: closed, `handed:` with the area that accepted, `done_at` when it did. Until that moment there is no
such row, and the sender owes. A register changes the area of such a subject only when a hand-over is accepted (`FactsTable.custody`); a correction of
where somebody always was replaces the version and hands nobody over.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from .language.measure import Measure
from .obligations import AHEAD, CANNOT_TELL, CLOSED, HANDED, HANDED_OCCASION, LATE, MET, NOT_KEPT, OPEN, OVERDUE, Obligation
from .reference import Evaluator

OWED = (OPEN, AHEAD, MET, LATE, OVERDUE)


def owed(state: str, reason: str | None) -> bool:
    """Somebody owes it. What the receiver does is often not recorded here (another installation's area): that says nothing of the sender, who owed it until then."""
    return state in OWED or (state == CANNOT_TELL and (reason or "").startswith(f"{NOT_KEPT}:"))


def passes_on(m: Measure) -> bool:
    """Its subjects change hands."""
    return m.table.custody


def handed(e: Evaluator) -> Iterator[Obligation]:
    """The senders' rows, numbered for each subject in the order of occasions and hand-overs; of whatever enactment the receiver's are."""
    if not passes_on(e.m):
        return
    count: dict[object, int] = {}
    every = (o for subject in list(e.register.versions[e.m.facts]) for o in e.wherever(subject))
    for o in sorted((o for o in every if owed(o.state, o.reason) and o.due is not None), key=lambda o: o.occasion):
        assert o.opens is not None and o.due is not None
        for before, after in pairwise(sorted(e.register.versions[e.m.facts][o.subject], key=lambda v: v["vf"])):
            at = after["vf"]
            moved = before["vt"] == at and None not in (before["area"], after["area"]) and before["area"] != after["area"]
            if moved and max(o.opens, before["known"]) < at <= min(o.due, e.as_of) and (o.done_at is None or o.done_at > at):
                count[o.subject] = count.get(o.subject, 0) + 1
                yield Obligation(
                    e.m.id, o.subject, before["person"], HANDED_OCCASION - count[o.subject], o.opens, o.due, CLOSED, f"{HANDED}:{after['area']}",
                    before["area"], e.register.owner(e.m, before["area"], e.as_of), False, False, at,
                )  # fmt: skip
