"""The vocabulary of this installation: what every register's `facts.py` declares, with the code lists and roles. The plan reads nothing else of a register."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import sizao.registers
from sizao.kernel import codes
from sizao.kernel.facts import ActKind, FactsTable

from .language import Vocabulary


@cache
def vocabulary() -> Vocabulary:
    """Every table and act that a plan may name."""
    tables: list[FactsTable] = []
    acts: list[ActKind] = []
    for register in sorted(m.name for m in pkgutil.iter_modules(sizao.registers.__path__) if m.ispkg):
        try:
            module = importlib.import_module(f"sizao.registers.{register}.facts")
        except ModuleNotFoundError as missing:
            if missing.name != f"sizao.registers.{register}.facts":
                raise
            continue
        tables += module.TABLES
        acts += module.ACTS
    lists = {column.codes for table in tables for column in table.columns if column.codes}
    return Vocabulary.of(tables, acts, {name: codes.code_list(name) for name in lists}, codes.roles())


def labels() -> dict[str, tuple[str, str]]:
    """What columns and acts are called, for reasons: name → (zh, en)."""
    v = vocabulary()
    return {c.name: (c.zh, c.en) for t in v.tables.values() for c in t.columns} | {a.kind: (a.zh, a.en) for a in v.acts.values()}
