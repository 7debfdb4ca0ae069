"""Who must report, by which clock, and what came: one tap for zero on the unit's page; the receiver's numbers open their rows and add up."""

import re
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.test import Client

from sizao.doors.cli.ledgers import _not_whole
from sizao.doors.desk import reports
from sizao.doors.kit import signin
from sizao.kernel import areas, clock, content
from sizao.kernel.models import Act, Enactment, User
from sizao.registers.command.actions import Grading, grade_areas
from sizao.registers.ledgers import actions, catalogue, due, summing
from sizao.registers.ledgers.actions import NewLine, NewUnit
from sizao.registers.ledgers.models import DueReport, Entry
from sizao.registers.population import actions as population

DAY = date(2020, 6, 16)


def at(day, hour=0, minute=0):
    """A local time of June 2020 as an instant."""
    return datetime(2020, 6, day, tzinfo=UTC) + timedelta(hours=hour - 8, minutes=minute)


def bare(answer):
    """A page without what its cells are called where they stand below each other."""
    return re.sub(r' data-label="[^"]*"', "", answer.content.decode())


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
        rows = due.owed(town.desk, town.county.root, DAY, DAY, **more)
        found = due.counts(rows)
        for state in ("silent", "received"):
            listed = summing.listed(town.desk, town.county.root, DAY, DAY, state, **more)
            assert sorted((r.unit, r.area, r.ledger, r.due) for r in listed) == sorted((r.unit.pk, r.unit.area.code, r.ledger.id, r.occasion.due) for r in rows if r.state == state)
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
        links = re.findall(r'href="(/reports/rows\?[^"]+)"[^>]*>([\d,]+)</a>', body)
        assert len(links) >= 10
        for address, number in links:
            rows = client.get(address.replace("&amp;", "&")).content.decode().split("<tbody>")[1]
            assert rows.count("<tr>") == int(number), address
        sums = bare(client.get(f"/reports?day={DAY}&ledger=attendance"))
        assert re.search(r"30</td><td class=\"num\">28</td><td class=\"num\">2</td>", sums)
    whole = due.owed(town.desk, town.county.root, DAY, DAY, now=at(16, 21))
    children = [town.county.areas["990001101"], town.county.areas["990001102"]]
    with clock.frozen(at(16, 21)):
        parts = [c for _, c in summing.by_area(town.county.root, children, summing.summed(town.desk, town.county.root, DAY, DAY))]
    assert {k: sum(p[k] for p in parts) for k in due.COUNTS} == due.counts(whole)


TREE = [
    ("11", "省", "province", None), ("1101", "市", "city", "11"), ("110101", "县", "county", "1101"),
    ("110101101", "东镇", "township", "110101"), ("110101102", "西镇", "township", "110101"),
    ("110101101201", "上村", "village", "110101101"), ("110101101202", "下村", "village", "110101101"),
    ("110101102201", "前村", "village", "110101102"), ("110101102202", "后村", "village", "110101102"),
]  # fmt: skip
#: What the numbers of one day are at every level, with the row of each area right below: (lines, came in, triaged, with fever, silent).
ROLLED_UP = """
省    4 242 230 14 1 = 市 4 242 230 14 1
市    4 242 230 14 1 = 县 4 242 230 14 1
县    4 242 230 14 1 = 东镇 1 30 30 5 1 + 西镇 2 12 10 0 0 + 县 1 200 190 9 0
东镇  1 30 30 5 1    = 上村 1 30 30 5 0 + 下村 0 — — — 1
西镇  2 12 10 0 0    = 前村 1 12 10 0 0 + 后村 1 0 0 0 0
上村  1 30 30 5 0    = 上村 1 30 30 5 0
下村  0 — — — 1      = 下村 0 — — — 1
后村  1 0 0 0 0      = 后村 1 0 0 0 0
"""


def one_day_of_five_clinics(system):
    """The day of the table above: 上村 files two with fever and corrects it to five, 下村 is silent, 后村 files zeros, the county's hospital lies in no village."""
    grown = areas.grow([areas.NewArea(code, name, level, parent, time_zone="Asia/Shanghai") for code, name, level, parent in TREE])
    at_ = {a.name_zh: a for a in grown.values()}
    places = ("上村", "下村", "前村", "后村", "县")
    units = actions.add_units(system, [NewUnit(n, at_[n].pk, f"{n}卫生室", at(1), "clinic") for n in places], sender="t")
    assert content.load(system, kinds=("ledger",)).faults == []
    one, two = (User.objects.create_user(name) for name in ("one", "two"))
    Enactment.objects.create(item=content.newest("ledger", "attendance"), area=at_["省"], disease="any", starts_at=at(10), proposed_by=one, seconded_by=two, decided_at=at(10))
    for place, hour, numbers in (("上村", 18, (30, 30, 2)), ("上村", 19, (30, 30, 5)), ("前村", 19, (12, 10, 0)), ("后村", 19, (0, 0, 0)), ("县", 19, (200, 190, 9))):
        with clock.frozen(at(16, hour)):
            told = dict(zip(("persons_entered", "persons_screened", "persons_fever"), numbers, strict=True))
            assert actions.add_lines(system, "attendance", [NewLine("", {"unit": units[place]}, told, at(16, hour), DAY)], sender="t")[0].kind in ("new", "updated")
    return at_, units


@pytest.mark.django_db
def test_a_village_s_lines_add_up_through_township_county_city_and_province_and_silence_stands_beside_every_sum(system):
    at_, units = one_day_of_five_clinics(system)

    def rolled_up(name):
        """The lines of the page of one area as in the table above."""
        area, children = at_[name], [a for a in at_.values() if a.parent_id == at_[name].pk]
        rows = summing.summed(system, area, DAY, DAY, ledger="attendance")
        fields, sums = reports._with_silence(due.totals(system, catalogue.ledger("attendance"), area, children, DAY, DAY), summing.by_area(area, children, rows))
        assert [f.id for f in fields[:3]] == ["persons_entered", "persons_screened", "persons_fever"]
        assert all(s[3:] == [None] * (len(fields) - 3) for _, _, s, _ in sums)  # what no line tells is nothing, not 0
        *below, whole = [f"{lines} {' '.join('—' if n is None else f'{n:g}' for n in s[:3])} {silent}" for _, lines, s, silent in sums]
        return f"{name} {whole} = " + " + ".join(f"{a.name_zh} {told}" for (a, *_), told in zip(sums[:-1], below, strict=True))

    with clock.frozen(at(17, 9)):
        for line in ROLLED_UP.strip().splitlines():
            assert rolled_up(line.split()[0]) == " ".join(line.split())
        province = {k: v for k, v in summing.together(summing.summed(system, at_["省"], DAY, DAY)).items() if v}
        assert province == {"due": 5, "received": 3, "zero": 1, "silent": 1, "corrected": 1}
        actions.take_back(system, "attendance", Entry.objects.get(unit=units["县"]).pk)
        assert rolled_up("省") == "省 3 42 40 5 2 = 市 3 42 40 5 2"  # a line taken back is in no sum, and its unit is silent again


def enacted(town, name):
    one, two = town.county.user("desk"), town.county.user("desk")
    content.second(two, content.propose(one, content.newest("ledger", name), town.county.root, "any", at(10)))


@pytest.mark.django_db
def test_lines_that_the_report_before_had_and_this_one_lacks_are_named_until_they_come(town):
    enacted(town, "beds")
    clinic = town.units["卫生院"]

    def told(day, hour, **beds):
        lines = [NewLine("", {"unit": clinic}, {"bed_class": b, "open_staffed": n, "beds_occupied": 0}, at(day, hour), date(2020, 6, day)) for b, n in beds.items()]
        with clock.frozen(at(day, hour)):
            assert {o.kind for o in actions.add_lines(town.system, "beds", lines, sender="t")} == {"new"}

    def lacking(now):
        with clock.frozen(now):
            [report] = due.owed(town.desk, town.county.root, DAY, DAY, ledger="beds")
            assert [x["missing"] for x in _not_whole(town.desk, town.county.root, DAY, "")] == ([list(report.missing)] if report.missing and report.number is not None else [])
            return report.state, report.missing

    told(12, 9, general=9, shelter=4)  # given up since: only the report before counts
    told(15, 9, general=20, severe=4, critical=1)
    assert lacking(at(16, 9)) == ("open", ("critical", "general", "severe"))
    told(16, 10, general=21)
    assert lacking(at(16, 11)) == ("received", ("critical", "severe"))
    with clock.frozen(at(16, 11)):
        rows = town.client(town.desk).get(f"/reports/rows?day={DAY}&ledger=beds&state=received").content.decode()
        assert "还缺：危重症（ICU）、重症床位" in rows
        assert "lines missing: intensive care, severe" in town.client(town.reporter, "en").get("/file").content.decode()
    told(16, 12, severe=4, critical=0)  # none is a line too
    assert lacking(at(16, 13)) == ("received", ())
    assert lacking(at(16, 11)) == ("received", ("critical", "severe"))  # as it stood


OWN = {
    "pupil_day": "title: {zh: 学生晨检, en: Morning check of a pupil}\nabout: person\nalso: [unit]\nkinds: [class]\nlines: many\nwhole: roll.pupil\nfields: [note]\n",
    "school_day": "title: {zh: 各班情况, en: Classes of a school}\nabout: unit\nkinds: [school]\nlines: each\neach: counterpart\nwhole: parts\nfields: [{field: counterpart, required: true}, note]\n",
}


@pytest.fixture
def school(town, tmp_path, monkeypatch):
    """A school with two classes, one with four pupils, one away and one of the staff on its roll; two ledgers of this town's own that name whom they ask about."""
    (tmp_path / "ledgers").mkdir()
    for name, text in OWN.items():
        (tmp_path / "ledgers" / f"{name}.yaml").write_text(text + 'rhythm: {every: 1d, at: ["10:00"]}\nfiled_by: reporter\nminutes: 1\n', encoding="utf-8")
    monkeypatch.setenv("SIZAO_CONTENT", str(tmp_path))
    with clock.frozen(at(15)):
        assert content.load(town.system, kinds=("ledger",)).faults == []
        for name in OWN:
            enacted(town, name)
        place = town.county.areas["990001101201-1"].pk
        units = actions.add_units(town.system, [NewUnit("s", place, "青禾小学", at(1), "school")], sender="t")
        units |= actions.add_units(town.system, [NewUnit(k, place, n, at(1), "class", parent=units["s"]) for k, n in (("a", "一班"), ("b", "二班"))], sender="t")
        names = ("陈一", "李二", "王三", "张四", "赵五", "钱六")
        people = population.add_persons(town.system, [population.PersonData(area_id=place, name=n) for n in names], known=[at(1)] * 6, sender="t")
        roll = [("pupil", {}), ("pupil", {}), ("pupil", {}), ("pupil", {}), ("pupil", {"ends_on": "2020-06-15"}), ("staff", {})]
        told = [NewLine(f"r{n}", {"person": p, "unit": units["a"]}, {"roll_role": role, **more}, at(15)) for n, (p, (role, more)) in enumerate(zip(people, roll, strict=True))]
        assert {o.kind for o in actions.add_lines(town.system, "roll", told, sender="t")} == {"new"}
    return SimpleNamespace(units=units, people=people)


@pytest.mark.django_db
def test_a_report_is_held_against_the_roll_or_the_units_that_its_ledger_names_and_where_there_are_none_that_is_said(town, school):
    a, b, whole = (school.units[k] for k in "abs")
    with clock.frozen(at(16, 9)):
        check = [NewLine(f"p{n}", {"person": p, "unit": a}, {"note": "好"}, at(16, 9), DAY) for n, p in enumerate(school.people[:2])]
        assert {o.kind for o in actions.add_lines(town.system, "pupil_day", check, sender="t")} == {"new"}
        actions.file(town.system, "pupil_day", [actions.Filing(u, DAY, n, at(16, 9)) for u, n in ((a, 2), (b, 0))])
        actions.add_lines(town.system, "school_day", [NewLine("", {"unit": whole}, {"counterpart": str(b), "note": "好"}, at(16, 9), DAY)], sender="t")

    def said(who, language):
        with clock.frozen(at(16, 11)):
            pages = [bare(town.client(who, language).get(f"/reports/rows?day={DAY}&ledger={one}&state=due")) for one in OWN]
        return {unit: lack for page in pages for unit, lack in re.findall(r"<tr><td class=\"key\">(.*?)</td>.*?(?: · <span class=\"(?:alarm strong|quiet)\">(.*?)</span>)?</td><td class=\"num\">", page)}

    sees = town.county.user("cdc")
    assert said(sees, "zh-hans") == {"一班": "还缺：王三、张四", "二班": "该单位没有名册，缺谁无法得知", "青禾小学": "还缺：一班"}
    assert said(sees, "en")["二班"] == "this unit has no roll: who is missing cannot be told"
    assert "王三" not in said(town.county.user("commander"), "zh-hans")["一班"]  # who may not see names sees none here
    with clock.frozen(at(16, 12)):
        late = [NewLine(f"q{n}", {"person": p, "unit": a}, {"note": "好"}, at(16, 12), DAY) for n, p in enumerate(school.people[2:4])]
        actions.add_lines(town.system, "pupil_day", late, sender="t")
        assert {r.unit.pk: r.missing for r in due.owed(sees, town.county.root, DAY, DAY, ledger="pupil_day")} == {a: (), b: ()}


@pytest.mark.django_db
def test_a_list_of_codes_in_the_ledger_counts_from_the_first_report_on(town):
    enacted(town, "staple_day")
    with clock.frozen(at(16, 9)):
        office = actions.add_units(town.system, [NewUnit("o", town.county.areas["990001101201-1"].pk, "商务局", at(1), "department")], sender="t")["o"]
        lines = [NewLine("", {"unit": office}, {"item": i, "amount_stock": n, "amount_inflow": 0, "amount_sold": 0}, at(16, 9), DAY) for i, n in (("rice", 5), ("pork", 0), ("eggs", 1))]
        assert {o.kind for o in actions.add_lines(town.system, "staple_day", lines, sender="t")} == {"new"}
        [report] = due.owed(town.desk, town.county.root, DAY, DAY, ledger="staple_day")
        [tomorrow] = due.owed(town.desk, town.county.root, DAY + timedelta(days=1), DAY + timedelta(days=1), ledger="staple_day")
    assert report.missing == ("flour", "oil", "vegetables")
    assert tomorrow.missing == ("eggs", "flour", "oil", "pork", "rice", "vegetables")  # the list, and what the report before had


@pytest.mark.django_db
def test_what_the_roll_knows_is_shown_where_a_class_files_and_never_asked(town):
    place = town.county.areas["990001101201-1"].pk
    with clock.frozen(at(15)):
        school = actions.add_units(town.system, [NewUnit("c", place, "一（1）班", at(1), "class")], sender="t")["c"]
        people = population.add_persons(town.system, [population.PersonData(area_id=place, name=f"学生{n}") for n in range(4)], known=[at(1)] * 4, sender="t")
    reporter = town.client(town.reporter)

    def shown():
        with clock.frozen(at(16, 8)):
            phone = reporter.get(f"/file/class_check/{school}?period={DAY}&slot=0").content.decode()
            desk = reporter.get(f"/registers/class-check/new?unit={school}").content.decode()
        assert "persons_enrolled" not in phone + desk  # no control asks it
        return re.findall(r"应到人数.*?<b>(.*?)</b>", phone) + re.findall(r"应到人数.*?<b>(.*?)</b>", desk)

    assert shown() == ["—", "—"]  # no roll yet: nobody knows, and 0 would be a lie
    lines = [("pupil", {}), ("pupil", {"ends_on": "2020-06-16"}), ("pupil", {"ends_on": "2020-06-15"}), ("staff", {})]
    told = [NewLine(f"r{n}", {"person": p, "unit": school}, {"roll_role": role, **more}, at(15)) for n, (p, (role, more)) in enumerate(zip(people, lines, strict=True))]
    assert {o.kind for o in actions.add_lines(town.system, "roll", told, sender="t")} == {"new"}
    assert shown() == ["2", "2"]
    away = town.client(town.county.user("reporter", "990001102"))
    with clock.frozen(at(16, 8)):
        assert "<b>2</b>" not in away.get(f"/registers/class-check/new?unit={school}").content.decode()
    values = {"persons_present": 2, "persons_temperature_taken": 2, "absent_ill": 0, "persons_enrolled": 3}
    [outcome] = actions.add_lines(town.system, "class_check", [NewLine("", {"unit": school}, values, at(16, 8), DAY)], sender="t")
    assert [p.code for p in outcome.problems] == ["no-such-field"]
    assert not Entry.objects.filter(ledger="class_check").exists()


@pytest.mark.django_db
def test_a_household_s_members_stand_beside_the_form_of_a_visit_for_who_may_see_the_household(town):
    grid = town.county.areas["990001101201-1"].pk
    [home] = population.add_households(town.system, [population.HouseholdData("h1", grid, members=5)], known=at(1), sender="t").values()
    for role, code, members in (("grid_worker", "990001101201", "5"), ("grid_worker", "990001102", "—"), ("reporter", "990001101201", "—")):
        with clock.frozen(at(16, 8)):
            body = town.client(town.county.user(role, code)).get(f"/registers/household-visit/new?household={home}").content.decode()
        assert re.findall(r"<dd><b>(.*?)</b>", body) == [members], role


@pytest.mark.django_db
def test_what_is_in_force_of_an_area_stands_beside_the_form_of_its_ledger_and_is_never_asked(town):
    root, township = town.county.root, town.county.areas["990001101"]
    told = [(root, "risk", "high", 1, None), (root, "population", "", 1, 50_000), (township, "population", "", 1, 12_000), (township, "population", "", 14, 12_500)]
    grade_areas(town.system, [Grading(a.pk, scale, value, at(day), number=number) for a, scale, value, day, number in told], sender="t")

    def shown(role, post, register, area, language="zh-hans"):
        with clock.frozen(at(16, 8)):
            body = town.client(town.county.user(role, post), language).get(f"/registers/{register}/new?area={area}").content.decode()
        assert 'name="residents"' not in body and 'name="grade_in_force"' not in body  # no control asks it
        return re.findall(r"<dd><b>(.*?)</b> <span[^>]*>(.*?)</span>", body)

    assert shown("cdc", "990001", "forecast", "990001", "en") == [("50000", "Grade or order of an area · 2020-06-01 · known already"), ("high", "Grade or order of an area · 2020-06-01 · known already")]
    assert [v for v, _ in shown("cdc", "990001", "outside-total", "990001101")] == ["12500"]  # the newest in force
    assert [v for v, _ in shown("cdc", "990001", "forecast", "990001101")] == ["12500", "高风险"]  # a grade comes down, a figure does not
    assert [v for v, _ in shown("cdc", "990001102", "forecast", "990001101")] == ["—", "—"]  # another area's post sees no more here than elsewhere
    assert [v for v, _ in shown("cdc", "990001", "forecast", "nowhere")] == ["—", "—"]
    line = {"list_of": "returnees", "persons_total": 40, "source": "other", "residents": 1}
    [outcome] = actions.add_lines(town.system, "outside_total", [NewLine("", {"area": root.pk}, line, at(16, 8))], sender="t")
    assert [p.code for p in outcome.problems if p.field == "residents"] == ["no-such-field"]
