"""What anyone may read of the rules in force."""

import pytest
from django.test import Client

from sizao.doors.public import concerned
from sizao.kernel import clock
from sizao.kernel.content_dir import content_dir
from sizao.kernel.models import Enactment
from sizao.plan.facts import vocabulary
from sizao.plan.language import load_edition

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


def test_rules_stand_by_place_and_there_by_whom_they_concern_in_both_languages(outbreak):
    area = Enactment.objects.get().area
    for language, place, whom in (("zh-hans", f"{area.name_zh}现行规定", "密切接触者和被隔离的人"), ("en", f"In force in {area.name_en}", "Contacts and people in isolation")):
        page = read(language)
        held = page[page.index(f'data-place="{area.code}"') :]
        assert place in held and held.index(place) < held.index('data-concerned="contacts"') < held.index(whom)
        assert not any(f"<b>{inner}</b>" in page for inner in ("named list", "due report", "standing duty", "点名清单", "应报"))


def test_every_measure_that_ships_concerns_somebody():
    seen = set()
    for file in sorted((content_dir() / "plans").glob("*/edition.yaml")):
        for m in load_edition(file.read_text(encoding="utf-8"), vocabulary(), file.name).measures.values():
            group = concerned.group_of(m)
            seen.add(group)
            kinds = concerned.unit_kinds(m.should) if m.facts == "reporting_unit" and m.should is not None else set()
            assert group == "places" or not kinds or kinds <= set(concerned.groups()[group]["kinds"]), m.id
    assert {"households", "ill", "contacts", "travellers", "schools", "health", "trade", "staff", "places", "offices"} <= seen
