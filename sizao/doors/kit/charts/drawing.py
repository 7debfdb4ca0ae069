"""A drawing of figures: made here once as SVG, shown in a page (by classes, so that it follows the reader's light or dark), and sent as a file (by the same classes turned into
attributes, so that it looks alike in any program, and needs no style that a strict page refuses).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

from markupsafe import Markup

from sizao.kernel.typed import printable

#: The font of files; the one that goes along for papers is met by this name.
FONT = "Noto Sans SC, Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif"
#: What each class looks like in a file: the light theme of `tokens.css` and `chart.css`. A test holds that the page's style sheet knows every one of them.
INK: dict[str, dict[str, str]] = {
    "x-text": {"fill": "#17222c", "font-size": "12"},
    "x-quiet": {"fill": "#52606c", "font-size": "11.5"},
    "x-strong": {"fill": "#17222c", "font-size": "12", "font-weight": "700"},
    "x-right": {"fill": "#52606c", "font-size": "11.5", "text-anchor": "end"},
    "x-middle": {"fill": "#52606c", "font-size": "11.5", "text-anchor": "middle"},
    "x-mid-strong": {"fill": "#17222c", "font-size": "11.5", "font-weight": "700", "text-anchor": "middle"},
    "x-plate": {"fill": "#ffffff", "fill-opacity": "0.86"},
    "x-grid": {"stroke": "#d5dce2", "stroke-width": "1"},
    "x-axis": {"stroke": "#52606c", "stroke-width": "1"},
    "x-rule": {"stroke": "#17222c", "stroke-width": "1", "stroke-dasharray": "5 4"},
    "x-open": {"fill": "#52606c", "fill-opacity": "0.13"},
    "x-open-edge": {"stroke": "#52606c", "stroke-width": "1.5", "stroke-dasharray": "2 3"},
    "x-missing": {"fill": "#52606c", "fill-opacity": "0.07", "stroke": "#a9b4be", "stroke-width": "0.7", "stroke-dasharray": "1 3"},
    "x-band": {"fill": "#0a58a6", "fill-opacity": "0.24"},
    "x-band-wide": {"fill": "#0a58a6", "fill-opacity": "0.12"},
    "x-line": {"stroke": "#0a58a6", "stroke-width": "2", "fill": "none", "stroke-linejoin": "round"},
    "x-line-few": {"stroke": "#0a58a6", "stroke-width": "2", "fill": "none", "stroke-dasharray": "2 4"},
    "x-next": {"stroke": "#7a3fa0", "stroke-width": "2", "fill": "none", "stroke-dasharray": "6 3"},
    "x-next-band": {"fill": "#7a3fa0", "fill-opacity": "0.16"},
    "x-whisker": {"stroke": "#17222c", "stroke-width": "1.5", "fill": "none"},
    "x-expected": {"stroke": "#17222c", "stroke-width": "1.5", "fill": "none", "stroke-dasharray": "4 3"},
    "x-dot": {"fill": "#17222c"},
    "x-dot-hollow": {"fill": "#ffffff", "stroke": "#17222c", "stroke-width": "1.5"},
    "x-box": {"fill": "#9cc4de"},
    "x-limit": {"stroke": "#a63d00", "stroke-width": "1.5", "fill": "none"},
    "x-alarm": {"fill": "#a63d00"},
    "x-edge": {"stroke": "#ffffff", "stroke-width": "0.6"},
    "x-shape": {"fill": "#f8fafb", "stroke": "#a9b4be", "stroke-width": "0.7"},
    "x-shape-1": {"fill": "#f8d694", "stroke": "#a9b4be", "stroke-width": "0.7"},
    "x-shape-2": {"fill": "#ee9c48", "stroke": "#a9b4be", "stroke-width": "0.7"},
    "x-shape-3": {"fill": "#8f2f04", "stroke": "#a9b4be", "stroke-width": "0.7"},
    "x-zone": {"stroke": "#0a58a6", "stroke-width": "2.5", "fill": "none"},
    "x-cluster": {"stroke": "#a63d00", "stroke-width": "1.6", "fill": "#ffffff"},
    "k-confirmed": {"fill": "#8f2f04"},
    "k-clinical": {"fill": "#c8601a"},
    "k-suspected": {"fill": "#ee9c48"},
    "k-asymptomatic": {"fill": "#2a6a9c"},
    "k-untold": {"fill": "#c3cbd2"},
    "k-all": {"fill": "#8f2f04"},
    "k-two": {"fill": "#2a6a9c"},
}


@dataclass(slots=True)
class Drawing:
    """Marks on a sheet of `width` × `height`, y downward.

    Attributes:
        name: What it is, for who cannot see it; the table beside it says the same.
        plot: Left, top, right and bottom of where values are drawn, and how many equal slots lie side by side there (0: none): by it the page's script finds the row of
            the table that belongs to a place on the drawing.
    """

    name: str
    width: int
    height: int
    plot: tuple[float, float, float, float] = (0, 0, 0, 0)
    slots: int = 0
    marks: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)

    def add(self, tag: str, kind: str, text: str = "", **attributes: float | str) -> None:
        """One element of class `kind` (of `INK`); `text` is its content. An underscore stands for a hyphen in the names of attributes."""
        told = {k.replace("_", "-"): v if isinstance(v, str) else f"{v:.2f}".rstrip("0").rstrip(".") for k, v in attributes.items()}
        self.marks.append((tag, kind, told, text))

    def text(self, x: float, y: float, text: str, kind: str = "x-text") -> None:
        self.add("text", kind, text, x=x, y=y)

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str = "x-grid") -> None:
        self.add("line", kind, x1=x1, y1=y1, x2=x2, y2=y2)

    def rect(self, x: float, y: float, width: float, height: float, kind: str) -> None:
        self.add("rect", kind, x=x, y=y, width=max(width, 0), height=max(height, 0))

    def path(self, d: str, kind: str) -> None:
        """Nothing is added where there is nothing to draw."""
        if d:
            self.add("path", kind, d=d)

    def inline(self, key: str) -> Markup:
        """For a page: the reader moves over it by mouse or arrow keys, and hears the rows of the table with id `t-<key>`."""
        left, top, right, bottom = self.plot
        head = (
            f'<svg class="chart{" wide" if self.width > 900 else ""}" viewBox="0 0 {self.width} {self.height}" role="img" aria-label="{escape(self.name)}"'
            f' data-chart="{escape(key)}" data-plot="{left:g} {top:g} {right:g} {bottom:g}" data-slots="{self.slots}" tabindex="0">'
        )
        return Markup(head + "".join(_element(tag, {"class": kind, **attributes}, text) for tag, kind, attributes, text in self.marks) + "</svg>")  # noqa: S704 - every value is escaped

    def file(self, notes: Sequence[str] = (), legend: Sequence[tuple[str, str]] = ()) -> bytes:
        """The same as a file of its own: its name above, below it the legend (class, words) and notes (method, date of the data, count), in lines that fit."""
        keys, across, down = [], 12.0, self.height + 8.0
        for kind, words in legend:
            wide = 22 + sum(12 if ord(c) > 0x2E80 else 6.6 for c in words) + 14
            if across + wide > self.width and across > 12:
                across, down = 12.0, down + 18
            keys.append(_element(*swatch(kind, across, down), ""))
            keys.append(_element("text", {**INK["x-text"], "x": f"{across + 20:g}", "y": f"{down + 10:g}"}, words))
            across += wide
        drawn = int(down + 18) if legend else self.height
        lines = [part for note in notes for part in folded(note, (self.width - 24) / 6.4)]
        top, bottom = 30, 10 + 17 * len(lines)
        whole = drawn + top + bottom
        parts = [_element(tag, {**INK[kind], **attributes}, text) for tag, kind, attributes, text in self.marks]
        below = [_element("text", {**INK["x-quiet"], "x": "12", "y": str(top + drawn + 14 + 17 * n)}, line) for n, line in enumerate(lines)]
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{whole}" viewBox="0 0 {self.width} {whole}" font-family="{FONT}">'
            f"<title>{escape(printable(self.name))}</title>"
            + _element("rect", {"width": str(self.width), "height": str(whole), "fill": "#ffffff"}, "")
            + _element("text", {**INK["x-strong"], "x": "12", "y": "20", "font-size": "14"}, self.name)
            + f'<g transform="translate(0 {top})">{"".join(parts)}{"".join(keys)}</g>{"".join(below)}</svg>\n'
        ).encode()


def swatch(kind: str, x: float = 0, y: float = 0) -> tuple[str, dict[str, str]]:
    """The mark of a class in a legend, 14 × 12: (tag, attributes)."""
    ink = INK[kind]
    if kind == "x-cluster":
        return "path", {**ink, "d": f"M{x + 7:g} {y + 0.5:g}l5.5 5.5 -5.5 5.5 -5.5 -5.5z"}
    if kind == "x-zone":
        return "circle", {**ink, "cx": f"{x + 7:g}", "cy": f"{y + 6:g}", "r": "4.5"}
    if ink.get("fill", "none") == "none" or "fill" not in ink:
        return "path", {**ink, "d": f"M{x:g} {y + 6:g}h14"}
    if kind in ("x-dot", "x-dot-hollow"):
        return "circle", {**ink, "cx": f"{x + 7:g}", "cy": f"{y + 6:g}", "r": "4.5"}
    return "rect", {**ink, "x": f"{x:g}", "y": f"{y:g}", "width": "14", "height": "12"}


def _element(tag: str, attributes: dict[str, str], text: str) -> str:
    told = "".join(f' {k}="{escape(v)}"' for k, v in attributes.items())
    return f"<{tag}{told}>{escape(printable(text))}</{tag}>" if text else f"<{tag}{told}/>"


def folded(text: str, room: float) -> list[str]:
    """A text in lines of about `room` Latin letters; a Chinese character takes two of them. Breaks at spaces, and after any Chinese character.

    >>> folded("one two three", 8), folded("甲乙丙丁", 4)
    (['one two', 'three'], ['甲乙', '丙丁'])
    """
    words: list[str] = []
    for c in text:
        latin = words and ord(c) < 0x2E80 and ord(words[-1][-1]) < 0x2E80 and not words[-1].endswith(" ")
        if words and (c == " " or latin):
            words[-1] += c
        else:
            words.append(c)
    lines, used = [""], 0.0
    for word in words:
        wide = sum(2 if ord(c) > 0x2E80 else 1 for c in word.rstrip())
        if lines[-1] and used + wide > room:
            lines.append("")
            used = 0.0
        lines[-1] += word
        used += wide + len(word) - len(word.rstrip())
    return [line.rstrip() for line in lines if line.strip()]


def ticks(most: float, about: int = 5, *, whole: bool = False) -> list[float]:
    """Round values from 0 to at least `most`, about so many of them; `whole`: no fractions.

    >>> ticks(7), ticks(0.8), ticks(0), ticks(2, whole=True)
    ([0.0, 2.0, 4.0, 6.0, 8.0], [0.0, 0.2, 0.4, 0.6, 0.8], [0.0, 1.0], [0.0, 1.0, 2.0])
    """
    from math import ceil, floor, log10

    if most <= 0:
        return [0.0, 1.0]
    rough = max(most / about, 1.0 if whole else 0.0)
    power = 10.0 ** floor(log10(rough))
    step = next(s * power for s in (1, 2, 5, 10) if s * power >= rough * 0.999)
    return [round(i * step, 10) for i in range(ceil(most / step - 1e-9) + 1)]


def broken(points: Iterable[tuple[float, float | None]]) -> str:
    """A line through points, broken where one is None."""
    out, up = [], True
    for x, y in points:
        if y is None:
            up = True
            continue
        out.append(f"{'M' if up else 'L'}{x:.1f} {y:.1f}")
        up = False
    return "".join(out)


def band(points: Sequence[tuple[float, float | None, float | None]]) -> str:
    """The surface between two lines (x, low, high), broken where either is None; a lone point is a thin bar."""
    out, run = [], []
    for x, low, high in [*points, (0.0, None, None)]:
        if low is not None and high is not None:
            run.append((x, low, high))
            continue
        if len(run) == 1:
            (x0, a, b), run = run[0], []
            out.append(f"M{x0 - 1:.1f} {a:.1f}H{x0 + 1:.1f}V{b:.1f}H{x0 - 1:.1f}z")
        elif run:
            out.append("M" + "L".join(f"{p:.1f} {a:.1f}" for p, a, _ in run) + "L" + "L".join(f"{p:.1f} {b:.1f}" for p, _, b in reversed(run)) + "z")
            run = []
    return "".join(out)
