"""A report makes a person and a case; a second one changes nothing, a different one corrects, an outsider gets the answer of a stranger."""

from datetime import UTC, date, datetime

from sizao.flows.case_report_received import CaseReport, receive
from sizao.flows.cases_linked import StatedLink, link
from sizao.kernel.models import Act, Event
from sizao.registers.cases.models import Case, Link
from sizao.registers.isolation.models import Stay
from sizao.registers.population.actions import PersonData
from sizao.registers.population.models import Person

AT = datetime(2020, 2, 3, 1, tzinfo=UTC)


def report(county, number="1", **told):
    code = told.pop("area", "990001101201-1")
    person = PersonData(area_id=county.areas[code].pk, name=told.pop("name", "张小明"), phone=told.pop("phone", "13800138000"))
    return CaseReport(sender="county", source_id=number, disease="covid-19", person=person, **({"class_code": "confirmed", "confirmed_at": AT} | told))


def test_a_report_makes_a_person_a_case_and_an_act(system, county):
    [outcome] = receive(system, [report(county, onset_on=date(2020, 2, 1), isolated_at=AT)])
    assert outcome.kind == "new"
    person, case = Person.objects.get(pk=outcome.person), Case.objects.get(pk=outcome.record)
    assert (person.name, case.person_id, case.classification) == ("张小明", person.pk, "confirmed")
    assert case.known_from == AT
    assert sorted(Act.objects.filter(person=person.pk).values_list("kind", flat=True)) == ["case.reported", "stay.admitted"]
    assert Stay.objects.get(person=person.pk).started_at == AT
    assert Event.objects.filter(kind="cases.reported", subjects__contains=[person.pk]).exists()


def test_the_telephone_is_nowhere_in_the_open(system, county):
    [outcome] = receive(system, [report(county)])
    person = Person.objects.get(pk=outcome.person)
    assert b"13800138000" not in bytes(person.phone)
    assert bytes(person.phone_index) not in (b"", b"13800138000")


def test_the_same_report_again_changes_nothing(system, county):
    receive(system, [report(county)])
    before = Case.objects.get().change_no
    [again] = receive(system, [report(county)])
    assert again.kind == "identical"
    assert Case.objects.get().change_no == before
    assert Act.objects.count() == 1


def test_a_report_that_says_something_else_corrects_and_keeps_the_old_version(system, county):
    from django.db import connection

    receive(system, [report(county, class_code="suspected")])
    [again] = receive(system, [report(county, class_code="confirmed")])
    assert again.kind == "updated"
    assert Case.objects.get().classification == "confirmed"
    with connection.cursor() as cursor:
        cursor.execute("SELECT classification FROM cases_case_history")
        assert cursor.fetchall() == [("suspected",)]


def test_what_is_not_told_again_is_not_wiped(system, county):
    receive(system, [report(county, onset_on=date(2020, 2, 1))])
    receive(system, [report(county, onset_on=None)])
    assert Case.objects.get().onset_on == date(2020, 2, 1)


def test_out_of_area_is_refused_like_a_place_that_does_not_exist(county):
    scope = county.user("cdc", "990001101")
    inside, outside = receive(scope, [report(county, "1"), report(county, "2", area="990001102201-1")])
    assert inside.kind == "new"
    assert (outside.kind, outside.problems[0].code) == ("rejected", "not-found-or-out-of-area")


def test_links_are_made_by_number_and_dangling_ones_are_told(system, county):
    receive(system, [report(county, "1"), report(county, "2")])
    outcomes = link(system, [StatedLink("county", "2", "1"), StatedLink("county", "2", "77"), StatedLink("county", "1", "1"), StatedLink("county", "2", "1")])
    assert [(o.kind, [p.code for p in o.problems]) for o in outcomes] == [("new", []), ("rejected", ["link-dangling"]), ("rejected", ["link-circular"]), ("new", [])]
    assert Link.objects.count() == 1
    assert link(system, [StatedLink("county", "2", "1")])[0].kind == "identical"


def test_a_batch_needs_a_bounded_number_of_statements(system, county, django_assert_max_num_queries):
    with django_assert_max_num_queries(40):
        receive(system, [report(county, str(n), name=f"张{n}") for n in range(300)])
    assert Case.objects.count() == 300
