"""Report cards (传染病报告卡): the list with its two clocks, a card as it stands on paper, its review, and a new one filled in from the keyboard."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from sizao.doors.desk.register_form import candidates, reason, uuid_or_new
from sizao.doors.desk.registers import Control, field_control, label, told_versions
from sizao.doors.kit import lists
from sizao.doors.kit.pages import page
from sizao.doors.kit.shown import NONE, Shown
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.flows import card_filled as flow
from sizao.kernel import clock
from sizao.kernel.codes import disease_line
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Problem
from sizao.kernel.registry import Register, find
from sizao.kernel.scope import Scope, at_most_one
from sizao.kernel.typed import Reader
from sizao.kernel.versions import versions
from sizao.registers.cases import read as cases
from sizao.registers.population import read as population
from sizao.registers.surveillance import read as surveillance

VIEWS = ("to-review", "returned", "to-finish", "final", "all")
LISTED = 100
#: The paper card's order: (heading, fields). p: the person, c: the case, k: the card.
PAPER = (
    ("patient", ("p.name", "k.guardian", "p.national_id", "p.sex", "p.birth_date", "p.age_years", "k.work_unit", "p.phone", "k.belongs_to", "p.area", "p.address", "k.people_group")),
    ("illness", ("c.disease", "c.classification", "k.course", "c.onset_on", "k.diagnosed_at", "c.outcome", "c.outcome_at")),
    ("report", ("k.from_unit", "k.unit_phone", "k.doctor", "k.filled_on", "k.remark")),
)
PARTS = {"p": ("person", "persons"), "c": ("case", "cases"), "k": ("card", "case-cards")}
#: What a form must have though its register could do without.
NEEDED = ("c.classification", "k.diagnosed_at")


@dataclass(frozen=True, slots=True)
class Clock:
    """How one of a card's clocks stands: in-time, late (done after it ran out), running, overdue; "" where it never began. `by` is when it runs out."""

    state: str
    by: datetime | None = None
    off: str = ""


def standing(began: datetime | None, done: datetime | None, by: datetime | None, now: datetime, words: Words) -> Clock:
    """The clock that runs out at `by`."""
    if by is None:
        return Clock("late" if done and began and done < began else "")
    at = done or now
    return Clock(("in-time" if at <= by else "late") if done else ("running" if at <= by else "overdue"), by, words.span(abs(at - by)))


def cards(request: HttpRequest) -> HttpResponse:
    """The list: what is to be reviewed, the most urgent first; what was returned, is to be made final, is final."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    view = request.GET.get("view", "to-review")
    view = view if view in VIEWS else "to-review"
    words, now = Words(request.LANGUAGE_CODE, lists.zone_of(scope)), clock.now()  # type: ignore[attr-defined]
    counted = surveillance.card_counts(scope)
    rows = list(surveillance.cards_in(scope, view)[:LISTED])
    names = population.names_of(scope, {r.person_id for r in rows if r.person_id}, "case-cards.list") if rows and scope.can("person.read") else {}
    lines = [
        {
            "row": r,
            "name": names.get(r.person_id) or NONE,
            "class": _class(r.disease, r.diagnosed_at or r.received_at, words),
            "reported": standing(r.diagnosed_at, r.received_at, r.report_by, now, words),
            "reviewed": standing(r.received_at, r.reviewed_at, r.review_by, now, words),
        }
        for r in rows
    ]
    return page(request, "desk/cards.html", {"w": words, "now": now, "view": view, "views": VIEWS, "counts": counted, "lines": lines, "listed": LISTED})


def _class(disease: str, at: datetime, words: Words) -> str:
    line = disease_line(disease, "notifiable", at.date())
    return words.code("notifiable-class", line["class"]) if line else ""


def card(request: HttpRequest, card: UUID) -> HttpResponse:
    """One card as on paper, what person and case say of it included; its clocks, the next steps, and every version with who changed what."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    row = _access(scope, card)
    words, now = Words(request.LANGUAGE_CODE, row.area.zone), clock.now()  # type: ignore[attr-defined]
    found: dict[str, tuple[Register, Any]] = {"k": (find("case-cards"), row)}
    case = cases.cases_by_id(scope, {row.about_case_id}, "case.read").get(row.about_case_id) if row.about_case_id else None
    if case is not None:
        found["c"] = (find("cases"), case)
    who = row.person_id or (case.person_id if case is not None else None)
    person = population.persons(scope).filter(pk=who).first() if who and scope.can("person.read") else None
    if person is not None:
        found["p"] = (find("persons"), person)
    kept = {key: versions(register, one) for key, (register, one) in found.items() if key != "p"}
    shown = {key: Shown.of(register, scope, words, [one, *(v.row for v in kept.get(key, [])[1:])], what="card") for key, (register, one) in found.items()}
    sealed = _sealed(scope, person)
    groups = [(head, [(label(find(PARTS[n[0]][1]), n[2:], words), _said(n, found, shown, sealed)) for n in names]) for head, names in PAPER]
    context = {
        "w": words,
        "now": now,
        "row": row,
        "case": case,
        "person": person,
        "title": shown["p"].names.get(person.pk, NONE) if person is not None else NONE,
        "class": _class(row.disease, row.diagnosed_at or row.received_at, words),
        "groups": groups,
        "reported": standing(row.diagnosed_at, row.received_at, row.report_by, now, words),
        "reviewed": standing(row.received_at, row.reviewed_at, row.review_by, now, words),
        "history": [(key, told_versions(*found[key][:1], shown[key], kept[key], words)) for key in ("k", "c") if key in kept],
        "may_write": scope.can("case.write", row.area),
        "sees_names": scope.can("person.names", row.area),
        "saved": request.GET.get("saved", ""),
    }
    return page(request, "desk/card.html", context)


def _access(scope: Scope, card: UUID) -> Any:
    return at_most_one(surveillance.cards(scope).select_related("from_unit").filter(pk=card)[:1])


def _sealed(scope: Scope, person: Any) -> dict[str, str | None]:
    if person is None:
        return {}
    try:
        return population.sealed_of(scope, person)
    except Refused as refused:
        if refused.code.startswith(("keys-", "sealed-")):
            return {}
        raise


def _said(name: str, found: dict[str, tuple[Register, Any]], shown: dict[str, Shown], sealed: dict[str, str | None]) -> str:
    key, field = name.split(".")
    if key not in found:
        return NONE
    register, row = found[key]
    return sealed.get(field) or NONE if register.type(field) == "sealed" else shown[key].text(row, field)


def decide(request: HttpRequest, card: UUID) -> HttpResponse:
    """A step of the review: accept, return, duplicate, withdraw, final. Refused: bad-value, card-returned-without-reason, card-not-accepted, card-is-final."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    _access(scope, card)
    step = request.POST.get("do", "")
    if step not in ("accept", "return", "duplicate", "withdraw", "final"):
        raise Refused("bad-value", field=_("Review"), value=step, expected="accept, return, duplicate, withdraw, final")
    outcome = flow.decide(scope, card, step, " ".join(request.POST.get("because", "").split())[:1000])
    if outcome.kind == "rejected":
        raise Refused(outcome.problems[0].code, field=outcome.problems[0].field, value=outcome.problems[0].value)
    return HttpResponseRedirect(url("report-card", {"saved": step}, card=card))


def new(request: HttpRequest) -> HttpResponse:
    """The empty card, with what is the same as last time (`?disease=…`), and what is sent with it. Everything can be done without a mouse."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    sheet = Sheet(request, scope)
    if request.method != "POST":
        return sheet.answer()
    done = sheet.save()
    if done is None or done.case is None:
        return sheet.answer(422)
    if request.POST.get("again"):
        same = {n: sheet.values.get(n, "") for n in ("c.disease", "p.area", "k.from_unit", "k.unit_phone", "k.doctor")}
        return HttpResponseRedirect(url("report-card-new", {**same, "saved": str(done.case)}))
    return HttpResponseRedirect(url("case", {"saved": "new"}, case=done.case))


class Sheet:
    """The form of a card, between what was sent and what is shown; its fields are those of three registers."""

    def __init__(self, request: HttpRequest, scope: Scope) -> None:
        self.request, self.scope, self.zone = request, scope, lists.zone_of(scope)
        self.words = Words(request.LANGUAGE_CODE, self.zone)  # type: ignore[attr-defined]
        self.registers = {key: find(name) for key, (_part, name) in PARTS.items()}
        self.names = [n for _head, names in PAPER for n in names]
        self.values: dict[str, str] = {}
        self.problems: dict[str, list[str]] = {}
        self.general: list[str] = []
        self.key = uuid_or_new(request.POST.get("key", ""))

    def save(self) -> flow.Filled | None:
        """Reads what was sent and writes it; None when it cannot even be read."""
        post, told = self.request.POST, {key: {} for key in PARTS}  # type: ignore[var-annotated]
        self.values = {n: post.get(n, "").strip()[:4000] for n in self.names}
        for key, register in self.registers.items():
            mine = {n[2:]: self._meant(register, n[2:], v) for n, v in self.values.items() if n[0] == key and v}
            values, problems = Reader(register, self.zone).read_all(mine)
            told[key] = {n: v for n, v in values.items() if v is not None}
            self._tell(key, register, problems)
        for n in (*NEEDED, "p.name", "p.area", "c.disease"):
            if not self.values[n]:
                self._refuse(n, "value-missing")
        if told["c"].get("outcome_at") and not told["c"].get("outcome"):
            told["c"]["outcome"] = "died"
        if self.problems or self.general:
            return None
        done = flow.fill(self.scope, told["p"], told["c"], told["k"], key=self.key, sender=f"post:{self.scope.post_id}")
        keys = {part: key for key, (part, _name) in PARTS.items()}
        for part, problem in done.problems:
            self._tell(keys[part], self.registers[keys[part]], [problem])
        return done

    def _meant(self, register: Register, name: str, raw: str) -> str:
        """What a picker's text points to; a bare name where only one is called so."""
        if register.type(name) not in ("area", "record"):
            return raw
        first = raw.split(" · ")[0].strip()
        if " · " in raw:
            return first
        found = candidates(self.scope, register, name, first)
        exact = [v for v, called, _more in found if first in (v, called)]
        return exact[0] if len(exact) == 1 else found[0][0] if len(found) == 1 else first

    def _refuse(self, name: str, code: str) -> None:
        self._tell(name[0], self.registers[name[0]], [Problem(code, name[2:])])

    def _tell(self, key: str, register: Register, problems: Any) -> None:
        for p in problems:
            why = reason(register, p, self.request.LANGUAGE_CODE)  # type: ignore[attr-defined]
            if p.field and f"{key}.{p.field}" in self.names:
                self.problems.setdefault(f"{key}.{p.field}", []).append(why)
            else:
                self.general.append(why)

    def _first(self) -> dict[str, str]:
        """What stands in an empty card: now, today, here, and what the last card said."""
        at = clock.now().astimezone(ZoneInfo(self.zone))
        asked = {n: v for n in self.names if (v := self.request.GET.get(n, ""))}
        area = self.scope.post.area if self.scope.post else None
        user = self.scope.user
        here = f"{area.code} · {self.words.name(area)}" if area is not None else ""
        first = {"c.disease": next(iter(self.registers["c"].choices("disease"))), "c.classification": "suspected", "k.diagnosed_at": f"{at:%Y-%m-%dT%H:%M}", "k.belongs_to": "county"}
        return first | {"k.filled_on": f"{at:%Y-%m-%d}", "p.area": here, "k.doctor": (user.name if user is not None else "")} | asked

    def _control(self, name: str) -> Control:
        register = self.registers[name[0]]
        made = field_control(register, name[2:], self.words, None)
        return replace(made, required=made.required or name in NEEDED)

    def answer(self, status: int = 200) -> HttpResponse:
        """The card as a page."""
        values = self.values or self._first()
        wrong = next((n for n in self.names if self.problems.get(n)), None)
        context = {
            "w": self.words,
            "groups": [(head, [(n, self._control(n)) for n in names]) for head, names in PAPER],
            "values": values,
            "problems": self.problems,
            "general": self.general,
            "key": self.key,
            "focus": wrong or "p.name",
            "saved": self.request.GET.get("saved", ""),
        }
        return page(self.request, "desk/card_new.html", context, status=status)
