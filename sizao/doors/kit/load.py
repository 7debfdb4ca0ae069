"""Who is served first when more is asked than can be answered.

A process works on `AT_ONCE` requests at a time; more would only make each slower. The others stand in two lines: what people and gateways
cannot do without (a pass, a scan, a sample, an entry) and the extras (maps, charts, exports), which may be asked again in a minute.
The more of the first are in work or in line, or begin in a second, the fewer extras are: Python works on one request at an instant, so that a chart that
is drawn beside scans makes every one of them wait. What is told to whom does not get in is `kit/turnstile.py`'s.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable

#: Requests worked on at one time by one process: Python works on one, the others wait for the database.
AT_ONCE = 4
#: Extras that may stand in line. A web process has more threads than both together, so that the first line always finds one.
IN_LINE = 12
THREADS = 32
#: How many of the first are in work or in line, on average, while extras may have every place but the last; and when they get the least. Who stands in line
#: counts, or extras that hold three places of four would never see more than one of the first.
CALM, FULL = 0.5, 2.0
#: The same by how many of the first begin in a second: four hundred scans of 1.5 ms are half a one in work on average, and leave an extra no time.
CALM_RATE, FULL_RATE = 20.0, 40.0
#: Below which average of extras in work the next begins then. One of half a second each time makes it a tenth of one place in the mean.
LEAST = 0.02
#: Seconds after which half of an average is of what came since.
HALF_LIFE = 1.0
#: Seconds after which an extra in line asks again whether it may in.
ASKS_AGAIN = 0.1


class _Waiting:
    __slots__ = ("admitted", "event")

    def __init__(self) -> None:
        self.event, self.admitted = threading.Event(), False


class Gate:
    """Lets `at_once` in and keeps the others in two lines. Safe for threads.

    Arguments:
        clock: Seconds that only go forward.
    """

    def __init__(self, at_once: int = AT_ONCE, in_line: int = IN_LINE, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_once, self._in_line, self._clock = at_once, in_line, clock
        self._lock = threading.Lock()
        self._lines: tuple[deque[_Waiting], deque[_Waiting]] = (deque(), deque())
        #: Of the first, of the extras: how many are in work, and how many were on average, the first with those in line.
        self._in_work, self._average = [0, 0], [0.0, 0.0]
        #: Of the first: how many began, each counting half after a half-life.
        self._begun = 0.0
        self._reckoned = clock()

    def enter(self, extra: bool, patience: float) -> bool:
        """Whether the request may be worked on; returns as soon as that is known, at the latest after `patience` seconds. Who may in must `leave`."""
        until = self._clock() + patience
        line = self._lines[extra]
        with self._lock:
            if not line and self._may(extra):
                self._begin(extra)
                return True
            if extra and len(line) >= self._in_line:
                return False
            mine = _Waiting()
            self._reckon()
            line.append(mine)
            ahead = line[0] is mine
        while True:
            left = until - self._clock()
            mine.event.wait(min(left, ASKS_AGAIN) if extra and ahead else left)
            with self._lock:
                if not mine.admitted and line[0] is mine and self._may(extra):
                    self._admit(extra)
                if mine.admitted:
                    return True
                mine.event.clear()
                if until <= self._clock():
                    self._reckon()
                    line.remove(mine)
                    self._wake(extra)
                    return False
                ahead = line[0] is mine

    def leave(self, extra: bool) -> None:
        """A request is done; its place goes to whose turn it is."""
        with self._lock:
            self._reckon()
            self._in_work[extra] -= 1
            for kind in (False, True):
                while self._lines[kind] and self._may(kind):
                    self._admit(kind)

    def _may(self, extra: bool) -> bool:
        """Whether one more may be worked on. The last place is never an extra's."""
        places = self._at_once - sum(self._in_work)
        if not extra or places <= 0:
            return places > 0
        if self._lines[False] and self._in_work[True]:
            return False
        self._reckon()
        most = self._at_once - 1 or 1
        rate = self._begun * math.log(2) / HALF_LIFE
        calm = min(1.0, max(0.0, min((FULL - self._average[False]) / (FULL - CALM), (FULL_RATE - rate) / (FULL_RATE - CALM_RATE))))
        allowed = LEAST + (most - LEAST) * calm
        return self._in_work[True] < math.ceil(allowed) and (calm == 1.0 or self._average[True] < allowed)

    def _admit(self, extra: bool) -> None:
        self._begin(extra)
        first = self._lines[extra].popleft()
        first.admitted = True
        first.event.set()
        self._wake(extra)

    def _wake(self, extra: bool) -> None:
        """Of the extras the first in line asks again by itself; who has become it is told so."""
        if extra and self._lines[extra]:
            self._lines[extra][0].event.set()

    def _begin(self, extra: bool) -> None:
        self._reckon()
        self._in_work[extra] += 1
        self._begun += not extra

    def _reckon(self) -> None:
        now = self._clock()
        kept = math.exp2((self._reckoned - now) / HALF_LIFE)
        self._reckoned = now
        self._begun *= kept
        for kind, many in enumerate((self._in_work[False] + len(self._lines[False]), self._in_work[True])):
            self._average[kind] = self._average[kind] * kept + many * (1 - kept)
