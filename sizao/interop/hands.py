"""Many hands: the chunks of a large file are read, checked and written by processes of their own, each with its own connection.

    parent                                    hand (one of a few)
    parses the file into parcels  ── parcel ─▶  reads, checks, seals, writes the chunk in one transaction
    hears, in the file's order    ◀─ Taken  ──  what is to be said of it

A parcel is pickled to the hand's standard input and the answer comes from its standard output: both are programs of this installation, and
nobody else can write there. A hand whose parent is gone ends at once; its unfinished chunk is then no chunk. Small files, and whatever runs
inside a transaction (a rehearsal), have no hands: the same work is done here, while a thread reads ahead.
"""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.db import connection

from .pipes import receive, send

if TYPE_CHECKING:
    from .taken import Linked, Reference, Taken
    from .taking import Taking, Work
    from .units import Parcel

#: From so many rows on it is worth the second that a process needs to start.
WORTH_ROWS = 20_000
MOST_HANDS = 4
#: Tasks that a hand is given ahead of its answers, so that it never waits for the parser.
AHEAD = 2
START = "from sizao.interop.hand import main; main()"


def how_many(rows: int) -> int:
    """How many hands a file of so many rows gets."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 0 if rows < WORTH_ROWS or cores < 2 or connection.in_atomic_block else min(cores, MOST_HANDS)


class Hands:
    """`count` processes that take parcels; with none, everything is done here. Use it as a context: at the end they are gone."""

    def __init__(self, count: int, sender: str) -> None:
        self.sender = sender
        self.wanted = count
        self.hands: list[_Hand] = []
        self.here: Taking

    def __enter__(self) -> "Hands":
        self.hands = [_Hand(self.sender) for _ in range(self.wanted)]
        return self

    def __exit__(self, *fault: object) -> None:
        for hand in self.hands:
            hand.end(fault[0] is not None)

    def begin(self, work: "Work", here: "Taking") -> None:
        """The file that the next parcels or references are of."""
        self.here = here
        for hand in self.hands:
            hand.put(("begin", work))

    def take(self, parcels: Iterable[tuple["Parcel", bool, frozenset[int]]]) -> Iterator[tuple["Parcel", "Taken"]]:
        """What is to be said of each parcel, in their order. `parcels`: with whether it is done already, and its lines that wait."""
        if self.hands:
            yield from self._spread(("take", p, done, pending) for p, done, pending in parcels)  # type: ignore[misc]
            return
        ready = _ahead((p, p.opened(self.here.reader), done, pending) for p, done, pending in parcels)
        for p, some, done, pending in ready:
            self.here._take(p.number, some, done=done, pending=pending)
            yield p, self.here.finish()

    def link(self, parts: Iterable[list["Reference"]]) -> Iterator[tuple[list["Reference"], "Linked"]]:
        """What became of the references, part by part."""
        if self.hands:
            yield from self._spread(("link", part) for part in parts)  # type: ignore[misc]
        else:
            yield from ((part, self.here.link(part)) for part in parts)

    def _spread(self, tasks: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, Any]]:
        """Gives tasks to whoever is free; answers come in the order of the tasks."""
        coming, lock, over = enumerate(tasks), threading.Lock(), threading.Event()
        answers: queue.Queue[tuple[int, Any, Any]] = queue.Queue()
        room = threading.Semaphore(len(self.hands) * (AHEAD + 2))  # a slow one may not be overtaken without end

        def serve(hand: "_Hand") -> None:
            given: list[tuple[int, Any]] = []
            try:
                while True:
                    while len(given) < AHEAD and not over.is_set():
                        if not room.acquire(blocking=not given):  # who owes answers never waits for room: everybody waits for him
                            break
                        with lock:
                            n, task = next(coming, (-1, None))
                        if task is None:
                            room.release()
                            break
                        hand.put(task)
                        given.append((n, task[1]))
                    if not given:
                        break
                    n, what = given.pop(0)
                    answers.put((n, what, hand.get()))
            except BaseException as fault:
                answers.put((-1, None, fault))
            else:
                answers.put((-1, None, None))

        threads = [threading.Thread(target=serve, args=(hand,), name="import-hand", daemon=True) for hand in self.hands]
        for thread in threads:
            thread.start()
        held: dict[int, tuple[Any, Any]] = {}
        turn, ended = 0, 0
        try:
            while ended < len(threads) or held:
                if turn in held:
                    room.release()
                    yield held.pop(turn)
                    turn += 1
                    continue
                n, what, answer = answers.get()
                if isinstance(answer, BaseException):
                    raise answer
                if n < 0:
                    ended += 1
                else:
                    held[n] = (what, answer)
        finally:
            over.set()
            room.release(len(threads))


class _Hand:
    """One process and the two pipes to it."""

    def __init__(self, sender: str) -> None:
        given = {k: v for k, v in connection.settings_dict.items() if k in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")}
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(p or os.getcwd() for p in sys.path)}
        self.process = subprocess.Popen([sys.executable, "-c", START], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        self.put((given, sender))

    def put(self, task: Any) -> None:
        send(self.process.stdin, task)  # type: ignore[arg-type]

    def get(self) -> Any:
        """The next answer; what was raised there is raised here. Refused: import-hand-lost."""
        good, answer = receive(self.process.stdout)  # type: ignore[arg-type]
        if not good:
            raise answer
        return answer

    def end(self, at_once: bool) -> None:
        if at_once:
            self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _ahead(made: Iterable[Any]) -> Iterator[Any]:
    """The same items, made in a thread of its own: the next blocks are read and checked while the database writes the last one.

    What the maker raises is raised here. The maker may not touch the database: its connection belongs to the caller's thread.
    """
    line: queue.Queue[tuple[bool, Any]] = queue.Queue(AHEAD)
    over = threading.Event()

    def make() -> None:
        try:
            for item in made:
                if not _put(line, (True, item), over):
                    return
            _put(line, (False, None), over)
        except BaseException as fault:
            _put(line, (False, fault), over)

    worker = threading.Thread(target=make, name="import-reader", daemon=True)
    worker.start()
    try:
        while True:
            more, item = line.get()
            if not more:
                if item is not None:
                    raise item
                return
            yield item
    finally:
        over.set()
        worker.join()


def _put(line: "queue.Queue[tuple[bool, Any]]", item: tuple[bool, Any], over: threading.Event) -> bool:
    while not over.is_set():
        try:
            line.put(item, timeout=0.1)
            return True
        except queue.Full:
            continue
    return False
