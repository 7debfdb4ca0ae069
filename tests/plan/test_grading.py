"""Criteria as expressions: each shipped set by hand, what cannot be told, what is wrong with a file, and the real first months of 2020 against a plain counter."""

import csv
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest

from sizao.kernel.content_dir import content_dir
from sizao.plan.grading.figures import COUNTABLE, Counts, DayCount, Now
from sizao.plan.grading.judging import judge
from sizao.plan.grading.rulesets import faults, read

DAY = date(2020, 2, 20)
NATIONAL, STRICTER, LOOSER = "risk-national-2020-02-17", "risk-stricter-example", "risk-looser-example"


def rules(name):
    return read(name, (content_dir() / "grades" / f"{name}.yaml").read_text(encoding="utf-8"))


def grade(name, counts, area=1, day=DAY):
    r = rules(name)
    return judge(r, counts.row(r.figures, area, day)).grade


def one(*days, spots=(), least=2, now=None, path="1."):
    """Counts of area 1: each of `days` is (days ago, cases) or a whole DayCount."""
    rows = [d if isinstance(d, DayCount) else DayCount(path, DAY - timedelta(days=d[0]), cases=d[1]) for d in days]
    return Counts(rows, spots, least, now, DAY)


# -- the shipped sets


def before(new, total, clusters):
    """The three keys as they were read until then: a line holds where none of its limits is exceeded."""
    lines = [("low", {"new": 0}), ("medium", {"total": 50}), ("medium", {"clusters": 0}), ("high", {})]
    found = {"new": new, "total": total, "clusters": clusters}
    return next(g for g, most in lines if all(found[k] <= v for k, v in most.items()))


def test_the_national_text_says_what_its_three_keys_said():
    r = rules(NATIONAL)
    for new, total, clusters in product((0, 1, 2, 50, 51), (0, 1, 49, 50, 51, 400), (0, 1, 3)):
        row = {"new_cases_14d": new, "total_cases": total, "clusters_14d": clusters}
        assert judge(r, row).grade == before(new, total, clusters), row


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([], "low"),
        ([(14, 80)], "low"),  # the fourteen days are over today
        ([(13, 1)], "medium"),
        ([(60, 49), (0, 1)], "medium"),
        ([(60, 50), (0, 1)], "medium"),  # above fifty, and no cluster: the one case lies in the county itself
        ([(60, 49), DayCount("1.2.", DAY, cases=2)], "high"),
        ([(60, 48), DayCount("1.2.", DAY, cases=2)], "medium"),
        ([(60, 50), DayCount("1.2.", DAY, cases=1), DayCount("1.3.", DAY, cases=1)], "medium"),
    ],
)
def test_the_national_text_by_hand(days, expected):
    assert grade(NATIONAL, one(*days, spots=(2, 3))) == expected


@pytest.mark.parametrize(
    ("days", "population", "expected"),
    [
        ([], None, "low"),  # no case at all: whatever the population, there is nothing to divide
        ([(28, 5)], None, "low"),
        ([(27, 1)], None, "medium"),
        ([(3, 1)], 100_000, "medium"),
        ([(3, 1)], None, None),  # medium or high: it hangs on a population that nobody told
        ([(3, 10)], 100_000, "high"),
        ([(3, 9)], 100_000, "medium"),
        ([DayCount("1.", DAY, cases=2, unlinked=2)], None, "high"),  # two of unknown source: high without asking how many live there
        ([DayCount("1.", DAY, results=100, positive=5)], None, "medium"),
        ([DayCount("1.", DAY, results=100, positive=4)], None, "low"),
        ([DayCount("1.2.", DAY, cases=2), DayCount("1.3.", DAY, cases=2)], None, "high"),
    ],
)
def test_the_stricter_example_by_hand(days, population, expected):
    assert grade(STRICTER, one(*days, spots=(2, 3), now={1: Now(population=population)})) == expected


@pytest.mark.parametrize(
    ("days", "beds", "strain", "expected"),
    [
        ([(0, 2)], None, False, "low"),
        ([(0, 3)], None, False, "medium"),  # more than two, no cluster
        ([DayCount("1.2.", DAY, cases=3)], 4, False, "medium"),  # a cluster and rising, and beds are free
        ([DayCount("1.2.", DAY, cases=3)], 0, False, "high"),
        ([DayCount("1.2.", DAY, cases=3)], 4, True, "high"),
        ([DayCount("1.2.", DAY, cases=3)], None, False, None),  # nobody told of beds
        ([DayCount("1.2.", DAY, cases=3)], None, True, "high"),  # under strain: then beds change nothing
        ([DayCount("1.2.", DAY, cases=3), (8, 3)], 0, False, "medium"),  # as many in the seven days before
    ],
)
def test_the_looser_example_by_hand(days, beds, strain, expected):
    assert grade(LOOSER, one(*days, spots=(2,), least=3, now={1: Now(isolation_beds_free=beds, under_strain=strain)})) == expected


# -- what cannot be told, and why


def test_what_is_missing_is_named_and_each_question_has_its_figure():
    r = rules(STRICTER)
    said = judge(r, one((3, 1)).row(r.figures, 1, DAY))
    assert (said.grade, said.possible, said.missing) == (None, ("high", "medium"), ("incidence_14d",))
    asked = said.asked[1]
    assert [(leaf.holds, [t.value for t in leaf.figures]) for leaf in asked.leaves] == [(True, [1]), (None, [None])]
    assert asked.leaves[1].zh == "近14天每10万人新增病例不小于10" and "per 100,000" in asked.leaves[1].en


def test_a_line_that_cannot_be_told_leaves_the_grade_alone_where_it_would_give_the_same():
    text = "title: {zh: 甲, en: A}\nscale: risk\ndisease: covid-19\nsource: s\nlevels: [county]\nclasses: [confirmed]\nreview: 7d\nstale: 2d\ngrades:\n"
    both = read("same", text + "  - {grade: high, when: incidence_7d >= 10}\n  - {grade: high, when: new_cases_7d > 2}\n  - {grade: low}\n")
    assert judge(both, {"incidence_7d": None, "new_cases_7d": 3}).grade == "high"
    said = judge(both, {"incidence_7d": None, "new_cases_7d": 2})
    assert said.grade is None and set(said.possible) == {"high", "low"}


def test_no_case_ever_and_a_past_day_are_told_as_what_they_are():
    counts = one((3, 2), now={1: Now(population=Decimal(250_000), isolation_beds_free=4)})
    names = ("days_since_last_case", "incidence_14d", "prior_cases_3d", "isolation_beds_free", "positivity_14d")
    assert counts.row(names, 1, DAY) == {"days_since_last_case": 3, "incidence_14d": Decimal("0.8"), "prior_cases_3d": 2, "isolation_beds_free": 4, "positivity_14d": None}
    assert counts.row(names, 1, DAY - timedelta(days=1))["isolation_beds_free"] is None  # beds are known of today only
    assert counts.row(names, 2, DAY)["days_since_last_case"] is None


def test_a_part_can_be_left_out_of_the_whole():
    counts = one(DayCount("1.2.", DAY, cases=3), DayCount("1.3.", DAY, cases=1))
    assert counts.row(["new_cases_14d"], 1, DAY, ["1.2."]) == {"new_cases_14d": 1}
    assert [c.path for c in counts.within(1, DAY, 14, ["1.2."])] == ["1.3."]


def test_parts_within_parts_are_left_out_once_and_a_spot_without_its_part():
    counts = one(DayCount("1.2.3.", DAY, cases=3), DayCount("1.2.4.", DAY, cases=2), DayCount("1.5.", DAY, cases=1), spots=(2, 5))
    assert counts.row(["new_cases_14d", "clusters_14d"], 1, DAY, ["1.2.", "1.2.3."]) == {"new_cases_14d": 1, "clusters_14d": 0}
    assert counts.row(["new_cases_14d", "clusters_14d"], 1, DAY, ["1.2.3."]) == {"new_cases_14d": 3, "clusters_14d": 1}
    assert counts.row(["clusters_14d"], 1, DAY, ["1.2.3.", "1.2.4."]) == {"clusters_14d": 0}


def test_a_thousand_areas_over_a_season_are_judged_in_seconds():
    """A thousand counties of forty villages, a case in each county each day for ninety days; every day judged by the set that asks most."""
    import time

    rows = [DayCount(f"1.{c}.{100_000 + c * 40 + (c + d) % 40}.", DAY - timedelta(days=d), cases=1, unlinked=d % 2) for c in range(2, 1002) for d in range(90)]
    begun = time.process_time()
    counts = Counts(rows, range(100_080, 141_000), 2, {c: Now(population=300_000) for c in range(2, 1002)}, DAY)
    r = rules(STRICTER)
    said = [judge(r, counts.row(r.figures, c, DAY - timedelta(days=d))).grade for c in range(2, 1002, 10) for d in range(60)]
    assert set(said) == {"high"} and time.process_time() - begun < 10


def test_every_figure_is_counted():
    counts = one((3, 2), now={1: Now(population=1000)})
    assert all(name in counts.row(COUNTABLE, 1, DAY) for name in COUNTABLE)


# -- files


def wrong(text):
    return [(f.code, f.line) for f in faults(Path("x.yaml"), text)]


def test_every_shipped_set_is_right():
    for path in sorted((content_dir() / "grades").glob("*.yaml")):
        assert wrong(path.read_text(encoding="utf-8")) == [], path.name


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("new_cases_14d = 0", "new_cases_140d = 0", "plan-name-unknown"),  # at most 90 days
        ("new_cases_14d = 0", "new_cases = 0", "plan-name-unknown"),  # over how many days?
        ("new_cases_14d = 0", "new_cases_14d + 1", "plan-not-yes-no"),
        ("new_cases_14d = 0", "new_cases_14d = 'none'", "plan-types-differ"),
        ("new_cases_14d = 0", "count(lab.sampled) > 3", "plan-looks-within"),
        ("new_cases_14d = 0", "(select 1) = 1", "plan-syntax"),
        ("new_cases_14d = 0", "\"drawn(0.1, 'week')\"", "plan-looks-within"),
        ("levels: [county]", "levels: [planet]", "grading-wrong"),
        ("classes: [confirmed]", "classes: [rumoured]", "grading-wrong"),
        ("review: 7d", "review: soon", "grading-wrong"),
        ("  - {grade: high}\n", "", "grading-wrong"),
        ("{grade: high}", "{grade: purple}", "grading-wrong"),
        ("scale: risk", "scale: mood", "grading-wrong"),
        ("disease: covid-19", "disease: covid-19\nnovel: 1", "grading-wrong"),
        ("cluster: {level: village, cases: 2}", "cluster: {level: village}", "grading-wrong"),
    ],
)
def test_each_fault_is_told_with_its_line(old, new, code):
    text = (content_dir() / "grades" / f"{NATIONAL}.yaml").read_text(encoding="utf-8")
    assert old in text
    found = wrong(text.replace(old, new))
    assert code in [c for c, _ in found] and all(line for _, line in found)


# -- the first months of 2020


class Plain:
    """A counter that shares nothing with the program: cumulative confirmed by city and day, as the table has it."""

    def __init__(self, folder):
        self.total = defaultdict(dict)
        with (folder / "china_province_city_daily_2019-12_2020-04.csv").open(encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                if row["cityCode"]:
                    self.total[row["cityCode"]][date.fromisoformat(row["date"])] = int(row["confirmed"])

    def at(self, code, day):
        """The last figure told by that day; 0 before the first."""
        known = [d for d in self.total[code] if d <= day]
        return self.total[code][max(known)] if known else 0

    def new(self, code, day, days):
        return self.at(code, day) - self.at(code, day - timedelta(days=days))


@pytest.fixture(scope="module")
def plain(shared):
    return Plain(shared / "data" / "china-area-2020")


@pytest.fixture(scope="module")
def real(plain):
    """The same table as counts by day: what each day added, corrections downwards included. Each city is an area of its own, 1, 2, …"""
    rows, number = [], {}
    for i, (code, known) in enumerate(sorted(plain.total.items()), start=1):
        number[code] = i
        last = 0
        for day in sorted(known):
            if known[day] != last:
                rows.append(DayCount(f"{i}.", day, cases=known[day] - last))
                last = known[day]
    return number, Counts(rows, now={n: Now(population=1_000_000) for n in number.values()})


DAYS = [date(2020, 2, 1) + timedelta(days=n) for n in range(0, 60, 3)]


def test_the_national_text_on_every_city_of_february_and_march_2020(plain, real):
    """One area a city and no village below it: no cluster can be seen, so *high* never comes."""
    number, counts = real
    found = defaultdict(int)
    for code, n in number.items():
        for day in DAYS:
            new, total = plain.new(code, day, 14), plain.at(code, day)
            expected = "low" if new == 0 else "medium"
            assert grade(NATIONAL, counts, n, day) == expected, (code, day, new, total)
            found[day, expected] += 1
    assert len(number) > 300
    assert found[date(2020, 2, 1), "low"] < found[date(2020, 3, 29), "low"]


def test_the_examples_on_every_city_are_as_a_plain_counter_has_them(plain, real):
    number, counts = real
    strict, loose = rules(STRICTER), rules(LOOSER)
    for code, n in number.items():
        for day in DAYS:
            new14, new28, new7 = (plain.new(code, day, d) for d in (14, 28, 7))
            expected = "high" if new14 > 0 and new14 * 100_000 >= 10 * 1_000_000 else "medium" if new28 > 0 else "low"
            assert judge(strict, counts.row(strict.figures, n, day)).grade == expected, (code, day, new14, new28)
            assert judge(loose, counts.row(loose.figures, n, day)).grade == ("low" if new7 <= 2 else "medium"), (code, day, new7)


def test_wuhan_by_day_is_told_with_its_figures(plain, real):
    """The capital of Hubei: 49,000 and more in all on 1 March 2020, new cases until the middle of March."""
    number, counts = real
    row = counts.row(("total_cases", "new_cases_14d"), number["420100"], date(2020, 3, 1))
    assert row == {"total_cases": plain.at("420100", date(2020, 3, 1)), "new_cases_14d": plain.new("420100", date(2020, 3, 1), 14)}
    assert row["total_cases"] > 49_000
