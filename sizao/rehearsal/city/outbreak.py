"""The outbreak: day by day from person to person, at home, at work, at school, and about the place. Nobody in it knows of any register."""

from datetime import timedelta

from .town import Town

#: What an infection will be is decided when it comes: when it shows, whether anybody finds it, and until when it spreads.
COURSE = """
INSERT INTO infection
SELECT person, day, source, setting, symptoms, CASE WHEN symptoms THEN day + incubation END AS onset, CASE WHEN found THEN shown END AS found_day,
  least(day + 10, CASE WHEN found THEN shown + 1 ELSE day + 10 END) AS spreads_until
FROM (SELECT *, CASE WHEN symptoms THEN day + incubation + waits ELSE day + 4 + waits END AS shown,
        CASE WHEN symptoms THEN u('found', person) < {found} ELSE u('found', person) < {found_silent} END AS found
      FROM (SELECT person, {day} AS day, source, setting, u('symptoms', person) < {symptomatic} AS symptoms, 2 + pick(6, 'incubation', person) AS incubation, pick(4, 'waits', person) AS waits
            FROM ({who})))
"""
SEEDS = "SELECT i AS person, CAST(NULL AS INTEGER) AS source, 'outside' AS setting FROM person WHERE u('seed{day}', i) < {share} AND age >= 18 AND i NOT IN (SELECT person FROM infection)"
MET = """
SELECT person, min(source) AS source, min(setting) AS setting FROM (
  SELECT o.i AS person, s.person AS source, '1 household' AS setting FROM spreading s JOIN person p ON p.i = s.person JOIN person o ON o.household = p.household
    WHERE u2('home{day}', s.person, o.i) < {household} * {control}
  UNION ALL
  SELECT o.i, s.person, CASE WHEN p.role = 'pupil' THEN '2 school' ELSE '2 work' END FROM spreading s JOIN person p ON p.i = s.person JOIN person o ON o.unit = p.unit
    WHERE u2('unit{day}', s.person, o.i) < {unit} * {control}
  UNION ALL
  SELECT o.i, s.person, '3 place' FROM spreading s JOIN person o ON o.i = pick2({persons}, 'met{day}', s.person, 0) WHERE u2('place{day}', s.person, 1) < {place} * {control}
) WHERE person NOT IN (SELECT person FROM infection) GROUP BY person
"""


def spread(town: Town) -> None:
    """Table `infection`: (person, day counted from the first, source, setting, has symptoms, day of onset, day found, spreads until)."""
    rates = town.rates["outbreak"]["rates"]
    town.run(
        "CREATE TABLE infection (person INTEGER, day INTEGER, source INTEGER, setting VARCHAR, symptoms BOOLEAN, onset INTEGER, found_day INTEGER, spreads_until INTEGER)"
    )
    course = {name: rates[name] for name in ("found", "found_silent", "symptomatic")}
    for day in range(-6, town.days):
        control = 1.0 if day < rates["control_from"] else rates["control"]
        if day <= 0:
            town.run(COURSE.format(who=SEEDS, day=day, **course), day=day, share=rates["seeds"] / 7 / 0.75)
            continue
        town.run(f"CREATE OR REPLACE TEMP TABLE spreading AS SELECT person FROM infection WHERE day + 2 <= {day} AND {day} < spreads_until")
        town.run(COURSE.format(who=MET, day=day, **course), day=day, control=control, **{k: rates[k] for k in ("household", "unit", "place")})
    assert town.end > town.begin - timedelta(days=6)
