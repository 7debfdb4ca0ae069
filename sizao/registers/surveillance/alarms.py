"""Who judges a signal that no stream raised, and within what time, by its kind: `content/alarms/`. And which post that is."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from sizao.kernel.codes import code_list, roles
from sizao.kernel.content import ContentFault, folders
from sizao.kernel.fields import fault
from sizao.kernel.marked import Marked, plain
from sizao.kernel.models import Area, Post
from sizao.kernel.models.areas import LEVELS


@dataclass(frozen=True, slots=True)
class Alarm:
    """How signals of one kind are judged: by the nearest post of `role` at `level` or above, within `hours`; one judgement takes `minutes`. It holds for what is raised from the day `since` on."""

    kind: str
    zh: str
    en: str
    source: str
    since: date
    role: str
    level: str
    hours: int
    minutes: float


def alarms() -> dict[str, Alarm]:
    """Every file without a fault, by kind of signal."""
    files = {p.stem: p for place in folders() for p in sorted((place / "alarms").glob("*.yaml"))}
    return {kind: one for kind, p in sorted(files.items()) if (one := _read(str(p), p.stat().st_mtime_ns)) is not None}


@lru_cache(maxsize=64)
def _read(path: str, _changed: int) -> Alarm | None:
    place = Path(path)
    text = place.read_text(encoding="utf-8")
    if list(faults(place, text)):
        return None
    body: Mapping[str, Any] = plain(text)
    judge = body["judge"]
    return Alarm(place.stem, body["title"]["zh"], body["title"]["en"], body["source"], body["from"], judge["role"], judge["level"], judge["hours"], body["minutes"])


def faults(path: Path, text: str) -> Iterator[ContentFault]:
    """Everything that is wrong with a file of alarms."""
    try:
        marked = Marked(text)
    except yaml.YAMLError:
        return  # the content store says so itself
    body: Any = marked.data if isinstance(marked.data, dict) else {}

    def wrong(part: str, expected: str) -> ContentFault:
        return fault(path.name, marked.line(part), "alarm-part-wrong", kind=path.stem, part=part, expected=expected)

    if path.stem not in code_list("signal-kind"):
        yield wrong(path.name, ", ".join(code_list("signal-kind")))
    for key in set(map(str, body)) - {"title", "source", "from", "judge", "minutes"}:
        yield wrong(key, "title, source, from, judge, minutes")
    title, judge = body.get("title"), body.get("judge")
    if not isinstance(title, dict) or not title.get("zh") or not title.get("en"):
        yield wrong("title", "{zh, en}")
    if not isinstance(body.get("source"), str) or not body["source"]:
        yield wrong("source", "…")
    if not isinstance(body.get("from"), date):
        yield wrong("from", "2026-11-01")
    whole = isinstance(judge, dict) and set(judge) == {"role", "level", "hours"} and judge["role"] in roles() and judge["level"] in LEVELS
    if not whole or type(judge["hours"]) is not int or not 1 <= judge["hours"] <= 720:
        yield wrong("judge", "{role: cdc, level: county, hours: 24}")
    if not isinstance(body.get("minutes"), int | float) or not 0 < body["minutes"] <= 480:
        yield wrong("minutes", "15")


def posts_of(wanted: Iterable[str], now: datetime) -> dict[tuple[str, int], int]:
    """(role, area) → the post of that role there, the oldest where there are several. One statement."""
    rows = Post.objects.filter(role__in=set(wanted), valid_from__lte=now).exclude(valid_to__lte=now).order_by("-pk").values_list("role", "area_id", "pk")
    return {(role, area): pk for role, area, pk in rows}


def nearest(role: str, level: str, way: Iterable[tuple[int, str]], posts: Mapping[tuple[str, int], int]) -> int | None:
    """The post of the role nearest to an area, at the level or above it; None where nobody holds one. `way`: (id, level) of the areas from the top down to it.

    >>> nearest("cdc", "county", [(1, "city"), (2, "county"), (3, "township")], {("cdc", 1): 10, ("cdc", 3): 30})
    10
    """
    most = LEVELS.index(level)
    ids = [area for area, at in way if LEVELS.index(at) <= most]
    return next((posts[role, area] for area in reversed(ids) if (role, area) in posts), None)


def ways(areas: Iterable[int]) -> dict[int, list[tuple[int, str]]]:
    """area → (id, level) of every area from the top down to it. Two statements."""
    paths = {pk: [int(n) for n in path.split(".") if n] for pk, path in Area.objects.filter(pk__in=set(areas)).values_list("pk", "path")}
    levels = dict(Area.objects.filter(pk__in={n for way in paths.values() for n in way}).values_list("pk", "level"))
    return {pk: [(n, levels[n]) for n in way if n in levels] for pk, way in paths.items()}
