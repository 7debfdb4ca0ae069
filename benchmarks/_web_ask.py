"""What gateways, samplers and registries ask all day, for the measurements over HTTP."""

import http.client
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

Ask = Callable[[http.client.HTTPConnection], int]


def kinds_of_work(size: int) -> dict[str, Any]:
    """What cannot wait, asked by a program in a store that `fill` made: kind → one request, which answers its status. Each request is
    another one. Beside them the `headers` with which the program speaks and the `area` of its post."""
    from django.db import connections

    from sizao.doors.kit import tokens
    from sizao.kernel import clock
    from sizao.kernel.identifiers import check_digit
    from sizao.kernel.models import Holding, User
    from sizao.kernel.scope import Scope
    from sizao.registers.ledgers import actions as ledgers
    from sizao.registers.population import actions as population
    from sizao.registers.population.models import Person
    from sizao.rehearsal import county

    post = Holding.objects.get(user__username="cdc").post
    token = tokens.make(User.objects.get(username="cdc"), post, sender="overload")
    system, now = Scope.system("bench"), clock.now()
    ledgers.add_units(system, [ledgers.NewUnit(f"M{n}", post.area_id, f"市场{n}", now, "market") for n in range(50)], sender="overload")
    firsts = [f"99000119700101{nth:03d}" for nth in range(200)]
    numbers = [first + check_digit(first) for first in firsts]
    known = [population.PersonData(area_id=post.area_id, name="某人", national_id=n) for n in numbers]
    population.add_persons(system, known, known=[now] * len(known), sender="overload")
    people = [str(pk) for pk in Person.objects.filter(sender="bench").values_list("pk", flat=True)[:5000]]
    connections.close_all()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    turn, run = iter(range(10**9)), os.getpid() % 100_000  # a store that is kept knows the tubes of the last time

    def post_json(address: str, body: Callable[[int], Any]) -> Ask:
        def ask(connection: http.client.HTTPConnection) -> int:
            connection.request("POST", address, json.dumps(body(next(turn))), headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status

        return ask

    def registry(connection: http.client.HTTPConnection) -> int:
        connection.request("GET", f"/api/v1/persons?q=P{next(turn) % size + 1:08d}", headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    def moment() -> str:
        return datetime.now(UTC).isoformat()

    def tube(n: int) -> dict[str, Any]:
        members = [{"person": people[(n * 5 + k) % len(people)]} for k in range(5)]
        return {"sent_at": moment(), "tubes": [{"id": str(uuid4()), "code": f"T{run:05d}{n:08d}", "size": 5, "disease": county.DISEASE, "sealed_at": moment(), "members": members}]}

    return {
        "headers": headers,
        "area": post.area.code,
        "pass": post_json("/api/v1/pass-status", lambda n: {"national_id": numbers[n % len(numbers)]}),
        "scan": post_json("/api/v1/scans", lambda n: {"sent_at": moment(), "scans": [{"id": str(uuid4()), "place": f"M{n % 50}", "at": moment(), "person": str(uuid4())}]}),
        "sampling": post_json("/api/v1/sampled-tubes", tube),
        "registry": registry,
    }
