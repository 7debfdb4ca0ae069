"""Long work is done once for the same data: within a page for as long as a page may take, else by a job, and kept (`models.Kept`).

    work = Work()                                    # one for a page
    found = work.of("delays", inputs, reckon)        # the result; None where it waits for a job
    work.end(lambda: job.enqueue(...))               # keeps what is new; hands the rest over

Short work, which a page does itself, is remembered by the process: `once("forecast", reckon, daily, serial)`.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import timedelta
from threading import Lock
from typing import Any

import numpy as np

from sizao.kernel import clock

from .models import Kept

#: Seconds that a page may spend on work that could be kept, and how long what nobody asks for is kept.
BUDGET, UNASKED = 0.15, timedelta(days=7)
#: Changes when a method does, so that nothing reckoned by the old one is taken for the new.
EDITION = "1"
#: Results of short work that a process remembers: some dozen for each choice of a reader, a few kilobytes each.
REMEMBERED = 512


class Work:
    """The long work of one page, or, without a budget, of a job."""

    def __init__(self, budget: float | None = BUDGET) -> None:
        self.left = budget
        self.known: dict[str, Any] = {}
        self.new: dict[str, tuple[str, Any]] = {}
        self.waits = 0

    def look_up(self, digests: Iterable[str]) -> None:
        """Asks for several at once. One statement."""
        wanted = [d for d in digests if d not in self.known]
        if wanted:
            self.known |= dict(Kept.objects.filter(pk__in=wanted).values_list("pk", "result"))

    def of(self, what: str, digest: str, cost: float, reckon: Callable[[], Any]) -> Any:
        """The result kept under that digest, or reckoned now; None where the page has no time left for it. `cost`: the seconds that it is thought to take."""
        if digest in self.known:
            return self.known[digest]
        if self.left is not None and self.left < cost:
            self.waits += 1
            return None
        began = time.monotonic()
        found = reckon()
        if self.left is not None:
            self.left -= time.monotonic() - began
        self.known[digest] = found
        self.new[digest] = (what, found)
        return found

    def end(self, hand_over: Callable[[], object] | None = None) -> None:
        """Keeps what is new, in one statement, and hands over what waits."""
        now = clock.now()
        if self.new:
            Kept.objects.bulk_create([Kept(digest=d, what=what, result=found, made_at=now) for d, (what, found) in self.new.items()], ignore_conflicts=True)
        if self.waits and hand_over is not None:
            hand_over()


def digest_of(what: str, *parts: Any) -> str:
    """What a result is kept under: SHA-256 of the method's name and edition and of everything it is reckoned from."""
    told = hashlib.sha256(f"{EDITION} {what}".encode())
    for part in parts:
        if isinstance(part, np.ndarray):
            told.update(str(part.dtype).encode() + str(part.shape).encode() + np.ascontiguousarray(part).tobytes())
        else:
            told.update(json.dumps(part, sort_keys=True, default=str).encode())
        told.update(b"\0")
    return told.hexdigest()


_remembered: OrderedDict[str, Any] = OrderedDict()
_lock = Lock()


def once(what: str, reckon: Callable[[], Any], *parts: Any) -> Any:
    """What a pure function of these parts says: reckoned once in this process for the same parts, as long as it is among the newest `REMEMBERED` that were asked for. Whoever gets it changes nothing in it."""
    digest = digest_of(what, *parts)
    with _lock:
        if digest in _remembered:
            _remembered.move_to_end(digest)
            return _remembered[digest]
    found = reckon()
    with _lock:
        _remembered[digest] = found
        while len(_remembered) > REMEMBERED:
            _remembered.popitem(last=False)
    return found


def forget() -> None:
    """Drops what was made long ago; it is reckoned anew when somebody asks."""
    Kept.objects.filter(made_at__lt=clock.now() - UNASKED).delete()

