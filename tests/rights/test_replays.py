"""Failures of the field, played again as far as they are about rights and passes. F8 is in test_restrictions.py, F10 in test_passes.py."""

import pytest

from sizao.kernel import clock
from sizao.kernel.models import Batch
from sizao.passes import status
from sizao.registers.isolation import ordering
from sizao.registers.isolation import orders as read
from sizao.registers.isolation.models import Evidence, Order
from sizao.registers.laboratory.models import Specimen

pytestmark = pytest.mark.django_db


def positive(rights, n, **told):
    now = clock.now()
    return Specimen.objects.create(person_id=rights.people[n], area=rights.grid, disease="covid-19", sampled_at=now, resulted_at=now, result="positive", known_from=now, stands_from=now, **told)


def on_result(rights, n, specimen):
    return rights.issue(n, rule="case-isolation", kind="centre", evidence=[("positive_result", specimen.pk)])[0]


def test_f5_f11_a_corrected_result_takes_the_ground_from_the_order_and_is_listed(rights):
    """Immensa 2021, Hefei 2022: thousands of wrong results. Who is held on one that was corrected is named to those who can lift it."""
    specimen = positive(rights, 1)
    made = on_result(rights, 1, specimen)
    assert read.groundless(rights.health) == []
    specimen.result = "negative"
    specimen.save()
    assert [pk for pk, _ in read.groundless(rights.health)] == [made.record]
    ordering.lift(rights.health, [made.record], "error")
    assert read.groundless(rights.health) == [] and status.one(rights.desk, rights.people[1]).code == "none"


def test_f11_a_result_in_a_batch_that_is_still_open_or_was_taken_back_carries_no_order(rights):
    """Lanzhou, Longyao 2022, 2021: results were uploaded in the wrong batch, or before the test was done."""
    batch = Batch.objects.create(sender="lab")
    specimen = positive(rights, 2, batch=batch)
    assert on_result(rights, 2, specimen).problems[0].code == "restriction-evidence-unfit"
    batch.closed_at = clock.now()
    batch.save()
    made = on_result(rights, 2, specimen)
    assert made.kind == "new"
    batch.undone_at = clock.now()
    batch.save()
    assert [pk for pk, _ in read.groundless(rights.health)] == [made.record]


def test_f1_nobody_is_held_longer_because_a_release_came_late(rights):
    """PHE 2020: a file that was too long held results back for a week. An order waits for no file: it ends at its end."""
    [made] = rights.issue(3)
    end = Order.objects.get(pk=made.record).ends_at
    assert status.one(rights.desk, rights.people[3], end).code == "none"


def test_f20_an_order_sent_a_hundred_times_is_one_order_with_one_evidence(rights):
    many = ordering.issue_orders(rights.cdc, [rights.order(5)] * 100)
    again = ordering.issue_orders(rights.cdc, [rights.order(5)] * 100)
    assert [o.kind for o in many].count("new") == 1 and {o.kind for o in again} == {"identical"}
    assert (Order.objects.count(), Evidence.objects.count()) == (1, 1)
