"""Hands that press twice, come back late, paste what a spreadsheet spoilt, and type what should run: nothing typed is lost, nothing is written twice, nothing runs."""

import csv
import io
import re

import pytest
from doors.test_desk import DAY, at, finding, street

from sizao.doors.desk.investigate import headed, pasted_lines
from sizao.kernel import clock
from sizao.registers.cases.models import Case, Contact
from sizao.registers.ledgers.models import Entry
from sizao.registers.population.models import Person

__all__ = ["finding", "street"]
pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}"
FORMULA = "=HYPERLINK(\"http://x\",\"张\")"


def card(name, **more):
    told = {"p.name": name, "p.area": "990001101201-1", "c.disease": "covid-19", "c.classification": "suspected", "k.diagnosed_at": "2020-06-16T09:00"}
    return told | {k.replace("_", ".", 1): v for k, v in more.items()}


def test_a_card_pressed_twice_is_one_case(outbreak):
    client = outbreak.client(outbreak.desk)
    told = card("冯春兰") | {"key": "018f4a3c-0000-7000-8000-00001a2b3c4d"}
    before = Case.objects.count()
    first, second = client.post("/cards/new", told), client.post("/cards/new", told)
    assert first.status_code == second.status_code == 302 and first["Location"] == second["Location"]
    assert Case.objects.count() == before + 1


@pytest.mark.parametrize("name", ["尔", "阿卜杜热西提·麦麦提艾力·买买提依明江·阿不力克木·吐尔逊", "𠮷田𡈽", "Ñandú Ōé", "龘靐齉"])
def test_names_of_one_and_of_thirty_characters_and_rare_signs_are_kept_as_typed(outbreak, name):
    client = outbreak.client(outbreak.desk)
    answer = client.post("/cards/new", card(name))
    assert answer.status_code == 302
    assert name in client.get(answer["Location"]).content.decode()
    assert Person.objects.filter(name=name).count() == 1


def test_hostile_text_is_shown_as_text_everywhere_and_runs_nowhere(outbreak, street, finding):
    client = outbreak.client(outbreak.desk)
    case = client.post("/cards/new", card(HOSTILE))["Location"].split("?")[0]
    for address in ("/desk", case, "/registers/cases", "/cards", f"/find?q={HOSTILE}"):
        body = client.get(address).content.decode()
        assert "<script>alert" not in body and "49" not in re.findall(r"alert\(1\)[^<]{0,20}", body), address
    with clock.frozen(at(16, 9)):
        market = street.client(street.posts["菜市场"])
        market.post(f"/desk/ticket/{finding.row.pk}", {"answer": HOSTILE, "seen": finding.row.change_no})
        assert "<script>alert" not in street.client(finding.inspector).get("/desk").content.decode()


def test_a_name_that_is_a_formula_is_text_in_an_export(outbreak):
    client = outbreak.client(outbreak.desk)
    assert client.post("/cards/new", card(FORMULA)).status_code == 302
    answer = client.post("/registers/persons/export", {"format": "csv", "names": "1", "purpose": "response"})
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    told = [c for r in rows for c in r if "HYPERLINK" in c]
    assert told and all(not c.startswith(("=", "+", "-", "@", "\t", "\r")) for c in told)


def test_of_two_who_edit_one_case_the_second_sees_both_values_and_keeps_what_he_typed(outbreak):
    client, way = outbreak.client(outbreak.desk, "en"), f"/registers/cases/{outbreak.case}/edit"
    seen = re.search(r'name="seen" value="(\d+)"', client.get(way).content.decode())[1]
    row = Case.objects.get(pk=outbreak.case)
    both = {"area": row.area.code, "disease": row.disease, "classification": "confirmed", "seen": seen}
    assert client.post(way, both | {"onset_on": "2020-06-01"}).status_code == 302
    answer = client.post(way, both | {"onset_on": "2020-06-05", "source": "写了很久的来源"})
    body = answer.content.decode()
    assert answer.status_code == 409 and "2020-06-01" in body and 'value="2020-06-05"' in body and "写了很久的来源" in body
    again = re.search(r'name="seen" value="(\d+)"', body)[1]
    assert client.post(way, both | {"seen": again, "onset_on": "2020-06-05", "source": "写了很久的来源"}).status_code == 302
    row.refresh_from_db()
    assert str(row.onset_on) == "2020-06-05" and row.source == "写了很久的来源"


# -- what a spreadsheet spoils

TODAY = DAY


def test_a_table_with_merged_cells_empty_lines_and_numbers_as_floats_is_read_as_it_was_meant():
    text = "序号\t姓名\t性别\t年龄\t身份证号\t联系电话\t末次接触日期\n1\t李 丽\t女\t35.0\t110105199003072284\t13900000002.0\t2020-06-10\n2\t王强\t男\t52\t3.30106E+17\t\t\n\t\t\t\t\t\t\n3\t赵敏\t女\t28\t\t\t\n4\t孙雨\t女\t9\t330106201106062000\t13900000004\t6-11\n"
    lines = pasted_lines(text, TODAY)
    assert [(x.at, x.name, x.age, x.phone, x.national_id, str(x.last_exposure_on), x.lost, x.carried) for x in lines] == [
        (2, "李丽", 35, "13900000002", "110105199003072284", "2020-06-10", False, ()),
        (3, "王强", 52, "", "", "2020-06-10", True, ("last_exposure_on",)),  # the merged cell above says the day of both
        (5, "赵敏", 28, "", "", "None", False, ()),  # an empty row ends what was merged
        (6, "孙雨", 9, "13900000004", "", "2020-06-11", True, ()),  # three zeros that the check digit does not bear out
    ]
    assert not any(x.note for x in lines)


@pytest.mark.parametrize("number", ["1.1010519491231E+17", "1.10105E+17", "3.30106e17"])
def test_an_identity_number_that_a_spreadsheet_took_for_a_quantity_is_refused_with_its_cure_at_every_door(outbreak, number):
    """110105194912310021 comes back as 1.1010519491231E+17: the last digits are gone for good, so nobody is filed under what is left."""
    client, before = outbreak.client(outbreak.desk, "en"), Person.objects.count()
    told = {"name": "冯春兰", "area": "990001101201-1", "national_id": number}
    answers = [
        client.post("/registers/persons/new", told), client.post("/cards/new", card("冯春兰", p_national_id=number)),
        client.post("/registers/persons/import", {"table": f"姓名\t现住地\t身份证件号码\n冯春兰\t990001101201-1\t{number}\n", "write": "1"}),
        client.post("/api/v1/persons", {"rows": [{"values": told}]}, content_type="application/json", HTTP_IDEMPOTENCY_KEY=number),
        client.post("/api/v1/persons", {"rows": [{"values": told | {"national_id": 1.1010519491231e17}}]}, content_type="application/json", HTTP_IDEMPOTENCY_KEY=f"{number}f"),
    ]  # fmt: skip
    assert [a.status_code for a in answers] == [422, 422, 200, 200, 200]
    assert [n for n, a in enumerate(answers) if "lost its digits" not in a.content.decode() and '"digits-lost"' not in a.content.decode()] == []
    assert Person.objects.count() == before


def test_a_table_without_a_head_is_read_by_what_stands_in_its_columns():
    lines = pasted_lines("1\t李丽\t女\t35\t13900000002\n2\t王强\t男\t52\t13900000003\n", TODAY)
    assert [(x.name, x.sex, x.age, x.phone) for x in lines] == [("李丽", "female", 35, "13900000002"), ("王强", "male", 52, "13900000003")]
    assert headed(["李丽", "女", "35"]) is None and headed(["联系电话", "姓名"]) == {"phone": 0, "name": 1}


def test_a_lone_quotation_mark_swallows_no_line():
    assert [x.name for x in pasted_lines('"李丽\t女\t35\n王强\t男\t52\n', TODAY)] == ['"李丽', "王强"]


def test_fifty_pasted_contacts_are_tried_written_and_pasted_again_without_a_change(outbreak):
    client, way = outbreak.client(outbreak.desk, "en"), f"/case/{outbreak.case}/household"
    day = clock.local_day(clock.now(), "Asia/Shanghai").isoformat()
    table = "姓名\t性别\t年龄\t联系电话\t末次接触日期\n" + "".join(f"接触者{n:02d}\t女\t{20 + n}\t139{n:08d}\t{day if n % 5 == 0 else ''}\n" for n in range(50))
    before = Contact.objects.count()
    tried = client.post(way, {"lines": table, "classification": "close", "try": "1"})
    assert tried.status_code == 200 and "nothing is written yet" in tried.content.decode() and "<b>50</b> new contact" in tried.content.decode()
    assert Contact.objects.count() == before
    assert client.post(way, {"lines": table, "classification": "close"}).status_code == 200
    assert Contact.objects.count() == before + 50
    body = client.post(way, {"lines": table, "classification": "close"}).content.decode()
    assert "<b>50</b> known already" in body and Contact.objects.count() == before + 50
    assert {str(c.last_exposure_on) for c in Contact.objects.filter(person__name__startswith="接触者")} == {day}  # merged over five rows each


def test_somebody_told_twice_in_one_list_is_one_contact(outbreak):
    client, way = outbreak.client(outbreak.desk, "en"), f"/case/{outbreak.case}/household"
    before = Contact.objects.count()
    body = client.post(way, {"lines": "钱多\t男\t40\t13811112222\n钱多\t男\t40\t13811112222\n", "classification": "close"}).content.decode()
    assert Contact.objects.count() == before + 1 and "<b>1</b> known already" in body


def test_a_session_that_ended_is_asked_for_before_a_form_is_sent(outbreak):
    from django.test import Client

    asked = Client(HTTP_HOST="localhost").get("/session", HTTP_HX_REQUEST="true")
    assert asked.status_code == 401
    told = outbreak.client(outbreak.desk).get("/session", HTTP_HX_REQUEST="true").json()
    assert told["user"] == str(outbreak.desk.user.pk) and len(told["csrf"]) > 20


def test_a_stale_tab_of_a_report_corrects_and_doubles_nothing(street):
    clinic = str(street.units["卫生院"])
    told = {"unit": clinic, "report": f"attendance/{DAY}/0", "v..persons_entered": "40", "v..persons_screened": "40", "v..persons_fever": "1"}
    with clock.frozen(at(16, 15)):
        client = street.client(street.posts["卫生院"])
        assert client.post("/desk/report", told).status_code == 302
        assert client.post("/desk/report", told | {"v..persons_fever": "2"}).status_code == 302
    [row] = Entry.objects.filter(ledger="attendance")
    assert row.values["persons_fever"] == 2


def test_words_that_are_explained_are_escaped_and_reach_every_reader(outbreak):
    for language, word in (("zh-hans", "密切接触者"), ("en", "close contact")):
        client = outbreak.client(outbreak.desk, language)
        body = client.get(f"/case/{outbreak.case}").content.decode()
        marks = re.findall(r'popovertarget="([^"]+)"', body)
        assert marks and len(marks) == len(set(marks)) and all(f'id="{m}" popover' in body for m in marks)
        assert word in client.get("/glossary").content.decode()


NUMBERS = ("²", "٣", "9" * 5000, "-1", "1e3", "")


@pytest.mark.parametrize("number", NUMBERS)
def test_what_is_a_digit_elsewhere_is_no_number_here(outbreak, street, number):
    """In addresses and in forms: it is refused or passed over, and nothing breaks."""
    desk = outbreak.client(outbreak.desk)
    for address, name in (("/", "run"), ("/list", "run"), ("/grades/area", "days"), ("/review", "version"), ("/lab/due", "capacity"), ("/measure/contact-daily-check", "run")):
        assert desk.get(address, {name: number, "area": "990001"}).status_code in (200, 302, 400, 403, 404, 422), address
    for address, told in (
        ("/registers/cases/views", {"drop": number}), ("/orders/rule", {"enactment": number}), ("/grades/rules/enact", {"enactment": number}), ("/exposures", {"at_least": number}),
        ("/plan/contact-tracing-basic/second", {"proposal": number}), ("/signals/018f4a3c-0000-7000-8000-00001a2b3c4d/judge", {"seen": number}), ("/lab/send", {"step": "handed", "tubes": "T1", "counted": number}),
    ):  # fmt: skip
        assert desk.post(address, told).status_code < 500, address
