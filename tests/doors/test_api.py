"""The API of every register: its document, its pages, its batches, its refusals."""

import json

import pytest
from django.test import Client
from doors import register_rows as made

from sizao.doors import policy
from sizao.doors.kit import tokens
from sizao.kernel import registry
from sizao.kernel.ids import uuid7
from sizao.registers.ledgers.registers import ledger_of


@pytest.fixture
def program(county):
    """`program(role, code)` → a caller with a token of somebody with that role there."""

    def come(role="desk", code=made.OWN):
        scope = county.user(role, code)
        client = Client(HTTP_HOST="localhost", enforce_csrf_checks=True, headers={"Authorization": f"Bearer {tokens.make(scope.user, scope.post)}"})

        def ask(method, address, body=None, key=None):
            told = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
            answer = getattr(client, method)(f"/api/v1/{address}", headers={"Idempotency-Key": key or str(uuid7())}, **told)
            return answer.status_code, json.loads(answer.content), answer

        ask.scope = scope
        return ask

    return come


@pytest.fixture
def spread(county):
    return made.rows(county.areas)


def test_a_batch_is_answered_row_by_row_and_its_repetition_the_same(spread, program):
    ask, person, area = program(), str(spread["persons"]["below"].pk), made.RELATIONS["below"]
    good = {"person": person, "area": area, "disease": "covid-19", "last_exposure_on": "2026-01-02"}
    rows = [
        {"source_id": "A", "values": good},
        {"source_id": "B", "values": good | {"last_exposure_on": "soon"}},
        {"source_id": "C", "values": good | {"area": made.RELATIONS["beside"]}},
        {"values": good | {"classification": "nonsense"}},
        {"source_id": "A", "values": good},
    ]
    status, body, _ = ask("post", "contacts", {"rows": rows}, key="k1")
    assert status == 200
    assert body["counts"] == {"new": 1, "updated": 0, "identical": 1, "rejected": 3}
    assert [o["problems"][0]["code"] if o["problems"] else "" for o in body["outcomes"]] == ["", "bad-value", "not-found-or-out-of-area", "bad-value", ""]
    status, again, answer = ask("post", "contacts", {"rows": rows}, key="k1")
    assert (status, again, answer.headers.get("Idempotent-Replayed")) == (200, body, "true")
    status, other, answer = ask("post", "contacts", {"rows": rows[:1]}, key="k1")
    assert (status, other["code"], answer["Content-Type"]) == (422, "idempotency-key-reused", "application/problem+json")
    assert ask("post", "contacts", {"rows": rows[:1]})[1]["counts"]["identical"] == 1


def test_answers_are_kept_as_long_as_the_content_says_and_a_repetition_after_that_writes_nothing_new(spread, program):
    from datetime import timedelta

    from sizao.doors.api.sweeping import sweep
    from sizao.doors.models import Answered
    from sizao.kernel import clock
    from sizao.kernel.codes import threshold

    ask = program()
    rows = [{"values": {"person": str(spread["persons"]["below"].pk), "area": made.RELATIONS["below"], "disease": "covid-19"}}]
    assert ask("post", "contacts", {"rows": rows}, key="k2")[1]["counts"]["new"] == 1
    kept = timedelta(days=int(threshold("answered-kept-days", clock.now().date())))
    sweep(clock.now() + kept - timedelta(hours=1))
    assert Answered.objects.filter(key="k2").exists()
    sweep(clock.now() + kept + timedelta(hours=1))
    assert not Answered.objects.filter(key="k2").exists()
    assert ask("post", "contacts", {"rows": rows}, key="k2")[1]["counts"] == {"new": 0, "updated": 0, "identical": 1, "rejected": 0}


def test_a_change_over_another_ones_change_is_a_conflict(spread, program):
    ask, row = program(), spread["contacts"]["below"]
    _, seen, _ = ask("get", f"contacts/{row.pk}")
    assert ask("patch", f"contacts/{row.pk}", {"seen": seen["version"], "values": {"status": "a"}})[0] == 200
    status, body, _ = ask("patch", f"contacts/{row.pk}", {"seen": seen["version"], "values": {"status": "b"}})
    assert (status, body["outcome"], body["problems"][0]["code"], body["problems"][0]["value"]) == (409, "rejected", "changed-meanwhile", "a")
    assert ask("patch", f"contacts/{row.pk}", {"clear": ["status"]})[1]["outcome"] == "updated"


@pytest.mark.parametrize(
    "body, code",
    [
        ([], "body-unreadable"),
        ({"rows": 1}, "body-unreadable"),
        ({"rows": [1]}, "body-unreadable"),
        ({"rows": [{"values": []}]}, "body-unreadable"),
        ({"rows": [{"values": {}}] * 1001}, "too-many-rows"),
    ],
)
def test_a_body_of_another_shape_is_refused(program, body, code):
    status, told, answer = program()("post", "contacts", body)
    assert (told["code"], answer["Content-Type"]) == (code, "application/problem+json")
    assert status in (400, 413)


@pytest.mark.parametrize("row", [{"id": "x"}, {"seen": "1"}, {"clear": "x"}, {"clear": [1]}, {"source_id": 1}, {"source_id": "\0"}, {"source_id": "\ud800"}, {"values": {"status": "\ud800"}}, {"values": {"\0": 1}}, {"values": {"area": {}}}, {"values": {"area": "\0"}}, {"values": {"person": "\ud800"}}, {"clear": ["nothing"]}, {"clear": ["\0"]}, {"clear": ["\ud800"]}])
def test_a_row_of_another_shape_is_rejected_and_harms_no_other(spread, program, row):
    good = {"values": {"person": str(spread["persons"]["below"].pk), "area": made.RELATIONS["below"], "disease": "covid-19"}}
    status, body, _ = program()("post", "contacts", {"rows": [good | row if "values" not in row else row, good]})
    assert (status, [o["outcome"] for o in body["outcomes"]]) == (200, ["rejected", "new"])


def test_a_line_of_a_ledger_that_says_nothing_is_told_so_in_words(spread, program):
    body = program()("post", "medicine-sale", {"rows": [{"values": {"unit": str(spread["reporting-units"]["below"].pk)}}]})[1]
    assert [p["code"] for p in body["outcomes"][0]["problems"]]
    unit, ask = spread["reporting-units"]["below"], program()
    type(unit).objects.filter(pk=unit.pk).update(kind="school")
    told = {"unit": str(unit.pk), "medicine_class": "fever", "packs_sold": 1}
    [problem] = ask("post", "medicine-sale", {"rows": [{"values": told}]})[1]["outcomes"][0]["problems"]
    assert (problem["code"], "school" in problem["en"], "{" in problem["en"]) == ("entry-unit-of-another-kind", True, False)


@pytest.mark.parametrize("asked", ["f.moved_at=%12", "f.moved_at.gte=%03"])
def test_a_filter_of_a_sign_that_cannot_be_printed_is_a_bad_value(spread, program, asked):
    """A device sent a stray control sign as the day: the list broke."""
    status, told, _ = program()("get", f"households?{asked}")
    assert (status, told["code"]) == (422, "bad-value")


def test_pages_follow_one_another_to_the_end(spread, program):
    ask, person = program(), str(spread["persons"]["below"].pk)
    good = {"person": person, "area": made.RELATIONS["below"], "disease": "covid-19"}
    ask("post", "contacts", {"rows": [{"values": good | {"status": str(n)}} for n in range(25)]})
    seen, address = [], "contacts?limit=10"
    while address:
        _, body, _ = ask("get", address)
        seen += [r["id"] for r in body["rows"]]
        address = body["next"].removeprefix("/api/v1/") if body["next"] else None
    assert len(seen) == len(set(seen)) == registry.find("contacts").rows(ask.scope).count() == 27


@pytest.mark.parametrize("role", ["desk", "commander", "operator"])
def test_a_role_is_told_what_it_may_where_it_may(spread, program, role):
    from sizao.kernel.codes import roles

    may, ask, wrong = set(roles()[role]["permissions"]), program(role), []
    for name, at in spread.items():
        r = registry.find(name)
        status, body, _ = ask("get", f"{name}?limit=500")
        if r.declaration.read not in may:
            if status != 403 or body["code"] != "not-allowed":
                wrong.append((name, status))
            continue
        inside = set(made.INSIDE) if r.declaration.area else set(at)
        if {k for k, row in at.items() if str(row.pk) in {b["id"] for b in body["rows"]}} != inside:
            wrong.append((name, "list"))
        nothing = ask("get", f"{name}/{uuid7()}")[:2]
        for relation in ("above", "beside"):
            if relation not in inside and ask("get", f"{name}/{at[relation].pk}")[:2] != nothing:
                wrong.append((name, relation))
        if nothing[0] != 404:
            wrong.append((name, "nothing", nothing))
        allowed = r.declaration.write and r.declaration.write in may
        if (ask("post", name, {"rows": []})[0] == 200) != bool(allowed):
            wrong.append((name, "write"))
    assert wrong == []


def test_personal_values_are_told_on_request_to_who_may_see_them(spread, program):
    person = spread["persons"]["below"]
    for role, sees in (("cdc", True), ("commander", False)):
        plain, asked = (program(role)("get", f"persons/{person.pk}{q}")[2].content.decode() for q in ("", "?names=1"))
        assert not any(x in plain for x in ("below某某", "1987-06-05", made.PHONE))
        assert all((x in asked) == sees for x in ("below某某", "1987-06-05", made.PHONE))
    assert made.PHONE not in program("cdc")("get", "persons?names=1")[2].content.decode()


def test_a_token_that_is_no_good_says_so_to_a_program(county, spread):
    answer = Client(HTTP_HOST="localhost", headers={"Authorization": "Bearer sizao_x"}).get("/api/v1/contacts")
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert Client(HTTP_HOST="localhost").get("/api/v1/contacts").status_code == 401
    scope = county.user("desk")
    token = tokens.make(scope.user, scope.post)
    from sizao.doors.models import ApiToken

    caller = Client(HTTP_HOST="localhost", headers={"Authorization": f"Bearer {token}"})
    assert caller.get("/api/v1/contacts").status_code == 200
    ApiToken.objects.update(expires_at="2020-02-02T00:00Z", made_at="2020-01-01T00:00Z")
    assert caller.get("/api/v1/contacts").status_code == 401


def test_a_browser_needs_its_form_token_to_write(outbreak):
    client = Client(HTTP_HOST="localhost", enforce_csrf_checks=True)
    client.force_login(outbreak.desk.user)
    answer = client.post("/api/v1/contacts", data="{}", content_type="application/json", headers={"Idempotency-Key": "k"})
    assert answer.status_code == 403


def test_the_document_describes_what_is_answered(spread, program):
    """Every reference leads somewhere, every row has the types that its schema says, every operation a name of its own."""
    ask = program("cdc")
    _, document, _ = ask("get", "openapi.json")
    assert document["openapi"] == "3.1.0"
    schemas = document["components"]["schemas"]
    references = {r.removeprefix("#/components/schemas/") for r in _found(document, "$ref") if "/schemas/" in r}
    assert references <= set(schemas)
    names = list(_found(document, "operationId"))
    assert len(names) == len(set(names)) > 20
    types = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "null": type(None)}
    for name in spread:
        status, body, _ = ask("get", f"{name}?names=1")
        assert status == 200
        described = schemas[name]["properties"]["values"]["properties"]
        for row in body["rows"]:
            for field, value in row["values"].items():
                if field.endswith("_name"):
                    continue
                kinds = described[field].get("type")
                assert kinds is None or isinstance(value, tuple(t for k in kinds for t in (types[k] if isinstance(types[k], tuple) else (types[k],)))), (name, field, value)
                assert "enum" not in described[field] or value in described[field]["enum"], (name, field, value)


def _found(tree, key):
    if isinstance(tree, dict):
        for k, v in tree.items():
            if k == key and isinstance(v, str):
                yield v
            yield from _found(v, key)
    elif isinstance(tree, list):
        for one in tree:
            yield from _found(one, key)


def test_no_address_of_its_own_hides_a_register():
    own = {r.address.split("/")[2] for r in policy.ROUTES if r.address.startswith("api/v1/") and "<" not in r.address.split("/")[2]}
    assert own & {r.name for r in registry.registers()} == set()


def test_a_number_larger_than_its_column_is_a_bad_value_in_every_register(spread, program):
    """A tube of 162,512 tests broke the API; so did 1,000,000 degrees. What is asked for and what is told are both looked at."""
    ask, asked = program(), 0
    for register in registry.registers():
        for name in register.writable():
            if register.inside(name) or register.type(name) not in ("integer", "number") or not register.declaration.verb:
                continue
            for value in (register.bounds(name)[1] + 1, register.bounds(name)[0] - 1):
                body = ask("post", register.name, {"rows": [{"values": {name: value}}]})[1]
                if body.get("code") == "not-allowed":
                    continue
                told = {p["code"] for p in body["outcomes"][0]["problems"] if p.get("field") == name}
                assert "bad-value" in told, (register.name, name, value, body)
                asked += 1
    assert asked > 30


def test_a_freezer_is_below_zero_and_a_sum_of_money_is_large(spread, program):
    """-70 °C of a vaccine store broke the report: its receipt took no number below zero. So did a hundred thousand million, larger than the receipt's column."""
    ask, unit = program(), spread["reporting-units"]["below"]
    told = {"unit": str(unit.pk)}
    for name, kind, values in (
        ("cold-store", "", {"store_temperature": -70}),
        ("funding", "department", {"funding_use": "treatment", "money_needed": 0, "money_committed": 0, "money_paid": 10**12 - 1}),
    ):
        type(unit).objects.filter(pk=unit.pk).update(kind=kind or sorted(ledger_of(registry.find(name)).kinds)[0])
        [outcome] = ask("post", name, {"rows": [{"values": told | values}]})[1]["outcomes"]
        assert outcome["outcome"] == "new", outcome
        assert ask("get", f"{name}/{outcome['id']}")[1]["values"].items() >= values.items()


def test_a_list_of_a_ledgers_lines_is_asked_by_a_number(spread, program):
    """Any number that a ledger's list was filtered by broke it: its values lie in JSON, which knows no decimals."""
    ask, unit = program(), spread["reporting-units"]["below"]
    type(unit).objects.filter(pk=unit.pk).update(kind=sorted(ledger_of(registry.find("cold-store")).kinds)[0])
    ask("post", "cold-store", {"rows": [{"values": {"unit": str(unit.pk), "store_temperature": 4.5}}]})
    for asked, found in (("=4.5", 1), (".gte=4.4", 1), (".lte=4.4", 0), ("=4.5&f.store_temperature=5", 1)):
        status, body, _ = ask("get", f"cold-store?f.store_temperature{asked}")
        assert (status, len([r for r in body["rows"] if r["values"]["store_temperature"] == 4.5])) == (200, found), asked


def test_a_shift_of_two_hundred_years_is_a_year_mistyped(spread, program):
    told = {"checked_in_at": "2026-01-31T08:00:00+08:00", "ended_at": "2199-01-31T18:00:00+08:00"}
    status, body, _ = program()("patch", f"shifts/{spread['shifts']['below'].pk}", {"values": told | {"person": str(spread["persons"]["below"].pk)}})
    assert (status, [(p["code"], p["field"]) for p in body["problems"]]) == (422, [("bad-value", "ended_at")])
