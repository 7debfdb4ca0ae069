"""`sizao plan diff`: what changed between two editions, in the words of the rules."""

from __future__ import annotations

from typing import Any

from .facts import vocabulary
from .language import Edition
from .language.words import sentence
from .show import show_edition, show_measure

HEAD = ("title", "source", "kind", "urgency", "minutes")
PARTS = ("while", "who", "when", "done", "by", "ends", "yields", "listed", "shown")


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
