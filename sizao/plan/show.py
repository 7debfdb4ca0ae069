"""`sizao plan show`: an edition and its measures in words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from .facts import vocabulary
from .language import Edition, Measure, Vocabulary
from .language.coming import Awaiting
from .language.durations import Duration
from .language.parameters import Param
from .language.words import sentence

#: Keys of a shown line of a parameter; every other names a column of the subject.
OWN_KEYS = {"value", "from", "disease", "source", "for", "area", "read"}


def show_measure(m: Measure, known: Vocabulary | None = None) -> dict[str, Any]:
    """A measure for a page or a terminal: its head, and its rule in words in zh and en (`words[lang]["all"]` is the whole sentence)."""
    return {
        "id": m.id,
        "title": dict(m.title),
        "source": [dict(s) for s in m.source],
        "kind": m.kind,
        "for": m.facts,
        "urgency": m.urgency,
        "minutes": m.minutes,
        "restricts": m.restricts,
        "words": {lang: sentence(m, known or vocabulary(), lang) for lang in ("zh", "en")},
    }


def show_edition(e: Edition) -> dict[str, Any]:
    """An edition with its parameters and every measure."""
    return {
        "id": e.id,
        "title": dict(e.title),
        "params": {name: show_lines(p) for name, p in e.params.items()},
        "measures": [show_measure(m) for m in e.measures.values()],
        "awaiting": [show_awaiting(w) for w in e.awaiting.values()],
        "aside": {id_: list(names) for id_, names in e.aside.items()},
    }


def show_lines(p: Param) -> list[dict[str, Any]]:
    """A parameter's lines: value, from when, for whom."""
    return [
        {
            "value": value(line.value),
            "from": line.since.date().isoformat() if line.since else None,
            "disease": line.disease,
            "source": line.source,
            **{key: found for key, found in (("for", line.measure), ("area", line.area), *line.codes) if found},
            **({"read": line.read} if line.read != "due" else {}),
        }
        for line in p.lines
    ]


def show_awaiting(w: Awaiting) -> dict[str, Any]:
    """A measure that does not run yet, in words: what it asks for that no register keeps, and which will."""
    coming = vocabulary().coming
    titles = coming.titles if coming else {}
    whole = coming.whole if coming else None
    return show_measure(w.measure, whole) | {"names": list(w.names), "registers": {r: dict(titles.get(r, {})) for r in w.registers}}


def said_lines(lines: list[dict[str, Any]] | None, language: str, *, sources: bool = False) -> list[str]:
    """Each line of a parameter of `show_edition` with its conditions: "7d (from 2020-06-12, covid-19, class = secondary, 330302, contact-tested)"."""
    zh = language.startswith("zh")
    begun = "已开始的仍按原值" if zh else "those begun keep theirs"
    found = []
    for line in lines or []:
        codes = [f"{key} = {code}" for key, code in line.items() if key not in OWN_KEYS]
        notes = [f"自 {line['from']}" if zh else f"from {line['from']}"] if line["from"] else []
        notes += [n for n in (line["disease"], *codes, line.get("area"), line.get("for")) if n]
        notes += [begun] if line.get("read") == "start" else []
        notes += [line["source"]] if sources and line["source"] else []
        text = ", ".join(map(str, line["value"])) if isinstance(line["value"], list) else str(line["value"])
        found.append(text + (f"（{'，'.join(notes)}）" if zh else f" ({', '.join(notes)})") if notes else text)
    return found


def value(found: Any) -> Any:
    """A parameter's value as it is written in a file."""
    if isinstance(found, Duration):
        return found.text
    if isinstance(found, tuple):
        return [f"{v // timedelta(hours=1):02}:{v // timedelta(minutes=1) % 60:02}" if isinstance(v, timedelta) else v for v in found]
    return found if isinstance(found, int | str) else str(found)
