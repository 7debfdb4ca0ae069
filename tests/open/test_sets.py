"""Every published set of line lists, opened as it came and judged at the end of its last day: of each measure the coverage, the missing and what
cannot be told, with its reason, equal a count that reads the files with the standard library alone (`counted.py`)."""

import ast
import csv
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from open import counted

from sizao.interop.intake import import_files, last_day
from sizao.kernel import areas, clock, content
from sizao.kernel.content_dir import content_dir
from sizao.kernel.errors import Refused
from sizao.kernel.models import Enactment, User
from sizao.plan import read, run
from sizao.plan.acts import acts_of
from sizao.plan.models import Row
from sizao.registers.cases.models import Case

pytestmark = pytest.mark.django_db
PLAN = "contact-tracing-basic"
STATES = ("met", "late", "overdue", "open", "ahead", "waiting", "closed", "cannot_tell")


def opened(scope, *paths, zone="UTC", disease="unspecified", **said):
    """What `sizao open` does: the files in, the plan on trial, one run at the end of the last day."""
    report = import_files(scope, paths, disease=disease, time_zone=zone, **said)
    assert all(f.rows == f.accepted + f.updated + f.duplicate + f.rejected for f in report.files)
    text, root = (content_dir() / f"plans/{PLAN}/edition.yaml").read_text(encoding="utf-8"), areas.root()
    content.cited("plan", PLAN, text)
    who, now = User.objects.create_user("office"), clock.now()
    plan = {"item": content.newest("plan", PLAN), "area": root, "disease": disease, "starts_at": datetime(2000, 1, 1, tzinfo=UTC)}
    Enactment.objects.create(**plan, proposed_by=who, trial=True, decided_at=now)
    content.keep(acts_of(text), root, clock.start_of_day(clock.local_day(now, zone), zone), "trial")
    made = run.evaluate_all(clock.end_of_day(last_day(report), zone))
    return SimpleNamespace(scope=scope, report=report, run=made, root=root)


def agree(seen, duties, last):
    """Every obligation with its state and reason; the numbers of each measure and area; coverage; the missing by name."""
    duties = list(duties)
    assert last_day(seen.report) == last
    assert Counter(Row.objects.filter(run=seen.run).values_list("measure", "state", "reason")) == Counter((d.measure, d.state, d.reason) for d in duties)
    said = read.coverage_json(seen.scope, seen.run)
    by_measure = {m["id"]: Counter(d.state for d in duties if d.measure == m["id"]) for m in said["measures"]}
    assert {d.measure for d in duties} <= by_measure.keys()
    for m in said["measures"]:
        assert {s: m[s] for s in STATES} == {s: by_measure[m["id"]][s] for s in STATES}, m["id"]
        assert m["unlisted"] == m["short"] == m["no_list"] == 0
    done = {name: n["met"] + n["late"] for name, n in by_measure.items()}
    owed = {name: done[name] + n["overdue"] for name, n in by_measure.items()}
    assert {m.id: m.coverage for m in read.overview(seen.scope, run=seen.run).measures} == {name: done[name] / owed[name] if owed[name] else None for name in owed}
    numbers = {str(pk): number for pk, number in Case.objects.values_list("pk", "source_id")}
    missing = Counter((o["measure"], numbers[o["subject"]]) for o in read.missing_json(seen.scope, seen.run, None))
    assert missing == Counter((d.measure, d.number) for d in duties if d.state == "overdue")
    for state in ("overdue", "cannot_tell"):
        told = {"" if a["code"] == seen.root.code else a["code"]: a[state] for a in said["areas"] if a[state]}
        assert told == Counter(d.place for d in duties if d.state == state)


def part(path, request, tmp_path, rows=800):
    """Rows from all through a large list; the whole of it in the full run."""
    if request.config.getoption("--full"):
        return path
    with path.open(encoding="utf-8", newline="") as whole, (tmp_path / path.name).open("w", encoding="utf-8", newline="") as some:
        header, *lines = csv.reader(whole)
        csv.writer(some).writerows([header, *lines[:: max(1, len(lines) // rows)]])
    return tmp_path / path.name


def test_the_counter_reads_nothing_of_the_program():
    tree = ast.parse(Path(counted.__file__).read_text(encoding="utf-8"))
    names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names} | {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_the_six_chinese_provinces(system, shared):
    folder = shared / "data/wuhan2020-cn-linelist"
    cases, last = counted.china(folder)
    seen = opened(system, *(p for p in sorted(folder.iterdir()) if not p.name.isascii()), zone="Asia/Shanghai", disease="covid-19")
    assert len({c.number for c in cases} - {""}) == 1796
    agree(seen, counted.of_cases(cases, last=last), last)


def test_korea(system, shared):
    path = shared / "data/ds4c-korea-2020/PatientInfo.csv"
    cases, last = counted.korea(path)
    seen = opened(system, path, zone="Asia/Seoul", disease="covid-19")
    assert (len(cases), sum(c.confirmed is None for c in cases)) == (3388, 3)
    agree(seen, counted.of_cases(cases, last=last), last)


@pytest.mark.parametrize(("name", "what"), {
    "PatientRoute": "places that patients visited", "Case": "clusters", "Region": "regions", "Time": "daily counts", "TimeAge": "daily counts",
    "TimeGender": "daily counts", "TimeProvince": "daily counts",
}.items())  # fmt: skip
def test_korea_s_other_tables_are_named_for_what_they_are_and_none_is_taken_for_patients(system, shared, name, what):
    with pytest.raises(Refused, match="table-is-other") as refused:
        import_files(system, [shared / f"data/ds4c-korea-2020/{name}.csv"], disease="covid-19", time_zone="Asia/Seoul")
    assert what in refused.value.text("en") and refused.value.cure("zh")


@pytest.mark.parametrize("version", ["data_revised", "eg_update_edges", "first_version"])
def test_singapore_and_a_count_that_were_one_off_would_be_seen(system, shared, version):
    path = shared / f"data/singapore-2020/COVID-19_Singapore_{version}.csv"
    cases, last = counted.singapore(path)
    seen = opened(system, path, zone="Asia/Singapore", disease="covid-19")
    agree(seen, counted.of_cases(cases, last=last, isolation_kept=True), last)
    with pytest.raises(AssertionError):
        agree(seen, counted.of_cases([replace(cases[0], confirmed=None), *cases[1:]], last=last, isolation_kept=True), last)


def test_singapore_is_decided_otherwise_where_the_office_says_that_a_day_in_hospital_is_no_isolation(system, shared):
    """Those who were under no order of quarantine are the missing, by name."""
    path = shared / "data/singapore-2020/COVID-19_Singapore_data_revised.csv"
    both, last = counted.singapore(path)
    assert Counter(d.state for d in counted.of_cases(both, last=last, isolation_kept=True) if d.measure == "case-isolated") == {"met": 90, "late": 1, "ahead": 2}
    cases, last = counted.singapore(path, ("date_quarantine",))
    duties = list(counted.of_cases(cases, last=last, isolation_kept=True))
    assert Counter(d.state for d in duties if d.measure == "case-isolated") == {"met": 13, "overdue": 78, "ahead": 2}
    agree(opened(system, path, zone="Asia/Singapore", disease="covid-19", columns={"date_hospital": ""}), duties, last)


@pytest.mark.parametrize("name", ["ebola_sim_linelist.csv", "ebola_sierraleone_2014.csv", "fluH7N9_china_2013.csv", "rabies_car_2003_linelist.csv", "varicella_sim_berlin.csv"])
def test_the_lists_of_r(system, shared, request, tmp_path, name):
    path = part(shared / "data/outbreaks-r" / name, request, tmp_path)
    cases, last = counted.of_r(path)
    agree(opened(system, path), counted.of_cases(cases, last=last), last)


def test_a_list_of_1861_lies_before_every_text_and_owes_nothing(system, shared):
    path = shared / "data/outbreaks-r/measles_hagelloch_1861.csv"
    _, last = counted.of_r(path)
    seen = opened(system, path)
    assert (seen.report.cases, last_day(seen.report), read.coverage_json(seen.scope, seen.run)["measures"]) == (188, last, [])


def test_sormas(system, shared):
    folder = shared / "data/sormas-import"
    cases, contacts, last = counted.sormas(folder)
    seen = opened(system, *sorted(folder.glob("*.csv")))
    assert (seen.report.cases, seen.report.contacts) == (len(cases), len(contacts)) == (15, 3)
    assert seen.report.dangling == 2  # the third says "Unknown"
    agree(seen, [*counted.of_cases(cases, last=last), *counted.of_contacts(contacts)], last)
