"""Work that nobody waits for: jobs that were handed over, duties by the clock, and answers to changes.

    @task()                                   # django_tasks: hand over with  draw_map.enqueue(area_id)
    def draw_map(area_id): …

    @every(3600, name="isolation.end-stays")  # a duty by the clock; how it went last time stands in kernel_tick
    def end_stays(): …

    @on_change(name="plan.run", quiet=1, latest=10)   # after writing has paused for 1 s, or 10 s after the first change
    def run_plan(): …

Jobs and duties must bear being run again: a worker that is killed half way leaves them to the next one.
"""

import json
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import uuid4

from django.db import DatabaseError, InterfaceError, connection, transaction
from django_tasks_db.models import DBTaskResult

from sizao.kernel.logs import named, told

log = logging.getLogger("sizao.jobs")

F = TypeVar("F", bound=Callable[[], object])

CHANNEL = "sizao_changed"

#: A job whose worker was killed is tried again; one that took this many workers with it is not.
MOST_TRIES = 3

#: How long results of jobs are kept.
KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Duty:
    """Something the worker does every so many seconds."""

    name: str
    seconds: float
    run: Callable[[], object]


@dataclass(slots=True)
class Answer:
    """Something the worker does after changes: when none came for `quiet` seconds, at the latest `latest` seconds after the first."""

    name: str
    quiet: float
    latest: float
    run: Callable[[], object]
    first: float | None = field(default=None)
    last: float = field(default=0)

    def told(self, now: float) -> None:
        self.first, self.last = self.first if self.first is not None else now, now

    def is_due(self, now: float) -> bool:
        return self.first is not None and (now >= self.last + self.quiet or now >= self.first + self.latest)


duties: dict[str, Duty] = {}
answers: dict[str, Answer] = {}


def every(seconds: float, *, name: str) -> Callable[[F], F]:
    """Registers a duty by the clock. The name is stable: the duty's last time is found by it after a restart."""

    def register(run: F) -> F:
        if name in duties and duties[name].run is not run:
            raise ValueError(f"two duties are called {name}")
        duties[name] = Duty(name, seconds, run)
        return run

    return register


def on_change(*, name: str, quiet: float = 1, latest: float = 10) -> Callable[[F], F]:
    """Registers an answer to changes of the registers. Changes that come while it runs make it run once more."""

    def register(run: F) -> F:
        answers[name] = Answer(name, quiet, latest, run)
        return run

    return register


def changed() -> None:
    """Tells the worker, when the caller's transaction commits, that the registers changed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


def run_due_duties() -> list[str]:
    """Runs every duty whose time has come; their names. One that fails keeps the others from nothing."""
    due = [duty for duty in duties.values() if duty.name in _due(duties.values())]
    for duty in due:
        run_noted(duty.name, duty.run)
    return [duty.name for duty in due]


def run_noted(name: str, run: Callable[[], object]) -> bool:
    """Runs it and writes down when, how long it took and how it ended; True when well. A lost database is for the caller."""
    begun, error = time.monotonic(), ""
    _note(name, "ran_at = now()", "now(), NULL, 0, 0, ''")
    try:
        run()
    except Exception as fault:
        if isinstance(fault, InterfaceError) or (isinstance(fault, DatabaseError) and not connection.is_usable()):
            raise
        error = named(fault)
        log.error("duty %s failed\n%s", name, told(fault))
    took = time.monotonic() - begun
    if error:
        _note(name, "took = EXCLUDED.took, error = EXCLUDED.error, failures = kernel_tick.failures + 1", "now(), NULL, %s, 1, %s", took, error)
    else:
        _note(name, "took = EXCLUDED.took, error = '', failures = 0, well_at = now()", "now(), now(), %s, 0, ''", took)
    return not error


def run_one_job(worker: str) -> bool:
    """Takes the next job that is ready and runs it; False when there is none. What it raised is kept without its message."""
    with transaction.atomic():
        job = DBTaskResult.objects.ready().select_for_update(skip_locked=True).first()
        if job is None:
            return False
        job.claim(worker)
    try:
        task = job.task
        answer = task.func(*job.args_kwargs["args"], **job.args_kwargs["kwargs"])
        json.dumps(answer)  # an answer without a JSON form is a failure of the job, not of the worker
    except Exception as fault:
        if not connection.in_atomic_block and not connection.is_usable():  # the database went away under it: that is not the job's failure
            connection.close()
            _leave(job)
            raise
        log.error("job %s failed: %s\n%s", job.pk, job.task_path, told(fault))
        _end_failed(job, type(fault), told(fault))
    else:
        job.set_successful(answer)
    return True


def take_up_left_jobs() -> int:
    """Makes the jobs of a worker that is gone ready again; for the one worker, when it starts. Answers how many."""
    with transaction.atomic():
        return sum(_leave(job) for job in DBTaskResult.objects.running().select_for_update(skip_locked=True))


@every(3600, name="jobs.prune")
def prune_results(before: datetime | None = None) -> None:
    """Drops the results of jobs that ended long ago."""
    from sizao.kernel import clock

    DBTaskResult.objects.finished().filter(finished_at__lt=before or clock.now() - KEPT).delete()


def worker_name() -> str:
    """A name for a worker process, new each time."""
    return uuid4().hex[:16]


def _due(all_duties: Iterable[Duty]) -> set[str]:
    wanted = list(all_duties)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.name FROM unnest(%s::text[], %s::float8[]) AS d (name, seconds) LEFT JOIN kernel_tick t ON t.name = d.name "
            "WHERE t.ran_at IS NULL OR t.ran_at + d.seconds * interval '1 second' <= now() OR t.ran_at > now()",
            [[duty.name for duty in wanted], [float(duty.seconds) for duty in wanted]],
        )
        return {row[0] for row in cursor.fetchall()}


def _note(name: str, update: str, insert: str, *values: float | str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO kernel_tick (name, ran_at, well_at, took, failures, error) VALUES (%s, {insert}) ON CONFLICT (name) DO UPDATE SET {update}",
            [name, *values],
        )


def _leave(job: DBTaskResult) -> bool:
    """Makes a job that was cut off ready again, or failed when that has happened too often."""
    if len(job.worker_ids) >= MOST_TRIES:
        _end_failed(job, ChildProcessError, f"the worker or the database was lost {MOST_TRIES} times while this ran")
        return False
    job.status = "READY"
    job.save(update_fields=["status"])
    return True


def _end_failed(job: DBTaskResult, kind: type[BaseException], words: str) -> None:
    """Like `set_failed`, but the library's own would keep the error's message, and that may quote a person's row."""
    from sizao.kernel import clock

    job.status, job.finished_at, job.return_value = "FAILED", clock.now(), None
    job.exception_class_path, job.traceback = f"{kind.__module__}.{kind.__qualname__}", words
    job.save(update_fields=["status", "finished_at", "return_value", "exception_class_path", "traceback"])
