"""Grades of areas as alerts: one message of CAP 1.2 for each change, and a feed of the newest message of each area.

References: Common Alerting Protocol Version 1.2, OASIS Standard, 1 July 2010; §3.2.1 alert, §3.2.2 info, §3.2.4 area, §3.3.2 date and time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree as ET

from django.http import HttpRequest, HttpResponse

from sizao.doors.kit.pages import is_demo
from sizao.doors.kit.rings import outer_rings
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.typed import printable
from sizao.registers.command import read as command

from .bulletins import open_to_all

ATOM, CAP, CAP_TYPE = "http://www.w3.org/2005/Atom", "urn:oasis:names:tc:emergency:cap:1.2", "application/cap+xml"
#: Grade → severity, urgency, certainty of CAP 1.2.
SEVERITY = {"high": ("Severe", "Immediate", "Likely"), "medium": ("Moderate", "Expected", "Possible"), "low": ("Minor", "Future", "Unlikely")}
UNKNOWN = ("Unknown", "Unknown", "Unknown")
ALERT, UPDATE, CANCEL = "Alert", "Update", "Cancel"
#: Points of one polygon, the closing one included; polygons of one area; earlier messages that one refers to.
POINTS, POLYGONS, REFERENCES = 100, 20, 20
#: For so long the feed tells of a grade that ended.
TOLD_AFTER = timedelta(days=30)
GEOCODE = "GB/T 2260"


@dataclass(frozen=True, slots=True)
class Spell:
    """A grade for as long as nothing that is told of it changes: from `starts_at` until `over` (None: still). `ends_at` is the expiry that was told meanwhile."""

    area: Any
    value: str
    basis: str
    starts_at: datetime
    ends_at: datetime | None
    over: datetime | None


@dataclass(frozen=True, slots=True)
class Message:
    """One change of an area's grade. `line` is what it tells of; of a Cancel, what ended. `before`: the messages that it supersedes, the earliest first."""

    line: Spell
    kind: str
    sent: datetime
    before: tuple[Message, ...] = ()

    @property
    def identifier(self) -> str:
        """No space, comma, < or & may stand in it."""
        part = f".{self.sent:%f}" if self.sent.microsecond else ""
        return re.sub(r"[^\w.:-]", "-", f"sizao-{self.line.area.code}-{self.sent:%Y%m%dT%H%M%S}{part}-{'ended' if self.kind == CANCEL else self.line.value}", flags=re.ASCII)


def newest(lines: Iterable[Any], now: datetime, before: Mapping[Any, Sequence[Any]] = MappingProxyType({})) -> Message | None:
    """The newest message of one area. None: there never was one.

    `lines`: its grades in order of time; `before`: row of a line → how it stood before it was changed. The first is an Alert; what follows at once, another grade or the same with another expiry or basis, an
    Update; an end without another a Cancel. So a message once sent stays as it was.
    """
    last: Message | None = None
    for spell in sorted((s for line in lines for s in spells(line, before.get(line.pk, ()) if before else ())), key=lambda s: s.starts_at):
        if spell.starts_at > now or (spell.over is not None and spell.over <= spell.starts_at):
            continue  # not yet, or never
        if last is not None and last.line.over is not None and last.line.over < spell.starts_at:
            last = None
        last = Message(spell, ALERT if last is None else UPDATE, spell.starts_at, () if last is None else _superseded(last))
    if last is not None and last.line.over is not None and last.line.over <= now:
        last = Message(last.line, CANCEL, last.line.over, _superseded(last))
    return last


def spells(line: Any, before: Sequence[Any] = ()) -> list[Spell]:
    """What was told of a grade, one after another. `before`: its earlier versions, the earliest first. What was changed before it began, or ended it, is no spell of its own."""
    told = [Spell(line.area, v.value, v.basis, line.starts_at, v.ends_at, v.ends_at) for v in (*before, line)]
    found = told[:1]
    for spell, version in zip(told[1:], (*before, line)[1:], strict=True):
        at, last = version.recorded_at, found[-1]
        if at <= last.starts_at or at <= before[0].recorded_at:
            found[-1] = replace(spell, starts_at=last.starts_at)
        elif spell.ends_at is not None and spell.ends_at <= at:
            found[-1] = replace(last, over=spell.ends_at)
        elif (spell.value, spell.basis, spell.ends_at, spell.over) != (last.value, last.basis, last.ends_at, last.over):
            found[-1] = replace(last, over=at if last.over is None else min(last.over, at))
            found.append(replace(spell, starts_at=at))
    return found


def _superseded(last: Message) -> tuple[Message, ...]:
    return (*last.before, replace(last, before=()))[-REFERENCES:]


def alert(request: HttpRequest, area: str) -> HttpResponse:
    """The newest message of one area, in both languages. An invented city sends exercises."""
    lines = command.published_course(area)
    message = newest(lines, clock.now(), command.course_before(lines))
    if message is None:
        raise Refused("page-not-found")
    return open_to_all(HttpResponse(cap(message, _base(request), exercise=is_demo()), content_type=f"{CAP_TYPE}; charset=utf-8"))


def feed(request: HttpRequest) -> HttpResponse:
    """An Atom feed (RFC 4287) of the newest message of each area, the newest first; grades that ended stay for TOLD_AFTER."""
    words, base, now = Words(request.LANGUAGE_CODE), _base(request), clock.now()  # type: ignore[attr-defined]
    by_area: dict[int, list[Any]] = {}
    courses = command.published_courses(now - TOLD_AFTER, now)
    before = command.course_before(courses)
    for line in courses:
        by_area.setdefault(line.area_id, []).append(line)
    told = sorted((m for lines in by_area.values() if (m := newest(lines, now, before)) is not None), key=lambda m: (m.sent, m.identifier), reverse=True)
    ET.register_namespace("", ATOM)
    root = ET.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": "zh-Hans" if words.is_zh else "en"})
    _text(root, ATOM, "title", "风险等级预警" if words.is_zh else "Grades of areas as alerts")
    _text(root, ATOM, "id", base + url("alerts"))
    _text(root, ATOM, "updated", (told[0].sent if told else datetime(2000, 1, 1, tzinfo=UTC)).isoformat())
    ET.SubElement(root, f"{{{ATOM}}}link", {"rel": "self", "href": base + url("alerts")})
    _text(ET.SubElement(root, f"{{{ATOM}}}author"), ATOM, "name", "Sizao")
    for m in told:
        entry = ET.SubElement(root, f"{{{ATOM}}}entry")
        _text(entry, ATOM, "title", _headline(m, words))
        _text(entry, ATOM, "id", f"urn:sizao:{m.identifier}")
        _text(entry, ATOM, "updated", m.sent.isoformat())
        ET.SubElement(entry, f"{{{ATOM}}}link", {"rel": "alternate", "type": CAP_TYPE, "href": base + url("alert", area=m.line.area.code)})
        _text(entry, ATOM, "summary", m.line.basis)
    return open_to_all(HttpResponse(_xml(root), content_type="application/atom+xml; charset=utf-8"))


def cap(message: Message, base: str, *, exercise: bool) -> bytes:
    """A message; elements in the order of the schema. Instants have their offset and no Z, as the standard wants."""
    line, sender = message.line, "sizao@" + (re.sub(r"[\s,<&]", "", base.partition("://")[2]) or "localhost")
    ET.register_namespace("", CAP)
    root = ET.Element(f"{{{CAP}}}alert")
    for name, value in (
        ("identifier", message.identifier), ("sender", sender), ("sent", cap_time(message.sent)), ("status", "Exercise" if exercise else "Actual"), ("msgType", message.kind), ("scope", "Public"),
        ("note", "invented data" if exercise else ""), ("references", " ".join(f"{sender},{m.identifier},{cap_time(m.sent)}" for m in message.before)),
    ):  # fmt: skip
        if value:
            _text(root, CAP, name, value)
    severity, urgency, certainty = SEVERITY.get(line.value, UNKNOWN) if message.kind != CANCEL else ("Unknown", "Past", "Observed")
    rings = outer_rings(line.area.geometry, points=POINTS, most=POLYGONS) if line.area.geometry else []
    for language, tag in (("zh-hans", "zh-CN"), ("en", "en")):
        words = Words(language, line.area.zone)
        info = ET.SubElement(root, f"{{{CAP}}}info")
        for name, value in (
            ("language", tag), ("category", "Health"), ("event", "风险等级" if words.is_zh else "Risk grade"), ("urgency", urgency), ("severity", severity), ("certainty", certainty),
            ("effective", cap_time(message.sent)), ("expires", cap_time(line.ends_at) if line.ends_at and message.kind != CANCEL else ""), ("headline", _headline(message, words)),
            ("description", line.basis), ("web", base + url("public-home", {"place": line.area.code})),
        ):  # fmt: skip
            if value:
                _text(info, CAP, name, value)
        where = ET.SubElement(info, f"{{{CAP}}}area")
        _text(where, CAP, "areaDesc", words.name(line.area))
        for ring in rings:
            _text(where, CAP, "polygon", " ".join(f"{lat},{lon}" for lon, lat in ring))
        code = ET.SubElement(where, f"{{{CAP}}}geocode")
        _text(code, CAP, "valueName", GEOCODE)
        _text(code, CAP, "value", line.area.code)
    return _xml(root)


def cap_time(at: datetime) -> str:
    """
    >>> cap_time(datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC))
    '2020-02-03T04:05:06-00:00'
    """
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00")


def _headline(message: Message, words: Words) -> str:
    place, grade = words.name(message.line.area), words.code("risk-grade", message.line.value)
    if message.kind == CANCEL:
        return f"{place}：{grade}已解除" if words.is_zh else f"{place}: no longer {grade}"
    return f"{place}：{grade}" if words.is_zh else f"{place}: {grade}"


def _base(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")


def _text(parent: Any, space: str, name: str, value: Any) -> None:
    ET.SubElement(parent, f"{{{space}}}{name}").text = printable(str(value or ""))


def _xml(root: Any) -> bytes:
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))
