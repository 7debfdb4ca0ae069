"""Delays, outcomes, clusters: counted by hand on small lines, found where they were put."""

from datetime import date, timedelta

import numpy as np
import pytest

from sizao.kernel.days import number
from sizao.situation.clusters import middle, plane

pytestmark = pytest.mark.django_db
START = date(2021, 1, 1)


def gathered(told, day=date(2021, 1, 31), disease="covid-19"):
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from sizao.kernel.scope import Scope
    from sizao.situation.lines import gather

    as_of = datetime(day.year, day.month, day.day, 23, 59, 59, 999999, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)
    return gather(Scope.system("test"), told.county.root, disease, as_of)


def reckoned(told, lines):
    from sizao.situation.keeping import Work
    from sizao.situation.lags import lags
    from sizao.situation.parts import parts

    found = lags(lines, parts(told.county.root), work=Work(budget=None))
    return {(lag.first, lag.last, lag.group): lag for lag in found}


def stay(person, area, first: date, last: date | None = None):
    from situation.conftest import at

    from sizao.registers.isolation.models import Stay

    Stay.objects.create(
        person_id=person, area=area, disease="covid-19", kind="centre", started_at=at(first), ended_at=at(last) if last else None, known_from=at(first), stands_from=at(first)
    )


def test_delays_of_six_cases_are_those_that_a_hand_counts(tell):
    told = tell(
        [
            {"onset": START, "care": START + timedelta(1), "report": START + timedelta(2)},
            {"onset": START, "care": START + timedelta(3), "report": START + timedelta(3)},
            {"onset": START, "care": START + timedelta(5), "report": START + timedelta(8)},
            {"onset": START, "report": START + timedelta(4)},
            {"onset": START + timedelta(3), "care": START + timedelta(2), "report": START + timedelta(4)},  # sought care before he fell ill
            {"report": START + timedelta(4)},
        ]
    )
    found = reckoned(told, gathered(told))
    care = found[("onset", "care", ("", ""))]
    assert (care.n, care.before, care.open, care.raw) == (3, 1, 1, tuple(np.quantile([1, 3, 5], [0.25, 0.5, 0.75, 0.9])))
    report = found[("care", "report", ("", ""))]
    assert (report.n, report.before, report.open, report.raw[1]) == (4, 0, 0, 1.5)
    assert found[("onset", "report", ("", ""))].n == 5


def test_isolation_is_the_stay_of_this_episode_and_not_of_one_that_ended_before(tell):
    told = tell([{"onset": START + timedelta(10), "report": START + timedelta(12)}, {"onset": START + timedelta(10), "report": START + timedelta(12)}])
    one, two = told.people
    stay(one, told.grid, START, START + timedelta(5))  # over before he fell ill
    stay(one, told.grid, START + timedelta(13))
    stay(two, told.grid, START + timedelta(8))  # kept apart as a contact, two days before he fell ill
    found = reckoned(told, gathered(told))
    isolated = found[("onset", "isolation", ("", ""))]
    assert (isolated.n, isolated.before, isolated.raw[1]) == (1, 1, 3.0)


def test_the_way_in_which_a_case_was_found(tell, db):
    from situation.conftest import at

    from sizao.kernel.scope import Scope
    from sizao.registers.cases import actions as cases
    from sizao.registers.surveillance.models import SymptomLine

    told = tell([{"onset": START, "care": START + timedelta(1), "report": START + timedelta(2)} for _ in range(4)] + [{"onset": START, "report": START + timedelta(2)}])
    contact, pharmacy, late, *_rest = told.people
    named = {"area_id": told.grid.pk, "disease": "covid-19", "classification": "close"}
    cases.add_contacts(Scope.system("test"), [cases.New(contact, "t", "k1", at(START), named | {"named_at": at(START)}), cases.New(late, "t", "k2", at(START + timedelta(5)), named | {"named_at": at(START + timedelta(5))})])
    SymptomLine.objects.create(person_id=pharmacy, area=told.grid, channel="pharmacy", found_at=at(START + timedelta(1)), known_from=at(START), stands_from=at(START))
    assert gathered(told).route().tolist() == ["contact", "pharmacy", "care", "care", ""]


def test_a_part_of_the_area_has_its_own_line_and_parts_add_up(tell, county):
    grid, other = county.areas["990001101201-1"], county.areas["990001102201-1"]
    told = tell([{"onset": START, "report": START + timedelta(1 + n % 3), "area": (grid, other)[n % 2]} for n in range(24)])
    found = reckoned(told, gathered(told))
    whole = found[("onset", "report", ("", ""))]
    parts = [lag for (first, last, group), lag in found.items() if (first, last) == ("onset", "report") and group[0] == "area"]
    assert whole.n == sum(p.n for p in parts) == 24
    from sizao.epi import delays

    by_hand = delays.fit([1 + n % 3 for n in range(24)], [30] * 24)
    assert whole.fitted["median"][0] == pytest.approx(by_hand.median.value)


def test_quartiles_of_pairs_that_stand_often_are_those_of_every_single_delay():
    from sizao.situation.lags import quantiles

    chance = np.random.default_rng(5)
    for n in (1, 2, 3, 7, 40, 999):
        d = chance.integers(0, 25, n)
        pairs, often = np.unique(np.column_stack([d, chance.integers(0, 3, n)]), axis=0, return_counts=True)
        assert quantiles(pairs[:, 0], often) == tuple(np.quantile(d, [0.25, 0.5, 0.75, 0.9]))


def test_what_was_reckoned_is_kept_and_found_again(tell):
    from sizao.situation.keeping import Work, forget
    from sizao.situation.lags import lags
    from sizao.situation.models import Kept
    from sizao.situation.parts import parts

    told = tell([{"onset": START, "report": START + timedelta(1 + n % 4)} for n in range(20)])
    lines = gathered(told)
    first, tired, again = Work(budget=None), Work(budget=0), Work(budget=0)
    waiting = lags(lines, parts(told.county.root), work=tired)
    assert tired.waits and all(lag.fitted is None for lag in waiting)
    found = lags(lines, parts(told.county.root), work=first)
    first.end()
    assert Kept.objects.count() == len(first.new) > 0
    assert lags(lines, parts(told.county.root), work=again) == found and again.waits == 0
    Kept.objects.update(made_at=Kept.objects.first().made_at - timedelta(days=8))
    forget()
    assert Kept.objects.count() == 0


def test_the_job_reckons_what_a_page_left(tell):
    from sizao.situation import jobs
    from sizao.situation.keeping import Work
    from sizao.situation.lags import lags
    from sizao.situation.parts import parts

    told = tell([{"onset": START, "report": START + timedelta(1 + n % 4)} for n in range(20)])
    lines = gathered(told)
    jobs.hand_over(told.county.root.code, "covid-19", lines.as_of, "onset", ())
    jobs.hand_over(told.county.root.code, "covid-19", lines.as_of, "onset", ())
    from django_tasks_db.models import DBTaskResult

    assert DBTaskResult.objects.filter(task_path=jobs.reckon.module_path).count() == 1
    assert jobs.reckon.func(told.county.root.code, "covid-19", lines.as_of.isoformat(), "onset", []) > 0
    work = Work(budget=0)
    lags(lines, parts(told.county.root), work=work)
    assert work.waits == 0


def test_rates_have_every_definition_and_parts_add_up(tell):
    from sizao.situation.ends import ends
    from sizao.situation.keeping import Work

    told = tell(
        [{"confirmation": START, "outcome": "recovered", "end": START + timedelta(10), "age": 25}] * 6
        + [{"confirmation": START, "outcome": "died", "end": START + timedelta(8), "age": 81}] * 2
        + [{"confirmation": START, "age": 40}] * 12
        + [{"confirmation": START, "class": "suspected"}] * 5
    )
    found = ends(gathered(told), work=Work(budget=None))
    whole = found.groups[0].rates
    assert (whole.confirmed, whole.open) == (20, 12)
    assert (whole.cured_of_closed.value, whole.cured_of_all.value, whole.fatal_of_closed.value, whole.fatal_of_all.value) == (6 / 8, 6 / 20, 2 / 8, 2 / 20)
    assert {e.group[1]: e.rates.confirmed for e in found.groups if e.group[0] == "age"} == {"20-29": 6, "40-49": 12, "80+": 2}
    assert sum(e.rates.confirmed for e in found.groups if e.group[0] == "severity") == 20
    assert found.known is None


def test_deaths_are_held_against_those_who_have_had_the_time_to_die(tell):
    from sizao.situation.ends import ends
    from sizao.situation.keeping import Work

    dead = [{"confirmation": START + timedelta(n % 5), "outcome": "died", "end": START + timedelta(n % 5 + 4 + n % 4)} for n in range(12)]
    told = tell([*dead, *[{"confirmation": date(2021, 1, 30)} for _ in range(100)]])
    found = ends(gathered(told), work=Work(budget=None))
    assert 12 <= found.known < 14  # those confirmed yesterday count for nearly nothing
    assert found.groups[0].rates.fatal_adjusted.value > 0.85 > 0.2 > found.groups[0].rates.fatal_of_all.value


def test_a_cluster_is_found_where_it_was_put(tell, county):
    from sizao.situation.clusters import clusters
    from sizao.situation.keeping import Work

    grid, other = county.areas["990001101201-1"], county.areas["990001102201-1"]
    usual = [{"onset": START + timedelta(n), "report": START + timedelta(n), "area": (grid, other)[n % 2]} for n in range(24)]
    burst = [{"onset": date(2021, 1, 29) + timedelta(n % 3), "report": date(2021, 1, 31), "area": grid} for n in range(15)]
    told = tell(usual + burst)
    found = clusters(gathered(told), "onset", work=Work(budget=None))
    assert not found.by_population
    strongest = found.found[0]
    assert [found.places[i].code for i in strongest.places] == [grid.code]
    assert (strongest.cases, strongest.since) == (15, number(date(2021, 1, 29)))
    assert strongest.p <= 0.05
    assert int(found.recent.sum()) == 15 + sum(number(line["onset"]) >= found.first for line in usual)


def test_cases_as_chance_lets_them_are_no_cluster(tell, county):
    from sizao.situation.clusters import clusters
    from sizao.situation.keeping import Work

    grid, other = county.areas["990001101201-1"], county.areas["990001102201-1"]
    told = tell([{"onset": START + timedelta(n // 2), "report": START + timedelta(n // 2), "area": (grid, other)[n % 2]} for n in range(62)])
    assert clusters(gathered(told), "onset", work=Work(budget=None)).found == ()


def test_the_middle_of_a_shape_and_its_kilometres():
    square = {"type": "Polygon", "coordinates": [[[110, 30], [112, 30], [112, 32], [110, 32], [110, 30]]]}
    assert middle(square) == pytest.approx((111, 31))
    assert middle(None) is None
    here, east, north = plane(np.array([[111.0, 31.0], [112.0, 31.0], [111.0, 32.0]]))
    assert np.hypot(*(north - here)) == pytest.approx(110.57)
    assert np.hypot(*(east - here)) == pytest.approx(111.32 * np.cos(np.radians(31.333)), rel=1e-3)


def test_what_a_process_remembers_is_of_the_same_numbers_only():
    from sizao.situation import keeping

    asked = []

    def reckon(of):
        return lambda: asked.append(of) or of

    one, other = np.array([1, 2, 3]), np.array([1, 2, 4])
    assert [keeping.once("sum of a test", reckon(int(x.sum())), x, [7]) for x in (one, other, one, other)] == [6, 7, 6, 7]
    assert asked == [6, 7]
    assert keeping.once("sum of a test", reckon(0), one, [8]) == 0  # another argument is another result
    for n in range(keeping.REMEMBERED + 1):
        keeping.once("many", reckon(n), n)
    assert len(keeping._remembered) == keeping.REMEMBERED


def test_who_waits_for_a_bed_is_told_with_how_long(tell):
    from sizao.situation.ends import ends
    from sizao.situation.keeping import Work

    told = tell([{"confirmation": START + timedelta(days=n)} for n in (10, 20, 29)] + [{"confirmation": START, "outcome": "recovered", "end": START + timedelta(9)}])
    middle, most, longest = ends(gathered(told), work=Work(budget=None)).waited
    # confirmed at noon; judged at the end of 31 January
    assert (round(middle), round(longest)) == (10 * 24 + 12, 20 * 24 + 12) and middle < most < longest


def test_the_infection_rate_stands_with_tests_staff_and_health_workers(tell, county):
    """Four cases, two of them nurses of one clinic of five, one of them named on its report card as a health worker; twelve tests, three positive, and one long ago."""
    from situation.conftest import at

    from sizao.kernel import clock
    from sizao.kernel.outcome import Command
    from sizao.kernel.scope import Scope
    from sizao.registers.laboratory.models import Specimen
    from sizao.registers.ledgers import actions as ledgers
    from sizao.registers.population import actions as population
    from sizao.registers.surveillance.models import CaseCard
    from sizao.situation.infected import infected
    from sizao.situation.parts import parts

    system = Scope.system("test")
    told = tell([{"confirmation": START + timedelta(days=n)} for n in (2, 25, 27, 30)])
    well = population.add_persons(system, [population.PersonData(area_id=told.grid.pk, name=f"护士{n}") for n in range(4)] + [population.PersonData(area_id=told.grid.pk, name=f"居民{n}") for n in range(100)], known=[at(START)] * 104, sender="t")
    clinic = ledgers.add_units(system, [ledgers.NewUnit("clinic", told.grid.pk, "城关医院", at(START), "clinic")], sender="t")["clinic"]
    rolls = [(p, "staff", None) for p in (*told.people[:2], *well[:3])] + [(well[3], "staff", START + timedelta(10)), (told.people[2], "inpatient", None)]
    with clock.frozen(at(START + timedelta(days=1))):
        jobs = ("nurse", "doctor", "nurse", "nurse", "driver", "nurse", "nurse")
        made = ledgers.save(system, "roll", [Command(told={"person": p, "unit": clinic, "roll_role": role, "job": job} | ({"ends_on": end} if end else {}), source_id=str(n)) for n, ((p, role, end), job) in enumerate(zip(rolls, jobs, strict=True))], sender="t")
        school = ledgers.add_units(system, [ledgers.NewUnit("school", told.grid.pk, "城关小学", at(START), "school")], sender="t")["school"]
        made += ledgers.save(system, "roll", [Command(told={"person": p, "unit": school} | said, source_id=f"s{n}") for n, (p, said) in enumerate([(told.people[0], {"roll_role": "staff", "job": "doctor"}), (well[10], {"roll_role": "team"}), (well[11], {"roll_role": "pupil"})])], sender="t")
    assert {o.kind for o in made} == {"new"}
    for case, group in zip(told.cases[:2], ("medical", "farmer"), strict=True):
        CaseCard.objects.create(area=told.grid, disease="covid-19", about_case_id=case, people_group=group, received_at=at(START), known_from=at(START), stands_from=at(START))
    for n in range(13):
        when = at(START if n == 12 else START + timedelta(days=28))
        Specimen.objects.create(area=told.grid, disease="covid-19", sample_of="person", person_id=well[n], sampled_at=when, result="positive" if n < 3 else "negative", resulted_at=when, known_from=when, stands_from=when)

    found = infected(gathered(told), parts(told.county.root))
    whole = found.parts[0]
    assert (whole.cases, whole.new, whole.people, whole.tests, whole.positive) == (4, 3, 108, 12, 3)
    assert (whole.attack.value, whole.incidence.value, whole.positivity.value) == (4 / 108, 3 / 108, 3 / 12)
    assert sum(p.cases for p in found.parts[1:]) == 4 and sum(p.tests for p in found.parts[1:]) == 12
    clinic_, school_ = found.staff  # who left on the tenth day is not of it any more
    assert (clinic_.name, clinic_.kind, clinic_.rate.counted, clinic_.rate.of) == ("城关医院", "clinic", 2, 5)
    assert (school_.rate.counted, school_.rate.of) == (1, 2)  # the school's doctor is the clinic's nurse; its pupils are no staff, a team that helps is
    assert (found.of_all.counted, found.of_all.of) == (2, 6)
    assert [(j.code, j.group, j.rate.counted, j.rate.of) for j in found.jobs] == [("health", True, 2, 4), ("doctor", False, 2, 2), ("nurse", False, 1, 3), ("driver", False, 0, 1), ("", False, 0, 1)]
    assert (found.health_workers.counted, found.health_workers.of) == (1, 2)


def test_without_a_population_a_roll_or_a_test_no_rate_is_made_up(tell):
    from sizao.situation.infected import infected
    from sizao.situation.parts import parts

    found = infected(gathered(tell([{"confirmation": START} for _ in range(3)])), parts(tell([]).county.root))
    assert found.parts[0].people is None and found.parts[0].attack is None and found.parts[0].positivity is None
    assert (found.staff, found.of_all, found.jobs, found.health_workers) == ((), None, (), None)
