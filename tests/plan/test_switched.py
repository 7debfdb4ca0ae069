"""Whom another grade of an area obliges and releases, counted by hand: three villages' contacts, one measure that asks for a grade."""

from datetime import UTC, datetime, timedelta

import pytest
from plan.three_measures import TEXT

from sizao.kernel import clock, content
from sizao.kernel.models import ContentItem, Enactment
from sizao.plan import switched
from sizao.plan.facts import vocabulary
from sizao.registers.cases.models import Contact
from sizao.registers.command import actions
from sizao.registers.command.actions import Grading
from sizao.registers.population.models import Person

pytestmark = pytest.mark.django_db
NOW = datetime(2020, 6, 18, 2, tzinfo=UTC)  # ten in the morning there
FIRST = datetime(2020, 6, 1, tzinfo=UTC)


@pytest.fixture
def gated(county, system):
    """The daily check of contacts holds only where the grade is medium or high; two contacts live in one township, one in the other."""
    text = TEXT.replace("    for: contact\n", "    for: contact\n    while: area.grade in ('medium', 'high')\n", 1)
    item = ContentItem.objects.create(kind="plan", item_id="gated", sha256="0" * 64, text=text, body={}, source="edition.yaml")
    desk = county.user("desk")
    content.propose(desk, item, county.root, "covid-19", FIRST, trial=True)
    content.keep(vocabulary().acts, county.root, FIRST, "test")
    for code, name in (("990001101201-1", "甲"), ("990001101202-1", "乙"), ("990001102201-1", "丙")):
        person = Person.objects.create(area=county.areas[code], name=name, known_from=FIRST, stands_from=FIRST)
        Contact.objects.create(
            person=person, area=county.areas[code], disease="covid-19", classification="close", last_exposure_on=NOW.date() - timedelta(days=2), known_from=FIRST, stands_from=FIRST
        )  # fmt: skip
    county.desk = desk
    with clock.frozen(NOW):
        yield county


def counts(found):
    return {m.id: (m.obliged, m.released, m.unchanged) for m in found.measures}


def test_a_grade_for_the_whole_county_obliges_all_three_and_one_for_a_township_its_two(gated):
    with clock.frozen(NOW):
        assert counts(switched.switched(gated.desk, gated.root, "risk", "medium")) == {"contact-daily-check": (3, 0, 0)}
        town = gated.areas["990001101"]
        found = switched.switched(gated.desk, town, "risk", "high")
    assert counts(found) == {"contact-daily-check": (2, 0, 0)}
    assert found.minutes("before") == 0 and found.minutes("after") == 2 * found.measures[0].minutes > 0


def test_a_milder_grade_releases_whom_the_stricter_one_obliged_and_nothing_is_written(gated, system):
    actions.grade_areas(system, [Grading(gated.root.pk, "risk", "medium", FIRST)], sender="t")
    from sizao.registers.command.models import AreaGrade

    with clock.frozen(NOW):
        found = switched.switched(gated.desk, gated.root, "risk", "low")
        assert counts(found) == {"contact-daily-check": (0, 3, 0)}
        assert counts(switched.switched(gated.desk, gated.root, "risk", "high")) == {"contact-daily-check": (0, 0, 3)}
        rows = switched.behind(gated.desk, gated.root, "risk", "low", "contact-daily-check", Enactment.objects.get().pk, "released", NOW).rows
    assert len({r.person for r in rows}) == 3
    assert AreaGrade.objects.filter(scale="risk").count() == 1


def test_a_part_that_has_a_grade_of_its_own_keeps_it(gated, system):
    """The county becomes low; the township that is medium by its own line stays so, with its two contacts."""
    town = gated.areas["990001101"]
    actions.grade_areas(system, [Grading(gated.root.pk, "risk", "medium", FIRST), Grading(town.pk, "risk", "medium", FIRST)], sender="t")
    with clock.frozen(NOW):
        assert counts(switched.switched(gated.desk, gated.root, "risk", "low")) == {"contact-daily-check": (0, 1, 2)}


def test_what_there_is_no_time_for_is_said_to_be_cut(gated):
    with clock.frozen(NOW):
        [m] = switched.switched(gated.desk, gated.root, "risk", "medium", seconds=0).measures
    assert m.cut and m.obliged == 0
