"""On the move: areas outside that are watched, people who come, come back, leave or are carried, and who passes the gateways."""

from .conduct import settle_down
from .things import step, then
from .town import Town

OUTSIDE = """
INSERT INTO thing SELECT 'outside', CAST(k AS INTEGER) + 1, 0, after_hours({begin}, -70 + k), 'outside',
  json_object('code', ['420000', '110000', '110106', '420100', '230100', '350200'][k + 1], 'name', '外地' || k, 'grade', ['high', 'medium', 'low', 'medium', 'low', 'low'][k + 1], 'graded_at', after_hours({begin}, -70 + k), 'told_at', after_hours({begin}, -70 + k),
    'listed_at', CASE WHEN k IN (0, 2) THEN after_hours({begin}, -60) END) FROM range(6) AS t(k);
"""
JOURNEY = """
INSERT INTO thing
WITH drawn AS (SELECT p.i AS person, p.area, CASE pick(6, 'goes', p.i) WHEN 0 THEN 'arrival' WHEN 1 THEN 'arrival' WHEN 2 THEN 'return' WHEN 3 THEN 'entry' WHEN 4 THEN 'exit' ELSE 'chartered' END AS kind,
  pick({days} - 1, 'travels on', p.i) AS d FROM person p WHERE u('travels', p.i) < {travels}),
  timed AS (SELECT *, after_hours(day_of(d), 8 + u('heard of', person) * 10) AS known_at FROM drawn)
SELECT 'journey', CAST(row_number() OVER (ORDER BY known_at, person) AS INTEGER), area, known_at, kind,
  json_object('person', person, 'kind', kind, 'known_at', known_at, 'origin', CASE WHEN kind IN ('arrival', 'return') THEN ['420000', '110000', '110106', '420100', '990901', '990900'][1 + pick(6, 'from where', person)] END, 'employed', CASE WHEN u('employed', person) < .6 THEN true WHEN u('employed', person) < .95 THEN false END,
    'left_on', strftime(day_of(d - 1), '%Y-%m-%d'), 'left_at', after_hours(day_of(d), 18.5), 'planned_arrival', CASE WHEN kind = 'chartered' THEN after_hours(day_of(d), 30) END, 'arrived_on', CASE WHEN kind <> 'exit' THEN strftime(day_of(d + 1), '%Y-%m-%d') END)
FROM timed;
"""
STAYS = """
INSERT INTO chance SELECT 'taken in', 'jq' || t.i, 'journey:' || t.i, CAST(t.told->>'person' AS INTEGER), t.area, CAST(t.told->>'arrived_on' AS TIMESTAMP), after_hours(CAST(t.told->>'arrived_on' AS DATE), 20), NULL, CASE WHEN u('put where', t.i) < .7 THEN 'centre' ELSE 'home' END, NULL, NULL
  FROM thing t WHERE t.register = 'journey' AND t.kind IN ('entry', 'arrival') AND CAST(t.told->>'person' AS INTEGER) NOT IN (SELECT person FROM contact) AND CAST(t.told->>'person' AS INTEGER) NOT IN (SELECT person FROM case_);
"""
LOOKED = """
INSERT INTO chance SELECT 'check', 'jk' || t.i || '-' || strftime(day, '%Y%m%d'), 'person:' || (t.told->>'person'), CAST(t.told->>'person' AS INTEGER), t.area, after_hours(day, 8), after_hours(day, 20), CAST(day AS DATE), 'ok', NULL, NULL
  FROM thing t, generate_series(CAST(t.told->>'arrived_on' AS TIMESTAMP), least({end} - INTERVAL 1 DAY, CAST(t.told->>'arrived_on' AS TIMESTAMP) + INTERVAL 13 DAY), INTERVAL 1 DAY) AS r(day) WHERE t.register = 'journey' AND t.kind IN ('entry', 'arrival');
INSERT INTO chance SELECT 'line:daily_health', 'jh' || t.i, 'person:' || (t.told->>'person'), CAST(t.told->>'person' AS INTEGER), t.area, t.known_at, CAST(t.told->>'left_at' AS TIMESTAMP), CAST(t.known_at AS DATE), 'ok', NULL, json_object('health_state', 'ok')
  FROM thing t WHERE t.register = 'journey' AND t.kind = 'chartered';
"""
SAMPLED = """
INSERT INTO chance SELECT 'sample', 'j' || t.i, 'journey:' || t.i, CAST(t.told->>'person' AS INTEGER), t.area, after_hours(CAST(t.told->>'arrived_on' AS DATE), 2), after_hours(CAST(t.told->>'arrived_on' AS DATE), 23), CAST(t.told->>'arrived_on' AS DATE), NULL, NULL, NULL
  FROM thing t WHERE t.register = 'journey' AND t.kind IN ('entry', 'arrival');
"""
#: Who passes a gateway, written down one by one; not everybody is.
PASSED = """
INSERT INTO chance SELECT 'line:passage', 'pa' || u.i || '-' || strftime(day, '%m%d') || '-' || s || '-' || k, 'unit:' || u.i, NULL, u.area, after_hours(day, s * 8 + .6), after_hours(day, s * 8 + 7.4), NULL, what, NULL, json_object('passage_result', what)
FROM (SELECT u.i, u.area, day, s, k, CASE WHEN u2('passes', u.i, strftime(day, '%m%d') || s || '-' || k) < .02 THEN 'no_permit' WHEN u2('passes', u.i, strftime(day, '%m%d') || s || '-' || k) < .03 THEN 'live_poultry' ELSE 'registered' END AS what
  FROM unit u, generate_series({begin}, {end} - INTERVAL 1 DAY, INTERVAL 1 DAY) AS t(day), range(3) AS g(s), range(4) AS h(k) WHERE u.kind = 'gateway' AND k < 1 + pick2(4, 'persons', u.i, strftime(day, '%m%d') || s)) u;
"""


def plan_trips(town: Town) -> None:
    """Table rows `journey`, `outside`: before the laboratory opens, since some who come are sampled."""
    town.run(OUTSIDE)
    town.run(JOURNEY, travels=town.rates["travels"])
    town.run(SAMPLED)


def move(town: Town) -> None:
    """Their steps, their stays and checks, and who passes the gateways."""
    then(town, "outside", "told_at", "json_object('grade', t.told->>'grade')", "after_hours({begin}, k * 24 + 6)", "after_hours({begin}, k * 24 + 20)", n="k", joined=", range({days}) AS r(k)", where="u2('news', t.i, k) < .8")
    then(town, "outside", "graded_at", "json_object('grade', CASE t.i WHEN 5 THEN 'high' ELSE 'medium' END)", "after_hours({begin}, 90 + 40 * (t.i - 5))", "after_hours({begin}, 110 + 40 * (t.i - 5))", n="'g'", where="t.i IN (5, 6)", like="fact")
    graded = "JOIN deed d ON d.kind = 'then:outside.graded_at' AND d.about = 'outside:' || t.i AND d.told_at IS NOT NULL"
    then(town, "outside", "listed_at", "json_object()", "d.told_at", "after_hours(d.told_at, 22)", n="'l'", joined=graded)
    arrived = "CAST(t.told->>'arrived_on' AS TIMESTAMP)"
    step(town, "journey", "located_at", 22, where="t.kind IN ('arrival', 'return', 'entry')")
    step(town, "journey", "registered_at", 22, after=arrived, where="t.kind IN ('return', 'arrival', 'chartered')")
    step(town, "journey", "declared_at", 22, after=arrived, where="t.kind IN ('arrival', 'entry', 'return')")
    step(town, "journey", "employer_told_at", 22, after=arrived, where="t.kind = 'arrival'")
    step(town, "journey", "scanned_at", 22, after=arrived, where="t.kind = 'arrival'")
    step(town, "journey", "destination_told_at", 22, after="CAST(t.told->>'left_at' AS TIMESTAMP)", where="t.kind = 'exit'")
    town.run(STAYS)
    settle_down(town, "taken in")
    town.run(LOOKED)
    settle_down(town, "check")
    town.run(PASSED)
