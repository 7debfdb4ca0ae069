"""Values with their spread, a line each: a median with quartiles and tail, a rate with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .drawing import Drawing, ticks

ROW, TOP, BOTTOM = 26, 10, 36


@dataclass(frozen=True, slots=True)
class Range:
    """One line: its words, the middle, the ends of a thick part (quartiles, or None) and of a thin one (tail or interval, or None), and what stands at the right. `sure`: else the
    middle is a ring."""

    words: str
    middle: float | None
    inner: tuple[float, float] | None = None
    outer: tuple[float, float] | None = None
    note: str = ""
    sure: bool = True


def ranges(name: str, lines: Sequence[Range], *, unit: str = "", most: float | None = None, percent: bool = False, note: int = 130, left: int = 150, width: int = 660) -> Drawing:
    """The drawing; its slots are not used (the table's rows are its lines, in order)."""
    right = width - note
    bottom = TOP + ROW * len(lines)
    drawing = Drawing(name, width, bottom + BOTTOM, (left, TOP, right, bottom), 0)
    found = [v for line in lines for v in (line.middle, *(line.inner or ()), *(line.outer or ())) if v is not None]
    marks = ticks(most if most is not None else max(found, default=1) or 1, 6)

    def x(value: float) -> float:
        return left + min(value, marks[-1]) / marks[-1] * (right - left)

    for value in marks:
        drawing.line(x(value), TOP, x(value), bottom, "x-grid")
        drawing.text(x(value), bottom + 16, f"{value:.0%}" if percent else f"{value:,g}", "x-middle")
    if unit:
        drawing.text(right + 10, bottom + 16, unit, "x-quiet")
    for n, line in enumerate(lines):
        y = TOP + ROW * n + ROW / 2
        drawing.text(left - 10, y + 4, line.words, "x-right")
        if line.outer:
            drawing.path(f"M{x(line.outer[0]):.1f} {y:.1f}H{x(line.outer[1]):.1f}M{x(line.outer[0]):.1f} {y - 5:.1f}v10M{x(line.outer[1]):.1f} {y - 5:.1f}v10", "x-whisker")
        if line.inner:
            drawing.rect(x(line.inner[0]), y - 5, max(x(line.inner[1]) - x(line.inner[0]), 1), 10, "x-box")
        if line.middle is not None:
            drawing.add("circle", "x-dot" if line.sure else "x-dot-hollow", cx=x(line.middle), cy=y, r=4.5)
        drawing.text(right + 10, y + 4, line.note, "x-quiet")
    return drawing
