"""One person, once: what a merge moves and what taking it back restores, who may, and what two people at once do."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sizao.kernel import acts
from sizao.kernel.acts import NewAct
from sizao.kernel.errors import Refused
from sizao.registers.cases import actions as cases
from sizao.registers.isolation import actions as isolation
from sizao.registers.population import actions as population
from sizao.registers.population import looking, merging, pairs, read
from sizao.registers.population.actions import PersonData
from sizao.registers.population.models import Pair

pytestmark = pytest.mark.django_db
SINCE = datetime(2020, 6, 1, tzinfo=UTC)
BORN = date(1984, 5, 17)


@pytest.fixture
def home(county):
    return county.areas["990001101201-1"].pk


def add(system, home, *names, **told):
    return population.add_persons(system, [PersonData(home, n, sex="male", birth_date=BORN, **told) for n in names], known=[SINCE] * len(names), sender="t")


def case(system, home, person, number, disease="covid-19"):
    return cases.add_cases(system, [cases.New(person, "t", number, SINCE, {"area_id": home, "disease": disease, "reported_at": SINCE})])[0]


def check(system, home, person, subject, hour, key):
    at = SINCE + timedelta(hours=hour)
    return isolation.add_checks(system, [isolation.NewCheck(key, person, subject, home, "covid-19", at, "normal")], sender="t")[key]


def everything(people):
    """All that stands about these persons: rows without what every change alters, and acts as a plan reads them."""
    found = {}
    with connection.cursor() as cursor:
        for table, (column, subject, _) in merging.bearing().items():
            cursor.execute(f"SELECT id::text, {column}{', subject' if subject else ''} FROM {table} WHERE {column} = ANY(%s)", [list(people)])
            found[table] = sorted(cursor.fetchall())
        cursor.execute("SELECT id, name, area_id, same_as_id, stands_from, national_id, phone FROM population_person WHERE id = ANY(%s) ORDER BY id", [list(people)])
        found["person"] = [tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in cursor.fetchall()]
    found["acts"] = sorted(
        (a.kind, str(a.subject), str(a.person), a.happened_at, a.reported_at or a.recorded_at, str(a.record), str(a.outcome), str(a.post_id)) for a in acts.standing_about(people)
    )
    return found


def test_all_that_stands_about_the_merged_one_is_read_of_the_kept_and_goes_back(system, home):
    kept, merged, stranger = add(system, home, "张伟", "Zhang Wei", "李娜", phone="13800138000")
    mine, theirs = case(system, home, kept, "1"), case(system, home, merged, "2")
    check(system, home, merged, theirs, 9, "a")
    acts.record(system, [NewAct("attempt", merged, SINCE, merged, home, outcome="not_found")])
    before = everything([kept, merged, stranger])
    done = merging.merge(system, kept, merged, reason="同一身份证")
    assert {c.pk for c in cases.Case.objects.filter(person=kept)} == {mine, theirs}
    after = everything([kept, merged])
    assert not [a for a in after["acts"] if str(merged) in a]
    assert sorted(a[4] for a in after["acts"]) == sorted(a[4] for a in before["acts"]), "told when it was first told"
    assert {p.pk for p in read.persons(system).filter(pk__in=[kept, merged])} == {kept}
    assert {p.pk for p in read.search(system, "13800138000")} == {kept, stranger}
    assert dict(read.by_identifier(system, ["13800138000"]))["13800138000"] in (kept, stranger)
    merging.undo(system, done.pk, reason="不是同一人")
    assert everything([kept, merged, stranger]) == before
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind FROM kernel_event WHERE %s = ANY(subjects) AND kind LIKE 'population.%%merged' ORDER BY id", [merged])
        assert [k for (k,) in cursor.fetchall()] == ["population.merged", "population.unmerged"]
        cursor.execute("SELECT count(*) FROM cases_case_history WHERE id = %s", [theirs])
        assert cursor.fetchone()[0] == 2, "both versions that were superseded are kept"


def test_what_is_written_after_a_merge_goes_back_with_the_row_it_is_about_and_otherwise_stays(system, home):
    kept, merged = add(system, home, "张伟", "Zhang Wei")
    theirs = case(system, home, merged, "2")
    done = merging.merge(system, kept, merged, reason="r")
    new = case(system, home, kept, "3")
    acts.record(system, [NewAct("case.investigated", theirs, SINCE, kept, home, "covid-19", record=theirs), NewAct("case.investigated", new, SINCE, kept, home, "covid-19", record=new)])
    merging.undo(system, done.pk, reason="u")
    assert cases.Case.objects.get(pk=new).person_id == kept
    standing = {(a.subject, a.person) for a in acts.standing_about([kept, merged]) if a.kind == "case.investigated"}
    assert standing == {(theirs, merged), (new, kept)}


def test_a_chain_of_merges_is_taken_back_from_its_end(system, home):
    a, b, c = add(system, home, "甲", "乙", "丙")
    theirs = case(system, home, a, "1")
    before = everything([a, b, c])
    first = merging.merge(system, b, a, reason="r")
    with pytest.raises(Refused) as refused:
        merging.merge(system, c, a, reason="r")
    assert refused.value.code == "merged-already"
    second = merging.merge(system, c, b, reason="r")
    assert read.others_of([a, b, c]) == {a: c, b: c}
    assert cases.Case.objects.get(pk=theirs).person_id == c
    assert [m.merged_id for m in merging.merges_of(system, c)] == [b, a]
    with pytest.raises(Refused) as refused:
        merging.undo(system, first.pk, reason="u")
    assert refused.value.code == "merge-not-last"
    merging.undo(system, second.pk, reason="u")
    assert cases.Case.objects.get(pk=theirs).person_id == b
    merging.undo(system, first.pk, reason="u")
    assert everything([a, b, c]) == before
    with pytest.raises(Refused) as refused:
        merging.undo(system, first.pk, reason="u")
    assert refused.value.code == "merge-undone"


def test_the_database_knows_no_merge_without_a_reason_of_one_or_deleted_and_nobody_is_another_without_one(system, home):
    a, b = add(system, home, "甲", "乙")
    for told, code in (((a, a), "merge-of-one"), ((a, b), "value-missing")):
        with pytest.raises(Refused) as refused:
            merging.merge(system, *told, reason=" " if code == "value-missing" else "r")
        assert refused.value.code == code
    done = merging.merge(system, a, b, reason="r")
    for wrong in ("DELETE FROM population_merge", f"UPDATE population_merge SET kept_id = '{b}'"):
        with pytest.raises(Exception, match="a merge"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(wrong)
    merging.undo(system, done.pk, reason="u")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError, match="without a merge"):
            cursor.execute("UPDATE population_person SET same_as_id = %s WHERE id = %s", [a, b])


def test_what_came_in_for_the_merged_one_meanwhile_is_gathered_and_goes_back(system, home):
    kept, merged = add(system, home, "张伟", "Zhang Wei")
    done = merging.merge(system, kept, merged, reason="r")
    late = case(system, home, merged, "9")  # an import had read the person before
    assert merging.gather() > 0
    assert cases.Case.objects.get(pk=late).person_id == kept
    assert merging.gather() == 0
    merging.undo(system, done.pk, reason="u")
    assert cases.Case.objects.get(pk=late).person_id == merged


STEP = st.tuples(st.sampled_from(["case", "check", "act", "merge", "undo", "again"]), st.integers(0, 3), st.integers(0, 3))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, min_size=6, max_size=18))
def test_after_every_merge_is_taken_back_each_row_is_whose_it_was_when_it_was_written(system, home, steps):
    """Whatever was merged, chained and taken apart on the way: what was written for somebody is his again, a look at a case goes where the case goes."""
    people = add(system, home, "甲", "乙", "丙", "丁")
    stands, owner, done = [], {}, {}
    with transaction.atomic():
        for n, (what, i, j) in enumerate(steps):
            now = read.others_of(people)
            whom, other = now.get(people[i], people[i]), now.get(people[j], people[j])
            if what == "case":
                owner[case(system, home, whom, f"{whom}-{n}")] = whom
            elif what == "check" and owner:
                about = sorted(owner, key=str)[j % len(owner)]
                check(system, home, cases.Case.objects.get(pk=about).person_id, about, n, f"{about}-{n}")
            elif what == "act":
                [done[n]] = [whom]
                acts.record(system, [NewAct("attempt", whom, SINCE + timedelta(hours=n), whom, home, outcome="not_found")])
            elif what == "merge" and other != whom:
                stands.append(merging.merge(system, whom, other, reason="r").pk)
            elif what == "undo" and stands:
                merging.undo(system, stands.pop(), reason="u")
        while stands:
            merging.undo(system, stands.pop(), reason="u")
        assert not read.others_of(people)
        assert dict(cases.Case.objects.filter(pk__in=owner).values_list("pk", "person_id")) == owner
        for a in acts.standing_about(people):
            if a.kind == "isolation.daily_check":
                assert a.person == owner[a.subject]
            elif a.kind == "attempt":
                assert a.person == a.subject == done[round((a.happened_at - SINCE) / timedelta(hours=1))]
        transaction.set_rollback(True)


def test_the_queue_is_for_who_reaches_both_and_a_pair_is_decided_once(system, county, home):
    away = county.areas["990001102202-2"].pk
    one, other = add(system, home, "欧阳明月", phone="13900000001")[0], add(system, away, "Mingyue OUYANG", phone="13900000001")[0]
    twin = add(system, home, "欧阳明辉", phone="13900000001")[0]
    found = looking.look()
    assert (found.persons, found.found) == (3, 1), "twins are not asked about"
    cdc, village = county.user("cdc"), county.user("cdc", "990001101")
    [pair] = pairs.pairs(cdc)
    assert {pair.one_id, pair.other_id} == {one, other} and pair.levels["name"] == "sound"
    assert not pairs.pairs(village), "one of them lives elsewhere"
    assert not pairs.pairs(county.user("commander"))
    with pytest.raises(Refused):
        pairs.decide(village, pair.pk, "same", reason="r", mark=pair.mark)
    with pytest.raises(Refused) as refused:
        pairs.decide(cdc, pair.pk, "same", reason="r", mark="older")
    assert refused.value.code == "pair-changed"
    made = pairs.decide(cdc, pair.pk, "same", reason="电话与本人", mark=pair.mark, keep=other)
    assert (made.kept_id, made.merged_id) == (other, one)
    with pytest.raises(Refused) as refused:
        pairs.decide(county.user("cdc"), pair.pk, "different", reason="", mark=pair.mark)
    assert refused.value.code == "pair-decided"
    assert looking.look().found == 0
    merging.undo(cdc, made.pk, reason="u")
    assert pairs.pairs(cdc).get().pk == pair.pk, "taken back, it is asked again"
    assert twin


def test_different_is_remembered_until_a_key_field_changes(system, county, home):
    one, other = add(system, home, "欧阳明月", "欧阳明月")
    looking.look()
    cdc = county.user("cdc")
    [pair] = pairs.pairs(cdc)
    pairs.decide(cdc, pair.pk, "different", reason="", mark=pair.mark)
    looking.look(whole=True)
    assert not pairs.pairs(cdc)
    population.correct_persons(system, {other: PersonData(None, occupation="teacher")})
    looking.look()
    assert not pairs.pairs(cdc), "an occupation is no key"
    population.correct_persons(system, {other: PersonData(None, phone="13900000009")})
    looking.look()
    again = pairs.pairs(cdc).get()
    assert again.asked_again_at is not None and {again.one_id, again.other_id} == {one, other}
    population.correct_persons(system, {other: PersonData(None, name="王芳", birth_date=date(1999, 1, 1))})
    looking.look()
    assert not pairs.pairs(cdc) and Pair.objects.get().state == "gone"


def test_numbers_are_found_equal_with_their_zeros_and_check_digit_restored(system, county, home):
    add(system, home, "甲乙丙", national_id="11010519491231002X")
    add(system, home, "Jia", national_id="110105491231002")
    add(system, home, "Ana López", phone="010-66554433", national_id="0012345678")
    add(system, home, "Ana López", phone="1066554433", national_id="12345678")
    looking.look()
    said = {(p.levels.get("document"), p.levels.get("phone")) for p in pairs.pairs(county.user("cdc"))}
    assert said == {("same", None), ("same", "same")}
