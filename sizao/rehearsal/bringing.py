"""The order in which a city's records come in: what does not wait for one another by two processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sizao.kernel import acts

from .filling import APART, REGISTERS, Filling
from .registering import CHUNK, Registrar, Told
from .sharing import shared
from .sweeping import seldom_swept

#: What hangs together from case to release, in the order in which each finds what it refers to.
CHAIN = ("cases", "contacts", "specimens", "stays", "later", "results", "work", "checks", "handovers", "symptoms", "signals")
Say = Callable[[str, str], None]
#: Part → rows and seconds of each step of a job; which rows came of it.
Done = tuple[list[tuple[str, int, float]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Job:
    """Something to bring in. `of`: the rows of a file from one number to before another; the name of a ledger or register."""

    part: str
    of: Any = None


def register(folder: Path, progress: Say = lambda zh, en: None) -> Told:
    """Brings everything in, each chunk in a transaction of its own."""
    with seldom_swept():
        return Bringing(Registrar(folder), progress).all()


class Bringing:
    def __init__(self, registrar: Registrar, progress: Say):
        self.r, self.told, self.progress = registrar, registrar.told, progress

    def all(self) -> Told:
        self.share([Job("ground")])
        started, first = time.monotonic(), self.told.begin.date()
        acts.ensure_months(first + timedelta(days=k) for k in range(-31, self.r.city["days"] + 2))
        self.progress("正在入库：人口……", "Bringing in: population…")
        self.share([Job("households")])
        self.share([Job("units"), *self.slices("persons", "town/person")])
        self.progress("正在入库：病例、密接、台账……", "Bringing in: cases, contacts, ledgers…")
        self.share([Job("said"), Job("chain"), *(Job("ledger", name) for name in self.ledgers()), Job("reports"), *self.slices("visits", "records/visit")])
        self.progress("正在入库：工单、岗位、命令、物资……", "Bringing in: tickets, posts, orders, goods…")
        self.share([Job("things")])
        self.share([*(Job("thing", word) for word in APART), Job("milestones"), *self.slices("receipts", "records/receipt")])
        self.share([Job("then")])
        self.share([Job("moves")])
        self.r.close()
        self.told.elapsed = time.monotonic() - started
        return self.told

    def share(self, jobs: Sequence[Job]) -> None:
        """Jobs that do not wait for one another."""
        self.r.close()
        for counted, ids in shared(jobs, self.do):
            self.told.ids |= ids
            for part, n, seconds in counted:
                self.told.rows[part] = self.told.rows.get(part, 0) + n
                self.told.seconds[part] = self.told.seconds.get(part, 0.0) + seconds

    def do(self, job: Job) -> Done:
        before, counted = len(self.told.ids), []
        for part, verb in self.verbs(job):
            started = time.monotonic()
            counted.append((part, verb(), time.monotonic() - started))
        return counted, dict(islice(self.told.ids.items(), before, None))

    def verbs(self, job: Job) -> list[tuple[str, Callable[[], int]]]:
        """What a job is made of, under the part that it counts for."""
        if job.part == "chain":
            return [(part, getattr(self.r, part)) for part in CHAIN]
        if job.part == "ledger":
            return [("lines", lambda: self.r.lines(job.of)), ("filings", lambda: self.r.filings(job.of))]
        if job.part in ("things", "thing", "then", "milestones", "receipts"):
            filling = Filling(self.r)
            words = [w for w in REGISTERS if w not in APART] if job.part == "things" else [job.of]
            ways = {"things": lambda: sum(map(filling.word, words)), "thing": lambda: filling.word(job.of), "then": filling.later, "milestones": filling.milestones, "receipts": lambda: filling.receipts(job.of)}
            return [("things", ways[job.part])]
        verb = getattr(self.r, job.part)
        return [(job.part, verb if job.of is None else lambda: verb(job.of))]

    def slices(self, part: str, file: str) -> list[Job]:
        """A part in as many slices of its file as it has chunks, two at least."""
        rows = self.r.rows(file, "count(*)")[0][0]
        many = min(120, max(2, -(-rows // CHUNK)))
        return [Job(part, (rows * k // many, rows * (k + 1) // many)) for k in range(many)]

    def ledgers(self) -> list[str]:
        """Those that anything was told of, the longest first, so that nobody waits at the end for one."""
        told = " UNION ALL ".join(f"SELECT ledger, count(*) AS n FROM '{self.r.folder}/records/{file}.parquet' GROUP BY ledger" for file in ("line", "filing"))
        return [name for (name,) in self.r.db.execute(f"SELECT ledger FROM ({told}) GROUP BY ledger ORDER BY sum(n) DESC, ledger").fetchall()]


__all__ = ["Job", "register"]
