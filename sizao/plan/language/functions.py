"""The functions of the language that look beyond the row, checked and typed. Each refuses in words what it cannot be asked."""

from __future__ import annotations

from typing import Any, Protocol

from sqlglot import exp

from sizao.kernel.errors import Refused

from . import nodes as n
from . import terms as t
from .agreeing import agreement
from .durations import parse as parse_duration
from .kinds import type_name
from .names import Names
from .subjects import Lines, Pair
from .vocabulary import ACT_COLUMNS, AREA, Vocabulary, nearest

TIMES = ("hours", "days", "least", "greatest")
TALLIES = ("count", "total", "latest", "gap")
LOOKS = (*TALLIES, "has", "listed", "inside", "ordered", "drawn", "met", "coverage")
SUMMARIES = ("median", "p90", "share", "min", "max")
FUNCTIONS = (*TIMES, *LOOKS)
PERIODS = ("day", "week", "month")
MOST_LINKS = 3
#: How each is written, for those who wrote it otherwise.
EXAMPLES = {
    "count": "count(lab.sampled, outcome = 'negative', '7d')",
    "total": "total(lab.sampled.number)",
    "latest": "latest(lab.resulted.outcome)",
    "gap": "gap(shift.checked_in)",
    "has": "has(contact, open)",
    "listed": "listed('named_places', kind, today)",
    "inside": "inside(area, '330300') · inside(contact.area, handover.area)",
    "ordered": "ordered('sweep')",
    "drawn": "drawn($share, 'week')",
    "met": "met('contact-daily-check')",
    "coverage": "coverage('contact-daily-check', class = 'close')",
}


class Checker(Protocol):
    """Who reads the arguments: expressions, typed, in the place where the function stands."""

    names: Names

    def node(self, e: Any, depth: int) -> Any:
        """An expression, checked."""

    def yes_no(self, e: exp.Expression, depth: int) -> Any:
        """A condition, checked."""

    def within(self, names: Names) -> Checker:
        """For a part that stands in another place."""


def call(checker: Checker, name: str, args: list[exp.Expression], e: exp.Expression, depth: int) -> Any:
    """A function of `LOOKS`, checked. Raises Refused."""
    names = checker.names
    if name == "listed":
        return _listed(checker, args, depth)
    if names.looks <= 0 or names.vocabulary is None or (name == "drawn" and names.subject is not None):
        raise Refused("plan-looks-within", name=name)
    checker = checker.within(names.asking)
    if name in TALLIES:
        return _tally(checker, name, args, e, depth)
    readers = {
        "has": _has,
        "inside": _inside,
        "ordered": _ordered,
        "drawn": _drawn,
        "met": _met,
        "coverage": _coverage,
    }
    return readers[name](checker, args, depth)


def wrong(name: str) -> Refused:
    return Refused("plan-function-form", name=name, example=EXAMPLES[name])


def word(e: exp.Expression | None) -> str | None:
    """A name with dots, as it was written: lab.resulted, contact."""
    if isinstance(e, exp.Dot):
        parts = [word(e.this), e.expression.name]
        return ".".join(p for p in parts if p)
    if type(e) is exp.Column and not any(isinstance(i, exp.Identifier) and i.args.get("quoted") for i in e.parts):
        return ".".join(unreserved(i.name) for i in e.parts)
    return None


def unreserved(name: str) -> str:
    """A word of ours that SQL reserves, as it was written."""
    return name[4:] if name.startswith("__w_") else name


def text(e: exp.Expression | None) -> str | None:
    return e.this if isinstance(e, exp.Literal) and e.is_string else None


# -- rows and acts about the subject


def _tally(checker: Checker, name: str, args: list[exp.Expression], e: exp.Expression, depth: int) -> Any:
    vocabulary, window = checker.names.vocabulary, None
    assert vocabulary is not None
    if len(args) > 1 and text(args[-1]) is not None:
        window = parse_duration(text(args[-1]) or "")
        if window is None or window.months:
            raise Refused("plan-duration-wrong", value=text(args[-1]))
        args = args[:-1]
    source = word(args[0]) if args else None
    if source is None or len(args) > 2:
        raise wrong(name)
    source, field = _field(name, source, checker.names)
    acts = _of_acts(vocabulary, source, field)
    if (name == "gap" and not acts) or (window and not acts):
        raise wrong(name)
    condition = _condition(checker, checker.names.of_act() if acts else checker.names.of_rows(source), args[1:], depth)
    columns = ACT_COLUMNS if acts else vocabulary.columns(source)
    kind = n.INT if field is None else columns[field].type
    if name == "total" and kind not in (n.INT, n.NUMBER):
        raise Refused("plan-types-differ", part=f"{source}.{field}", left=type_name(n.NUMBER), right=type_name(kind))
    about = _about_act(checker.names, source, condition) if acts else _about(checker.names, source)
    kept = source if acts else vocabulary.tables[source].made_by or ""
    return t.Tally(name, source, acts, about, field, condition, window, kind if name != "total" else n.NUMBER, kept)


def _of_acts(vocabulary: Vocabulary, source: str, field: str | None) -> bool:
    """Whether acts are meant. A ledger's lines are acts and rows of its table, by one name: a column that acts do not have means the rows."""
    return source in vocabulary.acts and (field is None or field in ACT_COLUMNS or source not in vocabulary.tables or field not in vocabulary.columns(source))


def _field(name: str, written: str, names: Names) -> tuple[str, str | None]:
    """(act or table, its column) of `total(lab.sampled.number)`; the column is None for count and gap."""
    vocabulary = names.vocabulary
    assert vocabulary is not None
    known = [*vocabulary.acts, *vocabulary.tables]
    if name in ("count", "gap"):
        if written not in known:
            raise Refused("plan-source-unknown", name=written, nearest=nearest(written, known), known=sorted(known))
        return written, None
    source, _, field = written.rpartition(".")
    if source not in known:
        raise Refused("plan-source-unknown", name=source or written, nearest=nearest(source or written, known), known=sorted(known))
    columns = ACT_COLUMNS if _of_acts(vocabulary, source, field) else vocabulary.columns(source)
    if field not in columns:
        raise Refused("plan-name-unknown", name=field, nearest=nearest(field, columns), known=sorted(columns))
    if columns[field].expression:
        raise Refused("plan-looks-within", name=field)
    return source, field


def _has(checker: Checker, args: list[exp.Expression], depth: int) -> Any:
    table, vocabulary = word(args[0]) if args else None, checker.names.vocabulary
    assert vocabulary is not None
    if table is None or len(args) > 2:
        raise wrong("has")
    if table not in vocabulary.tables:
        raise Refused("plan-table-unknown", name=table, nearest=nearest(table, vocabulary.tables), known=sorted(vocabulary.tables))
    condition = _condition(checker, checker.names.of_rows(table), args[1:], depth)
    return t.Has(table, _about(checker.names, table), condition, kept=vocabulary.tables[table].made_by or "")


def _condition(checker: Checker, names: Names, args: list[exp.Expression], depth: int) -> Any:
    if not args:
        return None
    below = checker.within(names)
    return below.yes_no(args[0], depth + 1)


def _about_act(names: Names, kind: str, where: Any) -> t.About:
    """An act is about the row on its declared key. What has no such key cannot be found by it."""
    assert names.vocabulary is not None and names.table is not None
    return t.About(agreement(names.vocabulary, names.table, kind, where))


def _about(names: Names, table: str) -> t.About:
    """By a declared link that leads here, else by the person, else by a link that leads there, else by area. Of a pair, the first side that can.

    A link to an area is no link to the row that an area is: it holds the area's own number, and rows of an area are found by that.
    """
    vocabulary = names.vocabulary
    assert vocabulary is not None and names.table is not None
    here, there = vocabulary.tables[names.table], vocabulary.tables[table]
    sides = [(side.table.name, side.name) for side in here.sides] if isinstance(here, Pair) else [(here.name, "")]
    for name, side in sides:
        leads = next((link.name for link in there.links if link.table == name != AREA), None)
        if leads:
            return t.About("link", leads, side)
    if here.person and there.person:
        return t.About("person")
    own = next((link.name for link in here.links if link.table == table != AREA), None)
    if own:
        return t.About("own", own)
    return t.About("area")


# -- places, lists, draws


def _listed(checker: Checker, args: list[exp.Expression], depth: int) -> Any:
    if len(args) != 3 or text(args[0]) is None:
        raise wrong("listed")
    name = text(args[0]) or ""
    if name not in checker.names.lists:
        raise Refused("plan-list-unknown", name=name, nearest=nearest(name, checker.names.lists), known=sorted(checker.names.lists))
    what, day = checker.node(args[1], depth + 1), checker.node(args[2], depth + 1)
    if what.type != n.TEXT or day.type not in (n.DATE, n.INSTANT):
        raise wrong("listed")
    return n.OnList(name, checker.names.lists[name], what, day)


def _inside(checker: Checker, args: list[exp.Expression], depth: int) -> Any:
    names = checker.names
    here = names.vocabulary.tables[names.table] if names.vocabulary and names.table else None
    if isinstance(here, Pair) and len(args) == 2 and text(args[1]) is None:
        areas = [f"{side.name}.area" for side in here.sides if not isinstance(side.table, Lines)]
        inner, outer = (word(arg) or "" for arg in args)
        if {inner, outer} != set(areas) or len(areas) != 2:
            raise wrong("inside")
        return t.Inside(inner, outer)
    code = text(args[1]) if len(args) == 2 else None
    if code is None or word(args[0]) != "area" or not code.replace("-", "").isalnum():
        raise wrong("inside")
    return t.Within(code)


def _ordered(checker: Checker, args: list[exp.Expression], depth: int) -> Any:
    kind = text(args[0]) if len(args) == 1 else None
    if not kind:
        raise wrong("ordered")
    listed = checker.names.codes.get("order-kind")
    if listed and kind not in listed:
        raise Refused("plan-code-unknown", value=kind, column="ordered", nearest=nearest(kind, listed), known=sorted(listed))
    return t.Ordered(kind)


def _drawn(checker: Checker, args: list[exp.Expression], depth: int) -> Any:
    if len(args) != 2 or text(args[1]) not in PERIODS or checker.names.table is None:
        raise wrong("drawn")
    share = checker.node(args[0], depth + 1)
    if share.type not in (n.INT, n.NUMBER):
        raise wrong("drawn")
    return n.Drawn(share, text(args[1]) or "", checker.names.measure)


# -- other measures


def _met(checker: Checker, args: list[exp.Expression], depth: int) -> Any:
    ids = [text(a) for a in args]
    if not ids or not all(ids):
        raise wrong("met")
    names = checker.names
    assert names.vocabulary is not None and names.table is not None
    tables = [_asked(names, id_ or "") for id_ in ids]
    if all(table == names.table for table in tables):
        return t.Met(tuple(id_ or "" for id_ in ids), "subject")
    for table in (names.table, *tables):
        if names.vocabulary.tables[table].person is None:
            raise Refused("plan-no-person", name="met", table=table)
    return t.Met(tuple(id_ or "" for id_ in ids), "person")


def _coverage(checker: Checker, args: list[exp.Expression], depth: int) -> Any:
    id_ = text(args[0]) if args and len(args) <= 2 else None
    if not id_:
        raise wrong("coverage")
    table = _asked(checker.names, id_)
    if len(args) == 1:
        return t.Covered(id_)
    if table not in (checker.names.vocabulary.tables if checker.names.vocabulary else ()):
        raise wrong("coverage")
    return t.Covered(id_, condition=_condition(checker, checker.names.of_rows(table), args[1:], depth), table=table)


def _asked(names: Names, id_: str) -> str:
    """The facts table of a measure that is asked about."""
    if names.ask is None:
        raise Refused("plan-looks-within", name="met")
    table = names.ask(id_)
    if table is None:
        raise Refused("plan-measure-unknown", name=id_, nearest="—", known="—")
    return table
