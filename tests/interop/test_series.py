"""Counts over time from files as people have them, what is refused with its line, and the commands that judge them."""

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from sizao.doors.cli.epi import METHODS
from sizao.doors.cli.main import app
from sizao.interop.series import read_series
from sizao.kernel.errors import Refused

GOLDEN = Path(__file__).parents[1] / "epi" / "golden"
TODAY = date(2021, 1, 1)


@pytest.fixture
def file(tmp_path):
    def make(text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / "counts.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return make


def test_long_and_wide_tables_are_the_same_counts(file):
    long = read_series(file("series,date,count\nA,2020-01-02,5\nB,2020-01-01,1\nA,2020-01-01,3\nA,2020-01-04,\n"), today=TODAY)
    wide = read_series(file("date,A,B\n2020-01-01,3,1\n2020-01-02,5,\n2020-01-04,,\n"), today=TODAY)
    for told in (long, wide):
        assert (told.names, told.step, told.dates[0], len(told.dates)) == (["A", "B"], 1, date(2020, 1, 1), 4)
        np.testing.assert_array_equal(told.counts, [[3, 5, np.nan, np.nan], [1, np.nan, np.nan, np.nan]])


def test_chinese_headers_in_gb18030_and_iso_weeks(file):
    told = read_series(file("地区,日期,病例数\n甲县,2020年1月31日,2\n甲县,2020年2月1日,4\n", "gb18030"), today=TODAY)
    assert (told.names, told.dates, told.counts.tolist()) == (["甲县"], [date(2020, 1, 31), date(2020, 2, 1)], [[2, 4]])
    weeks = read_series(file("week,count\n2020-W01,2\n2020-W03,4\n"), today=TODAY)
    assert (weeks.step, weeks.dates[0], weeks.counts.shape) == (7, date(2019, 12, 30), (1, 3))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("place,count\nA,3\n", "series-no-dates"),
        ("date,series\n2020-01-01,A\n", "series-no-counts"),
        ("date,count\n2020-13-45,3\n", "series-date-unreadable"),
        ("date,count\n03/04/2020,3\n", "series-date-unreadable"),
        ("date,count\n2020-01-01,many\n", "series-count-unreadable"),
        ("date,count\n2020-01-01,3\n2020-01-01,4\n", "series-date-twice"),
        ("date,count\n2031-01-01,3\n2020-01-01,3\n", "series-date-ahead"),
        ("date,count\n2020-01-01,3\n2020-01-04,3\n2020-01-11,2\n", "series-steps-mixed"),
        ("series,date,count\n" + "".join(f"D,2020-01-{d:02},1\n" for d in range(1, 30)) + "".join(f"W,2020-0{m}-{d:02},1\n" for m, d in [(1, 6), (1, 13), (1, 20), (1, 27), (2, 3), (2, 10), (2, 17), (2, 24)]), "series-steps-mixed"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_reason(file, text, code):
    with pytest.raises(Refused) as refused:
        read_series(file(text), today=TODAY)
    assert refused.value.code == code
    assert refused.value.text("zh") != refused.value.text("en")


def run(*command: str) -> str:
    done = CliRunner().invoke(app, ["epi", *command], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_command_says_what_the_package_said_of_the_same_weeks(file):
    weeks = (GOLDEN / "counts.csv").read_text().splitlines()
    first = date(2014, 1, 6).toordinal()
    path = file("\n".join([f"date,{weeks[0]}", *(f"{date.fromordinal(first + 7 * i)},{row}" for i, row in enumerate(weeks[1:]))]))
    told = json.loads(run("detect", str(path), "--method", "farringtonFlexible", "--last", "3", "--json"))["rows"]
    said = [r for r in csv.DictReader((GOLDEN / "farrington.csv").open()) if r["run"] == "nbPlugin"]
    assert [(r["threshold"], r["alarm"]) for r in told] == [(None if s["threshold"] == "NA" else float(s["threshold"]), s["alarm"] == "1") for s in said]
    rows = list(csv.DictReader(run("detect", str(path), "--method", "C1", "--last", "10").splitlines()))
    assert list(rows[0]) == ["series", "date", "observed", "expected", "threshold", "alarm", "reason"]
    assert sum(r["alarm"] == "True" for r in rows) == sum(r["run"] == "C1 alpha 0.001" and r["alarm"] == "1" for r in csv.DictReader((GOLDEN / "ears.csv").open()))


def test_reproduction_numbers_of_a_file_are_the_packages(file):
    cases = [r["value"] for r in csv.DictReader((GOLDEN / "epidemics.csv").open()) if r["epidemic"] == "SARS2003" and r["what"] == "cases"]
    said = [r for r in csv.DictReader((GOLDEN / "epiestim.csv").open()) if r["epidemic"] == "SARS2003" and r["method"] == "parametric"]
    path = file("date,count\n" + "".join(f"{date.fromordinal(date(2003, 2, 15).toordinal() + i)},{n}\n" for i, n in enumerate(cases)))
    told = json.loads(run("rt", str(path), "--si-mean", said[0]["mean_si"], "--si-sd", said[0]["sd_si"], "--json"))["rows"]
    assert told[0]["mean"] is None  # too early
    assert [r["q0.5"] for r in told[1:]] == pytest.approx([float(r["q50"]) for r in said[1:]], rel=1e-6)
    assert told[-1]["date"] == date.fromordinal(date(2003, 2, 15).toordinal() + len(cases) - 1).isoformat()


@pytest.mark.parametrize(
    ("command", "text", "code"),
    [
        (["detect"], "date,count\n2020-01-06,-1\n2020-01-13,1\n", "count-negative"),
        (["detect"], "date,count\n2020-01-06,1.5\n2020-01-13,1\n", "count-fractional"),
        (["detect", "--method", "C9"], "date,count\n2020-01-06,1\n", "epi-options"),
        (["detect", "--alpha", "2"], "date,count\n2020-01-06,1\n", "epi-options"),
        (["rt", "--si-mean", "5", "--si-sd", "2"], "date,count\n2020-01-06,1\n2020-01-13,1\n", "series-not-daily"),
        (["rt", "--si-mean", "5", "--si-sd", "2"], "date,count\n2020-01-06,1\n2020-01-07,1\n2020-01-09,1\n", "series-day-missing"),
        (["rt", "--si-mean", "1", "--si-sd", "2"], "date,count\n2020-01-06,1\n2020-01-07,1\n", "series-moments"),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_is_refused_with_its_reason(file, command, text, code):
    with pytest.raises(Refused) as refused:
        run(command[0], str(file(text)), *command[1:])
    assert refused.value.code == code


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("2020-01-06,-1\n2020-01-13,1\n", "count-negative"),
        ("2020-01-06,1.5\n2020-01-13,1\n", "count-fractional"),
        ("2020-01-06,1\n2020-01-06,2\n", "series-date-twice"),
        ("2020-01-06,1\n2999-01-04,2\n", "series-date-ahead"),
        ("2020-01-06,1\n2020-01-09,2\n2020-01-20,2\n", "series-steps-mixed"),
        ("2020-01-06,1\n2020-01-13,many\n", "series-count-unreadable"),
    ],
)
def test_every_method_refuses_what_is_no_series(file, method, lines, code):
    with pytest.raises(Refused) as refused:
        run("detect", str(file("date,count\n" + lines)), "--method", method)
    assert refused.value.code == code


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_lines_is_no_matter(file, method):
    days = [(date(2019, 1, 7) + timedelta(days=7 * i), i % 5 + 3) for i in range(30)]
    told = [run("detect", str(file("date,count\n" + "".join(f"{d},{n}\n" for d, n in some))), "--method", method, "--last", "3", "--json") for some in (days, days[::-1])]
    assert told[0] == told[1]


def test_a_holiday_of_the_file_is_expected_to_be_empty(file, tmp_path):
    path = file("date,count\n" + "".join(f"{date(2020, 1, 1) + timedelta(days=i)},{1 if i % 9 == 8 else 30 + i % 3}\n" for i in range(72)))
    days = tmp_path / "holidays.csv"
    days.write_text("date,kind\n" + "".join(f"{date(2020, 1, 1) + timedelta(days=i)},1\n" for i in range(8, 72, 9)))
    expected = [json.loads(run("detect", str(path), "--method", "fusion", "--last", "1", "--json", *more))["rows"][0]["expected"] for more in ([], ["--holidays", str(days)])]
    assert expected[0] > 20 > 10 > expected[1]
    days.write_text("1 January\n")
    with pytest.raises(Refused) as refused:
        run("detect", str(path), "--method", "fusion", "--holidays", str(days))
    assert refused.value.code == "epi-holidays"


@pytest.fixture
def long_file(monkeypatch):
    monkeypatch.setattr("sizao.interop.series.LONG_FILE", 0)


WEEKLY = "series,date,count\n" + "".join(f"{s},{date(2020, 1, 6) + timedelta(days=7 * i)},{i + n}\n" for i in range(9) for n, s in enumerate(["B 县", '"A, 乡"', "C"]))


def test_a_long_file_is_read_at_once_and_is_the_same(file, long_file, monkeypatch):
    from sizao.interop import series

    text = WEEKLY.replace("C,2020-01-13,3\n", "").replace("C,2020-01-20,4\n", "C,2020-01-20,\n")
    path = file(text)
    quick = read_series(path, today=TODAY)
    monkeypatch.setattr("sizao.interop.series.LONG_FILE", 10**9)
    assert series._at_once(series.open_table(path, knows=lambda t: t == "date"), 1, 2, 0, TODAY) is not None
    slow = read_series(path, today=TODAY)
    assert (quick.names, quick.dates, quick.step) == (slow.names, slow.dates, slow.step) == (["B 县", "A, 乡", "C"], slow.dates, 7)
    np.testing.assert_array_equal(quick.counts, slow.counts)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("C,2020-01-20,4", "C,2020-01-13,4", "series-date-twice"),
        ("C,2020-01-20,4", "C,2020-02-30,4", "series-date-unreadable"),
        ("C,2020-01-20,4", "C,2020-01-20,many", "series-count-unreadable"),
        ("C,2020-01-20,4", "C,2031-01-20,4", "series-date-ahead"),
        ("C,2020-01-20,4", "C,2020-01-22,4", "series-steps-mixed"),
    ],
)
def test_what_is_wrong_in_a_long_file_is_told_with_its_line_all_the_same(file, long_file, old, new, code):
    assert old in WEEKLY
    with pytest.raises(Refused) as refused:
        read_series(file(WEEKLY.replace(old, new)), today=TODAY)
    assert refused.value.code == code


def test_a_long_file_with_dates_of_another_form_is_read_line_by_line(file, long_file):
    told = read_series(file(WEEKLY.replace("2020-01-20", "2020年1月20日")), today=TODAY)
    assert told.counts.shape == (3, 9)
    assert not np.isnan(told.counts).any()
