"""What is unusual in the demo, for the watch of streams to find: a rise at a clinic five days ago (with a known reason), fever medicine sold out yesterday, and three odd pneumonias in one ward.

All through the verbs of the registers, beside what the city itself told; none of it is in the city's truth.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from sizao.flows import signal_answered, signals_raised
from sizao.kernel import clock
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.ledgers import actions as ledgers
from sizao.registers.ledgers import read as units
from sizao.registers.population import read as population
from sizao.registers.surveillance import actions as surveillance
from sizao.registers.surveillance import read

#: Patients more than usual at the clinic, and buyers at the pharmacy; how many nights before the last one the patients came, and from how many nights on the streams were watched.
MORE, EARLIER, WATCHED = 16, 5, 9
SENDER = "demo"


def tell(scope: Scope, end: datetime) -> None:
    """The rows, as the investigator `scope` below his area; `end` is the city's last midnight. Does nothing where there is no clinic."""
    clinics = list(units.units(scope).filter(kind="clinic", in_use=True).order_by("source_id", "pk"))
    if not clinics:
        return
    visits = [
        Command(told={"unit": clinics[0].pk, "fever_handling": "treated", "happened_at": end - timedelta(days=EARLIER, hours=6, minutes=7 * k)}, source_id=f"unusual-visit-{k}")
        for k in range(MORE)
    ]
    ledgers.save(scope, "fever_visit", visits, sender=SENDER)
    day = clock.local_day(end - timedelta(seconds=1), clinics[0].area.zone)
    for pharmacy in units.units(scope).filter(kind="pharmacy", in_use=True).order_by("source_id", "pk")[:1]:
        sold = [
            Command(told={"unit": pharmacy.pk, "medicine_class": "fever", "packs_sold": 2, "period": day, "happened_at": end - timedelta(hours=8, minutes=11 * k)}, source_id=f"unusual-sale-{k}")
            for k in range(MORE)
        ]
        ledgers.save(scope, "medicine_sale", sold, sender=SENDER)
    hospital = clinics[-1]
    [ward] = ledgers.add_units(scope, [ledgers.NewUnit("demo-ward", hospital.area_id, "呼吸内科二病区", end - timedelta(days=30), "ward", hospital.pk)], sender=SENDER).values()
    ill = list(population.persons(scope).filter(area__path__startswith=hospital.area.path).order_by("pk").values_list("pk", flat=True)[:3])
    lines = [
        Command(
            told={
                "person": person, "area": hospital.area_id, "channel": "clinic", "found_unit": ward, "symptoms": ["fever", "cough"], "temperature": Decimal("38.6"),
                "found_at": end - timedelta(days=2 - n, hours=9), "cause": "pneumonia_unexplained", "cause_at": end - timedelta(days=2 - n, hours=4),
            },
            source_id=f"demo-ward-{n}",
        )
        for n, person in enumerate(ill)
    ]  # fmt: skip
    surveillance.save_lines(scope, lines, sender=SENDER)


def watch(scope: Scope, end: datetime) -> None:
    """The streams watched every night up to the last; the first rise is judged by the investigator `scope` the next morning: it had a reason."""
    for night in range(WATCHED, -1, -1):
        with clock.frozen(end - timedelta(days=night, seconds=1)):
            signals_raised.watch(Scope.system("rehearsal"), clock.now())
    day = clock.local_day(end - timedelta(days=EARLIER, seconds=1), scope.post.area.zone if scope.post else "Asia/Shanghai")
    for signal in read.board(scope, "open", stream="fever-visits").filter(kind="count", window_from=day):
        with clock.frozen(signal.raised_at + timedelta(hours=9)):
            signal_answered.judge(scope, signal.pk, "false", "乡镇卫生院当日集中体检，发热筛查人数多 · a health-check day")
