"""The board, a signal's page and a stream's page: who may judge, who may tune, and that nothing is saved whose consequence was not seen."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.test import Client

from sizao.flows.signals_raised import watch
from sizao.kernel import clock
from sizao.kernel.outcome import Command
from sizao.registers.ledgers import actions as ledgers
from sizao.registers.surveillance.models import Signal, StreamSetting

pytestmark = pytest.mark.django_db
TOWN, OTHER = "990001101", "990001102"
NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def compiled():
    """What `epi` compiles at its first call takes longer than a transaction may be idle."""
    from sizao.epi.warning.ears import ears
    from sizao.epi.warning.farrington import farrington

    for y in ([[1.0] * 30], [[1.0] * 29 + [float("nan")]]):
        for method in ("C1", "C2", "C3"):
            ears(y, method, last=2)
    farrington([[1] * 400], last=1)


@pytest.fixture
def rise(county, system):
    """Twenty ordinary days at two fever clinics, and a rise at the first on the last of them, watched; the clock stands at that evening."""
    from sizao.doors.kit import signin

    towns = [("a", TOWN), ("b", OTHER)]
    units = ledgers.add_units(system, [ledgers.NewUnit(n, county.areas[c].pk, n, datetime(2026, 1, 1, tzinfo=UTC), "fever_clinic") for n, c in towns], sender="t")
    numbers = [(d, n, 20 if (d, n) == (20, "a") else 2 + (d + i) % 3) for d in range(21) for i, n in enumerate("ab")]
    told = [
        Command(told={"unit": units[n], "fever_handling": "treated", "happened_at": NOW - timedelta(days=20 - d, hours=8, minutes=k)}, source_id=f"{d}{n}{k}")
        for d, n, many in numbers for k in range(many)
    ]  # fmt: skip
    people = {role: county.user(role) for role in ("cdc", "commander", "analyst", "desk", "grid_worker")}
    people["other"] = county.user("cdc", OTHER)

    def client(who: str, language: str = "en") -> Client:
        browser = Client(HTTP_HOST="localhost", raise_request_exception=True)
        browser.cookies["sizao-language"] = language
        browser.post(signin.make_link(people[who].user))
        return browser

    with clock.frozen(NOW):
        ledgers.save(system, "fever_visit", told, sender="clinics")
        watch(system, NOW)
        town = Signal.objects.get(stream="fever-visits", kind="count", area__code=TOWN)
        yield SimpleNamespace(county=county, people=people, client=client, signal=town)


def test_the_board_has_what_is_open_first_by_its_clock_and_the_page_says_how_it_was_judged(rise):
    browser = rise.client("cdc")
    board = browser.get("/signals").content.decode()
    assert "Fever patients seen" in board and "24 h left" in board and f"/signals/{rise.signal.pk}" in board
    assert "Fever patients seen" in browser.get(f"/signals?area={TOWN}&stream=fever-visits").content.decode()
    assert f"/signals/{rise.signal.pk}" not in browser.get(f"/signals?area={OTHER}").content.decode()
    found = browser.get(f"/signals/{rise.signal.pk}").content.decode()
    assert "EARS C2" in found and "α = 0.0005" in found and 'class="x-alarm"' in found and "the newest day that anybody told of is 2026-11-22" in found
    assert rise.client("cdc", "zh-hans").get(f"/signals/{rise.signal.pk}").content.decode().count("发热就诊") >= 2


def test_the_curve_comes_as_a_table_a_drawing_and_a_picture_for_who_may_see_it(rise):
    browser, page = rise.client("cdc"), f"/signals/{rise.signal.pk}/curve"
    lines = browser.get(f"{page}.csv").content.decode("utf-8-sig").splitlines()
    assert lines[1].startswith("2026-11-22,20") and "above the threshold" in lines[1]  # the day of the rise, the newest first
    assert lines[2].startswith("2026-11-21,") and "below the threshold" in lines[2]
    assert any("EARS C2" in line for line in lines)
    drawn = browser.get(f"{page}.svg").content.decode()
    assert drawn.startswith("<?xml") and "Fever patients seen" in drawn
    assert browser.get(f"{page}.png").content.startswith(b"\x89PNG")
    assert browser.get(f"{page}.gif").status_code == 404
    assert browser.get("/streams/fever-visits/curve.csv", {"area": TOWN}).content.decode("utf-8-sig").splitlines()[1] == lines[1]
    assert browser.get("/streams/ward-pneumonia/curve.csv").status_code == 404  # a rule of counting in units has no curve of an area
    assert rise.client("other").get(f"{page}.csv").status_code == 404


def test_a_signal_is_judged_with_a_reason_and_followed_up(rise):
    browser, page = rise.client("cdc"), f"/signals/{rise.signal.pk}"
    assert browser.post(f"{page}/judge", {"judgement": "real"}).status_code == 422
    assert browser.post(f"{page}/judge", {"judgement": "certain", "why": "x"}).status_code == 422
    assert browser.post(f"{page}/judge", {"judgement": "real", "why": "三家诊所同日上升"}).status_code == 302
    assert browser.post(f"{page}/judge", {"judgement": "false", "why": "again", "seen": "1"}).status_code == 409  # somebody judged it meanwhile
    assert browser.post(f"{page}/follow", {"action": "investigated", "done": "已派两人", "ticket": "到诊所核实", "due_at": "2026-11-23T12:00"}).status_code == 302
    rise.signal.refresh_from_db()
    assert (rise.signal.judgement, rise.signal.action, rise.signal.ticket.due_at) == ("real", "investigated", datetime(2026, 11, 23, 4, tzinfo=UTC))
    assert "到诊所核实" in browser.get(page).content.decode()


def test_who_may_judge_and_who_may_only_look(rise):
    page = f"/signals/{rise.signal.pk}"
    assert rise.client("grid_worker").get(page).status_code == 200
    assert "name=\"judgement\"" not in rise.client("grid_worker").get(page).content.decode()
    assert rise.client("grid_worker").post(f"{page}/judge", {"judgement": "real", "why": "x"}).status_code == 403
    assert rise.client("other").get(page).status_code == 404
    assert rise.client("other").post(f"{page}/judge", {"judgement": "real", "why": "x"}).status_code == 404
    assert rise.client("analyst").post(f"{page}/judge", {"judgement": "watch", "why": "一天而已"}).status_code == 302


ASKED = {"least": "30", "starts_on": "2026-11-23", "until": "2026-12-31"}


def seal_of(text: str) -> str:
    return text.partition('name="seal" value="')[2].partition('"')[0]


def test_a_threshold_is_changed_only_after_its_consequence_was_seen(rise, system):
    from sizao.registers.surveillance import actions

    actions.save_signals(system, [Command(told={"judgement": "real", "why": "流感"}, record=rise.signal.pk)], sender="t")
    browser = rise.client("analyst")
    assert browser.post(f"/streams/fever-visits/tune?area={TOWN}", ASKED | {"reason": "流感季"}).status_code == 409
    seen = browser.get("/streams/fever-visits", ASKED | {"area": TOWN}).content.decode()
    assert "Judged real, and missed with the change" in seen and f"/signals/{rise.signal.pk}" in seen and "falls away" in seen
    assert browser.post(f"/streams/fever-visits/tune?area={TOWN}", ASKED | {"seal": seal_of(seen)}).status_code == 422  # no reason
    other = ASKED | {"least": "25", "reason": "流感季", "seal": seal_of(seen)}
    assert browser.post(f"/streams/fever-visits/tune?area={TOWN}", other).status_code == 409  # other than what was seen
    assert browser.post(f"/streams/fever-visits/tune?area={TOWN}", ASKED | {"reason": "流感季", "seal": seal_of(seen)}).status_code == 302
    row = StreamSetting.objects.get()
    assert (row.stream, row.area.code, row.least, row.before, row.after, row.missed, row.issued_by_id) == ("fever-visits", TOWN, 30, 1, 0, 1, rise.people["analyst"].post.pk)
    assert rise.client("desk").post(f"/streams/settings/{row.pk}").status_code == 403
    assert browser.post(f"/streams/settings/{row.pk}").status_code == 302
    assert browser.post(f"/streams/settings/{row.pk}").status_code == 422


def test_a_changed_threshold_is_judged_by_from_its_first_day_in_its_area_only(rise, system):
    from dataclasses import replace

    from sizao.registers.surveillance import counting, judging, tuning
    from sizao.registers.surveillance.streams import streams

    one = streams()["fever-visits"]
    change = tuning.wanted(one, rise.county.areas[TOWN], NOW.date(), NOW.date(), {"least": 30})
    analyst = rise.people["analyst"]
    tuning.tune(analyst, change, "流感季", tuning.consequence(analyst, change).seal)
    panel = counting.panel(one, counting.tree(), NOW, 40)
    held = tuning.settings_in_force()["fever-visits"]
    alarms = {e.place.code for e in judging.episodes(panel, judging.judge(panel, held, 1))}
    assert alarms == {"990001"}  # the county is judged as before, the township by what was set
    early = [replace(s, until=s.starts_on - timedelta(days=1), starts_on=s.starts_on - timedelta(days=9)) for s in held]
    assert TOWN in {e.place.code for e in judging.episodes(panel, judging.judge(panel, early, 1))}


def test_what_cannot_be_set_is_said_in_words(rise):
    browser = rise.client("analyst")
    assert "It lies between" in browser.get("/streams/fever-visits", {"alpha": "0.9", "starts_on": "2026-11-23", "until": "2026-12-01"}).content.decode()
    assert "at most 366 days apart" in browser.get("/streams/fever-visits", {"least": "9", "starts_on": "2026-11-23", "until": "2030-12-01"}).content.decode()
    assert browser.get("/streams/no-such-stream").status_code == 404
    assert 'name="least"' not in rise.client("grid_worker").get("/streams/fever-visits").content.decode()
    assert browser.get("/streams/ward-pneumonia").status_code == 200 and browser.get("/streams").status_code == 200
