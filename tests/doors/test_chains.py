"""Chains of transmission on the desk: what is drawn, what is counted, and what nobody gets to see."""

import csv
import io
from datetime import date, timedelta

import pytest

from sizao.kernel import clock
from sizao.kernel.ids import uuid7
from sizao.kernel.scope import Scope
from sizao.registers.cases import actions as cases
from sizao.registers.cases.chains import attack_rates
from sizao.registers.population import actions as population

pytestmark = pytest.mark.django_db
DAY = date(2020, 3, 1)


@pytest.fixture
def chain(outbreak):
    """B-1 of the grid infected C-2 and C-3 there, and C-4 of another village; C-5 has two sources told; C-6 none."""
    system, known = Scope.system("test"), clock.now() - timedelta(days=2)
    places = {"C-2": outbreak.grid, "C-3": outbreak.grid, "C-4": outbreak.other, "C-5": outbreak.grid, "C-6": outbreak.grid}
    people = population.add_persons(system, [population.PersonData(area_id=a.pk, name=f"病{n}") for n, a in places.items()], known=[known] * 5, sender="test")
    told = [
        {"area_id": a.pk, "disease": "covid-19", "classification": "suspected" if n == "C-5" else "confirmed", "onset_on": DAY + timedelta(days=3 * i)}
        for i, (n, a) in enumerate(places.items())
    ]
    made = cases.add_cases(system, [cases.New(p, "test", n, known, t) for p, n, t in zip(people, places, told, strict=True)])
    outbreak.of = {"B-1": outbreak.case, **dict(zip(places, made, strict=True))}
    outbreak.persons = dict(zip(places, people, strict=True))
    pairs = [("B-1", "C-2"), ("B-1", "C-3"), ("B-1", "C-4"), ("C-2", "C-5"), ("C-3", "C-5")]
    cases.add_links(system, [(outbreak.of[a], outbreak.of[b], "covid-19") for a, b in pairs], sender="test", known_from=known)
    outbreak.browser = outbreak.client(outbreak.desk, "en")
    return outbreak


def numbers(told, pairs=True):
    return [(told["number"][a], told["number"][b]) for a, b in zip(told["from"], told["to"], strict=True)] if pairs else dict(zip(told["number"], told["generation"], strict=True))


def test_the_graph_is_drawn_whole_with_generations_and_no_name_in_it(chain):
    answer = chain.browser.get("/chains/data.json")
    told = answer.json()
    assert sorted(numbers(told)) == [("B-1", "C-2"), ("B-1", "C-3"), ("B-1", "C-4"), ("C-2", "C-5"), ("C-3", "C-5")]
    assert numbers(told, pairs=False) == {"B-1": 0, "C-2": 1, "C-3": 1, "C-4": 1, "C-5": 2}
    assert "病" not in answer.content.decode()
    page = chain.browser.get("/chains").content.decode()
    assert "病C" not in page and "张小明" not in page
    assert "1 with rival sources" in page


def test_around_one_case_upward_downward_and_its_table(chain):
    def shown(way):
        return set(chain.browser.get(f"/chains/data.json?around={chain.of['C-2']}&way={way}").json()["number"])

    assert shown("up") == {"B-1", "C-2"}
    assert shown("down") == {"C-2", "C-5"}
    assert shown("both") == {"B-1", "C-2", "C-3", "C-4", "C-5"}
    assert "C-5" in chain.browser.get(f"/chains?around={chain.of['C-2']}&way=down").content.decode()


def test_who_answers_for_one_village_sees_its_cases_and_only_that_links_lead_elsewhere(chain):
    village = chain.client(chain.county.user("cdc", chain.grid.code))
    told = village.get("/chains/data.json").json()
    assert sorted(told["number"]) == ["B-1", "C-2", "C-3", "C-5"]
    assert dict(zip(told["number"], told["outside"], strict=True)) == {"B-1": 1, "C-2": 0, "C-3": 0, "C-5": 0}
    assert str(chain.of["C-4"]) not in str(told)
    assert village.get(f"/chains?around={chain.of['C-4']}").status_code == 404
    assert village.get(f"/chains?around={uuid7()}").status_code == 404
    assert village.get("/chains?around=nonsense").status_code == 404


def test_a_graph_that_was_read_is_on_record_with_whom_it_showed(chain):
    from django.db import connection

    chain.browser.get(f"/chains/data.json?around={chain.of['C-2']}&way=up")
    with connection.cursor() as cursor:
        cursor.execute("SELECT subjects FROM kernel_event WHERE kind = 'chains.read' ORDER BY id DESC LIMIT 1")
        assert set(cursor.fetchone()[0]) == {chain.people[0], chain.persons["C-2"]}


def test_the_file_has_every_case_once_and_says_how_many(chain):
    answer = chain.browser.get("/chains/chains.csv")
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [line[0] for line in lines[1:-1]] == ["B-1", "C-2", "C-3", "C-4", "C-5"]
    assert lines[-1][:2] == ["#sizao", "rows=5"]
    assert dict(zip(lines[0], lines[5], strict=True))["infectors"] == "C-2 C-3"


def test_attack_rates_count_a_person_once_and_leave_out_who_is_still_observed(chain):
    """Of three contacts one fell ill afterwards, one was released, one is still observed; a fourth was a case before he was named."""
    system, now = Scope.system("test"), clock.now()
    cases.add_cases(system, [cases.New(chain.people[1], "test", "ILL", now, {"area_id": chain.grid.pk, "disease": "covid-19"})])
    cases.correct_contacts(system, {chain.contacts[1]: {"released_at": now - timedelta(hours=1)}})
    again = {"area_id": chain.grid.pk, "disease": "covid-19", "case_id": chain.of["C-2"], "classification": "close", "named_at": now}
    cases.add_contacts(system, [cases.New(chain.people[1], "test", "J-again", now - timedelta(days=1), again), cases.New(chain.persons["C-3"], "test", "J-late", now, again)])
    [close] = attack_rates(chain.desk, chain.county.root, "covid-19", clock.local_day(now, "Asia/Shanghai"))
    assert (close.classification, close.named, close.infected, close.over) == ("close", 4, 1, 1)
    assert close.attack.rate == 0.5


def test_a_place_without_links_says_so(outbreak):
    page = outbreak.client(outbreak.desk, "en").get("/chains").content.decode()
    assert "No link between two cases is told here." in page
