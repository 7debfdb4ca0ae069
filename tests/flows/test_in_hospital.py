"""Referred, answered, admitted to the last bed, moved when severe, discharged by criteria: one telling each, and nobody who needs a doctor is turned away."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, transaction

from sizao.flows import in_hospital, recovered
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Act
from sizao.kernel.outcome import Command
from sizao.registers.care import admitting, beds, needing
from sizao.registers.care import read as wards
from sizao.registers.care.models import Course, Hospital, Need, Referral
from sizao.registers.cases import actions as cases
from sizao.registers.cases.models import Case
from sizao.registers.isolation.models import Stay
from sizao.registers.laboratory.models import Specimen
from sizao.registers.ledgers import actions as ledgers
from sizao.registers.population.models import Person

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def ward(county, system):
    """Two hospitals, one isolation bed free here and three there; four confirmed cases; a doctor of the county."""
    since = clock.now() - 10 * DAY
    here, there = county.areas["990001101"], county.areas["990001102"]
    made = ledgers.add_units(system, [ledgers.NewUnit("h1", here.pk, "一号镇医院", since, "clinic"), ledgers.NewUnit("h2", there.pk, "二号镇医院", since, "clinic")], sender="t")
    known = {"sender": "t", "known_from": since, "stands_from": since}
    for unit, area in ((made["h1"], here), (made["h2"], there)):
        Hospital.objects.create(unit_id=unit, area=area, designated=True, treating=True, told_at=since, **known)
    told = lambda unit, bed_class, n, full=0: ledgers.save(system, "beds", [Command(told={"unit": unit, "bed_class": bed_class, "open_staffed": n, "beds_occupied": full})], sender="t")  # noqa: E731
    told(made["h1"], "isolation", 3, 2)
    told(made["h2"], "isolation", 3)
    told(made["h1"], "severe", 1)
    home = county.areas["990001101201-1"]
    people = [Person.objects.create(area=home, name=f"丙{n}", **known) for n in range(4)]
    row = {"area_id": home.pk, "disease": "covid-19", "classification": "confirmed", "reported_at": since, "confirmed_at": since}
    ids = cases.add_cases(system, [cases.New(p.pk, "t", f"H-{n}", since, row) for n, p in enumerate(people)])
    return SimpleNamespace(county=county, doctor=county.user("cdc"), here=made["h1"], there=made["h2"], home=home, people=people, cases=ids, since=since)


def admit(ward, n, bed_class="isolation", **told):
    return in_hospital.admit(ward.doctor, ward.people[n].pk, ward.here, disease="covid-19", bed_class=bed_class, **told)


def free(ward, unit, bed_class="isolation"):
    return next(b.free for b in beds.beds_of([unit]) if b.bed_class == bed_class)


def test_the_last_bed_goes_to_one_and_the_other_is_told_the_nearest(ward):
    assert (free(ward, ward.here), free(ward, ward.there)) == (1, 3)  # three open, two told to lie there
    admit(ward, 0)
    with pytest.raises(Refused, match="bed-taken") as second:
        admit(ward, 1)
    assert "二号镇医院 3 (0 h)" in second.value.text("en")
    assert free(ward, ward.here) == 0 and not Stay.objects.filter(person=ward.people[1]).exists()  # nothing of him was written
    assert Act.objects.filter(person=ward.people[0].pk, kind__in=["care.admitted", "stay.admitted"]).count() == 2


def test_an_emergency_is_taken_in_over_the_number_and_cannot_be_refused(ward):
    admit(ward, 0)
    admit(ward, 1, emergency=True)
    [here] = [b for b in beds.beds_of([ward.here]) if b.bed_class == "isolation"]
    assert (here.free, here.over) == (0, 1)
    asked = admitting.refer(ward.doctor, ward.people[2].pk, ward.home, ward.here, disease="covid-19", bed_class="isolation", emergency=True)
    assert asked.answer == "accepted"
    with pytest.raises(Refused, match="referral-answered"):
        admitting.reply(ward.doctor, asked.pk, answer="refused", reason="no_bed")
    with pytest.raises(IntegrityError), transaction.atomic():  # nor by a statement typed by hand
        Referral.objects.filter(pk=asked.pk).update(answer="refused", reason="no_bed")


def test_a_referral_is_answered_in_time_with_a_bed_or_a_reason_and_who_is_next(ward):
    asked = admitting.refer(ward.doctor, ward.people[0].pk, ward.home, ward.here, disease="covid-19", bed_class="isolation", key="k")
    assert asked.reply_by - asked.asked_at == 2 * HOUR
    assert admitting.refer(ward.doctor, ward.people[0].pk, ward.home, ward.here, disease="covid-19", bed_class="isolation", key="k").pk == asked.pk
    with pytest.raises(Refused, match="referral-open"):
        admitting.refer(ward.doctor, ward.people[0].pk, ward.home, ward.there, disease="covid-19", bed_class="isolation")
    with pytest.raises(Refused, match="referral-without-reason"):
        admitting.reply(ward.doctor, asked.pk, answer="refused")
    admitting.reply(ward.doctor, asked.pk, answer="refused", reason="no_staff", next_unit=ward.there)
    again = admitting.refer(ward.doctor, ward.people[0].pk, ward.home, ward.there, disease="covid-19", bed_class="isolation")
    admitting.reply(ward.doctor, again.pk, answer="accepted")
    made = in_hospital.admit(ward.doctor, ward.people[0].pk, ward.there, disease="covid-19", bed_class="isolation", referral=again.pk)
    again.refresh_from_db()
    assert again.arrived_at == made.admitted_at
    assert [a.kind for a in Act.objects.filter(subject=again.pk).order_by("happened_at", "id")] == ["care.referred", "care.replied", "care.arrived"]


def test_who_turns_severe_waits_for_a_bed_for_the_severe_by_a_clock(ward):
    row = admit(ward, 0)
    in_hospital.see(ward.doctor, row.pk, "mild")
    in_hospital.see(ward.doctor, row.pk, "severe")
    course = Course.objects.get(about_case=ward.cases[0])
    assert course.severe_at and course.placed_at is None and [w.course.pk for w in recovered.severe_without_place(ward.doctor)] == [course.pk]
    moved = in_hospital.transfer(ward.doctor, row.pk, bed_class="severe")
    course.refresh_from_db()
    assert course.placed_at == moved.admitted_at and recovered.severe_without_place(ward.doctor) == [] and free(ward, ward.here) == 1
    second = admit(ward, 1)
    with pytest.raises(Refused, match="bed-taken"):  # no second bed for the severe: he keeps the one that he has
        in_hospital.transfer(ward.doctor, second.pk, bed_class="severe")
    assert wards.admissions(ward.doctor).filter(person=ward.people[1], left_at=None).count() == 1


def test_discharge_needs_every_criterion_and_the_recovered_are_followed_for_a_year(ward):
    row = admit(ward, 0)
    with pytest.raises(Refused, match="discharge-criterion"):
        in_hospital.discharge(ward.doctor, row.pk, frozenset({"afebrile", "breathing", "imaging"}))
    for days in (2.5, 1):
        at = clock.now() - days * DAY
        Specimen.objects.create(person=ward.people[0], area=ward.home, disease="covid-19", sampled_at=at, resulted_at=at + HOUR, result="negative", known_from=at, stands_from=at)
    done = in_hospital.discharge(ward.doctor, row.pk, frozenset({"afebrile", "breathing", "imaging"}))
    assert done.criteria == {"afebrile": "doctor", "breathing": "doctor", "imaging": "doctor", "negatives": "results"} and done.criteria_ref == "covid-19-07"
    case = Case.objects.get(pk=ward.cases[0])
    assert case.outcome == "recovered" and Stay.objects.get(person=ward.people[0]).ended_at == done.left_at
    with clock.frozen(clock.now() + 8 * DAY):
        [followed] = recovered.followed(ward.doctor)
        assert (followed.case.pk, followed.weekly_late, followed.monthly_late) == (case.pk, True, False)
        recovered.record_week(ward.doctor, case.pk, "ok", key="w")
        assert recovered.record_week(ward.doctor, case.pk, "ok", key="w").kind == "identical"
        assert not recovered.followed(ward.doctor)[0].weekly_late
    with clock.frozen(clock.now() + 31 * DAY):
        assert recovered.followed(ward.doctor)[0].monthly_late
        recovered.record_sample(ward.doctor, case.pk, key="s")
        assert not recovered.followed(ward.doctor)[0].monthly_late
    with clock.frozen(clock.now() + 366 * DAY):
        assert recovered.followed(ward.doctor) == []


def test_a_need_is_asked_taken_and_met_by_clocks(ward):
    worker, other = ward.county.user("grid_worker", "990001101201-1"), ward.county.user("grid_worker", "990001102201-1")
    need = needing.ask(ward.doctor, ward.people[0].pk, ward.home, "dialysis", "每周三次")
    assert need.meet_by - need.asked_at == 6 * HOUR
    with pytest.raises(Refused, match="not-found-or-out-of-area"):
        needing.take(other, need.pk)
    assert needing.take(worker, need.pk).taken_by == worker.post
    assert needing.take(ward.doctor, need.pk).taken_by == worker.post  # it stays his who took it
    needing.settle(worker, need.pk, "met")
    with pytest.raises(Refused, match="need-over"):
        needing.settle(worker, need.pk, "met")
    assert Need.objects.get().outcome == "met" and needing.open_needs(worker) == []


def test_a_need_told_once_closes_the_tickets_of_the_plan_and_the_help_that_it_was(ward):
    """Somebody kept at home asks for medicine: the community taps twice; `home-observation.helped`, `other-disease-care.urgent` and `.supplied` have their evidence, nothing is typed again."""
    from sizao.flows import needs_told
    from sizao.registers.command.models import Ticket

    worker, person = ward.county.user("grid_worker", "990001101201-1"), ward.people[0].pk
    now = clock.now()
    Stay.objects.create(person_id=person, area=ward.home, disease="covid-19", kind="home", started_at=now - HOUR, known_from=now, stands_from=now)
    need = needs_told.ask(worker, person, ward.home, "medicine", "降压药", key="k")
    assert needs_told.ask(worker, person, ward.home, "medicine", "降压药", key="k").pk == need.pk
    assert {(t.kind, t.area_id, t.what) for t in Ticket.objects.all()} == {("urgent_care", ward.home.pk, ""), ("home_need", ward.home.pk, "")}
    needs_told.take(worker, need.pk)
    needs_told.settle(worker, need.pk, "met")
    kinds = {t: set(Act.objects.filter(subject=t.pk).values_list("kind", flat=True)) for t in Ticket.objects.all()}
    assert all({"ticket.raised", "ticket.assigned", "ticket.answered", "ticket.verified"} <= done for done in kinds.values()) and len(kinds) == 2
    assert Act.objects.filter(kind="help_given", person=person, outcome="medicine").count() == 1
    sorry = needs_told.ask(worker, person, ward.home, "psych", key="p")
    needs_told.settle(worker, sorry.pk, "not_met")
    told = {t.kind: (t.answered_at is not None, t.verified_at) for t in Ticket.objects.filter(source_id__startswith=str(sorry.pk))}
    assert told == {"psych": (True, None), "home_need": (True, None)}  # what could not be met is answered, and confirmed by nobody
