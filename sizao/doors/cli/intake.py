"""open · import: from the files that an office keeps to who is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from . import context
from .app import AsOf, Json, Store, app

Files = Annotated[list[Path], typer.Argument(metavar="FILE…", help="病例、密接名单（CSV、XLSX） · line lists")]
Disease = Annotated[str | None, typer.Option("--disease", help="病种代码 · code of the disease")]
Zone = Annotated[str | None, typer.Option("--time-zone", help="日期所用时区，默认 Asia/Shanghai · the zone of the dates")]
Areas = Annotated[Path | None, typer.Option("--areas", metavar="FILE", help="区划文件 · area file (CSV, GeoJSON)")]
Sender = Annotated[str, typer.Option("--sender", help="报送单位；编号在单位内唯一 · whose numbers these are")]


@app.command("open")
def open_(
    files: Files,
    plan: Annotated[str, typer.Option("--plan", help="方案 · edition of the plan")] = "contact-tracing-basic",
    disease: Disease = None,
    time_zone: Zone = None,
    areas: Areas = None,
    store: Store = None,
    as_of: AsOf = None,
    sender: Sender = "local",
    no_serve: Annotated[bool, typer.Option("--no-serve", help="不启动网页 · do not start the web pages")] = False,
    port: Annotated[int, typer.Option("--port")] = 8000,
    json: Json = False,
) -> None:
    """打开名单，看出谁没有做到 · open line lists and see who is missing"""
    context.open_store(store, kind="real", time_zone=time_zone)
    report, who, zone = _import(files, disease, time_zone, areas, sender, dry_run=False)
    from sizao.interop.intake import last_day
    from sizao.kernel import areas as tree
    from sizao.kernel import clock
    from sizao.plan import read, run

    day = last_day(report)
    moment = context.instant(as_of, zone) or (clock.end_of_day(day, zone) if day else clock.now())
    context.say(f"判定时刻：{moment.astimezone(_zone(zone)):%Y-%m-%d %H:%M:%S %Z}", f"Judged as of {moment.astimezone(_zone(zone)):%Y-%m-%d %H:%M:%S %Z}")
    _trial(who, plan, disease or "unspecified", zone)
    made = run.evaluate_all(moment)
    coverage = read.coverage_json(who, made, tree.root())
    if json:
        context.print_json({"as_of": moment.isoformat(), "time_zone": zone, "import": report.as_json(), "coverage": coverage})
    else:
        from . import tables

        tables.intake(report)
        tables.coverage(coverage)
    if not no_serve:
        from .service import serve_with_links

        raise typer.Exit(serve_with_links([("", who.user)], port=port, as_of=moment if context.is_look_back(moment) else None, as_json=json))


@app.command("import")
def import_(
    files: Files,
    disease: Disease = None,
    time_zone: Zone = None,
    areas: Areas = None,
    store: Store = None,
    sender: Sender = "local",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只试不写 · try, write nothing")] = False,
    json: Json = False,
) -> None:
    """导入名单，逐行交代 · import line lists, every row accounted for"""
    context.open_store(store, time_zone=time_zone)
    report, _, _ = _import(files, disease, time_zone, areas, sender, dry_run)
    if json:
        context.print_json(report.as_json())
    else:
        from . import tables

        tables.intake(report)


def _zone(name: str) -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def _import(files: list[Path], disease: str | None, time_zone: str | None, areas: Path | None, sender: str, dry_run: bool) -> tuple[Any, Any, str]:
    from sizao.interop import areas as area_files
    from sizao.interop import intake, places
    from sizao.kernel.codes import diseases
    from sizao.kernel.errors import Refused
    from sizao.kernel.models import StoreInfo
    from sizao.kernel.scope import Scope

    info = StoreInfo.objects.get()
    if info.kind == "demo":
        raise Refused("store-is-demo", file=files[0].name)
    code = disease or "unspecified"
    if code not in diseases():
        raise Refused("disease-unknown", disease=code, known=", ".join(sorted(diseases())))
    zone = context.check_zone(time_zone or info.time_zone)
    if areas:
        area_files.load_areas(Scope.system("area file"), areas, time_zone=zone)
    root = places.ensure_root(zone)
    who = context.first_desk(root)
    with context.err.status("") as status:
        report = intake.import_files(
            who,
            files,
            disease=code,
            sender=sender,
            time_zone=zone,
            dry_run=dry_run,
            progress=lambda file, done, rows: status.update(f"{file} {done:,} / {rows:,}"),
        )
    return report, who, zone


def _trial(who: Any, plan: str, disease: str, zone: str) -> None:
    """Puts the edition on trial for this disease if nothing is in force: one signature, and every page says so."""
    from datetime import UTC, datetime

    from sizao.kernel import areas as tree
    from sizao.kernel import clock, content
    from sizao.kernel.models import Enactment
    from sizao.plan.acts import acts_of

    from .plans import load_content

    load_content(who)
    item, root = content.newest("plan", plan), tree.root()
    if Enactment.objects.filter(item=item, disease=disease, area=root, decided_at__isnull=False, ends_at=None).exists():
        return
    for earlier in Enactment.objects.filter(item__item_id=plan, disease=disease, area=root, ends_at=None, trial=True):
        earlier.ends_at = clock.now()
        earlier.save(update_fields=["ends_at"])
    content.propose(who, item, root, disease, datetime(2000, 1, 1, tzinfo=UTC), trial=True)
    content.keep(acts_of(item.text), root, clock.start_of_day(clock.local_day(clock.now(), zone), zone), f"trial of {item.ref}")
    context.say(
        f"已试行方案 {item.item_id}（一人签署，页面上会注明“试行”；正式施行须两人：sizao content enact）。",
        f"Plan {item.item_id} is on trial (one signature, marked on every page; enacting it takes two people: sizao content enact).",
    )
