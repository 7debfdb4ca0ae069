"""Symptoms, signals and cards go through their steps; tubes, retests and corrections say no more than is known."""

from datetime import UTC, datetime, timedelta

import pytest

from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Act
from sizao.kernel.outcome import Command
from sizao.registers.laboratory import actions as laboratory
from sizao.registers.laboratory import custody, tubes
from sizao.registers.laboratory import read as lab_read
from sizao.registers.laboratory.actions import NewSpecimen, NewTube
from sizao.registers.laboratory.models import Laboratory, Result, Specimen
from sizao.registers.ledgers import actions as ledgers
from sizao.registers.ledgers.actions import NewUnit
from sizao.registers.population.models import Person
from sizao.registers.surveillance import actions as surveillance
from sizao.registers.surveillance import read
from sizao.registers.surveillance.actions import NewSignal
from sizao.registers.surveillance.models import CaseCard, Signal, SymptomLine

pytestmark = pytest.mark.django_db


def at(day, hour=0):
    """A local time of June 2020 as an instant."""
    return datetime(2020, 6, day, tzinfo=UTC) + timedelta(hours=hour - 8)


def person(area):
    return Person.objects.create(area=area, known_from=at(1), stands_from=at(1))


@pytest.fixture
def grid(county):
    return county.areas["990001101201-1"]


def kinds(record):
    return list(Act.objects.filter(record=record).order_by("recorded_at", "happened_at").values_list("kind", "outcome"))


def test_a_symptom_line_stays_open_until_an_outcome_closes_it(grid, system):
    [unit] = ledgers.add_units(system, [NewUnit("p", grid.pk, "药店", at(1), "pharmacy")], sender="t").values()
    told = {"person": person(grid).pk, "area": grid.pk, "channel": "pharmacy", "found_at": at(15, 9), "found_unit": unit, "symptoms": ["fever"]}
    with clock.frozen(at(16)):
        [made] = surveillance.save_lines(system, [Command(told=told, source_id="1")], sender="t")
        surveillance.save_lines(system, [Command(told={"referred_at": at(15, 10)}, record=made.record)], sender="t")
        [wrong] = surveillance.save_lines(system, [Command(told={"arrived_at": at(15, 9)}, record=made.record)], sender="t")
        [closed] = surveillance.save_lines(system, [Command(told={"outcome": "other_illness"}, record=made.record)], sender="t")
    assert (made.kind, wrong.problems[0].code, closed.kind) == ("new", "contradicts-itself", "updated")
    assert kinds(made.record) == [("symptom.found", "pharmacy"), ("symptom.referred", None), ("symptom.closed", "other_illness")]
    assert SymptomLine.objects.get().closed_at == at(16)
    assert read.found_by([unit], at(15), at(16)) == {unit: 1}
    assert read.found_by([unit], at(15, 9), at(16)) == {}  # after the last cut-off, not at it


def test_a_signal_is_raised_once_and_a_judgement_is_not_lost_to_the_machine_that_raises_it_again(grid, system):
    signal = NewSignal("count/2020-06-15", grid.pk, "count", at(15), "covid-19", observed=9, expected=2.5)
    [made] = surveillance.raise_signals(system, [signal], sender="watch")
    surveillance.save_signals(system, [Command(told={"judgement": "false", "why": "补报"}, record=made.record)], sender="t")
    assert surveillance.raise_signals(system, [signal], sender="watch")[0].kind == "identical"
    assert [k for k, _ in kinds(made.record)] == ["signal.raised", "signal.judged"]
    assert Signal.objects.get().judgement == "false"


def test_a_card_is_received_and_returned_with_its_acts(grid, system):
    told = {"disease": "covid-19", "area": grid.pk, "received_at": at(15)}
    [made] = surveillance.save_cards(system, [Command(told=told, source_id="K-1")], sender="hospital")
    assert surveillance.save_cards(system, [Command(told=told, source_id="K-1")], sender="hospital")[0].kind == "identical"
    surveillance.save_cards(system, [Command(told={"outcome": "returned", "returned_for": "缺诊断时间"}, record=made.record)], sender="t")
    assert kinds(made.record) == [("card.received", None), ("card.reviewed", "returned")]
    assert CaseCard.objects.get().reviewed_at is not None


def pooled(grid, system, n=3):
    people = [person(grid) for _ in range(n)]
    [tube] = laboratory.add_tubes(system, [NewTube("T1", grid.pk, "covid-19", at(15, 9), size=n)], sender="t").values()
    made = laboratory.add_specimens(system, [NewSpecimen(str(i), p.pk, grid.pk, "covid-19", at(15, 8), tube=tube) for i, p in enumerate(people)], sender="t")
    return people, tube, made


def told(grid, system, result):
    """The tube's result, after a run that lists it; (what became of it, samples cleared, samples to be taken again)."""
    lab, _ = Laboratory.objects.get_or_create(area=grid, name="L", defaults={"known_from": at(1), "stands_from": at(1)})
    custody.record_run(system, custody.NewRun(laboratory=lab.pk, number="R", started_at=at(15, 12), ended_at=at(15, 19), lines=[custody.Line("T1", call=result)]))
    [outcome] = tubes.report_tubes(system, [tubes.TubeTold("T1", result, at(15, 20))])
    return outcome.kind, Act.objects.filter(kind="lab.resulted", outcome="negative").count(), Act.objects.filter(kind="lab.retest_asked").count()


def test_a_negative_tube_clears_everybody_in_it(grid, system):
    _, _, made = pooled(grid, system)
    assert told(grid, system, "negative") == ("new", 3, 0)
    assert told(grid, system, "negative") == ("identical", 3, 0)
    assert set(Specimen.objects.filter(pk__in=made.values()).values_list("result", flat=True)) == {"negative"}
    assert Act.objects.filter(kind="lab.resulted", outcome="negative").count() == 3


def test_nobody_is_positive_because_of_a_neighbour_in_the_tube(grid, system):
    people, _, made = pooled(grid, system)
    assert told(grid, system, "positive") == ("new", 0, 3)
    assert not Act.objects.filter(kind="lab.resulted").exists()
    retests = [NewSpecimen(f"r{i}", p.pk, grid.pk, "covid-19", at(16, 8), retest_of=made[str(i)]) for i, p in enumerate(people)]
    again = laboratory.add_specimens(system, retests, sender="t")
    laboratory.tell_results(system, {again["r0"]: ("positive", at(16, 20)), again["r1"]: ("negative", at(16, 20)), again["r2"]: ("invalid", at(16, 20))})
    found = {s.source_id: s.result for s in Specimen.objects.filter(pk__in=made.values())}
    assert found == {"0": "positive", "1": "negative", "2": None}  # what the retest could not tell stays untold
    assert Act.objects.filter(kind="lab.resulted").count() == 3  # one a retest: a result is told once


def test_a_full_tube_takes_no_more(grid, system):
    _, tube, _ = pooled(grid, system, 2)
    with pytest.raises(Refused, match="tube-full"):
        laboratory.add_specimens(system, [NewSpecimen("x", person(grid).pk, grid.pk, "covid-19", at(15, 8), tube=tube)], sender="t")


def test_a_correction_replaces_and_keeps_both(grid, system):
    [sample] = laboratory.add_specimens(system, [NewSpecimen("a", person(grid).pk, grid.pk, "covid-19", at(15, 8))], sender="t").values()
    laboratory.tell_results(system, {sample: ("positive", at(15, 20))})
    with pytest.raises(Refused, match="result-told"):
        laboratory.tell_results(system, {sample: ("negative", at(15, 21))})
    with pytest.raises(Refused, match="value-missing"):
        laboratory.correct_result(system, sample, "negative", at(15, 22), " ")
    laboratory.correct_result(system, sample, "negative", at(15, 22), "样本编号录错")
    first, second = lab_read.results_of(system, sample)
    assert (first.result, second.result, second.corrects_id) == ("positive", "negative", first.pk)
    acts = list(Act.objects.filter(kind="lab.resulted").order_by("recorded_at", "id"))
    assert (acts[1].replaces, acts[1].outcome) == (acts[0].pk, "negative")
    assert Specimen.objects.get().result == "negative"


def test_a_sample_of_a_surface_has_no_person_and_one_of_a_person_has_one(grid, system):
    from django.db import IntegrityError, transaction

    laboratory.add_specimens(system, [NewSpecimen("s", None, grid.pk, "covid-19", at(15), sample_of="surface", site="案板")], sender="t")
    for n, (who, of) in enumerate(((None, "person"), (person(grid).pk, "animal"))):
        with pytest.raises(IntegrityError), transaction.atomic():
            laboratory.add_specimens(system, [NewSpecimen(f"b{n}", who, grid.pk, "covid-19", at(15), sample_of=of)], sender="t")
    assert Result.objects.count() == 0
