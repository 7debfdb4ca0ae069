"""Who is served first when more is asked than can be answered."""

import threading
import time

import pytest

from sizao.doors.kit.load import Gate


class Standing:
    """A request in its own thread: in line until it is let in, then inside until it is told to go."""

    def __init__(self, gate, extra, patience=5.0):
        self.gate, self.extra, self.inside = gate, extra, None
        self._thread = threading.Thread(target=self._come, args=(patience,), daemon=True)
        self._thread.start()

    def _come(self, patience):
        self.inside = self.gate.enter(self.extra, patience) or False

    def answer(self):
        """Its place; False where it was told that there is none."""
        self._thread.join(5)
        return self.inside


def until(found):
    end = time.monotonic() + 5
    while not found():
        assert time.monotonic() < end
        time.sleep(0.002)


def stand(gate, *kinds, patience=5.0):
    """Requests that have come in this order; True means an extra."""
    found = []
    for nth, extra in enumerate(kinds):
        found.append(Standing(gate, extra, patience))
        until(lambda n=nth: sum(map(len, gate._lines)) == n + 1)
    return found


def test_with_room_everybody_comes_in():
    gate = Gate(at_once=2)
    assert gate.enter(extra=True, patience=0) and gate.enter(extra=False, patience=0)


def test_the_last_place_is_never_an_extras():
    gate = Gate(at_once=3, young=3)
    assert [bool(gate.enter(extra=True, patience=0)) for _ in range(3)] == [True, True, False]
    assert gate.enter(extra=False, patience=0)


def test_two_that_have_only_begun_are_worked_on_and_what_takes_long_stands_in_nobodys_way():
    now = [0.0]
    gate = Gate(at_once=4, young=2, clock=lambda: now[0])
    first, second = (gate.enter(extra=False, patience=0) for _ in range(2))
    assert first and second and not gate.enter(extra=False, patience=0)
    gate.leave(second)
    assert gate.enter(extra=False, patience=0) and not gate.enter(extra=False, patience=0)
    now[0] = 0.2  # both are imports
    third, fourth = (gate.enter(extra=False, patience=0) for _ in range(2))
    assert third and fourth
    now[0] = 0.4
    assert not gate.enter(extra=False, patience=0)  # four at all
    gate.leave(first)
    assert gate.enter(extra=False, patience=0)


@pytest.mark.parametrize(("first_in_work", "extras"), [(0.3, 2), (1.0, 1)])
def test_of_those_that_have_only_begun_one_is_an_extra_once_the_first_come_often(first_in_work, extras):
    gate = Gate(at_once=4, young=2, clock=lambda: 0.0)
    gate._average[False] = first_in_work
    assert [bool(gate.enter(extra=True, patience=0)) for _ in range(2)] == [True] * extras + [False] * (2 - extras)
    assert bool(gate.enter(extra=False, patience=0)) == (extras == 1)


def test_who_waits_comes_in_when_another_is_no_longer_young():
    """Nobody leaves and tells it so: it asks again by itself."""
    gate = Gate(at_once=4, young=1)
    gate.enter(extra=False, patience=0)
    began = time.monotonic()
    assert gate.enter(extra=False, patience=5) and 0.05 < time.monotonic() - began < 3


def test_what_cannot_wait_goes_before_an_extra_that_came_earlier():
    gate = Gate(at_once=1)
    place = gate.enter(extra=False, patience=0)
    overview, scan = stand(gate, True, False)
    gate.leave(place)
    assert scan.answer() and overview.inside is None
    gate.leave(scan.inside)
    assert overview.answer()


@pytest.mark.parametrize(
    ("first_in_work", "extras"),
    [(0.3, 3), (1.0, 3), (1.5, 2), (1.9, 1), (4.0, 1)],
)
def test_the_more_of_the_first_are_in_work_the_fewer_extras_are(first_in_work, extras):
    """Of four places; the average of the first as it was in the last seconds."""
    gate = Gate(at_once=4, young=4, clock=lambda: 0.0)
    gate._average[False] = first_in_work
    assert [bool(gate.enter(extra=True, patience=0)) for _ in range(4)] == [True] * extras + [False] * (4 - extras)


def test_while_the_first_fill_the_house_extras_get_a_tenth_of_one_place():
    """Scans without an end, and overviews of half a second that always wait: in two minutes they are in work for about twelve seconds."""
    now, had = [0.0], 0.0
    gate = Gate(at_once=4, young=4, clock=lambda: now[0])
    gate._average[False] = 3.0
    for _ in range(3):
        assert gate.enter(extra=False, patience=0)
    while now[0] < 120:
        if place := gate.enter(extra=True, patience=0):
            now[0] += 0.5
            had += 0.5
            gate.leave(place)
        now[0] += 0.01
    assert 8 < had < 16


@pytest.mark.parametrize(("a_second", "extras"), [(5, 3), (15, 3), (30, 2), (300, 1)])
def test_many_short_ones_fill_the_house_though_few_are_in_work_at_an_instant(a_second, extras):
    """Each of a millisecond, for ten seconds."""
    now = [0.0]
    gate = Gate(at_once=4, young=4, clock=lambda: now[0])
    for _ in range(10 * a_second):
        place = gate.enter(extra=False, patience=0)
        now[0] += 0.001
        gate.leave(place)
        now[0] += 1 / a_second - 0.001
    assert [bool(gate.enter(extra=True, patience=0)) for _ in range(4)] == [True] * extras + [False] * (4 - extras)


def test_an_extra_is_told_at_once_when_its_line_is_full_and_after_its_patience_otherwise():
    gate = Gate(at_once=1, in_line=1)
    place = gate.enter(extra=False, patience=0)
    [waiting] = stand(gate, True, patience=0.3)
    assert gate.enter(extra=True, patience=60) is None
    assert waiting.answer() is False
    [later] = stand(gate, True)
    gate.leave(place)
    assert later.answer()


def test_an_extra_that_waits_comes_in_when_the_crowd_has_gone():
    """Nobody leaves any more and tells it so: it asks again by itself."""
    now = [0.0]
    gate = Gate(at_once=2, clock=lambda: now[0])
    gate._average[False], gate._average[True] = 4.0, 1.0
    [waiting] = stand(gate, True, patience=60)
    assert waiting.inside is None
    now[0] = 30.0
    assert waiting.answer()


def test_nobody_is_let_in_twice_or_lost():
    """Two hundred threads, many of them impatient: never more inside than the gate lets in, and at the end it is as free as before."""
    gate, inside, most, lock = Gate(at_once=3, in_line=20), [0], [0], threading.Lock()

    def come(nth):
        extra = nth % 2 == 0
        if place := gate.enter(extra, 0.02 if nth % 3 else 5):
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            time.sleep(0.001)
            with lock:
                inside[0] -= 1
            gate.leave(place)

    threads = [threading.Thread(target=come, args=(nth,)) for nth in range(200)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert most[0] <= 3 and gate._in_work == [0, 0] and not any(gate._lines) and not gate._young
