"""A table into a register: pasted from a spreadsheet or a file; which column is which field; a trial; then the rows and their ledger.

Nothing is kept between the steps: the page itself holds the table. Rows that were refused come back in the box, to be mended and sent again; they
stand among the imported files too, with what became of every other row. Columns that somebody chose are remembered for the post's next table.
"""

import csv
import io
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse

from sizao.doors.desk.intake import received
from sizao.doors.desk.register_form import reason
from sizao.doors.desk.registers import label
from sizao.doors.kit import lists
from sizao.doors.kit.pages import is_demo, page
from sizao.doors.kit.whole import whole
from sizao.doors.kit.words import Words
from sizao.interop import kit
from sizao.interop.opening import open_table
from sizao.kernel.errors import Refused
from sizao.kernel.registry import KEPT, Register, find
from sizao.kernel.scope import Scope

#: Characters that the page carries between the steps.
LONGEST = 3 << 20
REASONS = 50


def intake(request: HttpRequest, register: str) -> HttpResponse:
    """GET: the form. POST: a trial, or with `write` the import. Refused: nothing-uploaded, upload-too-large, too-many-rows, file-*."""
    scope, found = request.scope.open(), find(register)  # type: ignore[attr-defined]
    if request.method != "POST":
        return _answer(request, scope, found, {})
    header, rows = table_of(request, found)
    told = {n: v for k, v in request.POST.items() if k.startswith("c.") and (n := whole(k[2:])) is not None}
    sender = f"post:{scope.post_id}"
    columns = kit.map_header(found, header, told or kit.standing(found, sender, header) or None)
    write = bool(request.POST.get("write"))
    ledger = None
    if not (write and columns.missing):
        ledger = kit.bring_in(scope, found, columns, rows, sender=sender, zone=lists.zone_of(scope), dry=not write, name=_name(request, found))
    left = [line.cells for line in ledger.rejected] if ledger is not None and write else rows
    shown = {"columns": columns, "ledger": ledger, "table": _tsv(header, left) if left else "", "rows": len(rows), "example": rows[:3]}
    return _answer(request, scope, found, shown)


def _name(request: HttpRequest, register: Register) -> str:
    """What the table is called in the list of imports."""
    uploaded = next(iter(request.FILES.values()), None)
    return (Path(str(uploaded.name or "")).name if uploaded else "") or f"{register.name}.pasted"


def table_of(request: HttpRequest, register: Register) -> tuple[list[str], list[list[str]]]:
    """The header and the rows that were pasted or uploaded. An invented city takes only what is typed into it, never a file."""
    if request.FILES:
        names = {label(register, n, Words(w)).lower() for n in register.writable() for w in ("zh", "en")}
        with received(request) as (paths, _digest):
            table = open_table(paths[0], knows=lambda text: text.strip().lower() in names)
            rows = [row for block in table.blocks() for row in block.rows[: kit.MOST_ROWS + 1]]
            header = table.header
        if len(rows) > kit.MOST_ROWS:
            raise Refused("too-many-rows", limit=kit.MOST_ROWS)
        return header, rows
    text = request.POST.get("table", "")
    if not text.strip():
        raise Refused("nothing-uploaded")
    if len(text) > LONGEST:
        raise Refused("upload-too-large", megabytes=len(text) >> 20, limit=LONGEST >> 20)
    first = text.lstrip("\ufeff").splitlines()[0]
    delimiter = "\t" if "\t" in first else ";" if first.count(";") > first.count(",") else ","
    try:
        lines = [row for row in csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=delimiter) if any(c.strip() for c in row)]
    except csv.Error:
        raise Refused("file-kind-unknown", file="—") from None
    width = len(lines[0])
    return lines[0], [(row + [""] * width)[: max(width, len(row))] for row in lines[1:]]


def _tsv(header: list[str], rows: Any) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter="\t", lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def _answer(request: HttpRequest, scope: Scope, register: Register, shown: dict[str, Any]) -> HttpResponse:
    words = Words(request.LANGUAGE_CODE, lists.zone_of(scope))  # type: ignore[attr-defined]
    ledger = shown.get("ledger")
    reasons = [] if ledger is None else [(reason(register, p, request.LANGUAGE_CODE), n, rows) for p, n, rows in ledger.reasons()[:REASONS]]  # type: ignore[attr-defined]
    columns = shown.get("columns")
    choices = [(n, label(register, n, words) + (" *" if register.field(n).required else "")) for n in register.writable()]
    context = {
        "r": register,
        "d": register.declaration,
        "w": words,
        "columns": columns,
        "ledger": ledger,
        "reasons": reasons,
        "table": shown.get("table", ""),
        "rows": shown.get("rows", 0),
        "example": shown.get("example", []),
        "missing": [label(register, n, words) for n in columns.missing] if columns is not None else [],
        "choices": [*choices, (kit.NUMBER, words.both(KEPT[kit.NUMBER])), (kit.RECORD, "id")],
        "template": "\t".join(words.both(register.field(n)) for n in register.writable()),
        "may_upload": not is_demo(),
    }
    return page(request, "desk/register_import.html", context)
