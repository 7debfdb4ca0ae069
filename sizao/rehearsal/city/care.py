"""People on lists: staff on rolls, those who are helped, those who are owed money, those with symptoms; and what is done for each, or not."""

from .conduct import settle_down
from .town import Town

#: Who is on a roll: staff of hospitals, homes and custody; some of the staff of firms; patients in beds; volunteers; a team from elsewhere.
ROLL = """
CREATE TABLE roll AS
SELECT p.i AS person, p.area, p.unit, u.kind AS unit_kind, 'staff' AS role, CASE u.kind WHEN 'fever_clinic' THEN 'doctor' WHEN 'clinic' THEN CASE WHEN u('nurse', p.i) < .6 THEN 'nurse' ELSE 'doctor' END WHEN 'transport' THEN 'port' ELSE 'guard' END AS job,
  CASE u.kind WHEN 'fever_clinic' THEN true WHEN 'clinic' THEN u('risk', p.i) < .3 ELSE false END AS at_risk, CAST({begin} AS DATE) - CASE WHEN u('new', p.i) < .5 THEN 0 ELSE 20 END AS starts_on, CASE WHEN u('leaves', p.i) < .05 THEN day_of(12) END AS ends_on, day_of(pick(10, 'posted', p.i)) AS posted_on
FROM person p JOIN unit u ON u.i = p.unit WHERE p.role = 'staff' AND (u.kind IN ('clinic', 'fever_clinic', 'welfare_home', 'custody', 'transport') OR (u.kind IN ('employer', 'site', 'maker') AND u('on a roll', p.i) < .02))
UNION ALL SELECT p.i, p.area, (SELECT min(i) FROM unit WHERE kind = 'clinic'), 'clinic', 'inpatient', NULL, NULL, day_of(pick({days}, 'to bed', p.i)), NULL, NULL FROM person p WHERE u('in bed', p.i) < .001 AND p.unit IS NULL
UNION ALL SELECT p.i, p.area, NULL, NULL, 'volunteer', NULL, NULL, day_of(2), NULL, day_of(3 + pick(8, 'helps from', p.i)) FROM person p WHERE u('volunteers', p.i) < .001 AND p.unit IS NULL AND u('in bed', p.i) >= .001
UNION ALL SELECT p.i, p.area, (SELECT min(i) FROM unit WHERE kind = 'team'), 'team', 'team', 'doctor', NULL, day_of(4), CASE WHEN u('back', p.i) < .5 THEN day_of(20) END, NULL FROM person p WHERE u('sent', p.i) < .0005 AND p.unit IS NULL AND u('in bed', p.i) >= .001 AND u('volunteers', p.i) >= .001;
INSERT INTO chance SELECT 'fact:roll', 'ro' || person, 'person:' || person, person, area, after_hours({begin}, 1), after_hours({begin}, 2), NULL, role, NULL,
  json_object('roll_role', role, 'job', job, 'at_risk_post', at_risk, 'starts_on', strftime(starts_on, '%Y-%m-%d'), 'ends_on', strftime(ends_on, '%Y-%m-%d'), 'first_posted_on', strftime(posted_on, '%Y-%m-%d'), '_unit', coalesce(unit, (SELECT min(i) FROM unit WHERE kind = 'clinic'))) FROM roll;
INSERT INTO chance SELECT 'sample', 'w' || person || '-' || k, 'person:' || person, person, area, after_hours(day_of(k * 7 + pick(5, 'weekly', person)), 8), after_hours(day_of(k * 7 + 6), 18), day_of(k * 7), NULL, NULL, NULL
  FROM roll, range({days} // 7 + 1) AS t(k) WHERE role IN ('staff', 'team') AND unit_kind NOT IN ('employer', 'site', 'maker');
INSERT INTO chance SELECT 'sample', 'b' || person, 'person:' || person, person, area, after_hours(starts_on, 1), after_hours(starts_on, 24), starts_on, NULL, NULL, NULL FROM roll WHERE role = 'inpatient';
INSERT INTO chance SELECT 'line:daily_health', 'dh' || person || '-' || strftime(day, '%m%d'), 'person:' || person, person, area, after_hours(day, 6.5), after_hours(day, 22), CAST(day AS DATE), 'ok', NULL, json_object('health_state', 'ok')
  FROM roll, generate_series({begin}, {end} - INTERVAL 1 DAY, INTERVAL 1 DAY) AS t(day) WHERE (at_risk OR role = 'team' OR unit_kind IN ('employer', 'site', 'maker')) AND day >= coalesce(CAST(starts_on AS TIMESTAMP), day) AND day <= coalesce(CAST(ends_on AS TIMESTAMP), day);
INSERT INTO chance SELECT 'line:issue', 'is' || person || '-' || strftime(day, '%m%d'), 'person:' || person, person, area, after_hours(day, 6), after_hours(day, 20), CAST(day AS DATE), 'mask_n95', 2, json_object('item_class', 'mask_n95', 'amount_issued', 2, '_unit', coalesce(unit, (SELECT min(i) FROM unit WHERE kind = 'clinic')))
  FROM roll, generate_series({begin}, {end} - INTERVAL 1 DAY, INTERVAL 1 DAY) AS t(day) WHERE (at_risk AND day >= posted_on) OR (role IN ('volunteer', 'team') AND day = coalesce(posted_on, starts_on));
INSERT INTO chance SELECT 'line:training', 'tr' || person || '-' || c, 'person:' || person, person, area, after_hours({begin}, 26), after_hours(coalesce(posted_on, day_of(5)), 8), NULL, c, CASE WHEN u2('passes', person, c) < .9 THEN 1 ELSE 0 END,
  json_object('course', c, 'passed', u2('passes', person, c) < .9, '_unit', coalesce(unit, (SELECT min(i) FROM unit WHERE kind = 'clinic'))) FROM roll, (SELECT unnest(['ppe', 'infection_control', 'treatment']) AS c) WHERE role IN ('staff', 'volunteer') AND coalesce(unit_kind, '') NOT IN ('employer', 'site', 'maker', 'custody', 'welfare_home', 'transport') AND posted_on > day_of(2);
"""
SYMPTOMS = """
CREATE TABLE symptom AS
SELECT CAST(row_number() OVER (ORDER BY found_at, person) AS INTEGER) AS i, * FROM (
  SELECT i AS person, area, CASE pick(8, 'channel', i) WHEN 0 THEN 'checkpoint' WHEN 1 THEN 'pharmacy' WHEN 2 THEN 'fever_clinic' WHEN 3 THEN 'fever_clinic' WHEN 4 THEN 'sweep' WHEN 5 THEN 'school' WHEN 6 THEN 'clinic' ELSE 'self' END AS channel,
    after_hours(day_of(pick({days}, 'fever', i)), 7 + u('fever at', i) * 14) AS found_at FROM person WHERE u('feverish', i) < .003);
INSERT INTO chance SELECT 'sample', 'y' || i, 'person:' || person, person, area, after_hours(found_at, 1), after_hours(found_at, 20), CAST(found_at AS DATE), NULL, NULL, NULL FROM symptom WHERE u('tested', i) < .8;
"""
FOLLOWED = """
INSERT INTO chance SELECT '{kind}', '{kind}' || s.i, 'symptom:' || s.i, s.person, s.area, {since}, after_hours({since}, 23), NULL, {outcome}, NULL, NULL FROM symptom s {joined};
"""
SIGNALS = """
CREATE TABLE signal AS SELECT CAST(row_number() OVER (ORDER BY a.i, k) AS INTEGER) AS i, a.i AS area, after_hours(day_of(pick2({days}, 'raised', a.i, k)), 6 + u2('raised at', a.i, k) * 14) AS raised_at
  FROM area a, range(4) AS t(k) WHERE a.level = 'township';
INSERT INTO chance SELECT 'judged', 'judged' || i, 'signal:' || i, NULL, area, raised_at, after_hours(raised_at, 20), NULL, CASE pick(3, 'is it', i) WHEN 0 THEN 'watch' ELSE 'real' END, NULL, NULL FROM signal;
"""
ACTED = """
INSERT INTO chance SELECT 'acted', 'acted' || s.i, 'signal:' || s.i, NULL, s.area, d.told_at, after_hours(d.told_at, 20), NULL, 'investigated', NULL, NULL FROM signal s JOIN deed d ON d.kind = 'judged' AND d.about = 'signal:' || s.i AND d.told_at IS NOT NULL;
"""
#: The old who live alone, the poor, the bereaved, the chronically ill; and what is due to whom. In turn, so that a small city has some of each.
HELPED = """
CREATE TABLE helped AS
SELECT *, CASE list WHEN 'bereaved' THEN 'bereaved' END AS _ FROM (
  SELECT i AS person, area, CASE WHEN age > 70 THEN 'lone_elder' ELSE CASE row_number() OVER (PARTITION BY age > 70 ORDER BY u('needs', i)) % 6 WHEN 0 THEN 'hardship' WHEN 1 THEN 'bereaved' WHEN 2 THEN 'chronic' WHEN 3 THEN 'dialysis' WHEN 4 THEN 'disabled' ELSE 'chronic' END END AS list,
    day_of(pick(12, 'needs from', i)) AS starts_on, CASE WHEN u('with minors', i) < .3 THEN 1 + pick(2, 'minors', i) END AS minors, day_of(8 + pick(20, 'runs out', i)) AS runs_out_on FROM person WHERE u('helped', i) < .006);
INSERT INTO chance SELECT 'fact:help_list', 'hl' || person, 'person:' || person, person, area, after_hours(starts_on, 8), after_hours(starts_on, 9), NULL, list, NULL,
  json_object('help_list', list, 'starts_on', strftime(starts_on, '%Y-%m-%d'), 'minors', minors, 'medicine_runs_out_on', CASE WHEN list = 'chronic' THEN strftime(runs_out_on, '%Y-%m-%d') END) FROM helped;
INSERT INTO chance SELECT 'line:help_given', 'hv' || person || '-' || k, 'person:' || person, person, area, after_hours(starts_on, 10 + k * 24), after_hours(starts_on, 19 + k * 24), starts_on + CAST(k AS INTEGER), CASE WHEN u2('by telephone', person, k) < .4 THEN 'call' ELSE 'visit' END, NULL,
  json_object('help_kind', CASE WHEN u2('by telephone', person, k) < .4 THEN 'call' ELSE 'visit' END, 'need_found', 'none') FROM helped, range({days}) AS t(k) WHERE k % 2 = 0 AND (list IN ('lone_elder', 'disabled') OR k < 3);
INSERT INTO chance SELECT 'line:help_given', 'h' || what || person, 'person:' || person, person, area, after_hours(starts_on, hours), after_hours(starts_on, hours + 60), NULL, what, NULL, json_object('help_kind', what, 'need_found', 'none')
  FROM helped, (SELECT unnest(['assessment', 'money', 'guardian', 'medicine']) AS what, unnest([60, 140, 70, 96]) AS hours) WHERE (what = 'assessment' AND list IN ('hardship', 'bereaved')) OR (what = 'money' AND list = 'hardship') OR (what = 'guardian' AND minors > 0) OR (what = 'medicine' AND list = 'chronic');
INSERT INTO chance SELECT 'line:assignment', 'as' || person, 'person:' || person, person, area, after_hours(starts_on, 20), after_hours(starts_on, 70), NULL, 'care', NULL, json_object('pairing', 'care', '_counterpart', (SELECT min(i) FROM unit WHERE kind = 'clinic')) FROM helped WHERE list IN ('chronic', 'dialysis');
INSERT INTO chance SELECT 'fact:entitlement', 'en' || i, 'person:' || i, i, area, after_hours(day_of(pick(10, 'owed', i)), 9), after_hours(day_of(pick(10, 'owed', i)), 10), NULL, policy, 500,
  json_object('policy', policy, 'money_due', 500, 'due_on', strftime(day_of(10 + pick(20, 'due', i)), '%Y-%m-%d'), 'money_paid_out', CASE pick(6, 'paid', i) WHEN 0 THEN NULL WHEN 1 THEN 200 ELSE 500 END)
  FROM (SELECT i, area, CASE row_number() OVER (ORDER BY u('policy', i)) % 5 WHEN 0 THEN 'work_subsidy' WHEN 1 THEN 'injury' WHEN 2 THEN 'hardship_relief' WHEN 3 THEN 'unemployment' ELSE 'enterprise_support' END AS policy FROM person WHERE u('entitled', i) < .004);
"""
#: Children and the old who are themselves kept apart, and nobody of theirs with them: on the list for as long as that lasts, seen or rung up each day, or not.
LEFT_ALONE = """
CREATE TABLE left_alone AS
SELECT p.i AS person, p.area, CASE WHEN p.age < 14 THEN 'child_alone' ELSE 'lone_elder' END AS list, min(c.named_at) AS found_at FROM contact c JOIN person p ON p.i = c.person
WHERE (p.age < 14 OR p.age > 60) AND u('left alone', p.i) < .5 AND p.i NOT IN (SELECT person FROM helped) GROUP BY ALL;
INSERT INTO chance SELECT 'fact:help_list', 'hl' || person, 'person:' || person, person, area, after_hours(found_at, 1), after_hours(found_at, 6), NULL, list, NULL,
  json_object('help_list', list, 'starts_on', strftime(found_at, '%Y-%m-%d'), 'minors', NULL, 'medicine_runs_out_on', NULL) FROM left_alone;
INSERT INTO chance SELECT 'line:help_given', 'hv' || person || '-' || k, 'person:' || person, person, area, after_hours(CAST(found_at AS DATE), 10 + k * 24), after_hours(CAST(found_at AS DATE), 19 + k * 24), CAST(found_at AS DATE) + CAST(k AS INTEGER), CASE WHEN u2('by telephone', person, k) < .4 THEN 'call' ELSE 'visit' END, NULL,
  json_object('help_kind', CASE WHEN u2('by telephone', person, k) < .4 THEN 'call' ELSE 'visit' END, 'need_found', 'none') FROM left_alone, range({days}) AS t(k);
"""
#: The recovered are looked after for a year: a doctor of their own, a look each week.
RECOVERED = """
INSERT INTO chance SELECT 'line:assignment', 'fd' || i, 'person:' || person, person, area, after_hours(outcome_at, 4), after_hours(outcome_at, 120), NULL, 'family_doctor', NULL, json_object('pairing', 'family_doctor', '_counterpart', (SELECT min(i) FROM unit WHERE kind = 'clinic')) FROM case_ WHERE outcome1 = 'recovered' AND outcome_at < {end};
INSERT INTO chance SELECT 'line:patient_charge', 'pc' || i, 'person:' || person, person, area, after_hours(reported_at, 30), after_hours(reported_at, 200), NULL, NULL, 40, json_object('money_charged', 40) FROM case_ WHERE u('charged', i) < .15;
INSERT INTO chance SELECT 'line:daily_health', 'dr' || i || '-' || k, 'person:' || person, person, area, after_hours(outcome_at, 24 * 7 * k + 8), after_hours(outcome_at, 24 * 7 * k + 100), CAST(outcome_at AS DATE) + CAST(7 * k AS INTEGER), 'ok', NULL, json_object('health_state', 'ok') FROM case_, range(8) AS t(k) WHERE outcome1 = 'recovered' AND outcome_at < {end};
INSERT INTO chance SELECT 'line:entitlement', 'tc' || i, 'person:' || person, person, area, after_hours(outcome_at, 10), after_hours(outcome_at, 150), NULL, 'treatment_cost', 9000, json_object('policy', 'treatment_cost', 'money_due', 9000, 'due_on', strftime(CAST(outcome_at AS DATE) + 30, '%Y-%m-%d')) FROM case_ WHERE outcome1 IS NOT NULL AND outcome_at < {end};
"""


def enrol(town: Town) -> None:
    """Tables `roll`, `symptom`, `helped`, `signal`; the samples that are to be taken of them wait for the laboratory."""
    town.run(ROLL)
    town.run(SYMPTOMS)
    town.run(HELPED)
    town.run(SIGNALS)


def care(town: Town) -> None:
    """The deeds about them."""
    town.run(RECOVERED)
    town.run(LEFT_ALONE)
    settle_down(town, "fact:roll", "fact:help_list", "fact:entitlement", like="fact")
    for kind, since, outcome, before in (("referred", "s.found_at", "NULL", ""), ("arrived", "d.told_at", "NULL", "referred"), ("closed", "d.told_at", "CASE WHEN u('was', s.i) < .9 THEN 'other_illness' ELSE 'well' END", "arrived")):
        joined = f"JOIN deed d ON d.kind = '{before}' AND d.about = 'symptom:' || s.i AND d.told_at IS NOT NULL" if before else ""
        town.run(FOLLOWED, kind=kind, since=since, outcome=outcome, joined=joined)
        settle_down(town, kind, like="line")
    town.run(FOLLOWED, kind="cause found", since="s.found_at", outcome="CASE WHEN u('what', s.i) < .8 THEN 'respiratory' ELSE 'unknown' END", joined="WHERE s.channel = 'school'")
    settle_down(town, "cause found", like="line")
    settle_down(town, "judged", like="line")
    town.run(ACTED)
    settle_down(town, "acted", like="line")
