"""Whom a change obliges and releases, worked out by hand: four contacts, two thresholds, one new measure."""

import dataclasses
import time
from datetime import UTC, datetime, timedelta

import pytest
from plan.three_measures import changed, store

from sizao.kernel import clock, content
from sizao.kernel.acts import NewAct, record
from sizao.kernel.errors import Refused
from sizao.kernel.models import Enactment, Kept
from sizao.plan import enacting, evaluation, run, whom
from sizao.plan.editions import find, opened, plans, play_all, shelf
from sizao.plan.facts import vocabulary
from sizao.plan.language import load_edition
from sizao.registers.cases.models import Case, Contact
from sizao.registers.population.models import Person

pytestmark = pytest.mark.django_db
DAILY, ASKED, ISOLATED = "contact-daily-check", "case-investigated", "case-isolated"


def at(day, hour=0, minute=0):
    """A local time of June 2020 as an instant."""
    return datetime(2020, 6, day, tzinfo=UTC) + timedelta(hours=hour - 8, minutes=minute)


NOON, TONIGHT = at(18, 12), clock.end_of_day(at(18, 12).date(), "Asia/Shanghai")


@pytest.fixture
def item(db):
    """The small edition, loaded."""
    return store()


def rewritten(*passages):
    """It with passages changed, read but not loaded."""
    return load_edition(changed(*passages), vocabulary())


def contact(area, name, exposed, klass="close", **more):
    person = Person.objects.create(area=area, name=name, known_from=at(1), stands_from=at(1))
    return Contact.objects.create(
        person=person,
        area=area,
        disease="covid-19",
        classification=klass,
        last_exposure_on=exposed.date(),
        known_from=at(2),
        stands_from=at(2),
        **more,
    )


@pytest.fixture
def town(county, item):
    """Contacts 1, 5, 10 and 16 days after their exposure; one of them secondary, one of no known class."""
    first, second = county.areas["990001101201-1"], county.areas["990001102201-1"]
    county.fresh = contact(first, "甲", at(17, 12))
    county.middle = contact(first, "乙", at(13, 12))
    county.old = contact(second, "丙", at(8, 12))
    county.gone = contact(second, "丁", at(2, 12))
    county.second = contact(first, "戊", at(13, 12), "secondary")
    county.unknown = contact(second, "己", at(13, 12), None)
    county.desk, county.team = county.user("desk"), county.user("community", "990001101")
    county.edition = evaluation.edition(item.pk)
    content.keep(vocabulary().acts, county.root, at(1), "test")
    return county


def seen(town, new, old=None, **more):
    found = whom.whom(town.desk, old or town.edition, new, town.root, TONIGHT, **more)
    return {m.id: m for m in found.measures}, found


def listed(town, new, change, measure=DAILY, area=None, **more):
    return {r.subject for r in whom.behind(town.desk, town.edition, new, measure, change, area or town.root, TONIGHT, **more).rows}


def test_the_same_rule_obliges_nobody_new(town):
    found, _ = seen(town, town.edition)
    assert found[DAILY].counts() == {"obliged": 0, "released": 0, "changed": 0, "unchanged": 3, "cannot_tell": 1}


def test_a_changed_threshold_obliges_two_and_releases_one(town, item):
    """Eighteen days take back the one of 16 days ago, and secondary contacts come in; seven days let the one of ten days ago go."""
    longer = rewritten(("value: 14d", "value: 18d"), ("class = 'close'", "class in ('close', 'secondary')"))
    found, _ = seen(town, longer)
    assert found[DAILY].counts() == {"obliged": 2, "released": 0, "changed": 0, "unchanged": 3, "cannot_tell": 1}
    assert listed(town, longer, "obliged") == {town.gone.pk, town.second.pk}
    shorter = rewritten(("value: 14d", "value: 7d"), ("class = 'close'", "class in ('close', 'secondary')"))
    found, _ = seen(town, shorter)
    assert found[DAILY].counts() == {"obliged": 1, "released": 1, "changed": 0, "unchanged": 2, "cannot_tell": 1}
    assert listed(town, shorter, "released") == {town.old.pk}
    assert found[ISOLATED].counts() == dict.fromkeys(whom.CHANGES, 0)


def test_another_hour_is_another_due_for_everybody(town, item):
    earlier = rewritten(('at: ["20:00"]', 'at: ["12:00"]'))
    found, _ = seen(town, earlier)
    assert (found[DAILY].changed, found[DAILY].unchanged) == (3, 0)
    [row] = [
        r for r in whom.behind(town.desk, town.edition, earlier, DAILY, "changed", town.root, TONIGHT).rows if r.subject == town.fresh.pk
    ]
    assert (row.before, row.after) == (at(18, 20), at(18, 12))


def test_who_was_checked_today_still_must_and_yesterday_is_history(town, system):
    """The answer does not change with the hour at which it is asked, nor with what was done since the morning."""
    noon = whom.whom(town.desk, None, town.edition, town.root, NOON).measures[0].counts()
    for day in (17, 18):
        record(
            system, [NewAct("isolation.daily_check", town.fresh.pk, at(day, 19), town.fresh.person_id, town.fresh.area_id, outcome="ok")]
        )
    assert seen(town, town.edition)[0][DAILY].unchanged == 3
    assert whom.whom(town.desk, None, town.edition, town.root, NOON).measures[0].counts() == noon
    assert noon["obliged"] == 3


def test_numbers_are_the_lists_behind_them_in_every_area(town, item):
    new = rewritten(("value: 14d", "value: 7d"), ("class = 'close'", "class in ('close', 'secondary')"))
    for area in town.areas.values():
        m = next(m for m in whom.whom(town.desk, town.edition, new, area, TONIGHT).measures if m.id == DAILY)
        for change in whom.CHANGES:
            assert len(listed(town, new, change, area=area)) == m.count(change), (area, change)
            assert sum(a.count(change) for a in m.areas) == m.count(change)
    below = {a.area.code: a.counts() for a in seen(town, new)[0][DAILY].areas}
    assert {code: (c["obliged"], c["released"]) for code, c in below.items()} == {"990001101": (1, 0), "990001102": (0, 1)}


def test_a_list_is_paged_without_gap_or_repeat(town):
    found, after = [], ""
    while True:
        page = whom.behind(town.desk, None, town.edition, DAILY, "obliged", town.root, TONIGHT, after=after, limit=2)
        found += [r.subject for r in page.rows]
        after = page.next
        if not after:
            break
    assert sorted(found) == sorted({town.fresh.pk, town.middle.pk, town.old.pk})
    with pytest.raises(Refused, match="bad-value"):
        whom.behind(town.desk, None, town.edition, DAILY, "obliged", town.root, TONIGHT, after="nonsense")


def test_a_measure_that_is_new_or_gone_obliges_or_releases_all_of_its_list(town, item):
    start, end = item.text.index("  contact-daily-check:"), item.text.index("  case-investigated:")
    without = load_edition(item.text[:start] + item.text[end:], vocabulary())
    assert seen(town, without)[0][DAILY].released == 3
    assert seen(town, town.edition, without)[0][DAILY].obliged == 3


def test_a_post_sees_its_own_area_only_and_persons_only_with_the_right(town):
    with pytest.raises(Refused, match="not-found-or-out-of-area"):
        whom.whom(town.team, None, town.edition, town.root, TONIGHT)
    assert whom.whom(town.team, None, town.edition, None, TONIGHT).area.code == "990001101"
    with pytest.raises(Refused, match="not-allowed"):
        whom.behind(town.user("operator"), None, town.edition, DAILY, "obliged", town.root, TONIGHT)


def test_what_does_not_fit_into_the_time_is_cut_and_said(town):
    found = whom.whom(town.desk, None, town.edition, town.root, TONIGHT, seconds=0)
    assert [m.id for m in found.cut] == list(town.edition.measures) and found.told == []
    with pytest.raises(Refused, match="plan-whom-too-long"):
        whom.behind(town.desk, None, town.edition, DAILY, "obliged", town.root, TONIGHT, seconds=0)


def test_a_slow_statement_ends_in_time_and_the_transaction_goes_on(town):
    from django.db import connection

    from sizao.plan.pair import OutOfTime, looking

    with pytest.raises(OutOfTime), looking(0.2) as cursor:
        cursor.execute("SELECT pg_sleep(5)")
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)
        cursor.execute("SHOW transaction_read_only")
        assert cursor.fetchone() == ("off",)
    assert Contact.objects.count() == 6


def test_looking_cannot_write(town):
    from django.db import InternalError

    from sizao.plan.pair import looking

    with pytest.raises(InternalError, match="read-only"), looking(5) as cursor:
        cursor.execute("DELETE FROM plan_cell")


def test_the_cost_is_minutes_of_the_day_by_post_and_nobody_is_named_too(town, item):
    """Two of the three contacts are in the team's township; the measure takes four minutes, six in the new edition. What else is owed costs the same."""
    new = rewritten(("minutes: 4", "minutes: 6"))
    found = seen(town, new)[1]
    costs = {c.post.role if c.post else None: c.after - c.before for c in found.costs}
    assert costs == {"community": 4, None: 2}
    assert found.minutes("after") - found.minutes("before") == 6
    assert {m.id: (m.ownerless, m.no_post) for m in found.ownerless} == {DAILY: (1, False), ASKED: (0, True)}


def test_a_decision_releases_nobody_from_what_opened_before_it(town, item):
    """Investigations asked for before the start stay asked for; the daily list changes with its first day."""
    person = Person.objects.create(area=town.root, known_from=at(1), stands_from=at(1))
    told = {"classification": "confirmed", "reported_at": at(18, 9), "confirmed_at": at(18, 9)}
    Case.objects.create(person=person, area=town.root, disease="covid-19", known_from=at(18, 9), stands_from=at(18, 9), **told)
    new = rewritten(("in ('suspected', 'clinical', 'confirmed', 'asymptomatic')", "= 'suspected'"), ("value: 14d", "value: 7d"))
    compared = seen(town, new)[0]
    assert (compared[ASKED].released, compared[DAILY].released) == (1, 1)
    decided = whom.whom(town.desk, town.edition, new, town.root, starts=at(19), as_of=clock.end_of_day(at(19, 12).date(), "Asia/Shanghai"))
    tried = {m.id: m for m in decided.measures}
    assert (tried[ASKED].released, tried[ASKED].unchanged) == (0, 1)
    assert tried[DAILY].released == 1


def test_the_day_judged_is_the_first_whole_day_in_force(town):
    run.evaluate_all(NOON)
    assert whom.moment(town.root) == TONIGHT
    assert whom.moment(town.root, at(19)) == clock.end_of_day(at(19, 12).date(), "Asia/Shanghai")
    assert whom.moment(town.root, at(19, 9)) == clock.end_of_day(at(20, 12).date(), "Asia/Shanghai")
    assert whom.moment(town.root, at(3)) == TONIGHT


# -- enacting


def test_two_people_put_a_text_in_force_and_the_one_before_ends_when_it_begins(town, item):
    other = town.user("desk")
    before = enacting.second(other, enacting.propose(town.desk, item, town.root, "covid-19", at(1)).pk)
    assert before.decided_at and before.ends_at is None
    newer = store(("value: 14d", "value: 7d"))
    proposed = enacting.propose(town.desk, newer, town.root, "covid-19", at(20))
    with pytest.raises(Refused, match="two-people-needed"):
        enacting.second(town.desk, proposed.pk)
    with pytest.raises(Refused, match="plan-proposed-already"):
        enacting.propose(other, newer, town.root, "covid-19", at(21))
    made = enacting.second(other, proposed.pk)
    with pytest.raises(Refused, match="plan-decided-already"):
        enacting.second(other, proposed.pk)
    with pytest.raises(Refused, match="plan-in-force-already"):
        enacting.propose(other, newer, town.root, "covid-19", clock.now())
    before.refresh_from_db()
    assert (before.ends_at, made.ends_at) == (at(20), None)
    assert enacting.standing(item.item_id, town.root, "covid-19", at(19)) == before
    assert enacting.standing(item.item_id, town.root, "covid-19", at(20)) == made
    assert [(p.in_force, p.ended, p.waiting) for p in plans(town.desk)] == [([made], [before], [])]


def test_a_decision_for_later_is_not_overtaken_by_one_for_sooner(town, item):
    other, newer = town.user("desk"), store(("value: 14d", "value: 7d"))
    later = enacting.second(other, enacting.propose(town.desk, newer, town.root, "covid-19", at(25)).pk)
    sooner = enacting.second(other, enacting.propose(town.desk, item, town.root, "covid-19", at(20)).pk)
    assert (sooner.ends_at, later.ends_at) == (at(25), None)


def test_another_disease_or_area_keeps_its_own(town, item):
    other = town.user("desk")
    one = enacting.second(other, enacting.propose(town.desk, item, town.root, "covid-19", at(1)).pk)
    enacting.second(other, enacting.propose(town.desk, item, town.root, "ebola", at(2)).pk)
    enacting.second(other, enacting.propose(town.desk, store(("14d", "7d")), town.areas["990001101"], "covid-19", at(3)).pk)
    one.refresh_from_db()
    assert one.ends_at is None
    assert [e.area.code for e in enacting.elsewhere(item.item_id, town.root, "covid-19")] == ["990001101"]


def test_what_an_edition_asks_for_is_kept_from_then_on(county, item):
    one, other = county.user("desk"), county.user("desk")
    start = clock.now() + timedelta(days=1)
    enacting.second(other, enacting.propose(one, item, county.root, "covid-19", start).pk)
    assert {(k.act_kind, k.since) for k in Kept.objects.all()} >= {("isolation.daily_check", start), ("case.investigated", start)}


def test_a_proposal_may_be_taken_back_until_it_is_decided(town, item):
    proposed = enacting.propose(town.desk, item, town.root, "covid-19", at(1))
    enacting.withdraw(town.desk, proposed.pk)
    assert not Enactment.objects.exists()
    with pytest.raises(Refused, match="not-found"):
        enacting.second(town.user("desk"), proposed.pk)


# -- editions and scenarios


def test_a_text_is_found_by_its_name_and_its_digest(town, item):
    newer = store(("value: 14d", "value: 7d"))
    assert find(town.desk, item.item_id) == newer
    assert find(town.desk, item.ref) == item
    for name in ("no-such", f"{item.item_id}@", f"{item.item_id}@{'0' * 12}", f"{item.item_id}@{item.sha256[:3]}"):
        if name.endswith("@"):
            assert find(town.desk, name) == newer
            continue
        with pytest.raises(Refused, match="content-absent"):
            find(town.desk, name)


def test_scenarios_play_on_both_engines_and_say_what_differs(town, system):
    content.load(system, kinds=("plan",))
    item, edition = opened(town.desk, "contact-tracing-basic")
    found = shelf(item, edition)
    assert found.faults == [] and not found.other_text and len(found.scenarios) >= 9
    mine = found.of(ISOLATED)
    assert mine and all(p.passed and p.engines == 2 for p in play_all(town.desk, edition, mine))
    [first, *_] = mine
    wrong = play_all(town.desk, edition, [dataclasses.replace(first, coverage={"owed": 99})])[0].wrong
    assert [w["zh"].split("，")[0] for w in wrong] == ["owed：预期 99"]
    assert shelf(store(), town.edition).scenarios == []


def test_all_scenarios_together_have_one_limit_of_time(town, system):
    content.load(system, kinds=("plan",))
    item, edition = opened(town.desk, "contact-tracing-basic")
    many = shelf(item, edition).scenarios * 20
    begun = time.monotonic()
    played = play_all(town.desk, edition, many, seconds=0.5)
    assert time.monotonic() - begun < 3
    assert len(played) == len(many)
    assert played[0].engines == 2 and played[0].passed
    assert played[-1].engines == 0 and not played[-1].passed
