"""Versions, batches and acts as the engine sees them: at what was known then, and as it stood then."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from sizao.kernel.acts import NewAct, record
from sizao.kernel.models import Batch
from sizao.plan import relations
from sizao.plan.evaluation import rows
from sizao.plan.facts import vocabulary
from sizao.registers.cases.models import Contact
from sizao.registers.population.models import Person

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ZONE = "Asia/Shanghai"


def at(day, hour=0):
    """A local time of June 2020 as an instant."""
    return datetime(2020, 6, day, tzinfo=UTC) + timedelta(hours=hour - 8)


def civil(day, hour=0):
    return datetime(2020, 6, day, hour)


@pytest.fixture
def contact(county):
    person = Person.objects.create(area=county.root, known_from=at(1), stands_from=at(1))
    return Contact.objects.create(
        person=person, area=county.areas["990001101201-1"], disease="covid-19", classification="close", known_from=at(2), stands_from=at(2)
    )


def versions(known_at=None):
    built = relations.build(vocabulary(), ZONE, known_at)
    return [(r["vf"], r["vt"], r["class"]) for r in sorted(rows(built.facts["contact"]), key=lambda r: r["vf"])]


def recorded(record_):
    """When our clock wrote the present version."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT recorded_at FROM cases_contact WHERE id = %s", [record_.pk])
        return cursor.fetchone()[0]


def change(contact, **fields):
    Contact.objects.filter(pk=contact.pk).update(**fields)


FAR = datetime(9999, 12, 31)


def test_a_row_that_never_changed_stands_from_its_beginning(contact):
    assert versions() == [(civil(2), FAR, "close")]


def test_a_change_made_now_stands_from_now(contact):
    change(contact, classification="secondary", stands_from=at(5))
    assert versions() == [(civil(2), civil(5), "close"), (civil(5), FAR, "secondary")]


def test_a_correction_replaces_what_stood(contact):
    change(contact, classification="general")
    assert versions() == [(civil(2), FAR, "general")]


def test_a_correction_that_reaches_further_back_swallows_later_versions(contact):
    change(contact, classification="secondary", stands_from=at(5))
    change(contact, classification="general", stands_from=at(3))
    assert versions() == [(civil(2), civil(3), "close"), (civil(3), FAR, "general")]


def test_the_first_version_stands_since_the_subject_was_known(contact):
    change(contact, classification="secondary", stands_from=at(5))
    change(contact, known_from=at(1), stands_from=at(2))
    assert versions()[0][0] == civil(1)


def test_what_was_recorded_after_known_at_is_not_there(contact):
    before = recorded(contact) - timedelta(seconds=1)
    assert versions(before) == []
    assert versions(recorded(contact)) == versions()


def test_a_deleted_row_stood_until_it_was_deleted(contact):
    contact.delete()
    [(vf, vt, _)] = versions()
    assert vf == civil(2)
    assert vt < FAR


def test_rows_of_an_open_or_undone_batch_are_not_there(contact, county):
    batch = Batch.objects.create(sender="county")
    new = Contact.objects.create(
        person=contact.person,
        area=county.root,
        disease="covid-19",
        classification="general",
        known_from=at(3),
        stands_from=at(3),
        batch=batch,
    )
    assert [v[2] for v in versions()] == ["close"]
    Batch.objects.filter(pk=batch.pk).update(closed_at=at(3))
    assert [v[2] for v in versions()] == ["close", "general"]
    Batch.objects.filter(pk=batch.pk).update(undone_at=at(4))
    assert [v[2] for v in versions()] == ["close"]
    assert new.pk


def test_a_change_in_an_open_batch_leaves_what_stood(contact):
    batch = Batch.objects.create(sender="county")
    change(contact, classification="general", batch=batch)
    assert versions() == [(civil(2), FAR, "close")]
    Batch.objects.filter(pk=batch.pk).update(closed_at=at(3))
    assert versions() == [(civil(2), FAR, "general")]


def acts():
    return [r["id"] for r in rows(relations.build(vocabulary(), ZONE).act)]


def test_an_act_that_another_replaces_is_not_there_nor_one_taken_back(system, contact):
    [first] = record(system, [NewAct("isolation.daily_check", contact.pk, at(3), contact.person_id, outcome="ok")])
    assert acts() == [first]
    [second] = record(
        system, [NewAct("isolation.daily_check", contact.pk, at(3, 1), contact.person_id, outcome="symptoms", replaces=first)]
    )
    assert acts() == [second]
    record(system, [NewAct("isolation.daily_check", contact.pk, at(3, 1), contact.person_id, outcome="void", replaces=second)])
    assert acts() == []


def test_an_act_is_told_when_the_sender_says_else_when_we_wrote_it(system, contact):
    record(system, [NewAct("isolation.daily_check", contact.pk, at(3), contact.person_id, outcome="ok", reported_at=at(3, 5))])
    [act] = rows(relations.build(vocabulary(), ZONE).act)
    assert (act["at"], act["told_at"]) == (civil(3), civil(3, 5))


def test_every_area_is_below_itself_and_all_above(county):
    grid = next(a for a in county.areas.values() if a.level == "grid")
    up = sorted((r["steps"], r["above"]) for r in rows(relations.UP) if r["area"] == grid.pk)
    assert [above for _, above in up] == [int(x) for x in reversed(grid.path.rstrip(".").split("."))]
