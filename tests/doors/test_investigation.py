"""The investigator's screens of a case: stays typed one after another, a household in one call, thoughts about the source, the chart of exposures."""

import re
from datetime import timedelta

from sizao.kernel import clock
from sizao.registers.cases.models import Contact, ExposedPlace, SourceHypothesis
from sizao.registers.ledgers.models import ReportingUnit
from sizao.registers.population.models import Household, Person


def local(at):
    return (at + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M")


def test_stays_are_typed_one_after_another_confirmed_and_lead_to_the_visitors(outbreak):
    client, at = outbreak.client(outbreak.desk), clock.now() - timedelta(days=2)
    unit = ReportingUnit.objects.create(area=outbreak.grid, name="东门市场", kind="market", known_from=at, stands_from=at)
    address = f"/case/{outbreak.case}/trajectory"
    told = {"place": f"{unit.pk} · 东门市场", "opens_at": local(at), "closes_at": local(at + timedelta(hours=2)), "purpose": "shopping", "mask": "partly", "vehicle": "G101", "carriage": "7", "seat": "3F"}
    assert client.post(address, told).status_code == 303
    page = client.get(address).content.decode()
    assert all(words in page for words in ("东门市场", "购物", "部分时间佩戴", "G101 · 7 · 3F", "待核实", "不明："))
    assert f'value="{local(at + timedelta(hours=2))}"' in page  # the next one begins where this one ended
    again = client.post(address, told | {"opens_at": local(at + timedelta(hours=1)), "closes_at": local(at + timedelta(hours=3))})
    assert again.status_code == 422
    assert "不能同时在两处" in again.content.decode()
    stay = ExposedPlace.objects.get()
    assert client.post(address, {"stay": str(stay.pk), "do": "confirm"}).status_code == 303
    page = client.get(address).content.decode()
    link = re.search(r'href="(/exposures\?[^"]+place=[^"]+)"', page)[1].replace("&amp;", "&")
    assert "东门市场" in client.get(link).content.decode()
    assert client.post(address, {"stay": str(stay.pk), "do": "nonsense"}).status_code == 422


def test_a_household_is_named_in_one_call_and_lines_are_pasted(outbreak):
    client, now = outbreak.client(outbreak.desk), clock.now()
    house = Household.objects.create(area=outbreak.grid, code="h", known_from=now, stands_from=now)
    Person.objects.filter(pk__in=outbreak.people[:3]).update(household=house)
    Contact.objects.filter(person=outbreak.people[1]).update(case=None)
    address = f"/case/{outbreak.case}/household"
    page = client.get(address).content.decode()
    assert all(name in page for name in ("李丽", "王强"))
    assert page.count('name="member"') == 2  # not the case himself
    call = {"last_exposure_on": clock.local_day(now, "Asia/Shanghai").isoformat(), "classification": "close", "reason": "household", "certainty": "high", "called_at": local(now - timedelta(hours=1))}
    done = client.post(address, call | {"member": [str(p) for p in outbreak.people[1:3]]})
    assert done.status_code == 200
    assert "新列为接触者" in done.content.decode()
    made = Contact.objects.get(case=outbreak.case, person=outbreak.people[1])
    assert (made.reason, made.certainty, made.degree, made.decided_by) == ("household", "high", 1, outbreak.desk.user)
    pasted = client.post(address, {**call, "lines": "钱多，男，40\n\n13811112222", "of_contact": str(made.pk)})
    assert pasted.status_code == 422
    assert "第 2 行没有姓名" in pasted.content.decode()
    assert Contact.objects.get(degree=2).of_contact == made
    page = outbreak.client(outbreak.desk, "en").get(f"/case/{outbreak.case}").content.decode()
    assert all(words in page for words in ("same household", "degree 2", "may fall ill", "钱多"))


def test_thoughts_about_the_source_stand_beside_each_other_until_one_is_accepted(outbreak):
    client, address = outbreak.client(outbreak.desk, "en"), f"/case/{outbreak.case}/source"
    assert client.post(address, {"kind": "case"}).status_code == 422
    for told in ({"kind": "import", "origin": "冷链货物", "likelihood": "possible", "evidence_for": "外包装阳性"}, {"kind": "unknown"}):
        assert client.post(address, told).status_code == 303
    thought = SourceHypothesis.objects.get(kind="import")
    page = client.get(address).content.decode()
    assert all(words in page for words in ("冷链货物", "外包装阳性", "possible", "unknown"))
    assert page.count('value="accept"') == 1  # unknown stays open
    assert client.post(address, {"thought": str(thought.pk), "do": "accept"}).status_code == 303
    assert "accepted as the source" in client.get(f"/case/{outbreak.case}").content.decode()
    assert client.post(address, {"thought": str(thought.pk), "do": "reopen"}).status_code == 303
    thought.refresh_from_db()
    assert thought.accepted_at is None


def test_the_chart_says_the_same_as_its_table(outbreak):
    page = outbreak.client(outbreak.desk, "en").get(f"/case/{outbreak.case}").content.decode()
    chart, table = page.split('<svg class="gantt"')[1].split("</svg>", 1)
    spans = re.findall(r"<title>(\S+) · ([^<]+?) (\d{4}-\d\d-\d\d) – (\d{4}-\d\d-\d\d)</title>", chart)
    rows = re.findall(r'<tr><td>([^<]+)</td><td>([^<]+)</td><td class="nowrap">([^<]+)</td><td class="nowrap">([^<]+)</td></tr>', table)
    assert spans
    assert spans == rows
    assert chart.count("<a href=") == 4  # the case and three contacts, each to be reached by Tab


def test_a_stay_elsewhere_is_told_without_seeing_that_area_and_tells_that_area_nothing_of_the_case(outbreak):
    """An investigator of one village writes that his case was at a market of another, and abroad; the other village sees the window and no case."""
    at = clock.now() - timedelta(days=2)
    mine = outbreak.client(outbreak.county.user("cdc", outbreak.grid.code))
    ReportingUnit.objects.create(area=outbreak.other, name="外村批发市场", kind="market", known_from=at, stands_from=at)
    address = f"/case/{outbreak.case}/trajectory"
    window = {"opens_at": local(at), "closes_at": local(at + timedelta(hours=2)), "confirmed": "1"}
    picked = mine.get(f"/registers/exposed-places/pick/area?anywhere=1&q={outbreak.other.code}").content.decode()
    assert outbreak.other.name_zh in picked
    assert "外村批发市场" not in mine.get("/registers/exposed-places/pick/place?q=外村").content.decode()
    assert mine.post(address, window | {"elsewhere": "外村的批发市场", "area": outbreak.other.code}).status_code == 303
    later = {"opens_at": local(at + timedelta(hours=3)), "closes_at": local(at + timedelta(hours=5)), "elsewhere": "境外转机"}
    assert mine.post(address, later).status_code == 303
    assert mine.post(address, later | {"elsewhere": "", "opens_at": local(at + timedelta(hours=6)), "closes_at": local(at + timedelta(hours=7))}).status_code == 422
    page = mine.get(address).content.decode()
    assert all(words in page for words in ("外村的批发市场", "境外转机", "由当地查找到访者"))
    far, abroad = ExposedPlace.objects.get(area=outbreak.other), ExposedPlace.objects.get(elsewhere="境外转机")
    assert abroad.area_id == outbreak.grid.pk
    assert mine.get(f"/registers/exposed-places/{far.pk}").status_code == 404  # what he told there is read on his case's page only
    theirs = outbreak.client(outbreak.county.user("cdc", outbreak.other.code))
    shown = theirs.get("/registers/exposed-places").content.decode() + theirs.get(f"/registers/exposed-places/{far.pk}").content.decode()
    assert "外村的批发市场" in shown
    assert "张小明" not in shown and "B-1" not in shown
    assert theirs.get(f"/case/{outbreak.case}").status_code == 404
    assert "外村的批发市场" not in theirs.get("/exposures").content.decode()  # nobody is looked for before they say which place it is
    assert theirs.post(f"/registers/exposed-places/{far.pk}/edit", {"place": str(ReportingUnit.objects.get().pk), "seen": str(far.change_no)}).status_code == 302
    assert "外村批发市场" in theirs.get("/exposures").content.decode()
    assert mine.post(address, {"stay": str(far.pk), "do": "withdraw"}).status_code == 303


def test_the_page_of_a_case_draws_its_links_and_tells_its_tests(outbreak):
    from sizao.kernel.scope import Scope
    from sizao.registers.cases import actions as cases
    from sizao.registers.laboratory.models import Result, Specimen
    from sizao.registers.population import actions as population

    now = clock.now()
    [person] = population.add_persons(Scope.system("t"), [population.PersonData(area_id=outbreak.grid.pk, name="后来者")], known=[now], sender="t")
    [second] = cases.add_cases(Scope.system("t"), [cases.New(person, "t", "B-2", now, {"area_id": outbreak.grid.pk, "disease": "covid-19", "classification": "confirmed"})])
    cases.add_links(Scope.system("t"), [(outbreak.case, second, "covid-19")], sender="t", known_from=now)
    told = {"known_from": now, "stands_from": now, "area": outbreak.grid}
    s = Specimen.objects.create(person_id=person, disease="covid-19", kind="nasopharyngeal", sampled_at=now - timedelta(hours=9), **told)
    Result.objects.create(specimen=s, method="pcr", result="positive", resulted_at=now, ct="23.45", **told)
    Specimen.objects.create(person_id=person, disease="covid-19", sampled_at=now - timedelta(hours=2), **told)
    page = outbreak.client(outbreak.desk, "en").get(f"/case/{second}").content.decode()
    drawing = page.split('<svg class="thumb"')[1].split("</svg>")[0]
    assert drawing.count("<circle") == 2
    assert f'href="/case/{outbreak.case}"' in drawing
    tests = page.split('id="tests"')[1].split("</section>")[0]
    assert all(words in tests for words in ("23.45", "positive", "no result yet"))
    assert "No sample of this person" in outbreak.client(outbreak.desk, "en").get(f"/case/{outbreak.case}").content.decode()


def test_what_the_demo_s_investigator_has_begun_is_there_for_a_newcomer(outbreak):
    """Stays with one in words, a search that waits, two thoughts about a source, somebody told twice."""
    from sizao.registers.cases.models import Case, ExposureSearch
    from sizao.rehearsal.investigated import investigate

    at = clock.now() - timedelta(days=9)
    Case.objects.update(onset_on=clock.local_day(at, "Asia/Shanghai") + timedelta(days=4))
    for name in ("东门市场", "西门市场"):
        ReportingUnit.objects.create(area=outbreak.grid, name=name, kind="market", in_use=True, known_from=at, stands_from=at)
    before = Person.objects.count()
    investigate(outbreak.desk)
    assert (ExposedPlace.objects.count(), ExposedPlace.objects.filter(place=None).count(), ExposedPlace.objects.exclude(confirmed_at=None).count()) == (3, 1, 2)
    assert set(ExposureSearch.objects.values_list("named", "named_at")) == {(None, None)}
    assert (SourceHypothesis.objects.count(), Person.objects.count() - before) == (2, 1)
    page = outbreak.client(outbreak.desk).get(f"/case/{outbreak.case}").content.decode()
    assert all(words in page for words in ("外地亲戚家", "东门市场", "外来货物"))
