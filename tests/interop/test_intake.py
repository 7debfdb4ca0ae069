"""Rows in, records and an account of every row out."""

import csv
import io
import random
from collections import Counter
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sizao.interop import bringing, file_import, ledger, linking, read, tables, text_tables, units
from sizao.interop.intake import import_files, last_day
from sizao.interop.models import ImportFile, ImportRow, SenderKey
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area, Kept
from sizao.kernel.scope import visible
from sizao.registers.cases.models import Case, Contact, Link
from sizao.registers.isolation.models import Stay
from sizao.registers.population.models import Person

pytestmark = pytest.mark.django_db

CASES = """病例编号,姓名,性别,年龄,省,市,发病日期,报告日期,确诊日期,病例分类,关联病例编号,备注
A01,张三,男,30,甲省,乙市,2020-01-03,2020-01-05,2020-01-06,确诊病例,,首例
A02,李四,女,5月龄,甲省,丙市,2020-01-08,2020-01-09,,疑似,A01,
A03,王五,男,50s,甲省,,,2020-01-10,2020-01-10,无症状感染者,A99,A01的同事
"""
CONTACTS = """姓名,联系电话,性别,关联病例,末次接触日期,观察开始日期,观察结束日期,观察状态,解除日期
赵六,13800138000,男,A01,2020-01-04,2020-01-05,2020-01-18,已解除,2020-01-18
钱七,13900139000,女,A02,2020-01-08,2020-01-09,2020-01-22,观察中,
孙八,13700137000,女,B77,2020-01-08,2020-01-09,2020-01-22,观察中,
"""


def put(tmp_path, text, name="cases.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def bring(scope, *paths, **said):
    report = import_files(scope, paths, disease="covid-19", **said)
    for f in report.files:
        assert f.rows == f.accepted + f.updated + f.duplicate + f.rejected
    return report


def outcome(report):
    return {k: v for k, v in report.totals.items() if v and k != "rows"}


def codes(report, file=0):
    return {(p["row"], p["code"]) for p in report.files[file].problems}


def test_a_case_list_becomes_cases_persons_links_and_areas(system, tmp_path):
    report = bring(system, put(tmp_path, CASES))
    assert outcome(report) == {"accepted": 3}
    assert (report.persons, report.cases, report.links, report.dangling) == (3, 3, 1, 1)
    first = Case.objects.get(source_id="A01")
    assert (first.classification, first.onset_on, first.confirmed_at) == ("confirmed", date(2020, 1, 3), datetime(2020, 1, 5, 16, tzinfo=UTC))
    assert first.known_from == datetime(2020, 1, 4, 16, tzinfo=UTC)
    assert first.area.code == "甲省/乙市"
    assert first.area.provisional
    assert Area.objects.get(parent=None).provisional
    baby = Person.objects.get(name="李四")
    assert (float(baby.age_years), baby.age_text, baby.birth_year) == (0.417, "5月龄", None)
    assert Person.objects.get(name="王五").age_years is None
    assert list(Link.objects.values_list("infector__source_id", "infectee__source_id")) == [("A01", "A02")]
    assert codes(report) == {(4, "link-dangling")}
    assert report.files[0].unmapped == ["备注"]
    assert last_day(report) == date(2020, 1, 10)


def test_cells_that_nobody_understood_are_kept_with_the_row_and_sealed(system, tmp_path):
    bring(system, put(tmp_path, CASES))
    row = ImportRow.objects.get(line=4)
    assert ledger.kept_cells(row) == {"cells": {"备注": "A01的同事"}, "values": ["A99"]}
    assert "同事".encode() not in bytes(row.kept)
    assert "A01的同事" not in str(ImportRow.objects.filter(pk=row.pk).values())


def test_contacts_find_their_case_whichever_file_is_named_first(system, tmp_path):
    report = bring(system, put(tmp_path, CONTACTS, "contacts.csv"), put(tmp_path, CASES))
    assert [f.file for f in report.files] == ["contacts.csv", "cases.csv"]
    assert (report.contacts, report.links, report.dangling) == (3, 3, 2)
    assert Contact.objects.get(person__name="赵六").case.source_id == "A01"
    assert Contact.objects.get(person__name="赵六").released_at == datetime(2020, 1, 18, 15, 59, 59, 999999, tzinfo=UTC)
    assert Contact.objects.get(person__name="孙八").case is None
    assert (4, "link-dangling") in codes(report)
    assert last_day(report) == date(2020, 1, 18)


def test_the_same_file_again_is_all_duplicates_and_a_changed_cell_is_one_update(system, tmp_path):
    bring(system, put(tmp_path, CASES))
    assert outcome(bring(system, put(tmp_path, CASES))) == {"duplicate": 3}
    changed = bring(system, put(tmp_path, CASES.replace("2020-01-03,2020-01-05", "2020-01-02,2020-01-05")))
    assert outcome(changed) == {"updated": 1, "duplicate": 2}
    assert Case.objects.get(source_id="A01").onset_on == date(2020, 1, 2)
    remark = bring(system, put(tmp_path, CASES.replace("2020-01-03,2020-01-05", "2020-01-02,2020-01-05").replace("首例", "第一例")))
    assert outcome(remark) == {"updated": 1, "duplicate": 2}
    assert (Case.objects.count(), Person.objects.count(), Link.objects.count()) == (3, 3, 1)


def test_columns_in_another_order_are_the_same_rows(system, tmp_path):
    bring(system, put(tmp_path, CASES))
    turned = io.StringIO()
    csv.writer(turned, lineterminator="\n").writerows([row[::-1] for row in csv.reader(io.StringIO(CASES))])
    assert outcome(bring(system, put(tmp_path, turned.getvalue(), "turned.csv"))) == {"duplicate": 3}


def test_a_reference_that_dangled_is_found_when_its_case_has_come(system, tmp_path):
    path = put(tmp_path, CASES)
    bring(system, path)
    bring(system, put(tmp_path, CASES.splitlines()[0] + "\nA99,周九,女,40,甲省,乙市,,2020-01-11,,疑似,,\n", "more.csv"))
    again = bring(system, path)
    assert (outcome(again), again.links, again.dangling) == ({"duplicate": 3}, 2, 0)
    assert Link.objects.filter(infector__source_id="A99", infectee__source_id="A03").exists()


def test_two_equal_rows_that_name_somebody_are_one_and_a_duplicate(system, tmp_path):
    text = "姓名,性别,关联病例,末次接触日期\n赵六,男,A01,2020-01-04\n赵六,男,A01,2020-01-04\n"
    report = bring(system, put(tmp_path, text))
    assert outcome(report) == {"accepted": 1, "duplicate": 1}
    assert (3, "row-repeated") in codes(report)
    assert outcome(bring(system, put(tmp_path, text))) == {"duplicate": 2}


def test_equal_rows_that_name_nobody_may_be_several_people_and_all_are_kept(system, tmp_path):
    text = "性别,关联病例,末次接触日期\n男,A01,2020-01-04\n男,A01,2020-01-04\n男,A01,2020-01-04\n"
    report = bring(system, put(tmp_path, text))
    assert outcome(report) == {"accepted": 3}
    assert {(3, "row-twin-kept"), (4, "row-twin-kept")} <= codes(report)
    assert outcome(bring(system, put(tmp_path, text))) == {"duplicate": 3}
    assert Contact.objects.count() == 3


def test_several_rows_of_one_number_are_one_record_and_their_differences_are_told(system, tmp_path):
    text = "病例编号,姓名,发病日期,确诊日期\n1,张三,2020-01-03,\n2,李四,2020-01-03,\n1,,,2020-01-06\n1,张三丰,2020-01-03,\n"
    report = bring(system, put(tmp_path, text))
    assert outcome(report) == {"accepted": 2, "duplicate": 2}
    case = Case.objects.get(source_id="1")
    assert case.confirmed_at is not None
    assert case.person_id == Person.objects.get(name="张三").pk
    assert {(4, "row-joined"), (5, "row-joined"), (5, "row-joined-differs")} <= codes(report)
    assert outcome(bring(system, put(tmp_path, text))) == {"duplicate": 4}


def test_rows_that_cannot_be_used_are_rejected_alone_and_say_why(system, tmp_path):
    text = "病例编号,姓名,性别,发病日期\n1,张三,男,2020-01-03\n1.10105E+17,李四,女,2020-01-03\n3,王五,男,2020-01-03,多\n,,,\n5,赵六,ERROR,1999-01-03\n6,钱七,女,2020-01-03\n7,孙八,女,2020-01-0"
    report = bring(system, put(tmp_path, text))
    assert outcome(report) == {"accepted": 4, "rejected": 3}
    assert codes(report) >= {(3, "digits-lost"), (4, "row-too-long"), (5, "row-empty"), (6, "value-unknown"), (6, "date-year-doubtful"), (8, "date-unreadable")}
    held = Case.objects.get(source_id="5")
    assert (held.onset_on, held.person.sex) == (None, None)
    kept = ledger.kept_cells(ImportRow.objects.get(line=3))
    assert kept["cells"] == {"病例编号": "1.10105E+17", "姓名": "李四", "性别": "女", "发病日期": "2020-01-03"}


def test_a_day_of_birth_in_three_columns_is_one_day_and_a_year_alone_stays_a_year(system, tmp_path):
    header = "disease,person.firstName,person.lastName,epidNumber,reportDate,person.birthdateDD,person.birthdateMM,person.birthdateYYYY\n"
    rows = "MEASLES,A,One,1,2020-01-03,23,7,1982\nMEASLES,B,Two,2,2020-01-03,,,1990\nMEASLES,C,Three,3,2020-01-03,31,2,1991\n"
    report = bring(system, put(tmp_path, header + rows))
    assert list(Person.objects.order_by("name").values_list("birth_date", "birth_year")) == [(date(1982, 7, 23), 1982), (None, 1990), (None, 1991)]
    assert (4, "date-unreadable") in codes(report)


def test_a_formula_is_kept_as_text_and_noted(system, tmp_path):
    report = bring(system, put(tmp_path, "病例编号,姓名,发病日期\n1,\"=HYPERLINK(\"\"http://x\"\")\",2020-01-03\n"))
    assert codes(report) == {(2, "cell-formula"), (2, "place-missing")}
    assert Person.objects.get().name == '=HYPERLINK("http://x")'


def test_personal_values_are_masked_in_the_report(system, tmp_path):
    report = bring(system, put(tmp_path, "病例编号,姓名,身份证号,发病日期\n1,张三,110105194912310021,2020-01-03\n"))
    assert [p["value"] for p in report.files[0].problems if p["code"] == "id-check-digit"] == ["1******"]
    assert "110105194912310021" not in str(report.as_json())


def test_the_json_of_a_report_has_the_agreed_form(system, tmp_path):
    said = bring(system, put(tmp_path, CASES)).as_json()
    assert {"files", "totals", "persons", "cases", "contacts", "links"} <= set(said)
    assert {"file", "rows", "accepted", "updated", "duplicate", "rejected", "columns", "unmapped", "problems"} <= set(said["files"][0])
    assert set(said["files"][0]["problems"][0]) == {"row", "column", "value", "code", "zh", "en"}
    assert said["files"][0]["problems"][0]["column"] == "关联病例编号"


def test_a_dry_run_writes_nothing_and_foresees_the_outcome(system, tmp_path):
    path = put(tmp_path, CASES)
    foreseen = bring(system, path, dry_run=True)
    assert outcome(foreseen) == {"accepted": 3}
    assert (Case.objects.count(), ImportFile.objects.count(), Area.objects.count()) == (0, 0, 0)
    bring(system, path)
    assert outcome(bring(system, put(tmp_path, CASES.replace("首例", "x")), dry_run=True)) == {"updated": 1, "duplicate": 2}


def test_a_dry_run_foresees_what_lies_outside_the_posts_area(county, tmp_path):
    header = "病例编号,姓名,区县,乡镇,报告日期\n"
    rows = "1,张三,青禾县,1号镇,2020-01-03\n2,李四,青禾县,2号镇,2020-01-03\n2,李四,青禾县,2号镇,2020-01-04\n3,王五,青禾县,1号镇,2020-01-05\n"
    path, desk = put(tmp_path, header + rows), county.user("desk", "990001101")
    foreseen = bring(desk, path, dry_run=True)
    assert Case.objects.count() == 0
    done = bring(desk, path)
    assert foreseen.totals == done.totals == {"rows": 4, "accepted": 2, "updated": 0, "duplicate": 0, "rejected": 2}
    assert foreseen.cases == done.cases == 2
    assert codes(foreseen) == codes(done) >= {(3, "not-found-or-out-of-area")}
    changed = put(tmp_path, (header + rows).replace("张三,青禾县,1号镇", "张三,青禾县,2号镇"))
    assert bring(desk, changed, dry_run=True).totals == bring(desk, changed).totals == {"rows": 4, "accepted": 0, "updated": 0, "duplicate": 1, "rejected": 3}


def test_days_of_isolation_become_stays_and_make_that_act_kept_below_the_files_area(system, tmp_path):
    bring(system, put(tmp_path, "病例编号,姓名,省,市,报告日期,隔离日期,流调日期\n1,张三,甲省,乙市,2020-01-03,2020-01-04,\n2,李四,甲省,丙市,2020-01-05,,\n"))
    assert Stay.objects.get().started_at == datetime(2020, 1, 3, 16, tzinfo=UTC)
    kept = Kept.objects.get()
    assert (kept.act_kind, kept.area.code, kept.since) == ("stay.admitted", "甲省", datetime(2020, 1, 2, 16, tzinfo=UTC))


def test_a_day_in_hospital_is_a_stay_there(system, tmp_path):
    bring(system, put(tmp_path, "病例编号,姓名,省,报告日期,隔离日期,入院日期\n1,张三,甲省,2020-01-03,2020-01-04,2020-01-06\n2,李四,甲省,2020-01-05,,2020-01-06\n"))
    assert Counter(Stay.objects.values_list("person__name", "kind")) == {("张三", None): 1, ("张三", "hospital"): 1, ("李四", "hospital"): 1}


def test_a_list_that_names_no_place_belongs_to_the_area_of_the_post_that_sends_it_and_says_so(county, tmp_path):
    path = put(tmp_path, "病例编号,姓名,报告日期,隔离日期\n1,张三,2020-01-03,2020-01-04\n2,李四,2020-01-05,\n")
    report = bring(county.user("desk", "990001101"), path)
    assert (outcome(report), codes(report)) == ({"accepted": 2}, {(2, "place-missing"), (3, "place-missing")})
    assert "Township 1" in report.files[0].problems[0]["en"]
    assert set(Case.objects.values_list("area__code", flat=True)) == {"990001101"}
    assert Kept.objects.get(act_kind="stay.admitted").area.code == "990001101"
    assert outcome(bring(county.user("desk"), path)) == {"duplicate": 2}  # the county's desk moves nobody by sending the same rows


def test_an_import_that_stops_goes_on_where_it_stopped_and_shows_nothing_before(system, tmp_path, monkeypatch):
    for module in (tables, text_tables, units, linking):
        monkeypatch.setattr(module, "BLOCK", 10, raising=False)
    text = "病例编号,姓名,性别,报告日期,关联病例编号\n" + "".join(f"{n},人{n},男,2020-01-{n % 28 + 1:02},{n - 1 if n else ''}\n" for n in range(45))
    path = put(tmp_path, text)
    real, calls = bringing.case_report_received.receive, []

    def crash(*args, **kwargs):
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("power cut")
        return real(*args, **kwargs)

    monkeypatch.setattr(bringing.case_report_received, "receive", crash)
    with pytest.raises(RuntimeError):
        bring(system, path)
    assert Case.objects.count() == 20
    assert Case.objects.filter(visible()).count() == 0
    with pytest.raises(Refused, match="import-unfinished"):
        bring(system, put(tmp_path, CASES, "other.csv"))
    report = bring(system, path)
    assert report.files[0].resumed
    assert outcome(report) == {"accepted": 45}
    assert Case.objects.filter(visible()).count() == 45
    assert (report.links, Link.objects.count()) == (44, 44)
    assert outcome(bring(system, path)) == {"duplicate": 45}


def test_very_many_changes_come_in_several_transactions_and_go_on_after_a_crash(system, tmp_path, monkeypatch):
    monkeypatch.setattr(file_import, "MOST_CLOSING", 10)
    monkeypatch.setattr(file_import, "AT_ONCE", 5)
    text = "病例编号,姓名,性别,报告日期\n" + "".join(f"{n},人{n},男,2020-01-{n % 28 + 1:02}\n" for n in range(42))
    bring(system, put(tmp_path, text))
    path, real, calls = put(tmp_path, text.replace("男", "女") + "99,新人,男,2020-01-03\n"), file_import.FileImport._change, []

    def crash(self, some):
        calls.append(len(some))
        if len(calls) == 6:
            raise RuntimeError("power cut")
        return real(self, some)

    monkeypatch.setattr(file_import.FileImport, "_change", crash)
    with pytest.raises(RuntimeError):
        bring(system, path)
    changed = Person.objects.filter(sex="female").count()
    assert changed == 20  # whole transactions of ten; the third was cut off
    assert Case.objects.filter(visible(), source_id="99").count() == 0
    report = bring(system, path)
    assert (outcome(report), report.files[0].resumed) == ({"accepted": 1, "updated": 42}, True)
    assert Person.objects.filter(sex="female").count() == 42
    assert Case.objects.filter(visible()).count() == 43
    assert calls[6:] == [5, 5, 5, 5, 2]
    assert outcome(bring(system, path)) == {"duplicate": 43}


def test_an_update_is_not_seen_before_the_file_is_whole(system, tmp_path, monkeypatch):
    path = put(tmp_path, CASES)
    bring(system, path)
    monkeypatch.setattr(bringing.case_report_received, "receive", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bring(system, put(tmp_path, CASES.replace("2020-01-03,2020-01-05", "2020-01-02,2020-01-05")))
    assert Case.objects.get(source_id="A01").onset_on == date(2020, 1, 3)


def test_a_file_named_twice_in_one_call_is_taken_once(system, tmp_path):
    path = put(tmp_path, CASES)
    report = bring(system, path, path)
    assert [(f.accepted, f.duplicate) for f in report.files] == [(3, 0), (0, 3)]
    assert (report.cases, Case.objects.count()) == (3, 3)


def test_a_post_that_may_not_import_is_refused(county, tmp_path):
    with pytest.raises(Refused, match="not-allowed"):
        bring(county.user("grid_worker"), put(tmp_path, CASES))


def test_names_below_an_area_file_are_found_and_strange_ones_are_noted(county, system, tmp_path):
    text = "病例编号,姓名,区县,乡镇,村,报告日期\n1,张三,青禾县,1号镇,1-1村,2020-01-03\n2,李四,青禾县,9号镇,,2020-01-03\n3,王五,,2号镇,,2020-01-03\n"
    report = bring(system, put(tmp_path, text))
    assert list(Case.objects.order_by("source_id").values_list("area__code", flat=True)) == ["990001101201", "990001/9号镇", "990001102"]
    assert codes(report) == {(3, "place-unknown")}


def test_the_ledger_shows_values_only_to_who_may_see_names(county, system, tmp_path):
    text = "病例编号,姓名,性别,报告日期\n1,张三,雄,2020-01-03\n"
    file = bring(system, put(tmp_path, text)).files[0].id
    desk, commander = county.user("desk"), county.user("commander")
    assert read.rows(desk, file, only_problems=True)[0]["problems"][0]["value"] == "雄"
    masked = read.rows(commander, file)[0]
    assert (masked["problems"][0]["code"], masked["cells"]) == ("value-unknown", {})
    assert [f.name for f in read.files(commander)] == ["cases.csv"]
    with pytest.raises(Refused, match="not-allowed"):
        read.files(county.user("grid_worker"))


def test_the_ledger_says_which_row_a_repeated_one_repeats(system, tmp_path):
    file = bring(system, put(tmp_path, "姓名,性别,关联病例,末次接触日期\n赵六,男,A01,2020-01-04\n赵六,男,A01,2020-01-04\n")).files[0].id
    said = read.rows(system, file, outcome="duplicate")
    assert (said[0]["line"], said[0]["problems"][0]["en"]) == (3, "The row is identical to row 2.")


def test_two_senders_may_use_the_same_numbers(system, tmp_path):
    bring(system, put(tmp_path, CASES), sender="a")
    assert outcome(bring(system, put(tmp_path, CASES), sender="b")) == {"accepted": 3}
    assert SenderKey.objects.count() == 6


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["1", "2", "3", "4", "", "NA", "1.1E+17"]),
            st.sampled_from(["张三", "", "不详", "=x", "\x00a"]),
            st.sampled_from(["男", "F", "?", "x"]),
            st.sampled_from(["2020-01-03", "3/4/2020", "1999-01-01", "", "昨天"]),
            st.sampled_from(["1", "9", "有", "", "1、2"]),
        ),
        min_size=1,
        max_size=12,
    ),
    st.randoms(),
)
def test_whatever_the_rows_they_add_up_and_coming_again_changes_nothing(system, tmp_path, rows, chance):
    out = io.StringIO()
    csv.writer(out).writerows([("病例编号", "姓名", "性别", "发病日期", "关联病例编号"), *rows])
    path = put(tmp_path, out.getvalue(), f"{random.random()}.csv")
    sender = path.name
    report = bring(system, path, sender=sender)
    counted = sum(1 for _ in csv.reader(io.StringIO(out.getvalue()))) - 1
    blanks = len(rows) - len([r for i, r in enumerate(rows) if any(c.strip() for x in rows[i:] for c in x)])
    assert report.files[0].rows == counted - blanks
    assert Counter(ImportRow.objects.filter(file=report.files[0].id).values_list("outcome", flat=True)) == outcome(report)
    before = (Case.objects.filter(sender=sender).count(), Link.objects.filter(sender=sender).count())
    again = bring(system, path, sender=sender)
    assert (again.files[0].accepted, again.files[0].updated) == (0, 0)
    assert again.files[0].rejected == report.files[0].rejected
    assert before == (Case.objects.filter(sender=sender).count(), Link.objects.filter(sender=sender).count())
