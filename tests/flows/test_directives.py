"""A directive on its way down and back: acknowledged, broken down with times not later than the whole, answered when its parts are, verified by who gave it, and risen while it is overdue."""

from datetime import timedelta

import pytest

from sizao.flows import directive
from sizao.flows.directive import Target, levels_up
from sizao.kernel import clock
from sizao.kernel.acts import Act
from sizao.kernel.errors import Refused
from sizao.registers.command.models import Ticket

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def given(county):
    county.chief, county.town, county.village = county.user("commander"), county.user("secretary", "990001101"), county.user("community", "990001101201")
    county.due = clock.now() + 3 * DAY
    [county.directive] = directive.give(county.chief, "三日内逐户排查", [Target(county.areas["990001101"])], county.due)
    return county


def refused(code, *words, **more):
    with pytest.raises(Refused) as found:
        words[0](*words[1:], **more)
    assert found.value.code == code


def test_a_directive_goes_down_and_comes_back(given):
    parts = directive.break_down(given.town, given.directive, "", [Target(given.areas["990001101201"]), Target(given.areas["990001101202"])], given.due - DAY)
    whole = Ticket.objects.get(pk=given.directive)
    assert whole.acknowledged_at and whole.assigned_at and {p.what for p in Ticket.objects.filter(pk__in=parts)} == {"三日内逐户排查"}

    refused("directive-parts-open", directive.step, given.town, given.directive, "answer", "都做了")
    directive.step(given.village, parts[0], "acknowledge")
    directive.step(given.village, parts[0], "answer", "全部走到")
    directive.step(given.user("community", "990001101202"), parts[1], "answer", "走到 38 户，2 户约好明日")
    directive.step(given.town, given.directive, "answer", "两村完成")
    directive.step(given.town, parts[0], "verify")
    refused("not-the-one-who-raised-it", directive.step, given.town, given.directive, "verify")
    directive.step(given.chief, given.directive, "verify")
    kinds = set(Act.objects.filter(subject=given.directive).values_list("kind", flat=True))
    assert kinds == {"ticket.raised", "ticket.acknowledged", "ticket.assigned", "ticket.answered", "ticket.verified"}


def test_a_part_is_not_due_later_than_the_whole_and_lies_below_who_hands_it_on(given):
    refused("directive-due-wrong", directive.break_down, given.town, given.directive, "", [Target(given.areas["990001101201"])], given.due + DAY)
    refused("not-found-or-out-of-area", directive.break_down, given.town, given.directive, "", [Target(given.areas["990001102201"])], given.due)
    refused("directive-without-target", directive.break_down, given.town, given.directive, "", [], given.due)
    assert Ticket.objects.count() == 1 and Ticket.objects.get().assigned_at is None


def test_who_gave_it_does_not_answer_it_and_who_did_it_does_not_close_it(given):
    refused("ticket-own-answer", directive.step, given.chief, given.directive, "answer", "完成")
    refused("ticket-without-answer", directive.step, given.town, given.directive, "answer", " ")
    refused("ticket-step-wrong", directive.step, given.chief, given.directive, "verify")
    directive.step(given.town, given.directive, "answer", "完成")
    refused("not-the-one-who-raised-it", directive.step, given.town, given.directive, "verify")
    directive.step(given.chief, given.directive, "return", "和平村没有走")
    row = Ticket.objects.get()
    assert row.answered_at is None and row.reopened_at and row.what.endswith("和平村没有走")
    directive.step(given.town, given.directive, "answer", "补走了")
    directive.step(given.chief, given.directive, "verify")
    refused("ticket-step-wrong", directive.step, given.town, given.directive, "answer", "再来")


def test_what_is_overdue_rises_a_level_and_one_more_each_day(given):
    due = given.due
    assert [levels_up(due, due + at) for at in (timedelta(), timedelta(minutes=1), timedelta(hours=23), timedelta(hours=24), 3 * DAY)] == [0, 1, 1, 2, 4]
    assert levels_up(None, due) == 0
