"""The daily watch: every stream counted and judged, in every area; what alarms, falls silent or repeats itself is a signal with an owner and a clock.

The watch may be run as often as one likes: the same is raised once. What goes on belongs to the signal that stands; what a person has judged is not raised again within the stream's quiet days.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from sizao.epi.clusters import crowded
from sizao.kernel import areas as kernel_areas
from sizao.kernel import clock
from sizao.kernel.jobs import changed
from sizao.kernel.scope import Scope
from sizao.registers.cases import gathered
from sizao.registers.command import read as command
from sizao.registers.surveillance import actions, alarms, counting, judging, read, tuning
from sizao.registers.surveillance.actions import NewSignal
from sizao.registers.surveillance.counting import Place, Tree
from sizao.registers.surveillance.streams import Stream, streams

log = logging.getLogger("sizao.signals")

SENDER = "streams"
#: Periods that are counted beyond what the method reaches back to: the usual number of tellers, and silences that began some time ago.
MORE = 2 * counting.USUAL


@dataclass(slots=True)
class Watched:
    """What a watch found: signals that are new, those that went on, and those that stood already. `refused`: what the register did not take, which is a fault of ours."""

    new: int = 0
    longer: int = 0
    known: int = 0
    refused: int = 0
    streams: int = 0
    by_stream: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """Something to be told of a stream at a place: `kind` as signals call it, the window as local days, both included."""

    stream: Stream
    kind: str
    place: Place
    first: date
    last: date
    observed: float | None = None
    expected: float | None = None
    threshold: float | None = None
    unit: UUID | None = None
    disease: str | None = None


def watch(scope: Scope, now: datetime | None = None, only: Iterable[str] = ()) -> Watched:
    """Judges every stream (or `only` these) as it stands at `now`. At most six statements a stream and thirty for all, whatever the number of areas, days and signals.

    Counting and judging hold no transaction; what was found is raised in one.
    """
    now = now or clock.now()
    out = Watched()
    if not kernel_areas.any_known():  # a store that nobody has opened yet
        return out
    wanted = [s for name, s in streams().items() if not only or name in set(only)]
    tree, settings = counting.tree(), tuning.settings_in_force()
    found: list[Found] = []
    for stream in wanted:
        out.streams += 1
        found += _crowds(stream, tree, now) if stream.cluster else _shared(scope, stream, tree, now) if stream.together else _counts(stream, tree, settings.get(stream.id, ()), now)
    _raise(scope, found, tree, now, out)
    if out.new or out.longer:
        changed()
    return out


def _counts(stream: Stream, tree: Tree, settings: Sequence[judging.Setting], now: datetime) -> list[Found]:
    last = stream.late + 1
    panel = counting.panel(stream, tree, now, judging.longest(stream, settings) + last + MORE)
    if not panel.places:
        return []
    span = timedelta(days=6 if stream.every == "week" else 0)
    told = [Found(stream, "count", e.place, e.first, e.last + span, e.observed, e.expected, e.threshold) for e in judging.episodes(panel, judging.judge(panel, settings, last))]
    silent, looping = judging.silent(panel), judging.looping(panel)
    told += [Found(stream, "silence", place, first, panel.periods[panel.whole - 1] + span, 0, usual) for place, first, usual in silent]
    told += [Found(stream, "loop", place, first, until + span, number) for place, first, until, number, _ in looping]
    if stream.silent_units or stream.loop_units:
        units = counting.of_units(panel, tree, now)
        whole = {"silence": {place.id for place, *_ in silent}, "loop": {place.id for place, *_ in looping}}
        if stream.silent and stream.silent_units:
            for unit, area, first, usual in judging.silent_units(units, stream.silent):
                if (place := tree.places.get(area)) is not None and not whole["silence"] & set(place.way):
                    told.append(Found(stream, "silence", place, first, panel.periods[panel.whole - 1] + span, 0, usual, None, unit))
        if stream.loop and stream.loop_units:
            for unit, area, first, until, number in judging.looping_units(units, stream.loop, stream.loop_least):
                if (place := tree.places.get(area)) is not None and not whole["loop"] & set(place.way):
                    told.append(Found(stream, "loop", place, first, until + span, number, None, None, unit))
    return [f for f in told if f.last >= stream.since]


def _crowds(stream: Stream, tree: Tree, now: datetime) -> list[Found]:
    """Clusters of the last days: a window that ended before the late days was told of when it was new."""
    rule, told = stream.cluster, []
    assert rule is not None
    for crowd in counting.crowds(stream, rule, now, rule.days + stream.quiet + stream.late + 1):
        place = tree.places[crowd.area_id]
        recent = clock.local_day(now, place.zone) - timedelta(days=rule.days + stream.late)
        for c in crowded([d.toordinal() for d in crowd.days], least=rule.cases, window=rule.days):
            first, last = date.fromordinal(c.first), date.fromordinal(c.last)
            if last >= max(recent, stream.since):
                told.append(Found(stream, "cluster", place, first, last, c.persons, None, rule.cases - 1, crowd.unit))
    return told


def _shared(scope: Scope, stream: Stream, tree: Tree, now: datetime) -> list[Found]:
    """Clusters of cases' stays at one place. They are told however long ago the stays were within the rule's days: investigations find them late."""
    rule = stream.together
    assert rule is not None

    def by_chance(asked: Sequence[tuple[UUID, int, str]]) -> dict[tuple[UUID, str], float]:
        return _by_chance(scope, asked, tree, now, rule.days)

    found = gathered.clusters(now, days=rule.days, hours=rule.hours, least=rule.cases, without=rule.without, by_chance=by_chance)
    return [Found(stream, "cluster", tree.places[c.area_id], c.first, c.last, c.cases, c.expected, rule.cases - 1, c.place, c.disease) for c in found if c.last >= stream.since]


def _by_chance(scope: Scope, asked: Sequence[tuple[UUID, int, str]], tree: Tree, now: datetime, days: int) -> dict[tuple[UUID, str], float]:
    """Cases a day that would be at a place if visitors were cases as often as everybody is: visitors a day, as a search of that place counted them, × cases who became known in these days / people, both of the
    nearest area whose population somebody has told (the Poisson model of Kulldorff 1997, Communications in Statistics 26, 1481-1496). A place that nobody searched, or without such an area, is absent. Four statements.
    """
    visitors = gathered.visitors_a_day({place for place, _, _ in asked}, now)
    if not visitors:
        return {}
    people = {area: int(told.number) for area, told in command.standing(scope, "population", now).items() if told.number}
    ill: dict[tuple[str, int], int] = defaultdict(int)
    for disease, area, n in gathered.known_by_area(now - timedelta(days=days), now):
        for above in tree.places[area].way if area in tree.places else ():
            ill[disease, above] += n
    found = {}
    for place, area, disease in asked:
        nearest = next((up for up in reversed(tree.places[area].way) if up in people), None)
        if place in visitors and nearest is not None:
            found[place, disease] = visitors[place] * ill[disease, nearest] / people[nearest]
    return found


@transaction.atomic
def _raise(scope: Scope, found: Sequence[Found], tree: Tree, now: datetime, out: Watched) -> None:
    if not found:
        return
    longest = max(f.stream.quiet for f in found)
    held: dict[tuple[Any, ...], list[read.Standing]] = {}
    for s in read.standing(SENDER, min(f.first for f in found) - timedelta(days=longest)):
        held.setdefault((s.stream, s.kind, s.area_id, s.unit_id, s.disease), []).append(s)
    posts = alarms.posts_of({f.stream.role for f in found}, now)
    new: dict[str, NewSignal] = {}
    longer: dict[UUID, date] = {}
    for f in found:
        gap = timedelta(days=f.stream.quiet)
        disease = f.disease or f.stream.disease
        same = [s for s in held.get((f.stream.id, f.kind, f.place.id, f.unit, disease), ()) if f.first <= s.until + gap and s.since <= f.last + gap]
        if same:
            out.known += 1
            newest = max(same, key=lambda s: s.until)
            if newest.open and f.last > newest.until:
                longer[newest.id] = f.last
            continue
        key = "/".join(filter(None, (f.stream.id, f.place.code, f.kind, str(f.unit or ""), f.disease or "", f.first.isoformat())))
        new[key] = NewSignal(
            key, f.place.id, f.kind, now, disease, f.observed, f.expected, (f.first, f.last), f"{f.stream.zh} · {f.stream.en}", f.stream.id, f.unit, f.threshold,
            _owner(f.stream, f.place, tree, posts), now + timedelta(hours=f.stream.hours),
        )  # fmt: skip
    for outcome, key in zip(actions.raise_signals(scope, list(new.values()), sender=SENDER), new, strict=True):
        if outcome.kind == "new":
            out.new += 1
            out.by_stream[new[key].stream] = out.by_stream.get(new[key].stream, 0) + 1
        else:
            out.known += outcome.kind == "identical"
            out.refused += outcome.kind == "rejected"
    if out.refused:
        log.error("signals refused: %s", out.refused)
    out.longer = actions.lengthen_signals(scope, longer, sender=SENDER) if longer else 0


def _owner(stream: Stream, place: Place, tree: Tree, posts: dict[tuple[str, int], int]) -> int | None:
    """The nearest post of the role at the stream's level or above; nobody where there is none."""
    return alarms.nearest(stream.role, stream.role_level, [(area, tree.places[area].level) for area in place.way if area in tree.places], posts)
