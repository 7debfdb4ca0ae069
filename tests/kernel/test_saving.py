"""The generic verb of every register: what is told is written once, what contradicts is answered, and two people at one row both learn it."""

from datetime import date, timedelta

import pytest

from sizao.kernel import clock, registry
from sizao.kernel.models import Act
from sizao.kernel.outcome import Command
from sizao.kernel.saving import write
from sizao.kernel.typed import Reader
from sizao.kernel.versions import differs, versions

VILLAGE, GRID, BESIDE = "990001101201", "990001101201-1", "990001101202-1"


@pytest.fixture
def desk(county):
    """A desk with a person in its village, and the register of contacts."""
    from types import SimpleNamespace

    scope, persons, contacts = county.user("desk", VILLAGE), registry.find("persons"), registry.find("contacts")

    def tell(register, told, **rest):
        return write(scope, register, [Command(told=told, **rest)], sender="post:1")[0]

    person = tell(persons, {"name": "张小明", "sex": "male", "area": county.areas[GRID].pk, "phone": "13800138000"}, source_id="p")
    told = {"person": person.record, "area": county.areas[GRID].pk, "disease": "covid-19", "classification": "close"}
    return SimpleNamespace(
        scope=scope, persons=persons, contacts=contacts, tell=tell, person=person, told=told, areas=county.areas, user=county.user
    )


def test_a_new_row_is_written_once_with_its_acts(desk):
    first = desk.tell(desk.contacts, desk.told, source_id="k1")
    again = desk.tell(desk.contacts, desk.told, source_id="k1")
    other = desk.tell(desk.contacts, {"status": "在家"}, source_id="k1")
    assert [first.kind, again.kind, other.kind] == ["new", "identical", "updated"]
    assert first.record == again.record == other.record
    assert list(Act.objects.filter(record=first.record).values_list("kind", flat=True)) == ["contact.named"]


def test_what_is_not_told_stays_and_what_is_cleared_goes(desk):
    made = desk.tell(desk.contacts, desk.told | {"last_exposure_on": date(2026, 1, 2), "status": "在家"}, source_id="k")
    desk.tell(desk.contacts, {"status": ""}, record=made.record)
    desk.tell(desk.contacts, {}, record=made.record, cleared=frozenset({"last_exposure_on"}))
    row = desk.contacts.rows(desk.scope).get(pk=made.record)
    assert (row.status, row.last_exposure_on) == ("在家", None)


@pytest.mark.parametrize(
    "told, code",
    [
        ({"person": None}, "value-missing"),
        ({"classification": "nonsense"}, "bad-value"),
        ({"nothing": 1}, "no-such-field"),
        ({"observation_from": date(2026, 1, 5), "observation_until": date(2026, 1, 4)}, "observation-reversed"),
        ({"area": BESIDE}, "not-found-or-out-of-area"),
    ],
)
def test_a_faulty_command_is_rejected_with_its_reason_and_the_others_are_written(desk, told, code):
    told = {k: desk.areas[v].pk if k == "area" else v for k, v in told.items()}
    bad, good = write(
        desk.scope, desk.contacts, [Command(told=desk.told | told, source_id="bad"), Command(told=desk.told, source_id="good")], sender="s"
    )
    assert (bad.kind, bad.problems[0].code, good.kind) == ("rejected", code, "new")


def test_a_row_out_of_the_area_is_answered_like_one_that_does_not_exist(desk):
    made = desk.tell(desk.contacts, desk.told, source_id="k")
    stranger = desk.user("desk", "990001102")
    outcomes = write(
        stranger,
        desk.contacts,
        [Command(told={"status": "x"}, record=made.record), Command(told={"status": "x"}, record=desk.person.record)],
        sender="s",
    )
    assert outcomes[0].problems == outcomes[1].problems
    assert outcomes[0].kind == "rejected"


def test_a_number_of_the_sender_in_another_area_is_not_overwritten(desk):
    made = desk.tell(desk.contacts, desk.told, source_id="k")
    stranger = desk.user("desk", "990001102")
    [outcome] = write(stranger, desk.contacts, [Command(told={"status": "x"}, source_id="k")], sender="post:1")
    assert outcome.kind == "rejected"
    assert desk.contacts.rows(desk.scope).get(pk=made.record).status == ""


def test_two_people_at_one_row_are_told_where_they_differ(desk):
    """Another field of somebody else is kept; the same field, changed otherwise, is a conflict that names the value that stands."""
    made = desk.tell(desk.contacts, desk.told | {"status": "a"}, source_id="k")
    seen = desk.contacts.rows(desk.scope).get(pk=made.record).change_no
    desk.tell(desk.contacts, {"status": "b"}, record=made.record)
    apart = desk.tell(desk.contacts, {"last_exposure_on": date(2026, 1, 2), "status": "a"}, record=made.record, seen=seen)
    clash = desk.tell(desk.contacts, {"status": "c"}, record=made.record, seen=seen)
    row = desk.contacts.rows(desk.scope).get(pk=made.record)
    assert (apart.kind, clash.kind) == ("updated", "rejected")
    assert [(p.code, p.field, p.value) for p in clash.problems] == [("changed-meanwhile", "status", "b")]
    assert row.last_exposure_on == date(2026, 1, 2)


def test_versions_say_who_changed_what(desk):
    made = desk.tell(desk.persons, {"name": "李丽", "area": desk.areas[GRID].pk}, source_id="q")
    desk.tell(desk.persons, {"name": "李莉", "phone": "13900139000"}, record=made.record)
    row = desk.persons.rows(desk.scope).get(pk=made.record)
    new, old = versions(desk.persons, row)
    assert differs(desk.persons, new.row, old.row) == ["name", "phone"]
    assert (new.until, old.until is None) == (None, False)
    assert {new.post, old.post} == {desk.scope.post_id}


def test_sealed_fields_are_sealed_found_and_told_apart(desk):
    from sizao.registers.population import read

    assert [p.pk for p in read.search(desk.scope, "13800138000")] == [desk.person.record]
    same = desk.tell(desk.persons, {"phone": "13800138000"}, record=desk.person.record)
    other = desk.tell(desk.persons, {"phone": "13700137000"}, record=desk.person.record)
    gone = desk.tell(desk.persons, {}, record=desk.person.record, cleared=frozenset({"phone"}))
    assert [o.kind for o in (same, other, gone)] == ["identical", "updated", "updated"]
    assert list(read.search(desk.scope, "13700137000")) == []


def test_the_number_of_statements_does_not_grow_with_the_batch(desk, django_assert_max_num_queries):
    many = [Command(told=desk.told | {"status": str(n)}, source_id=str(n)) for n in range(200)]
    with django_assert_max_num_queries(25):
        outcomes = write(desk.scope, desk.contacts, many, sender="s")
    assert {o.kind for o in outcomes} == {"new"}


def test_what_the_database_refuses_costs_only_its_own_row(desk):
    stays = registry.find("stays")
    told = {k: desk.told[k] for k in ("person", "area", "disease")} | {"started_at": clock.now() - timedelta(days=1)}
    links = registry.find("links")
    cases = registry.find("cases")
    a, b = (desk.tell(cases, {k: desk.told[k] for k in ("person", "area", "disease")}, source_id=n).record for n in "ab")
    pair = {"infector": a, "infectee": b, "disease": "covid-19"}
    outcomes = write(desk.scope, links, [Command(told=pair), Command(told=pair | {"infector": b}), Command(told=pair)], sender="s")
    assert [o.kind for o in outcomes] == ["new", "rejected", "rejected"]
    assert desk.tell(stays, told, source_id="s").kind == "new"
    assert desk.tell(stays, {"ended_at": told["started_at"] - timedelta(1)}, source_id="s").problems[0].code == "contradicts-itself"


@pytest.mark.parametrize(
    "name, raw, value",
    [
        ("last_exposure_on", "2026/01/31", date(2026, 1, 31)),
        ("classification", "密切接触者", "close"),
        ("status", "  在家 ", "在家"),
        ("released_at", "2026-01-31T18:00", "2026-01-31T10:00:00+00:00"),
    ],
)
def test_values_are_read_as_forms_send_them(desk, name, raw, value):
    read = Reader(desk.contacts).read(name, raw)
    assert (read.astimezone(tz=__import__("datetime").UTC).isoformat() if name == "released_at" else read) == value


@pytest.mark.parametrize(
    "name, raw", [("last_exposure_on", "2026-02-30"), ("classification", "x"), ("area", "nowhere"), ("person", "1"), ("status", "a\0b")]
)
def test_values_that_do_not_fit_say_so(desk, name, raw):
    values, problems = Reader(desk.contacts).read_all({name: raw})
    assert (values, problems[0].code, problems[0].field) == ({}, "bad-value", name)


def test_every_register_that_can_be_written_says_what_its_values_are(db):
    for r in registry.registers():
        assert set(r.declaration.columns) <= {*r.declaration.fields, *registry.KEPT}, r.name
        assert all(r.field(f).to for f in r.declaration.fields if r.type(f) == "record"), r.name
