"""A change of plan on the command line: whom it touches, and putting it in force by two people."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from kernel.postgres_help import open_place
from plan.three_measures import NAME as PLAN
from plan.three_measures import TEXT, changed

ROOT = Path(__file__).resolve().parents[2]
HEADER = "密接编号,姓名,性别,年龄,省,市,区县,乡镇,村,密接类型,末次接触日期,判定时间\n"


@pytest.fixture(scope="module")
def place():
    """Three contacts seen 2, 5 and 9 days before the last day; a folder of the jurisdiction's own with the plan shortened to a week."""
    with open_place() as path:
        for name, text in (("own", TEXT), ("new", changed(("value: 14d", "value: 7d")))):
            folder = path / name / "plans" / PLAN
            folder.mkdir(parents=True)
            (folder / "edition.yaml").write_text(text, encoding="utf-8")
        where = "示例省,示例市,青禾县,城关镇,前进村"
        rows = [f"J{n},某{n},女,3{n},{where},密切接触者,2020-06-{day:02},2020-06-{day:02} 09:00\n" for n, day in enumerate((18, 15, 11))]
        (path / "contacts.csv").write_text(HEADER + "".join(rows), encoding="utf-8")

        def sizao(*command: str, user: str = "ana", own_content: bool = False) -> subprocess.CompletedProcess:
            place = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SIZAO_LANG": "en", "SIZAO_USER": user}
            place |= {"SIZAO_CONTENT": str(path / "own")} if own_content else {}
            words = [sys.executable, "-m", "sizao", *command, "--store", str(path / "store")]
            return subprocess.run(words, env=place, cwd=ROOT, capture_output=True, text=True, timeout=120)

        made = sizao("open", str(path / "contacts.csv"), "--disease", "covid-19", "--no-serve", "--json")
        assert made.returncode == 0, made.stderr
        sizao.newer = str(path / "new" / "plans" / PLAN)
        yield sizao


def told(done: subprocess.CompletedProcess):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_shorter_term_releases_the_one_of_nine_days_ago(place):
    found = told(place("plan", "diff", PLAN, place.newer, "--whom", "--as-of", "2020-06-20", "--json", own_content=True))
    [daily] = [m for m in found["whom"]["measures"] if m["id"] == "contact-daily-check"]
    assert (daily["obliged"], daily["released"], daily["unchanged"]) == (0, 1, 2)
    assert len(daily["subjects"]["released"]) == 1 and daily["subjects"]["obliged"] == []
    assert found["params"][0]["name"] == "term" and found["whom"]["cut"] == []
    said = place("plan", "diff", PLAN, place.newer, "--whom", "--as-of", "2020-06-20", own_content=True)
    assert "released" in said.stdout and "$term" in said.stdout
    assert "whom" not in told(place("plan", "diff", PLAN, place.newer, "--json", own_content=True))


def test_what_does_not_fit_into_the_time_is_named(place):
    found = told(
        place("plan", "diff", PLAN, place.newer, "--whom", "--as-of", "2020-06-20", "--seconds", "0.1", "--json", own_content=True)
    )
    assert set(found["whom"]["cut"]) <= {m["id"] for m in found["whom"]["measures"]}


def test_two_people_enact(place):
    told(place("content", "load", "--json", own_content=True))
    told(place("users", "add", "bo", "--json"))
    told(place("users", "grant", "bo", "operator", "--json"))
    decide = ("content", "enact", PLAN, "--disease", "covid-19")
    assert not told(place(*decide, "--json"))["in_force"]
    alone = place(*decide, "--second")
    assert alone.returncode == 2 and "two-people-needed" in alone.stderr
    twice = place(*decide)
    assert twice.returncode == 2 and "plan-proposed-already" in twice.stderr
    made = told(place(*decide, "--second", "--json", user="bo"))
    assert made["in_force"] and made["seconded_by"] == "bo"
