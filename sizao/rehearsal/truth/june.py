"""What should be reported under the edition of June 2020: kept ready when there are no cases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from .book import DAY, FAR, Filed
from .clinic import midnight
from .february import Centre
from .judging import Should
from .looks import CLEAN, WARDS


class Normal(Centre):
    """June 2020."""

    first = ()

    def all(self) -> list[Should]:
        self.check("triage-screening", self.of_units("clinic", "fever_clinic"), "week", practices={"screened": {"triage"}})
        self.check("isolation-site-capacity", self.of_units("isolation_site"), "week", practices=WARDS)
        self.check("hospital-infection-gates", self.of_units("clinic", "fever_clinic"), "week", practices={"kept": {"zones", "masks", "staff_health", "isolation_room"}})
        self.check("venue-scan-temperature", self.of_units("gateway", "transport", "hotel", "clinic", "shop"), "week", practices={"": {"entry_check"}})
        self.check("disinfection-ventilation", self.of_units("school", "class"), "week", practices=CLEAN)
        self.check("pharmacy-prescription-rule", self.of_units("pharmacy"), "month", practices={"filed": {"records"}})
        self.found_and_classed("exposed-place-visitors.classed", class_="general", role="community")
        self.rolls_filed()
        self.strength(datetime(2020, 6, 15))  # noqa: DTZ001
        self.sentinels()
        self.rooms()
        self.referred()
        self.field()
        self.nobody(("key-group-testing.schools", "reporter"), ("exposed-place-visitors.observed", "community"))
        self.standby()
        self.seats()
        self.decided()
        self.duty()
        self.declared()
        self.situation(datetime(2020, 6, 15))  # noqa: DTZ001
        self.kept_off()
        self.arrivals_tested()
        self.laboratories()
        self.central(lambda t, x: self.contact_first(t, x) or self.strict_first(t, x))
        self.ticket("home-observation.helped", ("home_need",), "verified_at", "community")
        self.beds_enough("designated-hospitals.enough", ("county", "city"), "health")
        self.wards_built()
        self.terminal_cleaning()
        self.absences()
        self.reserves()
        self.educated()
        self.plain_words()
        self.findings()
        self.by_the_day("lessons-and-recheck.mended", "improvement", "verified_at", "reporter")
        self.unit_reports("situation-review.filed", ("department",), "report")
        self.visitors_tested()
        self.quarantine(6, ("centre",))
        self.on_days("contact-quarantine.tested", (1, 4, 7, 14), "community", datetime(2020, 6, 15))  # noqa: DTZ001
        self.inpatients()
        self.unit_files("lab-build.capacity", ("laboratory",), "line:lab_capacity", [17], step=7)
        self.at_home()
        self.cleaning("school", "class")
        self.supplies_checked()
        self.lessons(7 * DAY)
        self.answered("lead-verification", "lead")
        self.answered("fever-redirect.answered", "referral", ("accepted",))
        self.unit_reports("zero-report", ("school", "village", "township"), "report")
        self.unit_reports("self-check", ("market", "shop", "school", "hotel", "clinic", "isolation_site"), "filed:self_check")
        self.unit_reports("pharmacy-prescription-rule.filed", ("pharmacy",), "filed:medicine_sale")
        self.recovered()
        self.money(6)
        self.unit_files("school-health-checks.told", ("class",), "line:class_check", [9, 14])
        self.unit_amount("school-health-checks.checked", ("class",), "line:class_check", "persons_temperature_taken", "persons_present", [9, 14])
        self.unit_files("triage-screening.told", ("clinic", "fever_clinic"), "line:attendance", [17])
        self.unit_amount("triage-screening.screened", ("clinic", "fever_clinic"), "line:attendance", "persons_screened", "persons_entered", [17])
        self.unit_amount("hospital-infection-gates.booked", ("clinic", "fever_clinic"), "line:attendance", "persons_booked", "persons_entered", [17])
        self.unit_files("hospital-infection-gates.kept", ("clinic", "fever_clinic"), "line:self_check", [17], outcomes=("zones", "masks", "staff_health", "isolation_room"), number=1, need=4)
        self.unit_files("venue-scan-temperature", ("gateway", "transport", "hotel", "clinic", "shop"), "line:self_check", [17], outcomes=("entry_check",), number=1)
        self.unit_files("isolation-site-capacity.told", ("isolation_site",), "line:beds", [17])
        self.unit_files("isolation-site-capacity.standard", ("isolation_site",), "line:self_check", [17], number=1, need=3)
        self.never("isolation-site-capacity.safe", ("isolation_site",))
        self.never("hospital-infection-gates.safe", ("clinic", "fever_clinic"), ("exposure",))
        self.unit_files("voluntary-testing.told", ("test_site", "fever_clinic"), "line:test_demand", [17])
        self.symptom_once("pharmacy-buyer-referral.guided", "pharmacy", "reporter", lambda s: self.subject_told("referred", f"symptom:{s['i']}"))
        self.symptom_once("pharmacy-buyer-referral.arrived", "pharmacy", "cdc", lambda s: self.subject_told("arrived", f"symptom:{s['i']}"))
        self.symptom_once("key-group-testing.fever", "fever_clinic", "reporter", lambda s: self.sampled(s["person"]))
        self.thermometers()
        self.weekly_tests()
        self.sales()
        self.wish_to_test()
        return self.marked()

    def monthly(self, since: datetime) -> datetime:
        return max(since, datetime(2020, 6, 15))  # noqa: DTZ001 - a step that is a figure counts from the day on which the figure was written

    def absences(self) -> None:
        """Why a child is away is known in a day; within a week of that he is back."""
        cause, back = self.judge("school-absence-tracing.cause", "reporter"), self.judge("school-absence-tracing.back", "reporter")
        for s in self.book.symptoms:
            if s["channel"] == "school":
                t = {"about": f"symptom:{s['i']}", "area": s["area"], "known_at": s["found_at"]}
                self.chain(t, s["found_at"], [(cause, DAY, self.subject_told("cause found", t["about"])), (back, 7 * DAY, self.subject_told("closed", t["about"]))])

    def thermometers(self) -> None:
        """A working one at each door by the thirtieth of June."""
        judge = self.judge("fixed-thermometers", "reporter")
        due = datetime(2020, 7, 1)  # noqa: DTZ001 - the end of that day
        for u in self.units("gateway", "transport"):
            told = [f.at for f in self.filed("line:equipment", u, ("infrared_gate",)) if (f.number or 0) > 0]
            opens = max(u["since"], self.book.begin)
            if opens <= due:
                judge.holds(f"unit:{u['i']}", u["area"], opens, due, lambda t, told=told, opens=opens: any(opens <= x <= t for x in told), known=u["since"], event=False)

    def weekly_tests(self) -> None:
        """Staff at doors, in homes, in custody, of hospitals: each week since they began."""
        def staff(*kinds: str) -> Callable[[dict[str, Any]], bool]:
            return lambda m: m["roll_role"] == "staff" and self.kind_of[m["_unit"]] in kinds

        written = datetime(2020, 6, 15)  # noqa: DTZ001 - the day of the text
        self.roll_daily("key-group-testing.ports", lambda m: m["roll_role"] == "staff" and m["job"] == "port", "starts_on", "sample", step=7, figure=written)
        self.roll_daily("key-group-testing.medical", staff("clinic", "fever_clinic"), "starts_on", "sample", step=7, figure=written)
        self.roll_daily("key-group-testing.custody", staff("custody"), "starts_on", "sample", step=7, figure=written)
        self.roll_daily("key-group-testing.homes", staff("welfare_home"), "starts_on", "sample", step=7, figure=written)

    def sales(self) -> None:
        """Of each sale of a medicine against fever: asked what for, and prescribed by a hospital of the second or third class."""
        asked, prescribed = self.judge("pharmacy-buyer-referral.registered", "reporter"), self.judge("pharmacy-prescription-rule.no_sale", "reporter")
        for key, _, f in self.lists("medicine_sale"):
            level, symptoms = f.more.get("prescriber_level"), f.more.get("symptoms")
            asked.holds(key, f.area, f.at, f.at + DAY, known=f.at, true=lambda t, symptoms=symptoms: bool(symptoms))
            prescribed.holds(key, f.area, f.at, f.at + DAY, known=f.at, true=lambda t, level=level: None if level is None else level in ("secondary", "tertiary"))

    def wish_to_test(self) -> None:
        """Who wishes to be tested is not sent away, where those who must be are: nineteen in twenty of the contacts here, by last midnight."""
        must = self.judge("key-group-testing.contacts", "cdc")
        before = len(must.found)
        first: dict[str, datetime | None] = {}
        for c in self.book.contacts:
            if c["class"] == "close":
                must.once(f"contact:{c['i']}", c["area"], c["named_at"], c["named_at"] + DAY, self.sampled(c["person"]), event=True, known=c["named_at"])
                first[f"contact:{c['i']}"] = min((t for t in self.sampled(c["person"]) if t >= c["named_at"]), default=None)
        owed = must.found[before:]

        def reached(area: int, t: datetime) -> bool | None:
            last = midnight(t.date())
            here = [s for s in owed if s.due is not None and s.due < last and s.area is not None and area in set(self.book.upwards(s.area))]
            done = sum((at := first[s.subject]) is not None and at < last for s in here)
            return done * 10_000 // len(here) >= 9_500 if here else None

        judge = self.judge("voluntary-testing.served", "reporter")
        for u in self.units("test_site", "fever_clinic"):
            told = sorted(self.filed("line:test_demand", u), key=lambda f: f.at)

            def true(t: datetime, told: list[Filed] = told) -> bool | None:
                last = next((f for f in reversed(told) if f.at <= t), None)
                return None if last is None else last.more["persons_turned_away"] == 0

            judge.daily_state(f"unit:{u['i']}", u["area"], u["since"], FAR, [17], true, known=u["since"], owed=lambda t, u=u: reached(u["area"], t))
