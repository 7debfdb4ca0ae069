"""Jobs, duties by the clock and the one worker: nothing is lost when it dies, and it ends when it is told to."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import drilled
import psycopg
import pytest
from django.db import connection, connections
from django_tasks_db.models import DBTaskResult

from sizao.kernel import audit, jobs

HERE = Path(__file__).parent


def tick(name: str) -> tuple:
    with connection.cursor() as cursor:
        cursor.execute("SELECT failures, error, well_at IS NOT NULL FROM kernel_tick WHERE name = %s", [name])
        return cursor.fetchone()


def test_a_duty_runs_when_its_time_has_come_and_not_before(db, monkeypatch):
    monkeypatch.setattr(jobs, "duties", {})
    done = []
    jobs.every(60, name="drill.once")(lambda: done.append(1))
    assert (jobs.run_due_duties(), jobs.run_due_duties()) == (["drill.once"], [])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE kernel_tick SET ran_at = now() - interval '61 seconds' WHERE name = 'drill.once'")
    assert jobs.run_due_duties() == ["drill.once"]
    assert done == [1, 1]


def test_a_duty_whose_last_time_lies_in_the_future_runs_rather_than_waits_for_years(db, monkeypatch):
    monkeypatch.setattr(jobs, "duties", {})
    jobs.every(60, name="drill.once")(lambda: None)
    jobs.run_due_duties()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE kernel_tick SET ran_at = now() + interval '3 years' WHERE name = 'drill.once'")
    assert jobs.run_due_duties() == ["drill.once"]


def test_a_failing_duty_is_noted_without_its_message_and_keeps_no_other_from_running(db, monkeypatch, caplog):
    monkeypatch.setattr(jobs, "duties", {})
    done = []

    @jobs.every(60, name="drill.fails")
    def fails() -> None:
        raise ValueError("13800138000")

    jobs.every(60, name="drill.works")(lambda: done.append(1))
    assert jobs.run_due_duties() == ["drill.fails", "drill.works"]
    assert (done, tick("drill.fails"), tick("drill.works")) == ([1], (1, "ValueError", False), (0, "", True))
    assert "13800138000" not in caplog.text
    monkeypatch.setitem(jobs.duties, "drill.fails", jobs.Duty("drill.fails", 0, lambda: None))
    jobs.run_due_duties()
    assert tick("drill.fails") == (0, "", True)


def test_two_duties_of_one_name_are_refused(monkeypatch):
    monkeypatch.setattr(jobs, "duties", {})
    jobs.every(1, name="same")(lambda: None)
    with pytest.raises(ValueError, match="same"):
        jobs.every(1, name="same")(lambda: None)


def test_many_changes_get_one_answer_once_writing_pauses_and_a_late_one_when_it_does_not():
    answer = jobs.Answer("run", quiet=1, latest=10, run=lambda: None)
    assert not answer.is_due(100)
    answer.told(100)
    answer.told(100.9)
    assert [answer.is_due(at) for at in (101.0, 101.8, 101.9)] == [False, False, True]
    for at in range(101, 111):
        answer.told(at - 0.5 + 0.4)
    assert (answer.is_due(109.99), answer.is_due(110)) == (False, True)


@pytest.fixture
def handed(db, tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("DRILL", str(tmp_path))
    return tmp_path


def test_a_job_runs_once_and_keeps_its_answer(handed):
    result = drilled.sign.enqueue("mark")
    assert (jobs.run_one_job("w"), jobs.run_one_job("w")) == (True, False)
    assert (handed / "mark").read_text().count("\n") == 1
    result.refresh()
    assert result.return_value == "mark"


def test_a_failed_job_says_where_and_what_kind_but_not_what_was_in_it(handed, caplog):
    result = drilled.fail_over.enqueue("13800138000")
    odd = drilled.answer_oddly.enqueue()
    while jobs.run_one_job("w"):
        pass
    job, other = DBTaskResult.objects.get(pk=result.id), DBTaskResult.objects.get(pk=odd.id)
    assert (job.status, job.exception_class_path, other.status) == ("FAILED", "builtins.ValueError", "FAILED")
    assert "drilled.py" in job.traceback
    assert "13800138000" not in job.traceback + caplog.text


def test_a_job_whose_worker_was_lost_is_taken_up_but_not_for_ever(handed):
    result = drilled.sign.enqueue("mark")
    for lost in range(jobs.MOST_TRIES):
        job = DBTaskResult.objects.ready().get()
        job.claim(f"worker {lost}")
        assert jobs.take_up_left_jobs() == (1 if lost < jobs.MOST_TRIES - 1 else 0)
    assert DBTaskResult.objects.get(pk=result.id).status == "FAILED"


def until(true: Callable[[], object], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def drill(django_db_setup, django_db_blocker, store, tmp_path) -> Iterator[SimpleNamespace]:
    """Starts workers as processes of their own, against the session's store."""
    started: list[subprocess.Popen] = []
    given = connections["default"].settings_dict
    databases = {"default": {name: given[name] for name in ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")}}
    environment = {**os.environ, "DRILL": str(tmp_path), "SIZAO_STORE": str(store.path), "PYTHONPATH": os.pathsep.join([str(HERE), *filter(None, sys.path)])}

    def worker() -> subprocess.Popen:
        started.append(subprocess.Popen([sys.executable, str(HERE / "drilled.py"), json.dumps(databases)], env=environment))
        return started[-1]

    def count(name: str) -> int:
        path = tmp_path / name
        return path.read_text().count("\n") if path.exists() else 0

    with django_db_blocker.unblock():
        try:
            yield SimpleNamespace(worker=worker, count=count)
        finally:
            for process in started:
                process.kill()
                process.wait()
            DBTaskResult.objects.all().delete()
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM kernel_tick WHERE name LIKE 'drill.%%'")
            connection.close()


def write_event() -> None:
    audit.write(SimpleNamespace(user=None, post=None, purpose="operation", reason="drill"), "drill.event", [])


def test_the_worker_seals_within_seconds_keeps_duties_and_runs_jobs(drill):
    drill.worker()
    write_event()
    drilled.sign.enqueue("mark")
    until(lambda: drill.count("mark") and drill.count("seconds") >= 2)
    until(lambda: audit.verify().unsealed == 0)
    assert audit.verify().ok


def test_a_change_is_answered_soon(drill):
    drill.worker()
    until(lambda: drill.count("answers"))
    before = drill.count("answers")
    for _ in range(5):
        jobs.changed()
    until(lambda: drill.count("answers") > before, 3)


def test_a_second_worker_waits_and_takes_over(drill):
    first = drill.worker()
    until(lambda: drill.count("seconds"))
    second = drill.worker()
    until(lambda: drill.count("started") == 2)
    drilled.sign.enqueue("one")
    until(lambda: drill.count("one"))
    first.kill()
    drilled.sign.enqueue("two")
    until(lambda: drill.count("two"))
    assert second.poll() is None


def test_told_to_stop_it_ends_within_two_seconds_also_in_the_middle_of_a_job(drill):
    worker = drill.worker()
    drilled.sleep_long.enqueue("slept")
    until(lambda: drill.count("slept"))
    begun = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(5) == 0
    assert time.monotonic() - begun < 2.2


def test_a_job_cut_off_by_kill_9_is_run_by_the_next_worker(drill):
    worker = drill.worker()
    drilled.sleep_long.enqueue("slept")
    until(lambda: drill.count("slept"))
    worker.kill()
    worker.wait()
    drill.worker()
    until(lambda: drill.count("slept") == 2)


@contextmanager
def everybody_thrown_out() -> Iterator[None]:
    """Ends every connection of the application, again and again, as a database that restarts does."""
    with psycopg.connect(**{**connections["default"].get_connection_params(), "autocommit": True}) as ours:
        yield ours.execute("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()").fetchone()


def test_the_worker_goes_on_after_it_lost_the_database(drill):
    worker = drill.worker()
    until(lambda: drill.count("seconds"))
    for _ in range(3):
        connection.close()
        with everybody_thrown_out():
            pass
        time.sleep(0.3)
    before = drill.count("seconds")
    drilled.sign.enqueue("after")
    until(lambda: drill.count("after") and drill.count("seconds") > before)
    assert worker.poll() is None
