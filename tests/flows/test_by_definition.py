"""A case beside its definition: what the registers answer by themselves, what somebody tells, and who decides."""

from datetime import UTC, datetime, timedelta

import pytest

from sizao.flows import case_by_definition as by
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Act
from sizao.registers.cases import actions as cases
from sizao.registers.cases import read
from sizao.registers.laboratory import actions as laboratory
from sizao.registers.laboratory.actions import NewSpecimen
from sizao.registers.ledgers import read as ledgers
from sizao.registers.population import actions as population

pytestmark = pytest.mark.django_db
NOON = datetime(2020, 3, 10, 4, tzinfo=UTC)


@pytest.fixture
def desk(county):
    with clock.frozen(NOON):
        yield county.user("desk")


@pytest.fixture
def case(county, system, desk):
    grid = county.areas["990001101201-1"]
    [person] = population.add_persons(system, [population.PersonData(area_id=grid.pk, name="张小明")], known=[NOON - timedelta(days=3)], sender="m")
    told = {"area_id": grid.pk, "disease": "covid-19", "onset_on": (NOON - timedelta(days=4)).date()}
    return cases.add_cases(system, [cases.New(person, "m", "B-1", NOON - timedelta(days=3), told)])[0]


def sampled(system, desk, case, *results):
    """Samples of the case's person, each with its result, a day and a half apart; the last one today."""
    row = read.access_case_by_id(desk, case)
    for n, result in enumerate(results):
        at = NOON - timedelta(hours=36) * (len(results) - n)
        [specimen] = laboratory.add_specimens(system, [NewSpecimen(f"S-{n}", row.person_id, row.area_id, "covid-19", at)], sender="lab").values()
        laboratory.tell_results(system, {specimen: (result, at + timedelta(hours=8))})


def standing(desk, case):
    return by.standing(desk, read.access_case_by_id(desk, case))


def test_what_the_registers_know_is_not_asked_again(county, system, desk, case):
    """Listed as a contact six days before onset, sampled positive: history and proof are answered, only the signs are to be told."""
    row = read.access_case_by_id(desk, case)
    [other] = population.add_persons(system, [population.PersonData(area_id=row.area_id, name="李丽")], known=[NOON], sender="m")
    [source] = cases.add_cases(system, [cases.New(other, "m", "B-0", NOON, {"area_id": row.area_id, "disease": "covid-19"})])
    met = {"area_id": row.area_id, "disease": "covid-19", "case_id": source, "last_exposure_on": row.onset_on - timedelta(days=6)}
    cases.add_contacts(system, [cases.New(row.person_id, "m", "J-1", NOON - timedelta(days=3), met)])
    sampled(system, desk, case, "positive")
    found = standing(desk, case)
    assert {(a.finding, a.present, a.source) for a in found.answers} == {("met_case", True, "contacts"), ("nucleic_acid_positive", True, "laboratory")}
    assert found.judged.classification is None
    assert set(found.judged.lacking) == {"fever", "respiratory_symptoms", "pneumonia_on_imaging", "blood_count", "two_negatives", "antibodies_negative_late"}
    for finding in ("fever", "blood_count"):
        assert by.tell(desk, case, finding, True).kind == "new"
    assert standing(desk, case).judged.classification == "confirmed"


def test_the_class_changes_only_when_somebody_says_so_and_names_version_and_rule(system, desk, case):
    for finding in ("cluster", "fever", "blood_count"):
        by.tell(desk, case, finding, True)
    assert standing(desk, case).judged.classification == "suspected"
    assert read.access_case_by_id(desk, case).classification is None
    assert by.classify(desk, case).kind == "updated"
    assert read.access_case_by_id(desk, case).classification == "suspected"
    assert list(Act.objects.filter(kind="case.classified", subject=case).values_list("outcome", flat=True)) == ["suspected"]
    line = ledgers.entries(desk, "case_judgement").get()
    assert (line.values["definition_class"], line.values["definition_rule"]) == ("suspected", "suspected")
    assert line.values["definition_used"].startswith("covid-19-07@")
    assert by.classify(desk, case).kind == "identical"


def test_sources_that_disagree_answer_nothing(system, desk, case):
    sampled(system, desk, case, "positive")
    by.tell(desk, case, "nucleic_acid_positive", False)
    found = standing(desk, case)
    assert found.disputed == {"nucleic_acid_positive"}
    for finding in ("cluster", "fever", "blood_count"):
        by.tell(desk, case, finding, True)
    assert standing(desk, case).judged.classification == "suspected"


def test_who_corrects_himself_is_believed_the_last_time(desk, case):
    by.tell(desk, case, "fever", True)
    with clock.frozen(NOON + timedelta(minutes=1)):
        by.tell(desk, case, "fever", False)
        assert [(a.finding, a.present) for a in standing(desk, case).answers] == [("fever", False)]


def test_two_negatives_a_day_apart_with_no_antibodies_rule_a_suspect_out(system, desk, case):
    sampled(system, desk, case, "negative", "negative")
    for finding in ("cluster", "fever", "blood_count", "antibodies_negative_late"):
        by.tell(desk, case, finding, True)
    for finding in ("sequence_matches", "igm_positive", "igg_risen"):
        by.tell(desk, case, finding, False)
    found = standing(desk, case).judged
    assert (found.classification, found.open) == ("ruled_out", ())


def test_without_a_definition_or_a_class_nothing_is_recorded(desk, case):
    with pytest.raises(Refused, match="no-definition"):
        by.classify(desk, case)
    with clock.frozen(datetime(2019, 12, 1, tzinfo=UTC)):
        assert standing(desk, case).judged is None


def test_a_finding_that_no_list_has_is_refused_and_a_case_of_another_area_is_not_there(county, desk, case):
    with pytest.raises(Refused, match="bad-value"):
        by.tell(desk, case, "bad-mood", True)
    elsewhere = county.user("desk", "990001102")
    with pytest.raises(Refused, match="not-found-or-out-of-area"):
        by.tell(elsewhere, case, "fever", True)


def test_a_new_result_proposes_another_class_and_changes_none(system, desk, case):
    for finding in ("met_case", "fever", "blood_count"):
        by.tell(desk, case, finding, True)
    cases.save_cases(system, [by.Command(told={"classification": "suspected"}, record=case)], sender="t")
    assert by.judge_again(system, NOON - timedelta(days=1)) == 0
    sampled(system, desk, case, "positive")
    since = datetime.now(UTC) - timedelta(hours=1)
    assert (by.judge_again(system, since), by.judge_again(system, since)) == (1, 0)  # once for the same result
    [(row, line)] = by.proposals(desk)
    assert (row.pk, row.classification, line.values["proposed_class"], line.values["proposed_rule"]) == (case, "suspected", "confirmed", "confirmed")
    by.classify(desk, case)
    assert by.proposals(desk) == []


def test_antibodies_answer_for_themselves_and_are_no_result(system, desk, case):
    from sizao.registers.laboratory.telling import put_antibodies

    row = read.access_case_by_id(desk, case)
    early, late = NOON - timedelta(days=3), NOON + timedelta(days=5)
    made = laboratory.add_specimens(system, [NewSpecimen(k, row.person_id, row.area_id, "covid-19", at, "blood") for k, at in (("a", early), ("b", late))], sender="lab")
    told = [(made["a"], "antibody_igg", "negative", early), (made["a"], "antibody_igm", "negative", early), (made["b"], "antibody_igg", "positive", late), (made["b"], "antibody_igm", "positive", late)]
    assert (put_antibodies(system, told), put_antibodies(system, told)) == (4, 0)
    with clock.frozen(late):
        found = {(a.finding, a.present) for a in standing(desk, case).answers}
    assert found == {("igg_risen", True), ("igm_positive", True), ("igg_positive", True)}  # and nothing of nucleic acid
    put_antibodies(system, [(made["b"], "antibody_igg", "negative", late + timedelta(hours=1)), (made["b"], "antibody_igm", "negative", late + timedelta(hours=1))])
    with clock.frozen(late + timedelta(hours=1)):
        assert ("antibodies_negative_late", True) in {(a.finding, a.present) for a in standing(desk, case).answers}


def test_many_proposals_cost_the_statements_of_one(system, desk, case, county):
    """A city's results of an evening are judged in parts of hundreds, not case by case."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def counted(since):
        with CaptureQueriesContext(connection) as queries:
            found = by.judge_again(system, since)
        return found, len(queries)

    since = datetime.now(UTC) - timedelta(hours=1)
    for finding in ("met_case", "fever", "blood_count"):
        by.tell(desk, case, finding, True)
    cases.save_cases(system, [by.Command(told={"classification": "suspected"}, record=case)], sender="t")
    sampled(system, desk, case, "positive")
    assert counted(since)[0] == 1
    one = counted(since)
    row = read.access_case_by_id(desk, case)
    people = population.add_persons(system, [population.PersonData(area_id=row.area_id, name=f"某{n}") for n in range(12)], known=[row.known_from] * 12, sender="more")
    told = {"area_id": row.area_id, "disease": row.disease, "classification": "suspected", "reported_at": row.reported_at, "onset_on": row.onset_on}
    cases.add_cases(system, [cases.New(p, "more", f"M{n}", row.known_from, told) for n, p in enumerate(people)])
    taken = laboratory.add_specimens(system, [NewSpecimen(f"M{n}", p, row.area_id, "covid-19", NOON - timedelta(hours=9)) for n, p in enumerate(people)], sender="lab")
    laboratory.tell_results(system, {specimen: ("negative", NOON - timedelta(hours=1)) for specimen in taken.values()})
    many = counted(since)
    assert many[0] == 0 and one[0] == 0 and many[1] == one[1]
