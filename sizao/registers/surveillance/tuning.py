"""Thresholds that persons change for an area and a time; what a change would have meant is worked out, and has to be seen, before it is saved."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from sizao.kernel import acts, audit, clock
from sizao.kernel.acts import NewAct
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.kernel.jobs import changed
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope, at_most_one, visible

from . import counting, judging
from .judging import Episode, Setting
from .models import Signal, StreamSetting
from .streams import TUNED, Stream, fits, streams, tunable

#: A change holds at most so long, and then ends by itself.
LONGEST = 366
#: How far back the consequence is worked out, days.
LOOKED_BACK = 365


@dataclass(frozen=True, slots=True)
class Missed:
    """A signal that was judged real, and that the new setting would not have given."""

    signal: UUID
    area: Area
    first: date
    observed: float | None


@dataclass(frozen=True, slots=True)
class Consequence:
    """What the stream would have given below the area, under the setting that holds now and under the new one.

    Attributes:
        since, until: The days looked at, both included; `told`: from when on anything was told within them.
        before, after: Episodes of alarms under each.
        gone, fresh: Those of `before` that the new setting would not have given, and those that only it would have.
        real, missed: Signals of these days that were judged real, and which of them would have been missed.
        seal: Names this very consequence; saving asks for it.
    """

    since: date
    until: date
    told: date | None
    before: tuple[Episode, ...]
    after: tuple[Episode, ...]
    gone: tuple[Episode, ...]
    fresh: tuple[Episode, ...]
    real: int
    missed: tuple[Missed, ...]
    seal: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a person wants: other values for an area and all below it, from a day through another."""

    stream: Stream
    area: Area
    starts_on: date
    until: date
    other: tuple[tuple[str, Any], ...]


def settings_in_force(on: date | None = None, stream: str = "") -> dict[str, list[Setting]]:
    """stream → what persons have set and not withdrawn, the earlier first (`on`: only what holds that day). One statement."""
    rows = StreamSetting.objects.filter(visible(), withdrawn_at=None).order_by("issued_at", "pk")
    rows = rows.filter(stream=stream) if stream else rows
    rows = rows.filter(starts_on__lte=on, until__gte=on) if on else rows
    found: dict[str, list[Setting]] = {}
    for r in rows:
        found.setdefault(r.stream, []).append(Setting(r.area_id, r.starts_on, r.until, told(r)))
    return found


def told(row: StreamSetting) -> tuple[tuple[str, Any], ...]:
    """What a row changes, as the rule takes it."""
    return tuple((name, int(value) if TUNED[name][2] else float(value)) for name in TUNED if (value := getattr(row, name)) is not None)


def wanted(stream: Stream, area: Area, starts_on: date | None, until: date | None, other: Mapping[str, Any]) -> Change:
    """A change, checked. Refused: stream-not-tuned, stream-setting-empty, stream-setting-out-of-range, stream-setting-without-end."""
    if stream.rule is None:
        raise Refused("stream-not-tuned", stream={"zh": stream.zh, "en": stream.en})
    given = {k: v for k, v in other.items() if k in tunable(stream.rule) and v is not None}
    if not given:
        raise Refused("stream-setting-empty")
    for name, value in given.items():
        if not fits(name, value):
            raise Refused("stream-setting-out-of-range", field=name, value=value, least=TUNED[name][0], most=TUNED[name][1])
    if starts_on is None or until is None or not 0 <= (until - starts_on).days <= LONGEST:
        raise Refused("stream-setting-without-end", days=LONGEST)
    return Change(stream, area, starts_on, until, tuple((k, int(v) if TUNED[k][2] else float(v)) for k, v in sorted(given.items())))


def consequence(scope: Scope, change: Change, now: datetime | None = None) -> Consequence:
    """What the last year would have been under both, every place of the stream's levels below the area. About five statements, whatever the size. Refused: not-allowed, …out-of-area."""
    scope.check("plan.read", change.area)
    now, stream = now or clock.now(), change.stream
    held = settings_in_force(stream=stream.id).get(stream.id, [])
    today = clock.local_day(now, change.area.zone)
    always = [replace(s, starts_on=date.min, until=date.max) for s in held if s.starts_on <= today <= s.until]
    new = [*always, Setting(change.area.pk, date.min, date.max, change.other)]
    step = 7 if stream.every == "week" else 1
    last = LOOKED_BACK // step
    panel = counting.panel(stream, counting.tree(change.area.path), now, last + judging.longest(stream, new))
    # the file's own beginning is no bound here: it is asked what would have been
    panel.stream = replace(stream, since=date.min)
    before, after = (judging.episodes(panel, judging.judge(panel, of, last)) for of in (always, new))
    since = panel.periods[-last]
    gap = timedelta(days=stream.quiet)
    gone, fresh = tuple(e for e in before if not _among(e, after, gap)), tuple(e for e in after if not _among(e, before, gap))
    real = list(
        Signal.objects.filter(visible(), scope.area_filter("area", "plan.read"), stream=stream.id, kind="count", judgement="real", area__path__startswith=change.area.path, window_to__gte=since)
        .select_related("area").defer("area__geometry").order_by("window_from")
    )  # fmt: skip
    missed = tuple(Missed(s.pk, s.area, s.window_from, float(s.observed) if s.observed is not None else None) for s in real if not _given(s, after))
    text = json.dumps(
        [stream.id, change.area.pk, str(change.starts_on), str(change.until), change.other, [(e.place.id, str(e.first)) for e in (*before, *after)], [str(m.signal) for m in missed]]
    )
    return Consequence(since, today, panel.newest and min(_first_told(panel), today), tuple(before), tuple(after), gone, fresh, len(real), missed, hashlib.sha256(text.encode()).hexdigest()[:24])


def _first_told(panel: counting.Panel) -> date:
    import numpy as np

    told = np.flatnonzero((panel.heard >= 1).any(axis=0))
    return panel.periods[int(told[0])] if len(told) else panel.periods[-1]


def _among(one: Episode, others: Iterable[Episode], gap: timedelta) -> bool:
    return any(o.place.id == one.place.id and o.first <= one.last + gap and one.first <= o.last + gap for o in others)


def _given(signal: Signal, episodes: Sequence[Episode]) -> bool:
    return any(e.place.id == signal.area_id and signal.window_from <= e.last and e.first <= (signal.window_to or signal.window_from) for e in episodes)


@transaction.atomic
def tune(scope: Scope, change: Change, reason: str, seal: str, now: datetime | None = None) -> UUID:
    """Saves a change whose consequence was seen. Refused: not-allowed, stream-setting-without-reason, stream-consequence-not-seen (another consequence, or none, was seen)."""
    scope.check("signal.tune", change.area)
    if not reason.strip():
        raise Refused("stream-setting-without-reason")
    found = consequence(scope, change, now)
    if seal != found.seal:
        raise Refused("stream-consequence-not-seen")
    at = clock.now()
    row = StreamSetting(
        id=uuid7(), stream=change.stream.id, area_id=change.area.pk, starts_on=change.starts_on, until=change.until, reason=reason.strip(), issued_by_id=scope.post_id, issued_at=at,
        before=len(found.before), after=len(found.after), missed=len(found.missed), sender=f"post:{scope.post_id}", known_from=at, stands_from=at, **dict(change.other),
    )  # fmt: skip
    row.save(force_insert=True)
    acts.record(scope, [NewAct("stream.tuned", row.pk, at, area_id=row.area_id, record=row.pk)])
    audit.write(scope, "surveillance.stream_tuned", [row.pk], stream=row.stream)
    changed()
    return row.pk


@transaction.atomic
def withdraw(scope: Scope, setting: UUID) -> str:
    """Ends a change now; the stream that it is of. Refused: not-found-or-out-of-area, stream-setting-withdrawn."""
    row = at_most_one(StreamSetting.objects.select_for_update(of=("self",)).filter(visible(), scope.area_filter("area", "signal.tune"), pk=setting)[:1])
    if row.withdrawn_at is not None:
        raise Refused("stream-setting-withdrawn")
    row.withdrawn_at = clock.now()
    row.save(update_fields=["withdrawn_at"])
    audit.write(scope, "surveillance.stream_setting_withdrawn", [row.pk], stream=row.stream)
    changed()
    return str(row.stream)


def known(stream: str) -> bool:
    """Whether there is such a stream now."""
    return stream in streams()
