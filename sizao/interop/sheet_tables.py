"""Workbooks (XLSX, XLSB, XLS, ODS): looked at as an archive before they are opened, then read as text cells."""

import datetime as dt
import itertools
import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import python_calamine as calamine

from sizao.kernel.errors import Refused

from .tables import BLOCK, HEADER_WITHIN, LONGEST_CELL, Block, Fault, Known, Table, check_full, find_header, name_columns, tidy

MOST_ENTRIES = 2_000
HIGHEST_RATIO = 200
LARGEST_UNPACKED = 4 << 30
#: Below this size a high ratio is only a sheet of equal cells.
RATIO_COUNTS_FROM = 64 << 20
#: Entries that might unpack to more than this are unpacked once and counted, whatever they say of themselves.
COUNTED_FROM = 256 << 20
#: A sheet whose rectangle has more places than this, nearly all of them empty, is not opened; nor one that repeats a filled row so often.
MOST_EMPTY = 8_000_000
MOST_REPEATED = 4_000_000
_PLACE = re.compile(rb'\br="([A-Z]{1,7})(\d{1,9})"')
_REPEATED = re.compile(rb'<table:table-row[^>]*number-rows-repeated="(\d{1,9})"[^>]*>(.*?)</table:table-row>', re.DOTALL)
_WIDE = re.compile(rb'number-columns-repeated="(\d{1,9})"')
#: What a child that opens a workbook for trial may take: so much, and so many times the bytes of the unpacked workbook (a cell of 22 takes 150);
#: two seconds of a processor, and one more for so many bytes.
TRIAL_MB, TRIAL_TIMES, TRIAL_SECONDS, TRIAL_PACE = 512, 10, 2, 16 << 20
#: The child. What the reader refuses by itself is left to the real opening.
_TRIAL = """
import sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]), int(sys.argv[2])))
    resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[3]), int(sys.argv[3])))
except (ImportError, ValueError, OSError):
    pass
sys.path.append(sys.argv[4])
import python_calamine
try:
    with open(sys.argv[1], "rb") as f:
        book = python_calamine.CalamineWorkbook.from_filelike(f)
        for name in book.sheet_names:
            book.get_sheet_by_name(name)
except MemoryError:
    sys.exit(9)
except BaseException:
    sys.exit(0)
"""
#: Why a workbook is not opened whose trial did not come back.
TOO_MUCH = {"zh": "读取它会耗尽内存或时间，文件可能已损坏", "en": "reading it would take all memory or time; it may be damaged"}
#: What makes an archive a workbook.
WORKBOOKS = frozenset({"xl/workbook.xml", "xl/workbook.bin", "content.xml"})
#: A spreadsheet keeps fifteen digits of a number.
EXACT = 10**15


def open_sheet(path: Path, digest: str, *, knows: Known, accept_full_sheet: bool) -> Table:
    """One sheet of a workbook as a `Table`: the one whose header has most known words, else the first with data. The others are noted, not read.
    See `opening.open_table`."""
    archived = path.open("rb").read(2) == b"PK"
    unpacked = guard_archive(path) if archived else path.stat().st_size
    if not archived and _is_encrypted(path):
        raise Refused("file-encrypted", file=path.name)
    if not _can_be_opened(path, unpacked):
        raise Refused("file-not-readable", file=path.name, reason=TOO_MUCH)
    try:
        with path.open("rb") as content:  # told apart by what it is: workbooks come under each other's suffix
            book = calamine.CalamineWorkbook.from_filelike(content)
        shown = [m.name for m in book.sheets_metadata if m.typ == calamine.SheetTypeEnum.WorkSheet and m.visible == calamine.SheetVisibleEnum.Visible]
        filled = [s for s in (book.get_sheet_by_name(n) for n in shown) if s.start is not None]
    except (calamine.CalamineError, OSError, ValueError) as fault:
        if archived:
            raise Refused("file-cut-off", file=path.name) from None
        raise Refused("file-not-readable", file=path.name, reason=type(fault).__name__) from None
    except BaseException as fault:  # the reader's own panic is no Exception
        if type(fault).__name__ != "PanicException":
            raise
        raise Refused("file-cut-off", file=path.name) from None
    if not filled:
        raise Refused("file-empty", file=path.name)
    sheet = max(filled, key=lambda s: _known(s, knows))  # the first of equals
    filled.remove(sheet)
    check_full(sheet.end[0] + 1, path.name, accept_full_sheet)
    merged = _merged(sheet)
    top: list[list[str]] = []
    anchors: dict[tuple[int, int], str] = {}
    for i, row in enumerate(sheet.iter_rows()):
        top.append(_row(row, i, merged, anchors, []))
        if len(top) > HEADER_WITHIN:
            break
    at = find_header(top, knows)
    if at is None:
        raise Refused("file-empty", file=path.name)
    header, notes = name_columns(top[at], top[at - 1] if at else [])
    if (more := _continued(header, filled, knows)) and not accept_full_sheet:
        raise Refused("sheet-continues", file=path.name, sheet=sheet.name, more=", ".join(more[:5]))
    notes += [Fault("sheet-not-read", None, s.name) for s in filled]
    filled.clear()
    width = len(header)

    def blocks() -> Iterator[Block]:
        block, blank, anchors = Block([], []), [], {}
        for i, cells in enumerate(sheet.iter_rows()):
            faults: list[Fault] = []
            row = _row(cells, i, merged, anchors, faults)
            if i <= at:
                continue
            if row and row[0].startswith("##"):
                continue
            if not any(row):
                blank.append(i + 1)
                continue
            for line in blank:
                block.faults[len(block.rows)] = [Fault("row-empty", fatal=True)]
                block.lines.append(line)
                block.rows.append([""] * width)
            blank = []
            row = tidy(row, width, faults)
            if faults:
                block.faults[len(block.rows)] = faults
            block.lines.append(i + 1)
            block.rows.append(row)
            if len(block.rows) >= BLOCK:
                yield block
                block = Block([], [])
        if block.rows:
            yield block

    return Table(path, digest, "workbook", header, at + 1, notes, blocks)


def _known(sheet: Any, knows: Known) -> int:
    """How many known headers its best row among the first has."""
    rows = itertools.islice(sheet.iter_rows(), HEADER_WITHIN)
    return max((sum(1 for cell in row if isinstance(cell, str) and cell and len(cell) < 200 and knows(cell)) for row in rows), default=0)


def _continued(header: list[str], others: list[Any], knows: Known) -> list[str]:
    """Other sheets that begin with the same header and hold rows below it: a list that was too long for one sheet goes on in them."""
    found = []
    for sheet in others:
        top = [[cell if isinstance(cell, str) else "" for cell in row] for row in itertools.islice(sheet.iter_rows(), HEADER_WITHIN)]
        at = find_header(top, knows)
        if at is not None and sheet.end[0] > at and name_columns(top[at], top[at - 1] if at else [])[0] == header:
            found.append(sheet.name)
    return found


def _is_encrypted(path: Path) -> bool:
    """Whether an old container holds a workbook under a password."""
    with path.open("rb") as f:
        return "EncryptedPackage".encode("utf-16-le") in f.read(1 << 20)


def _can_be_opened(path: Path, unpacked: int) -> bool:
    """Whether a process with little memory and time gets through a workbook. One whose inner chains were spoiled runs in a circle; one that
    claims cells far out, or one cell a million times, takes all the memory there is, however it writes that; and the reader cannot be stopped from within."""
    limits = [(TRIAL_MB << 20) + TRIAL_TIMES * unpacked, TRIAL_SECONDS + unpacked // TRIAL_PACE]
    command = [sys.executable, "-I", "-S", "-c", _TRIAL, str(path.resolve()), *map(str, limits), str(Path(calamine.__file__).parents[1])]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60 + 10 * limits[1])
    except subprocess.TimeoutExpired:
        return False
    return done.returncode >= 0 and done.returncode != 9


def guard_archive(path: Path) -> int:
    """Refuses an archive that would unpack beyond the limits, before anything in it is unpacked; its bytes unpacked. Refused: file-bomb, file-cut-off."""
    packed = path.stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            names = {e.filename for e in entries}
            honest = all(_honest(archive, e) for e in entries)
            total = sum(e.file_size for e in entries)
            small = honest and len(entries) <= MOST_ENTRIES and total <= LARGEST_UNPACKED and (total <= RATIO_COUNTS_FROM or total <= packed * HIGHEST_RATIO)
            extent = _extent(archive, entries) if small else ""
    except (zipfile.BadZipFile, OSError, ValueError, zlib.error, NotImplementedError, RuntimeError, EOFError):
        raise Refused("file-cut-off", file=path.name) from None
    if not names & WORKBOOKS:
        raise Refused("file-kind-unknown", file=path.name)
    ends = sorted((e.header_offset, e.compress_size) for e in entries)
    if len(entries) > MOST_ENTRIES:
        reason = f"{len(entries)} entries"
    elif not honest:
        reason = "false sizes"
    elif total > LARGEST_UNPACKED:
        reason = f"{total >> 20} MiB"
    elif total > RATIO_COUNTS_FROM and total > packed * HIGHEST_RATIO:
        reason = f"{total // max(packed, 1)}:1"
    elif any(a + size > b for (a, size), (b, _) in itertools.pairwise(ends)):
        reason = "overlapping entries"
    elif extent:
        reason = extent
    else:
        return total
    raise Refused("file-bomb", file=path.name, reason=reason)


def _extent(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> str:
    """Why the cells would not fit, if they would not: the reader keeps a sheet as a full rectangle, so one cell far out is a hall of empty ones."""
    for entry in entries:
        if entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml"):
            rows, columns, cells, rest = 0, 0, 0, b""
            with archive.open(entry) as sheet:
                while piece := sheet.read(1 << 20):
                    found = _PLACE.findall(rest + piece)
                    rest = piece[-32:]
                    cells += len(found)
                    if found:
                        rows = max(rows, max(int(number) for _, number in found))
                        columns = max(columns, max(_column(letters) for letters in {letters for letters, _ in found}))
            if rows * columns > MOST_EMPTY and rows * columns > cells * 50:
                return f"{rows} x {columns}"
        elif entry.filename == "content.xml" and entry.file_size <= COUNTED_FROM:
            for times, body in _REPEATED.findall(archive.read(entry)):
                width = body.count(b"<table:table-cell") + sum(int(n) for n in _WIDE.findall(body))
                if (b"<text:p" in body or b":value=" in body) and int(times) * width > MOST_REPEATED:
                    return f"{int(times)} x {width}"
    return ""


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _honest(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    """Whether an entry unpacks to no more than it says. Entries that cannot be large are believed, and so are those that say they are too large."""
    if entry.compress_type != zipfile.ZIP_DEFLATED or entry.compress_size * 1032 < COUNTED_FROM or entry.file_size > LARGEST_UNPACKED:
        return True
    stream, size = zlib.decompressobj(-15), 0
    assert archive.fp is not None
    archive.fp.seek(entry.header_offset)
    head = archive.fp.read(30)
    archive.fp.seek(entry.header_offset + 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little"))
    left = entry.compress_size
    while left > 0 and size <= entry.file_size:
        chunk = archive.fp.read(min(left, 1 << 16))
        left = left - len(chunk) if chunk else 0
        while chunk and size <= entry.file_size:
            size += len(stream.decompress(chunk, 1 << 20))
            chunk = stream.unconsumed_tail
        if stream.eof:
            break
    return size <= entry.file_size


def _merged(sheet: Any) -> dict[tuple[int, int], tuple[int, int]]:
    """Covered cell → the cell that holds its value. A merge wider than 10,000 cells is a layout, not data."""
    covered, left = {}, sheet.start[1]  # rows are given from the top of the sheet, cells from its first used column
    for (r1, c1), (r2, c2) in sheet.merged_cell_ranges or ():
        c1, c2 = c1 - left, c2 - left
        if (r2 - r1 + 1) * (c2 - c1 + 1) <= 10_000:
            covered |= {(r, c): (r1, c1) for r in range(r1, r2 + 1) for c in range(c1, c2 + 1) if (r, c) != (r1, c1)}
    return covered


def _row(cells: list[Any], at: int, merged: dict[tuple[int, int], tuple[int, int]], anchors: dict[tuple[int, int], str], faults: list[Fault]) -> list[str]:
    out = [cell if type(cell) is str and len(cell) < LONGEST_CELL and "\0" not in cell else _text(cell, i, faults) for i, cell in enumerate(cells)]
    if merged:
        for i, text in enumerate(out):
            if (at, i) in merged:
                out[i] = anchors.get(merged[at, i], "")
                if out[i] and merged[at, i][0] != at:
                    faults.append(Fault("cell-merged", i))
            elif text:
                anchors[at, i] = text
    return out


def _text(cell: Any, column: int, faults: list[Fault]) -> str:
    """A cell as text. Whole numbers lose their ".0"; dates become ISO; a number of more digits than a spreadsheet keeps is a fault."""
    if isinstance(cell, str):
        if len(cell) >= LONGEST_CELL:
            faults.append(Fault("cell-too-long", column, values=(("limit", LONGEST_CELL),), fatal=True))
            return ""
        faults.append(Fault("cell-nul", column))
        return cell.replace("\0", "")
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        if abs(cell) >= EXACT:
            faults.append(Fault("digits-lost", column, f"{cell:.0f}"))
            return f"{cell:.0f}"
        return str(int(cell)) if cell == int(cell) else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ", timespec="seconds") if cell.time() != dt.time() else cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)
