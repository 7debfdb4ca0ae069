"""The desk's way from a confirmed place to those who were there: counted, agreed to, named; and what anybody may see of it."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from sizao.flows import exposures as flow
from sizao.kernel import clock
from sizao.passes import issuing
from sizao.registers.cases.models import Contact, ExposedPlace, ExposureSearch
from sizao.registers.ledgers.models import ReportingUnit
from sizao.registers.movement import visiting
from sizao.registers.movement.visiting import Visit


@pytest.fixture
def market(outbreak):
    """A confirmed window of a market at which two of the outbreak's people, who are no contacts yet, were."""
    at = clock.now() - timedelta(days=1)
    Contact.objects.filter(person__in=outbreak.people[1:3]).update(released_at=at)
    unit = ReportingUnit.objects.create(area=outbreak.grid, name="东门市场", kind="market", known_from=at, stands_from=at)
    visiting.take(outbreak.desk, [Visit(str(n), unit.pk, at, p.bytes) for n, p in enumerate(outbreak.people[1:3])], sender="door")
    return ExposedPlace.objects.create(
        place=unit, area=outbreak.grid, disease="covid-19", opens_at=at, closes_at=at + timedelta(hours=2), confirmed_at=at, known_from=at, stands_from=at
    )


def test_a_desk_counts_then_names_and_sees_whom_and_why(outbreak, market):
    client = outbreak.client(outbreak.desk)
    assert "东门市场" in client.get("/exposures").content.decode()
    asked = client.post("/exposures", {"place": [str(market.pk)], "at_least": "15", "class": "general"})
    assert asked.status_code == 303
    page = client.get(asked.headers["Location"]).content.decode()
    assert "最多将列出 2 名到访人员" in page
    assert not any(name in page for name in ("李丽", "王强"))
    client.post(asked.headers["Location"] + "/decide", {"do": "name"})
    page = client.get(asked.headers["Location"]).content.decode()
    assert "已列出 2 人" in page
    assert all(name in page for name in ("李丽", "王强"))
    assert not re.search(r'name="do"', page)
    assert "东门市场" in client.get(f"/person/{outbreak.people[1]}").content.decode()  # why he is a contact


def test_who_was_named_sees_the_look_on_his_own_page(outbreak, market):
    """And whoever was there and was only counted is nobody: he was not named, so there is nothing to be seen."""
    client, anybody = outbreak.client(outbreak.desk), Client(HTTP_HOST="localhost")
    anybody.cookies["sizao-language"] = "en"
    code = issuing.open_holder(outbreak.desk, outbreak.people[1])
    asked = client.post("/exposures", {"place": [str(market.pk)], "at_least": "15", "class": "general"}).headers["Location"]
    assert "visitors of a place" not in anybody.get(f"/my/{code}").content.decode()
    client.post(asked + "/decide", {"do": "name"})
    page = anybody.get(f"/my/{code}").content.decode()
    assert "a search for visitors of a place where a case had been" in page and outbreak.desk.post.title("en") in page


def test_many_wait_for_a_second_person_who_is_another(outbreak, market, monkeypatch):
    monkeypatch.setattr(flow, "threshold", lambda name, on: 1)
    other = outbreak.county.user("cdc")
    search = flow.ask(outbreak.desk, [market.pk])
    address = f"/exposures/{search.pk}"
    mine, theirs = outbreak.client(outbreak.desk, "en"), outbreak.client(other, "en")
    page = mine.get(address).content.decode()
    assert "your own agreement does not count" in page
    assert 'value="second"' not in page
    assert 'value="name"' not in page
    assert [mine.post(f"{address}/decide", {"do": do}).status_code for do in ("second", "name")] == [409, 409]
    assert theirs.post(f"{address}/decide", {"do": "second"}).status_code == 303
    assert 'value="name"' in mine.get(address).content.decode()
    assert mine.post(f"{address}/decide", {"do": "withdraw"}).status_code == 303
    assert ExposureSearch.objects.get().withdrawn_at is not None


@pytest.mark.parametrize("told", [{}, {"place": "x"}, {"place": str(uuid4())}, {"place": str(uuid4()), "at_least": "-1"}])
def test_what_cannot_be_asked_is_refused_and_leaves_nothing(outbreak, told):
    assert outbreak.client(outbreak.desk).post("/exposures", told).status_code == 422
    assert ExposureSearch.objects.count() == 0


def test_anybody_sees_how_often_exactly_and_of_persons_no_small_count(outbreak, market):
    """Looks are counted of us, so each is told; two persons named of one place in one month are nearly known by it."""
    flow.name(outbreak.desk, flow.ask(outbreak.desk, [market.pk]).pk)
    page = Client(HTTP_HOST="localhost").get("/public/exposures").content.decode()
    assert re.search(r'<td class="num">1</td><td class="num">1</td><td class="num">少于 ?5</td>', page)
    assert "东门市场" not in page
