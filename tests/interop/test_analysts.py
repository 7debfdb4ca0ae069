"""Scans, delays and nowcasts of files as analysts have them, and what is refused with its line."""

import csv
import json
from datetime import date, timedelta

import numpy as np
import pytest
from typer.testing import CliRunner

from sizao.doors.cli.main import app
from sizao.kernel.errors import Refused

DAY = date(2020, 1, 1)


def run(*command: str) -> str:
    done = CliRunner().invoke(app, ["epi", *command], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def write(tmp_path):
    def make(name: str, text: str) -> str:
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return make


def on(i: int) -> str:
    return (DAY + timedelta(days=int(i))).isoformat()


# ------------------------------------------------------------------------------------------------------------ scan

TEN = "place,x,y,population,expected\n" + "".join(f"P{i},{2.5 if i == 3 else i},0,1000,2.0\n" for i in range(10))


def counts(extra: int = 0) -> str:
    """Two cases a day in each of ten places in a row, P2 and P3 the nearest to one another; `extra` more in P2 and P3 on the last three of 20 days."""
    return "place,date,count\n" + "".join(f"P{p},{on(d)},{2 + extra * (p in (2, 3) and d >= 17)}\n" for d in range(20) for p in range(10))


@pytest.mark.parametrize("model", ["kulldorff", "expectation"])
def test_a_cluster_is_told_with_its_places_dates_and_rank(write, model):
    rows = json.loads(run("scan", write("c.csv", counts(5)), "--places", write("p.csv", TEN), "--model", model, "--max-temporal", "7", "--replications", "99", "--json"))["rows"]
    first = rows[0]
    assert (first["cluster"], sorted(first["places"]), first["first"], first["date"], first["observed"], first["p"]) == (1, ["P2", "P3"], on(17), on(19), 42, 0.01)
    c, e, total = 42, 12 if model == "expectation" else 430 * 6 / 200, 430
    assert first["expected"] == pytest.approx(e)
    assert first["llr"] == pytest.approx(c * np.log(c / e) - (c - e) if model == "expectation" else c * np.log(c / e) + (total - c) * np.log((total - c) / (total - e)), abs=1e-9)


def test_as_csv_the_places_stand_in_one_cell_and_the_same_seed_is_the_same_answer(write):
    command = ["scan", write("c.csv", counts(2)), "--places", write("p.csv", TEN), "--replications", "49", "--seed", "7"]
    [row] = csv.DictReader(run(*command).splitlines())
    assert list(row) == ["cluster", "places", "first", "date", "observed", "expected", "llr", "p"]
    assert set(row["places"].split(";")) == {"P2", "P3"}
    assert run(*command) == run(*command)


def test_circles_end_where_they_are_told_to(write):
    spots = "place,lon,lat,population\n" + "".join(f"P{i},{116 + (2.5 if i == 3 else i) * 0.1},40,1000\n" for i in range(10))

    def places(*more: str) -> list[str]:
        return json.loads(run("scan", write("c.csv", counts(5)), "--places", write("p.csv", spots), "--replications", "0", "--json", *more))["rows"][0]["places"]

    assert sorted(places()) == ["P2", "P3"]
    assert len(places("--max-radius", "4")) == len(places("--max-spatial", "0.1")) == len(places("--max-places", "1")) == 1


@pytest.mark.parametrize(
    ("cases", "places", "more", "code"),
    [
        (counts(), TEN.replace("P3,2.5,0", "P3,,0"), [], "scan-place-without-position"),
        (counts(), "place,lon,lat,population\nP0,200,10,5\n", [], "scan-place-without-position"),
        (counts(), TEN.replace("P3,2.5,0,1000", "P3,2.5,0,"), [], "scan-place-without-population"),
        (counts(), TEN.replace("P3,2.5,0,1000", "P3,2.5,0,-4"), [], "scan-place-without-population"),
        (counts(), TEN.replace("P3,2.5,0,1000", "P3,2.5,0,0"), [], "scan-place-cases-unexpected"),
        (counts(), TEN.replace("P3,", "P2,"), [], "scan-place-twice"),
        (counts(), TEN.replace("P3,", "Q3,"), [], "scan-place-not-among"),
        (counts(), "place,x,y\nP0,1,2\n", [], "scan-place-without-base"),
        (counts(), TEN, ["--model", "expectation", "--expected", "none"], "epi-column-missing"),
        (counts(), "place,population\nP0,3\n", [], "epi-column-missing"),
        (counts(), TEN + "P10,10,0,500,1\n", [], "series-day-missing"),
        (counts().replace(f"P3,{on(4)},2\n", ""), TEN, [], "series-day-missing"),
        (counts().replace(f"P3,{on(4)},2\n", f"P3,{on(4)},-2\n"), TEN, [], "count-negative"),
        (counts().replace(f"P3,{on(4)},2\n", f"P3,{on(4)},2.5\n"), TEN, [], "count-fractional"),
        (counts() + f"P3,{on(4)},2\n", TEN, [], "series-date-twice"),
        (counts() + "P3,2999-01-01,2\n", TEN, [], "series-date-ahead"),
        ("place,date,count\nP0,2020-01-01,1\nP0,2020-01-04,1\nP1,2020-01-11,1\n", TEN, ["--missing-is-zero"], "series-steps-mixed"),
    ],
)
def test_what_cannot_be_scanned_is_refused_with_its_reason(write, cases, places, more, code):
    with pytest.raises(Refused) as refused:
        run("scan", write("c.csv", cases), "--places", write("p.csv", places), "--replications", "9", *more)
    assert refused.value.code == code
    assert refused.value.text("zh") != refused.value.text("en")


def test_lines_may_stand_in_any_order_and_silence_is_zero_only_where_that_is_said(write):
    head, *lines = counts(3).splitlines()
    mixed = "\n".join([head, *sorted(lines, key=lambda text: hash((text, 1)))]) + "\n"
    places, one = write("p.csv", TEN + "P10,10,0,500,1\n"), ["--replications", "0", "--missing-is-zero", "--json"]
    assert run("scan", write("a.csv", mixed), "--places", places, *one) == run("scan", write("b.csv", counts(3)), "--places", places, *one)


# ---------------------------------------------------------------------------------------------------------- delays


def line_list(n: int = 400, *, today: int = 60, growth: float = 0.08, mean: float = 6.0) -> str:
    """Cases of a growing epidemic as a register knows them on day `today`: reports after it are not there yet."""
    chance = np.random.default_rng(2)
    first = np.floor(np.log1p(chance.random(n) * np.expm1(growth * today)) / growth).astype(int)
    second = np.floor(first + chance.random(n) + chance.gamma(2.0, mean / 2.0, n)).astype(int)
    return "area,onset,report\n" + "".join(f"{'甲' if i % 2 else '乙'},{on(a)},{on(b) if b <= today else ''}\n" for i, (a, b) in enumerate(zip(first, second, strict=True)))


def test_delays_by_group_are_corrected_for_what_is_not_seen_yet(write):
    path = write("l.csv", line_list(3000))
    [whole] = json.loads(run("delays", path, "--from", "onset", "--to", "report", "--as-of", on(60), "--json"))["rows"]
    assert whole["group"] == "all"
    assert whole["cases"] == 3000 == whole["pairs"] + whole["open"]
    assert whole["mean"] == pytest.approx(6.0, rel=0.07)
    assert whole["mean_low"] < whole["mean"] < whole["mean_high"]
    assert whole["unseen"] == pytest.approx(whole["open"] / 3000, abs=0.05)
    [naive] = json.loads(run("delays", path, "--from", "onset", "--to", "report", "--as-of", on(60), "--no-truncation", "--json"))["rows"]
    assert naive["mean"] < whole["mean"] - 1
    assert naive["unseen"] is None
    rows = list(csv.DictReader(run("delays", path, "--from", "onset", "--to", "report", "--by", "area", "--family", "gamma").splitlines()))
    assert {(r["group"], r["family"]) for r in rows} == {("甲", "gamma"), ("乙", "gamma")}


def test_counts_of_pairs_are_the_same_as_lines(write):
    lines = [(0, 3), (0, 3), (1, 2), (2, 9), (2, 9), (2, 9), (3, 4), (4, 8), (5, 7), (5, 11), (6, 8), (7, 10)]
    one = write("a.csv", "a,b\n" + "".join(f"{on(i)},{on(j)}\n" for i, j in lines))
    two = write("b.csv", "a,b,n\n" + "".join(f"{on(i)},{on(j)},{lines.count((i, j))}\n" for i, j in sorted(set(lines), reverse=True)))
    first, second = (json.loads(run("delays", *command, "--from", "a", "--to", "b", "--json"))["rows"][0] for command in ([one], [two, "--count", "n"]))
    assert first.pop("median") == pytest.approx(second.pop("median"), rel=1e-4)
    assert (first["cases"], first["pairs"], first["observed_median"]) == (12, 12, 3)
    assert first["pairs"] == second["pairs"]


def test_too_few_pairs_are_told_without_a_fit_and_lines_without_a_first_date_are_counted_aside(write):
    path = write("l.csv", f"a,b\n{on(0)},{on(3)}\n,{on(4)}\n{on(1)},\n")
    done = CliRunner().invoke(app, ["epi", "delays", path, "--from", "a", "--to", "b"], catch_exceptions=False)
    [row] = csv.DictReader(done.stdout.splitlines())
    assert (row["cases"], row["pairs"], row["open"], row["median"], row["observed_median"], row["reason"]) == ("2", "1", "1", "", "3.0", "fewer than 10")
    assert "1 " in done.stderr


def test_who_was_found_before_falling_ill_is_counted_aside_and_in_no_delay(write):
    pairs = [(i, i + 2 + i % 4) for i in range(20)]
    text = "a,b\n" + "".join(f"{on(i)},{on(j)}\n" for i, j in pairs)
    told = []
    for more in ("", f"{on(9)},{on(5)}\n"):
        done = CliRunner().invoke(app, ["epi", "delays", write("l.csv", text + more), "--from", "a", "--to", "b", "--json"], catch_exceptions=False, env={"SIZAO_LANG": "en"})
        told.append(json.loads(done.stdout)["rows"][0])
    assert "line 22" in " ".join(done.stderr.split())
    assert (told[1].pop("reversed"), told[1].pop("cases")) == (1, 21)
    assert (told[0].pop("reversed"), told[0].pop("cases")) == (0, 20)
    assert told[0] == told[1]
    before, after = (run("nowcast", write("l.csv", text + more), "--onset", "a", "--report", "b", "--as-of", on(20)) for more in ("", f"{on(9)},{on(5)}\n"))
    assert before == after


@pytest.mark.parametrize(
    ("text", "more", "code"),
    [
        (f"a,b\n{on(4)},2999-01-01\n", [], "series-date-ahead"),
        ("a,b\n2020-02-31,2020-03-01\n", [], "series-date-unreadable"),
        ("a,b\n03/04/2020,05/04/2020\n", [], "series-date-unreadable"),
        (f"a,c\n{on(4)},{on(5)}\n", [], "epi-column-missing"),
        (f"a,b,n\n{on(4)},{on(5)},-1\n", ["--count", "n"], "pair-count-bad"),
        (f"a,b,n\n{on(4)},{on(5)},1.5\n", ["--count", "n"], "pair-count-bad"),
        ("a,b\n,2020-01-01\n", [], "file-empty"),
        (f"a,b\n{on(4)},{on(5)}\n", ["--as-of", "yesterday"], "bad-value"),
    ],
)
@pytest.mark.parametrize("command", [["delays", "--from", "a", "--to", "b"], ["nowcast", "--onset", "a", "--report", "b"]])
def test_what_can_be_no_delay_is_refused_with_its_line(write, command, text, more, code):
    with pytest.raises(Refused) as refused:
        run(command[0], write("l.csv", text), *command[1:], *more)
    assert refused.value.code == code


# --------------------------------------------------------------------------------------------------------- nowcast


def test_a_nowcast_adds_the_reports_that_are_still_to_come(write):
    rows = json.loads(run("nowcast", write("l.csv", line_list(3000, growth=0.02)), "--onset", "onset", "--report", "report", "--as-of", on(60), "--newest", "10", "--json"))["rows"]
    assert [r["date"] for r in rows] == [on(51 + i) for i in range(10)]
    assert rows[0]["seen"] <= rows[0]["q0.025"] <= rows[0]["mean"] <= rows[0]["q0.975"]
    assert rows[-1]["reported"] < 0.4 < 0.7 < rows[0]["reported"]
    every = [line.split(",")[1] for line in line_list(3000, growth=0.02).splitlines()[1:]]
    held = [r["q0.025"] <= every.count(r["date"]) <= r["q0.975"] for r in rows]
    assert sum(held) >= 8
    groups = list(csv.DictReader(run("nowcast", write("l.csv", line_list()), "--onset", "onset", "--report", "report", "--by", "area").splitlines()))
    assert {r["group"] for r in groups} == {"甲", "乙"}


# -------------------------------------------------------------------------------------------------- serial intervals


def test_an_empirical_serial_interval_is_taken_from_a_file(write):
    from sizao.epi.reproduction import serial_interval

    masses = serial_interval(5, 2, 40)
    counts = write("c.csv", "date,count\n" + "".join(f"{on(i)},{20 + i}\n" for i in range(40)))
    told = write("si.csv", "lag,probability\n" + "".join(f"{i},{m / masses.sum():.17g}\n" for i, m in reversed(list(enumerate(masses)))))
    one, two = (json.loads(run("rt", counts, *more, "--json"))["rows"][-1]["mean"] for more in (["--si-file", told], ["--si-mean", "5", "--si-sd", "2"]))
    assert one == pytest.approx(two, rel=1e-6)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("lag,probability\n0,0.2\n1,0.8\n", "serial-mass-at-zero"),
        ("lag,probability\n1,1.2\n2,-0.2\n", "serial-negative"),
        ("lag,probability\n1,0.4\n", "serial-not-one"),
        ("lag,probability\n1,0.4\n1,0.6\n", "serial-line-bad"),
        ("lag,probability\n1.5,1\n", "serial-line-bad"),
        ("lag,share\n1,1\n", "epi-column-missing"),
        (None, "serial-not-given"),
    ],
)
def test_a_serial_interval_that_cannot_be_is_refused(write, text, code):
    counts = write("c.csv", "date,count\n" + "".join(f"{on(i)},20\n" for i in range(20)))
    with pytest.raises(Refused) as refused:
        run("rt", counts, *(["--si-file", write("si.csv", text)] if text else []))
    assert refused.value.code == code
