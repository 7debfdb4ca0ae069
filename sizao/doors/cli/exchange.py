"""inbox: messages of other systems from files, each answered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from . import context
from .app import Json, Store, app

#: A file of messages of this size is read at once.
MOST_BYTES = 256 << 20


@app.command("inbox")
def inbox(
    place: Annotated[Path, typer.Argument(metavar="FILE|DIR", help="报文文件，或其所在目录（按文件名的次序） · a file of messages, or a folder, in the order of names")],
    sender: Annotated[str, typer.Option("--sender", help="来源；编号在来源内唯一 · whose numbers these are")],
    answers: Annotated[Path | None, typer.Option("--answers", metavar="DIR", help="把应答写到此目录 · writes the acknowledgements there")] = None,
    store: Store = None,
    json: Json = False,
) -> None:
    """接收 HL7 v2 报文，逐条应答 · take in HL7 v2 messages, each answered"""
    context.open_store(store)
    from sizao.interop.feeds.watch import by_hand
    from sizao.interop.hl7 import inbox as hl7
    from sizao.kernel.errors import Refused

    who, told, wrong = context.scope(), [], 0
    for path in sorted(p for p in place.rglob("*") if p.is_file()) if place.is_dir() else [place]:
        one: dict[str, Any] = {"file": str(path.name)}
        try:
            if path.stat().st_size > MOST_BYTES:
                raise Refused("body-too-long", megabytes=MOST_BYTES >> 20)
            with by_hand():
                answered = hl7.receive(who, path.read_bytes(), sender=sender, name=path.name)
        except OSError as lost:
            raise Refused("file-not-readable", file=path.name, reason=lost.strerror or "") from None
        except Refused as refused:
            if not place.is_dir():
                raise
            one |= {"refused": refused.as_problem()}
            wrong += 1
        else:
            one |= answered.as_json()
            wrong += answered.taken.count("rejected")
            if answers is not None:
                answers.mkdir(parents=True, exist_ok=True)
                (answers / f"{path.name}.ack").write_text(answered.text, encoding="utf-8", newline="")
        told.append(one)
    if json:
        context.print_json({"files": told})
        return
    for one in told:
        if "refused" in one:
            context.say(f"{one['file']}：{one['refused']['zh']}", f"{one['file']}: {one['refused']['en']}")
            continue
        counts = [one[k] for k in ("sent", "stored", "updated", "duplicate", "rejected")]
        context.say("{}：收到 {} = 新登记 {} + 更新 {} + 重复 {} + 拒收 {}".format(one["file"], *counts), "{}: sent {} = stored {} + updated {} + duplicate {} + rejected {}".format(one["file"], *counts))
        for m in one["messages"]:
            for p in m["problems"]:
                context.say(f"  {m['id']} {m['answer']} {p['place']}：{p['zh']}{p['cure']['zh']}", f"  {m['id']} {m['answer']} {p['place']}: {p['en']} {p['cure']['en']}")
