"""Case definitions: dated tables of which findings make a case of which class, and what a table says of what is known of one person.

A finding is told (yes, no) or not told (None). Tables hold no *not*, so each rule can only gain by a finding: whether it holds whatever the untold ones
are is whether it holds with all of them no, and whether it can still hold is whether it does with all of them yes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from sizao.kernel.codes import code_list, diseases
from sizao.kernel.content import ContentFault, folders
from sizao.kernel.marked import Marked

KEYS = {"title", "disease", "from", "until", "areas", "source", "seen", "rules"}
SEEN = ("original", "account")


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table. `needs` as it stands in the file: a finding's code, or all, any, least … of, or another rule."""

    id: str
    classification: str
    needs: Any = field(hash=False)
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of a disease's case definition.

    Attributes:
        first, last: First local day on which it holds; the first on which it no longer does, None where the next version says.
        areas: Codes of divisions below which it holds; () is everywhere.
        rules: The strongest first.
        text: The file as it is, so that a judgement can cite it.
    """

    id: str
    zh: str
    en: str
    disease: str
    first: date
    last: date | None
    areas: tuple[str, ...]
    source: str
    rules: tuple[Rule, ...]
    text: str

    def holds(self, code: str, on: date) -> bool:
        """Whether it may be used for a place with this division code on this day, later versions apart."""
        return self.first <= on and (self.last is None or on < self.last) and (not self.areas or any(code.startswith(a) for a in self.areas))

    def findings(self) -> list[str]:
        """Every finding that it asks for, in the order of the code list."""
        asked = {leaf for rule in self.rules for leaf in leaves(rule.needs)}
        return [code for code in code_list("finding") if code in asked]


@dataclass(frozen=True, slots=True)
class Judged:
    """What a definition says.

    Attributes:
        rule: The strongest rule that holds; None when none does.
        open: Stronger rules than that (all, when there is none) that what is not told may still fulfil.
        lacking: The untold findings that one of those asks for.
    """

    definition: Definition
    rule: Rule | None
    open: tuple[Rule, ...]
    lacking: tuple[str, ...]

    @property
    def classification(self) -> str | None:
        """The class; None when none is reached. It is final when nothing is open."""
        return self.rule.classification if self.rule else None


def leaves(needs: Any) -> Iterator[str]:
    """The findings that a condition names itself; those of a rule it refers to are that rule's."""
    if isinstance(needs, str):
        yield needs
    else:
        for part in needs.get("all") or needs.get("any") or needs.get("of") or ():
            yield from leaves(part)


def met(needs: Any, told: Mapping[str, bool | None], rules: Mapping[str, Any], untold: bool) -> bool:
    """Whether a condition is fulfilled when every finding that is not told is taken for `untold`."""
    if isinstance(needs, str):
        found = told.get(needs)
        return untold if found is None else found
    if "rule" in needs:
        return met(rules[needs["rule"]], told, rules, untold)
    if "all" in needs:
        return all(met(part, told, rules, untold) for part in needs["all"])
    if "any" in needs:
        return any(met(part, told, rules, untold) for part in needs["any"])
    return sum(met(part, told, rules, untold) for part in needs["of"]) >= needs["least"]


def judge(definition: Definition, told: Mapping[str, bool | None]) -> Judged:
    """What this version says of these findings. A finding that is absent is not told."""
    rules = {rule.id: rule.needs for rule in definition.rules}
    chance: list[Rule] = []
    for rule in definition.rules:
        if met(rule.needs, told, rules, untold=False):
            return Judged(definition, rule, tuple(chance), _lacking(chance, told, rules))
        if met(rule.needs, told, rules, untold=True):
            chance.append(rule)
    return Judged(definition, None, tuple(chance), _lacking(chance, told, rules))


def _lacking(chance: Sequence[Rule], told: Mapping[str, bool | None], rules: Mapping[str, Any]) -> tuple[str, ...]:
    """The untold findings that bring an open rule nearer, in the order of the code list."""
    asked: set[str] = set()
    for rule in chance:
        stack = [rule.needs]
        while stack:
            needs = stack.pop()
            if isinstance(needs, str):
                asked.add(needs)
            elif met(needs, told, rules, untold=True) and not met(needs, told, rules, untold=False):  # a part that holds, or never can, asks for nothing
                stack += [rules[needs["rule"]]] if "rule" in needs else list(needs.get("all") or needs.get("any") or needs["of"])
    return tuple(code for code in code_list("finding") if code in asked and told.get(code) is None)


def in_force(disease: str, code: str, on: date) -> Definition | None:
    """The version for a place with this division code on this local day: one for the place before one for everywhere, of equals the latest. None where there is none."""
    found = [d for d in definitions() if d.disease == disease and d.holds(code, on)]
    return max(found, key=lambda d: (max((len(a) for a in d.areas if code.startswith(a)), default=0), d.first), default=None)


def definitions() -> tuple[Definition, ...]:
    """Every version that is without fault, the jurisdiction's own in place of the shipped one of the same name."""
    files = {path.stem: path for place in folders() for path in sorted((place / "definitions").glob("*.yaml"))}
    return _read(tuple((str(path), path.stat().st_mtime_ns) for path in files.values()))


@lru_cache(maxsize=8)
def _read(files: tuple[tuple[str, int], ...]) -> tuple[Definition, ...]:
    texts = {Path(path): Path(path).read_text(encoding="utf-8") for path, _ in files}
    return tuple(_made(path.stem, text) for path, text in texts.items() if not list(faults(path, text)))


def _made(name: str, text: str) -> Definition:
    body = Marked(text).data
    rules = tuple(Rule(r["id"], r["class"], r["needs"], r["says"]["zh"], r["says"]["en"]) for r in body["rules"])
    return Definition(name, body["title"]["zh"], body["title"]["en"], body["disease"], body["from"], body.get("until"), tuple(body.get("areas", ())), body["source"], rules, text)


def faults(path: Path, text: str) -> Iterator[ContentFault]:
    """Everything wrong with a file at once, each with its line and what to do."""
    try:
        marked = Marked(text)
    except yaml.YAMLError:
        return  # the content store says so itself
    body = marked.data

    def fault(where: tuple[Any, ...], zh: str, en: str) -> ContentFault:
        return ContentFault(path.name, marked.line(*where), "definition-wrong", zh, en)

    if not isinstance(body, dict):
        yield fault((), "病例定义应是一组键。", "A case definition is a set of keys.")
        return
    for name in sorted(body.keys() - KEYS, key=str):
        yield fault((name,), f"不认识的键“{name}”；可用：{'、'.join(sorted(KEYS))}。", f"Unknown key {name}; there are: {', '.join(sorted(KEYS))}.")
    for name in ("title", "disease", "from", "source", "rules"):
        if not body.get(name):
            yield fault((), f"缺少“{name}”。", f"{name} is missing.")
    if body.get("disease") and body["disease"] not in diseases():
        yield fault(("disease",), f"没有病种“{body['disease']}”。", f"There is no disease {body['disease']}.")
    for name in ("from", "until"):
        if body.get(name) is not None and type(body[name]) is not date:
            yield fault((name,), f"“{name}”应是日期，如 2020-03-03。", f"{name} is a day, like 2020-03-03.")
    if type(body.get("from")) is date and type(body.get("until")) is date and body["until"] <= body["from"]:
        yield fault(("until",), "“until”应晚于“from”。", "until comes after from.")
    if body.get("seen", "account") not in SEEN:
        yield fault(("seen",), "“seen”应是 original 或 account。", "seen is original or account.")
    if not all(isinstance(a, str) for a in body.get("areas") or ()):
        yield fault(("areas",), "区划代码应加引号。", "Division codes stand in quotes.")
    rules = body.get("rules")
    if rules and not (isinstance(rules, list) and all(isinstance(r, dict) for r in rules)):
        yield fault(("rules",), "“rules”应是一列规则。", "rules is a list of rules.")
        return
    yield from _rules(rules or [], fault)


def _rules(rules: Sequence[dict[str, Any]], fault: Any) -> Iterator[ContentFault]:
    ids = [r.get("id") for r in rules]
    for i, r in enumerate(rules):
        for name in ("id", "class", "needs", "says"):
            if not r.get(name):
                yield fault(("rules", i), f"规则缺少“{name}”。", f"The rule lacks {name}.")
        if r.get("class") and r["class"] not in code_list("case-class"):
            yield fault(("rules", i, "class"), f"没有病例分类“{r['class']}”。", f"There is no class {r['class']}.")
        if ids.count(r.get("id")) > 1:
            yield fault(("rules", i, "id"), f"有两条规则名为“{r.get('id')}”。", f"Two rules are called {r.get('id')}.")
        if r.get("needs"):
            yield from _needs(r["needs"], ("rules", i, "needs"), ids[i + 1 :], fault)


def _needs(needs: Any, where: tuple[Any, ...], weaker: Sequence[Any], fault: Any) -> Iterator[ContentFault]:
    if isinstance(needs, str):
        if needs not in code_list("finding"):
            yield fault(where, f"没有名为“{needs}”的发现；可在 codelists/finding.yaml 中加入。", f"There is no finding {needs}; add it to codelists/finding.yaml.")
        return
    keys = set(needs) if isinstance(needs, dict) else set()
    if keys == {"rule"}:
        if needs["rule"] not in weaker:  # so that no rule leads back to itself
            yield fault(where, f"规则“{needs['rule']}”不在其下方。", f"No rule {needs['rule']} stands below this one.")
    elif keys in ({"all"}, {"any"}, {"least", "of"}):
        name = "of" if "of" in keys else next(iter(keys))
        parts = needs[name]
        if not isinstance(parts, list) or not parts:
            yield fault(where, f"“{name}”应是一列条件。", f"{name} is a list of conditions.")
            return
        if name == "of" and not (type(needs["least"]) is int and 1 <= needs["least"] <= len(parts)):
            yield fault(where, f"“least”应在 1 与 {len(parts)} 之间。", f"least lies between 1 and {len(parts)}.")
        for i, part in enumerate(parts):
            yield from _needs(part, (*where, name, i), weaker, fault)
    else:
        yield fault(where, "条件应是一项发现，或 all、any、least 与 of、rule 之一。", "A condition is a finding, or all, any, least with of, or rule.")
