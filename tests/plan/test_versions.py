"""What a run writes is what differs; what is read at a run is what a full rewrite would have left. On invented cells and rows, in PostgreSQL."""

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sizao.plan import versions
from sizao.plan.models import COUNTS, STILL, Amount, Cell, Figure, Row, Run
from sizao.plan.versions import Writing, columns

pytestmark = pytest.mark.django_db
START = datetime(2020, 6, 1, tzinfo=UTC)
NO = dict.fromkeys(COUNTS, 0)

small = st.integers(0, 2)
cells = st.dictionaries(st.tuples(small, st.sampled_from("ab"), small), small, max_size=6).map(
    lambda found: [{**NO, "enactment": e, "measure": m, "area_id": a, "met": n, "owed": n} for (e, m, a), n in found.items()]
)
amounts = st.dictionaries(st.tuples(small, st.sampled_from(["", "bed"])), small, max_size=3).map(
    lambda found: [
        {"enactment": 1, "measure": "a", "area_id": a, "unit": u, "owed": 1, "short": 0, "have": Decimal(f"{n}.000"), "filled": Decimal(f"{n}.000"), "need": Decimal("9.000")}
        for (a, u), n in found.items()
    ]
)
figures = st.dictionaries(st.tuples(small, st.sampled_from([None, date(2020, 6, 1), date(2020, 6, 2)])), small, max_size=4).map(
    lambda found: [
        {"enactment": 1, "measure": "a", "area_id": a, "day": d, "name": "share", "n": 1, "value": n / 3, "moment": None} for (a, d), n in found.items()
    ]
)
#: Of one occasion there may be two rows, and two that are alike.
rows = st.lists(st.tuples(small, small, st.sampled_from(["open", "met"]), st.booleans()), max_size=6).map(
    lambda found: [
        {"enactment": 1, "measure": "a", "subject": UUID(int=s), "person": None, "occasion": o, "opens": None, "due": START if dated else None, "state": state}
        | {"reason": None, "area_id": None, "post": None, "doable": False, "told_late": False, "done_at": None, "have": None, "need": None, "unit": None, "seen": None, "raised": 0}
        for s, o, state, dated in found
    ]
)
left = st.fixed_dictionaries({Cell: cells, Amount: amounts, Figure: figures, Row: rows})
#: What is left, how: "line", "some" (the writer says what differs), "alone", "late" (begun before the last of the line), or "broken" (it comes to no end).
story = st.lists(st.tuples(left, st.sampled_from(["line", "line", "some", "some", "alone", "late", "broken"])), min_size=2, max_size=9)


class Broken(Exception):
    pass


def put(writing, table, names, found):
    if found:
        marks = f"({', '.join(['%s'] * len(names))})"
        writing.cursor.execute(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES {', '.join([marks] * len(found))}", [row[name] for row in found for name in names]
        )


def write(number, found, how, last):
    """One run; `last`: what the one before in the line left."""
    run = Run(pk=number, as_of=START, known_at=START, started_at=START + timedelta(hours=7 * number), zone="", standing=how != "alone")
    with transaction.atomic(), connection.cursor() as cursor:
        writing = Writing(cursor, run)
        run.save(force_insert=True)
        some = how == "some" and writing.before is not None
        for model, rows in found.items():
            sent = rows
            if some and model in (Cell, Row):
                names = ("enactment", "measure", "area_id") if model is Cell else ("enactment", "measure", "subject", "occasion")
                key = lambda row, names=names: tuple(row[name] for name in names)  # noqa: E731
                was, now = ({k: sorted(map(repr, g)) for k, g in itertools.groupby(sorted(x, key=lambda r: str(key(r))), key)} for x in (last[model], rows))
                differ = {k for k in was.keys() | now.keys() if was.get(k) != now.get(k)}
                put(writing, writing.gone(model), [f"k{i}" for i in range(len(names))], [{f"k{i}": v for i, v in enumerate(k)} for k in differ])
                sent = [row for row in rows if key(row) in differ]
            put(writing, writing.now(model), columns(model), sent)
        writing.settle()
        if how == "broken":
            raise Broken
    return run


def seen(run):
    return {model: sorted(map(repr, model.objects.at(run).values(*columns(model)))) for model in (Cell, Amount, Figure, Row)}


def wanted(found):
    return {model: sorted(repr({name: row[name] for name in columns(model)}) for row in rows) for model, rows in found.items()}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=story, runs=st.integers(1, 3), kept=st.integers(1, 2))
def test_every_kept_run_reads_as_if_it_had_been_written_whole(db, story, runs, kept):
    with transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(versions, "RUNS_KEPT", runs)
        patch.setattr(versions, "ROWS_KEPT", kept)
        said, last = {}, {model: [] for model in (Cell, Amount, Figure, Row)}
        for i, (found, how) in enumerate(story):
            number = 10 * i + 100 - (15 if how == "late" else 0)
            try:
                made = write(number, found, how, last)
            except Broken:
                continue
            said[number] = wanted(found)
            last = found if made.standing else last
            versions.forget()
            there = list(Run.objects.all())
            for run in there:
                told = seen(run)
                assert {m: told[m] for m in (Cell, Amount, Figure)} == {m: said[run.pk][m] for m in (Cell, Amount, Figure)}, (run.pk, how)
                assert told[Row] == said[run.pk][Row] or not run.rows_kept, (run.pk, how)
            for model in said[number]:
                read = {pk for run in there if model is not Row or run.rows_kept for pk in model.objects.at(run).values_list("pk", flat=True)}
                assert model.objects.exclude(pk__in=read).count() == 0, "nothing is kept that no run sees"
        transaction.set_rollback(True)


def test_what_does_not_change_is_written_once_and_read_at_every_run(db):
    found = {Cell: [{**NO, "enactment": 1, "measure": "a", "area_id": i, "met": i} for i in range(5)], Amount: [], Figure: [], Row: []}
    first = write(1, found, "line", None)
    changed = {**found, Cell: [{**row, "met": 9} if row["area_id"] == 3 else row for row in found[Cell]]}
    second = write(2, changed, "line", None)
    assert Cell.objects.count() == 6
    assert [Cell.objects.at(run).get(area=3).met for run in (first, second)] == [3, 9]
    assert Cell.objects.filter(until=STILL).count() == 5


def test_a_run_that_comes_too_late_for_the_line_stands_alone(db):
    nothing = {model: [] for model in (Cell, Amount, Figure, Row)}
    newer = write(7, {**nothing, Cell: [{**NO, "enactment": 1, "measure": "a", "area_id": 1, "met": 7}]}, "line", None)
    late = write(6, {**nothing, Cell: [{**NO, "enactment": 1, "measure": "a", "area_id": 1, "met": 6}]}, "line", None)
    assert (newer.standing, late.standing, Run.objects.get(pk=6).standing) == (True, False, False)
    assert (Cell.objects.at(newer).get().met, Cell.objects.at(late).get().met) == (7, 6)
