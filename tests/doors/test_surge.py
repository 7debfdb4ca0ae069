"""F2, F3. Xi'an 2021-12-20 and 2022-01-04, Guangdong 2022-01-10, Hainan 2022-04: ten times the usual crowd on the morning a rule changes.

A real server on a real port, with the threads of a web process and its own connections. The crowd asks for what can be asked again in a minute (maps, charts, the
rules that apply), as many at once as ten times what is worked on. Whether it is shed is no matter of speed: the pages of the crowd stand still until the test lets
them go on. What nobody can do without is answered beside them: is this person free to pass, a scan, a tube, a row of the registry.
"""

import http.client
import json
import threading
import time
from socketserver import ThreadingMixIn
from types import SimpleNamespace
from uuid import uuid4
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import pytest
from django.http import HttpResponse
from races.conftest import db, own_database

from sizao.doors.kit import signin, tokens
from sizao.doors.kit.load import AT_ONCE, IN_LINE
from sizao.doors.kit.turnstile import Turnstile
from sizao.kernel import clock

__all__ = ["db", "own_database"]
CROWD = 10 * AT_ONCE
EXTRAS = ("/situation", "/plan", "/public/rules", "/chains")


class Many(ThreadingMixIn, WSGIServer):
    daemon_threads, request_queue_size = True, 128


class Quiet(WSGIRequestHandler):
    def log_message(self, *told):
        pass


@pytest.fixture
def held(monkeypatch):
    """Every extra stands still until `.go` is set; `.inside` counts those in work, `.most` the most at one time."""
    from sizao.doors.command import plan_list, situation
    from sizao.doors.desk import chains
    from sizao.doors.public import rules

    state = SimpleNamespace(go=threading.Event(), inside=0, most=0, lock=threading.Lock())

    def page(request, **named):
        with state.lock:
            state.inside += 1
            state.most = max(state.most, state.inside)
        state.go.wait(60)
        with state.lock:
            state.inside -= 1
        return HttpResponse("the page")

    for module, name in ((situation, "situation"), (plan_list, "plans"), (chains, "chains"), (rules, "rules")):
        monkeypatch.setattr(module, name, page)
    yield state
    state.go.set()


@pytest.fixture
def server(county, own_database):
    """`.ask(method, address, body)` → (status, headers, text) by a program of the desk; `.browse(address)` by its browser."""
    from django.core.wsgi import get_wsgi_application
    from django.db import connection, connections

    application = Turnstile(get_wsgi_application())

    def answering(environ, start):
        connection.settings_dict["NAME"] = own_database  # a thread's connection is its own
        whole = application(environ, start)
        try:
            return [b"".join(whole)]
        finally:
            if hasattr(whole, "close"):  # of who is turned away there is nothing to be closed
                whole.close()
            connections.close_all()

    running = Many(("127.0.0.1", 0), Quiet)
    running.set_app(answering)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    desk = county.user("desk")
    bearer = {"Authorization": f"Bearer {tokens.make(desk.user, desk.post)}"}

    def ask(method, address, body=None, headers=None):
        line = http.client.HTTPConnection("127.0.0.1", running.server_port, timeout=90)
        line.request(method, address, json.dumps(body) if body is not None else None, {"Host": "localhost", "Content-Type": "application/json", **(headers or bearer)})
        answer = line.getresponse()
        told = (answer.status, dict(answer.getheaders()), answer.read().decode())
        line.close()
        return told

    way_in = signin.make_link(desk.user)
    from django.test import Client

    browser = Client(HTTP_HOST="localhost")
    browser.post(way_in)
    cookies = {"Cookie": "; ".join(f"{m.key}={m.value}" for m in browser.cookies.values()) + "; sizao-language=en"}
    yield SimpleNamespace(ask=ask, browse=lambda address: ask("GET", address, headers=cookies), county=county, desk=desk)
    running.shutdown()
    running.server_close()


def until(found, seconds=60):
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def without_which_nobody_can_do(server):
    """Each of the four, once: (what, status, text)."""
    from sizao.kernel.scope import Scope
    from sizao.registers.ledgers.models import ReportingUnit
    from sizao.registers.population import actions as population

    now, grid = clock.now(), server.county.areas["990001101201-1"]
    [person] = population.add_persons(Scope.system("test"), [population.PersonData(grid.pk, "张小明", national_id="11010519491231002X")], known=[now], sender="t")
    unit = ReportingUnit.objects.create(area=grid, name="菜市场", kind="market", sender="t", source_id="M-1", known_from=now, stands_from=now)
    tube = {"id": str(uuid4()), "code": "T-1", "size": 5, "disease": "covid-19", "sealed_at": now.isoformat(), "members": [{"person": str(person)}]}
    return [
        ("pass", *server.ask("POST", "/api/v1/pass-status", {"national_id": "11010519491231002X"})),
        ("scan", *server.ask("POST", "/api/v1/scans", {"scans": [{"id": str(uuid4()), "place": str(unit.pk), "at": now.isoformat(), "person": str(uuid4())}]})),
        ("sampling", *server.ask("POST", "/api/v1/sampled-tubes", {"sent_at": now.isoformat(), "tubes": [tube]})),
        ("registry", *server.ask("GET", "/api/v1/persons")),
        ("gateway", *server.browse("/gate")),
        ("find", *server.browse("/find?q=11010519491231002X")),
    ]


def test_the_crowd_is_shed_and_told_so_while_passes_scans_samples_and_the_registry_are_served(server, held):
    answers, threads = [], []
    for n in range(CROWD):
        threads.append(threading.Thread(target=lambda n=n: answers.append(server.browse(EXTRAS[n % len(EXTRAS)]))))
        threads[-1].start()
    until(lambda: held.inside == AT_ONCE - 1)  # they have every place but the last
    until(lambda: len(answers) >= CROWD - (AT_ONCE - 1) - IN_LINE)  # whom the line does not hold is told at once, long before any of them is done
    assert {status for status, _, _ in answers} == {503} and held.inside == AT_ONCE - 1

    served = without_which_nobody_can_do(server)
    assert [(what, status) for what, status, _, text in served if status not in (200, 302)] == []
    said = {what: json.loads(text) for what, _, _, text in served[:4]}
    assert said["pass"]["gate"] == "let_in" and said["scan"]["stored"] == 1 and said["sampling"]["tubes"][0]["answer"] == "new" and len(said["registry"]["rows"]) == 1
    assert held.inside == AT_ONCE - 1 and held.most == AT_ONCE - 1  # and none of it cost an extra its place, nor gave it another

    until(lambda: len(answers) == CROWD - (AT_ONCE - 1))  # those in line have waited as long as it is worth
    for status, headers, text in answers:  # what they are told: that it is busy, what goes on, and when to ask again
        assert status == 503 and 8 <= int(headers["Retry-After"]) <= 20 and headers["Cache-Control"] == "no-store"
        assert "too-busy" in text and "scans" in text and f'http-equiv="refresh" content="{headers["Retry-After"]}"' in text
    assert len({headers["Retry-After"] for _, headers, _ in answers}) > 3  # not everybody at the same second

    held.go.set()
    for t in threads:
        t.join(60)
    assert sorted(status for status, _, _ in answers) == [200] * (AT_ONCE - 1) + [503] * (CROWD - AT_ONCE + 1)
    assert server.browse("/situation")[0] == 200  # the crowd has gone: the page is there again, by itself


def test_a_program_and_a_part_of_a_page_are_told_in_their_own_way(server, held):
    threads = [threading.Thread(target=server.browse, args=("/plan",)) for _ in range(AT_ONCE - 1 + IN_LINE)]
    for t in threads:
        t.start()
    until(lambda: held.inside == AT_ONCE - 1)
    status, headers, text = server.ask("GET", "/api/v1/openapi.json")
    assert status == 503 and headers["Content-Type"] == "application/problem+json" and json.loads(text)["code"] == "too-busy"
    held.go.set()
    for t in threads:
        t.join(60)
