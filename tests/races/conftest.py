"""Two connections that really commit: a database of each test's own, and one who waits while the other has not yet committed."""

import os
import threading

import pytest
from plan.mirror.conftest import copied
from rights.conftest import rights  # noqa: F401


@pytest.fixture
def own_database(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), copied(f"sizao_races_{os.getpid()}") as name:
        yield name


@pytest.fixture
def db(own_database, django_db_blocker):
    from django.db import connection

    with django_db_blocker.unblock():
        yield
        connection.close()


@pytest.fixture
def two_at_once(db, own_database):
    """`two_at_once(first, second)` → what each came to, its value or the code of its refusal. The second begins while the first has done its work and not committed,
    and the first commits only when the database says that somebody waits for it, or that the second is through without waiting."""
    from django.db import connection, connections, transaction

    from sizao.kernel.errors import Refused

    def waits():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # within a transaction the view stays as it was first seen
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
            return cursor.fetchone()[0] > 0

    def run(first, second):
        done, begun, through = {}, threading.Event(), threading.Event()

        def work(name, verb, before_commit):
            connection.settings_dict["NAME"] = own_database  # a thread's connection is its own, and points at the session's database
            try:
                with transaction.atomic():
                    done[name] = verb()
                    before_commit()
            except Refused as refused:
                done[name] = refused.code
            finally:
                connections.close_all()

        def hold():
            begun.set()
            while not (through.wait(0.02) or waits()):
                pass

        def one():
            try:
                work("first", first, hold)
            finally:
                begun.set()

        def two():
            begun.wait(60)
            try:
                work("second", second, lambda: None)
            finally:
                through.set()

        threads = [threading.Thread(target=one), threading.Thread(target=two)]
        for t in threads:
            t.start()
        for t in threads:
            t.join(30)
        return done["first"], done["second"]

    return run
