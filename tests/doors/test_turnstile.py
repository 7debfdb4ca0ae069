"""What stands before Django: who is turned away there, and what they are told."""

import json

import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.test import Client, RequestFactory

from sizao.doors import policy
from sizao.doors.kit import turnstile
from sizao.doors.kit.load import Gate


class Answer:
    """What a request gets of a turnstile around the real application."""

    def __init__(self, stile, path, **more):
        environ = RequestFactory(**more).get(path).environ
        self.text = b"".join(stile(environ, self.begin)).decode()

    def begin(self, status, headers, fault=None):
        self.status, self.headers = int(status[:3]), dict(headers)


@pytest.fixture
def full(monkeypatch, db):
    """A turnstile that lets no extra in."""
    for signal in (request_started, request_finished):  # the connection is the test's, as for Django's own client
        monkeypatch.setattr(signal, "send", lambda **_: [])
    enter = Gate.enter
    monkeypatch.setattr(Gate, "enter", lambda self, extra, patience: None if extra else enter(self, extra, patience))
    return turnstile.Turnstile(get_wsgi_application())


@pytest.mark.parametrize(("cookie", "language", "said"), [("", "zh-Hans", "扫码"), ("a=1; sizao-language=en", "en", "scans"), ("not-sizao-language=en", "zh-Hans", "扫码")])
def test_who_is_turned_away_reads_what_goes_on_and_when_to_ask_again(full, cookie, language, said):
    answer = Answer(full, "/situation", HTTP_COOKIE=cookie)
    assert answer.status == 503 and said in answer.text and f'lang="{language}"' in answer.text
    seconds = answer.headers["Retry-After"]
    assert 8 <= int(seconds) <= 20 and f'http-equiv="refresh" content="{seconds}"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_program_is_told_so_and_a_part_of_a_page_too(full):
    program = Answer(full, "/api/v1/openapi.json")
    assert (program.status, program.headers["Content-Type"], json.loads(program.text)["code"]) == (503, "application/problem+json", "too-busy")
    part = Answer(full, "/situation", HTTP_HX_REQUEST="true")
    assert part.headers["HX-Retarget"] == "#notes" and "<html" not in part.text


def test_what_is_told_has_the_headers_of_a_page_and_is_made_once(full, django_assert_num_queries):
    """Everybody at another second; nobody's cookies are in what others are told."""
    usual = Answer(full, "/healthz")
    asked = [Answer(full, "/situation", HTTP_COOKIE=f"sessionid=of-{n}") for n in range(200)]
    assert len(full._answers) == len({a.headers["Retry-After"] for a in asked}) == 13
    guards = ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy")
    assert [sorted(asked[-1].headers[h].split("; ")) for h in guards] == [sorted(usual.headers[h].split("; ")) for h in guards]
    assert not any("of-" in repr(answer) for answer in full._answers.values())
    with django_assert_num_queries(0):
        Answer(full, "/situation")


def test_a_marked_request_comes_only_from_the_turnstile(db):
    assert Client(headers={"sizao.busy": "page", "sizao-busy": "page"}).get("/healthz").status_code == 200


def test_what_people_cannot_do_without_is_no_extra(db):
    first = {"api-pass-status", "api-scans", "api-passages", "api-sampled-tubes", "api-rows", "sample", "gate", "today", "record-check", "register-new", "register", "find", "my", "verify", "declare", "sign-in", "healthz"}
    routes = {r.name: r for r in policy.ROUTES}
    assert {name for name in first if routes[name].extra} == set()
    assert {"overview", "situation", "plans", "chains"} <= {r.name for r in policy.ROUTES if r.extra}
    assert turnstile._kind("/api/v1/scans", False) == "first" and turnstile._kind("/situation", True) == "extra" and turnstile._kind("/grades/sign", False) == "first"
