"""`sizao plan diff`: what changed between two editions, in the words of the rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .facts import vocabulary
from .language import Edition, Measure
from .language.source import Node
from .language.words import sentence
from .show import said_lines, show_edition, show_measure

HEAD = ("title", "source", "kind", "urgency", "minutes")
PARTS = ("while", "who", "when", "done", "by", "ends", "yields", "listed", "shown")
#: Which part of the sentence, or which head, says what a key of the file says.
SAID_BY = {
    "should": "who", "for": "who", "close": "ends", "slot": "yields", "reconcile": "listed", "show": "shown", "cost": "minutes",
    **{name: name for name in ("while", "when", "done", "by", *HEAD)},
}  # fmt: skip


def diff(old: Edition, new: Edition) -> dict[str, Any]:
    """Measures added, removed and changed (with each changed part before and after, in zh and en), parameters changed, and what else the files say.

    A parameter has its lines before and after, and `said`: the same in zh and en, with for whom, where and from when each holds.
    `other` holds the title, the dated lists, the precedence and the escalation, each as it is written.
    """
    shown = show_edition(old), show_edition(new)
    both = [m for m in new.measures if m in old.measures]
    changed = [c for name in both if (c := _changed(old, new, name))["parts"]]
    return {
        "old": old.id,
        "new": new.id,
        "added": [m for m in new.measures if m not in old.measures],
        "removed": [m for m in old.measures if m not in new.measures],
        "changed": changed,
        "params": [_param(name, *(s["params"].get(name) for s in shown)) for name in _differing(*(s["params"] for s in shown))],
        "other": _beside(_other(old), _other(new)),
        "same": len(both) - len(changed),
    }


def _beside(a: Mapping[str, str], b: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"name": name, "before": a.get(name), "after": b.get(name)} for name in _differing(a, b)]


def _differing(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in {*a, *b} if a.get(name) != b.get(name))


def _param(name: str, before: Any, after: Any) -> dict[str, Any]:
    """With the sources where nothing else differs: what was found in another text is a change that a signature answers for."""
    said = {lang: [said_lines(lines, lang) for lines in (before, after)] for lang in ("zh", "en")}
    if said["zh"][0] == said["zh"][1]:
        said = {lang: [said_lines(lines, lang, sources=True) for lines in (before, after)] for lang in said}
    return {"name": name, "before": before, "after": after, "said": {lang: {"before": s[0], "after": s[1]} for lang, s in said.items()}}


def _other(e: Edition) -> dict[str, str]:
    """What an edition says beside its measures and parameters."""
    lists = {
        f"lists.{name}": ", ".join(code + (f" {since or ''}–{until or ''}" if since or until else "") for code, since, until in lines)
        for name, lines in e.lists.items()
    }
    precedence = {f"precedence.{slot}": " > ".join(names) for slot, names in e.precedence.items()}
    escalate = {f"escalate.{urgency}": found.text for urgency, found in e.escalate.items()}
    return {f"title.{lang}": text for lang, text in e.title.items()} | lists | precedence | escalate


def _changed(old: Edition, new: Edition, name: str) -> dict[str, Any]:
    before, after = old.measures[name], new.measures[name]
    parts: list[dict[str, Any]] = []
    for part in PARTS:
        said = {lang: [sentence(m, vocabulary(), lang)[part] for m in (before, after)] for lang in ("zh", "en")}
        if said["zh"][0] != said["zh"][1] or said["en"][0] != said["en"][1]:
            parts.append({"part": part, "before": {k: v[0] for k, v in said.items()}, "after": {k: v[1] for k, v in said.items()}})
    heads = show_measure(before), show_measure(after)
    parts += [{"part": key, "before": heads[0][key], "after": heads[1][key]} for key in HEAD if heads[0][key] != heads[1][key]]
    told = {p["part"] for p in parts}
    a, b = _written(before), _written(after)
    # Whatever is written otherwise and came out the same in words is shown as it is written: nothing that differs is called the same.
    parts += [{"part": key, "before": a.get(key), "after": b.get(key)} for key in _differing(a, b) if SAID_BY.get(key, key) not in told]
    return {"measure": name, "title": dict(after.title), "parts": parts}


def _written(m: Measure) -> dict[str, str]:
    """The keys of a measure as they stand in the file, on one line each. What it has parts for is said of the parts."""
    return {} if m.node is None else {key: _text(child) for key, child in m.node.mapping.items() if key != "parts"}


def _text(node: Node) -> str:
    if node.mapping:
        return "{" + ", ".join(f"{key}: {_text(child)}" for key, child in node.mapping.items()) + "}"
    return node.text if node.text is not None else "[" + ", ".join(map(_text, node.items)) + "]"
