"""While others write, commit late and roll back, every number of a run is what its list makes: counts, amounts and shown figures."""

import random
import statistics
import threading
import time
from datetime import timedelta

import pytest
from beyond import HEAD, enact
from mirror_equal import at
from test_mirror_engine import NOW, Life, folder, town  # noqa: F401 - fixtures

from sizao.kernel.ids import uuid7
from sizao.kernel.models import Enactment
from sizao.kernel.scope import Scope
from sizao.plan import read, run
from sizao.plan.models import Amount, Cell, Figure
from sizao.registers.cases.models import Contact

TEXT = f"""
edition: counted-while-written
title: {{zh: 边写边数, en: Counted while written}}
escalate: {{alarm: [0h, 1h, 4h], prompt: [4h, 24h, 72h], routine: [24h, 72h, 7d]}}
measures:
  watched:{HEAD}
    for: contact
    should: class in ('close', 'secondary')
    when: {{every: 1d, from: last_exposure_on, until: "least(released_at, last_exposure_on + 14d)", at: ["20:00"]}}
    done: isolation.daily_check
    check: {{by: community @ area, should: "drawn(0.9, 'week')", act: isolation.daily_check, untrue: "outcome = 'symptoms'"}}
    show: {{all: count(*), wait: "median(hours(opens, done_at))", slowest: "p90(hours(opens, done_at))", last: max(done_at), undone: share(done_at is null)}}
  twice:{HEAD}
    for: contact
    should: class is not null
    when: {{every: 2d, from: last_exposure_on, until: last_exposure_on + 9d}}
    done: {{have: count(isolation.daily_check), need: 2}}
    show: {{all: count(*), short: share(state = 'overdue')}}
"""
SAID = {"watched", "twice"}


class Writers:
    """Four people who check, reclassify, release and name at once, each his own contacts, take their time to commit, and sometimes do not."""

    def __init__(self, apart, contacts):
        self.stop, self.committed, self.failed = threading.Event(), 0, []
        self.threads = [threading.Thread(target=self.work, args=(apart(), random.Random(n), contacts[n::4])) for n in range(4)]

    def work(self, connection, r, own):
        try:
            self.write(connection, r, own)
        except Exception as error:
            self.failed.append(error)

    def write(self, connection, r, own):
        while not self.stop.is_set():
            for _ in range(r.randrange(1, 4)):
                key, person, area = r.choice(own)
                match r.randrange(5):
                    case 0 | 1:
                        happened, outcome = at(r.randrange(8, 19), r.randrange(24)), r.choice(["ok", "ok", "symptoms"])
                        connection.execute(
                            "INSERT INTO kernel_act (id, kind, subject, person, area_id, happened_at, outcome) VALUES (%s, 'isolation.daily_check', %s, %s, %s, %s, %s)",
                            [uuid7(), key, person, area, happened, outcome],
                        )
                    case 2:
                        connection.execute("UPDATE cases_contact SET classification = %s WHERE id = %s", [r.choice(["close", "general", "secondary"]), key])
                    case 3:
                        connection.execute("UPDATE cases_contact SET released_at = %s WHERE id = %s", [r.choice([None, at(r.randrange(9, 18))]), key])
                    case 4:
                        connection.execute(
                            "INSERT INTO cases_contact (id, person_id, area_id, disease, sender, source_id, known_from, stands_from, status, classification, last_exposure_on) "
                            "VALUES (%s, %s, %s, 'covid-19', '', '', %s, %s, '', 'close', %s)",
                            [uuid7(), person, area, at(9), at(9), at(r.randrange(5, 14)).date()],
                        )
                time.sleep(0.01 * r.randrange(4))  # the transaction stays open
            done = r.randrange(4) > 0
            (connection.commit if done else connection.rollback)()
            self.committed += done

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()
        assert self.failed == []


@pytest.mark.parametrize("engine", ["postgres", "duckdb"])
def test_every_number_is_what_its_list_makes_while_others_write(town, system, folder, apart, monkeypatch, engine):  # noqa: F811
    if not Enactment.objects.filter(item__item_id="counted-while-written").exists():
        enact(town, at(1) - timedelta(days=30), TEXT, "counted-while-written")
    life = Life(town, system, {"postgres": 90, "duckdb": 91}[engine])
    for _ in range(8):
        life.contact()
    life.live(20)
    contacts = list(Contact.objects.exclude(last_exposure_on=None).values_list("pk", "person_id", "area_id"))
    told = set()
    with Writers(apart, contacts) as writers:
        for listed in (0, 200_000):  # the lists are asked again; they are those that the run kept
            monkeypatch.setattr(run, "LISTED", listed)
            made, before = run.evaluate_all(NOW, standing=False, engine=engine), writers.committed
            told |= numbers_are_what_lists_make(town, made)
            deadline = time.monotonic() + 30
            while writers.committed == before and time.monotonic() < deadline:
                time.sleep(0.01)
            assert writers.committed > before, "somebody wrote in the meantime"
            assert numbers_are_what_lists_make(town, made), "and it is still so"
    assert told >= {"owed", "amount", "all", "wait", "slowest", "last", "undone", "short", "looked"}


def numbers_are_what_lists_make(county, made):
    """Which numbers of the county there were."""
    scope, found = Scope.system("test"), set()
    for measure in SAID:
        rows = {state: read.missing(scope, measure, county.root, state=state, limit=None, run=made).rows for state in (*read.LISTS, *read.BESIDE)}
        cell = Cell.objects.at(made).get(measure=measure, area=county.root)
        for state, listed in rows.items():
            assert getattr(cell, state) == len(listed), (measure, state)
            found |= {state} if listed else set()
        owed = [o for state in ("met", "late", "missing", "missed") for o in rows[state]]
        assert cell.owed == len(owed)
        found |= {"owed"} if owed else set()
        amounts = Amount.objects.at(made).filter(measure=measure, area=county.root)
        with_amounts = [o for o in owed if o.have is not None and o.need is not None]
        assert bool(amounts) == bool(with_amounts)
        for a in amounts:
            late = [o.need if o.state == "late" else min(o.have, o.need) for o in with_amounts]
            sums = (len(with_amounts), sum(o.state == "overdue" for o in with_amounts), sum(o.have for o in with_amounts), sum(late), sum(o.need for o in with_amounts))
            assert (a.owed, a.short, a.have, a.filled, a.need) == sums, measure
            found.add("amount")
        figures = {f.name: f for f in Figure.objects.at(made).filter(measure=measure, area=county.root, day=None)}
        for name, (n, value) in shown(measure, owed, rows).items():
            assert (figures[name].n, figures[name].moment or round(figures[name].value, 6)) == (n, value), (measure, name)
            found.add(name)
    return found


def shown(measure, owed, rows):
    """What the measure's figures are, made of the rows of its lists: name → (of how many, the figure)."""
    figures = {"all": (len(owed), len(owed))}
    if measure == "watched":
        hours = sorted((o.done_at - o.opens) / timedelta(hours=1) for o in owed if o.done_at)
        figures["undone"] = (len(owed), round(sum(o.done_at is None for o in owed) / max(1, len(owed)), 6))
        if len(hours) > 1:
            figures["wait"] = (len(hours), round(statistics.median(hours), 6))
            figures["slowest"] = (len(hours), round(statistics.quantiles(hours, n=10, method="inclusive")[-1], 6))
            figures["last"] = (len(hours), max(o.done_at for o in owed if o.done_at))
    else:
        states = [o for state in ("met", "late", "missing", "missed", "open", "ahead", "waiting", "closed", "cannot_tell") for o in rows[state]]
        figures["short"] = (len(states), round(sum(o.state == "overdue" for o in states) / max(1, len(states)), 6))
    return figures if owed else {}
