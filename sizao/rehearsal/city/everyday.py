"""What goes on whether anybody is ill or not: grades and orders, units that report, doors that are knocked at, hand-overs from elsewhere."""

from .conduct import settle_down
from .town import Town

#: What is said of areas: a township or two rise and fall; one has no grade at all. Orders to sweep come for some townships, and end.
SAID = """
CREATE TABLE said AS
WITH t AS (SELECT i, row_number() OVER (ORDER BY i) - 1 AS n FROM area WHERE level = 'township'), c AS (SELECT i FROM area WHERE level = 'county')
SELECT i AS area, 'risk' AS scale, 'low' AS value, CAST(NULL AS DOUBLE) AS number, after_hours({begin}, -240) AS starts_at, CASE WHEN n % 4 = 1 THEN after_hours(day_of(4), 9) END AS ends_at FROM t WHERE n % 6 <> 3
UNION ALL SELECT i, 'risk', 'medium', NULL, after_hours(day_of(4), 9), after_hours(day_of(9), 10.5) FROM t WHERE n % 4 = 1
UNION ALL SELECT i, 'risk', 'high', NULL, after_hours(day_of(9), 10.5), after_hours(day_of(20), 8) FROM t WHERE n % 4 = 1
UNION ALL SELECT i, 'risk', 'low', NULL, after_hours(day_of(20), 8), NULL FROM t WHERE n % 4 = 1
UNION ALL SELECT i, 'response', 'iii', NULL, after_hours({begin}, -240), NULL FROM c
UNION ALL SELECT i, 'order', 'sweep', NULL, after_hours(day_of(5), 8), after_hours(day_of(12), 0) FROM t WHERE n % 2 = 0
UNION ALL SELECT i, 'order', 'sweep', NULL, after_hours(day_of(15), 12), NULL FROM t WHERE n % 4 = 2
UNION ALL SELECT i, 'order', 'exit_control', NULL, after_hours(day_of(6), 0), after_hours(day_of(18), 0) FROM t WHERE n % 3 = 1;
DELETE FROM said WHERE starts_at >= {end};
UPDATE said SET ends_at = NULL WHERE ends_at >= {end};
"""
REPORTS = """
INSERT INTO chance SELECT 'report', 'd' || u.i || '-' || strftime(day, '%Y%m%d'), 'unit:' || u.i, NULL, u.area, after_hours(day, 9), after_hours(day, 17), CAST(day AS DATE), NULL, CASE WHEN u2('number', u.i, day) < .8 THEN 0 ELSE pick2(4, 'many', u.i, day) END, NULL
  FROM unit u, generate_series({begin}, {end} - INTERVAL 1 DAY, INTERVAL 1 DAY) AS t(day)
  WHERE u.in_use AND u.kind IN ('village', 'township', 'school', 'clinic', 'employer', 'market', 'welfare_home', 'custody', 'site', 'county', 'department');
"""
#: A sweep goes from door to door in its first days, most households once, where nobody was there once more.
VISITS = """
INSERT INTO chance SELECT 'visit', 'v' || h.i || '-' || strftime(s.starts_at, '%m%d'), 'household:' || h.i, NULL, h.area, s.starts_at, after_hours(s.starts_at, 46), CAST(s.starts_at AS DATE),
  CASE WHEN u2('there', h.i, s.starts_at) < {nobody} THEN 'nobody' WHEN u2('there', h.i, s.starts_at) < {nobody} + .01 THEN 'refused' ELSE 'reached' END,
  CASE WHEN u2('there', h.i, s.starts_at) < {nobody} + .01 THEN NULL WHEN u2('all there', h.i, s.starts_at) < .06 THEN h.members - 1 ELSE h.members END, NULL
  FROM household h JOIN area a ON a.i = h.area JOIN said s ON s.area = a.township AND s.value = 'sweep';
INSERT INTO chance SELECT 'visit', 'w' || h.i || '-' || strftime(s.starts_at, '%m%d'), 'household:' || h.i, NULL, h.area, after_hours(s.starts_at, 30), after_hours(s.starts_at, 47), CAST(s.starts_at AS DATE), 'reached', h.members, NULL
  FROM household h JOIN area a ON a.i = h.area JOIN said s ON s.area = a.township AND s.value = 'sweep' WHERE u2('there', h.i, s.starts_at) < {nobody} AND u2('again', h.i, s.starts_at) < .6;
"""
HANDOVERS = """
CREATE TABLE handover AS
WITH places AS (SELECT i, row_number() OVER (ORDER BY i) - 1 AS n FROM area WHERE level IN ('village', 'township')),
     drawn AS (SELECT CAST(range AS INTEGER) AS i, after_hours({begin}, u('sent', range) * {days} * 24) AS sent_at, pick(among, 'to', range) AS towards,
                 CASE WHEN u('from known', range) < .8 THEN pick(among, 'from', range) END AS outof
               FROM range(CAST(greatest(20, {persons} * {days} / 12000) AS BIGINT)), (SELECT count(*) AS among FROM places))
SELECT d.i, p.i AS area, f.i AS from_area, CASE WHEN u('kind', d.i) < .4 THEN 'lead' WHEN u('kind', d.i) < .75 THEN 'area' ELSE 'referral' END AS kind, d.sent_at,
  pick((SELECT count(*) FROM person), 'who is handed over', d.i) AS person
FROM drawn d JOIN places p ON p.n = d.towards LEFT JOIN places f ON f.n = d.outof;
INSERT INTO chance SELECT 'answer', 'a' || i, 'handover:' || i, NULL, area, sent_at, after_hours(sent_at, CASE WHEN u('in haste', i) < .6 THEN 12 ELSE 24 END), NULL,
  CASE WHEN u('answer', i) < .75 THEN 'accepted' WHEN u('answer', i) < .85 THEN 'not_here' WHEN u('answer', i) < .93 THEN 'wrong' ELSE 'handed_on' END, NULL, NULL FROM handover;
"""
#: Who was accepted (the first answer counts), or sent on to a doctor, comes.
CAME = """
INSERT INTO chance SELECT 'came', 'ha' || h.i, 'handover:' || h.i, NULL, h.area, d.told_at, after_hours(d.told_at, 22), NULL, NULL, NULL, NULL
FROM handover h JOIN (SELECT about, arg_min(outcome, (told_at, key)) AS outcome, min(told_at) AS told_at FROM deed WHERE kind = 'answer' AND told_at IS NOT NULL GROUP BY about) d ON d.about = 'handover:' || h.i WHERE d.outcome = 'accepted';
"""


def go_on(town: Town) -> None:
    """Tables `said`, `handover`, and the deeds of reports, visits and answers."""
    town.run(SAID)
    town.run(REPORTS)
    settle_down(town, "report")
    town.run(VISITS, nobody=town.rates["nobody_there"])
    settle_down(town, "visit")
    town.run(HANDOVERS)
    settle_down(town, "answer", like="answered")
    town.run(CAME)
    settle_down(town, "came", like="affair")
