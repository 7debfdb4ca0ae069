"""`sizao open` on three published lists: rows balance, and coverage equals a count made with nothing but the csv module.

What the first two hold decides nothing about checks, investigations and isolation: they have no such column. So every occasion that the plan
derives must come out as *cannot tell*, none as met and none as overdue, and their number must be right. The third has a log of follow-ups,
which decides the daily check from its first day on.
"""

import csv
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from kernel.postgres_help import open_place

ROOT = Path(__file__).resolve().parents[2]
STATES = ("owed", "met", "late", "overdue", "missing", "open", "ahead", "waiting", "closed", "told_late", "unlisted")


def opened(files: list[Path], zone: str) -> dict:
    with open_place() as place:
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SIZAO_USER": "office", "SIZAO_LANG": "en"}
        command = [sys.executable, "-m", "sizao", "open", *map(str, files), "--store", str(place / "store"), "--time-zone", zone, "--disease", "covid-19", "--no-serve", "--json"]
        done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f))


def measures(answer: dict) -> dict[str, dict]:
    return {m["id"]: m for m in answer["coverage"]["measures"]}


def balance(report: dict) -> None:
    for f in [*report["files"], report["totals"]]:
        assert f["rows"] == f["accepted"] + f["updated"] + f["duplicate"] + f["rejected"]


@pytest.fixture(scope="module")
def korea(shared):
    return opened([shared / "data/ds4c-korea-2020/PatientInfo.csv"], "Asia/Seoul"), table(shared / "data/ds4c-korea-2020/PatientInfo.csv")


@pytest.fixture(scope="module")
def guatemala(shared):
    place = shared / "data/godata-guatemala-2020"
    return opened([place / "rastreo_contacts.csv", place / "rastreo_cases.csv"], "America/Guatemala"), table(place / "rastreo_cases.csv"), table(place / "rastreo_contacts.csv")


def test_korea_s_rows_balance_and_its_links_resolve_as_published(korea):
    answer, rows = korea
    report = answer["import"]
    balance(report)
    numbers = {r["patient_id"] for r in rows}
    named = [x.strip() for r in rows for x in r["infected_by"].split(",") if x.strip()]
    assert (report["totals"]["rows"], report["persons"], report["cases"], report["contacts"]) == (len(rows), len(rows), len(rows), 0)
    assert report["totals"]["rejected"] == 0
    assert report["links"] == sum(n in numbers for n in named)
    assert report["dangling"] == sum(n not in numbers for n in named) == 5


def test_korea_s_last_day_is_the_moment_judged(korea):
    answer, rows = korea
    days = [r[c] for r in rows for c in ("symptom_onset_date", "confirmed_date", "released_date", "deceased_date") if len(r[c]) == 10 and r[c][4] == "-"]
    assert datetime.fromisoformat(answer["coverage"]["as_of"]).date().isoformat() == max(days)


def test_korea_s_coverage_says_cannot_tell_for_every_patient(korea):
    answer, rows = korea
    for measure in ("case-investigated", "case-isolated"):
        said = measures(answer)[measure]
        assert said["cannot_tell"] == len(rows)
        assert not any(said[s] for s in STATES)
    assert not any(measures(answer)["contact-daily-check"][s] for s in (*STATES, "cannot_tell"))


def test_korea_s_areas_add_up(korea):
    answer, rows = korea
    by_province = Counter(r["province"] for r in rows)
    told = {a["name"]: a["cannot_tell"] for a in answer["coverage"]["areas"] if a["cannot_tell"]}
    asked = [name for name, m in measures(answer).items() if m["cannot_tell"]]
    assert asked == ["case-investigated", "case-isolated", "contacts-listed", "source-known"]
    assert told == {p: len(asked) * n for p, n in by_province.items()}


def test_guatemala_s_rows_balance_and_every_contact_has_its_case(guatemala):
    answer, cases, contacts = guatemala
    report = answer["import"]
    balance(report)
    numbers = {r["Carné De Identidad"] for r in cases}
    assert all(r["Caso relacionado"] in numbers for r in contacts)
    assert (report["cases"], report["contacts"], report["links"], report["dangling"]) == (len(cases), len(contacts), len(contacts), 0)


def test_guatemala_s_cases_are_judged_as_counted_by_hand(guatemala):
    answer, cases, _ = guatemala
    classes = Counter(r["Clasificación"] for r in cases)
    confirmed = sum(n for c, n in classes.items() if c.startswith("CONFIRMADO"))
    assert measures(answer)["case-isolated"]["cannot_tell"] == confirmed == 981
    investigated = measures(answer)["case-investigated"]
    assert investigated["cannot_tell"] == len(cases) - sum(n for c, n in classes.items() if "DESCARTADO" in c)
    assert not any(investigated[s] for s in STATES)


def test_guatemala_s_areas_add_up_rows_without_a_place_included(guatemala):
    coverage = guatemala[0]["coverage"]
    for state in ("owed", "cannot_tell"):
        assert sum(a[state] for a in coverage["areas"]) == sum(m[state] for m in coverage["measures"])


def test_guatemala_s_days_of_observation_are_counted_by_hand(guatemala):
    """One occasion a day from the first day of observation (not before the day of notification) to the last, up to the last day of the files."""
    answer, _, contacts = guatemala
    last = datetime.fromisoformat(answer["coverage"]["as_of"]).date()
    expected = 0
    for r in contacts:
        told = date.fromisoformat(r["Fecha de notificación"])
        if told.year != 2020:  # a slip of the year: the day of entry stands for it
            told = date.fromisoformat(r["Creado En"])
        first, end = (None if r[c] == "NA" else date.fromisoformat(r[c][:10].replace("/", "-")) for c in ("Inicio del seguimiento", "Final del seguimiento"))
        if first is None:
            expected += told <= last  # one, undated
            continue
        day = max(first, told)
        while day <= min(end or last, last):
            expected += 1
            day += timedelta(days=1)
    said = measures(answer)["contact-daily-check"]
    assert said["cannot_tell"] == expected
    assert not any(said[s] for s in STATES)


@pytest.fixture(scope="module")
def training(shared):
    place = shared / "data/godata-sandbox"
    files = [place / f"{n}_clean.csv" for n in ("followups", "contacts", "cases", "relationships")]
    return opened(files, "UTC"), *map(table, files[:2])


def test_a_log_of_follow_ups_decides_the_daily_check_as_counted_by_hand(training):
    """An occasion a day from the later of last exposure and start of observation to the earlier of its end and the fourteenth day; none before
    the contact was reported; before the first check of the log nobody can tell."""
    answer, checks, contacts = training
    balance(answer["import"])

    def day(text: str) -> date | None:
        return date.fromisoformat(text[:10]) if text else None

    listed = {r["uuid"] for r in contacts}
    seen = {(r["contact_uuid"], day(r["date_of_followup"])) for r in checks if r["followup_status"] in ("SEEN_OK", "SEEN_NOT_OK") and r["contact_uuid"] in listed}
    kept_from, last = min(d for _, d in seen if d), datetime.fromisoformat(answer["coverage"]["as_of"]).date()
    expected: Counter[str] = Counter()
    for r in contacts:
        told, exposed, first, end = (day(r[c]) for c in ("date_of_reporting", "date_of_last_contact", "date_of_followup_start", "date_of_followup_end"))
        at = max(d for d in (exposed, first) if d)
        until = min(d for d in (end, exposed and exposed + timedelta(days=14), last) if d)
        while at <= until:
            if at >= told:
                expected["cannot_tell" if at < kept_from else "met" if (r["uuid"], at) in seen else "overdue"] += 1
            at += timedelta(days=1)
    said = measures(answer)["contact-daily-check"]
    assert {s: said[s] for s in ("met", "overdue", "cannot_tell")} == dict(expected) == {"met": 1, "overdue": 642, "cannot_tell": 113}
    assert (said["owed"], said["late"]) == (expected["met"] + expected["overdue"], 0)
