"""What a criterion may ask of an area: every figure with its unit, how it is counted and when it cannot be told; and the counting itself, pure.

A figure over days ends in `_Nd`, N from 1 to 90: the last N local days, the judged day included. None is *cannot tell*; nothing that is not told is 0.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate

from sizao.kernel.facts import FactsColumn

MOST_DAYS = 90
OVER_DAYS = re.compile(r"([a-z_]+)_(\d{1,3})d")
Value = int | Decimal | bool | None


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `{n}` in a label stands for the days; `how` says what is counted, `untold` when it cannot be told (empty: it always can)."""

    name: str
    type: str
    zh: str
    en: str
    unit: str
    how: tuple[str, str]
    untold: tuple[str, str] = ("", "")
    days: bool = False


FIGURES: tuple[Figure, ...] = (
    Figure("new_cases", "int", "近{n}天新增病例", "new cases in {n} days", "persons", ("确诊（否则报告、再否则登记）之日在这些天内的病例，按规则所列分类", "cases of the classes that the rules list, by the day of confirmation, else of report, else of record"), days=True),
    Figure("prior_cases", "int", "此前{n}天新增病例", "new cases in the {n} days before", "persons", ("与上一项相同，数的是紧接在这些天之前的同样天数，用来看升降", "the same, counted over as many days right before those: to see whether it rises or falls"), days=True),
    Figure("unlinked_cases", "int", "近{n}天来源不明病例", "new cases without a known source in {n} days", "persons", ("其中既无传播链上级病例、又无已采信来源的", "those of them who have neither an infector on record nor an accepted source"), days=True),
    Figure("clusters", "int", "近{n}天聚集性疫情", "clusters in {n} days", "places", ("规则所定层级的地区中，这些天内新增病例达到规则所定数目的有几处", "areas of the level that the rules name with at least as many new cases in those days as the rules say"), days=True),
    Figure("incidence", "number", "近{n}天每10万人新增病例", "new cases per 100,000 in {n} days", "per_100k", ("新增病例 ÷ 常住人口 × 100000，不取整", "new cases ÷ residents × 100,000, not rounded"), ("没有常住人口数", "no population figure"), days=True),
    Figure("results", "int", "近{n}天检测结果", "test results in {n} days", "tests", ("这些天内出结果的个人样本数", "samples of persons whose result came in those days"), days=True),
    Figure("positivity", "number", "近{n}天检测阳性率", "share of positive results in {n} days", "percent", ("阳性结果 ÷ 全部结果 × 100，不取整", "positive results ÷ all results × 100, not rounded"), ("这些天没有任何检测结果", "no result in those days"), days=True),
    Figure("total_cases", "int", "累计病例", "cases in all", "persons", ("至当日为止的全部病例，按规则所列分类", "all cases of the listed classes up to the day")),
    Figure("days_since_last_case", "int", "距最近一例天数", "days since the last case", "days", ("当日与最近一例之日相差的天数，当日为 0", "from the day of the last case to the day judged; 0 on that day"), ("从未有过病例（请与“累计病例为 0”并用）", "there never was a case (say it beside: total_cases = 0)")),
    Figure("population", "number", "常住人口", "residents", "persons", ("本地区现行的常住人口数", "the population figure in force of the area itself"), ("没有登记", "not recorded")),
    Figure("isolation_beds_free", "int", "空余隔离病床", "isolation beds free", "beds", ("辖区各医院最近一次所报开放隔离病床减去在用数", "isolation beds open as last told by the hospitals there, less those taken"), ("辖区没有医院报过；或所判之日已过", "no hospital there has told; or the day judged is past")),
    Figure("rooms_free", "int", "空余集中隔离房间", "quarantine rooms free", "rooms", ("辖区各隔离点最近一次所报开放房间减去在用数", "quarantine rooms open as last told by the sites there, less those taken"), ("辖区没有隔离点报过；或所判之日已过", "no site there has told; or the day judged is past")),
    Figure("under_strain", "bool", "力量薄弱", "under strain", "", ("现有“力量薄弱”的认定", "a line that says so is in force"), ("所判之日已过", "the day judged is past")),
)  # fmt: skip
BY_NAME = {f.name: f for f in FIGURES}
#: Every figure once, as a condition may name it.
COUNTABLE = tuple(f"{f.name}_14d" if f.days else f.name for f in FIGURES)
UNITS = {"persons": ("人", "persons"), "places": ("处", "places"), "per_100k": ("/10万", "per 100,000"), "tests": ("份", "tests"), "percent": ("%", "%"), "days": ("天", "days"), "beds": ("张", "beds"), "rooms": ("间", "rooms"), "": ("", "")}


def asked(name: str) -> tuple[Figure, int] | None:
    """The figure that a word of a criterion means, and over how many days (0: none); None where it means none.

    >>> asked("new_cases_14d")[1], asked("total_cases")[1], asked("new_cases"), asked("new_cases_0d"), asked("total_cases_3d")
    (14, 0, None, None, None)
    """
    found = OVER_DAYS.fullmatch(name)
    if found and (f := BY_NAME.get(found[1])) and f.days:
        n = int(found[2])
        return (f, n) if 1 <= n <= MOST_DAYS else None
    f = BY_NAME.get(name)
    return (f, 0) if f and not f.days else None


def label(name: str) -> dict[str, str]:
    """What a figure is called, with its days."""
    f, n = asked(name) or (BY_NAME["total_cases"], 0)
    return {"zh": f.zh.format(n=n), "en": f.en.format(n=n)}


class Columns(Mapping[str, FactsColumn]):
    """Every figure as a column of a row, as the plan's expressions read it. There are as many as there are spans of days: each is made when it is named."""

    def __getitem__(self, name: str) -> FactsColumn:
        found = asked(name) if isinstance(name, str) else None
        if found is None:
            raise KeyError(name)
        said = label(name)
        return FactsColumn(name, found[0].type, name, said["zh"], said["en"], unit=found[0].unit or None)

    def __iter__(self) -> Iterator[str]:
        return iter(COUNTABLE)

    def __len__(self) -> int:
        return len(FIGURES)


@dataclass(frozen=True, slots=True)
class DayCount:
    """What the registers hold of one area (itself, not below it) on one local day. A correction may be negative."""

    path: str
    day: date
    cases: int = 0
    unlinked: int = 0
    results: int = 0
    positive: int = 0


@dataclass(frozen=True, slots=True)
class Now:
    """What is known of an area at the moment only: its past is not kept as a series."""

    population: Decimal | int | None = None
    isolation_beds_free: int | None = None
    rooms_free: int | None = None
    under_strain: bool = False


@dataclass(slots=True)
class Series:
    """Running sums of one area by day: `upto[name][i]` is the sum over the first i of `days`. `struck`: the days with a case."""

    path: str
    days: list[date]
    upto: dict[str, list[int]]
    struck: list[date]

    def sum(self, name: str, first: date | None, last: date) -> int:
        """From `first` (None: from the beginning) to `last`, both included."""
        sums = self.upto[name]
        return sums[bisect_right(self.days, last)] - (0 if first is None else sums[bisect_left(self.days, first)])


class Counts:
    """Figures of areas from counts by area and day. Sums are made once; a figure of a day is two look-ups, however long the epidemic.

    `spots`: ids of the areas of the level in which a cluster is looked for; `least`: from how many new cases there is one. `now`: area → what is known at the moment `today`.
    """

    def __init__(self, counts: Iterable[DayCount], spots: Collection[int] = (), least: int = 2, now: Mapping[int, Now] | None = None, today: date | None = None):
        self.below: dict[int, list[DayCount]] = defaultdict(list)
        self.least, self.now, self.today = least, now or {}, today
        paths: dict[int, str] = {}
        for c in counts:
            way = ids(c.path)
            for n, pk in enumerate(way):
                self.below[pk].append(c)
                if pk not in paths:
                    paths[pk] = ".".join(map(str, way[: n + 1])) + "."
        self.series = {pk: _series(paths[pk], rows) for pk, rows in self.below.items()}
        self.spots: dict[int, list[int]] = defaultdict(list)  # area → the spots below it that ever had a case
        for pk in spots:
            if pk in self.series and self.series[pk].struck:
                for above in ids(paths[pk]):
                    self.spots[above].append(pk)

    def row(self, names: Iterable[str], area: int, day: date, but: Sequence[str] = ()) -> dict[str, Value]:
        """The named figures of an area on a day; `but`: paths of parts that are left out of it."""
        outer = [p for p in but if not any(p != o and p.startswith(o) for o in but)]  # a part of a part is left out with it, once
        return {name: self._value(name, area, day, outer) for name in names}

    def within(self, area: int, day: date, days: int, but: Sequence[str] = ()) -> list[DayCount]:
        """What there is of an area in the last so many days."""
        first = day - timedelta(days=days - 1)
        return [c for c in self.below.get(area, ()) if first <= c.day <= day and not (but and c.path.startswith(tuple(but)))]

    def _sum(self, name: str, area: int, first: date | None, last: date, but: Sequence[str]) -> int:
        own = self.series.get(area)
        if own is None:
            return 0
        parts = (self.series.get(ids(p)[-1]) for p in but if p.startswith(own.path))
        return own.sum(name, first, last) - sum(part.sum(name, first, last) for part in parts if part is not None)

    def _value(self, name: str, area: int, day: date, but: Sequence[str]) -> Value:
        found = asked(name)
        assert found is not None, name
        figure, n = found
        first = day - timedelta(days=n - 1)
        now = self.now.get(area, Now())
        match figure.name:
            case "new_cases":
                return self._sum("cases", area, first, day, but)
            case "prior_cases":
                return self._sum("cases", area, first - timedelta(days=n), first - timedelta(days=1), but)
            case "unlinked_cases":
                return self._sum("unlinked", area, first, day, but)
            case "clusters":
                return sum(self._sum("cases", pk, first, day, but) >= self.least for pk in self.spots.get(area, ()) if not self.series[pk].path.startswith(tuple(but) or "!"))
            case "incidence":
                return Decimal(self._sum("cases", area, first, day, but)) * 100_000 / Decimal(now.population) if now.population else None
            case "results":
                return self._sum("results", area, first, day, but)
            case "positivity":
                told = self._sum("results", area, first, day, but)
                return Decimal(self._sum("positive", area, first, day, but)) * 100 / told if told else None
            case "total_cases":
                return self._sum("cases", area, None, day, but)
            case "days_since_last_case":
                last = self._last(area, day, but)
                return None if last is None else (day - last).days
            case "population":
                return now.population
        if self.today is not None and day != self.today:
            return None
        return getattr(now, figure.name)  # type: ignore[no-any-return]

    def _last(self, area: int, day: date, but: Sequence[str]) -> date | None:
        """The last day up to this one with a case."""
        if but:
            return max((c.day for c in self.below.get(area, ()) if c.cases > 0 and c.day <= day and not c.path.startswith(tuple(but))), default=None)
        struck = self.series[area].struck if area in self.series else []
        n = bisect_right(struck, day)
        return struck[n - 1] if n else None


COUNTED = ("cases", "unlinked", "results", "positive")


def _series(path: str, rows: Iterable[DayCount]) -> Series:
    of: dict[date, list[int]] = defaultdict(lambda: [0] * len(COUNTED))
    struck = set()
    for c in rows:
        line = of[c.day]
        for i, name in enumerate(COUNTED):
            line[i] += getattr(c, name)
        if c.cases > 0:
            struck.add(c.day)
    days = sorted(of)
    return Series(path, days, {name: [0, *accumulate(of[day][i] for day in days)] for i, name in enumerate(COUNTED)}, sorted(struck))


def ids(path: str) -> list[int]:
    """The areas on the way of a path, from the top.

    >>> ids("1.12.7.")
    [1, 12, 7]
    """
    return [int(pk) for pk in path.split(".") if pk]
