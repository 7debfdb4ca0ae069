"""Marks beside the state, written over obligations that are already in their states: what somebody saw who looked, and how far up they have risen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sizao.plan.language.agreeing import PLAIN, pairs
from sizao.plan.language.done import Done
from sizao.plan.language.measure import Measure
from sizao.plan.obligations import AHEAD, BREACH, LATE, MET, OVERDUE

from .asking import Statement
from .conditions import Writer

SAID = f"('{MET}', '{LATE}', '{AHEAD}')"
NOT_SEEN = "CAST(NULL AS BOOLEAN)"


def marked(c: Statement, whole: str, fields: Sequence[str]) -> tuple[dict[str, str], str]:
    """(more sub-queries, the SELECT of the fields FROM the obligations `o`, to which a WHERE may be added)."""
    look = c.m.look
    if "seen" not in fields or look is None or not isinstance(look.done, Done):
        written = {"seen": f"{NOT_SEEN} AS seen", "raised": f"{raised(c)} AS raised"}
        return {}, f"SELECT {', '.join(written.get(f, f) for f in fields)} FROM ({whole}) o"
    written = {"seen": f"CASE WHEN o.state IN ('{MET}', '{LATE}') THEN k.seen END AS seen", "raised": f"{raised(c)} AS raised"}
    columns = ", ".join(written.get(f, f"o.{f}") for f in fields)
    found = {"judged_whole": whole, "looked": looked(c, look, look.done)}
    return found, f"SELECT {columns} FROM judged_whole o LEFT JOIN looked k ON k.subject = o.subject AND k.occasion = o.occasion"


def looked(c: Statement, look: Measure, form: Done) -> str:
    """Whether what was said done was found so: a look is about what had been said done last before it."""
    acts = Writer(c.d, look.params, "a", c.as_of, c.as_of, disease="NULL", key=c.force.key)
    untrue = acts.sql(look.untrue)
    tests = [f"a.kind = {c.d.text(form.act)}", f'a."at" <= {c.as_of}', 'a."at" > s.done_at', '(s.following IS NULL OR a."at" <= s.following)', f"({untrue}) IS NOT NULL"]
    if form.where is not None:
        tests.append(acts.sql(form.where))
    said = (
        "SELECT o.subject, o.person, o.occasion, o.done_at, lead(o.done_at) OVER (PARTITION BY o.subject ORDER BY o.done_at, o.occasion) AS following "
        f"FROM judged_whole o WHERE o.done_at IS NOT NULL AND o.state IN {SAID}"
    )
    if form.key in PLAIN:
        row, agree = "", f'a."{form.key}" = s.{form.key}'
    else:  # what it agrees on stands on the subject's row
        row = f'JOIN ({c.r.facts[c.m.facts]}) v ON v."id" = s.subject AND v."vf" <= {c.as_of} AND v."vt" > {c.as_of} '
        agree = " AND ".join(f'a."{act}" = v."{column}"' for act, column in pairs(form.key))
    return (
        f"SELECT s.subject, s.occasion, NOT bool_or({untrue}) AS seen FROM ({said}) s {row}JOIN ({c.r.of_kind(form.act)}) a ON {agree} "
        f"WHERE {' AND '.join(tests)} GROUP BY s.subject, s.occasion"
    )


def raised(c: Statement) -> str:
    """How many levels up: one for every span that has passed since due; what should never be is raised when it comes."""
    at_once = sum(span == 0 for span in c.m.ladder)
    later = [f"CASE WHEN o.due <= {c.d.plus(c.as_of, -timedelta(seconds=span))} THEN 1 ELSE 0 END" for span in c.m.ladder if span]
    levels = " + ".join([str(at_once), *later])
    breach = f"substr(o.reason, 1, {len(BREACH)}) = '{BREACH}' AND {c.as_of} < o.closes"
    return f"CASE WHEN o.state = '{OVERDUE}' AND (o.doable OR {breach}) THEN {levels} ELSE 0 END"
