"""One plan in force for an area and, in another text, for an area below: the narrower beats the wider, and nobody owes the same thing twice."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from engine_batch import Batch
from engine_edition import EDITION
from engine_registers import START
from plan.three_measures import store

from sizao.kernel import clock, content
from sizao.kernel.models import Enactment, User
from sizao.plan import enacting, evaluation, explaining, read, run, whom
from sizao.plan.completeness import beside
from sizao.plan.language import terms
from sizao.plan.language.measure import FAR
from sizao.plan.language.schedule import Before, Fresh
from sizao.plan.language.subjects import derived
from sizao.plan.models import Row
from sizao.plan.obligations import Force, Narrower
from sizao.plan.reference import evaluate
from sizao.registers.cases.models import Case, Contact
from sizao.registers.population.models import Person

DAILY, ASKED = "contact-daily-check", "case-investigated"


def at(day, hour=0):
    """A local time of June 2020 as an instant."""
    return datetime(2020, 6, day, tzinfo=UTC) + timedelta(hours=hour - 8)


NOW = at(18, 21)


@pytest.fixture
def town(county):
    """The county's edition asks for a check by 20:00 each day; two contacts in each of its two townships since the 14th."""
    evaluation.edition.cache_clear()  # numbers of items may have been those of another database
    county.first, county.second, county.wide = (User.objects.create_user("one"), User.objects.create_user("two"), None)
    county.own, county.other = county.areas["990001101"], county.areas["990001102"]
    county.wide = enacted(county, store(), county.root, at(1))
    content.keep(("isolation.daily_check", "case.investigated"), county.root, at(1), "test")
    county.desk = county.user("desk")
    county.mine = [contact(county.areas["990001101201-1"]) for _ in range(2)]
    county.theirs = [contact(county.areas["990001102201-1"]) for _ in range(2)]
    return county


def enacted(county, item, area, starts, ends=None, **more):
    made = {"disease": "covid-19", "proposed_by": county.first, "seconded_by": county.second, "decided_at": starts} | more
    return Enactment.objects.create(item=item, area=area, starts_at=starts, ends_at=ends, **made)


def townships_own(county, starts=None, ends=None, **more):
    """The township's own text, in force from the 17th: the check is due at noon."""
    return enacted(county, store(('at: ["20:00"]', 'at: ["12:00"]')), county.own, starts or at(17), ends, **more)


def contact(area, **more):
    person = Person.objects.create(area=area, known_from=at(14), stands_from=at(14))
    told = {"classification": "close", "last_exposure_on": at(14, 12).date(), "disease": "covid-19"} | more
    return Contact.objects.create(person=person, area=area, known_from=at(14), stands_from=at(14), **told)


def dues(made, enactment, measure=DAILY):
    """subject → when what it owes under this enactment is due, as day and hour of June."""
    found = {}
    for row in Row.objects.at(made).filter(enactment=enactment.pk, measure=measure).order_by("due"):
        local = row.due + timedelta(hours=8)
        found.setdefault(row.subject, []).append((local.day, local.hour))
    return found


@pytest.mark.django_db
def test_the_townships_people_owe_the_townships_rule_once_and_before_it_the_countys(town):
    before = run.evaluate_all(NOW)
    own = townships_own(town)
    made = run.evaluate_all(NOW)
    county, township = dues(made, town.wide), dues(made, own)
    assert set(township) == {c.pk for c in town.mine} and set(county) == {c.pk for c in (*town.mine, *town.theirs)}
    for c in town.mine:
        assert county[c.pk] == [(14, 20), (15, 20), (16, 20)] and township[c.pk] == [(17, 12), (18, 12)]
    for c in town.theirs:
        assert county[c.pk] == [(day, 20) for day in (14, 15, 16, 17, 18)]
    figures = [read.measure_page(town.desk, DAILY, town.root, run=r).measure for r in (before, made)]
    assert figures[0].all == figures[1].all == 20, "the county's number counts nobody twice"
    said = {area.code: read.measure_page(town.desk, DAILY, area, run=made).measure.rule["zh"] for area in (town.root, town.own, town.other)}
    assert {code: "12:00" in rule for code, rule in said.items()} == {"990001": False, "990001101": True, "990001102": False}
    for area in (town.root, town.own, town.other):
        for state in ("missing", "missed"):
            page = read.missing(town.desk, DAILY, area, state=state, limit=None, run=made)
            assert len(page.rows) == read.measure_page(town.desk, DAILY, area, run=made).measure.count(state)


@pytest.mark.django_db
def test_when_the_townships_text_ends_the_countys_holds_again_for_what_opens_then(town):
    own = townships_own(town, ends=at(18))
    made = run.evaluate_all(NOW)
    for c in town.mine:
        assert dues(made, own)[c.pk] == [(17, 12)]
        assert dues(made, town.wide)[c.pk] == [(14, 20), (15, 20), (16, 20), (18, 20)]


@pytest.mark.django_db
def test_who_moves_into_the_township_owes_there_what_is_judged_there(town):
    """Days judged after the move are the township's; what the other township had not done by then stands there, handed over, under the county's text."""
    [moved, _], own = town.theirs, townships_own(town)
    Contact.objects.filter(pk=moved.pk).update(area=town.areas["990001101201-1"], stands_from=at(18, 9))
    made = run.evaluate_all(NOW)
    handed = Row.objects.at(made).get(subject=moved.pk, measure=DAILY, state="closed")
    assert (handed.enactment, handed.area, handed.due, handed.reason) == (
        town.wide.pk,
        town.theirs[0].area,
        at(18, 20),
        f"handed:{town.mine[0].area_id}",
    )
    assert dues(made, town.wide)[moved.pk] == [(14, 20), (15, 20), (16, 20), (17, 20), (18, 20)]
    assert dues(made, own)[moved.pk] == [(18, 12)]


@pytest.mark.django_db
def test_an_investigation_asked_for_before_the_townships_text_stays_the_countys(town):
    person = Person.objects.create(area=town.own, known_from=at(14), stands_from=at(14))
    for hours in (16, 30):
        told = {"classification": "confirmed", "reported_at": at(16, hours), "confirmed_at": at(16, hours)}
        Case.objects.create(person=person, area=town.own, disease="covid-19", known_from=at(16, hours), stands_from=at(16, hours), **told)
    own = townships_own(town)
    made = run.evaluate_all(NOW)
    assert list(dues(made, town.wide, ASKED).values()) == [[(17, 16)]]
    assert list(dues(made, own, ASKED).values()) == [[(18, 6)]]


@pytest.mark.django_db
def test_a_trial_displaces_nobody_nor_does_another_disease_but_a_text_for_all_does(town):
    for more, displaced in (({"trial": True}, False), ({"disease": "ebola"}, False), ({"disease": ""}, True)):
        own = townships_own(town, **more)
        [f] = [f for f in evaluation.in_force(NOW) if f.enactment == town.wide and f.measure.id == DAILY]
        assert [n.area for n in f.force("Asia/Shanghai").narrower] == ([town.own.pk] if displaced else []), more
        own.delete()


@pytest.mark.django_db
def test_of_a_text_for_all_diseases_a_narrower_one_for_one_disease_takes_that_alone(town):
    town.wide.disease = ""
    town.wide.save()
    flu = contact(town.own, disease="flu")
    own = townships_own(town)
    made = run.evaluate_all(NOW)
    assert set(dues(made, own)) == {c.pk for c in town.mine}
    assert dues(made, town.wide)[flu.pk] == [(day, 20) for day in (14, 15, 16, 17, 18)]


@pytest.mark.django_db
def test_a_run_that_was_before_the_townships_text_stays_as_it_was(town):
    before = run.evaluate_all(NOW)
    before.rows_kept = False  # its lists are asked again
    townships_own(town)
    assert (
        len(read.missing(town.desk, DAILY, town.own, state="missed", limit=None, run=before).rows)
        == read.measure_page(town.desk, DAILY, town.own, run=before).measure.missed
    )


@pytest.mark.django_db
def test_a_list_and_an_explanation_say_the_townships_rule_once(town):
    townships_own(town)
    said = explaining.explain(town.desk, DAILY, town.mine[0].pk, NOW)
    assert [o["due"][8:16] for o in said["obligations"]] == ["14T20:00", "15T20:00", "16T20:00", "17T12:00", "18T12:00"]
    assert "12:00" in said["rule"]["zh"]
    other = explaining.explain(town.desk, DAILY, town.theirs[0].pk, NOW)
    assert "20:00" in other["rule"]["zh"] and "12:00" not in other["rule"]["zh"]
    today = read.today(town.user("community", "990001101"), as_of=NOW)
    assert Counter(r.subject for r in today.rows if r.measure == DAILY) == {c.pk: 1 for c in town.mine}


@pytest.mark.django_db
def test_a_dry_run_holds_a_text_for_the_township_against_the_countys_and_leaves_its_people_out_of_the_countys(town):
    item = store(("value: 14d", "value: 2d"))
    asked = {"disease": "covid-19", "starts": at(19), "as_of": clock.end_of_day(at(19, 12).date(), "Asia/Shanghai")}
    over = enacting.governing(item.item_id, town.own, "covid-19", NOW)
    assert over == town.wide
    new = evaluation.edition(item.pk)
    one = whom.whom(town.desk, evaluation.edition(over.item_id), new, town.own, since=over.starts_at, **asked)
    assert next(m for m in one.measures if m.id == DAILY).counts() == {
        "obliged": 0,
        "released": 2,
        "changed": 0,
        "unchanged": 0,
        "cannot_tell": 0,
    }
    own = townships_own(town)
    below = enacting.below(item, town.root, "covid-19", at(19))
    assert below == [own] and enacting.below(item, town.own, "covid-19", at(19)) == []
    both = whom.whom(town.desk, evaluation.edition(town.wide.item_id), new, town.root, since=town.wide.starts_at, narrower=below, **asked)
    assert next(m for m in both.measures if m.id == DAILY).released == 2, "the two of the other township"
    assert {a.area for a in next(m for m in both.measures if m.id == DAILY).areas} == {town.other}


# -- whatever the registers


def alike(found):
    """What is owed, however it is numbered, and whatever somebody saw who looked between occasions of both."""
    return Counter(repr(replace(o, seen=None)) for o in found)


def independent(m):
    """Its occasions do not begin with the edition, and it asks nothing of other measures."""
    from_edition = isinstance(m.when, Fresh | Before) and m.when.start is None
    return (
        not from_edition
        and not m.parts
        and not m.yields
        and not derived(m.table)
        and not any(isinstance(t, terms.Met | terms.Covered) for t in m.deep_terms)
    )


def moved(register, moment):
    """Every contact is accepted by another village at that moment."""
    for versions in register.versions["contact"].values():
        last = versions[-1]
        if last["vf"] < moment < last["vt"]:
            versions[-1:] = [{**last, "vt": moment}, {**last, "vf": moment, "area": 4 if last["area"] == 6 else 6}]
    return register


NARROW = [
    Narrower(2, START + timedelta(days=5, hours=15), FAR, None),
    Narrower(4, START + timedelta(days=5), START + timedelta(days=12), None),
    Narrower(2, START - timedelta(days=100), START + timedelta(days=14), "covid-19"),
]


@pytest.mark.parametrize("n", NARROW, ids=["a county", "a village for a week", "one disease"])
def test_of_one_text_in_force_twice_everything_is_owed_once(n):
    """The wider and the narrower together list what the wider would alone."""
    moment = START + timedelta(days=13, hours=17)
    register = moved(Batch.seeded(31, 1).registers[0], START + timedelta(days=11, hours=12))
    wide, narrow, seen = Force(narrower=(n,)), Force(n.start, n.end, n.area, n.disease), Counter()
    for m in filter(independent, EDITION.measures.values()):
        there, here, alone = (evaluate(m, register, moment, where) for where in (wide, narrow, Force()))
        assert alike(there) + alike(here) == alike(alone), m.id
        seen["narrow"] += len(here)
        seen["wide"] += len(there)
        in_force = n.start <= moment < n.end
        if m.reconcile and n.disease is None:
            there, here, alone = (
                alike(o for o in beside(m, register, moment, where, "contact") if o.state in ("unlisted", "short"))
                for where in (wide, narrow, Force())
            )
            assert there + here == alone, m.id
            seen["beside"] += len(here)
            assert in_force or not here
        if m.table.custody:
            there, here, alone = (
                alike(replace(o, occasion=0) for o in beside(m, register, moment, where, "contact") if o.state == "closed")
                for where in (wide, narrow, Force())
            )
            assert there + here == alone, m.id
            seen["handed"] += len(here)
    assert seen["narrow"] > 20 < seen["wide"] and (n.end < FAR or seen["beside"]) and seen["handed"]
