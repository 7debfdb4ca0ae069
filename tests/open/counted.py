"""What published lists tell of each case, contact and sample, read with the standard library alone: nothing of the program that is tested is read here.

`owed` says what is owed for them.
"""

import csv
import json
import re
import unicodedata
import xml.etree.ElementTree as xml
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Told:
    """One case or contact: what its list tells of it. Days; None and "" are not told.

    Attributes:
        place: The largest area that is told.
        apart: The days on which he came into isolation or into hospital.
        exposed, observed, until, released: Of a contact: last exposure, observation from and until, release.
        checks: Of a contact: the days on which somebody saw him.
        total, named: Of a case: how many contacts it is said to have, and the days on which those were named that are listed for it.
        samples: Day of each sample, and of its result where that is told and decides something.
    """

    number: str = ""
    kind: str | None = None
    reported: date | None = None
    confirmed: date | None = None
    place: str = ""
    apart: tuple[date, ...] = ()
    onset: date | None = None
    exposed: date | None = None
    observed: date | None = None
    until: date | None = None
    released: date | None = None
    checks: frozenset[date] = frozenset()
    total: int | None = None
    named: tuple[date, ...] = ()
    samples: tuple[tuple[date, date | None], ...] = ()


@dataclass(frozen=True)
class Sample:
    """`result`: whether one is told; `resulted`: its day, if that is told too."""

    number: str
    place: str
    sampled: date
    result: bool
    resulted: date | None = None


@dataclass(frozen=True)
class Counted:
    """A set of lists: who is in it, how far it reaches, and from when and where it tells every day apart, every check and every sample.

    Attributes:
        apart_kept: Days of isolation are told: who has none was not isolated.
        checks_kept: The day of the first check.
        contacts_kept: The first day of a list of contacts, and the area of all who are placed.
        samples_kept: The day of the first sample, and the area of all who were sampled. Results are kept where each has its day.
    """

    cases: list[Told]
    last: date
    contacts: list[Told] | tuple[()] = ()
    samples: list[Sample] | tuple[()] = ()
    apart_kept: bool = False
    checks_kept: date | None = None
    samples_kept: tuple[date, str] | None = None
    contacts_kept: tuple[date, str] | None = None


def rows_of(path: Path, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as f:
        return list(csv.DictReader(f))


def day(text: str) -> date | None:
    """An ISO day; nothing for an empty cell or NA."""
    return date.fromisoformat(text) if text.strip() not in ("", "NA") else None


def latest(days: Iterable[date | None]) -> date:
    return max(d for d in days if d)


def china(folder: Path) -> Counted:
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
            cases.append(Told("" if number.startswith("row ") else number, "confirmed", confirmed, confirmed, place, onset=onset))
    return Counted(cases, latest(days))


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


def korea(path: Path) -> Counted:
    rows = rows_of(path)
    dates = ("symptom_onset_date", "confirmed_date", "released_date", "deceased_date")
    cases = [Told(r["patient_id"], "confirmed", day(r["confirmed_date"]), day(r["confirmed_date"]), r["province"], onset=day(r["symptom_onset_date"])) for r in rows]
    return Counted(cases, latest(day(r[d]) for r in rows for d in dates))


def singapore(path: Path, apart: tuple[str, ...] = ("date_quarantine", "date_hospital")) -> Counted:
    """Any of the three versions. `apart`: the columns that count as a day of isolation."""
    rows = rows_of(path)
    dates = {"date_onset_symptoms", "date_hospital", "date_confirmation", "date_discharge", *apart}
    confirmed = [_early_2020(r["date_confirmation"]) for r in rows]
    alone = [tuple(d for name in apart if (d := _early_2020(r[name]))) for r in rows]
    cases = [Told(r["CaseID"], "confirmed", c, c, r["country"], a, _early_2020(r["date_onset_symptoms"])) for r, c, a in zip(rows, confirmed, alone, strict=True)]
    return Counted(cases, latest(_early_2020(r[d]) for r in rows for d in dates), apart_kept=True)


def _early_2020(text: str) -> date | None:
    """ISO, day first, or what a spreadsheet made of "10/02/20": 2010-02-20."""
    if "/" in text:
        one, two, year = map(int, text.split("/"))
        return date(year, two, one)
    found = day(text)
    return found if found is None or found.year == 2020 else date(2000 + found.day, found.month, found.year - 2000)


#: Of the lists that come with R: number, class, day of report, of onset and place, as columns; and the columns whose days say how far the list reaches.
OF_R = {
    "ebola_sim_linelist.csv": ("case_id", "", "", "date_of_onset", "", ("date_of_onset", "date_of_outcome")),
    "ebola_sierraleone_2014.csv": ("id", "status", "", "date_of_onset", "district", ("date_of_onset", "date_of_sample")),
    "fluH7N9_china_2013.csv": ("case_id", "", "", "date_of_onset", "province", ("date_of_onset", "date_of_outcome")),
    "rabies_car_2003_linelist.csv": ("index", "", "date", "", "", ("date",)),
    "varicella_sim_berlin.csv": ("", "", "", "onset", "", ("onset",)),
    "measles_hagelloch_1861.csv": ("case_ID", "", "", "date_of_prodrome", "", ("date_of_prodrome", "date_of_rash", "date_of_death")),
}


def of_r(path: Path) -> Counted:
    """None of them tells a day of confirmation, and only one a class."""
    number, kind, reported, onset, place, dates = OF_R[path.name]
    rows = rows_of(path)
    cases = [Told(r.get(number, ""), r.get(kind), day(r[reported]) if reported else None, None, r.get(place, ""), onset=day(r[onset]) if onset else None) for r in rows]
    return Counted(cases, latest(day(r[d]) for r in rows for d in dates))


def sormas(folder: Path) -> Counted:
    """Rows below the entities; a class is told of none."""
    cases, contacts, days = [], [], []
    for name in ("success", "errors", "line_listing"):
        with (folder / f"sormas_import_test_{name}.csv").open(encoding="utf-8-sig", newline="") as f:
            _, header, *lines = csv.reader(f)
        rows = [dict(zip(header, line, strict=False)) for line in lines if any(line)]
        onsets = _orderly([r.get("symptoms.onsetDate", "") for r in rows])
        for r, reported, onset in zip(rows, _orderly([r["reportDate"] for r in rows]), onsets, strict=True):
            cases.append(Told(r["epidNumber"], None, reported, None, r["region"], onset=onset))
            days.append(reported)
    rows = [{k: v or "" for k, v in r.items() if k} for r in rows_of(folder / "sormas_contact_import_test.csv")]
    for r, named in zip(rows, _orderly([r["reportDateTime"] for r in rows]), strict=True):
        assert not r["lastContactDate"]
        contacts.append(Told("", "close", named, place=r["region"]))
        days.append(named)
    return Counted(cases, latest(days), contacts)


def _orderly(texts: list[str]) -> list[date | None]:
    """Days with the year last. Where any first number is beyond twelve the day stands first, else the month."""
    parts = [tuple(map(int, re.split(r"[./-]", text))) if text else None for text in texts]
    first = any(p[0] > 12 for p in parts if p)
    return [(date(p[2], p[1], p[0]) if first else date(p[2], p[0], p[1])) if p else None for p in parts]


#: What the lists of Guatemala call a case; and what stands for a place that is not told.
OF_GUATEMALA = {"SOSPECHOSO": "suspected", "PROBABLE": "clinical", "CONFIRMADO": "confirmed", "CONFIRMADO POR NEXO EPIDEMIOLÓGICO": "confirmed", "NO ES UN CASO (DESCARTADO)": "ruled_out"}
NO_PLACE = ("", "NA", "SIN DATO")


def guatemala(folder: Path) -> Counted:
    """Cases, brought up to date by the report of the same cases, and contacts. The log of follow-ups says of whom none of them was: it is read only for its days."""
    files = {n: rows_of(folder / f"{n}.csv") for n in ("rastreo_cases", "report_cases", "rastreo_contacts", "rastreo_followups")}
    held: dict[str, Told] = {}
    for r in files["rastreo_cases"]:
        held[r["Carné De Identidad"]] = Told(r["Carné De Identidad"], OF_GUATEMALA[r["Clasificación"]], _of_2020(r, "Fecha de notificación", "Creado En"), None, _place(r))
    for r in files["report_cases"]:
        before = held[r["Carné De Identidad"]]
        held[before.number] = replace(before, kind=OF_GUATEMALA[r["Clasificación"]], place=_place(r) or before.place)
    contacts = []
    for r in files["rastreo_contacts"]:
        until = _slashed(r["Final del seguimiento"])
        released = until if r["Status final de seguimiento"] == "Seguimiento Completo" else None
        named = _of_2020(r, "Fecha de notificación", "Creado En")
        contacts.append(Told("", "close", named, place=_place(r), observed=_slashed(r["Inicio del seguimiento"]), until=until, released=released))
    dates = {
        "rastreo_cases": ("Fecha de notificación", "Creado En", "Fecha De Convertirse En Caso", "Fecha de condición"), "report_cases": ("Creado En", "maxDate"),
        "rastreo_contacts": ("Fecha de notificación", "Creado En"), "rastreo_followups": ("Creado En",),
    }  # fmt: skip
    days = [d for n, columns in dates.items() for r in files[n] for c in columns if (d := _slashed(r[c])) and d.year == 2020]
    first = min(d for r in files["rastreo_contacts"] for c in dates["rastreo_contacts"] if (d := _slashed(r[c])) and d.year == 2020)
    return Counted(list(held.values()), latest(days), contacts, contacts_kept=(first, ""))


def _slashed(text: str) -> date | None:
    return day(text[:10].replace("/", "-"))


def _of_2020(r: dict[str, str], *columns: str) -> date | None:
    """The first of these days that is no slip of the year."""
    return next((d for c in columns if (d := _slashed(r[c])) and d.year == 2020), None)


def _place(r: dict[str, str]) -> str:
    return next((r[c] for c in ("area_salud", "dms") if r[c] not in NO_PLACE), "")


#: What the training set of Go.Data calls a case.
OF_GODATA = {"CONFIRMED": "confirmed", "PROBABLE": "clinical", "SUSPECT": "suspected", "NOT_A_CASE_DISCARDED": "ruled_out"}
#: Seen; and not tried, which is no evidence of anything. An answer of a laboratory that decides nothing is no result.
SEEN, DECIDES = ("SEEN_OK", "SEEN_NOT_OK"), ("POSITIVE", "NEGATIVE")


def godata(folder: Path) -> Counted:
    files = {n: rows_of(folder / f"{n}_clean.csv") for n in ("cases", "contacts", "relationships", "followups", "lab_results")}
    where = {r["uuid"]: r["admin_0_name"] for r in files["cases"]}
    samples, of_whom = [], {}
    for r in files["lab_results"]:
        taken, told = _instant(r["dateSampleTaken"]), _instant(r["dateOfResult"])
        if taken is None or taken.year != 2020:  # a slip of the year: no sample without its day
            continue
        decides = r["result"].endswith(DECIDES)
        samples.append(Sample(r["id"], where[r["personId"]], taken, decides, told if decides else None))
        of_whom.setdefault(r["personId"], []).append((taken, told if decides else None))
    named = {r["uuid"]: day(r["date_of_reporting"]) or day(r["date_of_data_entry"]) for r in files["contacts"]}
    case_of: dict[str, str] = {}
    for r in files["relationships"]:
        if r["source_uuid"] in where and r["target_uuid"] in named and r["target_uuid"] not in where:
            case_of.setdefault(r["target_uuid"], r["source_uuid"])
    cases = []
    for r in files["cases"]:
        of_this = tuple(named[contact] for contact, case in case_of.items() if case == r["uuid"])
        reported = day(r["date_of_reporting"]) or day(r["date_of_data_entry"])
        cases.append(Told(r["uuid"], OF_GODATA[r["classification"]], reported, None, r["admin_0_name"], onset=day(r["date_of_onset"]), samples=tuple(of_whom.get(r["uuid"], ())), total=int(r["contacts_per_case"]), named=of_this))
    listed, checks = {r["uuid"] for r in files["contacts"]}, {}
    for r in files["followups"]:
        if r["followup_status"] in SEEN and r["contact_uuid"] in listed:
            checks.setdefault(r["contact_uuid"], set()).add(day(r["date_of_followup"]))
    contacts = []
    for r in files["contacts"]:
        until = day(r["date_of_followup_end"])
        contacts.append(Told(
            r["uuid"], "close", day(r["date_of_reporting"]) or day(r["date_of_data_entry"]), place=r["admin_0_name"], exposed=day(r["date_of_last_contact"]),
            observed=day(r["date_of_followup_start"]), until=until, released=until if r["contact_status"] == "FOLLOW_UP_COMPLETED" else None,
            checks=frozenset(checks.get(r["uuid"], ())),
        ))  # fmt: skip
    dates = {
        "cases": ("date_of_reporting", "date_of_data_entry", "date_of_onset", "date_of_outcome", "date_become_case", "hospitalization_startdate"),
        "contacts": ("date_of_reporting", "date_of_data_entry", "date_of_last_contact"), "relationships": ("date_of_last_contact", "date_of_data_entry"),
        "followups": ("date_of_data_entry",), "lab_results": ("dateSampleTaken", "dateOfResult"),
    }  # fmt: skip
    last = latest(_instant(r[c]) for n, columns in dates.items() for r in files[n] for c in columns)
    placed = {r["admin_0_name"] for r in files["contacts"]} - {""}
    told = (_instant(r[c]) for r in files["contacts"] for c in dates["contacts"])
    listed_from = (min(d for d in told if d), placed.pop() if len(placed) == 1 else "")
    first, places = min(s.sampled for s in samples), {s.place for s in samples}
    seen = min(d for days in checks.values() for d in days)
    return Counted(cases, last, contacts, samples, apart_kept=True, checks_kept=seen, samples_kept=(first, places.pop() if len(places) == 1 else ""), contacts_kept=listed_from)


def _instant(text: str) -> date | None:
    return day(text[:10])
