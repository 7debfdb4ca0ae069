"""Sealed fields: unreadable without the keys, useless when moved, found by their index, and forgotten with the person's key."""

import logging
import os
import random
import signal
import subprocess
import sys
from uuid import UUID, uuid4

import pytest
from django.db import connection, connections, transaction

from sizao.kernel import keys, sealed
from sizao.kernel.errors import Refused
from sizao.kernel.identifiers import normalise_national_id, normalise_phone
from sizao.kernel.sealed import Sealed

PHONE = Sealed("population_person", "phone", normalise_phone)
CARD = Sealed("population_person", "national_id", normalise_national_id)
ADDRESS = Sealed("population_person", "address")


@pytest.fixture
def ring(db, tmp_path, monkeypatch) -> keys.KeyRing:
    monkeypatch.setenv("SIZAO_KEYS", str(tmp_path / "keys"))
    return keys.KeyRing.new(tmp_path / "keys")


def refusal(act, *args) -> str:
    with pytest.raises(Refused) as caught:
        act(*args)
    return caught.value.code


def test_what_is_sealed_is_read_again_and_stands_nowhere_in_clear(ring):
    row, person = uuid4(), uuid4()
    box = ADDRESS.seal(row, person, "人民路 12 号")
    assert ADDRESS.unseal(row, person, box) == "人民路 12 号"
    assert "人民路".encode() not in box
    assert ADDRESS.seal(row, person, "人民路 12 号") != box


def test_a_copy_in_another_row_column_table_or_person_does_not_open(ring):
    row, person, other_row, other = uuid4(), uuid4(), uuid4(), uuid4()
    box = PHONE.seal(row, person, "13800138000")
    PHONE.seal(other_row, other, "13900139000")
    assert refusal(PHONE.unseal, other_row, person, box) == "sealed-unreadable"
    assert refusal(ADDRESS.unseal, row, person, box) == "sealed-unreadable"
    assert refusal(Sealed("cases_case", "phone").unseal, row, person, box) == "sealed-unreadable"
    assert refusal(PHONE.unseal, row, other, box) == "person-forgotten"  # it never was under that person's key


def test_a_persons_wrapped_key_does_not_serve_another_person(ring):
    one, other = uuid4(), uuid4()
    sealed.open_person_keys([one, other], make=True)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE kernel_person_key SET wrapped = (SELECT wrapped FROM kernel_person_key WHERE person = %s) WHERE person = %s", [one, other])
    assert refusal(sealed.open_person_keys, [other]) == "sealed-unreadable"


def test_every_altered_byte_is_refused(ring):
    row, person = uuid4(), uuid4()
    box = PHONE.seal(row, person, "13800138000")
    for place in range(len(box)):
        altered = bytearray(box)
        altered[place] ^= random.Random(place).randint(1, 255)
        assert refusal(PHONE.unseal, row, person, bytes(altered)) in ("sealed-unreadable", "person-forgotten")
    for cut in range(len(box)):
        assert refusal(PHONE.unseal, row, person, box[:cut]) in ("sealed-unreadable", "person-forgotten")


def test_thousands_of_persons_take_a_handful_of_statements(ring, django_assert_max_num_queries):
    rows = [(uuid4(), uuid4(), f"1380000{n:04}") for n in range(3000)]
    with django_assert_max_num_queries(3):
        boxes = PHONE.seal_many([*rows, (uuid4(), uuid4(), None)])
    assert boxes[-1] is None
    with django_assert_max_num_queries(1):
        assert PHONE.unseal_many([(row, person, box) for (row, person, _), box in zip(rows, boxes, strict=False)]) == [value for _, _, value in rows]


def test_forgetting_a_person_takes_every_value_also_in_a_copy(ring):
    row, gone, kept = uuid4(), uuid4(), uuid4()
    copies = [PHONE.seal(row, gone, "13800138000"), PHONE.seal(row, kept, "13900139000")]
    assert sealed.forget([gone, uuid4()]) == 1
    assert PHONE.unseal_many([(row, gone, copies[0]), (row, kept, copies[1])]) == [None, "13900139000"]
    assert refusal(PHONE.unseal, row, gone, copies[0]) == "person-forgotten"


def test_a_person_who_was_forgotten_and_comes_again_brings_nothing_back(ring):
    row, person = uuid4(), uuid4()
    old = PHONE.seal(row, person, "13800138000")
    sealed.forget([person])
    new = PHONE.seal(row, person, "13700137000")
    assert PHONE.unseal_many([(row, person, old), (row, person, new)]) == [None, "13700137000"]


def test_one_identifier_is_found_in_every_spelling(ring):
    stored = PHONE.index("138 0013 8000")
    assert stored is not None
    for spelling in ("13800138000", "+86 138-0013-8000", "＋８６１３８００１３８０００", "0086 138 0013 8000", " 138—0013—8000 "):
        assert stored in PHONE.searched(spelling)
    assert stored not in PHONE.searched("13800138001")
    assert CARD.index("11010519491231002x") == CARD.index("１１０１０５ 1949 1231 002Ｘ")
    assert (PHONE.index("无"), PHONE.index(None), PHONE.searched("-")) == (None, None, [])


def test_the_index_differs_by_kind_and_by_key(ring, tmp_path):
    other = keys.KeyRing.new(tmp_path / "other")
    assert len({PHONE.index("11010519491231002"), CARD.index("11010519491231002"), PHONE.index("11010519491231002", other)}) == 3


def test_many_are_indexed_as_one_is(ring):
    for column in (PHONE, CARD):
        for value in ("138 0013 8000", "11010519491231002x", None, "无"):
            assert column.index_many([value, value]) == [column.index(value)] * 2


def test_during_a_rotation_the_old_index_is_still_found(ring):
    before = PHONE.index("13800138000")
    keys.ring().rotate()
    assert PHONE.index("13800138000") != before
    assert before in PHONE.searched("13800138000")
    assert len(PHONE.searched("13800138000")) == 2


def test_rotation_wraps_every_persons_key_again_and_loses_none(ring):
    rows = [(uuid4(), uuid4(), f"1380000{n:04}") for n in range(50)]
    boxes = PHONE.seal_many(rows)
    ring.rotate()
    assert [sealed.rewrap(20) for _ in range(4)] == [20, 20, 10, 0]
    only_new = keys.KeyRing((keys.ring().newest("seal"), keys.ring().newest("index")))
    assert PHONE.unseal_many([(row, person, box) for (row, person, _), box in zip(rows, boxes, strict=True)], only_new) == [value for _, _, value in rows]


def test_with_a_wrong_ring_nothing_opens_and_nothing_is_lost(ring, tmp_path):
    row, person = uuid4(), uuid4()
    box = PHONE.seal(row, person, "13800138000")
    wrong = keys.KeyRing.new(tmp_path / "wrong")
    with pytest.raises(Refused, match="sealed-unreadable"):
        PHONE.unseal_many([(row, person, box)], wrong)
    with pytest.raises(Refused, match="sealed-unreadable"):
        PHONE.seal_many([(row, person, "13900139000")], wrong)  # does not quietly give the person a second key
    assert PHONE.unseal(row, person, box) == "13800138000"


def test_without_keys_sealing_is_refused(ring, monkeypatch, tmp_path):
    monkeypatch.setenv("SIZAO_KEYS", str(tmp_path / "nowhere"))
    assert refusal(PHONE.seal, uuid4(), uuid4(), "13800138000") == "keys-missing"
    assert refusal(PHONE.index, "13800138000") == "keys-missing"


KILLED = """
import os, sys, time
import psycopg
from uuid import UUID
sys.path[:0] = {path!r}
import django
from django.conf import settings
settings.configure(DATABASES={databases!r}, USE_TZ=True)
django.setup()
from django.db import transaction
from sizao.kernel import sealed
while True:
    with transaction.atomic():
        done = sealed.rewrap(25)
        print(done, flush=True)
        time.sleep(0.02)
    if not done:
        break
"""


def test_a_rotation_killed_half_way_goes_on_where_it_stopped(django_db_setup, django_db_blocker, tmp_path, monkeypatch):
    monkeypatch.setenv("SIZAO_KEYS", str(tmp_path / "keys"))
    ring = keys.KeyRing.new(tmp_path / "keys")
    rows = [(uuid4(), uuid4(), f"1380000{n:04}") for n in range(400)]
    with django_db_blocker.unblock():
        try:
            boxes = PHONE.seal_many(rows)
            ring.rotate()
            for kills in range(3):
                child = subprocess.Popen([sys.executable, "-c", KILLED.format(path=sys.path, databases=plain_databases())], stdout=subprocess.PIPE)
                for _ in range(kills + 1):
                    assert child.stdout.readline().strip() == b"25"
                os.kill(child.pid, signal.SIGKILL)
                child.wait()
                assert PHONE.unseal_many([(row, person, box) for (row, person, _), box in zip(rows, boxes, strict=True)]) == [value for _, _, value in rows]
            assert 0 < keys_under(ring.newest("seal").id) < 400
            heard: list[int] = []
            left = sealed.left_to_rewrap()
            assert sealed.rewrap_all(heard.append, chunk=150) == left == heard[-1]
            assert (keys_under(ring.newest("seal").id), sealed.left_to_rewrap()) == (0, 0)
            assert PHONE.unseal_many([(row, person, box) for (row, person, _), box in zip(rows, boxes, strict=True)]) == [value for _, _, value in rows]
        finally:
            sealed.forget([person for _, person, _ in rows])
            connection.close()


def plain_databases() -> dict:
    given = connections["default"].settings_dict
    return {"default": {name: given[name] for name in ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")}}


def keys_under(key_id: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kernel_person_key WHERE key_id = %s", [key_id])
        return cursor.fetchone()[0]


PLANTED = ("13800138000", "11010519491231002X", "人民路 12 号", "王小明")


def test_no_sealed_value_gets_into_a_log(ring, caplog):
    """Whatever goes wrong, also inside the database, a log line holds the kind of error and no value."""
    from sizao.kernel.logs import NamelessFormatter

    formatter, log = NamelessFormatter("%(levelname)s %(name)s %(message)s"), logging.getLogger("sizao.test")
    with caplog.at_level(logging.DEBUG):
        for value in PLANTED:
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute("CREATE TEMP TABLE planted (v text UNIQUE CHECK (v = '')) ON COMMIT DROP")
                    cursor.execute("INSERT INTO planted VALUES (%s)", [value])
            except Exception:
                log.exception("could not write")
            try:
                PHONE.unseal(UUID(int=1), UUID(int=2), value.encode())
            except Refused as refused:
                log.warning("refused: %s", refused)
                log.exception("again")
            log.info("for %s of %r", value, value)
            try:
                try:
                    int(value)
                    raise KeyError(value)
                except ValueError as fault:
                    raise RuntimeError(f"row of {value}") from fault
            except (RuntimeError, KeyError):
                log.exception("two faults")
    text = "\n".join(formatter.format(record) for record in caplog.records)
    assert len(caplog.records) == 20
    assert "CheckViolation" in text
    assert "sealed-unreadable" in text
    assert [value for value in PLANTED if value in text] == []
