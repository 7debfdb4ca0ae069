"""Rows of obligations with what a person needs to act on them: area, who answers, why, attempts, and what was done since."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db import connection

from sizao.kernel.errors import Refused
from sizao.kernel.models import Area, Post

from . import beside, facts
from .counting import COUNTED
from .evaluation import InForce, edition, naive
from .language import Measure
from .language.agreeing import PLAIN
from .language.done import Amount, Done
from .language.terms import terms
from .language.values import Context, value
from .language.words import sentence
from .mirror.engine import COLUMNS
from .models import Row, Run
from .obligations import HANDED, reason_text
from .relations import VOID
from .views import Listed, MeasureFigures

STORED = ", ".join(f"{'area_id AS area' if c == 'area' else c}" for c in COLUMNS)
#: Lists of which every row has a due; the pages of these go on by the bare column, which has an index.
DATED = ("missing", "missed", "open", "ahead", "met", "late")
#: What PostgreSQL sorts after every date: obligations without a timetable come last.
LAST = "infinity"


@lru_cache(maxsize=2048)
def _words(item: int, measure: str) -> dict[str, dict[str, str]]:
    """A measure of an edition in words; neither changes, and every page says them."""
    return {lang: sentence(edition(item).measures[measure], facts.vocabulary(), lang) for lang in ("zh", "en")}


def figures(f: InForce) -> MeasureFigures:
    """A measure in words, without numbers yet."""
    m, words = f.measure, _words(f.enactment.item_id, f.measure.id)
    return MeasureFigures(
        id=m.id,
        title=dict(m.title),
        rule={lang: w["all"] for lang, w in words.items()},
        by={lang: w["by"] for lang, w in words.items()},
        source=[dict(s) for s in m.source],
        urgency=m.urgency,
        kind=m.kind,
        minutes=m.minutes,
        edition=f.edition.id,
        trial=f.enactment.trial,
        table=m.facts,
        act=m.done.act,
        unit=beside.unit_of(m) if isinstance(m.done, Amount) else {},
        reconciled=bool(m.reconcile),
        looked_at=m.look is not None,
    )


def keyset(relation: str, state: str, after: str | None, limit: int) -> tuple[str, list[Any]]:
    """The statement of a page: `relation` yields COLUMNS; ordered by due (what has none comes last), subject, occasion, measure; one row more than asked, to know
    whether it goes on."""
    parameters: list[Any] = []
    test = COUNTED.get(state, "raised > 0")
    due = "o.due" if state in DATED else f"coalesce(o.due, '{LAST}')"
    if after:
        test = f"({test}) AND ({due}, o.subject, o.occasion, o.measure) > (%s::timestamptz, %s::uuid, %s, %s)"
        parameters = list(read_place(after))
    return (
        f"SELECT {', '.join('o.' + c for c in COLUMNS)} FROM ({relation}) o WHERE {test} ORDER BY o.due, o.subject, o.occasion, o.measure LIMIT {int(limit) + 1}",
        parameters,
    )


def merged(run: Run, measures: Iterable[str], area: Area, state: str, after: str | None, limit: int) -> tuple[str, list[Any]]:
    """As `keyset` of several measures that the run kept, of a state in DATED: each gives its first rows in the order of its index, where all together would be read and sorted."""
    pages = [keyset(stored(run, [measure], area), state, after, limit) for measure in measures]
    each = " UNION ALL ".join(f"({sql})" for sql, _ in pages)
    return f"SELECT * FROM ({each}) o ORDER BY o.due, o.subject, o.occasion, o.measure LIMIT {int(limit) + 1}", [value for _, values in pages for value in values]


def risen(relation: str, area: Area) -> str:
    """Those of a relation that have risen to this very area: so many levels above who answers, or above the area itself where nobody does."""
    steps = f"char_length(u.path) - char_length(replace(u.path, '.', '')) - {area.path.count('.')}"
    return (
        f"SELECT o.* FROM ({relation}) o LEFT JOIN kernel_post p ON p.id = o.post JOIN kernel_area u ON u.id = coalesce(p.area_id, o.area) "
        f"AND u.path LIKE '{area.path}%%' AND {steps} BETWEEN 1 AND o.raised WHERE o.raised > 0"
    )


def place(row: Mapping[str, Any]) -> str:
    """Where a page ended, for the next to go on."""
    key = [row["due"].isoformat() if row["due"] else LAST, str(row["subject"]), row["occasion"], row["measure"]]
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def read_place(text: str) -> tuple[str, str, int, str]:
    """The place again; Refused bad-value when the text is none."""
    try:
        due, subject, occasion, measure = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if due != LAST:
            datetime.fromisoformat(due)
        from uuid import UUID

        return due, str(UUID(subject)), int(occasion), str(measure)
    except (ValueError, binascii.Error, TypeError):
        raise Refused("bad-value", field={"zh": "续页位置", "en": "page"}, value=text, expected="—") from None


def stored(run: Run, measures: Iterable[str], area: Area) -> str:
    """The rows of a run below an area. What has no area stands at the top."""
    named = ", ".join(f"'{measure}'" for measure in measures)
    where = f"{run.sees('r')} AND r.measure IN ({named})"
    if area.parent_id is not None:
        where += f" AND r.area_id IN (SELECT id FROM kernel_area WHERE path LIKE '{area.path}%%')"
    return f"SELECT {STORED} FROM {Row._meta.db_table} r WHERE {where}"


def dressed(rows: Iterable[Mapping[str, Any]], known: Mapping[str, MeasureFigures]) -> list[Listed]:
    """Rows as `Listed`."""
    found = list(rows)
    takers = {int(r["reason"].partition(":")[2]) for r in found if (r["reason"] or "").startswith(f"{HANDED}:")}
    places = {a.pk: a for a in Area.objects.filter(pk__in={r["area"] for r in found} | takers).defer("geometry")}
    posts = {p.pk: p for p in Post.objects.filter(pk__in={r["post"] for r in found}).select_related("area")}
    labels, listed = facts.labels() | {str(pk): (places[pk].name_zh, places[pk].name_en or places[pk].name_zh) for pk in takers & places.keys()}, []
    for r in found:
        m, area, post = known[r["measure"]], places.get(r["area"]), posts.get(r["post"])
        listed.append(
            Listed(
                **{name: r[name] for name in COLUMNS if name != "area"},
                title=m.title,
                why=_why(r, labels, area),
                area=area,
                zone=area.zone if area else "Asia/Shanghai",
                by={"zh": post.title_zh, "en": post.title_en or post.title_zh} if post else {},
                table=m.table,
                act=m.act,
                urgency=m.urgency,
            )
        )
    _mark_tried(listed)
    return listed


def _why(row: Mapping[str, Any], labels: dict[str, tuple[str, str]], area: Area | None) -> dict[str, str]:
    """The reason in words; of a hand-over also when it was accepted, in the time of who gave the subject away."""
    said = reason_text(row["reason"], labels)
    if not (row["reason"] or "").startswith(f"{HANDED}:") or row["done_at"] is None or area is None:
        return said
    at = naive(row["done_at"], area.zone).strftime("%Y-%m-%d %H:%M")
    return {"zh": f"{said['zh']}（{at}）", "en": f"{said['en']} at {at}"}


def _mark_tried(listed: list[Listed]) -> None:
    """The last attempt on each subject since its occasion opened."""
    wanted = [o.subject for o in listed if o.state in ("open", "overdue")]
    if not wanted:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (subject) subject, outcome, happened_at FROM kernel_act WHERE kind = 'attempt' AND subject = ANY(%s) ORDER BY subject, happened_at DESC",
            [wanted],
        )
        last = {subject: (outcome, at) for subject, outcome, at in cursor.fetchall()}
    for o in listed:
        outcome, at = last.get(o.subject, (None, None))
        if at and o.opens and at >= o.opens:
            o.tried, o.tried_at = outcome, at


def plain(amount: Decimal | None) -> int | float | None:
    """An amount as a number of JSON: whole where it is.

    >>> plain(Decimal("3.000")), plain(Decimal("2.5")), plain(None)
    (3, 2.5, None)
    """
    return None if amount is None else int(amount) if amount == int(amount) else float(amount)


def lacking(o: Listed, acts: Mapping[str, Any]) -> dict[str, str]:
    """What is overdue, in words: an act that is not there, or an amount that is not reached."""
    if o.need is not None:
        return {"zh": f"应有 {plain(o.need)}，现有 {plain(o.have)}", "en": f"{plain(o.have)} of {plain(o.need)}"}
    if o.act not in acts:
        return {"zh": "逾期", "en": "overdue"}
    return {"zh": f"逾期：未见{acts[o.act].zh}", "en": f"overdue: no {acts[o.act].en}"}


def mark_done(listed: list[Listed], m: Measure) -> None:
    """Which of the overdue have evidence now: they had none in the run, so it came since."""
    key = m.done.key
    of = [o for o in listed if o.state == "overdue" and key in PLAIN and getattr(o, key)]
    if not of or not isinstance(m.done, Done) or not m.done.plain or terms(m.done.where):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {key}, happened_at, outcome, number, period FROM kernel_act a WHERE {key} = ANY(%s) AND kind = %s AND happened_at >= %s AND outcome IS DISTINCT FROM %s "
            "AND NOT EXISTS (SELECT 1 FROM kernel_act b WHERE b.replaces = a.id)",
            [[getattr(o, key) for o in of], m.done.act, min(o.opens for o in of if o.opens), VOID],
        )
        acts = cursor.fetchall()
    for o in of:
        o.done_since = any(about == getattr(o, key) and o.opens and at >= o.opens and _counts(m, o, at, *rest) for about, at, *rest in acts)


def _counts(m: Measure, o: Listed, at: datetime, outcome: str | None, number: Any, period: Any) -> bool:
    """The act is evidence for the occasion."""
    opens = naive(o.opens, o.zone)  # type: ignore[arg-type]
    if m.done.match == "period" and period != opens.date():
        return False
    row = {"at": naive(at, o.zone), "outcome": outcome, "number": number, "period": period, "disease": None}
    if m.done.where is None or m.inner_subjects:
        return m.done.where is None
    return value(m.done.where, Context(row, row["at"], opens, m.params)) is True
