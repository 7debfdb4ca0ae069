"""A refresh leaves the mirror equal to PostgreSQL at one moment, whoever wrote what when, and copies again only what it must."""

import threading
import time
from datetime import UTC, datetime

import pytest
from django.db import transaction
from mirror_equal import at, differences

from sizao.kernel.acts import NewAct, record
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.kernel.models import Batch, Kept
from sizao.kernel.scope import Scope
from sizao.plan.facts import vocabulary
from sizao.plan.mirror.mirror import Mirror
from sizao.registers.cases.models import Case, Contact
from sizao.registers.command.actions import Grading, grade_areas
from sizao.registers.population.models import Person

GRID = "990001101201-1"


def person(county, **more):
    return Person.objects.create(area=county.areas[GRID], name="王小明", known_from=at(1), stands_from=at(1), **more)


def contact(county, who=None, **more):
    fields = {
        "disease": "covid-19",
        "classification": "close",
        "last_exposure_on": at(2).date(),
        "known_from": at(2),
        "stands_from": at(2),
    } | more
    return Contact.objects.create(person=who or person(county), area=county.areas[GRID], **fields)


def count(mirror, table="fact_contact"):
    return mirror.query(f"SELECT count(*) FROM {table}")[0][0]


def test_the_first_refresh_copies_everything_and_the_next_what_changed(mirror, county):
    contact(county)
    first = mirror.refresh()
    assert set(first.whole) == {*vocabulary().tables, "area_fact", "act"}
    contact(county)
    second = mirror.refresh()
    assert second.whole == {}
    assert (second.rows["fact_person"], second.rows["fact_contact"]) == (1, 1)
    assert mirror.refresh().rows == {}
    assert differences(mirror) == {}


def test_no_name_nor_identifier_enters_the_mirror(mirror, county, tmp_path):
    contact(county, person(county, occupation="渔夫", source_id="S-77"))
    with transaction.atomic():
        grade_areas(
            Scope.system("t"), [Grading(county.root.pk, "population", "约五十万", at(1), basis="县发八号", number=500_000)], sender="t"
        )
    mirror.refresh()
    mirror.duck.execute("CHECKPOINT")
    held = (tmp_path / "mirror" / "mirror.duckdb").read_bytes()
    assert not [word for word in ("王小明", "渔夫", "S-77", "青禾县", "约五十万", "县发八号") if word.encode() in held]


def test_a_transaction_that_began_early_and_commits_late_is_not_lost(mirror, county, apart):
    mirror.refresh()
    slow, who = apart(), person(county)
    key = uuid7()
    slow.execute(
        "INSERT INTO cases_contact (id, person_id, area_id, disease, sender, source_id, known_from, stands_from, status) "
        "VALUES (%s, %s, %s, 'covid-19', '', '', now(), now(), '')",
        [key, who.pk, who.area_id],
    )
    for _ in range(3):  # others come later and are done sooner
        contact(county)
        mirror.refresh()
    before = count(mirror)
    assert differences(mirror) == {}
    slow.commit()
    mirror.refresh()
    assert count(mirror) == before + 1
    assert differences(mirror) == {}


def test_what_is_rolled_back_never_was_and_a_savepoint_counts_with_its_whole(mirror, county, apart):
    who = person(county)
    mirror.refresh()
    before = count(mirror, "fact_person")
    undone, kept = apart(), apart()
    undone.execute("UPDATE population_person SET sex = '1' WHERE id = %s", [who.pk])
    undone.rollback()
    kept.execute("SAVEPOINT a")
    kept.execute("UPDATE population_person SET sex = '1' WHERE id = %s", [who.pk])
    kept.execute("ROLLBACK TO SAVEPOINT a")
    kept.execute("SAVEPOINT b")
    kept.execute("UPDATE population_person SET sex = '2' WHERE id = %s", [who.pk])
    kept.execute("RELEASE SAVEPOINT b")
    mirror.refresh()
    kept.commit()
    mirror.refresh()
    assert count(mirror, "fact_person") == before
    assert differences(mirror) == {}
    assert ("2",) in mirror.query("SELECT sex FROM fact_person")


def test_many_writers_and_a_refreshing_reader_end_equal(mirror, county, apart):
    subjects = [contact(county).pk for _ in range(20)]
    who = Contact.objects.get(pk=subjects[0]).person_id
    ready, middle, after = (threading.Barrier(7, timeout=60) for _ in range(3))

    def write(connection, seed):
        ready.wait()
        for i in range(40):
            key = subjects[(i * 7 + seed) % len(subjects)]
            connection.execute(
                "INSERT INTO kernel_act (id, kind, subject, person, happened_at) VALUES (%s, 'attempt', %s, %s, now())", [uuid7(), key, who]
            )
            if i == 20:  # all have written and none has committed, while the reader refreshes
                middle.wait()
                after.wait()
            connection.execute(
                "UPDATE cases_contact SET classification = %s WHERE id = %s", [("close", "general", "secondary")[(i + seed) % 3], key]
            )
            time.sleep(0.002 * (seed % 3))
            (connection.rollback if (i + seed) % 5 == 0 else connection.commit)()

    threads = [threading.Thread(target=write, args=(apart(), n)) for n in range(6)]
    for thread in threads:
        thread.start()
    ready.wait()
    mirror.refresh()
    middle.wait()
    mirror.refresh()
    between = count(mirror, "act")
    after.wait()
    while any(thread.is_alive() for thread in threads):
        mirror.refresh()
    for thread in threads:
        thread.join()
    mirror.refresh()
    assert count(mirror, "act") > between, "what was open then has come since"
    assert differences(mirror) == {}
    assert mirror.refresh(check=True).differ == []


def test_deleted_rows_leave_and_their_versions_stay(mirror, county):
    gone = contact(county)
    Contact.objects.filter(pk=gone.pk).update(classification="general", stands_from=at(4))
    mirror.refresh()
    before = count(mirror)
    gone.delete()
    done = mirror.refresh()
    assert (count(mirror), done.gone) == (before - 1, 1)
    assert differences(mirror) == {}


def test_rows_of_an_open_batch_wait_and_those_of_an_undone_one_go(mirror, county):
    batch = Batch.objects.create(sender="county")
    new = contact(county, batch=batch)
    record_act(county, new, batch=batch.pk)
    mirror.refresh()

    def seen():
        sql = mirror.relations("Asia/Shanghai").facts["contact"]
        return mirror.query(f"SELECT count(*) FROM ({sql}) x JOIN subject s ON s.n = x.id WHERE s.id = '{new.pk}'")[0][0]

    assert (seen(), differences(mirror)) == (0, {})
    Batch.objects.filter(pk=batch.pk).update(closed_at=at(3))
    assert mirror.refresh().rows == {"batch": Batch.objects.count()}
    assert (seen(), differences(mirror)) == (1, {})
    Batch.objects.filter(pk=batch.pk).update(undone_at=at(4))
    mirror.refresh()
    assert (seen(), differences(mirror)) == (0, {})


def record_act(county, about, batch=None, **more):
    from sizao.kernel.scope import Scope

    return record(
        Scope.system("test"),
        [NewAct(about and "isolation.daily_check", about.pk, at(3), about.person_id, **({"outcome": "ok"} | more))],
        batch=batch,
    )[0]


def test_an_act_taken_back_or_corrected_is_no_evidence(mirror, county):
    about = contact(county)
    first = record_act(county, about)
    mirror.refresh()
    record_act(county, about, outcome="symptoms", replaces=first)
    mirror.refresh()
    assert differences(mirror) == {}
    record_act(county, about, outcome="void", replaces=first)
    record_act(county, about, replaces=uuid7())
    mirror.refresh()
    assert differences(mirror) == {}


def test_posts_areas_and_what_is_kept_follow(mirror, county):
    mirror.refresh()
    county.user("community", GRID)
    Kept.objects.create(act_kind=f"test.{uuid7()}", area=county.root, since=at(1), basis="test")
    assert set(mirror.refresh().rows) == {"post", "kept"}
    assert differences(mirror) == {}


def test_a_new_column_of_the_facts_copies_that_table_again(mirror, county, db):
    import dataclasses

    from sizao.kernel.facts import FactsColumn
    from sizao.plan.language import Vocabulary

    contact(county)
    mirror.refresh()
    v = mirror.vocabulary
    more = FactsColumn("born", "int", "birth_year", "出生年", "year of birth")
    tables = [dataclasses.replace(t, columns=(*t.columns, more)) if t.name == "person" else t for t in v.tables.values()]
    mirror.vocabulary = (
        dataclasses.replace(v, tables={t.name: t for t in tables})
        if dataclasses.is_dataclass(v)
        else Vocabulary.of(tables, v.acts.values())
    )
    assert mirror.refresh().whole == {"person": "columns"}
    assert mirror.query("SELECT count(born) FROM fact_person") == [(0,)]


def test_free_text_is_refused(mirror):
    import dataclasses

    from sizao.kernel.facts import FactsColumn

    t = dataclasses.replace(mirror.vocabulary.tables["person"], columns=(FactsColumn("name", "text", "name", "姓名", "name"),))
    mirror.vocabulary = dataclasses.replace(mirror.vocabulary, tables={"person": t})
    with pytest.raises(Refused, match="mirror-free-text"):
        mirror.refresh()


def test_a_database_put_back_or_another_one_is_copied_whole(mirror, county, owner):
    contact(county)
    mirror.refresh()
    owner.execute("DELETE FROM plan_mirror_ticket")
    assert set(mirror.refresh().whole.values()) == {"the database was put back"}
    mirror.state.low += 10**9
    assert set(mirror.refresh().whole.values()) == {"transaction numbers went back"}
    mirror.state.place = "1/2"
    assert set(mirror.refresh().whole.values()) == {"another database"}
    assert mirror.refresh().whole == {}
    assert differences(mirror) == {}


def test_rows_that_came_from_another_cluster_are_there_after_the_whole_copy(mirror, county, owner):
    """A restored dump brings transaction numbers that this cluster has not reached."""
    who = contact(county)
    owner.execute("ALTER TABLE cases_contact DISABLE TRIGGER version")
    owner.execute("UPDATE cases_contact SET change_xid = '99999999999' WHERE id = %s", [who.pk])
    owner.execute("ALTER TABLE cases_contact ENABLE TRIGGER version")
    mirror.refresh(whole=True)
    assert mirror.refresh().rows == {}
    Contact.objects.filter(pk=who.pk).update(classification="general")
    assert mirror.refresh().rows["fact_contact"] == 1
    assert differences(mirror) == {}


def test_a_check_finds_what_was_changed_behind_the_trigger_and_mends_it(mirror, county, owner):
    who = contact(county)
    mirror.refresh()
    owner.execute("ALTER TABLE cases_contact DISABLE TRIGGER version")
    owner.execute("UPDATE cases_contact SET last_exposure_on = '2020-06-09' WHERE id = %s", [who.pk])
    owner.execute("ALTER TABLE cases_contact ENABLE TRIGGER version")
    mirror.refresh()
    assert differences(mirror) != {}
    assert mirror.refresh(check=True).differ == ["fact_contact"]
    assert differences(mirror) == {}
    assert mirror.refresh(check=True).differ == []


def test_a_truncated_table_is_copied_whole(mirror, county, owner):
    mirror.refresh()
    owner.execute("TRUNCATE cases_link, cases_investigation, cases_contact, cases_case CASCADE")
    assert mirror.refresh().whole == dict.fromkeys(("case", "case_card", "contact", "course", "signal"), "storage")
    assert (count(mirror, "fact_case"), count(mirror)) == (0, 0)


def test_the_registers_as_they_were_known_earlier(mirror, county):
    moments = []
    about = contact(county)
    for i, what in enumerate(("general", "secondary", "close")):
        Contact.objects.filter(pk=about.pk).update(classification=what, stands_from=at(3 + i))
        record_act(county, about)
        moments.append(datetime.now(UTC))
    mirror.refresh()
    for known_at in [*moments, datetime(2020, 6, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)]:
        assert differences(mirror, known_at) == {}


def test_a_folder_of_parquet_holds_every_table(mirror, county, tmp_path):
    contact(county)
    mirror.refresh()
    rows = mirror.snapshot(tmp_path / "out")
    assert rows["fact_contact"] == Contact.objects.count()
    assert mirror.query(f"SELECT count(*) FROM read_parquet('{tmp_path}/out/fact_contact.parquet')") == [(rows["fact_contact"],)]
    with pytest.raises(Refused, match="mirror-target-exists"):
        mirror.snapshot(tmp_path / "out")


def test_a_second_comer_is_refused_until_the_first_has_gone(mirror, tmp_path):
    with pytest.raises(Refused, match="mirror-owned"):
        Mirror.open(tmp_path / "mirror")
    mirror.close()
    Mirror.open(tmp_path / "mirror").close()


def test_nothing_can_be_asked_of_an_empty_mirror(mirror):
    with pytest.raises(Refused, match="mirror-empty"):
        mirror.relations("Asia/Shanghai")


def test_a_file_that_cannot_be_read_is_laid_aside_and_made_again(mirror, county, tmp_path):
    contact(county)
    mirror.refresh()
    mirror.close()
    (tmp_path / "mirror" / "mirror.duckdb").write_bytes(b"nonsense" * 4096)
    with Mirror.open(tmp_path / "mirror") as again:
        assert set(again.refresh().whole.values()) == {"new"}
        assert differences(again) == {}
    assert (tmp_path / "mirror" / "mirror.duckdb.broken").exists()


def test_cases_too(mirror, county):
    who = person(county)
    case = Case.objects.create(
        person=who, area=who.area, disease="covid-19", classification="suspected", known_from=at(1), stands_from=at(1), reported_at=at(1, 5)
    )
    mirror.refresh()
    Case.objects.filter(pk=case.pk).update(classification="confirmed", confirmed_at=at(2), stands_from=at(2))
    mirror.refresh()
    assert differences(mirror) == {}


def test_changes_are_found_by_an_index(mirror, owner):
    """Else a refresh would read every table whole, each minute."""
    relations = {f.table.relation for f in mirror.layout.facts.values()}
    wanted = {"ledgers_entry" if r.startswith("ledger_") else r for r in relations} | {
        "kernel_act",
        "kernel_tombstone",
    }  # ledgers are views of one table
    found = owner.execute("SELECT tablename FROM pg_indexes WHERE indexdef LIKE '%(change_xid)'").fetchall()
    assert wanted <= {name for (name,) in found}
