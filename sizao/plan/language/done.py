"""`done`: what counts as evidence. An act, an amount, a state that holds, an act that never comes, or any or all of these."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Done:
    """An act, found by its key, in the window, whose `where` is true, `need` times. `match` "period": the act names the day it is for.

    `since` opens the window earlier (or later) than the occasion.
    """

    act: str
    key: str  # how it agrees with the row: see `agreeing`
    match: str = "time"  # time | period
    where: Any | None = None
    need: Any | None = None  # None: once
    since: Any | None = None

    @property
    def plain(self) -> bool:
        """One act in the occasion's own window."""
        return self.need is None and self.since is None


@dataclass(frozen=True)
class Amount:
    """Met when have ≥ need at the due time. `unit`: a column that says in what they are measured; amounts in different units are never added."""

    have: Any
    need: Any
    unit: Any | None = None
    act: str = ""
    key: str = "subject"
    match: str = "time"
    where: Any | None = None
    plain: bool = False


@dataclass(frozen=True)
class Holds:
    """Met when the condition is true at the due time."""

    condition: Any
    act: str = ""
    key: str = "subject"
    match: str = "time"
    where: Any | None = None
    plain: bool = False


@dataclass(frozen=True)
class Never:
    """Kept when no such act comes in the window; each breach is told at once."""

    act: str
    key: str
    where: Any | None = None
    match: str = "time"
    plain: bool = False


@dataclass(frozen=True)
class Several:
    """One ("any") or each ("all") of these."""

    name: str
    parts: tuple[Any, ...]
    match: str = "time"
    where: Any | None = None
    plain: bool = False

    @property
    def act(self) -> str:
        return next((leaf.act for leaf in leaves(self) if leaf.act), "")

    @property
    def key(self) -> str:
        return next((leaf.key for leaf in leaves(self) if leaf.act), "subject")


Evidence = Done | Amount | Holds | Never | Several


def leaves(done: Evidence) -> Iterator[Done | Amount | Holds | Never]:
    """The single forms, in the order written."""
    if isinstance(done, Several):
        for part in done.parts:
            yield from leaves(part)
    else:
        yield done


def trees(done: Evidence) -> Iterator[Any]:
    """The expressions over the subject's own row."""
    for leaf in leaves(done):
        if isinstance(leaf, Done):
            yield from (part for part in (leaf.need, leaf.since) if part is not None)
        elif isinstance(leaf, Amount):
            yield from (part for part in (leaf.have, leaf.need, leaf.unit) if part is not None)
        elif isinstance(leaf, Holds):
            yield leaf.condition


def acts(done: Evidence) -> list[str]:
    """The kinds of acts that it reads."""
    return list(dict.fromkeys(leaf.act for leaf in leaves(done) if leaf.act))
