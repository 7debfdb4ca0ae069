"""JSON as a table: a list of objects, an object that holds one such list, or one object a line. Nested objects become columns with a dot."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sizao.kernel.errors import Refused

from .tables import BLOCK, LONGEST_CELL, Block, Fault, Known, Table, find_header

#: A document is read whole, and takes up to eight times its size in memory. Larger ones come as one object a line.
LARGEST_MB = 48
#: Objects in objects are followed so deep; what lies deeper stays in one cell, as JSON.
DEEPEST = 3
MOST_COLUMNS = 2_000
#: Where programs put the list, in an object around it.
INSIDE = ("data", "rows", "records", "items", "results", "value", "features", "cases", "contacts", "response")
EXACT = 10**15


def open_json(path: Path, digest: str, *, knows: Known, encoding: str | None) -> Table:
    """A JSON file as a `Table`; line numbers count objects, from 2, as if the names stood in row 1. See `opening.open_table`."""
    by_line = _is_by_line(path)
    if not by_line and path.stat().st_size > LARGEST_MB << 20:
        raise Refused("file-too-large", file=path.name, megabytes=path.stat().st_size >> 20, limit=LARGEST_MB)
    whole = None if by_line else _listed(path, encoding)
    names: dict[str, int] = {}
    for _, row in _objects(path, whole):
        for name in row or ():
            names.setdefault(name, len(names))
        if len(names) > MOST_COLUMNS:
            raise Refused("file-kind-unknown", file=path.name)
    if not names:
        raise Refused("file-empty", file=path.name)
    if len(names) < 2 and find_header([list(names)], knows) is None:
        raise Refused("file-kind-unknown", file=path.name)

    def blocks() -> Iterator[Block]:
        block = Block([], [])
        for line, row in _objects(path, whole):
            faults: list[Fault] = []
            cells = [""] * len(names)
            if row is None:
                faults.append(Fault("row-unreadable", fatal=True))
            else:
                for name, value in row.items():
                    cells[names[name]] = _text(value, names[name], faults)
                if not any(c.strip() for c in cells) and not faults:
                    faults.append(Fault("row-empty", fatal=True))
            if faults:
                block.faults[len(block.rows)] = faults
            block.lines.append(line)
            block.rows.append(cells)
            if len(block.rows) >= BLOCK:
                yield block
                block = Block([], [])
        if block.rows:
            yield block

    return Table(path, digest, "json", list(names), 1, [], blocks)


def _is_by_line(path: Path) -> bool:
    """Whether the first line is an object by itself and another follows."""
    with path.open("rb") as f:
        first, second = f.readline(LONGEST_CELL).removeprefix(b"\xef\xbb\xbf").strip(), f.readline(64).strip()
    if not (first.startswith(b"{") and first.endswith(b"}")):
        return False
    return second.startswith(b"{") or (not second and path.suffix.lower() in (".jsonl", ".ndjson"))


def _listed(path: Path, encoding: str | None) -> list[Any]:
    try:
        told = json.loads(path.read_bytes().decode(encoding) if encoding else path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except UnicodeDecodeError:
        try:
            told = json.loads(path.read_bytes().decode("gb18030"))
        except (UnicodeDecodeError, ValueError, RecursionError):
            raise Refused("file-encoding-unknown", file=path.name) from None
    except (ValueError, RecursionError, LookupError):
        raise Refused("file-cut-off" if _opens_like_json(path) else "file-kind-unknown", file=path.name) from None
    if isinstance(told, dict):
        lists = [told[k] for k in INSIDE if isinstance(told.get(k), list)] or [v for v in told.values() if isinstance(v, list) and v and isinstance(v[0], dict)]
        told = lists[0] if len(lists) == 1 else [told] if not lists else None
    if not isinstance(told, list) or not any(isinstance(row, dict) for row in told[:100]):
        raise Refused("file-kind-unknown" if told else "file-empty", file=path.name)
    return told


def _opens_like_json(path: Path) -> bool:
    with path.open("rb") as f:
        head = f.read(256).removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith((b"[", b"{")) and b'"' in head


def _objects(path: Path, whole: list[Any] | None) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """(line, flat object), None for what is no object."""
    if whole is not None:
        for line, row in enumerate(whole, 2):
            yield line, _flat(row) if isinstance(row, dict) else None
        return
    with path.open("rb") as f:
        line = 1
        while text := f.readline(4 * LONGEST_CELL):
            if not text.strip():
                continue
            line += 1
            try:
                row = json.loads(text.removeprefix(b"\xef\xbb\xbf"))
            except (ValueError, RecursionError):
                row = None
            yield line, _flat(row) if isinstance(row, dict) else None


def _flat(row: dict[str, Any], above: str = "", depth: int = 1) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict) and value and depth < DEEPEST:
            out |= _flat(value, f"{above}{name}.", depth + 1)
        else:
            out[f"{above}{name}"] = value
    return out


def _text(value: Any, column: int, faults: list[Fault]) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        if abs(value) >= EXACT or value != value:
            faults.append(Fault("digits-lost", column, f"{value:.0f}" if value == value else "NaN"))
        return str(int(value)) if value == value and abs(value) < EXACT and value == int(value) else repr(value)
    if isinstance(value, list) and all(isinstance(v, str | int) for v in value):
        value = ", ".join(map(str, value))
    text = value if isinstance(value, str) else str(value) if isinstance(value, int) else json.dumps(value, ensure_ascii=False)
    if len(text) >= LONGEST_CELL:
        faults.append(Fault("cell-too-long", column, values=(("limit", LONGEST_CELL),), fatal=True))
        return ""
    if "\0" in text:
        faults.append(Fault("cell-nul", column))
        text = text.replace("\0", "")
    return text
