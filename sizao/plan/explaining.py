"""Why somebody owes something, and what became of it: which part of the condition holds, from which record, and which act closed what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area, Post
from sizao.kernel.scope import Scope

from . import evaluation, facts, near
from .language import done as forms
from .language.values import value
from .language.vocabulary import nearest
from .language.words import Speaker, called, sentence
from .obligations import Obligation, reason_text
from .reference import Evaluator, leaves

LANGUAGES = ("zh", "en")


def explain(scope: Scope, measure: str, subject: UUID, as_of: datetime | None = None, known_at: datetime | None = None) -> dict[str, Any]:
    """One subject under one measure, on the reference engine. Plain values, ready for a page or JSON; texts in zh and en."""
    as_of = as_of or clock.now()
    in_force = evaluation.in_force(as_of)
    known = sorted({f.measure.id for f in in_force})
    if measure not in known:
        raise Refused("plan-measure-unknown", name=measure, nearest=nearest(measure, known), known=known)
    said = _each(scope, in_force, [(measure, subject)], as_of, known_at)
    if not said:
        raise Refused("not-found-or-out-of-area")
    return said[measure, subject]


def explain_all(
    scope: Scope, subjects: Mapping[str, Sequence[UUID]], as_of: datetime | None = None, known_at: datetime | None = None
) -> list[dict[str, Any]]:
    """Every measure in force about these subjects (table → ids), as `explain` tells each; who is out of the scope's area is left out.

    The number of statements hangs on the measures, not on how many subjects are asked about, nor on how much the store holds.
    """
    as_of = as_of or clock.now()
    in_force = evaluation.in_force(as_of)
    asked = [(f.measure.id, subject) for f in in_force for subject in subjects.get(f.measure.facts, ())]
    return list(_each(scope, in_force, asked, as_of, known_at).values())


def _each(
    scope: Scope, in_force: Sequence[evaluation.InForce], asked: Iterable[tuple[str, UUID]], as_of: datetime, known_at: datetime | None
) -> dict[tuple[str, UUID], dict[str, Any]]:
    asked = list(dict.fromkeys(asked))
    parts: dict[tuple[str, UUID], list[Part]] = {}
    for enactment in dict.fromkeys(f.enactment for f in in_force):
        mine = {f.measure.id: f for f in in_force if f.enactment == enactment}
        for part in _parts([(mine[m], subject) for m, subject in asked if m in mine], as_of, known_at):
            parts.setdefault((part.f.measure.id, part.subject), []).append(part)
    told = {}
    for key, found in parts.items():
        seen = [part for part in found if _may_see(scope, part.areas.get(part.row["area"]))]
        if seen:
            told[key] = _told(key[1], seen)
    return told


@dataclass(frozen=True)
class Part:
    """What one enactment says of one subject."""

    f: evaluation.InForce
    subject: UUID
    zone: str
    now: datetime
    row: Any
    evaluator: Evaluator
    obligations: list[Obligation]
    areas: Mapping[Any, Area]
    posts: Mapping[Any, Post]

    @property
    def governs(self) -> bool:
        """What opens now about this subject is this enactment's."""
        e = self.evaluator
        now = e.force.start <= self.now < e.force.end and e.of_disease(self.row)
        return now and e.register.belongs(self.row["area"], e.force, self.now, self.row["disease"])


def _parts(asked: list[tuple[evaluation.InForce, UUID]], as_of: datetime, known_at: datetime | None) -> Iterator[Part]:
    """Of one enactment; a subject is in one zone."""
    places = evaluation.zones() if asked else []
    for zone in places:
        now = evaluation.naive(as_of, zone)
        inside = {f.force(zone).area for f, _ in asked}
        told = [(f, subject) for f, subject in asked if near.covers(f.measure)]
        read = [(told, near.register([(f.measure, subject) for f, subject in told], zone, known_at, len(places) == 1, inside))] if told else []
        rest = [(f, subject) for f, subject in asked if not near.covers(f.measure)]
        read += [(rest, near.whole([f.measure for f, _ in rest], zone, known_at, len(places) == 1))] if rest else []
        for f, subject, (register, areas, posts) in ((f, subject, found) for some, found in read for f, subject in some):
            evaluator = Evaluator(f.measure, register, now, f.force(zone))
            row = evaluator.register.standing(f.measure.facts, subject, now)
            if row is not None:
                owed = sorted(evaluator.of(subject), key=lambda o: (o.due is None, o.due, o.occasion))
                yield Part(f, subject, zone, now, row, evaluator, owed, areas, posts)


def _may_see(scope: Scope, area: Area | None) -> bool:
    try:
        scope.check("person.read", area)
    except Refused as refused:
        if refused.code == "not-found-or-out-of-area":
            return False
        raise
    return True


def _told(subject: UUID, parts: list[Part]) -> dict[str, Any]:
    """Of several enactments the last of those gives the words under which the subject is now; each gives its obligations."""
    last = next((part for part in reversed(parts) if part.governs), parts[-1])
    m = last.f.measure
    return {
        "measure": m.id,
        "title": dict(m.title),
        "rule": {lang: sentence(m, facts.vocabulary(), lang)["all"] for lang in LANGUAGES},
        "subject": str(subject),
        "as_of": _iso(last.now, last.zone),
        "conditions": _conditions(last.evaluator, last.row, last.now),
        "facts": _facts(last.evaluator, last.row, last.zone),
        "acts": _acts(last.evaluator, last.row, last.obligations, last.zone),
        "obligations": [_obligation(o, part.zone, part.areas.get(o.area), part.posts.get(o.post)) for part in parts for o in part.obligations],
    }


def _conditions(e: Evaluator, row: Any, now: datetime) -> list[dict[str, Any]]:
    """Each single question of the condition on the row that stands, and its answer: true, false, or null (cannot tell)."""
    m = e.m
    vocabulary = m.vocabulary(facts.vocabulary())
    speakers = {lang: Speaker(lang, vocabulary.columns(m.facts), dict(m.params), vocabulary, called=called(m)) for lang in LANGUAGES}
    ctx = e.context(row, now, now)
    return [{**{lang: s.say(leaf) for lang, s in speakers.items()}, "holds": value(leaf, ctx)} for leaf in leaves(m.asks)]


def _facts(e: Evaluator, row: Any, zone: str) -> list[dict[str, Any]]:
    """The columns that the measure reads, with their values, and since when this version stands."""
    columns = e.m.vocabulary(facts.vocabulary()).columns(e.m.facts)
    return [
        {"name": name, "zh": columns[name].zh, "en": columns[name].en, "value": _plain(row[name], zone), "said": _said(columns[name], row[name]), "since": _iso(row["vf"], zone)}
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


def _obligation(o: Obligation, zone: str, area: Area | None, post: Post | None) -> dict[str, Any]:
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


def _said(column: Any, found: Any) -> dict[str, str] | None:
    """A code in words {zh, en}; None where the value is no code of a list."""
    return facts.vocabulary().codes.get(column.codes or "", {}).get(found) if isinstance(found, str) else None


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


__all__ = ["explain", "explain_all", "explain_lines"]
