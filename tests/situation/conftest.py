"""A small outbreak whose every date is known, so that figures can be counted by hand."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

ZONE = ZoneInfo("Asia/Shanghai")


def at(day, hour: int = 12):
    """Noon of a local day."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZONE).astimezone(UTC)


@pytest.fixture
def tell(county):
    """`tell(lines)` brings cases: each a dictionary of onset, report, … as days, with `area` (grid by default), `class`, `age`; the ids of the cases."""
    return bringing(county)


def bringing(county):
    from sizao.kernel.scope import Scope
    from sizao.registers.cases import actions as cases
    from sizao.registers.population import actions as population

    grid, other = county.areas["990001101201-1"], county.areas["990001102201-1"]
    system, made = Scope.system("test"), SimpleNamespace(n=0)

    def bring(lines, disease: str = "covid-19"):
        known = [at(line["known"] if "known" in line else line.get("report") or line.get("confirmation") or line["onset"]) for line in lines]
        data = [population.PersonData(area_id=line.get("area", grid).pk, name=f"病例{made.n + i}", age_years=line.get("age")) for i, line in enumerate(lines)]
        people = population.add_persons(system, data, known=known, sender="test")
        new = []
        for i, (line, person) in enumerate(zip(lines, people, strict=True)):
            told = {"area_id": line.get("area", grid).pk, "disease": disease, "classification": line.get("class", "confirmed"), "onset_on": line.get("onset")}
            told |= {column: at(line[name]) for name, column in (("care", "first_care_at"), ("report", "reported_at"), ("confirmation", "confirmed_at"), ("end", "outcome_at")) if line.get(name)}
            if line.get("outcome"):
                told["outcome"] = line["outcome"]
            new.append(cases.New(person, "test", f"S-{made.n + i}", known[i], {k: v for k, v in told.items() if v is not None}))
        made.n += len(lines)
        return SimpleNamespace(cases=cases.add_cases(system, new), people=people, grid=grid, other=other, county=county)

    return bring


@pytest.fixture
def wave(tell):
    """Forty days of cases of which 0, 1, 2 … are ill on a day, each reported two days later; the moment judged is the end of the fortieth day."""
    from datetime import date

    first = date(2020, 12, 10)
    lines = []
    for n in range(40):
        for k in range(n // 4):
            onset = first + timedelta(days=n)
            report = onset + timedelta(days=1 + k % 3)
            if report <= first + timedelta(days=39):
                lines.append({"onset": onset, "report": report, "class": ("confirmed", "suspected", "asymptomatic")[k % 3], "age": 10 * (k % 8) + 5})
    told = tell(lines)
    told.lines, told.first, told.as_of = lines, first, datetime(2021, 1, 18, 23, 59, 59, 999999, tzinfo=ZONE).astimezone(UTC)
    return told
