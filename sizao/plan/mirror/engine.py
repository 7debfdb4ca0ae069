"""Evaluating on the mirror: a measure's obligations over every time zone, counted into cells and listed as rows, and both handed to PostgreSQL.

DuckDB knows no time zones here: civil times leave it with the zone's name beside them, and PostgreSQL makes instants of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sizao.plan import counting
from sizao.plan.language.done import Amount as Evidence
from sizao.plan.language.measure import Filed, Measure
from sizao.plan.language.reach import reached
from sizao.plan.language.subjects import derived
from sizao.plan.models import COUNTS, Amount, Cell, Figure, Row
from sizao.plan.sql import DUCKDB, compile_beside_in_zones, compile_measure, shown
from sizao.plan.sql.derived import NAME, facts, key

if TYPE_CHECKING:
    from sizao.plan.evaluation import InForce
    from sizao.plan.language import Measure
    from sizao.plan.sql import Relations
    from sizao.plan.versions import Kept, Writing

    from .mirror import Mirror

COLUMNS = (
    *("measure", "subject", "person", "occasion", "opens", "due", "state", "reason", "area", "post", "doable", "told_late", "done_at"),
    *("have", "need", "unit", "seen", "raised"),
)
BEFORE = ("enactment",)  # the run, and until which, are the writing's to say
ROW = (*BEFORE, *("area_id" if name == "area" else name for name in COLUMNS))
CELL = (*BEFORE, "measure", "area_id", *COUNTS)
AMOUNT = (*BEFORE, "measure", "area_id", "unit", "owed", "short", "have", "filled", "need")
FIGURE = (*BEFORE, "measure", "area_id", "day", "name", "n", "value", "moment")
INSTANTS = ("opens", "due", "done_at")
MADE = "made"  # a database in memory that every connection to the mirror sees
UP = "SELECT area, above, steps FROM up"
AT_ONCE = (
    2_000_000  # subjects of a table up to which its obligations are held while they are counted and listed; above, they are evaluated twice
)


class Engine:
    """Writes the cells and rows of one run, a measure at a time, with the mirror as it is now."""

    def __init__(self, mirror: Mirror, as_of: datetime, known_at: datetime | None):
        self.mirror, self.as_of, self.known_at = mirror, as_of, known_at
        self.zones = mirror.state.zones
        self.related = {zone: mirror.relations(zone, known_at) for zone in self.zones}
        self.made: dict[str, dict[Any, str]] = {zone: {} for zone in self.zones}

    def serves(self, m: Measure) -> bool:
        """Whether the mirror can answer it. A figure that is a moment is an instant: of a store across time zones PostgreSQL is asked (docs/decisions/014)."""
        return len(self.zones) == 1 or not any(map(shown.of_time, m.shows))

    def relations(self, f: InForce, zone: str) -> Relations:
        """What a measure reads in a zone: the mirror's relations, with the pairs and lines of lists that it hangs on, each worked out once a run."""
        related, made = self.related[zone], self.made[zone]
        force = f.force(zone)
        own = [f.measure, *(m for m in [f.measure.look] if m), *(f.measure.all[e.measure] for e in f.measure.reconcile if isinstance(e, Filed))]
        for m in [x for one in own for x in reached(one)]:
            for t in [*(side.table for side in getattr(m.table, "sides", ())), m.table]:  # a list before the pairs with its lines
                if derived(t) and key(t, force) not in made:
                    made[key(t, force)] = self.make(f"{MADE}.rows_{self.zones.index(zone)}_{len(made)}", facts(t, replace(related, made=made), force, DUCKDB))
        return replace(related, made=made)

    def make(self, name: str, rows: str) -> str:
        """Keeps the rows of pairs or of a list, and numbers those that have no number yet, as a refresh does with what it takes in."""
        duck = self.mirror.duck
        duck.execute(f"ATTACH IF NOT EXISTS ':memory:' AS {MADE}")
        duck.execute(f"CREATE OR REPLACE TABLE {name} AS {rows}")
        duck.execute(
            f'INSERT INTO subject SELECT (SELECT coalesce(max(n), 0) FROM subject) + row_number() OVER (), CAST(x."{NAME}" AS UUID) '
            f'FROM (SELECT DISTINCT m."{NAME}" FROM {name} m WHERE m.id < 0) x'
        )
        duck.execute(f'UPDATE {name} AS r SET id = s.n FROM subject s WHERE r.id < 0 AND s.id = CAST(r."{NAME}" AS UUID)')
        return f"SELECT * FROM {name}"

    def close(self) -> None:
        """Drops what was worked out."""
        if any(self.made.values()):
            self.mirror.duck.execute(f"DETACH {MADE}")
            self.made = {zone: {} for zone in self.zones}

    def statement(self, f: InForce) -> str:
        """Every obligation of a measure: subjects as the mirror's numbers, civil times, and the zone in `zone`."""
        from sizao.plan.evaluation import naive

        read = [(self.relations(f, zone), naive(self.as_of, zone), f.force(zone)) for zone in self.zones]
        found = [*zip(self.zones, (compile_measure(f.measure, *one, DUCKDB) for one in read), strict=True)]
        found += [(zone, sql) for zone, sql in zip(self.zones, compile_beside_in_zones(f.measure, read, DUCKDB), strict=True) if sql]
        return " UNION ALL ".join(f"SELECT z.*, {DUCKDB.text(zone)} AS zone FROM ({civil}) z" for zone, civil in found)

    def listed(self, relation: str) -> str:
        """The obligations of a relation with their subjects' own ids, and instants as PostgreSQL reads them."""
        columns = []
        for name in COLUMNS:
            if name in INSTANTS:
                columns.append(f"CAST(o.{name} AS VARCHAR) || ' ' || o.zone AS {name}")
            elif name in ("subject", "person"):
                columns.append(f"{name[0]}.id AS {name}")
            else:
                columns.append(f"o.{name}")
        return f"SELECT {', '.join(columns)} FROM ({relation}) o JOIN subject s ON s.n = o.subject LEFT JOIN subject p ON p.n = o.person ORDER BY o.due"

    def keep(self, f: InForce, writing: Writing, longest: int) -> dict[str, int]:
        """Evaluates a measure and writes its cells, figures and rows; state → number of rows, for lists too long to be kept."""
        duck, before = self.mirror.duck, f"{f.enactment.pk}"
        obligations = f"({self.statement(f)})"
        small = derived(f.measure.table) or self.mirror.query(f"SELECT count(*) FROM fact_{f.measure.facts}")[0][0] <= AT_ONCE
        if small:
            duck.execute(f"CREATE OR REPLACE TEMP TABLE obligation AS {self.statement(f)}")
            obligations = "obligation"
        duck.execute(f"CREATE OR REPLACE TEMP TABLE leaf AS {counting.leaf_counts(obligations, f.enactment.area_id)}")
        duck.execute(f"CREATE OR REPLACE TEMP TABLE rise AS {counting.risen('leaf', 'SELECT id, area FROM post', UP)}")
        self.hand_over(writing.cursor, counting.cells("leaf", "rise", UP, before), writing.now(Cell), CELL)
        for select, model, columns in self.beside(duck, f.measure, before, obligations, f.enactment.area_id, self.shown(f, obligations)):
            self.hand_over(writing.cursor, select, writing.now(model), columns)
        sizes: dict[str, int] = dict(self.mirror.query("SELECT state, CAST(sum(l.n) AS BIGINT) FROM leaf l GROUP BY state"))
        short = [state for state, n in sizes.items() if n <= longest]
        if short:
            wanted = f"SELECT * FROM {obligations} o WHERE o.state IN ({', '.join(DUCKDB.text(s) for s in short)})"
            self.hand_over(writing.cursor, f"SELECT {before}, r.* FROM ({self.listed(wanted)}) r", writing.now(Row), ROW)
        return {state: n for state, n in sizes.items() if n > longest}

    def beside(self, duck: Any, m: Measure, before: str, obligations: str, top: int, values: str) -> Iterator[tuple[str, Kept, tuple[str, ...]]]:
        """Amounts and figures of a measure: SELECTs, each with what it makes and its columns. `obligations` is a relation, `values` what `shown_values` makes of it."""
        if isinstance(m.done, Evidence):
            yield counting.amounts(obligations, UP, top, before), Amount, AMOUNT
        if m.shows:
            duck.execute(f"CREATE OR REPLACE TEMP TABLE told AS {values}")
            moment = "CAST(CAST({0} AS TIMESTAMP) AS VARCHAR) || " + DUCKDB.text(f" {self.zones[0]}")
            yield shown.figures(m, "told", UP, top, before, moment), Figure, FIGURE

    def shown(self, f: InForce, obligations: str, zoned: bool = True) -> str:
        """The values of a measure's figures; `zoned`: the relation says of which zone each is."""
        from sizao.plan.evaluation import naive

        parts = []
        for zone in self.zones if f.measure.shows else ():
            related = self.relations(f, zone)
            own = f"SELECT * FROM {obligations} x" + (f" WHERE x.zone = {DUCKDB.text(zone)}" if zoned else "")
            parts.append(shown.shown_values(f.measure, own, related, naive(self.as_of, zone), f.force(zone), DUCKDB))
        return " UNION ALL ".join(parts)

    def hand_over(self, cursor: Any, select: str, table: str, columns: tuple[str, ...]) -> None:
        """Rows from the mirror into a table of PostgreSQL."""
        self.send(cursor, self.copied(self.mirror.duck, select), table, columns)

    def copied(self, duck: Any, select: str) -> Path:
        """The rows as a file."""
        path: Path = self.mirror.folder / "tmp" / f"{uuid4().hex}.csv"
        duck.execute(f"COPY ({select}) TO '{path}' (FORMAT csv, HEADER false, NULLSTR '')")
        return path

    def send(self, cursor: Any, path: Path, table: str, columns: tuple[str, ...]) -> None:
        """The file into a table of PostgreSQL; it is gone then."""
        try:
            with path.open("rb") as file, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT csv)") as copy:
                while block := file.read(1 << 20):
                    copy.write(block)
        finally:
            path.unlink(missing_ok=True)
