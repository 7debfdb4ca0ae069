"""For programs and feed readers: grades, rules, what was published, answers; as JSON and CSV, as an Atom and an RSS feed, and grades as alerts (CAP 1.2)."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from xml.etree import ElementTree as ET

from django.http import HttpRequest, HttpResponse, JsonResponse

from sizao.doors.kit.pages import is_demo, page
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.typed import printable
from sizao.plan import evaluation
from sizao.registers.command import read as command
from sizao.situation.publication import questions, store

from .bulletins import NOBODY, as_json, open_to_all, plain

ATOM, CAP = "http://www.w3.org/2005/Atom", "urn:oasis:names:tc:emergency:cap:1.2"
#: News in a feed.
ENTRIES = 50
#: Grade → severity, urgency, certainty of CAP 1.2.
SEVERITY = {"high": ("Severe", "Immediate", "Likely"), "medium": ("Moderate", "Expected", "Possible"), "low": ("Minor", "Future", "Unlikely")}


def about(request: HttpRequest) -> HttpResponse:
    """What can be had, in which form, under which address."""
    return page(request, "public/opendata.html", NOBODY | {"w": Words(request.LANGUAGE_CODE), "section": "open-data"})  # type: ignore[attr-defined]


def data(request: HttpRequest, what: str, sent_as: str) -> HttpResponse:
    """One of the sets as JSON or CSV."""
    made = {"grades": grades, "rules": rules, "publications": publications, "answers": answers}.get(what)
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


def alert(request: HttpRequest, area: str) -> HttpResponse:
    """The grade in force of one area as an alert of CAP 1.2 (OASIS, 1 July 2010), in both languages. An invented city sends exercises."""
    row = next((r for r in command.published_grades(clock.now()) if r.area.code == area), None)
    if row is None:
        raise Refused("page-not-found")
    return open_to_all(HttpResponse(cap(row, request.build_absolute_uri("/").rstrip("/"), exercise=is_demo()), content_type="application/cap+xml; charset=utf-8"))


def cap(row: Any, base: str, *, exercise: bool) -> bytes:
    """An alert; elements in the order of the schema. Identifiers hold no space, comma, < or &; instants have their offset and no Z, as the standard wants."""
    ET.register_namespace("", CAP)
    root = ET.Element(f"{{{CAP}}}alert")
    _text(root, CAP, "identifier", f"sizao-{row.area.code}-{row.starts_at:%Y%m%dT%H%M%S}-{row.value}")
    _text(root, CAP, "sender", "sizao@" + (base.partition("://")[2] or "localhost"))
    _text(root, CAP, "sent", _cap_time(row.starts_at))
    _text(root, CAP, "status", "Exercise" if exercise else "Actual")
    _text(root, CAP, "msgType", "Alert")
    _text(root, CAP, "scope", "Public")
    severity, urgency, certainty = SEVERITY.get(row.value, ("Unknown", "Unknown", "Unknown"))
    for language, tag in (("zh-hans", "zh-CN"), ("en", "en")):
        words = Words(language, row.area.zone)
        grade, place = words.code("risk-grade", row.value), words.name(row.area)
        info = ET.SubElement(root, f"{{{CAP}}}info")
        for name, value in (
            ("language", tag), ("category", "Health"), ("event", "风险等级" if words.is_zh else "Risk grade"), ("urgency", urgency), ("severity", severity), ("certainty", certainty),
            ("effective", _cap_time(row.starts_at)), ("expires", _cap_time(row.ends_at) if row.ends_at else ""), ("headline", f"{place}：{grade}" if words.is_zh else f"{place}: {grade}"),
            ("description", row.basis), ("web", base + url("public-home", {"place": row.area.code})),
        ):  # fmt: skip
            if value:
                _text(info, CAP, name, value)
        where = ET.SubElement(info, f"{{{CAP}}}area")
        _text(where, CAP, "areaDesc", place)
        code = ET.SubElement(where, f"{{{CAP}}}geocode")
        _text(code, CAP, "valueName", "GB/T 2260")
        _text(code, CAP, "value", row.area.code)
    return _xml(root)


def _title(words: Words) -> str:
    return "疫情信息公开" if words.is_zh else "What is published"


def _text(parent: Any, space: str, name: str, value: Any) -> None:
    ET.SubElement(parent, f"{{{space}}}{name}" if space else name).text = printable(str(value or ""))


def _xml(root: Any) -> bytes:
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _cap_time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00")
