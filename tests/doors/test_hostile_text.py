"""Hostile text in every field that holds text, at every place where it is shown, printed, sent as a file or charted: it is text everywhere, and nothing else.

Places, posts, users, units, persons and every free text of every register are given one of four texts, by where they lie. Then every address, every register and
every public page is opened, and each answer is read as what it says that it is: a page, a table, a workbook, a paper, a drawing, a feed, a calendar.
"""

import csv
import io
import json
import re
import zipfile
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from django.db import DatabaseError, models, transaction
from django.test import Client
from doors.test_permissions import FOR_POSTS, ask
from doors.test_permissions import spread as things

from sizao.kernel import clock, registry
from sizao.kernel.codes import roles
from sizao.kernel.models import Area, Post, User
from sizao.kernel.scope import Scope
from sizao.passes import issuing
from sizao.registers.command import actions as command
from sizao.registers.command.actions import Grading
from sizao.registers.population import actions as population
from sizao.situation.models import Publication, Question

__all__ = ["things"]
pytestmark = pytest.mark.django_db
#: By the place where a thing lies. Together: scripts and handlers, a formula, marks that turn the direction of writing, signs that no XML holds, commands of the
#: program that sets papers and of templates, a line that would be one of a calendar or a header, signs beyond the first plane, and very much of it.
TEXTS = {
    "own": "<script>alert(1)</script>\"'><img src=x onerror=alert(2)></textarea></title>{{7*7}}${7*7}{% raw %}]]>&lt;",
    "child": "=cmd|' /C calc'!A0\t@SUM(1)\",+1",
    "parent": "\u202e\u2066𠮷田𡈽🦠\u0301\x0b\x01\ufffe\r\nBEGIN:VEVENT\r\nX-Evil: 1\r\n\r\n#panic(1) $x$ @a *b* \\c `d",
    "sibling": "长" * 1500 + "<svg/onload=alert(3)>",
}
CODES = {"own": "990001101201", "child": "990001101201-1", "parent": "990001101", "sibling": "990001101202"}
#: Texts that the program writes and reads again itself, not a person.
MACHINE = {"strata", "kind"}
EVENTS = re.compile(r"^on\w+$", re.IGNORECASE)
DATA = ("application/json", "application/geo+json", "importmap")


class Page(HTMLParser):
    """What of a page would run: text of scripts, handlers, addresses of scripts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.runs: list[str] = []
        self._script = False

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.runs += [f"{tag} {k}" for k in told if EVENTS.match(k)]
        self.runs += [f"{tag} {v[:40]}" for k, v in attrs if k in ("href", "src", "action", "formaction") and v and re.match(r"\s*(javascript|data:text/html|vbscript)", v, re.IGNORECASE)]
        if tag in ("img", "svg") and told.get("src") == "x":
            self.runs.append("img of the text")
        self._script = tag == "script" and told.get("type") not in DATA
        if self._script and not told.get("src"):
            self.runs.append("script without an address")

    handle_startendtag = handle_starttag

    def handle_data(self, data):
        if self._script and data.strip():
            self.runs.append(data[:60])


def xml(body: bytes) -> list[str]:
    """What an XML text holds that would run; raises where it is none."""
    tree = ET.fromstring(body)
    return [e.tag for e in tree.iter() if isinstance(e.tag, str) and e.tag.rpartition("}")[2] in ("script", "foreignObject")] + [k for e in tree.iter() for k in e.attrib if EVENTS.match(k)]


def wrong(answer) -> list[str]:
    """What an answer does that a text must not do."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    found = [f"header {k}" for k in answer.headers if "evil" in k.lower()]
    if answer.status_code >= 500:
        found.append(str(answer.status_code))
    if kind == "text/html":
        page = Page()
        page.feed(body.decode())
        found += page.runs
    elif kind == "text/csv":
        rows = csv.reader(io.StringIO(body.decode("utf-8-sig")))
        found += [cell[:20] for row in rows for cell in row if cell.startswith(("=", "@", "\t", "\r", "＝")) or cell.startswith(("+1", "-cmd"))]
    elif body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as whole:
            for name in whole.namelist():
                if name.endswith((".xml", ".rels")):
                    found += xml(whole.read(name))
                    found += ["a formula"] if re.search(rb"<f[ >]|<w:instrText|DDEAUTO", whole.read(name)) else []
    elif kind.endswith(("xml", "svg+xml")):
        found += xml(body)
    elif kind.endswith("json"):
        json.loads(body)
        found += [] if answer.headers.get("X-Content-Type-Options") == "nosniff" else ["may be taken for a page"]
    elif kind == "text/calendar":
        from icalendar import Calendar

        Calendar.from_ical(body)
        found += [line.decode()[:30] for line in body.split(b"\r\n") if line.startswith(b"X-Evil") or len(line) > 75]
    elif kind == "application/pdf" and not body.startswith(b"%PDF"):
        found.append("no paper")
    return found


@pytest.fixture
def all_rights(county, monkeypatch):
    monkeypatch.setitem(roles(), "everything", {"zh": "全权", "en": "Everything", "permissions": sorted({p for role in roles().values() for p in role["permissions"]})})
    return county.user("everything")


def spoil(things, areas) -> int:
    """Puts the texts where texts are; how many fields of registers hold one."""
    system = Scope.system("test")
    place = {areas[code].pk: TEXTS[relation] for relation, code in CODES.items()}
    with transaction.atomic():
        for relation, thing in things.items():
            population.correct_persons(system, {thing["person"]: population.PersonData(None, TEXTS[relation], occupation=TEXTS[relation], address=TEXTS[relation])})
    filled = 0
    for r in registry.registers():
        for name, f in r.declaration.fields.items():
            if r.type(name) not in ("text", "long") or name in MACHINE or f.codes or f.codes_by or f.names or "__" in r.column(name) or r.model in (population.Person, Area):
                continue
            if not isinstance(r.model._meta.get_field(r.column(name)), models.TextField | models.CharField):
                continue
            ways = {"area": r.declaration.area} if r.declaration.area else {}
            for pk, text in place.items():
                rows = r.model.objects.filter(r.only) if r.only is not None else r.model.objects.all()
                try:
                    with transaction.atomic():
                        filled += bool(rows.filter(**dict.fromkeys(ways.values(), pk)).update(**{name: text}))
                except DatabaseError:  # the database's own rule: a name that is unique, an order that nobody changes
                    continue
    for relation, code in CODES.items():
        Area.objects.filter(code=code).update(name_zh=TEXTS[relation], name_en=TEXTS[relation])
        Post.objects.filter(area__code=code).update(title_zh=TEXTS[relation], title_en=TEXTS[relation])
    User.objects.update(name=TEXTS["own"])
    return filled


def test_every_address_shows_hostile_text_as_text(outbreak, things, all_rights):
    assert spoil(things, outbreak.county.areas) > 60
    client, found, kinds = outbreak.client(all_rights), [], set()
    for route in (r for r in FOR_POSTS if "GET" in r.methods):
        for relation in TEXTS:
            thing = things[relation] | {"relation": relation, "area": CODES[relation]}
            forms = ("docx", "pdf") if route.name in ("order-paper", "review-paper") else ("docx",)
            for form in forms:
                with transaction.atomic():
                    answer = ask(client, route, thing | {"form": form})
                kinds.add(answer.headers.get("Content-Type", "").partition(";")[0])
                found += [(route.name, relation, form, what) for what in wrong(answer)]
    for panel in ("curve", "delays", "outcomes", "clusters"):
        for form in ("svg", "csv", "png"):
            for address in (f"/situation/{panel}.{form}?area={CODES['parent']}", f"/streams/fever-visits/curve.{form}?area={CODES['own']}", f"/signals/{things['child']['signal']}/curve.{form}"):
                answer = client.get(address)
                kinds.add(answer.headers.get("Content-Type", "").partition(";")[0])
                found += [(address, what) for what in wrong(answer)]
    made = client.post(f"/calendar?area={CODES['parent']}")
    assert made.status_code == 200
    answer = client.get(re.search(r"/calendar/[\w-]+\.ics", made.content.decode())[0])
    kinds.add(answer.headers["Content-Type"].partition(";")[0])
    found += [("calendar", what) for what in wrong(answer)]
    assert found == []
    assert {"text/html", "text/csv", "application/json", "image/svg+xml", "image/png", "text/calendar", "application/pdf"} <= kinds, kinds


def test_every_register_lists_and_sends_hostile_text_as_text(outbreak, things, all_rights):
    spoil(things, outbreak.county.areas)
    client, found, walked = outbreak.client(all_rights), [], 0
    for r in registry.registers():
        rows = list(r.rows(Scope.system("test")).order_by("-id")[:8])
        if not rows:
            continue
        walked += 1
        answers = {"list": client.get(f"/registers/{r.name}", {"cols": ",".join(r.declaration.fields)}), "api": client.get(f"/api/v1/{r.name}", {"names": "1"})}
        for form in ("csv", "xlsx"):
            answers[form] = client.post(f"/registers/{r.name}/export", {"format": form, "names": "1", "purpose": "response"})
        by_place = {getattr(r.area_of(row), "code", ""): row for row in rows}
        for code, row in by_place.items():
            answers[f"record {code}"] = client.get(f"/registers/{r.name}/{row.pk}")
            if r.declaration.write:
                answers[f"form {code}"] = client.get(f"/registers/{r.name}/{row.pk}/edit")
        found += [(r.name, way, what) for way, answer in answers.items() for what in wrong(answer)]
    assert found == [] and walked > 30


def test_the_public_reads_hostile_text_as_text(outbreak, things, all_rights):
    """A story, an answered question, a grade with its reason, an order, one's own page and papers; as pages, JSON, CSV, Atom and CAP."""
    spoil(things, outbreak.county.areas)
    now, someone = clock.now(), User.objects.create_user("another")
    for relation, thing in things.items():
        text = TEXTS[relation]
        row = Publication.objects.get(code=thing["code"])
        row.body |= {"title": {"zh": text, "en": text}, "text": text, "note": {"zh": text, "en": text}}
        row.signed_by, row.signed_at = someone, now
        row.save()
        Question.objects.filter(pk=thing["question"]).update(matter=text, answer=text, source=text, published_at=now, answered_at=now)
        with transaction.atomic():
            command.grade_areas(Scope.system("test"), [Grading(outbreak.county.areas[CODES[relation]].pk, "risk", "medium", now, basis=text)], sender="test")
    recalled = things["child"]["code"]
    Publication.objects.filter(code=recalled).update(recalled_at=now, recalled_by=someone, notice=TEXTS["child"])
    code = issuing.open_holder(all_rights, things["own"]["person"])
    asked = Client(HTTP_HOST="localhost")
    found, kinds = [], set()
    addresses = ["/public", "/public/grades", "/public/bulletins", "/public/questions", "/public/ask", "/public/help", "/public/give", "/public/data", "/public/feed.atom", "/public/rules", "/public/isolation", "/public/exposures", "/public/donations", f"/my/{code}"]
    addresses += [f"/public?place={c}" for c in CODES.values()] + [f"/public/alerts/{c}.xml" for c in CODES.values()]
    addresses += [f"/public/bulletins/{t['code']}{end}" for t in things.values() for end in ("", ".json", ".csv")]
    addresses += [f"/public/data/{what}.{form}" for what in ("grades", "rules", "publications", "answers") for form in ("json", "csv")]
    page = asked.get(f"/my/{code}").content.decode()
    addresses += re.findall(rf'href="(/my/{code}/[^"]+\.pdf)"', page)
    for address in addresses:
        answer = asked.get(address)
        kinds.add(answer.headers.get("Content-Type", "").partition(";")[0])
        found += [(address, what) for what in wrong(answer)]
    assert found == []
    assert {"application/atom+xml", "application/cap+xml", "text/csv", "application/json", "application/pdf"} <= kinds, kinds


@pytest.mark.parametrize("typed", [*TEXTS.values(), "nul\0here", "\ud800", "尔", "阿卜杜热西提·麦麦提艾力·买买提依明江·阿不力克木·吐尔逊", "龘" * 30, "🦠", " ", "\u200b"])
def test_whatever_is_typed_is_answered_with_words(outbreak, typed):
    """Into a form, a search, a filter, a pasted table, a question of the public and the API: taken as it is or refused with a reason, never broken."""
    client = outbreak.client(outbreak.desk)
    text = typed.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    answers = [
        client.post("/cards/new", {"p.name": text, "p.area": "990001101201-1", "c.disease": "covid-19", "c.classification": "suspected", "k.diagnosed_at": "2020-06-16T09:00", "k.remark": text}),
        client.get("/find", {"q": text}), client.get("/registers/persons", {"q": text}), client.get("/registers/cases", {"f.onset_on": text}), client.get("/registers/cases", {"view": text, "sort": text}),
        client.post("/registers/persons/import", {"table": f"姓名\t现住地\n{text}\t990001101201-1\n"}),
        client.post("/registers/persons/import", {"table": f"姓名\t现住地\n{text}\t990001101201-1\n", "write": "1"}),
        client.post("/registers/persons/new", {"name": text, "area": "990001101201-1", "national_id": text, "phone": text, "address": text}),
        Client(HTTP_HOST="localhost").get(f"/my/{text[:20].replace('/', '')}"),
    ]  # fmt: skip
    assert [(n, what) for n, a in enumerate(answers) for what in wrong(a)] == []
    assert [a.status_code for a in answers if a.status_code not in (200, 302, 404, 422)] == []
    sent = client.post("/api/v1/persons", json.dumps({"rows": [{"values": {"name": typed, "area": "990001101201-1"}}]}), content_type="application/json", HTTP_IDEMPOTENCY_KEY="k")
    assert sent.status_code in (200, 403) and wrong(sent) == []
