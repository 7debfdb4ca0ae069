"""Listens for the invented rows of phones' lists in whatever is sent or asked, at every door: a form, a file, a program's message, a question of the public.

A row is known by its number (of a place that does not exist) or by its name (two characters that no other name here has together). Only what looks so is looked up,
so a request without it costs one search through its text and no statement.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.request import RawPostDataException

from sizao.doors.field import copies
from sizao.doors.kit.routes import Route
from sizao.rehearsal.people import NOWHERE

LOOKS_SO = re.compile(rf"{NOWHERE}[0-9]{{11}}[0-9Xx]|[㐀-鿿][{copies.RARE}]{{2}}")
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
#: Bytes of one file that are looked through, and rows of one request that are looked up.
LONGEST, MOST = 32 << 20, 5000
#: Where lists are looked through on purpose, by who looks after phones.
NOT_THERE = frozenset({"field-copies-look"})
#: How the reading of a workbook ends that was spoilt, cut off or sealed.
SPOILT = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)
#: Parts of a workbook in which text stands.
SHEETS = re.compile(r"xl/(sharedStrings|worksheets/.+)\.xml$")


def listen(request: HttpRequest, route: Route) -> None:
    """After a request: raises the alarm for every copy whose row was in it. In the process of the public alone nothing is done: its letters are heard where they are answered."""
    if settings.DATABASE_ROLE == "public" or route.name in NOT_THERE:
        return
    said = {found for text in _texts(request) for found in LOOKS_SO.findall(text)}
    if said:
        scope = getattr(request, "scope", None)
        copies.heard(sorted(said)[:MOST], place(route), scope.opened if scope is not None else None)


def in_files(paths: Iterable[Path], where: str, by: Any) -> None:
    """The same for files that a command line brings in."""
    said = {found for path in paths if path.is_file() for text in _of_bytes(path.open("rb").read(LONGEST)) for found in LOOKS_SO.findall(text)}
    if said:
        copies.heard(sorted(said)[:MOST], where, by)


def place(route: Route) -> str:
    """By which door it came, a code of `codelists/sighted-at.yaml`."""
    room = route.view.partition(".")[0]
    return "find" if route.name == "find" else "import" if route.name.startswith(("import", "register-import")) else room if room in ("api", "public", "field") else "form"


def _texts(request: HttpRequest) -> Iterator[str]:
    yield from (v for values in request.GET.lists() for v in values[1])
    if request.method in ("GET", "HEAD"):
        return
    kind = request.content_type or ""
    if kind.startswith(("multipart/", "application/x-www-form-urlencoded")):
        yield from (v for values in request.POST.lists() for v in values[1])
        for _name, files in request.FILES.lists():
            for f in files:
                f.seek(0)
                yield from _of_bytes(f.read(LONGEST))
        return
    try:
        yield from _of_bytes(request.body[:LONGEST])
    except (RawPostDataException, RequestDataTooBig):  # refused by who reads it
        return


def _of_bytes(data: bytes) -> Iterator[str]:
    """A file as text: a workbook's sheets, else in the encodings that line lists come in."""
    if data[:2] == b"PK":
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as book:
                left = LONGEST  # of all parts together, whatever they say of themselves: a small file can swell to any size
                for part in book.infolist():
                    if left and SHEETS.search(part.filename):
                        with book.open(part) as inside:
                            text = inside.read(left)
                        left -= len(text)
                        yield text.decode("utf-8", "replace")
        except SPOILT:  # whoever reads it says so
            return
        return
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        yield ESCAPED.sub(lambda m: chr(int(m[1], 16)), text) if "\\u" in text else text
        return
    yield data.decode("gb18030", "replace")
