"""Settled cells on real registers: after each refresh and cycle the mirror's cells are those of a run that evaluates everything."""

from datetime import datetime, timedelta

import pytest
from mirror_equal import at
from test_mirror_engine import Life, folder, town  # noqa: F401 - fixtures

from sizao.plan import evaluation, run
from sizao.plan.duck import COUNTS, Judged
from sizao.plan.mirror.mirror import Mirror
from sizao.plan.models import Cell
from sizao.plan.settled.mirrored import cycle_after

ZONE = "Asia/Shanghai"


def judged(as_of):
    return [Judged(f"{f.enactment.pk} {f.measure.id}", f.measure, f.force(ZONE), f.enactment.area_id) for f in evaluation.in_force(as_of)]


def counted(mirror):
    """Cells without their days."""
    sums = ", ".join(f"CAST(sum({c}) AS INTEGER)" for c in COUNTS)
    found = mirror.query(f"SELECT measure, area, {sums} FROM cell GROUP BY 1, 2")
    return {(row[0], row[1]): row[2:] for row in found if any(row[2:])}


def evaluated(as_of):
    made = run.evaluate_all(as_of, standing=False, engine="postgres")
    names = ("enactment", "measure", "area_id", *COUNTS)
    return {(f"{row[0]} {row[1]}", row[2]): row[3:] for row in Cell.objects.at(made).values_list(*names) if any(row[3:])}


@pytest.mark.parametrize("seed", range(40, 43))
def test_a_cycle_after_each_refresh_counts_what_a_whole_run_counts(town, system, folder, settling, seed):  # noqa: F811
    life, as_of, again = Life(town, system, seed), at(14, 9), 0
    life.live(30)
    with Mirror.open(folder) as mirror:
        for turn in range(5):
            done = mirror.refresh(keep_before=True)
            local = datetime(2020, 6, 14, 9) + (as_of - at(14, 9))
            result = cycle_after(mirror, done, judged(as_of), local)
            assert counted(mirror) == evaluated(as_of), (seed, turn)
            again += len(result.touched)
            life.live(15)
            as_of += timedelta(hours=[0, 3, 20, 30][turn % 4])
    assert again > 0, "something was not evaluated whole"


def test_a_refresh_without_a_cycle_is_made_good(town, system, folder):  # noqa: F811
    life, local = Life(town, system, 50), datetime(2020, 6, 18, 21)
    life.live(20)
    with Mirror.open(folder) as mirror:
        cycle_after(mirror, mirror.refresh(keep_before=True), judged(at(18, 21)), local)
        life.live(10)
        mirror.refresh(keep_before=True)
        life.live(10)
        result = cycle_after(mirror, mirror.refresh(keep_before=True), judged(at(18, 21)), local)
        assert set(result.whole.values()) == {"asked"}
        assert counted(mirror) == evaluated(at(18, 21))
