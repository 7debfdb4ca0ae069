"""What anyone may read of the rules in force."""

import pytest
from django.test import Client

from sizao.kernel import clock
from sizao.kernel.models import Enactment

pytestmark = pytest.mark.django_db


def read(language="en"):
    browser = Client(HTTP_HOST="localhost")
    browser.cookies["sizao-language"] = language
    answer = browser.get("/public/rules")
    assert answer.status_code == 200
    return answer.content.decode()


def test_each_rule_in_force_stands_there_in_words_with_its_version_and_no_person(outbreak):
    page = read()
    assert "Daily health check of close contacts" in page and "on trial" in page
    assert Enactment.objects.get().item.ref in page
    assert not any(name in page for name in ("张小明", "李丽", "B-1", "J-0"))
    assert "密切接触者每日健康监测" in read("zh-hans")


def test_a_rule_that_has_ended_is_asked_of_nobody(outbreak):
    Enactment.objects.update(ends_at=clock.now())
    assert "No plan is in force." in read()
