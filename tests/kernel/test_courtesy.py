"""Work that nobody waits for gives way, and the database's work for it too."""

import os
import threading
from pathlib import Path

import pytest
from django.db import connection, connections
from django.db.backends.signals import connection_created

from sizao.kernel import courtesy

pytestmark = [pytest.mark.django_db, pytest.mark.skipif(not Path("/proc/self").exists(), reason="the system does not tell its processes")]


def nice_of_what_a_thread_opens(before=lambda: None):
    """(the thread's own niceness, that of the database's process for the connection that it opens)"""
    found = []

    def work():
        before()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                found.extend((os.getpriority(os.PRIO_PROCESS, 0), os.getpriority(os.PRIO_PROCESS, cursor.fetchone()[0])))
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return tuple(found)


@pytest.fixture
def quiet_afterwards():
    yield
    connection_created.disconnect(dispatch_uid="courtesy")


@pytest.mark.usefixtures("quiet_afterwards")
def test_a_thread_that_steps_back_takes_its_connections_with_it_and_nobody_else():
    before = nice_of_what_a_thread_opens()
    stepped = before[0] + 5
    assert nice_of_what_a_thread_opens(courtesy.step_back) == (stepped, stepped)
    assert nice_of_what_a_thread_opens()[0] == os.getpriority(os.PRIO_PROCESS, 0) == before[0]
    if before[0] == 0:
        assert nice_of_what_a_thread_opens() == before == (0, 0)


def test_a_number_of_a_process_on_another_machine_is_nobodys_here(monkeypatch):
    class Away:
        class info:
            backend_pid, host = os.getpid(), "db.example"

    class NotADatabase:
        class info:
            backend_pid, host = os.getpid(), "/run/postgresql"

    monkeypatch.setattr(os, "getpriority", lambda which, who: 5)
    monkeypatch.setattr(os, "setpriority", lambda *told: pytest.fail("somebody else's process"))
    courtesy.likewise(Away)
    courtesy.likewise(NotADatabase)
