"""A signed grade by the calendar: looked at again in time, overdue, over; a part graded alone and given back; rules of an area below."""

from datetime import UTC, datetime, timedelta

import pytest

from sizao.flows import area_regraded
from sizao.flows import grade_by_criteria as criteria
from sizao.flows.area_regraded import Decision
from sizao.flows.case_report_received import CaseReport, receive
from sizao.kernel import clock, content
from sizao.kernel.errors import Refused
from sizao.registers.command.models import AreaGrade, AreaReview
from sizao.registers.population.actions import PersonData
from sizao.situation import grades as situation

pytestmark = pytest.mark.django_db
AT = datetime(2020, 3, 2, 4, tzinfo=UTC)  # noon of a Monday there
DAY = AT.date()


def signed(scope, area, value, said, *, seen="", reason="", review=3, ends=10, at=AT):
    with clock.frozen(at):
        today = clock.local_day(at, area.zone)
        return area_regraded.sign(scope, Decision(area, value, said, "b", "r@1", reason, today + timedelta(days=review), today + timedelta(days=ends), seen))


def board(county, at):
    return situation.board(county.user("commander"), county.root, at)


def report(system, county, number, village, at):
    person = PersonData(area_id=county.areas[village].pk, name=f"某{number}")
    receive(system, [CaseReport(sender="t", source_id=str(number), disease="covid-19", person=person, class_code="confirmed", reported_at=at)])


def test_a_grade_is_to_be_looked_at_again_and_ends_by_itself(county, system):
    assert [g.area.code for g in board(county, AT).ungraded] == ["990001"]
    signed(county.user("commander"), county.root, "low", "low")
    [g] = board(county, AT + timedelta(days=1)).areas
    assert not g.overdue and not g.proposes and clock.local_day(g.review_due - timedelta(seconds=1), "Asia/Shanghai") == DAY + timedelta(days=3)
    assert [g.area.code for g in board(county, AT + timedelta(days=4)).overdue] == ["990001"]
    last = clock.start_of_day(DAY + timedelta(days=11), "Asia/Shanghai")
    assert board(county, last - timedelta(seconds=1)).ungraded == [] and len(board(county, last).ungraded) == 1


def test_looking_again_starts_the_clock_of_the_rules_anew(county, system):
    chief = county.user("commander")
    line = signed(chief, county.root, "low", "low")
    with clock.frozen(AT + timedelta(days=4)):
        area_regraded.keep(chief, county.root, str(line), "nothing new")
    [g] = board(county, AT + timedelta(days=5)).areas
    assert not g.overdue and g.review_due == AT + timedelta(days=4 + 7)  # the national text's week


def test_a_part_graded_alone_keeps_its_cases_and_given_back_they_count_for_the_whole_again(county, system):
    chief, village = county.user("commander"), county.areas["990001101201"]
    line = signed(chief, county.root, "low", "low")
    report(system, county, 1, "990001101201-1", AT)
    found = board(county, AT + timedelta(hours=1))
    assert [(g.area.code, g.direction, g.smallest.area.code) for g in found.proposals] == [("990001", "raise", "990001101201")]
    part = signed(chief, village, "medium", "medium", at=AT + timedelta(hours=1))
    found = board(county, AT + timedelta(hours=2))
    assert found.proposals == [] and found.areas[0].apart == (village.pk,) and found.areas[0].judged.grade == "low"
    with clock.frozen(AT + timedelta(hours=3)), pytest.raises(Refused, match="grade-without-reason"):
        area_regraded.end(chief, village, str(part), " ")
    with clock.frozen(AT + timedelta(hours=3)):
        area_regraded.end(chief, village, str(part), "the household was moved to the centre")
    assert [g.area.code for g in board(county, AT + timedelta(hours=4)).proposals] == ["990001"]
    assert list(AreaReview.objects.values_list("outcome", flat=True)) == ["ended"]
    assert AreaGrade.objects.get(pk=line).ends_at > AT + timedelta(days=9)


def test_the_grade_of_another_signature_ends_where_the_new_one_begins_though_it_was_signed_for_longer(county, system):
    chief = county.user("commander")
    line = signed(chief, county.root, "low", "low")
    later = AT + timedelta(days=2)
    signed(chief, county.root, "high", "low", seen=str(line), reason="three pneumonias in one ward", at=later)
    assert AreaGrade.objects.get(pk=line).ends_at == later
    assert [(g.standing.value, g.direction) for g in board(county, later).areas] == [("high", "lower")]


def test_rules_of_an_area_below_take_the_place_of_those_above_there(county, system):
    content.load(system, kinds=("grading",))
    town = county.areas["990001101"]
    one, two = county.user("operator"), county.user("operator")
    text = content.newest("grading", "risk-looser-example").text.replace("levels: [county]", "levels: [township]").replace("smallest: [township]\n", "")
    from sizao.kernel.models import ContentItem

    item = ContentItem.objects.create(kind="grading", item_id="of-towns", sha256="2" * 64, text=text, body={}, source="of-towns.yaml")
    with clock.frozen(AT - timedelta(days=1)):
        content.second(two, content.propose(one, item, town, "covid-19", AT - timedelta(days=1)))
    found = {g.area.code: g.rules.id for g in criteria.judged(system, AT)}
    assert found == {"990001": "risk-national-2020-02-17", "990001101": "of-towns"}


def test_the_course_by_day_gives_each_part_its_own_grade_or_that_of_the_area_above(county, system):
    chief, town = county.user("commander"), county.areas["990001102"]
    signed(chief, county.root, "low", "low", at=AT - timedelta(days=4))
    signed(chief, town, "medium", "low", reason="t", at=AT - timedelta(days=1))
    report(system, county, 1, "990001101201-1", AT - timedelta(days=2))
    made = situation.course(chief, county.root, DAY, 6, AT)
    by = {line.area.code: line for line in made.lines}
    assert by["990001101"].force == ["", "low", "low", "low", "low", "low"] and by["990001102"].force == ["", "low", "low", "low", "medium", "medium"]
    assert by["990001102"].apart == [False] * 4 + [True] * 2
    assert by["990001101"].rules == ["low"] * 3 + ["medium"] * 3 and by["990001102"].rules == ["low"] * 6


def test_without_a_word_of_a_case_for_longer_than_the_rules_allow_the_data_are_stale(county, system):
    report(system, county, 1, "990001101201-1", AT)
    assert board(county, AT + timedelta(days=1)).stale == []
    assert [g.area.code for g in board(county, AT + timedelta(days=3)).stale] == ["990001"]
