"""Sets of rules for grading areas, as content (`content/grades/`): each grade with its condition, in the language of the plan over the figures of `figures.py`.

Which set counts where is a decision of two people, like a plan's. A text that stood by itself (the national guidance, from its day to its last) counts where nobody has decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from django.db.models import Q

from sizao.kernel import clock
from sizao.kernel.codes import code_list, diseases
from sizao.kernel.content import ContentFault
from sizao.kernel.content_dir import folders
from sizao.kernel.errors import Refused
from sizao.kernel.marked import Marked
from sizao.kernel.models import Area, Enactment
from sizao.kernel.models.areas import LEVELS
from sizao.plan.language import Vocabulary
from sizao.plan.language import nodes as n
from sizao.plan.language.durations import parse as duration
from sizao.plan.language.expressions import condition
from sizao.plan.language.names import Names
from sizao.plan.language.words import Speaker

from .figures import OVER_DAYS, Columns

KIND = "grading"
KEYS = {"title", "scale", "disease", "source", "standing", "example", "levels", "smallest", "classes", "cluster", "review", "stale", "grades"}
NEEDED = ("title", "scale", "disease", "source", "levels", "classes", "review", "stale", "grades")
#: Scale → the list of its grades, the mildest first. Beside it the register keeps what the criteria say, on the scale `…_criteria`.
SCALES = {"risk": "risk-grade"}
COLUMNS = Columns()
NAMES = Names(COLUMNS, {}, {})


@dataclass(frozen=True, slots=True)
class Line:
    """One line, read from the top. `tree` None: it holds whatever is known."""

    grade: str
    text: str
    tree: Any = field(hash=False, default=None)

    def say(self, language: str) -> str:
        if self.tree is None:
            return "其余情形" if language.startswith("zh") else "in every other case"
        return speaker(language).say(self.tree)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One set of rules.

    Attributes:
        example: What its author chose, in zh and en, where the set is an example of ours and no authority's.
        since, until: From when until when the text stood by itself (the last day not included); None: it counts only where two people have decided so.
        levels: Areas of these levels are graded; smallest: of these, a part may be graded in place of the whole.
        review, stale: After how many days a grade is to be looked at again; from how many days on without any word of a case the data count as stale.
    """

    id: str
    title: Mapping[str, str] = field(hash=False)
    scale: str
    disease: str
    source: str
    example: Mapping[str, str] | None = field(hash=False)
    since: date | None
    until: date | None
    levels: tuple[str, ...]
    smallest: tuple[str, ...]
    classes: tuple[str, ...]
    cluster_level: str
    cluster_cases: int
    review: int
    stale: int
    lines: tuple[Line, ...]
    text: str

    @property
    def figures(self) -> tuple[str, ...]:
        """Every figure that it asks, in the order written."""
        return tuple(dict.fromkeys(name for line in self.lines if line.tree is not None for name in n.columns(line.tree)))

    @property
    def window(self) -> int:
        """The longest span of days that it asks about; what happened then explains a grade."""
        spans = [int(found[2]) for name in self.figures if (found := OVER_DAYS.fullmatch(name))]
        return max(spans, default=14)

    @property
    def order(self) -> list[str]:
        """The grades of its scale, the mildest first."""
        return list(code_list(SCALES[self.scale]))

    @property
    def criteria_scale(self) -> str:
        return f"{self.scale}_criteria"


@dataclass(frozen=True, slots=True)
class Governing:
    """A set that counts below an area; `enactment` None: nobody has decided, and the text stands by itself."""

    rules: RuleSet
    area: Area
    enactment: Enactment | None


def speaker(language: str) -> Speaker:
    """Says conditions over figures."""
    return Speaker(language, COLUMNS, {}, Vocabulary.of((), ()))


def governing(at: datetime) -> list[Governing]:
    """Which sets count, the widest area first; of several for one area the one decided last. One statement, and one for each text that is new."""
    found = Enactment.objects.filter(item__kind=KIND, trial=False, seconded_by__isnull=False, decided_at__lte=at, starts_at__lte=at)
    rows = list(found.filter(Q(ends_at=None) | Q(ends_at__gt=at)).select_related("area", "item", "proposed_by", "seconded_by").defer("area__geometry").order_by("decided_at", "pk"))
    latest = {(e.area_id, rules.scale): Governing(rules, e.area, e) for e in rows for rules in [read(e.item.item_id, e.item.text)]}
    top = Area.objects.filter(parent=None, valid_to=None).defer("geometry").order_by("pk").first()
    if top is None:
        return []
    covered = {g.rules.scale for g in latest.values() if g.area.pk == top.pk}
    today = clock.local_day(at, top.zone)
    for rules in by_themselves(today):
        if rules.scale not in covered:
            covered.add(rules.scale)
            latest[top.pk, rules.scale] = Governing(rules, top, None)
    return sorted(latest.values(), key=lambda g: (len(g.area.path), g.area.pk))


def by_themselves(on: date) -> list[RuleSet]:
    """The texts that stood by themselves on a day, the latest first."""
    found = [r for r in shipped().values() if r.since is not None and r.since <= on and (r.until is None or on < r.until)]
    return sorted(found, key=lambda r: (r.since or date.min, r.id), reverse=True)


def shipped() -> dict[str, RuleSet]:
    """Every set of the content folders without a fault: id → set. One of the jurisdiction's own takes the place of ours."""
    files = [path for place in folders() for path in sorted((place / "grades").glob("*.yaml"))]
    return dict(_files(tuple((str(path), path.stat().st_mtime_ns) for path in files)))


@lru_cache(maxsize=8)
def _files(files: tuple[tuple[str, int], ...]) -> tuple[tuple[str, RuleSet], ...]:
    found = {}
    for name, _ in files:
        path = Path(name)
        text = path.read_text(encoding="utf-8")
        if not list(faults(path, text)):
            found[path.stem] = read(path.stem, text)
    return tuple(found.items())


@lru_cache(maxsize=64)
def read(name: str, text: str) -> RuleSet:
    """A set from its text, which has no fault."""
    body = Marked(text).data
    standing, cluster = body.get("standing") or {}, body.get("cluster") or {}
    return RuleSet(
        id=name, title=body["title"], scale=body["scale"], disease=body["disease"], source=body["source"], example=body.get("example"), since=standing.get("from"), until=standing.get("until"),
        levels=tuple(body["levels"]), smallest=tuple(body.get("smallest") or ()), classes=tuple(body["classes"]), cluster_level=cluster.get("level", "village"), cluster_cases=cluster.get("cases", 2),
        review=_days(body["review"]) or 0, stale=_days(body["stale"]) or 0, lines=tuple(Line(g["grade"], str(g.get("when", "")), _tree(g["when"]) if "when" in g else None) for g in body["grades"]), text=text,
    )  # fmt: skip


def _tree(text: Any) -> Any:
    return condition(str(text), COLUMNS, {}, {}, NAMES)


def _days(text: Any) -> int | None:
    found = duration(str(text))
    return found.days if found is not None and found.whole_days and not found.months else None


def faults(path: Path, text: str) -> Iterator[ContentFault]:
    """Everything wrong with a file at once, each with its line and what to do."""
    try:
        marked = Marked(text)
    except yaml.YAMLError:
        return  # the content store says so itself
    body = marked.data

    def fault(where: tuple[Any, ...], zh: str, en: str, code: str = "grading-wrong") -> ContentFault:
        return ContentFault(path.name, marked.line(*where), code, zh, en)

    if not isinstance(body, dict):
        yield fault((), "定级规则应是一组键。", "A set of rules for grades is a set of keys.")
        return
    for name, line in marked.twice:
        yield ContentFault(path.name, line, "grading-wrong", f"“{name}”写了两次。", f"{name} stands twice.")
    for name in sorted(body.keys() - KEYS, key=str):
        yield fault((name,), f"不认识的键“{name}”；可用：{'、'.join(sorted(KEYS))}。", f"Unknown key {name}; there are: {', '.join(sorted(KEYS))}.")
    for name in NEEDED:
        if not body.get(name):
            yield fault((), f"缺少“{name}”。", f"{name} is missing.")
    if body.get("scale") and body["scale"] not in SCALES:
        yield fault(("scale",), f"没有“{body['scale']}”这一类等级；可用：{'、'.join(SCALES)}。", f"There is no scale {body['scale']}; there are: {', '.join(SCALES)}.")
    if body.get("disease") and body["disease"] not in diseases():
        yield fault(("disease",), f"没有病种“{body['disease']}”。", f"There is no disease {body['disease']}.")
    for name in ("levels", "smallest"):
        for level in body.get(name) or ():
            if level not in LEVELS:
                yield fault((name,), f"没有层级“{level}”；可用：{'、'.join(LEVELS)}。", f"There is no level {level}; there are: {', '.join(LEVELS)}.")
    for one in body.get("classes") or ():
        if one not in code_list("case-class"):
            yield fault(("classes",), f"没有病例分类“{one}”；可用：{'、'.join(code_list('case-class'))}。", f"There is no class {one}; there are: {', '.join(code_list('case-class'))}.")
    cluster = body.get("cluster")
    if cluster is not None and not (isinstance(cluster, dict) and cluster.keys() == {"level", "cases"} and cluster["level"] in LEVELS and type(cluster["cases"]) is int and cluster["cases"] > 1):
        yield fault(("cluster",), "“cluster”应写 level（层级）和 cases（2 以上的整数）。", "cluster has a level and cases, a whole number above 1.")
    for name in ("review", "stale"):
        if body.get(name) and not _days(body[name]):
            yield fault((name,), f"“{name}”应是整天数，如 7d。", f"{name} is a number of whole days, like 7d.")
    standing = body.get("standing")
    if standing is not None and not (isinstance(standing, dict) and type(standing.get("from")) is date and type(standing.get("until", date.max)) is date and standing.keys() <= {"from", "until"}):
        yield fault(("standing",), "“standing”应写 from 和 until 两个日期。", "standing has the days from and until.")
    example = body.get("example")
    if example is not None and not (isinstance(example, dict) and example.keys() == {"zh", "en"}):
        yield fault(("example",), "“example”应以 zh 和 en 说明取舍。", "example says in zh and en what was chosen.")
    yield from _lines(body, fault)


def _lines(body: Mapping[str, Any], fault: Any) -> Iterator[ContentFault]:
    lines = body.get("grades") or []
    if not (isinstance(lines, list) and all(isinstance(g, dict) and g.get("grade") for g in lines)):
        yield fault(("grades",), "“grades”应是一列，每行有 grade，可有 when。", "grades is a list; each line has a grade, and may have a when.")
        return
    known = code_list(SCALES[body["scale"]]) if body.get("scale") in SCALES else {}
    for i, g in enumerate(lines):
        for name in sorted(g.keys() - {"grade", "when"}, key=str):
            yield fault(("grades", i, name), f"不认识的键“{name}”；可用：grade、when。", f"Unknown key {name}; there are: grade, when.")
        if known and g["grade"] not in known:
            yield fault(("grades", i, "grade"), f"没有等级“{g['grade']}”；可用：{'、'.join(known)}。", f"There is no grade {g['grade']}; there are: {', '.join(known)}.")
        if "when" not in g and i < len(lines) - 1:
            yield fault(("grades", i), "没有条件的行只能是最后一行：其后的行永远轮不到。", "Only the last line may have no condition: those after it would never be asked.")
        if "when" in g:
            try:
                _tree(g["when"])
            except Refused as refused:
                yield fault(("grades", i, "when"), f"{refused.text('zh')} {refused.cure('zh')}", f"{refused.text('en')} {refused.cure('en')}", refused.code)
    if lines and "when" in lines[-1]:
        yield fault(("grades", len(lines) - 1), "最后一行不应有条件：什么都不符合的地区也要有等级。", "The last line has no condition: an area for which nothing holds must get a grade too.")
