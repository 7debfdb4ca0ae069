"""Jobs that do not wait for one another, done by two processes: the other one is this one's twin and knows what this one knew when it was made.

    results = shared([1, 2, 3], do)        # in the jobs' order, whoever did them

A twin costs no start and is told nothing, which is why it is used here and not the hands of an import: a city's numbers and the rows that they became
are some hundred megabytes. Where there is one core, no twin to be had, or a transaction is open, this process does all of it.
"""

from __future__ import annotations

import os
import pickle
import traceback
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import connection, connections

J = TypeVar("J")
R = TypeVar("R")


def alone() -> bool:
    """Whether there is nobody to share with."""
    return not hasattr(os, "fork") or (os.cpu_count() or 1) < 2 or connection.in_atomic_block


def shared(jobs: Sequence[J], do: Callable[[J], R]) -> list[R]:
    """What `do` answers of each job. The next one goes to who is free first. RuntimeError with what the twin said, where it failed.

    Both have connections of their own; what `do` changes in memory is changed in one of the two, so that it must be in the answer.
    """
    if len(jobs) < 2 or alone():
        return [do(job) for job in jobs]
    connections.close_all()
    take, give = os.pipe()
    os.write(give, bytes(range(len(jobs))))  # a number a job: who reads it does it
    os.close(give)
    back, told = os.pipe()
    twin = os.fork()
    if not twin:
        _be_the_twin(jobs, do, take, told)
    os.close(told)
    try:
        found = dict(_mine(jobs, do, take))
    finally:
        os.close(take)
        with os.fdopen(back, "rb") as pipe:
            answer = pipe.read()
        os.waitpid(twin, 0)
    theirs: Any = pickle.loads(answer) if answer else "the twin ended without a word"  # noqa: S301 - from our own twin, over our own pipe
    if isinstance(theirs, str):
        raise RuntimeError(theirs)
    found |= theirs
    return [found[n] for n in range(len(jobs))]


def _mine(jobs: Sequence[J], do: Callable[[J], R], take: int) -> list[tuple[int, R]]:
    done = []
    while number := os.read(take, 1):
        done.append((number[0], do(jobs[number[0]])))
    return done


def _be_the_twin(jobs: Sequence[J], do: Callable[[J], R], take: int, told: int) -> None:
    """Works and ends; nothing that this process would have tidied up is touched."""
    try:
        answer: Any = dict(_mine(jobs, do, take))
    except BaseException:
        answer = traceback.format_exc()
    try:
        with os.fdopen(told, "wb") as pipe:
            pickle.dump(answer, pipe, protocol=pickle.HIGHEST_PROTOCOL)
        connections.close_all()
    finally:
        os._exit(0)


__all__ = ["alone", "shared"]
