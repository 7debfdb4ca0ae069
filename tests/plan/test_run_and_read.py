"""From registers to numbers to names: each number is the length of the list behind it, at every level of the tree."""

from datetime import UTC, datetime, timedelta

import pytest

from sizao.kernel import areas, clock, content
from sizao.kernel.acts import NewAct, record
from sizao.kernel.errors import Refused
from sizao.kernel.models import Enactment, User
from sizao.kernel.scope import Scope
from sizao.plan import read, run, versions
from sizao.plan.acts import acts_of
from sizao.plan.models import COUNTS, Cell, Row, Run
from sizao.plan.views import BESIDE, LISTS
from sizao.registers.cases.models import Case, Contact
from sizao.registers.population.models import Person

pytestmark = pytest.mark.django_db
DAILY = "contact-daily-check"


def at(day, hour=0, minute=0):
    """A local time of June 2020 as an instant."""
    return datetime(2020, 6, day, tzinfo=UTC) + timedelta(hours=hour - 8, minutes=minute)


NOW = at(18, 21)


@pytest.fixture
def town(county, system):
    """Two grids with contacts and a case, an edition in force since May, posts above them."""
    content.load(system, kinds=("plan",))
    first, second = (User.objects.create_user(name) for name in ("one", "two"))
    item = content.newest("plan", "contact-tracing-basic")
    Enactment.objects.create(
        item=item,
        area=county.root,
        disease="covid-19",
        starts_at=at(1) - timedelta(days=30),
        proposed_by=first,
        seconded_by=second,
        decided_at=at(1),
    )
    content.keep(acts_of(item.text), county.root, at(1) - timedelta(days=30), "test")
    county.community = county.user("community", "990001101201")
    county.desk = county.user("desk")
    grids = [county.areas["990001101201-1"], county.areas["990001102201-1"]]
    county.contacts = [contact(grids[i % 2], f"{i}", close=i != 4) for i in range(5)]
    person = Person.objects.create(area=grids[0], known_from=at(10), stands_from=at(10))
    county.case = Case.objects.create(
        person=person,
        area=grids[0],
        disease="covid-19",
        classification="confirmed",
        confirmed_at=at(16, 14),
        reported_at=at(16, 10),
        known_from=at(16),
        stands_from=at(16),
    )
    return county


def contact(area, name, close=True):
    person = Person.objects.create(area=area, name=name, known_from=at(16, 9), stands_from=at(16, 9))
    return Contact.objects.create(
        person=person,
        area=area,
        disease="covid-19",
        classification="close" if close else None,
        last_exposure_on=at(16, 12).date(),
        known_from=at(16, 9),
        stands_from=at(16, 9),
    )


def check(scope, contact, when, **more):
    return record(
        scope, [NewAct("isolation.daily_check", contact.pk, when, contact.person_id, contact.area_id, "covid-19", outcome="ok", **more)]
    )[0]


def cell(measure, area, made=None):
    return Cell.objects.at(made or read.latest_run()).get(measure=measure, area=area)


def test_numbers_roll_up_and_each_is_the_length_of_its_list(town, system):
    check(system, town.contacts[0], at(18, 19))
    check(system, town.contacts[1], at(17, 21))
    run.evaluate_all(NOW)
    top = cell(DAILY, town.root)
    assert (top.owed, top.met, top.late, top.overdue, top.missing, top.missed, top.cannot_tell) == (12, 1, 1, 10, 3, 7, 3)
    for area in town.areas.values():
        for measure in (DAILY, "case-investigated", "case-isolated"):
            found = read.measure_page(town.desk, measure, area).measure
            for state in (*LISTS, *BESIDE):
                assert len(read.missing(town.desk, measure, area, state=state, limit=None).rows) == found.count(state), (
                    area,
                    measure,
                    state,
                )
    assert cell("case-isolated", town.root).overdue == 1
    assert cell("case-investigated", town.root).overdue == 1


def test_a_check_leaves_the_list_at_once_and_the_number_at_the_next_run(town):
    today = read.today(town.community, as_of=NOW)
    mine = [c for c in town.contacts if c.area_id == town.areas["990001101201-1"].pk and c.classification]
    assert {r.subject for r in today.rows if r.measure == DAILY} == {c.pk for c in mine}
    assert sum(r.overdue for r in today.rows if r.measure in (DAILY, "case-isolated")) == 3
    assert today.overdue == sum(r.overdue for r in today.rows)
    assert {r.measure for r in today.rows} == {DAILY, "case-isolated", "contact-tested"}
    run.evaluate_all(NOW)
    check(town.community, mine[0], at(18, 20, 59))
    assert mine[0].pk not in {r.subject for r in read.today(town.community, as_of=NOW).rows if r.measure == DAILY}
    page = read.missing(town.community, DAILY, town.areas["990001101201-1"])
    assert {r.subject: r.done_since for r in page.rows} == {c.pk: c == mine[0] for c in mine}
    before = cell(DAILY, town.root).missing
    run.evaluate_all(NOW)
    assert cell(DAILY, town.root).missing == before - 1


def test_every_post_has_on_its_list_what_a_run_says_it_answers_for(town, system):
    """What the measures of a list share is worked out once for one post; who moved away, is suspected as well or stands in another village must not differ."""
    away = contact(town.areas["990001102201-1"], "moved")
    Contact.objects.filter(pk=away.pk).update(area=town.areas["990001101201-1"], stands_from=at(18, 3), known_from=at(16, 9))
    Case.objects.create(
        person_id=town.contacts[0].person_id, area=town.areas["990001101202"], disease="covid-19", classification="suspected",
        reported_at=at(17, 10), known_from=at(17), stands_from=at(17),
    )  # fmt: skip
    check(system, town.contacts[1], at(18, 9))
    posts = [town.user(role, code).post for role, code in (("community", "990001101202"), ("community", "990001102201"), ("cdc", "990001"))]
    for moment in (NOW, at(20, 9), at(17, 12)):
        made = run.evaluate_all(moment)
        for post in [town.community.post, *posts]:
            mine = Row.objects.at(made).filter(post=post.pk, doable=True, state__in=("open", "overdue"))
            told = read.today(Scope.system("test"), post, moment)
            assert {(r.measure, r.subject, r.occasion, r.state, r.raised) for r in told.rows} == set(mine.values_list("measure", "subject", "occasion", "state", "raised")), post
            assert told.overdue + told.open == len(told.rows)
        if moment == NOW:
            assert {r.measure for r in told.rows} >= {"case-investigated", "suspect-tested.sampled"}


def test_one_statement_serves_every_post_of_a_role_at_any_time(town, monkeypatch):
    """The database plans it once. Another text is another statement, and so is one that has ended."""
    asked, rows = [], read.prepared.rows
    monkeypatch.setattr(read.prepared, "rows", lambda sql, parameters: asked.append(sql) or rows(sql, parameters))
    other = town.user("community", "990001102201")
    begun = Enactment.objects.get().starts_at
    for scope, moment in ((town.community, NOW), (other, NOW), (town.community, at(3, 7)), (other, begun)):
        read.today(scope, as_of=moment)
    assert len(set(asked)) == 1
    read.today(town.user("cdc", "990001"), as_of=NOW)
    assert len(set(asked)) == 2
    owed = {moment: {r.subject for r in read.today(town.community, as_of=moment).rows if r.measure == DAILY} for moment in (NOW, at(19, 12))}
    assert all(owed.values())
    Enactment.objects.update(ends_at=at(18, 12))
    assert {r.subject for r in read.today(town.community, as_of=NOW).rows if r.measure == DAILY} == owed[NOW], "what was owed before the end stays owed"
    assert not [r for r in read.today(town.community, as_of=at(19, 12)).rows if r.measure == DAILY]
    assert len(set(asked)) == 3


def test_a_list_is_paged_without_gap_or_repeat(town):
    run.evaluate_all(NOW)
    seen, after = [], None
    while True:
        page = read.missing(town.desk, DAILY, state="missed", after=after, limit=2)
        seen += [(r.subject, r.occasion) for r in page.rows]
        after = page.next
        if after is None:
            break
    assert len(seen) == len(set(seen)) == cell(DAILY, town.root).missed == 8
    with pytest.raises(Refused, match="bad-value"):
        read.missing(town.desk, DAILY, after="nonsense")


@pytest.mark.parametrize("state", ["missing", "missed", "open", "met"])
@pytest.mark.parametrize("part", ["root", "part"])
def test_a_list_of_all_measures_is_in_order_and_paged_without_gap_or_repeat(town, state, part):
    """Each measure gives its first rows; together they are what one list of all would be."""
    run.evaluate_all(NOW)
    area = town.root if part == "root" else town.areas["990001101201"]
    whole = [(r.due, r.subject, r.occasion, r.measure) for r in read.missing(town.desk, None, area, state=state, limit=None).rows]
    for limit in (1, 3):
        seen, after = [], None
        while True:
            page = read.missing(town.desk, None, area, state=state, after=after, limit=limit)
            seen += [(r.due, r.subject, r.occasion, r.measure) for r in page.rows]
            after = page.next
            if after is None:
                break
        assert seen == whole
    if (state, part) == ("missing", "root"):
        assert len({measure for *_, measure in whole}) > 1


def test_a_list_that_was_not_kept_is_the_same_query_again(town, monkeypatch):
    made = run.evaluate_all(NOW)
    kept = [(r.subject, r.occasion, r.due, r.post, r.why) for r in read.missing(town.desk, DAILY, run=made, limit=None).rows]
    Row.objects.at(made).delete()
    Run.objects.filter(pk=made.pk).update(rows_kept=False)
    made.refresh_from_db()
    assert [(r.subject, r.occasion, r.due, r.post, r.why) for r in read.missing(town.desk, DAILY, run=made, limit=None).rows] == kept
    monkeypatch.setattr(run, "LISTED", 2)
    short = run.evaluate_all(NOW)
    assert short.unlisted_rows[f"{DAILY} overdue"] == 12 - 0
    assert [(r.subject, r.occasion, r.due, r.post, r.why) for r in read.missing(town.desk, DAILY, run=short, limit=None).rows] == kept


def test_who_answers_is_the_nearest_post_and_nobody_is_ownerless(town):
    run.evaluate_all(NOW)
    assert cell(DAILY, town.areas["990001101201-1"]).ownerless == 0
    assert cell(DAILY, town.areas["990001102201-1"]).ownerless > 0
    rows = read.missing(town.desk, DAILY, limit=None).rows
    assert {bool(r.by) for r in rows} == {True, False}


def test_reads_stop_at_the_scope(town):
    run.evaluate_all(NOW)
    with pytest.raises(Refused, match="not-found-or-out-of-area"):
        read.overview(town.community, town.root)
    assert read.overview(town.community).area.code == "990001101201"


def test_overview_puts_most_missing_first_and_parts_add_up(town):
    run.evaluate_all(NOW)
    seen = read.overview(town.desk)
    assert [m.missing for m in seen.measures] == sorted((m.missing for m in seen.measures), reverse=True)
    for name in COUNTS:
        assert (
            getattr(seen.own, name) + sum(getattr(a, name) for a in seen.areas)
            == getattr(seen.total, name)
            == sum(getattr(m, name) for m in seen.measures)
        )
    assert seen.measures[0].rule["zh"].startswith("对每一名")


@pytest.mark.parametrize("what", ["moved", "merged", "split"])
def test_an_area_moved_merged_or_split_in_mid_measure_loses_nobody(town, what):
    def owed():
        run.evaluate_all(NOW)
        seen = read.overview(town.desk)
        for name in COUNTS:
            assert getattr(seen.own, name) + sum(getattr(a, name) for a in seen.areas) == getattr(seen.total, name), name
        states = ("missing", "missed", "open", "cannot_tell")
        rows = [r for s in states for m in (DAILY, "case-isolated") for r in read.missing(town.desk, m, state=s, limit=None).rows]
        return sorted((r.measure, str(r.subject), r.occasion, r.state) for r in rows), {n: getattr(seen.total, n) for n in COUNTS if n not in ("ownerless", "risen")}

    before = owed()
    assert before[0]
    if what == "moved":
        areas.grow([areas.NewArea("990001101201", "1-1村", "village", "990001102")])
    else:
        new = ["990001103"] if what == "merged" else ["990001103", "990001104"]
        areas.grow([areas.NewArea(code, "新镇", "township", "990001") for code in new])
        areas.succeed(["990001101", "990001102"] if what == "merged" else ["990001101"], new, what, NOW.date())
    assert owed() == before


def test_json_of_coverage_and_missing_has_the_agreed_keys(town):
    made = run.evaluate_all(NOW)
    data = read.coverage_json(town.desk, made, town.root)
    assert list(data)[:1] == ["plan"]
    assert {"plan", "as_of", "known_at", "area", "measures", "areas"} <= set(data)
    wanted = {
        "id",
        "zh",
        "en",
        "owed",
        "met",
        "late",
        "overdue",
        "missing",
        "open",
        "ahead",
        "waiting",
        "closed",
        "cannot_tell",
        "ownerless",
        "unlisted",
        "told_late",
    }
    assert all(wanted <= set(m) for m in data["measures"])
    assert all({"code", "name", "owed", "met", "late", "overdue", "cannot_tell"} <= set(a) for a in data["areas"])
    assert data["as_of"] == "2020-06-18T21:00:00+08:00"
    rows = read.missing_json(town.desk, made, DAILY, town.root)
    assert len(rows) == next(m["missing"] for m in data["measures"] if m["id"] == DAILY)
    assert {"subject", "due", "by", "area", "why"} <= set(rows[0])
    assert rows[0]["due"] == "2020-06-18T20:00:00+08:00"


def test_explain_names_the_leaf_the_record_and_the_act(town, system):
    check(system, town.contacts[0], at(17, 19), reported_at=at(17, 23))
    run.evaluate_all(NOW)
    said = read.explain(town.desk, DAILY, town.contacts[0].pk, as_of=NOW)
    assert said["conditions"] == [{"zh": "接触者分类为“密切接触者”", "en": "class is “close contact”", "holds": True}]
    assert [(o["state"], o["told_late"]) for o in said["obligations"]] == [("overdue", False), ("met", True), ("overdue", False)]
    assert said["acts"][0]["counts"] == "2020-06-17T20:00:00+08:00"
    unknown = read.explain(town.desk, DAILY, town.contacts[4].pk, as_of=NOW)
    assert unknown["conditions"][0]["holds"] is None
    assert unknown["obligations"][0]["why"]["zh"] == "无法判定：缺少接触者分类"
    assert any("cannot tell" in line for line in read.explain_lines(unknown, "en"))


def test_looking_back_forgets_what_was_told_later(town, system):
    run.evaluate_all(NOW)
    before = cell(DAILY, town.root).met
    known = clock.now()
    check(system, town.contacts[0], at(18, 19))
    late = run.evaluate_all(NOW)
    assert cell(DAILY, town.root, late).met == before + 1
    assert known
    asked = run.evaluate_all(NOW, at(17), standing=False)
    assert not Cell.objects.at(asked).exists(), "nothing was recorded here by then"
    assert read.latest_run() == late


def test_older_runs_lose_their_rows_first_and_days_keep_their_last(town, monkeypatch):
    monkeypatch.setattr(versions, "RUNS_KEPT", 3)
    monkeypatch.setattr(versions, "ROWS_KEPT", 1)
    for day in (10, 10, 11, 11, 12, 12, 12):
        with clock.frozen(at(day, 12)):
            run.evaluate_all(NOW)
    assert [(r.started_at, r.rows_kept) for r in Run.objects.order_by("pk")] == [
        (at(10, 12), False),
        (at(11, 12), False),
        (at(12, 12), False),
        (at(12, 12), False),
        (at(12, 12), True),
    ]


def test_without_a_run_or_a_plan_it_says_so(county):
    with pytest.raises(Refused, match="plan-no-run"):
        read.overview(Scope.system("test"), county.root)
    made = run.evaluate_all(NOW)
    assert read.overview(Scope.system("test"), county.root, run=made).measures == []
    with pytest.raises(Refused, match="plan-measure-unknown"):
        read.measure_page(Scope.system("test"), "x", county.root)
