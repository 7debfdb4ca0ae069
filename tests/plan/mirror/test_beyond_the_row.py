"""Pairs, lines of lists, draws and figures said of areas: made from real identifiers, and the same on the mirror's numbers."""

from datetime import UTC, datetime, timedelta

import pytest
from beyond import MEASURES, enact
from django.db import transaction
from mirror_equal import at
from test_daily_run import lists
from test_mirror_engine import NOW, Life, beside, both, cells, folder, rows, town  # noqa: F401 - fixtures

from sizao.flows.check_recorded import Check, record_checks
from sizao.kernel.acts import NewAct, record
from sizao.kernel.ids import uuid7
from sizao.kernel.models import Area, Enactment
from sizao.kernel.scope import Scope
from sizao.plan import read, run
from sizao.plan.mirror.engine import Engine
from sizao.plan.models import Row
from sizao.registers.cases.models import Case, Contact
from sizao.registers.command.actions import Grading, grade_areas
from sizao.registers.population.models import Person


@pytest.fixture
def far(town):  # noqa: F811
    if not Enactment.objects.filter(disease="").exists():
        enact(town, at(1) - timedelta(days=30))
    return town


def seen(made):
    return {(m.partition(".")[0], s) for m, s in Row.objects.at(made).values_list("measure", "state")}


def test_what_is_made_from_real_identifiers_is_the_same_on_the_mirror(far, system, folder, monkeypatch):  # noqa: F811
    served, real = set(), Engine.statement
    monkeypatch.setattr(Engine, "statement", lambda self, f: served.add(f.measure.id) or real(self, f))
    life, moments, found = Life(far, system, 80), [], set()
    with transaction.atomic():
        grade_areas(system, [Grading(far.root.pk, "population", "", at(1), number=1000), Grading(far.areas["990001101"].pk, "population", "", at(1))], sender="county")
    grid, told = far.areas["990001101201-1"], {"disease": "covid-19", "known_from": at(2), "stands_from": at(2)}
    who = Person.objects.create(area=grid, known_from=at(1), stands_from=at(1))
    case = Case.objects.create(person=who, area=grid, classification="confirmed", confirmed_at=at(2), **told)
    for released in (None, at(5)):
        one = Contact.objects.create(person=who, area=grid, case=case, classification="close", last_exposure_on=at(2).date(), named_at=at(2), released_at=released, **told)
    record_checks(system, [Check(key="one", contact=one.pk, happened_at=at(3, 9), outcome="ok")])
    for steps in (0, 60):
        life.live(steps)
        moments.append(datetime.now(UTC))
        there, here = both(NOW, moments[-1])
        assert rows(here) == rows(there)
        assert (cells(here), beside(here)) == (cells(there), beside(there))
        found |= seen(here)
    there, here = both(at(12, 21), moments[0])
    assert (cells(here), rows(here)) == (cells(there), rows(there))
    assert served >= {*MEASURES, "positive-contact-a-case"}, "the mirror answered them all"
    assert {m for m, _ in found} >= set(MEASURES)
    assert found >= {("pair", "met"), ("pair", "overdue"), ("pair-line", "met"), ("line", "overdue"), ("line", "met"), ("after-pairs", "short")}


def test_the_standing_run_counts_them_too_and_finds_a_pair_by_the_number_it_had(far, system, folder):  # noqa: F811
    life, as_of = Life(far, system, 81), at(14, 9)
    for _ in range(2):
        life.live(15)
        here = run.evaluate_all(as_of, engine="duckdb")
        there = run.evaluate_all(as_of, here.known_at, standing=False, engine="postgres")
        assert [c for c in cells(here) if any(c[3:])] == [c for c in cells(there) if any(c[3:])]
        ours, whole = lists(here), lists(there)
        for key, wanted in whole.items():
            assert ours.get(key) == wanted if " ".join(key) not in here.unlisted_rows else here.unlisted_rows[" ".join(key)] == len(wanted), key
        assert beside(here) == beside(there)
        as_of += timedelta(hours=30)


def test_a_store_across_time_zones_asks_its_mirror_too(far, system, folder, monkeypatch):  # noqa: F811
    """But for figures that are moments."""
    left, real = set(), run._keep
    monkeypatch.setattr(run, "_keep", lambda f, *rest: left.add(f.measure.id) or real(f, *rest))
    Life(far, system, 82).live(25)
    Area.objects.filter(path__startswith=Area.objects.get(code="990001102202").path).update(zone="America/New_York")
    Life(far, system, 83).live(25)
    positive_everywhere(far, system)
    known_at = datetime.now(UTC)
    here = run.evaluate_all(NOW, known_at, standing=False, engine="duckdb")
    assert left == {"after-pairs"}
    there = run.evaluate_all(NOW, known_at, standing=False, engine="postgres")
    assert rows(here) == rows(there)
    assert (cells(here), beside(here)) == (cells(there), beside(there))
    found = [r for r in rows(here) if "line" in r]
    assert len({(r[1], r[2], r[4]) for r in found}) == len(found) > 0, "a line is judged once, in the time of where it lies"
    across = incomplete(there)
    Area.objects.update(zone="Asia/Shanghai")
    assert incomplete(run.evaluate_all(NOW, known_at, standing=False, engine="postgres")) == across, "who is not on a list does not hang on the clocks of the store"
    assert {state for _, _, state, *_ in across} == {"unlisted", "short"}


def test_a_pair_is_owed_for_the_days_before_the_change_that_made_it_one(far, system, folder):  # noqa: F811
    """A close contact of nobody known, of whom it is told later that the contact was of this case and is not close: what was owed until then cannot be told.
    The version that joins the two is of no use to the measure, and the one that is joins nobody."""
    grid, told = far.areas["990001101201-1"], {"disease": "covid-19"}
    who = Person.objects.create(area=grid, known_from=at(2), stands_from=at(2))
    case = Case.objects.create(person=who, area=grid, classification="confirmed", confirmed_at=at(2), known_from=at(2), stands_from=at(2), **told)
    one = Contact.objects.create(person=who, area=grid, classification="close", last_exposure_on=at(3).date(), named_at=at(3), known_from=at(3), stands_from=at(3), **told)
    Contact.objects.filter(pk=one.pk).update(case=case, classification="secondary", stands_from=at(9))
    here, there = both(NOW, datetime.now(UTC))
    of = [[(r[7], r[8]) for r in rows(made) if who.pk in r and r[1] == "pair"] for made in (here, there)]
    assert of[0] == of[1] == [("cannot_tell", "unknown:contact.case")] * 3


def positive_everywhere(county, system):
    """Positive results of people in both time zones, of one who is a confirmed case and of one who lives nowhere; and how many live in the county."""
    east, west = county.areas["990001101201-1"], county.areas["990001102202-1"]
    people = [Person.objects.create(area=area, known_from=at(1), stands_from=at(1)) for area in (east, west, east)]
    Case.objects.create(person=people[2], area=east, classification="confirmed", confirmed_at=at(2), disease="covid-19", known_from=at(2), stands_from=at(2))
    who = [*(p.pk for p in people), uuid7()]
    record(system, [NewAct("lab.resulted", uuid7(), at(10), one, east.pk, "covid-19", outcome="positive") for one in who])
    with transaction.atomic():
        grade_areas(system, [Grading(county.root.pk, "population", "", at(3), number=2000)], sender="county")


def incomplete(made):
    return sorted(Row.objects.at(made).filter(state__in=("unlisted", "short")).values_list("measure", "subject", "state", "reason", "area_id", "have", "need"), key=repr)


@pytest.mark.parametrize("engine", ["postgres", "duckdb"])
def test_a_list_asked_again_is_of_what_the_run_had_seen_whoever_commits_later(far, system, folder, apart, monkeypatch, engine):  # noqa: F811
    """A check that was recorded before the run and committed after it, a contact named so, and one whose class was changed so."""
    life = Life(far, system, {"postgres": 84, "duckdb": 85}[engine])
    for _ in range(6):
        life.contact()
    known = [c for c in Contact.objects.filter(classification="close").exclude(last_exposure_on=None) if c.released_at is None]
    slow = apart()
    one, other = known[0], known[-1]
    slow.execute("INSERT INTO kernel_act (id, kind, subject, person, happened_at, outcome) VALUES (%s, 'isolation.daily_check', %s, %s, %s, 'ok')", [uuid7(), one.pk, one.person_id, at(17, 9)])
    slow.execute("UPDATE cases_contact SET classification = 'general' WHERE id = %s", [other.pk])
    monkeypatch.setattr(run, "LISTED", 0)  # every list is asked again
    made = run.evaluate_all(NOW, standing=False, engine=engine)
    scope = Scope.system("test")

    def lists_again():
        numbers = read.overview(scope, far.root, run=made).total
        return {
            state: (numbers.count(state), sorted((o.measure, str(o.subject), o.occasion) for o in read.missing(scope, None, far.root, state=state, limit=None, run=made).rows))
            for state in ("missing", "missed", "met", "late", "open", "closed", "cannot_tell")
        }

    before = lists_again()
    assert all(n == len(rows) for n, rows in before.values()), "each number is its list's length"
    assert sum(n for n, _ in before.values()) > 0
    slow.commit()
    assert lists_again() == before, "what committed since is in the next run"
    monkeypatch.undo()
    assert cells(run.evaluate_all(NOW, standing=False, engine="postgres")) != cells(made)
