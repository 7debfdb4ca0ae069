"""A check is recorded once, however often it is sent; what could not be done is kept with its reason; what was a slip is taken back and not erased."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from sizao.flows.check_recorded import Check, record_checks, take_back
from sizao.flows.contact_named import NamedContact, name
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Act
from sizao.registers.isolation.models import DailyCheck
from sizao.registers.population.actions import PersonData


@pytest.fixture
def contact(system, county):
    data = NamedContact(
        sender="t", source_id="m1", disease="covid-19", person=PersonData(area_id=county.areas["990001101201-1"].pk, name="李芳"), class_code="close", named_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    return name(system, [data])[0].record


def check(contact, key="k1", **told):
    return Check(**{"key": key, "contact": contact, "happened_at": clock.now() - timedelta(minutes=1), "outcome": "ok"} | told)


def kinds():
    return list(Act.objects.filter(kind__in=("isolation.daily_check", "attempt")).values_list("kind", "outcome").order_by("recorded_at"))


def test_a_check_is_recorded_with_its_temperature(county, contact):
    [done] = record_checks(county.user("community", "990001101"), [check(contact, temperature=Decimal("36.6"))])
    assert done.kind == "new"
    assert DailyCheck.objects.get().temperature == Decimal("36.6")
    assert kinds() == [("isolation.daily_check", "ok")]


@pytest.mark.parametrize("outcome", ["ok", "not_found"])
def test_sending_twice_records_once(county, contact, outcome):
    scope = county.user("community", "990001101")
    first, again = (record_checks(scope, [check(contact, outcome=outcome)])[0] for _ in range(2))
    assert (first.kind, again.kind) == ("new", "identical")
    both = record_checks(scope, [check(contact, "k2", outcome=outcome), check(contact, "k2", outcome=outcome)])
    assert len(kinds()) == 2
    assert both[0].kind == "new"


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"happened_at": datetime(2100, 1, 1, tzinfo=UTC)}, "check-in-the-future"),
        ({"temperature": Decimal("3.66")}, "temperature-impossible"),
        ({"outcome": "fine"}, "check-outcome-unknown"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_the_rest_is_kept(county, contact, told, code):
    bad, good = record_checks(county.user("community", "990001101"), [check(contact, **told), check(contact, "k2")])
    assert (bad.kind, bad.problems[0].code, good.kind) == ("rejected", code, "new")


def test_another_village_s_contact_is_nobody(county, contact):
    [done] = record_checks(county.user("community", "990001102"), [check(contact)])
    assert (done.kind, done.problems[0].code) == ("rejected", "not-found-or-out-of-area")


def test_who_may_not_write_is_told_so(county, contact):
    with pytest.raises(Refused) as refused:
        record_checks(county.user("commander"), [check(contact)])
    assert refused.value.code == "not-allowed"


def test_a_slip_is_taken_back_by_the_post_that_made_it_and_by_no_other(county, contact):
    scope = county.user("community", "990001101")
    [done] = record_checks(scope, [check(contact)])
    with pytest.raises(Refused):
        take_back(county.user("cdc", "990001101"), done.record)
    assert take_back(scope, done.record).kind == "updated"
    assert take_back(scope, done.record).kind == "identical"
    assert kinds() == [("isolation.daily_check", "ok"), ("attempt", "void")]
    assert DailyCheck.objects.get().outcome == "void"


def test_two_people_at_one_contact_both_count_and_neither_is_lost(county, contact):
    a, b = county.user("community", "990001101"), county.user("cdc", "990001101")
    assert [record_checks(s, [check(contact, "k1")])[0].kind for s in (a, b)] == ["new", "new"]
    assert len(kinds()) == 2
