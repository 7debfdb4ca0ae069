"""Real outbreak files through the intake; what they hold is counted here with the csv module alone."""

import csv
from collections import Counter
from datetime import date

import pytest

from sizao.interop.intake import import_files, last_day
from sizao.registers.cases.models import Case, Contact, Link
from sizao.registers.population.models import Person

pytestmark = pytest.mark.django_db


def rows_of(path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f))


def balanced(report) -> bool:
    return all(f.rows == f.accepted + f.updated + f.duplicate + f.rejected for f in report.files)


def test_korea_opens_without_a_mapping_and_twice_changes_nothing(system, shared):
    path = shared / "data/ds4c-korea-2020/PatientInfo.csv"
    truth = rows_of(path)
    ids = {r["patient_id"] for r in truth}
    report = import_files(system, [path], disease="covid-19", time_zone="Asia/Seoul")
    said = report.files[0]
    assert (said.rows, said.accepted, said.rejected) == (len(truth), 3388, 0)
    assert balanced(report)
    assert (report.cases, report.persons) == (3388, 3388)
    told = [r for r in truth if r["infected_by"]]
    assert len(told) == 822
    assert (report.links, report.dangling) == (sum(r["infected_by"] in ids for r in told), 5)
    assert Link.objects.count() == sum(r["infected_by"] in ids and r["infected_by"] != r["patient_id"] for r in told)
    assert report.links_to_itself == sum(r["infected_by"] == r["patient_id"] for r in told)
    assert Case.objects.filter(confirmed_at=None).count() == 3
    assert Case.objects.filter(onset_on=None).count() == sum(not r["symptom_onset_date"].strip() for r in truth) == 2908
    assert Case.objects.exclude(contact_total=None).count() == 643
    assert Case.objects.filter(classification="confirmed").count() == 3388
    assert Counter(Person.objects.values_list("sex", flat=True)) == Counter({"": None, "male": "male", "female": "female"}[r["sex"]] for r in truth)
    assert Person.objects.filter(age_text="50s").count() == sum(r["age"] == "50s" for r in truth)
    assert Person.objects.filter(birth_year=None).count() == sum(not r["birth_year"] for r in truth)
    places = Counter((r["province"], r["city"] if r["city"] not in ("", "etc") else "") for r in truth)
    assert Case.objects.filter(area__code="Seoul/Gangseo-gu").count() == places["Seoul", "Gangseo-gu"]
    assert Case.objects.filter(area__code="Seoul").count() == places["Seoul", ""]
    assert last_day(report) == date(2020, 4, 29)
    counts = said.problem_counts
    assert counts["link-dangling"] == 5
    assert counts["dates-reversed"] == 4  # three onsets after confirmation, one release before it

    again = import_files(system, [path], disease="covid-19", time_zone="Asia/Seoul")
    assert (again.files[0].duplicate, again.files[0].updated, again.files[0].accepted) == (3388, 0, 0)
    assert (again.links, again.dangling, again.cases) == (report.links, report.dangling, report.cases)


def test_guatemala_cases_and_contacts_in_either_order(system, shared):
    folder = shared / "data/godata-guatemala-2020"
    cases, contacts = rows_of(folder / "rastreo_cases.csv"), rows_of(folder / "rastreo_contacts.csv")
    report = import_files(system, [folder / "rastreo_contacts.csv", folder / "rastreo_cases.csv"], disease="covid-19", time_zone="America/Guatemala")
    assert [f.file for f in report.files] == ["rastreo_contacts.csv", "rastreo_cases.csv"]
    assert balanced(report)
    assert (report.files[1].rows, report.files[1].accepted) == (len(cases), 4384)
    assert (report.files[0].rows, report.files[0].accepted) == (len(contacts), 651)
    assert (report.cases, report.contacts, report.persons, report.links, report.dangling) == (4384, 651, 5035, 651, 0)
    assert Contact.objects.filter(case=None).count() == 0
    assert Case.objects.filter(classification="confirmed").count() == 981
    assert Case.objects.exclude(contacts=None).count() == 278
    assert Case.objects.filter(classification="confirmed").exclude(contacts=None).count() == 250
    assert Contact.objects.exclude(released_at=None).count() == sum(
        r["Status final de seguimiento"] == "Seguimiento Completo" and r["Final del seguimiento"] != "NA" for r in contacts
    )
    by_district = Counter(r["dms"] for r in contacts)
    assert by_district["SIN DATO"] == 529
    assert Contact.objects.filter(area__code="DAS GUATEMALA CENTRAL/DMS ZONA 6").count() == by_district["DMS ZONA 6"]
    assert report.files[1].problem_counts["date-year-doubtful"] == 1
    assert report.files[0].problem_counts["date-year-doubtful"] == 1
    assert last_day(report) == date(2020, 12, 23)
    again = import_files(system, [folder / "rastreo_cases.csv", folder / "rastreo_contacts.csv"], disease="covid-19", time_zone="America/Guatemala")
    assert again.totals == {"rows": 5035, "accepted": 0, "updated": 0, "duplicate": 5035, "rejected": 0}
    assert again.links == 651


CHINA = {"河南省_utf8bom.csv": 233, "安徽省_gb18030.csv": 256, "浙江省.csv": 1200, "广西壮族自治区.csv": 42, "四川省.xlsx": 122}


def test_chinese_provinces_in_their_own_containers_balance(system, shared):
    folder = shared / "data/wuhan2020-cn-linelist"
    report = import_files(system, [folder / name for name in CHINA], disease="covid-19")
    assert {f.file: f.rows for f in report.files} == CHINA
    assert balanced(report)
    anhui = rows_with(folder / "安徽省_gb18030.csv", "gb18030")
    assert Case.objects.filter(source_id__in={r["患者编号"] for r in anhui}).count() == len({r["患者编号"] for r in anhui})
    first = Case.objects.get(source_id="551000001")
    assert (first.onset_on, first.area.code) == (date(2020, 1, 18), "安徽省/马鞍山市/和县")  # the instant 2020-01-17T16:00Z is midnight of the 18th there
    assert last_day(report) == date(2020, 2, 27)


def rows_with(path, encoding) -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as f:
        return list(csv.DictReader(f))


def test_singapore_opens_and_its_clean_dates_agree(system, shared):
    path = shared / "data/singapore-2020/COVID-19_Singapore_data_revised.csv"
    report = import_files(system, [path], disease="covid-19", time_zone="Asia/Singapore")
    truth = rows_of(path)
    assert (report.files[0].accepted, report.cases) == (93, len(truth))
    assert {c.source_id: str(c.onset_on) for c in Case.objects.all()} == {r["CaseID"]: r["date_onset_symptoms"].replace("NA", "None") for r in truth}
