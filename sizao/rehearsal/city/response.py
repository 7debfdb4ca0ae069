"""The response: cases found, contacts named, samples taken and told, people isolated, watched and let go; each by somebody, well or badly."""

from .conduct import settle_down
from .town import Town

#: Cases that came to a doctor, those with another illness taken for it included. Suspected first, or at once confirmed; what was decided later stands apart.
CASES = """
CREATE TABLE sick AS
SELECT person, found_day, onset, symptoms, true AS infected FROM infection WHERE found_day IS NOT NULL AND found_day BETWEEN 0 AND {days} - 1
UNION ALL SELECT i, pick({days}, 'other illness', i), pick({days}, 'other illness', i) - 1, true, false FROM person WHERE u('other', i) < 0.0008 AND i NOT IN (SELECT person FROM infection);
CREATE TABLE case_ AS
WITH seen AS (SELECT *, after_hours(day_of(found_day), 7 + u('care', person) * 11) AS care FROM sick),
     told AS (SELECT *, after_hours(care, CASE WHEN u('slow', person) < .12 THEN 3 + u('slowly', person) * 30 ELSE u('told', person) * 1.9 END) AS reported_at,
                CASE WHEN NOT infected THEN 'suspected' WHEN NOT symptoms THEN 'asymptomatic' WHEN u('first', person) < .5 THEN 'suspected' WHEN u('first', person) < .56 THEN 'clinical' ELSE 'confirmed' END AS class0 FROM seen),
     judged AS (SELECT *, CASE WHEN class0 IN ('suspected', 'clinical') AND u('judged', person) < .9 THEN after_hours(reported_at, 5 + u('judging', person) * 60) END AS judged_at FROM told)
SELECT CAST(row_number() OVER (ORDER BY reported_at, person) AS INTEGER) AS i, person, p.area, class0, CASE WHEN symptoms THEN day_of(onset) END AS onset_on, care AS first_care_at, reported_at,
  CASE WHEN class0 IN ('confirmed', 'asymptomatic') THEN after_hours(reported_at, u('confirmed', person) * 6) END AS confirmed0,
  judged_at, CASE WHEN judged_at IS NOT NULL THEN CASE WHEN infected THEN 'confirmed' ELSE 'ruled_out' END END AS class1,
  CASE WHEN infected THEN CASE WHEN u('dies', person) < .02 THEN 'died' ELSE 'recovered' END END AS outcome1,
  CASE WHEN infected THEN after_hours(coalesce(judged_at, reported_at), 24 * (9 + u('ill', person) * 14)) END AS outcome_at, infected, CAST(NULL AS INTEGER) AS found_as
FROM judged JOIN person p ON p.i = judged.person WHERE reported_at < {end};
"""
#: Whom a case met in the days before: those at home, some of the class or the place of work, some others. Not all are named.
MET = """
CREATE TABLE meeting AS
SELECT c.i AS case_, o.i AS person, 'close' AS class FROM case_ c JOIN person p ON p.i = c.person JOIN person o ON o.household = p.household AND o.i <> p.i
UNION SELECT c.i, o.i, CASE WHEN u2('near', c.i, o.i) < .8 THEN 'close' ELSE 'general' END FROM case_ c JOIN person p ON p.i = c.person JOIN person o ON o.unit = p.unit AND o.i <> p.i
  WHERE u2('met at work', c.i, o.i) < .08 AND o.household <> p.household
UNION SELECT c.i, o.i, CASE WHEN u2('near by', c.i, k) < .4 THEN 'close' WHEN u2('near by', c.i, k) < .7 THEN 'secondary' ELSE 'general' END FROM case_ c, range(2) AS t(k) JOIN person o ON o.i = pick2({persons}, 'met by chance', c.i, k)
  WHERE u2('chance', c.i, k) < .6 AND o.i <> c.person;
CREATE TABLE contact AS
WITH named AS (SELECT m.*, c.reported_at, row_number() OVER (PARTITION BY m.case_, m.person ORDER BY m.class) AS once, u2('unnamed', m.case_, m.person) >= {unnamed} AS known,
                 after_hours(c.reported_at, CASE WHEN u2('late named', m.case_, m.person) < .07 THEN 24 + u2('named', m.case_, m.person) * 30 ELSE .5 + u2('named', m.case_, m.person) * 20 END) AS named_at
               FROM meeting m JOIN case_ c ON c.i = m.case_ WHERE c.class0 <> 'ruled_out'),
     dated AS (SELECT *, CAST(reported_at AS DATE) - CAST(pick2(3, 'last met', case_, person) AS INTEGER) AS last_exposure_on FROM named WHERE once = 1)
SELECT CAST(row_number() OVER (ORDER BY d.case_, d.person) AS INTEGER) AS i, d.case_, d.person, p.area, d.class, d.named_at, d.last_exposure_on, CAST(d.named_at AS DATE) AS observation_from,
  greatest(d.last_exposure_on + 14, CAST(d.named_at AS DATE)) AS observation_until, CAST(NULL AS TIMESTAMP) AS released_at, CAST(NULL AS TIMESTAMP) AS became_case_at
FROM dated d JOIN person p ON p.i = d.person WHERE d.known AND d.named_at < {end};
CREATE TABLE told_total AS SELECT c.i AS case_, count(m.person) AS total FROM case_ c LEFT JOIN (SELECT DISTINCT case_, person FROM meeting) m ON m.case_ = c.i GROUP BY c.i;
"""
SAMPLES = """
INSERT INTO chance SELECT 'sample', 'c' || c.i || '-' || n, 'contact:' || c.i, c.person, c.area, after_hours(c.last_exposure_on + n, 8), after_hours(c.last_exposure_on + n, 24), c.last_exposure_on + n, NULL, NULL, NULL
  FROM contact c, (SELECT unnest([1, 4, 7, 14]) AS n) WHERE c.class = 'close' AND after_hours(c.last_exposure_on + n, 8) > c.named_at;
INSERT INTO chance SELECT 'sample', 'g' || c.i, 'contact:' || c.i, c.person, c.area, c.named_at, after_hours(c.named_at, 24), CAST(c.named_at AS DATE), NULL, NULL, NULL
  FROM contact c WHERE c.class <> 'close' OR u('first sample', c.i) < .5;
INSERT INTO chance SELECT 'sample', 's' || c.i, 'case:' || c.i, c.person, c.area, c.reported_at, after_hours(c.reported_at, 24), CAST(c.reported_at AS DATE), NULL, NULL, NULL FROM case_ c;
"""
#: A sample is of whom it is filed under; its result is of whom it was taken.
SPECIMENS = """
CREATE TABLE specimen AS
SELECT CAST(row_number() OVER (ORDER BY d.told_at, d.key, d.about) AS INTEGER) AS i, d.filed_person AS person, p.area, d.told_at AS sampled_at, d.person AS taken_of, d.about
FROM deed d JOIN person p ON p.i = d.filed_person WHERE d.kind = 'sample' AND d.told_at < {end};
INSERT INTO chance SELECT 'result', 'r' || s.i, 'specimen:' || s.i, s.person, s.area, after_hours(s.sampled_at, 3), after_hours(s.sampled_at, 24), CAST(s.sampled_at AS DATE),
  CASE WHEN u('invalid', s.i) < .02 THEN 'invalid' WHEN f.person IS NOT NULL AND s.sampled_at >= day_of(f.day + 2) AND u('sensitive', s.i) < .85 THEN 'positive' ELSE 'negative' END, NULL, NULL
  FROM specimen s LEFT JOIN infection f ON f.person = s.taken_of;
"""
#: A contact who tests positive becomes a case within a day, unless that is forgotten; and is one on the list of cases, unless he is there.
TURNED = """
INSERT INTO chance SELECT 'turned', 't' || c.i, 'contact:' || c.i, c.person, c.area, min(d.told_at), after_hours(min(d.told_at), 24), CAST(min(d.told_at) AS DATE), NULL, NULL, NULL
  FROM contact c JOIN specimen s ON s.person = c.person AND s.sampled_at >= c.named_at JOIN deed d ON d.kind = 'result' AND d.about = 'specimen:' || s.i AND d.outcome = 'positive'
  WHERE c.class = 'close' AND d.told_at IS NOT NULL GROUP BY c.i, c.person, c.area;
"""
CAUGHT = """
UPDATE contact SET became_case_at = d.told_at FROM deed d WHERE d.kind = 'turned' AND d.about = 'contact:' || contact.i AND d.told_at < {end};
INSERT INTO case_
SELECT (SELECT max(i) FROM case_) + row_number() OVER (ORDER BY moment, person), person, area, 'asymptomatic', NULL, moment, moment, moment, NULL, NULL, NULL, NULL, true, contact
FROM (SELECT c.person, min(c.area) AS area, min(c.became_case_at) AS moment, min(c.i) AS contact FROM contact c WHERE c.became_case_at IS NOT NULL
      AND c.person NOT IN (SELECT person FROM case_) AND u('put on the list', c.person) < .85 GROUP BY c.person);
UPDATE case_ SET confirmed0 = reported_at WHERE found_as IS NOT NULL;
"""
AFTER = """
INSERT INTO chance SELECT 'investigated', 'i' || i, 'case:' || i, person, area, reported_at, after_hours(reported_at, 24), NULL, NULL, NULL, NULL FROM case_;
INSERT INTO chance SELECT 'source', 's' || i, 'case:' || i, person, area, moment, after_hours(moment, 48), NULL, NULL, NULL, NULL
  FROM (SELECT *, coalesce(confirmed0, CASE class1 WHEN 'confirmed' THEN judged_at END) AS moment FROM case_) WHERE moment IS NOT NULL;
INSERT INTO chance SELECT 'admitted', 'h' || i, 'case:' || i, person, area, reported_at, after_hours(reported_at, 20), NULL, CASE WHEN u('where', i) < .9 THEN 'hospital' ELSE 'held' END, NULL, NULL
  FROM case_ WHERE class0 <> 'ruled_out';
INSERT INTO chance SELECT 'taken in', 'q' || i, 'contact:' || i, person, area, named_at, after_hours(named_at, 12), NULL, CASE WHEN u('centre', i) < .6 THEN 'centre' ELSE 'home' END, NULL, NULL
  FROM contact WHERE class = 'close';
"""
#: Let go when observation is over: with the tests or without, a few days too early sometimes.
RELEASE = """
INSERT INTO chance SELECT 'released', 'l' || i, 'contact:' || i, person, area, after_hours(day, 8), after_hours(day, 23.5), NULL, NULL, NULL, NULL
  FROM (SELECT *, observation_until - CASE WHEN u('early out', i) < .04 THEN 3 ELSE 0 END AS day FROM contact) WHERE class = 'close' AND became_case_at IS NULL;
"""
RELEASED = """
UPDATE contact SET released_at = d.told_at FROM deed d WHERE d.kind = 'released' AND d.about = 'contact:' || contact.i AND d.told_at < {end} AND contact.became_case_at IS NULL;
INSERT INTO chance SELECT 'stay ended', 'e' || i, 'contact:' || i, person, area, released_at, after_hours(released_at, 6), NULL, NULL, NULL, NULL FROM contact WHERE released_at IS NOT NULL
    AND 'contact:' || i IN (SELECT filed_about FROM deed WHERE kind = 'taken in' AND told_at < released_at);
"""
#: Every day of observation somebody is to look at the contact. Fever is found by the way.
CHECKS = """
INSERT INTO chance SELECT 'check', 'k' || c.i || '-' || strftime(day, '%Y%m%d'), 'contact:' || c.i, c.person, c.area, greatest(after_hours(day, 7.5), c.named_at), after_hours(day, 20), CAST(day AS DATE),
  CASE WHEN u2('ill', c.i, day) < .015 THEN 'symptoms' ELSE 'ok' END, NULL, NULL
  FROM contact c, generate_series(CAST(c.observation_from AS TIMESTAMP), CAST(least(c.observation_until, CAST({end} AS DATE) - 1) AS TIMESTAMP), INTERVAL 1 DAY) AS t(day)
  WHERE c.class IN ('close', 'secondary') AND after_hours(day, 20) > c.named_at AND after_hours(day, 7.5) < least(coalesce(c.released_at, TIMESTAMP '9999-01-01'), coalesce(c.became_case_at, TIMESTAMP '9999-01-01'));
"""


def respond(town: Town) -> None:
    """Tables `case_`, `contact`, `specimen`, `told_total`, and their deeds."""
    town.run(CASES)
    town.run(MET, unnamed=town.rates["unnamed"])
    town.run(SAMPLES)
    settle_down(town, "sample")
    town.run(SPECIMENS)
    settle_down(town, "result")
    town.run(TURNED)
    settle_down(town, "turned", like="source")
    town.run(CAUGHT)
    town.run(AFTER)
    settle_down(town, "investigated", "source", "admitted", "taken in")
    town.run(RELEASE)
    settle_down(town, "released")
    town.run(RELEASED)
    settle_down(town, "stay ended", like="line")
    town.run(CHECKS)
    settle_down(town, "check")
