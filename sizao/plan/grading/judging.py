"""What a set of rules says of an area, and why: each question of each line with the figure it was asked of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sizao.plan.language import nodes as n
from sizao.plan.language.values import Context, value
from sizao.plan.reference import leaves

from .figures import UNITS, Value, asked, label
from .rulesets import Line, RuleSet, speaker

DAY = datetime(2020, 1, 1)  # noqa: DTZ001  no figure hangs on a moment: the day is in the figures themselves
LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Told:
    """A figure: what it is called, its value (None: cannot tell), its unit, and why it cannot be told."""

    name: str
    value: Value

    @property
    def label(self) -> dict[str, str]:
        return label(self.name)

    @property
    def unit(self) -> dict[str, str]:
        found = asked(self.name)
        return dict(zip(LANGUAGES, UNITS[found[0].unit if found else ""], strict=True))

    @property
    def untold(self) -> dict[str, str]:
        found = asked(self.name)
        return dict(zip(LANGUAGES, found[0].untold if found else ("", ""), strict=True))


@dataclass(frozen=True, slots=True)
class Leaf:
    """One question of a condition, in words, with its answer: yes, no, or None (cannot tell)."""

    zh: str
    en: str
    holds: bool | None
    figures: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """One line of the set. Lines below the one that holds are asked too, so that the page shows how near they are."""

    line: Line
    holds: bool | None
    leaves: tuple[Leaf, ...]

    @property
    def grade(self) -> str:
        return self.line.grade


@dataclass(frozen=True, slots=True)
class Judged:
    """What a set says.

    Attributes:
        grade: None where it cannot be told: a line that cannot be told could give another grade than the one that holds.
        possible: The grades that it may be, as far as is known.
        missing: Names of the figures that would have to be told.
    """

    grade: str | None
    possible: tuple[str, ...]
    missing: tuple[str, ...]
    asked: tuple[Asked, ...]
    row: Mapping[str, Value]

    @property
    def decisive(self) -> Asked | None:
        """The first line that holds."""
        return next((a for a in self.asked if a.holds is True), None) if self.grade is not None else None

    @property
    def untold(self) -> list[Told]:
        return [Told(name, None) for name in self.missing]


def judge(rules: RuleSet, row: Mapping[str, Value]) -> Judged:
    """Read from the top, the first line that holds gives the grade. A line before it that cannot be told leaves the grade open, unless it would give the same."""
    ctx = Context(row, DAY, DAY, {})
    lines = tuple(_asked(line, ctx) for line in rules.lines)
    possible: list[str] = []
    missing: list[str] = []
    for a in lines:
        if a.holds is not False:
            possible.append(a.grade)
        if a.holds is True:
            break
        if a.holds is None:
            missing += [t.name for leaf in a.leaves if leaf.holds is None for t in leaf.figures if t.value is None]
    grades = tuple(dict.fromkeys(possible))
    one = grades[0] if len(grades) == 1 else None
    return Judged(one, grades, () if one else tuple(dict.fromkeys(missing)), lines, row)


def _asked(line: Line, ctx: Context) -> Asked:
    if line.tree is None:
        return Asked(line, True, ())
    return Asked(line, value(line.tree, ctx), tuple(_leaf(leaf, ctx) for leaf in leaves(line.tree)))


def _leaf(leaf: Any, ctx: Context) -> Leaf:
    zh, en = _said(leaf)
    return Leaf(zh, en, value(leaf, ctx), tuple(Told(name, ctx.row[name]) for name in n.columns(leaf)))


@lru_cache(maxsize=512)
def _said(leaf: Any) -> tuple[str, str]:
    """A question in both languages; a map by day asks the same one thousands of times."""
    return speaker("zh").say(leaf), speaker("en").say(leaf)
