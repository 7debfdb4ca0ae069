"""Work that nobody waits for gives way to what somebody waits for: its share of a processor is a part of theirs wherever both want one, and the whole where nobody else does.

    step_back()                # this thread, those that it starts from now on, and the database's work for the connections that they open

Of a database on another machine, or where the system does not tell its processes (`/proc`), the share of this process alone is made smaller.
"""

import contextlib
import os
from pathlib import Path
from typing import Any

import psycopg
from django.db.backends.signals import connection_created

#: Steps of niceness. Each is about a fifth less: five leave a third of the weight, and what is due every minute is still done within it on a machine that has nothing to spare.
STEPS = 5


def step_back(steps: int = STEPS) -> None:
    """For the calling thread and those that it starts from now on; others of the process stay as they are where the system counts threads one by one, as Linux does."""
    os.nice(steps)
    connection_created.connect(_opened, dispatch_uid="courtesy")


def likewise(connection: psycopg.Connection[Any]) -> None:
    """The database works for this connection as the calling thread works: no more courteous, no less. No statement."""
    given, pid = os.getpriority(os.PRIO_PROCESS, 0), connection.info.backend_pid
    # A number of a process says nothing on another machine: the way there must be a file, and the process one of PostgreSQL's.
    if given <= 0 or not connection.info.host.startswith("/"):
        return
    with contextlib.suppress(OSError):
        if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"postgres:"):
            os.setpriority(os.PRIO_PROCESS, pid, given)


def _opened(connection: Any, **more: Any) -> None:
    likewise(connection.connection)
