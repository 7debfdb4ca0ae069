"""The worker: one process that seals the audit trail, keeps the duties, answers changes and runs the jobs.

Three threads work; the main one holds the connection that makes this the only worker (an advisory lock), listens for changes, and waits.
When the database goes away everything pauses until it is back. A job that is cut off by the end of the process is taken up by the next one.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable

import psycopg
from django.db import DatabaseError, InterfaceError, close_old_connections, connection, connections

from sizao.kernel import jobs
from sizao.kernel.audit.sealer import seal_once
from sizao.kernel.logs import named, told
from sizao.kernel.supervise import sets

log = logging.getLogger("sizao.worker")

LOCK = 4_205_020  # held by the one worker
PATIENCE = 1.5  # seconds from the order to stop until what still runs is cut off
LONGEST_WAIT = 5.0  # seconds between two attempts to reach the database


class Worker:
    """One worker. `run` returns when `stop` is set; until then it survives whatever the database does."""

    def __init__(self, stop: threading.Event | None = None) -> None:
        self.stop = stop or threading.Event()
        self.name = jobs.worker_name()
        self._leads = threading.Event()
        self._changes = threading.Event()
        self._job = threading.Event()
        self._look_again = 0.0
        self._threads = [
            threading.Thread(target=self._repeat, args=(what, pause), name=what.__name__, daemon=True)
            for what, pause in ((self._seal, 1.0), (self._keep_duties, 0.25), (self._work, 0.5))
        ]

    def run(self) -> bool:
        """Works until it is told to stop. False when something still ran at the end and had to be cut off."""
        for thread in self._threads:
            thread.start()
        wait = 0.1
        while not self.stop.is_set():
            try:
                self._lead()
                wait = 0.1
            except (psycopg.Error, DatabaseError, InterfaceError) as fault:
                log.warning("the database is away: %s", named(fault))
            except Exception as fault:
                log.error("worker: %s", told(fault))
            self._leads.clear()
            self.stop.wait(wait)
            wait = min(wait * 2, LONGEST_WAIT)
        until = time.monotonic() + PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _lead(self) -> None:
        """Takes the lock, listens and lets the threads work, as long as this connection lives."""
        parameters = connections["default"].get_connection_params()
        with psycopg.connect(**{**parameters, "connect_timeout": 5, "autocommit": True}) as held:
            while not _taken(held):
                if self.stop.wait(0.5):
                    return
            held.execute(f"LISTEN {jobs.CHANNEL}")
            close_old_connections()
            jobs.take_up_left_jobs()
            connection.close()
            self._changes.set()  # whatever was changed while nobody listened
            self._leads.set()
            log.info("leading as %s", self.name)
            while not self.stop.is_set():
                for _ in held.notifies(timeout=0.3):
                    self._changes.set()
                    self._job.set()
                held.execute("SELECT 1")

    def _repeat(self, what: Callable[[], bool], pause: float) -> None:
        """One thread: does `what` again and again while this worker leads; at once when it answers that there is more."""
        while not self.stop.is_set():
            if not self._leads.wait(0.2):
                continue
            more = False
            try:
                close_old_connections()
                more = what()
            except (psycopg.Error, DatabaseError, InterfaceError) as fault:
                log.warning("%s: %s", what.__name__.strip("_"), named(fault))
                connection.close()
                self.stop.wait(0.5)
            except Exception as fault:
                log.error("%s: %s", what.__name__.strip("_"), told(fault))
                self.stop.wait(0.5)
            if not more:
                (self._job if what == self._work else self.stop).wait(pause)
        connection.close()

    def _seal(self) -> bool:
        seal_once()
        return False

    def _keep_duties(self) -> bool:
        now = time.monotonic()
        if self._changes.is_set():
            self._changes.clear()
            for answer in jobs.answers.values():
                answer.told(now)
        for answer in jobs.answers.values():
            if answer.is_due(now) and not self.stop.is_set():
                answer.first = None  # what changes from here on counts anew
                jobs.run_noted(answer.name, answer.run)
        if now >= self._look_again:
            self._look_again = now + 1
            jobs.run_due_duties()
        return False

    def _work(self) -> bool:
        self._job.clear()
        return not self.stop.is_set() and jobs.run_one_job(self.name)


def run_worker(stop: threading.Event | None = None) -> None:
    """Runs the worker as this process: until SIGTERM or SIGINT, and then ends the process within two seconds.

    What still runs then is cut off by the end of the process: its transaction is undone, its job is taken up by the next worker.
    """
    worker = Worker(stop)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, sets(worker.stop))
    if not worker.run():
        log.warning("stopped while something still ran")
        logging.shutdown()
        os._exit(0)


def _taken(held: psycopg.Connection) -> bool:
    row = held.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
    return bool(row and row[0])
