"""What doors and the command line ask of the plan. Every function takes the scope first; numbers and lists of one answer come from one run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from sizao.kernel import areas, clock, prepared
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area, Enactment, Post
from sizao.kernel.scope import Scope

from . import beside, evaluation, facts, lists, relations, tiers
from .counting import COUNTED, STATES_OF
from .explaining import explain, explain_all, explain_lines
from .language.vocabulary import nearest
from .models import COUNTS, Cell, Run
from .together import Together
from .views import BESIDE, LISTS, AreaFigures, Counts, Listed, MeasureFigures, MeasurePage, Overview, Page, Today

__all__ = [
    "BESIDE",
    "LISTS",
    "Listed",
    "coverage_json",
    "days_of_runs",
    "explain",
    "explain_all",
    "explain_lines",
    "kept_run",
    "latest_run",
    "measure_page",
    "missing",
    "missing_json",
    "overview",
    "runs_by_day",
    "subjects",
    "today",
    "totals",
    "worst_areas",
]


def latest_run() -> Run | None:
    """The run that pages answer from."""
    return Run.objects.filter(standing=True).order_by("-pk").first()


def days_of_runs(until: datetime, days: int) -> dict[date, int]:
    """Local day → the last run that judged it, of the last days, the latest first, without today's: that is `latest_run`. One statement."""
    found = Run.objects.filter(standing=True, as_of__lt=until, as_of__gte=until - timedelta(days=days)).order_by("-as_of", "-pk")
    by: dict[date, int] = {}
    zone: ZoneInfo | None = None
    for pk, as_of, name in found.values_list("pk", "as_of", "zone"):
        zone = zone or ZoneInfo(name)
        by.setdefault(as_of.astimezone(zone).date(), pk)
    return by


def runs_by_day(until: datetime, days: int) -> list[Run]:
    """Those runs, the latest day first. Two statements."""
    by = days_of_runs(until, days)
    rows = {r.pk: r for r in Run.objects.filter(pk__in=by.values())}
    return [rows[pk] for pk in by.values()]


def kept_run(number: int) -> Run:
    """A run of the line that pages answer from, by its number: yesterday's page is looked at again. Refused page-not-found where it is none, or is no longer kept."""
    found = Run.objects.filter(pk=number, standing=True).first()
    if found is None:
        raise Refused("page-not-found")
    return found


def _standing() -> Run:
    found = latest_run()
    if found is None:
        raise Refused("plan-no-run")
    return found


def _here(scope: Scope, area: Area | None, permission: str = "plan.read") -> Area:
    """The area asked about, else the post's own, else the top; checked."""
    found = area or (scope.post.area if scope.post else areas.root())
    scope.check(permission, found)
    return found


def _measures(run: Run, here: Area, plan: str | None = None) -> dict[str, tuple[MeasureFigures, evaluation.InForce]]:
    """The measures of a run by id, as they stood in it. Of two enactments with the same measure the one that an area is under gives the words there."""
    wanted = [e["enactment"] for e in run.editions if plan in (None, e["edition"])]
    found: dict[str, tuple[MeasureFigures, evaluation.InForce]] = {}
    for e in sorted(Enactment.objects.filter(pk__in=wanted).select_related("item", "area").defer(*evaluation.UNREAD), key=lambda e: _over(e, here)):
        edition = evaluation.edition(e.item_id)
        for m in edition.measures.values():
            f = evaluation.InForce(e, edition, m)
            found[m.id] = (lists.figures(f), f)
    return found


def _over(e: Enactment, here: Area) -> tuple[bool, int, int]:
    """Which of several enactments an area is under comes last: the nearest at it or above, else the widest below; of equals the later."""
    over, depth = here.path.startswith(e.area.path), e.area.path.count(".")
    return over, depth if over else -depth, e.pk


def _measure(run: Run, name: str, here: Area) -> tuple[MeasureFigures, evaluation.InForce]:
    found = _measures(run, here)
    if name not in found:
        raise Refused("plan-measure-unknown", name=name, nearest=nearest(name, found), known=sorted(found))
    return found[name]


def _cells(run: Run, places: list[int], measure: str | None = None, enactments: list[int] | None = None) -> list[dict[str, Any]]:
    cells = Cell.objects.at(run).filter(area__in=places)
    if measure:
        cells = cells.filter(measure=measure)
    if enactments is not None:
        cells = cells.filter(enactment__in=enactments)
    return list(cells.values("measure", "area_id", *COUNTS))


def _below(area: Area) -> list[Area]:
    return list(Area.objects.filter(parent=area, valid_to=None).defer("geometry").order_by("code"))


def _by_area(area: Area, parts: list[Area], cells: list[dict[str, Any]]) -> tuple[list[AreaFigures], AreaFigures]:
    """The areas right below, `parts`, and what stands at the area itself and in none of them."""
    below = {a.pk: AreaFigures(area=a) for a in parts}
    own = AreaFigures(area=area)
    for cell in cells:
        if cell["area_id"] in below:
            below[cell["area_id"]].add(cell)
        elif cell["area_id"] == area.pk:
            own.add(cell)
    for part in below.values():
        for name in COUNTS:
            setattr(own, name, getattr(own, name) - getattr(part, name))
    return list(below.values()), own


def overview(scope: Scope, area: Area | None = None, measure: str | None = None, run: Run | None = None, *, amounts: bool = False) -> Overview:
    """The numbers of an area. `measure` narrows the areas below to one measure; the measures are always all. `amounts`: those of the area's own measures too."""
    here, run = _here(scope, area), run or _standing()
    found = _measures(run, here)
    known = {name: figures for name, (figures, _) in found.items()}
    if measure and measure not in known:
        _measure(run, measure, here)
    parts = _below(here)
    cells = _cells(run, [here.pk, *(a.pk for a in parts)])
    total = Counts()
    for cell in cells:
        if cell["area_id"] == here.pk and cell["measure"] in known:
            known[cell["measure"]].add(cell)
            total.add(cell)
    below, own = _by_area(here, parts, [c for c in cells if measure in (None, c["measure"])])
    if amounts:
        for (name, _), told in beside.amounts(run, [f.measure for _, f in found.values()], [here.pk]).items():
            known[name].amounts = told
    worst = sorted(known.values(), key=lambda m: (-m.missing, m.coverage if m.coverage is not None else 2, m.id))
    return Overview(run=run, area=here, measures=worst, areas=below, own=own, total=total)


def measure_page(scope: Scope, measure: str, area: Area | None = None, run: Run | None = None) -> MeasurePage:
    """One measure in an area: its words, its numbers there and right below."""
    here, run = _here(scope, area), run or _standing()
    figures, found = _measure(run, measure, here)
    parts = _below(here)
    cells = _cells(run, [here.pk, *(a.pk for a in parts)], measure)
    for cell in cells:
        if cell["area_id"] == here.pk:
            figures.add(cell)
    below, own = _by_area(here, parts, cells)
    m, places = found.measure, [here.pk, *(a.area.pk for a in below)]
    amounts = beside.amounts(run, [m], places)
    figures.amounts = amounts.get((m.id, here.pk), [])
    figures.shown = beside.shown(run, [m], [here.pk], days=True, under={m.id: found.enactment.pk}).get((m.id, here.pk), [])
    shown = beside.shown(run, [m], [a.area.pk for a in below])
    for part in below:
        part.amounts, part.shown = amounts.get((m.id, part.area.pk), []), shown.get((m.id, part.area.pk), [])
    served = tiers.by_tier(m, _relation(run, [m.id], "", here)) if tiers.column(m.table) else []
    return MeasurePage(run=run, area=here, measure=figures, areas=below, own=own, tiers=served)


def missing(
    scope: Scope,
    measure: str | None,
    area: Area | None = None,
    *,
    urgency: str | None = None,
    kind: str | None = None,
    state: str = "missing",
    after: str | None = None,
    limit: int | None = 50,
    run: Run | None = None,
    apart: bool = False,
) -> Page:
    """The list behind a number: `state` is one of LISTS or BESIDE. By due date, a page at a time (`after` is the last page's `next`); with `limit` None all.

    `measure` None: of all measures; `urgency`, `kind`: only of those; `apart`: only what stands at the area itself and in none of the areas right below.
    """
    here, run = _here(scope, area, "person.read"), run or _standing()
    if state not in (*LISTS, *BESIDE):
        raise Refused("plan-word-unknown", word=state, nearest=nearest(state, (*LISTS, *BESIDE)), known=[*LISTS, *BESIDE])
    known = {measure: _measure(run, measure, here)} if measure is not None else _measures(run, here)
    known = {name: m for name, m in known.items() if urgency in (None, m[0].urgency) and kind in (None, m[0].kind)}
    if not known:
        return Page(rows=[], next=None, run=run)
    whole = limit is None
    with transaction.atomic():
        if limit is not None and not apart and state in lists.DATED and _kept(run, known, state) == list(known):
            sql, parameters = lists.merged(run, known, here, state, after, limit)
        else:
            relation = _relation(run, list(known), state, here)
            if apart:
                relation = f"SELECT o.* FROM ({relation}) o WHERE o.area IS NULL OR NOT EXISTS (SELECT 1 FROM kernel_area i JOIN kernel_area c ON i.path LIKE c.path || '%%' WHERE i.id = o.area AND c.parent_id = {here.pk} AND c.valid_to IS NULL)"
            sql, parameters = lists.keyset(relation, state, after, 10**9 if whole else limit or 0)
        rows = list(evaluation.rows(sql if parameters else sql.replace("%%", "%"), tuple(parameters)))
    more = not whole and len(rows) > (limit or 0)
    rows = rows[:limit] if more else rows
    listed = lists.dressed(rows, {name: figures for name, (figures, _) in known.items()})
    for name, (_, found) in known.items() if not whole else ():
        lists.mark_done([o for o in listed if o.measure == name], found.measure)
    return Page(rows=listed, next=lists.place(rows[-1]) if more else None, run=run)


def totals(scope: Scope, area: Area, run: Run) -> dict[str, tuple[int, int, int]]:
    """measure → (owed, done, missing) below an area, in one run. One statement."""
    found: dict[str, tuple[int, int, int]] = {}
    for c in _cells(run, [_here(scope, area).pk]):
        o, d, m = found.get(c["measure"], (0, 0, 0))
        found[c["measure"]] = (o + c["owed"], d + c["met"] + c["late"], m + c["missing"])
    return found


def worst_areas(scope: Scope, area: Area, run: Run) -> dict[tuple[str, str], tuple[Area, int]]:
    """(measure, state) → the part right below an area that has most of it, and how many; absent where no part has any. Two statements."""
    parts = {a.pk: a for a in _below(_here(scope, area))}
    found: dict[tuple[str, str], dict[int, int]] = {}
    for c in _cells(run, list(parts)):
        for state in ("missing", "raised", "untrue", "ownerless", "unlisted", "cannot_tell"):
            if c[state]:
                by = found.setdefault((c["measure"], state), {})
                by[c["area_id"]] = by.get(c["area_id"], 0) + c[state]
    return {key: (parts[pk], by[pk]) for key, by in found.items() for pk in [max(by, key=lambda i: (by[i], parts[i].code))]}


def subjects(scope: Scope, area: Area, state: str, *, kind: str | None = None, run: Run | None = None) -> set[UUID]:
    """The subjects of a list, of measures of one kind (None: of all): who is silent, of whom something was untrue. Ids only."""
    here, run = _here(scope, area), run or _standing()
    known = [name for name, (figures, _) in _measures(run, here).items() if kind in (None, figures.kind)]
    if not known:
        return set()
    sql = f"SELECT DISTINCT o.subject FROM ({_relation(run, known, state, here)}) o WHERE {COUNTED[state]}"
    with transaction.atomic():
        return {row["subject"] for row in evaluation.rows(sql.replace("%%", "%"))}


def _relation(run: Run, measures: list[str], state: str, area: Area) -> str:
    """The rows that the run kept; where it kept none (the list was too long, the run is old) the same query at the run's two times. No `state`: all of them."""
    kept = _kept(run, measures, state)
    parts = [lists.stored(run, kept, area)] if kept else []
    if len(kept) < len(measures):
        parts += _again(run, set(measures) - set(kept), area)
    whole = " UNION ALL ".join(parts)
    return lists.risen(whole, area) if state == "risen" else whole


def _kept(run: Run, measures: Iterable[str], state: str) -> list[str]:
    """Those of which the run kept the whole list. No `state`: all lists."""
    states = STATES_OF.get(state, (state,)) if state else (*LISTS, *BESIDE)
    return [m for m in measures if run.rows_kept and not any(f"{m} {s}" in run.unlisted_rows for s in states)]


def _again(run: Run, measures: set[str], area: Area) -> list[str]:
    with connection.cursor() as cursor:
        evaluation.steady(cursor)
    wanted = {e["enactment"] for e in run.editions}
    found = [f for f in evaluation.in_force(run.as_of, among=wanted) if f.measure.id in measures]
    below = "" if area.parent_id is None else f" WHERE w.area IN (SELECT id FROM kernel_area WHERE path LIKE '{area.path}%%')"
    columns = ", ".join(f"w.{name}" for name in lists.COLUMNS)
    parts = []
    for f in found:
        narrowed = evaluation.below(f.measure.facts, relations.beneath(area.path)) if below else None
        parts.append(f"SELECT {columns} FROM ({evaluation.statement(f, run.as_of, run.known_at, narrowed, seen=run.seen).replace('%', '%%')}) w{below}")
    return parts


def today(
    scope: Scope, post: Post | None = None, as_of: datetime | None = None, limit: int = 200, subject: UUID | None = None
) -> Today:
    """What one post has to do, evaluated now: open and overdue, still doable, overdue first. Only what that very post answers for.

    One statement, whatever the number of measures, planned once a connection; it gives the first `limit` rows and counts the rest. `subject`: rows of this one only; the counts
    remain those of all.
    """
    post = post or scope.post
    if post is None:
        raise Refused("no-post")
    scope.check("plan.read", post.area)
    as_of = as_of or clock.now()
    judged = [f for f in evaluation.in_force(as_of) if f.measure.by.role == post.role and _touch(post.area, f.enactment.area)]
    if not judged:
        return Today(as_of=as_of, rows=[], overdue=0, open=0, more=0)
    places = evaluation.zones()
    asked = [*Together.asked(post, as_of, places), ("integer", limit), *([("uuid", subject)] if subject else [])]
    with transaction.atomic():
        with connection.cursor() as cursor:
            evaluation.steady(cursor, short=True)
        found = prepared.rows(_owed(judged, as_of, places, bool(subject)), asked)
    total, late = found[0]["of_all"], found[0]["of_late"]
    found = [row for row in found if row["subject"]]
    known = {f.measure.id: lists.figures(f) for f in judged}
    return Today(as_of=as_of, rows=lists.dressed(found, known), overdue=late, open=total - late, more=max(0, total - len(found)))


def _touch(one: Area, other: Area) -> bool:
    """One lies in the other."""
    return one.path.startswith(other.path) or other.path.startswith(one.path)


#: Statements of lists by what they depend on.
_OWED: dict[Any, str] = {}


def _owed(judged: list[evaluation.InForce], as_of: datetime, places: list[str], one: bool) -> str:
    """The statement of what a post owes, a parameter in the place of each thing that differs from post to post and from time to time (see `Together.asked`);
    after them how many rows, and, where `one`, whose."""
    key = (one, tuple(places), tuple(f.depends(as_of) for f in judged))
    if key not in _OWED:
        shared = Together(as_of, places)
        owed = []
        for f in judged:
            sql = evaluation.statement(f, as_of, None, evaluation.below(f.measure.facts, shared.INSIDE), places, beside=False, shared=shared.over, asked=shared.instants)  # what is owed
            owed.append(f"SELECT * FROM ({sql}) o WHERE o.doable AND o.post = {shared.POST}")
        limit, mine = f"${3 + len(places)}", f" WHERE t.subject = ${4 + len(places)}" if one else ""
        order = "x.state <> 'overdue', x.due, x.subject, x.occasion, x.measure"
        if len(_OWED) >= 64:
            _OWED.pop(next(iter(_OWED)))
        _OWED[key] = shared.whole(
            f"t AS MATERIALIZED ({' UNION ALL '.join(owed)}) SELECT c.*, x.* FROM (SELECT count(*) AS of_all, count(*) FILTER (WHERE state = 'overdue') AS of_late FROM t) c "
            f"LEFT JOIN (SELECT * FROM t{mine} ORDER BY {order.replace('x.', 't.')} LIMIT {limit}) x ON TRUE ORDER BY {order}"
        )
    return _OWED[key]


# -- for the command line and other programs


def coverage_json(scope: Scope, run: Run | None = None, area: Area | None = None, plan: str | None = None) -> dict[str, Any]:
    """Coverage of an area and of the areas right below, by measure, as `sizao coverage --json` prints it. The area itself comes last, for what stands there and in none below."""
    run, here = run or _standing(), _here(scope, area)
    known = _measures(run, here, plan)
    enactments = [e["enactment"] for e in run.editions if plan in (None, e["edition"])]
    parts = _below(here)
    cells = _cells(run, [here.pk, *(a.pk for a in parts)], enactments=enactments)
    for cell in cells:
        if cell["area_id"] == here.pk and cell["measure"] in known:
            known[cell["measure"]][0].add(cell)
    judged = [f.measure for _, f in known.values()]
    amounts, shown = beside.amounts(run, judged, [here.pk]), beside.shown(run, judged, [here.pk], under={name: f.enactment.pk for name, (_, f) in known.items()})
    for name, (figures, _) in known.items():
        figures.amounts, figures.shown = amounts.get((name, here.pk), []), shown.get((name, here.pk), [])
    below, own = _by_area(here, parts, cells)
    zone = ZoneInfo(here.zone)
    return {
        "plan": plan or ", ".join(dict.fromkeys(e["edition"] for e in run.editions)),
        "trial": any(e["trial"] for e in run.editions if e["enactment"] in enactments),
        "as_of": run.as_of.astimezone(zone).isoformat(),
        "known_at": run.known_at.astimezone(zone).isoformat(),
        "area": here.code,
        "measures": [{"id": m.id, "zh": m.title["zh"], "en": m.title["en"], **m.counts(), **_beside_json(m)} for m, _ in known.values()],
        # What stands at the area itself, in none of those below, is a line of its own: the lines add up to the measures.
        "areas": [
            {
                "code": a.code,
                "name": a.area.name(scope.language),
                **{name: getattr(a, name) for name in ("owed", "met", "late", "overdue", "missing", "cannot_tell", "risen")},
            }
            for a in (*below, *([own] if own.all else []))
        ],
    }


def _beside_json(m: MeasureFigures) -> dict[str, Any]:
    """Amounts by unit, the figures of the plan, and what was said and seen; only where a measure has them."""
    found: dict[str, Any] = {}
    if m.amounts:
        names = ("owed", "short", "have", "filled", "need")
        found["amounts"] = [{"unit": a.unit, **{n: lists.plain(getattr(a, n)) for n in names}, "coverage": lists.plain(a.coverage)} for a in m.amounts]
    if m.shown:
        found["shown"] = [
            {"name": f.name, **f.words, "kind": f.kind, "n": f.n, "value": f.moment.isoformat() if f.moment else f.value} for f in m.shown
        ]
    if m.looked_at:
        found["checked"] = m.checked.as_json()
    return found


def missing_json(scope: Scope, run: Run | None, measure: str | None, area: Area | None = None, state: str = "missing") -> list[dict[str, Any]]:
    """The named missing of a measure: one object an obligation, as `sizao missing --json` prints it."""
    run = run or _standing()
    page = missing(scope, measure, area, state=state, limit=None, run=run)
    zh = scope.language.startswith("zh")
    posts = {p.pk: f"{p.role}@{p.area.code}" for p in Post.objects.filter(pk__in={r.post for r in page.rows}).select_related("area")}
    acts = facts.vocabulary().acts
    return [
        {
            "subject": str(r.subject),
            "person": str(r.person) if r.person else None,
            "due": r.due.astimezone(ZoneInfo(r.zone)).isoformat() if r.due else None,
            "by": posts.get(r.post or 0),
            "area": r.area.code if r.area else None,
            "why": r.why["zh" if zh else "en"] or (lists.lacking(r, acts) if r.overdue else {}).get("zh" if zh else "en", ""),
            "measure": r.measure,
            "state": r.state,
            "levels_up": r.raised,
            **({"have": lists.plain(r.have), "need": lists.plain(r.need)} if r.need is not None else {}),
            **({"seen": r.seen} if r.seen is not None else {}),
        }
        for r in page.rows
    ]
