"""Pages of who publishes and of who reads: each opens, and says in both languages what stands in the store."""

import csv
import io
import json
from datetime import datetime
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree as ET

import pytest
from django.test import Client

from sizao.kernel import clock
from sizao.kernel.scope import Scope
from sizao.registers.command import actions as command
from sizao.registers.command.actions import Grading
from sizao.situation.models import Publication, Question
from sizao.situation.publication import store

pytestmark = pytest.mark.django_db


def anyone(language="zh-hans"):
    browser = Client(HTTP_HOST="localhost")
    browser.cookies["sizao-language"] = language
    return browser


def read(address, language="zh-hans"):
    answer = anyone(language).get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


@pytest.fixture
def graded(office):
    command.grade_areas(Scope.system("test"), [Grading(office.county.areas["990001101"].pk, "risk", "medium", clock.now(), basis="近 14 天有新增")], sender="test")
    return office


def test_my_place_says_its_grade_its_rules_and_where_to_ask(graded):
    page = read("/public?place=990001101")
    assert "中风险" in page and "近 14 天有新增" in page and "密切接触者每日健康监测" in page and "/public/ask" in page
    assert "Medium risk" in read("/public?place=990001101", "en") or "medium" in read("/public?place=990001101", "en").lower()
    assert "张小明" not in page
    assert "选择" in read("/public") and "我的" in read("/public")


def test_the_grade_map_says_the_same_as_its_table(graded):
    page = read("/public/grades")
    assert "中风险" in page and "未定级" in page


def test_a_table_goes_from_the_desk_to_everybody_and_back(graded):
    first, second = graded.client(graded.first), graded.client(graded.second)
    made = first.post("/publish/prepare?area=990001", {"type": "official-totals", "disease": "covid-19"})
    assert made.status_code == 302
    draft = made.headers["Location"]
    code = draft.rsplit("/", 1)[1]
    assert "须由另一人" in first.get(draft).content.decode()
    assert first.post(draft + "/sign").status_code == 403 and anyone().get(f"/public/bulletins/{code}").status_code == 404
    assert second.post(draft + "/sign").status_code == 302
    page = read(f"/public/bulletins/{code}")
    assert ">51<" in page and str(Publication.objects.get().run) in page
    rows = list(csv.reader(io.StringIO(read(f"/public/bulletins/{code}.csv").lstrip("\ufeff"))))
    assert rows[1][:3] == ["青禾县", "50", "51"]
    told = json.loads(read(f"/public/bulletins/{code}.json"))
    assert {c["figure"]: c["value"] for c in told["cells"]}["total"] == 51 and told["run"] == graded.run.pk
    assert second.post(draft + "/recall", {"notice": "重复计入"}).status_code == 302
    page = read(f"/public/bulletins/{code}")
    assert "重复计入" in page and ">51<" not in page and "51" not in read(f"/public/bulletins/{code}.csv")


def test_a_story_that_names_somebody_stays_on_the_page_with_what_was_typed(graded):
    answer = graded.client(graded.first).post("/publish/prepare?area=990001", {"type": "story", "title": "通报", "text": "患者张小明乘车到市场。"})
    assert answer.status_code == 422 and "没有保存" in answer.content.decode() and Publication.objects.count() == 0


def test_a_code_typed_from_its_paper_leads_to_the_page_it_opens(graded):
    assert 'action="/my"' in read("/public")
    answer = anyone().post("/my", {"code": " abcd efgh-jklm npqr"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/my/ABCD-EFGH-JKLM-NPQR")
    assert anyone().post("/my", {"code": "ABCD"}).status_code == 404 and anyone().get("/my").status_code == 405


def test_a_rumour_goes_over_the_pages(graded):
    page = read("/public/ask")
    token = page.split('name="token" value="')[1].split('"')[0]
    place = graded.county.areas["990001101"].pk
    told = {"token": token, "kind": "rumour_topic", "topic": "supplies", "place": place, "text": "听说停水了"}
    answer = anyone().post("/public/ask", told)
    again = anyone().post("/public/ask", told)
    assert answer.status_code == 303 and answer.headers["Location"] == again.headers["Location"] and Question.objects.count() == 1
    assert "责任单位" in read(answer.headers["Location"])
    row = Question.objects.get()
    first, second = graded.client(graded.first), graded.client(graded.second)
    assert "听说停水了" in first.get("/questions").content.decode()
    wrong = first.post(f"/questions/{row.pk}/answer", {"matter": "停水了吗？", "answer": "没有停水。", "source": ""})
    assert wrong.status_code == 422 and "没有停水。" in wrong.content.decode()
    assert first.post(f"/questions/{row.pk}/answer", {"matter": "停水了吗？", "answer": "没有停水。", "source": "县水务局核实"}).status_code == 302
    assert "没有停水" not in read("/public/questions")
    assert first.post(f"/questions/{row.pk}/publish").status_code == 403
    assert second.post(f"/questions/{row.pk}/publish").status_code == 302
    page = read("/public/questions?topic=supplies")
    assert "没有停水。" in page and "县水务局核实" in page and "听说停水了" not in page
    assert "没有停水。" in read(answer.headers["Location"]) and "没有停水。" in read("/public/feed.atom")


def test_help_asks_for_a_way_to_be_reached_and_the_look_is_a_press(graded):
    page = read("/public/help")
    token = page.split('name="token" value="')[1].split('"')[0]
    told = {"token": token, "need": "food", "place": graded.county.areas["990001101"].pk, "text": "没有米了", "contact": ""}
    assert anyone().post("/public/help", told).status_code == 422
    assert anyone().post("/public/help", told | {"contact": "13900000001"}).status_code == 303
    row, owner = Question.objects.get(), graded.client(graded.first)
    assert "13900000001" not in owner.get(f"/questions/{row.pk}").content.decode()
    assert "13900000001" in owner.post(f"/questions/{row.pk}/reach").content.decode()


def test_open_data_feed_and_alert_are_whole(graded):
    store.sign(graded.second, store.prepare(graded.first, "by-place", graded.county.root, "covid-19").code)
    grades = json.loads(read("/public/data/grades.json"))["grades"]
    assert grades[0]["area"] == "990001101" and grades[0]["grade"] == "medium"
    for what in ("grades", "rules", "publications", "answers"):
        assert json.loads(read(f"/public/data/{what}.json"))[what] is not None and read(f"/public/data/{what}.csv").startswith("\ufeff")
    feed = ET.fromstring(read("/public/feed.atom"))
    assert feed.tag == "{http://www.w3.org/2005/Atom}feed" and len(feed.findall("{http://www.w3.org/2005/Atom}entry")) == 1
    assert anyone().get("/public/data/persons.json").status_code == 404


def test_the_rss_feed_says_what_the_atom_feed_says(graded):
    """RSS 2.0: a channel with title, link and description; items whose instants are those of RFC 822 and whose guid is no address."""
    first, second = graded.first, graded.second
    made = store.sign(second, store.prepare(first, "by-place", graded.county.root, "covid-19").code)
    for language, word in (("zh-hans", "［已撤回］"), ("en", "[recalled]")):
        rss, atom = ET.fromstring(read("/public/feed.rss", language)), ET.fromstring(read("/public/feed.atom", language))
        channel, [item] = rss.find("channel"), rss.findall("channel/item")
        assert (rss.tag, rss.get("version")) == ("rss", "2.0") and all(channel.findtext(name) for name in ("title", "link", "description", "language"))
        assert channel.find("{http://www.w3.org/2005/Atom}link").get("href").endswith("/public/feed.rss")
        space = "{http://www.w3.org/2005/Atom}"
        [entry] = atom.findall(space + "entry")
        assert (item.findtext("title"), item.findtext("link"), item.findtext("guid")) == (entry.findtext(space + "title"), entry.find(space + "link").get("href"), entry.findtext(space + "id"))
        assert item.find("guid").get("isPermaLink") == "false" and word not in item.findtext("title")
        assert parsedate_to_datetime(item.findtext("pubDate")) == datetime.fromisoformat(entry.findtext(space + "updated")).replace(microsecond=0)
    store.recall(first, made.code, "重复计入")
    assert "［已撤回］" in read("/public/feed.rss") and "重复计入" in read("/public/feed.rss") and "/public/feed.rss" in read("/public/data")
