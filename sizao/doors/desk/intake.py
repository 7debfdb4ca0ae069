"""Bringing a line list in: try it, read what would become of every row, then import the same files.

Nothing uploaded is kept between the two steps: the page sends the files again, and a digest makes sure that they are the ones that were tried.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse

from sizao.doors.kit.middleware import is_partial
from sizao.doors.kit.pages import is_demo, page
from sizao.interop import intake as interop
from sizao.interop.dialects import labels
from sizao.kernel.codes import diseases
from sizao.kernel.errors import Refused, texts

#: Larger files belong to the command line, which has no browser to wait.
LIMIT_MB = 64
LINES_SHOWN = 12
#: What is pasted from a spreadsheet is a table of tabs.
PASTED = "pasted.tsv"


def intake(request: HttpRequest) -> HttpResponse:
    """GET: the form. POST: a dry run and its row ledger."""
    if request.method != "POST":
        return page(request, "desk/import.html", {"diseases": _choices(), "result": None, "refused": None})
    with received(request) as (paths, seen):
        try:
            result = interop.import_files(request.scope.open(), paths, dry_run=True, **_told(request)).as_json()
        except Refused as refused:
            if refused.code not in ("table-kind-unsure", "key-unsure"):
                raise
            return _ask(request, refused, paths)
        unsure = {f["file"] for f in result["files"] if f["unmapped"] or f["said"]}
        examples = {path.name: interop.examples(path) for path in paths if path.name in unsure}
    return _ledger(request, result, dry=True, seen=seen, examples=examples)


def confirm(request: HttpRequest) -> HttpResponse:
    """Imports the files that were tried. Refused upload-changed when they are others."""
    with received(request) as (paths, seen):
        if request.POST.get("seen") != seen:
            raise Refused("upload-changed")
        result = interop.import_files(request.scope.open(), paths, **_told(request)).as_json()
    return _ledger(request, result, dry=False, seen=seen)


@contextmanager
def received(request: HttpRequest) -> Iterator[tuple[list[Path], str]]:
    """The uploaded files in a folder of their own that only the server reads and that is gone afterwards; and the digest of them all."""
    files: list[Any] = request.FILES.getlist("files")
    if pasted := request.POST.get("pasted", "").strip("\r\n"):
        files = [*files, SimpleUploadedFile(PASTED, pasted.encode())]
    if not files:
        raise Refused("nothing-uploaded")
    if is_demo():  # real people never enter an invented city
        raise Refused("store-is-demo", file=files[0].name)
    size = sum(f.size or 0 for f in files)
    if size > LIMIT_MB << 20:
        raise Refused("upload-too-large", megabytes=size >> 20, limit=LIMIT_MB)
    digest = hashlib.sha256()
    place = settings.STORE if settings.STORE and Path(settings.STORE).is_dir() else None
    with tempfile.TemporaryDirectory(prefix="upload-", dir=place) as folder:
        paths = []
        for i, f in enumerate(files):
            # The sender's own name is kept (it is shown in the ledger), but never as a path.
            path = Path(folder) / str(i) / (Path(f.name or "").name.lstrip(".") or "upload.csv")
            path.parent.mkdir()
            with path.open("wb") as out:
                for chunk in f.chunks():
                    digest.update(chunk)
                    out.write(chunk)
            digest.update(b"\0")
            paths.append(path)
        yield paths, digest.hexdigest()


def _told(request: HttpRequest) -> dict[str, Any]:
    """What the page says beside the files: the disease, whose numbers these are, and what somebody chose for single columns ("?": as it is)."""
    chosen = zip(request.POST.getlist("header"), request.POST.getlist("field"), strict=False)
    columns = {header: "" if field == "-" else field for header, field in chosen if field and field != "?"}
    return {
        "disease": _disease(request), "sender": request.POST.get("sender", "").strip() or "local", "columns": columns or None, "kind": request.POST.get("kind") or None,
        "accept_full_sheet": bool(request.POST.get("accept_full_sheet")),
    }  # fmt: skip


def _ask(request: HttpRequest, refused: Refused, paths: list[Path]) -> HttpResponse:
    """The file could not be told: its columns, to be named by who knows them."""
    examples = {h: some for path in paths if path.name == refused.values.get("file") for h, some in interop.examples(path).items()}
    return page(request, "desk/ask.html" if is_partial(request) else "desk/import.html", {"diseases": _choices(), "result": None, "refused": refused, "headers": list(examples), "examples": examples, "fields": labels()["labels"], "kinds": labels()["kinds"], "chosen": _told(request)["columns"] or {}, "kind": request.POST.get("kind", "")})


def _disease(request: HttpRequest) -> str:
    code = request.POST.get("disease", "")
    return code if code in diseases() else next(iter(_choices()))


def _choices() -> dict[str, Any]:
    """The diseases to choose from, the unnamed one last."""
    return diseases()


def grouped(problems: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Problems of one kind in one column together: a thousand rows with one fault are one line to read. The most frequent first."""
    found: dict[tuple[str, str | None], dict[str, Any]] = {}
    for p in problems:
        group = found.setdefault((p["code"], p["column"]), {**p, "count": 0, "rows": [], "values": []})
        group["count"] += 1
        if len(group["rows"]) < LINES_SHOWN and p["row"] not in (None, *group["rows"]):
            group["rows"].append(p["row"])
        if len(group["values"]) < 3 and p["value"] not in ("", None, *group["values"]):
            group["values"].append(p["value"])
    return sorted(found.values(), key=lambda g: -g["count"])


def _ledger(request: HttpRequest, result: dict[str, Any], *, dry: bool, seen: str, examples: dict[str, dict[str, list[str]]] | None = None) -> HttpResponse:
    english = request.LANGUAGE_CODE == "en"
    t, told = result["totals"], _told(request)
    shown = {
        "result": result,
        "dry": dry,
        "seen": seen,
        "samples": examples or {},
        # What was chosen on this page is asked for by the import, too, and can be chosen anew.
        "chosen": told["columns"] or {},
        "kind": told["kind"],
        "groups": {f["file"]: grouped(f["problems"]) for f in result["files"]},
        "cures": {c: (x.cure_en if english else x.cure_zh) for c, x in texts().items()},
        "balances": t["accepted"] + t["updated"] + t["duplicate"] + t["rejected"] == t["rows"],
        "diseases": _choices(),
        "fields": labels()["labels"],
        "kinds": labels()["kinds"],
        "refused": None,
    }
    return page(request, "desk/ledger.html" if is_partial(request) else "desk/import.html", shown)
