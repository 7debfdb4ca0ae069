"""Opening a file that somebody sent: which kind of table it is, told from its first bytes and never from its name alone."""

import hashlib
from pathlib import Path

from sizao.kernel.errors import Refused

from . import json_tables, sheet_tables, text_tables
from .tables import Known, Table

ARCHIVE = (b"PK\x03\x04", b"PK\x05\x06")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Pictures, papers and other archives: said to be no table before anything in them is looked at.
NO_TABLES = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"<?xml", b"<html", b"<!DOC", b"{\\rtf")


def open_table(path: Path | str, *, knows: Known, encoding: str | None = None, accept_full_sheet: bool = False) -> Table:
    """Opens a table file: CSV, TSV, XLSX, XLSB, XLS, ODS, JSON. `knows` says whether a text is a header that some dialect has; it finds the
    header row and tells encodings apart.

    Refused: file-not-readable, file-kind-unknown, file-encoding-unknown, file-encrypted, file-empty, file-bomb, file-too-large, file-cut-off,
    and — while its rows are read — sheet-full, unless the caller has compared the sender's count (`accept_full_sheet`).
    """
    path = Path(path)
    try:
        with path.open("rb") as f:
            head = f.read(64)
            f.seek(0)
            digest = hashlib.file_digest(f, "sha256").hexdigest()
    except OSError as fault:
        raise Refused("file-not-readable", file=path.name, reason=fault.strerror or type(fault).__name__) from None
    if not head:
        raise Refused("file-empty", file=path.name)
    if head.startswith((*ARCHIVE, OLE)):
        return sheet_tables.open_sheet(path, digest, knows=knows, accept_full_sheet=accept_full_sheet)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(NO_TABLES) or path.suffix.lower() in (".xml", ".html"):
        raise Refused("file-kind-unknown", file=path.name)
    if start.startswith((b"[", b"{")) or path.suffix.lower() in (".json", ".jsonl", ".ndjson"):
        return json_tables.open_json(path, digest, knows=knows, encoding=encoding)
    return text_tables.open_text(path, digest, knows=knows, encoding=encoding, accept_full_sheet=accept_full_sheet)
