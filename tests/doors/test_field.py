"""The phone's door: what a copy takes along, what it tells, and that telling twice writes once."""

import io
import json
import zipfile
from datetime import timedelta
from uuid import uuid4

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from sizao.doors import policy
from sizao.kernel import clock
from sizao.kernel.ids import uuid7

pytestmark = pytest.mark.doors


def pack(browser, copy, **more):
    told = browser.get("/field/pack.json", {"copy": str(copy), **more}, HTTP_ACCEPT="application/json")
    return told


def tell(browser, copy, *acts, sent_at=None):
    body = {"sent_at": (sent_at or clock.now()).isoformat(), "acts": [{"id": str(uuid7()), "at": (clock.now() - timedelta(minutes=2)).isoformat(), **a} for a in acts]}
    return body, again(browser, copy, body)


def again(browser, copy, body):
    answer = browser.post(f"/field/acts?copy={copy}", json.dumps(body), content_type="application/json", HTTP_ACCEPT="application/json")
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.fixture
def phone(outbreak, morning):
    browser, copy = outbreak.client(outbreak.team, "en"), uuid7()
    told = pack(browser, copy).json()
    return browser, copy, told


def test_the_list_says_given_names_and_doors_and_the_people_come_apart(phone, outbreak):
    browser, copy, told = phone
    checks = [t for t in told["tasks"] if t.get("do") == "check"]
    assert {t["n"] for t in checks} == {"丽", "强"}  # one grid, no other village
    assert "李丽" not in json.dumps(told, ensure_ascii=False) and "13900000002" not in json.dumps(told)
    people = pack(browser, copy, part="people").json()["people"]
    assert {"李丽", "王强"} < {p["name"] for p in people} and "赵敏" not in {p["name"] for p in people}
    assert len(people) == len({t["p"] for t in told["tasks"] if t.get("p")}) + 1  # and somebody who does not exist


def test_a_check_told_twice_is_one_and_with_other_content_old(phone, outbreak):
    from sizao.registers.isolation import read as isolation

    browser, copy, told = phone
    task = next(t for t in told["tasks"] if t.get("do") == "check")
    body, answer = tell(browser, copy, {"kind": "check", "contact": task["s"], "outcome": "ok", "temperature": "36.6"})
    assert [a["kind"] for a in answer["answers"]] == ["new"]
    assert [a["kind"] for a in again(browser, copy, body)["answers"]] == ["identical"]
    body["acts"][0]["temperature"] = "36.7"
    assert [a["kind"] for a in again(browser, copy, body)["answers"]] == ["old"]
    assert isolation.checks(outbreak.desk).count() == 1


def test_each_record_has_its_own_answer_and_the_reason(phone):
    browser, copy, told = phone
    task = next(t for t in told["tasks"] if t.get("do") == "check")
    _, answer = tell(
        browser, copy, {"kind": "check", "contact": task["s"], "outcome": "ok"}, {"kind": "check", "contact": str(uuid4()), "outcome": "ok"}, {"kind": "check", "contact": task["s"], "outcome": "ok", "symptoms": ["fever"]},
        {"kind": "check", "contact": task["s"], "outcome": "dead"}, {"kind": "paint"}, {"kind": "check", "at": "yesterday"}, {"kind": "check", "contact": task["s"], "outcome": "ok", "at": (clock.now() + timedelta(hours=1)).isoformat()},
    )  # fmt: skip
    assert [(a["kind"], a.get("code", "")) for a in answer["answers"]] == [
        ("new", ""), ("invalid", "not-found-or-out-of-area"), ("invalid", "check-contradicts"), ("invalid", "check-outcome-unknown"), ("invalid", "act-kind-unknown"), ("invalid", "bad-value"),
        ("invalid", "check-in-the-future"),
    ]  # fmt: skip
    assert all(a["text"] for a in answer["answers"][1:])


@pytest.mark.parametrize(("called", "raised"), [("doctor", "ticket"), ("medicine", "need")])
def test_refused_or_could_not_calls_help_once(phone, outbreak, called, raised):
    from sizao.registers.care import needing
    from sizao.registers.command import read as command

    browser, copy, told = phone
    task = next(t for t in told["tasks"] if t.get("do") == "check")
    tickets, needs = command.tickets(outbreak.desk).count(), len(needing.open_needs(outbreak.desk))
    body, answer = tell(browser, copy, {"kind": "check", "contact": task["s"], "outcome": "refused", "help": called})
    assert answer["answers"][0]["kind"] == "new"
    again(browser, copy, body)
    assert command.tickets(outbreak.desk).count() - tickets == 1  # a need of medicine is a ticket of urgent care, too
    assert len(needing.open_needs(outbreak.desk)) - needs == (raised == "need")
    after = pack(browser, copy).json()
    assert next(t for t in after["tasks"] if t["s"] == task["s"])["tried"]["why"] == "refused"  # it stays on the list


def test_two_phones_write_one_report_and_the_later_one_is_shown_both(phone, outbreak):
    from sizao.registers.ledgers import actions, read
    from sizao.registers.ledgers.actions import NewUnit
    from sizao.registers.ledgers.catalogue import ledgers

    browser, copy, _ = phone
    one = next(x for x in ledgers().values() if x.about == "unit" and x.lines == "one" and x.counts_of_persons and not x.each)
    [unit] = actions.add_units(outbreak.desk, [NewUnit("U", outbreak.grid.pk, "前进村卫生室", clock.now() - timedelta(days=2), kind=(one.kinds or ("clinic",))[0])], sender="test").values()
    count = one.counts_of_persons[0]
    values = dict.fromkeys(one.counts_of_persons, 0)
    line = {"kind": "line", "ledger": one.id, "about": {"unit": str(unit)}, "period": clock.local_day(clock.now(), "Asia/Shanghai").isoformat()}
    _, first = tell(browser, copy, line | {"values": values | {count: 3}})
    assert first["answers"][0]["kind"] == "new"
    other, second = outbreak.client(outbreak.team, "en"), uuid7()
    pack(other, second)
    _, answer = tell(other, second, line | {"values": values | {count: 5}})
    [said] = answer["answers"]
    assert (said["kind"], said["code"]) == ("invalid", "changed-meanwhile") and said["here"]["values"][count] == 3
    _, mended = tell(other, second, {"kind": "line", "ledger": one.id, "record": said["here"]["record"], "seen": said["here"]["seen"], "values": values | {count: 5}})
    assert mended["answers"][0]["kind"] == "updated"
    assert read.entries(outbreak.desk, one.id).get(pk=said["here"]["record"]).values[count] == 5


def test_a_copy_is_wiped_at_its_next_contact_after_it_was_heard_out(phone, outbreak):
    browser, copy, told = phone
    task = next(t for t in told["tasks"] if t.get("do") == "check")
    desk = outbreak.client(outbreak.desk, "en")
    assert desk.post(f"/field/copies/{copy}/wipe").status_code == 302
    _, answer = tell(browser, copy, {"kind": "check", "contact": task["s"], "outcome": "ok"})
    assert answer["wipe"] is True and answer["answers"][0]["kind"] == "new"  # what it brings is not lost
    assert pack(browser, copy).status_code == 410
    assert browser.get(f"/device/key.json?copy={copy}", HTTP_ACCEPT="application/json").status_code == 410
    nobody = type(browser)(HTTP_HOST="localhost")
    assert nobody.get(f"/field/wipe.json?copy={copy}").json() == {"wipe": True}
    assert nobody.get(f"/field/wiped?copy={copy}").json() == {"wiped": True}
    assert nobody.get(f"/field/wipe.json?copy={uuid7()}").json() == {"wipe": False}


def test_the_invented_row_is_heard_wherever_it_is_asked_for_and_says_which_copy(phone, outbreak):
    from sizao.doors.field import copies
    from sizao.doors.models import PhoneCopy

    browser, copy, _ = phone
    name, number = copies.invented(copy)
    assert copies.invented(copy) == (name, number) != copies.invented(uuid7())
    people = pack(browser, copy, part="people").json()["people"]
    assert sum(p["name"] == name for p in people) == 1
    desk = outbreak.client(outbreak.desk, "en")
    desk.get("/find", {"q": "李丽"})
    assert PhoneCopy.objects.get(pk=copy).heard_at is None
    desk.get("/find", {"q": number})
    assert PhoneCopy.objects.get(pk=copy).heard_in == "find"
    assert "a search for persons" in desk.get("/field/copies").content.decode()
    page = desk.post("/field/copies/look", {"text": f"买卖名单：张三 …… {name} 1号"}).content.decode()
    assert str(copy)[-8:] in page


def workbook(*row):
    """A sheet as a spreadsheet keeps it: the words stand in a part of their own."""
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        book.add_worksheet().write_row(0, 0, row)
    return SimpleUploadedFile("list.xlsx", kept.getvalue())


#: By which door a list comes back, and what then says where it was met.
WAYS = {
    "pasted": ("import", lambda c, name, number: c.post("/import", {"pasted": f"病例编号\t姓名\nP1\t{name}\n", "disease": "covid-19"})),
    "csv of an old office": ("import", lambda c, name, number: c.post("/import", {"files": SimpleUploadedFile("a.csv", f"编号,姓名\nP1,{name}\n".encode("gb18030")), "disease": "covid-19"})),
    "workbook": ("import", lambda c, name, number: c.post("/import", {"files": workbook("P1", name), "disease": "covid-19"})),
    "program": ("api", lambda c, name, number: c.post("/api/v1/persons", json.dumps({"rows": [{"name": name}]}), content_type="application/json")),  # the name is sent escaped
    "program that asks": ("api", lambda c, name, number: c.get("/api/v1/persons", {"q": number})),
    "question of the public": ("public", lambda c, name, number: c.post("/public/ask", {"text": f"我看到一份名单，有{name}，是真的吗？", "kind": "question"})),
    "form of a desk": ("form", lambda c, name, number: c.post("/tickets/new", {"what": f"有人打听{name}"})),
    "form of a register": ("form", lambda c, name, number: c.post("/registers/persons/new", {"name": name, "national_id": number.lower()})),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_a_list_that_comes_back_by_any_door_is_a_finding_of_who_commands_above(phone, outbreak, way):
    from sizao.doors.field import copies
    from sizao.doors.models import PhoneCopy
    from sizao.registers.command import read

    _, copy, _ = phone
    where, send = WAYS[way]
    desk = outbreak.client(outbreak.desk, "en")
    for _ in range(2):  # the second time that day it is the same finding
        send(desk, *copies.invented(copy))
        assert PhoneCopy.objects.get(pk=copy).heard_in == where
    [finding] = read.tickets(outbreak.desk).filter(sender="canary")
    assert finding.kind == "finding" and finding.due_at and finding.area_id == outbreak.desk.post.area_id != outbreak.team.post.area_id
    assert str(copy)[-8:] in finding.what and copies.invented(copy)[0] not in finding.what
    assert f"/tickets/{finding.pk}" in desk.get("/field/copies").content.decode()


def test_who_asks_for_anybody_else_is_not_looked_up(phone, outbreak, django_assert_num_queries):
    from sizao.doors.field import heard

    request = RequestFactory().post("/tickets/new", {"what": "110105199003072282 冯春兰 示例省示例市 " * 2000})
    with django_assert_num_queries(0):
        heard.listen(request, next(r for r in policy.ROUTES if r.name == "directive-new"))


def test_a_workbook_that_was_spoilt_on_the_way_is_listened_to_without_a_word():
    """Any one byte wrong, or cut off: whoever reads it says so; who only listens says nothing."""
    from sizao.doors.field import heard

    whole = workbook("P1", "张三").read()
    spoilt = [whole[:n] + bytes([whole[n] ^ 0xFF]) + whole[n + 1 :] for n in range(0, len(whole), 7)] + [whole[:n] for n in range(2, len(whole), 97)]
    for data in spoilt:
        list(heard._of_bytes(data))


def test_of_a_workbook_that_swells_only_so_much_is_read(monkeypatch):
    from sizao.doors.field import heard

    monkeypatch.setattr(heard, "LONGEST", 1000)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        for n in range(50):
            book.writestr(f"xl/worksheets/sheet{n}.xml", "x" * 800)
    assert sum(map(len, heard._of_bytes(made.getvalue()))) <= 1000


def test_whoever_listens_changes_no_answer(phone, outbreak, monkeypatch, caplog):
    from sizao.doors.kit import routes

    def fails(request, route):
        raise KeyError("张三")

    monkeypatch.setattr(routes, "_listeners", [fails])
    monkeypatch.setattr(routes, "strict", lambda: False)
    assert outbreak.client(outbreak.desk).get("/find", {"q": "张三"}).status_code == 200
    assert "KeyError" in caplog.text and "张三" not in caplog.text


def test_a_copy_of_somebody_else_is_not_there(phone, outbreak):
    _, copy, _ = phone
    assert pack(outbreak.client(outbreak.desk), copy).status_code == 404


def test_what_was_opened_with_another_user_s_key_is_not_taken_from_this_one(phone, outbreak):
    """The tab that was left open: it has a form token of the one who is signed in now, and still the key of the one before."""
    from sizao.registers.isolation import read as isolation

    browser, copy, told = phone
    task = next(t for t in told["tasks"] if t.get("do") == "check")
    keys = {who: c.get("/device/key.json").json()["kid"] for who, c in (("mine", browser), ("another's", outbreak.client(outbreak.desk)))}
    body = {"sent_at": clock.now().isoformat(), "acts": [{"id": str(uuid7()), "at": clock.now().isoformat(), "kind": "check", "contact": task["s"], "outcome": "ok"}]}
    sent = {"content_type": "application/json", "HTTP_ACCEPT": "application/json"}
    refused = browser.post(f"/field/acts?copy={copy}", json.dumps(body), HTTP_X_KEY_OF=keys["another's"], **sent)
    assert (refused.status_code, refused.json()["code"]) == (403, "form-stale") and isolation.checks(outbreak.desk).count() == 0
    taken = browser.post(f"/field/acts?copy={copy}", json.dumps(body), HTTP_X_KEY_OF=keys["mine"], **sent)
    assert [a["kind"] for a in taken.json()["answers"]] == ["new"]
    for address in ("/field/pack.json", "/sample/people.json"):
        assert browser.get(address, {"copy": str(copy)}, HTTP_ACCEPT="application/json", HTTP_X_KEY_OF=keys["another's"]).json()["code"] == "form-stale"


@pytest.fixture
def turned():
    """Turns the ring's key for phones; afterwards the ring is as it was."""
    from sizao.kernel import keys

    place = keys.folder() / keys.FILE
    stood = place.read_bytes()
    yield lambda: keys.ring().rotate(("device",))
    place.write_bytes(stood)


def test_what_was_sealed_before_the_key_was_turned_is_still_the_user_s_own(phone, outbreak, turned):
    """The user gets the key of before beside the new one, what was opened with either is taken in, and nobody else gets either."""
    browser, copy, told = phone
    task = next(t for t in told["tasks"] if t.get("do") == "check")
    before = browser.get("/device/key.json").json()
    turned()
    after, other = browser.get("/device/key.json").json(), outbreak.client(outbreak.desk).get("/device/key.json").json()
    assert after["kid"] != before["kid"] and {"kid": before["kid"], "key": before["key"]} in after["earlier"]
    assert not {before["kid"], after["kid"]} & {other["kid"], *(k["kid"] for k in other["earlier"])}
    body = {"sent_at": clock.now().isoformat(), "acts": [{"id": str(uuid7()), "at": clock.now().isoformat(), "kind": "check", "contact": task["s"], "outcome": "ok"}]}
    sent = {"content_type": "application/json", "HTTP_ACCEPT": "application/json"}
    said = [browser.post(f"/field/acts?copy={copy}", json.dumps(body), HTTP_X_KEY_OF=kid, **sent).json()["answers"][0]["kind"] for kid in (before["kid"], after["kid"])]
    assert said == ["new", "identical"]


def test_a_record_is_taken_in_for_the_post_whose_list_was_open_and_for_no_other(phone, outbreak):
    """The session works for another post since (the user chose it on another tab), or the post was given up: what was recorded for it is its own for three days, and of no post that he never held."""
    from sizao.kernel.models import Act, Grant, Holding, Post

    browser, copy, told = phone
    team, user = outbreak.team.post, outbreak.team.user
    assert told["who"]["post"] == team.pk
    task = next(t for t in told["tasks"] if t.get("do") == "check")
    elsewhere = Post.objects.create(role="community", area=outbreak.desk.post.area, title_zh="另一岗位", title_en="Another post", valid_from=clock.now() - timedelta(days=9))
    other, now = outbreak.desk.post.pk, clock.now()
    Holding.objects.create(post=elsewhere, user=user, valid_from=now - timedelta(days=9))
    Grant.objects.create(post=elsewhere, role="community", area=outbreak.desk.post.area, valid_from=now - timedelta(days=9))
    browser.post("/post", {"post": elsewhere.pk})
    assert pack(browser, copy).json()["who"]["post"] == elsewhere.pk
    act = {"kind": "check", "contact": task["s"], "outcome": "ok"}
    strange = tell(browser, copy, act | {"post": other})[1]["answers"][0]
    assert (strange["kind"], strange["code"]) == ("invalid", "post-not-held")
    assert tell(browser, copy, act | {"post": team.pk})[1]["answers"][0]["kind"] == "new"

    def posts():
        return sorted(Act.objects.filter(kind="isolation.daily_check").values_list("post", flat=True))

    assert posts() == [team.pk]
    Holding.objects.filter(post=team, user=user).update(valid_to=now - timedelta(minutes=1))  # the shift is over, the list turned a day, the tab is still open
    assert tell(browser, copy, act | {"post": team.pk, "at": (now - timedelta(minutes=5)).isoformat()})[1]["answers"][0]["kind"] == "new"
    after = tell(browser, copy, act | {"post": team.pk, "at": now.isoformat()})[1]["answers"][0]
    assert (after["kind"], after["code"]) == ("invalid", "post-not-held") and posts() == [team.pk] * 2
    Holding.objects.filter(post=team, user=user).update(valid_to=now - timedelta(hours=80))
    late = tell(browser, copy, act | {"post": team.pk, "at": (now - timedelta(hours=90)).isoformat()})[1]["answers"][0]
    assert (late["kind"], late["code"]) == ("invalid", "post-not-held")


@pytest.mark.parametrize("address", ["/field/pack.json", "/device/key.json"])
def test_a_phone_whose_session_is_over_is_told_so_and_not_sent_elsewhere(db, address):
    from django.test import Client

    assert Client(HTTP_HOST="localhost").get(address, {"copy": str(uuid7())}, HTTP_ACCEPT="application/json").status_code == 401
