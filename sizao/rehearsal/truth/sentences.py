"""Sentences about cases, suspects, the recovered, signals, symptoms and hand-overs, that several editions share with figures of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from .book import DAY, FAR
from .clinic import SUSPECTED
from .judging import CANNOT_TELL, UNLISTED
from .units import Units

HOUR = timedelta(hours=1)
ANSWERS = ("accepted", "not_here", "wrong", "handed_on")
Case = dict[str, Any]


class Edition(Units):
    """Sentences that several editions share; each takes the figures in which they differ."""

    # -- cases

    def of_case(
        self, measure: str, hours: float, done: Callable[[Case], Iterable[datetime]], classes: tuple[str, ...], since: Callable[[Case], datetime | None], *, role: str = "cdc", early: int = 0,
        beaten: Callable[[Case, datetime], bool] | None = None,
    ) -> None:  # fmt: skip
        judge = self.judge(measure, role)
        for c in self.book.cases:
            if (at := since(c)) is not None:
                judge.once(
                    f"case:{c['i']}", c["area"], at, at + hours * HOUR, done(c), event=True, known=c["reported_at"], early=early * DAY,
                    owed=lambda t, c=c: self.book.class_of(c, t) in classes, beaten=(lambda t, c=c: beaten(c, t)) if beaten else None,
                )  # fmt: skip

    def confirmed(self, c: Case) -> datetime | None:
        return self.book.confirmed_at(c)

    def reported(self, c: Case) -> datetime | None:
        return c["reported_at"]  # type: ignore[no-any-return]

    def told(self, kind: str) -> Callable[[Case], list[datetime]]:
        return lambda c: self.subject_told(kind, f"case:{c['i']}")

    def of_person(self, kind: str, outcomes: tuple[str, ...] = (), number: float | None = None) -> Callable[[dict[str, Any]], list[datetime]]:
        """When a deed of this kind was told about the person."""
        return lambda c: [f.at for f in self.book.under.get((kind, c["person"]), ()) if (not outcomes or f.outcome in outcomes) and (number is None or f.number == number)]

    def admit_all(self, hours: float = 12) -> None:
        """Confirmed: in hospital or in a centre within so many hours; unlisted, who tested positive and is no confirmed case."""
        def done(c: Case) -> list[datetime]:
            return [f.at for kind in ("admitted", "taken in") for f in self.book.under.get((kind, c["person"]), ()) if f.outcome in ("hospital", "centre")]

        self.of_case("admit-all-confirmed", hours, done, ("confirmed",), self.confirmed, role="community", early=14)
        self.positive_and_not_listed("admit-all-confirmed", ("confirmed",), "community")

    def positive_and_not_listed(self, measure: str, classes: tuple[str, ...], role: str) -> None:
        judge = self.judge(measure, role)
        listed = {c["person"] for c in self.book.cases if self.book.class_of(c, self.book.last) in classes}
        positive = {p for p in self.samples for at, outcome in self.resulted(p) if outcome == "positive" and at >= self.book.begin}
        for person in positive - listed:
            judge.say(f"person:{person}", self.book.home(person, self.book.last), None, UNLISTED)

    def four_earlies(self) -> None:
        both = ("confirmed", "asymptomatic")
        judge = self.judge("four-earlies-timeline.found", "cdc")
        for c in self.book.cases:
            if (at := self.confirmed(c)) is not None:
                judge.holds(
                    f"case:{c['i']}", c["area"], at, at + DAY, known=c["reported_at"], owed=lambda t, c=c: self.book.class_of(c, t) in both,
                    true=lambda t, c=c: c["onset_on"] is not None or self.book.class_of(c, t) == "asymptomatic",
                )  # fmt: skip
        self.of_case("four-earlies-timeline.isolated", 24, lambda c: self.admitted(c["person"]), both, self.confirmed, early=14)

    def suspects_tested(self, hours: float) -> None:
        """Sampled, told, decided: each clock starts with the step before."""
        steps = [self.judge(f"suspects-all-tested.{part}", "cdc") for part in ("sampled", "resulted", "resolved")]
        for c in self.book.cases:
            def owed(t: datetime, c: Case = c) -> bool:
                return self.book.class_of(c, t) in SUSPECTED

            if c["class0"] not in SUSPECTED:
                continue
            results = [at for at, outcome in self.resulted(c["person"]) if outcome != "invalid"]
            judged = [c["judged_at"]] if c["judged_at"] is not None else []
            opens, span = c["reported_at"], hours
            for judge, done in zip(steps, (self.sampled(c["person"]), results, judged), strict=True):
                before = len(judge.found)
                judge.once(f"case:{c['i']}", c["area"], opens, opens + span * HOUR, done, event=True, known=c["reported_at"], owed=owed)
                at = min((t for t in done if opens <= t < self.book.as_of), default=None)
                kept = len(judge.found) > before or (at is not None and at <= opens + span * HOUR) or (at is not None and owed(max(opens, c["reported_at"])))
                if at is None or not kept:
                    break
                opens, span = at, 24

    def suspect_observation(self) -> None:
        """Held within two hours; not let out as long as nobody has decided."""
        def done(c: Case) -> list[datetime]:
            return [f.at for kind in ("admitted", "taken in") for f in self.book.under.get((kind, c["person"]), ()) if f.outcome in ("held", "hospital")]

        beaten = self.confirmed_for_slot if self.admits else None
        self.of_case("suspect-observation.held", 2, done, SUSPECTED, self.reported, early=14, beaten=beaten)
        judge = self.judge("suspect-observation.kept", "cdc")
        for c in self.book.cases:
            until = self.confirmed(c)
            out = sorted(self.of_person("stay ended")(c))
            for opens, due, closes in judge.periods(c["reported_at"], until or FAR, [24], 1, 0):
                j = min(due, self.book.as_of)
                if due < c["reported_at"] or not self.book.begin <= opens <= self.book.as_of:
                    continue
                asked = self.book.class_of(c, j) in SUSPECTED
                if not asked and self.book.class_of(c, max(opens, c["reported_at"])) not in SUSPECTED:
                    continue
                if beaten and beaten(c, j):
                    continue
                broken = any(opens <= t < closes and t <= min(due, self.book.as_of) for t in out)
                if not broken:
                    if due < self.book.as_of:
                        judge.say(f"case:{c['i']}", c["area"], due, "met")
                elif asked:
                    judge.say(f"case:{c['i']}", c["area"], due, "overdue")

    admits = False

    def confirmed_for_slot(self, c: Case, t: datetime) -> bool:
        """Another duty goes first: he is a confirmed case, to be admitted."""
        return any(o["reported_at"] <= t and self.book.class_of(o, t) == "confirmed" for o in self.cases_of[c["person"]])

    def recovered(self) -> None:
        """A doctor of their own within a week, a look each week, a test each month, for a year."""
        contract, weekly, monthly = (self.judge(name, "community") for name in ("recovered-year-follow-up.contract", "recovered-year-follow-up.weekly", "recovered-monthly-test"))
        for c in self.book.cases:
            at = c["outcome_at"]
            if at is None or at >= self.book.as_of:  # what will become of him nobody knows yet
                for judge in (contract, weekly, monthly):
                    judge.say(f"case:{c['i']}", c["area"], None, CANNOT_TELL)
            if c["outcome1"] != "recovered" or at is None or at >= self.book.as_of:
                continue
            about, area, year = f"case:{c['i']}", c["area"], at.replace(year=at.year + 1)
            contract.once(about, area, at, at + 7 * DAY, self.of_person("line:assignment", ("family_doctor",))(c), event=True, known=c["reported_at"])
            weekly.daily(about, area, at, year, [24], self.of_person("line:daily_health")(c), known=c["reported_at"], step=7)
            monthly.daily(about, area, at, year, [24], self.sampled(c["person"]), known=c["reported_at"], months=1)

    # -- hand-overs, signals, symptoms

    def answered(self, measure: str, kind: str, outcomes: tuple[str, ...] = ANSWERS) -> None:
        judge = self.judge(measure, "cdc")
        for h in self.book.handovers:
            if h["kind"] == kind:
                heard = min(self.book.about.get(("answer", f"handover:{h['i']}"), ()), key=lambda f: (f.at, f.key), default=None)
                judge.once(f"handover:{h['i']}", h["area"], h["sent_at"], h["sent_at"] + DAY, [heard.at] if heard and heard.outcome in outcomes else [], event=True, known=h["sent_at"])

    def early_warning(self) -> None:
        """Streams alive each day; signals judged, and real ones answered."""
        judge = self.judge("early-warning.alive", "reporter")
        for u in self.units("clinic", "fever_clinic", "pharmacy", "school"):
            told = [f.at for kind in ("report", "line:attendance", "filed:medicine_sale") for f in self.book.about.get((kind, f"unit:{u['i']}"), ())]
            judge.daily(f"unit:{u['i']}", u["area"], u["since"], FAR, [17], told, known=u["since"])
        judged, acted = self.judge("early-warning.judged", "cdc"), self.judge("early-warning.acted", "cdc")
        for s in self.book.signals:
            about, raised = f"signal:{s['i']}", s["raised_at"]
            judged.once(about, s["area"], raised, raised + DAY, self.subject_told("judged", about), event=True, known=raised)
            said = self.book.about.get(("judged", about), ())
            if not said:  # whether it is real nobody has said yet
                acted.say(about, s["area"], None, CANNOT_TELL)
            elif said[0].outcome == "real":
                acted.once(about, s["area"], said[0].at, said[0].at + DAY, self.subject_told("acted", about), event=True, known=raised)

    def symptom_chain(self) -> None:
        """Referred, arrived, tested, closed: each within a day of the step before."""
        steps = [self.judge(f"symptom-ledger.{part}", "community") for part in ("referred", "arrived", "tested", "closed")]
        for s in self.book.symptoms:
            about, opens = f"symptom:{s['i']}", s["found_at"]
            done = (self.subject_told("referred", about), self.subject_told("arrived", about), [at for at, _ in self.resulted(s["person"])], self.subject_told("closed", about))
            for judge, told in zip(steps, done, strict=True):
                judge.once(about, s["area"], opens, opens + DAY, told, event=True, known=s["found_at"])
                at = min((t for t in told if opens <= t < self.book.as_of), default=None)
                if at is None:
                    break
                opens = at

    def symptom_once(self, measure: str, channel: str, role: str, done: Callable[[dict[str, Any]], Iterable[datetime]], hours: float = 24) -> None:
        judge = self.judge(measure, role)
        for s in self.book.symptoms:
            if s["channel"] == channel:
                judge.once(f"symptom:{s['i']}", s["area"], s["found_at"], s["found_at"] + hours * HOUR, done(s), event=True, known=s["found_at"])
