"""A county with a laboratory: tubes to be sealed, carried, run and told."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest


def at(day, hour=0.0):
    """A local time of June 2020 as an instant."""
    return datetime(2020, 6, day, tzinfo=UTC) + timedelta(hours=hour - 8)


@pytest.fixture
def lab(county, system):
    """`.tube(code, n)` seals a tube with n persons; `.run(codes, …)` runs it; `.tell(code, result, …)` tells its result. Everything on 15 June 2020."""
    from sizao.kernel.outcome import Command
    from sizao.registers.laboratory import actions, custody, tubes
    from sizao.registers.laboratory.models import Laboratory
    from sizao.registers.ledgers import actions as ledgers
    from sizao.registers.population import actions as population

    grid, root = county.areas["990001101201-1"], county.root
    [unit] = ledgers.add_units(system, [ledgers.NewUnit("lab", root.pk, "县疾控实验室", at(1), "laboratory")], sender="t").values()
    made = Laboratory.objects.create(area=root, name="县疾控实验室", unit_id=unit, in_use=True, known_from=at(1), stands_from=at(1))
    people = population.add_persons(system, [population.PersonData(area_id=grid.pk, name=f"张{n}") for n in range(12)], known=[at(1)] * 12, sender="t")

    def tube(code, n=3, first=0, sealed=at(15, 9), size=None, unit=None):
        [pk] = actions.add_tubes(system, [actions.NewTube(code, grid.pk, "covid-19", sealed, size or n, code, unit, n)], sender="point").values()
        new = [actions.NewSpecimen(f"{code}-{i}", people[first + i], grid.pk, "covid-19", sealed - timedelta(minutes=5), tube=pk) for i in range(n)]
        return pk, list(actions.add_specimens(system, new, sender="point").values())

    def run(lines, number="R1", starts=at(15, 14), ends=at(15, 17), call="negative"):
        lines = [line if isinstance(line, custody.Line) else custody.Line(line, call=call) for line in lines]
        return custody.record_run(system, custody.NewRun(laboratory=made.pk, number=number, started_at=starts, ended_at=ends, instrument="ABI-1", lines=lines))

    def tell(code, result, when=at(15, 18), **more):
        return tubes.report_tubes(system, [tubes.TubeTold(code, result, when, **more)])[0]

    def capacity(n, day=15):
        told = {"unit": unit, "lab_samples_per_day": n, "period": at(day).date(), "happened_at": at(day)}
        return ledgers.save(system, "lab_capacity", [Command(told=told, source_id=f"c{day}")], sender="t")

    return SimpleNamespace(system=system, county=county, grid=grid, made=made, unit=unit, people=people, tube=tube, run=run, tell=tell, capacity=capacity)


def code(outcome):
    """The reason of a refusal, None when it was taken."""
    return outcome.problems[0].code if outcome.kind == "rejected" else None
