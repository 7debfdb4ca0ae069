"""From the source texts to what runs: passages → measures → editions → scenarios → state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sizao.kernel.content_dir import content_dir

from .check import scenario_files
from .facts import vocabulary
from .language import load_edition
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


def trace() -> dict[str, Any]:
    """{"measures": [{id, title, kind, editions, sources, owners, scenarios, state, awaiting, parts}], "passages": [...], "today": [...]}.

    `measures` are those of the source texts; where the edition `today` has one too it is among its `editions`, `sources` and `scenarios`. What only
    that edition has stands in `today`, in the same form. `state` is "executes" (every part runs in some edition), "partly" or "awaiting";
    `awaiting` names the registers; `scenarios` is their number over all editions; `parts` says each part's state.
    """
    found: dict[str, dict[str, Any]] = {}
    for name in (*editions(), TODAY):
        file = content_dir() / "plans" / name / "edition.yaml"
        edition = load_edition(file.read_text(encoding="utf-8"), vocabulary(), f"{name}/edition.yaml")
        counted = count_scenarios(scenario_files(file))
        whole = {id_: (m, ()) for id_, m in edition.measures.items()} | {id_: (w.measure, w.registers) for id_, w in edition.awaiting.items()}
        for id_, (m, registers) in whole.items():
            base = id_.partition(".")[0]
            one = found.setdefault(base, {"id": base, "title": {}, "kind": m.kind, "editions": [], "sources": [], "owners": [], "scenarios": 0, "state": "", "awaiting": [], "parts": {}})
            if name != TODAY or not one["title"]:
                one["title"] = {lang: text.partition(" · ")[0] for lang, text in m.title.items()}
            one["editions"] += [name] if name not in one["editions"] else []
            one["sources"] += [s for s in ({**s, "edition": name} for s in m.source) if s not in one["sources"]]
            one["owners"] += [m.by.role] if m.by.role not in one["owners"] else []
            one["scenarios"] += counted.get(id_, 0)
            one["awaiting"] = sorted({*one["awaiting"], *registers})
            part = id_.partition(".")[2] or "·"
            runs_here = id_ in edition.measures
            one["parts"][part] = "executes" if runs_here or one["parts"].get(part) == "executes" else "awaiting"
    for one in found.values():
        runs = set(one["parts"].values())
        one["state"] = "executes" if runs == {"executes"} else "awaiting" if runs == {"awaiting"} else "partly"
    listed = sorted(found.values(), key=lambda m: str(m["id"]))
    return {
        "measures": [m for m in listed if m["editions"] != [TODAY]],
        "passages": [dict(p) for p in passages()],
        "today": [m for m in listed if m["editions"] == [TODAY]],
    }
