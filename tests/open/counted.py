"""What published lists owe under `contact-tracing-basic`, counted with the standard library alone: nothing of the program that is tested is read here.

A list is read into what it tells of each case or contact, in days. `duties` then says of each measure, in the words of the plan's text, what can be
told: the state, and where nothing can be told, which fact is missing. None of these lists has a column of checks, investigations, samples or
judged sources, so all of that is *cannot tell*; a day of isolation is there only where somebody says which column it is.
"""

import csv
import json
import re
import unicodedata
import xml.etree.ElementTree as xml
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

#: From when the plan's text has figures: 14 days of observation, 24 hours for a report. Before, nobody can say by when.
FIGURES_FROM = date(2020, 1, 20)
DAY = timedelta(days=1)
#: So long before its clock begins an isolation counts: taken in as suspected, and confirmed there.
EARLY = timedelta(days=14)
OF_WHOM = {
    "case-investigated": {"suspected", "clinical", "confirmed", "asymptomatic"},
    "case-isolated": {"confirmed"},
    "contacts-listed": {"confirmed", "asymptomatic"},
    "source-known": {"confirmed", "asymptomatic"},
    "suspect-tested.sampled": {"suspected", "clinical"},
}
#: The clock of two begins with the confirmation, that of the others with the report.
CLOCK = {measure: "confirmed_at" if measure in ("case-isolated", "source-known") else "reported_at" for measure in OF_WHOM}
#: Why it cannot be told whether it was done: such acts, or the contacts of a case, were not kept then.
NOBODY_KEPT = {
    "case-investigated": "not-kept:case.investigated",
    "case-isolated": "not-kept:stay.admitted",
    "contacts-listed": "unknown:contact",
    "source-known": "not-kept:source.judged",
    "suspect-tested.sampled": "not-kept:lab.sampled",
}


@dataclass(frozen=True)
class Told:
    """One case or contact: what its list tells of it. `place`: the largest area that is told, "" where none is. `apart`: the days on which he came into
    isolation or into hospital."""

    number: str = ""
    kind: str | None = None
    reported: date | None = None
    confirmed: date | None = None
    place: str = ""
    apart: tuple[date, ...] = ()
    exposed: date | None = None


@dataclass(frozen=True)
class Duty:
    measure: str
    state: str
    reason: str | None
    number: str
    place: str


def of_cases(cases: Iterable[Told], *, last: date, isolation_kept: bool = False) -> Iterator[Duty]:
    """What is owed for these cases, as told at the end of the list's `last` day."""
    for c in cases:
        for measure, kinds in OF_WHOM.items():
            if c.kind is not None and c.kind not in kinds:
                continue
            state, reason = _state(c, measure, last, isolation_kept)
            yield Duty(measure, state, reason, c.number, c.place)
            if measure == "suspect-tested.sampled":  # its result is owed a while after the sample, and of that nothing is known
                yield Duty("suspect-tested.resulted", "waiting", "part:sampled", c.number, c.place)


def _state(c: Told, measure: str, last: date, isolation_kept: bool) -> tuple[str, str | None]:
    begins = c.reported if CLOCK[measure] == "reported_at" else c.confirmed
    if begins is None:
        return "cannot_tell", f"undated:{CLOCK[measure]}"
    if begins < FIGURES_FROM and measure != "source-known":  # two days are written in that measure itself
        return "cannot_tell", "undated:$clock"
    if c.kind is None:
        return "cannot_tell", "unknown:class"
    if measure != "case-isolated" or not isolation_kept:
        return "cannot_tell", NOBODY_KEPT[measure]
    due, now = begins + DAY, last + DAY  # midnights; the list is judged in the last moment before `now`
    if days := [d for d in c.apart if d >= begins - EARLY]:
        return ("late" if min(days) > due else "met" if due < now else "ahead"), None
    return ("overdue" if due < now else "open"), None


def of_contacts(contacts: Iterable[Told]) -> Iterator[Duty]:
    """What is owed for contacts of whom no last exposure, observation or release is told: every timetable hangs on it."""
    for c in contacts:
        assert c.kind == "close" and c.exposed is None
        for measure in ("contact-daily-check", "contact-tested", "contact-not-released-untested"):
            yield Duty(measure, "cannot_tell", "undated:last_exposure_on", c.number, c.place)


# -- reading


def rows_of(path: Path, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as f:
        return list(csv.DictReader(f))


def day(text: str) -> date | None:
    """An ISO day; nothing for an empty cell or NA."""
    return date.fromisoformat(text) if text.strip() not in ("", "NA") else None


def latest(days: Iterable[date | None]) -> date:
    return max(d for d in days if d)


def china(folder: Path) -> tuple[list[Told], date]:
    """The six provinces: one row a step of a journey, so several rows a case, of which later ones say only what the first left open. Days are the
    instants in UTC at which they began in China. A row without a number is a case if it says anything of one."""
    cases, days, dates = [], [], ("确诊日期", "发病日期")
    for path in sorted(p for p in folder.iterdir() if not p.name.isascii()):  # the lists have Chinese names
        rows = _province(path)
        by_number: dict[str, dict[str, str]] = {}
        for n, row in enumerate(rows):
            said = {k: v for k, cell in row.items() if (v := _plain(cell)) and not (k == "年龄" and v == "0")}
            if said.keys() & {"患者编号", "性别", "年龄", "密切患者", "密触人数", *dates}:
                held = by_number.setdefault(said.get("患者编号", f"row {n}"), {})
                for k, v in said.items():
                    held.setdefault(k, v)
        for number, said in by_number.items():
            onset, confirmed = (_chinese_day(said[k]) if k in said else None for k in dates[::-1])
            days += [onset, confirmed]
            place = said.get("省") or said.get("市") or said.get("区/县") or ""
            cases.append(Told("" if number.startswith("row ") else number, "confirmed", confirmed, confirmed, place))
    return cases, latest(days)


def _province(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".json":
        return [{k: str(v) for k, v in row.items()} for row in json.loads(path.read_text(encoding="utf-8"))]
    if path.suffix == ".xlsx":
        return _sheet(path)
    return rows_of(path, "gb18030" if "gb18030" in path.name else "utf-8-sig")


def _sheet(path: Path) -> list[dict[str, str]]:
    """The first sheet of a workbook whose texts stand in their cells."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(path) as book:
        sheet = xml.fromstring(book.read("xl/worksheets/sheet1.xml"))
    lines = []
    for row in sheet.iter(f"{space}row"):
        cells = {re.sub(r"\d", "", c.get("r", "")): "".join(t.text or "" for t in (*c.iter(f"{space}t"), *c.iter(f"{space}v"))) for c in row.iter(f"{space}c")}
        lines.append(cells)
    return [{name: row.get(at, "").removesuffix(".0") for at, name in lines[0].items()} for row in lines[1:]]


def _plain(cell: str) -> str:
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", cell)).strip()
    return "" if text == "无" else text


def _chinese_day(text: str) -> date:
    return (datetime.fromisoformat(text.replace("Z", "+00:00")) + timedelta(hours=8)).date()


def korea(path: Path) -> tuple[list[Told], date]:
    rows = rows_of(path)
    dates = ("symptom_onset_date", "confirmed_date", "released_date", "deceased_date")
    cases = [Told(r["patient_id"], "confirmed", day(r["confirmed_date"]), day(r["confirmed_date"]), r["province"]) for r in rows]
    return cases, latest(day(r[d]) for r in rows for d in dates)


def singapore(path: Path, apart: tuple[str, ...] = ("date_quarantine", "date_hospital")) -> tuple[list[Told], date]:
    """Any of the three versions. `apart`: the columns that count as a day of isolation."""
    rows = rows_of(path)
    dates = {"date_onset_symptoms", "date_hospital", "date_confirmation", "date_discharge", *apart}
    confirmed = [_early_2020(r["date_confirmation"]) for r in rows]
    alone = [tuple(d for name in apart if (d := _early_2020(r[name]))) for r in rows]
    cases = [Told(r["CaseID"], "confirmed", c, c, r["country"], a) for r, c, a in zip(rows, confirmed, alone, strict=True)]
    return cases, latest(_early_2020(r[d]) for r in rows for d in dates)


def _early_2020(text: str) -> date | None:
    """ISO, day first, or what a spreadsheet made of "10/02/20": 2010-02-20."""
    if "/" in text:
        one, two, year = map(int, text.split("/"))
        return date(year, two, one)
    found = day(text)
    return found if found is None or found.year == 2020 else date(2000 + found.day, found.month, found.year - 2000)


#: Of the lists that come with R: number, class, day of report and place, as columns; and the columns whose days say how far the list reaches.
OF_R = {
    "ebola_sim_linelist.csv": ("case_id", "", "", "", ("date_of_onset", "date_of_outcome")),
    "ebola_sierraleone_2014.csv": ("id", "status", "", "district", ("date_of_onset", "date_of_sample")),
    "fluH7N9_china_2013.csv": ("case_id", "", "", "province", ("date_of_onset", "date_of_outcome")),
    "rabies_car_2003_linelist.csv": ("index", "", "date", "", ("date",)),
    "varicella_sim_berlin.csv": ("", "", "", "", ("onset",)),
    "measles_hagelloch_1861.csv": ("case_ID", "", "", "", ("date_of_prodrome", "date_of_rash", "date_of_death")),
}


def of_r(path: Path) -> tuple[list[Told], date]:
    """None of them tells a day of confirmation, and only one a class."""
    number, kind, reported, place, dates = OF_R[path.name]
    rows = rows_of(path)
    cases = [Told(r.get(number, ""), r.get(kind), day(r[reported]) if reported else None, None, r.get(place, "")) for r in rows]
    return cases, latest(day(r[d]) for r in rows for d in dates)


def sormas(folder: Path) -> tuple[list[Told], list[Told], date]:
    """(cases, contacts, last day). Rows below the entities; a class is told of none."""
    cases, contacts, days = [], [], []
    for name in ("success", "errors", "line_listing"):
        with (folder / f"sormas_import_test_{name}.csv").open(encoding="utf-8-sig", newline="") as f:
            _, header, *lines = csv.reader(f)
        rows = [dict(zip(header, line, strict=False)) for line in lines if any(line)]
        for r, reported in zip(rows, _orderly([r["reportDate"] for r in rows]), strict=True):
            cases.append(Told(r["epidNumber"], None, reported, None, r["region"]))
            days.append(reported)
    rows = [{k: v or "" for k, v in r.items() if k} for r in rows_of(folder / "sormas_contact_import_test.csv")]
    for r, named in zip(rows, _orderly([r["reportDateTime"] for r in rows]), strict=True):
        assert not r["lastContactDate"]
        contacts.append(Told("", "close", named, place=r["region"]))
        days.append(named)
    return cases, contacts, latest(days)


def _orderly(texts: list[str]) -> list[date]:
    """Days with the year last. Where any first number is beyond twelve the day stands first, else the month."""
    parts = [tuple(map(int, re.split(r"[./-]", text))) for text in texts]
    first = any(one > 12 for one, _, _ in parts)
    return [date(year, two, one) if first else date(year, one, two) for one, two, year in parts]
