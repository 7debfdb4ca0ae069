"""From the source texts to what runs: passages → measures → editions → scenarios → state."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sizao.kernel.content_dir import content_dir

from .check import scenario_files
from .facts import vocabulary
from .language import load_edition
from .language.faults import Faults
from .language.measure import Measure
from .language.source import Node, read
from .passages import passages
from .scenarios import count_scenarios

#: The edition of what one would switch on now. It stands for no source text of its own.
TODAY = "today"


def editions() -> list[str]:
    """The shipped editions that stand for a source text, oldest first."""
    return sorted({str(p["edition"]) for p in passages()})


def named_by() -> dict[str, dict[str, list[Mapping[str, str]]]]:
    """Facts table or kind of act → measure → what it comes from ({text, quote, edition}), over every shipped edition, what awaits included."""
    found: dict[str, dict[str, list[Mapping[str, str]]]] = {}
    for file in sorted((content_dir() / "plans").glob("*/edition.yaml")):
        edition = load_edition(file.read_text(encoding="utf-8"), vocabulary(), f"{file.parent.name}/edition.yaml")
        for id_, m in {**edition.measures, **{id_: w.measure for id_, w in edition.awaiting.items()}}.items():
            for name in m.names:
                sources = found.setdefault(name, {}).setdefault(id_.partition(".")[0], [])
                sources += [s for s in ({**s, "edition": edition.id} for s in m.source) if s not in sources]
    return found


def rule_digests(text: str) -> dict[str, str]:
    """Measure → digest of its rule as the edition's text has it, so that a measure that was changed is not said to have been evaluated as it stands."""
    root = read(text, Faults(""))
    measures = root.mapping["measures"].mapping if root and "measures" in root.mapping else {}
    return {id_: hashlib.sha256(json.dumps(_plain(node), sort_keys=True).encode()).hexdigest()[:12] for id_, node in measures.items()}


def _plain(node: Node) -> Any:
    if isinstance(node.value, str):
        return node.value
    return [_plain(x) for x in node.value] if isinstance(node.value, list) else {k: _plain(v) for k, v in node.mapping.items()}


def lived() -> dict[str, Any]:
    """Edition → {"city": {size, days, seed, judged_at, differences}, "measures": {part: counts}}: what became of every measure on an invented city.

    `sizao rehearse truth --states` writes the file; what is 0 is left out of it, and `rule` says which rule it was.
    """
    file = content_dir() / "trace" / "city.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return found


def _add(one: dict[str, Any], edition: str, counts: Mapping[str, Any] | None, m: Measure, rule: str) -> None:
    """Adds a part's counts on the city to its measure's; without counts of this very rule the part is named under `unseen`."""
    if counts is None or counts["rule"] != rule:
        one["unseen"].append(f"{edition} {m.id}")
        return
    whole = one["city"].setdefault(edition, {})
    for name, n in counts.items():
        if name != "rule":
            whole[name] = whole.get(name, 0) + n


def trace() -> dict[str, Any]:
    """{"measures": [{id, title, kind, editions, sources, owners, scenarios, state, city, unseen, awaiting, parts}], "passages": [...], "today": [...], "cities": {...}}.

    `city`: edition → what became of the measure on the invented city of that edition (`cities`): occasions by state, and what stands beside them; what
    is 0 is left out. `unseen`: its parts that no city was evaluated under as they stand.

    `measures` are those of the source texts; where the edition `today` has one too it is among its `editions`, `sources` and `scenarios`. What only
    that edition has stands in `today`, in the same form. `state` is "executes" (every part runs in some edition), "partly" or "awaiting";
    `awaiting` names the registers; `scenarios` is their number over all editions; `parts` says each part's state.
    """
    found: dict[str, dict[str, Any]] = {}
    cities = lived()
    for name in (*editions(), TODAY):
        file = content_dir() / "plans" / name / "edition.yaml"
        edition = load_edition(file.read_text(encoding="utf-8"), vocabulary(), f"{name}/edition.yaml")
        rules = rule_digests(edition.text)
        counted = count_scenarios(scenario_files(file))
        whole = {id_: (m, ()) for id_, m in edition.measures.items()} | {id_: (w.measure, w.registers) for id_, w in edition.awaiting.items()}
        for id_, (m, registers) in whole.items():
            base = id_.partition(".")[0]
            one = found.setdefault(base, {"id": base, "title": {}, "kind": m.kind, "editions": [], "sources": [], "owners": [], "scenarios": 0, "state": "", "city": {}, "unseen": [], "awaiting": [], "parts": {}})
            if name != TODAY or not one["title"]:
                one["title"] = {lang: text.partition(" · ")[0] for lang, text in m.title.items()}
            one["editions"] += [name] if name not in one["editions"] else []
            one["sources"] += [s for s in ({**s, "edition": name} for s in m.source) if s not in one["sources"]]
            one["owners"] += [m.by.role] if m.by.role not in one["owners"] else []
            one["scenarios"] += counted.get(id_, 0)
            one["awaiting"] = sorted({*one["awaiting"], *registers})
            part = id_.partition(".")[2] or "·"
            runs_here = id_ in edition.measures
            if runs_here:
                _add(one, name, cities.get(name, {}).get("measures", {}).get(id_), m, rules[base])
            one["parts"][part] = "executes" if runs_here or one["parts"].get(part) == "executes" else "awaiting"
    for one in found.values():
        runs = set(one["parts"].values())
        one["state"] = "executes" if runs == {"executes"} else "awaiting" if runs == {"awaiting"} else "partly"
    listed = sorted(found.values(), key=lambda m: str(m["id"]))
    return {
        "measures": [m for m in listed if m["editions"] != [TODAY]],
        "passages": [dict(p) for p in passages()],
        "today": [m for m in listed if m["editions"] == [TODAY]],
        "cities": {name: one["city"] for name, one in cities.items()},
    }
