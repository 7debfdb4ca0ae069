"""Whether a row of the ledger can be put right by itself, and what it starts from."""

from .ledger import kept_cells
from .models import ImportFile, ImportRow

#: Kinds of files whose rows are messages: who sent one sends it again, and nobody here writes it anew.
MESSAGES = ("hl7", "fhir")


def can_be_mended(file: ImportFile, row: ImportRow) -> bool:
    """Whether a row can be sent again alone: it was rejected, and so kept whole, or its sender has a number for it. A message cannot."""
    if file.kind in MESSAGES:
        return False
    return row.outcome == "rejected" or (_key_column(file) is not None and not row.key.startswith("row:"))


def cells_of(file: ImportFile, row: ImportRow) -> dict[str, str]:
    """What a mended row starts from: header → text. The caller has seen to it that names may be shown."""
    kept = kept_cells(row) or {}
    cells = dict(kept.get("cells") or {}) if row.outcome == "rejected" else {}  # type: ignore[call-overload]
    key = _key_column(file)
    if row.outcome != "rejected" and key is not None:
        cells[key] = row.key
    return {h: str(cells.get(h, "")) for h in headers(file)}


def headers(file: ImportFile) -> list[str]:
    """The columns in the file's own order. The database keeps the keys of an object in an order of its own, so a list beside them holds it;
    files that were taken in before it was kept have none."""
    return list(file.mapping.get("header") or (*file.mapping["columns"], *file.mapping["unmapped"]))


def _key_column(file: ImportFile) -> str | None:
    return next((h for h, fields in file.mapping["columns"].items() if "source_id" in fields.split(", ")), None)
