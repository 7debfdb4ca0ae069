"""Measures that look beyond their own row: gates, slots, parts, the other forms of evidence, and every function of the language."""

HEADS = """
precedence: {watch: [slot-first, slot-second, slot-last]}
lists:
  kinds:
    - {value: arrival, from: 2020-06-03, until: 2020-06-10, source: test}
    - {value: hospital, source: test}
    - {value: other, from: 2020-06-08, source: test}
escalate: {alarm: [0h, 1h, 4h], prompt: [4h, 24h], routine: [1d, 3d]}
"""
WIDE = {
    "gated": """
    for: contact
    should: class = 'close'
    while: area.grade in ('high', 'medium') and area.level <> 'grid'
    when: {every: 1d, from: last_exposure_on, until: last_exposure_on + 10d}
    done: check
    by: community @ area""",
    "gated-by-order": """
    for: unit
    while: ordered('ban') or area.strictness > 1
    when: {every: 2d, at: $cut_off}
    done: visit
    by: health @ area""",
    "sweep": """
    for: unit
    should: inside(area, 'C2')
    when: {within: $span, of: area.sweep_from}
    done: visit
    by: health @ area.county""",
    "slot-first": """
    for: lead
    should: urgent and kind <> 'other'
    slot: watch
    when: {every: 1d, from: received_at, until: due_on}
    done: check
    by: cdc @ area""",
    "slot-second": """
    for: contact
    should: class = 'close' and open and has(lead, due_on > subject.last_exposure_on)
    slot: watch
    when: {every: 1d, from: last_exposure_on, until: last_exposure_on + 9d}
    done: {any: [check, visit]}
    by: cdc @ area""",
    "slot-last": """
    for: contact
    slot: watch
    when: {within: 48h, of: named_at}
    done: check
    by: cdc @ area""",
    "chain": """
    for: lead
    should: kind in ('arrival', 'hospital')
    by: community @ area
    done: verified
    parts:
      told: {when: {within: $clock, of: received_at}, close: [{act: ruled_out, reason: {zh: 排除, en: ruled out}}]}
      answered: {when: {within: 2d, of: told}, done: visit, by: cdc @ area}
      followed: {should: urgent, when: {every: 1d, from: answered, until: "least(due_on, answered + 5d)"}, done: check}
      counted: {for: contact, when: {days: [1, 3], of: last_exposure_on}, done: test}
      late: {when: {before: answered + 4d, from: told}, done: {act: ruled_out, where: outcome = 'good'}}""",
    "twice": """
    for: contact
    when: {every: 2d, from: named_at, until: named_at + 8d}
    done: {act: visit, where: number >= subject.visits, need: visits}
    by: community @ area""",
    "twice-by-load": """
    for: unit
    when: {every: 3d, from: opens_on, until: 2020-06-12}
    done: {act: visit, need: load * 3}
    by: health @ area""",
    "short": """
    for: unit
    should: kind <> 'other'
    when: {within: 3d, of: opens_on}
    urgency: alarm
    reconcile: [{total: unit.beds}, {total: area.strictness}, {filed: report, for: unit, every: 2d, by: health @ area}]
    done: {have: beds, need: 100, unit: kind}
    show: {beds: total(beds), short: share(beds < 100), late: "median(hours(due, done_at))", told: "count(state = 'cannot_tell')", last: max(done_at)}
    by: community @ area""",
    "looked-back": """
    for: contact
    should: class = 'close'
    reconcile: [{from: lead, where: urgent or kind = 'hospital'}, {from: test, where: outcome = 'good' and number > 1}]
    when: {days: [2, 5], of: last_exposure_on, at: "17:00"}
    done: {act: test, since: due - $span}
    by: community @ area""",
    "amount": """
    for: unit
    when: {every: 1d, from: opens_on, until: 2020-06-16}
    close: [{act: ruled_out, reason: {zh: 排除, en: ruled out}}]
    done: {have: count(visit) * 2 + shift_hours, need: "total(report.number, '4d')"}
    by: community @ area""",
    "stock": """
    for: unit
    should: kind is not null
    when: {before: 2020-06-12, from: 2020-06-02}
    done: {have: load * 2 + count(visit), need: beds - 90}
    close: [{act: ruled_out, reason: {zh: 排除, en: ruled out}}]
    by: community @ area""",
    "state": """
    for: unit
    done: {holds: "running and load < 2 or gap(visit) > 10"}
    by: community @ area""",
    "complete": """
    for: lead
    when: {within: 0h, of: received_at}
    done: {holds: "due_on is not null and urgent and (has(contact, open) or unit.running)"}
    by: community @ area""",
    "forbidden": """
    for: contact
    should: open
    when: {every: 1d, from: named_at, until: released_at}
    done: {never: visit, where: outcome = 'nobody' and number > subject.visits}
    by: community @ area""",
    "both": """
    for: contact
    when: {every: 2d, from: last_exposure_on, until: last_exposure_on + 8d}
    done: {all: [check, {any: [test, {holds: open}]}, {never: released}]}
    close: [{act: ruled_out, reason: {zh: 排除, en: ruled out}}]
    by: community @ area""",
    "fresh": """
    for: unit
    should: running
    when: {fresh: $span}
    done: {act: visit, where: "outcome in ('good', 'fair')"}
    by: health @ area""",
    "fresh-from": """
    for: contact
    when: {fresh: 3d, from: last_exposure_on}
    done: test
    close: [{act: ruled_out, reason: {zh: 排除, en: ruled out}}]
    by: cdc @ area.county""",
    "shift": """
    for: unit
    when: {every: shift_hours, from: opens_on, until: 2020-06-12}
    done: visit
    close: [{act: ruled_out, reason: {zh: 排除, en: ruled out}}]
    by: health @ area""",
    "stepped": """
    for: contact
    when: {every: $step, from: named_at, until: named_at + $stay, at: "14:00"}
    done: visit
    by: health @ area""",
    "begun-term": """
    for: contact
    should: "class in ('close', 'secondary', 'general')"
    when: {every: 1d, from: last_exposure_on, until: last_exposure_on + $stay}
    done: check
    by: cdc @ area""",
    "counting": """
    for: contact
    should: "count(check, outcome = 'good', '4d') < 2 and (latest(test.outcome) = 'good' or latest(test.outcome) is null) and not long_ago"
    when: {within: 3d, of: named_at}
    done: visit
    by: community @ area""",
    "rows": """
    for: lead
    should: "count(contact, open) > 0 and total(contact.visits, class = 'close' or open) >= 2 or unit.parent.kind = 'hospital' or latest(contact.named_at) > received_at"
    when: {within: 36h, of: received_at}
    done: verified
    by: community @ area""",
    "by-rows-kept": """
    for: contact
    should: count(lead, urgent) < 2 or has(lead, kind = 'hospital')
    when: {within: 2d, of: named_at}
    done: visit
    by: community @ area""",
    "linked-back": """
    for: unit
    should: "has(lead, urgent) or has(contact, open and last_exposure_on >= subject.opens_on)"
    when: {every: 3d, from: opens_on, until: 2020-06-15}
    done: visit
    by: community @ area""",
    "listing": """
    for: lead
    reconcile: [{from: contact, where: open}]
    should: listed('kinds', kind, received_at)
    when: {before: due_on}
    done: verified
    by: community @ area""",
    "drawing": """
    for: unit
    should: drawn($share, 'week')
    when: {every: 1w, from: 2020-05-27}
    done: visit
    by: health @ area""",
    "behind": """
    for: contact
    should: not met('daily', 'looked-back')
    when: {every: 1d, from: named_at, until: named_at + 6d, at: "20:00"}
    done: visit
    by: community @ area""",
    "owner-of-unit": """
    for: lead
    should: has(unit, running)
    when: {within: 1d, of: received_at}
    done: verified
    by: community @ area""",
    "behind-person": """
    for: lead
    should: met('daily')
    while: coverage('report') < 0.6 or coverage('clock') >= 0.5
    when: {every: 1d, from: received_at, until: due_on}
    done: check
    check: {by: health @ area, should: "drawn(0.5, 'day')", act: visit, untrue: "outcome = 'nobody'"}
    by: community @ area""",
    "drawn-numbers": """
    for: contact
    should: seen < 2 and total(test.number) < 3
    when: {days: [1, 2, 3, 4], of: last_exposure_on}
    done: {act: check, need: 2}
    by: community @ area""",
}
