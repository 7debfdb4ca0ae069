"""A small county, for tests: its map, its people, its outbreak, and staff who mostly do what they should.

Everything comes in through the same verbs as real work: reports received, contacts named, checks recorded, an edition put forward by one
person and seconded by another.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sizao.flows.case_report_received import CaseReport, receive
from sizao.flows.cases_linked import StatedLink, link
from sizao.flows.contact_named import NamedContact, name
from sizao.kernel import areas, clock, content, organisation
from sizao.kernel.areas import NewArea
from sizao.kernel.models import Area, Enactment, StoreInfo, User
from sizao.kernel.scope import Scope
from sizao.plan import run
from sizao.plan.acts import acts_of
from sizao.registers.isolation import actions as isolation
from sizao.registers.population.actions import PersonData

from . import people
from .shapes import Lattice

ZONE = "Asia/Shanghai"
DISEASE, PLAN = "covid-19", "contact-tracing-basic"
TOWNSHIPS = ("城关镇", "柳河镇", "石桥镇", "东山乡", "北坪乡", "南湖乡")
TOWNSHIPS_EN = ("Chengguan", "Liuhe", "Shiqiao", "Dongshan", "Beiping", "Nanhu")
VILLAGES = ("前进", "和平", "新华", "杨树")
VILLAGES_EN = ("Qianjin", "Heping", "Xinhua", "Yangshu")
UNOWNED = ("990001104203",)  # a village where nobody holds the post
SILENT = ("990001105201", "99000110520302")  # where checks often do not happen
PEOPLE = (("commander", "指挥员（地图） · commander (map)"), ("community", "社区专班（手机） · community team (phone)"), ("cdc", "疾控流调员（电脑） · CDC investigator (desk)"))


@dataclass(frozen=True, slots=True)
class Made:
    """The demo as it is: who can sign in."""

    people: tuple[tuple[str, str], ...] = PEOPLE


def ensure(*, seed: int = 7, progress: Callable[[str, str], None] = lambda zh, en: None) -> Made:
    """Makes the county in an empty demo store; in one that has it, does nothing."""
    if not Enactment.objects.exists():
        now = clock.now()
        progress("正在生成虚构的县……", "Inventing a county…")
        grown = areas.grow(tree(seed))
        organise(grown, now - timedelta(days=30))
        enact(now)
        outbreak(random.Random(seed), grown, now)
        progress("正在计算谁应做、谁已做、谁缺办……", "Working out who should, who has, who is missing…")
        run.evaluate_all(clock.now())
    return Made()


def tree(seed: int) -> list[NewArea]:
    """County, six townships of four villages of four grids, with shapes."""
    lattice = Lattice(seed, 12, 8)
    new = [NewArea("990001", "青禾县（虚构）", "county", name_en="Qinghe County (invented)", time_zone=ZONE, geometry=lattice.block(0, 0, 12, 8))]
    for t, (zh, en) in enumerate(zip(TOWNSHIPS, TOWNSHIPS_EN, strict=True)):
        ti, tj = t % 3 * 4, t // 3 * 4
        township = f"99000110{t + 1}"
        new.append(NewArea(township, zh, "township", "990001", en, geometry=lattice.block(ti, tj, 4, 4)))
        for v, (vzh, ven) in enumerate(zip(VILLAGES, VILLAGES_EN, strict=True)):
            vi, vj = ti + v % 2 * 2, tj + v // 2 * 2
            village = f"{township}20{v + 1}"
            new.append(NewArea(village, f"{zh[:2]}{vzh}村", "village", township, f"{ven}, {en}", geometry=lattice.block(vi, vj, 2, 2)))
            for g in range(4):
                grid = f"{village}{g + 1:02d}"
                new.append(NewArea(grid, f"{vzh}村{g + 1}网格", "grid", village, f"{ven} grid {g + 1}", geometry=lattice.block(vi + g % 2, vj + g // 2, 1, 1)))
    return new


def organise(grown: dict[str, Area], since: datetime) -> None:
    """Users and posts: a commander, the CDC, two operators, a community team in every village but one."""
    system = Scope.system("demo")
    county = grown["990001"]
    for username, shown, role in (("commander", "指挥员", "commander"), ("cdc", "疾控流调员", "cdc"), ("operator-a", "管理员甲", "operator"), ("operator-b", "管理员乙", "operator")):
        organisation.grant_post(system, organisation.add_user(system, username, shown), role, county, since=since)
    for code, area in grown.items():
        if area.level == "village" and code not in UNOWNED:
            username = "community" if code == "99000110120" + "1" else f"community-{code}"
            organisation.grant_post(system, organisation.add_user(system, username, f"{area.name_zh}专班"), "community", area, since=since)


def enact(now: datetime) -> None:
    """Two operators put the edition in force; from two weeks ago the county keeps the acts that it asks for."""
    first, other = (Scope.open(User.objects.get(username=u)) for u in ("operator-a", "operator-b"))
    if faults := content.load(first).faults:
        raise RuntimeError(f"shipped content is faulty: {faults[0]}")
    item, county = content.newest("plan", PLAN), areas.root()
    content.second(other, content.propose(first, item, county, DISEASE, now - timedelta(days=30)))
    content.keep(acts_of(item.text), county, now - timedelta(days=30), "demo")


def outbreak(r: random.Random, grown: dict[str, Area], now: datetime) -> None:
    """Sixty-four cases over four weeks in chains, their contacts, and what staff did and left undone."""
    cdc = Scope.open(User.objects.get(username="cdc"))
    grids = [a for a in grown.values() if a.level == "grid"]
    home = {}
    reports, links = [], []
    for n in range(1, 65):
        day = clock.local_day(now, ZONE) - timedelta(days=int(27 * (1 - n / 64) + r.random() * 2))
        source = r.choice(range(max(1, n - 12), n)) if n > 3 and r.random() < 0.7 else None
        near = [g for g in grids if source and g.code[:12] == home[source].code[:12]] or grids
        home[n] = r.choice(near if r.random() < 0.6 else grids)
        reports.append(report(r, n, home[n], day, now))
        if source:
            links.append(StatedLink("demo", f"QH-{n:04d}", f"QH-{source:04d}"))
    receive(cdc, reports)
    link(cdc, links)
    contacts = [c for n in range(1, 65) for c in contacts_of(r, n, home[n], reports[n - 1], grids)]
    outcomes = name(cdc, contacts)
    made = [(c, o.record, o.person) for c, o in zip(contacts, outcomes, strict=True) if o.record and o.person]
    watch(r, made, {a.pk: a for a in grown.values()}, now)


def at(day: date, hour: float) -> datetime:
    return (datetime.combine(day, time(), ZoneInfo(ZONE)) + timedelta(hours=hour)).astimezone(UTC)


def report(r: random.Random, n: int, grid: Area, day: date, now: datetime) -> CaseReport:
    """A case found on that day; most are isolated and investigated within a day, some late, some not at all."""
    who, found = people.invent(r, day), at(day, r.uniform(8, 20))
    found = min(found, now - timedelta(minutes=20))
    classed = r.choices(("confirmed", "suspected", "asymptomatic"), (70, 18, 12))[0]
    confirmed = found + timedelta(hours=r.uniform(0, 8)) if classed == "confirmed" else None
    isolated = (confirmed or found) + timedelta(hours=r.choices((r.uniform(0.5, 20), r.uniform(25, 50)), (88, 12))[0]) if r.random() < 0.93 else None
    investigated = found + timedelta(hours=r.choices((r.uniform(1, 22), r.uniform(25, 70)), (85, 15))[0]) if r.random() < 0.94 else None
    past = lambda t: t if t and t <= now else None  # noqa: E731
    return CaseReport(
        sender="demo",
        source_id=f"QH-{n:04d}",
        disease=DISEASE,
        person=person(who, grid, day, f"{grid.name_zh}{r.randrange(1, 60)}号"),
        class_code=classed,
        onset_on=day - timedelta(days=r.choice((0, 1, 1, 2, 3, 4))) if classed != "asymptomatic" else None,
        reported_at=found,
        confirmed_at=past(confirmed),
        isolated_at=past(isolated),
        isolation_kind="hospital",
        investigated_at=past(investigated),
        outcome="recovered" if day < clock.local_day(now, ZONE) - timedelta(days=18) else "ill",
    )


def person(who: people.Invented, grid: Area, day: date, address: str) -> PersonData:
    return PersonData(
        area_id=grid.pk,
        name=who.name,
        sex=who.sex,
        birth_date=who.birth_date,
        age_years=who.age_on(day),
        age_on=day,
        national_id=who.national_id,
        phone=who.phone,
        address=address,
    )


def contacts_of(r: random.Random, n: int, grid: Area, case: CaseReport, grids: list[Area]) -> list[NamedContact]:
    """The contacts of one case: its household and some others, named within a day."""
    assert case.reported_at is not None
    day = clock.local_day(case.reported_at, ZONE)
    found = []
    for k in range(r.choices((0, 2, 4, 7, 11), (6, 24, 35, 25, 10))[0]):
        where = grid if r.random() < 0.6 else r.choice(grids)
        who, last = people.invent(r, day), day - timedelta(days=r.choice((0, 0, 1, 2)))
        named = min(case.reported_at + timedelta(hours=r.uniform(0.5, 18)), clock.now())
        until = last + timedelta(days=14)
        over = until < clock.local_day(clock.now(), ZONE)
        found.append(
            NamedContact(
                sender="demo",
                source_id=f"QH-{n:04d}-{k + 1:02d}",
                disease=DISEASE,
                person=person(who, where, day, f"{where.name_zh}{r.randrange(1, 60)}号"),
                case_source_id=case.source_id,
                class_code="close",
                named_at=named,
                last_exposure_on=last,
                observation_from=clock.local_day(named, ZONE),
                observation_until=max(until, clock.local_day(named, ZONE)),
                released_at=at(until, 23.5) if over else None,
            )
        )
    return found


def watch(r: random.Random, made: list[tuple[NamedContact, UUID, UUID]], place: dict[int, Area], now: datetime) -> None:
    """Daily checks until this moment: most done, some late, some never; two places often silent."""
    system = Scope.system("demo")
    checks = []
    for contact, subject, who in made:
        where = place[contact.person.area_id]
        diligence = 0.55 if where.code.startswith(SILENT) else 0.93
        assert contact.observation_from and contact.observation_until and contact.named_at
        day, last = contact.observation_from, min(contact.observation_until, clock.local_day(now, ZONE))
        while day <= last:
            when = at(day, r.choices((r.uniform(7.5, 11), r.uniform(15, 19.8), r.uniform(20.2, 23)), (55, 40, 5))[0])
            if r.random() < diligence and contact.named_at <= when <= now:
                ill = r.random() < 0.015
                checks.append(
                    isolation.NewCheck(
                        f"{contact.source_id}:{day}",
                        who,
                        subject,
                        where.pk,
                        DISEASE,
                        when,
                        "symptoms" if ill else "ok",
                        round(r.gauss(37.9, 0.4) if ill else r.gauss(36.5, 0.2), 1),  # type: ignore[arg-type]
                        ("fever",) if ill else (),
                    )
                )
            day += timedelta(days=1)
    for i in range(0, len(checks), 2000):
        isolation.add_checks(system, checks[i : i + 2000], sender="demo", reported=True)


def made_on() -> date:
    """The local day on which this demo was made: its outbreak ends there."""
    return clock.local_day(StoreInfo.objects.get().created_at, ZONE)
