"""The row ledger of a table that went into a register, in the same tables as that of a line list; and what a sender's columns mean there.

A file of this kind has the kind `register:NAME`; what stands in the open and what is sealed is as in `models`.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sizao.interop import ledger, sayings
from sizao.interop.kit.columns import NUMBER, Columns, map_header
from sizao.interop.models import ImportFile, SavedMapping
from sizao.interop.reading import Note, Row
from sizao.interop.tables import name_columns
from sizao.kernel import audit, clock
from sizao.kernel.errors import texts
from sizao.kernel.models import Batch
from sizao.kernel.outcome import Problem
from sizao.kernel.registry import Register
from sizao.kernel.scope import Scope
from sizao.kernel.sealed import keys_at_hand

from .told import Line, Told

KIND = "register:"
RESULT = {"new": "accepted", "updated": "updated", "identical": "duplicate", "rejected": "rejected"}
#: Codes of a field that are named as examples of what it takes.
EXAMPLES = 6


def keep(scope: Scope, register: Register, columns: Columns, told: Told, *, sender: str, zone: str, name: str) -> ImportFile:
    """Writes what became of every row, in the caller's transaction: rows = accepted + updated + duplicate + rejected."""
    header = unique(columns.header)
    fields = {h: m for h, m in zip(header, columns.meant, strict=True) if m}
    counts = Counter(RESULT[line.outcome.kind] for line in told.lines)
    notes = Counter(p.code for line in told.lines for p in line.outcome.problems)
    now, secret = clock.now(), ledger.secret()
    digest = hashlib.sha256()
    for line in told.lines:
        digest.update("\x1f".join(line.cells).encode("utf-8", "surrogatepass") + b"\n")
    head = ImportFile.objects.create(
        sender=sender, disease="", name=name, sha256=digest.hexdigest(), kind=f"{KIND}{register.name}", dialect="register",
        reading=hashlib.sha256(repr(sorted(fields.items())).encode()).hexdigest()[:12], mapping={"columns": fields, "unmapped": [h for h in header if h not in fields], "header": header},
        encoding="", time_zone=zone, batch=Batch.objects.create(sender=sender, closed_at=now), post_id=scope.post_id, opened_at=now, closed_at=now,
        rows=len(told.lines), problem_counts=dict(notes), **counts,
    )  # fmt: skip
    places = {meant: h for h, meant in fields.items()}
    entries = []
    for line in told.lines:
        cells = dict(zip(header, line.cells, strict=False))
        number = cells.get(places.get(NUMBER, ""), "")
        said = notes_of(register, columns, line)
        mark = ledger.mark_of_cells(cells, secret)
        row = Row(line.number + 1, {}, said, list(line.cells), mark, number or f"row:{mark}")
        whole = line.outcome.kind == "rejected"
        entries.append(
            ledger.Entry(row, RESULT[line.outcome.kind], line.outcome.record, line.outcome.person, mark, {h: c for h, c in cells.items() if c and (whole or h not in fields)})
        )
    with keys_at_hand():
        ledger.write_rows(head, entries)
    audit.write(scope, "import.closed", [head.pk], digest_of=[head.sha256, dict(counts)], count=len(told.lines))
    return head


def notes_of(register: Register, columns: Columns, line: Line) -> list[Note]:
    """What is to be said of a row, under the sender's own headers."""
    places = {m: h for h, m in zip(unique(columns.header), columns.meant, strict=True) if m}
    return [Note(p.code, places.get(p.field), p.value, _more(register, p)) for p in line.outcome.problems]


def unique(header: Sequence[str]) -> list[str]:
    """The headers, each once: an empty or repeated one gets its place or a number."""
    return name_columns([*header, "x"], [])[0][:-1]


def _more(register: Register, problem: Problem) -> dict[str, Any]:
    """What the problem's text needs beside row, column and value."""
    f = register.declaration.fields.get(problem.field)
    pair = {"zh": f.zh, "en": f.en} if f else problem.field
    more: dict[str, Any] = {"field": pair, "register": pair, "expected": ""}
    if f and f.codes:
        some = list(register.choices(problem.field).values())[:EXAMPLES]
        more["expected"] = {"zh": "、".join(c["zh"] for c in some), "en": ", ".join(c["en"] for c in some)}
    known = texts().get(problem.code)
    return {k: v for k, v in more.items() if known is None or k in known.fields}


def register_of(head: ImportFile) -> str:
    """The register that a file of this kind went into; "" for a line list."""
    return head.kind.removeprefix(KIND) if head.kind.startswith(KIND) else ""


def columns_of(head: ImportFile, register: Register, header: Sequence[str]) -> Columns:
    """The columns as that file was read."""
    return map_header(register, header, {i: head.mapping["columns"].get(h, "") for i, h in enumerate(header)})


def _name(register: Register, header: Sequence[str]) -> list[str]:
    return [f"{KIND}{register.name}", *header]


def standing(register: Register, sender: str, header: Sequence[str]) -> dict[int, str]:
    """What was last said of this sender's columns for this register: place → field, or "" for none."""
    held: SavedMapping | None = sayings.standing(sender, _name(register, header))
    return {i: held.columns[h] for i, h in enumerate(unique(header)) if h in held.columns} if held else {}


def say(scope: Scope, register: Register, sender: str, columns: Columns) -> None:
    """Keeps how the columns were read, where somebody chose otherwise than the headers say by themselves. It holds for this sender's next table
    with these headers, is shown with the other sayings, and can be taken back."""
    header = unique(columns.header)
    plain = map_header(register, columns.header).meant
    chosen = {h: m for h, m, p in zip(header, columns.meant, plain, strict=True) if m != p}
    held = sayings.standing(sender, _name(register, columns.header))
    if chosen:
        sayings.say(scope, sender, _name(register, columns.header), chosen, f"{KIND}{register.name}", also=header)
    elif held is not None:
        sayings.take_back(scope, held.pk)
