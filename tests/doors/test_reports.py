"""Who must report, by which clock, and what came: one tap for zero on the unit's page; the receiver's numbers open their rows and add up."""

import re
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.test import Client

from sizao.doors.kit import signin
from sizao.kernel import clock, content
from sizao.kernel.models import Act, Enactment
from sizao.registers.ledgers import actions, due, summing
from sizao.registers.ledgers.actions import NewLine, NewUnit
from sizao.registers.ledgers.models import DueReport

DAY = date(2020, 6, 16)


def at(day, hour=0, minute=0):
    """A local time of June 2020 as an instant."""
    return datetime(2020, 6, day, tzinfo=UTC) + timedelta(hours=hour - 8, minutes=minute)


@pytest.fixture
def town(county, system):
    """A village committee, a pharmacy and a clinic in one village, a pharmacy in another; three ledgers in force since 10 June."""
    here, there = county.areas["990001101201-1"].pk, county.areas["990001102201-1"].pk
    new = [NewUnit(n, a, n, at(1), k) for n, a, k in (("青禾村", here, "village"), ("康民药店", here, "pharmacy"), ("卫生院", here, "clinic"), ("远山药店", there, "pharmacy"))]
    units = actions.add_units(system, new, sender="t")
    assert content.load(system, kinds=("ledger",)).faults == []
    one, two = county.user("desk"), county.user("desk")
    for name in ("daily_report", "medicine_sale", "attendance"):
        content.second(two, content.propose(one, content.newest("ledger", name), county.root, "any", at(10)))
    reporter = county.user("reporter", "990001101201")

    def client(scope, language="zh-hans"):
        browser = Client(HTTP_HOST="localhost")
        browser.cookies["sizao-language"] = language
        browser.post(signin.make_link(scope.user))
        return browser

    return SimpleNamespace(units=units, county=county, reporter=reporter, desk=one, client=client, system=system)


def numbers(town, now, **more):
    with clock.frozen(now):
        found = due.counts(due.owed(town.desk, town.county.root, DAY, DAY, **more))
        assert summing.together(summing.summed(town.desk, town.county.root, DAY, DAY, **more)) == found  # row by row and by the database
    assert found["due"] == found["received"] + found["zero"] + found["silent"] + found["open"]
    return {k: v for k, v in found.items() if v}


@pytest.mark.django_db
def test_zero_is_counted_apart_from_silence_and_late_beside_both(town):
    assert numbers(town, at(16, 12)) == {"due": 5, "open": 5}  # two daily reports, two pharmacies, one clinic
    assert numbers(town, at(16, 19)) == {"due": 5, "open": 3, "silent": 2}  # 17:00 has passed for the daily report, 20:00 has not
    clinic = {"persons_entered": 30, "persons_screened": 30, "persons_fever": 2}
    with clock.frozen(at(16, 21)):
        actions.file(town.system, "daily_report", [actions.Filing(town.units["青禾村"], DAY, 0, at(16, 16))])
        actions.add_lines(town.system, "attendance", [NewLine("", {"unit": town.units["卫生院"]}, clinic, at(16, 20, 30), DAY)], sender="t")
    assert numbers(town, at(16, 21)) == {"due": 5, "zero": 1, "received": 1, "late": 1, "silent": 3}
    assert numbers(town, at(16, 20, 10)) == {"due": 5, "zero": 1, "silent": 4}  # as it stood before the late one came
    assert numbers(town, at(16, 21), ledger="attendance") == {"due": 1, "received": 1, "late": 1}


@pytest.mark.django_db
def test_nothing_is_due_before_two_people_put_it_in_force_nor_before_the_unit_was_known(town):
    Enactment.objects.filter(item__item_id="medicine_sale").update(starts_at=at(16, 20, 1))
    assert numbers(town, at(17, 9), ledger="medicine_sale") == {}
    with clock.frozen(at(17)):
        actions.add_units(town.system, [NewUnit("new", town.county.areas["990001101201-1"].pk, "新村", at(16, 17, 1), "village")], sender="t")
    assert numbers(town, at(17, 9), ledger="daily_report") == {"due": 2, "silent": 2}


@pytest.mark.django_db
def test_one_tap_files_zero_and_over_lines_it_is_refused(town):
    client, shop = town.client(town.reporter), town.units["康民药店"]
    with clock.frozen(at(16, 15)):
        page = client.get("/file").content.decode()
        assert page.count("零报告：今日无情况") == 8  # village, pharmacy and clinic (its counts too), today, and yesterday, which is silent
        told = {"unit": str(shop), "report": f"medicine_sale/{DAY}/0", "zero": "1"}
        assert client.post("/file/report", told)["Location"] == "/file?said=zero"
        assert client.post("/file/report", told).status_code == 302  # a double tap is one report
        assert [(r.number, r.corrections) for r in DueReport.objects.all()] == [(0, 0)]
        answer = client.post(f"/file/medicine_sale/{shop}?period={DAY}&slot=0", {"medicine_class": "fever", "packs_sold": "2", "key": "k1"})
        assert answer.status_code == 302
        assert client.post("/file/report", told).status_code == 409  # report-not-zero
        assert "报送 1 条" in client.get("/file").content.decode()
        client.post("/file/report", {k: v for k, v in told.items() if k != "zero"})
    assert [(r.number, r.corrections) for r in DueReport.objects.all()] == [(1, 1)]
    assert [a.number for a in Act.objects.filter(kind="medicine_sale.filed").order_by("recorded_at")] == [0, 1]


@pytest.mark.django_db
def test_nothing_typed_is_lost_when_a_line_does_not_fit(town):
    client, clinic = town.client(town.reporter, "en"), town.units["卫生院"]
    with clock.frozen(at(16, 15)):
        answer = client.post(f"/file/attendance/{clinic}?period={DAY}", {"persons_entered": "forty", "persons_screened": "38", "persons_fever": "1", "key": "a"})
        assert answer.status_code == 422
        body = answer.content.decode()
        assert 'value="forty"' in body and 'value="38"' in body and "forty" in body
        answer = client.post(f"/file/attendance/{clinic}?period={DAY}", {"persons_entered": "40", "persons_screened": "38", "persons_fever": "1", "key": "a"})
    assert answer.status_code == 302
    assert DueReport.objects.get().number == 1


@pytest.mark.django_db
def test_a_reporter_files_for_his_own_area_only(town):
    client = town.client(town.reporter)
    with clock.frozen(at(16, 15)):
        assert "远山药店" not in client.get("/file").content.decode()
        assert client.post("/file/report", {"unit": str(town.units["远山药店"]), "report": f"medicine_sale/{DAY}/0", "zero": "1"}).status_code == 404
        assert client.get(f"/file/medicine_sale/{town.units['远山药店']}").status_code == 404
    assert not DueReport.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_each_number_of_the_receiver_opens_as_many_rows_and_the_areas_add_up(town, language):
    clinic = {"persons_entered": 30, "persons_screened": 28, "persons_fever": 2}
    with clock.frozen(at(16, 21)):
        actions.file(town.system, "daily_report", [actions.Filing(town.units["青禾村"], DAY, 0, at(16, 16))])
        actions.add_lines(town.system, "attendance", [NewLine("", {"unit": town.units["卫生院"]}, clinic, at(16, 20, 30), DAY)], sender="t")
        client = town.client(town.desk, language)
        body = client.get(f"/reports?day={DAY}").content.decode()
        links = re.findall(r'href="(/reports/rows\?[^"]+)">([\d,]+)</a>', body)
        assert len(links) >= 10
        for address, number in links:
            rows = client.get(address.replace("&amp;", "&")).content.decode().split("<tbody>")[1]
            assert rows.count("<tr>") == int(number), address
        sums = client.get(f"/reports?day={DAY}&ledger=attendance").content.decode()
        assert re.search(r"30</td><td class=\"num\">28</td><td class=\"num\">2</td>", sums)
    whole = due.owed(town.desk, town.county.root, DAY, DAY, now=at(16, 21))
    children = [town.county.areas["990001101"], town.county.areas["990001102"]]
    with clock.frozen(at(16, 21)):
        parts = [c for _, c in summing.by_area(town.county.root, children, summing.summed(town.desk, town.county.root, DAY, DAY))]
    assert {k: sum(p[k] for p in parts) for k in due.COUNTS} == due.counts(whole)
