"""Figures by period, side by side: bars on each other, bands, lines, periods that are not complete yet."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from .drawing import Drawing, band, broken, ticks

LEFT, RIGHT, TOP, BOTTOM = 46, 12, 14, 34
#: Widths at which the words of a drawing are as large as those of its page.
WIDE, HALF = 1340, 660


class Timeline:
    """A drawing whose slots are periods, the oldest at the left.

    Args:
        labels: What stands below each slot; as many are written as have room.
        most: The largest value to be shown. `whole`: values are counts, and the axis has no fractions.
        unit: What the values are, written above the axis.
        width: WIDE across a page, HALF where two stand beside each other.
    """

    def __init__(self, name: str, labels: Sequence[str], most: float, *, unit: str = "", whole: bool = True, width: int = WIDE, height: int = 270) -> None:
        self.drawing = Drawing(name, width, height, (LEFT, TOP + (8 if unit else 0), width - RIGHT, height - BOTTOM), len(labels))
        self.left, self.top, self.right, self.bottom = self.drawing.plot
        self.step = (self.right - self.left) / max(1, len(labels))
        marks = ticks(most, whole=whole)
        self.most = marks[-1]
        for value in marks:
            self.drawing.line(self.left, self.y(value), self.right, self.y(value), "x-axis" if value == 0 else "x-grid")
            self.drawing.text(self.left - 6, self.y(value) + 4, f"{value:,g}", "x-right")
        if unit:
            self.drawing.text(4, 12, unit, "x-quiet")
        self._labels(labels)

    def x(self, slot: float) -> float:
        """The middle of a slot."""
        return self.left + (slot + 0.5) * self.step

    def y(self, value: float) -> float:
        """Where a value lies; above the largest it lies on the upper edge."""
        return self.bottom - min(value, self.most) / self.most * (self.bottom - self.top)

    def _labels(self, labels: Sequence[str]) -> None:
        if not labels:
            return
        wide = max(sum(11 if ord(c) > 0x2E80 else 6.6 for c in label) for label in labels) + 12
        every = next(n for n in (1, 2, 5, 7, 10, 14, 28, 30, 60, 90, 180, 365, 10**9) if n * self.step >= wide or n == 10**9)
        before = float("inf")
        for slot in range(len(labels) - 1, -1, -every):
            at = min(max(self.x(slot), self.left + wide / 2 - 8), self.right - wide / 2 + 10)
            if at > before - wide:
                continue
            before = at
            self.drawing.line(self.x(slot), self.bottom, self.x(slot), self.bottom + 4, "x-axis")
            self.drawing.text(at, self.bottom + 17, labels[slot], "x-middle")

    def shade(self, slots: Sequence[bool], words: str = "") -> None:
        """Periods that are told of apart: grey, with a dotted edge and words, never by colour alone."""
        runs = _runs(slots)
        if not runs:
            return
        for first, last in runs:
            x0, x1 = self.left + first * self.step, self.left + (last + 1) * self.step
            self.drawing.rect(x0, self.top, x1 - x0, self.bottom - self.top, "x-open")
            self.drawing.line(x0, self.top, x0, self.bottom, "x-open-edge")
        if words:
            x0 = self.left + runs[-1][0] * self.step
            wide = sum(12 if ord(c) > 0x2E80 else 6.5 for c in words)
            self.drawing.text(*((x0 - 5, self.top + 11, words, "x-right") if x0 - wide > self.left else (x0 + 5, self.top + 11, words, "x-quiet")))

    def blank(self, slots: Sequence[bool]) -> None:
        """Periods of which nothing was told."""
        for first, last in _runs(slots):
            self.drawing.rect(self.left + first * self.step, self.top, (last + 1 - first) * self.step, self.bottom - self.top, "x-missing")

    def bars(self, stacks: Sequence[tuple[str, Sequence[float]]]) -> None:
        """Bars on each other, the first at the bottom; (class, a value a slot)."""
        base = [0.0] * self.drawing.slots
        gap = 0.5 if self.step < 4 else 1 if self.step < 12 else 2
        for kind, values in stacks:
            parts = []
            for slot, value in enumerate(values):
                if not value:
                    continue
                y0, y1 = self.y(base[slot]), self.y(base[slot] + value)
                parts.append(f"M{self.left + slot * self.step + gap / 2:.1f} {y0:.1f}V{y1:.1f}h{max(self.step - gap, 0.6):.1f}V{y0:.1f}z")
                base[slot] += value
            self.drawing.path("".join(parts), kind)

    def line(self, values: Sequence[float | None], kind: str = "x-line", first: float = 0) -> None:
        """A line through the middles of slots from `first` on, broken where nothing is known."""
        self.drawing.path(broken((self.x(first + i), None if v is None or not isfinite(v) else self.y(v)) for i, v in enumerate(values)), kind)

    def steps(self, values: Sequence[float | None], kind: str = "x-limit") -> None:
        """A level of its own across each slot, none where nothing is known."""
        parts = (f"M{self.left + i * self.step:.1f} {self.y(v):.1f}h{self.step:.1f}" for i, v in enumerate(values) if v is not None and isfinite(v))
        self.drawing.path("".join(parts), kind)

    def band(self, low: Sequence[float | None], high: Sequence[float | None], kind: str = "x-band", first: float = 0) -> None:
        points = [
            (self.x(first + i), *((None, None) if a is None or b is None or not isfinite(a) or not isfinite(b) else (self.y(a), self.y(b)))) for i, (a, b) in enumerate(zip(low, high, strict=True))
        ]
        self.drawing.path(band(points), kind)

    def whiskers(self, middle: Sequence[float | None], low: Sequence[float | None], high: Sequence[float | None]) -> None:
        """A ring with the ends of its interval, a slot."""
        for slot, (m, a, b) in enumerate(zip(middle, low, high, strict=True)):
            if m is None or not isfinite(m):
                continue
            x = self.x(slot)
            if a is not None and b is not None and isfinite(a) and isfinite(b):
                self.drawing.path(f"M{x:.1f} {self.y(a):.1f}V{self.y(b):.1f}M{x - 3:.1f} {self.y(a):.1f}h6M{x - 3:.1f} {self.y(b):.1f}h6", "x-whisker")
            self.drawing.add("circle", "x-dot-hollow", cx=x, cy=self.y(m), r=3)

    def rule(self, value: float, words: str = "") -> None:
        """A level across all periods."""
        if value <= self.most:
            self.drawing.line(self.left, self.y(value), self.right, self.y(value), "x-rule")
            if words:
                self.drawing.text(self.left + 6, self.y(value) - 4, words, "x-quiet")


def _runs(slots: Sequence[bool]) -> list[tuple[int, int]]:
    """(first, last) of each run of slots that hold."""
    starts = [i for i, s in enumerate(slots) if s and (i == 0 or not slots[i - 1])]
    return [(i, next(k for k in range(i, len(slots)) if k + 1 == len(slots) or not slots[k + 1])) for i in starts]
