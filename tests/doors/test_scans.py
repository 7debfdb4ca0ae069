"""Scans by program: one or many, each once, with an answer for every row; and no way to read them."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from sizao.doors.api import scans
from sizao.doors.kit import tokens
from sizao.kernel import clock
from sizao.registers.ledgers.models import ReportingUnit
from sizao.registers.movement import gathering, visiting
from sizao.registers.movement.visiting import Visit


@pytest.fixture
def door(county):
    """A door that sends: `.send(scans, **more)`; its market M-1 and one in another township, M-2."""
    scans._places.clear()
    tokens._lately.clear()
    now = clock.now()
    for number, code in (("M-1", "990001101201"), ("M-2", "990001102201")):
        ReportingUnit.objects.create(area=county.areas[code], name=number, kind="market", sender="door", source_id=number, known_from=now, stands_from=now)
    scope = county.user("sender", "990001101")
    held = {"HTTP_AUTHORIZATION": f"Bearer {tokens.make(scope.user, scope.post, sender='door')}"}

    class Door:
        client = Client(HTTP_HOST="localhost")

        def send(self, *told, **more):
            answer = self.client.post("/api/v1/scans", json.dumps({"scans": told, **more}), content_type="application/json", **held)
            return answer.status_code, answer.json()

        def get(self, address):
            return self.client.get(address, **held).status_code

    return Door()


def scan(number, **told):
    return {"id": str(number), "place": "M-1", "at": (clock.now() - timedelta(minutes=5)).isoformat(), "person": str(uuid4()), **told}


def test_each_scan_has_its_answer_and_sending_again_stores_nothing(door):
    good = [scan(1), scan(2, person=None, phone="13912345678"), scan(3, left_at=clock.now().isoformat())]
    bad = [
        scan(4, place="M-9"), scan(5, place="M-2"), scan(6, person=None), scan(7, at="yesterday"), scan(8, person="x"), scan(""), scan(9, at=(clock.now() + timedelta(hours=2)).isoformat()),
        scan(10, person=None, phone="12"), scan(11, at="2026-01-31T10:00:00"),
    ]  # fmt: skip
    status, body = door.send(*good, *bad)
    assert (status, body["stored"], body["known"]) == (200, 3, 0)
    codes = ["visit-place-unknown", "visit-place-unknown", "visit-nobody", "bad-value", "bad-value", "value-missing", "done-in-the-future", "visit-nobody", "bad-value"]
    assert [(p["index"], p["code"]) for p in body["rejected"]] == list(enumerate(codes, 3))
    assert door.send(*good, *good)[1] == {"stored": 0, "known": 6, "rejected": []}


def test_a_clock_that_is_a_day_off_is_told_so(door):
    status, body = door.send(scan(1), sent_at=(clock.now() - timedelta(hours=25)).isoformat())
    assert (status, body["stored"], [p["code"] for p in body["rejected"]]) == (200, 0, ["clock-too-far"])


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"scans": 1}', '{"scans": [1]}', '{"scans": [], "sent_at": "soon"}', '{"scans": [], "sent_at": 7}', "[" * 5000])
def test_what_cannot_be_read_is_said_so(door, body, county):
    held = county.user("sender", "990001101")
    answer = door.client.post("/api/v1/scans", body, content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {tokens.make(held.user, held.post)}")
    assert (answer.status_code, answer.json()["code"]) == (400, "body-unreadable")


def test_there_is_no_way_to_read_them(door):
    door.send(scan(1))
    assert door.get("/api/v1/scans") == 405
    assert {door.get(f"/api/v1/{name}") for name in ("visits", "movement-visits", "visit")} == {404}
    assert door.get("/api/v1/scans/" + str(uuid4())) == 404


def test_a_group_that_fails_is_written_one_by_one(county, system, monkeypatch):
    """One caller's fault is not another's."""
    whole, seen = visiting.write, []

    def write(batches):
        seen.append(len(batches))
        if any("bad" in b.sender for _, b in batches):
            raise ValueError
        return whole(batches)

    monkeypatch.setattr(visiting, "write", write)
    visits = [Visit("1", uuid4(), clock.now(), uuid4().bytes)]
    waiting = [gathering._Waiting(system, visiting.read(visits, sender=name)) for name in ("good", "bad", "fine")]
    gathering._write(waiting)
    assert [(w.taken.stored if w.taken else None, type(w.fault)) for w in waiting] == [(1, type(None)), (None, ValueError), (1, type(None))]
    assert seen == [3, 1, 1, 1]
    with pytest.raises(ValueError):
        gathering.take(system, visits, sender="bad")
