"""A measure of an edition: itself or its parts, its second look, and what its list is held against."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from .done import acts
from .faults import Faults
from .keys import Around
from .looked import Looked
from .measure import Measure
from .reader import Reader
from .reconciled import Reconciled
from .showing import read_shown
from .source import Node
from .subjects import called
from .vocabulary import nearest

OWN = {"title", "source", "kind", "cost", "for", "should", "while", "when", "done", "close", "by", "urgency", "slot"}
KEYS = OWN | {"parts", "reconcile", "check", "show"}
PART = re.compile(r"[a-z][a-z0-9_]*")


def _titled(part: Measure, name: str, around: Around) -> dict[str, str]:
    """The measure's title and the part's word. The words of parts come first; then, in Chinese, what its one act is called, and its own name."""
    named = [around.vocabulary.acts[a] for a in acts(part.done) if a in around.vocabulary.acts]
    word = {"zh": named[0].zh} if len(named) == 1 else {}
    word |= around.vocabulary.parts.get(part.id) or around.vocabulary.parts.get(name, {})
    return {lang: f"{text} · {word.get(lang, name.replace('_', ' '))}" for lang, text in part.title.items()}


def read_measure(name: str, node: Node, around: Around, faults: Faults) -> list[Measure]:
    """The measure, or its parts, with its second look. Faults are added; every key is read even when another is wrong."""
    keys = node.mapping
    for key in keys.keys() - KEYS:
        faults.at(key, keys[key].line).add("plan-key-unknown", key=key, nearest=nearest(key, KEYS), known=sorted(KEYS))
    listed = keys["parts"].mapping if "parts" in keys else {}
    own = {key: value for key, value in keys.items() if key in OWN}
    reconcile = Reconciled(own, keys.get("reconcile"), around, faults, name)
    if not listed:
        reader = Reader(own, around, faults, name)
        measure = reader.read(node)
        found = [replace(measure, part_of=name, reconcile=reconcile.read(), shows=read_shown(keys.get("show"), reader.names(), faults))] if measure else []
    else:
        found = _parts(name, own, listed, around, faults)
        first = next((m for m in found if "for" in own and m.facts == called(own["for"])), None)
        entries = reconcile.read()
        if first is not None:
            shown = read_shown(keys.get("show"), Reader(own, around, faults, name, tuple(listed)).names(), faults)
            found = [replace(m, reconcile=entries, shows=(*shown, *m.shows)) if m is first else m for m in found]
    found += Looked(own, keys.get("check"), around, faults, name, listed).read(node)
    return found + reconcile.filed(node)


def _parts(name: str, own: dict[str, Node], listed: Mapping[str, Node], around: Around, faults: Faults) -> list[Measure]:
    """Each part inherits every key and overrides what it states. About the same table its `should` narrows; about another it takes over
    neither `should` nor `when`."""
    found = []
    for part, node in listed.items():
        place = faults.at(f"parts.{part}", node.line)
        if not PART.fullmatch(part):
            place.add("plan-id-wrong", value=part)
            continue
        stated = node.mapping
        known = OWN | {"check", "show"}
        for key in stated.keys() - known:
            place.at(key, stated[key].line).add("plan-key-unknown", key=key, nearest=nearest(key, known), known=sorted(known))
        other = "for" in stated and "for" in own and called(stated["for"]) != called(own["for"])
        inherited = {k: v for k, v in own.items() if not (other and k in ("should", "when", "slot"))}
        merged = inherited | {k: v for k, v in stated.items() if k in OWN}
        narrowing = own.get("should") if "should" in stated and not other else None
        same = tuple(p for p, n in listed.items() if p != part and ("for" not in n.mapping or "for" not in own or called(n.mapping["for"]) == called(own["for"])))
        id_ = f"{name}.{part}"
        reader = Reader(merged, around, place, id_, () if other else same, narrowing)
        measure = reader.read(node)
        if measure:
            title = measure.title if "title" in stated else _titled(measure, part, around)
            shown = read_shown(stated.get("show"), reader.names(), place)
            found.append(replace(measure, part_of=name, title=title, shows=shown))
        found += Looked(merged, stated.get("check"), around, place, id_).read(node)
    return found
