"""What the reference met while it was compared: every operator and function with every answer that it can give, every line of every parameter."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from engine_edition import EDITION

from sizao.plan.language import nodes as n
from sizao.plan.language import terms, values
from sizao.plan.language.parameters import Line, Param

TOLD = "told"  # a value that is neither yes nor no
BOTH = (True, False, None)


@contextmanager
def watched(seen: Counter) -> Iterator[None]:
    """Counts (operator, answer) and (parameter, line) while it lasts."""
    value, choose = values.value, Param.choose

    def told(node, ctx):
        found = value(node, ctx)
        seen["node", said(node), found if found is None or isinstance(found, bool) else TOLD] += 1
        return found

    def chosen(self, *asked):
        line = choose(self, *asked)
        seen["line", self.name, None if line is None else of(line)] += 1
        return line

    places = [m for name, m in list(sys.modules.items()) if name.startswith("sizao.plan") and getattr(m, "value", None) is value]
    try:
        for m in places:
            m.value = told
        Param.choose = chosen
        yield
    finally:
        for m in places:
            m.value = value
        Param.choose = choose


def said(node) -> str:
    """What tells one operator from another."""
    more = [getattr(node, name, None) for name in ("operator", "unit", "sign", "side", "period")]
    more += [node.name] if isinstance(node, (n.Extreme, n.Moment, terms.Tally)) else []
    more += ["of acts" if node.acts else "of rows"] if isinstance(node, terms.Tally) else []
    return " ".join([type(node).__name__, *(str(x) for x in more if isinstance(x, (str, int)))])


def of(line: Line) -> tuple:
    """What tells one line of a parameter from another."""
    return repr(line.value), line.since, line.disease, line.codes, line.area


def every_operator() -> dict[str, tuple]:
    """Each operator and function of the edition, with the answers that it can give."""
    found: dict[str, tuple] = {}
    for m in EDITION.measures.values():
        trees = [*m.trees, *m.wheres, *(x for t in m.deep_terms if (x := terms.inner(t)) is not None)]
        for node in (node for tree in trees for node in n.walk(tree) if not isinstance(node, n.Literal)):
            yes_or_no = getattr(node, "type", "bool") == "bool"
            found[said(node)] = (BOTH if yes_or_no else (TOLD, None)) + found.get(said(node), ())
    return found


#: The clock is always told, and so is whether something is; a share of a draw has a value everywhere; of what a series lasts until one side is known.
IMPOSSIBLE = {(said, None) for said in ("Missing", "Moment now", "Moment today", "Drawn day", "Drawn week", "Extreme least")}


def unseen(seen: Counter) -> list:
    """Answers of operators and lines of parameters that were not met."""
    lines = {(name, of(line)) for m in EDITION.measures.values() for name, p in m.params.items() for line in p.lines}
    missing = [(said, answer) for said, answers in every_operator().items() for answer in dict.fromkeys(answers) if not seen["node", said, answer]]
    return [one for one in missing if one not in IMPOSSIBLE] + sorted((line for line in lines if not seen["line", *line]), key=repr)
