"""Who refers to whom: lost zeros, dangling, circular and reversed links, tables of links, follow-ups, several exports of one office."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from interop.test_intake import bring, codes, outcome, put

from sizao.interop import read, sayings
from sizao.interop.models import SavedMapping
from sizao.kernel.errors import Refused
from sizao.kernel.models import Kept
from sizao.registers.cases.models import Case, Contact, Link
from sizao.registers.cases.numbers import cases_by_number, cases_named
from sizao.registers.isolation.models import DailyCheck

pytestmark = pytest.mark.django_db
HEAD = "病例编号,姓名,发病日期,关联病例编号\n"


def test_a_number_that_lost_its_zeros_is_found_and_said_so(system, tmp_path):
    report = bring(system, put(tmp_path, HEAD + "0379000005,甲,2020-01-03,\n0379000006,乙,2020-01-08,379000005\n"))
    assert (report.links, report.dangling) == (1, 0)
    assert (3, "link-zeros-ignored") in codes(report)
    contacts = put(tmp_path, "姓名,关联病例,末次接触日期\n丙,379000006,2020-01-09\n丁,0379000006,2020-01-09\n", "k.csv")
    report = bring(system, contacts)
    assert (report.links, [c for _, c in sorted(codes(report)) if c.startswith("link")]) == (2, ["link-zeros-ignored"])
    assert set(Contact.objects.values_list("case__source_id", flat=True)) == {"0379000006"}


def test_a_number_that_means_two_cases_without_its_zeros_means_neither(system, tmp_path):
    report = bring(system, put(tmp_path, HEAD + "007,甲,2020-01-03,\n07,乙,2020-01-03,\n8,丙,2020-01-08,7\n"))
    assert (report.links, report.dangling) == (0, 1)
    assert (4, "link-several") in codes(report)


def test_circles_and_links_that_run_backwards_are_listed_and_kept(system, tmp_path):
    report = bring(system, put(tmp_path, HEAD + "A1,甲,2020-01-03,A2\nA2,乙,2020-01-05,A3\nA3,丙,2020-01-07,A1\nA4,丁,2020-01-02,A1\nA5,戊,2020-01-09,A5\n"))
    said = {(line, code) for line, code in codes(report) if code.startswith("link")}
    assert said == {
        (2, "link-in-circle"), (3, "link-in-circle"), (4, "link-in-circle"),
        (2, "link-reversed"), (3, "link-reversed"), (5, "link-reversed"), (6, "link-circular"),
    }  # fmt: skip
    assert Link.objects.count() == 4
    problems = next(p for p in report.files[0].problems if p["code"] == "link-in-circle")
    assert problems["value"] == "A1 → A2 → A3"
    rows = read.rows(system, report.files[0].id, only_problems=True)
    assert [p["code"] for p in rows[0]["problems"] if p["code"].startswith("link")] == ["link-reversed", "link-in-circle"]


def test_a_table_of_links_joins_cases_and_gives_contacts_their_case_once(system, tmp_path):
    cases = put(tmp_path, "病例编号,姓名,报告日期\nA1,甲,2020-01-03\nA2,乙,2020-01-04\n")
    contacts = put(tmp_path, "接触者编号,姓名,末次接触日期\nK1,丙,2020-01-04\n", "k.csv")
    links = put(tmp_path, "infector,case_id,source\nA1,A2,home\nA1,K1,work\nA2,K1,work\nA9,A1,?\n", "links.csv")
    report = bring(system, links, contacts, cases)
    assert (report.files[0].kind, report.links, report.dangling) == ("links", 3, 1)
    assert codes(report) == {(4, "contact-of-another"), (5, "link-dangling")}
    assert outcome(report) == {"accepted": 5, "updated": 1, "duplicate": 1}
    assert (Link.objects.count(), Contact.objects.get().case.source_id) == (1, "A1")
    assert outcome(bring(system, links, contacts, cases)) == {"duplicate": 7}
    bring(system, put(tmp_path, "病例编号,姓名,报告日期\nA9,戊,2020-01-01\n", "more.csv"))
    again = bring(system, links)
    assert (outcome(again), again.dangling) == ({"updated": 1, "duplicate": 3}, 0)
    assert Link.objects.filter(infector__source_id="A9").exists()


def test_follow_ups_become_checks_of_the_contacts_they_name_and_of_no_other(system, tmp_path):
    bring(system, put(tmp_path, "接触者编号,姓名,末次接触日期\nK1,丙,2020-01-04\n", "k.csv"))
    path = put(
        tmp_path,
        "uuid,contact_uuid,followup_status,date_of_followup\nF1,K1,SEEN_OK,2020-01-05\nF2,K1,MISSED,2020-01-06\nF3,K1,NOT_PERFORMED,2020-01-07\nF4,K7,SEEN_OK,2020-01-05\nF5,K1,SEEN_OK,\n",
        "f.csv",
    )
    report = bring(system, path)
    assert (report.files[0].kind, outcome(report), report.links, report.dangling) == ("checks", {"accepted": 5}, 4, 1)
    assert codes(report) == {(4, "follow-up-not-made"), (5, "follow-up-unlinked"), (6, "follow-up-without-date")}
    assert list(DailyCheck.objects.values_list("source_id", "outcome")) == [("F1", "ok")]
    assert outcome(bring(system, path)) == {"duplicate": 5}


def test_a_log_of_follow_ups_makes_the_daily_check_kept_from_its_first_day_below_the_area_it_checked(system, tmp_path):
    contacts = put(tmp_path, "密接编号,姓名,性别,省,市,末次接触日期\nK1,赵六,男,甲省,乙市,2020-01-04\nK2,钱七,女,甲省,丙市,2020-01-04\nK3,孙八,女,丁省,,2020-01-04\n", "contacts.csv")
    header = "uuid,contact_uuid,followup_status,date_of_followup\n"
    bring(system, contacts, put(tmp_path, header + "F1,K3,MISSED,2020-01-05\nF2,K9,SEEN_OK,2020-01-05\n", "none.csv"))
    assert set(Kept.objects.values_list("act_kind", flat=True)) == {"contact.named"}  # nobody was checked
    bring(system, put(tmp_path, header + "F3,K1,SEEN_OK,2020-01-06\nF4,K2,SEEN_NOT_OK,2020-01-07\n", "log.csv"))
    kept = Kept.objects.exclude(act_kind="contact.named").get()
    assert (kept.act_kind, kept.area.code, kept.since) == ("isolation.daily_check", "甲省", datetime(2020, 1, 5, 16, tzinfo=UTC))


def test_two_exports_of_one_office_tell_of_a_case_in_turn_and_neither_undoes_the_other(system, tmp_path):
    one = put(tmp_path, "病例编号,姓名,省,报告日期\nA1,甲,乙省,2020-01-03\n")
    two = put(tmp_path, "病例编号,转归,出院日期\nA1,治愈,2020-02-01\n", "two.csv")
    bring(system, one)
    assert outcome(bring(system, two)) == {"updated": 1}
    case = Case.objects.get()
    assert (case.outcome, case.area.code, case.person.name) == ("recovered", "乙省", "甲")  # the second told no place, and moved nobody
    assert outcome(bring(system, one, two)) == {"duplicate": 2}


def test_what_somebody_says_of_a_sender_s_columns_holds_for_his_next_file_until_it_is_taken_back(system, tmp_path):
    text = "号,人,病例,那天\nK1,甲,A01,2020-01-04\n"
    said = {"columns": {"号": "source_id", "人": "name", "病例": "related_case", "那天": "last_exposure_on"}, "kind": "contacts"}
    with pytest.raises(Refused, match="table-kind-unsure"):
        bring(system, put(tmp_path, text))
    bring(system, put(tmp_path, text), dry_run=True, **said)
    assert not SavedMapping.objects.exists()
    bring(system, put(tmp_path, text), **said)
    turned = put(tmp_path, "那天,病例,人,号\n2020-01-05,A01,乙,K2\n", "next.csv")
    assert bring(system, turned).files[0].said == said["columns"]
    with pytest.raises(Refused, match="table-kind-unsure"):
        bring(system, turned, sender="another")
    sayings.take_back(system, sayings.sayings(system).get().pk)
    with pytest.raises(Refused, match="table-kind-unsure"):
        bring(system, put(tmp_path, text))
    with pytest.raises(Refused, match="mapping-field-unknown"):
        bring(system, put(tmp_path, text), columns={"号": "colour"})


def test_a_dry_run_foresees_links_areas_and_changes_as_they_will_be(system, tmp_path):
    bring(system, put(tmp_path, HEAD + "A1,甲,2020-01-03,\n"))
    path = put(tmp_path, HEAD + "A1,甲,2020-01-04,A9\n002,乙,2020-01-05,\nA3,丙,2020-01-06,2\nA3,丙,,\n")
    foreseen, made = bring(system, path, dry_run=True), bring(system, path)
    assert foreseen.dry_run and foreseen.files[0].id is None
    tell = lambda r: (r.totals, r.links, r.dangling, r.persons, r.files[0].problem_counts)  # noqa: E731
    assert tell(foreseen) == tell(made)
    assert outcome(made) == {"accepted": 2, "updated": 1, "duplicate": 1}


@pytest.mark.parametrize("header, kind", [("日期,确诊数,死亡数", ""), ("onset_date,nr,value", ""), ("date,onset,death,reporting", ""), ("case_id,province,infection_case,confirmed", "")])
def test_a_table_of_counts_is_taken_for_no_list_of_people(system, tmp_path, header, kind):
    with pytest.raises(Refused, match="table-kind-unsure"):
        bring(system, put(tmp_path, header + "\n2020-01-03,1,2,3\n"))


@pytest.mark.parametrize("find", [cases_by_number, cases_named])
def test_the_whole_numbers_of_a_chunk_are_found_along_their_own_index(find, django_assert_num_queries):
    """Walking along all that the sender ever sent, and taking it for little, made every chunk dearer than the one before."""
    numbers = [f"{n:08}" for n in range(2000)]
    with django_assert_num_queries(1) as asked:
        assert find("office", numbers) == {}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + asked.captured_queries[0]["sql"])
        assert "case_natural_key" in str(cursor.fetchall())
