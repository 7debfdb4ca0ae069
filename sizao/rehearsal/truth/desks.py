"""What desks owe: tickets taken, answered and closed by who raised them; posts filled and manned; orders with a basis and an end, said in plain words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from .book import DAY, FAR
from .judging import CANNOT_TELL, Asked, Judge
from .people import People
from .sentences import HOUR

TICK = timedelta(microseconds=1)
Thing = dict[str, Any]
ASKED = ("question", "complaint", "suggestion", "rumour_topic")
Link = tuple[Judge, timedelta | datetime, Sequence[datetime]]


def both(*asked: bool | None) -> bool | None:
    """Three-valued and."""
    return False if False in asked else None if None in asked else True


class Desks(People):
    """`thing`s of command; each sentence takes the figures in which editions differ."""

    @property
    def areas_known(self) -> datetime:
        """Since when an area is known that was not founded in the time of the city."""
        return datetime(2000, 1, 1)  # noqa: DTZ001 - civil time

    def things(self, register: str, *kinds: str) -> list[Thing]:
        return [t for t in self.book.things.get(register, ()) if not kinds or t["kind"] in kinds]

    def step(self, column: str, t: Thing) -> list[datetime]:
        """When that step was taken."""
        return self.subject_told(f"step:{t['register']}.{column}", t["about"])

    def chain(self, t: Thing, opens: datetime, links: Iterable[Link], owed: Asked | None = None) -> None:
        """Each clock starts with the step before."""
        for judge, due, told in links:
            judge.once(t["about"], t["area"], opens, due if isinstance(due, datetime) else opens + due, told, event=True, known=t["known_at"], owed=owed)
            at = min((x for x in told if opens <= x < self.book.as_of), default=None)
            if at is None:
                return
            opens = at

    def fresh(self, judge: Judge, about: str, area: int, known: datetime, span: timedelta, proofs: Iterable[datetime], owed: Asked | None = None) -> None:
        """Anew within so long of the last time."""
        first = max(known, self.book.begin)
        told = sorted(t for t in proofs if t < self.book.as_of)
        for n, at in enumerate(sorted({first} | {t for t in told if t > first})):
            judge.once(about, area, at if n == 0 else at + TICK, at + span, told, known=known, owed=owed)

    # -- tickets

    def ticket(self, measure: str, kinds: tuple[str, ...], column: str, role: str, hours: float = 24, *, gate: Callable[[int, datetime], bool | None] | None = None) -> None:
        """One step, so many hours after it was raised."""
        judge = self.judge(measure, role)
        for t in self.things("ticket", *kinds):
            self.chain(t, t["known_at"], [(judge, hours * HOUR, self.step(column, t))], (lambda x, t=t: gate(t["area"], x)) if gate else None)

    def by_the_day(self, measure: str, kind: str, column: str, role: str) -> Judge:
        """One step, by the day that was set."""
        judge = self.judge(measure, role)
        for t in self.things("ticket", kind):
            judge.once(t["about"], t["area"], max(t["known_at"], self.book.begin), t["told"]["due_at"], self.step(column, t), known=t["known_at"])
        return judge

    def directives(self) -> None:
        taken, broken, accepted = self.judge("directive-tracking.taken", "reporter"), self.judge("directive-tracking.broken_down", "reporter"), self.judge("directive-tracking.accepted", "commander @ parent")
        self.by_the_day("directive-tracking.fed_back", "directive", "answered_at", "reporter")
        for t in self.things("ticket", "directive"):
            self.chain(t, t["known_at"], [(taken, DAY, self.step("acknowledged_at", t)), (broken, DAY, self.step("assigned_at", t))])
            self.verified(accepted, t)

    def verified(self, judge: Judge, t: Thing, span: timedelta = DAY) -> None:
        """Closed by who raised it, within so long of the answer."""
        at = min(self.step("answered_at", t), default=None)
        if at is not None:
            self.chain(t, at, [(judge, span, self.step("verified_at", t))])

    def issues(self) -> None:
        judges = [self.judge(f"urgent-issue-resolution.{part}", role) for part, role in (("taken", "secretary @ parent"), ("solved", "secretary @ parent"), ("confirmed", "reporter"))]
        for t in self.things("ticket", "issue"):
            self.chain(t, t["known_at"], [(j, DAY, self.step(column, t)) for j, column in zip(judges, ("assigned_at", "answered_at", "verified_at"), strict=True)])

    def findings(self, span: timedelta = DAY) -> None:
        """Put right by the day, and looked at again by who found it."""
        self.by_the_day("rectification.fixed", "finding", "answered_at", "reporter")
        judge = self.judge("rectification.verified", "inspector")
        for t in self.things("ticket", "finding"):
            self.verified(judge, t, span)
        fixed = self.judge("rectification.fixed", "reporter")  # what an inspector saw is a finding too; here nobody answers those
        for t in self.things("inspection", "unit"):
            if t["told"]["outcome"] == "not_kept":
                fixed.once(f"finding of {t['about']}", t["area"], t["known_at"], t["known_at"] + 3 * DAY, [], known=t["known_at"])

    def decided(self) -> None:
        """What is decided has an owner and a day, at once."""
        judge = self.judge("situation-review.decided", "secretary")
        for t in self.things("ticket", "decision"):
            good = t["told"].get("unit") is not None and t["told"].get("due_at") is not None
            judge.holds(t["about"], t["area"], t["known_at"], t["known_at"], lambda x, good=good: good, known=t["known_at"])

    def concerns(self) -> None:
        """Sorted within a day, answered within three; what ten ask is answered to all."""
        self.ticket("public-concern-response.triaged", ASKED, "assigned_at", "desk")
        self.ticket("public-concern-response.answered", ASKED, "answered_at", "reporter", 72)
        judge, same = self.judge("public-concern-response.published", "publisher"), defaultdict(list)
        for t in self.things("ticket", *ASKED):
            same[t["area"], t["told"]["topic"]].append(t["known_at"])
        for t in self.things("ticket", *ASKED):
            at = min((x for x in self.step("answered_at", t) if x >= t["known_at"]), default=None)
            if at is not None:
                others = same[t["area"], t["told"]["topic"]]
                self.chain(t, at, [(judge, DAY, self.step("published_at", t))], lambda x, others=others: sum(o <= x for o in others) >= 10)

    # -- posts

    def seats(self) -> None:
        seated, reached = self.judge("command-roster.seated", "secretary @ parent"), self.judge("command-roster.reached", "secretary @ parent")
        calls = defaultdict(list)
        for c in self.things("call"):
            if c["told"]["outcome"] == "answered":
                calls[c["told"]["guard_post"]].append(c["known_at"])
        for t in self.things("post", "command_seat"):
            there = both(t["told"].get("holder"), t["told"].get("reachable"))
            seated.daily_state(t["about"], t["area"], t["known_at"], FAR, [24], lambda x, there=there: there, known=t["known_at"])
            self.fresh(reached, t["about"], t["area"], t["known_at"], 7 * DAY, calls[t["i"]])

    def manned(self, measure: str, kinds: tuple[str, ...], role: str) -> None:
        """Somebody comes to every shift."""
        judge, came = self.judge(measure, role), defaultdict(list)
        for s in self.things("shift", "post"):
            came[s["told"]["guard_post"]] += self.step("checked_in_at", s)
        for t in self.things("post", *kinds):
            opens, span = t["told"]["shift_starts"], t["told"]["shift_hours"] * HOUR
            n = 0
            while opens + n * span <= self.book.as_of:
                at = opens + n * span
                judge.once(t["about"], t["area"], at if n == 0 else at + TICK, at + span, came[t["i"]], known=t["known_at"], closes=at + span + TICK)
                n += 1

    def grids(self) -> None:
        """A worker and another for each grid, and not too many doors."""
        manned, load = self.judge("grid-staffing.manned", "community @ parent"), self.judge("grid-staffing.load", "community @ parent")
        posts, kept, doors = defaultdict(int), defaultdict(int), defaultdict(list)
        for i, stays in self.book.doors.items():
            for area in {area for _, area in stays}:
                doors[area].append(i)
        for t in self.things("post", "grid"):
            posts[t["area"]] += t["told"].get("holder") is True
            kept[t["area"]] += both(t["told"].get("holder"), t["told"].get("backup")) is True
        for area, level in self.book.level.items():
            if level == "grid":
                def few(x: datetime, area: int = area) -> bool:
                    return sum(self.book.lives(i, x) == area for i in doors[area]) <= 300 * posts[area]

                def there(x: datetime, area: int = area) -> bool:
                    return self.book.there(area, x)

                known = self.book.founded.get(area, self.book.begin)
                manned.daily_state(f"area:{area}", area, known, FAR, [24], lambda x, area=area: kept[area] >= 1, known=known, owed=there)
                load.daily_state(f"area:{area}", area, known, FAR, [24], few, known=known, owed=there)

    def rest(self) -> None:
        """Not more than 48 hours a week, and eleven between two shifts."""
        hours, gaps = self.judge("shift-and-rest.hours", "reporter"), self.judge("shift-and-rest.gaps", "reporter")
        worked: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
        for s in self.things("shift"):
            came = min(self.step("checked_in_at", s), default=None)
            left = min(self.step("ended_at", s), default=None)
            person = s["told"].get("person")
            if came is not None and left is not None and person is not None:
                worked[person].append((came, left))
        for s in self.things("shift"):
            came, person = min(self.step("checked_in_at", s), default=None), s["told"].get("person")
            if came is None:
                continue
            if person is None:  # whose rest, nobody can tell: a shift of a post
                gaps.say(s["about"], s["area"], came, CANNOT_TELL)
                continue
            short = any(left <= came and int((came - left) / HOUR) < 11 for _, left in worked[person])
            gaps.holds(s["about"], s["area"], came, came, lambda x, short=short: not short, known=s["known_at"])
        for key, person, f in self.roll(lambda m: m["roll_role"] == "staff" and m["at_risk_post"] is True):
            told = [(left, round((left - came) / HOUR, 2)) for came, left in worked[person]]
            hours.daily_state(key, f.area, f.at, FAR, [24], lambda x, told=told: round(sum(h for left, h in told if x - 7 * DAY < left <= x), 6) <= 48, known=f.at, step=7)

    # -- orders and texts

    def explained(self, t: Thing, kind: str = "") -> list[datetime]:
        """When something was published about an order."""
        return [x for text in self.texts_about[t["i"]] if not kind or text["kind"] == kind for x in self.step("published_at", text)]

    @cached_property
    def texts_about(self) -> dict[int, list[Thing]]:
        found = defaultdict(list)
        for text in self.things("text", "rule", "evaluation"):
            if "about_order" in text["told"]:
                found[text["told"]["about_order"]].append(text)
        return found

    def public(self, t: Thing) -> bool:
        return bool(t["told"]["touches_public"])

    def of_order(self, measure: str, chosen: Callable[[Thing], bool], role: str, done: Callable[[Thing], Iterable[datetime]]) -> None:
        """Within a day of the order."""
        judge = self.judge(measure, role)
        for t in filter(chosen, self.things("order")):
            judge.once(t["about"], t["area"], t["known_at"], t["known_at"] + DAY, done(t), event=True, known=t["known_at"])

    def terminal_cleaning(self) -> None:
        self.of_order("disinfection-ventilation.after_case", lambda t: t["kind"] == "terminal_cleaning", "reporter", lambda t: self.step("done_at", t))

    def plain_words(self) -> None:
        """Said in plain words before it begins."""
        judge = self.judge("policy-in-force-page", "publisher")
        for t in filter(self.public, self.things("order")):
            judge.once(t["about"], t["area"], t["known_at"], t["told"]["starts_at"], self.explained(t), known=t["known_at"])

    def level_published(self) -> None:
        self.of_order("response-level.published", lambda t: t["kind"] == "response_level", "publisher", self.explained)

    def bulletins(self) -> None:
        """A bulletin each evening, with the figures that are held inside; orders explained."""
        judge, equal = self.judge("epidemic-bulletin.on_time", "publisher"), self.judge("epidemic-bulletin.equal", "publisher")
        told = defaultdict(list)
        for t in self.things("text", "bulletin"):
            for at in self.step("published_at", t):
                told[t["told"]["unit"]].append(at)
                n = t["told"].get("figures_unequal")
                equal.holds(t["about"], t["area"], at, at, lambda x, n=n: None if n is None else n == 0, known=at)
        speaks = {t["told"]["unit"] for t in self.things("post", "spokesperson")}
        for u in self.book.units:
            if u["kind"] == "department" and u["i"] in speaks:
                judge.daily(f"unit:{u['i']}", u["area"], u["since"], FAR, [20], told[u["i"]], known=u["since"])
        self.of_order("epidemic-bulletin.explained", self.public, "publisher", self.explained)

    def evaluated(self) -> None:
        """Evaluated before it changes, and again in each phase."""
        judge, phase = self.judge("strategy-evaluation.before_change", "analyst"), self.judge("strategy-evaluation.by_phase", "analyst")
        for t in self.things("order", "response_level", "grade", "strategy"):
            judge.once(t["about"], t["area"], t["known_at"], t["known_at"], self.explained(t, "evaluation"), known=t["known_at"], early=30 * DAY)
        for t in self.things("duty"):
            told = [x for text in self.things("text", "evaluation") if text["told"].get("about_duty") == t["i"] for x in self.step("published_at", text)]
            self.fresh(phase, t["about"], t["area"], t["known_at"], 7 * DAY, told)

    def fits(self, measure: str) -> None:
        """Not heavier than the grade of the place bears, as long as it stands."""
        judge = self.judge(measure, "commander @ parent")
        for t in self.things("order"):
            if t["told"]["restrictive"]:
                def true(x: datetime, t: Thing = t) -> bool | None:
                    n, grade = t["told"]["strictness"], self.book.graded("risk", t["area"], x)
                    if n <= 1:
                        return True
                    return None if grade is None else grade == "high" or (n == 2 and grade == "medium")

                judge.daily_state(t["about"], t["area"], t["told"]["starts_at"], self.over(t), [24], true, known=t["known_at"])

    def over(self, t: Thing) -> datetime:
        """When an order is over: ended, or at its own end."""
        return min([*self.step("ended_at", t), t["told"].get("ends_at") or FAR])

    def lawful(self, reviewed: bool) -> None:
        """Complete at once; ended or prolonged by its end; looked at again each week, where that is asked for."""
        complete, ended = self.judge("lawful-proportionate-orders.complete", "issuer"), self.judge("lawful-proportionate-orders.ended", "issuer")
        again = self.judge("lawful-proportionate-orders.reviewed", "commander @ parent") if reviewed else None
        for t in self.things("order"):
            m = t["told"]
            if not m["restrictive"]:
                continue
            whole = bool(m["basis"]) and bool(m["reach"]) and m.get("ends_at") is not None and bool(m["appeal_route"])
            complete.holds(t["about"], t["area"], t["known_at"], t["known_at"], lambda x, whole=whole: whole, known=t["known_at"])
            if m.get("ends_at") is None:
                ended.say(t["about"], t["area"], None, CANNOT_TELL)
            else:
                ended.once(t["about"], t["area"], t["known_at"], m["ends_at"], [*self.step("extended_at", t), *self.step("ended_at", t)], known=t["known_at"])
            if again is not None:
                self.fresh(again, t["about"], t["area"], t["known_at"], 7 * DAY, self.step("reviewed_at", t), lambda x, t=t: x < self.over(t))

    def zoning(self) -> None:
        """Counties are graded, on a basis, and looked at again in a fortnight."""
        graded, reviewed = self.judge("risk-zoning.graded", "cdc @ province"), self.judge("risk-zoning.reviewed", "cdc @ province")
        for area, level in self.book.level.items():
            if level == "county":
                graded.daily_state(f"area:{area}", area, self.book.begin, FAR, [24], lambda x: False, known=self.book.begin)
                told = [s.since for lines in self.book.said.values() for s in lines if s.area == area]
                self.fresh(reviewed, f"area:{area}", area, self.book.begin, 14 * DAY, told)
        self.fits("risk-zoning.fits")

    # -- who must have it

    def received(self, measure: str, kind: str, units: tuple[str, ...], hours: float) -> None:
        """A text comes to each unit that it is for."""
        judge = self.judge(measure, "reporter")
        for t in self.things("text", kind):
            for at in self.step("published_at", t):
                for u in self.book.units:
                    if u["kind"] in units and t["area"] in set(self.book.upwards(u["area"])):
                        name = f"unit:{u['i']}|{t['about']}"
                        told = self.subject_told("reached", f"{t['about']}|unit:{u['i']}")
                        judge.once(name, u["area"], at, at + hours * HOUR, told, event=True, known=max(at, u["since"]))

    def educated(self) -> None:
        """A message comes to each household, and somebody comes each month."""
        judge, visited = self.judge("prevention-education.told", "community"), self.judge("prevention-education.reached", "community")
        since = self.book.begin - 30 * DAY
        for t in self.things("text", "message"):
            for at in self.step("published_at", t):
                for h in self.book.households:
                    def lives(x: datetime, i: int = h["i"]) -> int:
                        return self.book.lives(i, x)

                    def owed(x: datetime, lives: Callable[[datetime], int] = lives, t: Thing = t) -> bool:
                        return t["area"] in set(self.book.upwards(lives(x)))

                    told = self.subject_told("reached", f"{t['about']}|household:{h['i']}")
                    judge.once(f"household:{h['i']}|{t['about']}", lives, at, at + DAY, told, event=True, known=at, owed=owed)
        for h in self.book.households:
            told = [f.at for f in self.book.about.get(("visit", f"household:{h['i']}"), ()) if f.outcome == "reached"]
            visited.daily(f"household:{h['i']}", lambda x, i=h["i"]: self.book.lives(i, x), self.monthly(since), FAR, [24], told, known=since, months=1)

    def monthly(self, since: datetime) -> datetime:
        """From when the months of a figure are counted."""
        return since

    def responsible(self) -> None:
        judge = self.judge("responsibility-map", "commander")
        for t in self.things("duty"):
            judge.once(t["about"], t["area"], t["known_at"], t["known_at"] + 3 * DAY, self.step("accepted_at", t), event=True, known=t["known_at"])

    def forms(self) -> None:
        """Registered before it is sent, and asks for nothing that is known."""
        judge, once = self.judge("report-once.registered", "data_steward"), self.judge("report-once.once", "data_steward")
        for t in self.things("form"):
            judge.once(t["about"], t["area"], t["known_at"], t["told"]["first_sent_at"], self.step("registered_at", t), known=t["known_at"])
            once.daily_state(t["about"], t["area"], t["known_at"], FAR, [24], lambda x, t=t: t["told"]["asks"] != "persons_fever", known=t["known_at"])

    def plans_filed(self) -> None:
        """A plan not older than ninety days."""
        judge, told = self.judge("contingency-plans.current", "reporter"), defaultdict(list)
        for t in self.things("text", "plan"):
            told[t["told"]["unit"]] += self.step("published_at", t)
        for u in self.units("county", "clinic", "school", "department"):
            self.fresh(judge, f"unit:{u['i']}", u["area"], u["since"], 90 * DAY, told[u["i"]])
