"""The form of any register: a new row, a correction, one thing done to many rows. Everything goes through the register's verb.

Nothing typed is lost: a form that cannot be saved comes back as it was sent, each reason at its field. Where somebody else saved the
same record meanwhile, fields that both changed show both values, and the others what stands now.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from sizao.doors.desk.registers import access, field_control, label, row_address
from sizao.doors.kit import lists
from sizao.doors.kit.filled import Filled, filled
from sizao.doors.kit.pages import page
from sizao.doors.kit.picking import MOST, areas_meant
from sizao.doors.kit.problems import worded
from sizao.doors.kit.shown import NONE, Shown, short, titles
from sizao.doors.kit.templates import url
from sizao.doors.kit.whole import whole
from sizao.doors.kit.words import Words
from sizao.kernel import areas, clock
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.kernel.models import Area, User
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.registry import Register, call, find
from sizao.kernel.saving import same, write
from sizao.kernel.scope import Scope
from sizao.kernel.typed import Reader, expected
from sizao.kernel.versions import at_change, differs, versions
from sizao.registers.ledgers.registers import ledger_of
from sizao.registers.population import read as population

PICKED = MOST
MOST_AT_ONCE = 500


def new(request: HttpRequest, register: str) -> HttpResponse:
    """The empty form (a field may be given in the address, e.g. `?person=…`), and what is sent with it."""
    scope, found = request.scope.open(), find(register)
    form = Form(request, scope, found, None)
    if request.method != "POST":
        asked = {n: v for n in found.writable() if (v := request.GET.get(n, ""))}
        form.values = {n: form.said(n, v) for n, v in form.reader.read_all(asked)[0].items()}
        return form.answer()
    outcome = form.save(uuid_or_new(request.POST.get("key", "")))
    if outcome is None or outcome.kind == "rejected":
        return form.answer(422)
    if request.POST.get("again"):
        return HttpResponseRedirect(url("register-new", register=register))
    return HttpResponseRedirect(url("record", {"saved": outcome.kind}, register=register, record=outcome.record))


def edit(request: HttpRequest, register: str, record: UUID) -> HttpResponse:
    """The form of a row that stands, and what is sent with it."""
    scope, found = request.scope.open(), find(register)
    row = access(scope, found, record, found.declaration.write)
    form = Form(request, scope, found, row)
    if request.method != "POST":
        form.fill()
        return form.answer()
    outcome = form.save("")
    if outcome is None or outcome.kind == "rejected":
        return form.answer(409 if form.theirs or form.meanwhile else 422)
    return HttpResponseRedirect(url("record", {"saved": outcome.kind}, register=register, record=record))


def uuid_or_new(text: str) -> str:
    """The form's own key, which makes that sending it twice writes once."""
    try:
        return str(UUID(text))
    except ValueError:
        return str(uuid7())


class Form:
    """A form of one row, between what was sent, what stands and what is shown."""

    def __init__(self, request: HttpRequest, scope: Scope, register: Register, row: Any | None) -> None:
        self.request, self.scope, self.register, self.row = request, scope, register, row
        area = register.area_of(row) if row is not None else None
        self.zone = area.zone if area is not None else lists.zone_of(scope)
        self.words = Words(request.LANGUAGE_CODE, self.zone)  # type: ignore[attr-defined]
        self.reader = Reader(register, self.zone)
        self.fields = [n for n in register.writable() if register.may_see(scope, n, area) and register.type(n) != "json"]
        self.values: dict[str, Any] = {}
        self.problems: dict[str, list[str]] = {}
        self.general: list[str] = []
        self.theirs: dict[str, tuple[str, str]] = {}
        self.meanwhile: dict[str, Any] = {}
        self.seen = row.change_no if row is not None else 0
        self.key = uuid_or_new(request.POST.get("key", ""))

    def fill(self) -> None:
        """The values that stand; the read of a person is put on record."""
        self.shown = Shown.of(self.register, self.scope, self.words, [self.row], what="edit", fields=self.fields)
        self.values = {n: self.said(n, self.register.value(self.row, n)) for n in self.fields}

    def said(self, name: str, value: Any) -> Any:
        """A typed value as its control takes it."""
        kind = self.register.type(name)
        if value is None or kind == "sealed":
            return ""
        if kind == "instant":
            at = datetime.fromisoformat(value) if isinstance(value, str) else value
            return at.astimezone(ZoneInfo(self.zone)).strftime("%Y-%m-%dT%H:%M")
        if kind == "codes":
            return list(value)
        if kind == "yes":
            return "yes" if value else "no"
        if kind in ("area", "person", "record"):
            return self.named(name, value)
        return str(value)

    def named(self, name: str, value: Any) -> str:
        """What is pointed to, as one reads it and as the form understands it again: "990001 · 青禾县"."""
        kind = self.register.type(name)
        if kind == "area":
            area = Area.objects.filter(pk=value).defer("geometry").first()
            return f"{area.code} · {self.words.name(area)}" if area else ""
        if kind == "person":
            told = population.names_of(self.scope, [value], f"{self.register.name}.form")
            return f"{value} · {told[value]}" if value in told else str(value)
        told = titles(self.register.field(name).to, self.scope, {value})
        return f"{value} · {told[value]}" if value in told else str(value)

    def save(self, key: str) -> Outcome | None:
        """Reads what was sent and writes it; None when it cannot even be read. What to show again stands in the form afterwards."""
        post = self.request.POST
        raw = {n: post.getlist(n) if self.register.type(n) == "codes" else post.get(n, "").strip() for n in self.fields if n in post or self.register.type(n) == "codes"}
        self.values = dict(raw)
        self.seen = s if (s := whole(post.get("seen", ""))) is not None else self.seen
        told = {n: self._meant(n, v) for n, v in raw.items()}
        values, problems = self.reader.read_all({n: v for n, v in told.items() if v not in ("", [])})
        base = self._base()
        cleared = {n for n, v in told.items() if v in ("", []) and self.register.type(n) != "sealed" and base is not None and not same(self.register.value(base, n), None)}
        cleared = {n for n in cleared if self.register.value(base, n) != []}
        cleared |= {n for n in self.fields if self.register.type(n) == "sealed" and post.get(f"{n}.remove")}
        values = {n: v for n, v in values.items() if base is None or not self._stands(n, v, base)}
        self._tell(problems)
        if self.problems or self.general:
            return None
        command = Command(
            told=values, record=self.row.pk if self.row is not None else None, source_id=key, seen=self.seen if self.row is not None else None, cleared=frozenset(cleared)
        )
        [outcome] = write(self.scope, self.register, [command], sender=f"post:{self.scope.post_id}")
        if outcome.kind == "rejected":
            self._tell(outcome.problems)
            if self.row is not None and self.seen != self.row.change_no:
                self._meet(base, {p.field for p in outcome.problems if p.code == "changed-meanwhile"})
        return outcome

    def _stands(self, name: str, value: Any, base: Any) -> bool:
        """Whether the control still says what it said when the form was opened; a clock without seconds says the same minute."""
        was = self.register.value(base, name)
        if self.register.type(name) == "instant" and was is not None:
            return self.said(name, was) == self.said(name, value)
        return same(value, was)

    def _base(self) -> Any | None:
        """The version that the writer had before his eyes."""
        if self.row is None or self.seen == self.row.change_no:
            return self.row
        return at_change(self.register, self.row.pk, self.seen)

    def _meant(self, name: str, raw: Any) -> Any:
        """What a picker's text points to: its first word; a bare name where only one row is called so."""
        kind = self.register.type(name)
        if kind not in ("area", "person", "record") or not raw:
            return raw
        first = raw.split(" · ")[0].strip()
        if " · " in raw:
            return first
        found = candidates(self.scope, self.register, name, first)
        exact = [v for v, words, _more in found if first in (v, words)]
        return exact[0] if len(exact) == 1 else found[0][0] if len(found) == 1 else first

    def _tell(self, problems: Any) -> None:
        language = self.request.LANGUAGE_CODE  # type: ignore[attr-defined]
        for p in problems:
            if p.field and p.field in self.fields:
                self.problems.setdefault(p.field, []).append(reason(self.register, p, language))
            else:
                self.general.append(reason(self.register, p, language))

    def _meet(self, base: Any, both: set[str]) -> None:
        """Two people at one record: shows both values where both changed, and what stands now in the fields that this writer left alone."""
        self.fill_shown()
        now = self.row
        others = [n for n in self.fields if base is None or not same(self.register.value(now, n), self.register.value(base, n))]
        for n in both:
            self.theirs[n] = (self.shown.text(now, n), str(self.said(n, self.register.value(now, n))))
            self.problems[n] = []
        for n in set(others) - both:
            sent = self.values.get(n)
            if base is not None and sent == self.said(n, self.register.value(base, n)):
                self.values[n] = self.said(n, self.register.value(now, n))
        last = versions(self.register, now)[0]
        user = User.objects.filter(pk=last.user).first() if last.user else None
        self.meanwhile = {
            "who": (user.name or user.username) if user else "",
            "at": last.at,
            "fields": [label(self.register, n, self.words) for n in (others or differs(self.register, now, base or now))],
        }
        self.seen = now.change_no

    def fill_shown(self) -> None:
        self.shown = Shown.of(self.register, self.scope, self.words, [self.row], what="edit", fields=self.fields)

    def known(self) -> list[Filled] | None:
        """What nobody types of whom this line is about, because it is known already; None where the register asks everything itself."""
        one = ledger_of(self.register)
        if one is None or not one.filled_fields:
            return None
        about: dict[str, UUID | int] = {}
        for key in one.keys:
            told = self.register.value(self.row, key) if self.row is not None else str(self.values.get(key) or "").split(" · ")[0].strip()
            if key == "area" and told:
                found = told if self.row is not None else getattr(areas.resolve(told), "pk", None)
                about |= {key: found} if found is not None else {}
            elif told and _is_uuid(str(told)):
                about[key] = UUID(str(told))
        day = (self.row.period or clock.local_day(self.row.happened_at, self.zone)) if self.row is not None else None
        try:
            day = day or date.fromisoformat(str(self.values.get("period") or ""))
        except ValueError:
            day = clock.local_day(clock.now(), self.zone)
        return filled(self.scope, self.words, one, about, day)

    def answer(self, status: int = 200) -> HttpResponse:
        """The form as a page."""
        register, row, w = self.register, self.row, self.words
        wrong = next((n for n in self.fields if self.problems.get(n) or n in self.theirs), None)
        empty = next((n for n in self.fields if not self.values.get(n)), self.fields[0] if self.fields else "")
        name = self.shown.title(row) if row is not None and hasattr(self, "shown") else short(row) if row is not None else ""
        context = {
            "r": register,
            "d": register.declaration,
            "w": w,
            "record": row.pk if row is not None else None,
            "name": name,
            "title": _("Edit: %(name)s") % {"name": name} if row is not None else _("New: %(what)s") % {"what": w.both(register.declaration)},
            "controls": [field_control(register, n, w, None) for n in self.fields],
            "values": self.values,
            "problems": self.problems,
            "general": self.general,
            "theirs": self.theirs,
            "known": self.known(),
            "meanwhile": self.meanwhile,
            "on_record": {n for n in self.fields if register.type(n) == "sealed" and row is not None and register.value(row, n) is not None},
            "seen": self.seen,
            "key": self.key,
            "focus": wrong or empty,
        }
        return page(self.request, "desk/record_form.html", context, status=status)


def reason(register: Register, problem: Problem, language: str) -> str:
    """A problem in the reader's words, with the field's label; what to do now after it."""
    f = register.declaration.fields.get(problem.field)
    wanted: Any = expected(register, problem.field) if f else ""
    if f and f.codes:
        some = list(register.choices(problem.field).values())[:6]
        wanted = {"zh": "、".join(c["zh"] for c in some), "en": ", ".join(c["en"] for c in some)}
    refused = worded(register, problem, expected=wanted)
    return f"{refused.text(language)} {refused.cure(language)}"


def candidates(scope: Scope, register: Register, name: str, text: str, *, anywhere: bool = False) -> list[tuple[str, str, str]]:
    """What a text may mean in a field that points to something: (what the form takes, how it is called, where), as far as the scope sees. `anywhere`: areas of the whole tree."""
    kind = register.type(name)
    if not text.strip():
        return []
    language = Words(scope.language)
    if kind == "area":
        seen = scope.area_filter("", register.declaration.write) if name == register.declaration.area and not anywhere else None
        return areas_meant(text, scope.language, seen)
    if kind == "person":
        return [(str(p.pk), population.shown_name(scope, p), language.name(p.area)) for p in population.search(scope, text, PICKED)]
    other = find(register.field(name).to)
    meant = lists.searched(other, scope, text)
    title = other.declaration.title
    if title and other.field(title).sensitivity in ("open", "internal"):
        meant |= Q(**{f"{other.column(title)}__istartswith": text})
    rows = list(other.whole(other.rows(scope)).filter(meant).order_by("-id")[:PICKED])
    shown = Shown.of(other, scope, language, rows, what="search", fields=[])
    return [(str(r.pk), shown.title(r), " · ".join(x for x in (short(r), language.name(other.area_of(r))) if x != NONE)) for r in rows]


def pick(request: HttpRequest, register: str, field: str) -> HttpResponse:
    """What a text in a picker may mean, as a list to choose from."""
    scope, found = request.scope.open(), find(register)
    if field not in found.writable() or found.type(field) not in ("area", "person", "record"):
        raise Refused("not-found-or-out-of-area")
    text = request.GET.get("q", "").strip()[:80]
    return page(request, "desk/found.html", {"found": candidates(scope, found, field, text, anywhere="anywhere" in request.GET) if text else []})


def bulk(request: HttpRequest, register: str, bulk: str) -> HttpResponse:
    """One thing done to the ticked rows; one outcome a row. Refused: too-many-rows."""
    scope, found = request.scope.open(), find(register)
    action = next((b for b in found.declaration.bulk if b.name == bulk), None)
    if action is None:
        raise Refused("not-found-or-out-of-area")
    scope.check(action.permission)
    if action.page:  # it is done on that page
        raise Refused("not-found-or-out-of-area")
    ids = [UUID(i) for i in dict.fromkeys(request.POST.getlist("row")) if _is_uuid(i)]
    if len(ids) > MOST_AT_ONCE:
        raise Refused("too-many-rows", limit=MOST_AT_ONCE)
    language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    reader = Reader(found, lists.zone_of(scope))
    told, problems = reader.read_all({n: request.POST.get(f"{bulk}.{n}", "") for n in action.asks})
    missing = [Problem("value-missing", n) for n in action.asks if told.get(n) is None and not any(p.field == n for p in problems)]
    faults = [*problems, *missing]
    if faults:
        outcomes = [Outcome("rejected", i, problems=tuple(faults)) for i in ids]
    else:
        outcomes = done(scope, found, action, ids, told)
    rows = {r.pk: r for r in found.whole(found.rows(scope)).filter(pk__in=ids)}
    shown = Shown.of(found, scope, Words(language), list(rows.values()), what="bulk", fields=[])
    lines = [
        {
            "kind": o.kind,
            "title": shown.title(rows[i]) if i in rows else "—",
            "href": row_address(found, rows[i]) if i in rows else "",
            "why": [reason(found, p, language) for p in o.problems],
        }
        for i, o in zip(ids, outcomes, strict=True)
    ]
    return page(request, "desk/bulk.html", {"r": found, "d": found.declaration, "b": action, "outcomes": lines, "back": url("register", register=register)})


def done(scope: Scope, register: Register, action: Any, ids: list[UUID], told: Mapping[str, Any]) -> list[Outcome]:
    """The outcomes of a bulk action: its own verb, or the same values told of every row."""
    if action.verb:
        return list(call(action.verb)(scope, ids, told))
    return write(scope, register, [Command(told=dict(told), record=i) for i in ids], sender=f"post:{scope.post_id}")


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
