"""Evaluating on the mirror: a measure's obligations over every time zone, counted into cells and listed as rows, and both handed to PostgreSQL.

DuckDB knows no time zones here: civil times leave it with the zone's name beside them, and PostgreSQL makes instants of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sizao.plan import counting
from sizao.plan.duck import Counter
from sizao.plan.language.done import Amount as Evidence
from sizao.plan.language.measure import Filed, Measure
from sizao.plan.language.reach import reached
from sizao.plan.language.subjects import Pair, derived
from sizao.plan.models import COUNTS, Amount, Figure
from sizao.plan.sql import DUCKDB, compile_beside_in_zones, compile_measure, shown
from sizao.plan.sql.answering import keeping, nearest
from sizao.plan.sql.compiler import Compiler
from sizao.plan.sql.derived import NAME, facts, key

from .once import Asked, Once

if TYPE_CHECKING:
    from sizao.kernel.facts import FactsTable
    from sizao.plan.evaluation import InForce
    from sizao.plan.language import Measure
    from sizao.plan.obligations import Force
    from sizao.plan.sql import Relations
    from sizao.plan.versions import Kept

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


def asked(measure: Measure) -> list[Measure]:
    """A measure, and every other that its statements ask about."""
    own = [measure, *(m for m in [measure.look] if m), *(measure.all[e.measure] for e in measure.reconcile if isinstance(e, Filed))]
    return [m for one in own for m in reached(one)]


class Engine:
    """What a run asks of the mirror as it is now: statements of measures, and the way of what they found to PostgreSQL."""

    def __init__(self, mirror: Mirror, as_of: datetime, known_at: datetime | None):
        self.mirror, self.as_of, self.known_at = mirror, as_of, known_at
        self.zones = mirror.state.zones
        self.related = {zone: mirror.relations(zone, known_at) for zone in self.zones}
        self.made: dict[str, dict[Any, str]] = {zone: {} for zone in self.zones}
        self.once: Once | None = None
        self.wanted: dict[Any, set[str]] = {}

    def begin(self) -> None:
        """From now on what measures have in common is worked out once, for all statements that are made until the end."""
        from sizao.plan.evaluation import naive

        self.mirror.duck.execute(f"ATTACH IF NOT EXISTS ':memory:' AS {MADE}")
        self.once = Once(self.mirror.duck, MADE)
        for zone in self.zones:
            self.related[zone] = self.shared(self.mirror.relations(zone, self.known_at, once=self.once), naive(self.as_of, zone), self.once)

    def shared(self, plain: Relations, as_of: datetime, once: Once) -> Relations:
        """The relations, with who answers and since when acts are kept."""
        tops = Counter(once.duck, plain, as_of).at_the_top
        owners = Asked[tuple[str, str]](lambda by: once.keep(nearest(plain, DUCKDB, DUCKDB.literal(as_of), *by))[0])
        return replace(plain, owners=owners, keeping=Asked[str](lambda act: once.keep(keeping(plain, DUCKDB, act))[0]), everywhere=tops)

    def serves(self, m: Measure) -> bool:
        """Whether the mirror can answer it. A figure that is a moment is an instant: of a store across time zones PostgreSQL is asked (docs/decisions/014)."""
        return len(self.zones) == 1 or not any(map(shown.of_time, m.shows))

    def relations(self, f: InForce, zone: str) -> Relations:
        """What a measure reads in a zone: the mirror's relations, with the pairs and lines of lists that it hangs on, each worked out once a run."""
        related, made = self.related[zone], self.made[zone]
        force = f.force(zone)
        for m in asked(f.measure):
            for t in [*(side.table for side in getattr(m.table, "sides", ())), m.table]:  # a list before the pairs with its lines
                if derived(t) and key(t, force) not in made:
                    made[key(t, force)] = self.make(f"{MADE}.rows_{self.zones.index(zone)}_{len(made)}", facts(t, replace(related, made=made), force, DUCKDB, self.needed(t, force)))
        return replace(related, made=made)

    def narrow(self, found: Sequence[InForce]) -> None:
        """Of pairs only those are made from now on that can matter to any of these measures, or to one that they look at: of all households and all texts few."""
        from sizao.plan.evaluation import naive

        for zone in self.zones[:1]:
            for f in found:
                force, as_of = f.force(zone), naive(self.as_of, zone)
                for m in asked(f.measure):
                    if isinstance(m.table, Pair):
                        never = Compiler(m, self.related[zone], as_of, force, DUCKDB, None).never("n")
                        self.wanted.setdefault(key(m.table, force), set()).add(f"({never}) IS NOT FALSE" if never else "TRUE")

    def needed(self, t: FactsTable, force: Force) -> str:
        """Condition on a version `n` of a pair by which it is needed; nothing where all are."""
        tests = self.wanted.get(key(t, force), {"TRUE"})
        return "" if "TRUE" in tests else " OR ".join(sorted(tests))

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
        if self.once:
            self.once.close()
        if self.once or any(self.made.values()):
            self.mirror.duck.execute(f"DETACH {MADE}")
            self.made, self.once = {zone: {} for zone in self.zones}, None

    def statement(self, f: InForce) -> str:
        """Every obligation of a measure: subjects as the mirror's numbers, civil times, and the zone in `zone`."""
        from sizao.plan.evaluation import naive

        read = [(self.relations(f, zone), naive(self.as_of, zone), f.force(zone)) for zone in self.zones]
        found = [*zip(self.zones, (compile_measure(f.measure, *one, DUCKDB) for one in read), strict=True)]
        found += [(zone, sql) for zone, sql in zip(self.zones, compile_beside_in_zones(f.measure, read, DUCKDB), strict=True) if sql]
        return " UNION ALL ".join(f"SELECT z.*, {DUCKDB.text(zone)} AS zone FROM ({civil}) z" for zone, civil in found)

    def listed(self, relation: str, more: tuple[str, ...] = ()) -> str:
        """The obligations of a relation with their subjects' own ids, and instants as PostgreSQL reads them; before them what `more` is named there."""
        columns = [f"o.{name}" for name in more]
        for name in COLUMNS:
            if name in INSTANTS:
                columns.append(f"CAST(o.{name} AS VARCHAR) || ' ' || o.zone AS {name}")
            elif name in ("subject", "person"):
                columns.append(f"{name[0]}.id AS {name}")
            else:
                columns.append(f"o.{name}")
        return f"SELECT {', '.join(columns)} FROM ({relation}) o JOIN subject s ON s.n = o.subject LEFT JOIN subject p ON p.n = o.person ORDER BY o.due"

    def beside(self, duck: Any, m: Measure, before: str, obligations: str, top: int, values: str) -> Iterator[tuple[str, Kept, tuple[str, ...]]]:
        """Amounts and figures of a measure: SELECTs, each with what it makes and its columns. `obligations` is a relation, `values` what `shown_values` makes of it."""
        if isinstance(m.done, Evidence):
            yield counting.amounts(obligations, UP, top, before), Amount, AMOUNT
        if m.shows:
            duck.execute(f"CREATE OR REPLACE TEMP TABLE told AS {values}")
            yield shown.figures(m, "told", UP, top, before, self.moment), Figure, FIGURE

    @property
    def moment(self) -> str:
        """How a figure that is a moment is written for PostgreSQL."""
        return "CAST(CAST({0} AS TIMESTAMP) AS VARCHAR) || " + DUCKDB.text(f" {self.zones[0]}")

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
