"""`sizao plan diff`: what changed between two editions, in the words of the rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .facts import vocabulary
from .language import Edition
from .language.words import sentence
from .show import read_edition, show_edition, show_measure

HEAD = ("title", "source", "kind", "urgency", "minutes")
PARTS = ("who", "when", "done", "by", "ends")


def diff(old: Edition, new: Edition) -> dict[str, Any]:
    """Measures added, removed and changed (with each changed part before and after, in zh and en), and parameters changed."""
    params = show_edition(old)["params"], show_edition(new)["params"]
    both = [m for m in new.measures if m in old.measures]
    changed = [c for name in both if (c := _changed(old, new, name))["parts"]]
    return {
        "old": old.id,
        "new": new.id,
        "added": [m for m in new.measures if m not in old.measures],
        "removed": [m for m in old.measures if m not in new.measures],
        "changed": changed,
        "params": [
            {"name": name, "before": params[0].get(name), "after": params[1].get(name)}
            for name in sorted({*params[0], *params[1]})
            if params[0].get(name) != params[1].get(name)
        ],
        "same": len(both) - len(changed),
    }


def _changed(old: Edition, new: Edition, name: str) -> dict[str, Any]:
    before, after = old.measures[name], new.measures[name]
    parts = []
    for part in PARTS:
        said = {lang: [sentence(m, vocabulary(), lang)[part] for m in (before, after)] for lang in ("zh", "en")}
        if said["zh"][0] != said["zh"][1]:
            parts.append({"part": part, "before": {k: v[0] for k, v in said.items()}, "after": {k: v[1] for k, v in said.items()}})
    heads = show_measure(before), show_measure(after)
    parts += [{"part": key, "before": heads[0][key], "after": heads[1][key]} for key in HEAD if heads[0][key] != heads[1][key]]
    return {"measure": name, "title": dict(after.title), "parts": parts}


def diff_editions(old: str | Path, new: str | Path) -> dict[str, Any]:
    """`diff` of two folders or files."""
    return diff(read_edition(old), read_edition(new))


NAMES = {
    "who": ("对象", "who"),
    "when": ("时限", "when"),
    "done": ("完成", "done"),
    "by": ("责任", "by"),
    "ends": ("结束", "ends"),
    "title": ("名称", "title"),
    "source": ("依据", "source"),
    "kind": ("类型", "kind"),
    "urgency": ("紧急程度", "urgency"),
    "minutes": ("每次分钟", "minutes"),
}


def lines(changes: dict[str, Any], language: str) -> list[str]:
    """A difference for a terminal: + added, - removed, ~ changed."""
    zh = language.startswith("zh")
    lang, i = ("zh", 0) if zh else ("en", 1)
    found = [f"+ {name}" for name in changes["added"]] + [f"- {name}" for name in changes["removed"]]
    for p in changes["params"]:
        found.append(f"~ ${p['name']}: {_values(p['before'])} → {_values(p['after'])}")
    for c in changes["changed"]:
        found.append(f"~ {c['title'][lang]} ({c['measure']})")
        for part in c["parts"]:
            before, after = (x[lang] if isinstance(x, dict) and lang in x else x for x in (part["before"], part["after"]))
            found.append(f"    {NAMES[part['part']][i]}: {before or '—'} → {after or '—'}")
    return found or ["没有差别" if zh else "No difference"]


def _values(dated: list[dict[str, Any]] | None) -> str:
    return "; ".join(f"{d['value']}" + (f" ({d['from']})" if d["from"] else "") for d in dated) if dated else "—"
