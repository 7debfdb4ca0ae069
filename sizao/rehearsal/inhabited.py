"""A demo store with a city in it that has lived until last midnight: people who can sign in, editions in force, and a run to look at."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sizao.kernel import clock, content, organisation
from sizao.kernel.models import Enactment
from sizao.kernel.scope import Scope
from sizao.plan import run

from .bringing import register
from .city import ZONE, make
from .compare import enact
from .county import Made
from .registering import Told
from .rehearse import staff

EDITIONS = ("contact-tracing-basic", "2020-06-city-normal")


def ensure(size: str, *, days: int = 30, seed: int = 7, progress: Callable[[str, str], None] = lambda zh, en: None) -> Made:
    """Makes the city in an empty demo store; in one that has it, does nothing."""
    if not Enactment.objects.exists():
        first = clock.local_day(clock.now(), ZONE) - timedelta(days=days)
        progress("正在生成虚构的城市……", "Inventing a city…")
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder), size=size, days=days, seed=seed, first=first)
            progress("正在入库……", "Bringing its records in…")
            told = register(Path(folder), progress)
        staff(told)
        people(told)
        if faults := content.load(Scope.system("rehearsal")).faults:
            raise RuntimeError(f"shipped content is faulty: {faults[0]}")
        for edition in EDITIONS:
            enact(edition, told)
        progress("正在计算谁应做、谁已做、谁缺办……", "Working out who should, who has, who is missing…")
        run.evaluate_all(told.end)
    return Made()


def people(told: Told) -> None:
    """Who signs in beside the commander: an investigator of the first county, the team of the first village that has one."""
    system = Scope.system("rehearsal")
    for role, level in (("cdc", "county"), ("community", "village")):
        area = next(a for a in told.areas.values() if a.level == level)
        organisation.grant_post(system, organisation.add_user(system, role), role, area, since=told.begin)
