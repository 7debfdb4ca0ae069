"""What counts as done, in plain Python: for one occasion, when it was done, when we were first told, and why it cannot be told where it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from .language import done as d
from .language import nodes
from .language.measure import FAR, Measure
from .language.values import Context, cause, value
from .obligations import BREACH, NOT_KEPT, UNKNOWN
from .register import Register, Row
from .timetable import TICK, Slot


@dataclass(frozen=True)
class Found:
    """`done` None: no evidence, and `why` says whether that can be told (None: yes; else a reason). `have`, `need`: an amount, as it was read."""

    done: datetime | None
    told: datetime | None = None
    why: str | None = None
    have: Any = None
    need: Any = None


class Judging(Protocol):
    """Who judges the occasion: one measure over a register at one moment."""

    m: Measure
    register: Register
    as_of: datetime

    def context(self, row: Row, now: datetime, opens: datetime, closes: datetime = FAR) -> Context:
        """Where an expression is asked."""

    def version(self, subject: Row, t: datetime) -> Row:
        """The subject as it stood at a moment."""

    def acts(self, form: d.Done | d.Never, row: Row, slot: Slot, opens: datetime) -> list[Row]:
        """Acts that fill the occasion, earliest first."""


def found(e: Judging, form: d.Evidence, row: Row, slot: Slot, j: datetime) -> Found:
    """The evidence for one occasion; `row` is the subject as it stood at `j`."""
    match form:
        case d.Done():
            return acted(e, form, row, slot, j)
        case d.Never():
            return never(e, form, row, slot, j)
        case d.Several("any", parts):
            return one_of([found(e, part, row, slot, j) for part in parts], slot)
        case d.Several(_, parts):
            return all_of([found(e, part, row, slot, j) for part in parts], slot)
    return held(e, form, row, slot, j)


def acted(e: Judging, form: d.Done, row: Row, slot: Slot, j: datetime) -> Found:
    """The act, as often as needed. Who needs nothing has it when the occasion opens."""
    need = 1
    ctx = e.context(row, j, slot.opens, slot.closes)
    if form.need is not None:
        told = value(form.need, ctx)
        if told is None:
            return Found(None, why=f"{UNKNOWN}:{cause(form.need, ctx)}")
        need = max(int(told), 0) if told == int(told) else int(told) + 1
    opens = since(e, form, row, slot, j)
    acts = e.acts(form, row, slot, opens)
    if need == 0:
        return Found(slot.opens, slot.opens)
    if len(acts) >= need:
        on_time = sorted(a["told_at"] for a in acts if a["at"] <= slot.due)
        return Found(acts[need - 1]["at"], on_time[need - 1] if len(on_time) >= need else None)
    return Found(None, why=not_kept(e, form.act, row, slot))


def since(e: Judging, form: d.Done, row: Row, slot: Slot, j: datetime) -> datetime:
    """From when evidence counts."""
    early = getattr(e.m.when, "early", None)
    if form.since is not None:
        point = value(form.since, e.context({**row, "due": slot.due, "opens": slot.opens}, j, slot.opens, slot.closes))
        if point is not None:
            return point  # type: ignore[no-any-return]
    return slot.opens - early if early else slot.opens


def never(e: Judging, form: d.Never, row: Row, slot: Slot, j: datetime) -> Found:
    """Kept so far, or a breach at its own moment."""
    acts = [a for a in e.acts(form, row, slot, slot.opens) if a["at"] <= slot.due]
    if acts:
        return Found(None, why=f"{BREACH}:{form.act}")
    why = not_kept(e, form.act, row, slot)
    return Found(None, why=why) if why else Found(j, j)


def held(e: Judging, form: d.Holds | d.Amount, row: Row, slot: Slot, j: datetime) -> Found:
    """A state or an amount: read when due, and as long as the window is open once more at its latest moment."""
    test: Any = form.condition if isinstance(form, d.Holds) else nodes.Compare(">=", form.have, form.need)
    ctx = e.context(row, j, slot.opens, slot.closes)
    have, need = (value(form.have, ctx), value(form.need, ctx)) if isinstance(form, d.Amount) else (None, None)
    told = value(test, ctx)
    if told is None:
        return Found(None, None, f"{UNKNOWN}:{cause(test, ctx)}", have, need)
    if told:
        return Found(j, j, None, have, need)
    last = min(e.as_of, slot.closes - TICK)
    if slot.due < last and value(test, e.context(e.version(row, last), last, slot.opens, slot.closes)) is True:
        return Found(last, None, None, have, need)
    return Found(None, None, None, have, need)


def one_of(parts: list[Found], slot: Slot) -> Found:
    """The earliest of any; where there is none, what is unknown decides."""
    done = min((p.done for p in parts if p.done is not None), default=None)
    told = min((p.told for p in parts if p.told is not None and p.done is not None and p.done <= slot.due), default=None)
    return Found(done, told if done is not None else None, None if done is not None else worst(parts, unknown_first=True))


def all_of(parts: list[Found], slot: Slot) -> Found:
    """The latest of all; where one is surely missing, what is unknown of the others changes nothing."""
    if all(p.done is not None for p in parts):
        done = max(p.done for p in parts if p.done is not None)
        told = [p.told for p in parts]
        return Found(done, max(x for x in told if x is not None) if all(x is not None for x in told) else None)
    return Found(None, None, worst([p for p in parts if p.done is None], unknown_first=False))


def worst(parts: list[Found], unknown_first: bool) -> str | None:
    """Which reason speaks for the whole, in the order written."""
    unknown = [p.why for p in parts if p.why is not None and not p.why.startswith(BREACH)]
    breach = [p.why for p in parts if p.why is not None and p.why.startswith(BREACH)]
    if unknown_first:
        return unknown[0] if unknown else breach[0] if len(breach) == len(parts) else None
    return breach[0] if breach else None if len(unknown) < len(parts) else unknown[0]


def not_kept(e: Judging, act: str, row: Row, slot: Slot) -> str | None:
    kept = e.register.kept_since(act, row["area"])
    return f"{NOT_KEPT}:{act}" if kept is None or kept > slot.due else None


def context_of_act(act: Row, row: Row, ctx: Context) -> Context:
    """Where the condition on an act is asked: its own columns, and the subject behind `subject.`."""
    return Context(act, ctx.now, ctx.opens, ctx.params, ctx.world, ctx.closes, ctx.start, subject=row, about=row)
