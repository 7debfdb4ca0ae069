"""The figures of `show`, in SQL: values over obligations that are already in their states, and what is made of them for every area and day."""

from __future__ import annotations

from datetime import datetime

from sizao.plan.language import nodes
from sizao.plan.language.measure import Measure, Shown
from sizao.plan.language.showing import OWN, Summary
from sizao.plan.obligations import LATE, MET, OVERDUE, Force

from .conditions import Writer
from .derived import facts
from .dialects import Dialect
from .relations import Relations

OWED = f"('{MET}', '{LATE}', '{OVERDUE}')"
BESIDE = "('unlisted', 'short', 'no_list')"
REAL = "CAST({0} AS DOUBLE PRECISION)"


def shown_values(m: Measure, obligations: str, relations: Relations, as_of: datetime, force: Force, dialect: Dialect) -> str:
    """SELECT of the area, the local day due, and a value v0, v1, … for each figure, one row an obligation.

    `obligations`: a SELECT of them in the civil time of the relations' zone. A row of the subject is read as it stands at `as_of`.
    """
    trees = [shown.tree.of for shown in m.shows if shown.tree.of is not None]
    named = {name for tree in trees for name in nodes.parameters(tree)}
    columns = {name for tree in trees for name in nodes.columns(tree) if name not in OWN} | {c for name in named for c in m.params[name].columns}
    codes = sorted({code for name in named for code in m.params[name].areas})
    now = dialect.literal(as_of)
    own = [f'o.{name} AS "{name}"' for name in OWN if name != "part"] + [f'{dialect.text(m.id.rpartition(".")[2])} AS "part"']
    own += [f's."{name}"' for name in sorted(columns | {"disease"})]
    own += [f'(SELECT min(u.steps) FROM ({relations.up}) u JOIN ({relations.area}) x ON x.id = u.above WHERE u.area = s.area AND x.code = {dialect.text(c)}) AS "in:{c}"' for c in codes]
    rows = (
        f'SELECT o.area AS "~area", CAST(o.due AS DATE) AS "~day", coalesce(o.opens, {now}) AS "~opens", {", ".join(own)} FROM ({obligations}) o '
        f'JOIN ({facts(m.table, relations, force, dialect)}) s ON s."id" = o.subject AND s."vf" <= {now} AND s."vt" > {now} WHERE o.state NOT IN {BESIDE}'
    )
    write = Writer(dialect, m.params, "r", now, 'r."~opens"', key=force.key)
    values = ", ".join(f"{value(shown, write)} AS v{i}" for i, shown in enumerate(m.shows))
    return f'SELECT r."~area" AS area, r."~day" AS day, {values} FROM ({rows}) r'


def value(shown: Shown, write: Writer) -> str:
    """Of what is owed, unless the figure asks about the state itself."""
    tree: Summary = shown.tree
    if tree.of is None:
        return f"CASE WHEN r.state IN {OWED} THEN TRUE END"
    sql = write.sql(tree.of)
    if of_time(shown):
        sql = write.dialect.timestamp(sql)
    return f"({sql})" if asks_state(shown) else f"CASE WHEN r.state IN {OWED} THEN {sql} END"


def asks_state(shown: Shown) -> bool:
    """It is about every obligation: it says itself of which state."""
    return shown.tree.of is not None and "state" in nodes.columns(shown.tree.of)


def of_time(shown: Shown) -> bool:
    """It is a moment, not a number."""
    return shown.tree.of is not None and shown.tree.of.type in (nodes.DATE, nodes.INSTANT)


def made(shown: Shown, v: str) -> str:
    """What is made of the values: a number, or a moment."""
    match shown.tree.name:
        case "median" | "p90" as name:
            return f"percentile_cont({0.5 if name == 'median' else 0.9}) WITHIN GROUP (ORDER BY {REAL.format(v)})"
        case "min" | "max" as name:
            return f"{name}({v})"
        case "share":
            return REAL.format(f"avg(CASE WHEN {v} THEN 1.0 WHEN NOT {v} THEN 0.0 END)")
        case "count":
            return f"count(CASE WHEN {v} THEN 1 END)"
    return f"sum({REAL.format(v)})"


def figures(m: Measure, values: str, up: str, top: int, before: str, moment: str = "CAST({0} AS TIMESTAMP)") -> str:
    """SELECT of the figures of every area, all days together and day by day: `before`, measure, area, day, name, n, value, moment.

    `values`: the name of a relation that `shown_values` made. `moment`: how a moment is written for whoever keeps it.
    """
    found = []
    for i, shown in enumerate(m.shows):
        v, nothing = f"v.v{i}", "CAST(NULL AS DOUBLE PRECISION)"
        number, at = (nothing, moment.format(made(shown, v))) if of_time(shown) else (REAL.format(made(shown, v)), moment.format("NULL"))
        found.append(
            f"SELECT {before}, '{m.id}', u.above, v.day, '{shown.name}', count({v}), {number}, {at} FROM {values} v JOIN ({up}) u ON u.area = coalesce(v.area, {top}) "
            f"GROUP BY GROUPING SETS ((u.above), (u.above, v.day)) HAVING count({v}) > 0 AND (grouping(v.day) = 1 OR v.day IS NOT NULL)"
        )
    return " UNION ALL ".join(found)
