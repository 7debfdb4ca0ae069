"""The vocabulary of this installation: what every register's `facts.py` declares, with the code lists and roles. The plan reads nothing else of a register."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from functools import cache

import sizao.registers
from sizao.kernel import codes
from sizao.kernel.facts import ActKind, AreaFact, FactsTable
from sizao.kernel.marked import plain

from .language import Fault, Vocabulary
from .language.coming import read_coming
from .language.vocabulary import AREA, Coming
from .passages import left_out

#: What every area has without a register: its level in the tree.
LEVEL = AreaFact("level", "text", "level", "层级", "level")


#: How an area fact is reached along a link: of the area of the row that it leads to, or of the area itself.
AREA_WAYS = {False: ("area.", "所在地", "area of its "), True: ("", "的", "")}


@cache
def vocabulary() -> Vocabulary:
    """Every table and act that a plan may name, what is to come beside it, and on what no measure may be built."""
    return replace(registers(), coming=_coming()[0], left_out=left_out())


@cache
def parts() -> dict[str, dict[str, str]]:
    """What parts of measures are called (measure.part, or part → {zh, en}), and under `list:…` and `figure:…` dated lists and figures beside measures."""
    found: dict[str, dict[str, str]] = {}
    for text in codes.content_files("called").values():
        for kind, before in (("parts", ""), ("lists", "list:"), ("figures", "figure:")):
            found |= {f"{before}{name}": said for name, said in (plain(text).get(kind) or {}).items()}
    return found


def wrong_names() -> list[Fault]:
    """What is wrong with the names to come: what a register keeps by now is one too many."""
    return _coming()[1]


def _coming() -> tuple[Coming, list[Fault]]:
    every = {name: codes.code_list(name) for name in codes.code_lists()}
    return read_coming(codes.content_files("vocabulary"), replace(registers(), codes=every))


@cache
def registers() -> Vocabulary:
    """Every table and act that the registers declare."""
    tables: list[FactsTable] = []
    acts: list[ActKind] = []
    areas: list[AreaFact] = [LEVEL]
    for register in sorted(m.name for m in pkgutil.iter_modules(sizao.registers.__path__) if m.ispkg):
        try:
            module = importlib.import_module(f"sizao.registers.{register}.facts")
        except ModuleNotFoundError as missing:
            if missing.name != f"sizao.registers.{register}.facts":
                raise
            continue
        tables += module.TABLES
        acts += module.ACTS
        areas += getattr(module, "AREAS", ())
    lists = {column.codes for table in tables for column in table.columns if column.codes} | {fact.codes for fact in areas if fact.codes}
    lists |= {a.outcomes for a in acts if a.outcomes} | {"obligation-state"}
    lists |= {"order-kind"} if any(fact.scale == "order" for fact in areas) else set()
    return replace(Vocabulary.of(tables, acts, {name: codes.code_list(name) for name in lists}, codes.roles(), areas), parts=parts())


def labels() -> dict[str, tuple[str, str]]:
    """What columns and acts are called, for reasons: name → (zh, en)."""
    v = vocabulary()
    said = {c.name: (c.zh, c.en) for t in v.tables.values() for c in t.columns} | {a.kind: (a.zh, a.en) for a in v.acts.values()}
    said |= {t.name: (t.zh, t.en) for t in v.tables.values()}
    said |= {f"{link.name}.{c.name}": (f"{link.zh}的{c.zh}", f"{c.en} of its {link.en}") for t in v.tables.values() for link in t.links if link.table in v.tables for c in v.tables[link.table].columns}
    said |= {f"{link.name}.{way}{f.name}": (f"{link.zh}{of}{f.zh}", f"{f.en} of the {area}{link.en}") for t in v.tables.values() for link in t.links for f in v.areas.values() for way, of, area in [AREA_WAYS[link.table == AREA]]}
    return said | {f"area.{f.name}": (f"所在地{f.zh}", f"the area's {f.en}") for f in v.areas.values()} | {"area": ("所在地", "the area"), "person": ("人员", "the person")}
