"""peers: the installations with which this one exchanges hand-overs."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from . import context
from .app import Json, Store, app

peers = typer.Typer(no_args_is_help=True, help="对接的其他系统 · other installations")
app.add_typer(peers, name="peers")


@peers.command("me")
def me(store: Store = None, json: Json = False) -> None:
    """本系统的编号、公钥、到期时间，供对方登记 · this installation's id and key, for the other side to register"""
    context.open_store(store)
    from sizao.interop.peers import known

    context.scope().check(known.RIGHT)
    card = known.card()
    if json:
        context.print_json(card)
        return
    for name, value in card.items():
        context.say(f"{name}：{value}", f"{name}: {value}")


@peers.command("add")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="对方名称 · what it is called here")],
    address: Annotated[str, typer.Option("--address", help="对方地址，如 https://… · where it answers")],
    installation: Annotated[str, typer.Option("--id", help="对方编号 · its id")],
    key: Annotated[str, typer.Option("--key", help="对方公钥（十六进制） · its public key, in hex")],
    until: Annotated[str, typer.Option("--until", help="公钥到期时间 · when its key ends")],
    area: Annotated[list[str], typer.Option("--area", help="对方负责的地区：代码=名称，可多次 · an area of its: CODE=NAME")],
    store: Store = None,
    json: Json = False,
) -> None:
    """登记对方系统，或更换其密钥、地址 · register another installation, or bring it up to date"""
    context.open_store(store)
    from sizao.interop.peers import known
    from sizao.kernel.errors import Refused
    from sizao.kernel.models import StoreInfo

    try:
        its = UUID(installation)
    except ValueError:
        raise Refused("bad-value", field={"zh": "编号", "en": "id"}, value=installation, expected="UUID") from None
    moment = context.instant(until, StoreInfo.objects.get().time_zone)
    assert moment is not None
    codes = [(code, title or code) for code, _, title in (a.partition("=") for a in area)]
    made = known.register(context.scope(), name, installation=its, address=address, key=key, until=moment, codes=codes)
    if json:
        context.print_json({"name": made.name, "areas": made.areas, "key": made.key_id})
        return
    context.say(f"已登记：{made.name}", f"registered: {made.name}")


@peers.command("revoke")
def revoke(name: Annotated[str, typer.Argument(metavar="NAME")], store: Store = None) -> None:
    """停用对方系统：不再收发 · nothing is taken from it or sent to it from now on"""
    context.open_store(store)
    from sizao.interop.peers import known

    known.revoke(context.scope(), name)
    context.say("已停用", "revoked")


@peers.command("send")
def send(store: Store = None, json: Json = False) -> None:
    """立即发送待发报文 · send what waits now; the worker does so by itself"""
    context.open_store(store)
    from sizao.interop.peers import known, outbox

    context.scope().check(known.RIGHT)
    done = outbox.send_due(now_all=True)
    if json:
        context.print_json({"received": done})
        return
    context.say(f"对方已收 {done} 条", f"{done} received by the other side")


@peers.command("list")
def listed(store: Store = None, json: Json = False) -> None:
    """对方系统、待发报文、即将到期的密钥 · installations, messages that wait, keys that end"""
    context.open_store(store)
    from sizao.interop.peers import known
    from sizao.interop.peers.models import Outgoing, Peer

    context.scope().check(known.RIGHT)
    rows = [
        {
            "name": p.name, "address": p.address, "areas": p.areas, "until": p.key_ends_at.isoformat(), "revoked": p.revoked_at is not None, "owner": p.owner.title_zh if p.owner else "",
            "waiting": Outgoing.objects.filter(peer=p, received_at=None, refused="").count(), "refused": Outgoing.objects.filter(peer=p).exclude(refused="").count(),
        }
        for p in Peer.objects.select_related("owner").order_by("name")
    ]  # fmt: skip
    if json:
        context.print_json({"peers": rows})
        return
    for r in rows:
        context.say(f"{r['name']}：{r['address']}，密钥至 {r['until']}，待发 {r['waiting']}，被拒 {r['refused']}", f"{r['name']}: {r['address']}, key until {r['until']}, {r['waiting']} waiting, {r['refused']} refused")
