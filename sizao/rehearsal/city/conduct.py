"""What becomes of work that somebody ought to do: done in time, late, forgotten, claimed, misfiled, filed twice. Each as it happens, written down.

`chance` holds the work of one kind, made by whoever knows of it: (kind, key, about, person, area, opens, due, period, outcome, number, more).
What is misfiled is filed under the one beside it, where that is there by then: nobody answers what has not been sent.
`settle_down(town, kind)` moves it to `deed`, with what was really done (`did_at`) apart from what was told (`told_at`, `filed_about`).
"""

from .town import Town

COLUMNS = """kind VARCHAR, key VARCHAR, about VARCHAR, person INTEGER, area INTEGER, opens TIMESTAMP, due TIMESTAMP, period DATE,
  outcome VARCHAR, number DOUBLE, more VARCHAR"""
DEED = """
INSERT INTO deed
WITH silent AS (SELECT c.*, q.i IS NOT NULL AS quiet, coalesce(s.unit IS NOT NULL, false) AS dumb FROM chance c JOIN area a ON a.i = c.area
                LEFT JOIN hushed q ON q.i = a.village LEFT JOIN silence s ON c.about = 'unit:' || s.unit AND CAST(c.due AS DATE) BETWEEN s.since AND s.until WHERE c.kind = '{kind}' AND c.opens < {end}),
     drawn AS (SELECT *, u2('{kind}', key, about) AS x, u2('when {kind}', key, about) AS w FROM silent),
     dealt AS (SELECT *, CASE WHEN dumb OR (quiet AND u2('quiet {kind}', key, about) < {quiet}) OR x < {forgot} THEN 'forgot' WHEN x < {forgot} + {late} THEN 'late'
                 WHEN x < {forgot} + {late} + {claimed} THEN 'claimed' WHEN x < {forgot} + {late} + {claimed} + {misfiled} THEN 'misfiled'
                 WHEN x < {forgot} + {late} + {claimed} + {misfiled} + {doubled} THEN 'doubled'
                 WHEN x < {forgot} + {late} + {claimed} + {misfiled} + {doubled} + {edge} THEN 'edge' ELSE 'done' END AS conduct FROM drawn),
     timed AS (SELECT *, CASE conduct WHEN 'forgot' THEN NULL WHEN 'late' THEN after_hours(due, 1 / 60.0 + w * {late_hours}) WHEN 'edge' THEN due ELSE between_times(opens, due, w) END + to_milliseconds(CASE WHEN conduct = 'edge' OR opens >= due THEN 0 ELSE pick2(59999, 'to the second {kind}', key, about) END) AS moment FROM dealt),
     whose AS (SELECT *, coalesce(lead(about) OVER side, first_value(about) OVER side) AS beside, coalesce(lead(person) OVER side, first_value(person) OVER side) AS person_beside,
                 coalesce(lead(opens) OVER side, first_value(opens) OVER side) AS opens_beside
               FROM timed WINDOW side AS (PARTITION BY area, period ORDER BY key, about ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)),
     there AS (SELECT * REPLACE (CASE WHEN conduct = 'misfiled' AND opens_beside > moment THEN 'done' ELSE conduct END AS conduct) FROM whose)
SELECT kind, key, about, person, area, opens, due, period, outcome, number, more, conduct,
  CASE WHEN conduct = 'claimed' THEN NULL ELSE moment END AS did_at, moment AS told_at,
  CASE WHEN conduct = 'misfiled' THEN beside ELSE about END AS filed_about, CASE WHEN conduct = 'misfiled' THEN person_beside ELSE person END AS filed_person
FROM there;
DELETE FROM chance WHERE kind = '{kind}';
"""


def prepare(town: Town) -> None:
    """Tables `chance` and `deed`; `hushed`, villages where much is left undone; `silence`, units that fall silent from day to day."""
    h = town.rates["hushed"]
    town.run(f"CREATE TABLE chance ({COLUMNS}); CREATE TABLE deed ({COLUMNS}, conduct VARCHAR, did_at TIMESTAMP, told_at TIMESTAMP, filed_about VARCHAR, filed_person INTEGER)")
    town.run(
        "CREATE TABLE hushed AS SELECT i FROM area WHERE level = 'village' AND (u('hushed', i) < {share} OR i = (SELECT max(i) FROM area WHERE level = 'village'));"
        "CREATE TABLE silence AS SELECT i AS unit, day_of(d) AS since, day_of(d + {span} - 1) AS until FROM (SELECT i, pick({days}, 'silent from', i) AS d FROM unit WHERE u('silent', i) < {units})",
        share=h["villages"], units=h["units"], span=h["days"],
    )  # fmt: skip


def settle_down(town: Town, *kinds: str, like: str = "") -> None:
    """What becomes of the work of these kinds that is waiting. `like`: whose rates they have, where not their own or the default."""
    rates = town.rates["conduct"]
    for kind in kinds:
        own = {**rates["default"], **rates.get(like or kind, {})}
        town.run(DEED, kind=kind, quiet=town.rates["hushed"]["forgot"], **own)
