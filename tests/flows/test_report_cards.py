"""A report card is filled in once, reviewed, returned with a reason, corrected and made final; its clocks are those of the disease's class."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from sizao.flows.card_filled import decide, fill, save_cards
from sizao.kernel import clock
from sizao.kernel.codes import disease_line, diseases
from sizao.kernel.models import Act
from sizao.kernel.outcome import Command
from sizao.registers.cases.models import Case
from sizao.registers.population.models import Person
from sizao.registers.surveillance.models import CaseCard

NOON = datetime(2021, 6, 1, 4, tzinfo=UTC)
PERSON = {"name": "周燕", "national_id": "11010519491231002X", "phone": "13900000009"}
CASE = {"disease": "covid-19", "classification": "confirmed", "onset_on": date(2021, 5, 30)}
CARD = {"diagnosed_at": NOON - timedelta(hours=1), "doctor": "吴医生", "belongs_to": "county", "people_group": "retired", "filled_on": date(2021, 6, 1)}


def filled(county, key="k1", person=(), case=(), card=()):
    scope = county.user("cdc")
    area = county.areas["990001101201-1"].pk
    return scope, fill(scope, {**PERSON, "area": area, **dict(person)}, {**CASE, **dict(case)}, {**CARD, **dict(card)}, key=key, sender="desk")


def kinds():
    return list(Act.objects.filter(kind__startswith="card.").order_by("recorded_at", "id").values_list("kind", "outcome"))


def test_person_case_and_card_are_written_once_and_sex_and_birth_come_from_the_number(county):
    with clock.frozen(NOON):
        _scope, done = filled(county)
        _, again = filled(county)
    assert (done.problems, again.case, again.card) == ((), done.case, done.card)
    person, case, card = Person.objects.get(), Case.objects.get(), CaseCard.objects.get()
    assert (person.sex, person.birth_date, case.person_id, card.person_id) == ("female", date(1949, 12, 31), person.pk, person.pk)
    assert (card.about_case_id, card.doctor, card.kind, case.confirmed_at) == (case.pk, "吴医生", "initial", CARD["diagnosed_at"])
    assert (card.report_by, card.review_by) == (NOON + timedelta(hours=1), NOON + timedelta(hours=2))  # two hours: class B handled as A on that day


@pytest.mark.parametrize(("disease", "at", "hours"), [("plague", NOON, 2), ("measles", NOON, 24), ("influenza", NOON, 24), ("covid-19", datetime(2023, 6, 1, tzinfo=UTC), 24)])
def test_the_clock_is_that_of_the_class_on_the_day_of_the_diagnosis(county, disease, at, hours):
    with clock.frozen(at):
        filled(county, case={"disease": disease, "onset_on": None}, card={"diagnosed_at": at})
    card = CaseCard.objects.get()
    assert (card.report_by - at, card.review_by - at) == (timedelta(hours=hours), timedelta(hours=hours))


def test_every_notifiable_disease_has_a_known_class_its_hours_and_a_source():
    from sizao.kernel.codes import code_list

    lines = [line for d in diseases().values() for line in d.get("notifiable", ())]
    assert len(lines) > 40
    assert all(line["class"] in code_list("notifiable-class") and line["report_within"] in (2, 24) and line["source"] for line in lines)
    assert disease_line("covid-19", "notifiable", date(2019, 1, 1)) is None


@pytest.mark.parametrize(
    ("part", "told", "code"),
    [
        ("case", {"onset_on": date(2021, 6, 2)}, "onset-after-diagnosis"),
        ("case", {"outcome": "died", "outcome_at": NOON - timedelta(days=9)}, "death-before-onset"),
        ("person", {"national_id": "", "birth_date": date(2020, 1, 1)}, "guardian-missing"),
        ("person", {"birth_date": date(2031, 1, 1)}, "done-in-the-future"),
        ("case", {"classification": "nonsense"}, "bad-value"),
        ("card", {"people_group": "nonsense"}, "bad-value"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(county, part, told, code):
    with clock.frozen(NOON):
        _, done = filled(county, **{part: told})
    assert [p.code for _, p in done.problems] == [code]
    assert not (Person.objects.exists() or Case.objects.exists() or CaseCard.objects.exists())


def test_a_known_number_is_that_person_and_a_second_case_or_another_name_is_refused(county):
    with clock.frozen(NOON):
        _, _done = filled(county)
        _, twice = filled(county, key="k2")
        _, other = filled(county, key="k3", person={"name": "别人", "birth_date": date(1950, 1, 1)}, case={"disease": "influenza"})
        _, flu = filled(county, key="k4", case={"disease": "influenza"})
    assert [p.code for _, p in (*twice.problems, *other.problems)] == ["case-known", "identity-of-another"]
    assert flu.case
    assert (Person.objects.count(), Case.objects.count()) == (1, 2)


def test_a_card_is_returned_with_a_reason_corrected_accepted_and_final_and_every_version_stays(county):
    with clock.frozen(NOON):
        scope, done = filled(county)
        assert decide(scope, done.card, "final").problems[0].code == "card-not-accepted"
        assert decide(scope, done.card, "return").problems[0].code == "card-returned-without-reason"
        assert decide(scope, done.card, "return", "病名与检验不符").kind == "updated"
    with clock.frozen(NOON + timedelta(hours=1)):
        save_cards(scope, [Command(told={"disease": "influenza"}, record=done.card)], sender="desk")
        card = CaseCard.objects.get()
        assert (card.kind, card.former_disease, card.outcome, card.reviewed_at, card.final_at) == ("correction", "covid-19", None, None, None)
        assert Case.objects.get().disease == "influenza"  # told once, it is so on the case too
        assert card.review_by == NOON + timedelta(hours=24)
    with clock.frozen(NOON + timedelta(hours=2)):
        assert [decide(scope, done.card, step).kind for step in ("accept", "final")] == ["updated", "updated"]
    with clock.frozen(NOON + timedelta(hours=3)):
        [no] = save_cards(scope, [Command(told={"remark": "x"}, record=done.card)], sender="desk")
        assert no.problems[0].code == "card-is-final"
        save_cards(scope, [Command(told={"remark": "x", "corrected_because": "补充备注"}, record=done.card)], sender="desk")
        card = CaseCard.objects.get()
        assert (card.final_at, card.outcome, card.kind, card.remark) == (None, None, "correction", "x")
    assert kinds() == [("card.received", None), ("card.reviewed", "returned"), ("card.corrected", None), ("card.reviewed", "accepted"), ("card.final", None), ("card.corrected", None)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM surveillance_casecard_history")
        assert cursor.fetchone()[0] >= 5


def test_the_database_keeps_that_a_final_card_was_accepted_and_a_returned_one_has_its_reason(county):
    with clock.frozen(NOON):
        _, done = filled(county)
    for told in ({"final_at": NOON}, {"outcome": "returned", "reviewed_at": NOON}, {"outcome": "accepted", "reviewed_at": NOON, "final_at": NOON - timedelta(days=1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CaseCard.objects.filter(pk=done.card).update(**told)
