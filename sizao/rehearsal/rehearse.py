"""Living through it: a city made, its records brought in, editions put in force, and the report held against the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from sizao.kernel import content, organisation
from sizao.kernel.models import ContentItem
from sizao.kernel.scope import Scope

from . import truth
from .bringing import register
from .city import make
from .compare import Compared, compare, enact
from .registering import Told

FIRST = date(2020, 6, 16)  # the day after the newest of the source texts: every edition's figures are in force


def staff(told: Told) -> None:
    """Two who may put an edition in force, a commander, and a desk."""
    system, top = Scope.system("rehearsal"), told.areas[0]
    for name, role in (("operator-a", "operator"), ("operator-b", "operator"), ("commander", "commander")):
        organisation.grant_post(system, organisation.add_user(system, name), role, top, since=told.begin)


def live(folder: Path, editions: Sequence[str] = ()) -> Compared:
    """Brings a city's records into an empty demo store, puts the editions in force (left out: each of which the truth is known) and compares."""
    told = register(folder)
    staff(told)
    if not ContentItem.objects.filter(kind="plan").exists() and (faults := content.load(Scope.system("rehearsal")).faults):
        raise RuntimeError(f"shipped content is faulty: {faults[0]}")
    return compare(folder, told, [enact(name, told) for name in editions or truth.EDITIONS])


def rehearse(folder: Path, *, size: str, days: int, seed: int, first: date | None = None, editions: Sequence[str] = (), progress: Callable[[str, str], None] = lambda zh, en: None) -> Compared:
    """Makes a city below the folder, and lives through it in the store that is open."""
    make(folder, size=size, days=days, seed=seed, first=first or FIRST, progress=progress)
    progress("正在入库、计算并与实情核对……", "Bringing its records in, evaluating, comparing with the truth…")
    return live(folder, editions)
