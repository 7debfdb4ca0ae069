"""The trace and what was left out, as pages of the docs."""

from __future__ import annotations

from typing import Any

from .facts import vocabulary
from .passages import VERDICTS, left_out_items
from .trace import trace

STATES = {"executes": "executes · 执行", "partly": "in part · 部分执行", "awaiting": "awaits a register · 待建"}
KINDS = {
    "list": "named list 名单", "sweep": "sweep 排查", "report": "due report 应报", "standing": "standing duty 常备职责", "post": "post and team 岗位队伍",
    "capacity": "capacity 能力", "event": "event clock 事件时限", "ticket": "ticket 事项", "watch": "watch 监测", "gate": "gate 等级开关",
    "stock": "stock and flow 物资", "message": "message 信息",
}  # fmt: skip


#: What the page says of a city, in words: states first, then what stands beside them.
COUNTS = {
    "met": "done in time 按时", "late": "done late 迟办", "overdue": "overdue 逾期", "open": "open 未到期", "ahead": "done ahead 提前", "waiting": "waiting 待前一环节", "closed": "closed 关闭",
    "cannot_tell": "cannot tell 无法判定", "ownerless": "nobody answers 无人负责", "unlisted": "not on the list 未列入", "short": "lists short 名单不足", "no_list": "no list 未交名单", "untrue": "said and not so 查见不实",
}  # fmt: skip


def city_said(one: dict[str, Any]) -> str:
    """One city in words: how large, how long, which, until when, and how far its report is the truth."""
    differs = "nothing in the report differs from the truth" if not one["differences"] else f"{one['differences']} findings differ from the truth"
    return f"{one['size']} persons, {one['days']} days until {one['judged_at'][:10]}, seed {one['seed']}; {differs}"


def _on_the_city(m: dict[str, Any]) -> list[str]:
    lines = []
    for edition, counts in m["city"].items():
        told = ", ".join(f"{counts[name]:,} {words}" for name, words in COUNTS.items() if counts.get(name))
        lines.append(f"- on the city, {edition}: {told or 'no occasion in it 城中无此情形'}")
    return lines + [f"- not evaluated on a city as it stands: {name}" for name in m["unseen"]]


def trace_page() -> str:
    """Passage → measure → kind → edition → scenarios → state, and what became of it on the invented city."""
    found = trace()
    measures = {m["id"]: m for m in found["measures"]}
    coming = vocabulary().coming
    titles = coming.titles if coming else {}
    counted = {state: sum(m["state"] == state for m in measures.values()) for state in STATES}
    lines = [
        "# From the source texts to what runs",
        "",
        f"{len(measures)} measures from five texts of 2020: {counted['executes']} execute, {counted['partly']} execute in part, {counted['awaiting']} await a register.",
        "What awaits is checked whole (columns, types, sentences) and runs as soon as its register keeps what it asks for (`content/vocabulary/`).",
        "Each was in force on an [invented city](../how-to/make-a-city.md), and what became of it there stands with it: " + "; ".join(dict.fromkeys(f"{', '.join(f'`{e}`' for e, o in found['cities'].items() if o == one)}: {city_said(one)}" for one in found["cities"].values())) + ".",
        "Occasions are counted by their state; to count anew: [how](../how-to/make-a-city.md#what-the-trace-says-of-a-city).",
        "The same as JSON: `sizao plan trace --json`. What the texts hold and no measure does: [left out](left-out.md).",
        "",
        "## Passages",
        "",
        "| passage | 内容 | about | edition | measures | left out |",
        "|---|---|---|---|---|---|",
    ]
    for p in found["passages"]:
        named = " ".join(f"[{m}](#{m})" for m in p["measures"])
        out = " ".join(f"[{x}](left-out.md#{x.lower()})" for x in p.get("left_out", []))
        lines.append(f"| {p['id']} | {p['zh']} | {p['en']} | {p['edition']} | {named} | {out} |")
    lines += ["", "## Measures", ""]
    beyond = ["## Only in the edition of now", "", "What the texts lack and a health department would switch on now (`today`), each with its own source.", ""]
    for m in (*measures.values(), *found["today"]):
        passages = ", ".join(p["id"] for p in found["passages"] if m["id"] in p["measures"])
        lines += beyond if m is next(iter(found["today"]), None) else []
        whence = f"passages {passages}" if passages else "no passage"
        lines += [f"### {m['id']}", "", f"{m['title']['zh']} · {m['title']['en']}. {KINDS[m['kind']]}. **{STATES[m['state']]}**; {m['scenarios']} scenarios; {whence}.", ""]
        lines += [f"- {s['edition']}: [{s['text']}] {s['quote']}" for s in m["sources"]]
        lines += _on_the_city(m)
        waits = [part for part, state in m["parts"].items() if state == "awaiting"]
        if waits:
            keepers = ", ".join(f"{titles.get(r, {}).get('en', r)} {titles.get(r, {}).get('zh', '')}".strip() for r in m["awaiting"])
            parts = "" if waits == ["·"] else f" ({', '.join(f'`{w}`' for w in waits)})"
            lines.append(f"- awaits: {keepers}{parts}")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def left_out_page() -> str:
    """What the texts hold that is no public health, and the reading that is legitimate."""
    lines = [
        "# What is left out of the source texts",
        "",
        "The software counts measures and places, not loyalty or opinion. Twenty things that the texts hold are left out, narrowed or read otherwise.",
        "The loader refuses a measure whose id, titles, rules or names hold one of the words below (`plan-left-out`); quotes are the texts' own.",
        "It refuses one in innocent words too, when what it is built on (its tables, the columns and links it reads, its acts) is declared as such a thing: a ledger of opinions under another name.",
        "No register has one, and the figures of `show` are each one value of many, by area and day: none puts persons in an order.",
        "",
    ]
    for name, item in left_out_items().items():
        zh, en = VERDICTS[item["verdict"]]
        instead = ", ".join(f"[{m}](trace.md#{m})" for m in item["instead"])
        lines += [f"## {name}", "", f"[{item['text']}] {item['quote']} — **{en} · {zh}**", "", f"{item['en']}", "", f"{item['zh']}", "", f"Instead: {instead}. Refused words: {', '.join(item['words'])}.", ""]
    return "\n".join(lines).rstrip() + "\n"
