"""The role of the public's process: every table is refused, and the pages of the public work without one."""

from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.db import ProgrammingError, connection, connections
from django.test import Client

from sizao.doors import policy
from sizao.doors.relay.names import RELAYED
from sizao.wiring import database, public_role

pytestmark = pytest.mark.django_db


def as_public():
    held = database.server().connect("public", dbname=connection.settings_dict["NAME"])
    held.autocommit = True
    return held


def tables():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') ORDER BY 1")
        return [name for (name,) in cursor.fetchall()]


def test_every_table_refuses_the_public_role():
    names = tables()
    assert {"population_person", "cases_case", "isolation_order", "passes_holder", "kernel_user", "kernel_act", "movement_traveldeclaration", "doors_relayed"} <= set(names)
    with as_public() as held:
        for name in names:
            for does in (f'SELECT 1 FROM public."{name}" LIMIT 1', f'INSERT INTO public."{name}" DEFAULT VALUES', f'DELETE FROM public."{name}"'):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    held.execute(does)


def test_what_it_may_name_is_a_closed_list_and_none_of_it_is_about_a_person():
    with as_public() as held:
        held.execute("SET search_path = public, door")  # whatever it sets
        named = held.execute("SELECT relname FROM pg_class WHERE relnamespace = 'door'::regnamespace ORDER BY 1").fetchall()
        assert {n for (n,) in named} == set(public_role.VIEWS)
        columns = held.execute("SELECT attrelid::regclass::text, attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'door'::regnamespace").fetchall()
        assert not [c for c in columns if c[1] in ("person", "person_id", "subject", "household_id", "user_id", "post_id", "name", "phone", "national_id")]
        done = held.execute("SELECT p.proname FROM pg_proc p WHERE pronamespace = 'door'::regnamespace ORDER BY 1").fetchall()
        assert [n for (n,) in done] == ["relay_answer", "relay_ask"]
        for name in public_role.VIEWS:
            held.execute(f"SELECT 1 FROM door.{name} LIMIT 1")
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState)):
                held.execute(f"DELETE FROM door.{name}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            held.execute("CREATE TABLE door.mine (x int)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            held.execute("SET ROLE sizao_app")


def test_a_letter_can_be_laid_down_and_only_its_own_answer_asked_for():
    with as_public() as held:
        ask = held.execute("SELECT door.relay_ask(%s)", [b"sealed"]).fetchone()[0]
        try:
            assert held.execute("SELECT door.relay_answer(%s)", [ask]).fetchone() == (None,)
            assert held.execute("SELECT door.relay_answer(%s)", [uuid4()]).fetchone() == (None,)
            with pytest.raises(psycopg.errors.ConfigurationLimitExceeded):
                held.execute("SELECT door.relay_ask(%s)", [b"x" * (public_role.LONGEST_LETTER + 1)])
        finally:
            with database.server().connect("owner", dbname=connection.settings_dict["NAME"]) as owner:
                owner.execute("DELETE FROM doors_relayed")


@contextmanager
def in_the_process_of_the_public():
    """What Django is told there: the role and its schema, no sessions in the database."""
    ours = connections["default"]
    theirs = ours.copy("default")
    dsn = database.server().dsn("public", dbname=ours.settings_dict["NAME"])
    theirs.settings_dict = ours.settings_dict | {"USER": dsn["user"], "PASSWORD": dsn["password"], "OPTIONS": ours.settings_dict["OPTIONS"] | {"options": "-c timezone=UTC -c search_path=door"}}
    connections["default"] = theirs
    before = settings.SESSION_ENGINE
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    try:
        yield
    finally:
        settings.SESSION_ENGINE = before
        theirs.close()
        connections["default"] = ours


def test_every_page_of_the_public_is_answered_under_the_role_or_from_inside(django_db_blocker):
    own = [r for r in policy._OF["public"] if "<" not in r.address and "GET" in r.methods and r.name not in RELAYED]
    assert "public-rules" in {r.name for r in own}
    with django_db_blocker.unblock(), in_the_process_of_the_public():
        for route in own:
            answer = Client(HTTP_HOST="localhost").get(f"/{route.address}")
            assert answer.status_code in (200, 302), (route.name, answer.content.decode()[:2000])
        with pytest.raises(ProgrammingError), connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1 FROM population_person")
