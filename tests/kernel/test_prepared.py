"""A statement that is planned once a connection answers like one that is planned each time."""

import pytest
from django.db import connection, transaction

from sizao.kernel import prepared

pytestmark = pytest.mark.django_db


def kept():
    """Its statements, as the server knows them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement, generic_plans FROM pg_prepared_statements WHERE name LIKE 'kept_%' ORDER BY prepare_time")
        return dict(cursor.fetchall())


@pytest.fixture(autouse=True)
def fresh():
    connection.ensure_connection()
    connection.connection.execute("DEALLOCATE ALL")
    prepared._kept.clear()


def test_it_is_planned_once_whatever_is_asked():
    sql = "SELECT n, n % 2 AS odd, $2 || '%' AS said FROM generate_series(1, $1) n"
    assert prepared.rows(sql, [("integer", 2), ("text", "5")]) == [{"n": 1, "odd": 1, "said": "5%"}, {"n": 2, "odd": 0, "said": "5%"}]
    assert prepared.rows(sql, [("integer", 0), ("text", "'; --")]) == []
    [(told, times)] = kept().items()
    assert told.endswith(sql) and times == 2


def test_nothing_need_be_asked():
    assert prepared.rows("SELECT 'a%b' AS said") == [{"said": "a%b"}]


def test_it_outlives_a_transaction_that_is_taken_back():
    with transaction.atomic():
        prepared.rows("SELECT 1 AS n")
        transaction.set_rollback(True)
    with transaction.atomic():
        assert prepared.rows("SELECT 1 AS n") == [{"n": 1}]
    assert list(kept().values()) == [2]


def test_what_was_asked_for_longest_ago_gives_way(monkeypatch):
    monkeypatch.setattr(prepared, "MOST", 30)
    for sql in ("SELECT 1 AS n", "SELECT 2 AS n", "SELECT 1 AS n", "SELECT 3 AS n", "SELECT 1 AS n"):
        prepared.rows(sql)
    assert [told[-1 - len("SELECT 1 AS n") :].strip() for told in kept()] == ["SELECT 1 AS n", "SELECT 3 AS n"]


def test_one_that_is_longer_than_all_that_may_be_kept_is_kept_alone(monkeypatch):
    monkeypatch.setattr(prepared, "MOST", 5)
    assert prepared.rows("SELECT 1 AS n") == [{"n": 1}] and prepared.rows("SELECT 2 AS n") == [{"n": 2}]
    assert len(kept()) == 1
