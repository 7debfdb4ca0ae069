"""The desk: one page that says what a unit files and what waits for it; figures come with where they are from; findings are put right with proof; a notice of work resumed."""

import re
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from sizao.doors.kit import signin
from sizao.kernel import clock, content
from sizao.kernel.outcome import Command
from sizao.registers.command import actions as command
from sizao.registers.command.models import Ticket, TicketProof
from sizao.registers.ledgers import actions
from sizao.registers.ledgers.actions import NewLine, NewUnit
from sizao.registers.ledgers.models import DueReport, Entry

pytestmark = pytest.mark.django_db
DAY = date(2020, 6, 16)
JPEG = b"\xff\xd8\xff\xe1\x00\x0aExif\0\0GP" + b"\xff\xdb\x00\x04\x01\x02" + b"\xff\xda\x00\x02picture\xff\xd9"


def at(day, hour=0, minute=0):
    """A local time of June 2020 as an instant."""
    return datetime(2020, 6, day, tzinfo=UTC) + timedelta(hours=hour - 8, minutes=minute)


KINDS = {"卫生院": "clinic", "康民药店": "pharmacy", "青禾小学": "school", "一年级一班": "class", "检验所": "laboratory", "纺织厂": "employer", "菜市场": "market", "前进村": "village"}
LEDGERS = ("daily_report", "medicine_sale", "attendance", "beds", "class_check", "lab_capacity", "resumption", "self_check", "roll")


@pytest.fixture
def street(county, system):
    """A unit of each kind in one grid, each with a post of its own; every ledger of theirs in force since 1 June."""
    here = county.areas["990001101201-1"]
    posts = {name: county.user("doctor" if kind == "clinic" else "reporter", here.code) for name, kind in KINDS.items()}
    units = actions.add_units(system, [NewUnit(n, here.pk, n, at(1), k, post_id=posts[n].post_id) for n, k in KINDS.items()], sender="t")
    assert content.load(system, kinds=("ledger",)).faults == []
    one, two = county.user("desk"), county.user("desk")
    for name in LEDGERS:
        content.second(two, content.propose(one, content.newest("ledger", name), county.root, "any", at(1)))

    def client(scope, language="zh-hans"):
        browser = Client(HTTP_HOST="localhost")
        browser.cookies["sizao-language"] = language
        browser.post(signin.make_link(scope.user))
        return browser

    return SimpleNamespace(units=units, posts=posts, county=county, here=here, desk=one, client=client, system=system)


def seen(street, name, day=16, hour=15, language="en"):
    with clock.frozen(at(day, hour)):
        return street.client(street.posts[name], language).get("/desk").content.decode()


def test_each_unit_sees_its_own_reports_and_nothing_that_it_does_not_have(street):
    hospital, shop, school, lab, works, village = (seen(street, n) for n in ("卫生院", "康民药店", "一年级一班", "检验所", "纺织厂", "前进村"))
    assert "Attendance at a medical unit" in hospital and "Fever medicine sold" not in hospital
    assert "Fever medicine sold" in shop and "Beds" not in shop
    assert "Morning and noon check" in school and "Attendance" not in school
    assert "Give notice" in works and "Give notice" not in shop
    assert "Daily report" in village and "Report cards to review" not in village
    assert "silent since 06-15 12:00" in lab  # Monday's; today is a Tuesday
    assert "by 12:00" in seen(street, "检验所", day=15, hour=9)


def test_what_was_silent_days_ago_can_still_be_told_and_stands_apart(street):
    page = seen(street, "前进村")
    assert page.index('id="older"') > page.index("by 17:00") and "5 silent before yesterday" in page
    with clock.frozen(at(16, 15)):
        told = {"unit": str(street.units["前进村"]), "report": f"daily_report/{date(2020, 6, 12)}/0", "zero": "1"}
        assert street.client(street.posts["前进村"]).post("/desk/report", told).status_code == 302
    assert "4 silent before yesterday" in seen(street, "前进村") and DueReport.objects.get(ledger="daily_report").period == date(2020, 6, 12)


def test_the_cdc_sees_its_queues_on_the_same_address(street, outbreak):
    page = outbreak.client(outbreak.county.user("cdc"), "en").get("/desk").content.decode()
    for title in ("Report cards to review", "Cases without a class", "Cases that nobody has investigated", "Positive results without a case", "Hand-overs in: to answer", "Hand-overs out: not answered", "Signals to judge", "Pairs that may be one person"):
        assert title in page
    assert "File today" not in page and "Must be tested" not in page
    queue = re.search(r'id="q-investigate".*?</section>', page, re.S)[0]
    assert f'href="/case/{outbreak.case}"' in queue and "张小明" in queue


def test_a_bed_report_comes_filled_in_and_is_filed_by_one_press(street):
    hospital = street.units["卫生院"]
    with clock.frozen(at(15, 17)):
        lines = [NewLine("", {"unit": hospital}, {"bed_class": c, "open_staffed": n, "beds_occupied": 3}, at(15, 17), DAY - timedelta(days=1)) for c, n in (("isolation", 20), ("critical", 4))]
        assert {o.kind for o in actions.add_lines(street.system, "beds", lines, sender="t")} == {"new"}
    page = seen(street, "卫生院")
    form = next(f for f in re.findall(r"<form.*?</form>", page, re.S) if f"beds/{DAY}/0" in f)
    boxes = dict(re.findall(r'name="(v\.[^"]+)"[^>]*value="([^"]*)"', form))
    assert boxes["v.isolation.open_staffed"] == "20" and boxes["v.critical.open_staffed"] == "4"
    assert "as last told" in form and "beds taken here" in form and "Confirm and file" in form
    with clock.frozen(at(16, 15)):
        client = street.client(street.posts["卫生院"])
        told = boxes | {"unit": str(hospital), "report": f"beds/{DAY}/0"}
        assert client.post("/desk/report", told).status_code == 302
        assert client.post("/desk/report", told).status_code == 302  # a double press
    [receipt] = DueReport.objects.filter(ledger="beds", period=DAY)
    assert receipt.number == 24 and receipt.corrections == 0
    assert Entry.objects.filter(ledger="beds", period=DAY).count() == 2


def test_what_is_counted_from_the_units_own_lines_says_so_and_what_nobody_knows_stays_empty(street):
    clinic = street.units["卫生院"]
    with clock.frozen(at(16, 10)):
        actions.add_lines(street.system, "fever_visit", [NewLine(f"f{n}", {"unit": clinic}, {"fever_handling": "treated"}, at(16, 9, n)) for n in range(3)], sender="t")
    page = seen(street, "卫生院")
    form = next(f for f in re.findall(r"<form.*?</form>", page, re.S) if f"attendance/{DAY}/0" in f)
    boxes = dict(re.findall(r'name="(v\.[^"]+)"[^>]*value="([^"]*)"', form))
    assert boxes["v..persons_fever"] == "3" and boxes["v..persons_entered"] == "" and "Confirm and file" not in form
    assert "counted from your own lines" in form


def test_a_report_that_is_refused_comes_back_as_it_was_typed_and_nothing_of_it_is_kept(street):
    clinic = str(street.units["卫生院"])
    with clock.frozen(at(16, 15)):
        client = street.client(street.posts["卫生院"], "en")
        told = {"unit": clinic, "report": f"attendance/{DAY}/0", "v..persons_entered": "forty", "v..persons_screened": "38", "v..persons_fever": ""}
        answer = client.post("/desk/report", told)
        body = answer.content.decode()
    assert answer.status_code == 422 and 'value="forty"' in body and 'value="38"' in body and "What you typed is still there" in body
    assert body.count('class="why-not"') == 2 and not Entry.objects.filter(ledger="attendance").exists()


def test_nobody_files_for_a_unit_of_another_post(street):
    with clock.frozen(at(16, 15)):
        answer = street.client(street.posts["康民药店"]).post("/desk/report", {"unit": str(street.units["卫生院"]), "report": f"attendance/{DAY}/0", "zero": "1"})
    assert answer.status_code == 404


# -- a school and its classes


@pytest.fixture
def school(street):
    """The primary school files for three classes; two of them keep a roll, of three and two pupils."""
    from sizao.registers.population import actions as population

    post = street.posts["青禾小学"]
    new = [NewUnit(f"k{n}", street.here.pk, f"二年级{n}班", at(1), "class", parent=street.units["青禾小学"], post_id=post.post_id) for n in (1, 2, 3)]
    found = actions.add_units(street.system, new, sender="t")
    people = population.add_persons(street.system, [population.PersonData(area_id=street.here.pk, name=f"生{n}") for n in range(5)], known=[at(1)] * 5, sender="t")
    lines = [NewLine(f"r{n}", {"person": p, "unit": found["k1" if n < 3 else "k2"]}, {"roll_role": "pupil"}, at(2)) for n, p in enumerate(people)]
    assert {o.kind for o in actions.add_lines(street.system, "roll", lines, sender="t")} == {"new"}
    return SimpleNamespace(pk=street.units["青禾小学"], classes=[found[f"k{n}"] for n in (1, 2, 3)], post=post)


def roll_page(street, school, hour=8, **told):
    """The page at an hour of 16 June; with `told`, what the press answers."""
    with clock.frozen(at(16, hour)):
        client = street.client(school.post, "en")
        address = f"/desk/classes/{school.pk}"
        return client.post(address, {"period": str(DAY), "slot": "0", **told}) if told else client.get(address)


def test_a_school_files_all_its_classes_by_one_press_with_zero_written_in(street, school):
    page = roll_page(street, school).content.decode()
    one, two, three = map(str, school.classes)
    boxes = dict(re.findall(r'name="(v\.[^"]+)"[^>]*?value="([^"]*)"', page))
    assert [boxes[f"v.{c}.absent_ill"] for c in (one, two, three)] == ["0", "0", "0"] and boxes[f"v.{one}.persons_present"] == ""
    # The third keeps no roll: how many were there does not follow from anything, and nothing is filed.
    told = boxes | {"in": [one, two, three], f"v.{two}.absent_ill": "1"}
    refused = roll_page(street, school, **told)
    assert refused.status_code == 422 and "Nothing is filed yet" in refused.content.decode() and f'name="v.{two}.absent_ill"' in refused.content.decode()
    assert not Entry.objects.filter(ledger="class_check").exists()
    assert roll_page(street, school, **told | {f"v.{three}.persons_present": "28"}).status_code == 302
    assert roll_page(street, school, **told | {f"v.{three}.persons_present": "28"}).status_code == 302  # a double press
    rows = {e.unit_id: e.values for e in Entry.objects.filter(ledger="class_check", period=DAY, slot=0)}
    assert [(rows[c]["absent_ill"], rows[c]["persons_present"], rows[c]["persons_temperature_taken"]) for c in school.classes] == [(0, 3, 3), (1, 1, 1), (0, 28, 28)]
    assert DueReport.objects.filter(ledger="class_check", period=DAY, slot=0).count() == 3 and DueReport.objects.filter(corrections__gt=0).count() == 0


def test_a_class_without_a_tick_stays_silent_and_can_be_told_after(street, school):
    one, two, _three = map(str, school.classes)
    assert roll_page(street, school, **{"in": [one, two]}).status_code == 302
    page = roll_page(street, school, hour=9.5).content.decode()  # the noon check runs now
    assert "by 14:00" in page and "0 of 3 classes have told" in page
    with clock.frozen(at(16, 9.5)):
        page = street.client(school.post, "en").get(f"/desk/classes/{school.pk}?period={DAY}&slot=0").content.decode()
    assert "2 of 3 classes have told" in page and "1 silent" in page
    desk = seen(street, "青禾小学", hour=9.5)
    assert "Class roll" in desk and "7 silent" in desk and "Morning and noon check" not in desk, "six of yesterday, one of today"
    assert roll_page(street, school, hour=9.5, **{"in": [two], f"v.{two}.absent_ill": "2"}).status_code == 302
    assert DueReport.objects.get(ledger="class_check", unit=two, slot=0).corrections == 1


def test_the_class_roll_is_its_own_schools_and_of_today(street, school):
    with clock.frozen(at(16, 8)):
        assert street.client(street.posts["康民药店"]).get(f"/desk/classes/{school.pk}").status_code == 404
        assert street.client(school.post).get(f"/desk/classes/{school.classes[0]}").status_code == 404  # a class is no school
    with clock.frozen(at(17, 8)):  # yesterday's can still be told, late
        late = street.client(school.post).post(f"/desk/classes/{school.pk}", {"period": str(DAY), "slot": "1", "in": [str(school.classes[0])]})
    assert late.status_code == 302 and DueReport.objects.get(ledger="class_check", unit=school.classes[0], slot=1).filed_at == at(17, 8)
    with clock.frozen(at(18, 8)):
        stale = street.client(school.post).post(f"/desk/classes/{school.pk}", {"period": str(DAY), "slot": "0", "in": [str(school.classes[0])]})
    assert stale.status_code == 403 and Entry.objects.filter(ledger="class_check").count() == 1


# -- findings, with proof


@pytest.fixture
def finding(street):
    """An inspector saw that the market does not keep what it said."""
    inspector = street.county.user("inspector")
    with clock.frozen(at(15, 10)):
        actions.add_lines(street.system, "self_check", [NewLine("s", {"unit": street.units["菜市场"]}, {"practice": "entry_check", "kept": True}, at(15, 9), DAY - timedelta(days=1))], sender="t")
        told = {"area": street.here.pk, "unit": street.units["菜市场"], "practice": "entry_check", "seen_at": at(15, 10), "outcome": "not_kept", "what": "门口无人测温"}
        assert [o.kind for o in command.save_inspections(inspector, [Command(told=told, source_id="i1")], sender="t")] == ["new"]
    return SimpleNamespace(row=Ticket.objects.get(kind="finding"), inspector=inspector)


def test_a_finding_is_put_right_with_a_picture_and_closed_by_who_found_it(street, finding):
    assert "门口无人测温" in seen(street, "菜市场") and "门口无人测温" not in seen(street, "康民药店")
    with clock.frozen(at(16, 9)):
        market, way = street.client(street.posts["菜市场"]), f"/desk/ticket/{finding.row.pk}"
        told = {"answer": "已安排两人值守", "seen": finding.row.change_no}
        assert market.post(way, told | {"proof": SimpleUploadedFile("a.jpg", JPEG, "image/jpeg")}).status_code == 302
        assert market.post(way, told | {"proof": SimpleUploadedFile("a.jpg", JPEG, "image/jpeg")}).status_code == 302  # pressed twice
        [proof] = TicketProof.objects.all()
        shown = market.get(f"/desk/proof/{proof.pk}")
        assert shown.content.endswith(b"picture\xff\xd9") and b"Exif" not in shown.content and shown["X-Content-Type-Options"] == "nosniff"
        inspector = street.client(finding.inspector, "en")
        page = inspector.get("/desk").content.decode()
        assert "Said done: look again" in page and "已安排两人值守" in page and f"/desk/proof/{proof.pk}" in page
        assert market.post(f"{way}/settle", {"do": "close"}).status_code == 403  # who must do it does not close it
        assert inspector.post(f"{way}/settle", {"do": "again"}).status_code == 302
    assert "sent back" in seen(street, "菜市场", hour=10)
    with clock.frozen(at(16, 11)):
        row = Ticket.objects.get(pk=finding.row.pk)
        street.client(street.posts["菜市场"]).post(way, {"answer": "已增设测温岗", "seen": row.change_no})
        assert street.client(finding.inspector).post(f"{way}/settle", {"do": "close"}).status_code == 302
    row.refresh_from_db()
    assert row.verified_at and row.answer == "已增设测温岗" and bytes(TicketProof.objects.get().content.sealed).find(b"picture") < 0  # sealed where it lies


def test_a_proof_of_another_kind_or_too_large_is_refused_and_the_words_stay(street, finding):
    with clock.frozen(at(16, 9)):
        market, way = street.client(street.posts["菜市场"], "en"), f"/desk/ticket/{finding.row.pk}"
        for content_, status, said in ((b"<script>alert(1)</script>", 422, "Only pictures"), (JPEG + b"\0" * (40 << 20), 413, "too large")):
            answer = market.post(way, {"answer": "写了很久的说明", "seen": finding.row.change_no, "proof": SimpleUploadedFile("a.jpg", content_, "image/jpeg")})
            assert answer.status_code == status and "写了很久的说明" in answer.content.decode() and said in answer.content.decode()
    assert not TicketProof.objects.exists() and Ticket.objects.get(pk=finding.row.pk).answered_at is None


def test_of_two_who_answer_one_finding_the_second_sees_the_first_and_loses_nothing(street, finding):
    with clock.frozen(at(16, 9)):
        one, way = street.client(street.posts["菜市场"], "en"), f"/desk/ticket/{finding.row.pk}"
        seen_by_both = finding.row.change_no
        assert one.post(way, {"answer": "甲的答复", "seen": seen_by_both}).status_code == 302
        answer = one.post(way, {"answer": "乙的答复", "seen": seen_by_both})
        body = answer.content.decode()
        assert answer.status_code == 409 and "甲的答复" in body and ">乙的答复</textarea>" in body
        again = int(re.search(r'name="seen" value="(\d+)"', body)[1])
        assert one.post(way, {"answer": "乙的答复", "seen": again}).status_code == 302
    assert Ticket.objects.get(pk=finding.row.pk).answer == "乙的答复"


def test_a_finding_of_another_area_is_not_there(street, finding):
    other = street.county.user("reporter", "990001102201-1")
    with clock.frozen(at(16, 9)):
        assert street.client(other).get(f"/desk/ticket/{finding.row.pk}").status_code == 404


# -- work taken up again


def test_a_notice_names_each_obstacle_as_a_ticket_and_the_unit_says_when_it_is_gone(street):
    works = street.units["纺织厂"]
    with clock.frozen(at(16, 9)):
        client = street.client(street.posts["纺织厂"], "en")
        told = {"key": "n-1", "staff_back": "60", "output_share": "45", "opens_on": "2020-06-18", "inputs": "棉纱滞留外县", "goods_out": "无车皮"}
        assert client.post(f"/desk/resume/{works}", told).status_code == 302
        assert client.post(f"/desk/resume/{works}", told).status_code == 302  # pressed twice
        assert sorted(Ticket.objects.filter(kind="blocker").values_list("topic", "unit", "what")) == [("goods_out", works, "无车皮"), ("inputs", works, "棉纱滞留外县")]
        assert Entry.objects.get(ledger="resumption").values["resumption_obstacle"] == "materials"
        assert Entry.objects.get(ledger="place_state").values["starts_on"] == "2020-06-18"
        page = client.get("/desk").content.decode()
        assert "2 obstacles open" in page and "棉纱滞留外县" in page
        assert "棉纱滞留外县" not in re.search(r'id="waits".*?</section>', page, re.S)[0]  # it is others' to solve
        [first] = Ticket.objects.filter(topic="inputs")
        assert client.post(f"/desk/solved/{first.pk}").status_code == 302
    first.refresh_from_db()
    assert first.verified_at is not None
    with clock.frozen(at(16, 10)):
        wrong = client.post(f"/desk/resume/{works}", {"staff_back": "140", "output_share": "45", "inputs": "写好的困难"})
    assert wrong.status_code == 422 and "写好的困难" in wrong.content.decode() and Entry.objects.filter(ledger="resumption").count() == 1


def test_statements_are_bounded_whatever_the_units(street, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with clock.frozen(at(16, 15)):
        client = street.client(street.county.user("reporter", "990001102201"))
        counts = []
        for n in (3, 12):
            there = street.county.areas["990001102201-1"].pk
            actions.add_units(street.system, [NewUnit(f"c{n}-{k}", there, f"诊所{n}-{k}", at(1), "clinic") for k in range(n)], sender="t")
            client.get("/desk")
            with CaptureQueriesContext(connection, ) as made:
                assert client.get("/desk").status_code == 200
            counts.append(len(made))
    assert counts[0] == counts[1] and counts[1] < 60, counts
