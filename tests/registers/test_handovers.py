"""Leads and hand-overs: a lead has a purpose, a source and an end; wrong, it names nobody; what is overdue goes up; a recall counts while nobody has answered."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from sizao.flows import handover_answered, handovers_overdue
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.registers.isolation.models import Order
from sizao.registers.movement import actions, read
from sizao.registers.movement.actions import NewHandover
from sizao.registers.movement.models import Handover
from sizao.registers.population import actions as population
from sizao.registers.surveillance.models import Signal

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(county, system):
    """`sent(kind, hours ago)` → a hand-over from the first township to a village of the second, and its row; `.here` and `.there` are the posts of both."""
    here, there = county.areas["990001101"], county.areas["990001102201"]
    [person] = population.add_persons(system, [population.PersonData(here.pk, "甲")], known=[clock.now()], sender="t")

    def make(kind="area", ago=0, **more):
        at = clock.now() - timedelta(hours=ago)
        [pk] = actions.send(system, [NewHandover(f"{kind}-{ago}", there.pk, "covid-19", at, person=person, from_area_id=here.pk, kind=kind, **more)], sender="省平台").values()
        return Handover.objects.get(pk=pk)

    make.here, make.there, make.person = county.user("cdc", "990001101"), county.user("cdc", "990001102"), person
    return make


def test_a_lead_has_a_purpose_a_source_a_clock_and_an_end_and_never_restricts(sent):
    lead = sent("lead")
    assert (lead.purpose, lead.source, lead.answer_by - lead.sent_at, lead.expires_at - lead.sent_at) == ("verification", "省平台", timedelta(hours=24), timedelta(days=21))
    assert not Order.objects.exists()
    for wrong in ({"expires_at": None}, {"purpose": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Handover.objects.filter(pk=lead.pk).update(**wrong)


def test_a_lead_that_is_wrong_is_answered_so_leaves_the_lists_and_names_nobody(sent):
    lead = sent("lead")
    with pytest.raises(Refused, match="value-missing"):
        actions.wrong_lead(sent.there, lead.pk, " ")
    assert actions.wrong_lead(sent.there, lead.pk, "本人说从未到过")
    lead.refresh_from_db()
    assert (lead.answer, lead.person, lead.reason) == ("wrong", None, "本人说从未到过") and lead not in read.incoming(sent.there)


def test_each_look_at_a_lead_is_counted(sent):
    lead = sent("lead")
    assert [actions.look(sent.there, lead), actions.look(sent.there, lead)] == [1, 2]


def test_a_lead_names_nobody_from_its_end_on(sent):
    lead = sent("lead")
    assert actions.forget_old(lead.expires_at - timedelta(seconds=1)) == 0 and actions.forget_old(lead.expires_at) == 1
    lead.refresh_from_db()
    assert lead.person_id is None
    with pytest.raises(Refused, match="handover-over"):
        handover_answered.answer(sent.there, lead.pk, "accepted", clock.now())


def test_the_sender_recalls_while_nobody_has_answered_and_nobody_else_does(sent):
    first, second = sent(ago=1), sent(ago=2)
    with pytest.raises(Refused, match="not-found-or-out-of-area"):
        actions.recall(sent.there, first.pk, "x")
    assert actions.recall(sent.here, first.pk, "弄错了") and not actions.recall(sent.here, first.pk, "弄错了")
    with pytest.raises(Refused, match="handover-recalled"):
        handover_answered.answer(sent.there, first.pk, "accepted", clock.now())
    handover_answered.answer(sent.there, second.pk, "not_here", clock.now(), reason="查无此人", by="乙镇疾控")
    with pytest.raises(Refused, match="handover-answered"):
        actions.recall(sent.here, second.pk, "晚了")
    second.refresh_from_db()
    assert (second.answered_by, second.reason) == ("乙镇疾控", "查无此人") and {h.pk for h in read.outgoing(sent.here)} == {first.pk, second.pk}


def test_what_is_overdue_goes_up_once(sent):
    late, _ = sent(ago=25), sent(ago=23)
    assert [handovers_overdue.tell() for _ in range(2)] == [1, 0]
    signal = Signal.objects.get(kind="handover")
    assert signal.area.code == "990001102" and str(late.pk) in signal.source_id
