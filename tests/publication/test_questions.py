"""What the public asks: a receipt, an owner with a clock, a verified answer that another lets out; and nobody kept as the author of a rumour."""

from datetime import timedelta

import pytest

from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.registers.command.models import Ticket
from sizao.situation.models import Question
from sizao.situation.publication import questions

pytestmark = pytest.mark.django_db
HEARD = "听说自来水停了，是王大爷在群里说的"


@pytest.fixture
def owner(county):
    return county.user("publisher")


def asked(county, kind="rumour_topic", **told):
    code = questions.ask(kind, "supplies", county.areas["990001101"], HEARD, **told)
    return code, Question.objects.latest("asked_at")


def test_a_rumour_goes_from_its_receipt_to_a_published_answer_and_its_words_go(county, owner):
    code, row = asked(county)
    ticket = Ticket.objects.get(pk=row.ticket)
    assert (ticket.kind, ticket.topic, ticket.what, ticket.raised_by_id) == ("rumour_topic", "supplies", "", None)
    assert row.due_at - row.asked_at == timedelta(hours=24) and list(questions.open_ones(owner, county.root)) == [row]
    assert questions.by_receipt(code.lower()) == row and questions.out() == []
    questions.answer(owner, row.pk, "自来水是否停供？", "没有停供，水厂正常运行。", "县水务局 11 月 23 日核实")
    with pytest.raises(Refused, match="publication-own"):
        questions.publish(owner, row.pk)
    questions.publish(county.user("publisher"), row.pk)
    [told] = questions.out()
    assert told.answer == "没有停供，水厂正常运行。" and told.asked == ""
    assert not [v for v in Question.objects.filter(pk=row.pk).values()[0].values() if isinstance(v, str) and "王大爷" in v]
    ticket.refresh_from_db()
    assert ticket.answered_at and ticket.verified_at and ticket.published_at
    questions.recall(owner, row.pk, "情况有变")
    assert questions.out()[0].notice == "情况有变"


def test_an_answer_without_a_source_or_with_a_name_is_not_taken(county, owner):
    from sizao.kernel.scope import Scope
    from sizao.registers.population import actions as population

    population.add_persons(Scope.system("test"), [population.PersonData(area_id=county.areas["990001101201-1"].pk, name="张小明", sex="male")], known=[clock.now()], sender="test")
    _, row = asked(county)
    with pytest.raises(Refused, match="question-no-source"):
        questions.answer(owner, row.pk, "问", "答", " ")
    with pytest.raises(Refused, match="story-names-somebody"):
        questions.answer(owner, row.pk, "问", "是张小明说的", "县水务局")
    questions.answer(owner, row.pk, "问", "请致电 010-12345678，3号楼办理。", "县水务局")  # an office may be named with its telephone and door


def test_a_form_sent_twice_is_one_question(county):
    first, _ = asked(county, token="t" * 20)
    second, _ = asked(county, token="t" * 20)
    assert first == second and Question.objects.count() == 1 and Ticket.objects.count() == 1


def test_help_is_asked_with_a_way_to_be_reached_that_only_the_owner_opens_and_that_goes_when_it_is_met(county, owner):
    with pytest.raises(Refused, match="question-empty"):
        questions.ask("hardship", "supplies", county.areas["990001101"], "家里没有米了", need="food")
    code, row = asked(county, "hardship", need="food", contact="13900000001 前进村12号")
    assert Ticket.objects.get(pk=row.ticket).kind == "household_order" and b"1390" not in bytes(row.contact)
    assert questions.contact_of(owner, row) == "13900000001 前进村12号"
    with pytest.raises(Refused, match="not-allowed"):
        questions.contact_of(county.user("grid_worker"), row)
    questions.answer(owner, row.pk, "", "今天下午送到。", "")
    done = questions.by_receipt(code)
    assert done.answer == "今天下午送到。" and done.contact is None and done.asked == ""
    with pytest.raises(Refused, match="publication-over"):
        questions.publish(county.user("publisher"), row.pk)


def test_who_is_of_another_area_sees_none_of_it(county):
    _, row = asked(county)
    with pytest.raises(Refused, match="not-found-or-out-of-area"):
        questions.access_question_by_id(county.user("publisher", "990001102"), row.pk)
