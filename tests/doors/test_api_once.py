"""What holds for every address of the API: once by a key, in pages, refused as a problem, told in the document."""

import re

import pytest
from django.test import Client

from sizao.doors.kit import tokens
from sizao.kernel import clock


@pytest.fixture
def program(county):
    """A program with a token of the desk's."""
    scope = county.user("desk")
    return Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {tokens.make(scope.user, scope.post)}")


HOOK = {"name": "province", "address": "https://93.184.215.14/events", "kinds": ["case.reported"], "area": "990001"}


def test_a_key_makes_any_post_happen_once_and_answers_it_as_before(program):
    from sizao.doors.models import Answered
    from sizao.interop.hooks.models import Hook

    def send(told, key="k-1"):
        return program.post("/api/v1/webhooks", told, content_type="application/json", headers={"Idempotency-Key": key})

    first, again = send(HOOK), send(HOOK)
    assert (first.status_code, again.status_code) == (201, 201) and first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true" and Hook.objects.count() == 1
    assert first.json()["secret"] not in str(Answered.objects.get().body)
    other = send(HOOK | {"name": "other"})
    assert other.status_code == 422 and other.json()["code"] == "idempotency-key-reused"
    refused = send(HOOK | {"kinds": ["no.such"]}, "k-2")
    assert refused.status_code == 422 and send(HOOK, "k-2").status_code == 201  # what was refused wrote nothing


def test_subscriptions_and_their_log_come_in_pages(program):
    from sizao.interop.hooks.models import Delivery, Hook
    from sizao.kernel.ids import uuid7

    made = [program.post("/api/v1/webhooks", HOOK | {"name": str(n)}, content_type="application/json").json()["id"] for n in range(5)]
    seen, onward = [], "/api/v1/webhooks?limit=2"
    while onward:
        page = program.get(onward).json()
        seen += [h["id"] for h in page["webhooks"]]
        onward = page["next"]
    assert seen == made[::-1]
    hook, now = Hook.objects.get(pk=made[0]), clock.now()
    for _ in range(3):
        Delivery.objects.create(hook=hook, about=uuid7(), kind="ping", body={}, made_at=now, next_at=now)
    page = program.get(f"/api/v1/webhooks/{hook.pk}/deliveries?limit=2").json()
    assert len(page["deliveries"]) == 2 and len(program.get(page["next"]).json()["deliveries"]) == 1


def test_a_wrong_method_is_a_problem_too(program):
    answer = program.delete("/api/v1/webhooks")
    assert answer.status_code == 405 and answer.headers["Content-Type"] == "application/problem+json" and "POST" in answer.headers["Allow"]


def test_pairs_come_in_pages(program, county, monkeypatch):
    from sizao.doors.api import duplicates
    from sizao.kernel.scope import Scope
    from sizao.registers.population import actions as population
    from sizao.registers.population.models import Pair

    monkeypatch.setattr(duplicates, "MOST", 2)
    now = clock.now()
    people = sorted(population.add_persons(Scope.system("test"), [population.PersonData(area_id=county.root.pk, name="双")] * 6, known=[now] * 6, sender="t"))
    for n in range(5):
        Pair.objects.create(one_id=people[n], other_id=people[n + 1], bits=[9, 7, 7, 7, 1][n], mark=str(n), found_at=now)
    seen, onward = [], "/api/v1/duplicates"
    while onward:
        page = program.get(onward).json()
        seen += [(p["bits"], p["id"]) for p in page["pairs"]]
        onward = page["next"]
    assert len(seen) == len(set(seen)) == 5 and [b for b, _ in seen] == [9, 7, 7, 7, 1]


def test_the_document_tells_every_address_of_the_api(program):
    """Save the peers', which is between installations and speaks in signed letters, OpenRosa's, which has a standard of its own, and the registers', which stand there by name."""
    from sizao.doors.api.routes import ROUTES

    told = {re.sub(r"\{\w+\}", "{}", path) for path in program.get("/api/v1/openapi.json").json()["paths"]}
    wanted = {"/" + re.sub(r"<\w+:\w+>", "{}", r.address) for r in ROUTES if not r.register and r.name not in ("api-document", "api-peer") and not r.name.startswith("api-openrosa-")}
    assert wanted - told == set()
