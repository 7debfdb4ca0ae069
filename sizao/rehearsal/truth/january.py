"""What should be reported under the two editions of January 2020, of the province and of the city."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .book import DAY
from .clinic import end_of, midnight
from .judging import Should
from .looks import CLEAN, GATES, NAMED, Looks
from .standing import JANUARY_20
from .units import day


class Province(Looks):
    """26 January 2020."""

    first: tuple[str, ...] = ("suspect",)

    def all(self) -> list[Should]:
        self.sweep()
        self.check("checkpoint-network", self.of_units("gateway"), "week", practices=GATES)
        self.check("disinfection-ventilation", self.of_units("market", "clinic"), "week", practices=CLEAN)
        self.check("live-poultry-closure", self.of_units("market"), "week", practices={"closed": {"live_animals"}})
        self.check("workplace-prevention", self.of_units("employer", "site", "maker", "department"), "month", practices={"kept": NAMED})
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
        self.check("checkpoint-network", self.of_units("gateway"), "week", practices=GATES)
        self.check("disinfection-ventilation", self.of_units("gateway", "transport"), "week", practices=CLEAN)
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
