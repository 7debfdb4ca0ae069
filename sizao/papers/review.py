"""The review of the situation as a paper: what it is of, the whole, then each working group with its state, gaps, next steps and own words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sizao.kernel.codes import content_files, diseases
from sizao.kernel.marked import plain

from .glyphs import with_numbers
from .orders import MARK
from .paper import Block, Paper


def of_review(body: Mapping[str, Any], language: str, *, version: int, made_at: datetime, by: str, zone: str, demo: bool = False) -> Paper:
    """The paper of one version, in "zh" or "en". It names nobody."""
    text = plain(content_files("papers")["review"])
    words: Mapping[str, str] = {k: v[language] for k, v in text["words"].items()}

    def at(moment: str | datetime) -> str:
        instant = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        return f"{instant.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"

    def share(of: Mapping[str, int]) -> str:
        return f"{of['done'] * 1000 // of['owed'] / 10:g}% ({of['done']}/{of['owed']})" if of["owed"] else words["nothing_owed"]

    total = body["total"]
    blocks = [
        Block("pairs", rows=(
            (words["area"], body["area"][language]), (words["version"], str(version)), (words["as_of"], at(body["as_of"])), (words["known_at"], at(body["known_at"])),
            (words["run"], f"{body['run']} · {', '.join(body['plans'])}"), (words["made"], f"{at(made_at)} {by}"),
        )),
        Block("head", words["whole"]),
        Block("pairs", rows=(
            (words["coverage"], share(total)), (words["missing"], str(total["missing"])), (words["cannot_tell"], str(total["cannot_tell"])), (words["ownerless"], str(total["ownerless"])),
            (words["untrue"], str(total["untrue"])), (words["risen"], str(total["risen"])),
            *((diseases().get(r["disease"], {}).get(language, r["disease"]), words["cases"].replace("{ill}", str(r["ill"])).replace("{new}", str(r["new"])).replace("{died}", str(r["died"])).replace("{since}", str(r["days_since"]) if r["days_since"] is not None else "—")) for r in body["rates"]),
        )),
    ]  # fmt: skip
    for n, g in enumerate(body["groups"], 1):
        blocks.append(Block("head", f"{n}. {g[language]}"))
        if not g["in_force"]:
            blocks.append(Block("text", words["none_in_force"] + (f"\n{with_numbers(g['said'])}" if g["said"] else "")))
            continue
        gaps = "\n".join(f"{x[language]}: {x['n']} · {x['area'][language]} {x['there']}" for x in g["gaps"]) or words["no_gap"]
        steps = "\n".join(p[language] for p in g["proposals"]) or words["no_step"]
        rows = [(words["state"], f"{words['coverage']} {share(g['state'])} · {words['missing']} {g['state']['missing']} · {words['cannot_tell']} {g['state']['cannot_tell']}"), (words["gaps"], gaps), (words["next"], steps)]
        if g["said"]:
            rows.append((words["said"], with_numbers(g["said"])))
        blocks.append(Block("pairs", rows=tuple(rows)))
    blocks.append(Block("text", words["foot"]))
    return Paper(f"{body['area'][language]} · {text['title'][language]}" if language == "en" else f"{body['area'][language]}{text['title'][language]}", language, tuple(blocks), MARK[language] if demo else "")
