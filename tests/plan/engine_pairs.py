"""Measures about pairs and about the lines of lists, acts that agree by another key than subject or person, and conditions that look further themselves."""

LISTS = """
  streams:
    - {value: counts, unit_kind: hospital, said: good, source: test}
    - {value: roll, from: 2020-06-02, until: 2020-06-14, unit_kind: school, said: fair, source: test}
    - {value: lines, from: 2020-06-06, unit_kind: hospital, said: fair, source: test}
  rounds:
    - {value: north, from: 2020-06-01, until: 2020-06-12, area: C2, source: test}
    - {value: village, from: 2020-06-03, area: C4, source: test}
    - {value: south, from: 2020-06-05, until: 2020-06-20, area: C3, source: test}
    - {value: whole, from: 2020-06-08, source: test}
    - {value: nowhere, from: 2020-06-04, area: C99, source: test}
"""
PAIRED = {
    "pair-told": """
    for: [unit, notice]
    should: unit.kind = notice.for_kind and (unit.running or notice.urgent)
    when: {within: $clock, of: notice.published_at, early: 2h}
    done: told
    close: [{act: excused, reason: {zh: 免办, en: excused}}]
    show: {beds: "median(unit.beds)", good: "share(notice.said = 'good')"}
    by: community @ unit.area""",
    "pair-inside": """
    for: [contact, unit]
    should: "inside(contact.area, unit.area) and contact.class = 'close' and (unit.area.grade is null or unit.area.grade <> 'high')"
    while: area.level <> 'grid'
    when: {every: 2d, from: contact.last_exposure_on, until: contact.last_exposure_on + $stay}
    done: {act: test, where: "outcome = 'good' and (number is null or number < subject.unit.beds - 97)"}
    by: cdc @ area.county""",
    "pair-around": """
    for: [notice, contact]
    should: inside(contact.area, notice.area) and not notice.urgent and contact.open
    when: {before: notice.published_at + 3d}
    done: {act: visit, where: outcome = notice.said or outcome = contact.class}
    by: cdc @ notice.area.parent""",
    "pair-listed": """
    for: [unit, "list:streams"]
    should: unit.kind = streams.unit_kind
    when: {every: 1d, from: unit.opens_on, until: 2020-06-16, at: ["17:00"]}
    done: {act: report, where: outcome = streams.said}
    by: community @ unit.area""",
    "pair-alike": """
    for: ["list:streams", unit]
    should: unit.running and streams.ends_on is null
    done: {holds: "count(visit, outcome = subject.streams.said, '4d') > 0 or unit.parent.running or has(lead, urgent and kind = subject.streams.unit_kind)"}
    by: community @ area""",
    "pair-person": """
    for: [contact, lead]
    should: contact.person = lead.person and lead.unit is not null
    when: {within: 2d, of: lead.received_at}
    done: {any: [check, {holds: "contact.long_ago and count(test) > 0"}]}
    by: cdc @ contact.area""",
    "pair-behind": """
    for: [unit, notice]
    should: unit = notice.by_unit and notice.origin.level is not null
    when: {every: 3d, from: notice.published_at, until: 2020-06-18}
    done: {holds: "met('pair-told') or has(contact, open) or notice.by_unit.kind = 'school'"}
    by: community @ area""",
    "lines": """
    for: list:rounds
    should: not listed('kinds', code, now) and (area.grade is null or area.grade <> 'high')
    when: {every: 1d, from: starts_on, until: ends_on, at: ["20:00"], times: 9}
    done: swept
    close: [{act: called_off, reason: {zh: 取消, en: called off}}]
    by: health @ area""",
    "lines-fresh": """
    for: list:rounds
    when: {fresh: $span}
    done: swept
    by: health @ area.county""",
    "by-unit": """
    for: lead
    should: urgent or kind = 'arrival'
    when: {every: 2d, from: received_at, until: due_on}
    done: {act: inspected, need: 2}
    close: [{act: swept, reason: {zh: 已普查, en: swept}}, {act: excused, reason: {zh: 免办, en: excused}}]
    check: {by: health @ area, should: urgent, when: {within: 9d, of: received_at}, act: inspected, untrue: number > 2}
    by: community @ area""",
    "of-the-unit": """
    for: unit
    when: {fresh: 3d, from: opens_on}
    done: inspected
    by: community @ area""",
    "of-the-notice": """
    for: notice
    when: {within: 3d, of: published_at}
    done: {all: [told, {never: swept}]}
    by: community @ area""",
    "origins": """
    for: lead
    should: "origin.grade in ('high', 'medium') or unit.area.level = 'village' or unit.parent.area.strictness > 0"
    when: {within: 3d, of: "greatest(received_at, unit.area.sweep_from)"}
    done: {act: verified, where: subject.urgent or number > 1}
    by: community @ area""",
    "act-that-looks": """
    for: contact
    when: {days: [1, 4, 8], of: last_exposure_on}
    done: {act: visit, where: "count(check, '3d') > 0 or outcome = 'good' and area.grade = 'high' or has(lead, kind = 'arrival' and due_on > subject.last_exposure_on)"}
    by: community @ area""",
    "never-before": """
    for: contact
    should: open
    when: {every: 1d, from: named_at, until: named_at + $span}
    done: {never: released, where: "count(test, outcome = 'good', '6d') < $enough and number is not null"}
    by: community @ area""",
    "needed-while": """
    for: unit
    when: {every: 2d, from: 2020-06-01, until: 2020-06-15}
    done: {any: [{act: visit, where: "parent.running or listed('kinds', outcome, at)"}, {act: report, where: "total(visit.number, '5d') >= number", need: 2}]}
    by: community @ area""",
    "rows-that-look": """
    for: unit
    should: "has(lead, unit.running and (area.grade is null or area.grade <> 'high')) or count(contact, count(check, '9d') > 0 and visits >= subject.beds - 97) > 1"
    when: {every: 3d, from: opens_on, until: 2020-06-15}
    done: visit
    by: community @ area""",
    "acts-that-look": """
    for: contact
    should: "count(check, latest(test.outcome) = 'good' or has(lead, urgent), '5d') < 2 and (has(lead, met('clock') or not unit.running) or total(test.number, area.level = 'village') > 1)"
    when: {every: 2d, from: named_at, until: named_at + 6d}
    done: check
    by: community @ area""",
    "covered-of": """
    for: contact
    should: "coverage('daily', class = 'close' and visits >= subject.visits) < 0.7 or coverage('clock', unit.running) > 0.2 or coverage('pair-told', unit.running) >= 0.5"
    when: {every: 2d, from: last_exposure_on, until: last_exposure_on + 8d}
    done: check
    by: community @ area""",
}
