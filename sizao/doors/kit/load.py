"""Who is served first when more is asked than can be answered.

A process works on `AT_ONCE` requests at a time; more would only make each slower. The others stand in two lines: what people and gateways
cannot do without (a pass, a scan, a sample, an entry) and the extras (maps, charts, exports), which may be asked again in a minute.
The more of the first are in work or in line, or begin in a second, the fewer extras are: Python works on one request at an instant, so that a chart that
is drawn beside scans makes every one of them wait. Of those that have only begun, too, few are worked on: of two pages of thirty milliseconds that
share a processor both take sixty, one after the other the first takes thirty; what takes long gives its place among them to the next, and stands in
nobody's way. What is told to whom does not get in is `kit/turnstile.py`'s.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable

#: Requests worked on at one time by one process: Python works on one, the others wait for the database.
AT_ONCE = 4
#: Of these, requests that have only begun: one computes while the other waits for the database.
YOUNG_AT_ONCE = 2
#: Seconds after which a request is no longer one that has only begun: an import, a paper, an export.
YOUNG = 0.1
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
#: Seconds after which the first of a line asks again whether it may in: nobody tells it that another is no longer young, or that a crowd has gone.
ASKS_AGAIN = 0.1


class Place:
    """Of one request: in work since when."""

    __slots__ = ("began", "extra")

    def __init__(self, extra: bool, began: float) -> None:
        self.extra, self.began = extra, began


class _Waiting:
    __slots__ = ("event", "place")

    def __init__(self) -> None:
        self.event = threading.Event()
        self.place: Place | None = None


class Gate:
    """Lets `at_once` in, of whom at most `young` have only begun, and keeps the others in two lines. Safe for threads.

    Arguments:
        clock: Seconds that only go forward.
    """

    def __init__(self, at_once: int = AT_ONCE, in_line: int = IN_LINE, young: int = YOUNG_AT_ONCE, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_once, self._in_line, self._most_young, self._clock = at_once, in_line, young, clock
        self._lock = threading.Lock()
        self._lines: tuple[deque[_Waiting], deque[_Waiting]] = (deque(), deque())
        #: Of the first, of the extras: how many are in work, and how many were on average, the first with those in line.
        self._in_work, self._average = [0, 0], [0.0, 0.0]
        #: Those in work that have only begun, the oldest first; who is no longer young goes when somebody asks.
        self._young: list[Place] = []
        #: Of the first: how many began, each counting half after a half-life.
        self._begun = 0.0
        self._reckoned = clock()

    def enter(self, extra: bool, patience: float) -> Place | None:
        """The place at which the request may be worked on, as soon as it has one, or None: the line is full, or `patience` seconds are over. Who has one must `leave` it."""
        until = self._clock() + patience
        line = self._lines[extra]
        with self._lock:
            if not line and self._may(extra):
                return self._begin(extra)
            if extra and len(line) >= self._in_line:
                return None
            mine = _Waiting()
            self._reckon()
            line.append(mine)
            ahead = line[0] is mine
        while True:
            left = until - self._clock()
            mine.event.wait(min(left, ASKS_AGAIN) if ahead else left)
            with self._lock:
                if mine.place is None and line[0] is mine and self._may(extra):
                    self._admit(extra)
                if mine.place is not None:
                    return mine.place
                mine.event.clear()
                if until <= self._clock():
                    self._reckon()
                    line.remove(mine)
                    self._wake(extra)
                    return None
                ahead = line[0] is mine

    def leave(self, place: Place) -> None:
        """A request is done; its place goes to whose turn it is."""
        with self._lock:
            self._reckon()
            self._in_work[place.extra] -= 1
            if place in self._young:
                self._young.remove(place)
            for kind in (False, True):
                while self._lines[kind] and self._may(kind):
                    self._admit(kind)

    def _may(self, extra: bool) -> bool:
        """Whether one more may be worked on. The last place is never an extra's, nor is that of the young once the first come often."""
        places = self._at_once - sum(self._in_work)
        if places <= 0:
            return False
        self._reckon()
        while self._young and self._young[0].began <= self._reckoned - YOUNG:
            del self._young[0]
        if len(self._young) >= self._most_young:
            return False
        if not extra:
            return True
        if self._lines[False] and self._in_work[True]:
            return False
        most = self._at_once - 1 or 1
        rate = self._begun * math.log(2) / HALF_LIFE
        calm = min(1.0, max(0.0, min((FULL - self._average[False]) / (FULL - CALM), (FULL_RATE - rate) / (FULL_RATE - CALM_RATE))))
        allowed = LEAST + (most - LEAST) * calm
        if calm < 1.0 and sum(p.extra for p in self._young) >= max(1, self._most_young - 1):
            return False
        return self._in_work[True] < math.ceil(allowed) and (calm == 1.0 or self._average[True] < allowed)

    def _admit(self, extra: bool) -> None:
        place = self._begin(extra)
        first = self._lines[extra].popleft()
        first.place = place
        first.event.set()
        self._wake(extra)

    def _wake(self, extra: bool) -> None:
        """The first in a line asks again by itself; who has become it is told so."""
        if self._lines[extra]:
            self._lines[extra][0].event.set()

    def _begin(self, extra: bool) -> Place:
        self._reckon()
        self._in_work[extra] += 1
        self._begun += not extra
        place = Place(extra, self._reckoned)
        self._young.append(place)
        return place

    def _reckon(self) -> None:
        now = self._clock()
        kept = math.exp2((self._reckoned - now) / HALF_LIFE)
        self._reckoned = now
        self._begun *= kept
        for kind, many in enumerate((self._in_work[False] + len(self._lines[False]), self._in_work[True])):
            self._average[kind] = self._average[kind] * kept + many * (1 - kept)
