"""Outbreaks that nobody here wrote, brought in as they came: every bar is what a reader of the file with nothing but the standard library counts."""

import csv
from collections import Counter
from datetime import date

import numpy as np
import pytest

from sizao.kernel.days import NEVER, day

pytestmark = pytest.mark.django_db


def opened(path, disease, zone):
    from sizao.interop.intake import import_files, last_day
    from sizao.kernel import areas, clock
    from sizao.kernel.scope import Scope
    from sizao.situation.lines import gather

    system = Scope.system("test")
    report = import_files(system, [path], disease=disease, time_zone=zone)
    return gather(system, areas.root(), disease, clock.end_of_day(last_day(report), zone))


def bars(curve) -> dict[date, int]:
    return {day(int(s)): int(n) for s, n in zip(curve.periods.starts, curve.totals, strict=True) if n}


def told(path, column) -> Counter:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return Counter(date.fromisoformat(r[column].strip()) for r in csv.DictReader(file) if r[column].strip()[:2] in ("20", "18"))


@pytest.fixture
def korea(shared):
    path = shared / "data/ds4c-korea-2020/PatientInfo.csv"
    return path, opened(path, "covid-19", "Asia/Seoul")


def test_korea_2020_by_confirmation_and_by_onset(korea):
    from sizao.situation.curve import curve

    path, lines = korea
    for by, column in (("confirmation", "confirmed_date"), ("onset", "symptom_onset_date")):
        counted = told(path, column)
        since = min(counted)
        found = curve(lines, by, since=(since - date(1970, 1, 1)).days)
        assert bars(found) == dict(counted)
        assert found.undated == len(lines) - sum(counted.values())
    weeks = curve(lines, "confirmation", "iso", since=(date(2020, 1, 20) - date(1970, 1, 1)).days)
    by_week = Counter(f"{d.isocalendar().year}-W{d.isocalendar().week:02d}" for d in told(path, "confirmed_date").elements())
    assert {label: int(n) for label, n in zip(weeks.periods.labels, weeks.totals, strict=True) if n} == dict(by_week)


def test_korea_2020_outcomes(korea):
    """Deaths and recoveries as the file has them; who is told a day of release has been released, though his state still says isolated."""
    from sizao.situation.ends import ends
    from sizao.situation.keeping import Work

    path, lines = korea
    with path.open(newline="", encoding="utf-8-sig") as file:
        states = Counter("released" if r["released_date"].strip() and r["state"] == "isolated" else r["state"] for r in csv.DictReader(file))
    whole = ends(lines, work=Work(budget=None)).groups[0].rates
    assert (int(whole.fatal_of_all.counted), int(whole.cured_of_all.counted), whole.confirmed) == (states["deceased"], states["released"], len(lines))


def test_rt_of_korea_falls_below_one_in_march(korea):
    from sizao.situation.curve import curve
    from sizao.situation.spread import spread

    _path, lines = korea
    found = spread(curve(lines, "confirmation"), "covid-19")
    rt = {day(found.base + int(e)): float(m) for e, m in zip(found.rt.ends, found.rt.mean[0], strict=True)}
    assert rt[date(2020, 2, 24)] > 2 > 1 > rt[date(2020, 3, 16)]


def test_hagelloch_1861(shared):
    """188 children with measles, each onset told; and a disease with a serial interval of its own."""
    from sizao.situation.curve import curve

    path = shared / "data/outbreaks-r/measles_hagelloch_1861.csv"
    lines = opened(path, "measles", "Europe/Berlin")
    found = curve(lines, since=(min(told(path, "date_of_prodrome")) - date(1970, 1, 1)).days)
    assert len(lines) == 188 == int((lines.days["onset"] != NEVER).sum())
    assert bars(found) == dict(told(path, "date_of_prodrome"))
    assert np.isfinite(found.counts).all()
