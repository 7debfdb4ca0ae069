"""rehearse: an invented city lives under the plan, and what the plan reports is held against what the city knows of itself."""

from __future__ import annotations

import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from . import context
from .app import Json, app

rehearse_app = typer.Typer(no_args_is_help=True, help="演练 · rehearsal on an invented city")
app.add_typer(rehearse_app, name="rehearse")
SIZES = "2k · 20k · 200k · 2M"


@rehearse_app.command("truth")
def truth(
    size: Annotated[str, typer.Option("--size", help=SIZES)] = "20k",
    days: Annotated[int, typer.Option("--days", min=1, max=365)] = 30,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 7,
    edition: Annotated[list[str] | None, typer.Option("--edition", help="预案（可多次）· an edition; all whose truth is known")] = None,
    first: Annotated[datetime | None, typer.Option("--first", formats=["%Y-%m-%d"], metavar="DATE", help="第一天 · its first day (2020-06-16)")] = None,
    keep: Annotated[Path | None, typer.Option("--keep", metavar="DIR", help="保留库与文件 · keep the store and the city's files there")] = None,
    states: Annotated[Path | None, typer.Option("--states", metavar="FILE", help="记下各措施的状态，供溯源页使用 · write what became of every measure there, for the trace")] = None,
    json: Json = False,
) -> None:
    """造一座城，核对报告与实情 · make a city, and hold the report against the truth"""
    from sizao.kernel import postgres
    from sizao.kernel.errors import Refused
    from sizao.rehearsal.city.sizes import SIZES as known

    if size not in known:
        raise Refused("city-size-unknown", size=size, known=", ".join(known))
    place = keep or Path(tempfile.mkdtemp(prefix="sizao-city-"))
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(0o755)
    opened = context.open_store(place / "store", kind="demo")
    try:
        from sizao.kernel.models import Area

        if Area.objects.exists():
            raise Refused("city-store-not-empty", path=place)
        from sizao.rehearsal import truth as truths
        from sizao.rehearsal.rehearse import rehearse

        for name in edition or ():
            if name not in (known_editions := truths.EDITIONS | truths.LATER):
                raise Refused("city-truth-unknown", edition=name, known=", ".join(known_editions))
        found = rehearse(place / "city", size=size, days=days, seed=seed, first=first.date() if first else None, editions=edition or (), progress=context.say)
    finally:
        from django.db import connections

        connections.close_all()
        postgres.stop(opened)
        if keep is None:
            shutil.rmtree(place, ignore_errors=True)
    if states:
        from sizao.rehearsal.states import write

        last = found.judged_at.isoformat() if found.judged_at else None
        write(states, {"size": size, "days": days, "seed": seed, "judged_at": last, "differences": len(found.differences)}, found.states)
    if json:
        context.print_json({"size": size, "days": days, "seed": seed, **found.as_json()})
    else:
        context.say(f"核对 {found.cells} 个数（{found.rows} 条），不一致 {len(found.differences)} 条。", f"{found.cells} numbers compared ({found.rows} rows behind them), {len(found.differences)} differ.")
        for d in found.differences[:20]:
            context.out.print(f"{d.measure}  {d.subject}  {d.due or ''}  {d.area}  {d.reported or '—'} ≠ {d.true or '—'}")
    raise typer.Exit(1 if found.differences else 0)
