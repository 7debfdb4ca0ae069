"""A panel of a page: a drawing, the table that says the same, what it rests on; and each of them as a file.

    Panel(key="curve", title=…, drawing=timeline.drawing, header=[…], rows=[Line([…])], about=[(words, text)], legend=[("k-confirmed", words)])

A page includes `kit/chart_panel.html` for each (macro `panel`), links `sizao/chart.css` and `sizao/chart.js`, and has a route `<key>.<form>` that answers with `sent`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse

from sizao.doors.kit.export import whole_csv
from sizao.kernel.errors import Refused

from .drawing import Drawing

FORMS = ("csv", "svg", "png")


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of the table: what is said in a file (`value`), what on the page (`shown`, else the value), and where it leads for who may go there."""

    value: Any
    shown: str = ""
    link: str = ""
    number: bool = True

    def __str__(self) -> str:
        return self.shown or ("—" if self.value is None else f"{self.value:,}" if isinstance(self.value, int) else str(self.value))


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table. `slot`: where it stands on a timeline (its row is said when the reader is there); `open`: not complete yet."""

    cells: Sequence[Cell]
    slot: int | None = None
    open: bool = False


@dataclass(slots=True)
class Panel:
    """One panel.

    Attributes:
        key: Part of its address; letters and hyphens.
        lead: What it says, in a sentence; the reader reads this at three in the morning.
        drawing: None where there is nothing to draw; `empty` then says why.
        legend: (class of `INK`, words).
        about: (label, text): method with author and year, date of the data, what they are from, what is missing.
        table: The words of the fold that holds the table.
        also: Further tables: (title, header, rows).
        waits: It is still being computed; the page asks again.
    """

    key: str
    title: str
    lead: str = ""
    drawing: Drawing | None = None
    empty: str = ""
    header: Sequence[str] = ()
    rows: Sequence[Line] = ()
    legend: Sequence[tuple[str, str]] = ()
    about: Sequence[tuple[str, str]] = ()
    also: Sequence[tuple[str, Sequence[str], Sequence[Line]]] = ()
    waits: bool = False
    open: bool = False
    files: Callable[[str], str] | None = field(default=None, repr=False)

    def leads(self) -> bool:
        """Whether a row of its table leads to a list."""
        return any(c.link for line in self.rows for c in line.cells)

    def forms(self) -> tuple[str, ...]:
        """In which forms there is something to send."""
        return FORMS if self.drawing is not None else ("csv",) if self.rows else ()


def sent(panel: Panel, form: str, *, name: str, day: date) -> HttpResponse:
    """The panel as a file: the table as CSV (further tables after it, each under its title), the drawing as SVG or PNG. Refused: page-not-found."""
    if form not in panel.forms():
        raise Refused("page-not-found")
    if form == "csv":
        lines: list[list[Any]] = [[c.value for c in line.cells] for line in panel.rows]
        for title, header, rows in panel.also:
            lines += [[], [title], list(header), *([c.value for c in line.cells] for line in rows)]
        lines += [[], *([label, text] for label, text in panel.about)]
        body, kind = whole_csv(list(panel.header), lines), "text/csv; charset=utf-8"
    else:
        assert panel.drawing is not None
        drawn = panel.drawing.file([f"{label}: {text}" for label, text in panel.about], panel.legend)
        if form == "png":
            from sizao.papers.picture import png

            body, kind = png(drawn, panel.drawing.width), "image/png"
        else:
            body, kind = drawn, "image/svg+xml"
    answer = HttpResponse(body, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}-{panel.key}-{day:%Y%m%d}.{form}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def asked_form(request: HttpRequest, panels: Sequence[Panel], key: str) -> Panel:
    """The panel of that key. Refused: page-not-found."""
    found = next((p for p in panels if p.key == key), None)
    if found is None:
        raise Refused("page-not-found")
    return found
