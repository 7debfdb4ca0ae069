"""The desk's report cards: filled in from the keyboard, listed by their clocks, reviewed with every version in sight."""

import re
from datetime import timedelta

from sizao.kernel import clock
from sizao.registers.cases.models import Case
from sizao.registers.surveillance.models import CaseCard

#: Strokes that somebody needs who types at 0.28 s a stroke (Card, Moran and Newell, The keystroke-level model, 1980: an average non-secretary typist).
STROKE = 0.28


def typed(outbreak):
    at = clock.now() - timedelta(hours=3)
    return {
        "p.name": "周燕", "p.national_id": "11010519491231002X", "p.phone": "13900000009", "p.area": f"{outbreak.grid.code} · 1-1-1网格", "p.address": "2号", "k.people_group": "retired",
        "c.disease": "covid-19", "c.classification": "confirmed", "c.onset_on": f"{at:%Y-%m-%d}", "k.diagnosed_at": f"{at + timedelta(hours=8):%Y-%m-%dT%H:%M}", "k.doctor": "吴医生",
    }  # fmt: skip


def test_a_card_is_filled_in_listed_returned_corrected_and_made_final(outbreak):
    client = outbreak.client(outbreak.desk)
    empty = client.get("/cards/new").content.decode()
    key = re.search(r'name="key" value="([^"]+)"', empty)[1]
    assert 'id="v-p-name" name="p.name"' in empty
    done = client.post("/cards/new", {**typed(outbreak), "key": key})
    case = Case.objects.latest("id")
    assert (done.status_code, done.headers["Location"]) == (302, f"/case/{case.pk}?saved=new")
    assert client.post("/cards/new", {**typed(outbreak), "key": key}).status_code == 302
    assert Case.objects.count() == 2
    card = CaseCard.objects.get(about_case=case)
    listed = client.get("/cards").content.decode()
    assert "周燕" in listed
    assert "乙类" in listed
    page = client.get(f"/cards/{card.pk}").content.decode()
    assert all(words in page for words in ("周燕", "吴医生", "离退人员", "1949-12-31", "13900000009"))
    assert client.post(f"/cards/{card.pk}/decide", {"do": "return"}).status_code == 422
    assert client.post(f"/cards/{card.pk}/decide", {"do": "return", "because": "缺住址"}).status_code == 302
    assert "周燕" in client.get("/cards?view=returned").content.decode()
    for step in ("accept", "final"):
        assert client.post(f"/cards/{card.pk}/decide", {"do": step}).status_code == 302
    page = outbreak.client(outbreak.desk, "en").get(f"/cards/{card.pk}").content.decode()
    assert "缺住址" in page
    assert page.count("<ins>") >= 3
    assert 'name="do"' not in page


def test_a_card_that_cannot_be_comes_back_as_it_was_typed_with_the_reason_at_its_field(outbreak):
    client = outbreak.client(outbreak.desk, "en")
    answer = client.post("/cards/new", {**typed(outbreak), "c.onset_on": "2031-01-01", "key": ""})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "is after the diagnosis" in page
    assert 'value="周燕"' in page
    answer = client.post("/cards/new", {**typed(outbreak), "p.name": "", "key": ""})
    assert answer.status_code == 422
    assert Case.objects.count() == 1


def test_a_card_takes_under_ninety_seconds_at_the_keyboard(outbreak):
    """Every field is reached by Tab in the order of the paper, and none is out of that order; what has a default is only passed."""
    page = outbreak.client(outbreak.desk).get("/cards/new").content.decode()
    sheet = page.split('class="sheet')[1].split("</form>")[0]
    fields = re.findall(r'<(input|select|textarea) id="v-[^"]+" name="([^"]+)"([^>]*)>', sheet)
    mine = typed(outbreak)
    told = {n: v for n, v in mine.items() if n not in ("p.area", "c.disease", "k.diagnosed_at", "k.doctor")}  # the others have their default
    stops = {"date": 4, "datetime-local": 7}  # Tab goes through the parts of a date, as Chromium does it
    tabs = sum(next((n for kind, n in stops.items() if f'type="{kind}"' in rest), 1) for _tag, _name, rest in fields)
    typing = sum(2 if n in ("k.people_group", "c.classification") else 8 if n == "c.onset_on" else len(v) * (3 if n in ("p.name", "p.address") else 1) for n, v in told.items())
    assert {"p.name", "p.area", "c.onset_on", "k.diagnosed_at"} <= {name for _tag, name, _rest in fields}
    assert "tabindex" not in sheet
    assert (tabs + typing + 2) * STROKE + 1.35 * len(told) <= 90  # 1.35 s to think before each field that is told
