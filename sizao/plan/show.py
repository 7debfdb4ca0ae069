"""`sizao plan show`: an edition and its measures in words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sizao.kernel.codes import diseases

from .facts import vocabulary
from .language import Edition, Measure, Vocabulary
from .language.coming import Awaiting
from .language.durations import Duration, parse
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
    """Each line of a parameter of `show_edition` in words, with its conditions: "7 days (from 2020-06-12, COVID-19, class: contact of a contact, 330302)"."""
    zh = language.startswith("zh")
    begun = "已开始的仍按原值" if zh else "those begun keep theirs"
    found = []
    for line in lines or []:
        codes = [_coded(key, code, "zh" if zh else "en") for key, code in line.items() if key not in OWN_KEYS]
        notes = [f"自 {line['from']}" if zh else f"from {line['from']}"] if line["from"] else []
        notes += [n for n in (_disease(line["disease"], zh), *codes, line.get("area"), line.get("for")) if n]
        notes += [begun] if line.get("read") == "start" else []
        notes += [line["source"]] if sources and line["source"] else []
        span = parse(line["value"]) if isinstance(line["value"], str) else None
        text = span.words("zh" if zh else "en") if span else ", ".join(map(str, line["value"])) if isinstance(line["value"], list) else str(line["value"])
        found.append(text + (f"（{'，'.join(notes)}）" if zh else f" ({', '.join(notes)})") if notes else text)
    return found


def _disease(code: str | None, zh: bool) -> str | None:
    known = diseases().get(code or "")
    return str(known["zh" if zh else "en"]) if known else code


def _coded(column: str, code: str, language: str) -> str:
    """A condition on a column in words; where two tables have the column, of the one whose codes know this one."""
    named = [c for t in vocabulary().tables.values() for c in t.columns if c.name == column]
    found = next((c for c in named if code in vocabulary().codes.get(c.codes or "", {})), None)
    if found is None:
        return f"{column} = {code}"
    label = vocabulary().codes[found.codes or ""][code][language]
    return f"{found.zh}：{label}" if language == "zh" else f"{found.en}: {label}"


def value(found: Any) -> Any:
    """A parameter's value as it is written in a file."""
    if isinstance(found, Duration):
        return found.text
    if isinstance(found, tuple):
        return [f"{v // timedelta(hours=1):02}:{v // timedelta(minutes=1) % 60:02}" if isinstance(v, timedelta) else v for v in found]
    return found if isinstance(found, int | str) else str(found)
