"""Names in an expression: columns, links and what they lead to, the subject's own, parameters. Everything that is not known is refused with the nearest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlglot import exp

from sizao.kernel.errors import Refused

from . import functions
from . import nodes as n
from . import terms as t
from .durations import parse as parse_duration
from .functions import MOST_LINKS, unreserved
from .lexing import said
from .names import Names
from .parameters import CLOCKS, LIST
from .subjects import Pair
from .vocabulary import AREA, Vocabulary, nearest

MOMENTS = {"now": n.INSTANT, "today": n.DATE}


class Naming(ABC):
    """What the names of one expression stand for. `side`: at which end of the day a date among instants is read; `deriving`: the derived columns it stands in."""

    def __init__(self, names: Names, side: str = "start", deriving: tuple[str, ...] = ()):
        self.names, self.side, self.count, self.deriving = names, side, 0, deriving
        self.columns, self.params, self.codes = names.columns, names.params, names.codes

    @abstractmethod
    def read(self, text: str) -> Any:
        """The tree of an expression: a name may stand for one."""

    def name(self, e: exp.Column) -> Any:
        name = unreserved(e.name)
        if e.name.startswith("__") and not e.name.startswith("__w_") and not e.table:
            return n.Literal(parse_duration(e.name[2:]), n.DURATION)
        if any(i.args.get("quoted") for i in e.parts if isinstance(i, exp.Identifier)):
            name = said(e)
        elif e.table:
            return self.path((functions.word(e) or "").split("."), e)
        elif name in MOMENTS:
            return n.Moment(name, MOMENTS[name])
        elif name in self.names.points:
            return n.Column(name, self.names.points[name])
        elif name in self.columns:
            return self.column(name)
        elif self.names.vocabulary and name in self.names.vocabulary.identities(self.names.table):
            return n.Column(name, n.ID)
        elif name in self.names.parts:
            return n.Column(f"part:{name}", n.INSTANT)
        known = [*self.columns, *MOMENTS, *self.names.parts, *self.names.points]
        raise Refused("plan-name-unknown", name=name, nearest=nearest(name, known), known=sorted(known))

    def column(self, name: str) -> Any:
        """A stored column; a derived one becomes what it says."""
        column = self.columns[name]
        if column.expression is None:
            return n.Column(name, column.type)
        if name in self.deriving:
            raise Refused("plan-derived-circle", name=name)
        side, _, own = name.rpartition(".")
        pair = self.names.vocabulary.tables.get(self.names.table or "") if self.names.vocabulary else None
        if side and isinstance(pair, Pair):  # one side's: read over its own row, then called as the pair calls it
            names = replace(self.names, columns={c.name: c for c in pair.side(side).table.columns}, table=None, looks=0)  # type: ignore[union-attr]
            return n.Derived(name, n.renamed(type(self)(names, self.side, (*self.deriving, name)).column(own).tree, f"{side}."), column.type)
        tree = type(self)(self.names, self.side, (*self.deriving, name)).read(column.expression)
        return n.Derived(name, tree, column.type)

    def path(self, parts: list[str], e: exp.Expression) -> Any:
        """`area.grade`, `subject.x`, a column of one side of a pair, or up to three links and a column or area fact."""
        names, vocabulary = self.names, self.names.asking.vocabulary
        if vocabulary is None or not all(parts):
            raise Refused("plan-name-unknown", name=said(e), nearest="—", known=sorted(self.columns))
        if parts[0] == "subject" and names.subject is not None:
            return self.of_subject(".".join(parts[1:]), e)
        whole = ".".join(parts)
        if whole in self.columns:
            return self.column(whole)
        if whole in vocabulary.identities(names.table):
            return n.Column(whole, n.ID)
        if names.subject and whole in names.subject and not (names.table and parts[0] in vocabulary.links(names.table)):
            return self.of_subject(whole, e)
        return self.beyond(parts, e, names.asking, vocabulary)

    def of_subject(self, name: str, e: exp.Expression) -> Any:
        """A column of the measure's own subject, in a condition on acts or rows."""
        names = self.names
        assert names.subject is not None and names.vocabulary is not None
        if name in names.vocabulary.identities(names.subject_table):
            return n.Subject(name, n.ID)
        if name not in names.subject or names.subject[name].expression:
            raise Refused("plan-name-unknown", name=said(e), nearest=nearest(name, names.subject), known=sorted(names.subject))
        return n.Subject(name, names.subject[name].type)

    def beyond(self, parts: list[str], e: exp.Expression, names: Names, vocabulary: Vocabulary) -> Any:
        """What links lead to."""
        *links, last = parts
        if names.table is None:
            raise Refused("plan-name-unknown", name=said(e), nearest="—", known=sorted(self.columns))
        if names.looks <= 0:
            raise Refused("plan-looks-within", name=said(e))
        here = vocabulary.tables[names.table]
        if isinstance(here, Pair) and len(links) > 1 and here.side(links[0]):  # `household.area.grade`: a side's own links are columns of the pair
            links = [f"{links[0]}.{links[1]}", *links[2:]] if links[1] != AREA else [f"{links[0]}.{AREA}"]
        if len(links) > MOST_LINKS:
            raise Refused("plan-path-too-long", part=said(e), limit=MOST_LINKS)
        table = names.table
        tables: list[str] = []
        for i, link in enumerate(links):
            known_links = vocabulary.links(table)
            to_area = link == AREA or link.endswith(f".{AREA}") or (link in known_links and known_links[link].table == AREA)
            if to_area and i == len(links) - 1:
                return self.area_fact(tuple(links[:-1]), tuple(tables), link, last, e, vocabulary)
            if to_area or link not in known_links:
                known = [*known_links, AREA]
                raise Refused("plan-link-unknown", name=link, table=table, nearest=nearest(link, known), known=sorted(known))
            table = known_links[link].table
            tables.append(table)
        columns = vocabulary.columns(table)
        if last not in columns or columns[last].expression:
            raise Refused("plan-name-unknown", name=said(e), nearest=nearest(last, columns), known=sorted(columns))
        return t.Linked(tuple(links), tuple(tables), last, columns[last].type)

    def area_fact(self, links: tuple[str, ...], tables: tuple[str, ...], at: str, name: str, e: exp.Expression, vocabulary: Vocabulary) -> Any:
        """What is said of an area: of the row's own, or of the one that a link leads to."""
        if name not in vocabulary.areas:
            known = [f"{at}.{fact}" for fact in vocabulary.areas]
            raise Refused("plan-name-unknown", name=said(e), nearest=nearest(f"{at}.{name}", known), known=sorted(known))
        fact = vocabulary.areas[name]
        return t.OfArea(name, fact, fact.type, links, tables, at)

    def codes_of(self, node: Any) -> Mapping[str, Any] | None:
        """The code list from which a node takes its values."""
        name: str | None = None
        if isinstance(node, (n.Column, n.Derived)) and node.name in self.columns:
            name = self.columns[node.name].codes
        elif isinstance(node, n.Subject) and self.names.subject and node.name in self.names.subject:
            name = self.names.subject[node.name].codes
        elif isinstance(node, t.OfArea):
            name = node.fact.codes
        elif isinstance(node, t.Linked) and self.names.vocabulary:
            name = self.names.vocabulary.columns(node.tables[-1])[node.column].codes
        return self.codes.get(name or "")

    def parameter(self, name: str) -> Any:
        if name not in self.params:
            raise Refused(
                "plan-parameter-unknown", name=f"${name}", nearest=nearest(name, self.params), known=[f"${p}" for p in sorted(self.params)]
            )
        if self.params[name].type in (LIST, CLOCKS):
            raise Refused("plan-parameter-is-list", name=f"${name}")
        return n.Parameter(name, self.params[name].type)
