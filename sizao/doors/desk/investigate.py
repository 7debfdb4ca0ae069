"""The investigator's screens of a case: where it was, who lives with it, where it was infected. Each writes through the register's own verb, and comes back as typed."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from sizao.doors.desk.register_form import candidates, reason
from sizao.doors.desk.registers import field_control
from sizao.doors.kit import moments
from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.flows import contacts_told
from sizao.interop.dialects import dialects, folds
from sizao.kernel import clock
from sizao.kernel.codes import code_list, disease_line
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.registry import find
from sizao.kernel.saving import write
from sizao.kernel.scope import Scope
from sizao.kernel.typed import Reader
from sizao.registers.cases import exposed, exposing, rules, sources
from sizao.registers.cases import read as cases
from sizao.registers.ledgers import read as ledgers
from sizao.registers.population import read as population

#: A stretch of which nobody said where the case was is shown from so long on.
GAP = timedelta(hours=4)
#: Days before the onset from which stays are asked for, where the disease's file says nothing.
BEFORE = 14
#: Of a stay, in the order in which one types it.
STAY = ("place", "elsewhere", "area", "opens_at", "closes_at", "purpose", "mask", "vehicle", "carriage", "seat", "exception")
#: Fields of a pasted table that make a contact.
PASTED = ("name", "sex", "age", "phone", "national_id", "address", "last_exposure_on")
THOUGHT = ("kind", "infector", "place", "origin", "likelihood", "evidence_for", "evidence_against")


class _Entry:
    """A small form of one register's row: read, written, and shown again with the reason at its field."""

    def __init__(self, request: HttpRequest, scope: Scope, register: str, names: tuple[str, ...], words: Words) -> None:
        self.request, self.scope, self.register, self.names, self.words = request, scope, find(register), names, words
        self.values: dict[str, str] = {}
        self.problems: dict[str, list[str]] = {}
        self.general: list[str] = []

    def save(self, also: dict[str, Any]) -> bool:
        """Writes a new row of what was sent and `also`; False where it was refused."""
        return self.saved_by(lambda told: write(self.scope, self.register, [Command(told={**told, **also})], sender=f"post:{self.scope.post_id}")[0])

    def saved_by(self, verb: Callable[[dict[str, Any]], Outcome]) -> bool:
        """The same by another verb than the register's own."""
        self.values = {n: self.request.POST.get(n, "").strip()[:4000] for n in self.names}
        told, problems = Reader(self.register, self.words.zone).read_all({n: self._meant(n, v) for n, v in self.values.items() if v})
        if not problems:
            done = verb(told)
            problems = list(done.problems) if done.kind == "rejected" else []
        self._tell(problems)
        return not problems

    def area_told(self, raw: str) -> Area | None:
        """The area of this code, wherever it is; None for none. The tree of areas is open to all."""
        return Area.objects.filter(code=raw.split(" · ")[0].strip(), valid_to=None).defer("geometry").first()

    def _meant(self, name: str, raw: str) -> str:
        if self.register.type(name) != "record":
            return raw
        first = raw.split(" · ")[0].strip()
        found = [] if " · " in raw else candidates(self.scope, self.register, name, first)
        exact = [v for v, called, _more in found if first in (v, called)]
        return exact[0] if len(exact) == 1 else found[0][0] if len(found) == 1 else first

    def _tell(self, problems: list[Problem]) -> None:
        for p in problems:
            why = reason(self.register, p, self.request.LANGUAGE_CODE)  # type: ignore[attr-defined]
            if p.field in self.names:
                self.problems.setdefault(p.field, []).append(why)
            else:
                self.general.append(why)

    def shown(self) -> dict[str, Any]:
        """What the template needs of it."""
        wrong = next((n for n in self.names if self.problems.get(n)), self.names[0])
        return {"controls": [replace(field_control(self.register, n, self.words, None), required=False, anywhere=True) if n == "area" else field_control(self.register, n, self.words, None) for n in self.names], "values": self.values, "problems": self.problems, "general": self.general, "focus": wrong}


def _opened(request: HttpRequest, case: UUID, right: str) -> tuple[Scope, Any, Words]:
    """The case, the read on record, for who may write there. Refused not-found-or-out-of-area, not-allowed."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    row = cases.access_case_by_id(scope, case)
    scope.check(right, row.area)
    return scope, row, Words(request.LANGUAGE_CODE, row.area.zone)  # type: ignore[attr-defined]


def _head(scope: Scope, row: Any, words: Words) -> dict[str, Any]:
    return {"w": words, "case": row, "name": population.names_of(scope, [row.person_id], "cases.names").get(row.person_id) or row.source_id, "now": clock.now()}


def _back(name: str, case: UUID, **query: Any) -> HttpResponse:
    response = HttpResponseRedirect(url(name, query, case=case))
    response.status_code = 303
    return response


def trajectory(request: HttpRequest, case: UUID) -> HttpResponse:
    """Where the case was: its stays in the order of time, what nobody knows between them, and the line for the next one. POST: a new stay, or a step of one
    (confirm, withdraw). Refused: bad-value."""
    scope, row, words = _opened(request, case, "case.write")
    entry = _Entry(request, scope, "exposed-places", STAY, words)
    stays = exposed.trajectory(scope, row.pk)
    if request.method == "POST":
        if stay := request.POST.get("stay", ""):
            _step(scope, row, stays, stay, request.POST.get("do", ""))
            return _back("case-trajectory", row.pk)
        if _add_stay(request, scope, row, entry):
            return _back("case-trajectory", row.pk, saved="new")
    last = stays[-1].closes_at if stays else None
    if not entry.values and last:
        entry.values = {"opens_at": f"{last.astimezone(ZoneInfo(words.zone)):%Y-%m-%dT%H:%M}"}
    since, until = _span(row, words)
    gaps = rules.unknown([(s.opens_at, s.closes_at) for s in stays], since, until, GAP)
    lines: list[tuple[datetime, str, Any]] = [*((s.opens_at, "stay", s) for s in stays), *((a, "gap", (a, b)) for a, b in gaps)]
    able = rules.infectious(row.onset_on, disease_line(row.disease, "infectious", row.onset_on) if row.onset_on else None)
    context = {
        **_head(scope, row, words),
        **entry.shown(),
        "lines": sorted(lines, key=lambda line: (line[0], line[1])),
        "since": since,
        "until": until,
        "able": able,
        "confirmed": sum(1 for s in stays if s.confirmed_at),
        "stays": len(stays),
        "saved": request.GET.get("saved", ""),
    }
    return page(request, "desk/trajectory.html", context, status=422 if entry.problems or entry.general else 200)


def _span(row: Any, words: Words) -> tuple[datetime, datetime]:
    """From when to when the case's days are asked for: from the longest incubation before the onset, else two weeks, until the report or now."""
    end = row.reported_at or clock.now()
    onset = row.onset_on or end.astimezone(ZoneInfo(words.zone)).date()
    line = disease_line(row.disease, "incubation", onset)
    begin = onset - timedelta(days=int(line["days"][1]) if line else BEFORE)
    return clock.start_of_day(begin, words.zone), max(end, clock.start_of_day(onset, words.zone))


def _add_stay(request: HttpRequest, scope: Scope, row: Any, entry: _Entry) -> bool:
    """At a place of the register that this post sees; else in words, in the area told or the case's own, which may lie beyond this post's."""
    also: dict[str, Any] = {"case": row.pk, "disease": row.disease}
    told = entry._meant("place", request.POST.get("place", "").strip())
    try:
        unit = ledgers.units(scope).filter(pk=UUID(told)).first()
    except ValueError:
        unit = None
    if unit is not None:
        also["area"] = unit.area_id
    if request.POST.get("confirmed"):
        also["confirmed_at"] = clock.now()
    area = request.POST.get("area", "").strip() and entry.area_told(request.POST["area"])
    if unit is not None or not area or scope.can("case.write", area):
        return entry.save({"area": row.area_id} | also if not area else also)
    return entry.saved_by(lambda told: exposing.add_stay_beyond(scope, row, {**told, **also}))


def _step(scope: Scope, row: Any, stays: list[Any], stay: str, do: str) -> None:
    found = next((s for s in stays if str(s.pk) == stay), None)
    at = {"confirm": "confirmed_at", "withdraw": "withdrawn_at"}.get(do)
    if found is None:
        raise Refused("not-found-or-out-of-area")
    if at is None:
        raise Refused("bad-value", field=_("Step"), value=do, expected="confirm, withdraw")
    done = exposing.step_of_stay(scope, row, found, at)
    if done.kind == "rejected":
        raise Refused(done.problems[0].code, field=done.problems[0].field, value=done.problems[0].value)


def household(request: HttpRequest, case: UUID) -> HttpResponse:
    """Contacts told at once: the members of a household, ticked, in one call; or lines that are pasted. What became of each line is shown."""
    scope, row, words = _opened(request, case, "contact.write")
    head = _head(scope, row, words)
    person = population.access_person_by_id(scope, row.person_id)
    members = population.members_of(scope, [person.household_id]) if person.household_id else []
    population.record_read(scope, (m.pk for m in members), "cases.household")
    outcomes: list[tuple[str, str, list[str]]] = []
    tried, read_as = False, []
    if request.method == "POST":
        told = _told(request, words, row)
        if pasted := request.POST.get("lines", "").strip():
            lines = pasted_lines(pasted[:80000], clock.local_day(clock.now(), words.zone))
            tried = bool(request.POST.get("try"))
            verb = contacts_told.try_lines if tried else contacts_told.name_lines
            outcomes = _worded(request, [line.name for line in lines], verb(scope, row.pk, lines, told))
            read_as = lines
        else:
            chosen = {m.pk: m for m in members if str(m.pk) in request.POST.getlist("member")}
            done = contacts_told.name_household(scope, row.pk, [pk for pk in chosen if pk != row.person_id], told)
            outcomes = _worded(request, [population.shown_name(scope, m) for pk, m in chosen.items() if pk != row.person_id], done)
    held = cases.contacts_of_case(scope, row.pk)
    context = {
        **head,
        "members": [(m, population.shown_name(scope, m), next((c for c in held if c.person_id == m.pk), None)) for m in members if m.pk != row.person_id],
        "held": held,
        "names": population.names_of(scope, {c.person_id for c in held}, "cases.contacts") if held else {},
        "outcomes": outcomes,
        "read_as": read_as,
        "tried": tried,
        "tally": {kind: sum(k == kind for _n, k, _w in outcomes) for kind in ("new", "updated", "identical", "rejected")},
        "reasons": code_list("contact-reason"),
        "certainties": code_list("link-certainty"),
        "classes": code_list("contact-class"),
        "today": clock.local_day(clock.now(), words.zone),
        "posted": request.POST,
    }
    return page(request, "desk/household.html", context, status=422 if any(kind == "rejected" for _name, kind, _why in outcomes) and not tried else 200)


def pasted_lines(text: str, today: date) -> list[contacts_told.Line]:
    """What was pasted, read: a table of tabs as a spreadsheet copies it, with or without a head that some header dialect knows; else lines as people write them."""
    if "\t" not in text:
        return contacts_told.read_lines(text, today)
    quoting = csv.QUOTE_MINIMAL if text.count('"') % 2 == 0 else csv.QUOTE_NONE  # a lone quotation mark is no beginning of a cell
    reader = csv.reader(io.StringIO(text), delimiter="\t", quoting=quoting)
    rows, before = [], 0
    for cells in reader:
        rows.append((before + 1, cells))
        before = reader.line_num
    first = next((i for i, (_n, cells) in enumerate(rows) if any(c.strip() for c in cells)), 0)
    columns = headed(rows[first][1]) if rows else None
    return contacts_told.read_table(rows[first + 1 :] if columns else rows, columns, today)


def headed(cells: Sequence[str]) -> dict[str, int] | None:
    """Field → column, where a row is the head of a table of people; None where it is a row of it."""
    known: dict[str, list[tuple[str, int]]] = {}
    for general in dialects().general:
        known |= general.aliases
    found: dict[str, tuple[int, int]] = {}
    for at, cell in enumerate(cells):
        for folded in folds(cell):
            for name, rank in known.get(folded, ()):
                if name in PASTED and rank < found.get(name, (0, 10**6))[1]:
                    found[name] = (at, rank)
    return {name: at for name, (at, _rank) in found.items()} if "name" in found else None


def _told(request: HttpRequest, words: Words, row: Any) -> contacts_told.Told:
    post = request.POST
    asked = {n: post.get(n, "").strip() or None for n in ("reason", "certainty")}
    for name, codes in (("reason", "contact-reason"), ("certainty", "link-certainty")):
        if asked[name] and asked[name] not in code_list(codes):
            raise Refused("bad-value", field=name, value=asked[name], expected=", ".join(code_list(codes)))
    kind = post.get("classification", "close")
    if kind not in code_list("contact-class"):
        raise Refused("bad-value", field=_("Class"), value=kind, expected=", ".join(code_list("contact-class")))
    via = post.get("of_contact", "")
    known = {str(c.pk): c.pk for c in cases.contacts_of_case(request.scope.open(), row.pk)} if via else {}  # type: ignore[attr-defined]
    if via and via not in known:
        raise Refused("not-found-or-out-of-area")
    called = moments.asked(request, "called_at", words.zone)
    degree = 2 if via or kind == "secondary" else 1
    return contacts_told.Told(kind, _day(post.get("last_exposure_on", "")), asked["reason"], asked["certainty"], called, degree, known.get(via), post.get("exception", "").strip()[:400])


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Refused("bad-value", field=_("Last exposure"), value=text, expected="2026-01-31") from None


def _worded(request: HttpRequest, names: list[str], outcomes: list[Any]) -> list[tuple[str, str, list[str]]]:
    register = find("contacts")
    return [(name, o.kind, [reason(register, p, request.LANGUAGE_CODE) for p in o.problems]) for name, o in zip(names, outcomes, strict=True)]  # type: ignore[attr-defined]


def source(request: HttpRequest, case: UUID) -> HttpResponse:
    """The thoughts about the case's source beside each other. POST: a new one, or a step (accept, reopen, withdraw). Refused: bad-value."""
    scope, row, words = _opened(request, case, "case.write")
    entry = _Entry(request, scope, "source-hypotheses", THOUGHT, words)
    found = sources.of_case(scope, row.pk)
    if request.method == "POST":
        if thought := request.POST.get("thought", ""):
            _judge(scope, found, thought, request.POST.get("do", ""))
            return _back("case-source", row.pk)
        if entry.save({"case": row.pk}):
            return _back("case-source", row.pk, saved="new")
    context = {
        **_head(scope, row, words),
        **entry.shown(),
        "found": found,
        "infectors": population.names_of(scope, {h.infector.person_id for h in found if h.infector}, "cases.names") if any(h.infector for h in found) else {},
        "saved": request.GET.get("saved", ""),
    }
    return page(request, "desk/source.html", context, status=422 if entry.problems or entry.general else 200)


def _judge(scope: Scope, found: list[Any], thought: str, do: str) -> None:
    row = next((h for h in found if str(h.pk) == thought), None)
    if row is None:
        raise Refused("not-found-or-out-of-area")
    steps = {
        "accept": Command(told={"accepted_at": clock.now()}, record=row.pk),
        "reopen": Command(told={}, record=row.pk, cleared=frozenset({"accepted_at"})),
        "withdraw": Command(told={"withdrawn_at": clock.now()}, record=row.pk, cleared=frozenset({"accepted_at"})),
    }
    if do not in steps:
        raise Refused("bad-value", field=_("Step"), value=do, expected=", ".join(steps))
    [done] = write(scope, find("source-hypotheses"), [steps[do]], sender=f"post:{scope.post_id}")
    if done.kind == "rejected":
        raise Refused(done.problems[0].code, field=done.problems[0].field, value=done.problems[0].value)
