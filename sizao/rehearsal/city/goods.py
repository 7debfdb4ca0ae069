"""Goods and projects: stock that runs down and is filled up, needs with a day, consignments on their way, what is to be built by a day."""

from .conduct import settle_down
from .things import step, then
from .town import Town

STOCK = """
INSERT INTO thing SELECT 'stock', CAST(row_number() OVER (ORDER BY u.i, item, reserve) AS INTEGER), u.area, after_hours({begin}, -48 + u2('first count', u.i, item) * 20), 'stock',
  json_object('unit', u.i, 'item', item, 'reserve', reserve, 'front_line', NOT reserve, 'on_hand', 60 + pick2(60, 'stock ' || item, u.i, 0), 'expiring', pick2(8, 'expires ' || item, u.i, 0), 'target', CASE WHEN reserve THEN 70 END,
    'use_per_day', CASE WHEN NOT reserve THEN 9 END, 'idle', CASE WHEN item = 'ventilator' THEN pick2(2, 'idle', u.i, 0) ELSE 0 END, 'told_at', after_hours({begin}, -48 + u2('first count', u.i, item) * 20))
FROM unit u, (SELECT unnest(['mask_n95', 'gown', 'ventilator', 'mask_surgical']) AS item, unnest([false, false, false, true]) AS reserve) WHERE u.kind IN ('clinic', 'fever_clinic');
"""
#: Every few days somebody counts and tells; between, nobody knows better.
COUNTED = "json_object('on_hand', 40 + pick2(80, 'counts', t.i, k), 'expiring', pick2(10, 'runs out', t.i, k), 'counted', 40 + pick2(80, 'counts', t.i, k))"
NEED = """
INSERT INTO thing
WITH kinds AS (SELECT unnest(['goods', 'goods', 'medical_staff', 'staff', 'seats', 'volunteers', 'plan']) AS kind, unnest(range(7)) AS g), places AS (SELECT i FROM area WHERE level = 'township'),
     drawn AS (SELECT kind, g, p.i AS area, k, after_hours({begin}, floor(u2('needs ' || kind || g, p.i, k) * {days} * 24 * 60) / 60.0) AS raised_at FROM kinds, places p, range(2) AS t(k))
SELECT 'need', CAST(row_number() OVER (ORDER BY raised_at, g, area, k) AS INTEGER), area, raised_at, kind,
  json_object('kind', kind, 'item', CASE WHEN kind = 'goods' THEN 'mask_n95' END, 'scarce', g = 0, 'bulk', g = 1, 'partner', g = 2 AND k = 0, 'tier', CASE WHEN g = 0 THEN 1 + pick2(3, 'tier', area, k) END, 'amount', 20 + pick2(30, 'how much', area, k), 'arrived', 0,
    'amount_ordered', 0, 'accepted', 0, 'raised_at', raised_at, 'needed_by', CASE WHEN u2('by when', area, k) < .93 THEN after_hours(raised_at, 48 + 24 * pick2(3, 'needed', area, k)) END) FROM drawn;
"""
AMOUNT = "CAST(t.told->>'amount' AS INTEGER)"
BY = "coalesce(CAST(t.told->>'needed_by' AS TIMESTAMP), after_hours(t.known_at, 90))"
CONSIGNMENT = """
INSERT INTO thing SELECT 'consignment', CAST(row_number() OVER (ORDER BY known_at, area, k) AS INTEGER), area, known_at, CASE WHEN k % 2 = 0 THEN 'goods' ELSE 'donation' END,
  json_object('item', CASE WHEN k % 2 = 0 THEN 'gown' ELSE ['mask_surgical', 'disinfectant', 'rice', 'mask_n95'][1 + pick2(4, 'gives', area, k)] END, 'amount', CASE WHEN k % 2 = 0 THEN 10 + k ELSE 20 * (2 + pick2(40, 'gives so much', area, k)) END, 'donated', k % 2 = 1,
    'giver_named', CASE WHEN k % 2 = 1 AND u2('agrees to be named', area, k) < .6 THEN called('gift', area * 10 + k) END, 'unit', CASE WHEN k % 2 = 1 THEN (SELECT min(u.i) FROM unit u WHERE u.area = sent.area AND u.kind IN ('clinic', 'welfare_home')) END, 'epidemic_goods', k % 2 = 0, 'known_at', known_at, 'left_at', CASE WHEN k % 2 = 0 THEN after_hours(known_at, 20) END, 'due_at', CASE WHEN k % 2 = 0 THEN after_hours(known_at, 50) END,
    'held_minutes', CASE WHEN u2('held', area, k) < .3 THEN 10 + pick2(60, 'held for', area, k) END)
FROM (SELECT a.i AS area, k, after_hours({begin}, floor(u2('sends', a.i, k) * {days} * 24 * 60) / 60.0) AS known_at FROM area a, range(6) AS t(k) WHERE a.level = 'township') sent;
"""
#: A charity of each county is given money by names and by people who want no name, and uses some of it: never more than the first gift, which it has.
MONEY = """
INSERT INTO chance SELECT 'line:money_given', 'mg' || u.i || '-' || k, 'unit:' || u.i, NULL, u.area, {given}, {given}, NULL, 'CNY', {much},
  json_object('money_given', {much}, 'currency', 'CNY', 'giver_named', CASE WHEN k = 0 OR u2('agrees to be named', u.i, k) < .5 THEN called('gift', u.i * 100 + k) END)
FROM unit u, range(9) AS t(k) WHERE u.kind = 'charity';
INSERT INTO chance SELECT 'line:money_used', 'mu' || u.i || '-' || k, 'unit:' || u.i, NULL, u.area, after_hours(day_of(2 + k), 10), after_hours(day_of(2 + k), 16), NULL, use, 8000 + 500 * pick2(20, 'uses so much', u.i, k),
  json_object('money_used', 8000 + 500 * pick2(20, 'uses so much', u.i, k), 'currency', 'CNY', 'funding_use', use, '_given_to', CASE WHEN t.kind IS NOT NULL THEN (SELECT min(w.i) FROM unit w WHERE w.area = u.area AND w.kind = t.kind) END)
FROM unit u, (SELECT unnest(range(5)) AS k, unnest(['goods', 'relief', 'treatment', 'subsidy', 'relief']) AS use, unnest([NULL, NULL, 'fever_clinic', 'isolation_site', NULL]) AS kind) t WHERE u.kind = 'charity' AND k + 3 < {days};
"""
GIVEN = "after_hours(day_of(k * {days} // 9), 9 + pick2(8, 'gives at', u.i, k))"
MUCH = "CASE k WHEN 0 THEN 200000 ELSE 200 + 100 * pick2(300, 'gives money', u.i, k) END"
PROJECT = """
INSERT INTO thing
WITH kinds AS (SELECT unnest(['pcr_lab', 'fever_clinic', 'infectious_ward', 'beds', 'trial', 'trial']) AS kind, unnest(range(6)) AS g)
SELECT 'project', CAST(row_number() OVER (ORDER BY a.i, g, k) AS INTEGER), a.i, after_hours({begin}, 24 * pick2(6, 'begins ' || g, a.i, k) + 9), kind,
  json_object('kind', kind, 'title', '项目' || g || '-' || k, 'known_at', after_hours({begin}, 24 * pick2(6, 'begins ' || g, a.i, k) + 9), 'starts_on', strftime(day_of(8 + pick2(4, 'starts ' || g, a.i, k)), '%Y-%m-%d'),
    'milestone_due', strftime(day_of(9 + pick2(9, 'milestone ' || g, a.i, k)), '%Y-%m-%d'), 'due_on', strftime(day_of(14 + pick2(9, 'due ' || g, a.i, k)), '%Y-%m-%d'), 'target', CASE kind WHEN 'trial' THEN 20 END, 'enrolled', CASE kind WHEN 'trial' THEN 12 + pick2(14, 'enrolled', a.i, k) END,
    'result_at', CASE WHEN kind = 'trial' AND u2('result', a.i, k) < .5 THEN after_hours(day_of(12 + pick2(6, 'result', a.i, k)), 10) END)
FROM kinds, area a, range(2) AS t(k) WHERE a.level = 'county';
"""
#: (kinds, step, expression of when it may be reached, of when it is due)
MILESTONES = (
    ("'pcr_lab'", "built", "t.known_at", "after_hours(day_of(14), 24)"), ("'fever_clinic', 'infectious_ward'", "accepted", "t.known_at", "after_hours(CAST(t.told->>'due_on' AS TIMESTAMP), 24)"),
    ("'beds'", "started", "t.known_at", "after_hours(CAST(t.told->>'milestone_due' AS TIMESTAMP), 24)"), ("'trial'", "ethics", "t.known_at", "after_hours(CAST(t.told->>'starts_on' AS TIMESTAMP), 24)"),
)  # fmt: skip
MILESTONE = """
INSERT INTO chance SELECT 'milestone', 'ms{what}' || t.i || '-' || {n}, 'project:' || t.i, NULL, t.area, {since}, greatest({since}, {due}), NULL, '{what}', NULL, NULL FROM thing t {joined} WHERE t.register = 'project' AND t.kind IN ({kinds}) AND {since} < {{end}};
"""
AFTER = "JOIN deed d ON d.kind = 'milestone' AND d.about = 'project:' || t.i AND d.outcome = '{before}' AND d.told_at IS NOT NULL"


def store(town: Town) -> None:
    """Things of resources, with their steps."""
    town.run(STOCK)
    then(town, "stock", "told_at", COUNTED, "after_hours({begin}, k * 96 + 8)", "after_hours({begin}, k * 96 + 20)", n="k", joined=", range({days} // 4) AS r(k)")
    town.run(NEED)
    step(town, "need", "decided_at", 22, where="CAST(t.told->>'scarce' AS BOOLEAN)")
    ordered = f"json_object('amount_ordered', CASE WHEN u('orders all', t.i) < .85 THEN {AMOUNT} ELSE {AMOUNT} - 5 END)"
    then(town, "need", "told_at", ordered, "t.known_at", "after_hours(t.known_at, 23)", where="CAST(t.told->>'bulk' AS BOOLEAN)")
    arrived = f"json_object('arrived', CASE WHEN u('comes whole', t.i) < .85 THEN {AMOUNT} ELSE {AMOUNT} - 3 END, 'accepted', CASE WHEN u('good', t.i) < .85 THEN {AMOUNT} ELSE {AMOUNT} - 3 END)"
    then(town, "need", "told_at", arrived, "after_hours(t.known_at, 24.5)", BY, n="1")
    town.run(CONSIGNMENT)
    step(town, "consignment", "pass_issued_at", 19, where="t.kind = 'goods'")
    step(town, "consignment", "held_at", 10, after="after_hours(t.known_at, 24)", where="t.kind = 'goods' AND (t.told->>'held_minutes') IS NOT NULL", like="fact")
    step(town, "consignment", "received_at", 48)
    step(town, "consignment", "matched_at", 22, follows="received_at", where="t.kind = 'donation'")
    step(town, "consignment", "sent_at", 22, follows="matched_at", where="t.kind = 'donation'")
    step(town, "consignment", "published_at", 160, follows="received_at", where="t.kind = 'donation'")
    town.run(MONEY.replace("{given}", GIVEN).replace("{much}", MUCH))
    settle_down(town, "line:money_given", "line:money_used", like="fact")
    town.run(PROJECT)
    for kinds, what, since, due in MILESTONES:
        town.run(MILESTONE.format(kinds=kinds, what=what, since=since, due=due, joined="", n="0"))
        settle_down(town, "milestone", like="affair")
    for what, before in (("licensed", "built"), ("in_use", "licensed")):
        town.run(MILESTONE.format(kinds="'pcr_lab'", what=what, since="d.told_at", due="after_hours(d.told_at, 160)", joined=AFTER.format(before=before), n="0"))
        settle_down(town, "milestone", like="affair")
    since = "after_hours({begin}, k * 120 + 30)"
    town.run(MILESTONE.format(kinds="'trial'", what="report", since=since, due="after_hours({begin}, k * 120 + 60)", joined=", range({days} // 5) AS r(k)", n="k"))
    settle_down(town, "milestone", like="affair")
    result = "CAST(t.told->>'result_at' AS TIMESTAMP)"
    step(town, "project", "published_at", 22, after=result, where=f"t.kind = 'trial' AND {result} IS NOT NULL")
