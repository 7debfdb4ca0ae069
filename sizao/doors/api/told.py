"""What a program tells: its body as JSON, the size of the page that it asks for."""

import json
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from sizao.doors.kit.whole import whole
from sizao.kernel.errors import Refused
from sizao.kernel.registry import YEARS
from sizao.kernel.typed import printable, storable


def body(request: HttpRequest) -> Any:
    """The body, read as JSON. Halves of surrogate pairs, which no database and no answer can hold, become signs of replacement.

    Raises ValueError for what is none: also NaN and Infinity, which Python would take, and a number too large for any.
    """
    try:
        found = json.loads(request.body, parse_constant=_none, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return _clean(found) if b"\\u" in request.body else found  # only an escape can say half of a pair


def _none(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def _finite(text: str) -> float:
    found = float(text)
    if found in (float("inf"), float("-inf")):
        raise ValueError("too large a number")
    return found


def _clean(found: Any) -> Any:
    if isinstance(found, str):
        return found.encode("utf-8", "replace").decode() if not found.isascii() else found
    if isinstance(found, list):
        return [_clean(one) for one in found]
    return {_clean(key): _clean(value) for key, value in found.items()} if isinstance(found, dict) else found


def moment(told: Any) -> datetime:
    """A moment with its offset, of a year that somebody lived in. Raises ValueError, TypeError."""
    at = datetime.fromisoformat(told)
    if at.tzinfo is None:
        raise ValueError("a moment says its offset")
    if not YEARS[0] <= at.year <= YEARS[1]:
        raise ValueError("nobody lived then")
    return at


def plain(told: Any) -> str:
    """A text that the database can keep and paper can show; "" when nothing is told."""
    return printable(storable(str(told or ""))).strip()


def page_size(request: HttpRequest, usual: int, most: int) -> int:
    """How many rows `?limit=` asks for, the usual number when it does not. Refused: bad-value, outside of 1 to `most`."""
    raw = request.GET.get("limit", "").strip()
    if not raw:
        return usual
    asked = whole(raw, most)
    if not asked:
        raise Refused("bad-value", field="limit", value=storable(raw[:40]), expected=f"1 – {most}")
    return asked


def with_names(request: HttpRequest) -> bool:
    """Whether `?names=1` asks for personal values too. Refused: bad-value, for anything but 1 and 0."""
    raw = request.GET.get("names", "0").strip() or "0"
    if raw not in ("0", "1"):
        raise Refused("bad-value", field="names", value=storable(raw[:40]), expected="0, 1")
    return raw == "1"
