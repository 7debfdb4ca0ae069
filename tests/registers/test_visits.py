"""Visits: each scan once, under the day's token; told to a search that stands and to nobody else; gone by themselves."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import ProgrammingError, connection, transaction

from sizao.kernel import audit, clock
from sizao.kernel.models import Act
from sizao.registers.cases import exposing
from sizao.registers.cases.models import ExposedPlace
from sizao.registers.ledgers.models import ReportingUnit
from sizao.registers.movement import tokens, visiting
from sizao.registers.movement.visiting import Visit, drop_old, take

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=2)


def place(area, name="市场"):
    return ReportingUnit.objects.create(area=area, name=name, kind="market", known_from=NOON, stands_from=NOON)


def exposed(unit, opens, closes, **told):
    return ExposedPlace.objects.create(place=unit, area=unit.area, disease="covid-19", opens_at=opens, closes_at=closes, known_from=opens, stands_from=opens, **{"confirmed_at": opens, **told})


def visit(n, unit, at=NOON, who=None, **told):
    return Visit(str(n), unit.pk, at, (who or uuid4()).bytes, **told)


@pytest.fixture
def market(county):
    return place(county.root)


def test_ten_thousand_scans_each_sent_three_times_are_ten_thousand_visits(market, system):
    scans = [visit(n, market, NOON + timedelta(seconds=n % 3600)) for n in range(10_000)]
    counts = [(t.stored, t.known) for t in (take(system, scans[i : i + 5000] * 3, sender="gate") for i in (0, 5000))]
    assert counts == [(5000, 10_000)] * 2
    assert [(t.stored, t.known, dict(t.rejected)) for t in (take(system, scans, sender="gate"),)] == [(0, 10_000, {})]
    assert take(system, scans[:7], sender="another gate").stored == 7


@pytest.mark.parametrize("statement", ["SELECT token FROM movement_visit", "INSERT INTO movement_visit SELECT", "DELETE FROM movement_visit", "SELECT * FROM movement_visit_key", "DROP TABLE movement_visit"])
def test_the_application_itself_can_neither_list_nor_write_them(market, system, statement):
    take(system, [visit(1, market)], sender="gate")
    part = f"movement_visit_{NOON:%Y%m%d}"
    for text in (statement, statement.replace("movement_visit", part, 1) if "_key" not in statement else statement):
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(text)


@pytest.mark.parametrize("text", ["SELECT * FROM movement_visits_of(%s, '1 h')", "SELECT * FROM movement_tell_visits(%s, %s, '1 h')", "SELECT * FROM movement_count_visits(%s, %s, '1 h')"])
def test_no_visit_is_told_to_a_look_that_is_not_on_record(market, county, text):
    scope = county.user("cdc")
    take(scope, [visit(1, market)], sender="gate")
    search = exposing.add_search(scope, [exposed(market, NOON, NOON + timedelta(hours=1))], at_least=0, contact_class="general")
    other = audit.write(scope, "visits.told", [uuid4()])
    with pytest.raises(ProgrammingError, match=r"on record|permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(text, [search.pk, other][: text.count("%s")])
    assert len(visiting.told(scope, search.pk)) == 1


def test_a_search_is_told_who_was_there_in_the_window_and_nobody_else(market, county):
    scope, who, hour = county.user("cdc"), uuid4(), timedelta(hours=1)
    take(
        scope,
        [
            visit(1, market, NOON, who, left_at=NOON + hour),
            visit(2, market, NOON - 2 * hour, left_at=NOON - hour),  # left before
            visit(3, market, NOON + hour),  # came as the window closed
            visit(4, place(county.root, "另一处"), NOON),
            visit(5, market, NOON - hour, left_at=NOON),  # left as it opened
            visit(6, market, NOON + hour / 2, said="13900000009"),
        ],
        sender="gate",
    )
    search = exposing.add_search(scope, [exposed(market, NOON, NOON + hour)], at_least=0, contact_class="general")
    assert visiting.counted(scope, search.pk) == (2, 2)
    found = visiting.told(scope, search.pk)
    assert [(v.visitor == who.bytes, v.said, v.started_at, v.ended_at) for v in found] == [(True, "", NOON, NOON + hour), (False, "13900000009", NOON + hour / 2, NOON + hour * 1.5)]


@pytest.mark.parametrize("told", [{"confirmed_at": None}, {"withdrawn_at": NOON}])
def test_a_place_that_is_not_confirmed_or_was_withdrawn_tells_nothing(market, county, told):
    scope = county.user("cdc")
    take(scope, [visit(1, market)], sender="gate")
    search = exposing.add_search(scope, [exposed(market, NOON, NOON + timedelta(hours=1), **told)], at_least=0, contact_class="general")
    assert visiting.told(scope, search.pk) == []


def test_no_door_lists_shows_or_exports_visits(market, system):
    """No register, ledger, fact, line list or address holds them, so neither a list, an export, an API nor the mirror can give them out."""
    from sizao.doors.policy import ROUTES
    from sizao.kernel import registry
    from sizao.plan.facts import vocabulary

    tables = {r.model._meta.db_table for r in registry.registers()}
    assert len(tables) > 30 and {t for t in tables if t.startswith("movement_visit")} == set()
    assert {t.relation for t in vocabulary().tables.values() if t.relation.startswith("movement_visit")} == set()
    before = Act.objects.count()
    assert take(system, [visit(1, market)], sender="gate").stored == 1
    assert Act.objects.count() == before  # a scan is no act: evidence, timeline and mirror know nothing of it
    addresses = [r for r in ROUTES if "scan" in r.address or "exposure" in r.address]
    assert {(r.name, r.methods) for r in addresses if "api" in r.address} == {("api-scans", ("POST",))}  # they come in, and nothing goes out
    assert not any(word in r.address for r in addresses for word in ("export", "csv", "xlsx", "json", "<uuid:person>"))


def test_a_token_is_the_same_all_day_and_another_on_every_other_day(db, store):
    person, today = uuid4().bytes, datetime.now(UTC).date()
    one, two = (tokens.day_key(today - timedelta(days=d), make=True) for d in (0, 1))
    assert one.tokens([person, person])[0] == one.tokens([person])[0] != two.tokens([person])[0]
    assert one.visitors(one.tokens([person])) == [person]
    assert two.visitors(one.tokens([person])) != [person]


def test_a_device_s_clock_is_put_right_up_to_a_day(market, county):
    scope = county.user("cdc")
    now = clock.now()
    search = exposing.add_search(scope, [exposed(market, now - timedelta(hours=1), now + timedelta(minutes=1))], at_least=0, contact_class="general")
    for n, off in enumerate((-timedelta(hours=23), timedelta(hours=23), timedelta(seconds=90))):
        done = take(scope, [visit(n, market, now + off - timedelta(minutes=10))], sender="gate", sent_at=now + off)
        assert (done.stored, dict(done.rejected)) == (1, {})
        # the same, sent an hour later with a clock that has drifted: still the same visit
        assert take(scope, [visit(n, market, now + off - timedelta(minutes=10))], sender="gate", sent_at=now + off + timedelta(minutes=5)).known == 1
    assert sorted(round((now - v.started_at) / timedelta(minutes=1), 1) for v in visiting.told(scope, search.pk)) == [8.5, 10, 10]
    far = take(scope, [visit(9, market, now)], sender="gate", sent_at=now + timedelta(hours=25))
    assert far.rejected[0].code == "clock-too-far"


def test_what_cannot_be_a_visit_is_refused_with_its_reason(market, system):
    now = clock.now()
    scans = [
        visit(1, market, now + timedelta(hours=1)),
        visit(2, market, now - timedelta(days=22)),
        visit(3, market, NOON, left_at=NOON - timedelta(minutes=1)),
        visit(4, market, NOON, left_at=NOON),
        visit(5, market, NOON, left_at=NOON + timedelta(days=3, hours=1)),
        visit(6, market, NOON),
    ]
    done = take(system, scans, sender="gate")
    assert [done.rejected[i].code for i in range(5)] == ["done-in-the-future", "visit-too-old", "visit-reversed", "visit-reversed", "done-in-the-future"]
    assert done.stored == 1


def test_leaving_may_be_told_later_and_once(market, county):
    scope = county.user("cdc")
    for left in (None, NOON + timedelta(minutes=5), NOON + timedelta(hours=3), None):
        take(scope, [visit(1, market, left_at=left, who=UUID(int=7))], sender="gate")
    search = exposing.add_search(scope, [exposed(market, NOON, NOON + timedelta(hours=1))], at_least=0, contact_class="general")
    assert [v.ended_at for v in visiting.told(scope, search.pk)] == [NOON + timedelta(minutes=5)]


def test_days_that_are_over_go_with_their_key(market, system):
    old, young = ((NOON - timedelta(days=d)).date() for d in (10, 0))
    take(system, [visit(1, market, NOON - timedelta(days=10)), visit(2, market)], sender="gate")

    def parts():
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL, to_regclass(%s) IS NOT NULL", [f"movement_visit_{d:%Y%m%d}" for d in (old, young)])
            return cursor.fetchone()

    assert (drop_old(), parts()) == (0, (True, True))
    assert (drop_old(clock.now() + timedelta(days=11)), parts()) == (1, (False, True))
    assert tokens.day_key(old) is None
    assert tokens.day_key(young) is not None
    with connection.cursor() as cursor:  # whoever asks: what is older than today goes at the earliest tomorrow
        cursor.execute("SELECT movement_drop_visits('infinity'), movement_visit_day(%s, 'x')", [(NOON - timedelta(days=40)).date()])
        assert cursor.fetchone()[1] is None
