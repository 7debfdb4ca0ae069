"""What was imported, row by row: a row that was rejected, or taken without a cell, is put right here and sent again alone."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.dateparse import parse_datetime

from sizao.doors.desk.intake import grouped
from sizao.doors.kit.pages import page
from sizao.doors.kit.whole import whole
from sizao.interop import kit, read, resend, sayings
from sizao.interop.dialects import labels
from sizao.kernel.errors import FIELD, Refused, texts
from sizao.kernel.registry import KEPT, find
from sizao.registers.population import pairs

#: The cure of a note that asks for nothing.
NOTHING = {"zh": "无需处理。", "en": "Nothing to do."}
#: Rows and files on one page.
ROWS, FILES = 50, 50


def files(request: HttpRequest) -> HttpResponse:
    """The last imports, those before `?before=` (a moment) on request, and what was said about senders' columns."""
    scope = request.scope.open()
    if request.GET.get("going"):
        return page(request, "desk/going.html", {"going": read.going_on(scope)})
    before = parse_datetime(text) if (text := request.GET.get("before", "")) else None
    some = read.listed(scope, before=before if before and before.tzinfo else None, limit=FILES + 1)
    older = some[FILES - 1].opened_at.isoformat() if len(some) > FILES else None
    return page(request, "desk/files.html", {"imports": some[:FILES], "older": older, "sayings": [(s, _meanings(s.kind, s.columns)) for s in sayings.sayings(scope)[:FILES]]})


def _meanings(kind: str, columns: dict[str, str]) -> list[tuple[str, dict[str, str] | None]]:
    """Header → what it means, as a label in both languages; None: not used."""
    if not kind.startswith(kit.KIND):
        return [(h, labels()["labels"].get(f, {"zh": f, "en": f}) if f else None) for h, f in columns.items()]
    register = find(kind.removeprefix(kit.KIND))
    own = {kit.NUMBER: KEPT[kit.NUMBER], **register.declaration.fields}
    return [(h, ({"zh": own[f].zh, "en": own[f].en} if f in own else {"zh": f, "en": f}) if f else None) for h, f in columns.items()]


def file(request: HttpRequest, file: UUID) -> HttpResponse:
    """The rows of one import that need somebody: rejected first, or any with a note (`?all=1`); `?after=` is the last line shown."""
    scope = request.scope.open()
    head = read.access_file_by_id(scope, file)
    if head.mends_id is not None:  # a row that was sent again stands in its file
        return HttpResponseRedirect(reverse("import-file", args=[head.mends_id]))
    after = whole(request.GET.get("after", "")) or 0
    every = request.GET.get("all") == "1"
    rows = read.rows(scope, file, outcome=None if every else "rejected", after=after, limit=ROWS + 1, only_problems=True)
    shown: dict[str, Any] = {"after": after, "file": head, "rows": rows[:ROWS], "more": rows[ROWS - 1]["line"] if len(rows) > ROWS else None, "every": every, "counts": _counts(head.problem_counts, request)}
    shown["waiting"] = pairs.waiting_of_batches([head.batch_id]).get(head.batch_id, 0)
    shown["again"] = read.sent_again(scope, file, [r["line"] for r in shown["rows"]])
    return page(request, "desk/file.html", shown)


def row(request: HttpRequest, file: UUID, line: int) -> HttpResponse:
    """GET: the row's cells, to be put right. POST: the row again, alone; nothing that was typed is lost when it is refused once more."""
    scope = request.scope.open()
    head, standing = read.access_row(scope, file, line)
    file, line = head.pk, standing.line
    if request.method != "POST":
        cells = read.mendable(scope, file, line)
        problems = read.problems_of(scope, file, line)
        shown = {"file": head, "line": line, "cells": cells, "result": None, "groups": [], "cures": {}, "loose": [p for p in problems if p["column"] not in cells]}
    else:
        cells = dict(zip(request.POST.getlist("header"), request.POST.getlist("cell"), strict=False))
        result = resend.send_again(scope, file, line, cells).as_json()
        groups, cures = grouped(result["files"][0]["problems"]), _cures(request)
        problems = [g | {"cure": {"zh": cures.get(g["code"], ""), "en": cures.get(g["code"], "")}} for g in groups]
        shown = {"file": head, "line": line, "cells": cells, "result": result, "groups": groups, "cures": cures, "loose": []}
    marked: dict[str, list[str]] = {}
    mended: dict[str, list[str]] = {}  # what the reading mended by itself is said, and marks no cell as wrong
    for p in problems:
        side = "zh" if request.LANGUAGE_CODE.startswith("zh") else "en"  # type: ignore[attr-defined]
        (mended if p["cure"][side] == NOTHING[side] else marked).setdefault(p["column"] or "", []).append(f"{p[side]} {p['cure'][side]}".strip())
    more = {"marked": marked, "mended": mended, "first": next((h for h in cells if h in marked), None), "following": read.next_rejected(scope, file, line), "again": read.sent_again(scope, file, [line]).get(line)}
    return page(request, "desk/row.html", shown | more)


def forget(request: HttpRequest, saying: UUID) -> HttpResponse:
    """Takes back what was said about a sender's columns."""
    try:
        sayings.take_back(request.scope.open(), saying)
    except Refused as refused:  # taken back already: the list shows it
        if refused.code != "not-found-or-out-of-area":
            raise
    return HttpResponseRedirect(reverse("import-files"))


def _cures(request: HttpRequest) -> dict[str, str]:
    english = request.LANGUAGE_CODE == "en"
    return {c: (x.cure_en if english else x.cure_zh) for c, x in texts().items()}


def _counts(counts: dict[str, int], request: HttpRequest) -> list[dict[str, Any]]:
    """How often each kind of note was made in the file, the most frequent first."""
    cures = _cures(request)
    known = texts()
    said = {code: {"zh": FIELD.sub("…", known[code].zh), "en": FIELD.sub("…", known[code].en)} if code in known else {"zh": code, "en": code} for code in counts}
    return [{"code": code, "count": n, "cure": cures.get(code, ""), **said[code]} for code, n in sorted(counts.items(), key=lambda c: -c[1])]
