"""The audit trail: whatever somebody with every right in the database changes afterwards is found."""

import random
import time
from collections.abc import Callable
from types import SimpleNamespace
from uuid import uuid4

import psycopg
import pytest
from django.db import connection, connections, transaction

from sizao.kernel import audit, keys, sealed
from sizao.kernel.audit import heads, sealer
from sizao.kernel.audit.chain import EVENT_COLUMNS, START, event_hash, link
from sizao.kernel.errors import Refused

WHO = SimpleNamespace(user=SimpleNamespace(pk=7), post=SimpleNamespace(pk=3), purpose="response", reason="")


@pytest.fixture
def trail(django_db_setup, django_db_blocker, tmp_path, monkeypatch):
    """Both audit tables, empty, for this connection alone and without triggers: who tampers here is as strong as a superuser."""
    monkeypatch.setenv("SIZAO_STORE", str(tmp_path))
    monkeypatch.setenv("SIZAO_KEYS", str(tmp_path.parent / f"{tmp_path.name}.keys"))
    keys.KeyRing.new(keys.folder())
    with django_db_blocker.unblock():
        connection.close()  # whatever the tests before left of it
        for table in ("kernel_event", "kernel_seal", "kernel_person_key"):
            sql(f"CREATE TEMP TABLE {table} (LIKE public.{table} INCLUDING ALL)")
        yield tmp_path / heads.NAME
        connection.close()


def sql(text: str, *values):
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        return cursor.fetchall() if cursor.description else []


def seal_all(expected: int) -> None:
    """Seals until everything is sealed; a transaction elsewhere on the server may hold the last events back for a moment."""
    until = time.monotonic() + 30
    while sealer.head().no < expected and time.monotonic() < until:
        audit.seal_once(chunk=7)
    assert sealer.head().no == expected


def lived(events: int = 40) -> None:
    for n in range(events):
        audit.write(WHO, random.Random(n).choice(["cases.read", "isolation.daily_check"]), [uuid4() for _ in range(n % 4)], digest_of={"n": n})
        if n % 9 == 0:
            seal_all(n + 1)
    seal_all(events)


def codes() -> set[str]:
    return {fault.code for fault in audit.verify().faults}


def test_an_untouched_trail_is_whole(trail):
    lived(20)
    report = audit.verify(chunk=6)
    assert (report.ok, report.events, report.unsealed, report.faults) == (True, 20, 0, [])
    assert report.heads >= 3
    assert report.chain == sealer.head().chain.hex()


def test_an_empty_trail_is_whole(trail):
    assert audit.seal_once() == 0
    assert audit.verify().ok
    assert sealer.head() == sealer.Head(0, START)


def test_an_event_tells_who_for_what_and_whom_but_not_what_it_said(trail):
    person = uuid4()
    audit.write(WHO, "population.read", [person], digest_of={"name": "王小明"}, count=1)
    audit.write(SimpleNamespace(user=None, post=None, purpose="operation", reason="import"), "cases.written", [person])
    seen = audit.seen_by(person)
    assert [(one["user_id"], one["post_id"], one["purpose"], one["kind"]) for one in seen] == [
        (None, None, "operation: import", "cases.written"),
        (7, 3, "response", "population.read"),
    ]
    assert "王小明" not in str(sql("SELECT e::text FROM kernel_event e"))
    assert bytes(sql("SELECT digest FROM kernel_event ORDER BY xid")[0][0]) == audit.digest({"name": "王小明"})


def test_old_values_are_kept_under_the_persons_own_key_and_go_with_it(trail):
    kept, gone = uuid4(), uuid4()
    event = audit.write(WHO, "population.corrected", [kept, gone], old={kept: {"phone": "13800138000"}, gone: {"phone": "13900139000"}})
    seal_all(1)
    assert audit.old_values(event) == {kept: {"phone": "13800138000"}, gone: {"phone": "13900139000"}}
    sealed.forget([gone])
    assert audit.old_values(event) == {kept: {"phone": "13800138000"}}
    assert audit.verify().ok


def test_an_event_of_a_transaction_that_is_undone_never_was(trail):
    with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012
        audit.write(WHO, "cases.written", [uuid4()])
        raise RuntimeError
    assert sql("SELECT count(*) FROM kernel_event") == [(0,)]


def test_an_event_waits_until_no_older_transaction_can_still_come_before_it(trail):
    other = psycopg.connect(**connection.get_connection_params())
    try:
        other.execute("SELECT pg_current_xact_id()")
        audit.write(WHO, "cases.read", [])
        assert audit.seal_once() == 0
        assert audit.verify().unsealed == 1
    finally:
        other.close()
    seal_all(1)


def test_only_one_seals_at_a_time(trail):
    audit.write(WHO, "cases.read", [])
    other = psycopg.connect(**connection.get_connection_params())
    try:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [sealer.LOCK])
        assert audit.seal_once() == 0
    finally:
        other.close()


EVENT_EDITS = {
    "at": "at + interval '1 microsecond'",
    "cluster": "cluster + 1",
    "xid": "(xid::text::bigint + 1)::text::xid8",
    "user_id": "coalesce(user_id, 0) + 1",
    "post_id": "NULL",
    "purpose": "purpose || ' '",
    "kind": "'cases.other'",
    "subjects": "subjects || gen_random_uuid()",
    "count": "count + 1",
    "digest": "sha256(digest)",
    "old_sealed": "'\\x00'",
}
SEAL_EDITS = {
    "no": "no + 1000",
    "event_id": "gen_random_uuid()",
    "cluster": "cluster + 1",
    "xid": "(xid::text::bigint + 1)::text::xid8",
    "event_hash": "sha256(event_hash)",
    "chain": "sha256(chain)",
    "at": "at + interval '1 second'",
}


def edit_event(dice: random.Random, last: int) -> None:
    column, value = dice.choice(sorted(EVENT_EDITS.items()))
    sql(f"UPDATE kernel_event SET {column} = {value} WHERE id = (SELECT event_id FROM kernel_seal WHERE no = %s)", dice.randint(1, last))


def edit_seal(dice: random.Random, last: int) -> None:
    column, value = dice.choice(sorted(SEAL_EDITS.items()))
    sql(f"UPDATE kernel_seal SET {column} = {value} WHERE no = %s", dice.randint(1, last))


def delete_event(dice: random.Random, last: int) -> None:
    sql("DELETE FROM kernel_event WHERE id = (SELECT event_id FROM kernel_seal WHERE no = %s)", dice.randint(1, last))


def delete_seal(dice: random.Random, last: int) -> None:
    sql("DELETE FROM kernel_seal WHERE no = %s", dice.randint(1, last))


def delete_both(dice: random.Random, last: int) -> None:
    no = dice.randint(1, last)
    sql("DELETE FROM kernel_event WHERE id = (SELECT event_id FROM kernel_seal WHERE no = %s)", no)
    sql("DELETE FROM kernel_seal WHERE no = %s", no)


def close_the_gap(dice: random.Random, last: int) -> None:
    no = dice.randint(1, last - 1)
    sql("DELETE FROM kernel_event WHERE id = (SELECT event_id FROM kernel_seal WHERE no = %s)", no)
    sql("DELETE FROM kernel_seal WHERE no = %s", no)
    sql("UPDATE kernel_seal SET no = -no WHERE no > %s", no)
    sql("UPDATE kernel_seal SET no = -no - 1 WHERE no < 0")


def reorder(dice: random.Random, last: int) -> None:
    one, other = dice.sample(range(1, last + 1), 2)
    sql("UPDATE kernel_seal SET no = CASE no WHEN %s THEN -1 ELSE -2 END WHERE no IN (%s, %s)", one, one, other)
    sql("UPDATE kernel_seal SET no = CASE no WHEN -1 THEN %s ELSE %s END WHERE no < 0", other, one)


def change_places(dice: random.Random, last: int) -> None:
    """Two events that say different things exchange what they say."""
    one, other = dice.sample(range(1, last + 1), 2)
    sql(
        "UPDATE kernel_event e SET digest = o.digest FROM kernel_event o, kernel_seal s, kernel_seal t "
        "WHERE s.no IN (%s, %s) AND t.no IN (%s, %s) AND s.no <> t.no AND e.id = s.event_id AND o.id = t.event_id",
        one,
        other,
        one,
        other,
    )


def cut_tail(dice: random.Random, last: int) -> None:
    after = dice.randint(0, last - 1)
    sql("DELETE FROM kernel_event WHERE id IN (SELECT event_id FROM kernel_seal WHERE no > %s)", after)
    sql("DELETE FROM kernel_seal WHERE no > %s", after)


def cut_seals(dice: random.Random, last: int) -> None:
    sql("DELETE FROM kernel_seal WHERE no > %s", dice.randint(0, last - 1))


def put_in_behind(dice: random.Random, last: int) -> None:
    sql(
        "INSERT INTO kernel_event SELECT gen_random_uuid(), e.at, e.cluster, (e.xid::text::bigint - 1)::text::xid8, 9, 9, 'x', 'y', '{}', 0, NULL, NULL "
        "FROM kernel_event e JOIN kernel_seal s ON s.event_id = e.id WHERE s.no = %s",
        dice.randint(1, last),
    )


def make_anew(dice: random.Random, last: int) -> None:
    """Alters or removes an event and makes every seal after it again, as only someone who knows this code can."""
    dice.choice([edit_event, delete_event])(dice, last)
    lines = [row[0].encode() for row in sql(f"SELECT array_to_string(ARRAY[{as_copied()}], E'\\t') FROM kernel_event e JOIN kernel_seal s ON s.event_id = e.id ORDER BY s.no")]
    rows, chain = sql("SELECT event_id, (extract(epoch FROM at) * 1000000)::bigint, at, cluster, xid::text FROM kernel_seal ORDER BY no"), START
    there = {line.split(b"\t")[0].decode(): line for line in lines}
    sql("DELETE FROM kernel_seal")
    no = 0
    for event, at_micros, at, _, _ in rows:
        if str(event) in there:
            line, no = there[str(event)], no + 1
            chain = link(chain, no, at_micros, event_hash(line))
            parts = line.decode().split("\t")
            sql("INSERT INTO kernel_seal VALUES (%s, %s, %s, %s::xid8, %s, %s, %s)", no, event, int(parts[2]), parts[3], event_hash(line), chain, at)


def as_copied() -> str:
    return ", ".join(f"coalesce(({column.strip()})::text, E'\\\\N')" for column in split_columns(EVENT_COLUMNS))


def split_columns(text: str) -> list[str]:
    parts, depth = [""], 0
    for c in text:
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += c
    return parts


ATTACKS: list[Callable[[random.Random, int], None]] = [
    edit_event,
    edit_event,
    edit_event,
    edit_seal,
    edit_seal,
    delete_event,
    delete_seal,
    delete_both,
    close_the_gap,
    reorder,
    change_places,
    cut_tail,
    cut_seals,
    put_in_behind,
    make_anew,
]


@pytest.mark.parametrize("seed", [20241, pytest.param(20242, marks=pytest.mark.full), pytest.param(20243, marks=pytest.mark.full)])
def test_every_one_of_hundreds_of_random_attacks_is_found(trail, seed):
    lived(40)
    dice, missed, made = random.Random(seed), [], 0
    for turn in range(330):
        attack = ATTACKS[turn % len(ATTACKS)]
        with transaction.atomic():
            before = fingerprint()
            attack(dice, 40)
            changed = fingerprint() != before
            made += changed
            if changed and audit.verify().ok:
                missed.append((turn, attack.__name__))
            transaction.set_rollback(True)
    assert missed == []
    assert made > 300  # few attacks change nothing, such as taking a post from an event without one
    assert audit.verify().ok


def fingerprint() -> object:
    return sql("SELECT (SELECT md5(string_agg(e::text, '|' ORDER BY id)) FROM kernel_event e), (SELECT md5(string_agg(s::text, '|' ORDER BY no)) FROM kernel_seal s)")


def test_each_kind_of_attack_is_called_by_its_name(trail):
    lived(12)
    expected = {
        delete_event: {"audit-event-deleted"},
        delete_seal: {"audit-seal-missing", "audit-seal-altered", "audit-event-inserted"},
        put_in_behind: {"audit-event-inserted"},
        cut_tail: {"audit-tail-cut"},
    }
    for attack, named in expected.items():
        with transaction.atomic():
            attack(random.Random(5), 11)
            assert codes() == named, attack.__name__
            transaction.set_rollback(True)


def test_a_chain_made_anew_agrees_with_itself_and_not_with_the_heads(trail):
    lived(12)
    sql("UPDATE kernel_event SET user_id = 99 WHERE id = (SELECT event_id FROM kernel_seal WHERE no = 1)")
    make_anew_from_here()
    assert codes() == {"audit-chain-rewritten"}
    trail.unlink()
    assert codes() == {"audit-heads-lost"}


def make_anew_from_here() -> None:
    class Nothing(random.Random):
        def choice(self, seq):
            return lambda dice, last: None

    make_anew(Nothing(), 12)


def test_a_restore_takes_back_the_heads_that_came_after_it_and_says_so(trail):
    lived(12)
    for _ in range(3):
        audit.write(WHO, "cases.read", [])
    seal_all(15)
    cut = "DELETE FROM kernel_event WHERE id IN (SELECT event_id FROM kernel_seal WHERE no > 12)"
    sql(cut)
    sql("DELETE FROM kernel_seal WHERE no > 12")
    assert codes() == {"audit-tail-cut"}
    audit.note_restored()
    assert audit.verify().ok
    sql("DELETE FROM kernel_seal WHERE no > 10")
    assert "audit-tail-cut" in codes()


def test_after_a_restore_on_another_cluster_sealing_goes_on(trail):
    lived(5)
    audit.write(WHO, "cases.read", [])  # written, and not sealed when the backup was made
    sql("UPDATE kernel_event SET cluster = 42, xid = (xid::text::bigint + 1000000000)::text::xid8")
    sql("TRUNCATE kernel_seal")
    trail.unlink()
    other_cluster_sealed(5)
    assert audit.seal_once() == 1
    audit.write(WHO, "cases.read", [])
    seal_all(7)
    assert audit.verify().ok
    assert audit.verify().unsealed == 0


def other_cluster_sealed(events: int) -> None:
    """Seals the first events as the other cluster had done, whose transaction numbers were higher than ours."""
    rows = sql(f"SELECT array_to_string(ARRAY[{as_copied()}], E'\\t') FROM kernel_event e ORDER BY xid, id LIMIT %s", events)
    chain = START
    for no, (line,) in enumerate(rows, 1):
        chain = link(chain, no, 0, event_hash(line.encode()))
        parts = line.split("\t")
        sql("INSERT INTO kernel_seal VALUES (%s, %s, 42, %s::xid8, %s, %s, 'epoch')", no, parts[0], parts[3], event_hash(line.encode()), chain)


def test_a_head_line_cut_short_by_a_power_failure_is_no_fault(trail):
    lived(5)
    with trail.open("a") as file:
        file.write("2026-01-01T00:00:00+00:00 head 9")
    assert audit.verify().ok
    audit.write(WHO, "cases.read", [])
    seal_all(6)
    assert audit.verify().ok


def test_a_damaged_line_of_heads_is_a_fault(trail):
    lived(5)
    trail.write_text(trail.read_text().replace(" head ", " haed ", 1))
    assert codes() == {"audit-heads-damaged"}


def test_old_heads_are_thinned_and_still_tell(trail, monkeypatch):
    lived(30)
    monkeypatch.setattr(heads, "THIN_ABOVE", 0)
    text = trail.read_text()
    old = "\n".join(line.replace(line[:13], f"2020-01-01T{n % 3:02}", 1) for n, line in enumerate(sorted(text.splitlines(), key=lambda x: int(x.split()[2]))))
    trail.write_text(old + "\n")
    audit.write(WHO, "cases.read", [])
    seal_all(31)
    assert audit.verify().ok


@pytest.mark.parametrize("statement", ["UPDATE {} SET at = at", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("table", ["kernel_event", "kernel_seal"])
@pytest.mark.parametrize("role", ["default", "owner"])
def test_neither_the_application_nor_the_owner_can_change_the_trail(django_db_setup, django_db_blocker, role, table, statement):
    with django_db_blocker.unblock():
        link_ = connections[role]
        try:
            with pytest.raises(Exception, match=r"never changed|permission denied"), transaction.atomic(using=role), link_.cursor() as cursor:  # noqa: PT012
                cursor.execute(_ONE_EVENT if table == "kernel_event" else _ONE_SEAL)
                cursor.execute(statement.format(table))
        finally:
            link_.close()


_ONE_EVENT = "INSERT INTO kernel_event SELECT gen_random_uuid(), now(), 1, '1'::xid8, NULL, NULL, '', '', '{}', 0, NULL, NULL"
_ONE_SEAL = "INSERT INTO kernel_seal VALUES (-1, gen_random_uuid(), 1, '1'::xid8, '', '', now())"


def test_a_write_that_cannot_be_audited_does_not_happen(trail):
    sql("CREATE TEMP TABLE done (n int)")
    with pytest.raises(Exception, match="null value"), transaction.atomic():  # noqa: PT012
        sql("INSERT INTO done VALUES (1)")
        audit.write(SimpleNamespace(user=None, post=None, purpose=None, reason=""), "cases.written", [])
    assert sql("SELECT * FROM done") == []


def test_each_fault_has_words():
    for code in ("audit-event-altered", "audit-tail-cut", "audit-heads-lost"):
        assert audit.Fault(code, 3, uuid4()).text("zh")
        assert Refused(code, no=1, event="x").cure("en")
