"""`show`: what the commander watches beside coverage. Summaries over the obligations of a measure, checked and said; counted on request, not in a run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sizao.kernel.errors import Refused
from sizao.kernel.facts import FactsColumn

from . import expressions, nodes
from .faults import Faults
from .functions import SUMMARIES
from .measure import Shown
from .names import Names
from .source import Node
from .vocabulary import nearest

FORM = re.compile(r"\s*([a-z0-9_]+)\s*\((.*)\)\s*", re.DOTALL)
NAME = re.compile(r"[a-z][a-z0-9_]*")
ALLOWED = (*SUMMARIES, "count", "total")
YES_NO = ("share", "count")
#: What every obligation has, beside the columns of its subject.
OWN = {
    "state": FactsColumn("state", "text", "state", "状态", "state", codes="obligation-state"),
    "part": FactsColumn("part", "text", "part", "环节", "part"),
    "due": FactsColumn("due", "instant", "due", "应办时间", "due"),
    "opens": FactsColumn("opens", "instant", "opens", "开始时间", "opening"),
    "done_at": FactsColumn("done_at", "instant", "done_at", "完成时间", "time done"),
}


@dataclass(frozen=True)
class Summary:
    """median, p90, min or max of a number or time; share or count of the obligations for which something holds; total of a number."""

    name: str
    of: Any | None
    type: str = nodes.NUMBER


def read_shown(node: Node | None, names: Names, faults: Faults) -> tuple[Shown, ...]:
    """The figures of a measure."""
    found = []
    for name, child in (node.mapping if node else {}).items():
        place = faults.at(f"show.{name}", child.line)
        if not NAME.fullmatch(name):
            place.add("plan-parameter-name", value=name)
        try:
            found.append(Shown(name, summary(child.text or "", names), child.text or ""))
        except Refused as refused:
            place.take(refused)
    return tuple(found)


def summary(text: str, names: Names) -> Summary:
    """One figure, as a checked tree. Raises Refused."""
    form = FORM.fullmatch(text)
    name = form[1] if form else text
    if form is None or name not in ALLOWED:
        raise Refused("plan-function-unknown", name=name[:40], nearest=nearest(name[:40], ALLOWED), known=list(ALLOWED))
    if name == "count" and form[2].strip() == "*":
        return Summary(name, None)
    here = Names({**names.columns, **OWN}, names.params, names.codes, names.table, names.vocabulary, parts=names.parts, lists=names.lists, looks=0)
    if name in YES_NO:
        return Summary(name, expressions.condition(form[2], {}, {}, {}, here))
    tree = expressions.Checker(here).read(form[2])
    if tree.type not in (nodes.INT, nodes.NUMBER) and not (name in ("min", "max") and tree.type in (nodes.DATE, nodes.INSTANT)):
        raise Refused("plan-not-a-number", part=form[2])
    return Summary(name, tree)
