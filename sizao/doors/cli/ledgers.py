"""ledgers · reports · feeds: what is asked of whom and what it costs, what came, and whether senders are still heard."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from . import context, tables
from .app import Json, Store, app

ledgers_app = typer.Typer(no_args_is_help=True, help="台账 · ledgers")
feeds_app = typer.Typer(no_args_is_help=True, help="数据来源 · feeds")
app.add_typer(ledgers_app, name="ledgers")
app.add_typer(feeds_app, name="feeds")
Area = Annotated[str | None, typer.Option("--area", metavar="CODE", help="区划代码 · code of an area")]


@ledgers_app.command("list")
def list_ledgers(store: Store = None, json: Json = False) -> None:
    """各台账及其每日用时 · the ledgers, and what each costs in worker-minutes a day"""
    context.open_store(store)
    from django.db.models import Count

    from sizao.kernel import clock
    from sizao.registers.ledgers import due
    from sizao.registers.ledgers import read as ledgers
    from sizao.registers.ledgers.catalogue import ledgers as all_of_them
    from sizao.registers.ledgers.loads import loads

    kinds: dict[str, int] = dict(ledgers.units(context.scope()).exclude(in_use=False).values_list("kind").annotate(n=Count("id")))
    in_force = {a.ledger.id for a in due.asked(clock.now())}
    rows: list[dict[str, Any]] = []
    for one in sorted(all_of_them().values(), key=lambda x: (x.id not in in_force, x.id)):
        each, together = due.cost(one, kinds)
        rows.append(
            {
                "ledger": one.id, "zh": one.zh, "en": one.en, "ref": one.ref, "fields": [f.id for f in one.fields], "filed_by": one.filed_by, "rhythm": one.rhythm.kind,
                "at": list(one.rhythm.at), "in_force": one.id in in_force, "minutes": one.minutes, "minutes_a_day_each": round(each, 2), "minutes_a_day_if_asked": round(together, 1),
            }
        )
    by_role = [{"role": x.role, "posts": x.posts, "minutes_a_day": round(x.minutes, 1), "minutes_a_day_each": x.each and round(x.each, 1)} for x in loads(context.scope(), clock.now())]
    if json:
        total = round(sum(r["minutes_a_day_if_asked"] for r in rows if r["in_force"]), 1)
        context.print_json({"ledgers": rows, "minutes_a_day_in_force": total, "by_role": by_role})
        return
    tables.ledgers(rows)
    tables.loads(by_role)


@ledgers_app.command("ask")
def ask(
    ledger: str,
    area: Area = None,
    starts: Annotated[str | None, typer.Option("--from", help="自何时起 · in force from")] = None,
    second: Annotated[bool, typer.Option("--second", help="第二人同意 · the second person agrees")] = False,
    store: Store = None,
    json: Json = False,
) -> None:
    """要求填报：一人提出，另一人同意；先看会要求谁、要多少时间 · ask for a ledger: one proposes, another agrees"""
    context.open_store(store)
    from sizao.kernel import clock, content
    from sizao.kernel.errors import Refused
    from sizao.kernel.models import Enactment
    from sizao.registers.ledgers import due
    from sizao.registers.ledgers import read as ledgers
    from sizao.registers.ledgers.catalogue import ledger as find

    who, place, one = context.scope(), context.area_named(area), find(ledger)
    units = ledgers.units(who).filter(area__path__startswith=place.path).exclude(in_use=False)
    obliged = units.filter(kind__in=one.kinds).count() if one.kinds else units.count()
    item = content.newest("ledger", ledger)
    if second:
        waiting = Enactment.objects.filter(item=item, area=place, decided_at=None).order_by("-pk").first()
        if waiting is None:
            raise Refused("content-absent", item=ledger)
        made = content.second(who, waiting)
    else:
        made = content.propose(who, item, place, "any", context.instant(starts, place.zone) or clock.now())
    minutes = round(due.cost(one)[0] * obliged, 1)
    state = {"item": item.ref, "area": place.code, "units": obliged, "minutes_a_day": minutes, "in_force": made.decided_at is not None}
    if json:
        context.print_json(state)
        return
    context.say(
        f"{one.zh}：{place.name_zh}以下 {obliged:,} 个单位，每天共 {minutes:,} 人·分钟。{'已施行。' if state['in_force'] else '已提出，等待另一人同意（--second）。'}",
        f"{one.en}: {obliged:,} units below {place.code}, {minutes:,} worker-minutes a day. {'In force.' if state['in_force'] else 'Proposed; a second person agrees with --second.'}",
    )


@app.command("reports")
def reports(
    area: Area = None,
    day: Annotated[str | None, typer.Option("--day", metavar="DAY", help="哪一天 · which day")] = None,
    ledger: Annotated[str, typer.Option("--ledger", help="哪一本台账 · which ledger")] = "",
    store: Store = None,
    json: Json = False,
) -> None:
    """应报情况：已报、零报告、未报、迟报 · reports due: received, zero, silent, late"""
    context.open_store(store)
    from sizao.kernel import clock
    from sizao.kernel.errors import Refused
    from sizao.kernel.models import Area as Areas
    from sizao.registers.ledgers import due, summing

    place = context.area_named(area)
    try:
        asked = date.fromisoformat(day) if day else clock.local_day(clock.now(), place.zone)
    except ValueError:
        raise Refused("bad-value", field={"zh": "日期", "en": "day"}, value=day, expected="2020-06-16") from None
    who = context.scope()
    rows = summing.summed(who, place, asked, asked, ledger=ledger)
    below = list(Areas.objects.filter(parent=place, valid_to=None).defer("geometry").order_by("code"))
    parts = [{"area": a.code, "zh": a.name_zh, "en": a.name("en"), **c} for a, c in summing.by_area(place, below, rows)]
    whole = {"area": place.code, "zh": "合计", "en": "together", **summing.together(rows)}
    if json:
        silent = [_told(r) for r in summing.listed(who, place, asked, asked, "silent", ledger=ledger)]
        context.print_json({"day": asked.isoformat(), "whole": whole, "areas": parts, "silent": silent, "not_whole": _not_whole(who, place, asked, ledger)})
    else:
        tables.reports(asked.isoformat(), [*parts, whole], due.COUNTS)


def _told(r: Any) -> dict[str, Any]:
    return {"unit": str(r.unit), "area": r.area, "ledger": r.ledger, "due": r.due.isoformat()}


def _not_whole(scope: Any, place: Any, day: date, ledger: str) -> list[dict[str, Any]]:
    """The reports that came and lack lines: their codes, or the ids of units or persons; `known` false where there is nothing to hold one against."""
    from sizao.kernel import clock
    from sizao.registers.ledgers import summing
    from sizao.registers.ledgers.catalogue import ledgers
    from sizao.registers.ledgers.missing import missing

    each = {one.id: one for one in ledgers().values() if (one.each or one.whole) and ledger in ("", one.id)}
    came = [r for state in ("received", "zero") for r in summing.listed(scope, place, day, day, state, ledger=ledger) if r.ledger in each] if each else []
    lacking = missing(((r.unit, each[r.ledger], r.period, r.slot) for r in came), clock.now())
    return [_told(r) | {"missing": list(lack.lines), "known": lack.known} for r in came if (lack := lacking.get((r.unit, r.ledger, r.period, r.slot)))]


@feeds_app.command("list")
def list_feeds(store: Store = None, json: Json = False) -> None:
    """各数据来源：心跳、数量、已过时间、告警 · senders: heartbeat, volume, age, alarms"""
    context.open_store(store)
    from sizao.interop.feeds import read
    from sizao.kernel import clock

    now = clock.now()
    rows = [
        {
            "sender": f.sender, "expected": f.expected.id if f.expected else None, "last": f.last.at.isoformat() if f.last else None,
            "age_minutes": round((now - f.last.at).total_seconds() / 60) if f.last else None, "rows": f.last.rows if f.last else None, "usual": f.usual,
            "certificate_ends": f.certificate_ends.isoformat() if f.certificate_ends else None, "alarms": {k: v.isoformat() for k, v in f.alarms.items()},
        }
        for f in read.all_feeds(context.scope(), now)
    ]
    if json:
        context.print_json({"feeds": rows, "alarms": sum(len(r["alarms"]) for r in rows)})
    else:
        tables.feeds(rows)
    if any(r["alarms"] for r in rows):
        raise typer.Exit(1)


@feeds_app.command("certificate")
def certificate(sender: str, file: Path, store: Store = None, json: Json = False) -> None:
    """登记来源所用证书的起止日期（只读公开部分） · take note of a sender's certificate (its public part)"""
    context.open_store(store)
    from sizao.interop.feeds import watch

    row = watch.certificate(context.scope(), sender, file)
    if json:
        context.print_json({"sender": sender, "fingerprint": row.fingerprint, "ends": row.ends_at.isoformat()})
    else:
        context.say(f"{sender} 的证书有效至 {row.ends_at:%Y-%m-%d}。", f"The certificate of {sender} is good until {row.ends_at:%Y-%m-%d}.")


@feeds_app.command("release")
def release(sender: str, store: Store = None, json: Json = False) -> None:
    """放行被隔离的来源，登记其间保存的报文 · let a sender in again, and store what was kept of it"""
    context.open_store(store)
    from sizao.interop.exchange import held

    count = held.release(context.scope(), sender)
    if json:
        context.print_json({"sender": sender, "taken": count})
    else:
        context.say(f"已放行 {sender}，登记保存的报文 {count} 条。", f"{sender} is let in again; {count} messages that were kept are stored.")
