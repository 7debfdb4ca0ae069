"""Two records of one person, each with an order, a stay and a pass, each in a bed: what is one, what has to be decided first, and two again as before."""

from datetime import timedelta

import pytest
from registers.test_merging import everything

from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Command
from sizao.passes import issuing, status
from sizao.registers.care import admitting
from sizao.registers.care.models import Admission, Hospital
from sizao.registers.isolation import orders, staying
from sizao.registers.isolation.models import Order, Stay
from sizao.registers.ledgers import actions as ledgers
from sizao.registers.population import merging

pytestmark = pytest.mark.django_db


@pytest.fixture
def twice(rights):
    """People 1 and 2: each under an order, at home under it, with a code and a pass, and in a bed of one of two hospitals."""
    since = clock.now() - timedelta(hours=2)
    units = ledgers.add_units(rights.system, [ledgers.NewUnit(name, rights.grid.pk, name, since, "clinic") for name in ("一院", "二院")], sender="t")
    rights.codes, rights.beds, rights.stays = {}, {}, {}
    for n, unit in zip((1, 2), units.values(), strict=True):
        Hospital.objects.create(unit_id=unit, area=rights.grid, designated=True, treating=True, told_at=since, sender="t", known_from=since, stands_from=since)
        ledgers.save(rights.system, "beds", [Command(told={"unit": unit, "bed_class": "isolation", "open_staffed": 3, "beds_occupied": 0}, source_id=str(n))], sender="t")
        [made] = rights.issue(n)
        rights.stays[n] = staying.take_in(rights.cdc, made.record)
        rights.codes[n] = issuing.open_holder(rights.desk, rights.people[n])
        rights.beds[n] = admitting.admit(rights.cdc, rights.people[n], unit, disease="covid-19", bed_class="isolation")
    return rights


def test_who_lies_in_two_beds_is_not_one_until_somebody_says_in_which(twice):
    kept, merged = twice.people[1], twice.people[2]
    before = everything([kept, merged])
    with pytest.raises(Refused) as refused:
        merging.merge(twice.desk, kept, merged, reason="同一身份证")
    assert refused.value.code == "merge-contradicts" and "care_admission" not in refused.value.text("zh") + refused.value.text("en")
    assert "住院" in refused.value.text("zh")
    assert everything([kept, merged]) == before


def test_two_orders_two_stays_and_two_codes_are_one_person_s_and_go_back_as_they_were(twice):
    kept, merged = twice.people[1], twice.people[2]
    admitting.leave(twice.cdc, twice.beds[2].pk, how="own_wish")
    before = everything([kept, merged])
    done = merging.merge(twice.desk, kept, merged, reason="同一身份证")
    assert set(Order.objects.filter(person=kept).values_list("pk", flat=True)) == {o.pk for o in orders.orders_of(twice.desk, [kept])[kept]} and not Order.objects.filter(person=merged).exists()
    assert Stay.objects.filter(person=kept, ended_at=None).count() == 2 and Admission.objects.filter(person=kept, left_at=None).count() == 1
    now = status.one(twice.desk, kept)
    assert now.code == "order" and len(now.orders) == 2 and now.until == max(s.order.ends_at for s in now.orders)
    assert {issuing.person_of(code) for code in twice.codes.values()} == {kept}  # whoever had a paper with a code still opens his page
    staying.let_go(twice.cdc, twice.stays[2])  # one of the two ends as any other
    merging.undo(twice.desk, done.pk, reason="不是同一人")
    after = everything([kept, merged])
    assert {t: rows for t, rows in after.items() if t != "acts"} == {t: rows for t, rows in before.items() if t != "acts"}
    assert [issuing.person_of(twice.codes[n]) for n in (1, 2)] == [kept, merged]
    assert {a[2] for a in set(after["acts"]) - set(before["acts"])} == {str(merged)}  # what was written of his stay meanwhile went with it
    assert status.one(twice.desk, merged).code == "order"
