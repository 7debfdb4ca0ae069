"""What was imported, row by row: a row that was rejected, or taken without a cell, is put right here and sent again alone."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from sizao.doors.desk.intake import grouped
from sizao.doors.kit.pages import page
from sizao.interop import read, resend, sayings
from sizao.interop.dialects import labels
from sizao.kernel.errors import Refused, texts

#: Rows and files on one page.
ROWS, FILES = 50, 50


def files(request: HttpRequest) -> HttpResponse:
    """The last imports, and what was said about senders' columns."""
    scope = request.scope.open()
    return page(request, "desk/files.html", {"imports": read.files(scope)[:FILES], "sayings": list(sayings.sayings(scope)[:FILES]), "fields": labels()["labels"]})


def file(request: HttpRequest, file: UUID) -> HttpResponse:
    """The rows of one import that need somebody: rejected first, or any with a note (`?all=1`); `?after=` is the last line shown."""
    scope = request.scope.open()
    head = read.access_file_by_id(scope, file)
    after = int(text) if (text := request.GET.get("after", "")).isdigit() else 0
    every = request.GET.get("all") == "1"
    rows = read.rows(scope, file, outcome=None if every else "rejected", after=after, limit=ROWS + 1, only_problems=True)
    shown = {"file": head, "rows": rows[:ROWS], "more": rows[ROWS - 1]["line"] if len(rows) > ROWS else None, "every": every, "counts": _counts(head.problem_counts, request)}
    return page(request, "desk/file.html", shown)


def row(request: HttpRequest, file: UUID, line: int) -> HttpResponse:
    """GET: the row's cells, to be put right. POST: the row again, alone; nothing that was typed is lost when it is refused once more."""
    scope = request.scope.open()
    head = read.access_file_by_id(scope, file)
    if request.method != "POST":
        return page(request, "desk/row.html", {"file": head, "line": line, "cells": read.mendable(scope, file, line), "result": None})
    told = dict(zip(request.POST.getlist("header"), request.POST.getlist("cell"), strict=False))
    result = resend.send_again(scope, file, line, told).as_json()
    shown = {"file": head, "line": line, "cells": told, "result": result, "groups": grouped(result["files"][0]["problems"]), "cures": _cures(request)}
    return page(request, "desk/row.html", shown)


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
    return [{"code": code, "count": n, "cure": cures.get(code, "")} for code, n in sorted(counts.items(), key=lambda c: -c[1])]
