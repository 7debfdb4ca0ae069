"""coverage · missing · plan · content: what is owed, who is missing, and the plan itself."""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from . import context
from .app import AsOf, Json, Store, app

plan_app = typer.Typer(no_args_is_help=True, help="方案：检查、查看、解释、比较 · check, show, explain, diff")
content_app = typer.Typer(no_args_is_help=True, help="内容库：载入、施行 · load, enact")
app.add_typer(plan_app, name="plan")
app.add_typer(content_app, name="content")
Area = Annotated[str | None, typer.Option("--area", metavar="CODE", help="区划代码 · code of an area")]
KnownAt = Annotated[str | None, typer.Option("--known-at", help="按当时所知 · as was known then")]


def _run(as_of: str | None, known_at: str | None) -> Any:
    """The run that answers: the last one, or a new one for the moments asked about."""
    from sizao.kernel import clock
    from sizao.kernel.models import StoreInfo
    from sizao.plan import read, run

    zone = StoreInfo.objects.get().time_zone
    if as_of or known_at:
        return run.evaluate_all(context.instant(as_of, zone) or clock.now(), context.instant(known_at, zone), standing=False)  # the pages go on answering from their own
    return read.latest_run() or run.evaluate_all(clock.now())


@app.command()
def coverage(plan: Annotated[str | None, typer.Option("--plan")] = None, as_of: AsOf = None, known_at: KnownAt = None, area: Area = None, store: Store = None, json: Json = False) -> None:
    """应办多少、办了多少、缺多少 · owed, done, missing, by measure and area"""
    context.open_store(store)
    from sizao.plan import read

    who = context.scope()
    data = read.coverage_json(who, _run(as_of, known_at), context.area_named(area, who), plan=plan)
    if json:
        context.print_json(data)
    else:
        from . import tables

        tables.coverage(data)
        tables.beside(data)


@app.command()
def missing(
    measure: Annotated[str | None, typer.Argument(metavar="[MEASURE]")] = None,
    state: Annotated[str, typer.Option("--state", help="名单：missing、untrue、risen、unlisted … · which list: missing, untrue, risen, unlisted …")] = "missing",
    area: Area = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="以 CSV 输出 · print CSV")] = False,
    names: Annotated[bool, typer.Option("--names", help="显示姓名（须写明用途） · show names")] = False,
    purpose: Annotated[str | None, typer.Option("--purpose", help="用途 · what for")] = None,
    store: Store = None,
    json: Json = False,
) -> None:
    """谁没有做到 · the named missing of a measure, or of all; with --state any other list"""
    context.open_store(store)
    from sizao.kernel.errors import Refused
    from sizao.plan import read

    if names and not purpose:
        raise Refused("names-need-purpose")
    who = context.scope(purpose or "response")
    rows = read.missing_json(who, _run(as_of, known_at), measure, context.area_named(area, who), state)
    shown: dict[str, str] | None = None
    if names:
        from sizao.registers.population import read as population

        people = {r["subject"]: r.get("person") for r in rows}
        known = population.names_of(who, [p for p in people.values() if p], "population.export")
        shown = {str(s): known.get(p, "") for s, p in people.items()}
    fields: tuple[str, ...] = ("subject", "due", "by", "area", "why", "measure", "levels_up")
    fields += tuple(k for k in ("have", "need", "seen") if any(k in r for r in rows))
    listed = [{k: r.get(k) for k in fields} | ({"name": shown.get(str(r["subject"]), "")} if shown else {}) for r in rows]
    if json:
        context.print_json(listed)
    elif as_csv:
        writer = csv.DictWriter(sys.stdout, [*fields, *(["name"] if shown else [])])
        writer.writeheader()
        writer.writerows({k: _plain(v) for k, v in r.items()} for r in listed)
    else:
        from . import tables

        tables.missing(rows, shown)


def _plain(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return "'" + text if text[:1] in "=+-@\t\r\0＝" else text


@plan_app.command("check")
def check(path: Annotated[str, typer.Argument(metavar="EDITION|FOLDER|FILE")], json: Json = False) -> None:
    """检查方案：一次列出全部错误，并运行情景 · all faults at once, then the scenarios"""
    _ready()
    from sizao.plan.check import check_edition

    found = check_edition(_edition_path(path))
    if json:
        context.print_json(found.as_json())
    else:
        for fault in found.faults:
            context.out.print(f"✗ {fault.file}:{fault.line} {fault.text(context.language())} [{fault.code}]", markup=False)
        n = len(found.faults)
        context.say(
            f"{'✓ 通过' if found.ok else f'✗ {n} 处错误'} · 情景 {found.scenarios} 个" + (f" · 无情景的措施：{', '.join(found.unproved)}" if found.unproved else "")
            + (f" · 待建 {len(found.awaiting)} 项：等 {_keepers(found)}" if found.awaiting else ""),
            f"{'✓ well' if found.ok else f'✗ {n} faults'} · {found.scenarios} scenarios" + (f" · without a scenario: {', '.join(found.unproved)}" if found.unproved else "")
            + (f" · {len(found.awaiting)} await {_keepers(found)}" if found.awaiting else ""),
        )
    raise typer.Exit(0 if found.ok else 1)


def _keepers(found: Any) -> str:
    """The registers that measures wait for."""
    return ", ".join(sorted({register for w in found.awaiting.values() for register in w.registers}))


def _ready() -> None:
    """The code lists and facts of the registers, without a database."""
    import django
    from django.apps import apps

    if not apps.ready:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sizao.wiring.settings")
        django.setup()


def _edition_path(name: str) -> Path:
    from sizao.kernel.content import folders
    from sizao.kernel.errors import Refused

    for place in (Path(name), *(f / "plans" / name for f in reversed(folders()))):
        if (place / "edition.yaml").is_file() or place.is_file():
            return place
    raise Refused("content-absent", item=name)


def _edition(name: str, *, loaded: bool = False) -> Any:
    """An edition by its name or path, with a store also a text in it (`contact-tracing-basic@1f2e3d4c5b6a`); every fault said when it has any."""
    from sizao.kernel.errors import Refused
    from sizao.plan.check import check_edition

    if loaded and "@" in name:
        from sizao.plan.editions import opened

        return opened(context.scope(), name)[1]

    found = check_edition(_edition_path(name))
    if found.edition is None:
        for fault in found.faults:
            context.err.print(f"✗ {fault.file}:{fault.line} {fault.text(context.language())} [{fault.code}]", markup=False)
        raise Refused("content-faulty", count=len(found.faults))
    return found.edition


@plan_app.command("show")
def show(name: Annotated[str, typer.Argument(metavar="EDITION")] = "contact-tracing-basic", json: Json = False) -> None:
    """用文字说出每项措施 · every measure in words"""
    _ready()
    from sizao.plan.show import show_edition

    said = show_edition(_edition(name))
    lang = context.language()
    if json:
        context.print_json(said)
        return
    context.out.print(f"{said['title'][lang]} ({said['id']})", style="bold", markup=False)
    for measure in said["measures"]:
        context.out.print(f"\n{measure['title'][lang]} · {measure['id']}", style="bold", markup=False)
        context.out.print(f"  {measure['words'][lang]['all']}", markup=False)
        for source in measure["source"]:
            context.out.print(f"  [{source['text']}] {source['quote']}", style="dim", markup=False)
    for measure in said["awaiting"]:
        keepers = ", ".join(title.get(lang, name) for name, title in measure["registers"].items())
        context.out.print(f"\n{measure['title'][lang]} · {measure['id']}", style="bold", markup=False)
        context.say(f"  ○ 待建，不执行：等 {keepers}（{'、'.join(measure['names'])}）", f"  ○ does not run yet: awaits {keepers} ({', '.join(measure['names'])})")
        context.out.print(f"  {measure['words'][lang]['all']}", style="dim", markup=False)


@plan_app.command("trace")
def trace(json: Json = False) -> None:
    """从原文到执行：段落、措施、方案、情景、状态 · from the source texts to what runs"""
    _ready()
    from sizao.plan.trace import trace as follow

    found = follow()
    if json:
        context.print_json(found)
        return
    signs = {"executes": "✓", "partly": "◐", "awaiting": "○"}
    for m in (*found["measures"], *found["today"]):
        waits = f" ← {', '.join(m['awaiting'])}" if m["awaiting"] else ""
        context.out.print(f"{signs[m['state']]} {m['id']} · {m['kind']} · {len(m['editions'])} · {m['scenarios']}{waits}", markup=False)
    counted = {state: sum(m["state"] == state for m in found["measures"]) for state in signs}
    context.say(
        f"措施 {len(found['measures'])} 项：全部执行 {counted['executes']}，部分执行 {counted['partly']}，待建 {counted['awaiting']} · 段落 {len(found['passages'])} 处",
        f"{len(found['measures'])} measures: {counted['executes']} execute, {counted['partly']} in part, {counted['awaiting']} await a register · {len(found['passages'])} passages",
    )


@plan_app.command("diff")
def diff(
    old: str,
    new: str,
    whom: Annotated[bool, typer.Option("--whom", help="按现有登记，新增谁的义务、解除谁的义务 · whom it newly obliges or releases")] = False,
    area: Area = None,
    disease: Annotated[str, typer.Option("--disease", help="病种，默认全部 · one disease only")] = "",
    as_of: AsOf = None,
    seconds: Annotated[float, typer.Option("--seconds", min=0.1, help="最多计算多少秒 · how long it may take")] = 300,
    store: Store = None,
    json: Json = False,
) -> None:
    """两版方案有何不同，涉及谁 · what changed between two editions, and whom it touches"""
    touched: Any = None
    if whom:
        context.open_store(store)
        one, two = _edition(old, loaded=True), _edition(new, loaded=True)
        touched = _touched(one, two, area, disease, as_of, seconds)
    else:
        _ready()
        one, two = _edition(old), _edition(new)
    from sizao.plan.diff import diff as compare

    changes = compare(one, two)
    if json:
        context.print_json(changes | ({"whom": touched[1]} if touched else {}))
        return
    lang = context.language()
    for sign, names, side in (("+", changes["added"], two), ("-", changes["removed"], one)):
        for measure in names:
            context.out.print(f"{sign} {measure} {side.measures[measure].title[lang]}", markup=False)
    for change in changes["changed"]:
        context.out.print(f"~ {change['measure']} {change['title'][lang]}", markup=False)
        for part in change["parts"]:
            before, after = ((v.get(lang, v) if isinstance(v, dict) else v) for v in (part["before"], part["after"]))
            context.out.print(f"    {part['part']}: {before} → {after}", markup=False)
    for p in changes["params"]:
        before, after = ("; ".join(p["said"][lang][side]) or "—" for side in ("before", "after"))
        context.out.print(f"~ ${p['name']}: {before} → {after}", markup=False)
    for o in changes["other"]:
        context.out.print(f"~ {o['name']}: {o['before'] or '—'} → {o['after'] or '—'}", markup=False)
    if touched:
        from . import tables

        tables.whom(touched[0])


#: A list longer than this is cut in JSON; the number beside it is whole.
SUBJECTS = 10_000


def _touched(one: Any, two: Any, area: str | None, disease: str, as_of: str | None, seconds: float) -> tuple[Any, Any]:
    """Whom the change touches, with the ids behind the numbers where the post may read of persons; that read is on record."""
    from django.db import transaction

    from sizao.kernel import audit
    from sizao.plan import whom as engine

    who = context.scope()
    place = context.area_named(area, who)
    asked = {"area": place, "as_of": context.instant(as_of, place.zone), "disease": disease, "seconds": seconds}
    found = engine.whom(who, one, two, **asked)
    subjects: dict[tuple[str, str], list[str]] = {}
    if who.can("person.read", place):
        with transaction.atomic():
            persons = []
            for m in found.told:
                for change in ("obliged", "released", "changed"):
                    rows = engine.behind(who, one, two, m.id, change, limit=SUBJECTS, **asked).rows if m.count(change) else []
                    subjects[m.id, change] = [str(r.subject) for r in rows]
                    persons += [r.person for r in rows if r.person]
            audit.write(who, "plan.whom", persons)
    return found, engine.as_json(found, context.language(), subjects)


@plan_app.command("explain")
def explain(measure: str, subject: str, as_of: AsOf = None, known_at: KnownAt = None, store: Store = None, json: Json = False) -> None:
    """为什么（不）应办、办了没有 · why it is owed, and what became of it"""
    context.open_store(store)
    from uuid import UUID

    from sizao.kernel import clock
    from sizao.kernel.errors import Refused
    from sizao.kernel.models import StoreInfo
    from sizao.plan import read

    try:
        key = UUID(subject)
    except ValueError:
        raise Refused("bad-value", field="subject", value=subject, expected="uuid") from None
    zone = StoreInfo.objects.get().time_zone
    latest = read.latest_run()
    moment = context.instant(as_of, zone) or (latest.as_of if latest else clock.now())
    said = read.explain(context.scope(), measure, key, as_of=moment, known_at=context.instant(known_at, zone))
    if json:
        context.print_json(said)
    else:
        from sizao.plan.explaining import explain_lines

        for line in explain_lines(said, context.language()):
            context.out.print(line, markup=False)


def load_content(who: Any) -> Any:
    """Loads all content; refuses with every fault said."""
    from sizao.kernel import content
    from sizao.kernel.errors import Refused

    loaded = content.load(who)
    if loaded.faults:
        for f in loaded.faults:
            context.err.print(f"{f.file}:{f.line or ''} {f.zh if context.language() == 'zh' else f.en} [{f.code}]", markup=False)
        raise Refused("content-faulty", count=len(loaded.faults))
    return loaded


@content_app.command("load")
def load(store: Store = None, json: Json = False) -> None:
    """载入内容（载入不等于施行） · load content; loading is not enacting"""
    context.open_store(store)
    from sizao.kernel import areas

    loaded = load_content(context.first_desk(areas.root()))
    if json:
        context.print_json({"new": loaded.new, "known": loaded.known})
    else:
        for ref in loaded.new:
            context.out.print(f"+ {ref}", markup=False)
        context.say(f"新增 {len(loaded.new)} 项，已有 {len(loaded.known)} 项。", f"{len(loaded.new)} new, {len(loaded.known)} known.")


@content_app.command("enact")
def enact(
    plan: str,
    disease: Annotated[str, typer.Option("--disease")],
    area: Area = None,
    starts: Annotated[str | None, typer.Option("--from", help="自何时起 · in force from")] = None,
    second: Annotated[bool, typer.Option("--second", help="第二人同意 · the second person agrees")] = False,
    store: Store = None,
    json: Json = False,
) -> None:
    """施行方案：一人提出，另一人同意 · one proposes, another seconds"""
    context.open_store(store)
    from sizao.kernel import clock, content
    from sizao.kernel.errors import Refused
    from sizao.plan import enacting

    who, place, item = context.scope(), context.area_named(area), content.newest("plan", plan)
    if second:
        waiting = enacting.waiting(item, place, disease)
        if waiting is None:
            raise Refused("content-absent", item=plan)
        made = enacting.second(who, waiting.pk)
    else:
        made = enacting.propose(who, item, place, disease, context.instant(starts, place.zone) or clock.now())
    state = {"item": item.ref, "area": place.code, "disease": disease, "in_force": made.decided_at is not None, "proposed_by": made.proposed_by.username, "seconded_by": made.seconded_by and made.seconded_by.username}
    if json:
        context.print_json(state)
    else:
        context.say(
            f"{item.ref}：{'已施行' if state['in_force'] else '已提出，等待另一人同意（--second）'}", f"{item.ref}: {'in force' if state['in_force'] else 'proposed, waiting for a second person (--second)'}"
        )
