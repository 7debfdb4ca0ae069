"""The compiler for measures that look beyond their own row and acts: terms, parts, slots, and the other forms of evidence.

    stands   rows at as_of, with the moments of earlier parts and the terms that the timetable asks      at_j   rows at the reading time, with terms
    judged   occasions that arise       lastly   rows at the latest moment that still counts       win_i   who goes before
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sizao.plan.language import done as forms
from sizao.plan.language import nodes, terms
from sizao.plan.language.agreeing import pairs
from sizao.plan.language.measure import BEGINNING, FAR, Measure
from sizao.plan.language.schedule import Before
from sizao.plan.language.subjects import derived
from sizao.plan.obligations import CANNOT_TELL, CLOSED, FIELDS, PART, UNDATED, WAITING, YIELDS, Force
from sizao.plan.timetable import TICK

from .compiler import ABOUT, KEYS, Compiler
from .conditions import Writer
from .derived import NAME, facts, key
from .dialects import POSTGRES, Dialect
from .looking import Looking
from .marks import marked
from .parts import WHOLE, Part
from .proofs import NO_TEXT, Proofs
from .relations import Over, Relations
from .timetables import Timetable

SINCE = "_since"  # from when on the subject's present row stands
DUTY = ("subject", "person", "occasion", "opens", "due", "state", "done_at", "area")


class Wide(Compiler):
    """One statement; see `Compiler` for what is common to both."""

    def __init__(self, m: Measure, relations: Relations, as_of: datetime, force: Force, dialect: Dialect, only: str | None, part: Part = WHOLE):
        super().__init__(m, relations, as_of, force, dialect, only, part)
        self.plain = relations
        self.shared: dict[str, str] = {}
        self.r = self.placed(m)
        self.own = [*(f"in:{code}" for code in m.areas), *([NAME] if m.draws else [])]
        self.looking = Looking(self, m, relations)
        moments = [f"part:{name}" for name in m.parts]
        timed = [self.looking.names[t] for t in m.timed_terms]
        self.carried = [*KEYS, *(c for c in m.columns if c not in KEYS), *self.own]
        self.timetable = Timetable(
            m, dialect, self.as_of, force, [*self.carried, *moments, *timed], None, relations.acts(m.done.key, m.done.act), self.looking.names
        )

    def placed(self, m: Measure) -> Relations:
        """The relations, with how far above each row of the measure's table the areas lie that its parameters name, and what a draw is made from."""
        own = (self.plain.own if m is self.m else "") or self.facts_of(m)
        return replace(self.plain, facts=Over(self.plain.facts, {m.facts: self.laid(m, own)}), own="")

    @cached_property
    def past(self) -> str:
        """The rows of those that ever changed."""
        if derived(self.m.table):
            moved = self.plain.moved.get(key(self.m.table, self.force), "")
        else:
            moved = self.plain.own or self.plain.versions.get(self.m.facts, "")
        rows = self.laid(self.m, moved or self.facts_of(self.m), named=False)
        return f'SELECT n.* FROM ({rows}) n WHERE n."vf" > n."known" OR n."vt" < {self.d.literal(FAR)}'

    def laid(self, m: Measure, own: str, named: bool = True) -> str:
        """Rows with how far above each the areas lie that the measure's parameters name, and what a draw is made from."""
        drawn = m.draws and not derived(m.table) and named
        if not m.areas and not drawn:
            return own
        columns, joins = [], []
        for i, code in enumerate(m.areas):
            above = f"SELECT u.area, u.steps FROM ({self.plain.up}) u JOIN ({self.plain.area}) x ON x.id = u.above WHERE x.code = {self.d.text(code)}"
            columns.append(f'w{i}.steps AS "in:{code}"')
            joins.append(f"LEFT JOIN ({above}) w{i} ON w{i}.area = f.area")
        if drawn:
            columns.append(f'CAST({"nn.id" if self.plain.names else "f.id"} AS VARCHAR) AS "{NAME}"')
            joins += [f'JOIN ({self.plain.names}) nn ON nn.n = f."id"'] if self.plain.names else []
        return f"SELECT f.*, {', '.join(columns)} FROM ({own}) f {' '.join(joins)}"

    def facts_of(self, m: Measure) -> str:
        """The rows that a measure is about; lines of lists and pairs are worked out once in the statement."""
        if not derived(m.table):
            return self.plain.facts[m.facts]
        name = "rows_of_" + plain_name(m.id)
        self.shared.setdefault(name, facts(m.table, self.plain, self.force, self.d))
        return f"SELECT * FROM {name}"

    # -- the statement

    def statement(self, fields: Sequence[str] = FIELDS, wherever: bool = False) -> str:
        self.asked_about = ABOUT in fields or bool(self.force.narrower)
        self.proofs = Proofs(self)
        ctes = self.standing() | {"slot": self.slot()} | self.reading() | self.winning() | self.lasting() | self.proofs.ctes()
        ctes |= {f"shut_{i}": self.shut(i) for i in range(len(self.m.close))} | {"owner": self.owner()}
        more, listed = marked(self, self.dated() if self.all_dated else f"{self.dated()} UNION ALL {self.undated()}", fields)
        return "WITH " + ",\n".join(f"{name} AS ({sql})" for name, sql in (self.shared | ctes | more).items()) + f"\n{listed}{'' if wherever else self.belonging()}"

    def kept(self, act: str) -> str:
        """The name of the relation that says since when an act is kept."""
        name = "kept_" + act.replace(".", "_")
        self.shared.setdefault(name, self.keeping(act))
        return name

    def duties(self, measures: list[Measure]) -> str:
        """The name of the relation of other measures' obligations."""
        name = "duty_" + "_".join(plain_name(m.id) for m in measures)
        self.shared.setdefault(name, " UNION ALL ".join(f"SELECT * FROM ({self.another(m)}) q{i}" for i, m in enumerate(measures)))
        return name

    def another(self, m: Measure, only: str | None = None, wherever: bool = False) -> str:
        related = self.plain if only else replace(self.plain, own="", acts_of={})  # the same subjects, else anybody's
        return compile_measure(m, related, self.now, self.force, self.d, only, fields=DUTY, wherever=wherever)

    def row(self, alias: str) -> Writer:
        """Writes expressions over a source with its terms."""
        return Writer(self.d, self.m.params, alias, f"{alias}.now", f"{alias}.opens", terms=self.looking.names, key=self.force.key)

    def writer(self, row: str, now: str, opens: str, disease: str | None = None) -> Writer:
        return Writer(self.d, self.m.params, row, now, opens, disease, terms=self.looking.names, key=self.force.key)

    # -- who and when

    def stands(self) -> str:
        """Where everybody is asked about, without those for whom nothing that the condition asks for in another table, or of their area, was ever there."""
        found, asks = super().stands(), self.m.asks
        looks = self.r.everybody and asks is not None and any(isinstance(x, (terms.Has, terms.Ordered)) for x in nodes.walk(asks))
        still = self.possible(asks, "n") if looks else None
        if not still:
            return found
        if self.single:
            return f"{found} AND {still}"
        moved = 'n."vf" > n."known"'  # it is judged on several of its versions
        if self.m.facts in self.r.versions:
            moved += f' AND n."id" IN (SELECT h."id" FROM ({self.r.versions[self.m.facts]}) h WHERE {self.possible(self.m.asks, "h")})'
        return f'{found} AND (n."vf" <= n."known" AND {still} OR {moved})'

    def possible(self, node: Any, row: str) -> str | None:
        """A condition on a version that is true wherever the node can be true, or unknown, at any moment; None where nobody can say. It is never unknown."""
        match node:
            case nodes.All(parts):
                known = [x for x in (self.possible(part, row) for part in parts) if x]
                return f"({' AND '.join(known)})" if known else None
            case nodes.Some(parts):
                found = [self.possible(part, row) for part in parts]
                return None if None in found else f"({' OR '.join(x for x in found if x)})"
            case terms.Has(table, about):
                since = self.r.everywhere.get(node.kept, FAR) if node.kept else BEGINNING
                theirs = {"person": "person", "link": about.key, "own": "id"}.get(about.by)
                if theirs is None or since > self.force.start or isinstance(self.m.when, Before) or derived(self.m.table):
                    return None
                return f'({row}."{about.own}" IS NULL OR {row}."{about.own}" IN (SELECT e."{theirs}" FROM ({self.r.facts[table]}) e WHERE e."{theirs}" IS NOT NULL))'
            case terms.Ordered(kind) if not derived(self.m.table):
                lines = f"({self.r.area_fact}) g ON g.area = u.above WHERE g.scale = 'order' AND g.value = {self.d.text(kind)}"
                return f'({row}."area" IS NULL OR {row}."area" IN (SELECT u.area FROM ({self.r.up}) u JOIN {lines}))'
        return f"(({self.writer(row, 'NULL', 'NULL').sql(node)}) IS NOT FALSE)" if terms.timeless(node) else None

    def standing(self) -> dict[str, str]:
        """Rows at `as_of`, with the moments of the parts that start the clock, and the terms."""
        found, joins, moments = {}, [], []
        for i, part in enumerate(self.m.parts):
            duty = self.another(self.m.sibling(part), self.only, wherever=True)  # who came from elsewhere goes on with the next step here
            found[f"part_{i}"] = (
                f"SELECT q.subject AS id, min(q.done_at) AS moment, bool_or(q.state <> '{CLOSED}') AS waits FROM ({duty}) q GROUP BY q.subject"
            )
            joins.append(f'LEFT JOIN part_{i} p{i} ON p{i}.id = n."id"')
            moments.append(f', p{i}.moment AS "part:{part}", coalesce(p{i}.waits, FALSE) AS "waits:{part}"')
        far = self.d.literal(FAR)
        at = f'n."id" AS sid, 0 AS occasion, {self.as_of} AS now, {self.as_of} AS opens, {far} AS closes'
        found["stands_rows"] = f"SELECT {at}, {self.columns('n')}{''.join(moments)} FROM ({self.stands()}) n {' '.join(joins)}"
        return found | self.looking.ctes("stands_rows", "stands", terms.terms(*self.m.parts_of_time, self.m.asks))

    # -- reading

    def read(self, slots: str, at: str, more: str, where: str = "", standing: bool = False) -> str:
        """A source: the measure's rows as they stood at a moment of each occasion. `at` is the SQL of the moment, over `s`; `standing`: those of `slots`
        are the rows that stand at `as_of`, else such as were read before."""
        if self.single:  # then it is the row that stands: it stood when the subject was known, and nothing is read before
            return f"SELECT s.sid, s.occasion, s.opens, s.due, s.closes, {at} AS now, {self.columns('s')}{more} FROM {slots} s{where}"
        if not self.d.apart:
            names = ", ".join(f'v."{name}"' for name in self.carried)
            return (
                f'SELECT s.sid, s.occasion, s.opens, s.due, s.closes, {at} AS now, {names}{more} FROM {slots} s '
                f'JOIN ({self.r.facts[self.m.facts]}) v ON v."id" = s.sid AND v."vf" <= {at} AND v."vt" > {at}{where}'
            )
        # Nobody is looked for again of whom the row at hand is the one that stands, and stood then: of many subjects few ever changed.
        stood = f"s.{SINCE} <= {at}" + ("" if standing else f" AND s.{SINCE} <= s.now")
        names = ", ".join(f's."{name}"' if name in ("id", NAME) else f'CASE WHEN {stood} THEN s."{name}" ELSE v."{name}" END AS "{name}"' for name in self.carried)
        return (
            f'SELECT s.sid, s.occasion, s.opens, s.due, s.closes, {at} AS now, s.{SINCE}, {names}{more} FROM {slots} s LEFT JOIN ({self.past}) v '
            f'ON v."id" = CASE WHEN {stood} THEN NULL ELSE s.sid END AND v."vf" <= {at} AND v."vt" > {at}{where or " WHERE TRUE"} AND ({stood} OR v."id" IS NOT NULL)'
        )

    def reading(self) -> dict[str, str]:
        """Occasions that arise: the row at the reading time, whether the condition held then (`told`), and what is missing where that cannot be told."""
        slots = f'(SELECT x.*, x."id" AS sid, x."vf" AS {SINCE} FROM slot x)'
        found = {"rows_j": self.read(slots, "s.j", f", s.missing, s.o{self.about('s')}", standing=True)} | self.looking.ctes("rows_j", "at_j", self.m.terms)
        if self.m.asks is None:
            return found | {"judged": f"SELECT r.*, TRUE AS told, {NO_TEXT} AS cause FROM at_j r"}
        row = self.row("r")
        told, asks = row.sql(self.m.asks), self.m.asks
        found["told_j"] = f"SELECT r.*, {told} AS told, CASE WHEN ({told}) IS NULL THEN {row.cause(asks)} END AS cause FROM at_j r"
        if self.single and terms.timeless(asks):
            return found | {"judged": "SELECT r.* FROM told_j r WHERE r.told IS NOT FALSE"}
        found["rows_o"] = self.read("told_j", "s.o", "", " WHERE NOT s.told")
        found |= self.looking.ctes("rows_o", "at_o", terms.terms(asks))
        before = f"SELECT b.sid, b.occasion FROM at_o b WHERE {self.row('b').sql(asks)}"
        found["judged"] = (
            f"SELECT r.* FROM told_j r LEFT JOIN ({before}) b ON b.sid = r.sid AND b.occasion = r.occasion WHERE r.told IS NOT FALSE OR b.sid IS NOT NULL"
        )
        return found

    def lasting(self) -> dict[str, str]:
        """For evidence that is a state: the rows at the last moment at which it may still come true."""
        if not self.proofs.states:
            return {}
        last = f"least({self.as_of}, {self.d.plus('s.closes', -TICK)})"
        found = {"rows_l": self.read("judged", last, "", f" WHERE s.due < {last}")}
        return found | self.looking.ctes("rows_l", "lastly", terms.terms(*forms.trees(self.m.done)))

    def winning(self) -> dict[str, str]:
        """For every measure of the slot that goes first: the occasions at whose reading time it held for the same person."""
        found: dict[str, str] = {}
        for i, id_ in enumerate(self.m.yields):
            w = self.m.all[id_]
            relations, looking = self.placed(w), Looking(self, w, self.plain)
            columns = [*(c for c in w.columns if c not in KEYS), *(f"in:{code}" for code in w.areas), *([NAME] if w.draws else [])]
            same = 'v."disease" IS NULL OR c."disease" IS NULL OR v."disease" = c."disease"'
            forced = f' AND (v."disease" IS NULL OR v."disease" = {self.d.literal(self.force.disease)})' if self.force.disease is not None else ""
            names = ", ".join(f'v."{name}"' for name in (*KEYS, *columns))
            found[f"rows_w{i}"] = (
                f"SELECT c.sid, c.occasion, c.opens, {self.d.literal(FAR)} AS closes, c.now, {names} FROM judged c JOIN ({relations.facts[w.facts]}) v "
                f'ON v."person" = c."person" AND v."vf" <= c.now AND v."vt" > c.now AND v."known" <= {self.as_of} AND ({same}){forced}'
            )
            found |= looking.ctes(f"rows_w{i}", f"at_w{i}", terms.terms(w.asks))
            writer = Writer(self.d, w.params, "o", "o.now", "o.opens", terms=looking.names, key=self.force.key)
            holds = "TRUE" if w.asks is None else writer.sql(w.asks)
            inside = self.inside()  # whom a narrower enactment has for it goes first all the same: a person has one obligation of a slot
            found[f"win_{i}"] = f"SELECT DISTINCT o.sid, o.occasion FROM at_w{i} o WHERE {holds}{f' AND {inside}' if inside else ''}"
        return found

    # -- what became of it

    def shut(self, i: int) -> str:
        """The earliest act of a kind that ends duties, by all that it must agree on."""
        c = self.m.close[i]
        agree = [act for act, _ in pairs(c.key)]
        who = ", ".join(f'a."{act}" AS who_{k}' for k, act in enumerate(agree))
        known = " AND ".join(f'a."{act}" IS NOT NULL' for act in agree)
        group = ", ".join(f'a."{act}"' for act in agree)
        return f'SELECT {who}, min(a."at") AS shut_at FROM ({self.r.acts(c.key, c.act)}) a WHERE a.kind = {self.d.text(c.act)} AND a."at" <= {self.as_of} AND {known} GROUP BY {group}'

    def dated(self) -> str:
        joins = self.proofs.joins()
        for i, c in enumerate(self.m.close):
            on = " AND ".join(f'shut_{i}.who_{k} = c."{row}"' for k, (_, row) in enumerate(pairs(c.key)))
            joins.append(f"LEFT JOIN shut_{i} ON {on}")
        joins += [f"LEFT JOIN win_{i} y{i} ON y{i}.sid = c.sid AND y{i}.occasion = c.occasion" for i in range(len(self.m.yields))]
        joins.append('LEFT JOIN owner w ON w.area = c."area"')
        first = " ".join(f"WHEN y{i}.sid IS NOT NULL THEN {self.d.text(f'{YIELDS}:{id_}')}" for i, id_ in enumerate(self.m.yields))
        winner = f"CASE {first} END" if first else NO_TEXT
        pieces = self.proofs.pieces()
        leaves = ", ".join(f"{p.done} AS done_{i}, {p.told} AS told_{i}, {p.why} AS why_{i}" for i, p in enumerate(pieces))
        amount = self.m.done if isinstance(self.m.done, forms.Amount) else None
        have, need = (self.row("c").sql(x) for x in (amount.have, amount.need)) if amount else (self.nothing, self.nothing)
        unit = self.row("c").sql(amount.unit) if amount and amount.unit else NO_TEXT
        shut = self.earliest()
        inner = (
            f'SELECT c.sid AS subject, c."person" AS person, c.occasion, c.opens, c.due, c.closes, c."area" AS area, w.post, c.told, c.cause, c.missing, '
            f"{shut[0]} AS shut_at, {shut[1]} AS shut_why, {winner} AS winner, {leaves}, CAST({have} AS {self.d.number}) AS have, CAST({need} AS {self.d.number}) AS need, {unit} AS unit{self.carried_about('c')} "
            f"FROM judged c {' '.join(joins)}"
        )
        whole = self.proofs.whole(self.m.done, list(range(len(pieces))), "z")
        proved = f"SELECT z.*, {whole.done} AS done_at, {whole.told} AS told_at, {whole.why} AS why FROM ({inner}) z"
        state, reason = self.cases()
        stated = f"SELECT i.*, {state} AS state, {reason} AS reason FROM ({proved}) i"
        return (
            f"SELECT {self.d.literal(self.m.id)} AS measure, e.subject, e.person, e.occasion, e.opens, e.due, e.state, e.reason, e.area, e.post, "
            f"(e.state IN ('open', 'overdue') AND e.reason IS NULL AND {self.as_of} < e.closes) AS doable, coalesce(e.state = 'met' AND e.told_at > e.due, FALSE) AS told_late, "
            f"e.done_at, e.closes, e.have, e.need, e.unit{self.carried_about('e')} FROM ({stated}) e"
        )

    def arms(self) -> list[tuple[str, str, str]]:
        """Tests, states and reasons: the first that applies."""
        found = super().arms()
        found.insert(2, ("i.winner IS NOT NULL", "'closed'", "i.winner"))
        return found

    def untold(self) -> list[tuple[str, str, str]]:
        return [
            ("substr(i.why, 1, 6) = 'breach'", "'overdue'", "i.why"),
            ("i.why IS NOT NULL", "'cannot_tell'", "i.why"),
        ]

    def undated(self) -> str:
        test, missing = self.timetable.undated()
        tests = [f"({test})", f"{self.told('n', self.as_of, self.as_of)} IS NOT FALSE"]
        if not self.force.start <= self.now < self.force.end:
            tests.append("FALSE")
        nothing = "CAST(NULL AS TIMESTAMP)"
        tests += [f"(({missing}) <> 'part:{part}' OR n.\"waits:{part}\")" for part in self.m.parts]
        waits = f"substr({missing}, 1, {len(PART) + 1}) = '{PART}:'"
        state = f"CASE WHEN {waits} THEN '{WAITING}' ELSE '{CANNOT_TELL}' END"
        reason = f"CASE WHEN {waits} THEN {missing} ELSE concat({self.d.text(UNDATED + ':')}, {missing}) END"
        return (
            f'SELECT {self.d.literal(self.m.id)}, n."id", n."person", -1, {nothing}, {nothing}, {state}, {reason}, n."area", w.post, FALSE, FALSE, {nothing}, {nothing}, '
            f'{self.nothing}, {self.nothing}, {NO_TEXT}{self.about("n")} FROM stands n LEFT JOIN owner w ON w.area = n."area" WHERE {" AND ".join(tests)}'
        )


def compile_measure(
    m: Measure,
    relations: Relations,
    as_of: datetime,
    force: Force | None = None,
    dialect: Dialect = POSTGRES,
    only: str | None = None,
    part: Part = WHOLE,
    fields: Sequence[str] = FIELDS,
    wherever: bool = False,
) -> str:
    """The statement that lists every obligation of a measure at `as_of`, with the columns of `Obligation` in order.

    `only`: a SELECT of the subjects wanted. `part`: which occasions. `fields`: other columns, of those, `closes` and `about` (the disease of the
    subject's row). `wherever`: also what is not the enactment's own: outside its area, or a narrower one's.
    """
    kind = Compiler if m.simple else Wide
    return dialect.whole(kind(m, relations, as_of, force or Force(), dialect, only, part).statement(fields, wherever))


def plain_name(id_: str) -> str:
    """An id of a measure as part of a name in SQL."""
    return id_.replace("-", "_").replace(".", "_")

