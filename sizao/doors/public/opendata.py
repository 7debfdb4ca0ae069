"""For programs and feed readers: grades, rules, what was published, answers; as JSON and CSV, as an Atom and an RSS feed."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from xml.etree import ElementTree as ET

from django.http import HttpRequest, HttpResponse, JsonResponse

from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.typed import printable
from sizao.plan import evaluation
from sizao.registers.command import read as command
from sizao.situation.publication import questions, store

from . import donations
from .bulletins import NOBODY, as_json, open_to_all, plain

ATOM = "http://www.w3.org/2005/Atom"
#: News in a feed.
ENTRIES = 50


def about(request: HttpRequest) -> HttpResponse:
    """What can be had, in which form, under which address."""
    return page(request, "public/opendata.html", NOBODY | {"w": Words(request.LANGUAGE_CODE), "section": "open-data"})  # type: ignore[attr-defined]


def data(request: HttpRequest, what: str, sent_as: str) -> HttpResponse:
    """One of the sets as JSON or CSV."""
    made = {"grades": grades, "rules": rules, "publications": publications, "answers": answers, "donations": given}.get(what)
    if made is None or sent_as not in ("json", "csv"):
        raise Refused("page-not-found")
    rows = made()
    if sent_as == "json":
        return open_to_all(JsonResponse({"at": clock.now().isoformat(), what: rows}, json_dumps_params={"ensure_ascii": False}))
    out = io.StringIO()
    flat = [{k: v for k, v in r.items() if not isinstance(v, dict | list)} for r in rows]
    writer = csv.DictWriter(out, list(flat[0]) if flat else ["nothing"])
    writer.writeheader()
    writer.writerows([{k: plain("" if v is None else v) for k, v in r.items()} for r in flat])
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{what}.csv"'
    return open_to_all(response)


def grades() -> list[dict[str, Any]]:
    """Grades in force that people signed."""
    return [
        {"area": r.area.code, "area_zh": r.area.name_zh, "area_en": r.area.name_en, "grade": r.value, "from": _iso(r.starts_at), "until": _iso(r.ends_at), "review_by": _iso(r.review_by), "rule": r.rule}
        for r in command.published_grades(clock.now())
    ]


def rules() -> list[dict[str, Any]]:
    """Editions in force, each measure by its id and titles."""
    now, found = clock.now(), []
    for f in evaluation.in_force(now):
        e = f.enactment
        if e.ends_at is None or e.ends_at > now:
            found.append({"edition": e.item.ref, "area": e.area.code, "disease": e.disease, "measure": f.measure.id, "title_zh": f.measure.title["zh"], "title_en": f.measure.title["en"], "from": _iso(e.starts_at), "until": _iso(e.ends_at), "trial": e.trial})
    return found


def publications() -> list[dict[str, Any]]:
    return [as_json(r) | {"title_zh": r.body["title"]["zh"], "title_en": r.body["title"]["en"], "area_code": r.area.code} for r in store.out(200)]


def answers() -> list[dict[str, Any]]:
    return [
        {"code": q.code, "kind": q.kind, "topic": q.topic, "area_code": q.area.code, "question": "" if q.recalled_at else q.matter, "answer": "" if q.recalled_at else q.answer, "source": q.source, "published_at": _iso(q.published_at), "recalled_at": _iso(q.recalled_at), "notice": q.notice}
        for q in questions.out(most=500)
    ]


def given() -> list[dict[str, Any]]:
    """Every line of the ledgers of donations that are out, of each area the newest."""
    return [{"area": r.area.code, "publication": r.code, "as_of": _iso(r.as_of)} | told for r in store.gifts_out() for told in donations.lines(r)]


def _news(words: Words, base: str) -> list[tuple[datetime, str, str, str, str]]:
    """Publications, recalls and answers, the newest first: (when, its code, title, address, words). At most ENTRIES."""
    entries: list[tuple[Any, str, str, str, str]] = []
    for r in store.out(30):
        at = r.recalled_at or r.signed_at
        title = words.both(r.body["title"]) + f" · {words.name(r.area)}"
        told = ("撤回：" if words.is_zh else "Recalled: ") + r.notice if r.recalled_at else words.both(r.body["note"]) or r.body.get("text", "")
        entries.append((at, r.code, ("［已撤回］" if words.is_zh else "[recalled] ") * bool(r.recalled_at) + title, base + url("bulletin", code=r.code), told))
    for q in questions.out(most=30):
        entries.append((q.recalled_at or q.published_at, q.code, q.matter, base + url("questions", {"topic": q.topic}), q.notice if q.recalled_at else q.answer))
    return sorted(entries, key=lambda e: e[0], reverse=True)[:ENTRIES]


def rss(request: HttpRequest) -> HttpResponse:
    """The same news as RSS 2.0 (RSS Advisory Board, 2.0.11) for readers that know no Atom; `atom:link` says its own address, as the best practices ask."""
    words = Words(request.LANGUAGE_CODE)  # type: ignore[attr-defined]
    base = request.build_absolute_uri("/").rstrip("/")
    ET.register_namespace("atom", ATOM)
    root = ET.Element("rss", {"version": "2.0"})
    channel = ET.SubElement(root, "channel")
    news = _news(words, base)
    for name, value in (
        ("title", _title(words)), ("link", base + url("public-home")), ("description", "公报、更正与答复" if words.is_zh else "Bulletins, corrections and answers"), ("language", "zh-CN" if words.is_zh else "en"),
        ("lastBuildDate", format_datetime(news[0][0]) if news else ""), ("ttl", "60"),
    ):  # fmt: skip
        if value:
            _text(channel, "", name, value)
    ET.SubElement(channel, f"{{{ATOM}}}link", {"rel": "self", "type": "application/rss+xml", "href": base + url("feed-rss")})
    for at, code, title, link, told in news:
        item = ET.SubElement(channel, "item")
        for name, value in (("title", title), ("link", link), ("description", told), ("pubDate", format_datetime(at))):
            _text(item, "", name, value)
        ET.SubElement(item, "guid", {"isPermaLink": "false"}).text = f"urn:sizao:{code}"
    return open_to_all(HttpResponse(_xml(root), content_type="application/rss+xml; charset=utf-8"))


def feed(request: HttpRequest) -> HttpResponse:
    """An Atom feed (RFC 4287) of publications, recalls and answers, the newest first."""
    words = Words(request.LANGUAGE_CODE)  # type: ignore[attr-defined]
    base = request.build_absolute_uri("/").rstrip("/")
    entries = _news(words, base)
    ET.register_namespace("", ATOM)
    root = ET.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": "zh-Hans" if words.is_zh else "en"})
    _text(root, ATOM, "title", _title(words))
    _text(root, ATOM, "id", base + url("feed"))
    _text(root, ATOM, "updated", _iso(entries[0][0] if entries else datetime(2000, 1, 1, tzinfo=UTC)))
    ET.SubElement(root, f"{{{ATOM}}}link", {"rel": "self", "href": base + url("feed")})
    author = ET.SubElement(root, f"{{{ATOM}}}author")
    _text(author, ATOM, "name", "Sizao")
    for at, code, title, link, told in entries:
        entry = ET.SubElement(root, f"{{{ATOM}}}entry")
        _text(entry, ATOM, "title", title)
        _text(entry, ATOM, "id", f"urn:sizao:{code}")
        _text(entry, ATOM, "updated", _iso(at))
        ET.SubElement(entry, f"{{{ATOM}}}link", {"href": link})
        _text(entry, ATOM, "summary", told)
    return open_to_all(HttpResponse(_xml(root), content_type="application/atom+xml; charset=utf-8"))


def _title(words: Words) -> str:
    return "疫情信息公开" if words.is_zh else "What is published"


def _text(parent: Any, space: str, name: str, value: Any) -> None:
    ET.SubElement(parent, f"{{{space}}}{name}" if space else name).text = printable(str(value or ""))


def _xml(root: Any) -> bytes:
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
