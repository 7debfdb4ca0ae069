"""Delimited text: which encoding, which delimiter, and rows that survive ragged lines, NULs and stray quotes."""

import csv
import io
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Iterator
from pathlib import Path

from charset_normalizer import from_bytes

from sizao.kernel.errors import Refused

from .tables import BLOCK, LONGEST_CELL, Block, Fault, Known, Table, check_full, find_header, name_columns, tidy

DELIMITERS = (",", "\t", ";", "|", "，")
HEAD = 64 << 10
#: gbk, gb2312 and cp936 files are read with their superset; the Western ones with theirs.
SUPERSETS = {"gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030", "hz": "gb18030", "latin_1": "cp1252", "iso8859_1": "cp1252", "ascii": "utf-8", "utf_8": "utf-8", "big5hkscs": "big5hkscs", "big5": "big5hkscs"}
CANDIDATES = ("gb18030", "big5hkscs", "cp1252")
#: Of the lines that hold more than ASCII, so many must be sound for an encoding to count as the file's own.
SOUND_SHARE = 0.9
#: What stands for bytes that are none of the encoding: an escaped byte, and in UTF-16, which knows no single bytes, the replacement character.
_BROKEN = re.compile("[\udc80-\udcff]")
_BROKEN_PAIR = re.compile("[\ufffd\udc80-\udcff]")


def open_text(path: Path, digest: str, *, knows: Known, encoding: str | None, accept_full_sheet: bool) -> Table:
    """A delimited text file as a `Table`. See `opening.open_table`."""
    with path.open("rb") as f:
        head = f.read(HEAD)
        f.seek(-1, io.SEEK_END)
        ended = f.read(1) in (b"\n", b"\r")
    encoding = SUPERSETS.get((encoding or "").lower().replace("-", "_"), encoding) or find_encoding(path, head, knows)
    sample = _head_text(head, encoding)
    delimiter, skip = find_delimiter(sample)
    first = list(_safe_rows(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), skip, 60))
    at = find_header([row for _, row in first], knows)
    if at is None:
        raise Refused("file-empty" if not sample.strip() else "file-kind-unknown", file=path.name)
    header, notes = name_columns(first[at][1], first[at - 1][1] if at else [])
    width, header_line = len(header), first[at][0]

    def blocks() -> Iterator[Block]:
        with path.open("rb") as raw, io.TextIOWrapper(raw, encoding, errors=_errors(encoding), newline="") as text:
            broken = _BROKEN_PAIR if encoding.startswith("utf-16") else _BROKEN
            yield from _blocks(text, delimiter, header_line, width, skip, ended, path.name, accept_full_sheet, broken)

    return Table(path, digest, encoding, header, header_line, notes, blocks)


def find_encoding(path: Path, head: bytes, knows: Known) -> str:
    """The encoding of a text file: its BOM, else UTF-8 if the bytes are, else the candidate in which most headers are known words.

    GB2312 and GBK are read as GB18030. Refused file-encoding-unknown when nothing reads it, or when too many lines are of another encoding.
    """
    if head.startswith(BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    if _whole(path, "utf-8"):
        return "utf-8"
    if b"\0" in head[:4096] and head[:4096].count(b"\0") > len(head[:4096]) // 4:
        raise Refused("file-kind-unknown", file=path.name)
    lines = [line for line in head.splitlines()[:-1] or [head] if any(byte > 127 for byte in line)]
    if lines and _sound(lines, "utf-8") >= SOUND_SHARE:
        return "utf-8"
    hint = _hint(head)
    scores = []
    for order, name in enumerate(sorted(CANDIDATES, key=lambda c: c != hint)):
        if lines and _sound(lines, name) < SOUND_SHARE:
            continue
        text = _head_text(head, name)
        delimiter, skip = find_delimiter(text)
        cells = [c for _, row in _safe_rows(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), skip, 5) for c in row]
        scores.append((sum(1 for c in cells if c and knows(c) and not c.isascii()), name == hint, -order, name))
    if not scores:
        raise Refused("file-encoding-unknown", file=path.name)
    known, hinted, _, name = max(scores)
    if not known and not hinted:
        raise Refused("file-encoding-unknown", file=path.name)
    return name


def _whole(path: Path, encoding: str) -> bool:
    decoder = getincrementaldecoder(encoding)()
    with path.open("rb") as f:
        try:
            while chunk := f.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _sound(lines: list[bytes], encoding: str) -> float:
    good = 0
    for line in lines:
        try:
            line.decode(encoding)
            good += 1
        except UnicodeDecodeError:
            pass
    return good / len(lines)


def _hint(head: bytes) -> str | None:
    best = from_bytes(head).best()
    return SUPERSETS.get(best.encoding, best.encoding) if best else None


def _errors(encoding: str) -> str:
    """How undecodable bytes are kept visible, so that they spoil their own row only."""
    return "replace" if encoding.startswith("utf-16") else "surrogateescape"


def _head_text(head: bytes, encoding: str) -> str:
    text = head.decode(encoding, errors=_errors(encoding))
    if len(head) < HEAD:
        return text
    return text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text


def find_delimiter(sample: str) -> tuple[str, int]:
    """The delimiter whose first rows are widest and most even, and how many lines to skip (a leading "sep=;" says it itself)."""
    first = sample.lstrip("\ufeff").split("\n", 1)[0].strip()
    if first.lower().startswith("sep=") and len(first) == 5:
        return first[4], 1
    best, score = ",", (0, 0)
    for delimiter in DELIMITERS:
        widths = [len(row) for _, row in _safe_rows(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), 0, 20) if row]
        if not widths:
            continue
        usual = max(set(widths), key=lambda w: (widths.count(w), w))
        if usual > 1 and (widths.count(usual) * min(usual, 8), usual) > score:
            best, score = delimiter, (widths.count(usual) * min(usual, 8), usual)
    return best, 0


def _safe_rows(reader: Iterator[list[str]], skip: int, limit: int) -> Iterator[tuple[int, list[str]]]:
    """The first rows with their numbers; a cell that is too long ends them."""
    csv.field_size_limit(LONGEST_CELL)
    for line in range(1, limit + 1):
        try:
            row = next(reader)
        except (StopIteration, csv.Error):
            return
        if line > skip:
            yield line, row


def _blocks(text: io.TextIOBase, delimiter: str, header_line: int, width: int, skip: int, ended: bool, name: str, accept_full: bool, broken: re.Pattern[str]) -> Iterator[Block]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(text, delimiter=delimiter)
    line, block, blank = 0, Block([], []), []
    last_width = width
    while True:
        line += 1
        faults: list[Fault] = []
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error:
            row, faults = [""] * width, [Fault("cell-too-long", values=(("limit", LONGEST_CELL),), fatal=True)]
        if line <= header_line or line <= skip or not row:
            continue
        last_width = len(row)
        if row[0].startswith("##"):  # a captions row below the header, as some templates have
            continue
        if len(row) != width:
            row = tidy(row, width, faults)
        joined = "".join(row)
        if not joined.strip() and not faults:
            blank.append(line)  # empty rows at the end of a sheet are no rows; in between they are
            continue
        if len(block.rows) >= BLOCK:  # given away only when another row follows: whether the last one is whole is known at the end
            yield block
            block = Block([], [])
        for at in blank:
            _add(block, at, [""] * width, [Fault("row-empty", fatal=True)])
        blank = []
        if "\0" in joined or (not joined.isascii() and broken.search(joined)):
            row = _mend(row, faults, broken)
        _add(block, line, row, faults)
    check_full(line - 1, name, accept_full)
    if block.rows and not ended and last_width < width:
        block.faults[len(block.rows) - 1] = [Fault("row-cut-off", fatal=True)]
    if block.rows:
        yield block


def _add(block: Block, line: int, row: list[str], faults: list[Fault]) -> None:
    if faults:
        block.faults[len(block.rows)] = faults
    block.lines.append(line)
    block.rows.append(row)


def _mend(row: list[str], faults: list[Fault], broken: re.Pattern[str]) -> list[str]:
    out = []
    for i, cell in enumerate(row):
        if "\0" in cell:
            faults.append(Fault("cell-nul", i))
            cell = cell.replace("\0", "")
        if broken.search(cell):
            faults.append(Fault("cell-undecodable", i, fatal=True))
            cell = broken.sub("\ufffd", cell)
        out.append(cell)
    return out
