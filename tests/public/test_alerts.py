"""Alerts of CAP 1.2: valid by the rules of its schema whatever the area and its history, with the outline of the area, and each naming the messages that it supersedes.

The schema (OASIS, CAP-v1.2.xsd) and the data dictionary of the standard (§3.2) are written out below as a table: the file itself is not part of this project (its licence does not fit ours).
"""

import math
import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from sizao.doors.kit.rings import outer_rings
from sizao.doors.public import alerts
from sizao.kernel import clock
from sizao.kernel.machine import pretend
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.registers.command import actions as command
from sizao.registers.command.actions import Grading
from sizao.registers.command.models import AreaGrade

SPACE = "{urn:oasis:names:tc:emergency:cap:1.2}"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
NAME = re.compile(r"[^\s,<&]+")
PAIR = re.compile(r"-?\d+(\.\d+)?,-?\d+(\.\d+)?")
CODE = (("valueName", 1, 1, None), ("value", 1, 1, None))
AREA = (("areaDesc", 1, 1, None), ("polygon", 0, 99, None), ("circle", 0, 99, None), ("geocode", 0, 99, CODE), ("altitude", 0, 1, None), ("ceiling", 0, 1, None))
#: (element, least, most, what it holds): a set of words, a form, elements of its own, or anything.
INFO = (
    ("language", 0, 1, re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*")),
    ("category", 1, 99, {"Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other"}),
    ("event", 1, 1, None),
    ("responseType", 0, 99, {"Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"}),
    ("urgency", 1, 1, {"Immediate", "Expected", "Future", "Past", "Unknown"}),
    ("severity", 1, 1, {"Extreme", "Severe", "Moderate", "Minor", "Unknown"}),
    ("certainty", 1, 1, {"Observed", "Likely", "Possible", "Unlikely", "Unknown"}),
    ("audience", 0, 1, None), ("eventCode", 0, 99, CODE), ("effective", 0, 1, TIME), ("onset", 0, 1, TIME), ("expires", 0, 1, TIME), ("senderName", 0, 1, None), ("headline", 0, 1, None),
    ("description", 0, 1, None), ("instruction", 0, 1, None), ("web", 0, 1, re.compile(r"https?://\S+")), ("contact", 0, 1, None), ("parameter", 0, 99, CODE), ("area", 0, 99, AREA),
)  # fmt: skip
ALERT = (
    ("identifier", 1, 1, NAME), ("sender", 1, 1, NAME), ("sent", 1, 1, TIME), ("status", 1, 1, {"Actual", "Exercise", "System", "Test", "Draft"}),
    ("msgType", 1, 1, {"Alert", "Update", "Cancel", "Ack", "Error"}), ("source", 0, 1, None), ("scope", 1, 1, {"Public", "Restricted", "Private"}), ("restriction", 0, 1, None), ("addresses", 0, 1, None),
    ("code", 0, 99, None), ("note", 0, 1, None), ("references", 0, 1, re.compile(r"[^\s,]+,[^\s,]+,\S+( [^\s,]+,[^\s,]+,\S+)*")), ("incidents", 0, 1, None), ("info", 0, 99, INFO),
)  # fmt: skip


def faults(element, rules, where=""):
    """Everything about an element that its rules do not allow."""
    names = [e.tag.removeprefix(SPACE) for e in element]
    order = [name for name, *_ in rules]
    found = [f"{where}/{n}: unknown" for n in names if n not in order]
    if not found and names != sorted(names, key=order.index):
        found.append(f"{where}: order {names}")
    for name, least, most, holds in rules:
        some = element.findall(SPACE + name)
        if not least <= len(some) <= most:
            found.append(f"{where}/{name}: {len(some)} times")
        for one in some:
            text = one.text or ""
            if isinstance(holds, tuple):
                found += faults(one, holds, f"{where}/{name}")
            elif (isinstance(holds, set) and text not in holds) or (isinstance(holds, re.Pattern) and not holds.fullmatch(text)) or not text.strip() or len(one):
                found.append(f"{where}/{name}: {text!r}")
    return found


def checked(body):
    """A message that keeps the rules of the schema and those that stand beside it in words."""
    alert = ET.fromstring(body)
    assert alert.tag == SPACE + "alert" and faults(alert, ALERT) == []
    assert (alert.findtext(SPACE + "references") is None) == (alert.findtext(SPACE + "msgType") == "Alert")
    infos = alert.findall(SPACE + "info")
    assert [i.findtext(SPACE + "language") for i in infos] == ["zh-CN", "en"]
    for info in infos:
        [area] = info.findall(SPACE + "area")
        assert area.find(SPACE + "geocode") is not None
        for polygon in area.findall(SPACE + "polygon"):  # §3.2.4: four pairs at least, the last the first, latitude before longitude
            pairs = polygon.text.split(" ")
            assert all(PAIR.fullmatch(p) for p in pairs) and 4 <= len(pairs) <= alerts.POINTS and pairs[0] == pairs[-1] and len(set(pairs)) >= 3
            assert all(-90 <= float(p.split(",")[0]) <= 90 and -180 <= float(p.split(",")[1]) <= 180 for p in pairs)
    return alert


def circle(x, y, points, size=1.0):
    return [[x + size * math.cos(2 * math.pi * n / points), y + size * math.sin(2 * math.pi * n / points)] for n in range(points)] + [[x + size, y]]


def area(geometry=None, name="青禾<县>&"):
    return SimpleNamespace(code="990001", name_zh=name, name_en="Qinghe", level="county", zone="Asia/Shanghai", geometry=geometry)


def line(starts_at, ends_at=None, value="medium", **more):
    return SimpleNamespace(area=more.get("area", area()), value=value, basis=more.get("basis", "近 14 天有新增"), starts_at=starts_at, ends_at=ends_at)


T = datetime(2020, 2, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def test_the_table_of_rules_finds_what_is_wrong():
    good = alerts.cap(alerts.newest([line(T)], T), "https://a.example", exercise=False).decode()
    assert faults(ET.fromstring(good), ALERT) == []
    for wrong in (good.replace("Actual", "Real"), good.replace("cap:status>", "cap:state>").replace("<status>Actual</status>", ""), good.replace("-00:00", "Z"), good.replace("<scope>Public</scope>", ""), good.replace("<urgency>", "<urgency> ")):
        assert wrong != good and faults(ET.fromstring(wrong), ALERT), wrong


@pytest.mark.parametrize(
    "shape",
    [
        None,
        {"type": "Polygon", "coordinates": [[[1, 2], [3, 2], [3, 4], [1, 2]]]},
        {"type": "Polygon", "coordinates": [circle(110, 30, 5000), circle(110, 30, 50, 0.1)]},
        {"type": "MultiPolygon", "coordinates": [[circle(110 + n, 30, 300, 0.01 * (n + 1))] for n in range(40)]},
        {"type": "Polygon", "coordinates": [[[1, 2], [1, 2], [1, 2], [1, 2]]]},
        {"type": "Polygon", "coordinates": [[[1, 2, 9.5], [3, 2, 9.5], [3, 4, 9.5], [1, 2, 9.5]]]},
    ],
    ids=["none", "triangle", "5000 points and a hole", "40 islands", "a point", "with heights"],
)
def test_an_alert_is_valid_whatever_the_shape_of_its_area(shape):
    message = alerts.newest([line(T, area=area(shape), basis="a\x0b<&>]]>")], T)
    polygons = checked(alerts.cap(message, "http://localhost:8000", exercise=True)).find(SPACE + "info").findall(f"{SPACE}area/{SPACE}polygon")
    islands = 0 if shape is None else 1 if shape["type"] == "Polygon" else min(len(shape["coordinates"]), alerts.POLYGONS)
    assert len(polygons) == (0 if shape and len({tuple(p) for p in shape["coordinates"][0][0:4] if isinstance(p[0], int)}) == 1 else islands)


def test_a_simpler_outline_keeps_the_place_and_nearly_all_of_the_extent():
    def extent(ring):
        return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))) / 2

    [ring] = outer_rings({"type": "Polygon", "coordinates": [circle(110, 30, 5000)]}, points=100, most=5)
    assert len(ring) == 100 and ring[0] == ring[-1] and abs(extent(ring) / math.pi - 1) < 0.01
    assert all(abs(math.hypot(x - 110, y - 30) - 1) < 1e-4 for x, y in ring)


def test_the_polygon_says_latitude_first():
    shape = {"type": "Polygon", "coordinates": [[[120.5, 30.25], [121, 30.25], [121, 31], [120.5, 30.25]]]}
    alert = checked(alerts.cap(alerts.newest([line(T, area=area(shape))], T), "https://a.example", exercise=False))
    assert alert.findtext(f"{SPACE}info/{SPACE}area/{SPACE}polygon") == "30.25,120.5 30.25,121.0 31.0,121.0 30.25,120.5"


def test_a_grade_is_an_alert_its_change_an_update_and_its_end_a_cancel():
    lines = [line(T, T + 5 * DAY, "low"), line(T + 5 * DAY, T + 9 * DAY, "high"), line(T + 20 * DAY, None, "medium")]
    told = [checked(alerts.cap(alerts.newest(lines, T + n * DAY), "https://a.example", exercise=False)) for n in (0, 5, 9, 20)]
    assert [t.findtext(SPACE + "msgType") for t in told] == ["Alert", "Update", "Cancel", "Alert"]
    name = "sizao@a.example,{},{}".format
    first, second = (name(t.findtext(SPACE + "identifier"), t.findtext(SPACE + "sent")) for t in told[:2])
    assert [t.findtext(SPACE + "references") for t in told] == [None, first, f"{first} {second}", None]
    assert alerts.newest(lines, T - DAY) is None and told[2].findtext(f"{SPACE}info/{SPACE}urgency") == "Past"
    assert [i.findtext(SPACE + "headline") for i in told[2].findall(SPACE + "info")] == ["青禾<县>&：高风险已解除", "Qinghe: no longer high"]


def test_another_expiry_is_an_update_and_the_message_before_stays_as_it_was():
    first, longer, shorter = (SimpleNamespace(**vars(line(T, T + n * DAY)), pk="L", recorded_at=T + at * DAY) for n, at in ((9, -1), (14, 3), (6, 5)))

    def read_at(days, stands):
        versions = [first, longer, shorter]
        return checked(alerts.cap(alerts.newest([stands], T + days * DAY, {"L": versions[: versions.index(stands)]}), "https://a.example", exercise=False))

    told = [read_at(1, first), read_at(1, longer), read_at(4, longer), read_at(4, shorter), read_at(5, shorter), read_at(7, shorter)]
    assert [t.findtext(SPACE + "msgType") for t in told] == ["Alert", "Alert", "Update", "Update", "Update", "Cancel"]
    assert [t.findtext(f"{SPACE}info/{SPACE}expires") for t in told] == [alerts.cap_time(T + n * DAY) for n in (9, 9, 14, 14, 6)] + [None]
    same = {}
    for t in told:
        assert same.setdefault(t.findtext(SPACE + "identifier"), ET.tostring(t)) == ET.tostring(t)
    names = list(same)
    assert len(names) == 4
    assert [[r.split(",")[1] for r in (t.findtext(SPACE + "references") or "").split()] for t in (told[2], told[4], told[5])] == [names[:1], names[:2], names[:3]]


def test_what_is_put_right_before_it_begins_or_given_a_review_is_no_message_of_its_own():
    planned, moved, looked_at = (SimpleNamespace(**vars(line(T, T + n * DAY)), pk="L", recorded_at=T + at * DAY) for n, at in ((9, -3), (12, -1), (12, 4)))
    message = alerts.newest([looked_at], T + 5 * DAY, {"L": [planned, moved]})
    assert (message.kind, message.sent, message.line.ends_at) == ("Alert", T, T + 12 * DAY)


def test_a_grade_that_had_ended_and_is_prolonged_is_a_new_alert():
    short, prolonged = (SimpleNamespace(**vars(line(T, T + n * DAY)), pk="L", recorded_at=T + at * DAY) for n, at in ((5, 0), (10, 7)))
    told = [alerts.newest([prolonged], T + n * DAY, {"L": [short]}) for n in (1, 6, 7, 10)]
    assert [(m.kind, m.sent - T, len(m.before)) for m in told] == [("Alert", 0 * DAY, 0), ("Cancel", 5 * DAY, 1), ("Alert", 7 * DAY, 0), ("Cancel", 10 * DAY, 1)]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.sampled_from(["low", "medium", "high"])), max_size=30))
def test_who_reads_after_every_change_can_follow_each_message_to_the_ones_before(spells):
    """Spells follow after so many days (0: at once) and last so many (0: never were)."""
    lines, at = [], T
    for gap, days, value in spells:
        at += gap * DAY
        lines.append(line(at, at + days * DAY, value))
        at += days * DAY
    open_ones, seen = [], set()
    for moment in sorted({x for one in lines for x in (one.starts_at, one.ends_at)}):
        message = alerts.newest(lines, moment)
        if message is None or message.identifier in seen:
            continue
        body = checked(alerts.cap(message, "https://a.example", exercise=False))
        named = [r.split(",")[1] for r in (body.findtext(SPACE + "references") or "").split()]
        assert named == open_ones[-alerts.REFERENCES :]
        seen.add(message.identifier)
        open_ones = [] if message.kind == "Cancel" else [*([] if message.kind == "Alert" else open_ones), message.identifier]
    assert not any(m.ends_at > m.starts_at for m in lines) or not open_ones


# -- over the pages


def read(address, language="zh-hans"):
    browser = Client(HTTP_HOST="localhost")
    browser.cookies["sizao-language"] = language
    answer = browser.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content


@pytest.mark.django_db
def test_the_page_keeps_a_message_whose_expiry_was_changed_since(office):
    place, now, address = office.county.areas["990001101"], clock.now(), "/public/alerts/990001101.xml"
    with clock.frozen(now - 3 * DAY), pretend(now - 3 * DAY):
        [pk] = command.grade_areas(Scope.system("test"), [Grading(place.pk, "risk", "high", now - 3 * DAY, ends_at=now + DAY, basis="聚集性疫情")], sender="test")
        alert = checked(read(address))
    with clock.frozen(now - DAY), pretend(now - DAY):
        grade = AreaGrade.objects.get(pk=pk)
        grade.ends_at = now + 5 * DAY
        grade.save(update_fields=["ends_at"])
    update = checked(read(address))
    assert (update.findtext(SPACE + "msgType"), update.findtext(f"{SPACE}info/{SPACE}expires")) == ("Update", alerts.cap_time(now + 5 * DAY))
    assert update.findtext(SPACE + "identifier") != alert.findtext(SPACE + "identifier") and update.findtext(SPACE + "references").split(",")[1] == alert.findtext(SPACE + "identifier")
    with clock.frozen(now - 2 * DAY):
        assert checked(read(address)).findtext(SPACE + "identifier") == alert.findtext(SPACE + "identifier")
    [entry] = ET.fromstring(read("/public/alerts.atom")).findall("{http://www.w3.org/2005/Atom}entry")
    assert entry.findtext("{http://www.w3.org/2005/Atom}id") == "urn:sizao:" + update.findtext(SPACE + "identifier")


@pytest.mark.django_db
def test_the_page_tells_of_the_newest_change_and_the_feed_leads_to_every_one(office):
    place, now = office.county.areas["990001101"], clock.now()
    Area.objects.filter(pk=place.pk).update(geometry={"type": "Polygon", "coordinates": [circle(110, 30, 400)]})
    system, address = Scope.system("test"), "/public/alerts/990001101.xml"
    command.grade_areas(system, [Grading(place.pk, "risk", "high", now - 3 * DAY, basis="聚集性疫情")], sender="test")
    alert = checked(read(address))
    assert (alert.findtext(SPACE + "msgType"), alert.findtext(SPACE + "status"), len(alert.findall(f"{SPACE}info/{SPACE}area/{SPACE}polygon"))) == ("Alert", "Exercise", 2)
    command.grade_areas(system, [Grading(place.pk, "risk", "low", now - 2 * DAY)], sender="test")
    update = checked(read(address))
    assert (update.findtext(SPACE + "msgType"), alert.findtext(SPACE + "identifier") in update.findtext(SPACE + "references")) == ("Update", True)
    command.end_orders(system, [AreaGrade.objects.get(value="low").pk], now - DAY)
    cancel = checked(read(address))
    assert (cancel.findtext(SPACE + "msgType"), len(cancel.findtext(SPACE + "references").split())) == ("Cancel", 2)
    for language in ("zh-hans", "en"):
        feed = ET.fromstring(read("/public/alerts.atom", language))
        [entry] = feed.findall("{http://www.w3.org/2005/Atom}entry")
        assert entry.findtext("{http://www.w3.org/2005/Atom}id") == "urn:sizao:" + cancel.findtext(SPACE + "identifier")
        assert entry.find("{http://www.w3.org/2005/Atom}link").get("href").endswith(address)
    AreaGrade.objects.update(starts_at=now - 60 * DAY, ends_at=now - 40 * DAY)
    assert ET.fromstring(read("/public/alerts.atom")).findall("{http://www.w3.org/2005/Atom}entry") == []
    assert Client(HTTP_HOST="localhost").get("/public/alerts/990001102.xml").status_code == 404
