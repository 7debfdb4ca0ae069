"""What the API's document says of numbers, texts, days and lists is what the server refuses, no less and no more: asked of every field that a declaration has."""

import json
import re

import pytest
from django.test import Client
from doors import register_rows as made

from sizao.doors.api import openapi
from sizao.doors.kit import tokens
from sizao.kernel import registry
from sizao.kernel.ids import uuid7


@pytest.fixture
def program(county):
    """A program with a token of the desk's: (method, address, body, more headers) → (status, body, type of the answer)."""
    scope = county.user("desk", made.OWN)
    client = Client(HTTP_HOST="localhost", headers={"Authorization": f"Bearer {tokens.make(scope.user, scope.post)}"})

    def ask(method, address, body=None, **headers):
        told = {"data": body if isinstance(body, str) else json.dumps(body), "content_type": "application/json"} if body is not None else {}
        answer = getattr(client, method)(f"/api/v1/{address}", headers={"Idempotency-Key": str(uuid7())} | headers, **told)
        return answer.status_code, json.loads(answer.content), answer["Content-Type"]

    ask.scope = scope
    return ask


def beyond(said):
    """(values at the bounds that a schema says, values one step beyond them)."""
    kinds, at, over = said.get("type"), [], []
    if kinds in ("integer", "number"):
        at, over = [said["minimum"], said["maximum"]], [said["minimum"] - 1, said["maximum"] + 1]
    elif kinds == "string" and "maxLength" in said:
        at, over = ["x" * said["maxLength"], "x" * said.get("minLength", 1)], ["x" * (said["maxLength"] + 1)]
        over += ["x" * (said["minLength"] - 1)] if said.get("minLength", 1) > 1 else []
    elif said.get("format") in ("date", "date-time"):
        clock = "T12:00:00Z" if said["format"] == "date-time" else ""
        days = ["1900-01-01", "2200-12-31", "1899-12-31", "2201-01-01"]
        at, over = ([d + clock for d in days if bool(re.search(said["pattern"], d)) is fits] for fits in (True, False))
        assert (len(at), len(over)) == (2, 2)
    elif "enum" in said:
        at, over = [said["enum"][0]], ["no such code"]
    elif "enum" in said.get("items", {}):
        at, over = [said["items"]["enum"][:1]], [["no such code"]]
    elif said.get("format") == "uuid":
        over = ["no number"]
    return at, over


def test_a_value_beyond_what_the_document_says_is_refused_and_one_at_the_bound_is_not_refused_for_it(program):
    document = openapi.document(program.scope)["components"]["schemas"]
    wrong, asked = [], 0
    for register in registry.registers():
        if f"{register.name}-command" not in document:
            continue
        fields = document[f"{register.name}-command"]["properties"]["values"]["properties"]
        rows = [(name, value, fits) for name, said in fields.items() for fits, values in zip((True, False), beyond(said), strict=True) for value in values]
        for some in (rows[n : n + 500] for n in range(0, len(rows), 500)):
            status, body, _ = program("post", register.name, {"rows": [{"values": {name: value}} for name, value, _ in some]})
            assert status == 200, body
            for (name, value, fits), outcome in zip(some, body["outcomes"], strict=True):
                told = {p["code"] for p in outcome["problems"] if p["field"] == name}
                asked += 1
                if fits == ("bad-value" in told):
                    wrong.append((register.name, name, str(value)[:20], "at the bound" if fits else "beyond it", outcome["outcome"], told))
    assert wrong == []
    assert asked > 1500


def test_a_question_beyond_what_the_document_says_is_refused_as_a_problem(program):
    paths, wrong, asked, seen = openapi.document(program.scope)["paths"], [], 0, set()
    for register in registry.registers():
        for one in paths[f"/api/v1/{register.name}"]["get"]["parameters"]:
            key = json.dumps(one["schema"]), register.name if not register.only else one["name"]  # ledgers are asked by one machine: what two of them share is asked once
            if key in seen:
                continue
            seen.add(key)
            for fits, values in zip((True, False), beyond(one["schema"]), strict=True):
                for value in values:
                    status, body, kind = program("get", f"{register.name}?{one['name']}={value if isinstance(value, str) else json.dumps(value)}")
                    asked += 1
                    if (status, kind) != ((200, "application/json") if fits else (422, "application/problem+json")):
                        wrong.append((register.name, one["name"], value, status, body.get("code")))
    assert wrong == []
    assert asked > 500


def test_the_document_says_the_bounds_of_the_form_the_column_and_the_tables_own_rules(program):
    """Body temperature, a contact's degree, the tests in a tube: each bound is written once, and told by the document."""
    document = openapi.document(program.scope)["components"]["schemas"]

    def said(register, name):
        return {k: v for k, v in document[f"{register}-command"]["properties"]["values"]["properties"][name].items() if k in ("minimum", "maximum", "maxLength", "pattern")}

    assert said("contacts", "degree") == {"minimum": 1, "maximum": 9}
    assert registry.find("daily-checks").bounds("temperature") == (30, 45)
    assert said("medicine-sale", "packs_sold") == {"minimum": 1, "maximum": 100}
    assert said("persons", "name") == {"maxLength": 4000}
    assert said("contacts", "last_exposure_on") == {"pattern": openapi.WITHIN}


@pytest.mark.parametrize("asked", ["limit=0", "limit=501", "limit=%C2%B2", "limit=" + "9" * 5000, "limit=-1", "limit=x", "names=2"])
def test_a_page_of_a_size_that_is_not_offered_is_refused(program, asked):
    """`²` is a digit to Python, and no number: it broke the list, and so did five thousand nines. 501 was answered as 500 without a word."""
    assert program("get", f"contacts?{asked}")[::2] == (422, "application/problem+json")


@pytest.mark.parametrize("asked", ["limit=0", "limit=201", "limit=%C2%B2"])
def test_so_is_one_of_subscriptions(program, asked):
    assert program("get", f"webhooks?{asked}")[::2] == (422, "application/problem+json")


def test_two_long_keys_that_begin_alike_are_not_taken_for_one(program):
    """Both were cut at two hundred signs: the second batch was answered with the first one's outcomes, or refused as another body under a known key."""
    for address, body in (("contacts", {"rows": []}), ("webhooks", {})):
        status, told, kind = program("post", address, body, **{"Idempotency-Key": "k" * 201})
        assert (status, told["code"], kind) == (422, "bad-value", "application/problem+json")
    assert program("post", "contacts", {"rows": []}, **{"Idempotency-Key": "k" * 200})[0] == 200


def test_two_long_numbers_of_a_sender_that_begin_alike_are_not_one_row(program, county):
    """Both were cut at two hundred signs, and the second row was written over the first."""
    rows = made.rows(county.areas)
    good = {"person": str(rows["persons"]["below"].pk), "area": made.RELATIONS["below"], "disease": "covid-19"}
    told = [{"source_id": "n" * 200 + end, "values": good} for end in ("", "1", "2")]
    assert [o["outcome"] for o in program("post", "contacts", {"rows": told})[1]["outcomes"]] == ["new", "rejected", "rejected"]


@pytest.mark.parametrize("seen, outcome", [(-1, "rejected"), (2**63, "rejected"), (2**200, "rejected")])
def test_a_version_that_no_row_can_have_is_rejected(program, county, seen, outcome):
    row = made.rows(county.areas)["contacts"]["below"]
    assert program("patch", f"contacts/{row.pk}", {"seen": seen, "values": {"status": "a"}})[1]["outcome"] == outcome


LABORATORY = "01920000-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    "address, body",
    [
        ("lab", '{"steps": [{"step": "handed", "tubes": {"T-1": 1e400}, "counted": 1, "at": "2026-01-31T17:00:00+08:00"}]}'),
        ("lab", '{"steps": [{"step": "handed", "tubes": {"T-1": 1}, "counted": Infinity, "at": "2026-01-31T17:00:00+08:00"}]}'),
        ("lab", '{"steps": [{"step": "handed", "tubes": {"T-1": 1}, "counted": 1, "at": "9999-12-31T23:59:59-14:00"}]}'),
        ("lab", '{"steps": [{"step": "handed", "tubes": {"\\ud800": 1}, "counted": 2, "at": "2026-01-31T17:00:00+08:00"}]}'),
        ("lab", '{"steps": [{"step": "handed", "tubes": {"T-1": 1}, "counted": 2, "box": "\\u0000", "at": "2026-01-31T17:00:00+08:00"}]}'),
        ("lab", '{"steps": [{"step": "handed", "tubes": {"T-1": 1}, "counted": 2, "laboratory": "%s", "at": "2026-01-31T17:00:00+08:00"}]}' % LABORATORY),  # noqa: UP031
        ("sampled-tubes", '{"tubes": [{"id": "\\ud800", "code": "T", "size": 1, "disease": "covid-19", "sealed_at": "2026-01-31T17:00:00+08:00", "members": []}]}'),
        ("sampled-tubes", '{"tubes": [{"id": "a", "code": "T", "size": 1e400, "disease": "covid-19", "sealed_at": "2026-01-31T17:00:00+08:00", "members": []}]}'),
        ("sampled-tubes", '{"sent_at": "9999-12-31T23:59:59-14:00", "tubes": []}'),
        ("scans", '{"scans": [{"id": "\\ud800", "place": "\\ud800", "at": "2026-01-31T17:00:00+08:00", "phone": "\\ud800"}]}'),
        ("scans", '{"sent_at": "0001-01-01T00:00:00+14:00", "scans": []}'),
        ("passages", '{"records": [{"id": "\\ud800", "unit": "%s", "at": "9999-12-31T23:59:59-14:00", "purpose": "\\ud800", "shown": "\\ud800"}]}' % LABORATORY),  # noqa: UP031
        ("passages", '{"sent_at": "9999-12-31T23:59:59-14:00", "records": []}'),
        ("declarations", '{"find": "\\ud800"}'),
        ("declarations", '{"confirm": "%s", "version": 1e400}' % LABORATORY),  # noqa: UP031
        ("declarations", '{"confirm": "%s", "version": 1000000000000000000000}' % LABORATORY),  # noqa: UP031
        ("pass-status", '{"national_id": "\\ud800"}'),
        ("pass-status", '{"pass": "\\u0000"}'),
        ("webhooks", '{"name": "\\ud800", "address": "https://93.184.215.14/x", "kinds": ["case.reported"], "area": "\\ud800"}'),
        ("webhooks", '{"name": "x", "address": "https://93.184.215.14:99999/x", "kinds": ["case.reported"], "area": "990001101201"}'),
        ("webhooks", '{"name": "x", "address": "https://[/x", "kinds": ["case.reported"], "area": "990001101201"}'),
        ("certificates", '{"codes": ["\\ud800", "HC1:\\u0000", "shc:/\\ud800"]}'),
    ],
)  # fmt: skip
def test_what_no_number_moment_or_text_can_be_is_refused_or_answered_and_breaks_nothing(program, address, body):
    """Each of these broke the answer, or would have broken the reading of a row that was taken in."""
    from django.db import connection

    status, _, kind = program("post", address, body)
    assert status < 500 and kind == ("application/json" if status < 300 else "application/problem+json")
    connection.check_constraints()
