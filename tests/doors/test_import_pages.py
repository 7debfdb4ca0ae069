"""The pages of the intake: paste, name a column, put a row right. The store of the tests is a demo's, so the one question that refuses it is put aside."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from sizao.interop.feeds.models import Arrival
from sizao.interop.intake import import_files
from sizao.interop.models import ImportFile, SavedMapping
from sizao.kernel import clock
from sizao.registers.cases.models import Case, Contact

HEAD = "病例编号,姓名,性别,发病日期,报告日期\n"


@pytest.fixture
def desk(outbreak, monkeypatch):
    monkeypatch.setattr("sizao.doors.desk.intake.is_demo", lambda: False)
    return outbreak.client(outbreak.desk, "en")


def seen(answer) -> str:
    text = answer.content.decode()
    assert answer.status_code == 200, text
    return text


def test_rows_pasted_from_a_spreadsheet_are_tried_and_imported(desk):
    pasted = "病例编号\t姓名\t报告日期\nP1\t张三\t2020-01-03\nP2\t李四\t2020-01-04\n"
    tried = seen(desk.post("/import", {"pasted": pasted, "disease": "covid-19", "sender": "town"}))
    assert "Import 2 rows" in tried and not Case.objects.filter(sender="town").exists()
    digest = tried.split('"seen": "')[1].split('"')[0]
    assert "Imported" in seen(desk.post("/import/confirm", {"pasted": pasted, "disease": "covid-19", "sender": "town", "seen": digest}))
    assert set(Case.objects.filter(sender="town").values_list("source_id", flat=True)) == {"P1", "P2"}
    assert desk.post("/import/confirm", {"pasted": pasted + "P3\t王五\t\n", "disease": "covid-19", "seen": digest}).status_code >= 400


def test_a_file_that_cannot_be_told_asks_what_its_columns_are_and_remembers(desk):
    upload = lambda: SimpleUploadedFile("a.csv", "号,人,接触的病例,那天\nK1,赵六,A01,2020-01-04\n".encode())  # noqa: E731
    asked = seen(desk.post("/import", {"files": upload(), "disease": "covid-19", "sender": "x"}))
    assert "for example 2020-01-04" in asked
    assert "What are these columns?" in asked and "接触的病例" in asked and "Last exposure" in asked
    said = {"header": ["号", "人", "接触的病例", "那天"], "field": ["source_id", "name", "related_case", "last_exposure_on"], "kind": "contacts"}
    tried = seen(desk.post("/import", {"files": upload(), "disease": "covid-19", "sender": "x", **said}))
    # the page that was tried asks for the same meanings when it is imported
    assert re.findall(r'name="header" value="([^"]*)"', tried) == said["header"] and 'name="kind" value="contacts"' in tried
    assert [re.search(r'value="(\w+)" selected', s)[1] for s in re.findall(r'<select id="c1-.*?</select>', tried)] == said["field"]
    assert "[form=import-form]" in tried.split('hx-include="')[1].split('"')[0]  # they stand outside the form
    assert not SavedMapping.objects.exists()
    digest = tried.split('"seen": "')[1].split('"')[0]
    desk.post("/import/confirm", {"files": upload(), "disease": "covid-19", "sender": "x", "seen": digest, **said})
    assert Contact.objects.get(sender="x").last_exposure_on.isoformat() == "2020-01-04"
    # the next file with these headers needs nobody
    assert "Import 1 rows" in seen(desk.post("/import", {"files": SimpleUploadedFile("b.csv", "号,人,接触的病例,那天\nK2,孙八,A01,2020-01-05\n".encode()), "disease": "covid-19", "sender": "x"}))
    kept = SavedMapping.objects.get()
    assert "接触的病例" in seen(desk.get("/import/files"))
    assert desk.post(f"/import/word/{kept.pk}").status_code == 302
    assert "What are these columns?" in seen(desk.post("/import", {"files": upload(), "disease": "covid-19", "sender": "x"}))


def test_a_rejected_row_is_put_right_alone_and_so_is_one_cell_of_a_row_that_was_taken(desk, outbreak, system, tmp_path):
    path = tmp_path / "cases.csv"
    path.write_text(HEAD + "R1,张三,男,2020-01-03,2020-01-05\n1.1E+17,李四,女,43834,2020-01-05\nR3,王五,雄,1月4日,2020-01-05\n", encoding="utf-8")
    import_files(system, [path], disease="covid-19", sender="town")
    file = ImportFile.objects.get()
    listed = seen(desk.get(f"/import/files/{file.pk}"))
    assert "row/3" in listed and "row/4" not in listed
    assert "row/4" in seen(desk.get(f"/import/files/{file.pk}?all=1"))
    form = seen(desk.get(f"/import/files/{file.pk}/row/3"))
    assert "李四" in form and "1.1E+17" in form
    assert re.findall('name="header" value="([^"]*)"', form) == HEAD.strip().split(",")  # as the file has them
    assert re.findall(r'value="([^"]*)" autocomplete="off" aria-invalid="true"', form) == ["1.1E+17"]  # the cell that is wrong is marked, and nothing else
    assert "Next rejected row" not in form
    ImportFile.objects.update(closed_at=None, opened_at=clock.now(), post=outbreak.desk.post)
    assert "cases.csv: 3 rows written" in seen(desk.get("/import/files?going=1"))  # how far an import is while it is written
    ImportFile.objects.update(closed_at=clock.now(), post=None)
    cells = {"header": ["病例编号", "姓名", "性别", "发病日期", "报告日期"]}
    again = desk.post(f"/import/files/{file.pk}/row/3", cells | {"cell": ["1.1E+17", "李四", "女", "2020-01-06", ""]})
    assert "Rejected again" in seen(again)
    assert "2020-01-06" in seen(desk.get(f"/import/files/{file.pk}/row/3"))  # as it was last sent
    assert "Accepted: a new record" in seen(desk.post(f"/import/files/{file.pk}/row/3", cells | {"cell": ["R2", "李四", "女", "2020-01-04", "2020-01-05"]}))
    assert "R3" in seen(desk.get(f"/import/files/{file.pk}/row/4"))
    assert "brought up to date" in seen(desk.post(f"/import/files/{file.pk}/row/4", cells | {"cell": ["R3", "", "", "2020-01-04", ""]}))
    assert {c.source_id: str(c.onset_on) for c in Case.objects.filter(sender="town")} == {"R1": "2020-01-03", "R2": "2020-01-04", "R3": "2020-01-04"}
    assert Case.objects.get(sender="town", source_id="R3").person.name == "王五"
    # to who looks it stays one file, whose row is put right
    listed = seen(desk.get("/import/files"))
    assert listed.count("cases.csv") == 1 and "1 put right" in listed
    assert "Every rejected row was put right" in seen(desk.get(f"/import/files/{file.pk}")) and "✓ put right" in seen(desk.get(f"/import/files/{file.pk}?all=1"))
    part = ImportFile.objects.filter(mends=file).order_by("opened_at").first()
    assert desk.get(f"/import/files/{part.pk}")["Location"].endswith(str(file.pk)) and "Row 3" in seen(desk.get(f"/import/files/{part.pk}/row/2"))
    assert Arrival.objects.filter(sender="town").count() == 1  # the sender was heard once: what a desk puts right is no sign of life of his
    # the file as it was, sent once more, takes nothing of that back
    import_files(system, [path], disease="covid-19", sender="town")
    assert str(Case.objects.get(sender="town", source_id="R3").onset_on) == "2020-01-04"


def test_who_may_not_see_names_sees_no_cells_and_mends_no_row(outbreak, system, tmp_path):
    path = tmp_path / "cases.csv"
    path.write_text(HEAD + "1.1E+17,李四,女,2020-01-04,2020-01-05\nR1,张三,男,2020-01-03,2020-01-05\n", encoding="utf-8")
    import_files(system, [path], disease="covid-19", sender="town")
    file = ImportFile.objects.get()
    commander = outbreak.client(outbreak.county.user("commander"), "en")
    assert "李四" not in seen(commander.get(f"/import/files/{file.pk}"))
    assert commander.get(f"/import/files/{file.pk}/row/2").status_code == 403
    assert outbreak.client(outbreak.county.user("desk", "990001101"), "en").get(f"/import/files/{file.pk}").status_code == 404  # not of his area
