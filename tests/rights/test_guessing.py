"""Guessing of codes is counted by network and by the beginning of the code; who has a right code and never guessed is let in."""

from datetime import timedelta

import pytest
from django.test import Client

from sizao.kernel import clock
from sizao.passes import issuing, limits

pytestmark = pytest.mark.django_db


def get(address, code):
    return Client(HTTP_HOST="localhost", REMOTE_ADDR=address).get(f"/my/{code}")


def test_a_network_that_guesses_waits_and_is_told_what_to_do(rights):
    code = issuing.open_holder(rights.desk, rights.people[1])
    for n in range(30):
        assert get(f"203.0.113.{n}", f"{n:04d}-AAAA-AAAA-AAAA").status_code == 404
    answer = get("203.0.113.200", code)  # even a right one: whether it is right is not told
    assert answer.status_code == 429 and "一小时" in answer.content.decode()
    assert Client(HTTP_HOST="localhost", REMOTE_ADDR="203.0.113.9").post(f"/my/{code}/appeal").status_code == 429
    assert get("198.51.100.1", code).status_code == 200
    with clock.frozen(clock.now() + timedelta(hours=1, minutes=11)):
        assert get("203.0.113.200", code).status_code == 200


def test_one_beginning_guessed_from_many_networks_stops_those_who_guessed_and_nobody_else(rights):
    code = issuing.open_holder(rights.desk, rights.people[1])
    for n in range(10):
        assert get(f"203.0.{n}.1", f"{code[:4]}-AAAA-AAAA-AAA{n}").status_code == 404
    assert get("203.0.3.1", code[:4] + "-BBBB-BBBB-BBBB").status_code == 429
    assert get("198.51.100.7", code).status_code == 200


def test_fetching_the_list_without_end_is_stopped_by_the_minute(rights, monkeypatch):
    monkeypatch.setattr(limits, "threshold", lambda name, day: 2)
    fetch = lambda address: Client(HTTP_HOST="localhost", REMOTE_ADDR=address).get("/verify/keys.json").status_code  # noqa: E731
    with clock.frozen(clock.now()):
        assert [fetch("203.0.113.5") for _ in range(3)] == [200, 200, 429] and fetch("198.51.100.5") == 200
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        assert fetch("203.0.113.5") == 200
