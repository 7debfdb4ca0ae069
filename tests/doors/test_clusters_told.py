"""From what a ward writes down to the signal that somebody has to judge and its mark on the map: the whole way, through the doors, on one day."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from sizao.flows.signals_raised import watch
from sizao.kernel import clock
from sizao.registers.surveillance.models import Signal

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)  # noon in Shanghai
GRID, TOWN = "990001101201-1", "990001101"


@pytest.fixture
def ward(county, system, compiled):
    """A county in which a hospital has a ward, a clerk of the CDC signs in, and the clock stands at noon."""
    from types import SimpleNamespace

    from sizao.doors.kit import signin
    from sizao.registers.ledgers import actions as ledgers

    [unit] = ledgers.add_units(system, [ledgers.NewUnit("ward", county.areas[TOWN].pk, "呼吸内科三病区", datetime(2026, 1, 1, tzinfo=UTC), "ward")], sender="t").values()
    users = {role: county.user(role) for role in ("desk", "cdc", "commander", "analyst")}

    def client(who: str, language: str = "en") -> Client:
        browser = Client(HTTP_HOST="localhost", raise_request_exception=True)
        browser.cookies["sizao-language"] = language
        browser.post(signin.make_link(users[who].user))
        return browser

    return SimpleNamespace(county=county, unit=unit, client=client, users=users)


@pytest.fixture
def compiled():
    from sizao.epi.warning.ears import ears

    for y in ([[1.0] * 30], [[1.0] * 29 + [float("nan")]]):
        for method in ("C1", "C2", "C3"):
            ears(y, method, last=2)


def put(browser, register: str, rows: list[dict]) -> list[str]:
    body = {"rows": [{"source_id": str(uuid4()), "values": v} for v in rows]}
    answer = browser.post(f"/api/v1/{register}", body, content_type="application/json", HTTP_IDEMPOTENCY_KEY=str(uuid4()))
    assert answer.status_code == 200 and answer.json()["counts"]["rejected"] == 0, answer.content
    return [o["id"] for o in answer.json()["outcomes"]]


def test_three_odd_pneumonias_in_one_ward_are_on_the_page_of_a_signal_the_same_day(ward, system):
    county, cdc = ward.county, ward.client("cdc")
    from sizao.registers.population.actions import PersonData, add_persons

    people = add_persons(system, [PersonData(area_id=county.areas[GRID].pk, name=f"病人{n}") for n in range(3)], known=[NOON - timedelta(days=3)] * 3, sender="t")
    told = [
        {"person": str(p), "area": GRID, "channel": "clinic", "found_at": (NOON - timedelta(hours=h)).isoformat(), "found_unit": str(ward.unit), "cause": "pneumonia_unexplained", "cause_at": (NOON - timedelta(hours=h - 1)).isoformat()}
        for p, h in zip(people, (50, 26, 3), strict=True)
    ]  # fmt: skip
    with clock.frozen(NOON):
        put(cdc, "symptom-lines", told[:2])
        watch(system, NOON, only=["ward-pneumonia"])
        assert "呼吸内科三病区" not in cdc.get("/signals").text  # two are none
        put(cdc, "symptom-lines", [told[2]])
    with clock.frozen(NOON + timedelta(minutes=30)):
        assert watch(system, NOON + timedelta(minutes=30), only=["ward-pneumonia"]).new == 1
    with clock.frozen(NOON + timedelta(hours=1)):
        board = cdc.get("/signals").text
        assert "Unexplained pneumonia in one ward" in board and "呼吸内科三病区" in board and "1 h left" in board
        page = cdc.get(re.search(r"/signals/[0-9a-f-]{36}", board)[0]).text
        assert "3 persons or more in one unit within 7 days" in page and ">3</b>" in page
        assert not any(word in page for word in ("病人0", str(people[0])))
        assert "同一病区不明原因肺炎" in ward.client("commander", "zh-hans").get(re.search(r"/signals/[0-9a-f-]{36}", board)[0]).text
    assert clock.local_day(Signal.objects.get().raised_at, "Asia/Shanghai") == clock.local_day(NOON, "Asia/Shanghai")


def test_cases_at_one_market_are_a_signal_and_a_mark_on_the_map_of_clusters(ward, system, monkeypatch):
    from sizao.kernel.models import Area
    from sizao.registers.cases import actions as cases
    from sizao.registers.population.actions import PersonData, add_persons

    county = ward.county
    for area, x in ((county.areas[TOWN], 110.0), (county.areas["990001102"], 110.2)):
        Area.objects.filter(pk=area.pk).update(geometry={"type": "Polygon", "coordinates": [[[x, 30.0], [x + 0.2, 30.0], [x + 0.2, 30.2], [x, 30.2], [x, 30.0]]]})
    people = add_persons(system, [PersonData(area_id=county.areas[GRID].pk, name=f"病例{n}") for n in range(2)], known=[NOON - timedelta(days=3)] * 2, sender="t")
    told = {"area_id": county.areas[GRID].pk, "disease": "covid-19", "classification": "confirmed", "reported_at": NOON - timedelta(days=2)}
    ids = cases.add_cases(system, [cases.New(p, "t", f"K-{n}", NOON - timedelta(days=3), told) for n, p in enumerate(people)])
    desk, opens = ward.client("cdc"), NOON - timedelta(days=4)
    with clock.frozen(NOON):
        [market] = put(desk, "reporting-units", [{"name": "前进农贸市场", "kind": "market", "area": TOWN}])
        stays = [{"place": market, "area": TOWN, "case": str(c), "disease": "covid-19", "opens_at": (opens + timedelta(minutes=40 * n)).isoformat(), "closes_at": (opens + timedelta(minutes=40 * n + 60)).isoformat(), "confirmed_at": NOON.isoformat(), "exception": "发病前停留"} for n, c in enumerate(ids)]  # fmt: skip
        put(desk, "exposed-places", stays)
        assert watch(system, NOON, only=["shared-stays"]).new == 1
        signal = Signal.objects.get(stream="shared-stays")
        page = desk.get(f"/signals/{signal.pk}").text
        assert "前进农贸市场" in page and "2 cases or more whose confirmed stays" in page and 'class="x-alarm"' in page
        assert desk.get(f"/signals/{signal.pk}/curve.csv").content.decode("utf-8-sig").count("in the cluster") == 1
    monkeypatch.setenv("SIZAO_AS_OF", (NOON + timedelta(minutes=1)).isoformat())
    Signal.objects.filter(pk=signal.pk).update(raised_at=NOON)
    shown = ward.client("commander").get("/situation").text
    assert 'class="x-cluster"' in shown and f"/signals/{signal.pk}" in shown and "前进农贸市场" in shown
    drawn = ward.client("commander").get("/situation/clusters.svg").text
    assert drawn.count("x-cluster") == 0 and ">A<" in drawn
    # who judged it false takes it off the map
    with clock.frozen(NOON + timedelta(seconds=30)):
        desk.post(f"/signals/{signal.pk}/judge", {"judgement": "false", "why": "同一家人结伴购物"})
    assert f"/signals/{signal.pk}" not in ward.client("commander").get("/situation").text
