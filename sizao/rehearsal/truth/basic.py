"""What should be reported under `contact-tracing-basic`: each of its fifteen sentences once more, said in plain Python by somebody who knows only the city."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from .book import DAY, FAR
from .clinic import Clinic, end_of, midnight
from .judging import CANNOT_TELL, UNLISTED, Judge, Should

ANSWERS = ("accepted", "not_here", "wrong", "handed_on")


class Basic(Clinic):
    """`all()` is everything that should be reported."""

    def all(self) -> list[Should]:
        for judge in self.judges():
            self.found += judge.found
            self.said.add(judge.measure)
        return self.found

    def judges(self) -> Iterator[Judge]:
        yield self.daily_check()
        yield self.investigated()
        yield self.isolated()
        yield self.contacts_listed()
        yield self.contact_tested()
        yield from self.suspect_tested()
        yield self.result_in_time()
        yield self.source_known()
        yield self.unit_report()
        yield self.household_visited()
        yield from self.handover_answered()
        yield self.not_released_untested()
        yield self.positive_a_case()

    # -- the measures

    def daily_check(self) -> Judge:
        judge = Judge(self.book, "contact-daily-check", "community")
        for c in self.book.contacts:
            if c["class"] == "close":
                first = midnight(max(c["last_exposure_on"], c["observation_from"]))
                until = min(c["released_at"] or FAR, c["became_case_at"] or FAR, end_of(c["observation_until"]), end_of(c["last_exposure_on"] + 14 * DAY))
                told = [f.at for f in self.book.under.get(("check", c["person"]), ())]
                judge.daily(f"contact:{c['i']}", c["area"], first, until, [20], told, known=c["named_at"])
        return judge

    def investigated(self) -> Judge:
        judge = Judge(self.book, "case-investigated", "cdc")
        for c in self.book.cases:
            about = f"case:{c['i']}"
            judge.once(
                about, c["area"], c["reported_at"], c["reported_at"] + DAY, self.subject_told("investigated", about), event=True, known=c["reported_at"],
                owed=lambda t, c=c: self.book.class_of(c, t) in ("suspected", "clinical", "confirmed", "asymptomatic"),
            )  # fmt: skip
        return judge

    def isolated(self) -> Judge:
        judge = Judge(self.book, "case-isolated", "community")
        for c in self.book.cases:
            if (at := self.book.confirmed_at(c)) is not None:
                judge.once(
                    f"case:{c['i']}", c["area"], at, at + DAY, self.admitted(c["person"]), event=True, known=c["reported_at"], early=14 * DAY,
                    owed=lambda t, c=c: self.book.class_of(c, t) == "confirmed",
                )  # fmt: skip
        listed = {c["person"] for c in self.book.cases if self.book.class_of(c, self.book.last) == "confirmed"}
        positive = {p for p in self.samples for at, outcome in self.resulted(p) if outcome == "positive" and at >= self.book.begin}
        for person in positive - listed:
            judge.say(f"person:{person}", self.book.home(person, self.book.last), None, UNLISTED)
        return judge

    def contacts_listed(self) -> Judge:
        judge = Judge(self.book, "contacts-listed", "cdc")
        named: dict[int, list[datetime]] = defaultdict(list)
        for c in self.book.contacts:
            named[c["case_"]].append(c["named_at"])
        for c in self.book.cases:
            judge.holds(
                f"case:{c['i']}", c["area"], c["reported_at"], c["reported_at"] + DAY, known=c["reported_at"],
                true=lambda t, c=c: None if c["met"] is None else sum(at <= t for at in named[c["i"]]) >= c["met"],
                owed=lambda t, c=c: self.book.class_of(c, t) in ("confirmed", "asymptomatic"),
            )  # fmt: skip
        return judge

    def contact_tested(self) -> Judge:
        judge, days = Judge(self.book, "contact-tested", "community"), (1, 4, 7, 14)
        for c in self.book.contacts:
            if c["class"] != "close":
                continue
            for n, day in enumerate(days):
                opens = midnight(c["last_exposure_on"]) + day * DAY
                judge.once(
                    f"contact:{c['i']}", c["area"], opens, opens + DAY, self.sampled(c["person"]), known=c["named_at"],
                    closes=midnight(c["last_exposure_on"]) + days[n + 1] * DAY if n + 1 < len(days) else FAR,
                    owed=lambda t, c=c: t < min(c["released_at"] or FAR, c["became_case_at"] or FAR),
                    beaten=lambda t, c=c: self.suspected(c["person"], t),
                )  # fmt: skip
        return judge

    def suspect_tested(self) -> Iterator[Judge]:
        first, then = Judge(self.book, "suspect-tested.sampled", "cdc"), Judge(self.book, "suspect-tested.resulted", "cdc")
        for c in self.book.cases:
            def owed(t: datetime, c: dict[str, Any] = c) -> bool:
                return self.book.class_of(c, t) in ("suspected", "clinical")

            told, about = self.sampled(c["person"]), f"case:{c['i']}"
            before = len(first.found)
            first.once(about, c["area"], c["reported_at"], c["reported_at"] + DAY, told, event=True, known=c["reported_at"], owed=owed)
            taken = min((t for t in told if c["reported_at"] <= t), default=None)
            was_owed = owed(c["reported_at"])
            if taken is not None and was_owed and (len(first.found) > before or taken <= c["reported_at"] + DAY):
                results = [at for at, outcome in self.resulted(c["person"]) if outcome != "invalid"]
                then.once(about, c["area"], taken, taken + timedelta(hours=12 if self.book.class_of(c, self.book.last) == "suspected" else 24), results, event=True, known=c["reported_at"], owed=owed)
        yield first
        yield then

    def result_in_time(self) -> Judge:
        judge = Judge(self.book, "result-in-time", "cdc")
        for s in self.book.specimens:
            r = self.result.get(s["i"])
            judge.holds(
                f"specimen:{s['i']}", s["area"], s["sampled_at"], s["sampled_at"] + DAY, known=s["sampled_at"],
                true=lambda t, r=r: r is not None and r.at <= t and r.outcome != "invalid",
            )  # fmt: skip
        return judge

    def source_known(self) -> Judge:
        judge = Judge(self.book, "source-known", "cdc")
        for c in self.book.cases:
            if (at := self.book.confirmed_at(c)) is not None:
                judge.once(
                    f"case:{c['i']}", c["area"], at, at + 2 * DAY, self.subject_told("source", f"case:{c['i']}"), event=True, known=c["reported_at"],
                    owed=lambda t, c=c: self.book.class_of(c, t) in ("confirmed", "asymptomatic"),
                )  # fmt: skip
        return judge

    def unit_report(self) -> Judge:
        judge = Judge(self.book, "unit-daily-report", "community")

        def gate(area: int, t: datetime) -> bool | None:
            grade, level = self.book.graded("risk", area, t), self.book.graded("response", area, t)
            if grade in ("medium", "high") or level in ("i", "ii"):
                return True
            return None if grade is None or level is None else False

        for u in self.book.units:
            if not u["in_use"]:
                continue
            told = self.book.about.get(("report", f"unit:{u['i']}"), ())
            day = self.book.begin
            while day <= self.book.as_of:
                filed = [f.at for f in told if f.period == day.date()]
                judge.once(f"unit:{u['i']}", u["area"], day, day + timedelta(hours=17), filed, known=u["since"], owed=lambda t, u=u: gate(u["area"], t))
                day += DAY
        return judge

    def household_visited(self) -> Judge:
        judge = Judge(self.book, "household-visited", "grid_worker")
        for h in self.book.households:
            def lives(t: datetime, i: int = h["i"]) -> int:
                return self.book.lives(i, t)

            if (since := self.book.order_since("sweep", lives(self.book.last))) is not None:
                told = [f.at for f in self.book.about.get(("visit", f"household:{h['i']}"), ()) if f.outcome == "reached"]
                judge.once(f"household:{h['i']}", lives, since, since + 2 * DAY, told, event=True, owed=lambda t, lives=lives: self.book.ordered("sweep", lives(t), t))
        return judge

    def handover_answered(self) -> Iterator[Judge]:
        whole, soon = Judge(self.book, "handover-answered", "cdc"), Judge(self.book, "handover-from-risk-area", "cdc")
        for h in self.book.handovers:
            about = f"handover:{h['i']}"
            heard = min(self.book.about.get(("answer", about), ()), key=lambda f: (f.at, f.key), default=None)
            told = [heard.at] if heard and heard.outcome in ANSWERS else []
            sent = h["sent_at"]

            def risky(t: datetime, h: dict[str, Any] = h) -> bool | None:
                grade = self.book.graded("risk", h["from_area"], t)
                return None if grade is None else grade in ("medium", "high")

            whole.once(about, h["area"], sent, sent + DAY, told, event=True, known=sent)
            soon.once(about, h["area"], sent, sent + DAY / 2, told, event=True, known=sent, owed=risky)
        yield whole
        yield soon

    def not_released_untested(self) -> Judge:
        judge = Judge(self.book, "contact-not-released-untested", "cdc")
        for c in self.book.contacts:
            due, now = end_of(c["last_exposure_on"] + 14 * DAY), self.book.as_of
            opens = c["named_at"]
            if c["class"] != "close" or not self.book.begin <= opens <= min(due, now):
                continue
            out = c["released_at"]
            negative = sum(out - 14 * DAY < at <= out and outcome == "negative" for at, outcome in self.resulted(c["person"])) if out else 0
            if out is not None and opens <= out <= min(due, now) and negative < 2:
                judge.say(f"contact:{c['i']}", c["area"], due, "overdue")
            elif due < now:
                judge.say(f"contact:{c['i']}", c["area"], due, "met")
        return judge

    def positive_a_case(self) -> Judge:
        judge = Judge(self.book, "positive-contact-a-case", "cdc")
        for c in self.book.contacts:
            for s in self.samples[c["person"]]:
                r = self.result.get(s["i"])
                if r is None and s["sampled_at"] >= c["named_at"]:  # whether it is positive nobody knows yet
                    judge.say(f"contact:{c['i']}|specimen:{s['i']}", c["area"], None, CANNOT_TELL)
                elif r and r.outcome == "positive" and s["sampled_at"] >= c["named_at"]:
                    judge.holds(
                        f"contact:{c['i']}|specimen:{s['i']}", c["area"], r.at, r.at + DAY, known=r.at,
                        true=lambda t, c=c: c["became_case_at"] is not None and c["became_case_at"] <= t,
                    )  # fmt: skip
        return judge
