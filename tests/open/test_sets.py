"""Every published set of line lists, opened as it came and judged at the end of its last day, by the basic plan and by `today`: of each measure the
coverage, the missing and what cannot be told, with its reason, equal a count that reads the files with the standard library alone (`counted`, `owed`)."""

import ast
import csv
import os
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from open import chain_page, chained, counted, owed, page

from sizao.interop.intake import import_files, last_day
from sizao.kernel import areas, clock, content
from sizao.kernel.content_dir import content_dir
from sizao.kernel.errors import Refused
from sizao.kernel.models import Enactment, User
from sizao.plan import read, run
from sizao.plan.acts import acts_of
from sizao.plan.models import Row
from sizao.registers.cases.models import Case, Contact
from sizao.registers.laboratory.models import Specimen

pytestmark = pytest.mark.django_db
PLANS = ("contact-tracing-basic", "today")
STATES = ("met", "late", "overdue", "open", "ahead", "waiting", "closed", "cannot_tell")


def opened(scope, *paths, zone="UTC", disease="unspecified", **said):
    """What `sizao open` does: the files in."""
    report = import_files(scope, paths, disease=disease, time_zone=zone, **said)
    assert all(f.rows == f.accepted + f.updated + f.duplicate + f.rejected for f in report.files)
    return SimpleNamespace(scope=scope, report=report, zone=zone, disease=disease, root=areas.root())


def judged(seen, plan):
    """The plan on trial, and no other, and one run at the end of the last day."""
    text = (content_dir() / f"plans/{plan}/edition.yaml").read_text(encoding="utf-8")
    content.cited("plan", plan, text)
    who, now = User.objects.get_or_create(username="office")[0], clock.now()
    Enactment.objects.all().delete()
    force = {"item": content.newest("plan", plan), "area": seen.root, "disease": seen.disease, "starts_at": datetime(2000, 1, 1, tzinfo=UTC)}
    Enactment.objects.create(**force, proposed_by=who, trial=True, decided_at=now)
    content.keep(acts_of(text), seen.root, clock.start_of_day(clock.local_day(now, seen.zone), seen.zone), "trial")
    return run.evaluate_all(clock.end_of_day(last_day(seen.report), seen.zone))


def agree(seen, of, plan):
    """Every obligation with its state and reason; the numbers of each measure and area; coverage; the missing by name."""
    made, duties = judged(seen, plan), owed.duties(plan, of)
    assert last_day(seen.report) == of.last
    assert Counter(Row.objects.at(made).values_list("measure", "state", "reason")) == Counter((d.measure, d.state, d.reason) for d in duties)
    said = read.coverage_json(seen.scope, made)
    by_measure = {m["id"]: Counter(d.state for d in duties if d.measure == m["id"]) for m in said["measures"]}
    assert {d.measure for d in duties} <= by_measure.keys()
    for m in said["measures"]:
        assert {s: m[s] for s in STATES} == {s: by_measure[m["id"]][s] for s in STATES}, m["id"]
        assert m["unlisted"] == m["short"] == m["no_list"] == 0
    done = {name: n["met"] + n["late"] for name, n in by_measure.items()}
    due = {name: done[name] + n["overdue"] for name, n in by_measure.items()}
    assert {m.id: m.coverage for m in read.overview(seen.scope, run=made).measures} == {name: done[name] / due[name] if due[name] else None for name in due}
    numbers = {str(pk): number for model in (Case, Contact, Specimen) for pk, number in model.objects.values_list("pk", "source_id")}
    failed = Counter((m, numbers[str(subject)]) for m, subject in Row.objects.at(made).filter(state="overdue").values_list("measure", "subject"))
    assert failed == Counter((d.measure, d.number) for d in duties if d.state == "overdue")
    missing = Counter((o["measure"], numbers[o["subject"]]) for o in read.missing_json(seen.scope, made, None))
    assert missing == Counter((d.measure, d.number) for d in duties if d.state == "overdue" and d.doable)
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
    for module in (counted, owed, page, chained, chain_page):
        tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
        names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names} | {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        assert {name.partition(".")[0] for name in names if name not in ("open", "open.counted", "open.owed")} <= sys.stdlib_module_names


@pytest.mark.parametrize(("of", "name"), [(page, "what-lists-decide"), (chain_page, "published-chains")])
def test_the_pages_that_say_what_lists_tell_are_fresh(shared, of, name):
    said, path = of.written(shared / "data"), Path(__file__).resolve().parents[2] / f"docs/reference/{name}.md"
    if os.environ.get("UPDATE_PAGES"):
        path.write_text(said, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == said, "run: UPDATE_PAGES=1 pytest tests/open/test_sets.py -k page"


#: The whole of Sierra Leone's 11,903 rows is for the full run; some of them are judged below.
@pytest.mark.parametrize("name", [n for n in page.SETS if n not in page.LARGE])
def test_a_set_opens_as_it_came_and_decides_what_was_counted(system, shared, name):
    one = page.SETS[name]
    of = one.read(shared / "data")
    seen = opened(system, *one.paths(shared / "data"), zone=one.zone, disease=one.disease)
    assert (seen.report.cases, seen.report.contacts) == (len(of.cases), len(of.contacts))
    for plan in PLANS:
        agree(seen, of, plan)


@pytest.mark.parametrize("name", ["ebola_sim_linelist.csv", "ebola_sierraleone_2014.csv"])
def test_large_lists_of_r(system, shared, request, tmp_path, name):
    path = part(shared / "data/outbreaks-r" / name, request, tmp_path)
    seen = opened(system, path)
    for plan in PLANS:
        agree(seen, counted.of_r(path), plan)


def test_a_count_that_were_one_off_would_be_seen(system, shared):
    folder = shared / "data/singapore-2020"
    seen, of = opened(system, folder / page.SINGAPORE[0], zone="Asia/Singapore", disease="covid-19"), counted.singapore(folder / page.SINGAPORE[0])
    with pytest.raises(AssertionError):
        agree(seen, replace(of, cases=[replace(of.cases[0], confirmed=None), *of.cases[1:]]), PLANS[0])


def test_singapore_is_decided_otherwise_where_the_office_says_that_a_day_in_hospital_is_no_isolation(system, shared):
    """Those who were under no order of quarantine are the missing, by name."""
    path = shared / "data/singapore-2020" / page.SINGAPORE[0]
    of = counted.singapore(path, ("date_quarantine",))
    assert Counter(d.state for d in owed.duties(PLANS[0], of) if d.measure == "case-isolated") == {"met": 13, "overdue": 78, "ahead": 2}
    agree(opened(system, path, zone="Asia/Singapore", disease="covid-19", columns={"date_hospital": ""}), of, PLANS[0])


@pytest.mark.parametrize(("name", "what"), {
    "PatientRoute": "places that patients visited", "Case": "clusters", "Region": "regions", "Time": "daily counts", "TimeAge": "daily counts",
    "TimeGender": "daily counts", "TimeProvince": "daily counts",
}.items())  # fmt: skip
def test_korea_s_other_tables_are_named_for_what_they_are_and_none_is_taken_for_patients(system, shared, name, what):
    with pytest.raises(Refused, match="table-is-other") as refused:
        import_files(system, [shared / f"data/ds4c-korea-2020/{name}.csv"], disease="covid-19", time_zone="Asia/Seoul")
    assert what in refused.value.text("en") and refused.value.cure("zh")


def test_a_list_of_1861_lies_before_every_text_and_owes_nothing(system, shared):
    path = shared / "data/outbreaks-r/measles_hagelloch_1861.csv"
    seen = opened(system, path)
    assert (seen.report.cases, last_day(seen.report)) == (188, counted.of_r(path).last)
    assert read.coverage_json(system, judged(seen, PLANS[0]))["measures"] == []
