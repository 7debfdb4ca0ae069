"""Two people and one pair, an import and a decision, at the same moment: on connections of their own, in a database where transactions really commit."""

import os
import threading
from datetime import timedelta

import empty
import pytest

from sizao.flows.case_report_received import CaseReport, receive
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope
from sizao.registers.cases.models import Case
from sizao.registers.population import actions as population
from sizao.registers.population import looking, merging, pairs
from sizao.registers.population.models import Merge, Pair, Person


@pytest.fixture
def db(django_db_setup, django_db_blocker):
    """In place of the transaction that is rolled back: a database of this test's own."""
    from django.db import connections

    from sizao.wiring import database

    name = f"sizao_at_once_{os.getpid()}"
    with django_db_blocker.unblock():
        empty.copy(name)
        held = [settings for alias in ("default", "owner") for settings in (connections[alias].settings_dict, connections.databases[alias])]  # of this thread, and of those to come
        before = [settings["NAME"] for settings in held]

        def point(names):
            for alias in ("default", "owner"):
                connections[alias].close()
            for settings, told in zip(held, names, strict=True):
                settings["NAME"] = told

        point([name] * len(held))
        yield
        point(before)
        database.server().drop_database(name)


def reported(area, name, number, sender, **told):
    person = population.PersonData(area.pk, name, phone="13800138000", sex="male", **told)
    return CaseReport(sender=sender, source_id=number, disease="covid-19", person=person, class_code="confirmed", reported_at=clock.now())


@pytest.fixture
def pair(county):
    """One person, told by a hospital and by an airline, each with a case of his."""
    here = county.areas["990001101201-1"]
    born = {"birth_date": clock.now().date().replace(year=1984, day=7)}
    for name, sender in (("欧阳明月", "hospital"), ("Mingyue OUYANG", "airline")):
        receive(Scope.system("t"), [reported(here, name, "1", sender, **born)])
    looking.look()
    return Pair.objects.get(state="open")


def together(*works):
    """Each work in a thread of its own, begun at once: what each came to, or why it was refused."""
    from django.db import connections

    gate, found = threading.Barrier(len(works)), [None] * len(works)

    def one(n, work):
        try:
            gate.wait(10)
            found[n] = work() or "done"
        except Refused as refused:
            found[n] = refused.code
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(n, w)) for n, w in enumerate(works)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    return found


def test_of_two_who_decide_a_pair_at_once_one_decides_and_the_other_is_told_who_was_quicker(county, pair):
    one, other = county.user("cdc"), county.user("cdc")

    def deciding(who, verdict):
        return lambda: pairs.decide(who, pair.pk, verdict, reason="电话核实", mark=pair.mark) and "merged"

    found = together(deciding(one, "same"), deciding(other, "different"))
    assert sorted(found) in (["done", "pair-decided"], ["merged", "pair-decided"])
    pair.refresh_from_db()
    assert (pair.state == "same") == (found[0] == "merged") == Merge.objects.filter(undone_at=None).exists()
    assert Person.objects.filter(same_as=None).count() == (1 if pair.state == "same" else 2)


def test_what_is_imported_while_two_become_one_goes_to_the_one_and_nothing_is_lost(county, pair):
    who, here = county.user("cdc"), county.areas["990001101201-1"]
    again = [reported(here, "Mingyue OUYANG", "1", "airline"), reported(here, "新来的人", "2", "airline")]
    found = together(lambda: pairs.decide(who, pair.pk, "same", reason="电话核实", mark=pair.mark) and "merged", lambda: "/".join(o.kind for o in receive(Scope.system("t"), again)))
    assert found[0] == "merged"
    assert found[1] in ("updated/new", "identical/new")
    merging.gather(clock.now() - timedelta(hours=1))
    kept = Person.objects.get(pk=Merge.objects.get().kept_id)
    assert set(Case.objects.filter(person=kept).values_list("sender", "source_id")) == {("hospital", "1"), ("airline", "1")}
    assert Case.objects.count() == 3
