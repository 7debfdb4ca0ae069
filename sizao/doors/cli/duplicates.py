"""duplicates: looks for records of one person now, and counts what waits. Names nobody: whoever decides sits at the desk."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from . import context
from .app import Json, Store, app


@app.command("duplicates")
def duplicates(
    whole: Annotated[bool, typer.Option("--whole", help="全库重新比对 · compares everybody with everybody again")] = False,
    store: Store = None,
    json: Json = False,
) -> None:
    """比对可能为同一人的记录，报告待判定的数目；不合并任何人 · look for records of one person and count what waits; merges nobody"""
    context.open_store(store)
    from sizao.registers.population import looking, pairs

    scope = context.scope()
    scope.check("person.merge")
    done = looking.look(whole=whole, threads=2)
    waits = pairs.waiting(scope, looking.weights().probable)
    if json:
        context.print_json({"look": asdict(done) if done else None, "waiting": waits.open, "probable": waits.probable, "unknown": waits.unknown})
        return
    if done is None:
        context.say("另一次比对正在进行。", "Another look is under way.")
    elif done.compared or done.fresh:
        context.say(
            f"{done.fresh} 人为新，对照 {done.persons} 人，比较 {done.compared} 对，{done.found} 对可能为同一人（{done.seconds:.1f} 秒）。",
            f"{done.fresh} persons were new; held against {done.persons}, {done.compared} pairs compared, {done.found} may be one person ({done.seconds:.1f} s).",
        )
    context.say(f"待判定 {waits.open} 对，其中很可能 {waits.probable} 对；搁置 {waits.unknown} 对。", f"{waits.open} pairs wait, {waits.probable} of them probable; {waits.unknown} are set aside.")
