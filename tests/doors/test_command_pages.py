"""The commander's pages: the first page with what stands beside the holes, orders weighed and signed, directives handed on, rounds drawn, the review, the calendar."""

import io
import re
import zipfile
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from sizao.kernel import clock
from sizao.kernel.models import Holding
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.command import actions as command
from sizao.registers.command.actions import Grading, grade_areas
from sizao.registers.command.models import DrawnUnit, InspectionRound, Order, OrderProposal, SituationReview, TestCall, Ticket
from sizao.registers.ledgers import actions as ledgers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


@pytest.fixture
def hq(outbreak):
    """The outbreak with what a command has: seats on duty, shops, a directive, an order of somebody else that goes too far, a high-risk village."""
    county, system, now = outbreak.county, Scope.system("t"), clock.now()
    village = county.areas["990001101201"]
    grade_areas(system, [Grading(village.pk, "risk", "high", now - timedelta(days=1), "t")], sender="t")
    seats = [{"area": county.root.pk, "kind": "duty", "title": "县指挥部值班室", "holder": True, "shift_hours": 8, "told_at": now}, {"area": county.root.pk, "kind": "leader_in_charge", "title": "带班领导", "holder": False, "told_at": now}]
    outbreak.seats = [o.record for o in command.save_posts(system, [Command(told=t, source_id=f"s{n}") for n, t in enumerate(seats)], sender="t")]
    shops = [{"name": f"店{n}", "kind": "shop", "area": village.pk, "in_use": True} for n in range(10)]
    outbreak.shops = [o.record for o in ledgers.save_units(system, [Command(told=t, source_id=f"u{n}") for n, t in enumerate(shops)], sender="t")]
    told = {"area": county.areas["990001102201"].pk, "kind": "closure", "title": "封村", "restrictive": True, "strictness": 3, "issued_at": now - timedelta(days=1), "starts_at": now - timedelta(days=1)}
    [made] = command.save_orders(system, [Command(told=told, source_id="o1")], sender="neighbour")
    outbreak.order = made.record
    outbreak.chief_scope, outbreak.town_scope = county.user("commander"), county.user("secretary", "990001101")
    outbreak.chief, outbreak.town = outbreak.client(outbreak.chief_scope, "en"), outbreak.client(outbreak.town_scope, "en")
    outbreak.today = clock.local_day(now, "Asia/Shanghai")
    return outbreak


PAGES = [
    "/", "/?measure=contact-daily-check", "/list?state=missing&kind=report", "/list?state=raised&urgency=alarm", "/list?state=missing&apart=1", "/area-orders", "/area-orders?show=proposed", "/area-orders?show=beyond",
    "/area-orders?show=review", "/area-orders?show=ended", "/area-orders/new", "/area-orders/new?kind=closure", "/area-orders/affected?kind=closure", "/tickets", "/tickets?kind=directive&show=overdue", "/tickets?show=risen",
    "/tickets?show=closed", "/tickets/new", "/rounds", "/rounds?show=waiting", "/rounds/draw", "/review", "/calendar",
]  # fmt: skip


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_of_the_command_opens(hq, language):
    client = hq.client(hq.county.user("desk"), language)
    for page in PAGES:
        answer = client.get(page)
        assert answer.status_code == 200, page
    assert client.get(f"/area-orders/{hq.order}").status_code == 200
    assert client.get("/area-orders?show=nothing").status_code == 404


def test_broken_glass_stands_on_the_overview_while_it_is_open(hq):
    from sizao.kernel import glass

    doctor = hq.county.user("doctor", "990001101201")
    assert 'id="glass-open"' not in hq.chief.get("/").content.decode()
    made = glass.break_(doctor, hq.county.areas["990001102201"], "emergency", "昏迷病人，查既往隔离记录", 1)
    page = hq.chief.get("/").content.decode()
    note = re.search(r'id="glass-open".*?</div>', page, re.DOTALL)[0]
    assert doctor.user.name in note and "Village 2-1" in note and '/glass/look"' in note and "昏迷" not in page, "the reason is on its own page"
    assert 'id="glass-open"' not in hq.town.get("/").content.decode(), "who does not look is not told"
    glass.close(doctor, made.pk)
    assert 'id="glass-open"' not in hq.chief.get("/").content.decode()


def counted(page: str) -> list[tuple[int, str]]:
    """Every number of a page that leads to its rows."""
    found = re.findall(r'<a [^>]*?href="([^"]+)"[^>]*?data-count="(\d+)"', page)
    return [(int(n), unescape(href)) for href, n in found]


def rows_behind(client, href: str) -> int:
    """The rows of a list, over all its pages."""
    rows, seen = 0, 0
    while href and seen < 100:
        text = client.get(href).content.decode()
        body = re.search(r'id="rows".*?(?=</tbody>|</section>)', text, re.S)
        inner = body[0] if body else ""
        rows += len(re.findall(r'<tr class="(?:done)?"|<tr><td|data-drawn=', inner)) - len(re.findall(r'<tr class="noprint"', inner))
        following = re.search(r'(?:<a class="btn" href="([^"]+)">(?:Next page|下一页)</a>)|(?:rel="next" href="([^"]+)")', text)
        href = unescape(following[1] or following[2]) if following else ""
        seen += 1
    return rows


@pytest.mark.parametrize("address", ["/", "/?measure=contact-daily-check", "/?area=990001101", "/?area=990001101201"])
def test_every_number_of_the_first_page_is_the_rows_behind_it(hq, address):
    """Walked, not sampled: each number that is a link is followed, and the rows there are counted."""
    client = hq.client(hq.county.user("desk"), "en")
    numbers = counted(client.get(address).content.decode())
    assert len(numbers) > 12 and any(n for n, _ in numbers)
    for n, href in numbers:
        assert rows_behind(client, href) == n, href


def test_a_test_call_is_one_press(hq):
    desk = hq.client(hq.county.user("desk"), "en")
    page = desk.get("/").content.decode()
    assert page.count("never called") == 2 and "nobody has checked in" in page
    for _ in range(2):
        done = desk.post(f"/duty/call/{hq.seats[0]}", {"outcome": "no_answer", "back": "990001"})
        assert done.status_code == 303 and done["Location"].endswith("#seats")
    call = TestCall.objects.get()
    assert (call.outcome, str(call.guard_post_id)) == ("no_answer", str(hq.seats[0]))
    assert "no answer" in desk.get("/").content.decode()
    assert hq.client(hq.county.user("analyst")).post(f"/duty/call/{hq.seats[0]}", {"outcome": "answered"}).status_code == 403
    assert TestCall.objects.count() == 1


def fill(hq, **more):
    day = timedelta(days=1)
    return {
        "kind": "closure", "title": "封闭一村", "strictness": "3", "basis": "传染病防治法第四十二条", "reach": "全村，急诊除外", "appeal_route": "县指挥部电话", "starts": hq.today.isoformat(),
        "review": (hq.today + 3 * day).isoformat(), "ends": (hq.today + 7 * day).isoformat(), "shown": "x",
    } | more  # fmt: skip


def test_an_order_is_proposed_below_and_agreed_to_above(hq):
    done = hq.town.post("/area-orders/new?area=990001101201", fill(hq))
    assert done.status_code == 303
    row = OrderProposal.objects.get()
    assert "Orders proposed" in hq.chief.get("/").content.decode()
    page = hq.town.get(done["Location"]).content.decode()
    assert "another person decides" in page and "do-agree" not in page
    assert "do-agree" in hq.chief.get(done["Location"]).content.decode()
    assert hq.chief.post(done["Location"], {"do": "decline", "reason": ""}).status_code == 422
    agreed = hq.chief.post(done["Location"], {"do": "agree"})
    assert agreed.status_code == 303 and agreed["Location"] == f"/area-orders/{Order.objects.get(title='封闭一村').pk}"
    assert hq.chief.post(done["Location"], {"do": "agree"}).status_code == 409
    row.refresh_from_db()
    assert row.decision == "agreed"
    ended = hq.town.post(agreed["Location"], {"do": "end", "reason": "五天无新增"})
    assert ended.status_code == 303 and "over since" in hq.chief.get(agreed["Location"]).content.decode()


def test_what_the_writer_was_shown_stands_with_the_proposal_and_nothing_else_does(hq):
    part = hq.town.get("/area-orders/affected?area=990001101201&kind=closure", HTTP_HX_REQUEST="true").content.decode()
    signed = re.search(r'name="shown" value="([^"]+)"', part)[1]
    people = re.search(r"([\d,]+) persons on record", part)[1]
    seen = hq.town.post("/area-orders/new?area=990001101201", fill(hq, shown=signed))
    assert f"{people} persons on record" in OrderProposal.objects.get().shown
    assert f"{people} persons on record" in hq.chief.get(seen["Location"]).content.decode()
    for told in ("Nobody is touched", signed[:-2], ""):
        done = hq.town.post("/area-orders/new?area=990001101201", fill(hq, title=f"封闭二村{told[:3]}", shown=told))
        assert "before they were worked out" in hq.chief.get(done["Location"]).content.decode()


def test_a_refused_order_keeps_what_was_typed_and_says_by_which_bound(hq):
    answer = hq.chief.post("/area-orders/new?area=990001102201", fill(hq, title="封二村", reach="全村 <b>"))
    text = answer.content.decode()
    assert answer.status_code == 422 and "closed where the risk is low" in text
    assert "封二村" in text and "全村 &lt;b&gt;" in text and not OrderProposal.objects.exists()


def test_orders_of_others_that_go_too_far_stand_in_red(hq):
    text = hq.chief.get("/area-orders?show=beyond").content.decode()
    assert "封村" in text and "no legal basis is given" in text
    page = hq.chief.get("/").content.decode()
    assert re.search(r"Orders that go too far.*?data-count=\"1\"", page, re.S)


def test_a_directive_goes_down_by_the_pages_and_is_closed_by_who_gave_it(hq):
    due = (clock.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    assert hq.chief.post("/tickets/new?area=990001", {"what": "逐户排查", "due": due}).status_code == 422  # to nobody
    done = hq.chief.post("/tickets/new?area=990001", {"what": "逐户排查", "due": due, "to": "990001101"})
    assert done.status_code == 303
    whole = Ticket.objects.get(kind="directive")
    part = hq.town.post("/tickets/new?area=990001101", {"part_of": str(whole.pk), "what": "", "due": due, "to": ["990001101201", "990001101202"]})
    assert part.status_code == 303 and Ticket.objects.filter(part_of=whole.pk).count() == 2
    page = hq.town.get(f"/tickets/{whole.pk}").content.decode()
    assert "0 / 2 answered" in page and "do-answer" in page and "do-verify" not in page
    assert hq.town.post(f"/tickets/{whole.pk}", {"do": "answer", "said": "完成"}).status_code == 409
    for t, code in zip(Ticket.objects.filter(part_of=whole.pk).order_by("pk"), ("990001101201", "990001101202"), strict=True):
        assert hq.client(hq.county.user("community", code)).post(f"/tickets/{t.pk}", {"do": "answer", "said": "完成"}).status_code == 303
    assert hq.town.post(f"/tickets/{whole.pk}", {"do": "answer", "said": "完成"}).status_code == 303
    assert "do-verify" in hq.chief.get(f"/tickets/{whole.pk}").content.decode()
    assert hq.chief.post(f"/tickets/{whole.pk}", {"do": "verify"}).status_code == 303
    assert "seen to be done" in hq.chief.get(f"/tickets/{whole.pk}").content.decode()


def test_a_round_is_drawn_looked_at_on_the_phone_and_its_finding_is_a_ticket(hq):
    inspector = hq.client(hq.county.user("inspector"), "en")
    assert "10 units" in inspector.get("/rounds/draw?kind=shop&area=990001101201").content.decode()
    due = (clock.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    done = inspector.post("/rounds/draw?area=990001", {"title": "口罩", "practice": "masks", "kind": "shop", "due": due, "seed": "7"})
    assert done.status_code == 303 and DrawnUnit.objects.count() == 3  # three tenths of ten in a high-risk village
    page = inspector.get(done["Location"]).content.decode()
    assert "as the seed gives them" in page and "the same today" in page
    first = DrawnUnit.objects.order_by("place").first()
    assert "未戴" not in page
    assert inspector.post(f"/rounds/unit/{first.pk}", {"outcome": "not_kept", "what": "未戴口罩", "back": "990001"}).status_code == 303
    assert inspector.post(f"/rounds/unit/{first.pk}", {"outcome": "kept", "back": "990001"}).status_code == 409
    assert Ticket.objects.get(kind="finding").unit_id == first.unit_id
    assert "Not kept" in inspector.get(done["Location"]).content.decode() and InspectionRound.objects.count() == 1


def test_the_review_writes_itself_is_kept_as_versions_and_printed(hq):
    text = hq.chief.get("/review").content.decode()
    assert "Coordination" in text and "Next steps proposed" in text and "not kept yet" in text
    for n, said in enumerate(("两村已排查一遍", "三村已排查一遍"), 1):
        done = hq.chief.post("/review?area=990001", {"said-surveillance": said})
        assert done.status_code == 303 and done["Location"].endswith(f"version={n}")
    first, second = SituationReview.objects.order_by("version")
    assert (first.run, first.body["run"]) == (hq.run.pk, hq.run.pk)
    assert {g["id"]: g["said"] for g in first.body["groups"]}["surveillance"] == "两村已排查一遍", "a kept version stays as it was"
    kept = hq.chief.get("/review?version=2").content.decode()
    assert "三村已排查一遍" in kept and "do-keep" not in kept and f"run {hq.run.pk}" in kept
    pdf, word = hq.chief.get(f"/review/{second.pk}.pdf"), hq.chief.get(f"/review/{second.pk}.docx")
    assert pdf.content[:5] == b"%PDF-" and len(pdf.content) > 5000
    with zipfile.ZipFile(io.BytesIO(word.content)) as z:
        said = z.read("word/document.xml").decode()
    assert "三村已排查一遍" in said and str(hq.run.pk) in said and "Surveillance and investigation" in said
    missing = re.search(r'class="n">([\d,]+)</span><span class="l">missing now', hq.chief.get("/").content.decode())[1]
    assert second.body["total"]["missing"] == int(missing.replace(",", "")), "the paper and the first page say the same"
    assert hq.client(hq.county.user("analyst")).post("/review?area=990001", {}).status_code == 403


def test_the_calendar_has_sixteen_rhythms_each_with_its_page_and_whether_it_was_done(hq):
    text = hq.chief.get("/calendar").content.decode()
    body = text.split('id="rhythms"')[1].split("</table>")[0]
    assert body.count("<tr><td>") == 16
    links = {unescape(href) for href in re.findall(r'class="go" href="([^"]+)"', body)}
    desk = hq.client(hq.county.user("desk"))
    for href in links:
        assert desk.get(href).status_code == 200, href
    assert "missing of" in body or "done:" in body


def test_the_feed_is_read_by_its_address_alone_and_ends_with_it(hq):
    from icalendar import Calendar

    made = hq.chief.post("/calendar?area=990001", {"do": "make"}).content.decode()
    address = unescape(re.search(r'id="address"[^>]*>([^<]+)<', made)[1])
    path = "/" + address.split("/", 3)[3]
    assert address not in hq.chief.get("/calendar").content.decode(), "shown once"
    anybody = Client(HTTP_HOST="localhost")
    answer = anybody.get(path + "?lang=en")
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/calendar")
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert len(events) > 60 and len({str(e["uid"]) for e in events}) == len(events)
    assert all(str(e["url"]).startswith("http://localhost/") and e["description"] for e in events)
    assert any("missing of" in e["description"] or "done:" in e["description"] or "nothing was owed" in e["description"] for e in events)
    text = answer.content.decode()
    assert not any(name in text for name in ("张小明", "李丽", "13900000001", hq.chief_scope.user.username))

    hq.chief.post("/calendar?area=990001", {"do": "make"})
    assert anybody.get(path).status_code == 404, "another address ends the one before"
    assert anybody.get("/calendar/" + "x" * 32 + ".ics").status_code == 404


def test_the_feed_ends_when_nobody_holds_the_post(hq):
    made = hq.chief.post("/calendar?area=990001", {"do": "make"}).content.decode()
    path = "/" + unescape(re.search(r'id="address"[^>]*>([^<]+)<', made)[1]).split("/", 3)[3]
    Holding.objects.filter(post=hq.chief_scope.post).update(valid_to=clock.now() - timedelta(seconds=1))
    assert Client(HTTP_HOST="localhost").get(path).status_code == 404
