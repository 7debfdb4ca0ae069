"""Two engines on real registers: what PostgreSQL makes of the tables, DuckDB makes of the mirror, cell by cell and row by row."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from mirror_equal import at, differences, looked_at

from sizao.flows.case_report_received import CaseReport, receive
from sizao.flows.check_recorded import Check, record_checks, take_back
from sizao.flows.contact_named import NamedContact, name
from sizao.kernel import content
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area, Batch, Enactment, User
from sizao.plan import run
from sizao.plan.acts import acts_of
from sizao.plan.facts import vocabulary
from sizao.plan.mirror import choice
from sizao.plan.mirror.layout import said
from sizao.plan.mirror.mirror import Mirror
from sizao.plan.models import COUNTS, Amount, Cell, Figure, Row
from sizao.registers.cases.models import Case, Contact
from sizao.registers.command.actions import Grading, grade_areas
from sizao.registers.isolation.models import DailyCheck
from sizao.registers.population.actions import PersonData
from sizao.registers.population.models import Person

NOW = at(18, 21)
COVID, ZONE = "covid-19", "Asia/Shanghai"


@pytest.fixture
def town(county, system):
    """A county with the first edition in force since May."""
    if not Enactment.objects.exists():
        content.load(system, kinds=("plan",))
        one, two = (User.objects.create_user(n) for n in ("one", "two"))
        item = content.newest("plan", "contact-tracing-basic")
        Enactment.objects.create(
            item=item,
            area=county.root,
            disease=COVID,
            starts_at=at(1) - timedelta(days=30),
            proposed_by=one,
            seconded_by=two,
            decided_at=at(1),
        )
        content.keep(acts_of(item.text), county.root, at(1) - timedelta(days=30), "test")
    county.user("community", "990001101201")
    county.user("desk")
    return county


class Life:
    """People who report, name, check, correct, move and take back, at random; the same seed gives the same life."""

    def __init__(self, county, system, seed):
        self.county, self.system, self.r = county, system, random.Random(seed)
        self.grids = [a for a in county.areas.values() if a.level == "grid"]
        self.n = seed * 10_000
        with connection.cursor() as cursor:  # whom `order_by("?")` gives
            cursor.execute("SELECT setseed(%s)", [seed / 10_000])

    def person(self):
        self.n += 1
        return PersonData(area_id=self.r.choice(self.grids).pk, name=f"某{self.n}", sex=self.r.choice(["1", "2", None]))

    def moment(self):
        return at(self.r.randrange(1, 19), self.r.randrange(24))

    def report(self, batch=None):
        told = {"class_code": self.r.choice(["suspected", "confirmed", None]), "confirmed_at": self.moment(), "reported_at": self.moment()}
        receive(self.system, [CaseReport(sender="county", source_id=str(self.n), disease=COVID, person=self.person(), **told)], batch=batch)

    def again(self):
        case = Case.objects.order_by("?").first()
        if case:
            told = {"class_code": self.r.choice(["confirmed", "clinical"]), "confirmed_at": self.moment()}
            receive(self.system, [CaseReport(sender=case.sender, source_id=case.source_id, disease=COVID, person=self.person(), **told)])

    def contact(self, batch=None):
        day = self.moment()
        told = {
            "class_code": self.r.choice(["close", "close", "general", None]),
            "named_at": day,
            "last_exposure_on": self.r.choice([day.date(), None]),
        }
        self.n += 1
        name(self.system, [NamedContact(sender="county", source_id=str(self.n), disease=COVID, person=self.person(), **told)], batch=batch)

    def some(self):
        return Contact.objects.order_by("?").first()

    def check(self):
        contact = self.some()
        if contact:
            self.n += 1
            record_checks(self.system, [Check(key=str(self.n), contact=contact.pk, happened_at=self.moment(), outcome="ok")])

    def void(self):
        check = DailyCheck.objects.order_by("?").first()
        if check:
            take_back(self.system, check.pk)

    def change(self):
        contact = self.some()
        if contact:
            told = self.r.choice(
                [
                    {"classification": "secondary"},
                    {"released_at": self.moment()},
                    {"last_exposure_on": self.moment().date()},
                    {"area": self.r.choice(self.grids)},
                    {"case": Case.objects.order_by("?").first()},
                ]
            )
            Contact.objects.filter(pk=contact.pk).update(**told, **self.r.choice([{}, {"stands_from": self.moment()}]))

    def grade(self):
        """Something is said of a place: its risk, or that it is to be swept."""
        area, moment = self.r.choice([*self.county.areas.values()]), self.moment()
        scale, value = self.r.choice([("risk", "high"), ("risk", "low"), ("order", "sweep"), ("order", "closure")])
        with transaction.atomic():
            grade_areas(self.system, [Grading(area.pk, scale, value, moment)], sender="county")

    def batch(self):
        batch = Batch.objects.create(sender="county")
        self.report(batch.pk)
        self.contact(batch.pk)
        states = [{}, {"closed_at": datetime.now(UTC)}, {"closed_at": datetime.now(UTC), "undone_at": datetime.now(UTC)}]
        Batch.objects.filter(pk=batch.pk).update(**self.r.choice(states)) if self.r.random() < 0.8 else None

    def live(self, steps):
        acts = [
            self.report,
            self.again,
            self.contact,
            self.contact,
            self.check,
            self.check,
            self.check,
            self.void,
            self.change,
            self.change,
            self.grade,
            self.batch,
        ]
        for _ in range(steps):
            try:
                self.r.choice(acts)()
            except Refused:
                continue


def cells(made):
    names = ("enactment", "measure", "area_id", *COUNTS)
    return sorted(Cell.objects.at(made).values_list(*names))


def beside(made):
    """Amounts and figures; what is a number to the sixth place."""
    own = [[f.attname for f in model._meta.concrete_fields if f.attname not in ("id", "run_id", "until")] for model in (Amount, Figure)]
    found = [row for model, names in zip((Amount, Figure), own, strict=True) for row in model.objects.at(made).values_list(*names)]
    return sorted((tuple(round(x, 6) if isinstance(x, float) else x for x in row) for row in found), key=repr)


def rows(made):
    names = [f.attname for f in Row._meta.concrete_fields if f.attname not in ("id", "run_id", "until")]
    return sorted(Row.objects.at(made).values_list(*names), key=repr)


def both(as_of, known_at):
    """The same run by each engine."""
    return [run.evaluate_all(as_of, known_at, standing=False, engine=engine) for engine in ("postgres", "duckdb")]


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.setattr("sizao.plan.mirror.mirror.default_folder", lambda: tmp_path / "mirror")
    return tmp_path / "mirror"


@pytest.mark.parametrize("seed", [*range(1, 5), *(pytest.param(seed, marks=pytest.mark.full) for seed in range(100, 140))])
def test_both_engines_count_and_list_the_same(town, system, folder, seed):
    life, moments = Life(town, system, seed), []
    for _ in range(3):
        life.live(25)
        moments.append(datetime.now(UTC))
        there, here = both(NOW, moments[-1])
        assert cells(here) == cells(there)
        assert rows(here) == rows(there)
        assert beside(here) == beside(there)
        assert here.unlisted_rows == there.unlisted_rows
    assert cells(here), "something is owed"
    for known_at in moments:  # what was known then, from the mirror of now
        there, here = both(at(12, 21), known_at)
        assert (cells(here), rows(here)) == (cells(there), rows(there))


def test_long_lists_are_counted_and_not_kept(town, system, folder, monkeypatch):
    Life(town, system, 8).live(40)
    monkeypatch.setattr(run, "LISTED", 2)
    there, here = both(NOW, datetime.now(UTC))
    assert here.unlisted_rows == there.unlisted_rows != {}
    assert rows(here) == rows(there)


def test_of_many_lists_the_shortest_are_kept_and_every_other_is_named_with_its_length(town, system, folder, monkeypatch):
    """As many rows together as a run has room for; the numbers are the same."""
    Life(town, system, 8).live(40)
    everything = run.evaluate_all(NOW, datetime.now(UTC), standing=False, engine="duckdb")
    lengths = Counter((row.measure, row.state) for row in Row.objects.at(everything))
    assert not everything.unlisted_rows
    monkeypatch.setattr("sizao.plan.mirror.whole.IN_ALL", sum(sorted(lengths.values())[:3]))
    few = run.evaluate_all(NOW, everything.known_at, standing=False, engine="duckdb")
    kept = {(row.measure, row.state) for row in Row.objects.at(few)}
    assert len(kept) == 3
    assert max(lengths[one] for one in kept) <= min(n for one, n in lengths.items() if one not in kept)
    assert few.unlisted_rows == {f"{measure} {state}": n for (measure, state), n in lengths.items() if (measure, state) not in kept}
    assert cells(few) == cells(everything)


def test_evaluated_twice_is_the_same(town, system, folder, monkeypatch):
    Life(town, system, 9).live(30)
    monkeypatch.setattr("sizao.plan.mirror.whole.AT_ONCE", 0)
    there, here = both(NOW, datetime.now(UTC))
    assert (cells(here), rows(here)) == (cells(there), rows(there))


def test_a_store_across_time_zones_and_a_change_of_the_clock(town, system, folder):
    """A village in New York's time, where one hour of November came twice."""
    Life(town, system, 10).live(20)
    Area.objects.filter(path__startswith=Area.objects.get(code="990001102202").path).update(zone="America/New_York")
    fall = datetime(2020, 11, 1, 4, 30, tzinfo=UTC)
    for i, contact in enumerate(Contact.objects.filter(area__zone="America/New_York")):
        for hours in (0, 1, 2):
            Contact.objects.filter(pk=contact.pk).update(
                stands_from=fall + timedelta(hours=hours), classification=["close", "general", "secondary"][(i + hours) % 3]
            )
    Life(town, system, 11).live(20)
    there, west = (Area.objects.filter(zone=zone, level="grid").first() for zone in (ZONE, "America/New_York"))
    who = Person.objects.create(area=there, known_from=at(1), stands_from=at(1))
    moved = Contact.objects.create(
        person=who, area=there, disease=COVID, classification="close", last_exposure_on=at(9).date(), known_from=at(9), stands_from=at(9)
    )
    Contact.objects.filter(pk=moved.pk).update(area=west, stands_from=at(12))  # from one time zone into another
    for as_of in (NOW, fall + timedelta(hours=1), fall + timedelta(days=2)):
        there, here = both(as_of, datetime.now(UTC))
        assert (cells(here), rows(here)) == (cells(there), rows(there))
    with Mirror.open(folder) as mirror:
        assert mirror.refresh().whole == {}
        assert differences(mirror) == {}
        Area.objects.filter(zone="America/New_York").update(zone="Europe/Paris")
        assert set(mirror.refresh().whole.values()) == {"time zones"}
        Area.objects.filter(code="990001101201").update(zone="Europe/Paris")
        assert set(mirror.refresh().whole) == {*said(mirror.state.zones), *vocabulary().tables}
        assert differences(mirror) == {}
    Area.objects.update(zone="Asia/Shanghai")


@pytest.mark.parametrize("seed", range(20, 24))
def test_what_was_before_a_refresh_can_be_asked_after_it(town, system, folder, seed):
    life = Life(town, system, seed)
    life.live(30)
    with Mirror.open(folder) as mirror:
        mirror.refresh()
        for _ in range(3):
            wanted, known_at = state(mirror, mirror.relations(ZONE)), datetime.now(UTC)
            early = state(mirror, mirror.relations(ZONE, known_at))
            life.live(12)
            done = mirror.refresh(keep_before=True)
            assert done.before
            assert state(mirror, mirror.relations(ZONE, before=True)) == wanted
            assert state(mirror, mirror.relations(ZONE, known_at, before=True)) == early
            now = state(mirror, mirror.relations(ZONE))
            for name in looked_at(vocabulary().tables):
                table = mirror.layout.facts[name]
                touched = {n for (n,) in mirror.query(mirror.touched(name))}
                assert {row[0] for row in now[name] ^ wanted[name]} <= touched
                acts = now["act"] ^ wanted["act"]
                subjects, persons = {a[2] for a in acts}, {a[3] for a in acts} - {None}
                about = mirror.query(f"SELECT id, person FROM {table.live.name}")
                assert {n for n, person in about if n in subjects or person in persons} <= touched
        assert done.turn == 4
        town.user("community", "990001102202")
        assert not mirror.refresh(keep_before=True).before


def state(mirror, related):
    return {
        name: set(mirror.query(sql))
        for name, sql in {**{n: related.facts[n] for n in looked_at(related.facts)}, "act": related.act}.items()
    }


def test_small_stores_are_evaluated_in_postgresql_and_an_engine_in_use_is_refused(town, system, folder):
    run.evaluate_all(NOW, standing=False)
    assert not folder.exists()
    with Mirror.open(folder), pytest.raises(Refused, match="mirror-owned"):
        run.evaluate_all(NOW, standing=False, engine="duckdb")


def test_a_run_knows_what_the_mirror_saw(town, system, folder):
    Life(town, system, 12).live(10)
    made = run.evaluate_all(NOW, standing=False, engine="duckdb")
    again = run.evaluate_all(NOW, made.known_at, standing=False, engine="postgres")
    assert (cells(made), rows(made)) == (cells(again), rows(again))


def test_the_nightly_check_mends_and_leaves_a_store_without_a_mirror_alone(town, system, folder, owner, caplog):
    choice.check()
    assert not folder.exists()
    life = Life(town, system, 13)
    life.contact()  # whatever else happens, one to be mended
    life.live(10)
    run.evaluate_all(NOW, standing=False, engine="duckdb")
    owner.execute("ALTER TABLE cases_contact DISABLE TRIGGER version")
    owner.execute("UPDATE cases_contact SET last_exposure_on = '2020-06-15' WHERE last_exposure_on IS DISTINCT FROM '2020-06-15'")
    owner.execute("ALTER TABLE cases_contact ENABLE TRIGGER version")
    choice.check()
    assert "fact_contact" in caplog.text
    there, here = both(NOW, datetime.now(UTC))
    assert (cells(here), rows(here)) == (cells(there), rows(there))
