"""What lies outside one's area answers exactly as what does not exist: the same status, the same words, and as many questions to the database.

A difference in any of them would tell that something is there. Each address is asked twice by a post of a village that may do everything: about a thing of the
next village, and about one that nobody has ever recorded.
"""

import json
import re
from urllib.parse import quote

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from doors import register_rows as made
from doors.test_permissions import FOR_POSTS, OWN, ask
from doors.test_permissions import spread as things

from sizao.doors.kit import signin, tokens
from sizao.kernel import registry
from sizao.kernel.codes import roles
from sizao.kernel.ids import uuid7

__all__ = ["things"]
pytestmark = [pytest.mark.django_db, pytest.mark.matrix]
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

#: Users, posts and tokens are numbered: the address stands on its page again, where the language is switched.
NUMBER = re.compile(r"/\d+(?![\w.])")


@pytest.fixture
def all_rights(county, monkeypatch):
    """A post of the village that may do everything there."""
    monkeypatch.setitem(roles(), "everything", {"zh": "全权", "en": "Everything", "permissions": sorted({p for role in roles().values() for p in role["permissions"]})})
    return county.user("everything", OWN)


@pytest.fixture
def browser(all_rights):
    client = Client(HTTP_HOST="localhost")
    client.post(signin.make_link(all_rights.user))
    return client


@pytest.fixture
def program(all_rights):
    return {"HTTP_AUTHORIZATION": f"Bearer {tokens.make(all_rights.user, all_rights.post)}"}


def answered(asking, *words: str):
    """(status, where it leads, text, number of questions to the database); ids and the words of the question taken out."""
    with transaction.atomic(), CaptureQueriesContext(connection) as asked:
        answer = asking()
    body = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode("utf-8", "replace")
    plain = re.sub(r'(X-CSRFToken": "|csrfmiddlewaretoken" value=")[^"]+', "", body)
    for word in words:
        plain = plain.replace(word, "?")
    where = ID.sub("?", answer.headers.get("Location", ""))
    return answer.status_code, where, NUMBER.sub("/?", ID.sub("?", plain)), len(asked)


def difference(there, nowhere):
    """What differs between the two answers; a second look at what was asked first, which may have read something once a process."""
    return [what for what, a, b in zip(("status", "location", "text", "questions"), there, nowhere, strict=True) if a != b]


def invented(thing: dict) -> dict:
    """Names of the same kinds that nothing has."""
    found = {}
    for name, value in thing.items():
        found[name] = value if name in ("area", "relation", "kind", "form") else 987_654_321 if isinstance(value, int) else "nothing-of-this" if name == "code" else uuid7()
    return found


def test_no_address_tells_that_something_is_there(outbreak, things, browser):
    wrong, walked = [], 0
    for route in FOR_POSTS:
        if route.area != "subject" or route.name in ("find", "undo-check"):
            continue
        walked += 1
        thing, nothing = things["sibling"], invented(things["sibling"])
        there = answered(lambda r=route, t=thing: ask(browser, r, t | {"relation": "sibling"}), thing["code"])
        nowhere = answered(lambda r=route, t=nothing: ask(browser, r, t | {"relation": "sibling"}), nothing["code"])
        if difference(there, nowhere):
            there = answered(lambda r=route, t=thing: ask(browser, r, t | {"relation": "sibling"}), thing["code"])
        if differs := difference(there, nowhere):
            wrong.append((route.name, differs, there[0], nowhere[0], there[3], nowhere[3]))
        if there[0] != 404:
            wrong.append((route.name, there[0]))
    assert wrong == []
    assert walked > 60


def test_no_number_that_is_searched_tells_that_something_is_there(outbreak, things, browser):
    for address in ("/find", "/registers/cases", "/registers/contacts", "/registers/persons"):
        known = {"K-sibling", str(things["sibling"]["case"]), "sibling人", str(things["sibling"]["person"])}
        for word, other in ((w, str(uuid7()) if ID.fullmatch(w) else f"{w[:-1]}乙" if w.endswith("人") else "K-nothing") for w in known):
            there = answered(lambda a=address, w=word: browser.get(a, {"q": w}), word, quote(word))
            nowhere = answered(lambda a=address, w=other: browser.get(a, {"q": w}), other, quote(other))
            assert difference(there, nowhere) == [], (address, word)


def test_no_area_beyond_ones_own_is_told_from_one_that_does_not_exist(outbreak, things, browser):
    """The tree of areas is public; what is asked of one is answered alike all the same."""
    wrong = []
    for route in FOR_POSTS:
        if route.area != "query":
            continue
        beside, none = things["sibling"], things["sibling"] | {"area": "990009999999"}
        there = answered(lambda r=route, t=beside: ask(browser, r, t | {"relation": "sibling"}), beside["area"])
        nowhere = answered(lambda r=route, t=none: ask(browser, r, t | {"relation": "sibling"}), none["area"])
        if differs := difference((*there[:3], 0), (*nowhere[:3], 0)):
            wrong.append((route.name, differs, there[0], nowhere[0]))
    assert wrong == []


@pytest.fixture
def spread(county):
    return made.rows(county.areas)


def test_no_register_tells_that_a_row_is_there(county, spread, browser, program):
    """Record, form, who may see it, API, correction, bulk work."""
    wrong = []
    for name, at in spread.items():
        r = registry.find(name)
        if not r.declaration.area:  # rows of no area are everybody's who reads the register
            continue
        there, nowhere = at["beside"].pk, uuid7()
        ways = {
            "record": lambda pk, n=name: browser.get(f"/registers/{n}/{pk}"),
            "who": lambda pk, n=name: browser.get(f"/who/{n}/{pk}"),
            "api": lambda pk, n=name: browser.get(f"/api/v1/{n}/{pk}", **program),
        }
        if r.declaration.write:
            ways["form"] = lambda pk, n=name: browser.get(f"/registers/{n}/{pk}/edit")
            ways["send"] = lambda pk, n=name: browser.post(f"/registers/{n}/{pk}/edit", {"seen": "1"})
            ways["patch"] = lambda pk, n=name: browser.patch(f"/api/v1/{n}/{pk}", {"values": {}}, content_type="application/json", HTTP_IDEMPOTENCY_KEY=str(uuid7()), **program)
            ways["batch"] = lambda pk, n=name: send(browser, program, n, {"id": str(pk), "values": {}})
        for b in r.declaration.bulk:
            ways[f"bulk {b.name}"] = lambda pk, n=name, b=b, r=r: browser.post(f"/registers/{n}/bulk/{b.name}", {"row": [str(pk)]} | {f"{b.name}.{f}": some(r, f) for f in b.asks})
        for way, asking in ways.items():
            a, b = answered(lambda f=asking, pk=there: f(pk)), answered(lambda f=asking, pk=nowhere: f(pk))
            if difference(a, b):
                a = answered(lambda f=asking, pk=there: f(pk))
            if differs := difference(a, b):
                wrong.append((name, way, differs, a[0], b[0], a[3], b[3]))
    assert wrong == []


def send(browser, program, name, row):
    return browser.post(f"/api/v1/{name}", json.dumps({"rows": [row]}), content_type="application/json", HTTP_IDEMPOTENCY_KEY=str(uuid7()), **program)


def some(r, field) -> str:
    """A value that the field takes."""
    return {"instant": "2026-01-01T00:00", "day": "2026-01-01", "integer": "1", "number": "1", "yes": "yes", "code": next(iter(r.choices(field)), "x")}.get(r.type(field), "x")


def test_nothing_that_a_row_may_point_to_is_told(county, spread, browser, program):
    """A new row that points to a case, a person, a unit of the next village, sent by a program, pasted as a table, typed into a form, looked for in a picker."""
    wrong = []
    for name, at in spread.items():
        r = registry.find(name)
        for field in (f for f in r.writable() if r.type(f) in ("person", "record")):
            target = r.value(at["beside"], field)
            if target is None:
                other = "persons" if r.type(field) == "person" else r.field(field).to
                target = spread[other]["beside"].pk if other in spread and registry.find(other).declaration.area else None
            if target is None:
                continue
            head = r.field(field).zh
            ways = {
                "api": lambda pk, n=name, f=field: send(browser, program, n, {"values": {f: str(pk)}}),
                "form": lambda pk, n=name, f=field: browser.post(f"/registers/{n}/new", {f: str(pk), "key": "018f4a3c-0000-7000-8000-00001a2b3c4d"}),
                "begun": lambda pk, n=name, f=field: browser.get(f"/registers/{n}/new", {f: str(pk)}),
                "table": lambda pk, n=name, h=head: browser.post(f"/registers/{n}/import", {"table": f"{h}\n{pk}\n"}),
                "pick": lambda pk, n=name, f=field: browser.get(f"/registers/{n}/pick/{f}", {"q": str(pk)}),
            }
            for way, asking in ways.items():
                a, b = answered(lambda f=asking, pk=target: f(pk)), answered(lambda f=asking, pk=uuid7(): f(pk))
                if difference(a, b):
                    a = answered(lambda f=asking, pk=target: f(pk))
                if differs := difference(a, b):
                    wrong.append((name, field, way, differs, a[0], b[0], a[3], b[3]))
    assert wrong == []


def test_an_identity_number_of_the_next_village_makes_a_new_person_as_an_unknown_one_does(outbreak, things, browser):
    """A report card with the number of somebody who lives elsewhere: what is answered, and asked of the database, does not tell that he is known there."""
    from sizao.kernel.scope import Scope
    from sizao.registers.population import actions as population

    known, unknown = "330106198706051233", "330106198706051313"
    with transaction.atomic():
        population.correct_persons(Scope.system("test"), {things["sibling"]["person"]: population.PersonData(None, national_id=known)})

    def card(number):
        told = {"p.name": "冯春兰", "p.area": f"{OWN}-1", "c.disease": "covid-19", "c.classification": "suspected", "k.diagnosed_at": "2020-06-16T09:00", "p.national_id": number}
        return browser.post("/cards/new", told)

    answered(lambda: card("330106198706051399"), "330106198706051399")
    assert difference(answered(lambda: card(known), known), answered(lambda: card(unknown), unknown)) == []
