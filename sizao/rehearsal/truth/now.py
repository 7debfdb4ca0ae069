"""What should be reported under the edition of now: each sentence once more, with the figures that are in force since 2023."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from .book import DAY, FAR
from .clinic import end_of, midnight
from .judging import CANNOT_TELL, Should
from .looks import Looks
from .sentences import HOUR

TUESDAY = datetime(2017, 9, 19)  # noqa: DTZ001 - civil time; weeks of the sentinels end with Monday
CASES = ("confirmed", "asymptomatic")


class Now(Looks):
    """Of a city that lives in 2023 or later: earlier some of its figures were not written yet."""

    def all(self) -> list[Should]:
        self.cards()
        self.seven_one_seven()
        self.of_case("epi-investigation", 24, self.told("investigated"), CASES, self.reported)
        self.contacts("contact-watch", "close", 7 * DAY, (1, 2, 3, 5, 7))
        self.contacts("contacts-of-contacts", "secondary", 7 * DAY, (1, 4, 7))
        self.results()
        self.signals()
        self.unit_files("sentinel-weekly", ("clinic", "fever_clinic"), "report", [24], step=7, first=TUESDAY)
        self.absent()
        self.vaccines()
        self.kept("food-cold-chain", ("market", "shop", "maker"), ("cold_chain",))
        self.lawful(reviewed=False)
        self.plain_words()
        self.findings(3 * DAY)
        self.forms()
        return self.marked()

    def cards(self) -> None:
        """A card received within a day of the diagnosis, and looked through within a day of that."""
        received, reviewed = self.judge("report-clock.received", "reporter"), self.judge("report-clock.reviewed", "cdc")
        for t in self.things("card"):
            at = t["told"]["received_at"]
            received.once(t["about"], t["area"], t["told"]["diagnosed_at"], t["told"]["diagnosed_at"] + DAY, [at], event=True, known=at)
            reviewed.once(t["about"], t["area"], at, at + DAY, self.step("reviewed_at", t), event=True, known=at)

    def seven_one_seven(self) -> None:
        """Found within seven days of the onset; within seven of the report looked into, with whom he met."""
        found, answered = self.judge("seven-one-seven.found", "cdc"), self.judge("seven-one-seven.answered", "cdc")
        named: dict[int, list[Any]] = {}
        for x in self.book.contacts:
            named.setdefault(x["case_"], []).append(x["named_at"])
        for c in self.book.cases:
            about, at, onset = f"case:{c['i']}", c["reported_at"], c["onset_on"]
            owed = lambda t, c=c: self.book.class_of(c, t) in CASES  # noqa: E731
            if onset is not None:
                found.once(about, c["area"], midnight(onset), midnight(onset) + 7 * DAY, [at], event=True, known=at, owed=owed)
            seen, due, now = min((t for t in self.subject_told("investigated", about) if t >= at), default=None), at + 7 * DAY, self.book.as_of
            asked = owed(max(min(due, now), at))
            if not self.book.begin <= at <= now or (not asked and not owed(at)):
                continue
            there = len([t for t in named.get(c["i"], ()) if t <= min(due, now)]) >= 1 or c["met"] == 0
            if seen is not None and seen <= due and there:
                if due < now:
                    answered.say(about, c["area"], due, "met")
            elif not asked:
                continue
            elif seen is not None and (there or (due < now and named.get(c["i"]))):
                answered.say(about, c["area"], due, "late")
            elif c["met"] is None and not there and seen is not None:
                answered.say(about, c["area"], due, CANNOT_TELL)
            elif now > due:
                answered.say(about, c["area"], due, "overdue")

    def contacts(self, measure: str, class_: str, term: timedelta, days: tuple[int, ...]) -> None:
        """Looked at each day of the term, and sampled on its days."""
        watched, tested = self.judge(f"{measure}.watched", "community"), self.judge(f"{measure}.tested", "cdc")
        for c in self.book.contacts:
            if c["class"] != class_:
                continue
            about, first, known = f"contact:{c['i']}", midnight(c["last_exposure_on"]), c["named_at"]
            until = min(c["released_at"] or FAR, c["became_case_at"] or FAR, end_of(c["last_exposure_on"] + term))
            watched.daily(about, c["area"], first, until, [20], self.of(c["person"], "check", "line:daily_health"), known=known)
            for n, day in enumerate(days):
                opens, closes = first + day * DAY, first + days[n + 1] * DAY if n + 1 < len(days) else FAR
                tested.once(about, c["area"], opens, opens + DAY, self.sampled(c["person"]), known=known, closes=closes)

    def results(self) -> None:
        """A result of whoever was sampled, within a day."""
        judge = self.judge("result-in-time", "cdc")
        for s in self.book.specimens:
            at = s["sampled_at"]
            judge.once(f"specimen:{s['i']}", s["area"], at, at + DAY, [t for t, _ in self.resulted(s["person"])], event=True, known=at)

    def signals(self) -> None:
        judged, acted = self.judge("early-warning.judged", "cdc"), self.judge("early-warning.acted", "cdc")
        for s in self.book.signals:
            about, raised = f"signal:{s['i']}", s["raised_at"]
            judged.once(about, s["area"], raised, raised + 48 * HOUR, self.subject_told("judged", about), event=True, known=raised)
            said = self.book.about.get(("judged", about), ())
            if not said:
                acted.say(about, s["area"], None, CANNOT_TELL)
            elif said[0].outcome == "real":
                acted.once(about, s["area"], said[0].at, said[0].at + DAY, self.subject_told("acted", about), event=True, known=raised)

    def absent(self) -> None:
        self.symptom_once("school-absence-tracing.cause", "school", "reporter", lambda s: self.subject_told("cause found", f"symptom:{s['i']}"))

    def vaccines(self) -> None:
        """The store of vaccines: read twice a day, and never too warm or too cold."""
        self.unit_files("vaccine-cold-chain.logged", ("clinic", "county"), "line:cold_store", [12, 18])
        judge = self.judge("vaccine-cold-chain.in_range", "reporter")
        for u in self.units("clinic", "county"):
            told = [f.at for f in self.filed("line:cold_store", u) if f.number is not None and not 2 <= f.number <= 8]
            judge.never(f"unit:{u['i']}", u["area"], u["since"], FAR, told, known=u["since"])
