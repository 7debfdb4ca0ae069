"""What units keep and tell, day by day: gateways, hospitals, markets, firms, schools, departments. Each sentence takes the figures in which editions differ."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from .book import DAY, FAR, Filed
from .clinic import end_of, midnight
from .sentences import Edition
from .units import day

JANUARY_20 = datetime(2020, 1, 20)  # noqa: DTZ001 - civil time; weeks of the texts count from this Monday
WORK = ("employer", "site", "maker", "department")
SHIFTS = (8.0, 16.0, 24.0)
Unit = dict[str, Any]


class Standing(Edition):
    """`shared()` of an edition says which of these it has."""

    def kept(
        self, measure: str, kinds: tuple[str, ...], practices: tuple[str, ...] = (), hours: tuple[float, ...] = (17,), *, need: int = 1, step: int = 1, months: int = 0,
        first: datetime | None = None, gate: Any = None,
    ) -> None:  # fmt: skip
        """Practices that were said to be kept."""
        self.unit_files(measure, kinds, "line:self_check", hours, outcomes=practices, number=1, need=need, step=step, months=months, first=first, gate=gate)

    # -- at the gateways

    def gateways(self) -> None:
        """Counted at the end of each shift, supplied each day."""
        self.unit_files("checkpoint-network.working", ("gateway",), "line:gate_count", SHIFTS)
        self.kept("checkpoint-network.equipped", ("gateway",), ("supplies",))

    def screening(self) -> None:
        """Everybody who passes looked at and written down; who has fever sent on."""
        self.kept("checkpoint-screen-register.screened", ("gateway",), ("entry_check",), SHIFTS)
        self.registered()
        self.symptom_once("checkpoint-screen-register.feverish", "checkpoint", "reporter", lambda s: self.subject_told("referred", f"symptom:{s['i']}"))

    def registered(self) -> None:
        """As many passages as the shift counted, told in the same shift."""
        judge = self.judge("checkpoint-screen-register.registered", "reporter")
        for u in self.units("gateway"):
            counted = sorted(self.filed("line:gate_count", u), key=lambda f: f.at)
            passed = sorted(f.at for f in self.filed("line:passage", u))
            for opens, due, closes in judge.periods(u["since"], FAR, SHIFTS, 1, 0):

                def true(t: datetime, opens: datetime = opens, closes: datetime = closes, counted: list[Filed] = counted, passed: list[datetime] = passed) -> bool | None:
                    last = next((f for f in reversed(counted) if f.at <= t), None)
                    return None if last is None else sum(opens <= x <= t and x < closes for x in passed) >= last.more["persons_passed"]

                judge.holds(f"unit:{u['i']}", u["area"], opens, due, true, known=u["since"], event=False, closes=closes)

    def exits(self) -> None:
        """While an order keeps people in: everybody looked at, nobody out without a permit."""
        gate = lambda area, t: self.book.ordered("exit_control", area, t)  # noqa: E731
        self.kept("outbound-control.kept", ("gateway",), ("entry_check",), SHIFTS, gate=gate)
        self.never_passed("outbound-control.permitted", "no_permit", gate)

    def never_passed(self, measure: str, what: str, gate: Any = None) -> None:
        judge = self.judge(measure, "reporter")
        for u in self.units("gateway"):
            told = [f.at for f in self.filed("line:passage", u, (what,))]
            judge.never(f"unit:{u['i']}", u["area"], u["since"], FAR, told, known=u["since"], owed=(lambda t, u=u: gate(u["area"], t)) if gate else None)

    # -- markets, shops, places

    def cleaning(self, *kinds: str) -> None:
        self.unit_files("disinfection-ventilation.routine", kinds, "line:cleaning", [17])

    def poultry(self) -> None:
        self.kept("live-poultry-closure.closed", ("market",), ("live_animals",))
        self.never_passed("live-poultry-closure.moved", "live_poultry")

    def prices(self, hours: float) -> None:
        """Told of three goods each day; what is not on the shelf comes back; what is dear is passed on."""
        self.unit_files("price-supply-watch.told", ("shop", "market"), "line:price_point", [17], need=3, first=JANUARY_20)
        there, passed = self.judge("price-supply-watch.in_stock", "reporter"), self.judge("price-supply-watch.passed_on", "reporter")
        for _, f in self.book.kinds.get("line:price_point", ()):
            key, m = f"line:{f.key}", f.more
            there.holds(key, f.area, f.at, f.at + hours * DAY / 24, known=f.at, true=lambda t, m=m: m["in_stock"])
            passed.holds(
                key, f.area, f.at, f.at + DAY, known=f.at, true=lambda t, m=m: m.get("passed_on_at") is not None,
                owed=lambda t, m=m: None if m.get("base_price") is None else m["price"] > m["base_price"] * 1.5,
            )  # fmt: skip

    def clean_up(self) -> None:
        """The environment surveyed and put right, once a month."""
        self.unit_files("environment-clean-up.surveyed", ("village", "market"), "line:self_check", [24], outcomes=("environment",), months=1)
        self.kept("environment-clean-up.fixed", ("village", "market"), ("environment",), (24,), months=1)

    def animals(self) -> None:
        """Twenty animals of each market sampled in a month."""
        judge = self.judge("animal-disease-surveillance.sampled", "agriculture")
        for u in self.units("market"):
            told = self.filed("line:animal_sampling", u)
            for opens, due, closes in judge.periods(u["since"], FAR, [24], 1, 1):
                judge.holds(
                    f"unit:{u['i']}", u["area"], opens, due, known=u["since"], event=False, closes=closes,
                    true=lambda t, opens=opens, told=told: sum(f.more["animals_sampled"] for f in told if opens <= f.at <= t) >= 20,
                )  # fmt: skip

    # -- firms

    def workplaces(self) -> None:
        self.kept("workplace-prevention.kept", WORK, need=3)
        self.roll_daily("workplace-prevention.staff", lambda m: m["roll_role"] == "staff" and self.kind_of[m["_unit"]] in WORK, "starts_on", "line:daily_health")

    def resuming(self, graded: bool) -> None:
        """Firms tell each week how many are back; where a grade decides, only where it is low or medium."""
        kinds = ("employer", "maker", "site", "shop")

        def grade(*grades: str) -> Any:
            def gate(area: int, t: datetime) -> bool | None:
                found = self.book.graded("risk", area, t)
                return None if found is None else found in grades

            return gate if graded else None

        self.unit_files("enterprise-resumption.told", kinds, "line:resumption", [17], step=7, first=JANUARY_20, gate=grade("low", "medium"))
        self.unit_amount("enterprise-resumption.staff", kinds, "line:resumption", "staff_back", 80, [17], step=7, first=JANUARY_20, gate=grade("low"))
        if graded:
            self.kept("enterprise-resumption.ready", kinds, ("plan_drill",), step=7, gate=grade("low", "medium"))

    def production(self) -> None:
        self.unit_files("production-expansion.told", ("maker",), "line:production", [17])
        self.unit_amount("production-expansion.output", ("maker",), "line:production", "amount_output", "capacity_per_day", [17])

    def groups(self) -> None:
        """Groups that return have a day, and nobody comes before it."""
        dated, wait = self.judge("staged-return.dated", "commander"), self.judge("staged-return.wait", "reporter")
        for _, f in self.book.kinds.get("line:cohort", ()):
            key, on = f"line:{f.key}", day(f.more.get("returns_on"))
            dated.holds(key, f.area, f.at, f.at + DAY, known=f.at, true=lambda t, on=on: on is not None)
            opens, back = max(f.at, self.book.begin), f.more.get("persons_back")
            if on is not None and opens <= end_of(on):
                wait.holds(key, f.area, opens, end_of(on), known=f.at, event=False, true=lambda t, back=back: not back)

    # -- hospitals, isolation sites

    def beds_free(self) -> None:
        """More beds than patients, by what was told of the day before."""
        def true(u: Unit, t: datetime) -> bool:
            told = [f.more for f in self.filed("line:beds", u) if f.at <= t and f.period == (t - DAY).date()]
            return sum(m["open_staffed"] for m in told) > sum(m["beds_occupied"] for m in told)

        self.unit_state("surge-beds.free", ("clinic", "fever_clinic"), true, hours=[17])

    def surge(self) -> None:
        self.unit_files("surge-beds.told", ("clinic", "fever_clinic"), "line:beds", [17])
        self.beds_free()

    def sites(self) -> None:
        self.unit_files("isolation-site-capacity.told", ("isolation_site",), "line:beds", [17])
        self.kept("isolation-site-capacity.standard", ("isolation_site",), need=3)
        self.never("isolation-site-capacity.safe", ("isolation_site",))

    def rest_rooms(self) -> None:
        self.unit_state("shift-and-rest.rooms", ("clinic",), lambda u, t: any(f.at <= t and (f.number or 0) > 0 for f in self.filed("line:equipment", u, ("rest_room",))))

    def supplies_checked(self) -> None:
        self.kept("reserves.checked", ("clinic", "fever_clinic", "isolation_site"), ("supplies",), step=7)

    def risk_points(self) -> None:
        kinds = ("isolation_site", "market", "clinic", "custody", "welfare_home")
        self.unit_state("risk-point-register.owned", kinds, lambda u, t: any(f.at <= t and f.more.get("ends_on") is None for f in self.filed("line:risk_point", u)), role="cdc")
        self.kept("risk-point-register.checked", kinds, step=7)

    def live_animals(self, first: datetime | None = None) -> None:
        self.kept("market-supervision.kept", ("market", "shop"), ("live_animals",), (24,), step=7, first=first)

    def lessons(self, clock: timedelta) -> None:
        """A lesson elsewhere: places of that kind look at themselves within a week."""
        judge = self.judge("lessons-and-recheck.places", "reporter")
        for _, f in self.book.kinds.get("line:lesson", ()):
            for u in self.units(f.more["place_kind"]):
                at = datetime.fromisoformat(f.more["published_at"]).replace(tzinfo=None)
                told = [x.at for x in self.filed("line:self_check", u, (f.more["lesson_practice"],))]
                judge.once(f"unit:{u['i']}|line:{f.key}", u["area"], at, at + clock, told, event=True, known=max(f.at, u["since"]))


__all__ = ["JANUARY_20", "Standing", "end_of", "midnight"]
