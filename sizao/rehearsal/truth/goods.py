"""What is owed of goods, projects and wards: needs served by their day, stock that lasts, consignments, what is built, cases treated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from .book import DAY, FAR
from .clinic import end_of, midnight
from .desks import Desks, Thing
from .judging import CANNOT_TELL, MET, OVERDUE, after
from .sentences import HOUR, Case


class Goods(Desks):
    """`thing`s of resources and care."""

    def stands(self, t: Thing, name: str, x: datetime, since: str = "told_at") -> Any:
        """What was told last of it by that moment."""
        value = t["told"].get(name)
        for f in sorted(self.book.about.get((f"then:{t['register']}.{since}", t["about"]), ()), key=lambda f: f.at):
            if f.at <= x and name in f.more:
                value = f.more[name]
        return value

    # -- needs

    def needs(self, kind: str = "", of: str = "") -> list[Thing]:
        return [t for t in self.things("need", *([kind] if kind else [])) if not of or t["told"][of]]

    def has_come(self, t: Thing, x: datetime) -> bool:
        return bool(self.stands(t, "arrived", x) >= t["told"]["amount"])

    def served(self, measure: str, needs: list[Thing], role: str) -> None:
        """All of it there by the day."""
        judge = self.judge(measure, role)
        for t in needs:
            if (by := t["told"].get("needed_by")) is None:
                judge.say(t["about"], t["area"], None, CANNOT_TELL)
            else:
                judge.holds(t["about"], t["area"], t["known_at"], by, lambda x, t=t: self.has_come(t, x), known=t["known_at"], event=False)

    def means(self) -> None:
        judge = self.judge("contingency-plans.means", "reporter")
        for t in self.needs("plan"):
            judge.daily_state(t["about"], t["area"], t["known_at"], FAR, [24], lambda x, t=t: self.has_come(t, x), known=t["known_at"])

    def allocation(self) -> None:
        """Scarce goods: a tier for each need, all served, the front line first; a week's use where it stands."""
        tiered, first = self.judge("priority-allocation.tiered", "supplies"), self.judge("priority-allocation.first", "supplies")
        scarce = self.needs(of="scarce")
        for t in scarce:
            tiered.once(t["about"], t["area"], t["known_at"], t["known_at"] + DAY, self.step("decided_at", t), event=True, known=t["known_at"])
        self.served("priority-allocation.served", scarce, "supplies")
        owed = [(t, t["told"]["needed_by"]) for t in scarce if t["told"].get("needed_by") is not None and t["told"]["tier"] == 1]

        def reached(area: int, x: datetime) -> bool | None:
            here = [self.has_come(t, by) for t, by in owed if by < midnight(x.date()) and by < self.book.as_of and area in set(self.book.upwards(t["area"]))]
            return sum(here) * 10_000 // len(here) >= 9_500 if here else None

        for t in scarce:
            if t["told"]["tier"] > 1:
                first.daily_state(t["about"], t["area"], t["known_at"], FAR, [24], lambda x, t=t: reached(t["area"], x), known=t["known_at"])
        cover = self.judge("priority-allocation.cover", "supplies")
        for t in self.things("stock"):
            if t["told"]["front_line"]:
                cover.daily_state(t["about"], t["area"], t["known_at"], FAR, [24], lambda x, t=t: self.stands(t, "on_hand", x) >= t["told"]["use_per_day"] * 7, known=t["known_at"])

    def procurement(self) -> None:
        """Bulk goods: ordered in three days, there by the day, looked over in three more."""
        role, bulk = "supplies @ province", self.needs(of="bulk")
        ordered, accepted = self.judge("unified-procurement.ordered", role), self.judge("unified-procurement.accepted", role)
        self.served("unified-procurement.delivered", bulk, role)
        for t in bulk:
            known = t["known_at"]
            ordered.holds(t["about"], t["area"], known, known + 3 * DAY, lambda x, t=t: self.stands(t, "amount_ordered", x) >= t["told"]["amount"], known=known)
            by = t["told"].get("needed_by")
            if by is not None and by < self.book.as_of and self.has_come(t, by):
                accepted.holds(t["about"], t["area"], by, by + 3 * DAY, lambda x, t=t: self.stands(t, "accepted", x) >= self.stands(t, "arrived", x), known=known)

    # -- stock

    def reserves(self, months: int = 1) -> None:
        """Enough that does not run out soon, counted each month."""
        level, counted = self.judge("reserves.level", "supplies"), self.judge("reserves.counted", "supplies")
        for t in self.things("stock"):
            m = t["told"]
            if not m["reserve"]:
                continue
            level.daily_state(t["about"], t["area"], t["known_at"], FAR, [24], lambda x, t=t: self.stands(t, "on_hand", x) - self.stands(t, "expiring", x) >= t["told"]["target"], known=t["known_at"])
            first = max(t["known_at"], self.book.begin)
            told = self.subject_told("then:stock.told_at", t["about"])
            for n, at in enumerate(sorted({first} | {x for x in told if first < x < self.book.as_of})):
                counted.once(t["about"], t["area"], at if n == 0 else at + timedelta(microseconds=1), after(at, 1, 0, months), told, known=t["known_at"])

    def devices(self) -> None:
        """No device stands idle where somebody severely ill waits."""
        judge = self.judge("severe-care-concentration.devices", "dispatcher")
        severe = [c for c in self.things("course") if c["told"]["severity"] in ("severe", "critical")]
        for t in self.things("stock"):
            if t["told"]["item"] in ("ventilator", "ecmo") and t["told"]["idle"] > 0:
                waits = [c["known_at"] for c in severe if t["area"] in set(self.book.upwards(c["area"]))]
                judge.daily_state(t["about"], t["area"], t["known_at"], FAR, [24], lambda x, waits=waits: not any(w <= x for w in waits), known=t["known_at"])

    # -- consignments

    def green_channel(self) -> None:
        passed, points, received = (self.judge(f"green-channel.{part}", role) for part, role in (("pass", "transport"), ("points", "transport"), ("received", "supplies")))
        for t in self.things("consignment", "goods"):
            m, known = t["told"], t["known_at"]
            passed.once(t["about"], t["area"], known, m["left_at"], self.step("pass_issued_at", t), known=known)
            held = [x for x in self.step("held_at", t) if known <= x <= m["due_at"] and m.get("held_minutes", 0) > 30]
            if held or m["due_at"] < self.book.as_of:
                points.say(t["about"], t["area"], m["due_at"], OVERDUE if held else MET)
            received.once(t["about"], t["area"], known, m["due_at"], self.step("received_at", t), known=known)

    def donations(self) -> None:
        """Matched in a day, sent the day after, all published in a week."""
        matched, sent, published = (self.judge(f"donation-flow.{part}", "supplies") for part in ("matched", "sent", "published"))
        for t in self.things("consignment", "donation"):
            at = min(self.step("received_at", t), default=None)
            if at is None:
                for judge in (matched, published):
                    judge.say(t["about"], t["area"], None, CANNOT_TELL)
            else:
                self.chain(t, at, [(matched, DAY, self.step("matched_at", t)), (sent, DAY, self.step("sent_at", t))])
                self.chain(t, at, [(published, 7 * DAY, self.step("published_at", t))])

    # -- projects

    def reached(self, t: Thing, what: str = "") -> list[datetime]:
        return [f.at for f in self.book.about.get(("milestone", t["about"]), ()) if not what or f.outcome == what]

    def by_day(self, measure: str, t: Thing, on: date, told: list[datetime] | None, role: str = "reporter", true: Callable[[datetime], bool] | None = None) -> None:
        judge, due, opens = self.judge(measure, role), end_of(on), max(t["known_at"], self.book.begin)
        if opens > due:
            return
        if told is not None:
            judge.once(t["about"], t["area"], opens, due, told, known=t["known_at"])
        elif true is not None:
            judge.holds(t["about"], t["area"], opens, due, true, known=t["known_at"], event=False)

    def laboratories(self) -> None:
        """Built by the first of July; then licensed; then in use."""
        licensed, used = self.judge("lab-build.licensed", "health"), self.judge("lab-build.in_use", "reporter")
        self.judge("lab-build.built", "reporter")
        for t in self.things("project", "pcr_lab"):
            self.by_day("lab-build.built", t, date(2020, 7, 1), self.reached(t, "built"))
            at = min((x for x in self.reached(t, "built") if x >= t["known_at"]), default=None)
            if at is not None:
                self.chain(t, at, [(licensed, 7 * DAY, self.reached(t, "licensed")), (used, 7 * DAY, self.reached(t, "in_use"))])

    def wards_built(self) -> None:
        self.judge("fever-clinic-standards.accepted", "reporter")
        for t in self.things("project", "fever_clinic", "infectious_ward"):
            self.by_day("fever-clinic-standards.accepted", t, date.fromisoformat(t["told"]["due_on"]), self.reached(t, "accepted"))
        kinds = [u for u in self.book.units if u["kind"] == "fever_clinic" and u["in_use"]]
        self.unit_state("fever-clinic-standards.present", ("county",), lambda u, t: any(u["area"] in set(self.book.upwards(x["area"])) and x["since"] <= t for x in kinds))

    def beds_built(self) -> None:
        self.judge("surge-beds.late", "reporter")
        for t in self.things("project", "beds"):
            self.by_day("surge-beds.late", t, date.fromisoformat(t["told"]["milestone_due"]), self.reached(t))

    def trials(self) -> None:
        """Told each week; past the ethics board before it starts; enough enrolled; results told."""
        status, back = self.judge("drug-vaccine-research.status", "reporter"), self.judge("drug-vaccine-research.fed_back", "reporter")
        for part in ("ethics", "enrolled"):
            self.judge(f"drug-vaccine-research.{part}", "reporter")
        for t in self.things("project", "trial"):
            m = t["told"]
            self.fresh(status, t["about"], t["area"], t["known_at"], 7 * DAY, self.reached(t))
            self.by_day("drug-vaccine-research.ethics", t, date.fromisoformat(m["starts_on"]), self.reached(t, "ethics"))
            self.by_day("drug-vaccine-research.enrolled", t, date.fromisoformat(m["due_on"]), None, true=lambda x, m=m: m["enrolled"] >= m["target"])
            if m.get("result_at") is not None:
                self.chain(t, m["result_at"], [(back, DAY, self.step("published_at", t))])

    # -- wards

    def course_of(self) -> dict[int, Thing]:
        return {c["told"]["about_case"]: c for c in self.things("course")}

    def treated(self) -> Callable[[Case], list[datetime]]:
        """When treatment of a case began."""
        courses = self.course_of()
        return lambda c: self.step("treated_at", courses[c["i"]]) if c["i"] in courses else []

    def treat_at_once(self) -> None:
        treated = self.treated()
        self.of_case("suspect-first-report.treat", 24, treated, ("suspected", "clinical", "confirmed"), lambda c: c["first_care_at"])

    def earlies_treated(self) -> None:
        judge, treated = self.judge("four-earlies-timeline.treated", "cdc"), self.treated()
        for c in self.book.cases:
            if (at := self.confirmed(c)) is not None:
                judge.holds(
                    f"case:{c['i']}", c["area"], at, at + DAY, known=c["reported_at"], owed=lambda t, c=c: self.book.class_of(c, t) in ("confirmed", "asymptomatic"),
                    true=lambda t, c=c: any(x <= t for x in treated(c)),
                )  # fmt: skip

    def mild_treated(self) -> None:
        judge, treated, courses = self.judge("early-intervention", "health"), self.treated(), self.course_of()
        for c in self.book.cases:
            course, at = courses.get(c["i"]), self.confirmed(c)
            if course is None or course["told"]["severity"] != "mild":
                continue
            if at is None:
                judge.say(f"case:{c['i']}", c["area"], None, CANNOT_TELL)
            else:
                judge.once(f"case:{c['i']}", c["area"], at, at + DAY, treated(c), event=True, known=c["reported_at"], owed=lambda t, course=course: course["known_at"] <= t)

    def severe_moved(self) -> None:
        judge = self.judge("severe-care-concentration.moved", "dispatcher")
        for t in self.things("course"):
            if t["told"]["severity"] in ("severe", "critical"):
                told = self.of(t["told"]["person"], "admitted", "taken in", outcomes=("hospital",))
                judge.once(t["about"], t["area"], t["known_at"], t["known_at"] + 4 * HOUR, told, event=True, known=t["known_at"])

    def hospitals(self, of: str) -> list[Thing]:
        used = {u["i"] for u in self.book.units if u["in_use"]}
        return [t for t in self.things("hospital") if t["told"][of] and t["told"]["unit"] in used]

    def beds(self, area: int, x: datetime, what: str = "open_staffed") -> float:
        """Beds told of the day before, of all units there and below."""
        return sum(f.more[what] for _, f in self.beds_told if f.at <= x and f.period == (x - DAY).date() and area in set(self.book.upwards(f.area)))

    @property
    def beds_told(self) -> list[tuple[str, Any]]:
        return self.book.kinds.get("line:beds", [])

    def beds_enough(self, measure: str, levels: tuple[str, ...], role: str) -> None:
        """As many as the last forecast there says."""
        judge = self.judge(measure, role)
        for area, level in self.book.level.items():
            if level in levels:
                foretold = sorted((f for _, f in self.book.kinds.get("line:forecast", ()) if area in set(self.book.upwards(f.area))), key=lambda f: f.at)

                def true(x: datetime, area: int = area, foretold: list[Any] = foretold) -> bool | None:
                    last = next((f for f in reversed(foretold) if f.at <= x), None)
                    return None if last is None else self.beds(area, x) >= last.more["beds_needed"]

                judge.daily_state(f"area:{area}", area, self.book.begin, FAR, [17], true, known=self.book.begin)

    def kept_off(self) -> None:
        """Who has fever is not treated where he should not be."""
        judge = self.judge("fever-redirect.kept_off", "reporter")
        told = defaultdict(list)
        for about, f in self.book.kinds.get("line:fever_visit", ()):
            if f.outcome == "treated":
                told[int(about.partition(":")[2])].append(f.at)
        for t in self.things("hospital"):
            if t["told"]["level"] in ("village", "primary"):
                judge.never(t["about"], t["area"], t["known_at"], FAR, told[t["told"]["unit"]], known=t["known_at"])
