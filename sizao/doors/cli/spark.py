"""plan snapshot · plan spark: the registers as a folder of Parquet, and the plan's cells worked out from it on Spark."""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from . import context
from .app import AsOf, Store
from .plans import KnownAt, _edition, _ready, plan_app


@plan_app.command("snapshot")
def snapshot(target: Annotated[Path, typer.Argument(metavar="DIR")], store: Store = None) -> None:
    """把登记册写成 Parquet，供其他引擎读取 · the registers as Parquet, for other engines; no names are in it"""
    context.open_store(store)
    from django.db import transaction

    from sizao.kernel import areas, audit
    from sizao.plan.mirror.mirror import Mirror

    who = context.scope()
    who.check("person.read", areas.root())
    with Mirror.open() as mirror:
        mirror.refresh()
        rows = mirror.snapshot(target)
    with transaction.atomic():
        audit.write(who, "plan.snapshot", [], count=sum(rows.values()))
    context.say(f"已写入 {target}：{sum(rows.values()):,} 行。", f"Written to {target}: {sum(rows.values()):,} rows.")


@plan_app.command("spark")
def spark(
    edition: Annotated[str, typer.Argument(metavar="EDITION|FOLDER|FILE")],
    snapshot: Annotated[str, typer.Option("--snapshot", metavar="DIR|URL", help="plan snapshot 写出的目录 · what plan snapshot wrote")],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    measure: Annotated[list[str] | None, typer.Option("--measure", help="只算这些措施 · only these measures")] = None,
    master: Annotated[str, typer.Option("--master", help="Spark 主节点，如 spark://host:7077 · where Spark runs")] = "local[2]",
    memory: Annotated[str, typer.Option("--memory", help="驱动进程内存 · memory of the driver")] = "1g",
    compare: Annotated[bool, typer.Option("--compare", help="同时用 DuckDB 计算并比较 · also by DuckDB, and compared")] = False,
) -> None:
    """在 Spark 上计算各区划每日的数 · cells by area and day, on Spark, as CSV"""
    _ready()
    from sizao.kernel import clock
    from sizao.kernel.errors import Refused
    from sizao.plan import spark as engine
    from sizao.plan.language.done import Amount

    try:
        import pyspark  # noqa: F401
    except ImportError:
        raise Refused("spark-absent") from None
    found = _edition(edition)
    if unknown := [name for name in measure or () if name not in found.measures]:
        raise Refused("spark-no-measure", measure=unknown[0], known=", ".join(found.measures))
    registers = engine.Snapshot(engine.start(master, memory), snapshot)
    moment, told = context.instant(as_of, registers.zones[0]) or clock.now(), context.instant(known_at, registers.zones[0])
    codes = dict(map(tuple, registers.spark.sql("SELECT id, code FROM area").collect()))
    writer, differ = csv.writer(sys.stdout), 0
    writer.writerow(("measure", "area", "day", *engine.COUNTS))
    for m in found.measures.values():
        if measure and m.id not in measure:
            continue
        started = time.monotonic()
        cells = engine.in_order(registers.cells(engine.Always(m), moment, told).collect())
        writer.writerows((name, codes[area], *rest) for name, area, *rest in cells)
        said = ""
        if m.shows or isinstance(m.done, Amount):
            context.say(f"{m.id}：数量与 show 指标不在 Spark 上计算，见每次运行的结果。", f"{m.id}: its amounts and figures of show are not worked out on Spark; a run has them.")
        if compare:
            same = cells == engine.in_order(engine.on_duckdb(snapshot, engine.Always(m), moment, told))
            differ += not same
            said = "  = DuckDB" if same else "  ≠ DuckDB"
        context.say(f"{m.id}：{len(cells)} 格，{time.monotonic() - started:.1f} 秒{said}", f"{m.id}: {len(cells)} cells, {time.monotonic() - started:.1f} s{said}")
    raise typer.Exit(1 if differ else 0)
