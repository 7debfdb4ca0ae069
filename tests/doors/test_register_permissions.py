"""Every register × role × where a row lies × list, count, record, form, export: made from the declarations and `content/roles.yaml`."""

import re

import pytest
from doors import register_rows as made

from sizao.kernel import registry
from sizao.kernel.codes import roles
from sizao.kernel.ids import uuid7

pytestmark = pytest.mark.matrix
#: Walked in every run; the others, whose rights are among these, in the full one.
EACH_TIME = ("cdc", "commander", "grid_worker", "operator")
NAMELESS = [name for name, r in roles().items() if "person.read" in r["permissions"] and "person.names" not in r["permissions"]]


@pytest.fixture
def spread(county, request):
    return made.rows(county.areas, request.config.getoption("--full"))


@pytest.fixture
def enter(county):
    """`enter(role)` → a browser of somebody with that role in the village."""
    from django.test import Client

    from sizao.doors.kit import signin

    def come(role):
        client = Client(HTTP_HOST="localhost")
        client.post(signin.make_link(county.user(role, made.OWN).user))
        return client

    return come


def plain(answer) -> str:
    return re.sub(r'(X-CSRFToken": "|csrfmiddlewaretoken" value=")[^"]+|/[0-9a-f-]{36}', "", answer.content.decode())


@pytest.mark.parametrize("role", [r if r in EACH_TIME else pytest.param(r, marks=pytest.mark.full) for r in sorted(roles())])
def test_a_role_reads_what_it_may_where_it_may_and_nothing_else(spread, enter, role):
    may, client, wrong = set(roles()[role]["permissions"]), enter(role), []
    for name, at in spread.items():
        r = registry.find(name)
        listed = client.get(f"/registers/{r.name}")
        body = listed.content.decode()
        if r.declaration.read not in may:
            statuses = [listed.status_code, *(client.get(f"/registers/{r.name}/{row.pk}").status_code for row in at.values())]
            if set(statuses) != {403}:
                wrong.append((r.name, "without the right", statuses))
            continue
        inside = set(made.INSIDE) if r.declaration.area else set(at)
        seen = {relation for relation, row in at.items() if str(row.pk) in body}
        if seen != inside:
            wrong.append((r.name, "list", seen))
        count = int(re.search(r'class="quiet">(\d+) 行', body)[1])
        there = r.rows(client_scope(client)).count()
        if count != there or count < len(inside):
            wrong.append((r.name, "count", count, there))
        nothing = client.get(f"/registers/{r.name}/{uuid7()}")
        for relation, row in at.items():
            answer = client.get(f"/registers/{r.name}/{row.pk}")
            if answer.status_code != (200 if relation in inside else 404):
                wrong.append((r.name, "record", relation, answer.status_code))
            if relation not in inside and plain(answer) != plain(nothing):
                wrong.append((r.name, "an oracle", relation))
        allowed = bool(r.declaration.write) and r.declaration.write in may
        for relation in ("below", "beside"):
            answer = client.get(f"/registers/{r.name}/{at[relation].pk}/edit")
            if answer.status_code != (403 if not allowed else 200 if relation in inside else 404):
                wrong.append((r.name, "form", relation, answer.status_code))
        file = client.post(f"/registers/{r.name}/export", {"format": "csv"})
        if "register.export" not in may:
            if file.status_code != 403:
                wrong.append((r.name, "export without the right", file.status_code))
        else:
            text = b"".join(file.streaming_content).decode()
            if {relation for relation, row in at.items() if f"\n{row.pk}," in text} != inside:
                wrong.append((r.name, "export"))
    assert wrong == []


def client_scope(client):
    from sizao.kernel.models import User
    from sizao.kernel.scope import Scope

    return Scope.open(User.objects.get(pk=client.session["_auth_user_id"]))


@pytest.mark.parametrize("role", NAMELESS)
def test_a_post_without_names_finds_sees_and_takes_out_none(spread, enter, role):
    """No name, birth date or telephone on a page or in a file; and no way to learn one by filtering, sorting or searching."""
    client = enter(role)
    person = spread["persons"]["below"]
    pages = ["/registers/persons", f"/registers/persons/{person.pk}", "/registers/cases", f"/registers/cases/{spread['cases']['below'].pk}"]
    for address in pages:
        body = client.get(address).content.decode()
        assert "某某" not in body and "1987-06-05" not in body and made.PHONE not in body, address
    for question in ("q=below", "q=13800138000", "f.birth_date=1987-06-05", "f.birth_date.lte=1990-01-01"):
        assert str(person.pk) not in client.get(f"/registers/persons?{question}").content.decode(), question
    assert client.get("/registers/persons?sort=name").status_code == 422
    assert client.post("/registers/persons/export", {"format": "csv", "names": "1", "purpose": "response"}).status_code == 403
    if "register.export" in roles()[role]["permissions"]:
        text = b"".join(client.post("/registers/persons/export", {"format": "csv"}).streaming_content).decode()
        assert "某某" not in text and "1987-06-05" not in text and made.PHONE not in text


def test_who_may_see_names_sees_them_below_and_not_beside(spread, enter):
    client = enter("cdc")
    body = client.get("/registers/persons").content.decode()
    assert "below某某" in body and "beside" not in body
    assert made.PHONE in client.get(f"/registers/persons/{spread['persons']['below'].pk}").content.decode()
    assert str(spread["persons"]["below"].pk) in client.get("/registers/persons?f.birth_date=1987-06-05").content.decode()


def test_a_row_pointed_to_in_another_area_is_not_named(spread, enter, county):
    """A contact of ours whose case is treated beside: the list says so by no name."""
    contact, case = spread["contacts"]["below"], spread["cases"]["beside"]
    type(contact).objects.filter(pk=contact.pk).update(case=case, person=case.person)
    client = enter("cdc")
    for address in ("/registers/contacts", f"/registers/contacts/{contact.pk}"):
        body = client.get(address).content.decode()
        assert str(contact.pk) in body and "beside" not in body


def test_nothing_is_written_out_of_the_area_by_any_form(spread, enter, county):
    client = enter("desk")
    outside = spread["contacts"]["beside"]
    told = {"person": str(spread["persons"]["below"].pk), "disease": "covid-19", "area": made.RELATIONS["beside"]}
    assert client.post("/registers/contacts/new", told).status_code == 422
    assert client.post(f"/registers/contacts/{outside.pk}/edit", {"status": "x"}).status_code == 404
    answer = client.post("/registers/contacts/bulk/release", {"row": [str(outside.pk)], "release.released_at": "2026-01-01T00:00"})
    assert "未办" in answer.content.decode()
    outside.refresh_from_db()
    assert (outside.status, outside.released_at) == ("", None)
