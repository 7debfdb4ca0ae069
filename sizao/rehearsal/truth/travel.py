"""What is owed to people on the move and of the areas that they come from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from .book import DAY, FAR
from .clinic import end_of, midnight
from .desks import Thing, both
from .goods import Goods
from .judging import CANNOT_TELL, Judge
from .people import TERM

RISKY = ("medium", "high")
Told = Callable[[Thing, datetime], bool | None]


def either(*asked: bool | None) -> bool | None:
    """Three-valued or."""
    return True if True in asked else None if None in asked else False


def on(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


class Travel(Goods):
    """Journeys and areas outside."""

    def journeys(self, *kinds: str) -> list[Thing]:
        return self.things("journey", *kinds)

    def listed(self, t: Thing, codes: tuple[str, ...], since: date) -> bool | None:
        """His origin is on the list, on the day on which he left it."""
        origin, left = t["told"].get("origin"), on(t["told"].get("left_on"))
        return None if origin is None or left is None else origin in codes and left >= since

    def outside(self, t: Thing) -> Thing | None:
        """The area outside that he came from, where one is watched."""
        return next((o for o in self.things("outside") if o["told"]["code"] == t["told"].get("origin")), None)

    def grade_of(self, t: Thing, x: datetime) -> str | None:
        o = self.outside(t)
        return self.stands(o, "grade", x, "graded_at") if o is not None else None

    def graded_at(self, t: Thing) -> datetime | None:
        o = self.outside(t)
        return max((f.at for f in self.book.about.get(("then:outside.graded_at", o["about"]), ())), default=o["told"]["graded_at"]) if o is not None else None

    def arrived(self, t: Thing) -> datetime | None:
        day = on(t["told"].get("arrived_on"))
        return midnight(day) if day else None

    def within_a_day(self, judge: Judge, t: Thing, opens: datetime | None, done: list[datetime], told: Told | None = None, beaten: Any = None) -> datetime | None:
        """Due a day after; when it was done, where it was owed. Where it cannot be told from when, that is said."""
        if opens is None:
            if told is None or told(t, self.book.last) is not False:
                judge.say(t["about"], t["area"], None, CANNOT_TELL)
            return None
        judge.once(t["about"], t["area"], opens, opens + DAY, done, event=True, known=t["known_at"], owed=(lambda x: told(t, x)) if told else None, beaten=beaten)
        return min((x for x in done if opens <= x < self.book.as_of), default=None)

    def affected(self) -> None:
        """Everybody from an affected area found in a day, and looked at for a fortnight."""
        found, followed = self.judge("affected-area-arrivals-trace.found", "community"), self.judge("affected-area-arrivals-trace.followed", "community")
        def told(t: Thing, x: datetime) -> bool | None:
            return self.listed(t, ("420000",), date(2020, 1, 26))

        for t in self.journeys():
            self.within_a_day(found, t, t["known_at"], self.step("located_at", t), told)
            self.daily_of(followed, t, self.of(t["told"]["person"], "check", "line:daily_health"), told, 24)

    def daily_of(self, judge: Judge, t: Thing, done: list[datetime], told: Told, hour: float, beaten: Any = None) -> None:
        """Each day from the arrival, for a fortnight."""
        at = self.arrived(t)
        if at is None:
            if told(t, self.book.last) is not False:
                judge.say(t["about"], t["area"], None, CANNOT_TELL)
            return
        judge.daily(t["about"], t["area"], at, at + TERM + DAY, [hour], done, known=t["known_at"], owed=lambda x: told(t, x), beaten=beaten)

    def returned(self) -> None:
        judge = self.judge("returnee-register", "community")
        for t in self.journeys("return"):
            self.within_a_day(judge, t, self.arrived(t), self.step("registered_at", t))

    def listed_from(self, o: Thing) -> datetime | None:
        """Since when an area outside is on the list of affected ones."""
        first = [o["told"]["listed_at"]] if o["told"].get("listed_at") is not None else []
        return min([*first, *(f.at for f in self.book.about.get(("then:outside.listed_at", o["about"]), ()))], default=None)

    def watched_arrivals(self) -> None:
        """Who came from a listed area has been looked at in the last two days."""
        judge = self.judge("potential-source-baseline.arrivals", "community")
        for t in self.journeys():
            o, looked = self.outside(t), self.of(t["told"]["person"], "check")
            listed = None if o is None else self.listed_from(o)
            judge.daily_state(
                t["about"], t["area"], t["known_at"], FAR, [24], lambda x, looked=looked: any(x - 2 * DAY < at <= x for at in looked), known=t["known_at"], owed=lambda x, o=o, listed=listed: None if o is None else listed is not None and listed <= x,
            )  # fmt: skip

    def to_centre(self, t: Thing, x: datetime) -> bool | None:
        """From abroad, or from where the risk is."""
        grade = self.grade_of(t, x)
        return either(t["kind"] == "entry", None if grade is None else grade in RISKY)

    def central(self, beaten: Callable[[Thing, datetime], bool] | None = None) -> None:
        """In a centre for a fortnight: taken in, looked at, stayed, let go."""
        taken, checked, stayed, released = (self.judge(f"central-quarantine.{part}", "community") for part in ("taken_in", "checked", "stayed", "released"))
        for t in self.journeys():
            at, person = self.arrived(t), t["told"]["person"]
            first = (lambda x, t=t: beaten(t, x)) if beaten else None
            self.within_a_day(taken, t, at, self.of(person, "admitted", "taken in", outcomes=("centre",)), self.to_centre, first)
            self.daily_of(checked, t, self.of(person, "check"), self.to_centre, 20, first)
            if at is None:
                for judge in (stayed, released):
                    if self.to_centre(t, self.book.last) is not False:
                        judge.say(t["about"], t["area"], None, CANNOT_TELL)
                continue
            stayed.never(t["about"], t["area"], at, at + TERM + DAY, [], known=t["known_at"], owed=lambda x, t=t: self.to_centre(t, x), beaten=first)
            out = [x for x in self.of(person, "stay ended") if x >= at + TERM]
            due = end_of((at + TERM + DAY).date())
            released.once(t["about"], t["area"], max(t["known_at"], self.book.begin), due, out, known=t["known_at"], owed=lambda x, t=t: self.to_centre(t, x), beaten=first)

    def announced(self, measure: str, told: Told) -> None:
        """Where somebody goes is told within a day of his leaving."""
        judge = self.judge(measure, "cdc")
        for t in self.journeys():
            self.within_a_day(judge, t, t["told"].get("left_at"), self.step("destination_told_at", t), told)

    def leaving(self) -> None:
        self.announced("outbound-control.notified", lambda t, x: both(t["kind"] == "exit", self.book.ordered("exit_control", t["area"], x)))

    def from_risk(self) -> None:
        def told(t: Thing, x: datetime) -> bool | None:
            grade = self.book.graded("risk", t["area"], x)
            return both(t["kind"] == "exit", None if grade is None else grade in RISKY)

        self.announced("origin-destination-handover.told", told)

    def chartered(self) -> None:
        """Looked at before they leave, and written down where they arrive."""
        checked, carried = self.judge("point-to-point-return.checked", "labour"), self.judge("point-to-point-return.carried", "labour")
        for t in self.journeys("chartered"):
            m = t["told"]
            checked.once(t["about"], t["area"], t["known_at"], m["left_at"], self.of(m["person"], "line:daily_health"), known=t["known_at"])
            carried.once(t["about"], t["area"], t["known_at"], m["planned_arrival"], self.step("registered_at", t), known=t["known_at"])

    # -- areas outside

    def situation(self, written: datetime) -> None:
        """Looked at each day; what is graded up comes on the list within a day. `written`: from when there is a figure for that."""
        fresh, listed = self.judge("external-situation-watch.fresh", "cdc"), self.judge("external-situation-watch.listed", "cdc")
        for o in self.things("outside"):
            told = [f.at for since in ("told_at", "graded_at", "listed_at") for f in self.book.about.get((f"then:outside.{since}", o["about"]), ())]
            self.fresh(fresh, o["about"], o["area"], o["known_at"], DAY, told)

            def risky(x: datetime, o: Thing = o) -> bool:
                return self.stands(o, "grade", x, "graded_at") in RISKY

            at = max((f.at for f in self.book.about.get(("then:outside.graded_at", o["about"]), ())), default=o["told"]["graded_at"])
            if at < written:
                if risky(self.book.last):
                    listed.say(o["about"], o["area"], None, CANNOT_TELL)
            else:
                done = [f.at for f in self.book.about.get(("then:outside.listed_at", o["about"]), ())]
                listed.once(o["about"], o["area"], at, at + DAY, done, event=True, known=o["known_at"], owed=risky)

    # -- June: who arrives declares himself

    DECLARE = ("110000", "110106", "110111", "110102", "110115", "xinfadi")
    STRICTER = DECLARE[1:]
    SINCE = date(2020, 5, 30)

    def declares(self, t: Thing, x: datetime) -> bool | None:
        return self.listed(t, self.DECLARE, self.SINCE)

    def stricter(self, t: Thing, x: datetime) -> bool | None:
        contact = any(c["named_at"] <= x and self.open(c, x) for c in self.book.contacts if c["person"] == t["told"]["person"])
        return both(self.declares(t, x), either(self.listed(t, self.STRICTER, self.SINCE), contact))

    def declared(self) -> None:
        """Four steps: declared, the employer told, the code scanned, tested and looked after."""
        names = ("declared", "employer", "scanned", "tested", "observed", "stricter")
        declared, employer, scanned, tested, observed, stricter = (self.judge(f"self-declaration.{name}", "community") for name in names)
        for t in self.journeys():
            at, m = self.arrived(t), t["told"]
            done = self.within_a_day(declared, t, at, self.step("declared_at", t), self.declares)
            self.within_a_day(employer, t, at, self.step("employer_told_at", t), lambda t, x: both(self.declares(t, x), t["told"].get("employed")))
            self.within_a_day(scanned, t, at, self.step("scanned_at", t), self.declares)
            if done is None or not self.was_owed(t, at, done):
                continue
            self.within_a_day(tested, t, done, self.sampled(m["person"]), self.declares)
            homes, centres = (self.of(m["person"], "admitted", "taken in", outcomes=(kind,)) for kind in ("home", "centre"))
            self.within_a_day(observed, t, done, homes, self.declares, lambda x, t=t: self.contact_first(t, x) or self.strict_first(t, x) or self.centre_first(t, x) or self.visitor_first(t, x))
            self.within_a_day(stricter, t, done, centres, self.stricter, lambda x, t=t: self.contact_first(t, x))

    def was_owed(self, t: Thing, at: datetime | None, done: datetime) -> bool:
        """Only of what was owed does the next step's clock begin."""
        return any(self.declares(t, x) is not False for x in (at, done) if x is not None)

    def contact_first(self, t: Thing, x: datetime) -> bool:
        return any(c["named_at"] <= x and c["class"] == "close" for c in self.book.contacts if c["person"] == t["told"]["person"])

    def visitor_first(self, t: Thing, x: datetime) -> bool:
        return any(c["named_at"] <= x and c["class"] == "general" for c in self.book.contacts if c["person"] == t["told"]["person"])

    def strict_first(self, t: Thing, x: datetime) -> bool:
        return self.stricter(t, x) is True

    def centre_first(self, t: Thing, x: datetime) -> bool:
        return self.to_centre(t, x) is True

    def arrivals_tested(self) -> None:
        """Who comes from abroad, or from where the risk is or has risen since, is tested in a day."""
        entrants, arrivals = self.judge("key-group-testing.entrants", "community"), self.judge("key-group-testing.arrivals", "community")
        for t in self.journeys("entry"):
            self.within_a_day(entrants, t, self.arrived(t), self.sampled(t["told"]["person"]))

        def told(t: Thing, x: datetime) -> bool | None:
            grade, graded, at = self.grade_of(t, x), self.graded_at(t), self.arrived(t)
            recent = True if graded is None else None if at is None else at + TERM >= graded
            return either(both(None if grade is None else grade in RISKY, recent), self.listed(t, ("420100",), date(2020, 6, 15)))

        for t in self.journeys():
            points = [p for p in (self.arrived(t), self.graded_at(t)) if p is not None]
            self.within_a_day(arrivals, t, max(points, default=None), self.sampled(t["told"]["person"]), told)
