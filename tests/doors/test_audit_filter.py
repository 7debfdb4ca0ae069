"""The audit trail is asked by words: kinds of events are chosen from a list, and one that is asked for by its code stays chosen."""

import re

import pytest
from django.test import Client

from sizao.doors.kit import signin

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("language", "every", "one"), [("zh-hans", "全部操作", "查看留痕"), ("en", "Every event", "read the audit trail")])
def test_kinds_of_events_are_chosen_by_their_words(county, language, every, one):
    browser = Client(HTTP_HOST="localhost")
    browser.cookies["sizao-language"] = language
    browser.post(signin.make_link(county.user("auditor").user))
    browser.get("/audit")
    page = browser.get("/audit?kind=audit.read").content.decode()
    offered = dict(re.findall(r'<option value="([^"]*)"[^>]*>([^<]*)</option>', page))
    assert offered[""] == every and offered["audit.read"] == one and len(offered) > 20
    assert re.findall(r'<option value="([^"]+)" selected', page) == ["audit.read"]
    assert set(re.findall(r'title="([\w.-]+)"', page[page.index("<tbody") :])) <= {"audit.read"}
