"""Who investigates a case: giving it, taking it, handing it on; and which cases are whose."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from sizao.kernel import clock, handing, organisation, saving
from sizao.kernel.acts import NewAct
from sizao.kernel.codes import threshold
from sizao.kernel.models import User
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.scope import Scope, visible

from . import read
from .actions import _register
from .models import Case, CaseAssignment, Contact, Investigation

#: Writes cases; gives them to others, and takes them from others.
RIGHT, CHIEF = "case.write", "case.assign"
INVESTIGATION, TRACING = "investigation", "tracing"


@transaction.atomic
def save_assignments(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Gives cases to people; a case and task that is somebody's already is handed on. The due time, where none is told, is the hours of `assignment-hours` from now.

    Without the right `case.assign` one may take what is nobody's, and hand on what is one's own (also for whom one stands in).
    Rejected: as saving.save, and assignee-unfit (no such user, or none whose post may write that case), assigned-to-another.
    """
    now = clock.now()
    told = {c.told.get("case") for c in commands if isinstance(c.told.get("case"), UUID)}
    # What lies elsewhere is not looked at: it would be answered as what does not exist, and be told by what is asked after it.
    mine_to_write = CaseAssignment.objects.filter(scope.area_filter("case__area", RIGHT)).select_for_update(of=("self",))
    standing = {(a.case_id, a.task): a for a in mine_to_write.filter(case__in=told)} if told else {}
    standing |= {(a.case_id, a.task): a for a in mine_to_write.filter(pk__in=[c.record for c in commands if c.record])}
    before = {a.pk: (a.holder_id, a.assignee) for a in standing.values()}
    cases = {c.pk: c for c in Case.objects.select_related("area").filter(pk__in={k[0] for k in standing} | told)}
    users = {u.username: u for u in User.objects.filter(username__in={str(c.told.get("assignee") or "") for c in commands} | {a.assignee for a in standing.values()}, is_active=True)}
    may = organisation.who_may(RIGHT, now, [u.pk for u in users.values()])
    mine = set(handing.stood_for(scope.user, now)) if scope.user is not None else set()
    at_work = set(organisation.everybody_at_work(now).filter(user__in=[holder for holder, _ in before.values()]))

    def check(row: Any) -> Iterable[Problem]:
        if (case := cases.get(row.case_id)) is None:
            return
        area, user = case.area, users.get(row.assignee)
        if user is None or not any(area.path.startswith(p) for p in may.get(user.pk, ())):
            yield Problem("assignee-unfit", "assignee", str(row.assignee)[:60])
            return
        had = before.get(row.pk)
        if scope.can(CHIEF, area) or (had is not None and had[0] in mine):
            return
        if (had is None or had[0] not in at_work) and user.pk == (scope.user.pk if scope.user else None):
            return
        yield Problem("assigned-to-another", "assignee", had[1] if had else str(row.assignee)[:60])

    def named(works: Sequence[saving.Work]) -> None:
        for w in works:
            if not (w.new or w.changed):
                continue
            if w.new or "assignee" in w.changed:
                w.row.holder, w.row.assigned_at = users[w.row.assignee], now
                w.columns |= {"holder", "assigned_at"}
            if w.row.due_at is None:
                w.row.due_at = now + timedelta(hours=float(threshold("assignment-hours", now.date())))
                w.columns.add("due_at")

    def acts(row: Any, had: Mapping[str, Any] | None, changed: frozenset[str]) -> Iterable[NewAct]:
        if had is None or "assignee" in changed:
            c = cases[row.case_id]
            yield NewAct("case.assigned", c.pk, now, c.person_id, c.area_id, c.disease, outcome=row.task, record=row.pk)

    # A case and task that stands already is that row, whatever number the sender gives it.
    known = [replace(c, record=s.pk, source_id="") if not c.record and (s := standing.get((c.told.get("case"), c.told.get("task")))) is not None else c if c.record else replace(c, source_id=f"{c.told.get('case')}:{c.told.get('task')}") for c in commands]  # type: ignore[arg-type]
    return saving.save(scope, _register(CaseAssignment), known, sender=sender, batch=batch, acts=acts, check=check, finish=named)


def assign(scope: Scope, cases: Sequence[UUID], task: str, assignee: str, due_at: datetime | None = None) -> list[Outcome]:
    """One task of several cases to one person; an outcome a case, in order. As `save_assignments`."""
    told: dict[str, Any] = {"task": task, "assignee": assignee} | ({"due_at": due_at} if due_at else {})
    return save_assignments(scope, [Command(told={**told, "case": c}) for c in cases], sender=f"post:{scope.post_id}")


def assignments(scope: Scope) -> QuerySet[CaseAssignment]:
    """Those of cases that this scope reads."""
    return CaseAssignment.objects.filter(visible(), scope.area_filter("case__area", "case.read")).select_related("case__area", "holder")


def open_ones(scope: Scope) -> QuerySet[CaseAssignment]:
    """What is not done yet: a case without an investigation; a case of which nobody has named a contact (where it had any), or with a contact who was neither found nor released. The soonest due first."""
    case = OuterRef("case")
    named, lost = Contact.objects.filter(visible(), case=case), Contact.objects.filter(visible(), case=case, located_at=None, released_at=None)
    done = Exists(Investigation.objects.filter(visible(), case=case))
    untraced = Exists(lost) | (~Exists(named) & ~Q(case__contact_total=0))
    return assignments(scope).filter(Q(~done, task=INVESTIGATION) | Q(untraced, task=TRACING)).order_by("due_at", "pk")


def mine(scope: Scope, now: datetime) -> QuerySet[CaseAssignment]:
    """What is this user's and open, and that of whoever handed him a duty for now."""
    return open_ones(scope).filter(holder__in=handing.stood_for(scope.user, now) if scope.user is not None else [])


def late(scope: Scope, now: datetime) -> QuerySet[CaseAssignment]:
    """What is open past its time, whosever it is, in the areas in which this scope gives cases to people."""
    return open_ones(scope).filter(scope.area_filter("case__area", CHIEF), due_at__lt=now)


def nobodys(scope: Scope, since: datetime, now: datetime) -> QuerySet[Case]:
    """Cases first known since then that nobody has investigated and that are nobody's, or of somebody who holds no post any more."""
    held = CaseAssignment.objects.filter(visible(), case=OuterRef("pk"), task=INVESTIGATION, holder__in=organisation.everybody_at_work(now))
    return read.not_investigated(scope, since).filter(~Exists(held))


def whom(scope: Scope, cases: Iterable[Case], now: datetime) -> list[tuple[User, int]]:
    """Who could be given all these cases, by name, and how many open ones are each one's already."""
    paths = {c.area.path for c in cases}
    fit = organisation.who_may(RIGHT, now)
    able = [pk for pk, held in fit.items() if paths and all(any(p.startswith(h) for h in held) for p in paths)]
    load = dict(open_ones(scope).order_by().filter(holder__in=able).values_list("holder").annotate(n=Count("pk")))
    return [(u, load.get(u.pk, 0)) for u in User.objects.filter(pk__in=able, is_active=True).order_by("name", "username")[:500]]
