"""What the database guarantees by itself: numbers, versions, tombstones, append-only acts, the one clock."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from sizao.kernel import acts, clock
from sizao.kernel.acts import NewAct
from sizao.kernel.machine import pretend
from sizao.kernel.models import Act, Batch
from sizao.kernel.register import records
from sizao.registers.population import read
from sizao.registers.population.actions import PersonData, add_persons, correct_persons
from sizao.registers.population.models import Person


def rows(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


@pytest.fixture
def person(system, county):
    [pk] = add_persons(system, [PersonData(area_id=county.root.pk, name="甲")], known=[clock.now()], sender="t")
    return pk


def test_every_change_is_numbered_and_the_old_version_kept(system, county, person):
    first = Person.objects.get(pk=person).change_no
    correct_persons(system, {person: PersonData(area_id=county.root.pk, name="乙")})
    second = Person.objects.get(pk=person).change_no
    assert second > first
    assert rows("SELECT name, change_no, ended_change FROM population_person_history WHERE id = %s", person) == [("甲", first, second)]


def test_writing_the_same_again_makes_no_version(system, county, person):
    before = Person.objects.get(pk=person).change_no
    Person.objects.get(pk=person).save()
    assert Person.objects.get(pk=person).change_no == before
    assert rows("SELECT count(*) FROM population_person_history") == [(0,)]


def test_a_deletion_leaves_a_tombstone_and_the_last_version(person):
    Person.objects.filter(pk=person).delete()
    assert rows("SELECT relation FROM kernel_tombstone WHERE id = %s", person) == [("population_person",)]
    assert rows("SELECT name FROM population_person_history WHERE id = %s", person) == [("甲",)]


@pytest.mark.parametrize("statement", ["UPDATE kernel_act SET outcome = 'x'", "DELETE FROM kernel_act", "TRUNCATE kernel_act", "UPDATE population_person_history SET name = 'x'"])
def test_the_application_can_neither_change_nor_remove_what_was_done(system, person, statement):
    acts.record(system, [NewAct("case.reported", person, clock.now())])
    with pytest.raises(DatabaseError), transaction.atomic():
        rows(statement)


@pytest.mark.parametrize("column, value", [("recorded_at", "'2020-01-01'"), ("change_no", "1"), ("change_xid", "'5'")])
@pytest.mark.parametrize("into", ["kernel_act (id, kind, subject, happened_at, {0}) SELECT gen_random_uuid(), 'x', id, now(), {1}",
                                  "cases_case (id, person_id, area_id, disease, sender, source_id, source, known_from, stands_from, {0}) SELECT id, id, area_id, '', '', '', '', now(), now(), {1}"])  # fmt: skip
def test_nobody_but_the_database_says_when_and_under_which_number_something_was_recorded(system, person, into, column, value):
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {into.format(column, value)} FROM population_person")


def test_what_a_form_writes_and_what_a_list_brings_are_numbered_and_dated_alike(system, county, person):
    one = Person.objects.create(area=county.root, known_from=clock.now(), stands_from=clock.now(), recorded_at=datetime(2020, 1, 1, tzinfo=UTC), change_no=7)
    [two] = Person.objects.bulk_create([Person(area=county.root, known_from=clock.now(), stands_from=clock.now())])
    [(listed, at), (first, then), (second, later)] = rows("SELECT change_no, recorded_at FROM population_person ORDER BY change_no")
    assert [p.pk for p in Person.objects.order_by("change_no")] == [person, one.pk, two.pk]
    assert 0 < listed < first < second and at == then == later == rows("SELECT now()")[0][0]
    assert rows("SELECT count(*) FROM population_person WHERE change_xid = pg_current_xact_id()") == [(3,)]


def test_a_demo_store_may_pretend_a_time(system, person):
    then = datetime(2020, 2, 3, 4, tzinfo=UTC)
    with pretend(then):
        acts.record(system, [NewAct("case.reported", person, then)])
    assert Act.objects.get().recorded_at == then


def test_acts_of_every_month_find_a_partition(system, person):
    base = datetime(2020, 1, 31, 23, tzinfo=UTC)
    acts.record(system, [NewAct("case.reported", person, base + timedelta(days=40 * k)) for k in range(8)] + [NewAct("case.reported", person, datetime(1899, 12, 30, tzinfo=UTC))])
    assert Act.objects.count() == 9
    assert rows("SELECT count(*) FROM kernel_act_other") == [(1,)]


def test_a_batch_is_seen_whole_or_not_at_all(system, county):
    batch = Batch.objects.create(sender="t")
    add_persons(system, [PersonData(area_id=county.root.pk, name="丙")], known=[clock.now()], sender="t", batch=batch.pk)
    assert read.persons(system).count() == 0
    batch.closed_at = clock.now()
    batch.save()
    assert read.persons(system).count() == 1
    batch.undone_at = clock.now()
    batch.save()
    assert read.persons(system).count() == 0


def test_every_record_declares_itself_in_both_languages(db):
    for model in records():
        declared = model.declaration()
        assert declared.zh
        assert declared.en
        own = {f.name for f in model._meta.fields} - {"id", "batch", "sender", "source_id", "known_from", "stands_from", "recorded_at", "change_no"}
        own = {f for f in own if not f.endswith("_index") and f != "name_keys"}
        apart = getattr(model, "APART", frozenset())  # said by each ledger's declaration, which tests/registers hold to its fields
        assert own == set(declared.fields) | apart, model
        assert not apart & set(declared.fields), model
        assert all(f.zh and f.en for f in declared.fields.values())


def test_every_record_has_its_history_table(db):
    tables = set(connection.introspection.table_names())
    assert {f"{m._meta.db_table}_history" for m in records()} <= tables



@pytest.mark.parametrize("column", ["area_id", "batch_id"])
def test_a_row_that_points_nowhere_is_refused_new_or_changed(system, county, person, column):
    told = {"area_id": county.root.pk, "batch_id": None} | {column: 10**9}
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.create(sender="t", known_from=clock.now(), stands_from=clock.now(), **told)
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.filter(pk=person).update(**{column: 10**9})
    assert Person.objects.count() == 1


@pytest.mark.parametrize("statement", ["DELETE FROM kernel_area", "DELETE FROM kernel_batch"])
def test_what_rows_point_to_stays(county, statement):
    Batch.objects.create(sender="t")
    with pytest.raises(DatabaseError), transaction.atomic():
        rows(statement)
