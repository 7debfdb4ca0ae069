"""What should be reported under the five editions of the source texts: each sentence that executes once more, in plain Python, with its edition's figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from .book import DAY, FAR, Filed
from .clinic import end_of, midnight
from .judging import Should
from .looks import Looks
from .sentences import HOUR, Case
from .standing import JANUARY_20
from .units import day


class Province(Looks):
    """26 January 2020."""

    first: tuple[str, ...] = ("suspect",)

    def all(self) -> list[Should]:
        self.sweep()
        self.check("checkpoint-network", self.of_units("gateway"), "week")
        self.check("disinfection-ventilation", self.of_units("market", "clinic"), "week")
        self.check("live-poultry-closure", self.of_units("market"), "week")
        self.check("workplace-prevention", self.of_units("employer", "site", "maker", "department"), "month")
        self.found_and_classed("contact-identification.found")
        self.not_called()
        self.experts()
        self.spread()
        self.nobody(("animal-disease-surveillance.acted", "agriculture"))
        self.seats()
        self.responsible()
        self.plans_filed()
        self.means()
        self.duty()
        self.affected()
        self.returned()
        self.situation(datetime(2020, 1, 26))  # noqa: DTZ001
        self.treat_at_once()
        self.earlies_treated()
        self.watched_arrivals()
        self.central(lambda t, x: self.goes_first(t["told"]["person"], x) or self.contact_first(t, x))
        self.beds_enough("designated-hospitals.enough", ("county", "city"), "health")
        self.severe_moved()
        self.devices()
        self.ticket("expert-guidance.answered", ("consultation",), "answered_at", "health")
        self.manned("checkpoint-network.manned", ("gateway_point",), "reporter")
        self.green_channel()
        self.terminal_cleaning()
        self.received("workplace-prevention.signed", "guide", ("employer", "site"), 24)
        self.allocation()
        self.procurement()
        self.served("medical-team-dispatch.sent", self.needs("medical_staff"), "health")
        self.grids()
        self.served("grid-staffing.sent", self.needs("staff"), "commander")
        self.served("volunteers.tasks", self.needs("volunteers"), "reporter")
        self.rest()
        self.bulletins()
        self.concerns()
        self.educated()
        self.plain_words()
        self.kept("contingency-plans.drilled", ("county", "clinic", "school", "department"), ("plan_drill",), (24,), months=1)
        self.animals()
        self.first_report()
        self.contacts_listed("contact-identification.listed", ("suspected", "confirmed", "asymptomatic"))
        self.quarantine(12, ("home", "centre", "hospital"))
        self.baseline()
        self.gateways()
        self.screening()
        self.cleaning("market", "clinic")
        self.poultry()
        self.workplaces()
        self.teams()
        self.volunteers()
        self.rest_rooms()
        self.groups()
        self.prices(48)
        self.symptom_chain()
        self.unit_reports("zero-report", ("village", "township"), "report")
        self.suspect_observation()
        self.four_earlies()
        self.staff_protection()
        self.gatherings()
        self.staples()
        return self.marked()

    def staff_protection(self) -> None:
        """Staff at risk: trained before they go, equipped and looked at each day."""
        def risk(m: dict[str, Any]) -> bool:
            return m["roll_role"] == "staff" and m["at_risk_post"] is True

        judge = self.judge("staff-protection.trained", "reporter")
        for key, person, f in self.lists("roll"):
            first = day(f.more["first_posted_on"])
            opens = max(f.at, self.book.begin)
            if risk(f.more) and first is not None and opens <= end_of(first):
                told = [x.at for x in self.book.under.get(("line:training", person), ()) if x.outcome in ("ppe", "infection_control") and x.number == 1]
                judge.once(key, f.area, opens, end_of(first), told, known=f.at)
        self.roll_daily("staff-protection.equipped", risk, "first_posted_on", "line:issue")
        self.roll_daily("staff-protection.watched", risk, "first_posted_on", "line:daily_health")

    def gatherings(self) -> None:
        """Decided two days before; what was stopped or put off is not held."""
        decided, obeyed = self.judge("gathering-control.decided", "commander"), self.judge("gathering-control.obeyed", "reporter")
        for key, _, f in self.lists("event_notice"):
            held, said = day(f.more["held_on"]), f.more.get("event_decision")
            due, opens = end_of(held - 2 * DAY), max(f.at, self.book.begin)  # type: ignore[operator]
            if opens <= due:
                decided.holds(key, f.area, opens, due, known=f.at, event=False, true=lambda t, said=said: None if said is None else said in ("allowed", "limited", "postponed", "stopped"))
            at, happened = midnight(held), f.more.get("event_held")
            obeyed.holds(
                key, f.area, at, at + DAY, known=f.at, owed=lambda t, said=said: None if said is None else said in ("postponed", "stopped"),
                true=lambda t, happened=happened: None if happened is None else not happened,
            )  # fmt: skip

    def staples(self, days: float = 7) -> None:
        """Five staples told each day; of each so many days' sale at hand."""
        self.unit_files("staple-supply.told", ("department",), "line:staple_day", [17], need=5, first=JANUARY_20)
        judge = self.judge("staple-supply.cover", "commander")
        for key, _, f in self.lists("staple_day"):
            m = f.more
            judge.holds(key, f.area, f.at, f.at + DAY, known=f.at, true=lambda t, m=m: m["amount_stock"] + m["amount_inflow"] >= m["amount_sold"] * days)


class City(Province):
    """27 January 2020."""

    admits = True
    first = ("admit", "suspect")

    def all(self) -> list[Should]:
        self.sweep()
        self.check("checkpoint-network", self.of_units("gateway"), "week")
        self.check("disinfection-ventilation", self.of_units("gateway", "transport"), "week")
        self.found_and_classed("contact-identification.found")
        self.not_called()
        self.inspected()
        self.field()
        self.handed_over()
        self.seats()
        self.level_published()
        self.judge("response-level.declared", "commander")  # of provinces: here is none
        self.plans_filed()
        self.means()
        self.duty()
        self.affected()
        self.situation(datetime(2020, 1, 27))  # noqa: DTZ001
        self.treat_at_once()
        self.earlies_treated()
        self.beds_enough("designated-hospitals.enough", ("county", "city"), "health")
        self.severe_moved()
        self.devices()
        self.received("treatment-plan-rollout.adopted", "treatment_plan", ("clinic",), 72)
        self.manned("checkpoint-network.manned", ("gateway_point",), "reporter")
        self.from_risk()
        self.terminal_cleaning()
        self.allocation()
        self.bulletins()
        self.concerns()
        self.educated()
        self.plain_words()
        self.kept("contingency-plans.drilled", ("county", "clinic", "school", "department"), ("plan_drill",), (24,), months=1)
        self.first_report()
        self.contacts_listed("contact-identification.listed", ("suspected", "confirmed", "asymptomatic"))
        self.quarantine(12, ("home", "centre", "hospital"))
        self.treatment_trained()
        self.cost_cover()
        self.gateways()
        self.screening()
        self.cleaning("gateway", "transport")
        self.live_animals()
        self.admit_all()
        self.suspects_tested(12)
        self.suspect_observation()
        self.four_earlies()
        self.early_warning()
        self.staff_protection()
        self.gatherings()
        self.answered("origin-destination-handover.answered", "area")
        return self.marked()


class Centre(Province):
    """3 February 2020."""

    first = ("admit",)

    def all(self) -> list[Should]:
        self.check("isolation-site-capacity", self.of_units("isolation_site"), "week")
        self.check("disinfection-ventilation", self.of_units("gateway", "transport"), "week")
        self.check("environment-clean-up", self.of_units("village", "market"), "month", "inspector @ parent")
        self.inspected()
        self.experts()
        self.rooms()
        self.spread()
        self.blocked()
        self.shared()
        self.variants()
        self.handed_over()
        self.seats()
        self.responsible()
        self.directives()
        self.issues()
        self.decided()
        self.earlies_treated()
        self.ticket("home-observation.helped", ("home_need",), "verified_at", "community")
        self.beds_enough("surge-beds.enough", ("city", "province"), "dispatcher")
        self.beds_built()
        self.severe_moved()
        self.devices()
        self.ticket("expert-guidance.answered", ("consultation",), "answered_at", "health")
        self.received("treatment-plan-rollout.adopted", "treatment_plan", ("clinic",), 72)
        self.ticket("mental-health-support.asked", ("psych",), "answered_at", "community")
        self.leaving()
        self.stuck()
        self.from_risk()
        self.blockages()
        self.terminal_cleaning()
        self.allocation()
        self.reserves()
        self.ticket("production-expansion.stopped", ("plant_stopped",), "verified_at", "industry")
        self.served("medical-team-dispatch.sent", self.needs("medical_staff"), "health")
        self.grids()
        self.served("grid-staffing.sent", self.needs("staff"), "commander")
        self.rest()
        self.ticket("enterprise-resumption.blockers", ("blocker",), "verified_at", "industry")
        self.economy()
        self.bulletins()
        self.concerns()
        self.educated()
        self.plain_words()
        self.by_the_day("lessons-and-recheck.mended", "improvement", "verified_at", "reporter")
        self.ticket("data-and-case-sharing.asked", ("data_request",), "answered_at", "reporter")
        self.trials()
        self.evaluated()
        self.unit_reports("situation-review.filed", ("department",), "report")
        self.quarantine(12, ("home",))
        self.at_home()
        self.sites()
        self.treatment_trained()
        self.minds()
        self.screening()
        self.exits()
        self.cleaning("gateway", "transport")
        self.live_animals()
        self.clean_up()
        self.supplies_checked()
        self.teams()
        self.rest_rooms()
        self.resuming(graded=False)
        self.groups()
        self.prices(48)
        self.lessons(7 * DAY)
        self.admit_all()
        self.early_warning()
        self.four_earlies()
        self.of_case("source-tracing", 48, self.told("source"), ("confirmed", "asymptomatic"), self.confirmed)
        self.money(1)
        self.entitled("enterprise-relief", ("enterprise_support",), "finance")
        self.staff_protection()
        self.staples()
        self.answered("origin-destination-handover.answered", "area")
        self.surge()
        self.production()
        return self.marked()

    def stuck(self) -> None:
        """Who must leave while nobody may is answered."""
        self.ticket("outbound-control.stuck", ("exit_need",), "answered_at", "desk", gate=lambda area, t: self.book.ordered("exit_control", area, t))

    def blockages(self) -> None:
        """What blocks the way is cleared in a day, and seen to be by who told of it."""
        self.ticket("passage-unblocking.cleared", ("blockage",), "answered_at", "transport")
        judge = self.judge("passage-unblocking.seen", "reporter")
        for t in self.things("ticket", "blockage"):
            at = min((x for x in self.step("answered_at", t) if x >= t["known_at"]), default=None)
            if at is not None:
                self.chain(t, at, [(judge, DAY, self.step("verified_at", t))])

    def economy(self) -> None:
        """A line for each trade each week."""
        for trade in ("industry", "construction", "retail", "transport", "trade"):
            judge = self.judge(f"economy-watch.{trade}", "statistics")
            for area, level in self.book.level.items():
                if level == "city":
                    told = [f.at for about, f in self.book.kinds.get("line:economy", ()) if about == f"area:{area}" and f.outcome == trade]
                    judge.daily(f"area:{area}", area, self.areas_known, FAR, [24], told, known=self.areas_known, step=7)

    def money(self, uses: int) -> None:
        """Told each month for each use, committed, paid."""
        self.unit_files("funding-guarantee.told", ("department",), "line:funding", [17], need=uses, months=1)
        self.unit_total("funding-guarantee.committed", ("department",), "line:funding", "money_committed", "money_needed")
        self.unit_total("funding-guarantee.paid", ("department",), "line:funding", "money_paid", "money_committed")


class Recovery(Centre):
    """23 February 2020."""

    def all(self) -> list[Should]:
        self.sweep()
        self.check("risk-point-register", self.of_units("isolation_site", "market", "clinic", "custody", "welfare_home"), "month")
        self.check("hospital-infection-gates", self.of_units("clinic", "fever_clinic"), "week")
        self.check("checkpoint-network", self.of_units("gateway"), "week")
        self.check("workplace-prevention", self.of_units("employer", "site", "maker", "department"), "month")
        self.check("environment-clean-up", self.of_units("village", "market"), "month", "inspector @ parent")
        self.check("donation-flow", [(t["about"], t["area"], t["known_at"]) for t in self.things("consignment", "donation")], "month", looks={})
        self.experts()
        self.spread()
        self.blocked()
        self.shared()
        self.handed_over()
        self.nobody(("animal-disease-surveillance.acted", "agriculture"), ("paired-support.paired", "health @ province"))
        for part in ("reviewed", "fits"):
            self.judge(f"response-level.{part}", "commander")  # of provinces: here is none
        self.level_published()
        self.zoning()
        self.lawful(reviewed=True)
        self.fits("lawful-proportionate-orders.fits")
        self.ticket("lawful-proportionate-orders.excess", ("excess",), "verified_at", "issuer")
        self.directives()
        self.issues()
        self.forms()
        self.earlies_treated()
        self.beds_enough("surge-beds.enough", ("city", "province"), "dispatcher")
        self.beds_built()
        self.severe_moved()
        self.devices()
        self.mild_treated()
        self.ticket("expert-guidance.answered", ("consultation",), "answered_at", "health")
        self.received("treatment-plan-rollout.adopted", "treatment_plan", ("clinic",), 72)
        self.ticket("other-disease-care.urgent", ("urgent_care",), "answered_at", "health")
        self.ticket("mental-health-support.asked", ("psych",), "answered_at", "community")
        self.manned("checkpoint-network.manned", ("gateway_point",), "reporter")
        self.leaving()
        self.stuck()
        self.from_risk()
        self.blockages()
        self.green_channel()
        self.received("workplace-prevention.signed", "guide", ("employer", "site"), 24)
        self.allocation()
        self.ticket("production-expansion.stopped", ("plant_stopped",), "verified_at", "industry")
        self.donations()
        self.served("medical-team-dispatch.sent", self.needs("medical_staff"), "health")
        self.served("paired-support.met", self.needs(of="partner"), "health @ province")
        self.grids()
        self.served("grid-staffing.sent", self.needs("staff"), "commander")
        self.served("volunteers.tasks", self.needs("volunteers"), "reporter")
        self.rest()
        self.blockers_where_graded()
        self.chartered()
        self.served("point-to-point-return.seats", self.needs("seats"), "transport")
        self.out_of_season()
        self.ticket("last-mile-delivery.delivered", ("household_order",), "verified_at", "community")
        self.bulletins()
        self.concerns()
        self.by_the_day("lessons-and-recheck.mended", "improvement", "verified_at", "reporter")
        self.ticket("data-and-case-sharing.asked", ("data_request",), "answered_at", "reporter")
        self.trials()
        self.evaluated()
        self.risk_points()
        self.animals()
        self.quarantine(12, ("home", "centre", "hospital"))
        self.surge()
        self.treatment_trained()
        self.kept("hospital-infection-gates.kept", ("clinic", "fever_clinic"), ("zones", "staff_health"), need=2)
        self.never("hospital-infection-gates.safe", ("clinic", "fever_clinic"), ("exposure",))
        self.cost_cover()
        self.other_diseases()
        self.minds()
        self.gateways()
        self.exits()
        self.workplaces()
        self.clean_up()
        self.production()
        self.teams()
        self.volunteers()
        self.rest_rooms()
        self.resuming(graded=True)
        self.groups()
        self.prices(48)
        self.delivered_to()
        self.lessons(7 * DAY)
        self.admit_all()
        self.suspects_tested(6)
        self.four_earlies()
        self.of_case("source-tracing", 48, self.told("source"), ("confirmed", "asymptomatic"), self.confirmed)
        self.epi_investigation()
        self.staff_protection()
        self.staples()
        for measure, policies, role in (
            ("staff-entitlements", ("work_subsidy", "injury"), "finance"), ("enterprise-relief", ("enterprise_support",), "finance"),
            ("hardship-safety-net.paid", ("hardship_relief",), "civil_affairs"), ("unemployment-benefits", ("unemployment",), "finance"),
        ):  # fmt: skip
            self.entitled(measure, policies, role)
        self.hardship()
        self.bereaved()
        self.vulnerable()
        self.answered("origin-destination-handover.answered", "area")
        return self.marked()

    def blockers_where_graded(self) -> None:
        def gate(area: int, t: datetime) -> bool | None:
            grade = self.book.graded("risk", area, t)
            return None if grade is None else grade in ("low", "medium")

        self.ticket("enterprise-resumption.blockers", ("blocker",), "verified_at", "industry", gate=gate)

    def out_of_season(self) -> None:
        """Ploughing is over in June: of it only who asks for passage is answered."""
        for part in ("told", "supplied"):
            self.judge(f"spring-farming.{part}", "reporter")
        self.ticket("spring-farming.access", ("farm_access",), "verified_at", "transport")

    def epi_investigation(self) -> None:
        both = ("confirmed", "asymptomatic")
        self.of_case("epi-investigation.done", 24, self.told("investigated"), both, self.confirmed)
        source, listed = self.judge("epi-investigation.source", "cdc"), self.judge("epi-investigation.contacts", "cdc")
        named: dict[int, list[datetime]] = {}
        for c in self.book.contacts:
            named.setdefault(c["case_"], []).append(c["named_at"])
        for c in self.book.cases:
            about, at = f"case:{c['i']}", self.confirmed(c)
            if at is None:
                continue
            def owed(t: datetime, c: Case = c) -> bool:
                return self.book.class_of(c, t) in both

            seen = min((t for t in self.subject_told("investigated", about) if at <= t), default=None)
            if seen is not None:
                source.once(about, c["area"], seen, seen + 48 * HOUR, self.subject_told("source", about), event=True, known=c["reported_at"], owed=owed)
            listed.holds(
                about, c["area"], at, at + DAY, known=c["reported_at"], owed=owed,
                true=lambda t, c=c: None if c["met"] is None else sum(x <= t for x in named.get(c["i"], ())) >= c["met"],
            )  # fmt: skip

    def hardship(self) -> None:
        self.helped("hardship-safety-net.assessed", ("hardship",), 7 * 24, ("assessment",))
        judge = self.judge("hardship-safety-net.helped", "civil_affairs")
        for key, person, f in self.lists("help_list"):
            if f.outcome == "hardship":
                since = midnight(day(f.more["starts_on"]))
                at = min((t for t in self.helps(person, ("assessment",)) if t >= since), default=None)
                if at is not None and since >= self.book.begin:
                    judge.once(key, f.area, at, at + 7 * DAY, self.helps(person, ("money",)), event=True, known=f.at)

    def bereaved(self) -> None:
        """Somebody comes within three days; then a plan, and a guardian for the children."""
        self.helped("bereaved-family-care.contacted", ("bereaved",), 72, ("visit", "call"))
        plan, children = self.judge("bereaved-family-care.planned", "civil_affairs"), self.judge("bereaved-family-care.children", "civil_affairs")
        for key, person, f in self.lists("help_list"):
            since = midnight(day(f.more["starts_on"]))
            at = min((t for t in self.helps(person, ("visit", "call")) if t >= since), default=None)
            if f.outcome != "bereaved" or at is None:
                continue
            plan.once(key, f.area, at, at + 7 * DAY, self.helps(person, ("assessment",)), event=True, known=f.at)
            minors = f.more.get("minors")
            children.once(
                key, f.area, at, at + 72 * HOUR, self.helps(person, ("guardian",)), event=True, known=f.at, owed=lambda t, minors=minors: None if minors is None else minors > 0
            )

    def vulnerable(self) -> None:
        """Who lives alone or is disabled, and is himself under observation: seen or rung up each day."""
        judge = self.judge("isolated-vulnerable-visits", "community")
        watched: dict[int, list[dict[str, Any]]] = {}
        for c in self.book.contacts:
            watched.setdefault(c["person"], []).append(c)
        for key, person, f in self.lists("help_list"):
            if f.outcome in ("lone_elder", "child_alone", "disabled"):
                judge.daily(
                    key, f.area, midnight(day(f.more["starts_on"])), FAR, [20], self.helps(person, ("visit", "call")), known=f.at,
                    owed=lambda t, person=person: any(c["named_at"] <= t and self.open(c, t) for c in watched.get(person, ())),
                )  # fmt: skip


class Normal(Centre):
    """June 2020."""

    first = ()

    def all(self) -> list[Should]:
        self.check("triage-screening", self.of_units("clinic", "fever_clinic"), "week")
        self.check("isolation-site-capacity", self.of_units("isolation_site"), "week")
        self.check("hospital-infection-gates", self.of_units("clinic", "fever_clinic"), "week")
        self.check("venue-scan-temperature", self.of_units("gateway", "transport", "hotel", "clinic", "shop"), "week")
        self.check("disinfection-ventilation", self.of_units("school", "class"), "week")
        self.check("pharmacy-prescription-rule", self.of_units("pharmacy"), "month")
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


EDITIONS = {
    "2020-01-26-province": Province, "2020-01-27-city": City, "2020-02-03-centre": Centre, "2020-02-23-centre-recovery": Recovery, "2020-06-city-normal": Normal,
}  # fmt: skip
