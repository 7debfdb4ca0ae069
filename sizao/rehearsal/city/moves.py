"""Who moves, and what becomes of the ground: households go to other grids, one grid is split and the grids of a village are merged while the city lives.

A household that moves is told of, in time, late or never; now and then to a village only, and then it is in no grid. Some households stand on the list of
two grids (`twin`: of which they are the same). Where a grid is split or merged its households stand in the new ones from that midnight.
"""

import json

from sizao.rehearsal.shapes import halves

from .conduct import settle_down
from .town import Town

CLAIMED = """
INSERT INTO household
WITH grids AS (SELECT i, row_number() OVER (ORDER BY i) - 1 AS n FROM area WHERE level = 'grid')
SELECT (SELECT max(i) FROM household) + CAST(row_number() OVER (ORDER BY h.i) AS INTEGER), h.members, g.i, NULL, h.i
FROM household h JOIN grids g ON g.n = pick((SELECT count(*) FROM grids), 'claimed by', h.i) WHERE u('claimed', h.i) < {claimed} AND g.i <> h.area;
"""
#: What ends (`closed`) and what begins (`founded`) on which day; codes of the new grids follow those of their village.
REDRAWN = """
CREATE TABLE closed (area INTEGER, kind VARCHAR, on_day DATE);
CREATE TABLE founded AS SELECT *, CAST(NULL AS DATE) AS since FROM area WHERE false;
CREATE TEMP TABLE turned AS SELECT i, row_number() OVER (ORDER BY u('redrawn', i), i) AS n FROM area WHERE level = 'village';
INSERT INTO closed SELECT min(a.i), 'split', day_of({days} // 3) FROM area a JOIN turned v ON v.i = a.parent AND v.n = 1 HAVING {days} > 2;
INSERT INTO closed SELECT a.i, 'merged', day_of({days} * 2 // 3) FROM area a JOIN turned v ON v.i = a.parent AND v.n = 2 WHERE {days} > 2;
INSERT INTO founded
SELECT (SELECT max(i) FROM area) + CAST(row_number() OVER (ORDER BY x.kind DESC, k) AS INTEGER), v.code || '9' || (CASE x.kind WHEN 'merged' THEN 3 ELSE 1 END + k), 'grid', v.i, v.name_zh || CASE x.kind WHEN 'merged' THEN '新网格' WHEN 'split' THEN ['甲', '乙'][k + 1] || '网格' END,
  v.name_en || CASE x.kind WHEN 'merged' THEN ', new grid' ELSE ', grid ' || ['A', 'B'][k + 1] END, NULL, v.county, v.township, v.i, x.on_day
FROM (SELECT kind, on_day, min(area) AS area FROM closed GROUP BY kind, on_day) x JOIN area a ON a.i = x.area JOIN area v ON v.i = a.parent, range(2) AS t(k) WHERE x.kind = 'split' OR k = 0;
INSERT INTO post SELECT (SELECT max(i) FROM post) + 1, 'grid_worker', min(i), {begin} - INTERVAL 60 DAY FROM founded HAVING count(*) > 0;
"""
MOVES = """
INSERT INTO chance
WITH grids AS (SELECT i, parent, row_number() OVER (ORDER BY i) - 1 AS n FROM area WHERE level = 'grid' AND i NOT IN (SELECT area FROM closed)),
     drawn AS (SELECT h.i, h.area, after_hours(day_of(pick({days}, 'moves on', h.i)), 8 + u('moves at', h.i) * 12) AS moved_at, pick((SELECT count(*) FROM grids), 'moves to', h.i) AS n FROM household h WHERE u('moves', h.i) < {moves} AND h.area NOT IN (SELECT area FROM closed))
SELECT 'moved', 'mv' || d.i, 'household:' || d.i, NULL, d.area, d.moved_at, after_hours(d.moved_at, 72), NULL, NULL, NULL,
  json_object('area', CASE WHEN u('to no grid', d.i) < {nowhere} THEN g.parent ELSE g.i END, 'moved_at', strftime(d.moved_at, '%Y-%m-%d %H:%M:%S'))
FROM drawn d JOIN grids g ON g.n = d.n WHERE g.i <> d.area;
"""
#: Of households of a grid that was split or merged everybody is told on the day.
WITH_THE_GRID = """
INSERT INTO deed SELECT 'moved', 'mg' || h.i, 'household:' || h.i, NULL, h.area, CAST(c.on_day AS TIMESTAMP), CAST(c.on_day AS TIMESTAMP), NULL, NULL, NULL,
  json_object('area', f.i, 'moved_at', strftime(c.on_day, '%Y-%m-%d 00:00:00')), 'done', CAST(c.on_day AS TIMESTAMP), CAST(c.on_day AS TIMESTAMP), 'household:' || h.i, NULL
FROM household h JOIN closed c ON c.area = h.area JOIN area a ON a.i = h.area
JOIN (SELECT *, row_number() OVER (PARTITION BY parent ORDER BY i) - 1 AS n, count(*) OVER (PARTITION BY parent) AS among FROM founded) f ON f.parent = a.parent AND f.n = pick(f.among, 'which half', h.i);
"""


def redraw(town: Town) -> None:
    """Tables `closed`, `founded`; rows of `household` that a second grid claims."""
    town.run("ALTER TABLE household ADD COLUMN twin INTEGER")
    town.run(CLAIMED, claimed=town.rates["claimed_twice"])
    town.run(REDRAWN)
    shapes(town)


def shapes(town: Town) -> None:
    """What is founded has the ground of what ended: both halves of a grid that was split, the village where all its grids became one."""
    [(split,)] = town.rows("SELECT min(a.geometry) FROM closed c JOIN area a ON a.i = c.area WHERE c.kind = 'split'")
    halved = [json.dumps(half) for half in halves(json.loads(split))] if split else []
    for i, code, whole in town.rows("SELECT f.i, f.code, v.geometry FROM founded f JOIN area v ON v.i = f.parent ORDER BY f.i"):
        mine = halved[int(code[-1]) - 1] if code[-1] in "12" else whole
        town.db.execute("UPDATE founded SET geometry = ? WHERE i = ?", [mine, i])


def move(town: Town) -> None:
    """Deeds `moved`: at most one of a household."""
    town.run(MOVES, moves=town.rates["moves"], nowhere=town.rates["moves_to_no_grid"])
    settle_down(town, "moved", like="line")
    town.run(WITH_THE_GRID)
