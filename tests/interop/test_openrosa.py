"""ODK Collect at the door: it finds the forms, fills one in, sends it twice, and is told clearly what is not taken."""

import base64
import io
import re
import xml.etree.ElementTree as ET
from datetime import timedelta

import pytest
from django.test import Client

from sizao.interop.openrosa import filled, forms
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.registers.ledgers.catalogue import ledgers

AT = "/api/v1/openrosa"


@pytest.fixture
def collect(county):
    from sizao.doors.kit import tokens

    team = county.user("community", "990001101201")
    token = tokens.make(team.user, team.post)
    return Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION="Basic " + base64.b64encode(f"collect:{token}".encode()).decode())


@pytest.fixture
def village(county):
    from sizao.kernel.scope import Scope
    from sizao.registers.ledgers import actions

    area = county.areas["990001101201"].pk
    [unit] = actions.add_units(Scope.system("test"), [actions.NewUnit("U", area, "村委会", clock.now() - timedelta(days=9), "village_committee")], sender="t").values()
    return unit


def sent(collect, form, instance="uuid:1", file=None, **values):
    inside = "".join(f"<{k}>{v}</{k}>" for k, v in values.items())
    xml = f'<data id="{form}" version="1">{inside}<meta><instanceID>{instance}</instanceID></meta></data>'
    return collect.post(f"{AT}/submission", {"xml_submission_file": io.BytesIO((file or xml).encode())})


def message(answer):
    return re.search(r"<message[^>]*>(.*)</message>", answer.content.decode())[1]


def test_every_ledger_that_is_offered_is_a_form_in_two_languages():
    offered = forms.offered(ledgers().values())
    assert len(offered) > 25
    for one in offered:
        root = ET.fromstring(forms.xform(one))
        spoken = {t.get("lang") for t in root.iter("{http://www.w3.org/2002/xforms}translation")}
        assert spoken == {"中文 (zh)", "English (en)"}
        asked = {b.get("nodeset").rpartition("/")[2] for b in root.iter("{http://www.w3.org/2002/xforms}bind")}
        assert {f.id for f in one.fields if f.type not in forms.LEFT} <= asked


def test_without_a_token_collect_is_asked_for_one(db):
    answer = Client(HTTP_HOST="localhost").get(f"{AT}/formList")
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION="Basic Og==").get(f"{AT}/formList").status_code == 401
    assert "WWW-Authenticate" not in Client(HTTP_HOST="localhost").get("/api/v1/persons").headers  # no browser opens a window for a name and a password


def test_the_way_of_collect_from_the_list_to_a_line_sent_twice(collect, county):
    from sizao.registers.ledgers import read

    listed = collect.get(f"{AT}/formList")
    assert listed.headers["X-OpenRosa-Version"] == "1.0" and listed.headers["Content-Type"].startswith("text/xml")
    ns = {"x": "http://openrosa.org/xforms/xformsList"}
    note = next(x for x in ET.fromstring(listed.content).findall("x:xform", ns) if x.findtext("x:formID", "", ns) == "shift_note")
    form = collect.get(note.findtext("x:downloadUrl", "", ns))
    assert form.status_code == 200 and note.findtext("x:hash", "", ns) == forms.digest(form.content)
    head = collect.head(f"{AT}/submission")
    assert head.status_code == 204 and int(head.headers["X-OpenRosa-Accept-Content-Length"]) > 0
    first = sent(collect, "shift_note", shift_step="handed", note="三户未见到")
    assert first.status_code == 201, first.content
    again = sent(collect, "shift_note", shift_step="handed", note="三户未见到")
    assert again.status_code == 201 and "Was there already" in message(again)
    other = sent(collect, "shift_note", shift_step="handed", note="四户")
    assert other.status_code == 409 and "openrosa-old" in message(other)
    [row] = read.entries(county.user("desk"), "shift_note")
    assert row.values == {"shift_step": "handed", "note": "三户未见到"} and row.area == county.areas["990001101201"]


def test_a_form_about_a_unit_brings_the_units_of_its_own_area(collect, county, village):
    from sizao.registers.ledgers.items import Ledger

    one: Ledger = next(x for x in forms.offered(ledgers().values()) if x.about == "unit" and (not x.kinds or "village_committee" in x.kinds))
    manifest = collect.get(f"{AT}/forms/{one.id}/manifest")
    assert "units.csv" in manifest.content.decode()
    assert collect.get(f"{AT}/forms/{one.id}/units.csv").content.decode().splitlines() == ["name,label", f"{village},村委会"]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("", "openrosa-unreadable"), ("<data id='shift_note'>", "openrosa-unreadable"), ("<data><meta><instanceID>uuid:2</instanceID></meta></data>", "openrosa-unreadable"),
        ('<!DOCTYPE d [<!ENTITY a "aaaa">]><data id="shift_note"><note>&a;</note><meta><instanceID>uuid:3</instanceID></meta></data>', "openrosa-unreadable"),
        ('<data id="shift_note"><shift_step>sung</shift_step><meta><instanceID>uuid:4</instanceID></meta></data>', "bad-value"),
        ('<data id="shift_note"><sex>female</sex><meta><instanceID>uuid:5</instanceID></meta></data>', "no-such-field"),
        ('<data id="household_visit"><about_household>nobody</about_household><meta><instanceID>uuid:6</instanceID></meta></data>', "not-found-or-out-of-area"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_and_leaves_nothing(collect, file, said):
    answer = sent(collect, "x", file=file or " ")
    assert answer.status_code in (404, 409, 422) and said in message(answer)


def test_a_photograph_of_forty_megabytes_is_refused_before_it_is_read(collect):
    answer = collect.post(f"{AT}/submission", {"xml_submission_file": io.BytesIO(b"<data/>"), "photo.jpg": io.BytesIO(b"\xff\xd8" + b"x" * 40_000_000)})
    assert answer.status_code == 413 and "40 MB" in message(answer) and "2 MB" in message(answer)


def test_hostile_bytes_never_come_through_as_a_form():
    for body in (b"", b"\xff\xfe", b"<a" * 10_000, b"<data id='x'>" * 3000):
        with pytest.raises(Refused):
            filled.read(body)
