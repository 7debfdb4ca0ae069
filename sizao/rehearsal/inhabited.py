"""A demo store with a city in it that has lived until last midnight: people who can sign in, editions and ledgers in force, and a run to look at."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import Count

from sizao.kernel import clock, content, organisation
from sizao.kernel.codes import content_files
from sizao.kernel.models import Area, Enactment, Post, User
from sizao.kernel.scope import Scope
from sizao.plan import run
from sizao.registers.cases.read import contacts
from sizao.registers.command.actions import Grading, grade_areas
from sizao.registers.ledgers.read import filed_ledgers
from sizao.registers.population.read import counts_by_area

from . import seated, unusual
from .bringing import register
from .city import ZONE, make
from .compare import enact
from .investigated import investigate
from .registering import DISEASE, SENDER, Told

GRADES = "risk-national-2020-02-17"
EDITIONS = ("contact-tracing-basic", "2020-06-city-normal")
#: Who signs in: user name, what he is called, and by which words his link is printed.
PEOPLE = (
    ("commander", "指挥员", "指挥员（地图） · commander (map)"),
    ("community", "社区（村）专班", "社区专班（手机） · community team (phone)"),
    ("cdc", "疾控流调员", "疾控流调员（电脑） · CDC investigator (desk)"),
    ("operator-a", "预案管理员甲", "预案管理员甲（提出） · plan writer (proposes)"),
    ("operator-b", "预案管理员乙", "预案管理员乙（同意） · plan writer (agrees)"),
    ("publisher", "发布员", "发布员（电脑，拟稿） · publisher (desk, prepares what goes out)"),
    ("accounts", "账号管理员", "账号管理员（用户与岗位） · accounts administrator (users and posts)"),
    ("auditor", "安全审计员", "安全审计员（谁看了、谁改了什么） · security auditor (who looked, who changed what)"),
)


@dataclass(frozen=True, slots=True)
class Made:
    """The demo as it is: who can sign in (user name, words for the link)."""

    people: tuple[tuple[str, str], ...] = (*((username, words) for username, _, words in PEOPLE), *((one.username, one.words) for one in seated.SEATS))


def ensure(size: str, *, days: int = 30, seed: int = 7, progress: Callable[[str, str], None] = lambda zh, en: None) -> Made:
    """Makes the city in an empty demo store; in one that has it, does nothing."""
    if not Enactment.objects.exists():
        first = clock.local_day(clock.now(), ZONE) - timedelta(days=days)
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder), size=size, days=days, seed=seed, first=first, progress=progress)
            told = register(Path(folder), progress)
        people(told)
        if faults := content.load(Scope.system("rehearsal")).faults:
            raise RuntimeError(f"shipped content is faulty: {faults[0]}")
        for edition in EDITIONS:
            enact(edition, told)
        ask(told)
        restrict(told)
        grade(told)
        populate(told)
        progress("正在登记轨迹、关联、采样……", "Stays, links and samples are being told…")
        investigate(Scope.open(User.objects.get(username="cdc")))
        progress("正在判断各监测数据流……", "Watching the streams…")
        cdc = Scope.open(User.objects.get(username="cdc"))
        unusual.tell(cdc, told.end)
        unusual.watch(cdc, told.end)
        seated.occupy(Scope.open(User.objects.get(username="commander")), cdc, Scope.open(User.objects.get(username="community")))
        progress("正在计算谁应做、谁已做、谁缺办……", "Working out who should, who has, who is missing…")
        run.evaluate_all(told.end)
    return Made()


def ask(told: Told) -> None:
    """The ledgers of which the city files reports are asked for from its first day: who is silent is listed, and what they cost in a day can be read."""
    first, other = (Scope.open(User.objects.get(username=name)) for name in ("operator-a", "operator-b"))
    for name in filed_ledgers():
        content.second(other, content.propose(first, content.newest("ledger", name), told.areas[0], "any", told.begin))


def restrict(told: Told) -> None:
    """The restriction rules are in force from the city's first day, so that orders can be tried; what the city lived through are stays."""
    first, other = (Scope.open(User.objects.get(username=name)) for name in ("operator-a", "operator-b"))
    for name in sorted(content_files("restrictions")):
        content.second(other, content.propose(first, content.newest("restriction", name), told.areas[0], DISEASE, told.begin))


def grade(told: Told) -> None:
    """A set of rules for grades is in force, so that the page of grades has something to propose; which grade an area has is left to who signs in."""
    first, other = (Scope.open(User.objects.get(username=name)) for name in ("operator-a", "operator-b"))
    content.second(other, content.propose(first, content.newest("grading", GRADES), told.areas[0], DISEASE, told.begin))


def populate(told: Told) -> None:
    """How many live in each area that has others below it, told once, from the city's first day: rates have something to divide by."""
    system, known = Scope.system("rehearsal"), {a.pk: a for a in told.areas.values()}
    living = Counter[int]()
    for pk, n in counts_by_area(system, told.areas[0]).items():
        living.update(dict.fromkeys(map(int, known[pk].path.strip(".").split(".")), n))
    with transaction.atomic():
        grade_areas(system, [Grading(pk, "population", "", told.begin, number=living[pk]) for pk in {a.parent_id for a in known.values()} & known.keys()], sender=SENDER)


def people(told: Told) -> None:
    """Who signs in: two who may put a plan in force, a commander, an investigator of the first county, the team of the village that has most cases.

    Where the city has one county the commander is the county's: the map of the city would be one shape.
    """
    system, names = Scope.system("rehearsal"), {username: name for username, name, _ in PEOPLE}
    counties = [a for a in told.areas.values() if a.level == "county"]
    ruled = told.areas[0] if len(counties) > 1 else counties[0]
    for username, role, area in (
        ("operator-a", "operator", told.areas[0]),
        ("operator-b", "operator", told.areas[0]),
        ("accounts", "accounts", told.areas[0]),
        ("auditor", "auditor", told.areas[0]),
        ("commander", "commander", ruled),
        ("publisher", "publisher", ruled),
        ("cdc", "cdc", counties[0]),
        ("community", "community", busiest(told)),
    ):
        organisation.grant_post(system, organisation.add_user(system, username, names[username]), role, area, since=told.begin)
    seated.seat(system, busiest(told), told.begin)


def busiest(told: Told) -> Area:
    """The village with the most contacts still watched among those where somebody holds the team's post."""
    manned = set(Post.objects.filter(role="community", valid_to=None).values_list("area_id", flat=True))
    watched = contacts(Scope.system("rehearsal")).filter(released_at=None).values_list("area__path").annotate(Count("pk"))
    found = Counter({a: sum(n for path, n in watched if path.startswith(a.path)) for a in told.areas.values() if a.level == "village" and a.pk in manned})
    return found.most_common(1)[0][0]
