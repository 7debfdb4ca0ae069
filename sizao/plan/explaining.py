"""Why somebody owes something, and what became of it: which part of the condition holds, from which record, and which act closed what."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area, Post
from sizao.kernel.scope import Scope

from . import evaluation, facts, relations
from .language import done as forms
from .language.measure import Measure
from .language.terms import Has, measures_asked
from .language.values import value
from .language.vocabulary import nearest
from .language.words import Speaker, sentence
from .obligations import Obligation, reason_text
from .reference import Evaluator, leaves
from .register import Register

LANGUAGES = ("zh", "en")


def explain(scope: Scope, measure: str, subject: UUID, as_of: datetime | None = None, known_at: datetime | None = None) -> dict[str, Any]:
    """One subject under one measure, on the reference engine. Plain values, ready for a page or JSON; texts in zh and en."""
    as_of = as_of or clock.now()
    in_force = evaluation.in_force(as_of)
    found = [f for f in in_force if f.measure.id == measure]
    if not found:
        known = sorted({f.measure.id for f in in_force})
        raise Refused("plan-measure-unknown", name=measure, nearest=nearest(measure, known), known=known)
    said = [part for f in found if (part := _explain(scope, f, subject, as_of, known_at))]
    if not said:
        raise Refused("not-found-or-out-of-area")
    m = found[-1].measure
    words = {lang: sentence(m, facts.vocabulary(), lang)["all"] for lang in LANGUAGES}
    return {
        "measure": m.id,
        "title": dict(m.title),
        "rule": words,
        "subject": str(subject),
        "as_of": said[-1].pop("as_of"),
        "conditions": said[-1]["conditions"],
        "facts": said[-1]["facts"],
        "acts": said[-1]["acts"],
        "obligations": [o for part in said for o in part["obligations"]],
    }


def load(f: evaluation.InForce, subject: UUID, zone: str, known_at: datetime | None, one_zone: bool) -> Register:
    """What the registers hold about one subject, in the zone's civil time."""
    vocabulary, table = facts.vocabulary(), f.measure.facts
    built = relations.build(vocabulary, zone, known_at, evaluation.only(table, subject), one_zone)
    acts = {a["id"]: a for key in ("subject", "person") if key in built.acts_of for a in evaluation.rows(built.acts(key))}
    areas = {r["id"]: (r["parent"], r["level"]) for r in evaluation.rows(built.area)}
    wide = built if f.measure.simple else relations.build(vocabulary, zone, known_at, None, one_zone)
    wanted = beyond(f.measure)
    versions = {name: list(evaluation.rows(built.facts[name] if name == table and name not in wanted else wide.facts[name])) for name in {table, *wanted}}
    found = acts.values() if f.measure.simple else evaluation.rows(wide.act)
    codes = {r["code"]: r["id"] for r in evaluation.rows(built.area)}
    said = evaluation.rows(built.area_fact)
    return Register(versions, found, areas, evaluation.rows(built.post), evaluation.rows(built.kept), said, codes)


def beyond(m: Measure) -> set[str]:
    """The tables that a measure looks at beside its own subject's rows: whole, because what stands there decides about one subject."""
    if m.simple:
        return set()
    others = [x for id_ in m.yields for x in [m.all[id_]]] + [x for id_ in {a for tree in m.trees for a in measures_asked(tree)} for x in m.named(id_)]
    return {*m.tables[1:], *(t.table for t in m.terms if isinstance(t, Has)), *(t for x in others for t in x.tables)}


def _explain(scope: Scope, f: evaluation.InForce, subject: UUID, as_of: datetime, known_at: datetime | None) -> dict[str, Any] | None:
    places = evaluation.zones()
    for zone in places:
        register = load(f, subject, zone, known_at, len(places) == 1)
        now = evaluation.naive(as_of, zone)
        row = register.standing(f.measure.facts, subject, now)
        if row is None:
            continue
        area = Area.objects.filter(pk=row["area"]).first()
        scope.check("person.read", area)
        evaluator = Evaluator(f.measure, register, now, f.force(zone))
        obligations = sorted(evaluator.of(subject), key=lambda o: (o.due is None, o.due, o.occasion))
        return {
            "as_of": _iso(now, zone),
            "conditions": _conditions(evaluator, row, now),
            "facts": _facts(evaluator, row, zone),
            "acts": _acts(evaluator, row, obligations, zone),
            "obligations": [_obligation(o, zone) for o in obligations],
        }
    return None


def _conditions(e: Evaluator, row: Any, now: datetime) -> list[dict[str, Any]]:
    """Each single question of the condition on the row that stands, and its answer: true, false, or null (cannot tell)."""
    vocabulary, m = facts.vocabulary(), e.m
    speakers = {lang: Speaker(lang, vocabulary.columns(m.facts), dict(m.params), vocabulary) for lang in LANGUAGES}
    ctx = e.context(row, now, now)
    return [{**{lang: s.say(leaf) for lang, s in speakers.items()}, "holds": value(leaf, ctx)} for leaf in leaves(m.asks)]


def _facts(e: Evaluator, row: Any, zone: str) -> list[dict[str, Any]]:
    """The columns that the measure reads, with their values, and since when this version stands."""
    columns = facts.vocabulary().columns(e.m.facts)
    return [
        {"name": name, "zh": columns[name].zh, "en": columns[name].en, "value": _plain(row[name], zone), "since": _iso(row["vf"], zone)}
        for name in e.m.columns
        if name in columns
    ]


def _acts(e: Evaluator, row: Any, obligations: list[Obligation], zone: str) -> list[dict[str, Any]]:
    """Acts of the kinds that count here, earliest first; `counts` says for which day or due they are evidence."""
    vocabulary, m = facts.vocabulary(), e.m
    kinds = [*((leaf.act, leaf.key) for leaf in forms.leaves(m.done) if leaf.act), *((c.act, c.key) for c in m.close)]
    found = [act for kind, key in kinds for act in e.register.done(kind, key, row, e.as_of)]
    closed = {o.done_at: o.due for o in obligations if o.done_at}
    return [
        {
            "id": str(act["id"]),
            "kind": act["kind"],
            "zh": vocabulary.acts[act["kind"]].zh,
            "en": vocabulary.acts[act["kind"]].en,
            "at": _iso(act["at"], zone),
            "told_at": _iso(act["told_at"], zone),
            "outcome": act["outcome"],
            "counts": _iso(closed.get(act["at"]), zone),
        }
        for act in sorted(found, key=lambda a: a["at"])
    ]


def _obligation(o: Obligation, zone: str) -> dict[str, Any]:
    area, post = Area.objects.filter(pk=o.area).first(), Post.objects.filter(pk=o.post).first()
    return {
        "occasion": o.occasion,
        "opens": _iso(o.opens, zone),
        "due": _iso(o.due, zone),
        "state": o.state,
        "reason": o.reason,
        "why": reason_text(o.reason, facts.labels()),
        "area": area.code if area else None,
        "by": {"zh": post.title_zh, "en": post.title_en or post.title_zh} if post else None,
        "doable": o.doable,
        "told_late": o.told_late,
        "done_at": _iso(o.done_at, zone),
    }


def _iso(civil: datetime | None, zone: str) -> str | None:
    return civil.replace(tzinfo=ZoneInfo(zone)).isoformat() if civil and 1 < civil.year < 9999 else None


def _plain(found: Any, zone: str) -> Any:
    if isinstance(found, datetime):
        return _iso(found, zone)
    return found if found is None or isinstance(found, bool | int | str) else str(found)


HOLDS = {True: ("是", "yes"), False: ("否", "no"), None: ("无法判定", "cannot tell")}
STATES = {
    "waiting": ("等待", "waiting"),
    "open": ("未到期", "open"),
    "ahead": ("提前完成", "done ahead"),
    "met": ("按时完成", "met"),
    "late": ("迟办", "late"),
    "overdue": ("逾期", "overdue"),
    "cannot_tell": ("无法判定", "cannot tell"),
    "closed": ("关闭", "closed"),
}


def explain_lines(said: dict[str, Any], language: str) -> list[str]:
    """An explanation for a terminal."""
    zh = language.startswith("zh")
    lang, i = ("zh", 0) if zh else ("en", 1)
    lines = [said["title"][lang], said["rule"][lang], ""]
    lines += [f"  {c[lang]} → {HOLDS[c['holds']][i]}" for c in said["conditions"]]
    lines += [f"  {c[lang]}: {c['value'] if c['value'] is not None else '—'}" for c in said["facts"]]
    lines += [f"  {a['at']} {a[lang]} {a['outcome'] or ''} {('→ ' + a['counts']) if a['counts'] else ''}".rstrip() for a in said["acts"]]
    lines.append("")
    for o in said["obligations"]:
        by = o["by"][lang] if o["by"] else ("无责任人" if zh else "ownerless")
        lines.append(f"  {o['due'] or '—'} {STATES[o['state']][i]} {o['why'][lang]} · {by}".rstrip())
    return lines


__all__ = ["explain", "explain_lines"]
