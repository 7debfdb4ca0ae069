"""Evidence in SQL, for the forms beyond one act in its own window: so many acts, amounts, states, acts that never come, any and all of these.

Every leaf gives three pieces over a row `c` of `judged`: when it was done, when that was first told, and why it cannot be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sizao.plan.language import done as d
from sizao.plan.language import nodes, terms
from sizao.plan.language.agreeing import pairs
from sizao.plan.obligations import BREACH, NOT_KEPT, UNKNOWN

from .asking import Sharing
from .conditions import Writer
from .looking import ACT, Looking

NO_TIME, NO_TEXT = "CAST(NULL AS TIMESTAMP)", "CAST(NULL AS VARCHAR)"


@dataclass(frozen=True)
class Piece:
    done: str
    told: str
    why: str


class Asked(Sharing, Protocol):
    """A statement that looks beyond the row, and writes expressions over a source with what it found."""

    looking: Looking

    def row(self, alias: str) -> Writer: ...


class Proofs:
    """The evidence of one measure."""

    def __init__(self, c: Asked):
        self.c, self.d, self.m, self.r = c, c.d, c.m, c.r
        self.leaves = list(d.leaves(c.m.done))
        self.before: dict[str, str] = {}  # sub-queries that the evidence being written needs before it

    @property
    def states(self) -> bool:
        """Some of it is read off the row."""
        return any(isinstance(leaf, (d.Holds, d.Amount)) for leaf in self.leaves)

    def ctes(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for i, leaf in enumerate(self.leaves):
            self.before = {}
            self.made = f"acts_{i}"
            if isinstance(leaf, d.Done):
                hit = self.hit(leaf)
            elif isinstance(leaf, d.Never):
                hit = self.breach(leaf)
            else:
                continue
            found |= self.before | {f"hit_{i}": hit}
        return found

    def joins(self) -> list[str]:
        found = []
        for i, leaf in enumerate(self.leaves):
            if isinstance(leaf, (d.Done, d.Never)):
                found.append(f"LEFT JOIN hit_{i} h{i} ON h{i}.sid = c.sid AND h{i}.occasion = c.occasion")
                if leaf.act not in self.r.everywhere:
                    found.append(f'LEFT JOIN {self.c.kept(leaf.act)} kk{i} ON kk{i}.area = c."area"')
        return found + (["LEFT JOIN lastly l ON l.sid = c.sid AND l.occasion = c.occasion"] if self.states else [])

    # -- acts

    def acts(self, leaf: d.Done | d.Never, opens: str) -> tuple[str, list[str]]:
        """(FROM judged c and its acts a, the tests)."""
        agree = [f'a."{act}" = c."{row}"' for act, row in pairs(leaf.key)]
        tests = [f"a.kind = {self.d.text(leaf.act)}", f'a."at" <= {self.c.as_of}', f'a."at" >= {opens}', 'a."at" < c.closes']
        if leaf.match == "period":
            tests.append(f"a.period = {self.d.date('c.opens')}")
        acts = f"judged c JOIN ({self.r.acts(leaf.key, leaf.act)}) a ON {' AND '.join(agree)}"
        if terms.terms(leaf.where):
            return self.acts_that_look(leaf, f"{acts} WHERE {' AND '.join(tests)}"), ["TRUE"]
        if leaf.where is not None:
            tests.append(Writer(self.d, self.m.params, "a", self.c.as_of, "c.opens", owner="c", key=self.c.force.key).sql(leaf.where))
        return acts, tests

    def acts_that_look(self, leaf: d.Done | d.Never, found: str) -> str:
        """The same where the condition asks more than the act: it is asked of the subject at the moment of the act."""
        ctes, told = self.c.looking.of_acts_that_look(self.made, found, leaf.where, "c", "c.sid", self.c.as_of)
        self.before = ctes
        acts = f'SELECT r.asker, r.occasion, r.sid AS id, r."{ACT}at" AS "at", r."{ACT}told_at" AS told_at FROM {self.made}_in r WHERE {told}'
        return f"judged c JOIN ({acts}) a ON a.asker = c.sid AND a.occasion = c.occasion"

    def opens(self, leaf: d.Done) -> str:
        early = getattr(self.m.when, "early", None)
        opens = self.d.plus("c.opens", -early) if early else "c.opens"
        return opens if leaf.since is None else f"coalesce({self.c.row('c').sql(leaf.since)}, {opens})"

    def hit(self, leaf: d.Done) -> str:
        """When the needed number of acts was there; and when so many of those on time had been told."""
        found, tests = self.acts(leaf, self.opens(leaf))
        where = " AND ".join(tests)
        if leaf.need is None:
            return f'SELECT c.sid, c.occasion, min(a."at") AS done_at, min(CASE WHEN a."at" <= c.due THEN a.told_at END) AS told_at FROM {found} WHERE {where} GROUP BY c.sid, c.occasion'
        ranked = (
            f'SELECT c.sid, c.occasion, a."at", a.told_at, (a."at" <= c.due) AS on_time, {self.need(leaf)} AS need, '
            f'row_number() OVER (PARTITION BY c.sid, c.occasion ORDER BY a."at", a.id) AS place, '
            f'row_number() OVER (PARTITION BY c.sid, c.occasion, (a."at" <= c.due) ORDER BY a.told_at, a.id) AS heard FROM {found} WHERE {where}'
        )
        return (
            f'SELECT sid, occasion, min(CASE WHEN place >= need THEN x."at" END) AS done_at, min(CASE WHEN on_time AND heard >= need THEN told_at END) AS told_at '
            f"FROM ({ranked}) x GROUP BY sid, occasion"
        )

    def need(self, leaf: d.Done) -> str:
        return f"ceil({self.c.row('c').sql(leaf.need)})"

    def breach(self, leaf: d.Never) -> str:
        found, tests = self.acts(leaf, "c.opens")
        return f"SELECT c.sid, c.occasion, TRUE AS came FROM {found} WHERE {' AND '.join(tests)} AND a.\"at\" <= c.due GROUP BY c.sid, c.occasion"

    # -- pieces

    def pieces(self) -> list[Piece]:
        return [self.piece(i, leaf) for i, leaf in enumerate(self.leaves)]

    def piece(self, i: int, leaf: d.Done | d.Never | d.Holds | d.Amount) -> Piece:
        """One leaf over `c` and what `joins` has joined to it."""
        match leaf:
            case d.Done():
                kept = self.not_kept(i, leaf.act)
                if leaf.need is None:
                    return Piece(f"h{i}.done_at", f"h{i}.told_at", f"CASE WHEN h{i}.done_at IS NULL AND {kept} THEN {self.d.text(f'{NOT_KEPT}:{leaf.act}')} END")
                row, need = self.c.row("c"), self.need(leaf)
                unknown = f"WHEN {need} IS NULL THEN concat({self.d.text(UNKNOWN + ':')}, {row.cause(leaf.need)})"
                nothing = f"WHEN {need} <= 0 THEN"
                why = f"CASE {unknown} {nothing} NULL WHEN h{i}.done_at IS NULL AND {kept} THEN {self.d.text(f'{NOT_KEPT}:{leaf.act}')} END"
                return Piece(f"CASE {nothing} c.opens ELSE h{i}.done_at END", f"CASE {nothing} c.opens ELSE h{i}.told_at END", why)
            case d.Never():
                why = f"CASE WHEN h{i}.came THEN {self.d.text(f'{BREACH}:{leaf.act}')} WHEN {self.not_kept(i, leaf.act)} THEN {self.d.text(f'{NOT_KEPT}:{leaf.act}')} END"
                return Piece(f"CASE WHEN ({why}) IS NULL THEN c.now END", f"CASE WHEN ({why}) IS NULL THEN c.now END", why)
        test = self.test(leaf)
        now, late = self.c.row("c"), self.c.row("l")
        done = f"CASE WHEN ({now.sql(test)}) THEN c.now WHEN ({now.sql(test)}) IS NOT NULL AND ({late.sql(test)}) THEN l.now END"
        why = f"CASE WHEN ({now.sql(test)}) IS NULL THEN concat({self.d.text(UNKNOWN + ':')}, {now.cause(test)}) END"
        return Piece(done, f"CASE WHEN ({now.sql(test)}) THEN c.now END", why)

    def test(self, leaf: d.Holds | d.Amount) -> nodes.Compare | object:
        return leaf.condition if isinstance(leaf, d.Holds) else nodes.Compare(">=", leaf.have, leaf.need)

    def not_kept(self, i: int, act: str) -> str:
        """That kind of act was not kept there by the time it was due."""
        if act in self.r.everywhere:
            return f"({self.d.literal(self.r.everywhere[act])} > c.due)"
        since = f'coalesce(kk{i}.since, CASE WHEN c."area" IS NULL THEN (SELECT min(since) FROM {self.c.kept(act)} WHERE area IS NULL) END)'
        return f"({since} IS NULL OR {since} > c.due)"

    # -- the whole

    def whole(self, form: d.Evidence, left: list[int], row: str) -> Piece:
        """The pieces of the leaves, as columns done_i, told_i, why_i of `row`, put together. `left` counts the leaves off."""
        if not isinstance(form, d.Several):
            i = left.pop(0)
            return Piece(f"{row}.done_{i}", f"{row}.told_{i}", f"{row}.why_{i}")
        parts = [self.whole(part, left, row) for part in form.parts]
        done = [f"({p.done})" for p in parts]
        broken = [f"CASE WHEN substr({p.why}, 1, {len(BREACH)}) = '{BREACH}' THEN {p.why} END" for p in parts]
        unknown = [f"CASE WHEN substr({p.why}, 1, {len(BREACH)}) <> '{BREACH}' THEN {p.why} END" for p in parts]
        if form.name == "any":
            first = f"least({', '.join(done)})"
            told = ", ".join(f"CASE WHEN {p.done} <= {row}.due THEN {p.told} END" for p in parts)
            every_broken = " AND ".join(f"({b}) IS NOT NULL" for b in broken)
            why = f"CASE WHEN {first} IS NOT NULL THEN NULL ELSE coalesce({', '.join(unknown)}, CASE WHEN {every_broken} THEN {broken[0]} END) END"
            return Piece(first, f"CASE WHEN {first} IS NOT NULL THEN least({told}) END", why)
        whole = " AND ".join(f"{x} IS NOT NULL" for x in done)
        heard = " AND ".join(f"({p.told}) IS NOT NULL" for p in parts)
        missing = " OR ".join(f"({p.done} IS NULL AND ({p.why}) IS NULL)" for p in parts)
        why = f"CASE WHEN {whole} THEN NULL ELSE coalesce({', '.join(broken)}, CASE WHEN {missing} THEN NULL ELSE coalesce({', '.join(unknown)}) END) END"
        last = f"CASE WHEN {whole} THEN greatest({', '.join(done)}) END"
        return Piece(last, f"CASE WHEN {whole} AND {heard} THEN greatest({', '.join(p.told for p in parts)}) END", why)
