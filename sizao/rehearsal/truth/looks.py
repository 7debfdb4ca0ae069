"""The second look: who was drawn and was looked at, whether it was so; sweeps from door to door; what else is asked of areas and hospitals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from .book import DAY, FAR
from .judging import CANNOT_TELL, Place, Should
from .travel import Travel

Who = tuple[str, Place, datetime]  # subject, area, since when it is known
Seen = dict[str, list[tuple[datetime, bool]]]  # who was looked at: when, and was it so
ALL = "*"  # of whatever part
#: Practices that an inspector may see, each by itself.
NAMED = frozenset({
    "entry_check", "supplies", "live_animals", "environment", "zones", "masks", "staff_health", "isolation_room", "plan_drill", "ventilation", "waste",
    "cleaning", "gate_watch", "bed_count", "triage", "records",
})  # fmt: skip
GATES = {"working": {"gate_watch"}, "equipped": {"supplies"}}
CLEAN = {"routine": {"cleaning", "ventilation"}}
WARDS = {"told": {"bed_count"}, "standard": NAMED - {"bed_count"}}
STEP = {"day": (1, 0), "week": (7, 0), "month": (1, 1)}


class Looks(Travel):
    """`marked()` ends the `all()` of an edition."""

    def marked(self) -> list[Should]:
        """Everything that was said, with what was seen by those who looked."""
        seen = self.seen()
        return [replace(s, seen=seen[key]) if (key := (s.measure, s.subject, s.due)) in seen and s.state in ("met", "late") else s for s in self.found]

    def seen(self) -> dict[tuple[str, str, datetime | None], bool]:
        """(measure, subject, due) → was it so, of whatever somebody looked at."""
        found: dict[tuple[str, str, datetime | None], bool] = {}
        for measure, judges in self.judged.items():
            whole, _, part = measure.partition(".")
            looks = self.checked.get(whole, {})
            if part != "check" and (told := looks.get(part, looks.get(ALL))):
                for judge in judges:
                    for (subject, due), kept in judge.looked(told).items():
                        found[measure, subject, due] = kept
        return found

    def looks_at(self, what: str, practices: Container[str] | None = None) -> Seen:
        """Who was looked at, when, and whether it was so; of these practices, where they are named."""
        found = defaultdict(list)
        for t in self.things("inspection", what):
            if practices is None or t["told"].get("practice") in practices:
                found[f"{what}:{t['told'][what]}"].append((t["known_at"], t["told"]["outcome"] == "kept"))
        return found

    def calls(self) -> Seen:
        found = defaultdict(list)
        for c in self.things("call"):
            found[f"post:{c['told']['guard_post']}"].append((c["known_at"], c["told"]["outcome"] == "answered"))
        return found

    def check(
        self, measure: str, who: Iterable[Who], period: str, role: str = "inspector", share: float = 0.10, *, looks: dict[str, Any] | None = None,
        practices: Mapping[str, Container[str]] | None = None, gate: Any = None,
    ) -> None:  # fmt: skip
        """Of those who are drawn in each period each is looked at in it; what was seen is about what had been said.

        `practices`: part → what an inspector must have seen to have looked at it; a part that is not named is not looked at. `looks`: all are about each part.
        """
        if practices is None:
            self.checked[measure] = {ALL: looks or {}}
        else:
            self.checked[measure] = {part: self.looks_at("unit", those) for part, those in practices.items()}
        if self.lots is not None:
            told: Seen = defaultdict(list)
            for of_part in self.checked[measure].values():
                for subject, seen in of_part.items():
                    told[subject] += seen
            self.drawn(f"{measure}.check", who, period, role, share, told, gate)

    def drawn(self, measure: str, who: Iterable[Who], period: str, role: str, share: float, looks: Seen, gate: Any = None) -> None:
        judge, (step, months) = self.judge(measure, role), STEP[period]
        assert self.lots is not None
        for subject, area, known in who:
            done = [at for at, _ in looks.get(subject, ())]
            for opens, due, closes in judge.periods(known, FAR, [24], step, months):
                if self.lots(measure, subject, period, opens) < share:
                    judge.once(subject, area, opens, due, done, known=known, closes=closes, owed=(lambda t, area=area: gate(area(t) if callable(area) else area, t)) if gate else None)

    def of_units(self, *kinds: str) -> list[Who]:
        return [(f"unit:{u['i']}", u["area"], u["since"]) for u in self.book.units if u["in_use"] and (not kinds or u["kind"] in kinds)]

    def of_posts(self, *kinds: str) -> list[Who]:
        return [(t["about"], t["area"], t["known_at"]) for t in self.things("post", *kinds)]

    # -- which editions have which

    def duty(self) -> None:
        self.manned("round-the-clock-duty", ("duty", "leader_in_charge"), "desk")
        self.check("round-the-clock-duty", self.of_posts("duty", "leader_in_charge"), "day", "desk @ parent", looks=self.calls())

    def sweep(self) -> None:
        """Every door in three days, and everybody behind it; some doors knocked at again by somebody else."""
        reached, persons, known = self.judge("household-sweep.reached", "grid_worker"), self.judge("household-sweep.persons", "grid_worker"), self.book.begin - 30 * DAY

        def gate(area: int, t: datetime) -> bool:
            return self.book.ordered("sweep", area, t)

        for h in self.book.households:
            def lives(t: datetime, i: int = h["i"]) -> int:
                return self.book.lives(i, t)

            if (since := self.book.order_since("sweep", lives(self.book.last))) is None:
                continue
            visits = sorted(self.book.about.get(("visit", f"household:{h['i']}"), ()), key=lambda f: f.at)

            def whole(t: datetime, visits: list[Any] = visits, h: dict[str, Any] = h) -> bool | None:
                last = next((f for f in reversed(visits) if f.at <= t), None)
                return None if last is None or last.number is None else last.number >= h["members"]

            about, owed = f"household:{h['i']}", (lambda t, lives=lives: gate(lives(t), t))
            reached.once(about, lives, since, since + 3 * DAY, [f.at for f in visits if f.outcome == "reached"], event=True, known=known, owed=owed)
            persons.holds(about, lives, since, since + 3 * DAY, whole, known=known, owed=owed)
        doors: list[Who] = [(f"household:{h['i']}", lambda t, i=h["i"]: self.book.lives(i, t), known) for h in self.book.households]
        self.check("household-sweep", doors, "week", "inspector @ parent", looks=self.looks_at("household"), gate=gate)

    def inspected(self) -> None:
        """Each market each week."""
        judge, looks = self.judge("market-supervision.inspected", "inspector"), self.looks_at("unit")
        for subject, area, known in self.of_units("market"):
            judge.daily(subject, area, known, FAR, [24], [at for at, _ in looks.get(subject, ())], known=known, step=7)

    def field(self) -> None:
        """One unit in twenty each week."""
        self.judge("field-inspection.leaders", "commander")  # nobody is leader of an area here
        if self.lots is not None:
            self.drawn("field-inspection.seen", self.of_units(), "week", "inspector", 0.05, self.looks_at("unit"))

    # -- contacts found and classed, hand-overs that arrive

    def found_and_classed(self, *measures: str, class_: str = "close", role: str = "cdc") -> None:
        """Nobody here writes down that a contact was found, or classed: it is missed by all."""
        for measure in measures:
            judge = self.judge(measure, role)
            for c in self.book.contacts:
                if c["class"] == class_:
                    judge.once(f"contact:{c['i']}", c["area"], c["named_at"], c["named_at"] + DAY, [], event=True, known=c["named_at"])

    def handed_over(self) -> None:
        """Accepted: who was handed over arrives within a day."""
        judge = self.judge("origin-destination-handover.arrived", "cdc")
        for h in self.book.handovers:
            about = f"handover:{h['i']}"
            heard = min(self.book.about.get(("answer", about), ()), key=lambda f: (f.at, f.key), default=None)
            if h["kind"] != "area":
                continue
            if heard is None:
                judge.say(about, h["area"], None, CANNOT_TELL)
            elif heard.outcome == "accepted":
                judge.once(about, h["area"], heard.at, heard.at + DAY, self.subject_told("came", about), event=True, known=h["sent_at"])

    def referred(self) -> None:
        judge = self.judge("fever-redirect.arrived", "cdc")
        for h in self.book.handovers:
            if h["kind"] == "referral":
                judge.once(f"handover:{h['i']}", h["area"], h["sent_at"], h["sent_at"] + DAY, self.subject_told("came", f"handover:{h['i']}"), event=True, known=h["sent_at"])

    # -- hospitals, rooms, doors

    def not_called(self) -> None:
        """No batch has been called here: which hospital owes beds by when, nobody can tell."""
        judge = self.judge("designated-hospitals.switched", "reporter")
        for t in self.hospitals("designated"):
            judge.say(t["about"], t["area"], None, CANNOT_TELL)

    def standby(self) -> None:
        """In quiet times a designated hospital tries itself out each month."""
        judge = self.judge("designated-hospitals.standby", "reporter")
        for t in self.hospitals("designated"):
            told = [f.at for f in self.filed("line:self_check", {"i": t["told"]["unit"]}, ("plan_drill",), 1)]
            judge.daily(t["about"], t["area"], self.monthly(t["known_at"]), FAR, [24], told, known=t["known_at"], months=1)

    def experts(self) -> None:
        judge = self.judge("expert-guidance.assigned", "health @ province")
        for t in self.hospitals("treating"):
            judge.daily_state(t["about"], t["area"], t["known_at"], FAR, [24], lambda x: False, known=t["known_at"])

    def rooms(self) -> None:
        judge = self.judge("isolation-site-capacity.rooms", "dispatcher")
        sites = {u["i"] for u in self.book.units if u["kind"] == "isolation_site"}
        told = [f for about, f in self.beds_told if int(about.partition(":")[2]) in sites]
        for area, level in self.book.level.items():
            if level == "county":
                foretold = sorted((f for _, f in self.book.kinds.get("line:forecast", ()) if area in set(self.book.upwards(f.area))), key=lambda f: f.at)

                def true(x: datetime, area: int = area, foretold: list[Any] = foretold) -> bool | None:
                    last = next((f for f in reversed(foretold) if f.at <= x), None)
                    there = [f.more.get("rooms_usable") for f in told if f.at <= x and f.period == (x - DAY).date() and area in set(self.book.upwards(f.area))]
                    return None if last is None or None in there else sum(there) >= last.more["rooms_needed"]

                judge.daily_state(f"area:{area}", area, self.book.begin, FAR, [17], true, known=self.book.begin)

    def spread(self) -> None:
        """Not more come back in a day than the gateways could look at the day before."""
        judge = self.judge("staged-return.spread", "commander")
        gates = [f for _, f in self.book.kinds.get("line:gate_count", ())]
        groups = [f for _, f in self.book.kinds.get("line:cohort", ())]
        for area, level in self.book.level.items():
            if level == "county":

                def true(x: datetime, area: int = area) -> bool:
                    there = [f for f in gates if f.at <= x and f.period == (x - DAY).date() and area in set(self.book.upwards(f.area))]
                    come = [f for f in groups if f.at <= x and date.fromisoformat(f.more["returns_on"]) == x.date() and area in set(self.book.upwards(f.area))]
                    return sum(f.more["gate_capacity"] for f in there) >= sum(f.more["persons_planned"] for f in come)

                judge.daily_state(f"area:{area}", area, self.book.begin, FAR, [17], true, known=self.book.begin)

    def blocked(self) -> None:
        """A road is blocked by an order or not at all."""
        judge = self.judge("passage-unblocking.lawful", "commander")
        for _, f in self.book.kinds.get("line:place_state", ()):
            judge.daily_state(f"line:{f.key}", f.area, f.at, FAR, [24], lambda x, f=f: self.book.ordered("closure", f.area, x), known=f.at)

    def shared(self) -> None:
        """Data sets let out each week: here nobody lets any out."""
        judge = self.judge("data-and-case-sharing.current", "reporter")
        for _, f in self.book.kinds.get("line:dataset", ()):
            self.fresh(judge, f"line:{f.key}", f.area, f.at, 7 * DAY, [])

    def sentinels(self) -> None:
        """As many samples a day as feverish and admitted; here no sample says where it was taken."""
        judge = self.judge("hospital-sentinel-testing", "reporter")
        for u in self.units("clinic", "fever_clinic"):
            told = sorted(self.filed("line:attendance", u), key=lambda f: f.at)

            def true(x: datetime, told: list[Any] = told) -> bool | None:
                last = next((f.more for f in reversed(told) if f.at <= x), None)
                return None if last is None else last["persons_fever"] + last["persons_admitted"] + last["carers_admitted"] <= 0

            judge.daily_state(f"unit:{u['i']}", u["area"], u["since"], FAR, [17], true, known=u["since"])

    def strength(self, written: datetime) -> None:
        """Each month as many seats filled as there should be."""
        judge, filled = self.judge("command-roster.strength", "reporter"), defaultdict(int)
        for t in self.things("post"):
            filled[t["told"].get("unit")] += t["told"].get("holder") is True
        for u in self.units("department"):
            judge.daily_state(f"unit:{u['i']}", u["area"], u["since"], FAR, [24], lambda x, u=u: filled[u["i"]] >= 5, known=u["since"], months=1)

    def rolls_filed(self) -> None:
        """Every unit hands in its roll each week; who does not has no denominator."""
        judge = self.judge("key-group-testing.filed", "reporter")
        for u in self.book.units:
            judge.daily(f"unit:{u['i']}", u["area"], u["since"], FAR, [24], [f.at for f in self.filed("filed:roll", u)], known=u["since"], step=7)

    def variants(self) -> None:
        """Of positive samples those that were drawn are sequenced. Whether one is imported, or of a cluster, nobody here has told."""
        if self.lots is None:
            return
        judge = self.judge("variant-tracking", "cdc")
        for s in self.book.specimens:
            if s["sampled_at"] >= self.book.as_of:
                continue
            about, told = f"specimen:{s['i']}", self.result.get(s["i"])
            if told is None:
                judge.say(about, s["area"], None, CANNOT_TELL)
            elif told.outcome == "positive":
                drawn = self.lots("variant-tracking", about, "week", told.at) < 0.05
                judge.once(about, s["area"], told.at, told.at + 2 * DAY, [], event=True, known=s["sampled_at"], owed=lambda t, drawn=drawn: drawn or None)

    def nobody(self, *parts: tuple[str, str]) -> None:
        """Of these there is nobody here that they are about."""
        for measure, role in parts:
            self.judge(measure, role)
