"""Invented registers: versions of subjects, and acts that mostly happen on or beside an edge of somebody's window."""

from __future__ import annotations

import datetime as dt
import random
from collections import namedtuple
from dataclasses import replace
from typing import Any

from engine_edition import ACTS, EDITION, TABLES
from engine_pairs import PAIRED

from sizao.plan.derived import knowing
from sizao.plan.language import done as forms
from sizao.plan.language.agreeing import PLAIN, pairs
from sizao.plan.language.measure import FAR, Measure
from sizao.plan.language.terms import Tally
from sizao.plan.obligations import Force, Narrower
from sizao.plan.reference import Evaluator
from sizao.plan.register import Register
from sizao.plan.timetable import NoTimetable

START = dt.datetime(2020, 5, 30)
HOURS = (0, 8, 14, 17, 20)
AREAS = {1: (None, "country"), 2: (1, "county"), 3: (1, "county"), 4: (2, "village"), 5: (2, "village"), 6: (3, "village"), 7: (4, "grid")}
CODES = {f"C{area}": area for area in AREAS}
LIKELY: dict[str, list[Any]] = {
    "class": ["close"] * 3 + ["secondary", "general"],
    "open": [True] * 3 + [False],
    "visits": [1, 2, 3],
    "kind": ["arrival", "hospital", "school", "other"],
    "beds": [99, 100],
    "running": [True] * 3 + [False],
    "load": [0.25, 0.5, 2],
    "urgent": [True, False],
    "shift_hours": [8, 12, 24, 36],
    "ward": ["fever", "fever", "other", None],
    "for_kind": ["arrival", "hospital", "hospital", "school"],
    "said": ["good", "good", "close", "fair"],
    "opens_on": [dt.date(2020, 1, 31), dt.date(2020, 3, 30), dt.date(2020, 6, 1)],
}


class Choices:
    """Where the choices come from: a seed, or a generator of examples that can shrink them. `base`: what all ids of the register are counted from."""

    def __init__(self, pick_index, base: int = 0):
        self.index = pick_index  # n → 0 … n-1
        self.base = base

    def one(self, n: int) -> int:
        """One of the first n ids."""
        return self.base + 1 + self.index(n)

    def area(self, options: list[int | None]) -> int | None:
        found = self.pick(options)
        return None if found is None else self.base + found

    @classmethod
    def seeded(cls, seed: int, base: int = 0) -> Choices:
        r = random.Random(seed)
        return cls(lambda n: r.randrange(n), base)

    def pick(self, options):
        return options[self.index(len(options))]

    def rare(self, percent: int) -> bool:
        return self.index(100) >= 100 - percent

    def moment(self, first: int = 0, last: int = 24) -> dt.datetime:
        return START + dt.timedelta(days=first + self.index(last - first), hours=self.pick(HOURS))


def value(c: Choices, name: str, kind: str):
    if c.rare(6):
        return None
    if name in LIKELY:
        return c.pick(LIKELY[name])
    t = c.moment(8, 24) if name in ("released_at", "due_on") else c.moment(0, 12)
    return t.date() if kind == "date" else t


def versions(c: Choices, table, subject: int) -> list[dict]:
    """A chain of versions without a gap; sometimes the first stood before the subject was known, sometimes the last has ended."""
    cuts = sorted({c.moment(0, 9), *(c.moment(9, 22) for _ in range(c.pick([0, 0, 0, 1, 2])))})
    known = cuts[0] + c.pick([0, 0, 0, 4, 30]) * dt.timedelta(hours=1)
    if len(cuts) > 1:
        known = min(known, cuts[1])
    row = {col.name: value(c, col.name, col.type) for col in table.stored}
    row |= {link.name: None if c.rare(15) else c.one(4) for link in table.links}
    row |= {
        "id": c.base + subject,
        "person": None if table.person is None or c.rare(8) else c.one(5),
        "area": None if c.rare(5) else c.area([4, 5, 6, 7, 2]),
        "disease": c.pick(["covid-19", "covid-19", "flu", None]),
    }
    found = []
    for vf, vt in zip(cuts, [*cuts[1:], FAR if not c.rare(5) else cuts[-1] + dt.timedelta(days=6)], strict=True):
        found.append({**row, "known": known, "vf": vf, "vt": vt})
        changed = c.pick(table.stored)
        row = {**row, changed.name: value(c, changed.name, changed.type), "area": c.area([4, 5, 6]) if c.rare(30) else row["area"]}
    return found


def act(c: Choices, kind: str, at: dt.datetime, row: dict | None, key: str = "subject") -> dict:
    """An act of a kind; with a row, one that mostly agrees with it on the key."""
    subject, person = (row["id"], row["person"]) if row else (c.one(4), c.one(5))
    agreed = {} if row is None or c.rare(4) else {a: row[r] for a, r in pairs(key) if row[r] is not None}
    return {
        "area": c.area([2, 3, 4, 5, 6]) if row is None or row["area"] is None else row["area"],
        "other": c.one(6),
        "id": 0,
        "kind": kind,
        "subject": subject,
        "person": person,
        "at": at,
        "told_at": at + c.pick([0, 0, 0, 5, 30, 70]) * dt.timedelta(hours=1),
        "period": at.date() + c.pick([0, 0, 0, 1, -1]) * dt.timedelta(days=1) if not c.rare(8) else None,
        "outcome": c.pick(["good", "good", "fair", "nobody", None]),
        "number": c.pick([0, 2, 3, None]),
        **agreed,
    }


def rest(c: Choices, some: bool, tops: list[dict] | None = None) -> dict:
    """The tree, posts and what is kept since when. `tops`: what is kept at the top of the tree, where several registers lie side by side."""
    roles = [m.by.role for m in EDITION.measures.values()]
    posts = [
        {
            "id": c.base + i,
            "role": c.pick(roles),
            "area": c.area([1, 2, 3, 4, 5, 6]),
            "vf": c.moment(0, 12),
            "vt": FAR if not c.rare(25) else c.moment(12, 24),
        }
        for i in range(1, 3 if some else 13)
    ]
    kept = [
        {"kind": a.kind, "area": c.base + area, "since": START + dt.timedelta(days=c.pick([-100, -100, 3, 9]))}
        for a in ACTS
        for area in ((1, 3, 4) if tops is None else (3, 4))
        if not c.rare(35)
    ] + [{**top, "area": c.base + 1} for top in tops or []]
    areas = {c.base + area: (parent and c.base + parent, level) for area, (parent, level) in AREAS.items()}
    return {
        "areas": areas,
        "posts": posts,
        "kept": kept,
        "area_facts": area_facts(c),
        "codes": {f"C{area}": c.base + area for area in AREAS},
    }


def area_facts(c: Choices) -> list[dict]:
    """What is said of areas: grades that follow each other, orders that come and end, versions that were corrected."""
    found = []
    for i in range(1, 3 + c.index(8)):
        starts, scale = c.moment(0, 14), c.pick(["risk", "risk", "order"])
        row = {
            "id": c.base + i,
            "area": c.area([1, 2, 2, 3, 4, 5, 6]),
            "scale": scale,
            "value": c.pick(["high", "medium", "low", "low", None] if scale == "risk" else ["sweep", "sweep", "ban"]),
            "number": c.pick([0, 1, 2, None]),
            "starts_at": starts,
            "ends_at": FAR if not c.rare(40) else starts + dt.timedelta(days=c.pick([1, 3, 8])),
            "vf": c.pick([starts, starts, c.moment(0, 6)]),
            "vt": FAR if not c.rare(20) else c.moment(12, 24),
        }
        found.append(row)
        if c.rare(20) and row["vt"] < FAR:
            found.append({**row, "value": c.pick(["high", "low", "sweep", "ban"]), "vf": row["vt"], "vt": FAR})
    return found


def crowd(c: Choices, size: int = 6, tops: list[dict] | None = None) -> Register:
    """A register of several subjects a table, and acts on the edges of their windows."""
    facts = {t.name: [row for subject in range(1, size + 1) for row in versions(c, t, subject)] for t in TABLES}
    more = rest(c, some=False, tops=tops)
    empty = Register(facts, (), **more)
    acts = []
    for m in EDITION.measures.values():
        view = knowing(empty, m, Force())
        for found in view.versions[m.facts].values():
            acts += on_edges(c, m, empty, found)
    for i, one in enumerate(acts):
        one["id"] = c.base + i
    return Register(facts, acts, **more)


def on_edges(c: Choices, m: Measure, register: Register, found: list[dict]) -> list[dict]:
    row = found[-1] | {f"part:{part}": c.moment(3, 14) for part in m.parts}
    slots = Evaluator(m, register, START + dt.timedelta(days=26), Force()).slots(row)
    if isinstance(slots, NoTimetable) or not slots:
        kind = c.pick(kinds(m))
        return [act(c, kind, c.moment(), found[-1], agreed(m, kind))] if c.rare(60 if m.parts else 30) else []
    acts = []
    for _ in range(c.pick([0, 1, 2, 4])):
        slot = c.pick(slots)
        edge = c.pick(
            [
                slot.opens,
                slot.due,
                slot.due,
                slot.closes if slot.closes < FAR else slot.due,
                slot.due - dt.timedelta(hours=5),
                slot.opens + dt.timedelta(hours=3),
            ]
        )
        at = edge + c.pick([-60, 0, 0, 1, 60, 3600]) * dt.timedelta(seconds=1)
        closing = bool(m.close) and c.rare(15)
        kind = c.pick(m.close).act if closing else c.pick(kinds(m))
        acts.append(
            act(c, kind, at, found[-1], agreed(m, kind))
            | ({"period": slot.opens.date()} if m.done.match == "period" and c.rare(80) else {})
        )
    return acts


def agreed(m: Measure, kind: str) -> str:
    """How acts of a kind agree with the rows of a measure."""
    of = (
        [leaf for leaf in forms.leaves(m.done) if leaf.act]
        + [*m.close]
        + [Told(t.source, t.about.by) for t in m.deep_terms if isinstance(t, Tally) and t.acts]
    )
    return next((x.key for x in of if x.act == kind), "subject")


Told = namedtuple("Told", "act key")


def kinds(m: Measure) -> list[str]:
    """The kinds of acts that it is evidenced by; where it is shown otherwise, any."""
    looked = [t.source for t in m.deep_terms if isinstance(t, Tally) and t.acts] if m.id in PAIRED else []
    return forms.acts(m.done) + looked or ["visit", "report"]


def small(c: Choices) -> tuple[Measure, Register]:
    """One measure, one to three subjects of its table, a handful of acts: anything at all."""
    m = c.pick(list(EDITION.measures.values()))
    own = [t for t in TABLES if t.name in {side.table.name for side in getattr(m.table, "sides", ())} | {m.facts}]
    more = [] if m.simple else [t for t in TABLES if t not in own]
    facts = {t.name: [] for t in TABLES} | {
        t.name: [row for subject in range(1, 2 + c.index(3)) for row in versions(c, t, subject)] for t in own
    }
    facts |= {t.name: [row for subject in range(1, 1 + c.index(3)) for row in versions(c, t, subject)] for t in more}
    likely = kinds(m) * 3 + [a.act for a in m.close] + ["check"]
    view = knowing(Register(facts, (), AREAS, codes=CODES), m, Force()).versions[m.facts]
    rows = [versions[-1] for versions in view.values()] or [None]
    acts = [small_act(c, m, c.pick(likely), c.pick(rows)) | {"id": i} for i in range(c.index(7))]
    return m, Register(facts, acts, **rest(c, some=True))


def small_act(c: Choices, m: Measure, kind: str, row: dict | None) -> dict:
    """An act at any time, of anybody; where the measure's acts have a key of their own, mostly one that agrees."""
    key = agreed(m, kind)
    return act(c, kind, c.moment(), None if key in PLAIN else row, key)


def as_of(c: Choices, register: Register) -> dt.datetime:
    """A moment beside an act or at a round hour."""
    acts = [a["at"] for found in register.acts.values() for a in found]
    return c.pick(acts) + c.pick([0, 0, 1, -1]) * dt.timedelta(seconds=1) if acts and c.rare(40) else c.moment(2, 26)


def force(c: Choices) -> Force:
    """Mostly everywhere and always; sometimes an edition of one county, one disease or some days; and sometimes with a narrower one in its area."""
    where = Force() if not c.rare(25) else own(c)
    return replace(where, narrower=narrower(c, where)) if c.rare(30) else where


def own(c: Choices) -> Force:
    return Force(
        start=c.pick([START - dt.timedelta(days=400), START + dt.timedelta(days=5, hours=15)]),
        end=c.pick([FAR, START + dt.timedelta(days=15)]),
        area=c.pick([None, 1, 2, 3]),
        disease=c.pick([None, "covid-19", "flu"]),
        key=c.pick(["", "secret"]),
    )


def narrower(c: Choices, where: Force) -> tuple[Narrower, ...]:
    """One or two, of areas below, for a disease that both are about."""
    below = {None: [2, 3, 4, 6], 1: [2, 3, 4, 6], 2: [4, 5, 7], 3: [6]}[where.area]
    return tuple(
        Narrower(
            c.pick(below),
            START + dt.timedelta(days=c.pick([-400, 5, 8]), hours=c.pick(HOURS)),
            c.pick([FAR, START + dt.timedelta(days=15)]),
            c.pick([None, where.disease or "covid-19"]),
        )
        for _ in range(c.pick([1, 1, 2]))
    )
