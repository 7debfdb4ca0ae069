"""Messages that others wrote, one by one: taken as expected, or refused with the right reason. None of them is in the project."""

import pytest
from interop.test_hl7 import answers, read

from sizao.interop.dialects import dialects
from sizao.interop.hl7 import inbox
from sizao.interop.mapping import map_columns
from sizao.interop.models import ImportFile
from sizao.interop.opening import open_table
from sizao.kernel.errors import Refused
from sizao.registers.cases.models import Case
from sizao.registers.laboratory.models import Specimen

AA = ("AA", "")
#: File → answer and first reason of each of its messages, with the codes that ship.
HL7 = {
    "CELR_v231.hl7": [AA], "CELR_v251_TN.hl7": [AA], "COVID19_ELR_01.hl7": [AA], "COVIDELR_v251_good.hl7": [AA],
    "CELR_v231_HHS_aoe.hl7": [("AE", "hl7-test-unknown")], "VPD_Measles_ELR.hl7": [("AE", "hl7-test-unknown")], "ORU-multiline-short.hl7": [("AE", "hl7-test-unknown")],
    "LAB-ORU-1.hl7": [("AE", "hl7-test-unknown")], "LAB-ORU-2.hl7": [("AE", "hl7-test-unknown")], "ORU-R01-01.hl7": [("AE", "hl7-test-unknown")],
    "sample_unix.hl7": [("AE", "hl7-delimiters")], "sample_win.hl7": [("AE", "hl7-delimiters")], "Lyme_WithBadDelimiters.txt": [("AE", "hl7-delimiters")],
    "VXU.hl7": [("AR", "hl7-type-other")], "IZ_1_1.1_Admin_Child_Max_Message.hl7": [("AR", "hl7-type-other")], "MDHHS-OML-O21-1.hl7": [("AR", "hl7-type-other")],
    "GenV1_Batch_No_headers_twoMSH.txt": [("AE", "condition-unknown")] * 2,
}  # fmt: skip
#: Where somebody has said what the notified conditions are, these stay refused all the same.
STILL = {"Lyme_BadDate.txt": "hl7-time-unreadable", "Lyme_WithBadDelimiters.txt": "hl7-delimiters"}


def files(shared, *folders):
    return [p for f in folders for p in sorted((shared / "data" / f).rglob("*")) if p.suffix.lower() in (".hl7", ".txt")]


@pytest.fixture
def conditions(tmp_path, monkeypatch):
    """A jurisdiction that says of twenty notifiable conditions that they are diseases here."""
    numbers = (10030, 10100, 10104, 10110, 10130, 10180, 10190, 10220, 10230, 10380, 10490, 10530, 11080, 11550, 11801, 50265)
    (tmp_path / "exchange").mkdir()
    lines = "\n".join(f'  "NND:{n}": unspecified' for n in numbers)
    (tmp_path / "exchange" / "conditions.yaml").write_text(f"title: {{zh: 甲, en: A}}\ncodes:\n{lines}\n", encoding="utf-8")
    monkeypatch.setenv("SIZAO_CONTENT", str(tmp_path))


@pytest.mark.django_db
def test_every_hl7_message_of_others_is_answered_and_every_batch_balances(county, shared):
    lab, found = county.user("desk"), {}
    for path in files(shared, "hl7v2", "hl7-fhir-pairs"):
        answered = inbox.receive(lab, path.read_bytes(), sender=f"lab:{path.stem}", name=path.name)
        words = answers(answered)
        found[path.name] = [(w, i.faults[0].code if i.faults else "") for (w, _), i in zip(words, answered.taken.items, strict=True)]
    assert len(found) == 39
    assert found == {name: HL7.get(name, [("AE", "condition-unknown")]) for name in found}
    assert all(f.rows == f.accepted + f.updated + f.duplicate + f.rejected and f.closed_at for f in ImportFile.objects.all())
    stood = dict(Specimen.objects.values_list("source_id", "result"))
    assert stood == {
        "GA LabWare.Prod:AprTill_V2.3.1_2": "positive", "GA LabWare.Prod:AprTill_V2.3.1_3": "positive", "STARLIMS.TN.STAG:N20000178": "invalid", "OneAbbottSol.STAG:P21-0000105078": "positive", "1133623101": None,
    }  # fmt: skip
    assert Case.objects.count() == 2


@pytest.mark.django_db
def test_case_notifications_become_cases_once_somebody_said_what_the_conditions_are(county, shared, conditions):
    office = county.user("cdc")
    for path in files(shared, "hl7v2/case-notification", "hl7v2/malformed"):
        for item in inbox.receive(office, path.read_bytes(), sender=f"office:{path.stem}").taken.items:
            assert [f.code for f in item.faults] == ([STILL[path.name]] if path.name in STILL else []), path.name
    classes = dict(Case.objects.values_list("source_id", "classification"))
    assert (len(classes), classes["GenV2_TC01"], classes["TickborneLyme_TC03"], classes["Pertussis_TC01"]) == (20, "confirmed", "ruled_out", "clinical")
    case = Case.objects.select_related("person").get(source_id="GenV2_TC01")
    assert (str(case.onset_on), case.outcome, str(case.person.birth_date), case.person.sex) == ("2014-02-24", "died", "1964-05-02", "female")


#: Tables of other systems: as what each is read, or why it is none of ours. What is in them is counted in tests/open and test_samples.
TABLES = {
    "cases_clean.csv": ("cases", "godata"), "contacts_clean.csv": ("contacts", "godata"), "followups_clean.csv": ("checks", "godata"), "lab_results_clean.csv": ("samples", "godata"),
    "relationships_clean.csv": ("links", "godata"), "events_clean.csv": "table-is-other", "locations_trainingland.csv": "table-is-other", "teams_clean.csv": "table-kind-unsure",
    "admin_1_import_template.xlsx": "table-kind-unsure", "admin_2_import_template.xlsx": "table-kind-unsure", "koboForm.json": "table-kind-unsure",
    "sormas_contact_import_test.csv": ("contacts", "sormas"), "sormas_import_test_errors.csv": ("cases", "sormas"), "sormas_import_test_line_listing.csv": ("cases", "sormas"),
    "sormas_import_test_success.csv": ("cases", "sormas"), "ReportStream-StandardCSV-ExampleData-20220509.csv": ("samples", "reportstream"),
}  # fmt: skip


def test_every_table_of_other_systems_is_read_as_what_it_is_or_refused(shared):
    known, found = dialects(), {}
    for path in (p for d in ("godata-sandbox", "sormas-import", "lab-csv") for p in sorted((shared / "data" / d).iterdir()) if p.suffix in (".csv", ".xlsx", ".json")):
        try:
            table = open_table(path, knows=known.knows)
            mapping = map_columns(table.header, known, table.name)
            found[path.name] = (mapping.kind, mapping.dialect)
        except Refused as refused:
            found[path.name] = refused.code
    assert found == TABLES


def test_a_real_store_takes_no_message_that_is_marked_as_a_test(shared):
    marked = [i for p in files(shared, "hl7v2/elr") for i in read(p.read_bytes(), production=True)]
    assert [i.id for i in marked if [f.code for f in i.faults] == ["hl7-is-a-test"]] == ["202004021123044319", "20210128162413.806_P21-0000105078", "V18T01602-01_14187"]
    assert all(i.refused for i in marked if any(f.code == "hl7-is-a-test" for f in i.faults))
