"""One edition to read: its figures with their dates and sources, each measure in words beside its source, and its scenarios, which can be played."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from sizao.doors.command import plan_words
from sizao.doors.kit.pages import page
from sizao.doors.kit.words import NONE, Words
from sizao.kernel import areas, clock
from sizao.kernel.models import ContentItem, Enactment
from sizao.kernel.scope import Scope
from sizao.plan import editions, read
from sizao.plan.facts import vocabulary
from sizao.plan.language import Edition
from sizao.plan.language.parameters import Line
from sizao.plan.scenario import Scenario
from sizao.plan.show import show_awaiting, show_measure

FEW = 6  # an edition of no more measures than these is read unfolded


def edition(request: HttpRequest, edition: str) -> HttpResponse:
    """The page, read only."""
    scope = request.scope.open()
    item, found = editions.opened(scope, edition)
    return _page(request, scope, item, found, {})


def scenarios(request: HttpRequest, edition: str) -> HttpResponse:
    """The same page with its scenarios played: all of them, or those of one measure."""
    scope = request.scope.open()
    item, found = editions.opened(scope, edition)
    wanted = request.POST.get("measure", "")
    shelf = editions.shelf(item, found)
    played = editions.play_all(scope, found, [s for s in shelf.scenarios if not wanted or s.measure == wanted])
    return _page(request, scope, item, found, {(p.scenario.file, p.scenario.line): p for p in played})


def _page(request: HttpRequest, scope: Scope, item: ContentItem, found: Edition, played: dict[Any, Any]) -> HttpResponse:
    words = Words(request.LANGUAGE_CODE)
    shelf = editions.shelf(item, found)
    plan = next(p for p in editions.plans(scope) if p.id == item.item_id)
    run = read.latest_run()
    counted = {m for e in run.editions for m in e["measures"]} if run else set()
    measures = []
    for m in found.measures.values():
        shown = [(_told(s, m.facts, words), played.get((s.file, s.line))) for s in shelf.of(m.id)]
        table = vocabulary().tables.get(m.facts)
        told = [result for _, result in shown if result is not None]
        marks = {"played": bool(told), "otherwise": not all(result.passed for result in told), "alone": len(found.measures) <= FEW}
        measures.append(show_measure(m) | {"table": words.both(table, m.facts), "counted": m.id in counted, "scenarios": shown, "by": m.by} | marks)
    results = list(played.values())
    return page(
        request,
        "command/plan_edition.html",
        {
            "item": item,
            "edition": found,
            "plan": plan,
            "in_force": [e for e in plan.in_force if e.item_id == item.pk],
            "others": [e for e in plan.in_force if e.item_id != item.pk],
            "params": [(p, [(line, plan_words.figure(line.value, words), _only_for(line, found, words)) for line in p.lines]) for p in found.params.values()],
            "lists": plan_words.dated(found, words),
            "precedence": [[words.both(_title(found, id_), id_) for id_ in ids] for ids in found.precedence.values()],
            "ladders": plan_words.ladders(found, words),
            "measures": measures,
            "by_kind": [(kind, [m for m in measures if m["kind"] == kind]) for kind in dict.fromkeys(m["kind"] for m in measures)],
            "awaiting": [show_awaiting(a) for a in found.awaiting.values()],
            "aside": found.aside,
            "kinds": plan_words.kinds(),
            "urgencies": plan_words.urgencies(),
            "states": plan_words.states(),
            "said": plan_words.said,
            "shelf": shelf,
            "played": results,
            "passed": sum(p.passed for p in results),
            "unplayed": sum(not p.engines for p in results),
            "may_enact": scope.can("content.enact"),
            "proposed": _proposed(plan, item),
            "now": clock.now(),
        },
    )


def _title(found: Edition, id_: str) -> Any:
    """The title of a measure, or of one that has parts."""
    own = found.measures.get(id_)
    if own is None:
        part = next((m for m in found.measures.values() if m.part_of == id_), None)
        return part and {lang: text.partition(" · ")[0] for lang, text in part.title.items()}
    return own.title


def _only_for(line: Line, found: Edition, words: Words) -> list[str]:
    """Of whom, where and in which measure a line of a figure holds; nothing: everywhere."""
    said = [words.disease(line.disease)] if line.disease else []
    said += [plan_words.only_for(column, code, words) for column, code in line.codes]
    area = areas.resolve(line.area) if line.area else None
    said += [words.name(area) if area else line.area] if line.area else []
    return said + ([words.both(_title(found, line.measure), line.measure)] if line.measure else [])


def _proposed(plan: editions.Plan, item: ContentItem) -> list[Enactment]:
    return [e for e in plan.waiting if e.item_id == item.pk]


# -- a scenario in words


@dataclass(frozen=True, slots=True)
class Told:
    """A scenario for a reader: who was there, what was done, and what is expected to come of it."""

    name: str
    as_of: str
    rows: list[tuple[str, str, str, list[tuple[str, str]]]]
    acts: list[tuple[str, str, str, str]]
    expect: list[tuple[str, str, str, str]]
    coverage: list[tuple[str, int]]


def _told(s: Scenario, table: str, words: Words) -> Told:
    known = {number: name for name, number in s.subjects.items()}
    rows = [line for name in s.facts for line in _rows(s, name, known, words)]
    acts = []
    for act in s.acts:
        kind = vocabulary().acts.get(act["kind"])
        more = [plan_words.outcome(act["kind"], act["outcome"], words)] if act["outcome"] else []
        more += [str(act[k]) for k in ("number", "period") if act.get(k) is not None]
        told = f" → {_at(act['told_at'])}" if act["told_at"] != act["at"] else ""
        acts.append((_at(act["at"]) + told, known.get(act["subject"], ""), words.both(kind, act["kind"]), " · ".join(more)))
    expect = []
    for name, occasions in s.expect.items():
        for occasion, said in occasions.items():
            state, _, why = (part.strip() for part in said.partition(":"))
            expect.append((name, occasion, state, plan_words.reason(why, words) if why else ""))
    return Told(words.both(s.name, s.measure), _at(s.as_of), rows, acts, expect, list(s.coverage.items()))


def _rows(s: Scenario, table: str, known: dict[int, str], words: Words) -> list[tuple[str, str, str, list[tuple[str, str]]]]:
    """Each version of each subject: whose, in which table, from when, and what it says that the one before did not."""
    columns = vocabulary().columns(table)
    label, last, lines = words.both(vocabulary().tables[table]), {}, []
    for row in s.facts[table]:
        before = last.get(row["id"], {})
        changed = [(n, row[n]) for n in columns if row.get(n) is not None and row.get(n) != before.get(n)]
        said = [(words.both(columns[n]), _value(v, columns[n].codes, words)) for n, v in changed]
        lines.append(("" if before else known.get(row["id"], ""), label, _at(row["vf"]), said))
        last[row["id"]] = row
    return lines


def _value(found: Any, codes: str | None, words: Words) -> str:
    if codes and isinstance(found, str):
        return words.both(vocabulary().codes.get(codes, {}).get(found), found)
    return _at(found) if isinstance(found, datetime) else words.told(found) if isinstance(found, bool) else str(found)


def _at(civil: datetime) -> str:
    """A civil time as scenarios write it."""
    return f"{civil:%Y-%m-%d %H:%M}" if civil.year > 1 else NONE
