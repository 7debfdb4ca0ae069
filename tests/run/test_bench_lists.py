"""`bench lists` compares speeds only of answers that are right: a side that leaves somebody out, tells another name or turns the order is told."""

import pytest

from benchmarks._list_peers import PAGE, Questions, Side, Told
from benchmarks.lists import _wrong, during

pytestmark = pytest.mark.django_db(databases=[])
PEOPLE = [Told(f"{200 - n:036d}", f"张{'伟芳娜'[n % 3]}", "male", "1980-01-01", "1980", f"190{n:08d}", f"V{n % 2}", f"{n % 2}村", "G") for n in range(200)]
ASKED = Questions(common=["张"], rare=["张芳"], villages=["V1"], pages=[2], people=[PEOPLE[7].id])
PAIRS = [(p.id, p.name) for p in PEOPLE]


class Honest:
    """A server of which each address is what it answers."""

    def get(self, address: str) -> str:
        return address


def side(change=lambda pairs: pairs, total=len(PEOPLE), phone=PEOPLE[7].phone) -> Side:
    answers = {
        "first": PAIRS[:PAGE],
        "name_common": PAIRS,
        "name_rare": [p for p in PAIRS if p[1] == "张芳"],
        "area": [(p.id, p.name) for p in PEOPLE if p.village == "V1"],
        "deep": PAIRS[2 * PAGE : 3 * PAGE],
    }
    addresses = {kind: [kind] for kind in (*answers, "record")}
    listed = lambda kind: change(list(answers[kind]))  # noqa: E731
    return Side("peer", [Honest()], addresses, listed, listed, lambda _: (PEOPLE[7].name, phone), lambda _: total)


def test_who_tells_the_same_is_right():
    assert _wrong([side()], PEOPLE, ASKED) == []


@pytest.mark.parametrize(
    "told, kinds",
    [
        (side(lambda pairs: pairs[:-1]), 5),
        (side(lambda pairs: pairs[::-1]), 5),
        (side(lambda pairs: [(pk, "某人") for pk, _ in pairs]), 5),
        (side(total=199), 1),
        (side(phone="19099999999"), 1),
    ],
    ids=["somebody left out", "another order", "another name", "another number in all", "another telephone"],
)
def test_who_tells_something_else_is_told(told, kinds):
    assert len(_wrong([told], PEOPLE, ASKED)) == kinds


def test_every_reader_asks_at_least_once_and_nothing_begins_after_the_end():
    times, whole = during([Honest()] * 3, ["/"], seconds=0, think=0, turn=0)
    assert len(times) == 3 and whole < 5
