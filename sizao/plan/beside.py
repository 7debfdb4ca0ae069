"""What a page shows beside coverage: amounts in their units, and the figures of `show`, of one run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sizao.kernel.codes import code_list

from . import facts
from .language import Measure, nodes, terms
from .language.done import Amount as Evidence
from .language.measure import Shown
from .language.words import summaries
from .models import Amount, Figure, Run
from .views import AmountFigures, ShownFigure

UNITS = "amount-unit"


def unit_words(unit: str) -> dict[str, str]:
    """A unit of measure in zh and en; one that no list knows, as it is written."""
    found = code_list(UNITS).get(unit)
    return {"zh": found["zh"], "en": found["en"]} if found else {"zh": unit, "en": unit}


def unit_of(m: Measure) -> dict[str, str]:
    """In what the amounts of a measure are, where no column says it: the unit of the first column that has one, else rows of what is counted."""
    assert isinstance(m.done, Evidence)
    v, found = m.vocabulary(facts.vocabulary()), [n for tree in (m.done.need, m.done.have) for n in nodes.walk(tree)]
    columns = v.columns(m.facts)
    for n in found:
        unit = n.fact.unit if isinstance(n, terms.OfArea) else columns[n.name].unit if isinstance(n, nodes.Column) and n.name in columns else None
        if unit:
            return unit_words(unit)
    for n in found:
        if isinstance(n, terms.Tally):
            said = v.acts[n.source] if n.acts else v.tables[n.source]
            return {"zh": said.zh, "en": said.en}
    return {"zh": "", "en": ""}


def amounts(run: Run, measures: Iterable[Measure], areas: Iterable[int]) -> dict[tuple[str, int], list[AmountFigures]]:
    """(measure, area) → amounts, one entry a unit. Enactments of one measure are added up, units never."""
    known = {m.id: m for m in measures if isinstance(m.done, Evidence)}
    found: dict[tuple[str, int], dict[str, AmountFigures]] = {}
    if not known:
        return {}
    for row in Amount.objects.at(run).filter(area__in=list(areas), measure__in=list(known)).order_by("unit"):
        here = found.setdefault((row.measure, row.area_id), {})
        words = unit_words(row.unit) if row.unit else unit_of(known[row.measure])
        a = here.setdefault(row.unit, AmountFigures(unit=words, owed=0, short=0, have=row.have * 0, filled=row.have * 0, need=row.have * 0))
        for name in ("owed", "short", "have", "filled", "need"):
            setattr(a, name, getattr(a, name) + getattr(row, name))
    return {key: list(units.values()) for key, units in found.items()}


def shown(run: Run, measures: Iterable[Measure], areas: Iterable[int], days: bool = False, under: Mapping[str, int] | None = None) -> dict[tuple[str, int], list[ShownFigure]]:
    """(measure, area) → its figures, in the order of the plan. Of two enactments of one measure the one that the area is `under` counts (measure →
    enactment), else the later: medians do not add up."""
    known = {m.id: m for m in measures if m.shows}
    if not known:
        return {}
    rows = Figure.objects.at(run).filter(area__in=list(areas), measure__in=list(known)).order_by("enactment", "day")
    last = under or {}
    told: dict[tuple[str, int, str], dict[Any, Figure]] = {}
    for row in sorted(rows if days else rows.filter(day=None), key=lambda r: r.enactment == last.get(r.measure)):
        told.setdefault((row.measure, row.area_id, row.name), {})[row.day] = row
    found = {}
    for m in known.values():
        words = summaries(m, facts.vocabulary())
        for area in areas:
            figures = [figure(s, words[s.name], told.get((m.id, area, s.name), {})) for s in m.shows]
            found[m.id, area] = figures
    return found


def figure(s: Shown, words: dict[str, str], told: dict[Any, Figure]) -> ShownFigure:
    whole = told.get(None)
    days = [(day, f.n, f.value, f.moment) for day, f in sorted((d, f) for d, f in told.items() if d is not None)]
    made = ShownFigure(name=s.name, words=words, kind=kind(s), days=days)
    if whole:
        made.n, made.value, made.moment = whole.n, whole.value, whole.moment
    return made


def kind(s: Shown) -> str:
    """How the figure is said."""
    of = s.tree.of
    if s.tree.name in ("share", "count"):
        return str(s.tree.name)
    if of.type in (nodes.DATE, nodes.INSTANT):
        return "moment"
    return str(of.unit) if isinstance(of, nodes.Elapsed) else "number"
