"""The ledger of donations: received = passed on + in store, counted and never typed; a giver is named who agreed to it; two people let it out."""

from datetime import timedelta
from decimal import Decimal

import pytest

from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Act
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.ledgers import actions as units
from sizao.registers.ledgers import verbs
from sizao.registers.ledgers.models import ReportingUnit
from sizao.registers.resources import actions as resources
from sizao.registers.resources.models import Consignment
from sizao.situation.publication import store

pytestmark = pytest.mark.django_db


@pytest.fixture
def charity(office):
    """A Red Cross and a hospital in township 1; an hour ago as the time of everything that is told."""
    area = office.county.areas["990001101"]
    told = [Command(told={"name": "县红十字会", "kind": "charity", "area": area.pk}, source_id="U-1"), Command(told={"name": "县医院", "kind": "clinic", "area": area.pk}, source_id="U-2")]
    body, hospital = (ReportingUnit.objects.get(pk=o.record) for o in units.save_units(Scope.system("test"), told, sender="test"))
    office.body, office.hospital, office.then, office.area = body, hospital, clock.now() - timedelta(hours=1), area
    return office


def goods(office, number, amount, *, giver=None, sent=False, unit=None):
    """A donated consignment that was received, perhaps also sent on."""
    told = {"item": "mask_n95", "amount": Decimal(amount), "area": office.area.pk, "unit": unit, "donated": True, "known_at": office.then, "received_at": office.then, "giver_named": giver}
    told |= {"matched_at": office.then, "sent_at": office.then} if sent else {}
    [outcome] = resources.save_consignments(Scope.system("test"), [Command(told={k: v for k, v in told.items() if v is not None}, source_id=number)], sender="test")
    assert outcome.kind in ("new", "updated"), outcome
    return outcome.record


def money(office, ledger, number, **told):
    """A line of a ledger of the Red Cross."""
    [outcome] = getattr(verbs, ledger)(Scope.system("test"), [Command(told={"unit": office.body.pk, "happened_at": office.then, **told}, source_id=number)], sender="test")
    assert outcome.kind == "new", outcome


def sums(row):
    return {s["code"]: (s["received"], s["passed_on"], s["in_store"]) for s in row.body["gifts"]["sums"]}


def givers(row):
    return {(g["giver"], g["code"]): (g["gifts"], g["amount"]) for g in row.body["gifts"]["givers"]}


def test_what_came_is_what_was_passed_on_and_what_is_in_store(charity):
    goods(charity, "G-1", 100, sent=True, unit=charity.hospital.pk)
    goods(charity, "G-2", 40)
    money(charity, "money_given", "M-1", money_given=Decimal("500.50"), currency="CNY")
    money(charity, "money_given", "M-2", money_given=Decimal(20), currency="USD")
    money(charity, "money_used", "M-3", money_used=Decimal("200"), currency="CNY", funding_use="goods", given_to=charity.hospital.pk)
    row = store.prepare(charity.first, "donations", charity.county.root, "")
    assert sums(row) == {"mask_n95": ("140", "100", "40"), "CNY": ("500.5", "200", "300.5"), "USD": ("20", "0", "20")}
    assert [(t["to"]["zh"], t["code"], t["use"], t["amount"]) for t in row.body["gifts"]["to"]] == [("县医院", "CNY", "goods", "200"), ("县医院", "mask_n95", "", "100")]


def test_a_giver_is_named_who_agreed_and_everybody_else_is_one_anonymous_line(charity):
    goods(charity, "G-1", 100, giver="青禾制衣厂")
    goods(charity, "G-2", 40)
    goods(charity, "G-3", 2, giver="  ")
    money(charity, "money_given", "M-1", money_given=Decimal(500), currency="CNY", giver_named="青禾制衣厂")
    money(charity, "money_given", "M-2", money_given=Decimal(7), currency="CNY")
    row = store.prepare(charity.first, "donations", charity.county.root, "")
    assert givers(row) == {("青禾制衣厂", "mask_n95"): (1, "100"), ("", "mask_n95"): (2, "42"), ("青禾制衣厂", "CNY"): (1, "500"), ("", "CNY"): (1, "7")}


def test_a_number_in_the_place_of_a_name_stays_inside(charity):
    goods(charity, "G-1", 100, giver="热心人 13900000001")
    with pytest.raises(Refused, match="story-names-somebody") as refused:
        store.prepare(charity.first, "donations", charity.county.root, "")
    assert "13900000001" not in refused.value.text("zh")


def test_more_money_used_than_came_is_no_ledger(charity):
    money(charity, "money_given", "M-1", money_given=Decimal(500), currency="USD")
    money(charity, "money_used", "M-2", money_used=Decimal(1), currency="CNY", funding_use="relief")
    with pytest.raises(Refused, match="donations-do-not-add-up"):
        store.prepare(charity.first, "donations", charity.county.root, "")


def test_goods_without_an_amount_are_said_to_be_without_one(charity):
    pk = goods(charity, "G-1", 100)
    Consignment.objects.filter(pk=pk).update(amount=None)
    [line] = store.prepare(charity.first, "donations", charity.county.root, "").body["gifts"]["sums"]
    assert (line["gifts"], line["unmeasured"], line["received"]) == (1, 1, "0")


def test_what_was_promised_and_has_not_come_is_not_counted(charity):
    resources.save_consignments(Scope.system("test"), [Command(told={"item": "gown", "amount": Decimal(9), "area": charity.area.pk, "donated": True, "known_at": charity.then}, source_id="G-9")], sender="test")
    assert store.prepare(charity.first, "donations", charity.county.root, "").body["gifts"]["sums"] == []


def test_letting_it_out_takes_another_person_and_closes_the_duty_to_publish(charity):
    pk = goods(charity, "G-1", 100)
    row = store.prepare(charity.first, "donations", charity.county.root, "")
    assert store.gifts_out() == []
    with pytest.raises(Refused, match="publication-own"):
        store.sign(charity.first, row.code)
    store.sign(charity.second, row.code)
    assert [r.code for r in store.gifts_out()] == [row.code]
    assert Consignment.objects.get(pk=pk).published_at is not None and Act.objects.filter(kind="consignment.published", subject=pk).count() == 1


def test_a_draft_is_stale_when_a_giver_takes_his_word_back(charity):
    pk = goods(charity, "G-1", 100, giver="青禾制衣厂")
    row = store.prepare(charity.first, "donations", charity.county.root, "")
    resources.save_consignments(Scope.system("test"), [Command(record=pk, told={}, cleared=frozenset({"giver_named"}))], sender="test")
    with pytest.raises(Refused, match="publication-stale"):
        store.sign(charity.second, row.code)
    assert givers(store.prepare(charity.first, "donations", charity.county.root, "")) == {("", "mask_n95"): (1, "100")}


def test_what_comes_while_a_draft_waits_is_in_the_next_one(charity):
    goods(charity, "G-1", 100)
    row = store.prepare(charity.first, "donations", charity.county.root, "")
    charity.then = clock.now()
    goods(charity, "G-2", 5)
    store.sign(charity.second, row.code)
    assert sums(store.gifts_out()[0]) == {"mask_n95": ("100", "0", "100")}
    assert sums(store.prepare(charity.first, "donations", charity.county.root, ""))["mask_n95"][0] == "105"
