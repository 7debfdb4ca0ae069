"""What two people do at the same moment, each on a connection of his own: one gets it, the other is told."""

from datetime import timedelta

from sizao.flows import in_hospital
from sizao.kernel import clock
from sizao.kernel.outcome import Command
from sizao.registers.care.models import Admission, Hospital
from sizao.registers.isolation import ordering
from sizao.registers.isolation.models import Issue
from sizao.registers.ledgers import actions as ledgers


def test_the_last_bed_goes_to_one_of_two_who_admit_at_once_and_the_other_is_told(rights, two_at_once):
    since = clock.now() - timedelta(days=1)
    units = ledgers.add_units(rights.system, [ledgers.NewUnit(name, rights.grid.pk, name, since, "clinic") for name in ("近医院", "远医院")], sender="t")
    for unit in units.values():
        Hospital.objects.create(unit_id=unit, area=rights.grid, designated=True, treating=True, told_at=since, sender="t", known_from=since, stands_from=since)
        told = {"unit": unit, "bed_class": "isolation", "open_staffed": 1, "beds_occupied": 0}
        assert ledgers.save(rights.system, "beds", [Command(told=told, source_id=str(unit))], sender="t")[0].problems == ()
    near = units["近医院"]

    def admit(n):
        return lambda: in_hospital.admit(rights.cdc, rights.people[n], near, disease="covid-19", bed_class="isolation").pk

    first, second = two_at_once(admit(1), admit(2))
    assert second == "bed-taken" and Admission.objects.get(unit=near).pk == first
    rescued = two_at_once(lambda: "nothing", lambda: in_hospital.admit(rights.cdc, rights.people[2], near, disease="covid-19", bed_class="isolation", emergency=True).pk)[1]
    assert Admission.objects.get(pk=rescued).emergency  # an emergency is never the one who is told


def test_of_two_units_that_agree_at_once_one_has_agreed_and_the_other_is_told(rights, two_at_once):
    [waits] = rights.issue(3, scope=rights.county.user("commander"))
    issue = Issue.objects.get(orders=waits.record)
    other = rights.county.user("health")
    first, second = two_at_once(lambda: ordering.second(rights.health, issue.pk).pk, lambda: ordering.second(other, issue.pk).pk)
    assert (first, second) == (issue.pk, "restriction-unchangeable")
    issue.refresh_from_db()
    assert issue.second_user == rights.health.user


def test_who_refuses_while_another_agrees_comes_too_late_and_the_other_way_round(rights, two_at_once):
    for n, agree in ((4, True), (5, False)):
        [waits] = rights.issue(n, scope=rights.county.user("commander"))
        issue = Issue.objects.get(orders=waits.record)
        other = rights.county.user("health")
        first, second = two_at_once(
            lambda issue=issue, agree=agree: ordering.second(rights.health, issue.pk, agree=agree).pk,
            lambda issue=issue, agree=agree, other=other: ordering.second(other, issue.pk, agree=not agree).pk,
        )
        issue.refresh_from_db()
        assert first == issue.pk
        assert (issue.seconded_at is not None) == (agree and second == "restriction-unchangeable") or (agree and issue.refused_at is not None)
