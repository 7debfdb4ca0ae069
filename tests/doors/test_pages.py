"""What each page says, and that its numbers are the rows behind them."""

import re
from uuid import UUID

import pytest

from sizao.kernel.ids import uuid7
from sizao.plan import read


def text(answer) -> str:
    return re.sub(r"<[^>]+>", " ", answer.content.decode())


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    "page", ["/", "/today", "/import", "/find?q=z", "/measure/contact-daily-check", "/measure/contacts-listed?state=raised", "/list?state=ownerless", "/duty", "/post"]
)
def test_every_page_opens_in_both_languages_under_a_strict_policy(outbreak, page, language):
    answer = outbreak.client(outbreak.desk, language).get(page)
    assert answer.status_code == 200
    assert answer["Content-Language"] == ("zh-Hans" if language == "zh-hans" else "en")
    assert answer["Cache-Control"] == "no-store, private"
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy
    body = answer.content.decode()
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=", body)
    if language == "zh-hans":
        assert 'lang="zh-Hans"' in body


def test_the_number_on_the_overview_is_the_length_of_its_list(outbreak):
    """For every measure and state: the count on the page, the count of the run, the rows that are listed."""
    client = outbreak.client(outbreak.desk)
    for m in read.overview(outbreak.desk).measures:
        for state in ("missing", "missed", "open", "cannot_tell"):
            listed = client.get(f"/measure/{m.id}", {"state": state}).content.decode()
            shown = re.search(r'<tbody id="rows">(.*?)</tbody>', listed, re.DOTALL)
            assert (shown.group(1).count("<tr") if shown else 0) == m.count(state), (m.id, state)


def test_each_number_beside_the_states_opens_a_list_of_that_length(outbreak):
    client, total = outbreak.client(outbreak.desk), read.overview(outbreak.desk).total
    assert total.raised and total.ownerless and total.risen
    for state in ("missing", *read.BESIDE):
        listed = client.get("/list", {"state": state}).content.decode()
        shown = re.search(r'<tbody id="rows">(.*?)</tbody>', listed, re.DOTALL)
        assert (shown.group(1).count("<tr") if shown else 0) == total.count(state), state


def test_without_a_run_the_overview_says_so(county):
    from django.test import Client

    from sizao.doors.kit import signin

    client = Client(HTTP_HOST="localhost")
    client.post(signin.make_link(county.user("commander").user))
    assert "尚无数据" in text(client.get("/"))


def test_a_post_without_names_sees_masks_and_a_case_opens(outbreak):
    commander = outbreak.client(outbreak.county.user("commander"))
    page = text(commander.get(f"/case/{outbreak.case}"))
    assert "张小明" not in page and "13900000001" not in page
    assert "张小明" in text(outbreak.client(outbreak.desk).get(f"/case/{outbreak.case}"))


def test_the_person_page_says_why(outbreak):
    page = text(outbreak.client(outbreak.desk, "en").get(f"/person/{outbreak.people[1]}"))
    assert "Daily health check of close contacts" in page
    assert "close contact" in page


def test_a_check_takes_the_row_off_the_list_and_back_again(outbreak):
    client = outbreak.client(outbreak.team)
    before = client.get("/today").content.decode()
    mine = [str(c) for c in outbreak.contacts[:2]]
    assert all(c in before for c in mine) and str(outbreak.contacts[2]) not in before
    answer = client.post("/today/check", {"contact": mine[0], "key": str(uuid7()), "outcome": "ok"}, HTTP_HX_REQUEST="true")
    assert answer.status_code == 200
    assert mine[0] not in re.findall(r'name="contact" value="([^"]+)"', client.get("/today").content.decode())
    check = re.search(r'name="check" value="([^"]+)"', answer.content.decode()).group(1)
    client.post("/today/undo", {"check": check, "contact": mine[0]}, HTTP_HX_REQUEST="true")
    assert mine[0] in client.get("/today").content.decode()


def test_a_double_tap_records_once(outbreak):
    from sizao.registers.isolation.read import checks

    client, key = outbreak.client(outbreak.team), str(uuid7())
    for _ in range(2):
        client.post("/today/check", {"contact": str(outbreak.contacts[0]), "key": key, "outcome": "ok"})
    assert checks(outbreak.desk).count() == 1


def test_a_refusal_leaves_the_row_with_its_reason(outbreak):
    client = outbreak.client(outbreak.team)
    answer = client.post(
        "/today/check", {"contact": str(outbreak.contacts[0]), "key": str(uuid7()), "outcome": "refused"}, HTTP_HX_REQUEST="true"
    )
    assert "已尝试：拒绝" in text(answer)
    assert str(outbreak.contacts[0]) in client.get("/today").content.decode()


@pytest.mark.parametrize(
    "sent",
    [
        {"outcome": "ok", "temperature": "38.2"},
        {"outcome": "ok", "symptoms": "fever"},
        {"outcome": "ok", "temperature": "warm"},
        {"outcome": "best"},
    ],
)
def test_what_contradicts_itself_is_asked_again_and_not_recorded(outbreak, sent):
    from sizao.registers.isolation.read import checks

    answer = outbreak.client(outbreak.team).post(
        "/today/check", {"contact": str(outbreak.contacts[0]), "key": str(uuid7())} | sent, HTTP_HX_REQUEST="true"
    )
    assert answer.status_code == 422 and 'role="alert"' in answer.content.decode()
    assert checks(outbreak.desk).count() == 0


def test_a_temperature_is_read_as_people_write_it(outbreak):
    from sizao.registers.isolation.read import checks

    outbreak.client(outbreak.team).post(
        "/today/check", {"contact": str(outbreak.contacts[0]), "key": str(uuid7()), "outcome": "ok", "temperature": " 36，6℃ "}
    )
    assert str(checks(outbreak.desk).get().temperature) == "36.6"


def test_hostile_names_are_shown_as_text(outbreak):
    from sizao.kernel.scope import Scope
    from sizao.registers.population import actions

    outbreak.people[0]
    data = actions.PersonData(area_id=outbreak.grid.pk, name="<script>alert(1)</script>")
    [person] = actions.add_persons(Scope.system("test"), [data], known=[outbreak.run.started_at], sender="test")
    assert "<script>alert" not in outbreak.client(outbreak.desk).get(f"/person/{person}").content.decode()


def test_a_page_of_refusal_has_the_words_and_the_code(outbreak):
    client = outbreak.client(outbreak.desk, "en")
    answer = client.get(f"/person/{UUID(int=1)}")
    assert answer.status_code == 404 and "page-not-found" in answer.content.decode() and "no such page" in text(answer)
    problem = client.get("/measure/no-such", headers={"accept": "application/json"})
    assert problem["Content-Type"] == "application/problem+json" and problem.json()["zh"]


def test_a_stale_form_is_said_to_be_stale(outbreak):
    from django.test import Client

    client = Client(HTTP_HOST="localhost", enforce_csrf_checks=True)
    answer = client.post("/sign-out")
    assert answer.status_code == 403


def test_an_invented_city_takes_in_no_real_list(outbreak):
    from django.core.files.uploadedfile import SimpleUploadedFile

    answer = outbreak.client(outbreak.desk).post("/import", {"files": SimpleUploadedFile("密接.csv", b"x,y\n1,2\n"), "disease": "covid-19"})
    assert "store-is-demo" in answer.content.decode() and answer.status_code >= 400


def test_without_its_database_a_page_says_so_in_words(outbreak, monkeypatch):
    from django.contrib.sessions.backends.db import SessionStore
    from django.db import OperationalError

    client = outbreak.client(outbreak.desk)

    def away(self):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(SessionStore, "load", away)
    answer = client.get("/")
    assert answer.status_code == 503 and "database-away" in answer.content.decode()


def test_a_fault_of_ours_shows_a_number_and_logs_no_words(outbreak, monkeypatch, caplog):
    def broken(*_, **__):
        raise ValueError("DETAIL: Key (name)=(张小明)")

    monkeypatch.setattr(read, "overview", broken)
    answer = outbreak.client(outbreak.desk).get("/")
    assert answer.status_code == 500 and "张小明" not in answer.content.decode()
    assert "张小明" not in caplog.text and "ValueError" in caplog.text
