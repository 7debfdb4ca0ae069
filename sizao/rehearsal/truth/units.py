"""Sentences about units and about people on lists: what is filed by when, what reaches what it should reach."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from .book import DAY, FAR, Filed
from .clinic import Clinic, end_of, midnight
from .judging import CANNOT_TELL


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


class Units(Clinic):
    """Each takes the figures in which editions differ."""

    # -- units

    def units(self, *kinds: str) -> list[dict[str, Any]]:
        return [u for u in self.book.units if u["kind"] in kinds and u["in_use"]]

    def filed(self, kind: str, u: dict[str, Any], outcomes: tuple[str, ...] = (), number: float | None = None) -> list[Filed]:
        return [f for f in self.book.about.get((kind, f"unit:{u['i']}"), ()) if (not outcomes or f.outcome in outcomes) and (number is None or f.number == number)]

    def unit_files(
        self, measure: str, kinds: tuple[str, ...], kind: str, hours: Iterable[float] = (24,), *, outcomes: tuple[str, ...] = (), number: float | None = None, need: int = 1, step: int = 1,
        months: int = 0, first: datetime | None = None, gate: Callable[[int, datetime], bool | None] | None = None, role: str = "reporter",
    ) -> None:  # fmt: skip
        """Units of these kinds file, each period by its cut-offs, so many lines of a kind."""
        judge = self.judge(measure, role)
        for u in self.units(*kinds):
            told = [f.at for f in self.filed(kind, u, outcomes, number)]
            judge.daily(
                f"unit:{u['i']}", u["area"], first or u["since"], FAR, hours, told, known=u["since"], step=step, months=months, need=need,
                owed=(lambda t, u=u: gate(u["area"], t)) if gate else None,
            )  # fmt: skip

    def unit_reports(self, measure: str, kinds: tuple[str, ...], kind: str) -> None:
        """Units file a report of each day; one that comes later is late, and there all the same."""
        judge = self.judge(measure, "reporter")
        for u in self.units(*kinds):
            told, begins = self.filed(kind, u), self.book.begin
            while begins <= self.book.as_of:
                judge.once(f"unit:{u['i']}", u["area"], begins, begins + DAY, [f.at for f in told if f.period == begins.date()], known=u["since"])
                begins += DAY

    def unit_amount(self, measure: str, kinds: tuple[str, ...], kind: str, have: str, need: str | float, hours: Iterable[float], *, step: int = 1, first: datetime | None = None, gate: Any = None) -> None:
        """What was told last reaches what it should reach, at each cut-off."""
        judge = self.judge(measure, "reporter")
        for u in self.units(*kinds):
            told = sorted(self.filed(kind, u), key=lambda f: f.at)

            def true(t: datetime, told: list[Filed] = told) -> bool | None:
                last = next((f for f in reversed(told) if f.at <= t), None)
                a = last.more.get(have) if last else None
                b = (last.more.get(need) if last else None) if isinstance(need, str) else need
                return None if a is None or b is None else a >= b

            judge.daily_state(f"unit:{u['i']}", u["area"], first or u["since"], FAR, hours, true, known=u["since"], step=step, owed=(lambda t, u=u: gate(u["area"], t)) if gate else None)

    def unit_state(self, measure: str, kinds: tuple[str, ...], true: Callable[[dict[str, Any], datetime], bool | None], *, role: str = "reporter", hours: Iterable[float] = (24,), gate: Any = None) -> None:
        """Something holds of the unit at each cut-off; left out: at the end of each day."""
        judge = self.judge(measure, role)
        for u in self.units(*kinds):
            judge.daily_state(f"unit:{u['i']}", u["area"], u["since"], FAR, hours, lambda t, u=u: true(u, t), known=u["since"], owed=(lambda t, u=u: gate(u["area"], t)) if gate else None)

    def unit_total(self, measure: str, kinds: tuple[str, ...], kind: str, have: str, need: str) -> None:
        """All that was told so far adds up, at the end of each month since the unit is known."""
        judge = self.judge(measure, "reporter")
        for u in self.units(*kinds):
            told = self.filed(kind, u)
            judge.daily_state(
                f"unit:{u['i']}", u["area"], u["since"], FAR, [24], known=u["since"], months=1,
                true=lambda t, told=told: sum(f.more[have] for f in told if f.at <= t) >= sum(f.more[need] for f in told if f.at <= t),
            )  # fmt: skip

    def never(self, measure: str, kinds: tuple[str, ...], outcomes: tuple[str, ...] = ()) -> None:
        """No accident of that kind, day by day."""
        judge = self.judge(measure, "reporter")
        for u in self.units(*kinds):
            judge.never(f"unit:{u['i']}", u["area"], u["since"], FAR, [f.at for f in self.filed("line:incident", u, outcomes)], known=u["since"])

    def lists(self, ledger: str) -> list[tuple[str, int, Filed]]:
        """Lines that are subjects themselves: (key, person, line)."""
        found = []
        for kind in (f"fact:{ledger}", f"line:{ledger}"):
            for about, f in self.book.kinds.get(kind, ()):
                found.append((f"line:{f.key}", int(about.partition(":")[2]), f))
        return found

    # -- people on lists

    def roll_daily(self, measure: str, chosen: Callable[[dict[str, Any]], bool], since: str, done: str, *, step: int = 1, figure: datetime | None = None) -> None:
        """Every so many days since somebody began; or since it is written how many (`figure`), if that came later. Before it is, nobody can tell."""
        judge = self.judge(measure, "reporter")
        for key, person, f in self.lists("roll"):
            first, until = day(f.more[since]), day(f.more["ends_on"])
            if chosen(f.more) and first is not None:
                told = self.sampled(person) if done == "sample" else self.of(person, done)
                begins = max(midnight(first), figure) if figure else midnight(first)
                if begins > max(midnight(first), self.book.as_of):
                    judge.say(key, f.area, None, CANNOT_TELL)
                else:
                    judge.daily(key, f.area, begins, end_of(until) if until else FAR, [24], told, known=f.at, step=step)

    def of(self, person: int, *kinds: str, outcomes: tuple[str, ...] = (), number: float | None = None) -> list[datetime]:
        """When deeds of these kinds were told about a person."""
        return [f.at for kind in kinds for f in self.book.under.get((kind, person), ()) if (not outcomes or f.outcome in outcomes) and (number is None or f.number == number)]

    def entitled(self, measure: str, policies: tuple[str, ...], role: str) -> None:
        """Paid in full by the day."""
        judge = self.judge(measure, role)
        for key, _, f in self.lists("entitlement"):
            if f.outcome in policies:
                paid, due = f.more.get("money_paid_out"), end_of(day(f.more["due_on"]))
                opens = max(f.at, self.book.begin)
                if opens <= due:
                    judge.holds(key, f.area, opens, due, known=f.at, event=False, true=lambda t, f=f, paid=paid: None if paid is None else paid >= f.more["money_due"])

    def helped(self, measure: str, lists: tuple[str, ...], hours: float, outcomes: tuple[str, ...], role: str = "civil_affairs") -> None:
        judge = self.judge(measure, role)
        for key, person, f in self.lists("help_list"):
            if f.outcome in lists:
                opens = midnight(day(f.more["starts_on"]))
                judge.once(key, f.area, opens, opens + hours * DAY / 24, self.helps(person, outcomes), event=True, known=f.at)

    def helps(self, person: int, outcomes: tuple[str, ...]) -> list[datetime]:
        return [x.at for x in self.book.under.get(("line:help_given", person), ()) if x.outcome in outcomes]
