"""From a confirmed place and window to those who were there: counted, agreed to, named with the reason, handed to where they live; never from a person."""

from datetime import timedelta
from uuid import uuid4

import pytest

from sizao.flows import exposures
from sizao.kernel import audit, clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Act, Event
from sizao.registers.cases import actions as cases
from sizao.registers.cases import exposed
from sizao.registers.cases.models import Contact, ExposedPlace, Exposure
from sizao.registers.ledgers.models import ReportingUnit
from sizao.registers.movement import visiting
from sizao.registers.movement.models import Handover
from sizao.registers.movement.visiting import Visit
from sizao.registers.population import actions as population
from sizao.registers.population.models import Person

HOUR = timedelta(hours=1)


@pytest.fixture
def scene(county, system):
    """A market in township 1 where a case was from ten to eleven, two days ago; visits of people who live in both townships."""
    now = clock.now()
    at = (now - timedelta(days=2)).replace(hour=10, minute=0)  # who comes on both sides of midnight counts twice
    near, far = county.areas["990001101201-1"], county.areas["990001102201-1"]
    persons = population.add_persons(
        system,
        [population.PersonData(area_id=a.pk, name=n, phone=t) for a, n, t in ((near, "张小明", ""), (near, "李丽", "13900000002"), (far, "赵敏", ""), (near, "王强", ""), (near, "病人", ""))],
        known=[at] * 5,
        sender="t",
    )
    [case] = cases.add_cases(system, [cases.New(persons[4], "t", "B-1", at, {"area_id": near.pk, "disease": "covid-19", "classification": "confirmed"})])
    unit = ReportingUnit.objects.create(area=near, name="市场", kind="market", known_from=at, stands_from=at)

    class Scene:
        cdc = county.user("cdc", "990001101")

        def place(self, **told):
            told = {"case_id": case, "confirmed_at": now, "opens_at": at, "closes_at": at + HOUR} | told
            return ExposedPlace.objects.create(place=unit, area=near, disease="covid-19", known_from=at, stands_from=at, **told)

        def visits(self, *who, start=at, minutes=30):
            rows = [Visit(str(uuid4()), unit.pk, start, p.bytes, start + timedelta(minutes=minutes)) if not isinstance(p, str) else said(p, start) for p in who]
            assert visiting.take(system, rows, sender="door").stored == len(rows)

    def said(text, start):
        from sizao.registers.population.sealing import PHONE

        return Visit(str(uuid4()), unit.pk, start, visiting.unknown(text, PHONE.index(text)), start + HOUR, said=text)

    Scene.at, Scene.people, Scene.case, Scene.near, Scene.far, Scene.county = at, persons, case, near, far, county
    return Scene()


def test_a_window_names_those_who_were_there_with_the_reason_and_hands_over_who_lives_elsewhere(scene):
    s = scene
    s.visits(*s.people)
    s.visits(s.people[0], start=s.at + timedelta(minutes=50), minutes=60)
    place = s.place()
    search = exposures.ask(s.cdc, [place.pk])
    assert (search.visits, search.visitors, Contact.objects.count()) == (6, 5, 0)
    done = exposures.name(s.cdc, search.pk)
    assert done == exposures.Named(new=4, contacts=0, cases=0, lost=0)  # the case does not meet himself
    found = {c.person_id: c for c in Contact.objects.all()}
    assert {p: c.area_id for p, c in found.items()} == {s.people[0]: s.near.pk, s.people[1]: s.near.pk, s.people[2]: s.near.pk, s.people[3]: s.near.pk}
    assert all((c.classification, c.case_id, c.last_exposure_on) == ("general", s.case, clock.local_day(s.at + timedelta(minutes=30), "Asia/Shanghai")) for p, c in found.items() if p != s.people[0])
    assert [(h.person_id, h.area_id) for h in Handover.objects.all()] == [(s.people[2], s.far.pk)]
    assert [(e.together_from, e.seconds) for e in Exposure.objects.filter(person=s.people[0]).order_by("together_from")] == [(s.at, 1800), (s.at + timedelta(minutes=50), 600)]
    assert Act.objects.filter(kind="contact.named").count() == 4
    # whom it named can see who looked, and why
    assert [e.kind for e in Event.objects.filter(subjects__contains=[s.people[3]])].count("exposures.named") == 1
    assert [e.exposed_place_id for e in exposed.reasons_of(s.cdc, s.people[3])] == [place.pk]
    with pytest.raises(Refused, match="search-over"):
        exposures.name(s.cdc, search.pk)


def test_who_stayed_less_than_was_asked_is_not_named_and_a_known_contact_gets_the_further_reason(scene):
    s = scene
    s.visits(s.people[0], minutes=14)
    s.visits(s.people[1], minutes=15)
    [known] = cases.add_contacts(s.cdc, [cases.New(s.people[1], "t", "J-1", s.at, {"area_id": s.near.pk, "disease": "covid-19", "classification": "close"})])
    place = s.place()
    assert exposures.name(s.cdc, exposures.ask_case(s.cdc, s.case, at_least=15).pk) == exposures.Named(0, 1, 0, 0)
    assert [(e.contact_id, e.exposed_place_id, e.seconds) for e in Exposure.objects.all()] == [(known, place.pk, 900)]
    assert Contact.objects.get(pk=known).classification == "close"


def test_a_stranger_is_put_into_the_register_with_what_he_gave_at_the_door_and_only_when_named(scene):
    s = scene
    s.visits("13912345678", "13900000002")
    s.place()
    search = exposures.ask_case(s.cdc, s.case)
    before = Person.objects.count()
    assert exposures.name(s.cdc, search.pk).new == 2
    assert Person.objects.count() == before + 1
    assert Contact.objects.filter(person=s.people[1]).exists()  # his number is in the register


@pytest.mark.parametrize("told", [{"confirmed_at": None}, {"withdrawn_at": clock.now()}])
def test_nobody_is_looked_for_from_what_is_not_confirmed_or_was_withdrawn(scene, told):
    place = scene.place(**told)
    for ask in (lambda: exposures.ask(scene.cdc, [place.pk]), lambda: exposures.ask_case(scene.cdc, scene.case), lambda: exposures.ask(scene.cdc, [])):
        with pytest.raises(Refused, match="search-without-place"):
            ask()


def test_nobody_is_looked_for_from_a_person_who_is_no_case(scene):
    s = scene
    s.visits(s.people[0])
    search = exposures.ask(s.cdc, [s.place().pk])
    cases.change_cases(s.cdc, [cases.Change(s.case, clock.now(), {"classification": "ruled_out"})])
    with pytest.raises(Refused, match="search-without-place"):
        exposures.ask_case(s.cdc, s.case)
    assert exposures.name(s.cdc, search.pk).new == 0  # the database itself tells nothing from what was asked before


def test_above_the_bound_two_people_and_the_second_is_another(scene, monkeypatch):
    s = scene
    monkeypatch.setattr(exposures, "threshold", lambda name, on: 2)
    s.visits(*s.people[:3])
    search = exposures.ask(s.cdc, [s.place().pk])
    other = s.county.user("cdc", "990001101")
    for step, code in ((lambda: exposures.name(s.cdc, search.pk), "two-people-needed"), (lambda: exposures.second(s.cdc, search.pk), "two-people-needed")):
        with pytest.raises(Refused, match=code):
            step()
    exposures.second(other, search.pk)
    assert exposures.name(s.cdc, search.pk).new == 3


def test_the_database_itself_holds_to_a_thousand(scene, system):
    """Whatever content and code say: 1,001 visitors are told to two people, or to nobody."""
    s = scene
    unit = s.place().place_id
    visiting.take(system, [Visit(str(n), unit, s.at, uuid4().bytes) for n in range(1001)], sender="door")
    search = exposures.ask(s.cdc, [ExposedPlace.objects.get().pk])
    assert search.visitors == 1001
    with pytest.raises(Refused, match="two-people-needed"):
        visiting.told(s.cdc, search.pk)
    exposures.second(s.county.user("cdc"), search.pk)
    assert len(visiting.told(s.cdc, search.pk)) == 1001


def test_many_more_than_were_counted_are_not_named_unseen(scene):
    s = scene
    place = s.place()
    s.visits(s.people[0])
    search = exposures.ask(s.cdc, [place.pk])
    s.visits(*(uuid4() for _ in range(7)))
    with pytest.raises(Refused, match="search-grown"):
        exposures.name(s.cdc, search.pk)
    exposures.withdraw(s.cdc, search.pk)
    with pytest.raises(Refused, match="search-over"):
        exposures.name(s.cdc, search.pk)


def test_who_may_not_name_contacts_or_sits_elsewhere_neither_counts_nor_names(scene):
    place = scene.place()
    search = exposures.ask(scene.cdc, [place.pk])
    for who, code in ((scene.county.user("commander"), "not-allowed"), (scene.county.user("cdc", "990001102"), "search-without-place")):
        with pytest.raises(Refused, match=code):
            exposures.ask(who, [place.pk])
    for who, code in ((scene.county.user("commander"), "not-allowed"), (scene.county.user("cdc", "990001102"), "not-found-or-out-of-area")):
        for step in (exposures.name, exposures.second, exposures.withdraw):
            with pytest.raises(Refused, match=code):
                step(who, search.pk)


def test_each_look_is_counted_in_public_by_month_and_names_no_place(scene):
    scene.visits(scene.people[0])
    exposures.name(scene.cdc, exposures.ask(scene.cdc, [scene.place().pk]).pk)
    exposures.ask(scene.cdc, [ExposedPlace.objects.get().pk])
    [(month, asked, ended, named)] = exposed.public_counts("Asia/Shanghai")
    assert (month.day, asked, ended, named) == (1, 2, 1, 1)
    assert audit.verify().ok
