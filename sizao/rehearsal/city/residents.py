"""Who lives there: households behind doors, people in them, where each works or goes to school."""

from sizao.rehearsal.people import FAMILY, GIVEN, WEIGHTS

from .town import Town

HOUSEHOLDS = """
CREATE TABLE household AS
WITH drawn AS (SELECT h, 1 + CASE WHEN x < .22 THEN 0 WHEN x < .50 THEN 1 WHEN x < .74 THEN 2 WHEN x < .90 THEN 3 WHEN x < .97 THEN 4 ELSE 5 END AS members
               FROM (SELECT range AS h, u('members', range) AS x FROM range({persons}))),
     counted AS (SELECT *, sum(members) OVER (ORDER BY h) AS total FROM drawn),
     grids AS (SELECT i, row_number() OVER (ORDER BY i) - 1 AS n FROM area WHERE level = 'grid')
SELECT CAST(c.h AS INTEGER) AS i, CAST(c.members AS INTEGER) AS members, g.i AS area, CAST(c.total - c.members AS INTEGER) AS first_person
FROM counted c JOIN grids g ON g.n = pick((SELECT count(*) FROM grids), 'grid', c.h)
WHERE c.total <= {persons};
"""
PERSONS = """
CREATE TABLE drawn_person AS
SELECT h.first_person + CAST(k AS INTEGER) AS i, h.i AS household, h.area,
  CASE WHEN k < 2 THEN 22 + pick2(52, 'age', h.i, k) WHEN u2('old', h.i, k) < .3 THEN 60 + pick2(33, 'age', h.i, k) ELSE pick2(19, 'age', h.i, k) END AS age,
  CASE WHEN u2('sex', h.i, k) < .5 THEN 'female' ELSE 'male' END AS sex
FROM household h, range(h.members) AS t(k);
CREATE TABLE born AS SELECT *, CAST(CAST({begin} AS DATE) - CAST(age * 365.25 + pick(365, 'birthday', i) AS INTEGER) AS DATE) AS birth_date FROM drawn_person;
"""
#: Two given names in three, one in three; numbers are valid in form: county code of nowhere, birth date, order (odd for men), check digit.
NAMED = """
CREATE TABLE numbered AS
SELECT b.*, a.county, a.township, a.village,
  substr('{family}', 1 + CAST(pick({families}, 'family', b.household) AS INTEGER), 1) || substr('{given}', 1 + CAST(pick({givens}, 'given', b.i) AS INTEGER), 1)
    || CASE WHEN u('names', b.i) < .7 THEN substr('{given}', 1 + CAST(pick({givens}, 'second', b.i) AS INTEGER), 1) ELSE '' END AS name,
  c.code || strftime(b.birth_date, '%Y%m%d') || lpad(CAST((2 * (row_number() OVER (PARTITION BY a.county, b.birth_date, b.sex ORDER BY b.i) - 1) + CASE b.sex WHEN 'male' THEN 1 ELSE 2 END) % 1000 AS VARCHAR), 3, '0') AS seventeen,
  '190' || lpad(CAST((CAST(b.i AS BIGINT) * 48271 + {seed}) % 100000000 AS VARCHAR), 8, '0') AS phone
FROM born b JOIN area a ON a.i = b.area JOIN area c ON c.i = a.county;
CREATE TABLE person AS
WITH workplace AS (SELECT u.i, coalesce(a.county, a.i) AS county, row_number() OVER (PARTITION BY coalesce(a.county, a.i) ORDER BY u.i) - 1 AS n, count(*) OVER (PARTITION BY coalesce(a.county, a.i)) AS among
                   FROM unit u JOIN area a ON a.i = u.area WHERE u.works),
     class AS (SELECT u.i, u.area AS township, row_number() OVER (PARTITION BY u.area ORDER BY u.i) - 1 AS n, count(*) OVER (PARTITION BY u.area) AS among FROM unit u WHERE u.kind = 'class'),
     pupil AS (SELECT p.i, c.i AS unit FROM numbered p JOIN class c ON c.township = p.township AND c.n = pick(c.among, 'class', p.i) WHERE p.age BETWEEN 6 AND 17),
     worker AS (SELECT p.i, w.i AS unit FROM numbered p JOIN workplace w ON w.county = p.county AND w.n = pick(w.among, 'work', p.i) WHERE p.age BETWEEN 18 AND 60 AND u('works', p.i) < .62)
SELECT p.i, p.household, p.area, p.county, p.township, p.village, p.age, p.sex, p.birth_date, p.name, p.phone,
  p.seventeen || substr('10X98765432', 1 + CAST(({weighted}) % 11 AS INTEGER), 1) AS national_id,
  coalesce(pupil.unit, worker.unit) AS unit, CASE WHEN pupil.unit IS NOT NULL THEN 'pupil' WHEN worker.unit IS NOT NULL THEN 'staff' END AS role
FROM numbered p LEFT JOIN pupil ON pupil.i = p.i LEFT JOIN worker ON worker.i = p.i ORDER BY p.i;
DROP TABLE drawn_person; DROP TABLE born; DROP TABLE numbered;
"""


def settle(town: Town) -> None:
    """Tables `household`, `person`."""
    town.run(HOUSEHOLDS)
    town.run(PERSONS)
    weighted = " + ".join(f"{w} * CAST(substr(p.seventeen, {k + 1}, 1) AS INTEGER)" for k, w in enumerate(WEIGHTS))
    town.run(NAMED, family=FAMILY, families=len(FAMILY), given=GIVEN, givens=len(GIVEN), seed=town.seed, weighted=weighted)
