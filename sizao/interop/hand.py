"""The program of one hand (see `hands`): takes parcels from its standard input until that ends, and answers on its standard output."""

import gc
import os
import pickle
import queue
import sys
import threading
from typing import IO, Any

from .pipes import frame, opened, send

#: A chunk that met another one head-on is done again.
TURNS = 3
#: Of niceness: people at their desks go first, a hand takes a tenth of their share of a processor.
STEPS = 10


def main() -> None:
    """Runs until the parent closes the pipe. A parent that is gone ends the process at once, and with it what it had not committed."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints may not spoil an answer
    tasks: queue.Queue[bytes] = queue.Queue()
    asked: IO[bytes] = sys.stdin.buffer
    first = frame(asked)
    if not first:
        return
    given, sender = opened(first)
    _ready(given, sender)
    busy = threading.Event()

    def listen() -> None:
        while data := frame(asked):
            tasks.put(data)
        if busy.is_set():
            os._exit(3)
        tasks.put(b"")

    threading.Thread(target=listen, daemon=True).start()
    taking: Any = None
    from .taking import Taking

    gc.freeze()
    gc.set_threshold(200_000, 20, 100)  # a chunk makes a million objects and hardly a circle
    while data := tasks.get():
        busy.set()
        try:
            word, *rest = opened(data)
            if word == "begin":
                taking = Taking(rest[0])
                continue
            send(answers, (True, _done(taking, data)))
        except Exception as fault:
            send(answers, (False, fault if _can_be_sent(fault) else RuntimeError(type(fault).__name__)))
        finally:
            busy.clear()


def _done(taking: Any, data: bytes) -> Any:
    from django.db import OperationalError
    from psycopg.errors import DeadlockDetected, SerializationFailure

    for turn in range(TURNS):
        word, *rest = opened(data)  # anew each turn, because rows gather notes
        try:
            if word == "link":
                return taking.link(rest[0])
            parcel, done, pending = rest
            return taking.take(parcel, done=done, pending=pending)
        except OperationalError as fault:
            taking.finish()
            if turn == TURNS - 1 or not isinstance(fault.__cause__, DeadlockDetected | SerializationFailure):
                raise
    raise AssertionError


def _ready(given: dict[str, Any], sender: str) -> None:
    """Django, the parent's database, and the lock that tells the next import of this sender that we are still here."""
    import django

    django.setup()
    from django.db import connections

    from sizao.kernel import courtesy

    from .ledger import HAND_LOCK

    courtesy.step_back(STEPS)
    connections["default"].settings_dict.update(given)
    with connections["default"].cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_lock_shared(hashtext('{HAND_LOCK}'), hashtext(%s))", [sender])


def _can_be_sent(fault: Exception) -> bool:
    try:
        opened(pickle.dumps(fault))
    except Exception:
        return False
    return True
