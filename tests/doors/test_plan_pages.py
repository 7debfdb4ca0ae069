"""The pages of plans: read by everybody who reads numbers, decided by two people who were shown whom it touches."""

import re
from datetime import timedelta

import pytest
from plan.three_measures import NAME as PLAN
from plan.three_measures import store

from sizao.kernel import clock
from sizao.kernel.models import Enactment, User
from sizao.plan import run

SHIPPED = "contact-tracing-basic"
ROOT = "990001"


def text(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def day(after: int = 0) -> str:
    return (clock.local_day(clock.now(), "Asia/Shanghai") + timedelta(days=after)).isoformat()


@pytest.fixture
def old(outbreak):
    """The small edition, on trial beside the shipped one."""
    item = store()
    Enactment.objects.create(
        item=item,
        area=outbreak.county.root,
        disease="covid-19",
        starts_at=clock.now() - timedelta(days=20),
        proposed_by=outbreak.desk.user,
        trial=True,
        decided_at=clock.now(),
    )
    return item.ref


@pytest.fixture
def newer(old):
    """Another text of it, loaded: contacts are followed for one day only, and a check takes two minutes more."""
    return store(("value: 14d", "value: 1d"), ("minutes: 4}", "minutes: 6}"))


def pages(newer, old):
    return [
        "/plan",
        f"/plan/{PLAN}",
        f"/plan/{old}",
        f"/plan/diff?old={old}&new={newer.ref}",
        f"/plan/whom?old={old}&new={newer.ref}",
        f"/plan/whom?old={old}&new={newer.ref}&measure=contact-daily-check&change=released",
        f"/plan/{newer.ref}/enact",
        f"/plan/{newer.ref}/enact?area={ROOT}&disease=covid-19&starts={day(1)}",
    ]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_of_plans_opens_in_both_languages_under_a_strict_policy(outbreak, newer, old, language):
    client = outbreak.client(outbreak.desk, language)
    for address in pages(newer, old):
        answer = client.get(address)
        assert answer.status_code == 200, address
        policy = answer["Content-Security-Policy"]
        assert "script-src 'self'" in policy and "unsafe" not in policy
        assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=", answer.content.decode()), address


def test_the_list_says_what_is_in_force_and_that_a_newer_text_is_not(outbreak, newer, old):
    page = text(outbreak.client(outbreak.desk).get("/plan"))
    assert old in page and newer.ref in page and "与现行文本不同" in page and "试行" in page


def test_an_edition_shows_rule_source_figures_and_cost(outbreak, old):
    page = text(outbreak.client(outbreak.desk, "en").get(f"/plan/{old}"))
    for words in (
        "14 days",
        "2020-01-20",
        "对密切接触者应隔尽隔",
        "4 worker-minutes",
        "Daily health check",
        "named list",
        "No scenario proves",
    ):
        assert words in page, words


def test_scenarios_are_played_at_a_press_and_say_what_came_out_otherwise(outbreak, monkeypatch):
    import dataclasses

    from sizao.plan import editions

    client = outbreak.client(outbreak.desk, "en")
    page = client.get(f"/plan/{SHIPPED}").content.decode()
    assert '<details class="scenario">' in page and 'id="played"' not in page
    measure = "case-isolated"
    assert re.search(
        r"All \d+ scenarios came out as expected, on both engines", text(client.post(f"/plan/{SHIPPED}/scenarios", {"measure": measure}))
    )
    told = editions.load_scenarios
    monkeypatch.setattr(editions, "load_scenarios", lambda *a: [dataclasses.replace(s, coverage={"missing": 77}) for s in told(*a)])
    other = text(client.post(f"/plan/{SHIPPED}/scenarios", {"measure": measure}))
    assert "came out otherwise" in other and "Missing: expected 77" in other
    monkeypatch.setattr(editions, "SECONDS", 0)
    late = text(client.post(f"/plan/{SHIPPED}/scenarios", {"measure": measure}))
    assert re.search(r"0 of (\d+) scenarios came out otherwise.*\1 were not played: the time was up", late)


def test_a_difference_is_told_in_words_and_in_persons(outbreak, newer, old):
    client = outbreak.client(outbreak.desk, "en")
    words = text(client.get(f"/plan/diff?old={old}&new={newer.ref}"))
    assert "14 days" in words and "1 day" in words and "Minutes each time" in words
    numbers = client.get(f"/plan/whom?old={old}&new={newer.ref}", HTTP_HX_REQUEST="true").content.decode()
    assert "<html" not in numbers
    [row] = re.findall(r'data-measure="contact-daily-check">(.*?)</tr>', numbers, re.DOTALL)
    told = dict(re.findall(r'data-change="(\w+)">(?:<[^>]+>)*(\d+)', row))
    assert told == {"obliged": "0", "released": "3", "changed": "0", "unchanged": "0", "cannot_tell": "0"}
    listed = client.get(f"/plan/whom?old={old}&new={newer.ref}&measure=contact-daily-check&change=released").content.decode()
    assert listed.split('<tbody id="rows">')[1].count("<tr") == 3


@pytest.fixture
def two_texts(newer, old, monkeypatch):
    """Two small texts in place of the six."""
    import dataclasses

    from sizao.plan import replay
    from sizao.plan.evaluation import edition

    replay.forget()
    found = {old: edition(Enactment.objects.get(item__item_id=PLAN).item_id), newer.ref: dataclasses.replace(edition(newer.pk), id="newer")}
    monkeypatch.setattr(replay, "texts", lambda: found)
    return found


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_same_registers_under_two_texts_come_in_by_themselves_with_the_quotes_beside(outbreak, two_texts, language, monkeypatch):
    from sizao.plan import replay

    client = outbreak.client(outbreak.desk, language)
    assert 'href="/plan/replay"' in client.get("/plan").content.decode()
    part, asked = client.get("/plan/replay").content.decode(), 0
    assert 'id="by-kind"' not in part
    monkeypatch.setattr(replay, "SECONDS", 2.0)
    while further := re.search(r'id="replayed"[^>]*hx-get="([^"]+)"', part):
        part = client.get(further.group(1).replace("&amp;", "&"), HTTP_HX_REQUEST="true").content.decode()
        assert "<html" not in part and (asked := asked + 1) < 20
    [every] = re.findall(r'data-kind="every">(.*?)</tbody>', part, re.DOTALL)
    told = {e: dict(re.findall(r'data-count="(\w+)">(?:<[^>]+>)*(\d+)', row)) for e, row in re.findall(r'data-edition="([^"]+)">(.*?)</tr>', every, re.DOTALL)}
    assert set(told) == {PLAN, "newer"}
    assert int(told[PLAN]["all"]) > int(told["newer"]["all"]) > 0, "contacts are followed for one day only"
    [differs] = re.findall(r'data-measure="([^"]+)"', part)
    assert differs == "contact-daily-check" and part.count("对密切接触者应隔尽隔") == 2 and all(span in part for span in (("14天", "1天") if language == "zh-hans" else ("14 days", "1 day")))
    whole = client.get(re.search(r'hx-get="([^"]+)"', client.get("/plan/replay").content.decode()).group(1).replace("&amp;", "&")).content.decode()
    assert "<html" in whole and 'id="by-kind"' in whole, "without scripts the same on a page of its own"
    assert ("前算出" if language == "zh-hans" else "ago") in whole and "后算出" not in whole
    replay.forget()  # another process, or this one after a start
    monkeypatch.setattr(replay, "answers", lambda sql, seconds: pytest.fail("what is kept is not worked out again"))
    again = client.get(re.search(r'hx-get="([^"]+)"', client.get("/plan/replay").content.decode()).group(1).replace("&amp;", "&")).content.decode()
    assert re.findall(r'data-count="\w+">.*?</td>', again) == re.findall(r'data-count="\w+">.*?</td>', whole)


def test_a_replay_stops_at_the_scope_and_refuses_times_that_cannot_be(outbreak, two_texts):
    client = outbreak.client(outbreak.desk)
    assert outbreak.client(outbreak.team).get("/plan/replay?numbers=1&area=990001102").status_code == 404
    for wrong in ("starts=x", "starts=2999-01-01", "as_of=2026-01-01", "known=0001-01-01T00:00:00%2B14:00", "as_of=9999-12-31T23:59:59-12:00", "starts=0001-01-01"):
        assert client.get(f"/plan/replay?{wrong}").status_code == 422, wrong


def test_names_only_for_who_may_see_them_and_each_look_is_on_record(outbreak, newer, old):
    from django.db import connection

    address = f"/plan/whom?old={old}&new={newer.ref}&measure=contact-daily-check&change=released"
    assert "李丽" in text(outbreak.client(outbreak.desk).get(address))
    with connection.cursor() as cursor:
        cursor.execute("SELECT subjects FROM kernel_event WHERE kind = 'plan.whom.released' AND user_id = %s", [outbreak.desk.user.pk])
        assert {s for (subjects,) in cursor.fetchall() for s in subjects} == set(outbreak.people[1:])
    masked = text(outbreak.client(outbreak.county.user("commander")).get(address))
    assert "李丽" not in masked
    operator = outbreak.client(outbreak.county.user("operator"))
    assert operator.get(address).status_code == 403
    numbers = operator.get(address.split("&measure")[0])
    assert numbers.status_code == 200 and "change=released" not in numbers.content.decode()
    assert outbreak.client(outbreak.team).get(f"{address}&area=990001102").status_code == 404


def test_one_proposes_the_same_is_refused_in_words_another_agrees(outbreak, newer, old):
    one, other = outbreak.client(outbreak.desk), outbreak.client(outbreak.county.user("operator"))
    form = {"area": ROOT, "disease": "covid-19", "starts": day()}
    tried = one.get(f"/plan/{newer.ref}/enact", form)
    seen = re.search(r'name="seen" value="(\d*)"', tried.content.decode()).group(1)
    answer = one.post(f"/plan/{newer.ref}/enact", form | {"seen": seen})
    assert answer.status_code == 303
    assert "您本人的同意无效" in text(one.get(answer["Location"])) and 'id="agree"' not in one.get(answer["Location"]).content.decode()
    number = {"proposal": re.search(r"proposal=(\d+)", answer["Location"]).group(1)}
    refused = one.post(f"/plan/{newer.ref}/second", number)
    assert refused.status_code >= 400 and "提出人不能批准自己的提议" in text(refused)
    assert 'id="agree"' in other.get(answer["Location"]).content.decode()
    agreed = other.post(f"/plan/{newer.ref}/second", number)
    assert agreed.status_code == 303
    assert "已决定" in text(other.get(agreed["Location"]))
    assert other.post(f"/plan/{newer.ref}/second", number).status_code == 409
    before, now = Enactment.objects.filter(item__item_id=PLAN).order_by("pk")
    assert before.ends_at == now.starts_at and now.seconded_by and not now.trial
    made = run.evaluate_all()
    assert [e["item"] for e in made.editions if e["enactment"] == now.pk] == [newer.ref]
    assert newer.ref[-12:] in text(one.get("/measure/contact-daily-check"))


def test_a_proposal_needs_the_dry_run_of_today_and_a_day_to_come(outbreak, newer):
    client = outbreak.client(outbreak.desk, "en")
    form = {"area": ROOT, "disease": "covid-19", "starts": day(1)}
    assert "plan-dry-run-stale" in client.post(f"/plan/{newer.ref}/enact", form | {"seen": "0"}).content.decode()
    assert "plan-start-past" in client.post(f"/plan/{newer.ref}/enact", form | {"starts": day(-3)}).content.decode()
    for wrong in ("tomorrow", "2999-01-01", "9999-12-31", "2020-06-30T99", "0001-01-01T00:00:00+14:00"):
        refused = client.post(f"/plan/{newer.ref}/enact", form | {"starts": wrong})
        assert refused.status_code == 422, wrong
    assert "bad-value" in client.post(f"/plan/{newer.ref}/enact", form | {"disease": ""}).content.decode()
    assert client.post(f"/plan/{newer.ref}/enact", form | {"area": "nowhere"}).status_code == 404
    assert not Enactment.objects.filter(item=newer).exists()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_dry_run_says_where_else_the_plan_is_in_force_and_what_comes_of_it(outbreak, newer, language):
    """For a township: the county's text yields there. For the county: the township's own text goes on; a trial would count beside."""
    client, people = outbreak.client(outbreak.desk, language), {"proposed_by": outbreak.desk.user, "decided_at": clock.now()}
    asked = f"/plan/{newer.ref}/enact?disease=covid-19&starts={day(1)}&area="
    above, below, trial = {
        "en": ("Here the new text takes its place", "There that text goes on, and this one does not count", "there both would count"),
        "zh-hans": ("本地以新文本为准", "本文本在当地不计数", "两者都会计数"),
    }[language]
    page = text(client.get(f"{asked}990001101"))
    assert above in page and below not in page
    own = Enactment.objects.create(item=newer, area=outbreak.county.areas["990001101"], disease="covid-19", starts_at=clock.now() - timedelta(days=1), trial=True, **people)
    assert trial in text(client.get(f"{asked}{ROOT}"))
    own.trial, own.seconded_by = False, User.objects.create_user("another")
    own.save()
    page = text(client.get(f"{asked}{ROOT}"))
    assert below in page and trial not in page and above not in page


def test_who_may_not_decide_is_not_offered_to_and_out_of_area_is_nothing(outbreak, newer):
    commander = outbreak.client(outbreak.county.user("commander"))
    assert "/enact" not in commander.get(f"/plan/{newer.ref}").content.decode()
    assert commander.get(f"/plan/{newer.ref}/enact").status_code == 403
    made = Enactment.objects.create(
        item=newer, area=outbreak.county.root, disease="covid-19", starts_at=clock.now(), proposed_by=outbreak.desk.user
    )
    local = outbreak.client(outbreak.county.user("operator", "990001102"))
    for answer in (
        local.get(f"/plan/{newer.ref}/enact?proposal={made.pk}"),
        local.post(f"/plan/{newer.ref}/second", {"proposal": made.pk}),
    ):
        assert answer.status_code == 404
    assert outbreak.client(outbreak.county.user("operator")).post(f"/plan/{newer.ref}/withdraw", {"proposal": made.pk}).status_code == 303
    assert not Enactment.objects.filter(pk=made.pk).exists()


@pytest.mark.parametrize(
    "address", ["/plan/no-such", f"/plan/{PLAN}@000000000000", "/plan/diff?old=x", "/plan/x/enact", "/plan/whom?new=x"]
)
def test_what_is_not_loaded_is_said_in_words(outbreak, address):
    answer = outbreak.client(outbreak.desk).get(address)
    assert answer.status_code == 404 and "内容库里没有" in text(answer)


def test_an_empty_store_says_what_to_do(county):
    from django.test import Client

    from sizao.doors.kit import signin

    client = Client(HTTP_HOST="localhost")
    client.post(signin.make_link(county.user("desk").user))
    for address in ("/plan", "/plan/diff"):
        assert "尚未载入预案" in text(client.get(address))
