"""A database of its own in which transactions really commit, and a mirror beside it."""

import os
from contextlib import contextmanager

import empty
import pytest


@contextmanager
def pointed_at(name):
    """Django at another database of the same server. What a process keeps of content by its number is of one store only, and is forgotten on the way in and out."""
    from django.db import connections

    from sizao.plan import evaluation, lists
    from sizao.registers.isolation import citing

    def forget():
        evaluation.edition.cache_clear()
        lists._words.cache_clear()
        citing.rule_text.cache_clear()

    before = {}
    forget()
    for alias in ("default", "owner"):
        connections[alias].close()
        before[alias] = connections[alias].settings_dict["NAME"]
        connections[alias].settings_dict["NAME"] = name
    try:
        yield
    finally:
        for alias, old in before.items():
            connections[alias].close()
            connections[alias].settings_dict["NAME"] = old
        forget()


@contextmanager
def copied(name):
    """Django at a copy of the empty database, which is gone afterwards."""
    from sizao.wiring import database

    empty.copy(name)
    with pointed_at(name):
        yield name
    database.server().drop_database(name)


@pytest.fixture(scope="module")
def own_database(django_db_setup, django_db_blocker):
    """Points Django at a fresh database of the session's server, until the module ends."""
    with django_db_blocker.unblock(), copied(f"sizao_mirror_{os.getpid()}") as name:
        yield name


@pytest.fixture
def fresh(django_db_setup, django_db_blocker):
    """In place of `db`: a database of this one test's own, for what is the only city of its store."""
    with django_db_blocker.unblock(), copied(f"sizao_fresh_{os.getpid()}") as name:
        yield name


@pytest.fixture
def db(own_database, django_db_blocker):
    """In place of the rolled-back transaction: the database of this module, left as the tests before left it."""
    from django.db import connection

    with django_db_blocker.unblock():
        yield
        connection.close()


@pytest.fixture
def mirror(db, tmp_path):
    from sizao.plan.mirror.mirror import Mirror

    with Mirror.open(tmp_path / "mirror", memory="500MB") as opened:
        yield opened


@pytest.fixture
def owner(db, own_database):
    """A connection that may do anything."""
    from sizao.wiring import database

    with database.server().connect("owner", dbname=own_database) as connection:
        yield connection


@pytest.fixture
def apart(db, own_database):
    """Makes connections as the application, outside Django: other people's transactions."""
    from sizao.wiring import database

    opened = []

    def connect():
        opened.append(database.server().connect("app", dbname=own_database, autocommit=False))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()
