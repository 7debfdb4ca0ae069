"""The CDC's part of the desk: the queues of the day, each with its number, its first rows and the list behind it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from sizao.doors.kit.templates import url
from sizao.doors.kit.words import NONE, Words
from sizao.flows import positives_open
from sizao.kernel.scope import Scope
from sizao.kernel.unchanged import Unchanged
from sizao.registers.cases import assigning
from sizao.registers.cases import read as cases
from sizao.registers.movement import read as movement
from sizao.registers.population import looking, pairs
from sizao.registers.population import read as population
from sizao.registers.surveillance import read as surveillance

#: Rows of a queue; its number counts all.
SHOWN = 6
#: Queue → the word that its title explains.
TERMS = {"cards": "report_card", "new": "case", "investigate": "investigation", "in": "handover", "signals": "signal", "duplicates": "duplicate"}
#: What is called new; and how far back what nobody looked at is looked for.
NEW, BACK = timedelta(hours=24), timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a queue: its name, its page, what is said of it, by when it is due (None: no clock runs)."""

    name: str
    link: str
    said: str = ""
    due: datetime | None = None
    at: datetime | None = None


@dataclass(slots=True)
class Queue:
    """One queue. `late`: how many are past their time; None where it has no clock."""

    id: str
    title: str
    count: int
    link: str
    late: int | None = None
    lines: list[Line] = field(default_factory=list)
    nothing: str = ""

    @property
    def term(self) -> str:
        """The word of the glossary behind its title; "" for none."""
        return TERMS.get(self.id, "")


#: The first rows of a queue: whose name stands there (None: nobody's), and the rest of the line.
Rows = list[tuple[UUID | None, Line]]
#: Queues as they stand; whose they are is a part of the key, for one's own cases are among them.
_read: Unchanged[list[tuple[Queue, Rows]]] = Unchanged(64)


def part(scope: Scope, words: Words, now: datetime) -> dict[str, Any]:
    """The queues that this post works; none for a post that works no cases."""
    if not (scope.can("case.write") and scope.can("person.read")):
        return {"queues": [], "may_card": False}
    raw = _read.get((scope.user and scope.user.pk, scope.post_id, frozenset(scope.grants), words.language), lambda: _all(scope, words, now))
    names = population.names_of(scope, {p for _q, rows in raw for p, _l in rows if p}, "desk.queues") if any(p for _q, rows in raw for p, _l in rows) else {}
    queues = [replace(queue, lines=[Line(names.get(p) or line.name or NONE, line.link, line.said, line.due, line.at) for p, line in rows]) for queue, rows in raw]
    if scope.can("person.merge"):
        queues.append(_duplicates(scope))
    return {"queues": queues, "may_card": True}


def _all(scope: Scope, words: Words, now: datetime) -> list[tuple[Queue, Rows]]:
    """Every queue but that of duplicates, without a name of anybody."""
    raw: list[tuple[Queue, Rows]] = [_signals(scope, words, now)] if scope.can("signal.write") else []
    raw += [_cards(scope, words, now), _new(scope, words, now), _unclassed(scope, words), *_assigned(scope, words, now), _not_investigated(scope, words, now), _positives(scope, words, now)]
    return raw + (_handed(scope, words, now) if scope.can("contact.write") else [])


def _first(rows: Any) -> tuple[int, list[Any]]:
    """How many rows there are, and the first of them: one statement where they fit."""
    found = list(rows[: SHOWN + 1])
    return (rows.count() if len(found) > SHOWN else len(found)), found[:SHOWN]


def _case(words: Words, rows: Iterable[Any]) -> Rows:
    return [(c.person_id, Line(c.source_id, url("case", case=c.pk), f"{words.disease(c.disease)} · {words.code('case-class', c.classification)} · {words.name(c.area)}", at=c.known_from)) for c in rows]


def _cards(scope: Scope, words: Words, now: datetime) -> tuple[Queue, Rows]:
    count, rows = _first(surveillance.cards_in(scope, "to-review"))
    late = surveillance.cards_in(scope, "to-review").filter(review_by__lt=now).count() if count else 0
    lines = [(r.person_id, Line("", url("report-card", card=r.pk), f"{words.disease(r.disease)} · {words.name(r.area)}", r.review_by)) for r in rows]
    return Queue("cards", _("Report cards to review"), count, url("report-cards"), late, nothing=_("No card waits.")), lines  # type: ignore[return-value]


def _new(scope: Scope, words: Words, now: datetime) -> tuple[Queue, Rows]:
    count, rows = _first(cases.told_since(scope, now - NEW))
    return Queue("new", _("Cases of the last 24 hours"), count, url("register", register="cases"), nothing=_("None.")), _case(words, rows)


def _unclassed(scope: Scope, words: Words) -> tuple[Queue, Rows]:
    count, rows = _first(cases.unclassed(scope))
    return Queue("unclassed", _("Cases without a class"), count, url("register", {"view": "no-class"}, register="cases"), nothing=_("Every case has a class.")), _case(words, rows)


def _not_investigated(scope: Scope, words: Words, now: datetime) -> tuple[Queue, Rows]:
    count, rows = _first(cases.not_investigated(scope, now - BACK))
    return Queue("investigate", _("Cases that nobody has investigated"), count, url("register", {"view": "not-investigated"}, register="cases"), nothing=_("Every case of the last 30 days has an investigation.")), _case(words, rows)


def _assigned(scope: Scope, words: Words, now: datetime) -> list[tuple[Queue, Rows]]:
    """What is one's own; what nobody has; and, for whoever gives cases to people, what is past its time, whosever it is."""
    own, none = assigning.mine(scope, now).select_related("case", "case__area"), assigning.nobodys(scope, now - BACK, now)
    count, rows = _first(own)
    found = [(Queue("mine", _("My cases"), count, url("register", {"view": "mine"}, register="cases"), own.filter(due_at__lt=now).count() if count else 0, nothing=_("No case is yours.")), _tasks(words, rows))]
    count, first = _first(none)
    found.append((Queue("nobodys", _("Cases that are nobody's"), count, url("register", {"view": "nobodys"}, register="cases"), nothing=_("Every case is somebody's.")), _case(words, first)))
    if scope.can(assigning.CHIEF):
        count, rows = _first(assigning.late(scope, now).select_related("case", "case__area", "holder"))
        found.append((Queue("assigned-late", _("Somebody's, and overdue"), count, url("register", {"view": "late"}, register="case-assignments"), count, nothing=_("Nothing that was given is overdue.")), _tasks(words, rows, whose=True)))
    return found


def _tasks(words: Words, rows: Iterable[Any], *, whose: bool = False) -> Rows:
    return [(a.case.person_id, Line(a.case.source_id, url("case", case=a.case_id), f"{words.code('case-task', a.task)} · {words.name(a.case.area)}" + (f" · {a.holder.name or a.assignee}" if whose else ""), a.due_at)) for a in rows]


def _positives(scope: Scope, words: Words, now: datetime) -> tuple[Queue, Rows]:
    found = positives_open.without_case(scope, now - BACK)
    lines = [(s.person_id, Line("", url("person", person=s.person_id), f"{words.disease(s.disease)} · {words.name(s.area)}", at=s.resulted_at)) for s in found[:SHOWN]]
    return Queue("positives", _("Positive results without a case"), len(found), url("register", {"f.result": "positive"}, register="specimens"), nothing=_("Every positive result of the last 30 days is somebody's case.")), lines  # type: ignore[return-value]


def _handed(scope: Scope, words: Words, now: datetime) -> list[tuple[Queue, Rows]]:
    came = movement.incoming(scope).filter(answer=None)
    count, rows = _first(came)
    late = came.filter(answer_by__lt=now).count() if count else 0
    lines = [(h.person_id, Line("", url("handover", handover=h.pk), f"{words.disease(h.disease)} · {words.name(h.area)}", h.answer_by)) for h in rows]
    sent = movement.outgoing(scope).filter(answer=None, recalled_at=None, forgotten_at=None)
    out, gone = _first(sent)
    lines_out = [(h.person_id, Line("", url("handover", handover=h.pk), words.name(h.area), h.answer_by)) for h in gone]
    return [
        (Queue("in", _("Hand-overs in: to answer"), count, url("handovers"), late, nothing=_("Nothing waits for an answer.")), lines),  # type: ignore[list-item]
        (Queue("out", _("Hand-overs out: not answered"), out, url("handovers"), sent.filter(answer_by__lt=now).count() if out else 0, nothing=_("All were answered.")), lines_out),  # type: ignore[list-item]
    ]


def _signals(scope: Scope, words: Words, now: datetime) -> tuple[Queue, Rows]:
    count, rows = _first(surveillance.board(scope, "open"))
    late = surveillance.board(scope, "open").filter(judge_by__lt=now).count() if count else 0
    lines: Rows = [(None, Line(words.code("signal-kind", s.kind), url("signal", signal=s.pk), words.name(s.area) + (f" · {s.unit.name}" if s.unit else ""), s.judge_by)) for s in rows]
    return Queue("signals", _("Signals to judge"), count, url("signals"), late, nothing=_("No signal waits.")), lines


def _duplicates(scope: Scope) -> Queue:
    waiting = pairs.waiting(scope, looking.weights().probable)
    return Queue("duplicates", _("Pairs that may be one person"), waiting.open, url("duplicates"), nothing=_("No pair waits."))
