"""For anyone: what was given and where it went, as two people let it out. Goods and money; nobody is named who did not agree to it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from sizao.doors.kit.pages import page
from sizao.doors.kit.words import Words
from sizao.situation.models import Publication
from sizao.situation.publication import store

NOBODY: dict[str, Any] = {"user": None, "scope": None, "post": None}
COLUMNS = ("part", "kind", "what", "what_zh", "what_en", "who", "use", "amount", "gifts")


def ledger(request: HttpRequest) -> HttpResponse:
    """The newest ledger of an area; the widest area's where none is asked for."""
    rows = store.gifts_out()
    row = next((r for r in rows if r.area.code == request.GET.get("area")), rows[0] if rows else None)
    words = Words(request.LANGUAGE_CODE, row.area.zone) if row else Words(request.LANGUAGE_CODE)  # type: ignore[attr-defined]
    return page(request, "public/donations.html", NOBODY | {"w": words, "row": row, "rows": rows, "section": "donations"})


def lines(row: Publication) -> list[dict[str, Any]]:
    """A ledger as flat rows for a program: received, passed_on and in_store of each kind; `to` and `giver` lines. Nothing of a recalled one."""
    if row.recalled_at:
        return []
    zh, en = Words("zh-hans", row.area.zone), Words("en", row.area.zone)
    found = []
    for part, entry, who, amount in _parts(row.body["gifts"]):
        kind, code = entry["kind"], entry["code"]
        told = (part, kind, code, _called(zh, kind, code), _called(en, kind, code), who, entry.get("use", ""), amount, entry.get("gifts"))
        found.append(dict(zip(COLUMNS, told, strict=True)))
    return found


def _parts(body: dict[str, Any]) -> list[tuple[str, dict[str, Any], str, str]]:
    found = [(part, s, "", s[part]) for s in body["sums"] for part in ("received", "passed_on", "in_store")]
    found += [("to", t, t["to"]["zh"], t["amount"]) for t in body["to"]]
    return found + [("giver", g, g["giver"], g["amount"]) for g in body["givers"]]


def _called(words: Words, kind: str, code: str) -> str:
    return words.code(kind, code) if code else ""
