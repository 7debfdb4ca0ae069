"""Check one of a measure, in SQL: who should be on its list and is not. The same columns as obligations, so that they are counted and listed alike."""

from __future__ import annotations

from datetime import datetime

from sizao.plan.language.measure import BEGINNING, From, Measure
from sizao.plan.obligations import FIELDS, UNLISTED, UNLISTED_OCCASION, Force

from .conditions import Writer
from .dialects import POSTGRES, Dialect
from .relations import Relations
from .wide import Wide


def compile_unlisted(
    m: Measure, relations: Relations, as_of: datetime, force: Force | None = None, dialect: Dialect = POSTGRES, person: str = "person"
) -> str | None:
    """The statement that lists the unlisted of a measure at `as_of`; None when nothing is reconciled. `person`: the table of persons, for where they live."""
    entries = [entry for entry in m.reconcile if isinstance(entry, From)]
    if not entries:
        return None
    c = Unlisted(m, relations, as_of, force or Force(), dialect, None)
    return dialect.whole(c.listing(entries, person))


class Unlisted(Wide):
    def listing(self, entries: list[From], person: str) -> str:
        found = [self.acted(entry, i, person) if entry.acts else self.standing_in(entry, i) for i, entry in enumerate(entries)]
        listed = f'SELECT n."person" FROM stands n WHERE n."person" IS NOT NULL AND ({self.told("n", self.as_of, self.as_of)}) IS NOT FALSE'
        first = f"SELECT x.*, row_number() OVER (PARTITION BY x.who ORDER BY x.nth, x.area NULLS LAST) AS place FROM ({' UNION ALL '.join(found)}) x"
        text, nothing = self.d.text, "CAST(NULL AS TIMESTAMP)"
        reasons = " ".join(f"WHEN {i} THEN {text(f'{UNLISTED}:{entry.source}')}" for i, entry in enumerate(entries))
        whole = (
            f"SELECT {text(self.m.id)} AS measure, y.who AS subject, y.who AS person, {UNLISTED_OCCASION} AS occasion, {nothing} AS opens, {nothing} AS due, '{UNLISTED}' AS state, "
            f"CASE y.nth {reasons} END AS reason, y.area, w.post, FALSE AS doable, FALSE AS told_late, {nothing} AS done_at, {self.nothing} AS have, {self.nothing} AS need "
            f"FROM ({first}) y LEFT JOIN owner w ON w.area = y.area WHERE y.place = 1 AND y.who NOT IN ({listed})"
        )
        ctes = self.standing() | {"owner": self.owner()}
        with_ = ",\n".join(f"{name} AS ({sql})" for name, sql in (self.shared | ctes).items())
        return f"WITH {with_}\nSELECT {', '.join(FIELDS)} FROM ({whole}) o{self.inside()}"

    def standing_in(self, entry: From, i: int) -> str:
        """Persons of a table's rows that stand now and should be listed."""
        tests = [f'v."vf" <= {self.as_of}', f'v."vt" > {self.as_of}', f'v."known" <= {self.as_of}', 'v."person" IS NOT NULL']
        if self.force.disease is not None:
            tests.append(f'(v."disease" IS NULL OR v."disease" = {self.d.literal(self.force.disease)})')
        if entry.where is not None:
            tests.append(Writer(self.d, self.m.params, "v", self.as_of, self.as_of, key=self.force.key).sql(entry.where))
        return f'SELECT v."person" AS who, v."area" AS area, {i} AS nth FROM ({self.plain.facts[entry.source]}) v WHERE {" AND ".join(tests)}'

    def acted(self, entry: From, i: int, person: str) -> str:
        """Persons of whom an act tells that they should be listed, where they live now; acts since the edition began."""
        tests = [f"a.kind = {self.d.text(entry.source)}", f'a."at" <= {self.as_of}', 'a."person" IS NOT NULL']
        if self.force.start > BEGINNING:
            tests.append(f'a."at" >= {self.d.literal(self.force.start)}')
        if entry.where is not None:
            tests.append(Writer(self.d, self.m.params, "a", self.as_of, self.as_of, disease="NULL", key=self.force.key).sql(entry.where))
        home, area = "", "CAST(NULL AS BIGINT)"
        if person in self.plain.facts:
            home = f' LEFT JOIN ({self.plain.facts[person]}) p ON p."person" = a."person" AND p."vf" <= {self.as_of} AND p."vt" > {self.as_of}'
            area = 'p."area"'
        return f'SELECT a."person" AS who, {area} AS area, {i} AS nth FROM ({self.plain.act}) a{home} WHERE {" AND ".join(tests)}'
