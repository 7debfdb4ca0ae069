"""What an edition in force and the cases make of areas by themselves: responsibilities laid out, grades by the written criteria."""

from datetime import UTC, datetime, timedelta

import pytest

from sizao.flows.case_report_received import CaseReport, receive
from sizao.flows.grade_by_criteria import grade
from sizao.flows.plan_in_force import lay_out
from sizao.kernel import clock, content
from sizao.kernel.models import Enactment, User
from sizao.kernel.outcome import Command
from sizao.registers.command import actions, laying
from sizao.registers.command.models import AreaGrade, Duty
from sizao.registers.population.actions import PersonData

pytestmark = pytest.mark.django_db
AT = datetime(2020, 6, 18, 4, tzinfo=UTC)


@pytest.fixture
def enacted(county, system):
    content.load(system, kinds=("plan",))
    one, two = (User.objects.create_user(name) for name in ("one", "two"))
    item = content.newest("plan", "contact-tracing-basic")
    return Enactment.objects.create(item=item, area=county.root, disease="covid-19", starts_at=AT, proposed_by=one, seconded_by=two, decided_at=AT)


def test_each_measure_in_force_is_somebody_s_and_asking_again_changes_nothing(county, system, enacted):
    cdc = county.user("cdc").post
    added, _ = lay_out(system, AT + timedelta(minutes=1))
    lines = {d.measure: d for d in Duty.objects.all()}
    assert added == len(lines) >= 10 and {d.area_id for d in lines.values()} == {county.root.pk}
    assert lines["result-in-time"].accountable_id == cdc.pk
    assert any(d.accountable_id is None for d in lines.values())  # no post of that role: nobody's, and listed so
    assert lay_out(system, AT + timedelta(hours=1)) == (0, 0)


def test_a_post_that_comes_later_answers_from_then_on_but_what_was_accepted_stays_with_whom_it_was(county, system, enacted):
    lay_out(system, AT)
    line = Duty.objects.get(measure="result-in-time")
    assert line.accountable_id is None
    first = county.user("cdc")
    lay_out(system, AT)
    assert Duty.objects.get(pk=line.pk).accountable_id == first.post_id
    commander = county.user("commander")
    [done] = actions.save_duties(commander, [Command(told={"accepted_at": clock.now()}, record=line.pk)], sender="t")
    assert done.kind == "updated"
    first.post.valid_to = AT
    first.post.save()
    lay_out(system, AT + timedelta(days=1))
    assert Duty.objects.get(pk=line.pk).accountable_id == first.post_id


def test_where_a_narrower_text_is_in_force_the_wider_ones_lines_end_for_as_long_as_it_lasts(county, system, enacted, monkeypatch):
    monkeypatch.setattr(laying, "responsibility_levels", lambda on: ("county", "township"))
    own, other = (county.areas[f"99000110{n}"] for n in (1, 2))
    lay_out(system, AT)
    begins = AT + timedelta(days=1)
    people = {"proposed_by": enacted.proposed_by, "seconded_by": enacted.seconded_by}
    narrow = Enactment.objects.create(item=enacted.item, area=own, disease="covid-19", starts_at=begins, decided_at=AT, **people)

    def until(area):
        return set(Duty.objects.filter(area=area, in_force_from=AT).values_list("in_force_until", flat=True))

    lay_out(system, AT + timedelta(days=2))
    assert until(own) == {begins} and until(other) == until(county.root) == {None}
    assert set(Duty.objects.filter(in_force_from=begins).values_list("area", flat=True)) == {own.pk}
    narrow.ends_at = AT + timedelta(days=3)
    narrow.save()
    lay_out(system, AT + timedelta(days=4))
    assert until(own) == {None}


def test_an_edition_that_ended_ends_what_it_asked_and_a_trial_asks_nothing(county, system, enacted):
    lay_out(system, AT)
    enacted.ends_at = AT + timedelta(days=2)
    enacted.save()
    _, changed = lay_out(system, AT + timedelta(days=3))
    assert changed == Duty.objects.filter(in_force_until=enacted.ends_at).count() == Duty.objects.count()
    Enactment.objects.filter(pk=enacted.pk).update(trial=True)
    assert not laying.keep_responsibilities(system, [])[0]
    assert lay_out(system, AT)[0] == 0


def report(system, county, number, village, at, confirmed=True):
    person = PersonData(area_id=county.areas[village].pk, name=f"某{number}")
    return CaseReport(sender="t", source_id=str(number), disease="covid-19", person=person, class_code="confirmed" if confirmed else "suspected", reported_at=at)


def standing():
    """What the rules in force say: area → grade."""
    return dict(AreaGrade.objects.filter(scale="risk_criteria", ends_at=None).values_list("area_id", "value"))


def test_grades_follow_the_criteria_of_the_day_and_stand_beside_what_was_decided(county, system):
    """14 days; low without a new case; medium to 50 in all or without a cluster; high above 50 with one (two of a village)."""
    assert grade(system, AT) == 1
    stands = AreaGrade.objects.get(scale="risk_criteria", ends_at=None)
    assert (stands.area_id, stands.value) == (county.root.pk, "low")
    receive(system, [report(system, county, 1, "990001101201-1", AT - timedelta(days=13)), report(system, county, 2, "990001101201-1", AT - timedelta(days=1), confirmed=False)])
    assert grade(system, AT) == 1 and standing() == {county.root.pk: "medium"}
    assert grade(system, AT + timedelta(hours=1)) == 0
    assert grade(system, AT + timedelta(days=1)) == 1  # the fourteenth day is over
    assert [(g.value, g.ends_at is None) for g in AreaGrade.objects.filter(scale="risk_criteria").order_by("starts_at", "ends_at")] == [("low", False), ("medium", False), ("low", True)]
    last = AreaGrade.objects.get(scale="risk_criteria", ends_at=None)
    assert "近14天新增病例0、累计病例1" in last.basis and last.rule.startswith("risk-national-2020-02-17@")
    assert not AreaGrade.objects.filter(scale="risk").exists()


def test_more_than_fifty_with_two_in_one_village_is_high_and_scattered_ones_are_not(county, system):
    old = AT - timedelta(days=60)
    receive(system, [report(system, county, n, "990001102201-1", old) for n in range(50)])
    receive(system, [report(system, county, 91, "990001101201-1", AT), report(system, county, 92, "990001101202-1", AT)])
    grade(system, AT)
    assert standing() == {county.root.pk: "medium"}
    receive(system, [report(system, county, 93, "990001101201-2", AT)])  # another grid of the first village
    grade(system, AT)
    assert standing() == {county.root.pk: "high"}


def test_where_no_criteria_are_in_force_nothing_is_said(county, system):
    assert grade(system, datetime(2022, 7, 1, tzinfo=UTC)) == 0 and not AreaGrade.objects.exists()
