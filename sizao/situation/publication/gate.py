"""Which numbers of a table stay hidden: small ones, and as many more as it takes that no hidden one can be reckoned from everything that is out.

Method: cell suppression with an attacker's audit. Somebody who has every published table knows of each visible cell that its atoms add up to it, and that no
atom is negative; of a hidden cell he can say what the least and the greatest whole number is that fits (two integer programmes, solved exactly by HiGHS).
A hidden cell is protected when that range is at least `width` wide.

References: M. Fischetti, J. J. Salazar-González, "Models and algorithms for optimizing cell suppression in tabular data with linear constraints", J. Am. Stat.
Assoc. 95 (2000) 916, doi:10.1080/01621459.2000.10474282: the attacker's subproblem, eq. 1-6. Which further cells are hidden is chosen step by step, the smallest
first, not by their optimum: more may be hidden than need be, never fewer.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix

from sizao.kernel.errors import Refused

from .tables import AREA, DAYS, Cell

#: Above this nothing is bounded: a hidden cell that may be so large is as good as unknown.
FAR = 1_000_000
#: More than so many elementary parts, or seconds, are not audited; the table is refused, as one that nobody could vouch for.
MOST_PARTS, SECONDS = 40_000_000, 60.0
BEGINNING = -(10**9)


@dataclass(frozen=True, slots=True)
class Passed:
    """What came of a table.

    Attributes:
        cells: As they may go out, in their order.
        small, further: How many are hidden for their own smallness (or the smallness of a difference to a table before), and how many for the sake of others.
        beside: Earlier tables that say otherwise than this one (figures were revised) and so cannot be set against it.
    """

    cells: tuple[Cell, ...]
    small: int
    further: int
    beside: tuple[int, ...] = ()


def let_through(new: Sequence[Cell], out: Sequence[Sequence[Cell]], *, few: int, width: int) -> Passed:
    """The new table beside every table that is out, the newest first. Refused publication-too-fine: nothing of it could be told, or it is too large to be audited.

    `few`: counts from 1 to few - 1 are hidden. `width`: the range in which each hidden cell must stay reckonable at best.
    """
    until = time.monotonic() + SECONDS
    known, beside = _consistent(new, out)
    seen = [c for i in known for c in out[i]]
    small = [not c.official and (0 < (c.value or 0) < few or _differs_by_few(c, seen, few)) for c in new]
    hidden = list(small)
    while True:
        table = [c.hidden() if h else c for c, h in zip(new, hidden, strict=True)]
        told = Told([*table, *seen])
        bare = [n for n in told.hidden() if told.range_of(n, enough=width)[2] < width]
        if not bare:
            break
        if time.monotonic() > until:
            raise Refused("publication-too-fine")
        for n in bare:
            with_it = _partner(new, hidden, told.cells[n], told, n)
            if with_it is not None:
                hidden[with_it] = True
                break
        else:
            if all(h or c.official for c, h in zip(new, hidden, strict=True)):
                raise Refused("publication-too-fine")
            hidden = [not c.official for c in new]
    if all(h for c, h in zip(new, hidden, strict=True) if not c.official) and not any(c.official for c in new):
        raise Refused("publication-too-fine")
    return Passed(tuple(table), sum(small), sum(hidden) - sum(small), beside)


def bare_cells(tables: Sequence[Sequence[Cell]], *, width: int) -> list[Cell]:
    """The hidden cells of all tables together that can be reckoned to a range narrower than `width`: none, or the gate has failed."""
    told = Told([c for t in tables for c in t])
    return [told.cells[n] for n in told.hidden() if told.range_of(n, enough=width)[2] < width]


class Told:
    """What somebody knows who has these cells: the atoms of their boxes, and which cell is the sum of which."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.cells = list(cells)
        masks = _masks(self.cells)
        size = int(np.prod([m.shape[1] for m in masks])) if masks else 1
        if size * max(len(self.cells), 1) > MOST_PARTS:
            raise Refused("publication-too-fine")
        member = np.ones((len(self.cells), 1), bool)
        for m in masks:
            member = (member[:, :, None] & m[:, None, :]).reshape(len(self.cells), -1)
        member = member[:, member.any(0)]
        if member.size:  # atoms of the same cells cannot be told apart: one stands for all
            packed = np.packbits(member, axis=0)
            _, first = np.unique(packed, axis=1, return_index=True)
            member = member[:, np.sort(first)]
        self.member = member
        visible = [i for i, c in enumerate(self.cells) if c.value is not None]
        nought = [i for i in visible if self.cells[i].value == 0]
        self.free = ~self.member[nought].any(0) if nought else np.ones(self.member.shape[1], bool)
        self.equal = csr_matrix(self.member[visible][:, self.free].astype(np.float64))
        self.values = np.array([self.cells[i].value for i in visible], np.float64)

    def hidden(self) -> list[int]:
        return [i for i, c in enumerate(self.cells) if c.value is None]

    def range_of(self, n: int, *, enough: int = FAR) -> tuple[int, int, int]:
        """(least, greatest, how far apart) of a cell. `enough`: a cell that may be 0 and this much is not looked at further."""
        wanted = self.member[n][self.free].astype(np.float64)
        least = self._end(wanted, 1)
        greatest = self._end(wanted, -1)
        return least, greatest, greatest - least

    def fits(self) -> bool:
        """Whether all that is told can be true together."""
        return self._solve(np.zeros(self.equal.shape[1])) is not None

    def _end(self, wanted: NDArray[Any], sign: int) -> int:
        found = self._solve(sign * wanted)
        return 0 if found is None else round(sign * found)

    def _solve(self, cost: NDArray[Any]) -> float | None:
        if not len(cost):
            return 0.0 if not self.values.any() else None
        done = milp(cost, integrality=np.ones(len(cost)), bounds=Bounds(0, FAR), constraints=LinearConstraint(self.equal, self.values, self.values) if len(self.values) else ())
        return float(done.fun) if done.status == 0 else None


def _masks(cells: Sequence[Cell]) -> list[NDArray[np.bool_]]:
    """For each dimension that some cell names: which of its elementary pieces each cell covers."""
    masks = []
    for name in sorted({d for c in cells for d, _ in c.box}):
        said = [c.dims.get(name) for c in cells]
        if name == AREA:
            pieces: list[Any] = sorted({s for s in said if s is not None})
            # a piece is what lies below a path and below no other that is named; the whole is one more
            masks.append(np.array([[True] * (len(pieces) + 1) if s is None else [_below(p, s) for p in pieces] + [False] for s in said], bool))
        elif name == DAYS:
            edges = sorted({BEGINNING, *(e for s in said if s is not None for e in ((BEGINNING if s[0] is None else s[0]), s[1] + 1))})
            pieces = [*pairwise(edges), (edges[-1], None)]
            masks.append(np.array([[s is None or ((BEGINNING if s[0] is None else s[0]) <= a and b is not None and b <= s[1] + 1) for a, b in pieces] for s in said], bool))
        else:
            pieces = sorted({s for s in said if s is not None})
            masks.append(np.array([[s is None or s == p for p in pieces] for s in said], bool))
    return masks


def _below(piece: str, path: str) -> bool:
    """Whether a piece lies below a path; "1.4.*" is what lies right at "1.4." and in none of its parts.

    >>> _below("1.4.", "1."), _below("1.4.", "1.4.*"), _below("1.4.*", "1.4.")
    (True, False, True)
    """
    return piece == path or (not path.endswith("*") and piece.startswith(path))


def _consistent(new: Sequence[Cell], out: Sequence[Sequence[Cell]]) -> tuple[list[int], tuple[int, ...]]:
    """Which of the earlier tables can be true together with the new one, the newest first: figures that were revised contradict it, and cannot be set against it."""
    named = [i for i, t in enumerate(out) if t]
    if Told([*new, *(c for i in named for c in out[i])]).fits():
        return named, ()
    kept: list[int] = []
    beside = []
    for i in named:
        if Told([*new, *(c for k in [*kept, i] for c in out[k])]).fits():
            kept.append(i)
        else:
            beside.append(i)
    return kept, tuple(beside)


def _differs_by_few(c: Cell, seen: Iterable[Cell], few: int) -> bool:
    """Whether a visible cell that is out differs from this one in its last day only, and by a small count: the difference is a small count of the days between."""
    mine = c.dims
    if DAYS not in mine or c.value is None:
        return False
    rest = {k: v for k, v in mine.items() if k != DAYS}
    for other in seen:
        theirs = other.dims
        if other.value is None or other.official or DAYS not in theirs or theirs[DAYS][0] != mine[DAYS][0] or theirs[DAYS][1] == mine[DAYS][1]:
            continue
        if {k: v for k, v in theirs.items() if k != DAYS} == rest and 0 < abs(other.value - c.value) < few:
            return True
    return False


def _partner(new: Sequence[Cell], hidden: Sequence[bool], bare: Cell, told: Told, n: int) -> int | None:
    """The cell of the new table to hide beside a bare one: of its own line if there is one, then of any cells that share atoms or a sum with it; the smallest first, none that is a sum of many before an inner one."""
    mine = bare.dims
    able = [i for i, c in enumerate(new) if not hidden[i] and not c.official]
    if not able:
        return None
    atoms = told.member.sum(1)

    def differing(i: int) -> int:
        theirs = new[i].dims
        return sum(mine.get(d) != theirs.get(d) for d in {*mine, *theirs})

    def cost(i: int) -> tuple[bool, int, bool, int, int]:
        spread = int(atoms[i])
        return (differing(i) > 1, spread if spread > atoms[n] else 0, new[i].value == 0, new[i].value or 0, i)

    return min(able, key=cost)
