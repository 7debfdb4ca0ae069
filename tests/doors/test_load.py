"""Who is served first when more is asked than can be answered."""

import json
import threading
import time

import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.test import Client, RequestFactory

from sizao.doors import policy
from sizao.doors.kit import load
from sizao.doors.kit.load import Gate


class Standing:
    """A request in its own thread: in line until it is let in, then inside until it is told to go."""

    def __init__(self, gate, extra, patience=5.0):
        self.gate, self.extra, self.inside = gate, extra, None
        self._thread = threading.Thread(target=self._come, args=(patience,), daemon=True)
        self._thread.start()

    def _come(self, patience):
        self.inside = self.gate.enter(self.extra, patience)

    def answer(self):
        self._thread.join(5)
        return self.inside


def until(found):
    end = time.monotonic() + 5
    while not found():
        assert time.monotonic() < end
        time.sleep(0.002)


def stand(gate, *kinds, patience=5.0):
    """Requests that have come in this order; True means an extra."""
    found = []
    for nth, extra in enumerate(kinds):
        found.append(Standing(gate, extra, patience))
        until(lambda n=nth: sum(map(len, gate._lines)) == n + 1)
    return found


def test_with_room_everybody_comes_in():
    gate = Gate(at_once=2)
    assert gate.enter(extra=True, patience=0) and gate.enter(extra=False, patience=0)


def test_the_last_place_is_never_an_extras():
    gate = Gate(at_once=3)
    assert [gate.enter(extra=True, patience=0) for _ in range(3)] == [True, True, False]
    assert gate.enter(extra=False, patience=0)


def test_what_cannot_wait_goes_before_an_extra_that_came_earlier():
    gate = Gate(at_once=1)
    gate.enter(extra=False, patience=0)
    overview, scan = stand(gate, True, False)
    gate.leave(extra=False)
    assert scan.answer() is True and overview.inside is None
    gate.leave(extra=False)
    assert overview.answer() is True


@pytest.mark.parametrize(
    ("first_in_work", "extras"),
    [(0.3, 3), (1.0, 3), (1.5, 2), (1.9, 1), (4.0, 1)],
)
def test_the_more_of_the_first_are_in_work_the_fewer_extras_are(first_in_work, extras):
    """Of four places; the average of the first as it was in the last seconds."""
    gate = Gate(at_once=4, clock=lambda: 0.0)
    gate._average[False] = first_in_work
    assert [gate.enter(extra=True, patience=0) for _ in range(4)] == [True] * extras + [False] * (4 - extras)


def test_while_the_first_fill_the_house_extras_get_a_tenth_of_one_place():
    """Scans without an end, and overviews of half a second that always wait: in two minutes they are in work for about twelve seconds."""
    now, had = [0.0], 0.0
    gate = Gate(at_once=4, clock=lambda: now[0])
    gate._average[False] = 3.0
    for _ in range(3):
        assert gate.enter(extra=False, patience=0)
    while now[0] < 120:
        if gate.enter(extra=True, patience=0):
            now[0] += 0.5
            had += 0.5
            gate.leave(extra=True)
        now[0] += 0.01
    assert 8 < had < 16


@pytest.mark.parametrize(("a_second", "extras"), [(5, 3), (15, 3), (30, 2), (300, 1)])
def test_many_short_ones_fill_the_house_though_few_are_in_work_at_an_instant(a_second, extras):
    """Each of a millisecond, for ten seconds."""
    now = [0.0]
    gate = Gate(at_once=4, clock=lambda: now[0])
    for _ in range(10 * a_second):
        assert gate.enter(extra=False, patience=0)
        now[0] += 0.001
        gate.leave(extra=False)
        now[0] += 1 / a_second - 0.001
    assert [gate.enter(extra=True, patience=0) for _ in range(4)] == [True] * extras + [False] * (4 - extras)


def test_an_extra_is_told_at_once_when_its_line_is_full_and_after_its_patience_otherwise():
    gate = Gate(at_once=1, in_line=1)
    gate.enter(extra=False, patience=0)
    [waiting] = stand(gate, True, patience=0.3)
    assert gate.enter(extra=True, patience=60) is False
    assert waiting.answer() is False
    [later] = stand(gate, True)
    gate.leave(extra=False)
    assert later.answer() is True


def test_an_extra_that_waits_comes_in_when_the_crowd_has_gone():
    """Nobody leaves any more and tells it so: it asks again by itself."""
    now = [0.0]
    gate = Gate(at_once=2, clock=lambda: now[0])
    gate._average[False], gate._average[True] = 4.0, 1.0
    [waiting] = stand(gate, True, patience=60)
    assert waiting.inside is None
    now[0] = 30.0
    assert waiting.answer() is True


def test_nobody_is_let_in_twice_or_lost():
    """Two hundred threads, many of them impatient: never more inside than the gate lets in, and at the end it is as free as before."""
    gate, inside, most, lock = Gate(at_once=3, in_line=20), [0], [0], threading.Lock()

    def come(nth):
        extra = nth % 2 == 0
        if gate.enter(extra, 0.02 if nth % 3 else 5):
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            time.sleep(0.001)
            with lock:
                inside[0] -= 1
            gate.leave(extra)

    threads = [threading.Thread(target=come, args=(nth,)) for nth in range(200)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert most[0] <= 3 and gate._in_work == [0, 0] and not any(gate._lines)


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
    monkeypatch.setattr(load.Gate, "enter", lambda self, extra, patience: not extra)
    return load.Turnstile(get_wsgi_application())


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
    assert load._kind("/api/v1/scans", False) == "first" and load._kind("/situation", True) == "extra" and load._kind("/grades/sign", False) == "first"
