"""What a file becomes once it is open: a header and blocks of text rows. Each container has a module that makes one; `opening` chooses.

Cells are text from here on: an id keeps its zeros, a date from a workbook becomes ISO text. What a cell lost on the way
(digits of a number, undecodable bytes) is a `Fault` of that row, never a silent repair.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sizao.kernel.errors import Refused

#: Rows handled at a time, and the largest cell.
BLOCK = 2_000
LONGEST_CELL = 1 << 20
#: Sheets of exactly this many rows (header included) were probably cut by the spreadsheet program.
FULL_SHEETS = (65_536, 1_048_576)
#: How far down the header may stand, below titles and empty lines.
HEADER_WITHIN = 20

Known = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong or repaired in one cell (`column` None: in the row). `fatal` faults reject the row."""

    code: str
    column: int | None = None
    value: str = ""
    fatal: bool = False
    values: tuple[tuple[str, object], ...] = ()


@dataclass(slots=True)
class Block:
    """Some rows, each as long as the header. `lines[i]` is the row's number as a spreadsheet shows it."""

    lines: list[int]
    rows: list[list[str]]
    faults: dict[int, list[Fault]] = field(default_factory=dict)

    def part(self, at: Sequence[int]) -> "Block":
        """Some of its rows, by their places in it."""
        faults = {n: self.faults[i] for n, i in enumerate(at) if i in self.faults} if self.faults else {}
        return Block([self.lines[i] for i in at], [self.rows[i] for i in at], faults)


@dataclass(slots=True)
class Table:
    """A file opened for reading.

    Attributes:
        sha256: Of the whole file; the same bytes are the same file whatever it is called.
        header: One name a column; an empty header is "column N".
        header_line: Row number of the header.
        notes: Faults of the file as a whole: repeated headers, sheets not read.
        blocks: Reads the rows from the start; may be called again.
    """

    path: Path
    sha256: str
    encoding: str
    header: list[str]
    header_line: int
    notes: list[Fault]
    blocks: Callable[[], Iterator[Block]]

    @property
    def name(self) -> str:
        return self.path.name


def find_header(rows: list[list[str]], knows: Known) -> int | None:
    """Which of the first rows is the header: the one with most known headers, else the first with two filled cells. None: there is none."""
    best, most = None, 0
    for i, row in enumerate(rows[:HEADER_WITHIN]):
        found = sum(1 for cell in row if cell and knows(cell))
        if found > most:
            best, most = i, found
    if best is not None:
        return best
    return next((i for i, row in enumerate(rows[:HEADER_WITHIN]) if sum(1 for c in row if c.strip()) >= 2), None)


def name_columns(header: list[str], above: list[str]) -> tuple[list[str], list[Fault]]:
    """Column names from a header row and the merged one above it; repeated names get a number and a note."""
    names, notes, seen = [], [], {}
    while header and not header[-1].strip() and not (above[len(header) - 1 :] and above[len(header) - 1].strip()):
        header = header[:-1]
    for i, cell in enumerate(header):
        upper = above[i].strip() if i < len(above) else ""
        name = " ".join(cell.split()) or " ".join(upper.split()) or f"column {i + 1}"
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            notes.append(Fault("header-repeated", i, name))
            name = f"{name} ({seen[name]})"
        names.append(name)
    return names, notes


def check_full(last_line: int, name: str, accept: bool) -> None:
    """Refuses a table that ends exactly where a spreadsheet must end."""
    if last_line in FULL_SHEETS and not accept:
        raise Refused("sheet-full", file=name, rows=last_line)


def tidy(row: list[str], width: int, faults: list[Fault]) -> list[str]:
    """The row at the header's width, with what that took. A cell beyond the header makes the row fatal: its content may be shifted."""
    if len(row) > width:
        if any(c.strip() for c in row[width:]):
            faults.append(Fault("row-too-long", values=(("count", len(row)),), fatal=True))
        row = row[:width]
    elif len(row) < width:
        faults.append(Fault("row-short", values=(("count", len(row)),)))
        row = row + [""] * (width - len(row))
    return row
