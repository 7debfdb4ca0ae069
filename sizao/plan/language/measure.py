"""A measure, checked: while this holds, for each subject that should, when due, it is done, by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sizao.kernel.facts import AreaFact, FactsTable

from . import done as evidence
from . import nodes, terms
from .agreeing import PLAIN, columns
from .done import Done
from .parameters import Param
from .schedule import Before, Days, Every, Fresh, Shifts, When, Within
from .source import Node
from .subjects import LIST, Lines, derived
from .vocabulary import Vocabulary

NO_TABLE = FactsTable("", "", "", "", ())
FAR = datetime(9999, 12, 31)  # noqa: DTZ001 - civil time of the zone judged
BEGINNING = datetime(1, 1, 1)  # noqa: DTZ001
KINDS = ("list", "sweep", "report", "standing", "post", "capacity", "event", "ticket", "watch", "gate", "stock", "message")
URGENCIES = ("alarm", "prompt", "routine")


@dataclass(frozen=True)
class Close:
    """An act that ends the duty, and what it is called."""

    act: str
    key: str
    reason: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True)
class Owner:
    """Who answers: the nearest post of the role, upwards from the subject's area, its parent, or its ancestor of a level."""

    role: str
    place: str = "area"  # area | parent | a level of the tree


@dataclass(frozen=True)
class From:
    """`reconcile: {from: …, where: …}`: a table or act whose persons should be on the list."""

    source: str
    acts: bool
    where: Any | None


@dataclass(frozen=True)
class Total:
    """`reconcile: {total: table.column}`: a figure from outside that the list should reach, for the area that the figure is about.

    `{total: area.population}`: what is said of areas themselves; then `fact` is that fact.
    """

    source: str
    column: str
    fact: AreaFact | None = None


@dataclass(frozen=True)
class Filed:
    """`reconcile: {filed: …}`: the holder must hand in the list. `measure` is the due report that follows from it."""

    measure: str
    act: str


@dataclass(frozen=True)
class Shown:
    """A figure that the commander watches beside coverage."""

    name: str
    tree: Any
    text: str


@dataclass(frozen=True)
class Measure:
    """One measure of an edition, or one part of it (`measure.part`). `params` are the edition's, as this measure reads them.

    Attributes:
        should: Who owes; None is everybody.
        gate: `while`: when and where the rule is in force at all.
        yields: Measures of the same slot that go before this one, the first of them first.
        part_of: The measure whose part this is; its own id when it has no parts.
        all: Every measure of the edition by id.
        table: What it is about: a register's facts table, a list's lines, or a pair with what joins it.
    """

    id: str
    title: Mapping[str, str] = field(hash=False)
    source: tuple[Mapping[str, str], ...] = field(hash=False)
    kind: str
    facts: str
    should: Any | None
    when: When
    done: evidence.Evidence
    close: tuple[Close, ...]
    by: Owner
    urgency: str
    minutes: float
    restricts: bool
    params: Mapping[str, Param] = field(hash=False)
    node: Node | None = field(default=None, compare=False, repr=False)
    gate: Any | None = None
    slot: str | None = None
    yields: tuple[str, ...] = ()
    part_of: str = ""
    reconcile: tuple[From | Total | Filed, ...] = ()
    shows: tuple[Shown, ...] = ()
    checks: str | None = None  # of which measure this is the second look
    untrue: Any | None = None  # of a second look: the condition on the looker's act that contradicts what was said
    sees: Mapping[str, Any] = field(default_factory=dict, hash=False)  # of a second look: part → which of his acts are about it; empty: all about each
    ladder: tuple[int, ...] = ()  # seconds overdue after which a duty appears one level further up
    links: Mapping[str, str] = field(default_factory=dict, hash=False, compare=False)  # link of the table → table
    all: Mapping[str, Measure] = field(default_factory=dict, hash=False, compare=False, repr=False)
    table: FactsTable = field(default=NO_TABLE, hash=False, compare=False, repr=False)

    @cached_property
    def asks(self) -> Any | None:
        """Who owes, under which gate, and for a line of a list until its last day: the whole condition."""
        both = [part for part in (self.should, self.gate, lasting(self.table)) if part is not None]
        parts = tuple(x for part in both for x in (part.parts if isinstance(part, nodes.All) else (part,)))
        return None if not parts else parts[0] if len(parts) == 1 else nodes.All(parts)

    @cached_property
    def parts_of_time(self) -> list[Any]:
        """The points and spans of its timetable."""
        w = self.when
        match w:
            case Within():
                found = [w.of, w.span]
            case Before():
                found = [w.point, w.start]
            case Every():
                found = [w.start, w.until, w.times, w.step if isinstance(w.step, nodes.Parameter) else None]
            case Days():
                found = [w.of]
            case Shifts():
                found = [w.hours, w.start, w.until]
            case Fresh():
                found = [w.span, w.start]
        return [part for part in found if part is not None]

    @cached_property
    def trees(self) -> list[Any]:
        """Every expression over the subject's own row."""
        return [*self.parts_of_time, *([self.asks] if self.asks is not None else []), *evidence.trees(self.done)]

    @cached_property
    def terms(self) -> list[Any]:
        """What it looks up beyond the row, numbered by its place here."""
        return terms.terms(*self.trees)

    @cached_property
    def timed_terms(self) -> list[Any]:
        """Those that the timetable hangs on."""
        return terms.terms(*self.parts_of_time)

    @cached_property
    def simple(self) -> bool:
        """It looks at nothing but the row, its acts and its parameters: the shape that engines run fastest."""
        plain = isinstance(self.done, Done) and self.done.plain and not self.inner_subjects and not terms.terms(*self.wheres)
        plain = plain and not derived(self.table) and all(key in PLAIN for key in self.keys)
        return plain and not (self.terms or self.yields or self.parts or self.areas or self.inner_codes or self.draws)

    @cached_property
    def keys(self) -> list[str]:
        """How its acts agree with its rows."""
        return [*(leaf.key for leaf in evidence.leaves(self.done) if leaf.act), *(c.key for c in self.close)]

    @cached_property
    def wheres(self) -> list[Any]:
        """The conditions on the acts that it is evidenced by."""
        return [leaf.where for leaf in evidence.leaves(self.done) if leaf.where is not None]

    @cached_property
    def deep_terms(self) -> list[Any]:
        """What it looks up anywhere, conditions on acts and rows included."""
        return terms.deep(*self.trees, *self.wheres)

    @cached_property
    def inner_subjects(self) -> list[str]:
        """`subject.x` in conditions on acts and rows."""
        wheres = [*self.wheres, *(terms.inner(t) for t in self.deep_terms)]
        return sorted({n.name for w in wheres if w is not None for n in nodes.walk(w) if isinstance(n, nodes.Subject)})

    @cached_property
    def draws(self) -> bool:
        """Something of it is drawn."""
        return any(isinstance(n, nodes.Drawn) for tree in self.trees for n in nodes.walk(tree))

    @cached_property
    def inner_codes(self) -> bool:
        """A condition on acts hangs on a parameter whose line is chosen by the subject's codes."""
        return any(self.params[name].columns for w in self.wheres for name in nodes.parameters(w))

    @cached_property
    def named_params(self) -> list[str]:
        """The parameters that it names anywhere."""
        found = [name for part in self.trees for name in nodes.parameters(part)]
        wheres = [*self.wheres, *(terms.inner(t) for t in self.deep_terms)]
        found += [name for w in wheres if w is not None for name in nodes.parameters(w)]
        w = self.when
        found += [w.days] if isinstance(w, Days) and isinstance(w.days, str) else []
        found += [w.at] if isinstance(w, Every) and isinstance(w.at, str) else []
        return list(dict.fromkeys(found))

    @property
    def areas(self) -> list[str]:
        """Codes of areas that choose a line of its parameters."""
        return sorted({code for name in self.named_params for code in self.params[name].areas})

    @property
    def parts(self) -> list[str]:
        """The parts whose evidence starts its clock."""
        found = [name for part in self.parts_of_time for name in nodes.columns(part) if name.startswith("part:")]
        return list(dict.fromkeys(name.removeprefix("part:") for name in found))

    @property
    def columns(self) -> list[str]:
        """Columns of the facts table that it reads, sorted; the names of links among them."""
        found = {name for part in self.trees for name in nodes.columns(part) if ":" not in name and name not in ("known", "due", "opens")}
        found |= {column for t in [*self.terms, *terms.terms(*self.wheres)] for column in terms.columns(t)}
        found |= {column for key in self.keys for column in columns(key)}
        found |= {column for name in self.named_params for column in self.params[name].columns}
        return sorted((found | set(self.inner_subjects)) - {"id", "person", "area", "disease"})

    @property
    def tables(self) -> list[str]:
        """Every facts table that it reads, its own first."""
        found = [self.facts] if not derived(self.table) else [side.table.name for side in getattr(self.table, "sides", ()) if not derived(side.table)]
        for t in self.deep_terms:
            found += t.tables if isinstance(t, terms.Linked | terms.OfArea) else [t.table] if isinstance(t, terms.Has) else []
            found += [t.source] if isinstance(t, terms.Tally) and not t.acts else []
        return list(dict.fromkeys(found))

    @property
    def names(self) -> set[str]:
        """Every facts table and kind of act that it names anywhere: what it is about, what closes it, what it looks up, what its list is held against."""
        found: set[str] = {*self.tables, *(c.act for c in self.close)}
        for part in (*evidence.leaves(self.done), *self.deep_terms, *self.reconcile):
            found |= {name for key in ("act", "table", "source", "kept") if isinstance(name := getattr(part, key, None), str)}
        return found - {""}

    @property
    def look(self) -> Measure | None:
        """The second look at this measure, where one is taken: its own, or of a part that of the whole measure, if both are about the same table.

        Where the looker says which practice he saw, a look at a part is what he saw of it, and a part of which he never says anything is not looked at.
        """
        own, whole = self.all.get(f"{self.id}.check"), self.all.get(f"{self.part_of}.check")
        if own is not None or whole is None or whole.facts != self.facts:
            return own
        if not whole.sees:
            return whole
        seen = whole.sees.get(self.id.removeprefix(f"{self.part_of}."))
        return replace(whole, done=replace(whole.done, where=seen)) if seen is not None and isinstance(whole.done, Done) else None

    def vocabulary(self, known: Vocabulary) -> Vocabulary:
        """What its sentences may name: the registers' tables, and those that its edition makes."""
        return known.knowing(*(m.table for m in (*self.all.values(), self) if derived(m.table)))

    def sibling(self, part: str) -> Measure:
        """Another part of the same measure."""
        return self.all[f"{self.part_of}.{part}"]

    def named(self, id_: str) -> list[Measure]:
        """The measures behind an id: itself, or its parts about the same table."""
        if id_ in self.all:
            return [self.all[id_]]
        found = [m for m in self.all.values() if m.part_of == id_ and m.checks is None]
        return [m for m in found if m.facts == found[0].facts]


def lasting(t: FactsTable) -> Any | None:
    """That the last day of the list's line has not ended."""
    side = t if isinstance(t, Lines) else next((s.table for s in getattr(t, "sides", ()) if isinstance(s.table, Lines)), None)
    if side is None:
        return None
    last = nodes.Column("ends_on" if side is t else f"{side.name.removeprefix(LIST)}.ends_on", nodes.DATE)
    return nodes.Some((nodes.Missing(last), nodes.Compare("<=", nodes.Moment("now", nodes.INSTANT), nodes.Edge(last, "end"))))


__all__ = ["BEGINNING", "FAR", "KINDS", "URGENCIES", "Before", "Close", "Days", "Done", "Every", "Filed", "From", "Measure", "Owner", "Shown", "Total", "Within"]
