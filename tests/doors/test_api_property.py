"""Every operation of the API against its own document: whatever fits the document, whatever does not, and whatever fits but for one value, is answered as the document says.

`SIZAO_SEED` (7 when not told) makes every request again; with `--full` a line an operation tells how far the walk is, and what was wrong. `SIZAO_WALK=contacts,lab` walks these alone.
"""

import logging
import os
import time
from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import IntegrityError, close_old_connections, connection, transaction
from doors import register_rows as made
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from sizao.doors.kit import tokens
from sizao.doors.kit.middleware import where as place
from sizao.kernel import registry
from sizao.registers.ledgers.registers import ledger_of

schemathesis = pytest.importorskip("schemathesis")
from schemathesis import GenerationMode  # noqa: E402
from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.core.failures import FailureGroup  # noqa: E402
from schemathesis.specs.openapi import checks  # noqa: E402

schemathesis.serializer.alias("application/hl7-v2", "text/plain")  # a message is its text

#: Days and moments as the document bounds them, or a generator would draw one of nine thousand years and have thrown most of them away.
schemathesis.openapi.format("date", st.dates(date(1900, 1, 1), date(2200, 12, 31)).map(str))
schemathesis.openapi.format("date-time", st.datetimes(datetime(1900, 1, 2), datetime(2200, 12, 30), timezones=st.just(UTC)).map(datetime.isoformat))

CHECKS = [not_a_server_error, checks.status_code_conformance, checks.content_type_conformance, checks.response_schema_conformance]
#: Walked in every run: one of each nature. The others in the full one.
EACH_TIME = {"contacts", "persons", "specimens", "medicine-sale", "links", "heartbeat", "webhooks", "duplicates", "merges", "pass-status", "lab", "sampled-tubes", "passages", "scans"}
FITS, DOES_NOT, BUT_ONE = "what fits", "what does not fit", "what fits but for one value"
#: Requests to an operation: in every run, in the full one, and there to each of the hundred ledgers, which are made by one machine from one shape.
FEW, MANY, ALIKE = 4, 16, 8
#: What programs send by mistake or malice in the place of one value.
SPOILT: list[Any] = [
    "\0", "\ud800", "\ufffe", "\x1b", "x" * 5000, "", " ", "NaN", "1e9999", "-0", "٣", "2026-02-30", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31",
    10**30, -(10**30), 2**31, 2**63, -1, 0, 0.1, True, None, [], {}, [[]], {"\0": 1}, ["\ud800"],
]  # fmt: skip


@pytest.fixture
def api(county):
    """The API as a program with a post at the village sees it: `.schema`, `.headers` of a program that is a feed and of one that is none, `.rows` that stand."""
    from types import SimpleNamespace

    from django.core.wsgi import get_wsgi_application

    for signal in (request_started, request_finished):  # the test's connection, with its transaction, serves all requests
        signal.disconnect(close_old_connections)
    scope, rows = county.user("desk", made.OWN), made.rows(county.areas, every=True)
    headers = [{"Authorization": f"Bearer {tokens.make(scope.user, scope.post, sender=s)}", "Host": "localhost"} for s in ("", "lab:property")]
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application(), headers=headers[0])
    yield SimpleNamespace(schema=schema, headers=headers, rows={name: at["below"] for name, at in rows.items()}, post=scope.post_id)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.timeout(3600)  # in the full run: some four hundred operations
@pytest.mark.parametrize("half", [FITS, DOES_NOT, BUT_ONE])
def test_every_operation_answers_as_its_document_says(api, request, capsys, caplog, half):
    full, walk, began = request.config.getoption("--full"), Walk(api, half, caplog), time.monotonic()
    api.schema.validate()
    only = set(filter(None, os.environ.get("SIZAO_WALK", "").split(",")))
    operations = [o for o in (found.ok() for found in api.schema.get_all_operations()) if not only or o.path.split("/")[3] in only]
    with caplog.at_level(logging.ERROR, "django.request"):
        for nth, operation in enumerate(operations, 1):
            name = operation.path.split("/")[3]
            if full or name in EACH_TIME:
                alike = name in api.rows and ledger_of(registry.find(name)) is not None
                said = walk.ask(operation, name, (ALIKE if alike else MANY) if full else FEW)
                if full:
                    with capsys.disabled():
                        print(f"\n{half} {nth}/{len(operations)} {operation.method} {operation.path} {said}", end="", flush=True)
    told = f"{half}: {walk.operations} operations, {sum(walk.statuses.values())} requests in {time.monotonic() - began:.0f} s, {dict(walk.statuses)}, rows {dict(walk.outcomes)}, {len(walk.faults)} faults; rejected for {dict(walk.problems.most_common(8))}"
    with capsys.disabled():
        print(f"\n{told}", flush=True)
    assert not walk.faults, "\n\n".join([told, *walk.faults.values()])
    if only:
        return
    assert walk.operations >= 2 * (len(registry.registers()) if full else len(EACH_TIME) - 1)
    # A walk that is turned away at every first question finds nothing: that many rows were taken in, and that many questions answered.
    assert walk.statuses[200] > len(operations if full else EACH_TIME) // 4
    if half != DOES_NOT:
        assert walk.outcomes["new"] + walk.outcomes["updated"] > (60 if full else 2)


class Walk:
    """What was asked of the operations, one after another, and what was wrong with the answers.

    What an operation writes is taken back before the next one: its lists would grow, and one's rows would change what another is answered.
    """

    def __init__(self, api: Any, half: str, log: Any) -> None:
        self.api, self.half, self.log, self.operations = api, half, log, 0
        self.mode = GenerationMode.NEGATIVE if half == DOES_NOT else GenerationMode.POSITIVE
        self.statuses: Counter[int] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.problems: Counter[str] = Counter()
        self.faults: dict[tuple[str, str, str], str] = {}
        self.seed = os.environ.get("SIZAO_SEED", "7")

    def ask(self, operation: Any, name: str, examples: int) -> str:
        """So many requests to one operation, about half of them about rows that stand. Answers what is told of it."""
        before, faults, began = sum(self.statuses.values()), len(self.faults), time.monotonic()
        register = registry.find(name) if name in self.api.rows else None
        self.operations += 1

        @seed(f"{self.seed} {self.half} {operation.method} {operation.path}")
        @settings(max_examples=examples, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(self.mode), known=st.booleans(), data=st.data())
        def asked(case, known, data):
            if known and register is not None:
                self.about_what_stands(case, register, data)
            if self.half == BUT_ONE:
                spoil(case, data)
            case.headers = {**dict(case.headers or {}), **data.draw(st.sampled_from(self.api.headers))}
            self.send(operation, case)

        point = transaction.savepoint()
        if register is not None and (ledger := ledger_of(register)) is not None and ledger.kinds:
            unit = self.api.rows["reporting-units"]
            type(unit).objects.filter(pk=unit.pk).update(kind=sorted(ledger.kinds)[0])
        asked()
        transaction.savepoint_rollback(point)
        return f"{sum(self.statuses.values()) - before} requests, {time.monotonic() - began:.1f} s" + ("".join(f"\n   {said}" for said in list(self.faults.values())[faults:]))

    def about_what_stands(self, case: Any, register: Any, data: Any) -> None:
        """The row in the address, and what a row's fields point to, are rows that stand: so that what comes after that question is asked too."""
        if "id" in (case.path_parameters or {}):
            case.path_parameters["id"] = str(self.api.rows[register.name].pk)
        if isinstance(case.query, dict) and (suffix := data.draw(st.sampled_from(["", "", ".gte", ".lte", ".empty"]))):
            case.query = {k + suffix if k.startswith("f.") else k: v for k, v in case.query.items()}
        if not isinstance(case.body, dict):
            return
        rows = case.body.get("rows", [case.body])
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, dict) and isinstance(row.get("values"), dict):
                row["values"] |= self.standing(register, row["values"])
                row.pop("seen", None)
                if "id" in row:
                    row["id"] = str(self.api.rows[register.name].pk)

    def standing(self, register: Any, told: dict[str, Any]) -> dict[str, Any]:
        """Field → area, person, row or post that stands, for those that are told or must be; and something for what must be told and is not."""
        found: dict[str, Any] = {}
        for name in register.writable():
            f, kind = register.field(name), register.type(name)
            if name in told or f.required:
                if kind == "area":
                    found[name] = made.RELATIONS["below"]
                elif kind == "post":
                    found[name] = self.api.post
                elif kind == "person" or (kind == "record" and f.to in self.api.rows):
                    found[name] = str(self.api.rows["persons" if kind == "person" else f.to].pk)
                elif name not in told:
                    told_of = {"integer": register.bounds(name)[0], "number": register.bounds(name)[0], "yes": True, "day": "2026-11-01", "instant": "2026-11-01T08:00:00Z"}
                    found[name] = next(iter(register.choices(name)), None) or told_of.get(kind, "x")
        return found

    def send(self, operation: Any, case: Any) -> None:
        """One request and what its answer must keep. A fault of the server is told with the place in the code that its log names."""
        self.log.clear()
        point, broken = transaction.savepoint(), False
        try:
            response = case.call()
            self.statuses[response.status_code] += 1
            self.count(response)
            broken = response.status_code >= 500
            case.validate_response(response, checks=CHECKS)
            if operation.method != "get":
                connection.check_constraints()  # what a commit would find, and the test's transaction never comes to
        except FailureGroup as wrong:
            for failure in wrong.exceptions:
                self.fault(operation, type(failure).__name__, str(failure), case)
        except (AssertionError, IntegrityError) as wrong:
            broken = broken or isinstance(wrong, IntegrityError)
            self.fault(operation, type(wrong).__name__, str(wrong), case)
        finally:
            if broken:
                transaction.savepoint_rollback(point)

    def count(self, response: Any) -> None:
        body = response.json() if response.headers.get("content-type", [""])[0].startswith("application/json") else {}
        for one in [*body.get("outcomes", ()), *([body] if "outcome" in body else [])] if isinstance(body, dict) else []:
            self.outcomes[one["outcome"]] += 1
            self.problems.update(p["code"] + ":" + str(p["field"]) for p in one.get("problems", ()))

    def fault(self, operation: Any, kind: str, said: str, case: Any) -> None:
        """Each fault once an operation."""
        where = "; ".join(f"{r.getMessage().partition(': ')[2]} {r.exc_info[1]!r:.300} at {place(r.exc_info[1])}" if r.exc_info else r.getMessage().partition(": ")[2] for r in self.log.records if r.levelno >= logging.ERROR)
        known = (f"{operation.method} {operation.path}", kind, where or said[:80])
        self.faults.setdefault(known, f"{operation.method.upper()} {operation.path}: {where} {said[:1500]}\nquery {case.query!r:.600}\nbody {case.body!r:.3000}")


def spoil(case: Any, data: Any) -> None:
    """Puts something that no form would send into the place of one value of the body, or of the question."""
    where = list(places(case.body)) if isinstance(case.body, dict | list) else [(case.query, key) for key in case.query] if isinstance(case.query, dict) and case.query else []
    if where:
        holder, key = data.draw(st.sampled_from(where))
        asked = holder is case.query
        holder[key] = data.draw(st.sampled_from([s for s in SPOILT if isinstance(s, str) and s != "\ud800"] if asked else SPOILT))


def places(body: Any) -> Any:
    """Every (object or list, key) below a body."""
    for key, value in list(body.items() if isinstance(body, dict) else enumerate(body)):
        yield body, key
        if isinstance(value, dict | list):
            yield from places(value)
