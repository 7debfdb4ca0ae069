"""A tube goes from hand to hand, each step once; it has a result only after a run, and nothing that disagrees is stored or lost."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from laboratory.conftest import at, code

from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Act
from sizao.registers.laboratory import actions, custody, tubes
from sizao.registers.laboratory.custody import HandOver, Line
from sizao.registers.laboratory.models import Hold, Recall, Result, Specimen, Tube, TubeStep
from sizao.registers.laboratory.rules import Waiting, service_order

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def evening():
    with clock.frozen(at(15, 19)):
        yield


def over(lab, step, counts, hour, counted=None, **more):
    return custody.hand_over(lab.system, HandOver(step=step, tubes=counts, counted=len(counts) if counted is None else counted, at=at(15, hour), **more))


def open_holds():
    return sorted(Hold.objects.filter(resolved_at=None).values_list("kind", flat=True))


def test_each_step_of_a_tube_is_recorded_once_with_who_when_and_how_many(lab):
    pk, members = lab.tube("T1")
    assert over(lab, "handed", {"T1": 3}, 10, laboratory=lab.made.pk, box="B-7")["T1"].kind == "new"
    assert over(lab, "handed", {"T1": 3}, 10, laboratory=lab.made.pk)["T1"].kind == "identical"
    assert code(over(lab, "handed", {"T1": 3}, 11)["T1"]) == "step-told"
    assert code(over(lab, "received", {"T1": None}, 9.5)["T1"]) == "step-before"
    assert over(lab, "received", {"T1": None}, 12, laboratory=lab.made.pk)["T1"].kind == "new"
    assert [(s.step, s.counted, s.done_at) for s in TubeStep.objects.filter(tube=pk).order_by("done_at")] == [("sealed", 3, at(15, 9)), ("handed", 3, at(15, 10)), ("received", 3, at(15, 12))]
    assert set(Specimen.objects.filter(pk__in=members).values_list("received_at", flat=True)) == {at(15, 12)}
    assert Act.objects.filter(kind="lab.received", happened_at=at(15, 12)).count() == 3


def test_a_count_that_does_not_match_stops_the_hand_over_and_is_kept(lab):
    lab.tube("T1")
    lab.tube("T2", first=3)
    assert {code(o) for o in over(lab, "handed", {"T1": 3, "T2": 3}, 10, counted=3).values()} == {"custody-count-differs"}
    assert over(lab, "handed", {"T1": 3, "T2": 3}, 10)["T2"].kind == "new"
    done = over(lab, "received", {"T1": 2, "T2": 3, "T9": 1}, 12)
    assert {c: code(o) for c, o in done.items()} == {"T1": "custody-count-differs", "T2": None, "T9": "tube-unknown"}
    assert [(h.tube.code if h.tube else None, h.told["counted"]) for h in Hold.objects.filter(kind="count_differs").order_by("pk")] == [(None, 3), ("T1", 2)]
    lab.run(["T1"])
    assert code(lab.tell("T1", "negative")) == "custody-count-differs"  # nothing of it counts until somebody has decided
    tubes.decide(lab.system, Hold.objects.get(tube__code="T1").pk, "released", "重点三份，一份标签脱落")
    assert Tube.objects.get(code="T1").result == "negative"  # what had come meanwhile is stored now


def test_there_is_no_result_without_a_run_and_it_is_stored_when_the_run_comes(lab):
    pk, _members = lab.tube("T1")
    assert [code(lab.tell("T1", "negative")), code(lab.tell("T1", "negative"))] == ["tube-result-without-run"] * 2
    lab.run(["T1"], ends=None)
    assert code(lab.tell("T1", "negative")) == "tube-result-without-run"  # begun is not ended
    assert Tube.objects.get(pk=pk).result is None and not Act.objects.filter(kind="lab.resulted").exists() and open_holds() == ["no_run"]
    lab.run(["T1"], ends=at(15, 20))
    assert (Tube.objects.get(pk=pk).result, Tube.objects.get(pk=pk).resulted_at) == ("negative", at(15, 20))
    assert (open_holds(), Hold.objects.get().resolution) == ([], "run_came")
    assert Specimen.objects.filter(tube=pk, result="negative").count() == 3


def test_the_database_itself_wants_the_run_and_lets_no_member_be_told_alone(lab):
    pk, members = lab.tube("T1")
    for sql, key in (("UPDATE laboratory_tube SET result = 'negative', resulted_at = now() WHERE id = %s", pk), ("UPDATE laboratory_specimen SET result = 'positive', resulted_at = now() WHERE id = %s", members[0])):
        with pytest.raises(IntegrityError, match="result refused"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, [key])
    with pytest.raises(Refused, match="sample-in-tube"):
        actions.tell_results(lab.system, {members[0]: ("negative", at(15, 18))})


@pytest.mark.parametrize(
    ("call", "told", "sign", "stopped"),
    [
        ("negative", "negative", None, None),
        (None, "negative", "negative", None),
        ("positive", "negative", None, "tube-signs-differ"),
        ("positive", "negative", "negative", "positive-in-negative-batch"),
        (None, "positive", "negative", "positive-in-negative-batch"),
        ("negative", "negative", "positive", "tube-signs-differ"),
    ],
)
def test_signs_that_disagree_are_stopped_and_kept(lab, call, told, sign, stopped):
    pk, _ = lab.tube("T1")
    lab.run(["T1"], call=call)
    assert code(lab.tell("T1", told, batch_sign=sign)) == stopped
    assert Tube.objects.get(pk=pk).result == (None if stopped else told)
    assert [h.told["result"] for h in Hold.objects.all()] == ([told] if stopped else [])


def test_a_second_result_is_held_until_somebody_decides_and_then_corrects(lab):
    pk, members = lab.tube("T1")
    lab.run(["T1"], call=None)
    lab.tell("T1", "negative")
    assert lab.tell("T1", "negative").kind == "identical"
    assert code(lab.tell("T1", "positive", at(15, 18.5))) == "tube-signs-differ"
    assert Tube.objects.get(pk=pk).result == "negative"
    hold = Hold.objects.get()
    assert (hold.kind, hold.due_at - hold.opened_at, hold.owner) == ("signs_differ", timedelta(hours=4), None)
    with pytest.raises(Refused, match="value-missing"):
        tubes.decide(lab.system, hold.pk, "released", " ")
    tubes.decide(lab.system, hold.pk, "released", "复核原始曲线，确为阳性")
    assert Tube.objects.get(pk=pk).result == "positive"
    # nobody who was cleared by it stays cleared, nobody is called positive, all are called again
    assert {s.result for s in Specimen.objects.filter(pk__in=members)} == {"invalid"}
    assert Result.objects.filter(corrects__isnull=False, correction_reason__contains="复核").count() == 3
    assert Recall.objects.filter(closed_at=None).count() == 3
    tubes.correct_tube(lab.system, pk, "negative", at(15, 19), "二次复核为污染")
    assert {s.result for s in Specimen.objects.filter(pk__in=members)} == {"negative"}
    assert not Recall.objects.filter(closed_at=None).exists()


def test_a_hold_belongs_to_the_nearest_post_that_decides(lab):
    near = lab.county.user("cdc", "990001101")
    lab.county.user("cdc")
    lab.tube("T1")
    lab.tell("T1", "negative")
    assert Hold.objects.get().owner == near.post


def test_two_tubes_in_one_well_were_pooled_again(lab):
    lab.tube("T1")
    lab.tube("T2", first=3)
    lab.run([Line("T1", "A1", "negative"), Line("T2", "A1", "negative")])
    assert [code(lab.tell("T1", "negative")), code(lab.tell("T2", "negative"))] == ["tube-repooled"] * 2
    assert open_holds() == ["repooled", "repooled"]


def test_a_run_is_told_once_and_a_number_that_is_another_run_is_refused(lab):
    lab.tube("T1")
    assert lab.run(["T1"])["T1"].kind == "new"
    assert lab.run(["T1"])["T1"].kind == "identical"
    with pytest.raises(Refused, match="run-told"):
        lab.run(["T1"], starts=at(15, 13))
    with pytest.raises(Refused, match="run-reversed"):
        lab.run(["T1"], number="R2", starts=at(15, 18))
    assert code(lab.run(["T1"], number="R3", starts=at(15, 8))["T1"]) == "step-before"


def test_a_positive_pool_calls_its_members_again_by_a_clock(lab):
    _, members = lab.tube("T1")
    lab.run(["T1"], call="positive")
    lab.tell("T1", "positive")
    recalls = list(Recall.objects.order_by("specimen"))
    assert [(r.opened_at, r.due_at, r.found_at) for r in recalls] == [(at(15, 18), at(16, 6), None)] * 3
    assert not Specimen.objects.filter(result__isnull=False).exists()
    tubes.found(lab.system, recalls[0].pk)
    [single] = actions.add_specimens(
        lab.system, [actions.NewSpecimen("s", lab.people[1], lab.grid.pk, "covid-19", at(15, 18.5), retest_of=members[1])], sender="point"
    ).values()
    recall = Recall.objects.get(specimen=members[1])
    assert (recall.retest_id, recall.resampled_at, recall.found_at, recall.closed_at) == (single, at(15, 18.5), at(15, 18.5), None)
    actions.tell_results(lab.system, {single: ("positive", at(15, 23))})
    recall.refresh_from_db()
    assert (recall.outcome, Specimen.objects.get(pk=members[1]).result) == ("positive", "positive")
    assert [r.outcome for r in Recall.objects.exclude(pk=recall.pk)] == [None, None]


def test_a_tube_of_one_is_a_single_sample(lab):
    _, [member] = lab.tube("S1", n=1)
    lab.run(["S1"], call="positive")
    lab.tell("S1", "positive")
    assert Specimen.objects.get(pk=member).result == "positive" and not Recall.objects.exists()


def test_must_tests_go_first_and_the_first_who_came_inside_a_tier():
    nine = at(15, 9)
    a, b, c, d = (__import__("uuid").UUID(int=n) for n in range(4))
    row = service_order([Waiting(a, None, nine), Waiting(b, at(16), nine + timedelta(hours=2)), Waiting(c, at(15), nine + timedelta(hours=1)), Waiting(d, None, nine - timedelta(hours=1)), Waiting(b, None, nine)], 3)
    assert [(s.person, s.tier, s.served) for s in row] == [(c, "must", True), (b, "must", True), (d, "wish", True), (a, "wish", False)]
    assert all(s.served for s in service_order([Waiting(a, None, nine)], None))
