"""Who sits where in the demo: a gateway, a sampling point, a school, a pharmacy, a hospital, a laboratory, a firm and a quarantine site have people of their own, and each something to do.

What they file is what the city's own ledgers ask of their units today. Beside that: findings and a question raised by the commander, patients referred to the hospital, an obstacle at the firm,
and needs of households on the team's phone; all through the verbs of the doors, after the city's last midnight, so that no figure of its past changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sizao.flows import needs_told, resumption_told, unit_staffed
from sizao.kernel import clock, organisation
from sizao.kernel.models import User
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.care import admitting
from sizao.registers.care import read as care
from sizao.registers.cases import read as cases
from sizao.registers.command import actions as command
from sizao.registers.ledgers import read as units
from sizao.registers.movement import gates
from sizao.registers.population import read as population

DAY = timedelta(days=1)
#: What is found at a unit or asked of it: (kind, topic, words, days until it is due; less than nothing is late).
Asked = tuple[str, str, str, int]


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody at a unit: user name, what he is called, by which words his link is printed, his role, the kind of his unit, what was found there or asked of it."""

    username: str
    name: str
    words: str
    role: str
    kind: str
    asked: tuple[Asked, ...] = ()


SEATS = (
    Seat("gateway", "关口值守员", "卡口（手机） · gateway post (phone)", "gateway", "gateway"),
    Seat("sampler", "采样员", "采样点（手机） · sampler (phone)", "sampler", "test_site"),
    Seat("site", "隔离点负责人", "集中隔离点（手机） · quarantine site (phone)", "site_manager", "isolation_site"),
    Seat("school", "校医", "学校（电脑） · school (desk)", "school_health", "school", (
        ("finding", "school", "晨检记录缺两个班级 · morning checks of two classes are missing", -1),
        ("question", "school", "本周因病缺课追踪情况 · how are this week's absences followed up?", 1),
    )),
    Seat("pharmacy", "药师", "药店（电脑） · pharmacy (desk)", "pharmacist", "pharmacy", (("finding", "medicine", "退热药购买登记缺联系电话 · sales of fever medicine without a telephone", 1),)),
    Seat("hospital", "医院医生", "医院（电脑） · hospital (desk)", "doctor", "fever_clinic", (("finding", "supplies", "隔离衣储备不足三天 · gowns for less than three days", 2),)),
    Seat("laboratory", "检验人员", "实验室（电脑） · laboratory (desk)", "laboratory", "laboratory", (("finding", "testing", "样本交接未双人签字 · a hand-over of samples with one signature", 1),)),
    Seat("enterprise", "企业防控员", "企业（电脑） · enterprise (desk)", "enterprise_officer", "employer", (("finding", "practice", "食堂未分餐 · the canteen seats too many", 1),)),
)  # fmt: skip
#: People referred to the hospital, and households that ask for something.
REFERRED, WANTS = 2, ("food", "medicine", "psych")


def seat(scope: Scope, area: Any, since: Any) -> None:
    """Gives each seat its unit near `area` (a village): of its township where that has one, else of its county."""
    found = list(units.units(scope).filter(in_use=True).select_related("area").order_by("source_id", "pk"))
    held = {u.unit_id for u in care.hospitals(scope)}
    for one in SEATS:
        unit = _nearest((u for u in found if u.kind == one.kind and u.parent_id is None), area, held)
        if unit is not None:
            unit_staffed.staff(scope, organisation.add_user(scope, one.username, one.name), one.role, [unit.pk], since=since)


def _nearest(some: Iterable[Any], area: Any, held: set[UUID]) -> Any | None:
    """The unit with which `area` has the longest way of the tree in common; of those the one that has beds."""

    def near(u: Any) -> tuple[int, bool]:
        ours, theirs = area.path.split("."), u.area.path.split(".")
        return next((n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs))), u.pk in held

    return max(some, key=near, default=None)


def occupy(chief: Scope, cdc: Scope, team: Scope) -> None:
    """Something to do for each of them: `chief` finds and asks, `cdc` refers, `team` has households that ask for something."""
    mine = {one.username: _unit_of(one.username) for one in SEATS if User.objects.filter(username=one.username).exists()}
    now = clock.now()
    told = [
        Command(
            told={"kind": kind, "topic": topic, "area": unit.area_id, "unit": unit.pk, "what": what, "raised_at": now - 2 * DAY, "due_at": now + days * DAY},
            source_id=f"demo-seat-{one.username}-{n}",
        )
        for one in SEATS
        if (unit := mine.get(one.username)) is not None
        for n, (kind, topic, what, days) in enumerate(one.asked)
    ]  # fmt: skip
    command.save_tickets(chief, told, sender=f"post:{chief.post_id}")
    if (hospital := mine.get("hospital")) is not None:
        _refer(cdc, hospital.pk)
    if (firm := mine.get("enterprise")) is not None:
        resumption_told.tell(Scope.open(User.objects.get(username="enterprise")), resumption_told.Notice(key="demo-resumption", unit=firm.pk, opens_on=None, staff_back=46, output_share=60, obstacles=(("inputs", "布料供应商停产 · the supplier of cloth stands still"),)))
    if (gate := mine.get("gateway")) is not None:
        _shift(Scope.open(User.objects.get(username="gateway")), gate)
    home = list(population.persons(team).filter(area__path__startswith=team.post.area.path).order_by("pk")[: len(WANTS)]) if team.post else []
    for n, (person, kind) in enumerate(zip(home, WANTS, strict=False)):
        needs_told.ask(team, person.pk, person.area, kind, key=f"demo-need-{n}")


def _shift(keeper: Scope, gate: Any) -> None:
    """The night at the gateway, handed over with what is open."""
    now = clock.now()
    with clock.frozen(now - timedelta(hours=9)):
        on = gates.sign_on(keeper, gate.pk, gate.area_id, gate.area.path)
    with clock.frozen(now - timedelta(hours=1)):
        gates.hand_over(keeper, on.pk, "两辆货车待复核证件；体温枪电量低 · two lorries wait for their papers; the thermometer's battery is low")


def _unit_of(username: str) -> Any:
    scope = Scope.open(User.objects.get(username=username))
    return units.units(scope).filter(post=scope.post_id, parent=None).first() or units.units(scope).filter(post=scope.post_id).first()


def _refer(cdc: Scope, hospital: UUID) -> None:
    """Cases of the last days that lie in no bed are asked into the hospital; where it is not registered as one, nobody is."""
    if not care.hospitals(cdc).filter(unit=hospital).exists():
        return
    lying = set(care.admissions(cdc).filter(left_at=None).values_list("person", flat=True))
    some: Sequence[Any] = [c for c in cases.cases(cdc).select_related("area").exclude(classification="ruled_out").order_by("-onset_on", "pk")[:60] if c.person_id not in lying][:REFERRED]
    for n, (case, severity) in enumerate(zip(some, ("moderate", "severe"), strict=False)):
        admitting.refer(cdc, case.person_id, case.area, hospital, disease=case.disease, bed_class="severe" if severity == "severe" else "isolation", severity=severity, key=f"demo-referral-{n}")


__all__ = ["SEATS", "occupy", "seat"]
