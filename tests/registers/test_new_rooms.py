"""Grades of areas, samples, ledgers and hand-overs: what is written once is there once, and the first edition reads it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from sizao.flows.handover_answered import answer
from sizao.kernel import areas, content
from sizao.kernel.areas import NewArea
from sizao.kernel.errors import Refused
from sizao.kernel.models import Act, Enactment, User
from sizao.kernel.scope import Scope
from sizao.plan import evaluation, explaining, read, relations, run
from sizao.plan.acts import acts_of
from sizao.plan.models import Cell, Row
from sizao.registers.cases.models import Case, Contact
from sizao.registers.command import actions as command
from sizao.registers.command.actions import Grading
from sizao.registers.command.models import AreaGrade
from sizao.registers.laboratory import actions as laboratory
from sizao.registers.laboratory.actions import NewSpecimen
from sizao.registers.ledgers import actions as ledgers
from sizao.registers.ledgers.actions import NewReport, NewUnit, NewVisit
from sizao.registers.movement import actions as movement
from sizao.registers.movement.actions import NewHandover
from sizao.registers.population.models import Household, Person

pytestmark = pytest.mark.django_db


def at(day, hour=0):
    """A local time of June 2020 as an instant."""
    return datetime(2020, 6, day, tzinfo=UTC) + timedelta(hours=hour - 8)


NOW = at(18, 21)


@pytest.fixture
def town(county, system):
    """The first edition in force since May."""
    content.load(system, kinds=("plan",))
    first, second = (User.objects.create_user(name) for name in ("one", "two"))
    item = content.newest("plan", "contact-tracing-basic")
    Enactment.objects.create(
        item=item, area=county.root, disease="covid-19", starts_at=at(1) - timedelta(days=30), proposed_by=first, seconded_by=second, decided_at=at(1)
    )
    content.keep(acts_of(item.text), county.root, at(1) - timedelta(days=30), "test")
    county.grid = county.areas["990001101201-1"]
    return county


def states(measure):
    """(state, reason) of every row of a measure in a new run, by due; beside it the cell of the whole county must say the same."""
    made = run.evaluate_all(NOW)
    rows = [(r.state, r.reason) for r in Row.objects.at(made).filter(measure=measure).order_by("due", "subject")]
    cell = Cell.objects.at(made).filter(measure=measure, area__parent=None).first()
    counted = sum(getattr(cell, n) for n in ("met", "late", "overdue", "open", "ahead", "waiting", "closed", "cannot_tell", "unlisted")) if cell else 0
    assert counted == len(rows)
    return rows


def test_a_new_grade_ends_the_one_before_and_orders_stand_side_by_side(town, system):
    command.grade_areas(system, [Grading(town.root.pk, "risk", "high", at(10)), Grading(town.root.pk, "risk", "low", at(15))], sender="t")
    command.grade_areas(system, [Grading(town.root.pk, "order", "sweep", at(12)), Grading(town.root.pk, "order", "closure", at(13))], sender="t")
    assert [(g.value, g.ends_at) for g in AreaGrade.objects.filter(scale="risk").order_by("starts_at")] == [("high", at(15)), ("low", None)]
    assert AreaGrade.objects.filter(scale="order", ends_at=None).count() == 2
    assert Act.objects.filter(kind="area.graded").count() == 4
    with pytest.raises(Refused):
        command.grade_areas(system, [Grading(town.root.pk, "risk", "red", at(16))], sender="t")


def test_units_report_where_the_grade_asks_for_it_zero_counts_and_silence_is_listed(town, system):
    [unit] = ledgers.add_units(system, [NewUnit("v1", town.grid.pk, "青禾村", at(16, 8), "village")], sender="t").values()
    assert states("unit-daily-report") == [("cannot_tell", "unknown:area.grade")] * 3
    command.grade_areas(system, [Grading(town.root.pk, "risk", "high", at(1))], sender="t")
    ledgers.file_reports(system, [NewReport(unit, date(2020, 6, 16), 0, at(16, 16))], sender="t")
    ledgers.file_reports(system, [NewReport(unit, date(2020, 6, 16), 0, at(16, 16))], sender="t")
    assert Act.objects.filter(kind="report.filed").count() == 1
    assert states("unit-daily-report") == [("met", None), ("overdue", None), ("overdue", None)]
    command.grade_areas(system, [Grading(town.root.pk, "risk", "low", at(18, 9))], sender="t")
    command.grade_areas(system, [Grading(town.root.pk, "response", "iii", at(1))], sender="t")
    assert states("unit-daily-report") == [("met", None), ("overdue", None), ("closed", "ended")]


def test_households_are_visited_while_the_sweep_is_ordered(town, system):
    homes = [Household.objects.create(area=town.grid, known_from=at(1), stands_from=at(1)) for _ in range(2)]
    assert states("household-visited") == []
    command.grade_areas(system, [Grading(town.root.pk, "order", "sweep", at(15, 8))], sender="t")
    ledgers.add_visits(system, [NewVisit("1", homes[0].pk, town.grid.pk, at(16, 9), "reached", 3), NewVisit("2", homes[1].pk, town.grid.pk, at(16, 9), "nobody")], sender="t")
    assert sorted(states("household-visited")) == [("met", None), ("overdue", None)]


def test_a_suspect_is_sampled_then_resulted_and_a_positive_on_no_list_is_named(town, system):
    person, other = (Person.objects.create(area=town.grid, known_from=at(10), stands_from=at(10)) for _ in range(2))
    case = Case.objects.create(
        person=person, area=town.grid, disease="covid-19", classification="suspected", reported_at=at(16, 9), known_from=at(16, 9), stands_from=at(16, 9)
    )
    assert states("suspect-tested.sampled") == [("overdue", None)]
    assert states("suspect-tested.resulted") == [("waiting", "part:sampled")]
    made = laboratory.add_specimens(
        system,
        [NewSpecimen("a", person.pk, town.grid.pk, "covid-19", at(16, 12)), NewSpecimen("b", other.pk, town.grid.pk, "covid-19", at(16, 12))],
        sender="t",
    )
    assert laboratory.tell_results(system, {made["a"]: ("negative", at(16, 20)), made["b"]: ("positive", at(17, 13))}) == 2
    assert laboratory.tell_results(system, {made["a"]: ("negative", at(16, 20))}) == 0
    with pytest.raises(Refused):
        laboratory.tell_results(system, {made["a"]: ("positive", at(16, 21))})
    assert states("suspect-tested.sampled") == states("suspect-tested.resulted") == [("met", None)]
    assert sorted(states("result-in-time")) == [("late", None), ("met", None)]
    assert states("case-isolated") == [("unlisted", "unlisted:lab.resulted")]
    said = explaining.explain(system, "suspect-tested.resulted", case.pk, NOW)
    assert [o["state"] for o in said["obligations"]] == ["met"]


def test_contacts_told_of_are_compared_with_contacts_listed(town):
    person = Person.objects.create(area=town.grid, known_from=at(10), stands_from=at(10))
    case = Case.objects.create(
        person=person, area=town.grid, disease="covid-19", classification="confirmed", reported_at=at(16, 9), contact_total=2, known_from=at(16, 9), stands_from=at(16, 9)
    )
    for hour in (12, 22):
        Contact.objects.create(
            person=Person.objects.create(area=town.grid, known_from=at(16), stands_from=at(16)),
            case=case,
            area=town.grid,
            disease="covid-19",
            known_from=at(16, hour),
            stands_from=at(16, hour),
        )
    assert states("contacts-listed") == [("met", None)]
    Case.objects.filter(pk=case.pk).update(contact_total=3)
    assert states("contacts-listed") == [("overdue", None)]


def test_a_hand_over_is_answered_once(town, system):
    [sent] = movement.send(system, [NewHandover("1", town.grid.pk, "covid-19", at(16, 9))], sender="t").values()
    assert states("handover-answered") == [("overdue", None)]
    with pytest.raises(Refused, match="contradicts-itself"):
        movement.answer(system, sent, "accepted", at(1))  # before it was sent
    assert movement.answer(system, sent, "accepted", at(17, 8))
    assert not movement.answer(system, sent, "accepted", at(17, 9))
    with pytest.raises(Refused):
        movement.answer(system, sent, "wrong", at(17, 9))
    assert states("handover-answered") == [("met", None)]


@pytest.mark.parametrize("hours", [1, 12, 30])
def test_a_hand_over_that_is_recalled_is_owed_by_nobody_however_late_the_recall(town, system, hours):
    sender = town.user("cdc", "990001101")
    new = NewHandover("1", town.grid.pk, "covid-19", at(15, 9), from_area_id=town.areas["990001101"].pk, kind="area")
    [sent] = movement.send(system, [new], sender="t").values()
    assert states("handover-answered") == [("overdue", None)]
    movement.recall(sender, sent, "弄错了", at(15, 9) + timedelta(hours=hours))
    assert states("handover-answered") == [], "neither overdue nor anything else: it should not have been asked"


def test_custody_moves_with_what_is_accepted_and_with_nothing_else(town, system):
    """In mid-term: handed over and accepted, handed on and refused, handed on again and accepted. Each day is owed by whoever had him when it fell due."""
    first, second, third = (town.areas[code] for code in ("990001101201-1", "990001102202-1", "990001102202-2"))
    person = Person.objects.create(area=first, known_from=at(10), stands_from=at(10))
    told = {"person": person, "disease": "covid-19", "classification": "close", "last_exposure_on": date(2020, 6, 12), "known_from": at(13), "stands_from": at(13)}
    contact = Contact.objects.create(area=first, **told)
    over = Contact.objects.create(area=first, **{**told, "released_at": at(14)})

    def handed(key, here, there, sent, said=None, when=None):
        [made] = movement.send(system, [NewHandover(key, there.pk, "covid-19", sent, person.pk, here.pk)], sender="t").values()
        return answer(town.user("cdc", there.code), made, said, when).kind if said else made

    def owed():
        [f] = [f for f in evaluation.in_force(NOW) if f.measure.id == "contact-daily-check"]
        found = [r for r in evaluation.rows(evaluation.statement(f, NOW, None, beside=False)) if r["subject"] == contact.pk and r["due"] >= at(13)]
        return [(r["due"].astimezone(UTC).day, r["area"]) for r in sorted(found, key=lambda r: r["due"])]

    def passed_on():
        """What the senders are rid of, in words: (day, who gave away, why)."""
        made = run.evaluate_all(NOW)
        listed = read.missing(system, "contact-daily-check", state="closed", limit=None, run=made).rows
        assert Cell.objects.at(made).get(measure="contact-daily-check", area__parent=None).closed == len(listed), "the number is the list's length"
        return [(o.due.astimezone(UTC).day, o.area.pk, o.why["en"]) for o in listed if o.subject == contact.pk and o.reason.startswith("handed:")]

    silent = handed("0", first, second, at(14, 9))
    assert {area for _, area in owed()} == {first.pk}, "silence moves nobody"
    assert passed_on() == [], "what was sent and not accepted is still the sender's"
    assert handed("1", first, second, at(15, 9), "accepted", at(15, 12)) == "updated"
    assert handed("2", second, third, at(16, 9), "wrong", at(16, 12)) == "updated"
    assert [area for _, area in owed()] == [first.pk] * 2 + [second.pk] * 4, "refused moves nobody"
    assert handed("3", second, third, at(17, 9), "accepted", at(17, 22)) == "updated"
    assert owed() == [(13, first.pk), (14, first.pk), (15, second.pk), (16, second.pk), (17, second.pk), (18, third.pk)]
    accepted = (15, first.pk, f"handed over: accepted by {second.name_en} at 2020-06-15 12:00")
    assert passed_on() == [accepted], "between the check of the 17th and the day that follows nothing was owed"
    Contact.objects.get(pk=over.pk, area=first)
    with pytest.raises(Refused):
        answer(town.user("cdc", third.code), silent, "accepted", at(18))
    assert answer(town.user("cdc", second.code), silent, "accepted", at(18)).kind == "updated"
    assert owed()[-1] == (18, third.pk), "who has been handed on is not taken back by an old answer"


def test_who_is_accepted_by_an_area_outside_leaves_a_closed_duty_that_says_by_whom_and_when(town, system):
    """Another installation answers for that area: nothing is owed here any more, and what was owed when he left is closed, not gone."""
    [there] = areas.grow([NewArea("980002", "乙县", "county", outside=True)]).values()
    here = town.areas["990001101201-1"]
    person = Person.objects.create(area=here, known_from=at(17), stands_from=at(17))
    contact = Contact.objects.create(
        area=here, person=person, disease="covid-19", classification="close", last_exposure_on=date(2020, 6, 17), named_at=at(17), known_from=at(17), stands_from=at(17)
    )
    [sent] = movement.send(system, [NewHandover("1", there.pk, "covid-19", at(18, 9), person.pk, here.pk, kind="area")], sender="t").values()
    answer(Scope.system("answer of another installation"), sent, "accepted", at(18, 11), by="乙县疾控（乙县系统）")
    made = run.evaluate_all(NOW)
    listed = {m: [(o.state, o.area.pk, o.why["en"]) for o in read.missing(town.user("desk"), m, state="closed", limit=None, run=made).rows if o.subject == contact.pk] for m in ("contact-tested", "contact-daily-check")}
    assert listed == {m: [("closed", here.pk, "handed over: accepted by 乙县 at 2020-06-18 11:00")] for m in listed}
    Contact.objects.get(pk=contact.pk, area=there)


def test_a_list_of_one_area_is_the_same_rows_as_the_whole(town, system):
    """What a measure looks at beyond its own rows is not narrowed with them."""
    person = Person.objects.create(area=town.grid, known_from=at(10), stands_from=at(10))
    far = town.areas["990001102201-1"]
    Case.objects.create(person=person, area=far, disease="covid-19", classification="suspected", reported_at=at(15), known_from=at(15), stands_from=at(15))
    contact = Contact.objects.create(
        person=person, area=town.grid, disease="covid-19", classification="close", last_exposure_on=date(2020, 6, 14), known_from=at(14), stands_from=at(14)
    )
    [f] = [f for f in evaluation.in_force(NOW) if f.measure.id == "contact-tested"]
    whole = list(evaluation.rows(evaluation.statement(f, NOW, None)))
    some = list(evaluation.rows(evaluation.statement(f, NOW, None, evaluation.below("contact", relations.beneath(town.grid.path)))))
    assert [(r["subject"], r["reason"]) for r in whole] == [(contact.pk, "yields:suspect-tested.sampled")] * 2
    assert sorted(some, key=lambda r: r["occasion"]) == sorted(whole, key=lambda r: r["occasion"])
