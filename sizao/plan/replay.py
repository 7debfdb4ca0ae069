"""The same registers under several editions: each as if it had been in force everywhere from one day on, judged at one (as_of, known_at).

Nothing is written in the registers. What was worked out is kept for those who ask the same again, by this process and by whoever gives a `Keeper`:
at one `known_at` the registers say the same for ever, so a figure that is kept does not grow wrong, only old. A measure that two editions word
alike is evaluated once.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from threading import Lock
from typing import Any, Protocol

from sizao.kernel import areas, clock
from sizao.kernel.content_dir import content_dir
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area, ContentItem, Enactment
from sizao.kernel.scope import Scope

from . import evaluation, relations
from . import trace as tracing
from .counting import TESTS
from .diff import diff
from .facts import vocabulary
from .language import Edition, EditionRefused, Measure, load_edition
from .models import Run
from .pair import OutOfTime, answers
from .show import OWN_KEYS, said_lines, show_lines

#: What is counted: every occasion that arose, what is overdue and can still be done, what can be done no more, and what cannot be told.
COUNTED = ("all", "missing", "missed", "cannot_tell")
#: What one request may take; the next one goes on where it stopped.
SECONDS = 6.0
#: After so long no further measure is begun in the same request, so that whoever waits sees how far it is.
STEP = 2.0
#: How many days before the moment judged the editions begin, unless somebody says otherwise; and the most.
DAYS, MOST_DAYS = 14, 400
KEPT = 5000
#: Parts that may differ while the rule is the same.
NO_RULE = {"title", "source"}


@dataclass(frozen=True, kw_only=True)
class Question:
    """Where, from when on, and at which moment and state of knowledge. Instants in UTC; `seen` is the snapshot of the run whose moment it is."""

    area: Area
    starts: datetime
    as_of: datetime
    known_at: datetime
    disease: str = ""
    seen: str = ""


@dataclass(frozen=True)
class Count:
    """What one measure counts, and when that was worked out. `counts` is None where it did not end in the time of a whole request."""

    counts: Mapping[str, int] | None
    at: datetime


class Keeper(Protocol):
    """Where figures are kept beyond this process. Figures are named by (reference of the text, measure)."""

    def read(self, q: Question) -> Mapping[tuple[str, str], Count]: ...

    def write(self, q: Question, ref: str, measure: str, count: Count) -> None: ...


@dataclass(kw_only=True)
class Replayed:
    """One edition: measure → its count, for those that were worked out so far. `ref` names its very text."""

    ref: str
    edition: Edition
    counts: dict[str, Count] = field(default_factory=dict)

    @property
    def cut(self) -> list[str]:
        """Measures that did not end in time: unknown, not 0."""
        return [name for name, count in self.counts.items() if count.counts is None]

    def of(self, measure: str) -> Mapping[str, int] | None:
        count = self.counts.get(measure)
        return count.counts if count else None

    def total(self, kind: str = "") -> dict[str, int] | None:
        """The sum over its measures (of one kind); None where the edition has none of it."""
        names = [name for name, m in self.edition.measures.items() if kind in ("", m.kind)]
        found = [told for name in names if (told := self.of(name)) is not None]
        return {what: sum(told[what] for told in found) for what in COUNTED} if names else None


@dataclass(kw_only=True)
class Replay:
    """The answer so far."""

    question: Question
    editions: list[Replayed]

    @property
    def all(self) -> int:
        return sum(len(r.edition.measures) for r in self.editions)

    @property
    def done(self) -> int:
        return sum(len(r.counts) for r in self.editions)

    @property
    def whole(self) -> bool:
        return self.done == self.all

    @property
    def cut(self) -> int:
        return sum(len(r.cut) for r in self.editions)

    @property
    def oldest(self) -> datetime | None:
        """When the oldest of its figures was worked out."""
        return min((c.at for r in self.editions for c in r.counts.values()), default=None)

    @property
    def kinds(self) -> list[str]:
        return list(dict.fromkeys(m.kind for r in self.editions for m in r.edition.measures.values()))

    def named(self, edition: str) -> Replayed | None:
        """One of them, by its id."""
        return next((r for r in self.editions if r.edition.id == edition), None)


@dataclass(frozen=True, kw_only=True)
class Differing:
    """A measure whose rule differs between two editions: the quote and the count of each side, and the parts of the rule in words.

    `params`: the figures that it names and that differ for it. A side that lacks the measure has no quote and no count.
    `dates_only`: it says the same, and only the day from which its figures hold is another.
    """

    id: str
    title: Mapping[str, str]
    quotes: tuple[Sequence[Mapping[str, str]], Sequence[Mapping[str, str]]]
    counts: tuple[Mapping[str, int] | None, Mapping[str, int] | None]
    parts: Sequence[Mapping[str, Any]]
    params: Sequence[Mapping[str, Any]]
    change: str  # "added", "removed" or "changed"
    dates_only: bool = False


@dataclass(frozen=True, kw_only=True)
class Why:
    """From where the difference of two sums comes: what only the new text asks, what only the old one asked, and rules that both have otherwise or alike.

    `most`: the measures that count most in it, by how much. `alike`: rules that are worded alike and count otherwise, for what they hang on is not.
    """

    before: int
    after: int
    added: int
    removed: int
    changed: int
    alike: int
    most: Mapping[str, Sequence[tuple[Mapping[str, str], int]]]


def why(old: Replayed, new: Replayed, changed: Sequence[Differing], what: str = "missing", most: int = 3) -> Why:
    """The difference of two editions' sums of one count, by where it comes from; the parts add up to it. What was cut is left out on both sides."""
    rules = {d.id for d in changed}
    found: dict[str, list[tuple[Mapping[str, str], int]]] = {"added": [], "removed": [], "changed": [], "alike": []}
    for name in dict.fromkeys([*old.edition.measures, *new.edition.measures]):
        a, b = old.of(name), new.of(name)
        was, will = (a[what] if a else 0), (b[what] if b else 0)
        m = new.edition.measures.get(name) or old.edition.measures[name]
        place = "added" if name not in old.edition.measures else "removed" if name not in new.edition.measures else "changed" if name in rules else "alike"
        if will != was:
            found[place].append((dict(m.title), will - was))
    sums = {place: sum(n for _, n in told) for place, told in found.items()}
    first = {place: sorted(told, key=lambda t: -abs(t[1]))[:most] for place, told in found.items()}
    totals = [(r.total() or {}).get(what, 0) for r in (old, new)]
    return Why(before=totals[0], after=totals[1], **sums, most=first)


_kept: OrderedDict[tuple[Any, ...], Count] = OrderedDict()
_lock = Lock()


def names() -> list[str]:
    """The editions that are replayed: the source texts, oldest first, and what one would switch on now."""
    return [*tracing.editions(), tracing.TODAY]


def texts() -> dict[str, Edition]:
    """Each as the store has it (its newest text), else as it was shipped, by the reference of that text; one that this version cannot read is left out."""
    newest: dict[str, ContentItem] = {}
    for text in ContentItem.objects.filter(kind="plan", item_id__in=names()).defer("body", "text").order_by("pk"):
        newest[text.item_id] = text
    found: dict[str, Edition] = {}
    for name in names():
        item = newest.get(name)
        try:
            found[item.ref if item else name] = evaluation.edition(item.pk) if item else _shipped(name)
        except (EditionRefused, OSError):
            continue
    return found


@lru_cache(maxsize=8)
def _shipped(name: str) -> Edition:
    file = content_dir() / "plans" / name / "edition.yaml"
    return load_edition(file.read_text(encoding="utf-8"), vocabulary(), f"{name}/edition.yaml")


def question(
    scope: Scope,
    area: Area | None = None,
    *,
    starts: datetime | None = None,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    disease: str = "",
) -> Question:
    """By default the moment of the latest run and what it knew, and `DAYS` days before it. Refused bad-value where the times contradict one another."""
    here = area or (scope.post.area if scope.post else areas.root())
    scope.check("plan.read", here)
    run = Run.objects.filter(standing=True).order_by("-pk").first()
    now = clock.now()
    known_at = min(known_at or (run.known_at if run else now), now)
    as_of = as_of or (run.as_of if run else now)
    starts = starts or clock.start_of_day(clock.local_day(as_of, here.zone) - timedelta(days=DAYS), here.zone)
    if not as_of - timedelta(days=MOST_DAYS) <= starts <= as_of:
        field_, expected = {"zh": "开始日期", "en": "first day"}, {"zh": f"所判定时刻之前 {MOST_DAYS} 天以内", "en": f"within {MOST_DAYS} days before the moment judged"}
        raise Refused("bad-value", field=field_, value=clock.local_day(starts, here.zone).isoformat(), expected=expected)
    seen = run.seen if run and run.known_at == known_at else ""
    return Question(area=here, starts=starts, as_of=as_of, known_at=known_at, disease=disease, seen=seen)


def replay(scope: Scope, q: Question, editions: Mapping[str, Edition], seconds: float | None = None, keeper: Keeper | None = None) -> Replay:
    """What is kept already, and as much more as fits into `seconds` (by default SECONDS). Ask again until it is `whole`.

    A measure that does not end in the time of a whole request is cut for good; asked again it would take as long.
    """
    scope.check("plan.read", q.area)
    allowed = SECONDS if seconds is None else seconds
    found = Replay(question=q, editions=[Replayed(ref=ref, edition=e) for ref, e in editions.items()])
    begun, worked = time.monotonic(), False
    asked = (q.area.pk, q.starts, q.as_of, q.known_at, q.disease)
    kept = keeper.read(q) if keeper else {}
    for r in found.editions:
        for name, m in r.edition.measures.items():
            key = (*asked, r.ref, name)
            count = kept.get((r.ref, name)) or _read(key)
            left = allowed - (time.monotonic() - begun)
            if count is None and left > 0 and time.monotonic() - begun < max(STEP, allowed - SECONDS):
                count = _work_out(q, r.edition, m, left, alone=not worked)
                worked = True
                if count is not None:
                    _keep(key, count)
                    if keeper:
                        keeper.write(q, r.ref, name, count)
            if count is not None:
                r.counts[name] = count
    return found


def _work_out(q: Question, edition: Edition, m: Measure, seconds: float, *, alone: bool) -> Count | None:
    """A measure counted; what another edition words alike is counted already. None when it did not end and had not all the time there is."""
    sql = statement(q, edition, m)
    same = (sha256(sql.encode()).digest(),)
    count = _read(same)
    if count is None:
        try:
            [row] = answers(sql, seconds)
        except OutOfTime:
            return Count(None, clock.now()) if alone else None
        count = Count({what: int(row[what]) for what in COUNTED}, clock.now())
        _keep(same, count)
    return count


def statement(q: Question, edition: Edition, m: Measure) -> str:
    """One row: how many obligations of a measure there are below the area, by what became of them."""
    everywhere = q.area.parent_id is None
    force = Enactment(area=q.area if everywhere else areas.root(), disease=q.disease, starts_at=q.starts)
    below = None if everywhere else evaluation.below(m.facts, relations.beneath(q.area.path))
    sql = evaluation.statement(evaluation.InForce(force, edition, m), q.as_of, q.known_at, below, beside=False, seen=q.seen)
    inside = "" if everywhere else f" WHERE o.area IN (SELECT id FROM kernel_area WHERE path LIKE '{q.area.path}%')"
    counted = ", ".join(f"count(*){'' if what == 'all' else f' FILTER (WHERE {TESTS[what]})'} AS \"{what}\"" for what in COUNTED)
    return f"SELECT {counted} FROM ({sql}) o{inside}"


def differing(old: Replayed, new: Replayed) -> list[Differing]:
    """The measures whose rule differs between two editions, or that only one has. What differs in the words of the source alone is the same rule."""
    a, b = old.edition, new.edition
    parts = {c["measure"]: [p for p in c["parts"] if p["part"] not in NO_RULE] for c in diff(a, b)["changed"]}
    listed = []
    for name in dict.fromkeys([*a.measures, *b.measures]):
        was, will = a.measures.get(name), b.measures.get(name)
        figures, dates = _figures(was, will) if was and will else ([], [])
        if was and will and not parts.get(name) and not figures and not dates:
            continue
        m = will or was
        assert m is not None
        listed.append(
            Differing(
                id=name,
                title=dict(m.title),
                quotes=(was.source if was else (), will.source if will else ()),
                counts=(old.of(name), new.of(name)),
                parts=parts.get(name, []),
                params=figures or ([] if parts.get(name) else dates),
                change="changed" if was and will else "added" if will else "removed",
                dates_only=bool(was and will) and not parts.get(name) and not figures,
            )
        )
    return sorted(listed, key=lambda d: ("changed", "added", "removed").index(d.change))


def _figures(was: Measure, will: Measure) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The figures that two texts of a measure name and that differ for it; apart those that differ in the day only from which they hold."""
    values, dates = list[dict[str, Any]](), list[dict[str, Any]]()
    for name in dict.fromkeys([*was.named_params, *will.named_params]):
        sides = [_own(show_lines(m.params[name])) if name in m.params else [] for m in (was, will)]
        said = {lang: {"before": said_lines(sides[0], lang), "after": said_lines(sides[1], lang)} for lang in ("zh", "en")}
        if said["zh"]["before"] == said["zh"]["after"]:
            continue
        undated = [said_lines([line | {"from": None} for line in side], "en") for side in sides]
        (dates if undated[0] == undated[1] else values).append({"name": name, "said": said})
    return values, dates


def _own(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines that count for a measure: where one is for it and asks nothing else, the general ones never do."""
    own = [line for line in lines if line.get("for")]
    kept = own if any(not line["disease"] and line.keys() <= OWN_KEYS - {"area"} for line in own) else lines
    return [{key: told for key, told in line.items() if key != "for"} for line in kept]


def _read(key: tuple[Any, ...]) -> Count | None:
    with _lock:
        count = _kept.get(key)
        if count is not None:
            _kept.move_to_end(key)
        return count


def _keep(key: tuple[Any, ...], count: Count) -> None:
    with _lock:
        _kept[key] = count
        while len(_kept) > KEPT:
            _kept.popitem(last=False)


def forget() -> None:
    """Everything that is kept; for tests."""
    with _lock:
        _kept.clear()
