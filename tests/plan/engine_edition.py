"""A vocabulary and an edition with every shape of timetable, evidence, owner and condition that the language has: what the engines are compared on."""

from engine_pairs import LISTS, PAIRED
from engine_wide import HEADS, WIDE

from sizao.kernel.facts import ActKind, AreaFact, FactsColumn, FactsLink, FactsTable
from sizao.plan.language import Vocabulary, load_edition

C = FactsColumn


def _table(name, *columns, person="person_id", links=(), derived=(), made_by=None, custody=False):
    own = tuple(C(n, t, n, n, n) for n, t in columns) + tuple(C(n, t, "", n, n, expression=e) for n, t, e in derived)
    return FactsTable(name, name, name, name, own, person=person, links=tuple(FactsLink(n, t, n, n, n) for n, t in links), made_by=made_by, custody=custody)


TABLES = (
    _table(
        "contact",
        ("class", "text"),
        ("named_at", "instant"),
        ("last_exposure_on", "date"),
        ("released_at", "instant"),
        ("open", "bool"),
        ("visits", "int"),
        derived=(("long_ago", "bool", "days(last_exposure_on, today) > 7"), ("seen", "int", "count(check, '3d')")),
        custody=True,
    ),
    _table(
        "unit",
        ("kind", "text"),
        ("beds", "int"),
        ("running", "bool"),
        ("opens_on", "date"),
        ("load", "number"),
        ("shift_hours", "int"),
        ("ward", "text"),
        person=None,
        links=(("parent", "unit"),),
    ),
    _table("lead", ("kind", "text"), ("received_at", "instant"), ("due_on", "date"), ("urgent", "bool"), links=(("unit", "unit"), ("origin", "area")), made_by="verified"),
    _table(
        "notice",
        ("for_kind", "text"),
        ("published_at", "instant"),
        ("urgent", "bool"),
        ("said", "text"),
        person=None,
        links=(("by_unit", "unit"), ("origin", "area")),
    ),
)
AREA_FACTS = (
    AreaFact("grade", "text", "risk", "grade", "grade"),
    AreaFact("level", "text", "level", "level", "level"),
    AreaFact("strictness", "number", "risk", "strictness", "strictness", field="number"),
    AreaFact("sweep_from", "instant", "order", "sweep", "sweep", field="starts_at", only="sweep", ended=True),
)
ACTS = tuple(
    ActKind(kind, key, kind, kind, restricts, other)
    for kind, key, restricts, other in (
        ("check", "person", False, None),
        ("visit", "subject", False, None),
        ("test", "person", False, None),
        ("report", "subject", False, None),
        ("admitted", "person", True, None),
        ("verified", "subject", False, None),
        ("ruled_out", "subject", False, None),
        ("released", "person", False, None),
        ("told", "unit", False, "notice"),
        ("excused", "unit", False, "notice"),
        ("inspected", "unit", False, None),
        ("swept", "area", False, None),
        ("called_off", "subject", False, None),
    )
)
VOCABULARY = Vocabulary.of(TABLES, ACTS, areas=AREA_FACTS)

TEXT = """
edition: every-shape
title: {zh: 各种形状, en: Every shape}
""" + HEADS.replace("escalate:", LISTS.strip("\n") + "\nescalate:") + """
params:
  span:
    - {value: 2d, source: test}
    - {value: 36h, from: 2020-06-07, source: test}
    - {value: 3d, area: C2, source: test}
    - {value: 1d, area: C4, source: test}
    - {value: 4d, area: C2, from: 2020-06-09, source: test}
    - {value: 5d, kind: hospital, area: C2, source: test}
    - {value: 6d, ward: fever, area: C4, source: test}
  step:
    - {value: 2d, from: 2020-06-01, source: test}
    - {value: 1d, from: 2020-06-05, source: test}
    - {value: 1w, disease: flu, source: test}
  stay:
    - {value: 9d, source: test, read: start}
    - {value: 3d, from: 2020-06-06, source: test}
    - {value: 5d, class: secondary, source: test}
    - {value: 6d, class: secondary, disease: covid-19, from: 2020-06-08, source: test}
    - {value: 2d, for: begun-term, class: general, source: test}
  cut_off:
    - {value: "17:00", source: test}
    - {value: ["09:00", "17:00"], from: 2020-06-08, source: test}
    - {value: "20:00", area: C3, source: test}
  share: [{value: 0.4, source: test}, {value: 0.9, area: C3, source: test}]
  term:
    - {value: 14d, from: 2020-06-01, source: test}
    - {value: 10d, from: 2020-06-12, source: test}
    - {value: 7d, from: 2020-06-08, disease: flu, source: test}
  clock:
    - {value: 24h, source: test}
    - {value: 12h, from: 2020-06-10, source: test}
    - {value: 1d, from: 2020-06-05, disease: flu, source: test}
  late_clock: {value: 36h, from: 2020-06-09, source: test}
  rounds:
    - {value: 6, source: test}
    - {value: 3, from: 2020-06-14, source: test}
  test_days:
    - {value: [1, 4, 7, 14], from: 2020-06-04, source: test}
    - {value: [1, 3, 5], from: 2020-06-12, source: test}
  lead: {value: 2d, source: test}
  enough: {value: 2, source: test}
measures:
"""
HEAD = """
    title: {zh: 措施, en: Measure}
    source: [{text: "000", quote: 引文}]
    kind: list"""
MEASURES = WIDE | PAIRED | {
    "daily": """
    for: contact
    should: class = 'close'
    when: {every: 1d, from: last_exposure_on, until: "least(released_at, last_exposure_on + $term)", at: ["20:00"]}
    done: check
    check: {by: health @ area, should: "drawn(0.5, 'week')", act: {act: test, where: number is not null}, untrue: "outcome = 'nobody' or number > 2"}
    show: {tail: "p90(hours(opens, done_at))", middle: "median(hours(opens, done_at))", never: share(done_at is null), all: count(*), first: min(last_exposure_on), none: "count(days(last_exposure_on, today) > $enough)"}
    close: [{act: ruled_out, reason: {zh: 排除, en: ruled out}}, {act: released, reason: {zh: 解除, en: released}}]
    by: community @ area""",
    "three-a-day": """
    for: contact
    should: open and visits >= $enough
    when: {every: 1d, from: named_at, until: released_at, at: ["08:00", "14:00", "20:00"], times: 12}
    done: {act: visit, where: "outcome <> 'nobody'"}
    by: community @ area.parent""",
    "weekly": """
    for: unit
    should: kind in ('hospital', 'school') and not (beds < 100 and running)
    when: {every: 1w, from: 2020-05-25, times: $rounds, at: ["17:00"]}
    done: {act: visit, where: "outcome = 'good' or number > 1.5"}
    by: health @ area.county""",
    "monthly": """
    for: unit
    should: opens_on is not null
    when: {every: 1mo, from: opens_on, times: 12}
    done: visit
    close: [{act: ruled_out, reason: {zh: 排除, en: ruled out}}]
    by: health @ area""",
    "clock": """
    for: lead
    should: kind = 'arrival' or urgent
    when: {within: $clock, of: received_at, early: 2h}
    done: verified
    close: [{act: ruled_out, reason: {zh: 排除, en: ruled out}}]
    by: community @ area""",
    "clock-later": """
    for: contact
    should: class <> 'general' and days(last_exposure_on, now) <= 14
    when: {within: $late_clock, of: "greatest(named_at, last_exposure_on)"}
    done: {act: admitted, where: "at >= '2020-06-02'"}
    by: cdc @ area.county""",
    "lead-time": """
    for: lead
    should: urgent or hours(received_at, now) > 30
    when: {before: due_on - $lead, early: 6h}
    done: verified
    by: community @ area""",
    "fixed-date": """
    for: unit
    should: running = true and load between 0.5 and 2
    when: {before: 2020-06-20, from: 2020-06-05}
    done: {act: visit, where: "outcome in ('good', 'fair') and number is not null"}
    close: [{act: ruled_out, reason: {zh: 排除, en: ruled out}}]
    by: health @ area.county""",
    "listed-days": """
    for: contact
    should: class in ('close', 'secondary')
    when: {days: [1, 4, 7, 14], of: last_exposure_on, at: "20:00"}
    done: test
    close: [{act: ruled_out, reason: {zh: 排除, en: ruled out}}]
    by: cdc @ area""",
    "dated-days": """
    for: contact
    should: open
    when: {days: $test_days, of: last_exposure_on}
    done: {act: test, where: "number >= $enough and at <= now"}
    by: cdc @ area.county""",
    "report": """
    for: unit
    should: running
    when: {every: 1d, from: 2020-05-28, at: ["17:00"]}
    done: {act: report, match: period, where: number is not null}
    by: community @ area""",
    "weekly-report": """
    for: unit
    when: {every: 1w, from: opens_on, until: 2020-06-21}
    done: {act: report, match: period}
    by: health @ area""",
    "term-from-a-day-known": """
    for: contact
    should: not open or released_at is null and visits in (1, $enough)
    when: {every: 2d, from: named_at, until: named_at + $term}
    done: visit
    by: community @ area""",
}
TEXT += "".join(f"  {name}:{HEAD}{body}\n" for name, body in MEASURES.items())
EDITION = load_edition(TEXT, VOCABULARY, "every-shape.yaml")
