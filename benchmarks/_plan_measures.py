"""Thirty measures in the language of the plan, over an invented province's own tables and acts: 12 row conditions, 12 with acts in a window, 6 daily series."""

from sizao.kernel.facts import ActKind, FactsColumn, FactsTable
from sizao.plan.language import Edition, Vocabulary, load_edition

SUBJECT_ACTS = ("swept", "swept_again", "visited", "sealed", "inspected", "daily_report", "stock_report", "fever_report", "accepted", "closed_down")
PERSON_ACTS = ("check", "temperature", "symptoms", "tested", "declared", "called", "vaccinated", "trained", "follow_up", "ruled_out")
TABLES = {
    "person": "age:int sex:text job:text chronic:bool origin:text arrived_on:date recovered_on:date vaccinated_on:date",
    "household": "lived_in:bool size:int",
    "contact": "class:text named_at:instant last_exposure_on:date observation_from:instant released_at:instant open:bool",
    "stay": "kind:text admitted_at:instant until_on:date",
    "unit": "kind:text beds:int running:bool opened_on:date",
}


def vocabulary() -> Vocabulary:
    """What the invented registers declare."""
    tables = [FactsTable(name, name, name, name, tuple(_column(word) for word in columns.split())) for name, columns in TABLES.items()]
    acts = [ActKind(a, "subject", a, a) for a in SUBJECT_ACTS] + [ActKind(a, "person", a, a) for a in PERSON_ACTS]
    acts.append(ActKind("admitted", "person", "admitted", "admitted", restricts=True))
    return Vocabulary.of(tables, acts)


def _column(word: str) -> FactsColumn:
    name, kind = word.split(":")
    return FactsColumn(name, kind, name, name, name)


ROWS = {
    "sweep-first": ("household", "lived_in", "{before: 2020-06-20, from: 2020-06-05}", "{act: swept, where: outcome = 'done'}", "grid @ area"),
    "sweep-second": ("household", "lived_in and size > 1", "{before: 2020-06-22, from: 2020-06-12}", "{act: swept_again, where: outcome = 'done'}", "grid @ area"),
    "aged-visit": ("person", "age >= 80 and chronic", "{before: 2020-06-18, from: 2020-06-05}", "called", "clinic @ area.township"),
    "aged-alone-visit": ("person", "age >= 85 and not chronic or age >= 88", "{before: 2020-06-25, from: 2020-06-10}", "called", "clinic @ area.township"),
    "arrival-declared": ("person", "arrived_on is not null and origin = 'listed'", "{within: 1d, of: arrived_on}", "declared", "community @ area"),
    "arrival-other-declared": ("person", "arrived_on is not null and origin = 'other'", "{before: arrived_on + $watch, from: arrived_on}", "declared", "community @ area"),
    "worker-vaccinated": ("person", "job in ('food', 'medical') and vaccinated_on is null", "{before: 2020-06-19, from: 2020-06-01}", "vaccinated", "clinic @ area.county"),
    "recovered-called": ("person", "recovered_on is not null and days(recovered_on, now) <= 120", "{within: 30d, of: recovered_on}", "follow_up", "clinic @ area"),
    "driver-trained": ("person", "job = 'driver' and age between 18 and 60", "{before: 2020-06-18, from: 2020-06-01}", "trained", "health @ area.county"),
    "contact-first-visit": ("contact", "class = 'close'", "{within: $clock, of: observation_from, early: 2h}", "visited", "community @ area"),
    "stay-sealed": ("stay", "kind = 'home'", "{within: 12h, of: admitted_at}", "sealed", "community @ area"),
    "hospital-accepted": ("unit", "kind = 'hospital' and beds >= 100", "{before: 2020-06-18, from: 2020-06-01}", "accepted", "health @ area.county"),
}
WINDOWS = {
    "contact-tests": ("contact", "class in ('close', 'secondary')", '{days: [1, 4, 7, 14], of: last_exposure_on, at: "20:00"}', "tested", "sampler @ area"),
    "contact-tests-early": ("contact", "class = 'close'", '{days: [1, 2, 3], of: last_exposure_on, at: "12:00"}', "tested", "sampler @ area"),
    "stay-tests": ("stay", "kind = 'central'", "{days: $test_days, of: admitted_at}", "tested", "sampler @ area.county"),
    "arrival-tests": ("person", "arrived_on is not null", "{days: [1, 3, 7], of: arrived_on}", "tested", "sampler @ area.township"),
    "food-weekly-test": ("person", "job = 'food'", "{every: 1w, from: 2020-05-25}", "tested", "sampler @ area.township"),
    "medical-weekly-test": ("person", "job = 'medical' and age < 70", '{every: 1w, from: 2020-05-27, at: ["18:00"]}', "tested", "sampler @ area.county"),
    "driver-tests": ("person", "job = 'driver'", "{every: 4d, from: 2020-06-01}", "tested", "sampler @ area.county"),
    "recovered-weekly": ("person", "recovered_on is not null and age >= 18", "{every: 1w, from: recovered_on, times: 52}", "follow_up", "clinic @ area"),
    "contact-visits": ("contact", "class = 'close' and open", "{every: 3d, from: last_exposure_on, until: last_exposure_on + $term}", "{act: visited, where: outcome <> 'nobody'}", "community @ area.parent"),
    "unit-inspected": ("unit", "running", '{every: 1w, from: 2020-05-25, at: ["17:00"]}', "{act: inspected, where: number >= $least}", "health @ area.county"),
    "contact-admitted": ("contact", "class = 'close' and hours(named_at, now) < 400", "{within: 24h, of: named_at}", "admitted", "cdc @ area.county"),
    "medical-aged-daily-test": ("person", "job = 'medical' and age >= 70", '{every: 1d, from: 2020-06-01, at: ["20:00"]}', "tested", "sampler @ area"),
}
DAILY = {
    "contact-daily-check": ("contact", "class = 'close'", '{every: 1d, from: last_exposure_on, until: "least(released_at, last_exposure_on + $term)", at: ["20:00"]}', "check", "community @ area"),
    "contact-daily-temperature": ("contact", "class in ('close', 'secondary') and open", "{every: 1d, from: last_exposure_on, until: last_exposure_on + $term}", "{act: temperature, where: number is not null}", "community @ area"),
    "stay-daily-symptoms": ("stay", "kind = 'home'", '{every: 1d, from: admitted_at, until: until_on, at: ["09:00", "20:00"]}', "symptoms", "community @ area"),
    "unit-daily-report": ("unit", "running", '{every: 1d, from: 2020-05-28, at: ["17:00"]}', "{act: daily_report, match: period, where: number is not null}", "reporter @ area"),
    "unit-stock-report": ("unit", "running and kind in ('hospital', 'school')", "{every: 1d, from: opened_on}", "{act: stock_report, match: period, where: number is not null}", "reporter @ area"),
    "school-fever-report": ("unit", "kind = 'school' and running", '{every: 1d, from: 2020-05-28, at: ["10:00"]}', "{act: fever_report, match: period}", "reporter @ area.county"),
}  # fmt: skip
PARAMS = """
params:
  watch: {value: 14d, source: bench}
  term: [{value: 14d, source: bench}, {value: 10d, from: 2020-06-14, source: bench}]
  clock: [{value: 24h, source: bench}, {value: 6h, from: 2020-06-12, source: bench}]
  test_days: [{value: [2, 7, 14], source: bench}, {value: [1, 3, 5], from: 2020-06-12, source: bench}]
  least: {value: 1, source: bench}
"""
CLOSED = {
    "contact": "[{act: ruled_out, reason: {zh: 已排除, en: ruled out}}]",
    "unit": "[{act: closed_down, reason: {zh: 已停业, en: closed down}}]",
}


def text(copies: int = 1) -> str:
    """The edition as a file. With several copies: as many measures of one kind, by other names."""
    listed = {**ROWS, **WINDOWS, **DAILY}
    found = [
        _measure(f"{name}-{i}" if i else name, *parts, CLOSED.get(parts[0], "")) for i in range(copies) for name, parts in listed.items()
    ]
    return "edition: bench\ntitle: {zh: 测量, en: Bench}" + PARAMS + "measures:\n" + "".join(found)


def _measure(name: str, table: str, should: str, when: str, done: str, by: str, close: str) -> str:
    if done.startswith("{") and "where" in done:
        head, where = done[:-1].split("where: ")
        done = f'{head}where: "{where}"}}'
    lines = [
        "title: {zh: 措施, en: Measure}",
        'source: [{text: "000", quote: 引文}]',
        "kind: list",
        f"for: {table}",
        f'should: "{should}"',
        f"when: {when}",
        f"done: {done}",
        *([f"close: {close}"] if close else []),
        f"by: {by}",
    ]
    return f"  {name}:\n" + "".join(f"    {line}\n" for line in lines)


def edition(copies: int = 1) -> Edition:
    """The thirty (times `copies`), checked."""
    return load_edition(text(copies), vocabulary())
