"""The ledger of donations from the desk to everybody: page, bulletin, CSV and JSON say the same, and a recall takes all of it back."""

import csv
import io
import json
from decimal import Decimal

import pytest
from django.test import Client

from sizao.kernel import clock
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.ledgers import actions as units
from sizao.registers.ledgers import verbs
from sizao.registers.resources import actions as resources

pytestmark = pytest.mark.django_db


def read(address, language="zh-hans"):
    browser = Client(HTTP_HOST="localhost")
    browser.cookies["sizao-language"] = language
    answer = browser.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


@pytest.fixture
def given(office):
    """Masks from a factory that is glad to be named, passed on; money from somebody who is not, in store."""
    system, now, area = Scope.system("test"), clock.now(), office.county.areas["990001101"]
    [unit] = units.save_units(system, [Command(told={"name": "县红十字会", "kind": "charity", "area": area.pk}, source_id="U-1")], sender="test")
    goods = {"item": "mask_n95", "amount": Decimal(1200), "area": area.pk, "donated": True, "known_at": now, "received_at": now, "matched_at": now, "sent_at": now, "giver_named": "青禾<制衣>厂"}
    resources.save_consignments(system, [Command(told=goods, source_id="G-1")], sender="test")
    [line] = verbs.money_given(system, [Command(told={"unit": unit.record, "happened_at": now, "money_given": Decimal("88.5"), "currency": "CNY"}, source_id="M-1")], sender="test")
    assert line.kind == "new"
    return office


def test_nothing_is_out_before_the_second_person(given):
    first, second = given.client(given.first), given.client(given.second)
    assert "还没有公示" in read("/public/donations") and json.loads(read("/public/data/donations.json"))["donations"] == []
    draft = first.post("/publish/prepare?area=990001", {"type": "donations"}).headers["Location"]
    assert "1,200" in first.get(draft).content.decode() and "还没有公示" in read("/public/donations")
    assert first.post(draft + "/sign").status_code == 403
    assert second.post(draft + "/sign").status_code == 302
    assert "1,200" in read("/public/donations")


def test_page_bulletin_csv_and_json_say_the_same_and_a_recall_takes_it_back(given):
    first, second = given.client(given.first), given.client(given.second)
    draft = first.post("/publish/prepare?area=990001", {"type": "donations"}).headers["Location"]
    second.post(draft + "/sign")
    code = draft.rsplit("/", 1)[1]
    for address in ("/public/donations", "/public/donations?area=990001", f"/public/bulletins/{code}"):
        page = read(address)
        assert "青禾&lt;制衣&gt;厂" in page and "匿名" in page and "88.5" in page and "医用防护口罩" in page, address
    assert "anonymous" in read("/public/donations", "en") and "In store" in read("/public/donations", "en")
    for told in (read("/public/data/donations.csv"), read(f"/public/bulletins/{code}.csv")):
        rows = {(r["part"], r["what"], r["who"]): r["amount"] for r in csv.DictReader(io.StringIO(told.lstrip("\ufeff")))}
        assert rows[("received", "mask_n95", "")] == rows[("passed_on", "mask_n95", "")] == "1200" and rows[("in_store", "CNY", "")] == "88.5" and rows[("giver", "CNY", "")] == "88.5"
    told = json.loads(read(f"/public/bulletins/{code}.json"))
    assert told["sums"][1]["in_store"] == "0" and told["givers"][1]["giver"] == "青禾<制衣>厂"
    assert "捐赠公示" in read("/public/feed.atom") and "捐赠公示" in read("/public/bulletins")
    second.post(draft + "/recall", {"notice": "重复登记"})
    for address in ("/public/donations", f"/public/bulletins/{code}"):
        assert "重复登记" in read(address) and "1,200" not in read(address)
    assert json.loads(read("/public/data/donations.json"))["donations"] == [] and "sums" not in json.loads(read(f"/public/bulletins/{code}.json"))


def test_what_does_not_add_up_is_said_at_the_desk(given):
    system, now = Scope.system("test"), clock.now()
    unit = units.save_units(system, [Command(told={"name": "县慈善会", "kind": "charity", "area": given.county.areas["990001101"].pk}, source_id="U-2")], sender="test")[0].record
    verbs.money_used(system, [Command(told={"unit": unit, "happened_at": now, "money_used": Decimal(9), "currency": "USD", "funding_use": "goods"}, source_id="M-2")], sender="test")
    answer = given.client(given.first).post("/publish/prepare?area=990001", {"type": "donations"})
    assert answer.status_code == 422 and "USD" in answer.content.decode()
