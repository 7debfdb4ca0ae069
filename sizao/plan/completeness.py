"""Check one of a measure, in plain Python: is its list complete? What is not stands beside the obligations, counted and listed as they are.

*unlisted*: a person who should be on the list, by what another register or act tells, and is on it by no row. *short*: the list does not reach a
figure from outside (`have` stand on it, it should have `need`). *no list*: its holder has not handed it in, or the figure is not told.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sizao.kernel.facts import AreaFact

from .handed import handed
from .language.measure import BEGINNING, Filed, From, Measure, Total
from .language.values import value
from .obligations import (
    BESIDE_OCCASION,
    CANNOT_TELL,
    FILED,
    LATE,
    MET,
    NO_LIST,
    OVERDUE,
    SHORT,
    TOTAL,
    UNKNOWN,
    UNLISTED,
    UNLISTED_OCCASION,
    Force,
    Obligation,
)
from .reference import Evaluator
from .register import Register, Row

ANSWERED = (MET, LATE, OVERDUE, CANNOT_TELL)


def beside(m: Measure, register: Register, as_of: datetime, force: Force | None = None, person: str = "person") -> list[Obligation]:
    """Everything by which the list of a measure is not complete at `as_of`, and what was handed over. `person`: the table of persons, for where they live."""
    return list(Completeness(m, register, as_of, force, person).all())


class Completeness:
    def __init__(self, m: Measure, register: Register, as_of: datetime, force: Force | None, person: str):
        self.e = Evaluator(m, register, as_of, force)
        self.m, self.register, self.as_of, self.person = m, self.e.register, as_of, person
        self.force = self.e.force
        self.listed = [row for row in self.standing(m.facts) if self.e.told(row, as_of, as_of) is not False]

    def all(self) -> Iterator[Obligation]:
        """What was handed over stays with the text under which it opened; of a list's completeness only the text speaks that is in force now."""
        yield from (o for o in handed(self.e) if self.e.belongs(o))
        if not self.force.start <= self.as_of < self.force.end:
            return
        yield from self.unlisted()
        for i, entry in enumerate(self.m.reconcile):
            if isinstance(entry, Total):
                yield from self.short(entry, BESIDE_OCCASION - i)
            elif isinstance(entry, Filed):
                yield from self.not_filed(entry, BESIDE_OCCASION - i)

    def standing(self, table: str) -> Iterator[Row]:
        """The rows of a table that stand now, of the diseases that the edition is about."""
        for subject in self.register.versions[table]:
            row = self.register.standing(table, subject, self.as_of)
            if row and row["known"] <= self.as_of and self.e.of_disease(row):
                yield row

    def mine(self, area: Any, disease: str | None) -> bool:
        """What is said of the list in that area, about a row of that disease, is said by this enactment."""
        return self.register.belongs(area, self.force, self.as_of, disease)

    def told(self, state: str, reason: str, subject: Any, person: Any, area: Any, occasion: int, **more: Any) -> Obligation:
        post = more.pop("post") if "post" in more else self.register.owner(self.m, area, self.as_of)
        return Obligation(self.m.id, subject, person, occasion, None, more.pop("due", None), state, reason, area, post, False, False, None, **more)

    # -- who is missing on it

    def unlisted(self) -> Iterator[Obligation]:
        names = {row["person"] for row in self.listed}
        entries = [entry for entry in self.m.reconcile if isinstance(entry, From)]
        found: dict[Any, tuple[int, Any, bool]] = {}
        for i, entry in enumerate(entries):
            for who, area, disease in self.reconciled(entry):
                if who not in names:
                    one = (i, area, self.mine(area, disease))
                    found[who] = min(found.get(who, one), one, key=lambda f: (f[0], f[1] is None, f[1] or 0, f[2]))
        for who, (i, area, mine) in found.items():
            if mine:
                yield self.told(UNLISTED, f"{UNLISTED}:{entries[i].source}", who, who, area, UNLISTED_OCCASION)

    def reconciled(self, entry: From) -> Iterator[tuple[Any, Any, str | None]]:
        """(person, area, disease) of all that one line tells; an act tells of no disease."""
        e, now = self.e, self.as_of
        if not entry.acts:
            for row in self.standing(entry.source):
                if row["person"] is not None and (entry.where is None or value(entry.where, e.context(row, now, now)) is True):
                    yield row["person"], row["area"], row["disease"]
            return
        homes: dict[Any, list[Any]] = {}
        for r in (r for rows in self.register.versions.get(self.person, {}).values() for r in rows if r["vf"] <= now < r["vt"]):
            homes.setdefault(r["person"], []).append(r["area"])
        for (key, kind, who), acts in self.register.acts.items():
            if key == "person" and kind == entry.source:
                for act in acts:
                    ctx = e.context({**act, "disease": None, "area": None}, now, now)
                    if e.force.start <= act["at"] <= now and (entry.where is None or value(entry.where, ctx) is True):
                        yield from ((who, home, None) for home in homes.get(who, [None]))

    # -- how many should be on it

    def short(self, entry: Total, occasion: int) -> Iterator[Obligation]:
        """A figure is about its area and all below. Without an area, or not told, it is no denominator."""
        for row in self.of_areas(entry.fact) if entry.fact else self.standing(entry.source):
            if not self.mine(row["area"], row["disease"]):
                continue
            need = row["need" if entry.fact else entry.column]
            if need is None or row["area"] is None:
                missing = "area" if row["area"] is None else f"{entry.source}.{entry.column}"
                yield self.told(NO_LIST, f"{UNKNOWN}:{missing}", row["id"], row["person"], row["area"], occasion)
                continue
            have = sum(row["area"] in self.register.above(r["area"]) for r in self.listed)
            if have < need:
                yield self.told(SHORT, f"{TOTAL}:{entry.source}.{entry.column}", row["id"], row["person"], row["area"], occasion, have=have, need=need)

    def of_areas(self, fact: AreaFact) -> Iterator[Row]:
        """What is said of areas themselves now; of several lines about one the latest."""
        last: dict[Any, Row] = {}
        for g in self.register.area_facts:
            stands = g["vf"] <= self.as_of < g["vt"] and g["starts_at"] <= self.as_of and (fact.ended or self.as_of < g["ends_at"])
            before = last.get(g["area"])
            later = before is None or (g["starts_at"], -g["id"]) > (before["starts_at"], -before["id"])
            if g["scale"] == fact.scale and stands and fact.only in (None, g["value"]) and later:
                last[g["area"]] = g
        yield from ({"id": g["id"], "person": None, "area": g["area"], "disease": None, "need": g[fact.field]} for g in last.values())

    # -- whether it was handed in at all

    def not_filed(self, entry: Filed, occasion: int) -> Iterator[Obligation]:
        """The holders whose last list that was due has not come, or of whom that cannot be told."""
        last: dict[Any, Obligation] = {}
        filed = self.e.another(self.m.all[entry.measure])
        for o in filed.all():
            if o.state in ANSWERED and (o.subject not in last or order(last[o.subject]) < order(o)):
                last[o.subject] = o
        for o in last.values():
            row = filed.register.standing(filed.m.facts, o.subject, self.as_of)
            if o.state in (OVERDUE, CANNOT_TELL) and row is not None and self.mine(o.area, row["disease"]):
                yield self.told(NO_LIST, o.reason or f"{FILED}:{entry.act}", o.subject, o.person, o.area, occasion, due=o.due, post=o.post)


def order(o: Obligation) -> tuple[datetime, int]:
    """The later of a subject's occasions comes last."""
    return o.due or BEGINNING, o.occasion
