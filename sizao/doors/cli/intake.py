"""open · import: from the files that an office keeps to who is missing."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from . import context
from .app import AsOf, Json, Store, app

Files = Annotated[list[Path], typer.Argument(metavar="FILE…", help="病例、密接、传播关系、随访名单（CSV、XLSX、XLS、ODS、JSON） · line lists")]
Disease = Annotated[str | None, typer.Option("--disease", help="病种代码 · code of the disease")]
Zone = Annotated[str | None, typer.Option("--time-zone", help="日期所用时区，默认 Asia/Shanghai · the zone of the dates")]
Areas = Annotated[Path | None, typer.Option("--areas", metavar="FILE", help="区划文件 · area file (CSV, GeoJSON)")]
Columns = Annotated[list[str] | None, typer.Option("--column", metavar="HEADER=FIELD", help="某一列的含义，留空为不用；对该单位保留 · what a column means, kept for this sender")]
Kind = Annotated[str | None, typer.Option("--kind", help="cases、contacts、links、checks · what the table is, where its header does not tell")]
Encoding = Annotated[str | None, typer.Option("--encoding", help="文字编码，无法判断时指明 · where it cannot be told")]
FullSheet = Annotated[bool, typer.Option("--accept-full-sheet", help="占满的表已与报送单位核对总数 · a full sheet was compared with the sender's count")]
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
    columns: Columns = None,
    kind: Kind = None,
    encoding: Encoding = None,
    accept_full_sheet: FullSheet = False,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="不启动网页 · do not start the web pages")] = False,
    port: Annotated[int, typer.Option("--port")] = 8000,
    json: Json = False,
) -> None:
    """打开名单，看出谁没有做到 · open line lists and see who is missing"""
    context.open_store(store, kind="real", time_zone=time_zone)
    report, who, zone = _import(files, disease, time_zone, areas, sender, dry_run=False, **_said(columns, kind, encoding, accept_full_sheet))
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
    columns: Columns = None,
    kind: Kind = None,
    encoding: Encoding = None,
    accept_full_sheet: FullSheet = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只试不写 · try, write nothing")] = False,
    json: Json = False,
) -> None:
    """导入名单，逐行交代 · import line lists, every row accounted for"""
    context.open_store(store, time_zone=time_zone)
    report, who, _ = _import(files, disease, time_zone, areas, sender, dry_run, **_said(columns, kind, encoding, accept_full_sheet))
    waits = None if dry_run else _waiting(who)
    if json:
        context.print_json(report.as_json() | ({} if waits is None else {"duplicates": waits}))
        return
    from . import tables

    tables.intake(report)
    if waits is not None and waits["looked"]:
        context.say(f"可能为同一人、等待人工判定：{waits['waiting']} 对，其中很可能 {waits['probable']} 对。", f"{waits['waiting']} pairs that may be one person wait for somebody, {waits['probable']} of them probable.")
    elif waits is not None:
        context.say("是否有同一人重复：后台稍后比对（sizao duplicates 立即比对）。", "Whether somebody is told twice: the worker looks soon (sizao duplicates looks now).")


#: Up to so many persons an import looks for duplicates before it answers; beyond, that is left to the worker.
LOOKED_AT_ONCE = 100_000


def _waiting(who: Any) -> dict[str, Any]:
    """How many pairs wait for a person after an import; `looked`: whether those who came now were compared already."""
    from sizao.registers.population import looking, pairs
    from sizao.registers.population import read as population

    looked = population.fewer_than(LOOKED_AT_ONCE) and looking.look() is not None
    waits = pairs.waiting(who, looking.weights().probable)
    return {"waiting": waits.open, "probable": waits.probable, "unknown": waits.unknown, "looked": looked}


@app.command("mappings")
def mappings(
    forget: Annotated[str | None, typer.Option("--forget", metavar="ID", help="撤回一条 · take one back")] = None,
    store: Store = None,
    json: Json = False,
) -> None:
    """报送单位各列含义的约定 · what was said about senders' columns"""
    from uuid import UUID

    from sizao.interop import sayings
    from sizao.kernel import areas as tree

    context.open_store(store)
    who = context.first_desk(tree.root())
    if forget:
        try:
            sayings.take_back(who, UUID(forget))
        except ValueError:
            raise typer.BadParameter(forget, param_hint="--forget") from None
    found = [{"id": str(s.pk), "sender": s.sender, "kind": s.kind, "columns": s.columns, "said_at": s.said_at.isoformat()} for s in sayings.sayings(who)]
    if json:
        context.print_json(found)
        return
    for one in found:
        context.out.print(f"{one['id']}  {one['sender']}  {one['kind'] or '—'}  " + ", ".join(f"{h} → {f or '—'}" for h, f in one["columns"].items()), markup=False)
    if not found:
        context.say("没有约定。", "Nothing was said.")


class _Progress:
    """Shows how far a file is, and how long it will take at the pace so far."""

    def __init__(self, show: Any) -> None:
        self.show, self.file, self.began, self.from_row = show, "", 0.0, 0

    def __call__(self, file: str, done: int, rows: int) -> None:
        now = time.monotonic()
        if file != self.file:
            self.file, self.began, self.from_row = file, now, done
        left = (rows - done) * (now - self.began) / (done - self.from_row) if done > self.from_row else None
        clock = "" if left is None else f" · {int(left) // 60}:{int(left) % 60:02}"
        self.show(f"{file} {done:,} / {rows:,}{clock}")


def _said(columns: list[str] | None, kind: str | None, encoding: str | None, accept_full_sheet: bool) -> dict[str, Any]:
    """What the command line says beside the files."""
    told = {}
    for word in columns or ():
        header, separator, name = word.rpartition("=")
        if not separator:
            raise typer.BadParameter(word, param_hint="--column HEADER=FIELD")
        told[header] = name
    return {"columns": told or None, "kind": kind, "encoding": encoding, "accept_full_sheet": accept_full_sheet}


def _zone(name: str) -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def _import(files: list[Path], disease: str | None, time_zone: str | None, areas: Path | None, sender: str, dry_run: bool, **said: Any) -> tuple[Any, Any, str]:
    from sizao.doors.field import heard
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
            progress=_Progress(status.update),
            **said,
        )
    heard.in_files(files, "import", who)
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
