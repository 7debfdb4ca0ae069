"""The city's own record, read from its files: what there is, what was said of areas, what each told of his work, and when."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

FAR = datetime(9999, 12, 31)  # noqa: DTZ001 - civil time
FIRST = datetime(1, 1, 1)  # noqa: DTZ001 - civil time
DAY = timedelta(days=1)


#: What is told of a thing and is a moment, beside whatever ends in `_at`.
TIMES = ("needed_by", "shift_starts", "in_force_from", "planned_arrival")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


class Filed(NamedTuple):
    """What somebody told: `at`, when he says that it was; `did` is false where he only says so."""

    at: datetime
    outcome: str | None
    number: float | None
    period: date | None
    did: bool
    key: str
    more: dict[str, Any]
    area: int


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of an area, from `since` until `until`."""

    area: int
    value: str
    since: datetime
    until: datetime


class Book:
    """Everything up to `as_of`; nothing of what comes after. Read once for all who judge by it: nobody writes in it."""

    def __init__(self, folder: Path, as_of: datetime | None = None):
        self.folder, self.db = folder, duckdb.connect(config={"threads": 2})
        city = json.loads((folder / "city.json").read_text(encoding="utf-8"))
        self.begin = datetime.combine(date.fromisoformat(city["first"]), time())
        self.as_of = as_of or self.begin + city["days"] * DAY
        self.above: dict[int, int | None] = dict(self.read("town/area", "i, parent"))
        self.level = dict(self.read("town/area", "i, level"))
        self.posts = set(self.read("town/post", "role, area"))
        self.paths: dict[int, tuple[int, ...]] = {}
        self.occasions: dict[Any, tuple[tuple[datetime, datetime, datetime], ...]] = {}
        self.answers: dict[tuple[str, int | None], bool] = {}
        self.founded = {i: datetime.combine(since, time()) for i, since in self.read("town/area", "i, since") if since is not None}
        self.closed = {i: datetime.combine(until, time()) for i, until in self.read("town/area", "i, until") if until is not None}
        self.behind = dict(self.read("town/person", "i, household"))
        self.said: dict[str, list[Said]] = defaultdict(list)
        for area, scale, value, since, until in self.read("town/said", "area, scale, value, starts_at, ends_at"):
            self.said[scale].append(Said(area, value, since, until or FAR))
        self.units = self.named("town/unit")
        self.households = self.named("town/household")
        self.doors: dict[int, list[tuple[datetime, int]]] = {h["i"]: [(FIRST, h["area"])] for h in self.households}
        self.cases = self.named("truth/case")
        self.contacts = self.named("truth/contact")
        self.specimens = self.named("truth/specimen")
        self.handovers = self.named("truth/handover")
        self.symptoms = self.named("truth/symptom")
        self.signals = self.named("truth/signal")
        self.things = self._things()
        self._told()
        for about, f in self.kinds.get("moved", ()):
            self.doors[int(about.partition(":")[2])].append((_time(f.more["moved_at"]), f.more["area"]))

    def read(self, file: str, columns: str = "*") -> list[tuple[Any, ...]]:
        place = str(self.folder / f"{file}.parquet").replace("'", "''")
        return self.db.execute(f"SELECT {columns} FROM '{place}'").fetchall()

    def named(self, file: str) -> list[dict[str, Any]]:
        place = str(self.folder / f"{file}.parquet").replace("'", "''")
        found = self.db.execute(f"SELECT * FROM '{place}'")
        names = [c[0] for c in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def _things(self) -> dict[str, list[dict[str, Any]]]:
        """Register → its rows as they were first told: what it is known by (`about`), and what was told (`told`), times as times."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for t in self.named("truth/thing"):
            if t["known_at"] < self.as_of:
                told = {name: _time(value) if name.endswith("_at") or name in TIMES else value for name, value in json.loads(t["told"]).items() if value is not None}
                found[t["register"]].append({**t, "told": told, "about": f"{t['register']}:{t['i']}"})
        return found

    def _told(self) -> None:
        """What was told of each kind of work: by what it was filed about, and by the person it was filed under."""
        self.about: dict[tuple[str, str], list[Filed]] = defaultdict(list)
        self.under: dict[tuple[str, int], list[Filed]] = defaultdict(list)
        self.kinds: dict[str, list[tuple[str, Filed]]] = defaultdict(list)
        rows = self.read("truth/deed", "kind, filed_about, filed_person, told_at, outcome, number, period, did_at IS NOT NULL, conduct, key, more, area")
        for kind, about, person, at, outcome, number, period, did, conduct, key, more, area in rows:
            if at is None:
                continue
            for again in (False, True) if conduct == "doubled" else (False,):
                one = Filed(at + timedelta(minutes=7) if again else at, outcome, number, period, did, key, json.loads(more) if more else {}, area)
                if one.at < self.as_of:
                    self.about[kind, about].append(one)
                    self.kinds[kind].append((about, one))
                    if person is not None:
                        self.under[kind, person].append(one)

    # -- places

    def upwards(self, area: int | None) -> tuple[int, ...]:
        """The area and every one above it."""
        if area is None:
            return ()
        if area not in self.paths:
            self.paths[area] = (area, *self.upwards(self.above[area]))
        return self.paths[area]

    def answered(self, role: str, area: int | None) -> bool:
        """Whether somebody holds that post there or above."""
        if (role, area) not in self.answers:
            self.answers[role, area] = any((role, a) in self.posts for a in self.upwards(area))
        return self.answers[role, area]

    def graded(self, scale: str, area: int | None, t: datetime) -> str | None:
        """What stands there at a moment, said of it or of the nearest one above of which anything is said."""
        for a in self.upwards(area):
            found = [s for s in self.said[scale] if s.area == a and s.since <= t < s.until]
            if found:
                return max(found, key=lambda s: s.since).value
        return None

    def ordered(self, kind: str, area: int, t: datetime) -> bool:
        """An order of that kind is in force there."""
        return any(s.value == kind and s.since <= t < s.until and s.area in set(self.upwards(area)) for s in self.said["order"])

    def order_since(self, kind: str, area: int) -> datetime | None:
        """When the last order of that kind began there, ended or not."""
        for a in self.upwards(area):
            found = [s.since for s in self.said["order"] if s.value == kind and s.area == a and s.since <= self.as_of]
            if found:
                return max(found)
        return None

    def lives(self, household: int, t: datetime) -> int:
        """The area in which a household is at a moment, as far as it was told."""
        stays = self.doors[household]
        return stays[0][1] if len(stays) == 1 else max(d for d in stays if d[0] <= t)[1]

    def there(self, area: int, t: datetime) -> bool:
        """The area is one, then: founded, and neither split nor merged yet."""
        return self.founded.get(area, FIRST) <= t < self.closed.get(area, FAR)

    # -- people

    def home(self, person: int, t: datetime) -> int:
        """The area in which he lives at a moment: with his household."""
        return self.lives(self.behind[person], t)

    def class_of(self, case: dict[str, Any], t: datetime) -> str:
        """What a case was taken for at a moment."""
        judged = case["judged_at"]
        return str(case["class1"] if judged is not None and judged <= min(t, self.last) else case["class0"])

    @property
    def last(self) -> datetime:
        """The last moment of which anything is on record."""
        return self.as_of - timedelta(microseconds=1)

    def confirmed_at(self, case: dict[str, Any]) -> datetime | None:
        """When it was confirmed, as far as that has come to be known."""
        if case["confirmed0"] is not None:
            return case["confirmed0"]  # type: ignore[no-any-return]
        return case["judged_at"] if case["class1"] == "confirmed" and case["judged_at"] <= self.last else None
