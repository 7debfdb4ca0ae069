"""Desks: tickets raised and closed, posts and shifts, test calls, orders and what is said of them, texts and whom they reach, who answers for what, forms."""

from .conduct import settle_down
from .things import step
from .town import Town

#: (kind, how many to a township, hours to answer, hours to verify): what is raised. Those of `DATED` have a day by which they are due.
TICKETS = (
    ("directive", 2), ("issue", 2), ("finding", 3), ("improvement", 1), ("blockage", 1), ("question", 9), ("complaint", 8), ("suggestion", 1), ("rumour_topic", 1), ("excess", 1),
    ("decision", 2), ("home_need", 2), ("household_order", 2), ("urgent_care", 1), ("psych", 1), ("consultation", 1), ("data_request", 1), ("exit_need", 2), ("plant_stopped", 1), ("blocker", 2),
    ("farm_access", 1),
)  # fmt: skip
DATED = ("directive", "finding", "improvement", "decision")
TICKET = """
INSERT INTO thing
WITH kinds AS (SELECT unnest([{kinds}]) AS kind, unnest([{many}]) AS many), places AS (SELECT i FROM area WHERE level = 'township'),
     drawn AS (SELECT kind, p.i AS area, k, CASE pick2(4, 'topic ' || kind, p.i, k) WHEN 0 THEN 'supplies' WHEN 1 THEN 'travel' ELSE 'testing' END AS topic,
                 after_hours({{begin}}, floor(u2('raised ' || kind, p.i, k) * {{days}} * 24 * 60) / 60.0) AS raised_at FROM kinds, places p, range(many) AS t(k))
SELECT 'ticket', CAST(row_number() OVER (ORDER BY raised_at, kind, area, k) AS INTEGER), area, raised_at, kind,
  json_object('kind', kind, 'topic', topic, 'what', coalesce(called('ticket ' || kind || ' ' || topic, area * 100 + k), called('ticket ' || kind, area * 100 + k), ''), 'raised_at', raised_at,
    'due_at', CASE WHEN kind IN ({dated}) AND (kind <> 'decision' OR u2('dated', area, k) < .8) THEN after_hours(raised_at, 24 * (2 + pick2(4, 'due', area, k))) END,
    'unit', CASE WHEN kind <> 'decision' OR u2('owned', area, k) < .8 THEN (SELECT min(u.i) FROM unit u WHERE u.area = drawn.area AND u.kind = 'township') END) FROM drawn;
"""
#: (kind, level, shift in hours): posts, one in each area of the level.
POSTS = (("command_seat", "city", None), ("command_seat", "county", None), ("command_seat", "township", None), ("duty", "county", 12), ("leader_in_charge", "county", 24), ("grid", "grid", None))
POST = """
INSERT INTO thing SELECT 'post', {start} + CAST(row_number() OVER (ORDER BY i) AS INTEGER), i, after_hours({{begin}}, -480), '{kind}',
  json_object('kind', '{kind}', 'title', called('post {kind}', i), 'told_at', after_hours({{begin}}, -480), 'holder', CASE WHEN u('held {kind}', i) < .9 THEN true WHEN u('held {kind}', i) < .97 THEN false END, 'backup', u('backup {kind}', i) < .8,
    'reachable', u('reached {kind}', i) < .9, 'shift_hours', {hours}, 'shift_starts', CASE WHEN {hours} IS NOT NULL THEN {{begin}} END, 'unit', {unit}) FROM {who};
"""
#: One row a shift; nobody may come.
SHIFT = """
INSERT INTO thing SELECT 'shift', CAST(row_number() OVER (ORDER BY t.i, k) AS INTEGER), t.area, after_hours({begin}, k * hours), 'post',
  json_object('guard_post', t.i, 'starts_at', after_hours({begin}, k * hours), 'unit', unit)
FROM (SELECT *, CAST(told->>'shift_hours' AS INTEGER) AS hours, CAST(told->>'unit' AS INTEGER) AS unit FROM thing WHERE register = 'post') t, range({days} * 24) AS r(k) WHERE hours IS NOT NULL AND k * hours < {days} * 24;
INSERT INTO thing SELECT 'shift', (SELECT max(i) FROM thing WHERE register = 'shift') + CAST(row_number() OVER (ORDER BY r.person, day) AS INTEGER), r.area, after_hours(day, 8), 'person',
  json_object('person', r.person, 'unit', r.unit, 'starts_at', after_hours(day, CASE WHEN u2('night', r.person, day) < .1 THEN 18 ELSE 8 END))
FROM roll r, generate_series({begin}, {end} - INTERVAL 1 DAY, INTERVAL 1 DAY) AS t(day) WHERE r.at_risk AND (date_diff('day', {begin}, day) + r.person) % 7 <> 0;
"""
CALL = """
INSERT INTO thing SELECT 'call', CAST(row_number() OVER (ORDER BY t.i, k) AS INTEGER), t.area, after_hours({begin}, k * 24 + 8 + pick2(10, 'calls at', t.i, k)), 'call',
  json_object('guard_post', t.i, 'called_at', after_hours({begin}, k * 24 + 8 + pick2(10, 'calls at', t.i, k)), 'outcome', CASE WHEN u2('answers', t.i, k) < .85 THEN 'answered' ELSE 'no_answer' END)
FROM thing t, range({days}) AS r(k) WHERE t.register = 'post' AND ((t.kind = 'command_seat' AND u2('called', t.i, k) < .2) OR (t.kind IN ('duty', 'leader_in_charge') AND u2('called', t.i, k) < .2));
"""
#: (kind, level, how many to an area, whom or what it reaches). The public reads these words.
ORDERS = (
    ("response_level", "city", 2, "全市 · the whole city"),
    ("grade", "township", 1, "本乡镇 · the township"),
    ("terminal_cleaning", "village", 1, "有病例的住所和场所 · homes and places where a case was"),
    ("gathering", "township", 2, "本乡镇五十人以上的活动 · gatherings of over fifty in the township"),
    ("strategy", "county", 2, "本县各单位 · the units of the county"),
    ("traffic", "township", 1, "进出本乡镇的车辆；救护、物资车辆除外 · vehicles in and out of the township; ambulances and supplies excepted"),
)
ORDER = """
INSERT INTO thing
WITH drawn AS (SELECT a.i AS area, k, after_hours({{begin}}, floor(u2('ordered {kind}', a.i, k) * {{days}} * 24 * 60) / 60.0) AS issued_at FROM area a, range({many}) AS t(k) WHERE a.level = '{level}')
SELECT 'order', {start} + CAST(row_number() OVER (ORDER BY issued_at, area, k) AS INTEGER), area, issued_at, '{kind}',
  json_object('kind', '{kind}', 'title', called('order {kind}', area * 10 + k), 'restrictive', '{kind}' IN ('gathering', 'traffic'), 'strictness', 1 + pick2(3, 'strict {kind}', area, k), 'touches_public', '{kind}' IN ('gathering', 'traffic', 'response_level', 'grade'),
    'basis', CASE WHEN u2('basis {kind}', area, k) < .9 THEN '指挥部会议纪要 · minutes of the command meeting' ELSE '' END, 'reach', CASE WHEN u2('reach {kind}', area, k) < .9 THEN '{reach}' ELSE '' END, 'appeal_route', CASE WHEN u2('appeal {kind}', area, k) < .85 THEN '12345' ELSE '' END,
    'issued_at', issued_at, 'starts_at', after_hours(issued_at, 12), 'ends_at', CASE WHEN u2('ends {kind}', area, k) < .9 THEN after_hours(issued_at, 24 * (4 + pick2(8, 'lasts {kind}', area, k))) END) FROM drawn;
"""
#: Texts: the plain words of an order; evaluations of a change; bulletins each day; guides, messages, plans of treatment; plans of units.
TEXT = """
INSERT INTO thing SELECT 'text', CAST(row_number() OVER (ORDER BY t.i) AS INTEGER), t.area, t.known_at, 'rule', json_object('kind', 'rule', 'title', called('text rule ' || t.kind, t.i), 'about_order', t.i) FROM thing t WHERE t.register = 'order' AND CAST(t.told->>'touches_public' AS BOOLEAN);
INSERT INTO thing SELECT 'text', (SELECT max(i) FROM thing WHERE register = 'text') + CAST(row_number() OVER (ORDER BY t.i) AS INTEGER), t.area, after_hours(t.known_at, -30), 'evaluation', json_object('kind', 'evaluation', 'title', called('text evaluation', t.i), 'about_order', t.i)
  FROM thing t WHERE t.register = 'order' AND t.kind IN ('response_level', 'grade', 'strategy');
INSERT INTO thing SELECT 'text', (SELECT max(i) FROM thing WHERE register = 'text') + CAST(row_number() OVER (ORDER BY p.i, day) AS INTEGER), p.area, after_hours(day, 15), 'bulletin',
  json_object('kind', 'bulletin', 'title', called('text bulletin', p.i) || ' ' || strftime(day, '%Y-%m-%d'), 'unit', CAST(p.told->>'unit' AS INTEGER), 'figures_unequal', CASE WHEN u2('unequal', p.i, day) < .1 THEN 1 WHEN u2('unequal', p.i, day) < .95 THEN 0 END)
  FROM thing p, generate_series({begin}, {end} - INTERVAL 1 DAY, INTERVAL 1 DAY) AS t(day) WHERE p.register = 'post' AND p.kind = 'spokesperson';
INSERT INTO thing SELECT 'text', (SELECT max(i) FROM thing WHERE register = 'text') + CAST(row_number() OVER (ORDER BY kind, k, a.i) AS INTEGER), a.i, day_of(1 + k * 9 + pick2(4, 'writes ' || kind, a.i, k)), kind, json_object('kind', kind, 'title', called('text ' || kind, k))
  FROM area a, (SELECT unnest(['guide', 'message', 'treatment_plan']) AS kind), range(2) AS r(k) WHERE a.level = 'county';
INSERT INTO thing SELECT 'text', (SELECT max(i) FROM thing WHERE register = 'text') + CAST(row_number() OVER (ORDER BY u.i) AS INTEGER), u.area, day_of(pick({days}, 'files', u.i)), 'plan', json_object('kind', 'plan', 'title', replace(u.name, '（虚构）', '') || called('text plan', u.i), 'unit', u.i)
  FROM unit u WHERE u.kind IN ('county', 'clinic', 'school', 'department') AND u('files a plan', u.i) < .7;
"""
#: A guide comes to firms, a plan of treatment to hospitals, a message to households: not to all of them.
RECEIPT = """
INSERT INTO chance SELECT 'reached', 'rc' || t.i || '-' || u.i, 'text:' || t.i || '|unit:' || u.i, NULL, u.area, d.told_at, after_hours(d.told_at, CASE t.kind WHEN 'guide' THEN 22 ELSE 70 END), NULL, NULL, NULL, NULL
FROM thing t JOIN deed d ON d.kind = 'step:text.published_at' AND d.about = 'text:' || t.i AND d.told_at IS NOT NULL JOIN unit u ON u.in_use AND ((t.kind = 'guide' AND u.kind IN ('employer', 'site')) OR (t.kind = 'treatment_plan' AND u.kind = 'clinic'))
JOIN area a ON a.i = u.area AND coalesce(a.county, a.i) = t.area WHERE t.register = 'text';
INSERT INTO chance SELECT 'reached', 'rh' || t.i || '-' || h.i, 'text:' || t.i || '|household:' || h.i, NULL, h.area, d.told_at, after_hours(d.told_at, 22), NULL, NULL, NULL, NULL
FROM thing t JOIN deed d ON d.kind = 'step:text.published_at' AND d.about = 'text:' || t.i AND d.told_at IS NOT NULL JOIN household h ON t.kind = 'message' JOIN area a ON a.i = h.area AND a.county = t.area WHERE t.register = 'text';
"""
DUTY = """
INSERT INTO thing SELECT 'duty', CAST(row_number() OVER (ORDER BY a.i, m) AS INTEGER), a.i, after_hours({begin}, 24 * pick2(5, 'in force', a.i, m)), m,
  json_object('measure', m, 'edition', 'city', 'in_force_from', after_hours({begin}, 24 * pick2(5, 'in force', a.i, m))) FROM area a, (SELECT unnest(['contacts', 'sweep', 'gateways', 'reports']) AS m) WHERE a.level = 'county';
INSERT INTO thing SELECT 'form', CAST(row_number() OVER (ORDER BY a.i, k) AS INTEGER), a.i, day_of(pick2({days}, 'wants', a.i, k)), 'form',
  json_object('title', called('form', a.i * 10 + k), 'asks', CASE WHEN u2('known', a.i, k) < .4 THEN 'persons_fever' ELSE 'shoe_size' END, 'minutes', 5, 'known_at', day_of(pick2({days}, 'wants', a.i, k)), 'first_sent_at', after_hours(day_of(pick2({days}, 'wants', a.i, k)), 40))
  FROM area a, range(3) AS t(k) WHERE a.level = 'township';
INSERT INTO thing SELECT 'review', CAST(row_number() OVER (ORDER BY a.i, k) AS INTEGER), a.i, after_hours(day_of(k * 6 + pick2(9, 'looks again', a.i, k)), 10), 'review',
  json_object('scale', 'response', 'reviewed_at', after_hours(day_of(k * 6 + pick2(9, 'looks again', a.i, k)), 10), 'outcome', 'kept') FROM area a, range({days} // 6) AS t(k) WHERE a.level IN ('city', 'county');
"""
#: What became of a measure is looked at again every few days.
PHASE = """
INSERT INTO thing SELECT 'text', (SELECT max(i) FROM thing WHERE register = 'text') + CAST(row_number() OVER (ORDER BY t.i, k) AS INTEGER), t.area, after_hours(t.known_at, 24 * (3 + k * 5)), 'evaluation', json_object('kind', 'evaluation', 'title', called('text evaluation measure', t.i), 'about_duty', t.i)
FROM thing t, range({days} // 5) AS r(k) WHERE t.register = 'duty' AND after_hours(t.known_at, 24 * (3 + k * 5)) < {end};
"""
#: Titles name the area that they are about.
NAMED = """
UPDATE thing SET told = replace(replace(told, '{{zh}}', replace(a.name_zh, '（虚构）', '')), '{{en}}', replace(a.name_en, ' (invented)', '')) FROM area a WHERE a.i = thing.area AND told LIKE '%{{zh}}%';
"""
#: Practice → what is told of it, beside the lines in which units check themselves.
PRACTICES: dict[str, str] = {"cleaning": "line:cleaning", "gate_watch": "line:gate_count", "bed_count": "line:beds", "triage": "line:attendance", "records": "filed:medicine_sale"}
#: Inspectors come without a word, and look at some of what is told there. What they see is what is so: a practice is not kept where the last line that
#: was told of it said so, or was told of what nobody had done.
LOOK = """
INSERT INTO thing
WITH visits AS (SELECT u.i, u.area, after_hours({begin}, 24 * d + 9 + u2('looked at', u.i, d) * 8) AS seen_at FROM unit u, range({days}) AS t(d) WHERE u.in_use AND u2('somebody looks', u.i, d) < CASE WHEN u.kind IN ('gateway', 'market', 'clinic', 'pharmacy', 'isolation_site') THEN .2 ELSE .03 END),
     told AS (SELECT about, (told_at, key) AS told, told_at, CASE kind WHEN 'line:self_check' THEN outcome {kinds} END AS practice, CASE WHEN conduct = 'claimed' OR (kind = 'line:self_check' AND number = 0) THEN 'not_kept' ELSE 'kept' END AS so
              FROM deed WHERE kind IN ('line:self_check', {lines}) AND told_at IS NOT NULL),
     seen AS (SELECT x.i, x.area, x.seen_at, t.practice, coalesce(arg_max(t.so, t.told), 'kept') AS so FROM visits x LEFT JOIN told t ON t.about = 'unit:' || x.i AND t.told_at < x.seen_at GROUP BY ALL)
SELECT 'inspection', CAST(row_number() OVER (ORDER BY seen_at, i, practice) AS INTEGER), area, seen_at, 'unit', json_object('unit', i, 'practice', practice, 'seen_at', seen_at, 'announced', false, 'outcome', so)
FROM seen WHERE practice IS NULL OR u2('looks at ' || practice, i, seen_at) < .6;
INSERT INTO thing
WITH doors AS (SELECT h.i, h.area, after_hours(min(d.told_at), 30 + u('knocks again', h.i) * 60) AS seen_at, bool_or(d.conduct = 'claimed') AS claimed FROM household h JOIN deed d ON d.kind = 'visit' AND d.filed_about = 'household:' || h.i AND d.told_at IS NOT NULL WHERE u('door looked at', h.i) < .15 GROUP BY h.i, h.area)
SELECT 'inspection', (SELECT max(i) FROM thing WHERE register = 'inspection') + CAST(row_number() OVER (ORDER BY seen_at, i) AS INTEGER), area, seen_at, 'household', json_object('household', i, 'seen_at', seen_at, 'announced', false, 'outcome', CASE WHEN claimed THEN 'not_kept' ELSE 'kept' END) FROM doors WHERE seen_at < {end};
"""


def look(town: Town) -> None:
    """Inspections: last of all, since they see what everybody did."""
    kinds = " ".join(f"WHEN '{kind}' THEN '{practice}'" for practice, kind in PRACTICES.items())
    town.run(LOOK, kinds=kinds, lines=", ".join(f"'{kind}'" for kind in PRACTICES.values()))


def open_desks(town: Town) -> None:
    """Things of command, with their steps."""
    tickets(town)
    posts(town)
    orders(town)
    town.run(DUTY)
    step(town, "duty", "accepted_at", 70)
    town.run(PHASE)
    step(town, "text", "published_at", 20, where="(t.told->>'about_duty') IS NOT NULL")
    step(town, "form", "registered_at", 38)
    town.run(NAMED)


def tickets(town: Town) -> None:
    kinds, many = (", ".join(f"'{k}'" for k, _ in TICKETS), ", ".join(str(n) for _, n in TICKETS))
    dated = ", ".join(f"'{k}'" for k in DATED)
    town.run(TICKET.format(kinds=kinds, many=many, dated=dated))
    due = "CAST(t.told->>'due_at' AS TIMESTAMP)"
    step(town, "ticket", "acknowledged_at", 22, where="t.kind = 'directive'")
    step(town, "ticket", "assigned_at", 22, where="t.kind IN ('issue', 'question', 'complaint', 'suggestion', 'rumour_topic')")
    step(town, "ticket", "assigned_at", 22, follows="acknowledged_at", where="t.kind = 'directive'")
    answered = f"CASE WHEN t.kind IN ('question', 'complaint', 'suggestion', 'rumour_topic') THEN after_hours(t.known_at, 70) WHEN {due} IS NOT NULL THEN {due} ELSE after_hours(t.known_at, 12) END"
    step(town, "ticket", "answered_at", answered, where="t.kind NOT IN ('issue', 'decision')")
    step(town, "ticket", "answered_at", 20, follows="assigned_at", where="t.kind = 'issue'")
    step(town, "ticket", "verified_at", 10, follows="answered_at", where="t.kind NOT IN ('question', 'complaint', 'suggestion', 'rumour_topic', 'consultation', 'psych', 'urgent_care', 'data_request', 'exit_need')")
    step(town, "ticket", "published_at", 22, follows="answered_at", where="t.kind IN ('question', 'complaint', 'suggestion', 'rumour_topic')")


def posts(town: Town) -> None:
    for kind, level, hours in POSTS:
        town.run(POST.format(kind=kind, hours="NULL" if hours is None else hours, unit="NULL", who=f"area WHERE level = '{level}'", start=_next(town, "post")))
    town.run(POST.format(kind="gateway_point", hours=8, unit="unit", who="(SELECT u.area AS i, u.i AS unit FROM unit u WHERE u.kind = 'gateway')", start=_next(town, "post")))
    town.run(POST.format(kind="spokesperson", hours="NULL", unit="unit", who="(SELECT u.area AS i, min(u.i) AS unit FROM unit u WHERE u.kind = 'department' GROUP BY u.area)", start=_next(town, "post")))
    town.run(SHIFT)
    step(town, "shift", "checked_in_at", "after_hours(CAST(t.told->>'starts_at' AS TIMESTAMP), 7)", after="CAST(t.told->>'starts_at' AS TIMESTAMP)", where="t.kind = 'post'")
    step(town, "shift", "checked_in_at", 0.5, after="CAST(t.told->>'starts_at' AS TIMESTAMP)", where="t.kind = 'person'", like="fact")
    step(town, "shift", "ended_at", 3, follows="checked_in_at", lag=6.5, where="t.kind = 'person'", like="fact")
    town.run(CALL)


def orders(town: Town) -> None:
    for kind, level, many, reach in ORDERS:
        town.run(ORDER.format(kind=kind, level=level, many=many, reach=reach, start=_next(town, "order")))
    ends = "CAST(t.told->>'ends_at' AS TIMESTAMP)"
    step(town, "order", "done_at", 22, where="t.kind = 'terminal_cleaning'")
    step(town, "order", "reviewed_at", 24 * 6, where="t.kind IN ('gathering', 'traffic')")
    step(town, "order", "extended_at", ends, where=f"t.kind IN ('gathering', 'traffic') AND {ends} IS NOT NULL AND t.i % 2 = 0")
    step(town, "order", "ended_at", ends, where=f"t.kind IN ('gathering', 'traffic') AND {ends} IS NOT NULL AND t.i % 2 = 1")
    town.run(TEXT)
    step(town, "text", "published_at", 20, where="t.kind = 'rule'")
    step(town, "text", "published_at", 28, where="t.kind = 'evaluation' AND (t.told->>'about_order') IS NOT NULL")
    step(town, "text", "published_at", 4.9, where="t.kind = 'bulletin'")
    step(town, "text", "published_at", 8, where="t.kind IN ('guide', 'message', 'treatment_plan', 'plan')", like="fact")
    town.run(RECEIPT)
    settle_down(town, "reached", like="affair")


def _next(town: Town, register: str) -> int:
    return int(town.rows(f"SELECT coalesce(max(i), 0) FROM thing WHERE register = '{register}'")[0][0])

