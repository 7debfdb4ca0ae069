"""What should be reported under the two editions of February 2020: all cases in and all contacts watched; then grades, and work resumed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .book import DAY, FAR
from .clinic import midnight
from .january import Province
from .judging import Should
from .looks import CLEAN, GATES, NAMED, WARDS
from .sentences import HOUR, Case
from .units import day


class Centre(Province):
    """3 February 2020."""

    first = ("admit",)

    def all(self) -> list[Should]:
        self.check("isolation-site-capacity", self.of_units("isolation_site"), "week", practices=WARDS)
        self.check("disinfection-ventilation", self.of_units("gateway", "transport"), "week", practices=CLEAN)
        self.check("environment-clean-up", self.of_units("village", "market"), "month", "inspector @ parent", practices={"fixed": {"environment"}})
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
        self.check("risk-point-register", self.of_units("isolation_site", "market", "clinic", "custody", "welfare_home"), "month", practices={"checked": NAMED})
        self.check("hospital-infection-gates", self.of_units("clinic", "fever_clinic"), "week", practices={"kept": {"zones", "staff_health"}})
        self.check("checkpoint-network", self.of_units("gateway"), "week", practices=GATES)
        self.check("workplace-prevention", self.of_units("employer", "site", "maker", "department"), "month", practices={"kept": NAMED})
        self.check("environment-clean-up", self.of_units("village", "market"), "month", "inspector @ parent", practices={"fixed": {"environment"}})
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
        """Who lives alone or is disabled, and is himself kept apart, as a contact or by a stay wherever it is: seen or rung up each day."""
        judge = self.judge("isolated-vulnerable-visits", "community")
        watched: dict[int, list[dict[str, Any]]] = {}
        for c in self.book.contacts:
            watched.setdefault(c["person"], []).append(c)
        stays: dict[int, list[dict[str, Any]]] = {}
        for s in self.stays():
            stays.setdefault(s["person"], []).append(s)
        for key, person, f in self.lists("help_list"):
            if f.outcome in ("lone_elder", "child_alone", "disabled"):
                judge.daily(
                    key, f.area, midnight(day(f.more["starts_on"])), FAR, [20], self.helps(person, ("visit", "call")), known=f.at,
                    owed=lambda t, person=person: any(c["named_at"] <= t and self.open(c, t) for c in watched.get(person, ()))
                    or any(s["at"] <= t < (s["out"] or FAR) for s in stays.get(person, ())),
                )  # fmt: skip
