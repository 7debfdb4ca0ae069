"""Every route × every role × where the thing asked about lies: own area, below, above, beside; and nobody signed in.

The expected answers come from the policy table and from `content/roles.yaml`, not from the views.
"""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import get_resolver
from doors import lawful

from sizao.doors.policy import ROUTES
from sizao.kernel import clock, registry
from sizao.kernel.codes import roles
from sizao.kernel.ids import uuid7

pytestmark = pytest.mark.matrix
OWN = "990001101201"
RELATIONS = {"own": OWN, "child": f"{OWN}-1", "parent": "990001101", "sibling": "990001101202"}
INSIDE = ("own", "child")
NAMED = {"ledger_id": "medicine_sale", "edition": "contact-tracing-basic", "stream": "fever-visits", "file": uuid7(), "line": 2, "saying": uuid7(), "panel": "curve", "sent_as": "csv"}
#: Addresses that name a register are walked by test_register_permissions.py, register by register.
FOR_POSTS = [r for r in ROUTES if r.audience == "post" and not r.register]


@pytest.fixture
def spread(outbreak):
    """A person with a case and a contact at each of the four places; clients by role."""
    from sizao.kernel.scope import Scope
    from sizao.registers.cases import actions as cases
    from sizao.registers.cases.models import ExposureSearch
    from sizao.registers.ledgers import actions as ledgers
    from sizao.registers.movement import actions as movement
    from sizao.registers.population import actions as population
    from sizao.registers.population.models import Person
    from sizao.registers.surveillance import actions as surveillance

    system, known = Scope.system("test"), clock.now() - timedelta(days=2)
    found = {}
    for relation, code in RELATIONS.items():
        area = outbreak.county.areas[code].pk
        [person] = population.add_persons(system, [population.PersonData(area_id=area, name=f"{relation}人")], known=[known], sender="m")
        told = {"area_id": area, "disease": "covid-19", "classification": "confirmed", "reported_at": known}
        [case] = cases.add_cases(system, [cases.New(person, "m", f"C-{relation}", known, told)])
        told = {"area_id": area, "disease": "covid-19", "classification": "close", "named_at": known, "last_exposure_on": known.date()}
        [contact] = cases.add_contacts(system, [cases.New(person, "m", f"K-{relation}", known, told)])
        [unit] = ledgers.add_units(system, [ledgers.NewUnit(relation, area, f"{relation}药店", known, "pharmacy")], sender="m").values()
        [gateway] = ledgers.add_units(system, [ledgers.NewUnit(f"{relation}-gate", area, f"{relation}关口", known, "gateway")], sender="m").values()
        file = _imported(outbreak.county.user("desk", code), relation)
        [card] = surveillance.add_cards(system, [surveillance.NewCard(case, person, area, "covid-19", known)]).values()
        order = lawful.order(outbreak.county.areas[code], Person.objects.get(pk=person), f"O-{relation}")
        found[relation] = {"person": person, "case": case, "contact": contact, "area": code, "card": card, "unit": unit, "file": file, "order": order.pk, "issue": order.issue_id}
        [handover] = movement.send(system, [movement.NewHandover(relation, area, "covid-19", known, person=person)], sender="m").values()
        found[relation] |= {"gateway": gateway, "handover": handover}
        now = clock.now()
        at = {"area": outbreak.county.areas[code], "disease": "covid-19", "asked_at": now, "known_from": now, "stands_from": now}
        found[relation] |= {"search": ExposureSearch.objects.create(**at).pk}
        found[relation] |= {"absence": lawful.absence(order).pk, "stay": lawful.stay(order).pk}
        found[relation] |= _laboratory(outbreak.county.areas[code], person, relation, known)
        found[relation] |= _twice(system, area, known, relation)
        found[relation] |= lawful.accounts(outbreak.county.areas[code])
        found[relation] |= lawful.care(order, unit)
        found[relation] |= lawful.tickets(outbreak.county.areas[code], relation)
        found[relation] |= lawful.signal(outbreak.county.areas[code], relation)
        found[relation] |= lawful.published(outbreak.county.areas[code])
        found[relation] |= {"copy": _copied(outbreak.county.areas[code])}
        found[relation] |= lawful.command(outbreak.county.areas[code], unit, relation)
        found[relation] |= {"appeal": lawful.appeal(order).pk, "kind": "order", "form": "docx"}
    return found


def _copied(area):
    """A phone of a post there, with a copy of its list."""
    from sizao.doors.models import PhoneCopy

    scope, now = lawful.holder("grid_worker", area), clock.now()
    return PhoneCopy.objects.create(id=uuid7(), user=scope.user, post=scope.post, made_at=now, seen_at=now).pk


def _laboratory(area, person, name: str, known):
    """Something held at that place, and somebody of a positive tube who is called again."""
    from sizao.registers.laboratory.models import Hold, Recall, Specimen, Tube

    times = {"known_from": known, "stands_from": known, "area": area}
    tube = Tube.objects.create(code=name, disease="covid-19", sealed_at=known, **times)
    specimen = Specimen.objects.create(person_id=person, tube=tube, disease="covid-19", sampled_at=known, **times)
    hold = Hold.objects.create(kind="no_run", tube=tube, opened_at=known, due_at=known, **times)
    return {"hold": hold.pk, "recall": Recall.objects.create(specimen=specimen, tube=tube, person_id=person, disease="covid-19", opened_at=known, due_at=known, **times).pk}


def _twice(system, area: int, known, relation: str):
    """Two records there that may be one person, and two that were merged."""
    from sizao.registers.population import actions as population
    from sizao.registers.population import merging
    from sizao.registers.population.models import Pair

    a, b, c, d = population.add_persons(system, [population.PersonData(area_id=area, name=f"{relation}双")] * 4, known=[known] * 4, sender="twice")
    pair = Pair.objects.create(one_id=min(a, b), other_id=max(a, b), bits=3, mark="m", found_at=known)
    return {"pair": pair.pk, "merge": merging.merge(system, c, d, reason="r").pk}


def _imported(scope, name: str):
    """A file that a post of that area imported, with a rejected row in line 2."""
    from sizao.interop.models import ImportFile, ImportRow
    from sizao.kernel import clock
    from sizao.kernel.models import Batch

    now = clock.now()
    file = ImportFile.objects.create(
        sender=name, disease="covid-19", name="a.csv", sha256=name, kind="cases", dialect="zh", reading="r", mapping={"columns": {"姓名": "name"}, "unmapped": []}, encoding="utf-8",
        time_zone="Asia/Shanghai", batch=Batch.objects.create(sender=name, closed_at=now), post=scope.post, opened_at=now, closed_at=now, rows=1, rejected=1,
    )  # fmt: skip
    ImportRow.objects.create(file=file, line=2, outcome="rejected")
    return file.pk


def ask(client: Client, route, thing):
    """One request to a route about a thing, the way its page would send it."""
    address = "/" + re.sub(r"<(\w+):(\w+)>", lambda m: str(thing.get(m[2], NAMED.get(m[2], "contact-daily-check"))), route.address)
    if route.area == "query":
        address += f"?area={thing['area']}"
    if route.name == "record-check":
        return client.post(address, {"contact": str(thing["contact"]), "key": str(uuid7()), "outcome": "ok"}, HTTP_HX_REQUEST="true")
    if route.name == "undo-check":
        return client.post(address, {"contact": str(thing["contact"]), "check": str(thing["check"])}, HTTP_HX_REQUEST="true")
    if route.name == "file-report":
        return client.post(address, {"unit": str(thing["unit"]), "report": f"medicine_sale/{clock.local_day(clock.now(), 'Asia/Shanghai')}/0", "zero": "1"})
    if route.name == "desk-report":
        return client.post(address, {"unit": str(thing["unit"]), "report": f"medicine_sale/{clock.local_day(clock.now(), 'Asia/Shanghai')}/0", "zero": "1"})
    if route.name == "desk-resume":
        return client.get(address.replace(str(thing["unit"]), str(thing["works"])))
    if route.name == "desk-classes":
        return client.get(address.replace(str(thing["unit"]), str(thing["school"])))
    if route.name == "find":
        return client.get(address, {"q": f"K-{thing['relation']}"})
    if route.name.startswith("api-webhook-") and route.methods == ("POST",):
        return client.post(address, "{}", content_type="application/json")
    if route.name == "api-pass-status":
        return client.post(address, {"purpose": "emergency"}, content_type="application/json")
    if route.name == "api-certificates":
        return client.post(address, '{"codes": ["HC1:"]}', content_type="application/json")
    if route.name in ("api-duplicate", "api-merge-undo"):
        return client.post(address, "{}", content_type="application/json")
    if route.name == "api-heartbeat":  # by a session, not by a sender's token: what may not is told so first
        return client.post(address, "{}", content_type="application/json")
    if route.name == "api-passages":
        return client.post(address, '{"records": []}', content_type="application/json")
    if route.name == "gate-shift":
        return client.post(address, {"unit": str(thing["gateway"]), "do": "sign-on"})
    if route.name == "api-declarations":
        return client.post(address, '{"find": "?"}', content_type="application/json")
    if route.name == "lab-decide":
        return client.post(address, {"resolution": "dropped", "reason": "x"})
    if route.name == "api-sampled-tubes":
        return client.post(address, '{"tubes": []}', content_type="application/json")
    if route.name == "api-lab":
        return client.post(address, "{}", content_type="application/json")
    if route.name == "field-pack":
        return client.get(address, {"copy": str(uuid7())}, HTTP_ACCEPT="application/json")
    if route.name == "field-acts":
        return client.post(address, '{"acts": []}', content_type="application/json")
    if route.name == "api-scans":
        return client.post(address, '{"scans": []}', content_type="application/json")
    return client.post(address) if "GET" not in route.methods else client.get(address)


def test_every_address_has_a_line_in_the_policy_table():
    patterns = [p for outer in get_resolver().url_patterns for p in getattr(outer, "url_patterns", [outer])]
    assert {p.name for p in patterns} == {r.name for r in ROUTES}
    assert all(p.callback.route in ROUTES for p in patterns)


def test_every_route_for_posts_names_a_permission_that_some_role_has():
    known = {p for role in roles().values() for p in role["permissions"]}
    assert [r.name for r in ROUTES if r.permission and not {r.permission, *r.also} <= known] == []
    assert [r.name for r in ROUTES if r.audience == "post" and not r.permission and not r.register] == []
    assert [r.name for r in ROUTES if bool(r.register) != ("register>" in r.address)] == []
    words = {w for r in registry.registers() for w in (r.declaration.read, r.declaration.write, *(b.permission for b in r.declaration.bulk)) if w}
    assert words - known == set()
    assert [r.name for r in ROUTES if r.audience != "post" and (r.permission or r.reads_persons)] == []


@pytest.mark.parametrize("route", [r for r in ROUTES if r.audience != "anyone"], ids=lambda r: r.name)
def test_nobody_comes_in_without_signing_in(db, route):
    thing = {"unit": uuid7(), "person": uuid7(), "case": uuid7(), "contact": uuid7(), "area": "x", "check": uuid7(), "relation": "own", "register": "persons"}
    thing |= {"record": uuid7(), "field": "area", "bulk": "release", "order": uuid7(), "appeal": uuid7(), "issue": uuid7(), "kind": "order", "form": "pdf", "search": uuid7(), "card": uuid7()}
    thing |= {"absence": uuid7(), "stay": uuid7()}
    thing |= {"gateway": uuid7(), "handover": uuid7()}
    thing |= {"hold": uuid7(), "recall": uuid7()}
    thing |= {"pair": uuid7(), "merge": uuid7()}
    thing |= {"referral": uuid7(), "admission": uuid7(), "need": uuid7()}
    thing |= {"signal": uuid7(), "setting": uuid7()}
    thing |= {"user": 1, "holding": 1, "ask": 1, "number": 1, "factor": 1, "glass": uuid7(), "hook": uuid7()}
    thing |= {"ticket": uuid7(), "proof": uuid7(), "blocker": uuid7(), "works": uuid7(), "school": uuid7()}
    thing |= {"copy": uuid7()}
    thing |= {name: uuid7() for name in ("seat", "ticket", "area_order", "proposal", "round", "drawn", "review")}
    thing |= {"question": uuid7()}
    answer = ask(Client(HTTP_HOST="localhost"), route, thing)
    assert (answer.status_code, answer.headers.get("Location")) in [(302, "/sign-in"), (401, None)]


@pytest.mark.parametrize("role", sorted(roles()))
def test_a_role_opens_what_it_may_where_it_may_and_nothing_else(outbreak, spread, role):
    """404 out of the area, 403 without the right; never a hint that something is there."""
    may = set(roles()[role]["permissions"])
    scope = outbreak.county.user(role, OWN)
    client = outbreak.client(scope)
    wrong = []
    for route in FOR_POSTS:
        for relation, thing in spread.items():
            # What names no place and nothing that lies somewhere answers the same four times.
            if route.name == "undo-check" or (route.area == "none" and "<" not in route.address and relation != "own"):
                continue
            if route.name == "plan-scenarios" and relation != "own":
                continue
            answer = ask(client, route, thing | {"relation": relation})
            if not {route.permission, *route.also} <= may:
                good = answer.status_code == 403
            elif route.name == "find":
                hit = answer.status_code == 302 or f"K-{relation}" in answer.content.decode().split("<main")[1].replace(
                    f"查找: K-{relation}", ""
                )
                good = hit == (relation in INSIDE and "case.read" in may)
            elif route.area == "none" or relation in INSIDE:
                good = answer.status_code in ((200, 202, 302, 422) if route.methods == ("POST",) or route.name == "contact" else (200,))
            else:
                good = answer.status_code == 404
            if not good:
                wrong.append((route.name, relation, answer.status_code))
    assert wrong == []


def test_out_of_area_reads_word_for_word_like_not_existing(outbreak, spread):
    client = outbreak.client(outbreak.county.user("cdc", OWN))

    def body(address):
        answer = client.get(address)
        plain = re.sub(
            r'(X-CSRFToken": "|csrfmiddlewaretoken" value=")[^"]+|/(person|case|contact)/[0-9a-f-]{36}', "", answer.content.decode()
        )
        return answer.status_code, plain

    for kind in ("person", "case", "contact"):
        assert body(f"/{kind}/{spread['sibling'][kind]}") == body(f"/{kind}/{uuid7()}")


def test_a_check_of_another_area_cannot_be_taken_back(outbreak):
    from sizao.registers.isolation.read import checks

    outbreak.client(outbreak.desk).post("/today/check", {"contact": str(outbreak.contacts[2]), "key": str(uuid7()), "outcome": "ok"})
    check = checks(outbreak.desk).get()
    answer = outbreak.client(outbreak.team).post(
        "/today/undo", {"contact": str(outbreak.contacts[2]), "check": str(check.pk)}, HTTP_HX_REQUEST="true"
    )
    check.refresh_from_db()
    assert check.outcome == "ok"
    assert answer.status_code in (200, 404)


def test_reads_of_persons_are_on_record(morning, outbreak):
    """Who looked, for which post, at whom: one event a page."""
    from django.db import connection

    def events():
        with connection.cursor() as cursor:
            cursor.execute("SELECT kind, subjects FROM kernel_event WHERE user_id = %s AND post_id IS NOT NULL", [outbreak.desk.user.pk])
            return cursor.fetchall()

    client, before = outbreak.client(outbreak.desk), len(events())
    client.get(f"/person/{outbreak.people[1]}")
    client.get("/measure/contact-daily-check?state=open")
    seen = events()[before:]
    assert any(outbreak.people[1] in subjects and kind == "population.read" for kind, subjects in seen)
    assert any(set(outbreak.people[1:]) <= set(subjects) and kind.startswith("plan.") for kind, subjects in seen)


def test_somebody_with_two_posts_says_for_which_he_works(outbreak):
    from sizao.kernel.models import Holding

    other = outbreak.county.user("commander", "990001102")
    Holding.objects.create(post=other.post, user=outbreak.team.user, valid_from=outbreak.run.started_at)
    client = outbreak.client(outbreak.team)
    assert client.get("/")["Location"] == "/post?next=/"
    client.post("/post", {"post": other.post.pk, "next": "/"})
    assert client.get("/").status_code == 200
    assert client.post("/post", {"post": outbreak.desk.post.pk}).status_code == 403
