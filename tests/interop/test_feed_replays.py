"""Failures of feeds elsewhere, played again: what is cut is seen, what falls silent is an alarm, what comes a hundred times is there once."""

from datetime import timedelta

import pytest

from sizao.interop.feeds import expectations, watch
from sizao.interop.feeds.models import Alarm
from sizao.interop.intake import import_files
from sizao.kernel import clock
from sizao.registers.cases.models import Case

pytestmark = pytest.mark.django_db
HEADER = "病例编号,姓名,性别,年龄,省,市,区县,病例分类,发病日期,报告日期\n"


def line(n):
    return f"B{n:07},张{n},男,41,示例省,示例市,青禾县,确诊病例,2020-01-20,2020-01-21\n"


def sent(tmp_path, text, name):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_f6_a_laboratory_that_falls_silent_is_an_alarm_in_less_than_two_hours(county):
    expected, now = expectations.of("lab:largest"), clock.now()
    watch.heard("lab:largest", rows=1000, digest="a", at=now)
    assert watch.watch(now + timedelta(minutes=104)) == {}
    assert watch.watch(now + timedelta(minutes=106)) == {"lab:largest": ["silence"]} and expected.every + expected.grace < timedelta(hours=2)
    assert Alarm.objects.get().kind == "silence"


@pytest.mark.parametrize("times", [3, pytest.param(100, marks=pytest.mark.full)])
def test_f20_a_feed_replayed_leaves_what_one_leaves(system, tmp_path, times):
    path = sent(tmp_path, HEADER + "".join(map(line, range(5))), "cases.csv")
    first = import_files(system, [path], disease="covid-19").totals
    for _ in range(times - 1):
        again = import_files(system, [path], disease="covid-19").totals
        assert again["accepted"] == 0 and sum(again[k] for k in ("accepted", "updated", "duplicate", "rejected")) == again["rows"]
    assert first["accepted"] == Case.objects.count() == 5
