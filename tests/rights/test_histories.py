"""Random histories of one person: taken in, moved, gone, back, let go, another order. Whatever people press, in whatever order, at whatever hour."""

import itertools
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.registers.isolation import absent, orders, rules, staying
from sizao.registers.isolation.models import Absence, Order, Stay

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
STEPS = st.lists(
    st.tuples(st.sampled_from(["take_in", "move", "gone", "back", "elsewhere", "let_go", "as_case"]), st.integers(0, 60), st.sampled_from(["home", "centre"]), st.integers(0, 30)), min_size=3, max_size=9,
)  # fmt: skip
SHAPE = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


class Undo(Exception):
    """Every history begins anew."""


def held(order):
    return Stay.objects.filter(order=order, ended_at=None).first()


def press(rights, made, step, kind, told_at):
    """One press of a button; what is refused changes nothing."""
    stay = held(made[-1])
    if step == "take_in":
        staying.take_in(rights.cdc, made[-1], kind=kind, at=told_at)
    elif step == "move" and stay:
        staying.move(rights.cdc, stay.pk, kind=kind, at=told_at)
    elif step == "gone":
        absent.record_absence(rights.cdc, made[-1], found_by="visit", at=told_at)
    elif step in ("back", "elsewhere") and (gone := Absence.objects.filter(order=made[-1], closed_at=None).first()):
        absent.settle(rights.cdc, gone.pk, outcome=step, at=told_at)
    elif step == "let_go" and stay:
        staying.let_go(rights.cdc, stay.pk, at=told_at)
    elif step == "as_case" and len(made) == 1:
        [new] = rights.issue(1, key="as-case", rule="case-isolation", kind=kind, evidence=[("confirmed_case", rights.own_case)], instead_of=made[0])
        made.append(new.record)


def looked_at(rights, made):
    now, zone = clock.now(), rights.grid.zone
    stays = list(Stay.objects.filter(person=rights.people[1], order__isnull=False).order_by("started_at", "id"))
    assert sum(s.ended_at is None for s in stays) <= 1
    for a, b in itertools.pairwise(stays):
        assert a.ended_at is not None and a.ended_at <= b.started_at  # one place at a time
        assert a.left_at is None or a.left_at == a.ended_at
    spans = [(s.started_at, s.ended_at) for s in stays]
    if stays:
        counted = rules.days_held(spans, now, zone)
        assert 1 <= counted <= rules.day_number(stays[0].started_at, now, zone)  # none doubled
        if all(a.ended_at == b.started_at for a, b in itertools.pairwise(stays)) and stays[-1].ended_at is None:
            assert counted == rules.day_number(stays[0].started_at, now, zone)  # none lost by moves
    for pk in made:
        order = Order.objects.select_related("issue").get(pk=pk)
        told, rule = orders.told(order, now), orders.rule_of(order).body
        assert rules.over_at(told) <= order.ends_at <= order.starts_at + rules.length(rule["longest"])
        assert rules.standing(told, order.starts_at + rules.length(rule["longest"])) in ("expired", "lifted", "refused")


@SHAPE
@given(steps=STEPS)
def test_no_history_has_two_open_stays_a_day_lost_or_doubled_or_an_order_beyond_its_rule(rights, steps):
    with pytest.raises(Undo), transaction.atomic():
        play(rights, steps)


def play(rights, steps):
    from sizao.registers.cases import actions as cases

    [first] = rights.issue(1)
    made, at = [first.record], clock.now()
    told = {"area_id": rights.grid.pk, "disease": "covid-19", "classification": "confirmed", "confirmed_at": at - HOUR}
    [rights.own_case] = cases.add_cases(rights.system, [cases.New(rights.people[1], "test", "N-1", at, told)])
    for step, hours, kind, back in steps:
        at += hours * HOUR
        with clock.frozen(at):
            with suppress(Refused), transaction.atomic():
                press(rights, made, step, kind, at - back * HOUR if back > 20 else None)
            looked_at(rights, made)
    raise Undo
