"""The geometry of a small curve of counts: bars, the threshold as steps, what was expected as a line. Labels stand beside it as text, so it may be as wide or narrow as the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: The drawing's own units; it is stretched to the page.
WIDE, HIGH = 1000.0, 200.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One period as drawn: `kind` is alarm, usual, open (not over yet) or missing (hatched, of full height)."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    point: Any


@dataclass(frozen=True, slots=True)
class Drawn:
    """A curve as drawn. `threshold` and `expected` are SVG paths; `most` is the number at the top."""

    bars: list[Bar]
    threshold: str
    expected: str
    most: float
    first: Any
    last: Any


def drawn(points: Sequence[Any]) -> Drawn | None:
    """None where there is no period."""
    if not points:
        return None
    most = max([1.0, *(p.count for p in points if p.count is not None), *(min(p.threshold, 1e9) for p in points if p.threshold is not None)]) * 1.08
    step = WIDE / len(points)
    up = lambda value: round(HIGH * (1 - min(value, most) / most), 1)  # noqa: E731
    bars = []
    for n, p in enumerate(points):
        x, width = round(n * step + step * 0.12, 1), round(step * 0.76, 1)
        if p.count is None:
            bars.append(Bar(round(n * step, 1), 0, round(step, 1), HIGH, "missing", p))
        else:
            bars.append(Bar(x, up(p.count), width, round(HIGH - up(p.count), 1), "alarm" if p.alarm else "usual" if p.whole else "open", p))
    steps, line = [], []
    for n, p in enumerate(points):
        if p.threshold is not None:
            steps.append(f"M{n * step:.1f} {up(p.threshold)}H{(n + 1) * step:.1f}")
        if p.expected is not None:
            line.append(f"{'L' if line and points[n - 1].expected is not None else 'M'}{(n + 0.5) * step:.1f} {up(p.expected)}")
    return Drawn(bars, "".join(steps), "".join(line), most / 1.08, points[0].day, points[-1].day)
