"""The standing run on settled cells: its numbers and lists are those of a run that evaluates everything, turn after turn."""

from datetime import timedelta

import pytest
from mirror_equal import at
from test_mirror_engine import Life, beside, cells, folder, town  # noqa: F401 - fixtures

from sizao.kernel import areas
from sizao.kernel.models import Enactment
from sizao.kernel.scope import Scope
from sizao.plan import read, run
from sizao.plan.models import STILL, Amount, Cell, Figure, Row, Run
from sizao.plan.settled import daily

FIELDS = [f.attname for f in Row._meta.concrete_fields if f.attname not in ("id", "run_id", "until")]


def lists(made):
    """(measure, list) → its rows."""
    found: dict = {}
    for row in Row.objects.at(made).values(*FIELDS):
        state = row["state"] if row["state"] != "overdue" else "missing" if row["doable"] else "missed"
        found.setdefault((row["measure"], state), []).append(tuple(str(row[name]) for name in FIELDS))
    return {key: sorted(rows) for key, rows in found.items()}


@pytest.fixture
def cycles(settling, monkeypatch):
    """What each cycle did."""
    done, real = [], daily.cycle_after
    monkeypatch.setattr(daily, "cycle_after", lambda *a, **k: done.append(real(*a, **k)) or done[-1])
    return done


def put_back(made):
    """PostgreSQL as it was before its last run; the mirror's own marks are not asked."""
    for model in (Cell, Row, Amount, Figure):
        model.objects.filter(run=made).delete()
        model.objects.filter(until=made.pk).update(until=STILL)
    Run.objects.filter(pk=made.pk).delete()


#: What comes between two standing runs of the mirror: nothing, one that PostgreSQL evaluates, one that ends before the mirror remembers it, one that is lost
#: with the database put back, and the end of the edition with another shape of the tree.
BETWEEN = {60: ("nothing", "nothing", "postgres"), 61: ("killed", "put back", "ended")}


@pytest.mark.parametrize("seed", BETWEEN)
def test_numbers_and_lists_are_those_of_a_whole_run(town, system, folder, cycles, monkeypatch, seed):  # noqa: F811
    life, as_of, left, said = Life(town, system, seed), at(14, 9), 0, {}
    life.live(30)
    for turn, between in enumerate(BETWEEN[seed]):
        here = run.evaluate_all(as_of, engine="duckdb")
        there = run.evaluate_all(as_of, here.known_at, standing=False, engine="postgres")
        assert [c for c in cells(here) if any(c[3:])] == [c for c in cells(there) if any(c[3:])], (seed, turn)
        assert beside(here) == beside(there) != [], (seed, turn)
        ours, whole = lists(here), lists(there)
        for key, rows in whole.items():
            name = " ".join(key)
            assert ours.pop(key, None) == rows if name not in here.unlisted_rows else here.unlisted_rows[name] == len(rows), (seed, turn, key)
            left += name in here.unlisted_rows
        assert ours == {}, "no list of which there is no number"
        said[here.pk] = cells(here), beside(here), lists(here)
        life.live(15)
        as_of += timedelta(hours=[0, 20, 30][turn % 3])
        if between == "postgres":
            other = run.evaluate_all(as_of, engine="postgres")
            said[other.pk] = cells(other), beside(other), lists(other)
        elif between == "killed":
            with monkeypatch.context() as patch:
                patch.setattr(daily.Daily, "remember", lambda self: 1 // 0)
                with pytest.raises(ZeroDivisionError):
                    run.evaluate_all(as_of, engine="duckdb")
        elif between == "put back":
            put_back(run.evaluate_all(as_of, engine="duckdb"))
        elif between == "ended":
            Enactment.objects.update(ends_at=as_of - timedelta(hours=3))
            areas.grow([areas.NewArea("990001101201", "1-1村", "village", "990001102")])
    last = run.evaluate_all(as_of, engine="duckdb")
    whole = run.evaluate_all(as_of, last.known_at, standing=False, engine="postgres")
    Enactment.objects.update(ends_at=None)  # of the tests that follow
    assert [c for c in cells(last) if any(c[3:])] == [c for c in cells(whole) if any(c[3:])], "after all that"
    for made in Run.objects.filter(pk__in=said):
        kept, amounts, rows = said[made.pk]
        assert (cells(made), beside(made)) == (kept, amounts) and (lists(made) == rows or not made.rows_kept), "as it was written, for as long as it is kept"
    assert left, "something was settled"
    assert sum(sum(c.touched.values()) for c in cycles[1:]), "something settled was looked at again"
    assert all(set(c.whole) < {*c.whole, *c.touched} for c in cycles[1:3]), "not everything was evaluated whole"


def test_what_did_not_change_is_not_written_again(town, system, folder):  # noqa: F811
    life = Life(town, system, 66)
    life.live(30)
    run.evaluate_all(at(18, 9), engine="duckdb")
    life.check()
    here = run.evaluate_all(at(18, 9), engine="duckdb")
    assert Row.objects.filter(run=here).count() < Row.objects.at(here).count() / 4
    assert Cell.objects.filter(run=here).count() < Cell.objects.at(here).count() / 4


def test_a_list_that_was_settled_is_found_again_behind_its_number(town, system, folder):  # noqa: F811
    Life(town, system, 64).live(40)
    run.evaluate_all(at(18, 9), engine="duckdb")
    run.evaluate_all(at(18, 21), engine="duckdb")
    made, scope = read.latest_run(), Scope.system("test")
    assert made is not None and made.unlisted_rows
    for name, n in made.unlisted_rows.items():
        measure, state = name.split()
        if state in read.LISTS:
            assert len(read.missing(scope, measure, town.root, state=state, limit=None, run=made).rows) == n, name
    total = read.overview(scope, town.root, run=made).total
    counted = {state: total.count(state) for state in read.BESIDE}
    assert {state: len(read.missing(scope, None, town.root, state=state, limit=None, run=made).rows) for state in read.BESIDE} == counted
    assert counted["raised"] and counted["ownerless"]


def test_another_moment_asked_beside_leaves_the_settled_alone(town, system, folder, cycles):  # noqa: F811
    life = Life(town, system, 65)
    life.live(20)
    run.evaluate_all(at(18, 9), engine="duckdb")
    run.evaluate_all(at(12, 9), standing=False, engine="postgres")
    run.evaluate_all(at(12, 9), at(18, 9), standing=False, engine="postgres")
    life.live(5)
    run.evaluate_all(at(18, 10), engine="duckdb")
    assert len(cycles) == 2 and "asked" not in cycles[1].whole.values()


def test_a_narrower_enactment_makes_the_wider_ones_measures_whole_again(town, system, folder, cycles):  # noqa: F811
    """The settled cells below it are no more the wider one's; beside one another they are those of a whole run, and each number is its list's length."""
    life = Life(town, system, 67)
    life.live(30)
    run.evaluate_all(at(18, 9), engine="duckdb")
    wide = Enactment.objects.get()
    people = {"proposed_by": wide.proposed_by, "seconded_by": wide.seconded_by, "decided_at": at(12)}
    own = Enactment.objects.create(item=wide.item, area=town.areas["990001101"], disease=wide.disease, starts_at=at(12), **people)
    try:
        life.live(5)
        for moment in (at(18, 10), at(18, 11)):
            here = run.evaluate_all(moment, engine="duckdb")
            there = run.evaluate_all(moment, here.known_at, standing=False, engine="postgres")
            assert [c for c in cells(here) if any(c[3:])] == [c for c in cells(there) if any(c[3:])]
            ours, whole = lists(here), lists(there)
            assert all(ours.get(key) == rows for key, rows in whole.items() if " ".join(key) not in here.unlisted_rows)
            life.check()
        assert set(Row.objects.at(here).values_list("enactment", flat=True)) == {wide.pk, own.pk}
    finally:
        own.delete()  # the tests that follow have the one
    again, whole = "rule, area or what is kept has changed", cycles[1].whole.items()
    assert {why for key, why in whole if key.startswith(f"{wide.pk} ")} == {again}
    assert {why for key, why in whole if not key.startswith(f"{wide.pk} ")} == {"new"}
    assert again not in cycles[2].whole.values()
