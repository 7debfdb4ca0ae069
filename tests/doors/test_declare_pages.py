"""The traveller's page: no account, one form, a receipt; nothing personal shows on it."""

import re

import pytest
from django.test import Client

from sizao.kernel import clock
from sizao.registers.movement.models import TravelDeclaration

pytestmark = pytest.mark.django_db
GOOD = {
    "traveller_name": "陈一一", "document_number": "11010519491231002X", "contact_phone": "13800138000", "came_from_area": "北京市", "travels_by": "train", "stays_where": "幸福路8号",
    "symptoms": ["cough", "fever"], "met_a_case": "0",
}  # fmt: skip


def browser(language="en"):
    made = Client(HTTP_HOST="localhost")
    made.cookies["sizao-language"] = language
    return made


def filled(client, county, **more):
    token = re.search(r'name="token" value="([^"]+)"', client.get("/declare").content.decode())[1]
    return GOOD | {"token": token, "destination": county.areas["990001101"].pk, "arrives_on": clock.local_day(clock.now(), "Asia/Shanghai").isoformat()} | more


def test_declared_once_shown_by_its_receipt_corrected_and_taken_back(county):
    client = browser()
    form = filled(client, county)
    answers = [client.post("/declare", form) for _ in range(2)]  # pressed twice
    assert [a.status_code for a in answers] == [303, 303] and answers[0]["Location"] == answers[1]["Location"]
    address = answers[0]["Location"].partition("?")[0]
    receipt = browser().get(address).content.decode()
    assert "Not yet confirmed at a gateway" in receipt and "<svg" in receipt and "Township 1" in receipt and "dry cough, fever" in receipt
    assert not any(text in receipt for text in ("陈一一", "11010519491231002X", "13800138000", "幸福路"))
    assert browser().post("/declare/find", {"code": address.rpartition("/")[2].lower()})["Location"] == address
    assert client.post(address, {"came_from_area": "天津市"})["Location"].endswith("said=2")
    assert "天津市" in client.get(address).content.decode()
    client.post(f"{address}/withdraw")
    assert client.get(address).status_code == 404 and not TravelDeclaration.objects.exists()


@pytest.mark.parametrize("language,words", [("en", "Not saved"), ("zh-hans", "未保存")])
def test_what_is_wrong_is_said_beside_it_and_what_was_typed_stays(county, language, words):
    client = browser(language)
    answer = client.post("/declare", filled(client, county, contact_phone="1", met_a_case="", arrives_on="2020-02-30"))
    text = answer.content.decode()
    assert answer.status_code == 422 and words in text and text.count('class="alarm small"') == 3 and "陈一一" in text
    assert not TravelDeclaration.objects.exists()


def test_a_form_that_was_not_made_here_is_refused(county):
    client = browser()
    assert client.post("/declare", filled(client, county, token="made up")).status_code == 403
