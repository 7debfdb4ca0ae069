"""Whom an edition would newly oblige or release, on the registers as they are: two editions evaluated beside one another, and nothing written.

A subject *must*, under an edition, when a duty of the judged day is its own (whatever became of it since), or one that can still be done.
History is nobody's duty: what was missed or done before the judged day changes nothing for anybody.

Two questions are answered by the same statement:
- two editions compared, each as if it had been in force all along (`starts` is None);
- a decision tried before it is taken: leaving things as they are, against the new edition beginning at `starts`. What opened before stays
  under the edition that it opened under, so nobody is released from it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from sizao.kernel import areas, clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area, Enactment, Post
from sizao.kernel.scope import Scope

from . import facts
from .language import Edition
from .language.vocabulary import nearest
from .models import Run
from .pair import OutOfTime, Pair, answers

#: What becomes of a subject. `cannot_tell`: under the new edition it cannot be told whether it must.
CHANGES = ("obliged", "released", "changed", "unchanged", "cannot_tell")
#: What an answer to a page may take altogether; a command line that has the time asks for more.
SECONDS = 8.0


@dataclass(kw_only=True)
class Changed:
    """How many subjects: newly obliged, released, obliged before and after with another due, with the same due, and undecidable."""

    obliged: int = 0
    released: int = 0
    changed: int = 0
    unchanged: int = 0
    cannot_tell: int = 0

    def count(self, change: str) -> int:
        return int(getattr(self, change))

    def add(self, change: str, number: int) -> None:
        setattr(self, change, getattr(self, change) + number)

    @property
    def before(self) -> int:
        """Obliged under the old edition. Who can be told no more is not among them."""
        return self.released + self.changed + self.unchanged

    @property
    def after(self) -> int:
        """Obliged under the new edition."""
        return self.obliged + self.changed + self.unchanged

    def counts(self) -> dict[str, int]:
        return {name: self.count(name) for name in CHANGES}


@dataclass(kw_only=True)
class AreaChanged(Changed):
    """The same in one area right below the one asked about; `area` None: at that area itself, and in none of its parts."""

    area: Area | None


@dataclass(kw_only=True)
class MeasureChanged(Changed):
    """The same for one measure.

    Attributes:
        in_old, in_new: Which of the editions has it.
        ownerless: Obliged under the new edition, and no post answers.
        no_post: No post of its role stands at all in the area or above it.
        cut: It could not be evaluated in the time given; its numbers are unknown, not 0.
        held: The enactment that it is of, where both sides are under the same. beyond: it is about more than the area asked about.
        restricts: What it asks for restricts a person. table: The facts table of its subjects.
    """

    id: str
    title: dict[str, str]
    minutes: float
    role: str
    in_old: bool
    in_new: bool
    areas: list[AreaChanged] = field(default_factory=list)
    ownerless: int = 0
    no_post: bool = False
    cut: bool = False
    held: int | None = None
    beyond: bool = False
    restricts: bool = False
    table: str = ""


@dataclass(kw_only=True)
class PostCost:
    """Worker-minutes of one post: for what falls due on the judged day, before and after; and once, for what is overdue and can still be done."""

    post: Post | None
    before: float = 0
    after: float = 0
    backlog: float = 0
    tasks: int = 0


@dataclass(kw_only=True)
class Whom:
    """The answer. Every number is the length of the list that `behind` gives for it."""

    area: Area
    as_of: datetime
    starts: datetime | None
    measures: list[MeasureChanged]
    costs: list[PostCost]
    seconds: float

    @property
    def cut(self) -> list[MeasureChanged]:
        return [m for m in self.measures if m.cut]

    @property
    def told(self) -> list[MeasureChanged]:
        """The measures that could be evaluated."""
        return [m for m in self.measures if not m.cut]

    @property
    def ownerless(self) -> list[MeasureChanged]:
        return [m for m in self.measures if m.ownerless or (m.in_new and m.no_post)]

    def total(self, change: str) -> int:
        return sum(m.count(change) for m in self.told)

    def minutes(self, name: str) -> float:
        return float(sum(getattr(c, name) for c in self.costs))


@dataclass(frozen=True, kw_only=True)
class Affected:
    """A subject behind a number, with its next duty before and after."""

    subject: UUID
    person: UUID | None
    area: Area | None
    zone: str
    before: datetime | None
    after: datetime | None
    post: Post | None


@dataclass(kw_only=True)
class AffectedPage:
    rows: list[Affected]
    next: str


def moment(area: Area, starts: datetime | None = None) -> datetime:
    """What is judged by default: the end of the day that pages look at; for a decision, of the first whole day that it is in force."""
    latest = Run.objects.filter(standing=True).order_by("-pk").values_list("as_of", flat=True).first()
    day = clock.local_day(latest or clock.now(), area.zone)
    if starts is not None:
        first = clock.local_day(starts, area.zone)
        day = max(day, first if clock.start_of_day(first, area.zone) == starts else first + timedelta(days=1))
    return clock.end_of_day(day, area.zone)


def whom(
    scope: Scope,
    old: Edition | None,
    new: Edition | None,
    area: Area | None = None,
    as_of: datetime | None = None,
    *,
    disease: str = "",
    starts: datetime | None = None,
    since: datetime | None = None,
    narrower: Sequence[Enactment] = (),
    seconds: float = SECONDS,
) -> Whom:
    """Both editions on the registers now, measure by measure, below an area (default: the post's own). None stands for no edition.

    `since` is when the old one began, for a decision; `narrower` are the enactments of the same plan below, which neither of the two touches. What does not fit into `seconds` is cut, and said to be.
    """
    here, as_of = _asked(scope, area, as_of, starts)
    names = dict.fromkeys([*(new.measures if new else ()), *(old.measures if old else ())])
    return compared((Pair(old, new, name, here, as_of, disease, starts, since, narrower) for name in names), here, as_of, starts, seconds)


def compared(pairs: Iterable[Pair], here: Area, as_of: datetime, starts: datetime | None, seconds: float) -> Whom:
    """The answers of several pairs as one, for the areas below `here`; a pair about another area is told without its parts. The caller has asked for the right."""
    begun = time.monotonic()
    answered: list[MeasureChanged] = []
    costs: dict[int | None, PostCost] = {}
    for pair in pairs:
        m = pair.will or pair.was
        assert m is not None
        said = MeasureChanged(
            id=pair.name, title=dict(m.title), minutes=m.minutes, role=m.by.role, in_old=pair.was is not None, in_new=pair.will is not None,
            held=pair.held.pk if pair.held else None, beyond=pair.here.pk != here.pk, restricts=m.restricts, table=m.facts,
        )  # fmt: skip
        answered.append(said)
        left = seconds - (time.monotonic() - begun)
        try:
            rows = answers(pair.counted(), left)
        except OutOfTime:
            said.cut = True
            continue
        _read(said, costs, rows, pair.minutes)
        if said.beyond:
            said.areas = []
    _place(answered, here)
    _with_posts(answered, costs, here, as_of)
    listed = sorted(costs.values(), key=lambda c: (c.post is not None, -c.after, -c.before))
    return Whom(area=here, as_of=as_of, starts=starts, measures=answered, costs=listed, seconds=time.monotonic() - begun)


def behind(
    scope: Scope,
    old: Edition | None,
    new: Edition | None,
    measure: str,
    change: str,
    area: Area | None = None,
    as_of: datetime | None = None,
    *,
    disease: str = "",
    starts: datetime | None = None,
    since: datetime | None = None,
    narrower: Sequence[Enactment] = (),
    after: str = "",
    limit: int = 50,
    seconds: float = SECONDS,
) -> AffectedPage:
    """The subjects behind a number of `whom`, a page at a time. Ids only: names are the population's to give. Refused plan-whom-too-long."""
    here, as_of = _asked(scope, area, as_of, starts, "person.read")
    known = sorted({*(old.measures if old else ()), *(new.measures if new else ())})
    if measure not in known:
        raise Refused("plan-measure-unknown", name=measure, nearest=nearest(measure, known), known=known)
    if change not in CHANGES:
        raise Refused("plan-word-unknown", word=change, nearest=nearest(change, CHANGES), known=list(CHANGES))
    return page_of(Pair(old, new, measure, here, as_of, disease, starts, since, narrower), change, after, limit, seconds)


def page_of(pair: Pair, change: str, after: str, limit: int, seconds: float) -> AffectedPage:
    """The subjects of one pair and one change, a page at a time. The caller has asked for the right. Refused plan-whom-too-long."""
    here = pair.here
    try:
        rows = answers(pair.listed(change, _key(after), limit + 1), seconds)
    except OutOfTime:
        raise Refused("plan-whom-too-long", seconds=int(seconds)) from None
    more, rows = len(rows) > limit, rows[:limit]
    places = {a.pk: a for a in Area.objects.filter(pk__in={r["area"] for r in rows}).defer("geometry")}
    posts = {p.pk: p for p in Post.objects.filter(pk__in={r["post"] for r in rows}).select_related("area")}
    found = [
        Affected(
            subject=r["subject"],
            person=r["person"],
            area=places.get(r["area"]),
            zone=places[r["area"]].zone if r["area"] in places else here.zone,
            before=r["before"],
            after=r["after"],
            post=posts.get(r["post"]),
        )
        for r in rows
    ]
    return AffectedPage(rows=found, next=str(found[-1].subject) if more else "")


def _asked(
    scope: Scope, area: Area | None, as_of: datetime | None, starts: datetime | None, permission: str = "plan.read"
) -> tuple[Area, datetime]:
    here = area or (scope.post.area if scope.post else areas.root())
    scope.check(permission, here)
    return here, as_of or moment(here, starts)


def _key(after: str) -> UUID | None:
    try:
        return UUID(after) if after else None
    except ValueError:
        raise Refused("bad-value", field={"zh": "续页位置", "en": "page"}, value=after, expected="—") from None


# -- reading


def _read(said: MeasureChanged, costs: dict[int | None, PostCost], rows: Iterable[Mapping[str, Any]], minutes: tuple[float, float]) -> None:
    """Adds what the statement of one measure answered."""
    places: dict[int | None, AreaChanged] = {}
    for row in rows:
        match row["what"]:
            case "who":
                said.add(row["change"], row["n"])
                places.setdefault(row["place"], AreaChanged(area=None)).add(row["change"], row["n"])
            case "ownerless":
                said.ownerless = row["n"]
            case "before" if row["n"]:
                costs.setdefault(row["place"], PostCost(post=None)).before += row["n"] * minutes[0]
            case "after" if row["n"] or row["more"]:
                cost = costs.setdefault(row["place"], PostCost(post=None))
                cost.after += row["n"] * minutes[1]
                cost.backlog += row["more"] * minutes[1]
                cost.tasks += row["n"]
    said.areas = [AreaChanged(area=Area(pk=pk) if pk else None, **place.counts()) for pk, place in places.items()]


def _place(answered: list[MeasureChanged], here: Area) -> None:
    """Rolls the places of subjects up to the areas right below `here`."""
    wanted = {a.area.pk for m in answered for a in m.areas if a.area}
    paths = dict(Area.objects.filter(pk__in=wanted).values_list("pk", "path"))
    child = {pk: int(rest[0]) for pk, path in paths.items() if (rest := path.removeprefix(here.path).split("."))[0]}
    known = {a.pk: a for a in Area.objects.filter(pk__in=set(child.values())).defer("geometry")}
    for m in answered:
        rolled: dict[int | None, AreaChanged] = {}
        for part in m.areas:
            pk = child.get(part.area.pk) if part.area else None
            into = rolled.setdefault(pk, AreaChanged(area=known.get(pk) if pk else None))
            for change, number in part.counts().items():
                into.add(change, number)
        m.areas = sorted(rolled.values(), key=lambda a: (a.area is None, a.area.code if a.area else ""))


def _with_posts(answered: list[MeasureChanged], costs: Mapping[int | None, PostCost], here: Area, as_of: datetime) -> None:
    """Puts the posts in, and marks the measures whose role nobody holds."""
    above = [int(pk) for pk in here.path.split(".") if pk]
    standing = Post.objects.filter(valid_from__lte=as_of).filter(Q(valid_to=None) | Q(valid_to__gt=as_of))
    held = set(standing.filter(Q(area__in=above) | Q(area__path__startswith=here.path)).values_list("role", flat=True).distinct())
    for m in answered:
        m.no_post = m.role not in held
    posts = {p.pk: p for p in Post.objects.filter(pk__in=[pk for pk in costs if pk]).select_related("area")}
    for pk, cost in costs.items():
        cost.post = posts.get(pk) if pk else None


def as_json(found: Whom, language: str, subjects: Mapping[tuple[str, str], list[str]] | None = None) -> dict[str, Any]:
    """For `sizao plan diff --whom --json`. `subjects`: (measure, change) → ids, where they were asked for."""
    roles = facts.vocabulary().roles
    return {
        "area": found.area.code,
        "as_of": found.as_of.isoformat(),
        "starts": found.starts.isoformat() if found.starts else None,
        "seconds": round(found.seconds, 3),
        "cut": [m.id for m in found.cut],
        "measures": [
            {
                "id": m.id,
                **m.title,
                **(dict.fromkeys(CHANGES) if m.cut else m.counts()),
                "ownerless": None if m.cut else m.ownerless,
                "by": roles.get(m.role, {}).get("zh" if language.startswith("zh") else "en", m.role),
                "areas": [{"code": a.area.code if a.area else None, **a.counts()} for a in m.areas],
                **({"subjects": {c: subjects[m.id, c] for c in CHANGES if (m.id, c) in subjects}} if subjects else {}),
            }
            for m in found.measures
        ],
        "costs": [
            {
                "post": f"{c.post.role}@{c.post.area.code}" if c.post else None,
                "minutes_before": c.before,
                "minutes_after": c.after,
                "minutes_overdue": c.backlog,
            }
            for c in found.costs
        ],
    }
