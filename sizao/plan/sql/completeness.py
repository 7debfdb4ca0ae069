"""Check one of a measure, in SQL: by what its list is not complete. The same columns as obligations, so that it is counted and listed alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sizao.kernel.facts import AreaFact
from sizao.plan.handed import OWED, passes_on
from sizao.plan.language.measure import BEGINNING, Filed, From, Measure, Total
from sizao.plan.obligations import (
    BESIDE_OCCASION,
    CANNOT_TELL,
    CLOSED,
    FIELDS,
    FILED,
    HANDED,
    HANDED_OCCASION,
    LATE,
    MET,
    NO_LIST,
    NOT_KEPT,
    OVERDUE,
    SHORT,
    TOTAL,
    UNKNOWN,
    UNLISTED,
    UNLISTED_OCCASION,
    Force,
)

from .compiler import ABOUT
from .conditions import Writer
from .dialects import POSTGRES, Dialect
from .relations import Relations
from .wide import Wide, compile_measure


def compile_beside(
    m: Measure,
    relations: Relations,
    as_of: datetime,
    force: Force | None = None,
    dialect: Dialect = POSTGRES,
    person: str = "person",
    only: str | None = None,
) -> str | None:
    """The statement that lists by what the list of a measure is not complete at `as_of`, and what was handed over; None where there can be neither.

    `person`: the table of persons, for where they live. `only`: a SELECT of the subjects whose hand-overs are wanted.
    """
    return compile_beside_in_zones(m, [(relations, as_of, force or Force())], dialect, person, only)[0]


def compile_beside_in_zones(
    m: Measure, zones: Sequence[tuple[Relations, datetime, Force]], dialect: Dialect = POSTGRES, person: str = "person", only: str | None = None
) -> list[str | None]:
    """The same for a store across time zones, one statement each, together what one would list: who is on the list in any zone is on it, nobody is
    missing on it twice, and what is said of an area is compared once, in the time of where it lies, with all rows below.

    `zones`: of each the relations, the moment and the enactment in its civil time.
    """
    if not m.reconcile and not passes_on(m):
        return [None for _ in zones]
    found = [Completeness(m, relations, as_of, force, dialect, None) for relations, as_of, force in zones]
    for one in found:
        one.zones = found
    return [dialect.whole(sql) if (sql := one.listing(person, only)) else None for one in found]


class Completeness(Wide):
    zones: Sequence[Completeness]  # of the whole store, this one among them; the first says for all who is missing on the list

    def listing(self, person: str, only: str | None = None) -> str | None:
        now = self.force.start <= self.now < self.force.end  # of a list's completeness only the text speaks that is in force
        entries = [entry for entry in self.m.reconcile if isinstance(entry, From)]
        found = [self.unlisted(entries, person)] if now and entries and self is self.zones[0] else []
        for i, entry in enumerate(self.m.reconcile if now else ()):
            if isinstance(entry, Total):
                found.append(self.short(entry, BESIDE_OCCASION - i))
            elif isinstance(entry, Filed):
                found.append(self.not_filed(entry, BESIDE_OCCASION - i))
        if passes_on(self.m):
            found.append(self.handed(only))
        if not found:
            return None
        ctes = (self.standing() if self.m.reconcile else {}) | {"owner": self.owner()}
        with_ = ",\n".join(f"{name} AS ({sql})" for name, sql in (self.shared | ctes).items())
        return f"WITH {with_}\nSELECT {', '.join(FIELDS)} FROM ({' UNION ALL '.join(found)}) o{self.belonging('o.moment')}"

    def row_of(self, state: str, reason: str, subject: str, occasion: int, more: dict[str, str], source: str) -> str:
        """One row for each of a source, with the columns of an obligation; `more` says those that are not the same for all."""
        number, time = self.nothing, "CAST(NULL AS TIMESTAMP)"
        columns: dict[str, Any] = {
            "measure": self.d.text(self.m.id),
            "subject": subject,
            "person": "y.person",
            "occasion": str(occasion),
            "opens": time,
            "due": time,
            "state": state,
            "reason": reason,
            "area": "y.area",
            "post": "w.post",
            "doable": "FALSE",
            "told_late": "FALSE",
            "done_at": time,
            "have": number,
            "need": number,
            "unit": "CAST(NULL AS VARCHAR)",
            "seen": "CAST(NULL AS BOOLEAN)",
            "raised": "0",
            "moment": self.as_of,
            ABOUT: "CAST(NULL AS VARCHAR)",
        } | more
        joined = "" if "post" in more else " LEFT JOIN owner w ON w.area = y.area"
        return f"SELECT {', '.join(f'{columns[name]} AS {name}' for name in (*FIELDS, 'moment', ABOUT))} FROM {source}{joined}"

    # -- what was handed over

    def handed(self, only: str | None) -> str:
        """The senders' halves of occasions: see `sizao.plan.handed`."""
        rows = self.plain.versions.get(self.m.facts, self.plain.facts[self.m.facts])
        wanted = f' WHERE v."id" IN ({only})' if only else ""
        turns = 'OVER (PARTITION BY v."id" ORDER BY v."vf")'
        each = f'SELECT v."id", v."person", v."area", v."known", v."vt" AS passed, lead(v."vf") {turns} AS taken, lead(v."area") {turns} AS taker FROM ({rows}) v{wanted}'
        self.shared["passed_on"] = f"SELECT x.* FROM ({each}) x WHERE x.taken = x.passed AND x.area <> x.taker"
        among, fields = 'SELECT h."id" FROM passed_on h', (*FIELDS, ABOUT)
        duties = compile_measure(self.m, self.plain, self.now, self.force, self.d, among, fields=fields, wherever=True)
        halves = (
            f'SELECT q.subject, q.{ABOUT}, h."person", h."area", h.passed, h.taker, q.opens, q.due, row_number() OVER (PARTITION BY q.subject ORDER BY q.occasion, h.passed) AS nth '
            f'FROM ({duties}) q JOIN passed_on h ON h."id" = q.subject AND h.passed > q.opens AND h.passed > h."known" AND h.passed <= q.due AND h.passed <= {self.as_of} '
            f"WHERE (q.state IN ({', '.join(self.d.text(s) for s in OWED)}) OR (q.state = {self.d.text(CANNOT_TELL)} AND substr(q.reason, 1, {len(NOT_KEPT) + 1}) = {self.d.text(NOT_KEPT + ':')})) AND (q.done_at IS NULL OR q.done_at > h.passed)"
        )
        more = {"occasion": f"{HANDED_OCCASION} - y.nth", "opens": "y.opens", "due": "y.due", "done_at": "y.passed", "moment": "y.opens", ABOUT: f"y.{ABOUT}"}
        reason = f"concat({self.d.text(HANDED + ':')}, CAST(y.taker AS VARCHAR))"
        return self.row_of(f"'{CLOSED}'", reason, "y.subject", HANDED_OCCASION, more, f"({halves}) y")

    @property
    def listed(self) -> str:
        """Condition on a row `n` of `stands`: it is on the list."""
        return f'({self.told("n", self.as_of, self.as_of)}) IS NOT FALSE'

    def on_list(self) -> str:
        """SELECT of person and area of all that is on the list, in whatever zone."""
        parts = []
        for zone in self.zones:
            rows = f'SELECT n."person", n."area" FROM stands n WHERE {zone.listed}'
            parts.append(rows if zone is self else f"SELECT o.* FROM ({zone.apart(rows)}) o")
        return " UNION ALL ".join(parts)

    def apart(self, select: str) -> str:
        """A SELECT over `stands` that stands by itself."""
        ctes = self.standing()
        return f"WITH {', '.join(f'{name} AS ({sql})' for name, sql in (self.shared | ctes).items())} {select}"

    # -- who is missing on it

    def unlisted(self, entries: list[From], person: str) -> str:
        found = [zone.acted(entry, i, person) if entry.acts else zone.standing_in(entry, i) for i, entry in enumerate(entries) for zone in self.zones]
        listed = f'SELECT n."person" FROM ({self.on_list()}) n WHERE n."person" IS NOT NULL'
        first = f"SELECT x.*, row_number() OVER (PARTITION BY x.who ORDER BY x.nth, x.area NULLS LAST) AS place FROM ({' UNION ALL '.join(found)}) x"
        reasons = " ".join(f"WHEN {i} THEN {self.d.text(f'{UNLISTED}:{entry.source}')}" for i, entry in enumerate(entries))
        lost = ""
        if self.force.narrower:
            self.shared["told_of"], first = first, "SELECT * FROM told_of"
            lost = f" AND z.who NOT IN ({self.lost()})"
        source = f"(SELECT z.* FROM ({first}) z WHERE z.place = 1 AND z.who NOT IN ({listed}){lost}) y"
        more = {"person": "y.who", ABOUT: f"y.{ABOUT}"}
        return self.row_of(f"'{UNLISTED}'", f"CASE y.nth {reasons} END", "y.who", UNLISTED_OCCASION, more, source)

    def lost(self) -> str:
        """SELECT of the persons of whom a narrower enactment tells: of several rows in the first of their places one is that one's."""
        tied = "x.who = z.who AND x.nth = z.nth AND x.area = z.area"
        return (
            f"SELECT z.who FROM told_of z JOIN told_of x ON {tied} JOIN ({self.narrower()}) k ON k.area = z.area "
            f"WHERE z.place = 1 AND {self.takes('k', self.as_of, f'x.{ABOUT}')}"
        )

    def standing_rows(self, table: str, row: str) -> list[str]:
        """Tests on rows of a table that stand now, of the diseases that the edition is about."""
        tests = [f'{row}."vf" <= {self.as_of}', f'{row}."vt" > {self.as_of}', f'{row}."known" <= {self.as_of}']
        if self.force.disease is not None:
            tests.append(f'({row}."disease" IS NULL OR {row}."disease" = {self.d.literal(self.force.disease)})')
        return tests

    def standing_in(self, entry: From, i: int) -> str:
        """Persons of a table's rows that stand now and should be listed."""
        tests = [*self.standing_rows(entry.source, "v"), 'v."person" IS NOT NULL']
        if entry.where is not None:
            tests.append(Writer(self.d, self.m.params, "v", self.as_of, self.as_of, key=self.force.key).sql(entry.where))
        return f'SELECT v."person" AS who, v."area" AS area, {i} AS nth, v."disease" AS {ABOUT} FROM ({self.plain.facts[entry.source]}) v WHERE {" AND ".join(tests)}'

    def acted(self, entry: From, i: int, person: str) -> str:
        """Persons of whom an act tells that they should be listed, where they live now; acts since the edition began."""
        tests = [f"a.kind = {self.d.text(entry.source)}", f'a."at" <= {self.as_of}', 'a."person" IS NOT NULL']
        if self.force.start > BEGINNING:
            tests.append(f'a."at" >= {self.d.literal(self.force.start)}')
        if entry.where is not None:
            tests.append(Writer(self.d, self.m.params, "a", self.as_of, self.as_of, disease="NULL", key=self.force.key).sql(entry.where))
        many, home, area = len(self.zones) > 1, "", "CAST(NULL AS BIGINT)"
        here = f"(SELECT min(x.id) FROM ({self.plain.area}) x WHERE x.parent IS NULL) IN ({self.plain.here})"  # who lives nowhere belongs to the top
        if person in self.plain.facts:
            home = f' LEFT JOIN ({self.plain.facts[person]}) p ON p."person" = a."person" AND p."vf" <= {self.as_of} AND p."vt" > {self.as_of}'
            area = 'p."area"'
            if many:  # else in the time of where he lives
                homes = " UNION ALL ".join(zone.at_home(person) for zone in self.zones)
                home += f' LEFT JOIN (SELECT DISTINCT y.who FROM ({homes}) y) e ON e.who = a."person"'
                here = f'(p."person" IS NOT NULL OR e.who IS NULL AND {here})'
        tests += [here] if many else []
        return f'SELECT a."person" AS who, {area} AS area, {i} AS nth, CAST(NULL AS VARCHAR) AS {ABOUT} FROM ({self.plain.of_kind(entry.source)}) a{home} WHERE {" AND ".join(tests)}'

    def at_home(self, person: str) -> str:
        """Everybody who lives somewhere in this zone."""
        return f'SELECT h."person" AS who FROM ({self.plain.facts[person]}) h WHERE h."vf" <= {self.as_of} AND h."vt" > {self.as_of} AND h."person" IS NOT NULL'

    # -- how many should be on it

    def short(self, entry: Total, occasion: int) -> str:
        """A figure is about its area and all below. Without an area, or not told, it is no denominator."""
        below = f'SELECT u.above AS area, count(*) AS have FROM ({self.on_list()}) n JOIN ({self.plain.up}) u ON u.area = n."area" GROUP BY u.above'
        figures = self.of_areas(entry.fact) if entry.fact else f'SELECT v."id", v."person", v."area", v."{entry.column}" AS need, v."disease" AS {ABOUT} FROM ({self.plain.facts[entry.source]}) v WHERE {" AND ".join(self.standing_rows(entry.source, "v"))}'
        untold = "x.need IS NULL OR x.area IS NULL"
        source = (
            f"(SELECT x.id, x.person, x.area, x.need, x.{ABOUT}, coalesce(b.have, 0) AS have, ({untold}) AS untold FROM ({figures}) x LEFT JOIN ({below}) b ON b.area = x.area "
            f"WHERE {untold} OR coalesce(b.have, 0) < x.need) y"
        )
        text, column = self.d.text, f"{entry.source}.{entry.column}"
        missing = f"CASE WHEN y.area IS NULL THEN {text(f'{UNKNOWN}:area')} ELSE {text(f'{UNKNOWN}:{column}')} END"
        amounts = {name: f"CAST(CASE WHEN NOT y.untold THEN y.{name} END AS {self.d.number})" for name in ("have", "need")} | {ABOUT: f"y.{ABOUT}"}
        state = f"CASE WHEN y.untold THEN '{NO_LIST}' ELSE '{SHORT}' END"
        return self.row_of(state, f"CASE WHEN y.untold THEN {missing} ELSE {text(f'{TOTAL}:{column}')} END", "y.id", occasion, amounts, source)

    def of_areas(self, fact: AreaFact) -> str:
        """What is said of areas themselves now; of several lines about one the latest."""
        tests = [f"g.scale = {self.d.text(fact.scale)}", f"g.vf <= {self.as_of}", f"g.vt > {self.as_of}", f"g.starts_at <= {self.as_of}"]
        tests += [] if fact.ended else [f"g.ends_at > {self.as_of}"]
        tests += [] if fact.only is None else [f"g.value = {self.d.text(fact.only)}"]
        tests += [f"g.area IN ({self.plain.here})"] if len(self.zones) > 1 else []
        place = "row_number() OVER (PARTITION BY g.area ORDER BY g.starts_at DESC, g.id) AS place"
        lines = f"SELECT g.id, g.area, g.{fact.field} AS need, {place} FROM ({self.plain.area_fact}) g WHERE {' AND '.join(tests)}"
        number, named = ("nn.n", f" JOIN ({self.plain.names}) nn ON nn.id = l.id") if self.plain.names else ("l.id", "")
        return f"SELECT {number} AS id, CASE WHEN l.place = 0 THEN {number} END AS person, l.area, l.need, CAST(NULL AS VARCHAR) AS {ABOUT} FROM ({lines}) l{named} WHERE l.place = 1"

    # -- whether it was handed in at all

    def not_filed(self, entry: Filed, occasion: int) -> str:
        """The holders whose last list that was due has not come, or of whom that cannot be told."""
        duties = compile_measure(self.m.all[entry.measure], self.plain, self.now, self.force, self.d, None, fields=(*FIELDS, ABOUT))
        due = f"coalesce(q.due, {self.d.literal(BEGINNING)})"
        last = (
            f"SELECT q.*, row_number() OVER (PARTITION BY q.subject ORDER BY {due} DESC, q.occasion DESC) AS place "
            f"FROM ({duties}) q WHERE q.state IN ('{MET}', '{LATE}', '{OVERDUE}', '{CANNOT_TELL}')"
        )
        source = f"(SELECT z.* FROM ({last}) z WHERE z.place = 1 AND z.state IN ('{OVERDUE}', '{CANNOT_TELL}')) y"
        more = {"due": "y.due", "post": "y.post", ABOUT: f"y.{ABOUT}"}
        return self.row_of(f"'{NO_LIST}'", f"coalesce(y.reason, {self.d.text(f'{FILED}:{entry.act}')})", "y.subject", occasion, more, source)
