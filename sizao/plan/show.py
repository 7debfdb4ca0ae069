"""`sizao plan show`: an edition and its measures in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .facts import vocabulary
from .language import Edition, Measure, load_edition
from .language.durations import Duration
from .language.words import sentence


def show_measure(m: Measure) -> dict[str, Any]:
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
        "words": {lang: sentence(m, vocabulary(), lang) for lang in ("zh", "en")},
    }


def show_edition(e: Edition) -> dict[str, Any]:
    """An edition with its parameters and every measure."""
    return {
        "id": e.id,
        "title": dict(e.title),
        "params": {
            name: [
                {
                    "value": value(line.value),
                    "from": line.since.date().isoformat() if line.since else None,
                    "disease": line.disease,
                    "source": line.source,
                }
                for line in p.lines
            ]
            for name, p in e.params.items()
        },
        "measures": [show_measure(m) for m in e.measures.values()],
    }


def value(found: Any) -> Any:
    """A parameter's value as it is written in a file."""
    if isinstance(found, Duration):
        return found.text
    return list(found) if isinstance(found, tuple) else found if isinstance(found, int | str) else str(found)


def read_edition(path: str | Path) -> Edition:
    """The edition in a folder or a file. Raises EditionRefused with every fault."""
    place = Path(path)
    file = place / "edition.yaml" if place.is_dir() else place
    return load_edition(file.read_text(encoding="utf-8"), vocabulary(), file.name)


def edition_in_words(path: str | Path) -> dict[str, Any]:
    """`show_edition` of a folder or a file."""
    return show_edition(read_edition(path))


def lines(shown: dict[str, Any], language: str) -> list[str]:
    """An edition for a terminal."""
    zh = language.startswith("zh")
    lang = "zh" if zh else "en"
    found = [f"{shown['title'][lang]} ({shown['id']})"]
    for name, dated in shown["params"].items():
        found += [
            f"  ${name} = {p['value']}" + (f" {'自' if zh else 'from'} {p['from']}" if p["from"] else "") + f" · {p['source']}"
            for p in dated
        ]
    for m in shown["measures"]:
        found += ["", f"{m['title'][lang]} ({m['id']})", f"  {m['words'][lang]['all']}"]
        found += [f"  {s['text']}「{s['quote']}」" for s in m["source"]]
    return found
