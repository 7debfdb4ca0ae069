"""Who may read a row and not names, identifiers and what was told in confidence, learns none of it, wherever he looks and however he asks.

Every field that a register declares personal or sealed is filled, in every row that stands, with a text that is found nowhere else. Then a post that may do
everything but see names walks every address and every register: page, file, API, search, filter, order of rows, refusal.
"""

import io
import re
import zipfile
import zlib
from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from doors import register_rows as made
from doors.test_permissions import FOR_POSTS, OWN, ask
from doors.test_permissions import spread as things

from sizao.kernel import registry
from sizao.kernel.codes import roles
from sizao.kernel.scope import Scope
from sizao.registers.population import actions as population
from sizao.registers.population.models import Person

__all__ = ["things"]
pytestmark = [pytest.mark.django_db, pytest.mark.matrix]
NAME, BORN, NUMBER, PHONE, DOOR = "甄隐讳", date(1987, 6, 5), "330106198706051233", "13877665544", "藏身路77号"
#: What of a person must not be read: the given name, the day of birth as it is written anywhere, the numbers, the door.
OF_PERSONS = ("隐讳", "1987-06-05", "1987年6月5日", "1987/6/5", "5 Jun", "June 5", PHONE, DOOR, "藏身")
NOT_NAMES = ("person.names", "listed.names")
EVERYTHING = {p for role in roles().values() for p in role["permissions"]}
TEXTS = ("text", "long")
#: Fields that the database lets nobody change, with what stands in them from the beginning ("": nothing yet).
UNCHANGEABLE = {"appeals.grounds": "没有见过此人", "appeals.reason": ""}


@pytest.fixture
def nameless(county, monkeypatch):
    """The scope of a post in the village that may do everything but see names: no role that ships may do more without them."""
    monkeypatch.setitem(roles(), "nameless", {"zh": "无名", "en": "Nameless", "permissions": sorted(EVERYTHING - set(NOT_NAMES))})
    return county.user("nameless", OWN)


def confide() -> dict[str, str]:
    """Fills what is not for everybody, in every row that stands: the text → whose field it is."""
    system = Scope.system("test")
    people = list(Person.objects.values_list("pk", flat=True))
    with transaction.atomic():
        population.correct_persons(system, {p: population.PersonData(None, NAME, birth_date=BORN, national_id=NUMBER, phone=PHONE, address=DOOR) for p in people})
    marks = {}
    for r in registry.registers():
        for name, f in r.declaration.fields.items():
            if f.sensitivity != "personal" or r.type(name) not in TEXTS or r.model is Person:
                continue
            mark = f"讳{zlib.crc32(f'{r.name}.{name}'.encode()) % 10**7:07d}"
            rows = r.model.objects.filter(r.only) if r.only is not None else r.model.objects.all()
            try:
                with transaction.atomic():
                    if r.inside(name):
                        way = r.column(name).split("__")
                        for row in rows:
                            getattr(row, way[0])[way[1]] = mark
                            row.save(update_fields=[way[0]])
                    else:
                        rows.update(**{r.column(name): mark})
            except DatabaseError:
                mark = UNCHANGEABLE[f"{r.name}.{name}"]
            if mark:
                marks[mark] = f"{r.name}.{name}"
    return marks


def told(answer) -> str:
    """Everything that an answer says: its text, that of a workbook or paper in it, and its headers."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    heads = " ".join(f"{k}: {v}" for k, v in answer.headers.items())
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as whole:
            body = b" ".join(whole.read(n) for n in whole.namelist())
    return heads + body.decode("utf-8", "replace")


def leaks(answer, marks) -> list[str]:
    """What an answer says and must not. Ids are taken out: their digits may be anything."""
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|sha256[=:]\w+", "", told(answer))
    return [whose for mark, whose in marks.items() if mark in text] + [w for w in OF_PERSONS if w in text]


def test_no_address_shows_what_only_who_sees_names_may_read(outbreak, things, nameless):
    marks, client, found = confide(), outbreak.client(nameless), []
    assert len(marks) >= 20
    for route in (r for r in FOR_POSTS if r.name != "undo-check"):  # there is none to undo
        with transaction.atomic():
            answer = ask(client, route, things["child"] | {"relation": "child"})
        found += [(route.name, leak) for leak in leaks(answer, marks)]
        if answer.status_code >= 500:
            found.append((route.name, answer.status_code))
        if answer.status_code == 302 and answer["Location"].startswith("/") and "GET" in route.methods:
            found += [(route.name, answer["Location"], leak) for leak in leaks(client.get(answer["Location"]), marks)]
    assert found == []


def test_the_same_pages_show_it_to_who_may_read_it(outbreak, things):
    """The walk above would find it: to somebody with names, name, number and door stand on the person's page, and confidences on the pages of their registers."""
    marks, client = confide(), outbreak.client(outbreak.county.user("cdc", OWN))
    shown = leaks(client.get(f"/person/{things['own']['person']}"), marks)
    assert {"隐讳", PHONE, DOOR} <= set(shown)
    assert any("." in leak for leak in leaks(client.get(f"/registers/appeals/{things['own']['appeal']}"), marks))


@pytest.fixture
def spread(county):
    return made.rows(county.areas)


def test_no_register_shows_sends_finds_or_sorts_by_it(county, spread, nameless):
    """List with every column, record, form, API row by row and in pages, file in both forms; then every way to ask after a value."""
    from django.test import Client

    from sizao.doors.kit import signin, tokens

    marks, client, program, found = confide(), Client(HTTP_HOST="localhost"), Client(HTTP_HOST="localhost"), []
    client.post(signin.make_link(nameless.user))
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {tokens.make(nameless.user, nameless.post)}"}
    for name, at in spread.items():
        r, row = registry.find(name), at["below"]
        columns, hidden = ",".join(r.declaration.fields), [n for n, f in r.declaration.fields.items() if f.sensitivity in ("personal", "sealed")]
        answers = {
            "list": client.get(f"/registers/{name}", {"cols": columns}),
            "record": client.get(f"/registers/{name}/{row.pk}"),
            "api list": program.get(f"/api/v1/{name}", {"names": "1"}, **bearer),
            "api row": program.get(f"/api/v1/{name}/{row.pk}", {"names": "1"}, **bearer),
            "csv": client.post(f"/registers/{name}/export", {"format": "csv"}),
            "xlsx": client.post(f"/registers/{name}/export", {"format": "xlsx"}),
            "who": client.get(f"/who/{name}/{row.pk}"),
        }
        if r.declaration.write:
            answers["form"] = client.get(f"/registers/{name}/{row.pk}/edit")
            answers["new"] = client.get(f"/registers/{name}/new")
        for way, answer in answers.items():
            found += [(name, way, leak) for leak in leaks(answer, marks)]
            if answer.status_code != 200:
                found.append((name, way, answer.status_code))
        values = answers["api row"].json()["values"]
        found += [(name, "api", n) for n in hidden if n in values and r.type(n) != "person"]
        for n in hidden:
            found += [(name, "sorts by", n)] * (n in r.declaration.sorts)
            found += [(name, "a view asks", f.name) for f in r.declaration.filters if n in {k.partition("__")[0] for k in f.where if not k.endswith("__isnull")}]
            found += [(name, way, n) for way in asked_after(client, r, n, row) if way]
    assert found == []
    refused = client.post("/registers/persons/export", {"format": "csv", "names": "1", "purpose": "response"})
    assert refused.status_code == 403 and leaks(refused, marks) == []


def asked_after(client, r, name, row):
    """Each way to ask which rows have this value in this field, by which the row was found."""
    value = r.value(row, name)
    for operator in ("", ".gte", ".lte", ".empty"):
        guess = "0" if operator == ".empty" else {date: lambda v: v.isoformat(), Decimal: str, list: lambda v: v[0] if v else "", type(None): lambda v: ""}.get(type(value), str)(value)
        if guess == "" or isinstance(value, bytes | memoryview):
            continue
        answer = client.get(f"/registers/{r.name}", {f"f.{name}{operator}": guess, "cols": "known_from"})
        if answer.status_code not in (200, 422):
            yield f"{operator} {answer.status_code}"
        elif answer.status_code == 200 and f"/{row.pk}" in answer.text.split("<main")[1]:
            yield f"filter{operator}"
    if r.type(name) in TEXTS and isinstance(value, str) and value and f"/{row.pk}" in client.get(f"/registers/{r.name}", {"q": value}).text.split("<main")[1]:
        yield "search"


def test_no_search_tells_who_is_called_so_and_an_exact_number_finds_its_person_without_a_name(outbreak, things, nameless):
    """A gateway or a ward that holds the document in its hand may ask whose it is; the answer is masked. A name, its initials, a part of it, a day of birth find nobody."""
    confide()
    client = outbreak.client(nameless)
    for text in (NAME, "zyh", "隐讳", BORN.isoformat()):
        answers = [client.get("/find", {"q": text}), *(client.get(f"/registers/{r}", {"q": text}) for r in ("persons", "cases", "contacts")), client.get("/registers/contacts/pick/person", {"q": text})]
        for answer in answers:
            assert answer.status_code == 200 and str(things["own"]["person"]) not in answer.text and str(things["child"]["case"]) not in answer.text, text
    answer = client.get("/find", {"q": NUMBER})
    assert answer.status_code == 200 and "甄＊＊" in answer.text and leaks_of_page(answer.text) == []


def leaks_of_page(text: str) -> list[str]:
    """The question itself stands in its field again; the rest of the page is read."""
    return [w for w in OF_PERSONS if w in text.replace(NUMBER, "")]


def test_names_seen_in_one_grid_are_searched_and_filtered_in_that_grid_alone(outbreak, things, county):
    """One post, two grants: rows of the whole village, names of one grid. A search by name must not answer for the other grid, nor a filter by day of birth."""
    from sizao.kernel.models import Grant

    confide()
    here, there = things["own"], things["child"]
    scope = county.user("health", OWN)
    Grant.objects.create(post=scope.post, role="grid_worker", area=county.areas[f"{OWN}-1"], valid_from=scope.post.valid_from)
    client = outbreak.client(scope)
    for address, question in (("/find", {"q": NAME}), ("/registers/persons", {"q": NAME}), ("/registers/persons", {"f.birth_date": BORN.isoformat()})):
        body = client.get(address, question).text.split("<main")[1]
        assert str(there["person"]) in body and str(here["person"]) not in body, (address, question)


def test_a_refusal_tells_no_value(county, spread, nameless):
    """Somebody who may write and sees no names: his correction of a hidden field is refused, and what stands there is not quoted; nor where two met."""
    from django.test import Client

    from sizao.doors.kit import signin, tokens

    marks, client, program, found = confide(), Client(HTTP_HOST="localhost"), Client(HTTP_HOST="localhost"), []
    client.post(signin.make_link(nameless.user))
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {tokens.make(nameless.user, nameless.post)}"}
    for name, at in spread.items():
        r, row = registry.find(name), at["below"]
        for n in (n for n in r.writable() if r.field(n).sensitivity in ("personal", "sealed")):
            if r.type(n) == "person":
                continue
            body = {"values": {n: "猜"}, "seen": 0}
            answer = program.patch(f"/api/v1/{name}/{row.pk}", body, content_type="application/json", HTTP_IDEMPOTENCY_KEY=f"{name}{n}", **bearer)
            found += [(name, n, "api", leak) for leak in leaks(answer, marks)]
            if answer.status_code != 422 and answer.status_code != 403:
                found.append((name, n, "api", answer.status_code))
            form = client.post(f"/registers/{name}/{row.pk}/edit", {n: "猜", "seen": "0"})
            found += [(name, n, "form", leak) for leak in leaks(form, marks)]
            row.refresh_from_db()
            if r.type(n) in TEXTS and r.value(row, n) == "猜":
                found.append((name, n, "written"))
    assert found == []
