"""Evaluating on the mirror: a measure's obligations over every time zone, counted into cells and listed as rows, and both handed to PostgreSQL.

DuckDB knows no time zones here: civil times leave it with the zone's name beside them, and PostgreSQL makes instants of them.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Container, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sizao.plan import counting
from sizao.plan.duck import Counter
from sizao.plan.language.done import Amount as Evidence
from sizao.plan.language.measure import FAR, Filed, Measure
from sizao.plan.language.reach import reached
from sizao.plan.language.subjects import Pair, derived
from sizao.plan.models import COUNTS, Amount, Figure
from sizao.plan.sql import DUCKDB, compile_beside_in_zones, compile_measure, shown
from sizao.plan.sql.answering import keeping, nearest
from sizao.plan.sql.compiler import Compiler
from sizao.plan.sql.derived import NAME, facts, key, names

from .once import Asked, Locks, Once

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


def number(duck: Any, name: str) -> None:
    """Gives the rows of a table that have none the numbers of their names, new ones where a name has none; several tables may have the same name in them."""
    duck.execute(
        f'INSERT INTO subject SELECT (SELECT coalesce(max(n), 0) FROM subject) + row_number() OVER (), x.id '
        f'FROM (SELECT DISTINCT CAST(m."{NAME}" AS UUID) AS id FROM {name} m WHERE m.id < 0) x ANTI JOIN subject s ON s.id = x.id'
    )
    duck.execute(f'UPDATE {name} AS r SET id = s.n FROM subject s WHERE r.id < 0 AND s.id = CAST(r."{NAME}" AS UUID)')


class Either(Container[str]):
    """What is in one of two."""

    def __init__(self, one: Container[str], other: Container[str]):
        self.one, self.other = one, other

    def __contains__(self, name: object) -> bool:
        return name in self.one or name in self.other


class Engine:
    """What a run asks of the mirror as it is now: statements of measures, and the way of what they found to PostgreSQL."""

    def __init__(self, mirror: Mirror, as_of: datetime, known_at: datetime | None):
        self.mirror, self.as_of, self.known_at = mirror, as_of, known_at
        self.zones = mirror.state.zones
        self.related = {zone: mirror.relations(zone, known_at) for zone in self.zones}
        self.made: dict[str, dict[Any, str]] = {zone: {} for zone in self.zones}
        self.moved: dict[str, dict[Any, str]] = {zone: {} for zone in self.zones}
        self.alone: dict[str, set[Any]] = {zone: set() for zone in self.zones}  # of those, in which no pair and no line has two versions
        self.once: Once | None = None
        self.lasting = False
        self.wanted: dict[Any, set[str]] = {}
        self.drawn: set[Any] = set()  # keys of pairs of which something is drawn
        self.unnamed: dict[str, Pair] = {}  # tables of pairs without names
        self.making, self.numbering, self.count = Locks(), threading.Lock(), itertools.count()

    def begin(self, known_at: datetime | None = None, lasting: bool = False) -> None:
        """From now on what measures have in common is worked out once, for all statements that are made until the end.

        Args:
            known_at: What had been told by then; None: all that the mirror holds.
            lasting: What is found is held against what later runs find: what has no number yet is given one for good.
        """
        from sizao.plan.evaluation import naive

        self.mirror.duck.execute(f"ATTACH IF NOT EXISTS ':memory:' AS {MADE}")
        self.once, self.lasting = Once(self.mirror.duck, MADE), lasting
        for zone in self.zones:
            self.related[zone] = self.shared(self.mirror.relations(zone, known_at, once=self.once), naive(self.as_of, zone), self.once)

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
                    with self.making.of((zone, key(t, force))):
                        if key(t, force) not in made:
                            self.work_out(t, zone, force)
        own = {(m.table.name, key(m.table, force)) for m in asked(f.measure) if derived(m.table)}
        single = {name for name, _ in own} - {name for name, one in own if one not in self.alone[zone]}
        return replace(related, made=made, moved=self.moved[zone], single=Either(single, related.single))

    def work_out(self, t: FactsTable, zone: str, force: Force) -> None:
        """Makes the pairs, or the lines of a list."""
        name, made, of = f"{MADE}.rows_{(number := next(self.count))}", self.made[zone], key(t, force)
        sides = getattr(t, "sides", ())
        unnamed = self.once is not None and not self.lasting and isinstance(t, Pair) and of not in self.drawn and not any(derived(side.table) for side in sides)
        related = replace(self.related[zone], made=made)
        rows = self.make(name, facts(t, related, force, DUCKDB, self.needed(t, force), (number + 1) << 40 if unnamed else 0), not unnamed)
        if unnamed:
            assert isinstance(t, Pair)
            self.unnamed[name] = t
        if self.query(f"SELECT count(*) = count(DISTINCT id) AND coalesce(bool_and(vf <= known), TRUE) FROM {name}")[0][0]:
            self.alone[zone].add(of)
        elif self.once:
            self.moved[zone][of] = self.once.keep(f"SELECT * FROM {name} n WHERE n.vf > n.known OR n.vt < {DUCKDB.literal(FAR)}")[0]
        made[of] = rows

    def query(self, sql: str) -> list[Any]:
        """The rows of a statement; several threads may ask where things are worked out once."""
        return self.once.rows(sql) if self.once else self.mirror.query(sql)

    def narrow(self, found: Sequence[InForce]) -> None:
        """Of pairs only those are made from now on that can matter to any of these measures, or to one that they look at: of all households and all texts few."""
        from sizao.plan.evaluation import naive

        for zone in self.zones[:1]:
            for f in found:
                force, as_of = f.force(zone), naive(self.as_of, zone)
                for m in asked(f.measure):
                    if isinstance(m.table, Pair):
                        if m.draws:
                            self.drawn.add(key(m.table, force))
                        never = Compiler(m, self.related[zone], as_of, force, DUCKDB, None).never("n")
                        self.wanted.setdefault(key(m.table, force), set()).add(f"({never}) IS NOT FALSE" if never else "TRUE")

    def needed(self, t: FactsTable, force: Force) -> str:
        """Condition on a version `n` of a pair by which it is needed; nothing where all are."""
        tests = self.wanted.get(key(t, force), {"TRUE"})
        return "" if "TRUE" in tests else " OR ".join(sorted(tests))

    def make(self, name: str, rows: str, numbered: bool = True) -> str:
        """Keeps the rows of pairs or of a list. `numbered`: those that have no number yet are given one, as a refresh does with what it takes in."""
        with self.once.cursor() if self.once else nullcontext(self.mirror.duck) as duck:
            duck.execute(f"ATTACH IF NOT EXISTS ':memory:' AS {MADE}")
            duck.execute(f"CREATE OR REPLACE TABLE {name} AS {rows}")
            if numbered:
                with self.numbering:
                    number(duck, name)
        return f"SELECT * FROM {name}"

    def name_pairs(self, wanted: str) -> None:
        """Gives their own ids to the pairs with these numbers, of those that have none; no other is asked for after this."""
        related = self.related[self.zones[0]]
        for i, (table, t) in enumerate(self.unnamed.items()):
            found = names(t, related, DUCKDB, f"SELECT * FROM {table} WHERE id IN ({wanted})")
            self.mirror.duck.execute(f"{f'INSERT INTO {MADE}.named' if i else f'CREATE OR REPLACE TABLE {MADE}.named AS'} {found}")
            self.mirror.duck.execute(f"DROP TABLE {table}")

    def close(self) -> None:
        """Drops what was worked out."""
        if self.once:
            self.once.close()
        if self.once or any(self.made.values()):
            self.mirror.duck.execute(f"DETACH {MADE}")
            self.unnamed, self.moved = {}, {zone: {} for zone in self.zones}
            self.made, self.alone, self.once = {zone: {} for zone in self.zones}, {zone: set() for zone in self.zones}, None

    def statement(self, f: InForce) -> str:
        """Every obligation of a measure: subjects as the mirror's numbers, civil times, and in `zone` the place of theirs among the store's."""
        from sizao.plan.evaluation import naive

        read = [(self.relations(f, zone), naive(self.as_of, zone), f.force(zone)) for zone in self.zones]
        found = [*zip(self.zones, (compile_measure(f.measure, *one, DUCKDB) for one in read), strict=True)]
        found += [(zone, sql) for zone, sql in zip(self.zones, compile_beside_in_zones(f.measure, read, DUCKDB), strict=True) if sql]
        return " UNION ALL ".join(f"SELECT z.*, {self.zones.index(zone)} AS zone FROM ({civil}) z" for zone, civil in found)

    def listed(self, relation: str, more: tuple[str, ...] = ()) -> str:
        """The obligations of a relation with their subjects' own ids, and instants as PostgreSQL reads them; before them what `more` is named there."""
        columns, zone = [f"o.{name}" for name in more], f"[{', '.join(map(DUCKDB.text, self.zones))}][o.zone + 1]"
        for name in COLUMNS:
            if name in INSTANTS:
                columns.append(f"CAST(o.{name} AS VARCHAR) || ' ' || {zone} AS {name}")
            elif name in ("subject", "person"):
                columns.append(f"{name[0]}.id AS {name}")
            else:
                columns.append(f"o.{name}")
        found = f"SELECT {', '.join(columns)}, o.due AS _order FROM ({relation}) o JOIN {{0}} s ON s.n = o.subject LEFT JOIN subject p ON p.n = o.person"
        found = " UNION ALL ".join(found.format(table) for table in ("subject", *([f"{MADE}.named"] if self.unnamed else [])))
        return f"SELECT * EXCLUDE (_order) FROM ({found}) ORDER BY _order"

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
            own = f"SELECT * FROM {obligations} x" + (f" WHERE x.zone = {self.zones.index(zone)}" if zoned else "")
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
