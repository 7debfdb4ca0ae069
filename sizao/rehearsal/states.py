"""What became of every measure on an invented city, for the trace: counted from a run that was held against the truth, written to a file, typed by nobody."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sizao.kernel.models import Enactment
from sizao.plan import evaluation
from sizao.plan.models import Cell, Run
from sizao.plan.trace import rule_digests

#: What is kept of a cell, in this order; the states add up to all occasions.
COUNTED = ("met", "late", "overdue", "open", "ahead", "waiting", "closed", "cannot_tell", "ownerless", "unlisted", "short", "no_list", "untrue")


def states(report: Run, enactments: Iterable[Enactment]) -> dict[str, dict[str, Any]]:
    """Edition → part of a measure → {count: number, "rule": digest of the rule that was evaluated}; what is 0 is left out."""
    found: dict[str, dict[str, Any]] = {}
    for e in enactments:
        edition = evaluation.edition(e.item_id)
        rules = rule_digests(edition.text)
        whole = {c.measure: c for c in Cell.objects.at(report).filter(enactment=e.pk, area=e.area_id)}
        found[e.item.item_id] = {
            id_: {name: n for name in COUNTED if id_ in whole and (n := getattr(whole[id_], name))} | {"rule": rules[id_.partition(".")[0]]} for id_ in edition.measures
        }
    return found


def write(file: Path, city: dict[str, Any], found: dict[str, dict[str, Any]]) -> None:
    """Puts these editions in the place of what the file said of them; others in it stay. One line a measure, so that a change can be read."""
    told = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    told |= {edition: {"city": city, "measures": measures} for edition, measures in found.items()}
    parts = []
    for edition, one in sorted(told.items()):
        lines = ",\n".join(f"   {json.dumps(id_)}: {json.dumps(counts)}" for id_, counts in sorted(one["measures"].items()))
        parts.append(f' {json.dumps(edition)}: {{"city": {json.dumps(one["city"])}, "measures": {{\n{lines}}}}}')
    file.write_text("{\n" + ",\n".join(parts) + "}\n", encoding="utf-8")
