"""The laboratory page: what is late comes first, room is said before the courier leaves, spans are medians and deciles; and the cost does not grow with the tubes."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from laboratory.conftest import at, code

from sizao.doors.kit import signin
from sizao.flows import tubes_sent
from sizao.kernel import clock
from sizao.registers.laboratory import actions, board
from sizao.registers.laboratory.custody import HandOver
from sizao.registers.laboratory.models import Hold, Recall, Tube

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def evening():
    with clock.frozen(at(16, 10)):
        yield


@pytest.fixture
def desk(lab):
    client = Client(HTTP_HOST="localhost")
    client.cookies["sizao-language"] = "en"
    client.post(signin.make_link(lab.county.user("cdc").user))
    return client


def send(lab, codes, when=at(16, 9), **more):
    return tubes_sent.send(lab.system, HandOver(step="handed", tubes=dict.fromkeys(codes), counted=len(codes), at=when, laboratory=lab.made.pk), **more)


def test_over_capacity_is_said_before_the_tubes_leave(lab):
    lab.capacity(2)
    for n in range(3):
        lab.tube(f"T{n}", n=1, first=n, sealed=at(16, 8))
    assert {code(o) for o in send(lab, ["T0", "T1", "T2"]).values()} == {"lab-over-capacity"}
    assert Tube.objects.filter(laboratory=None).count() == 3  # nothing left
    assert {o.kind for o in send(lab, ["T0", "T1"]).values()} == {"new"}
    [room] = tubes_sent.rooms(at(16, 12).date(), tubes_sent.choices())
    assert (room.promised, room.taken, room.left) == (2, 2, 0)
    assert {o.kind for o in send(lab, ["T0", "T1"]).values()} == {"identical"}  # told again it takes no more room
    assert send(lab, ["T2"], anyway="省实验室停电")["T2"].kind == "new"
    assert Hold.objects.get().told["because"] == "省实验室停电"


def test_a_laboratory_that_told_no_capacity_is_a_hole_and_no_limit(lab):
    lab.tube("T0", n=1)
    assert send(lab, ["T0"])["T0"].kind == "new"
    [room] = tubes_sent.rooms(at(16, 12).date(), tubes_sent.choices())
    assert (room.promised, room.left) == (None, None)


def test_turnaround_is_a_median_a_ninth_decile_and_a_share_in_time(lab):
    hours = [2, 4, 6, 8, 10, 12, 14, 16, 20, 30]
    made = actions.add_specimens(lab.system, [actions.NewSpecimen(f"s{h}", lab.people[n], lab.grid.pk, "covid-19", at(15, 3) - timedelta(hours=h)) for n, h in enumerate(hours)], sender="t")
    actions.tell_results(lab.system, {pk: ("negative", at(15, 3)) for pk in made.values()})
    [row] = board.turnaround(lab.system, at(16).date(), "Asia/Shanghai")
    assert (row.day, row.count, row.in_time) == (at(15, 3).date() + timedelta(days=1) if at(15, 3).hour >= 16 else at(15, 12).date(), 10, 9)
    assert (row.median, row.tenth, row.carried) == (timedelta(hours=10), timedelta(hours=20), None)


def test_the_page_shows_alarms_recalls_holds_and_room_and_costs_the_same_for_more(lab, desk):
    lab.capacity(40)
    lab.tube("LATE-1", sealed=at(15, 8))
    lab.tube("POS-1", first=3, sealed=at(15, 9))
    lab.run(["POS-1"], call="positive")
    lab.tell("POS-1", "positive")
    lab.tell("LATE-1", "negative")
    desk.get("/lab")
    with CaptureQueriesContext(connection) as one:
        page = desk.get("/lab")
    text = page.content.decode()
    assert page.status_code == 200
    assert "1 older than 24 h" in text and "LATE-1" in text
    assert "3 called · 0 found · 0 sampled alone" in text and "张3" in text and "3 past the deadline" in text
    assert "no ended run lists the tube" in text and "nobody" not in text
    over = desk.get("/").content.decode()
    for said in ("<b class=\"alarm\">1</b> tubes without a result", "<b class=\"alarm\">3</b> called again, past the deadline", "<b class=\"alarm\">1</b> held otherwise"):
        assert said in over
    assert over.count('href="/lab"') >= 4 and "contradict each other" not in over and "out of control" not in over
    for n in range(6):
        lab.tube(f"M{n}", n=1, first=n)
        lab.tell(f"M{n}", "negative")
    with CaptureQueriesContext(connection) as more:
        desk.get("/lab")
    assert len(more) == len(one) == 23
    recall = Recall.objects.first()
    assert desk.post(f"/lab/recall/{recall.pk}").status_code == 302
    hold = Hold.objects.filter(tube__code="LATE-1").get()
    assert desk.post(f"/lab/hold/{hold.pk}", {"resolution": "dropped", "reason": ""}).status_code == 422
    assert desk.post(f"/lab/hold/{hold.pk}", {"resolution": "dropped", "reason": "told for another tube"}).status_code == 302
    assert "1 found" in desk.get("/lab").content.decode()


def test_the_desk_hands_tubes_over_and_reads_what_was_not_recorded(lab, desk):
    lab.tube("T1")
    told = {"step": "handed", "tubes": "T1 T9", "counted": "2", "laboratory": str(lab.made.pk)}
    answer = desk.post("/lab/send", told)
    assert answer.status_code == 422 and "There is no tube" in answer.content.decode()
    assert Tube.objects.get(code="T1").laboratory_id == lab.made.pk


def test_a_program_sends_steps_runs_and_results_and_each_is_answered(lab, desk):
    lab.tube("T1")
    lab.tube("T2", first=3)
    day = "2020-06-15T{}:00+08:00"
    body = {
        "steps": [{"step": "handed", "tubes": {"T1": 3, "T2": 2}, "counted": 2, "at": day.format("10:00"), "laboratory": str(lab.made.pk)}],
        "runs": [{"laboratory": str(lab.made.pk), "run": "R-1", "instrument": "ABI", "started_at": day.format("12:00"), "ended_at": day.format("14:00"), "tubes": [{"tube": "T1", "well": "A1", "call": "negative", "ct": None}]}],
        "batch_sign": "negative", "results": [{"tube": "T1", "result": "negative", "at": day.format("15:00")}, {"tube": "T2", "result": "positive", "at": day.format("15:00")}],
    }  # fmt: skip
    for again in (False, True):
        answer = desk.post("/api/v1/lab", json.dumps(body), content_type="application/json").json()
        said = {part: [(a["outcome"], a.get("code")) for a in answer[part]] for part in answer}
        first = "identical" if again else "new"
        assert said == {
            "steps": [(first, None), ("rejected", "custody-count-differs")], "runs": [(first, None)],
            "results": [(first, None), ("rejected", "custody-count-differs")],
        }  # fmt: skip
    for wrong in ('{"steps": 1}', '{"results": [{"tube": "", "result": "negative", "at": "2020-06-15"}]}', '{"results": [{"tube": "x", "result": "maybe", "at": "2020-06-15T10:00:00+08:00"}]}', "[]"):
        assert desk.post("/api/v1/lab", wrong, content_type="application/json").status_code in (400, 422)
