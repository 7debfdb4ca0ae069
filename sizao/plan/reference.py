"""The meaning of the plan, in plain Python. Slow and readable on purpose; every compiled engine must agree with this file.

Five sentences hold it:
  1. The timetable is drawn from the register as it stands at `as_of`.
  2. An occasion is judged at the earlier of its due and `as_of`: condition and area are read as the register stood then.
  3. Edition and parameters are those in force when the occasion opens; who answers is asked now.
  4. Evidence counts where it happened, once it has happened; what we had been told is decided before (the register holds only that).
  5. What cannot be told is said so, with the missing fact, and is neither owed nor done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from . import evidence
from .derived import knowing
from .evidence import Found
from .language import done as forms
from .language import nodes
from .language.measure import FAR, Close, Measure
from .language.schedule import Every, Fresh, Within
from .language.values import Context, cause, value
from .obligations import (
    AHEAD,
    BREACH,
    BY_ACT,
    CANNOT_TELL,
    CLOSED,
    ENDED,
    LATE,
    MET,
    NO_TIMETABLE,
    OPEN,
    OVERDUE,
    PART,
    UNDATED,
    UNKNOWN,
    WAITING,
    YIELDS,
    Force,
    Obligation,
)
from .register import Register, Row
from .timetable import Drawer, NoTimetable, Slot
from .world import Fixed, Lookup

SAID = (MET, LATE, AHEAD)  # states of what was said done


class Evaluator:
    """One measure at one `as_of`."""

    def __init__(self, m: Measure, register: Register, as_of: datetime, force: Force | None = None):
        register = knowing(register, m, force or Force())
        self.m, self.register, self.as_of, self.force = m, register, as_of, force or Force()
        self.lookup = Lookup(m, register, as_of, self.force, self.duties)

    def another(self, m: Measure) -> Evaluator:
        """The same register and moment, for another measure."""
        return Evaluator(m, self.register, self.as_of, self.force)

    def duties(self, measures: Iterable[Measure]) -> list[Obligation]:
        """The obligations of other measures, evaluated once."""
        found: list[Obligation] = []
        for m in measures:
            key = (m.id, self.as_of, self.force)
            if key not in self.register.known:
                self.register.known[key] = list(self.another(m).all())
            found += self.register.known[key]
        return found

    def all(self) -> Iterator[Obligation]:
        """Every obligation that has opened by `as_of`."""
        for subject in list(self.register.versions[self.m.facts]):
            yield from self.of(subject)

    def of(self, subject: Any) -> Iterator[Obligation]:
        """The obligations of one subject: those that are this enactment's, where it was judged and when it opened."""
        yield from (o for o in self.wherever(subject) if self.belongs(o))

    def wherever(self, subject: Any) -> list[Obligation]:
        """The obligations of one subject, wherever it was."""
        row = self.register.standing(self.m.facts, subject, self.as_of)
        if row is None or row["known"] > self.as_of or not self.of_disease(row):
            return []
        row, waits = self.with_parts(row)
        slots = self.slots(row)
        found = [self.undated(row, slots, waits)] if isinstance(slots, NoTimetable) else [self.judge(row, slot) for slot in slots]
        return self.looked(row, [o for o in found if o is not None])

    def belongs(self, o: Obligation) -> bool:
        """An obligation is this enactment's and no narrower one's: where it was judged, and when it opened (without a timetable: now)."""
        row = self.register.standing(self.m.facts, o.subject, self.as_of)
        assert row is not None
        return self.register.belongs(o.area, self.force, o.opens or self.as_of, row["disease"])

    def of_disease(self, row: Row) -> bool:
        """The edition is about the row's disease."""
        return self.force.disease is None or row["disease"] in (None, self.force.disease)

    def with_parts(self, row: Row) -> tuple[Row, dict[str, bool]]:
        """The row with the moments of the parts that start its clock, wherever it was then; and of each part, whether it is still to be waited for."""
        waits, moments = {}, {}
        for part in self.m.parts:
            duties = self.another(self.m.sibling(part)).wherever(row["id"])
            moments[f"part:{part}"] = min((o.done_at for o in duties if o.done_at is not None), default=None)
            waits[f"part:{part}"] = any(o.state != CLOSED for o in duties)
        return ({**row, **moments} if moments else row), waits

    def looked(self, row: Row, found: list[Obligation]) -> list[Obligation]:
        """With what somebody found who looked: a look is about what had been said done last before it."""
        look = self.m.look
        if look is None or not isinstance(look.done, forms.Done):
            return found
        said = sorted((o.done_at, o.occasion) for o in found if o.done_at is not None and o.state in SAID)
        seen = {}
        for i, (at, occasion) in enumerate(said):
            following = said[i + 1][0] if i + 1 < len(said) else FAR
            told = [untrue for looked_at, untrue in self.looks(look, row) if at < looked_at <= following]
            if told:
                seen[occasion] = not any(told)
        return [replace(o, seen=seen.get(o.occasion)) if o.state in (MET, LATE) else o for o in found]

    def looks(self, look: Measure, row: Row) -> list[tuple[datetime, bool]]:
        """(when somebody looked, whether what he found contradicts what was said); looks that tell neither are none."""
        form, found = look.done, []
        for act in self.register.done(form.act, form.key, row, self.as_of):
            ctx = Context({**act, "disease": None, "area": None}, self.as_of, self.as_of, look.params, self.lookup)
            told = value(look.untrue, ctx)
            if told is not None and (form.where is None or value(form.where, ctx) is True):
                found.append((act["at"], told))
        return found

    def slots(self, row: Row) -> list[Slot] | NoTimetable:
        """Its occasions under this edition. Nobody owes what fell due before the subject was known, except to the clock of an event."""
        ctx = self.context(row, self.as_of, self.as_of, FAR)
        fixed = Fixed(self.lookup, {term: value(term, ctx) for term in self.m.timed_terms})
        proofs = [act["at"] for act in self.proofs(row)] if isinstance(self.m.when, Fresh) else None
        drawn = Drawer(self.m, row, self.as_of, self.force, fixed, proofs).draw()
        if isinstance(drawn, NoTimetable):
            return drawn
        clock = isinstance(self.m.when, Within)
        return [s for s in drawn if self.force.start <= s.opens < self.force.end and (clock or s.due >= row["known"])]

    def proofs(self, row: Row) -> list[Row]:
        """Every evidence that there has been, for those whose clock starts anew with each."""
        d = self.m.done
        ctx = self.context(row, self.as_of, self.as_of)
        found = self.register.done(d.act, d.key, row, self.as_of)
        return [a for a in found if d.where is None or value(d.where, evidence.context_of_act(a, row, ctx)) is True]

    def told(self, row: Row, now: datetime, opens: datetime, closes: datetime = FAR) -> bool | None:
        """The condition of a version, and the gate, three-valued."""
        return True if self.m.asks is None else value(self.m.asks, self.context(row, now, opens, closes))

    def context(self, row: Row, now: datetime, opens: datetime, closes: datetime = FAR) -> Context:
        return Context(row, now, opens, self.m.params, self.lookup, closes)

    def undated(self, row: Row, why: NoTimetable, waits: Mapping[str, bool]) -> Obligation | None:
        """It may be owed, but what its timetable hangs on is missing; a part that is not done yet is waited for, one that is not owed is not."""
        if not self.force.start <= self.as_of < self.force.end or self.told(row, self.as_of, self.as_of) is False:
            return None
        if why.missing in waits:
            return self.finish(row, NO_TIMETABLE, None, WAITING, f"{PART}:{why.missing.removeprefix('part:')}") if waits[why.missing] else None
        return self.finish(row, NO_TIMETABLE, None, CANNOT_TELL, f"{UNDATED}:{why.missing}")

    def reading_time(self, row: Row, slot: Slot) -> datetime:
        """When condition and area are read."""
        j = min(slot.due, self.as_of)
        return max(j, row["known"]) if isinstance(self.m.when, Within) else j

    def judge(self, subject: Row, slot: Slot) -> Obligation | None:
        """What became of one occasion. None when the condition neither held when it opened nor when it was judged."""
        j = self.reading_time(subject, slot)
        row = self.version(subject, j)
        told = self.told(row, j, slot.opens, slot.closes)
        if told is False:
            o = max(slot.opens, subject["known"])
            if self.told(self.version(subject, o), o, slot.opens, slot.closes) is not True:
                return None
        found = evidence.found(self, self.m.done, row, slot, j)
        state, reason = self.state(row, slot, j, told, found)
        return self.finish(row, slot.occasion, slot, state, reason, found)

    def state(self, row: Row, slot: Slot, j: datetime, told: bool | None, found: Found) -> tuple[str, str | None]:
        """The first that applies. Done stays done; the due instant itself is on time."""
        done, shut = found.done, self.shut(row)
        if told is None:
            return CANNOT_TELL, f"{UNKNOWN}:{cause(self.m.asks, self.context(row, j, slot.opens, slot.closes))}"
        if slot.missing:
            return CANNOT_TELL, f"{UNDATED}:{slot.missing}"
        winner = self.winner(row, slot, j)
        if winner:
            return CLOSED, f"{YIELDS}:{winner}"
        if done is not None and done <= slot.due:
            return (MET if slot.due < self.as_of else AHEAD), None
        if not told:
            return CLOSED, ENDED
        if shut and shut[0] <= slot.due:
            return CLOSED, f"{BY_ACT}:{shut[1].act}"
        if done is not None:
            return LATE, None
        if found.why is not None:
            return (OVERDUE if found.why.startswith(BREACH) else CANNOT_TELL), found.why
        if self.as_of <= slot.due:
            return OPEN, None
        return OVERDUE, f"{BY_ACT}:{shut[1].act}" if shut else None

    def winner(self, row: Row, slot: Slot, j: datetime) -> str | None:
        """The first measure of the slot whose condition is true for the same person then. What cannot be told does not win."""
        for id_ in self.m.yields:
            w = self.another(self.m.all[id_])
            for r in w.register.of_person(w.m.facts, row["person"], j):
                same = row["disease"] is None or r["disease"] in (None, row["disease"])
                forced = self.force.disease is None or r["disease"] in (None, self.force.disease)
                if same and forced and r["known"] <= self.as_of and self.register.inside(r["area"], self.force) and w.told(r, j, slot.opens) is True:
                    return id_
        return None

    def acts(self, form: forms.Done | forms.Never, row: Row, slot: Slot, opens: datetime) -> list[Row]:
        """Acts that fill the occasion from `opens` on, earliest first. An act whose `where` is unknown is no evidence."""
        ctx = self.context(row, self.as_of, slot.opens, slot.closes)
        return [
            act
            for act in self.register.done(form.act, form.key, row, self.as_of)
            if opens <= act["at"] < slot.closes
            and (form.where is None or value(form.where, evidence.context_of_act(act, row, ctx)) is True)
            and (form.match == "time" or act["period"] == slot.opens.date())
        ]

    def shut(self, row: Row) -> tuple[datetime, Close] | None:
        """The earliest act that ends the duty."""
        found = [(act["at"], c) for c in self.m.close for act in self.register.done(c.act, c.key, row, self.as_of)]
        return min(found, key=lambda f: (f[0], f[1].act), default=None)

    def version(self, subject: Row, t: datetime) -> Row:
        found = self.register.standing(self.m.facts, subject["id"], t)
        assert found is not None, f"no version of {subject['id']} stood at {t}"
        return found

    def finish(
        self, row: Row, occasion: int, slot: Slot | None, state: str, reason: str | None, found: Found | None = None
    ) -> Obligation:
        doable = state in (OPEN, OVERDUE) and reason is None and slot is not None and self.as_of < slot.closes
        told_late = state == MET and slot is not None and found is not None and found.told is not None and found.told > slot.due
        return Obligation(
            measure=self.m.id,
            subject=row["id"],
            person=row["person"],
            occasion=occasion,
            opens=slot.opens if slot else None,
            due=slot.due if slot else None,
            state=state,
            reason=reason,
            area=row["area"],
            post=self.register.owner(self.m, row["area"], self.as_of),
            doable=doable,
            told_late=told_late,
            done_at=found.done if found else None,
            have=found.have if found else None,
            need=found.need if found else None,
            unit=value(self.m.done.unit, self.context(row, self.as_of, self.as_of)) if found and isinstance(self.m.done, forms.Amount) and self.m.done.unit else None,
            raised=self.raised(slot, state, reason, doable),
        )

    def raised(self, slot: Slot | None, state: str, reason: str | None, doable: bool) -> int:
        """How many levels up it appears: one for every span that has passed since due. What should never be is raised when it comes."""
        breach = (reason or "").startswith(BREACH) and slot is not None and self.as_of < slot.closes
        if state != OVERDUE or slot is None or not (doable or breach):
            return 0
        return sum(span == 0 or slot.due + timedelta(seconds=span) <= self.as_of for span in self.m.ladder)


def evaluate(m: Measure, register: Register, as_of: datetime, force: Force | None = None) -> list[Obligation]:
    """Every obligation of a measure that has opened by `as_of`."""
    return list(Evaluator(m, register, as_of, force).all())


def leaves(node: Any) -> Iterator[Any]:
    """The single questions of a condition, in the order written."""
    if isinstance(node, (nodes.All, nodes.Some)):
        for part in node.parts:
            yield from leaves(part)
    elif isinstance(node, nodes.Negated) and isinstance(node.part, (nodes.All, nodes.Some)):
        yield from leaves(node.part)
    elif node is not None:
        yield node


__all__ = ["Evaluator", "Every", "Register", "evaluate", "leaves"]
