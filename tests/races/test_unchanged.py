"""What was read is shown again only while nothing of it differs."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from sizao.kernel import clock, prepared, unchanged
from sizao.kernel.models import Area, User
from sizao.kernel.scope import Granted, Scope
from sizao.kernel.unchanged import Unchanged, rights
from sizao.registers.population.models import Person


@pytest.fixture
def looks(county):
    """How often something was really made, and a way to look: the persons of the county."""

    class Looks:
        made, shown = 0, Unchanged(8)

        def __call__(self, key="persons", read=lambda: Person.objects.filter(area__valid_to=None).count(), shown=None):
            def make():
                self.made += 1
                return read()

            return (shown or self.shown).get(key, make)

    return Looks()


def person(area, n=1):
    return Person.objects.create(sender="s", source_id=f"p{n}", area=area, name="某某", known_from=clock.now(), stands_from=clock.now())


def village(county):
    return next(a for a in county.areas.values() if a.level == "grid")


def test_nothing_differs_and_it_is_shown_again(looks, county):
    person(village(county))
    assert [looks(), looks(), looks()] == [1, 1, 1]
    assert looks.made == 1


def test_one_statement_asks_whether_anything_differs(looks, county, django_assert_num_queries):
    looks()
    with django_assert_num_queries(1):
        looks()


@pytest.mark.parametrize(
    "what",
    {
        "a new row": lambda p, a: person(a, 2),
        "a corrected row": lambda p, a: Person.objects.filter(pk=p.pk).update(name="另名"),
        "a row that went": lambda p, a: Person.objects.filter(pk=p.pk).delete(),
        "another table that is read, and has no index of its changes": lambda p, a: Area.objects.filter(pk=a.pk).update(name_zh="新名"),
    }.items(),
    ids=lambda w: w[0],
)
def test_whatever_differs_is_seen_at_once(looks, county, what):
    area = village(county)
    row = person(area)
    looks()
    what[1](row, area)
    assert looks() == Person.objects.count()
    assert looks.made == 2
    assert looks() == Person.objects.count() and looks.made == 2, "and then it stands again"


def test_what_another_was_still_writing_is_seen_when_it_stands(looks, county, own_database):
    """His number is lower than others' that were seen already: the snapshot tells, not the order."""
    area, begun, go, done = village(county), threading.Event(), threading.Event(), threading.Event()

    def other():
        connection.settings_dict["NAME"] = own_database  # a thread's connection is its own
        with transaction.atomic():
            person(area, 7)
            begun.set()
            go.wait(20)
        connection.close()
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    assert begun.wait(20)
    person(area, 8)
    assert [looks(), looks(), looks.made] == [1, 1, 1], "nobody sees what is not there yet, nor asks again for it"
    go.set()
    assert done.wait(20)
    thread.join()
    assert [looks(), looks(), looks.made] == [2, 2, 2]


def test_other_tables_do_not_count(looks, county):
    looks()
    User.objects.create(username="another")
    looks()
    assert looks.made == 1


def test_after_its_time_it_is_made_anew(looks, county, monkeypatch):
    looks()
    looks()
    assert looks.made == 1
    monkeypatch.setattr(unchanged, "LONGEST", timedelta(0))
    looks()
    assert looks.made == 2


def test_who_has_written_in_this_transaction_gets_it_anew_and_it_is_not_remembered(looks, county):
    area = village(county)
    with transaction.atomic():
        person(area)
        assert looks() == 1
        transaction.set_rollback(True)
    assert [looks(), looks.made] == [0, 2], "what was rolled back is shown to nobody"


def test_a_prepared_statement_says_what_it_reads(looks, county):
    def read():
        with transaction.atomic():
            return prepared.rows("SELECT count(*) AS n FROM population_person")[0]["n"]

    assert [looks(read=read), looks(read=read), looks.made] == [0, 0, 1]
    person(village(county))
    assert [looks(read=read), looks.made] == [1, 2]


def test_what_is_made_quickly_is_not_remembered(looks, county):
    quick = Unchanged(8, worth=60)
    looks(shown=quick), looks(shown=quick)
    assert looks.made == 2


def test_what_is_not_whole_is_not_remembered(looks, county):
    some = Unchanged(8, whole=lambda n: n > 0)
    looks(shown=some), looks(shown=some)
    assert looks.made == 2
    person(village(county))
    looks(shown=some), looks(shown=some)
    assert looks.made == 3


def test_tables_of_which_the_key_tells_are_not_asked(looks, county):
    told = Unchanged(8, told=frozenset({"population_person"}))
    looks(shown=told)
    person(village(county))
    looks(shown=told)
    assert looks.made == 1
    looks(key="another", shown=told)
    assert looks.made == 2


def test_those_longest_not_asked_for_go(looks, county):
    few = Unchanged(2)
    for key in ("a", "b", "a", "c"):
        looks(key=key, shown=few)
    assert looks.made == 3
    looks(key="a", shown=few)
    assert looks.made == 3
    looks(key="b", shown=few)
    assert looks.made == 4


def test_many_who_ask_at_once_wait_for_one(looks, county, own_database):
    ready, made, lock = threading.Barrier(6), [], threading.Lock()

    def make():
        with lock:
            made.append(1)
        return Person.objects.count()

    def ask():
        connection.settings_dict["NAME"] = own_database
        ready.wait(20)
        looks.shown.get("together", make)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(30)
    assert len(made) == 1


def test_who_waits_takes_what_was_begun_after_he_asked_whatever_is_recorded_meanwhile(looks, county, own_database):
    """One makes it; six ask while he does, and somebody goes on recording: one of the six makes it anew, for all of them."""
    area, begun, go, made, found, lock = village(county), threading.Event(), threading.Event(), [], [], threading.Lock()

    def make():
        with lock:
            made.append(1)
            first = len(made) == 1
        if first:
            begun.set()
            go.wait(20)
        n = Person.objects.count()
        person(area, 100 + len(made))  # it is old as soon as it is made
        return n

    def ask():
        connection.settings_dict["NAME"] = own_database
        n = looks.shown.get("together", make)
        with lock:
            found.append(n)
        connection.close()

    first = threading.Thread(target=ask)
    first.start()
    assert begun.wait(20)
    person(area, 50)
    others = [threading.Thread(target=ask) for _ in range(6)]
    for t in others:
        t.start()
    while len(looks.shown._making) == 0 or not all(t.is_alive() for t in others):
        pass
    threading.Event().wait(0.5)  # all six stand in line
    go.set()
    for t in (first, *others):
        t.join(30)
    assert len(made) == 2
    assert sorted(found) == [1, *[2] * 6], "nobody misses what was recorded before he asked"


def test_rights_are_those_of_the_area_and_around_it(county):
    a, b = [x for x in county.areas.values() if x.level == "grid"][:2]
    here, there = Granted(frozenset({"case.read"}), a.path, frozenset()), Granted(frozenset({"case.read"}), b.path, frozenset())
    above = Granted(frozenset({"plan.read"}), county.areas[next(iter(county.areas))].path, frozenset())
    of = lambda *grants: rights(Scope(None, None, "response", grants), a)  # noqa: E731
    assert of(here) == of(here, there), "what may be done elsewhere shows nothing here"
    assert of(here) != of() != of(above)
