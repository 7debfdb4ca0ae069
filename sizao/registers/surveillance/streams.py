"""What is watched: streams of counts from `content/streams/`, and everything that is wrong with such a file.

A stream counts rows (or adds up a field) of any register or ledger, by area and day, and says how its counts are judged, by whom and within what time.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from sizao.epi.warning.methods import METHODS
from sizao.kernel.codes import roles
from sizao.kernel.content import ContentFault, folders
from sizao.kernel.errors import Refused
from sizao.kernel.fields import fault
from sizao.kernel.marked import Marked, plain
from sizao.kernel.models.areas import LEVELS
from sizao.kernel.registry import Register, find

from .calendars import calendars

KEYS = ("title", "source", "from", "disease", "count", "heard", "levels", "every", "calendar", "method", "cluster", "together", "judge", "minutes", "quiet", "late", "silent", "loop", "seasons")
EVERY = ("day", "week")
DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


@dataclass(frozen=True, slots=True)
class Rule:
    """How counts are judged. What a method does not know it leaves unread.

    Attributes:
        method: One of `epi.warning.methods.METHODS`.
        alpha: Level of the bound.
        baseline: Periods of the baseline (C1, C2, C3).
        min_sigma: The standard deviation is taken to be at least this (C1, C2, C3).
        least: No alarm below this count.
        k, h: Of the CUSUM: what a period's residual must exceed to add to the sum, and from which sum on it alarms; None: the method's own.
        years, half_window: Of the baseline of methods that look years back; None: the method's own.
    """

    method: str = "C2"
    alpha: float = 0.001
    baseline: int = 7
    min_sigma: float = 0.5
    least: int = 3
    years: int | None = None
    half_window: int | None = None
    k: float | None = None
    h: float | None = None


#: What a season of the file, or a person for an area, may set otherwise: name → (least, most, whole number).
TUNED: Mapping[str, tuple[float, float, bool]] = {"alpha": (1e-6, 0.2, False), "baseline": (3, 56, True), "min_sigma": (0, 1000, False), "least": (1, 1_000_000, True), "k": (0, 5, False), "h": (0.1, 50, False)}
#: Settings that every method has: no alarm below it is asked after the method.
ALWAYS = ("least",)


def tunable(rule: Rule) -> tuple[str, ...]:
    """What of `TUNED` the rule's method reads.

    >>> tunable(Rule("cusum")), tunable(Rule("C2"))
    (('least', 'k', 'h'), ('alpha', 'baseline', 'min_sigma', 'least'))
    """
    return tuple(n for n in TUNED if n in METHODS[rule.method] or n in ALWAYS)


@dataclass(frozen=True, slots=True)
class Season:
    """From one day of the year through another (MM-DD, both included; it may lie across the new year) the rule differs."""

    first: str
    last: str
    other: tuple[tuple[str, Any], ...]
    source: str = ""

    def holds(self, day: date) -> bool:
        """Whether it is this season.

        >>> Season("11-01", "03-31", ()).holds(date(2026, 1, 5)), Season("11-01", "03-31", ()).holds(date(2026, 6, 1))
        (True, False)
        """
        at = f"{day:%m-%d}"
        return self.first <= at <= self.last if self.first <= self.last else at >= self.first or at <= self.last


@dataclass(frozen=True, slots=True)
class Cluster:
    """So many persons in one unit (ward, class) within so many days. `by`: the field that names the unit; `kinds`: of which kinds it is (all where empty)."""

    by: str
    cases: int
    days: int
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Together:
    """So many cases of one disease at one place: their confirmed stays overlap, or less than `hours` lie between them, and the last one ended within the last `days` days. `without`: kinds of places that do not
    count (where cases are kept, they are together by order)."""

    cases: int
    days: int
    hours: int
    without: tuple[str, ...] = ()


#: The register of stays, which is what `together` counts.
STAYS = "exposed-places"


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream. See `content/streams/README.md`.

    Attributes:
        register, at, where, total: What is counted: rows of this register by the day of `at`, where each named field is one of the values; the sum of the field `total`, or rows where it is "".
        heard: "reports" (a receipt of the ledger `heard_ledger`), "rows" (any row of the register), "always": what tells a zero from silence.
        heard_share: A period counts as told where at least this share of the usual number of tellers was heard.
        levels: Area levels that are judged.
        role, role_level, hours: Who judges (the nearest post of that role, at this level or above), and within how many hours.
        minutes: Working time of one judgement.
        calendar: Id of the calendar whose holidays methods that know such days take account of (`content/calendars/`); "": none.
        quiet: Days after the last alarm in which a further one belongs to the same signal.
        late: Complete periods back that are judged again, for data that comes late.
        silent: So many periods without a sound in a place that was heard before are a signal; 0: none.
        silent_units, loop_units: The same of each unit that tells, where its register has units; a place that is silent or repeats itself as a whole is told once, as the place.
        loop, loop_least: So many identical counts of at least `loop_least` one after another are a signal; 0: none.
    """

    id: str
    zh: str
    en: str
    source: str
    since: date
    register: str
    at: str
    levels: tuple[str, ...]
    role: str
    role_level: str
    hours: int
    minutes: float
    where: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    total: str = ""
    disease: str | None = None
    every: str = "day"
    heard: str = "always"
    heard_ledger: str = ""
    heard_share: float = 0.0
    rule: Rule | None = None
    seasons: tuple[Season, ...] = ()
    cluster: Cluster | None = None
    together: Together | None = None
    calendar: str = ""
    quiet: int = 7
    late: int = 2
    silent: int = 0
    silent_units: bool = False
    loop: int = 0
    loop_least: int = 1
    loop_units: bool = False

    def rule_on(self, day: date) -> Rule:
        """The rule on that day by the file: the season's where one holds (of several the last in the file)."""
        assert self.rule is not None
        rule = self.rule
        for season in self.seasons:
            if season.holds(day):
                rule = replace(rule, **dict(season.other))
        return rule

    @property
    def lowest(self) -> str:
        """The lowest level that is judged: silence and repeated numbers are told there, not again above."""
        return max(self.levels, key=LEVELS.index)


def streams() -> dict[str, Stream]:
    """Every stream without a fault, by id; of two files with one name the jurisdiction's own counts."""
    files = {p.stem: p for place in folders() for p in sorted((place / "streams").glob("*.yaml"))}
    return {name: made for name, p in sorted(files.items()) if (made := _read(str(p), p.stat().st_mtime_ns)) is not None}


def stream(name: str) -> Stream:
    """Refused not-found-or-out-of-area where there is none."""
    found = streams().get(name)
    if found is None:
        raise Refused("not-found-or-out-of-area")
    return found


@lru_cache(maxsize=256)
def _read(path: str, _changed: int) -> Stream | None:
    place = Path(path)
    text = place.read_text(encoding="utf-8")
    if list(faults(place, text)):
        return None
    return made(place.stem, plain(text))


def made(name: str, body: Mapping[str, Any]) -> Stream:
    """The stream that a faultless file says."""
    count, heard, judge, loop = body["count"], body.get("heard", "always"), body["judge"], body.get("loop") or {}
    silent = body.get("silent") or {}
    told = heard if isinstance(heard, dict) else {}
    how = "reports" if "reports" in told else "rows" if "rows" in told else "always"
    cluster, together = body.get("cluster"), body.get("together")
    return Stream(
        name, body["title"]["zh"], body["title"]["en"], body["source"], body["from"], count["register"], count["at"], tuple(body["levels"]),
        judge["role"], judge["level"], judge["hours"], body["minutes"],
        where=tuple((f, tuple(v) if isinstance(v, list) else (v,)) for f, v in (count.get("where") or {}).items()), total=count.get("sum", ""),
        disease=body.get("disease"), every=body.get("every", "day"), heard=how, heard_ledger=told.get("reports", ""), heard_share=float(told.get("share", 0)),
        rule=Rule(**body["method"]) if "method" in body else None,
        seasons=tuple(Season(s["from"], s["until"], tuple((k, v) for k, v in s.items() if k in TUNED), s["source"]) for s in body.get("seasons") or ()),
        cluster=Cluster(cluster["by"], cluster["cases"], cluster["days"], tuple(cluster.get("kinds") or ())) if cluster else None,
        together=Together(together["cases"], together["days"], together["hours"], tuple(together.get("without") or ())) if together else None,
        calendar=body.get("calendar", ""),
        quiet=body.get("quiet", 7), late=body.get("late", 2), silent=silent.get("after", 0), silent_units=silent.get("units", False),
        loop=loop.get("periods", 0), loop_least=loop.get("least", 1), loop_units=loop.get("units", False),
    )  # fmt: skip


def faults(path: Path, text: str) -> Iterator[ContentFault]:
    """Everything that is wrong with a file of a stream."""
    try:
        marked = Marked(text)
    except yaml.YAMLError:
        return  # the content store says so itself
    body: Any = marked.data if isinstance(marked.data, dict) else {}

    def wrong(part: str, expected: str, *way: Any) -> ContentFault:
        return fault(path.name, marked.line(*(way or (part.split(".")))), "stream-part-wrong", stream=path.stem, part=part, expected=expected)

    for key in map(str, body):
        if key not in KEYS:
            yield fault(path.name, marked.line(key), "stream-key-unknown", stream=path.stem, key=key, known=", ".join(KEYS))
    title = body.get("title")
    if not isinstance(title, dict) or not title.get("zh") or not title.get("en"):
        yield wrong("title", "{zh, en}")
    if not isinstance(body.get("source"), str) or not body["source"]:
        yield wrong("source", "…")
    if not isinstance(body.get("from"), date):
        yield wrong("from", "2026-11-01")
    yield from _count_faults(body, wrong)
    levels = body.get("levels")
    if not isinstance(levels, list) or not levels or not set(levels) <= set(LEVELS):
        yield wrong("levels", ", ".join(LEVELS))
    if body.get("every", "day") not in EVERY:
        yield wrong("every", ", ".join(EVERY))
    if "calendar" in body and body["calendar"] not in calendars():
        yield wrong("calendar", ", ".join(calendars()))
    if len({"method", "cluster", "together"} & set(body)) != 1:
        yield wrong("method", "method | cluster | together")
    yield from _together_faults(body, wrong)
    yield from _method_faults(body, wrong)
    judge = body.get("judge")
    if not isinstance(judge, dict) or judge.get("role") not in roles() or judge.get("level") not in LEVELS or not _whole(judge.get("hours"), 1, 720):
        yield wrong("judge", "{role: cdc, level: county, hours: 24}")
    if not isinstance(body.get("minutes"), int | float) or not 0 < body["minutes"] <= 480:
        yield wrong("minutes", "15")
    for key, least, most in (("quiet", 0, 60), ("late", 0, 14)):
        if key in body and not _whole(body[key], least, most):
            yield wrong(key, f"{least} … {most}")
    silent = body.get("silent")
    if silent is not None and not (isinstance(silent, dict) and set(silent) <= {"after", "units"} and _whole(silent.get("after"), 1, 30) and type(silent.get("units", False)) is bool):
        yield wrong("silent", "{after: 2, units: true}")
    loop = body.get("loop")
    if loop is not None and not (isinstance(loop, dict) and set(loop) <= {"periods", "least", "units"} and type(loop.get("units", False)) is bool and _whole(loop.get("periods"), 3, 60) and _whole(loop.get("least", 1), 1, 1_000_000)):
        yield wrong("loop", "{periods: 7, least: 5, units: true}")
    if any(isinstance(part, dict) and part.get("units") for part in (silent, loop)) and not _has_units(body):
        yield wrong("silent" if isinstance(silent, dict) and silent.get("units") else "loop", "units: false")


def _count_faults(body: Mapping[str, Any], wrong: Any) -> Iterator[ContentFault]:
    count = body.get("count")
    if not isinstance(count, dict) or set(count) - {"register", "at", "where", "sum"} or not isinstance(count.get("register"), str):
        yield wrong("count", "{register: symptom-lines, at: found_at, where: {channel: [pharmacy]}, sum: …}")
        return
    try:
        register = find(count["register"])
    except Refused:
        yield wrong("count.register", "symptom-lines, class-check, due-reports …")
        return
    names = {n: register.type(n) for n in register.declaration.fields}
    if not register.declaration.area:
        yield wrong("count.register", "area")
    if names.get(str(count.get("at"))) not in ("day", "instant") and not _is_period(register, count.get("at")):
        yield wrong("count.at", ", ".join(n for n, t in names.items() if t in ("day", "instant")))
    for name, value in (count.get("where") or {}).items():
        if name not in names:
            yield wrong("count.where", ", ".join(names), "count", "where", name)
        elif (known := register.choices(name)) and (bad := [v for v in (value if isinstance(value, list) else [value]) if v not in known]):
            yield wrong(f"count.where.{name}", ", ".join(known) + f" (≠ {', '.join(map(str, bad))})", "count", "where", name)
    if "sum" in count and names.get(str(count["sum"])) not in ("integer", "number"):
        yield wrong("count.sum", ", ".join(n for n, t in names.items() if t in ("integer", "number")))
    heard = body.get("heard", "always")
    good = heard == "always" or (isinstance(heard, dict) and len(set(heard) & {"reports", "rows"}) == 1 and not set(heard) - {"reports", "rows", "share"})
    if not good or (isinstance(heard, dict) and not (isinstance(heard.get("share", 0), int | float) and 0 <= heard.get("share", 0) <= 1)):
        yield wrong("heard", "always | {reports: daily_report, share: 0.5} | {rows: true, share: 0.5}")
    cluster = body.get("cluster")
    if cluster is not None:
        units = [n for n in names if register.field(n).to == "reporting-units"]
        ok = isinstance(cluster, dict) and not set(cluster) - {"by", "cases", "days", "kinds"} and _whole(cluster.get("cases"), 2, 1000) and _whole(cluster.get("days"), 1, 60)
        if not ok or cluster.get("by") not in units:
            yield wrong("cluster", f"{{by: {' | '.join(units)}, cases: 3, days: 7, kinds: [ward]}}")
        elif set(cluster.get("kinds") or ()) - set(find("reporting-units").choices("kind")):
            yield wrong("cluster.kinds", ", ".join(find("reporting-units").choices("kind")))


def _together_faults(body: Mapping[str, Any], wrong: Any) -> Iterator[ContentFault]:
    together = body.get("together")
    if together is None:
        return
    bounds = {"cases": (2, 1000), "days": (1, 60), "hours": (1, 336)}
    if not isinstance(together, dict) or set(together) - {*bounds, "without"} or not all(_whole(together.get(k), *b) for k, b in bounds.items()):
        yield wrong("together", "{cases: 2, days: 14, hours: 24, without: [isolation_site]}")
    elif set(together.get("without") or ()) - set(find("reporting-units").choices("kind")):
        yield wrong("together.without", ", ".join(find("reporting-units").choices("kind")))
    if not isinstance(body.get("count"), dict) or body["count"].get("register") != STAYS:
        yield wrong("count.register", STAYS)


def _method_faults(body: Mapping[str, Any], wrong: Any) -> Iterator[ContentFault]:
    method = body.get("method")
    known = [f.name for f in fields(Rule)]
    if method is not None:
        if not isinstance(method, dict) or method.get("method") not in METHODS or set(method) - set(known):
            yield wrong("method", f"{{method: {' | '.join(METHODS)}, {', '.join(known[1:])}}}")
        else:
            for name, value in method.items():
                if name in TUNED and (not fits(name, value) or (name in ("k", "h") and name not in METHODS[method["method"]])):
                    yield wrong(f"method.{name}", f"{TUNED[name][0]} … {TUNED[name][1]}")
    for i, season in enumerate(body.get("seasons") or ()):
        other = {k: v for k, v in season.items() if k in TUNED} if isinstance(season, dict) else {}
        days = [season.get(k) for k in ("from", "until")] if other else []
        if not other or set(season) - {"from", "until", "source", *TUNED} or not all(isinstance(d, str) and DAY.fullmatch(d) for d in days) or not season.get("source") or not all(fits(k, v) for k, v in other.items()):
            yield wrong("seasons", f'{{from: "11-01", until: "03-31", source: …, {", ".join(TUNED)}}}', "seasons", i)


def fits(name: str, value: Any) -> bool:
    """Whether a setting may have this value.

    >>> fits("alpha", 0.001), fits("least", 2.5), fits("baseline", 7)
    (True, False, True)
    """
    least, most, whole = TUNED[name]
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most and (not whole or value == int(value))


def _has_units(body: Mapping[str, Any]) -> bool:
    """Whether the rows of the stream's register say which unit they are of."""
    try:
        register = find(str((body.get("count") or {}).get("register")))
    except Refused:
        return False
    return "unit" in register.declaration.fields and register.field("unit").to == "reporting-units"


def _whole(value: Any, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _is_period(register: Register, name: Any) -> bool:
    """A ledger's period has no type of its own in its declaration, and is a day."""
    return name == "period" and "period" in register.declaration.fields
