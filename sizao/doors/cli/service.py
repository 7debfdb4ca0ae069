"""serve · demo: the web pages and the worker, in one command."""

from __future__ import annotations

import json as jsonlib
import os
import shutil
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

import sizao

from . import context
from .app import Json, Store, app

PIDFILE, MARK = "serve.pid", "demo.json"
#: The size of the demo that is made when none is named: small enough to be there within half a minute.
USUAL = "2k"


@app.command()
def serve(
    port: Annotated[int, typer.Option("--port")] = 8000,
    host: Annotated[str, typer.Option("--host", help="默认只在本机 · loopback unless TLS or a named proxy is set")] = "127.0.0.1",
    workers: Annotated[int, typer.Option("--workers")] = 1,
    as_of: Annotated[str | None, typer.Option("--as-of", help="固定判定时刻（回看） · judge a fixed moment")] = None,
    doors: Annotated[list[str] | None, typer.Option("--doors", help="开哪些门，逗号分隔；重复此项则各成一个进程，端口依次加一 · which doors, by commas; given again: a process of its own at the next port")] = None,
    store: Store = None,
    json: Json = False,
) -> None:
    """启动网页与后台 · start the web pages and the worker"""
    sets = door_sets(doors)
    context.open_store(store)
    from sizao.kernel.models import StoreInfo, User

    moment = context.instant(as_of, StoreInfo.objects.get().time_zone)
    user = User.objects.filter(username=context.me()).first()
    people = [("", user)] if user else []
    raise typer.Exit(serve_with_links(people, port=port, host=host, workers=workers, as_of=moment, as_json=json, doors=sets))


#: The doors by name; `public` alone in its process speaks to the database as a role that sees no person.
DOORS = ("field", "desk", "command", "public")


def door_sets(told: Sequence[str] | None) -> list[str]:
    """The set of doors of each process, in the order of `DOORS`. Refused door-unknown.

    >>> door_sets(["desk,field", "public"]), door_sets(None)
    (['field,desk', 'public'], [''])
    """
    from sizao.kernel.errors import Refused

    found = []
    for some in told or []:
        names = {n.strip() for n in some.split(",") if n.strip()}
        if not names or names - set(DOORS):
            raise Refused("door-unknown", door=", ".join(sorted(names - set(DOORS))) or some, known=", ".join(DOORS))
        found.append(",".join(d for d in DOORS if d in names))
    return found or [""]


@app.command()
def demo(
    port: Annotated[int, typer.Option("--port")] = 8000,
    store: Store = None,
    seed: Annotated[int, typer.Option("--seed")] = 7,
    size: Annotated[str, typer.Option("--size", help="人口：2k · 20k · 200k · 2M · how many live there")] = USUAL,
    days: Annotated[int, typer.Option("--days", min=1, max=365, help="已过了多少天 · how long it has lived")] = 14,
    no_serve: Annotated[bool, typer.Option("--no-serve")] = False,
    json: Json = False,
) -> None:
    """演示：一座虚构的城 · an invented city"""
    from sizao.kernel.errors import Refused
    from sizao.rehearsal.city.sizes import SIZES

    if size not in SIZES:
        raise Refused("city-size-unknown", size=size, known=", ".join(SIZES))
    place = store or demo_store(size)
    forget_yesterday(place, seed, size, days)
    opened = context.open_store(place, kind="demo")
    from sizao.rehearsal import inhabited

    from .let_out import let_out

    made = inhabited.ensure(size, days=days, seed=seed, progress=context.say)
    let_out("publisher", "commander")
    (opened.path / MARK).write_text(jsonlib.dumps(_mark(seed, size, days)))
    if no_serve:
        raise typer.Exit(0)
    from sizao.kernel.models import User

    known = {u.username: u for u in User.objects.filter(username__in=[name for name, _ in made.people])}  # a city of an earlier version lacks some
    raise typer.Exit(serve_with_links([(label, known[name]) for name, label in made.people if name in known], port=port, as_json=json))


def _mark(seed: int, size: str = USUAL, days: int = 14) -> dict[str, Any]:
    from sizao.kernel.content_dir import shipped_digest

    day = date.today().isoformat()  # noqa: DTZ011  the day on this machine's wall
    return {"day": day, "version": sizao.__version__, "seed": seed, "content": shipped_digest(), "size": size, "days": days}


def forget_yesterday(place: Path, seed: int, size: str = USUAL, days: int = 14) -> None:
    """An invented outbreak ends today: one that was made on another day, by another version, from another seed or under other content is made anew."""
    from sizao.kernel import postgres

    if not (place / "store.json").is_file():
        return
    store = postgres.Store.open(place, kind="demo")
    try:
        fresh = jsonlib.loads((place / MARK).read_text()) == _mark(seed, size, days)
    except (FileNotFoundError, ValueError):
        fresh = False
    if not fresh:
        context.say("演示数据不是今天的，或内容已变，重新生成。", "The demo is of another day or of other content; making it anew.")
        stop_service(store)
        postgres.stop(store)
        shutil.rmtree(place)
        shutil.rmtree(place.with_name(place.name + ".keys"), ignore_errors=True)


def demo_store(size: str = USUAL) -> Path:
    """The demo's own place, beside the default one; that of another size beside it."""
    from sizao.kernel.postgres.store import default_path

    place = default_path("demo")
    return place if size == USUAL else place.with_name(f"{place.name}-{size}")


People = list[tuple[str, Any]]


def serve_with_links(
    people: People, *, port: int = 8000, host: str = "127.0.0.1", workers: int = 1, as_of: datetime | None = None, as_json: bool = False, doors: Sequence[str] = ("",)
) -> int:
    """Serves until it is told to stop; prints a one-time link for each of (label, user)."""
    from sizao.kernel.errors import Refused

    if host not in ("127.0.0.1", "localhost", "::1") and not (os.environ.get("SIZAO_TLS") or os.environ.get("SIZAO_HOSTS")):
        raise Refused("serve-not-on-loopback", host=host)
    from sizao.doors.kit.signin import make_link

    def ready() -> None:
        staff = next((n for n, some in enumerate(doors) if some != "public"), 0)
        base = f"http://127.0.0.1:{port + staff}"
        links = [(name or who.name, make_link(who, 60, base)) for name, who in people]
        if as_json:
            context.print_json({"address": base, "links": [{"who": name, "link": link} for name, link in links]})
            return
        if links:
            context.say("登录链接（各一次有效，60 分钟内）：", "Sign in (each link once, within 60 minutes):")
        for name, link in links:
            context.err.print(f"{name}\n  {link}", soft_wrap=True, markup=False)
        if not links:
            context.say(
                f"网址：{base} 。本库不认识当前用户：空库请先用 sizao open 打开名单；否则用 sizao users link 取得登录链接。",
                f"Address: {base} . This store does not know you: an empty one begins with sizao open FILE; else ask sizao users link for a sign-in link.",
            )
        for n, some in enumerate(doors):
            if some:
                context.say(f"{some}：http://127.0.0.1:{port + n}", f"{some}: http://127.0.0.1:{port + n}")
        context.say("按 Ctrl-C 停止。", "Press Ctrl-C to stop.")

    return context.serve(port=port, host=host, workers=workers, as_of=as_of, ready=ready, doors=doors)


def stop_service(store: Any) -> bool:
    """Asks a running service of this store to end, and waits until it has."""
    from sizao.kernel import supervise

    return supervise.stop(store.path / PIDFILE)
