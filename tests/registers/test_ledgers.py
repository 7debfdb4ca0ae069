"""Ledgers are files: what is wrong with one is said at once, a fact is asked once, and lines, acts, receipts and views follow from it."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from textwrap import dedent

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from sizao.kernel import clock, content, registry
from sizao.kernel.errors import Refused
from sizao.kernel.models import Act, ContentItem, Enactment, User
from sizao.kernel.outcome import Command
from sizao.plan.facts import vocabulary
from sizao.plan.language import load_edition
from sizao.plan.playing import play
from sizao.plan.scenarios import load_scenarios
from sizao.registers.ledgers import actions, catalogue, checking, receipts
from sizao.registers.ledgers.actions import Filing, NewLine, NewUnit, NewVisit
from sizao.registers.ledgers.loads import loads
from sizao.registers.ledgers.models import DueReport, Entry
from sizao.registers.ledgers.rhythm import Rhythm, due_at, occasions, read_rhythm, state_of
from sizao.registers.population.models import Household, Person

DAILY = Rhythm("day", ("17:00",))


def at(day, hour=0, minute=0):
    """A local time of June 2020 as an instant."""
    return datetime(2020, 6, day, tzinfo=UTC) + timedelta(hours=hour - 8, minutes=minute)


# -- files


def test_the_shipped_ledgers_have_no_fault_and_are_the_catalogue_s():
    found, faults = checking.checked(tuple(content.folders()))
    assert faults == []
    assert len(found) == 50
    assert all(one.zh and one.en and one.minutes >= 0 for one in found.values())


def write(folder, kind, name, text):
    (folder / kind).mkdir(exist_ok=True)
    (folder / kind / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_every_fault_of_every_file_is_told_at_once_with_its_line_and_cure(system, tmp_path):
    write(tmp_path, "fields", "own", "fields:\n  order: {zh: 序, en: order, type: int, unit: n}\n  depth: {zh: 深, en: depth, type: decimal}\n  passport: {zh: 护照, en: passport, type: text, sensitivity: sealed}\n")
    write(
        tmp_path,
        "ledgers",
        "wrong",
        "title: {zh: 错, en: Wrong}\nabout: unit\nkinds: [pharmacy, castle]\nlines: many\nfields:\n  - temprature\n  - sex\n  - persons_tested\n  - persons_entered\n  - persons_entered\n"
        "outcome: persons_entered\nrhythm: {every: 1d, at: [\"25:00\"]}\nfiled_by: king\nminutes: many\ncolour: red\n",
    )
    faults = content.load(system, [tmp_path], ("fields", "ledger")).faults
    assert {(f.code, f.line) for f in faults} == {
        ("field-name-reserved", 2),
        ("field-unit-missing", 3),
        ("field-sensitivity-wrong", 4),
        ("ledger-word-unknown", 3),
        ("ledger-field-unknown", 6),
        ("ledger-field-known", 7),
        ("ledger-field-counted", 8),
        ("ledger-field-twice", 10),
        ("ledger-outcome-wrong", 11),
        ("ledger-rhythm-wrong", 12),
        ("ledger-word-unknown", 13),
        ("ledger-minutes-wrong", 14),
        ("ledger-key-unknown", 15),
    }
    assert all("temperature" in f.en for f in faults if f.code == "ledger-field-unknown")
    assert ContentItem.objects.count() == 0


def test_a_second_form_that_asks_what_a_first_one_has_is_refused(db, tmp_path):
    write(tmp_path, "ledgers", "second", 'title: {zh: 门诊量, en: Visits}\nabout: unit\nkinds: [clinic]\nlines: one\nfields: [persons_entered]\nrhythm: {every: 1d, at: ["20:00"]}\nfiled_by: reporter\nminutes: 1\n')
    [fault] = checking.faults(tmp_path / "ledgers" / "second.yaml", "")
    assert (fault.code, fault.line) == ("ledger-asked-already", 5)
    assert "attendance" in fault.en
    write(tmp_path, "ledgers", "second", 'title: {zh: 门诊量, en: Visits}\nabout: unit\nkinds: [pharmacy]\nlines: one\nfields: [persons_entered]\nrhythm: {every: 1d, at: ["20:00"]}\nfiled_by: reporter\nminutes: 1\n')
    assert list(checking.faults(tmp_path / "ledgers" / "second.yaml", "")) == []  # another kind of unit is another subject


def test_of_two_ledgers_that_ask_the_same_the_one_that_is_shipped_stays(db, tmp_path):
    write(tmp_path, "ledgers", "again", 'title: {zh: 设施, en: Working}\nabout: unit\nkinds: [market]\nlines: one\nfields: [amount_working]\nrhythm: {every: 1d, at: ["20:00"]}\nfiled_by: reporter\nminutes: 1\n')
    found, faults = checking.checked((*content.folders(), tmp_path))
    assert [(f.code, f.file) for f in faults] == [("ledger-asked-already", "again.yaml")] and "equipment" in found


def test_the_how_to_s_ledger_loads_as_it_is_written(db, tmp_path):
    page = (Path(__file__).parents[2] / "docs/how-to/add-a-ledger.md").read_text(encoding="utf-8")
    fields, ledger = (dedent(text) for text in re.findall(r"   ```yaml\n(.*?)   ```", page, re.DOTALL))
    write(tmp_path, "fields", "own", fields)
    write(tmp_path, "ledgers", "cold_room", ledger)
    found, faults = checking.checked((*content.folders(), tmp_path))
    assert faults == [] and found["cold_room"].number == "cold_room_warmest"


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("persons_enrolled", None),  # on the roll of the unit
        ("persons_present", None),  # asked by the morning check of the same class
        ("note", "ledger-field-twice"),  # asked here too
        ("beds_occupied", "ledger-filled-by-nobody"),  # asked of clinics, never of a class
        ("household_members", "ledger-filled-by-nobody"),  # a class is no household
        ("persons_tested", "ledger-filled-by-nobody"),
    ],
)
def test_what_is_shown_as_known_is_kept_by_somebody_and_not_asked_as_well(db, tmp_path, field, code):
    text = f"title: {{zh: 班级, en: Class}}\nabout: unit\nkinds: [class]\nlines: many\nfields: [note]\nfilled: [{field}]\nrhythm: event\nfiled_by: reporter\nminutes: 1\n"
    write(tmp_path, "ledgers", "class_note", text)
    found = [(f.code, f.line) for f in checking.faults(tmp_path / "ledgers" / "class_note.yaml", "")]
    assert found == ([] if code is None else [(code, 6)])


@pytest.mark.parametrize(
    ("levels", "field", "code"),
    [
        ("[county]", "residents", None),  # the register of what is in force of areas
        ("[county]", "persons_total", None),  # another ledger asks it of counties
        ("[]", "persons_total", None),  # of every level, counties too
        ("[city]", "persons_total", "ledger-filled-by-nobody"),  # ... and never of cities
        ("[county]", "persons_present", "ledger-filled-by-nobody"),  # an area is no class
    ],
)
def test_what_is_shown_of_an_area_is_kept_of_areas_of_its_level(db, tmp_path, levels, field, code):
    text = f"title: {{zh: 辖区, en: Area}}\nabout: area\nlevels: {levels}\nlines: many\nfields: [note]\nfilled: [{field}]\nrhythm: event\nfiled_by: cdc\nminutes: 1\n"
    write(tmp_path, "ledgers", "area_note", text)
    found = [(f.code, f.line) for f in checking.faults(tmp_path / "ledgers" / "area_note.yaml", "")]
    assert found == ([] if code is None else [(code, 6)])


@pytest.mark.parametrize(
    ("about", "lines", "whole", "good"),
    [
        ("unit", "each\neach: item", "[rice, oil]", True),
        ("unit", "each\neach: item", "[rice, moonstone]", False),  # no such item
        ("unit", "each\neach: item", "parts", False),  # an item is no unit
        ("unit", "each\neach: counterpart", "parts", True),
        ("unit", "each\neach: counterpart", "[rice]", False),
        ("person\nalso: [unit]", "many", "roll.pupil", True),
        ("person\nalso: [unit]", "many", "roll.king", False),
        ("person\nalso: [unit]", "many", "attendance", False),  # a ledger of units is no roll
        ("unit", "many", "roll", False),  # lines about no person
    ],
)
def test_what_a_report_is_held_against_is_a_list_that_there_is(db, tmp_path, about, lines, whole, good):
    text = f"title: {{zh: 测, en: T}}\nabout: {about}\nlines: {lines}\nwhole: {whole}\nfields: [item{', counterpart' if 'counterpart' in lines else ''}]\nrhythm: {{every: 1d, at: ['18:00']}}\nfiled_by: reporter\nminutes: 1\n"
    write(tmp_path, "ledgers", "own", text)
    assert [f.code in ("ledger-whole-wrong", "ledger-each-wrong") for f in checking.faults(tmp_path / "ledgers" / "own.yaml", "")] == ([] if good else [True])


def test_a_field_that_was_loaded_is_never_retyped_and_one_may_be_added(system, tmp_path):
    write(tmp_path, "fields", "own", "fields:\n  depth: {zh: 深, en: depth, type: decimal, unit: m}\n")
    assert content.load(system, [tmp_path]).faults == []
    write(tmp_path, "fields", "own", "fields:\n  depth: {zh: 深度, en: depth, type: decimal, unit: m}\n  width: {zh: 宽, en: width, type: decimal, unit: m}\n")
    assert content.load(system, [tmp_path]).faults == []
    write(tmp_path, "fields", "own", "fields:\n  depth: {zh: 深, en: depth, type: int, unit: m}\n")
    assert [f.code for f in content.load(system, [tmp_path]).faults] == ["field-retyped"]


def test_a_view_takes_a_new_field_and_refuses_another_type(db):
    def make(*fields):
        with connection.cursor() as cursor:
            cursor.execute("SELECT ledgers_make_view('test_of_mine', %s::jsonb, 'x')", [json.dumps([{"name": n, "type": t} for n, t in fields])])
            cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'ledger_test_of_mine' AND ordinal_position > 19 ORDER BY ordinal_position")
            return [name for (name,) in cursor.fetchall()]

    assert make(("aa", "bigint")) == ["aa"]
    assert make(("bb", "text"), ("aa", "bigint")) == ["aa", "bb"]
    assert make(("bb", "text")) == ["aa", "bb"]  # retired: nobody is asked, and what was written is still read
    for bad in ((("aa", "text"),), (("cc", "bigint); DROP TABLE x; --"),), (("cc\"", "text"),)):
        with pytest.raises(DatabaseError), transaction.atomic():
            make(*bad)


# -- the clock


@given(
    kind=st.sampled_from(["day", "week", "month"]),
    at=st.lists(st.sampled_from(["00:00", "02:30", "09:00", "17:00", "24:00"]), min_size=1, max_size=3, unique=True),
    weekday=st.integers(1, 7),
    day=st.integers(1, 31),
    first=st.dates(date(2019, 1, 1), date(2021, 12, 31)),
    days=st.integers(0, 70),
    zone=st.sampled_from(["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe"]),
)
@settings(max_examples=40, deadline=None)
def test_occasions_follow_one_another_without_gap_and_none_is_twice(kind, at, weekday, day, first, days, zone):
    rhythm = Rhythm(kind, tuple(sorted(at if kind == "day" else at[:1])), weekday, day)
    found = list(occasions(rhythm, zone, first, first + timedelta(days=days)))
    assert len({(o.period, o.slot) for o in found}) == len(found)
    for before, after in pairwise(found):
        assert before.due <= after.due
        assert after.opens == before.due
    for o in found:
        assert o.opens <= o.due == due_at(rhythm, o.period, o.slot, zone)
        assert first <= clock.local_day(o.due - timedelta(microseconds=1), zone) <= first + timedelta(days=days)
    if kind == "day":
        assert len(found) in range((days + 1) * len(rhythm.at) - len(rhythm.at), (days + 1) * len(rhythm.at) + len(rhythm.at) + 1)


@pytest.mark.parametrize(
    ("filed", "number", "now", "said"),
    [
        (None, None, at(16, 17), ("open", False)),  # the cut-off itself is still in time
        (None, None, at(16, 17, 1), ("silent", False)),
        (at(16, 17), 0, at(17), ("zero", False)),
        (at(16, 17, 1), 0, at(17), ("zero", True)),
        (at(16, 9), 3, at(17), ("received", False)),
        (at(16, 18), 3, at(16, 17, 30), ("silent", False)),  # as it stood then
    ],
)
def test_zero_is_a_report_silence_is_none_and_late_is_late(filed, number, now, said):
    assert state_of(due_at(DAILY, date(2020, 6, 16), 0, "Asia/Shanghai"), now, filed, number) == said


@pytest.mark.parametrize("bad", [{}, {"every": "2d", "at": ["17:00"]}, {"every": "1d", "at": ["17:00", "09:00"]}, {"every": "7d", "at": ["9:00"]}, {"every": "1d", "at": ["09:00"], "on": 1}])
def test_a_rhythm_that_cannot_be_read_is_refused(bad):
    with pytest.raises(ValueError):
        read_rhythm(bad)


# -- lines


@pytest.fixture
def units(county, system):
    """A pharmacy, a clinic and a village, each in one grid."""
    new = [NewUnit(kind, county.areas["990001101201-1"].pk, kind, at(1), kind) for kind in ("pharmacy", "clinic", "village")]
    return actions.add_units(system, new, sender="t")


def view(name, columns="*"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM ledger_{name} ORDER BY recorded_at, id")
        return cursor.fetchall()


@pytest.mark.django_db
def test_a_line_is_checked_written_once_and_is_an_act(units, system):
    line = NewLine("s1", {"unit": units["pharmacy"]}, {"medicine_class": "fever", "packs_sold": 2, "symptoms": ["fever"]}, at(16, 10))
    assert [o.kind for o in actions.add_lines(system, "medicine_sale", [line, line], sender="t")] == ["new", "identical"]
    assert [o.kind for o in actions.add_lines(system, "medicine_sale", [line], sender="t")] == ["identical"]
    [act] = Act.objects.filter(kind="medicine_sale")
    assert (act.subject, act.outcome, act.number, act.period) == (units["pharmacy"], "fever", 2, date(2020, 6, 16))
    assert view("medicine_sale", "medicine_class, packs_sold, symptoms_any, period") == [("fever", 2, True, date(2020, 6, 16))]
    entry = Entry.objects.get()
    assert entry.area_id is not None
    assert ContentItem.objects.get(kind="ledger").ref == entry.item_ref  # what it was checked against can be read for ever


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("unit", "values", "code"),
    [
        ("clinic", {"medicine_class": "fever", "packs_sold": 1}, "entry-unit-of-another-kind"),
        ("pharmacy", {"medicine_class": "magic", "packs_sold": 1}, "bad-value"),
        ("pharmacy", {"medicine_class": "fever", "packs_sold": 101}, "bad-value"),
        ("pharmacy", {"medicine_class": "fever"}, "value-missing"),
        ("pharmacy", {"medicine_class": "fever", "packs_sold": "two"}, "bad-value"),
        ("pharmacy", {"medicine_class": "fever", "packs_sold": 1, "guided_to": "the clinic"}, "bad-value"),
        ("pharmacy", {"medicine_class": "fever", "packs_sold": 1, "temperature": 37}, "no-such-field"),
    ],
)
def test_what_does_not_fit_is_rejected_with_its_reason(units, system, unit, values, code):
    [outcome] = actions.add_lines(system, "medicine_sale", [NewLine("x", {"unit": units[unit]}, values, at(16, 10))], sender="t")
    assert (outcome.kind, [p.code for p in outcome.problems]) == ("rejected", [code])
    assert not Entry.objects.exists() and not Act.objects.filter(kind="medicine_sale").exists()


@pytest.mark.django_db
def test_a_correction_keeps_both_and_a_line_taken_back_leaves_its_trace(units, system):
    [made] = actions.add_lines(system, "medicine_sale", [NewLine("s", {"unit": units["pharmacy"]}, {"medicine_class": "fever", "packs_sold": 2}, at(16, 10))], sender="t")
    [again] = actions.save(system, "medicine_sale", [Command(told={"packs_sold": 3}, record=made.record)], sender="t")
    assert again.kind == "updated"
    first, second = Act.objects.filter(kind="medicine_sale").order_by("recorded_at", "id")
    assert (second.number, second.replaces) == (3, first.pk)
    assert view("medicine_sale", "packs_sold") == [(3,)]
    assert view("medicine_sale_history", "packs_sold") == [(2,)]
    assert actions.take_back(system, "medicine_sale", made.record)
    assert view("medicine_sale") == []
    assert sorted(row[0] for row in view("medicine_sale_history", "packs_sold")) == [2, 3]
    third = Act.objects.filter(kind="medicine_sale").order_by("recorded_at", "id").last()
    assert (third.outcome, third.replaces) == ("void", second.pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT relation FROM kernel_tombstone WHERE id = %s ORDER BY 1", [made.record])
        assert [r for (r,) in cursor.fetchall()] == ["ledger_medicine_sale", "ledgers_entry"]


@pytest.mark.django_db
def test_a_day_s_line_stands_once_and_is_its_own_receipt(units, system):
    def told(fever, hour):
        values = {"persons_entered": 40, "persons_screened": 40, "persons_fever": fever}
        return actions.add_lines(system, "attendance", [NewLine("", {"unit": units["clinic"]}, values, at(16, hour), date(2020, 6, 16))], sender="")[0].kind

    assert [told(2, 18), told(2, 19), told(5, 19)] == ["new", "identical", "updated"]
    [receipt] = DueReport.objects.all()
    assert (receipt.ledger, receipt.number, receipt.corrections, receipt.filed_at) == ("attendance", 5, 1, at(16, 18))
    assert not Act.objects.filter(kind__endswith=".filed").exists()


@pytest.mark.django_db
def test_a_line_of_nothing_but_zeros_is_a_zero_report(units, system):
    values = {"persons_entered": 0, "persons_screened": 0, "persons_fever": 0}
    actions.add_lines(system, "attendance", [NewLine("", {"unit": units["clinic"]}, values, at(16, 18))], sender="t")
    values |= {"persons_entered": 7, "persons_screened": 7}
    actions.add_lines(system, "attendance", [NewLine("", {"unit": units["clinic"]}, values, at(17, 18))], sender="t")
    assert [r.number for r in DueReport.objects.order_by("period")] == [0, 1]  # nobody with fever among seven: told, and no zero report


@pytest.mark.django_db
def test_a_report_counts_the_lines_and_zero_over_lines_is_a_correction(units, system):
    shop = units["pharmacy"]
    with clock.frozen(at(16, 19)):
        receipts.file(system, "medicine_sale", [Filing(shop, date(2020, 6, 16), 0, at(16, 19))])
        actions.add_lines(system, "medicine_sale", [NewLine("late", {"unit": shop}, {"medicine_class": "fever", "packs_sold": 1}, at(16, 18))], sender="t")
        one = catalogue.ledger("medicine_sale")
        key = (shop, date(2020, 6, 16), 0)
        assert receipts.lines_of(one, [key]) == {key: 1}
        receipts.file(system, "medicine_sale", [Filing(shop, date(2020, 6, 16), 1, at(16, 19))])
        with pytest.raises(Refused, match="report-in-the-future"):
            receipts.file(system, "medicine_sale", [Filing(shop, date(2020, 6, 18), 0, at(16, 19))])
    zero, told = Act.objects.filter(kind="medicine_sale.filed").order_by("recorded_at", "id")
    assert (zero.number, told.number, told.replaces) == (0, 1, zero.pk)
    assert DueReport.objects.get().corrections == 1


# -- the machine of registers, and the plan


@pytest.mark.django_db
def test_every_ledger_is_a_register_of_the_machine(system):
    names = {r.name for r in registry.registers()}
    assert {one.id.replace("_", "-") for one in catalogue.ledgers().values() if one.lines != "none"} <= names
    assert registry.find("household-visit").type("visit_outcome") == "code"


@pytest.mark.django_db
def test_a_plan_says_for_a_ledger_and_done_by_a_ledger(county, system):
    text = """edition: t
title: {zh: 测, en: t}
escalate: {alarm: [0h], prompt: [4h], routine: [24h]}
measures:
  sale-guided:
    title: {zh: 引导, en: Guided}
    source: [{text: "002", quote: 对购买退烧药物的顾客进行登记}]
    kind: event
    for: medicine_sale
    should: medicine_class = 'fever' and unit.kind = 'pharmacy' and packs_sold >= 1
    when: {within: 1d, of: happened_at}
    done: {act: daily_health, where: outcome = 'ok'}
    by: community @ area
    cost: {minutes: 1}
"""
    edition = load_edition(text, vocabulary())
    person = "{known: 2020-06-15 09:00, medicine_class: fever, packs_sold: 1, happened_at: 2020-06-15 09:00, unit: u1}"
    scenarios = load_scenarios(
        f"""measure: sale-guided
scenarios:
  - name: {{zh: 已随访, en: Followed up}}
    as_of: 2020-06-17 12:00
    rows: {{reporting_unit: {{u1: {{known: 2020-06-01, kind: pharmacy}}}}, medicine_sale: {{a: {person}}}}}
    acts: [{{act: daily_health, of: a, at: 2020-06-15 20:00, outcome: ok}}]
    expect: {{a: met, coverage: {{owed: 1, met: 1}}}}
""",
        edition,
        vocabulary(),
        "t",
    )

    def execute(sql):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    assert [play(s, edition.measures[s.measure], vocabulary(), execute) for s in scenarios] == [[]]
    assert Person.objects.count() == 0


def test_many_lines_at_once_are_what_they_are_one_by_one(system, units):
    sale = {"medicine_class": "fever", "packs_sold": 2}
    lines = [NewLine(f"m{i}", {"unit": units["pharmacy"]}, sale, at(16, 10)) for i in range(3)]
    wrong = NewLine("w", {"unit": units["pharmacy"]}, {"medicine_class": "unheard-of", "packs_sold": 2}, at(16, 10))
    assert [o.kind for o in actions.bring(system, "medicine_sale", [*lines, lines[0], wrong], sender="t")] == ["new", "new", "new", "identical", "rejected"]
    assert [o.kind for o in actions.bring(system, "medicine_sale", lines, sender="t")] == ["identical"] * 3
    [alone] = actions.add_lines(system, "medicine_sale", [NewLine("alone", {"unit": units["pharmacy"]}, sale, at(16, 10))], sender="t")
    rows = Entry.objects.filter(ledger="medicine_sale", sender="t")
    brought, single = rows.get(source_id="m0"), rows.get(pk=alone.record)
    same = ("ledger", "item_ref", "unit_id", "area_id", "happened_at", "period", "slot", "once", "values", "post_id", "known_from", "stands_from", "disease")
    assert [getattr(brought, c) for c in same] == [getattr(single, c) for c in same]
    acts = {a.record: (a.kind, a.subject, a.area_id, a.happened_at, a.period, a.outcome, a.number) for a in Act.objects.filter(kind="medicine_sale")}
    assert acts[brought.pk] == acts[single.pk]


def test_a_report_brought_again_with_other_numbers_corrects_the_first(system, units):
    clinic = {"persons_entered": 50, "persons_screened": 49, "persons_fever": 1}
    one = NewLine("a1", {"unit": units["clinic"]}, clinic, at(16, 12), at(16, 12).date())
    two = NewLine("a2", {"unit": units["clinic"]}, clinic | {"persons_fever": 3}, at(16, 13), at(16, 12).date())
    assert [o.kind for o in actions.bring(system, "attendance", [one, two], sender="t")] == ["new", "updated"]
    assert Entry.objects.get(ledger="attendance", sender="t").values["persons_fever"] == 3
    assert DueReport.objects.get(ledger="attendance").number == 3


def test_a_post_is_told_how_much_of_its_day_the_ledgers_take(county, system, units):
    """Two grid workers: seven households visited in a week, and nothing else in force for them; of clinic and village the daily report, whose filers have no post here."""
    assert content.load(system, kinds=("fields", "ledger")).faults == []
    one, other = (User.objects.create_user(n) for n in ("first", "second"))
    for name in ("household_visit", "daily_report"):
        said = {"area": county.root, "disease": "any", "starts_at": at(1), "decided_at": at(1)}
        Enactment.objects.create(item=content.newest("ledger", name), proposed_by=one, seconded_by=other, **said)
    for code in ("990001101201-1", "990001102201-1"):
        county.user("grid_worker", code)
    grid = county.areas["990001101201-1"]
    homes = [Household.objects.create(area=grid, known_from=at(1), stands_from=at(1)) for _ in range(7)]
    actions.add_visits(system, [NewVisit(f"v{n}", h.pk, grid.pk, at(15), "reached") for n, h in enumerate(homes)], sender="t")
    minutes = catalogue.ledger("household_visit").minutes
    found = {x.role: x for x in loads(system, at(18))}
    assert (found["grid_worker"].posts, found["grid_worker"].minutes, found["grid_worker"].each) == (2, minutes, minutes / 2)
    daily = catalogue.ledger("daily_report")
    assert (found[daily.filed_by].minutes, found[daily.filed_by].posts, found[daily.filed_by].each) == (2 * daily.minutes, 0, None)
