"""signals: the watch of streams run by hand, what stands on the board, and what false alarms cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from . import context
from .app import AsOf, Json, Store, app

signals_app = typer.Typer(no_args_is_help=True, help="预警信号 · signals")
app.add_typer(signals_app, name="signals")


@signals_app.command("run")
def run(
    as_of: AsOf = None,
    stream: Annotated[list[str] | None, typer.Option("--stream", help="只看这些数据流（可多次） · these streams only")] = None,
    store: Store = None,
    json: Json = False,
) -> None:
    """清点并判断各监测数据流，发出信号；重复运行不会重复发出 · count and judge every stream and raise signals; run again it raises nothing twice"""
    context.open_store(store)
    from sizao.flows.signals_raised import watch
    from sizao.kernel import areas, clock
    from sizao.kernel.errors import Refused
    from sizao.registers.surveillance.streams import streams

    context.scope().check("signal.write")
    for name in stream or ():
        if name not in streams():
            raise Refused("bad-value", field="--stream", value=name, expected=", ".join(streams()))
    now = context.instant(as_of, areas.root().zone) or clock.now()
    done = watch(context.scope().reaching("streams watched"), now, stream or ())
    if json:
        context.print_json({"as_of": now.isoformat(), "streams": done.streams, "new": done.new, "longer": done.longer, "known": done.known, "by_stream": done.by_stream})
        return
    context.say(
        f"判断 {done.streams} 个数据流：新信号 {done.new} 个，持续 {done.longer} 个，已有 {done.known} 个。",
        f"{done.streams} streams judged: {done.new} new signals, {done.longer} that go on, {done.known} known already.",
    )
    for name, n in sorted(done.by_stream.items()):
        context.out.print(f"{n:6}  {name}")


@signals_app.command("cost")
def cost(
    weeks: Annotated[int, typer.Option("--weeks", min=1, max=520, help="最近几周 · of the last weeks")] = 8,
    by_area: Annotated[bool, typer.Option("--by-area", help="按地区 · by area")] = False,
    store: Store = None,
    json: Json = False,
) -> None:
    """误报的代价：各数据流发出多少信号，多少属实，用去多少分钟 · what false alarms cost: signals, how many real, minutes spent"""
    context.open_store(store)
    from sizao.kernel import clock
    from sizao.registers.surveillance import read

    rows = [
        {
            "stream": c.stream or None, "kind": c.kind or None, "area": c.area.code if c.area else None, "signals": c.given, "real": c.real, "false": c.false, "watch": c.watch, "known": c.known,
            "unjudged": c.unjudged, "minutes": c.minutes, "minutes_in_vain": c.wasted,
        }
        for c in read.cost(context.scope(), clock.now() - timedelta(weeks=weeks), by_area=by_area)
    ]  # fmt: skip
    if json:
        context.print_json({"weeks": weeks, "rows": rows})
        return
    for r in rows:
        context.out.print("  ".join(f"{k} {v}" for k, v in r.items() if v is not None))
