"""One SQL statement a measure. Its common table expressions stand in the order of thought:

    stands   rows as they stand at as_of      slot     occasions that have opened     judged   condition and area when judged
    hit      earliest evidence                shut_n   acts that end the duty         owner    nearest post     keeping   since when such acts are kept

A row whose version has stood since before the subject was known (nearly all of them) is judged on itself; only the others are joined to
their history. What is false at any instant is dropped before occasions are spread out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sizao.plan.language import nodes, terms
from sizao.plan.language.measure import BEGINNING, FAR, Measure
from sizao.plan.language.schedule import Before, Days, Every, Within
from sizao.plan.obligations import BY_ACT, ENDED, FIELDS, NO_TIMETABLE, NOT_KEPT, ONCE, PER_DAY, UNDATED, UNKNOWN, Force

from .answering import answering, keeping, nearest
from .conditions import Writer
from .dialects import Dialect
from .marks import marked
from .parts import WHOLE, Part
from .relations import Relations
from .timetables import NEVER, Timetable, day_number

NOBODY = "CAST(NULL AS BIGINT)"
ABOUT = "about"
KEYS = ["id", "person", "area", "disease", "known", "vf"]


class Compiler:
    """Holds what the parts of one statement share."""

    def __init__(
        self, m: Measure, relations: Relations, as_of: datetime, force: Force, dialect: Dialect, only: str | None, part: Part = WHOLE
    ):
        self.m, self.r, self.force, self.d, self.only, self.part = m, relations, force, dialect, only, part
        self.as_of = dialect.literal(as_of)
        self.now = as_of
        self.carried = [*KEYS, *(c for c in m.columns if c not in KEYS)]
        self.timetable = Timetable(m, dialect, self.as_of, force, self.carried, part.floor(m), relations.acts(m.done.key, m.done.act))

    def statement(self, fields: Sequence[str] = FIELDS, wherever: bool = False) -> str:
        self.asked_about = ABOUT in fields or bool(self.force.narrower)
        ctes = {"stands": self.stands(), "slot": self.slot(), **({} if self.single else {"history": self.history()}), "judged": self.judged(), "hit": self.hit()}
        ctes |= {f"shut_{i}": self.shut(i) for i in range(len(self.m.close))}
        ctes |= {"owner": self.owner(), "keeping": self.keeping()}
        self.named = "post" in fields  # somebody asks who answers
        parts = [self.dated()] + ([self.undated()] if self.part.settled is None and not self.all_dated else [])  # what has no timetable is never settled
        more, listed = marked(self, " UNION ALL ".join(parts), fields)
        return (
            "WITH "
            + ",\n".join(f"{name} AS {self.d.again if name == 'slot' and not isinstance(self.m.when, Days) else ''}({sql})" for name, sql in (ctes | more).items())
            + f"\n{listed}{'' if wherever else self.belonging()}"
        )

    @property
    def all_dated(self) -> bool:
        """Everything it is about has a timetable."""
        return self.timetable.undated()[0] == NEVER

    @property
    def single(self) -> bool:
        """No subject of it has more than one version."""
        return self.m.facts in self.r.single

    def writer(self, row: str, now: str, opens: str, disease: str | None = None) -> Writer:
        return Writer(self.d, self.m.params, row, now, opens, disease, key=self.force.key)

    def columns(self, alias: str, more: tuple[str, ...] = ()) -> str:
        return ", ".join(f'{alias}."{name}"' for name in (*self.carried, *more))

    def told(self, row: str, now: str, opens: str) -> str:
        return "TRUE" if self.m.asks is None else self.writer(row, now, opens).sql(self.m.asks)

    # -- who, when

    def stands(self) -> str:
        tests = [f'n."vf" <= {self.as_of}', f'n."vt" > {self.as_of}', f'n."known" <= {self.as_of}']
        if self.force.disease is not None:
            tests.append(f'(n."disease" IS NULL OR n."disease" = {self.d.literal(self.force.disease)})')
        never = self.never("n")
        if never:
            tests.append(f'(n."vf" > n."known" OR ({never}) IS NOT FALSE)')
        if self.only:
            tests.append(f'n."id" IN ({self.only})')
        return f"SELECT {self.columns('n')} FROM ({self.r.own or self.r.facts[self.m.facts]}) n WHERE {' AND '.join(tests)}"

    def never(self, row: str) -> str | None:
        """The part of the condition that hangs on no instant: where it is false once, it is false always."""
        should = self.m.asks
        parts = should.parts if isinstance(should, nodes.All) else () if should is None else (should,)
        kept = tuple(part for part in parts if terms.timeless(part))
        return self.writer(row, "NULL", "NULL").sql(nodes.All(kept) if len(kept) > 1 else kept[0]) if kept else None

    def slot(self) -> str:
        clock = isinstance(self.m.when, Within)
        j = f'greatest(least(t.due, {self.as_of}), t."known")' if clock else f"least(t.due, {self.as_of})"
        tests = [f"t.opens <= {self.as_of}", "t.due IS NOT NULL"]
        if self.force.start > BEGINNING:
            tests.append(f"t.opens >= {self.d.literal(self.force.start)}")
        if self.force.end < FAR:
            tests.append(f"t.opens < {self.d.literal(self.force.end)}")
        if not clock:
            tests.append('t.due >= t."known"')
        tests += self.part.tests(self.m, self.d, "t")
        more = "t.occasion, t.opens, t.due, t.closes, t.missing"
        return f'SELECT {self.columns("t")}, {more}, {j} AS j, greatest(t.opens, t."known") AS o FROM ({self.timetable.slots()}) t WHERE {" AND ".join(tests)}'

    def history(self) -> str:
        """The few rows that ever changed."""
        wanted = f' AND n."id" IN ({self.only})' if self.only else ""
        rows = self.r.own or self.r.versions.get(self.m.facts) or self.r.facts[self.m.facts]
        return f'SELECT {self.columns("n", ("vt",))} FROM ({rows}) n WHERE (n."vf" > n."known" OR n."vt" < {self.d.literal(FAR)}){wanted}'

    def judged(self) -> str:
        """Occasions that arise, with the row at the reading time, whether the condition holds (`told`), and what is missing where that cannot be told."""
        arises = "x.told IS NOT FALSE OR x.before"
        still = self.judged_on("s", "s", "", 's."vf" <= s."known"')
        if self.m.asks is not None and not terms.timeless(self.m.asks):  # else `stands` has left out whom it does not hold for
            still = f"SELECT * FROM ({still}) x WHERE {arises}"
        if self.single:
            return still
        joins = ' JOIN history v ON v."id" = s."id" AND v."vf" <= s.j AND v."vt" > s.j JOIN history b ON b."id" = s."id" AND b."vf" <= s.o AND b."vt" > s.o'
        moved = self.judged_on("v", "b", joins, 's."vf" > s."known"')
        return f"{still} UNION ALL SELECT * FROM ({moved}) x WHERE {arises}"

    def judged_on(self, at_j: str, at_opening: str, joins: str, where: str) -> str:
        told = self.told(at_j, "s.j", "s.opens")
        cause = "CAST(NULL AS VARCHAR)"
        if self.m.asks is not None:
            cause = f"CASE WHEN {told} IS NULL THEN {self.writer(at_j, 's.j', 's.opens').cause(self.m.asks)} END"
        return (
            f'SELECT s."id", {at_j}."person", {at_j}."area", {at_j}."disease", s.occasion, s.opens, s.due, s.closes, s.missing, {told} AS told, '
            f"{self.told(at_opening, 's.o', 's.opens')} AS before, {cause} AS cause{self.about('s')} FROM slot s{joins} WHERE {where}"
        )

    # -- evidence

    @property
    def nothing(self) -> str:
        """No amount."""
        return f"CAST(NULL AS {self.d.number})"

    @property
    def by_day(self) -> bool:
        """Windows are calendar days and evidence does not hang on the occasion: acts can be counted by day, before any join."""
        w, d = self.m.when, self.m.done
        return (
            isinstance(w, Every)
            and not isinstance(w.step, nodes.Parameter)
            and w.step.days == 1
            and not w.step.months
            and not isinstance(w.at, str)
            and len(w.at) == 1
            and d.match == "time"
            and (d.where is None or terms.timeless(d.where))
        )

    @property
    def at_once(self) -> bool:
        """One window, the same for every subject: acts can be counted by subject, before any join."""
        w, d = self.m.when, self.m.done
        fixed = isinstance(w, Before) and w.start is not None and not any(
            isinstance(x, (nodes.Column, nodes.Parameter)) for part in (w.start, w.point) for x in nodes.walk(part)
        )
        return fixed and d.match == "time" and (d.where is None or terms.timeless(d.where))

    def hit(self) -> str:
        d, who = self.m.done, self.key(self.m.done.key)
        tests = [f"a.kind = {self.d.literal(d.act)}", f'a."at" <= {self.as_of}', *self.part.acts(self.m, self.d)]
        if self.by_day:
            assert isinstance(self.m.when, Every) and not isinstance(self.m.when.at, str)
            day = self.d.date('a."at"')
            due = self.d.plus(self.d.timestamp(day), self.m.when.at[0])
            if d.where is not None:
                tests.append(self.writer("a", "NULL", "NULL").sql(d.where))
            return (
                f'SELECT a."{d.key}" AS who, {day_number(self.d, day)} * {PER_DAY} AS occasion, min(a."at") AS done_at, min(CASE WHEN a."at" <= {due} THEN a.told_at END) AS told_at '
                f'FROM ({self.r.acts(d.key, d.act)}) a WHERE {" AND ".join(tests)} AND a."{d.key}" IN (SELECT n."{who}" FROM stands n) GROUP BY 1, 2'
            )
        if self.at_once:
            assert isinstance(self.m.when, Before)
            opens = self.d.plus(self.timetable.opening(self.m.when), -self.m.when.early)
            due = self.writer("a", "NULL", "NULL").sql(self.m.when.point)
            tests.append(f'a."at" >= {opens}')
            tests.append(f'a."{d.key}" IN (SELECT n."{who}" FROM stands n)' if self.only or self.r.few else f'a."{d.key}" IS NOT NULL')
            if d.where is not None:
                tests.append(self.writer("a", "NULL", "NULL").sql(d.where))
            return (
                f'SELECT a."{d.key}" AS who, {ONCE} AS occasion, min(a."at") AS done_at, min(CASE WHEN a."at" <= {due} THEN a.told_at END) AS told_at '
                f"FROM ({self.r.acts(d.key, d.act)}) a WHERE {' AND '.join(tests)} GROUP BY 1"
            )
        if d.where is not None:
            tests.append(self.writer("a", self.as_of, "c.opens", 'c."disease"').sql(d.where))
        early = getattr(self.m.when, "early", None)
        opens = self.d.plus("c.opens", -early) if early else "c.opens"
        on = [f'a."{d.key}" = c."{who}"', f'a."at" >= {opens}', 'a."at" < c.closes']
        if d.match == "period":
            on.append(f"a.period = {self.d.date('c.opens')}")
        return (
            f'SELECT c."id" AS who, c.occasion, min(a."at") AS done_at, min(CASE WHEN a."at" <= c.due THEN a.told_at END) AS told_at '
            f"FROM judged c JOIN ({self.r.acts(d.key, d.act)}) a ON {' AND '.join(on)} WHERE {' AND '.join(tests)} GROUP BY 1, 2"
        )

    def key(self, key: str) -> str:
        return "id" if key == "subject" else "person"

    def shut(self, i: int) -> str:
        c = self.m.close[i]
        return f'SELECT a."{c.key}" AS who, min(a."at") AS shut_at FROM ({self.r.acts(c.key, c.act)}) a WHERE a.kind = {self.d.literal(c.act)} AND a."at" <= {self.as_of} AND a."{c.key}" IS NOT NULL GROUP BY 1'

    # -- by whom

    def owner(self) -> str:
        """The nearest post of the role, upwards from where the measure says."""
        by = self.m.by
        if (by.role, by.place) in self.r.owners:
            return self.r.owners[by.role, by.place]
        return nearest(self.r, self.d, self.as_of, by.role, by.place)

    def answering(self) -> str:
        """Every post that could answer for an area, and how far above it is."""
        return answering(self.r, self.d, self.as_of, self.m.by.role, self.m.by.place)

    def keeping(self, act: str | None = None) -> str:
        """Since when the act is kept, by area; for subjects without an area under NULL, from the top of the tree."""
        act = act or self.m.done.act
        return self.r.keeping[act] if act in self.r.keeping else keeping(self.r, self.d, act)

    # -- what became of it

    def dated(self) -> str:
        who = 'c."' + (self.key(self.m.done.key) if self.by_day or self.at_once else "id") + '"'
        same = "" if isinstance(self.m.when, (Within, Before)) else " AND h.occasion = c.occasion"  # of what happens once there is one
        joins = [f"LEFT JOIN hit h ON h.who = {who}{same}"]
        joins += [f'LEFT JOIN shut_{i} ON shut_{i}.who = c."{self.key(c.key)}"' for i, c in enumerate(self.m.close)]
        if self.named:
            joins.append('LEFT JOIN owner w ON w.area = c."area"')
        post = "w.post" if self.named else NOBODY
        since = 'coalesce(k.since, CASE WHEN c."area" IS NULL THEN (SELECT min(since) FROM keeping WHERE area IS NULL) END)'
        if self.m.done.act in self.r.everywhere:
            since = self.d.literal(self.r.everywhere[self.m.done.act])
        else:
            joins.append('LEFT JOIN keeping k ON k.area = c."area"')
        state, reason = self.cases()
        shut = self.earliest()
        inner = (
            f'SELECT c."id" AS subject, c."person" AS person, c.occasion, c.opens, c.due, c.closes, c."area" AS area, {post} AS post, h.done_at, h.told_at, c.told, c.cause, c.missing, '
            f"{shut[0]} AS shut_at, {shut[1]} AS shut_why, {since} AS since{self.carried_about('c')} FROM judged c {' '.join(joins)}"
        )
        stated = f"SELECT i.*, {state} AS state, {reason} AS reason FROM ({inner}) i"
        return (
            f"SELECT {self.d.literal(self.m.id)} AS measure, e.subject, e.person, e.occasion, e.opens, e.due, e.state, e.reason, e.area, e.post, "
            f"(e.state IN ('open', 'overdue') AND e.reason IS NULL AND {self.as_of} < e.closes) AS doable, (e.state = 'met' AND e.told_at > e.due) AS told_late, e.done_at, e.closes, {self.nothing} AS have, {self.nothing} AS need, CAST(NULL AS VARCHAR) AS unit{self.carried_about('e')} FROM ({stated}) e"
        )

    def earliest(self) -> tuple[str, str]:
        """(when the duty was ended, by which act); of two at once the one first by name."""
        if not self.m.close:
            return "CAST(NULL AS TIMESTAMP)", "CAST(NULL AS VARCHAR)"
        times = [f"shut_{i}.shut_at" for i in range(len(self.m.close))]
        least = f"least({', '.join(times)})" if len(times) > 1 else times[0]
        order = sorted(range(len(times)), key=lambda i: self.m.close[i].act)
        arms = " ".join(f"WHEN {times[i]} = {least} THEN {self.d.literal(f'{BY_ACT}:{self.m.close[i].act}')}" for i in order)
        return least, f"CASE {arms} END"

    def cases(self) -> tuple[str, str]:
        """State and reason: the first that applies."""
        arms = self.arms()
        state = " ".join(f"WHEN {test} THEN {what}" for test, what, _ in arms)
        reason = " ".join(f"WHEN {test} THEN {why}" for test, _, why in arms)
        return f"CASE {state} ELSE 'overdue' END", f"CASE {reason} ELSE i.shut_why END"

    def arms(self) -> list[tuple[str, str, str]]:
        """Tests, states and reasons, in the order in which they are asked."""
        a, text = self.as_of, self.d.literal
        return [
            ("i.told IS NULL", "'cannot_tell'", f"concat({text(UNKNOWN + ':')}, i.cause)"),
            ("i.missing IS NOT NULL", "'cannot_tell'", f"concat({text(UNDATED + ':')}, i.missing)"),
            ("i.done_at <= i.due", f"CASE WHEN i.due < {a} THEN 'met' ELSE 'ahead' END", "NULL"),
            ("NOT i.told", "'closed'", text(ENDED)),
            ("i.shut_at <= i.due", "'closed'", "i.shut_why"),
            ("i.done_at IS NOT NULL", "'late'", "NULL"),
            *self.untold(),
            (f"{a} <= i.due", "'open'", "NULL"),
        ]

    def untold(self) -> list[tuple[str, str, str]]:
        """There is no evidence, and whether there was any cannot be told."""
        return [("(i.since IS NULL OR i.since > i.due)", "'cannot_tell'", self.d.literal(f"{NOT_KEPT}:{self.m.done.act}"))]

    def undated(self) -> str:
        test, missing = self.timetable.undated()
        tests = [f"({test})", f"{self.told('n', self.as_of, self.as_of)} IS NOT FALSE"]
        if not self.force.start <= self.now < self.force.end:
            tests.append("FALSE")
        nothing = "CAST(NULL AS TIMESTAMP)"
        post, join = ("w.post", ' LEFT JOIN owner w ON w.area = n."area"') if self.named else (NOBODY, "")
        return (
            f'SELECT {self.d.literal(self.m.id)}, n."id", n."person", {NO_TIMETABLE}, {nothing}, {nothing}, \'cannot_tell\', concat({self.d.literal(UNDATED + ":")}, {missing}), n."area", {post}, FALSE, FALSE, {nothing}, {nothing}, {self.nothing}, {self.nothing}, CAST(NULL AS VARCHAR){self.about("n")} '
            f'FROM stands n{join} WHERE {" AND ".join(tests)}'
        )

    # -- whose it is

    def about(self, row: str) -> str:
        """The disease of the subject's row as it stands, where somebody asks for it."""
        return f', {row}."disease" AS {ABOUT}' if self.asked_about else ""

    def carried_about(self, row: str) -> str:
        return f", {row}.{ABOUT}" if self.asked_about else ""

    def inside(self) -> str:
        """Condition on `o`: it lies below the area of the enactment; what has no area belongs to the top of the tree. Nothing where that is everywhere."""
        if self.force.area is None:
            return ""
        area = self.d.literal(self.force.area)
        top = f"o.area IS NULL AND EXISTS (SELECT 1 FROM ({self.r.area}) x WHERE x.id = {area} AND x.parent IS NULL)"
        return f"(o.area IN (SELECT u.area FROM ({self.r.up}) u WHERE u.above = {area}) OR ({top}))"

    def belonging(self, moment: str = "") -> str:
        """WHERE an `o` is this enactment's and no narrower one's. `moment`: when it opened; without a timetable, now."""
        tests = [self.inside()] if self.inside() else []
        if self.force.narrower:
            when = moment or f"coalesce(o.opens, {self.as_of})"
            tests.append(f"NOT EXISTS (SELECT 1 FROM ({self.narrower()}) k WHERE k.area = o.area AND {self.takes('k', when, f'o.{ABOUT}')})")
        return f" WHERE {' AND '.join(tests)}" if tests else ""

    def narrower(self) -> str:
        """SELECT of the areas of narrower enactments and all below them, with from and until when and for which disease."""
        lines = [
            f"SELECT {self.d.literal(n.area)} AS place, {self.d.literal(n.start)} AS begins, {self.d.literal(n.end)} AS ends, CAST({self.d.literal(n.disease)} AS VARCHAR) AS disease"
            for n in self.force.narrower
        ]
        return f"SELECT u.area, x.begins, x.ends, x.disease FROM ({self.r.up}) u JOIN ({' UNION ALL '.join(lines)}) x ON x.place = u.above"

    def takes(self, line: str, moment: str, disease: str) -> str:
        """Condition on a line of `narrower`: see `Narrower.takes`."""
        return f"{line}.begins <= {moment} AND {line}.ends > {moment} AND ({line}.disease IS NULL OR {disease} IS NULL OR {line}.disease = {disease})"
