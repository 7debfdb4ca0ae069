"""Whom another grade of an area would newly oblige or release: every measure in force that reads grades, with the grade as it is and as it would be, and nothing written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sizao.kernel import areas, clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope

from . import evaluation
from .evaluation import InForce
from .language import Measure, terms
from .pair import Pair, Said
from .whom import CHANGES, SECONDS, AffectedPage, Whom, compared, moment, page_of


def reads(m: Measure, scale: str) -> bool:
    """Whether whom a measure obliges can hang on what is said of areas on a scale: by its own conditions, or by those of a measure that it asks about."""
    asked = {name for t in m.deep_terms for name in terms.measures_asked(t)}
    return _own(m, scale) or any(_own(other, scale) for name in asked for other in m.named(name))


def beyond(m: Measure, scale: str) -> bool:
    """Whether it reads the grade of another area than that of the subject itself: of where somebody comes from."""
    return any(isinstance(t, terms.OfArea) and t.fact.scale == scale and (t.links or t.at != "area") for t in m.deep_terms)


def _own(m: Measure, scale: str) -> bool:
    return any(isinstance(t, terms.OfArea) and t.fact.scale == scale for t in m.deep_terms)


def switched(scope: Scope, area: Area, scale: str, value: str, starts: datetime | None = None, seconds: float = SECONDS) -> Whom:
    """Measure by measure, if the area had that value on the scale from `starts` (default: now): judged at the end of the first whole day.

    People of other areas whom a measure obliges by where they come from are counted as far as this post sees; what does not fit into `seconds` is cut, and said to be.
    """
    scope.check("plan.read", area)
    starts = starts or clock.now()
    as_of = moment(area, starts)
    return compared(_pairs(scope, area, scale, value, starts, as_of), area, as_of, starts, seconds)


def behind(scope: Scope, area: Area, scale: str, value: str, measure: str, held: int, change: str, starts: datetime, after: str = "", limit: int = 50, seconds: float = SECONDS) -> AffectedPage:
    """The subjects behind a number of `switched`. Ids only. Refused plan-measure-unknown, plan-word-unknown, plan-whom-too-long."""
    scope.check("person.read", area)
    if change not in CHANGES:
        raise Refused("plan-word-unknown", word=change, nearest="—", known=list(CHANGES))
    found = [p for p in _pairs(scope, area, scale, value, starts, moment(area, starts), "person.read") if p.name == measure and p.held is not None and p.held.pk == held]
    if not found:
        raise Refused("plan-measure-unknown", name=measure, nearest="—", known=[])
    return page_of(found[0], change, after, limit, seconds)


def _pairs(scope: Scope, area: Area, scale: str, value: str, starts: datetime, as_of: datetime, right: str = "plan.read") -> Iterator[Pair]:
    said = (Said(area.pk, scale, value, starts),)
    wide = _widest(scope, area, right)
    for f in _reading(scale, as_of):
        here = wide if beyond(f.measure, scale) else area
        if _together(f, here):
            e = f.enactment
            yield Pair(f.edition, f.edition, f.measure.id, here, as_of, e.disease, None, e.starts_at, f.narrower, held=e, said=said)


def _reading(scale: str, as_of: datetime) -> Sequence[InForce]:
    return [f for f in evaluation.in_force(as_of) if (f.enactment.ends_at is None or f.enactment.ends_at > as_of) and reads(f.measure, scale)]


def _together(f: InForce, here: Area) -> bool:
    """The enactment's area and this one have something in common."""
    path = f.enactment.area.path
    return here.path.startswith(path) or path.startswith(here.path)


def _widest(scope: Scope, area: Area, right: str) -> Area:
    """The widest area that this post may look at and that holds this one."""
    top = areas.root()
    for a in [top, *([scope.post.area] if scope.post else [])]:
        if area.path.startswith(a.path) and scope.can(right, a):
            return a
    return area
