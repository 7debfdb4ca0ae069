"""What is owed to and by people: contacts kept and looked at, stays, cases told of, teams, volunteers, those who are helped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from .book import DAY, FAR
from .clinic import SUSPECTED, end_of, midnight
from .judging import CANNOT_TELL
from .sentences import HOUR, Case
from .standing import Standing
from .units import day

TERM = 14 * DAY


class People(Standing):
    """Sentences that several editions share."""

    #: Which duties go before that of a contact, for the same person.
    first: tuple[str, ...] = ()

    def goes_first(self, person: int, t: datetime) -> bool:
        """He is also a case that another duty of the same kind is about."""
        wanted = {"admit": ("confirmed",), "suspect": SUSPECTED}
        classes = [c for name in self.first for c in wanted[name]]
        return any(o["reported_at"] <= t and self.book.class_of(o, t) in classes for o in self.cases_of[person])

    # -- contacts

    def close(self) -> list[dict[str, Any]]:
        return [c for c in self.book.contacts if c["class"] == "close"]

    def quarantine(self, hours: float, outcomes: tuple[str, ...]) -> None:
        """Taken in, looked at each day, stayed, let go."""
        taken, checked, stayed, released = (self.judge(f"contact-quarantine.{part}", "community") for part in ("taken_in", "checked", "stayed", "released"))
        for c in self.close():
            about, area, person, known = f"contact:{c['i']}", c["area"], c["person"], c["named_at"]
            beaten = (lambda t, person=person: self.goes_first(person, t)) if self.first else None
            told = self.of(person, "admitted", "taken in", outcomes=outcomes)
            taken.once(about, area, known, known + hours * HOUR, told, known=known, event=True, beaten=beaten)
            first, last = midnight(max(c["last_exposure_on"], c["observation_from"])), end_of(c["last_exposure_on"] + TERM)
            until = min(c["released_at"] or FAR, c["became_case_at"] or FAR, end_of(c["observation_until"]), last)
            checked.daily(about, area, first, until, [20], self.of(person, "check"), known=known, beaten=beaten)
            stayed.never(about, area, midnight(c["last_exposure_on"]), min(c["released_at"] or FAR, last), [], known=known, beaten=beaten)
            over = midnight(c["observation_until"])
            released.once(about, area, over, over + DAY, self.of(person, "stay ended"), known=known, event=True, beaten=beaten)

    def on_days(self, measure: str, days: tuple[int, ...], role: str, written: datetime) -> None:
        """Sampled on these days of observation. Of whom was met last before the days were written nobody can tell."""
        judge = self.judge(measure, role)
        for c in self.close():
            if midnight(c["last_exposure_on"]) < written:
                judge.say(f"contact:{c['i']}", c["area"], None, CANNOT_TELL)
                continue
            for n, of_them in enumerate(days):
                opens = midnight(c["last_exposure_on"]) + of_them * DAY
                closes = midnight(c["last_exposure_on"]) + days[n + 1] * DAY if n + 1 < len(days) else FAR
                judge.once(f"contact:{c['i']}", c["area"], opens, opens + DAY, self.sampled(c["person"]), known=c["named_at"], closes=closes)

    def watched(self, measure: str, term: timedelta) -> None:
        """Looked at each day, by whoever: a check or a line of his own health."""
        judge = self.judge(measure, "community")
        for c in self.close():
            until = min(c["released_at"] or FAR, c["became_case_at"] or FAR, end_of(c["last_exposure_on"] + term))
            judge.daily(f"contact:{c['i']}", c["area"], midnight(c["last_exposure_on"]), until, [20], self.of(c["person"], "check", "line:daily_health"), known=c["named_at"])

    def delivered_to(self) -> None:
        """Who must stay at home is asked every two days what he needs."""
        judge = self.judge("last-mile-delivery.asked", "community")
        for c in self.close():
            told, until = self.helps(c["person"], ("food", "visit", "call")), min(c["released_at"] or FAR, end_of(c["last_exposure_on"] + TERM))
            judge.daily(f"contact:{c['i']}", c["area"], c["named_at"], until, [24], told, known=c["named_at"], step=2, owed=lambda t, c=c: self.open(c, t))

    def visitors_tested(self) -> None:
        judge = self.judge("exposed-place-visitors.tested", "community")
        for c in self.book.contacts:
            if c["class"] == "general":
                judge.once(f"contact:{c['i']}", c["area"], c["named_at"], c["named_at"] + DAY, self.sampled(c["person"]), known=c["named_at"], event=True)

    # -- stays at home

    def stays(self) -> list[dict[str, Any]]:
        """Stays as the register has them: each begins once for a person and a moment; an end is of the last one that he is in."""
        found: dict[tuple[int, datetime], dict[str, Any]] = {}
        for kind in ("admitted", "taken in"):
            for person, told in ((p, f) for (k, p), fs in self.book.under.items() if k == kind for f in fs):
                found.setdefault((person, told.at), {"person": person, "at": told.at, "kind": told.outcome, "area": told.area, "out": None, "key": told.key, "from": kind})
        rows: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for s in sorted(found.values(), key=lambda s: (s["at"], s["from"], s["key"])):
            rows[s["person"]].append(s)
        ends = sorted((f.at, f.key, p) for (k, p), fs in self.book.under.items() if k == "stay ended" for f in fs)
        for at, _, person in ends:
            inside = [s for s in rows.get(person, ()) if s["out"] is None and s["at"] <= at]
            if inside:
                inside[-1]["out"] = at
        return list(found.values())

    def at_home(self) -> None:
        checked, stayed = self.judge("home-observation.checked", "community"), self.judge("home-observation.stayed", "community")
        for s in self.stays():
            if s["kind"] != "home":
                continue
            about = f"stay:{s['person']}:{s['at'].isoformat()}"
            checked.daily(about, s["area"], s["at"], min(s["out"] or FAR, s["at"] + TERM), [20], self.of(s["person"], "check", "line:daily_health"), known=s["at"])
            stayed.never(about, s["area"], s["at"], s["out"] or FAR, [], known=s["at"])

    # -- cases

    def first_report(self) -> None:
        """Reported within two hours of the first care, looked into within a day of the report."""
        classes = ("suspected", "clinical", "confirmed")
        judge = self.judge("suspect-first-report.report", "cdc")
        for c in self.book.cases:
            judge.holds(
                f"case:{c['i']}", c["area"], c["first_care_at"], c["first_care_at"] + 2 * HOUR, known=c["reported_at"],
                owed=lambda t, c=c: self.book.class_of(c, t) in classes, true=lambda t, c=c: c["reported_at"] <= t,
            )  # fmt: skip
        self.of_case("suspect-first-report.control", 24, self.told("investigated"), classes, self.reported)
        self.positive_and_not_listed("suspect-first-report.report", classes, "cdc")

    def contacts_listed(self, measure: str, classes: tuple[str, ...]) -> None:
        judge, named = self.judge(measure, "cdc"), defaultdict(list)
        for c in self.book.contacts:
            named[c["case_"]].append(c["named_at"])
        for c in self.book.cases:
            judge.holds(
                f"case:{c['i']}", c["area"], c["reported_at"], c["reported_at"] + DAY, known=c["reported_at"], owed=lambda t, c=c: self.book.class_of(c, t) in classes,
                true=lambda t, c=c: None if c["met"] is None else sum(x <= t for x in named[c["i"]]) >= c["met"],
            )  # fmt: skip

    def cost_cover(self) -> None:
        """Settled within a week of how it ended; nobody pays meanwhile."""
        classes = ("suspected", "clinical", "confirmed")
        settled, free = self.judge("treatment-cost-cover.settled", "finance"), self.judge("treatment-cost-cover.free", "finance")
        for c in self.book.cases:
            about, at = f"case:{c['i']}", c["outcome_at"]

            def owed(t: datetime, c: Case = c) -> bool:
                return self.book.class_of(c, t) in classes

            if at is None or at >= self.book.as_of:
                if owed(self.book.last):
                    settled.say(about, c["area"], None, CANNOT_TELL)
            else:
                settled.once(about, c["area"], at, at + 7 * DAY, self.of(c["person"], "line:entitlement", outcomes=("treatment_cost",)), event=True, known=c["reported_at"], owed=owed)
            until = at if at is not None and at < self.book.as_of else FAR
            free.never(about, c["area"], c["reported_at"], until, self.of(c["person"], "line:patient_charge"), known=c["reported_at"], owed=owed)

    # -- lists of people

    def roll(self, chosen: Callable[[dict[str, Any]], bool]) -> Iterable[tuple[str, int, Any]]:
        return ((key, person, f) for key, person, f in self.lists("roll") if chosen(f.more))

    def teams(self) -> None:
        """Teams from elsewhere: looked at each day, equipped when they begin."""
        self.roll_daily("medical-team-dispatch.daily", lambda m: m["roll_role"] == "team", "starts_on", "line:daily_health")
        self.equipped("medical-team-dispatch.equipped", "team", "starts_on")

    def equipped(self, measure: str, role: str, since: str) -> None:
        judge = self.judge(measure, "reporter")
        for key, person, f in self.roll(lambda m: m["roll_role"] == role):
            opens = midnight(day(f.more[since]))
            judge.once(key, f.area, opens, opens + DAY, self.of(person, "line:issue"), known=f.at, event=True, early=7 * DAY)

    def volunteers(self) -> None:
        judge = self.judge("volunteers.trained", "reporter")
        for key, person, f in self.roll(lambda m: m["roll_role"] == "volunteer"):
            due, opens = end_of(day(f.more["first_posted_on"])), max(f.at, self.book.begin)
            if opens <= due:
                judge.once(key, f.area, opens, due, self.of(person, "line:training", number=1), known=f.at)
        self.equipped("volunteers.equipped", "volunteer", "first_posted_on")

    def treatment_trained(self, months: int = 1) -> None:
        """Doctors and nurses taught the plan of treatment each month."""
        judge = self.judge("treatment-plan-rollout.trained", "reporter")
        for key, person, f in self.roll(lambda m: m["roll_role"] == "staff" and m["job"] in ("doctor", "nurse")):
            judge.daily(key, f.area, f.at, FAR, [24], self.of(person, "line:training", outcomes=("treatment",)), known=f.at, months=months)

    def inpatients(self) -> None:
        judge = self.judge("key-group-testing.inpatients", "reporter")
        for key, person, f in self.roll(lambda m: m["roll_role"] in ("inpatient", "carer")):
            opens = midnight(day(f.more["starts_on"]))
            judge.once(key, f.area, opens, opens + DAY, self.sampled(person), known=f.at, event=True)

    def other_diseases(self) -> None:
        """Medicine three days before it runs out, and somebody to turn to."""
        supplied, channel = self.judge("other-disease-care.supplied", "community"), self.judge("other-disease-care.channel", "community")
        for key, person, f in self.lists("help_list"):
            if f.outcome not in ("chronic", "dialysis", "cancer"):
                continue
            told = self.of(person, "line:assignment", outcomes=("care",))
            channel.daily_state(key, f.area, f.at, FAR, [24], lambda t, told=told: any(x <= t for x in told), known=f.at)
            out = day(f.more.get("medicine_runs_out_on"))
            if f.outcome == "chronic":
                if out is None:
                    supplied.say(key, f.area, None, CANNOT_TELL)
                    continue
                due, opens = end_of(out - 3 * DAY), max(f.at, self.book.begin)
                if opens <= due:
                    supplied.once(key, f.area, opens, due, self.helps(person, ("medicine",)), known=f.at)

    def minds(self) -> None:
        """Each week somebody asks after who is ill, kept apart, or has lost somebody."""
        judge = self.judge("mental-health-support.offered", "community")
        contacts, bereaved = defaultdict(list), defaultdict(list)
        for c in self.book.contacts:
            contacts[c["person"]].append(c)
        for _, person, f in self.lists("help_list"):
            if f.outcome == "bereaved":
                bereaved[person].append(f.at)

        def owed(person: int, t: datetime) -> bool:
            return (
                any(c["reported_at"] <= t and self.book.class_of(c, t) == "confirmed" and (c["outcome_at"] is None or c["outcome_at"] > t) for c in self.cases_of.get(person, ()))
                or any(c["named_at"] <= t and self.open(c, t) for c in contacts[person])
                or any(at <= t for at in bereaved[person])
            )

        since = self.book.begin - 30 * DAY  # since when everybody is known
        for person in {*contacts, *bereaved, *self.cases_of}:
            judge.daily(f"person:{person}", lambda t, person=person: self.book.home(person, t), since, FAR, [24], self.helps(person, ("psych_offer", "visit", "call")), known=since, step=7, owed=lambda t, person=person: owed(person, t))

    def baseline(self) -> None:
        """Everybody who may spread it is followed: contacts, suspected, those with symptoms."""
        judge, tested = self.judge("potential-source-baseline.followed", "community"), self.judge("potential-source-baseline.symptoms", "community")
        contacts = defaultdict(list)
        for c in self.book.contacts:
            contacts[c["person"]].append(c)
        since = self.book.begin - 30 * DAY
        for person in {*contacts, *self.cases_of}:
            told = self.of(person, "check", "line:daily_health")
            judge.daily_state(
                f"person:{person}", lambda t, person=person: self.book.home(person, t), since, FAR, [24], lambda t, told=told: any(t - 2 * DAY < x <= t for x in told), known=since,
                owed=lambda t, person=person: any(c["named_at"] <= t and self.open(c, t) for c in contacts[person])
                or any(c["reported_at"] <= t and self.book.class_of(c, t) == "suspected" for c in self.cases_of.get(person, ())),
            )  # fmt: skip
        for s in self.book.symptoms:
            closed = min(self.subject_told("closed", f"symptom:{s['i']}"), default=None)
            tested.daily_state(
                f"symptom:{s['i']}", s["area"], s["found_at"], FAR, [24], lambda t, s=s: any(t - 7 * DAY < x <= t for x in self.sampled(s["person"])), known=s["found_at"],
                owed=lambda t, closed=closed: closed is None or t < closed,
            )  # fmt: skip
        self.unit_reports("potential-source-baseline.signed", ("county",), "report")
