"""What no measure may be built on: opinion, authors of rumours, the ranking of persons. The list is data, with the reading that is legitimate instead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .done import leaves
from .faults import Faults
from .measure import Measure
from .source import Node
from .terms import Tally
from .vocabulary import LeftOut, Vocabulary

WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[^\x00-\x7f]+")
QUOTED = {"source", "cost"}  # the texts' own words, and figures


def refuse(items: Sequence[LeftOut], measure: str, node: Node, faults: Faults) -> None:
    """A fault for each word of the list in the id, the titles, the rules or the names of a measure; its quotes are the texts' own."""
    said = [(measure, node.line), *texts(node)]
    whole = "\n".join(text for text, _ in said).lower()
    for item in items:
        if not any(word in whole for word in item.words):
            continue
        for text, line in said:
            word = next((w for w in item.words if has(text, w)), None)
            if word:
                faults.at("", line).add("plan-left-out", word=word, item=item.id, instead=dict(item.instead))
                break


def refuse_declared(items: Sequence[LeftOut], m: Measure, vocabulary: Vocabulary, faults: Faults) -> None:
    """A fault for each item that stands in what the measure is built on, however the measure itself is worded: its tables, the columns and links that
    it reads, its acts, as the registers and ledgers declare them. An innocent name for a list of opinions makes no measure of it."""
    said = list(declared(m, vocabulary))
    whole = "\n".join(said).lower()
    for item in items:
        word = next((w for w in item.words if w in whole and any(has(text, w) for text in said)), None)
        if word:
            faults.add("plan-left-out", word=word, item=item.id, instead=dict(item.instead))


def texts(node: Node) -> Iterator[tuple[str, int]]:
    """Everything that is written in a node, but the texts' own words; with its line."""
    if node.text is not None:
        yield node.text, node.line
    elif isinstance(node.value, list):
        for item in node.value:
            yield from texts(item)
    else:
        for key, below in node.mapping.items():
            if key not in QUOTED:
                yield key, below.line
                yield from texts(below)


def declared(m: Measure, vocabulary: Vocabulary) -> Iterator[str]:
    """The names and titles of everything that a measure reads."""
    kinds = {leaf.act for leaf in leaves(m.done) if leaf.act} | {c.act for c in m.close}
    kinds |= {t.source for t in m.deep_terms if isinstance(t, Tally) and t.acts}
    for kind in sorted(kinds & vocabulary.acts.keys()):
        yield from (kind, vocabulary.acts[kind].zh, vocabulary.acts[kind].en)
    for name in m.tables:
        if name in vocabulary.tables:
            yield from (name, vocabulary.tables[name].zh, vocabulary.tables[name].en)
    read = set(m.columns)
    for column in m.table.columns:
        if column.name in read:
            yield from (column.name, column.zh, column.en)
    for link in m.table.links:
        if link.name in read:
            yield from (link.name, link.zh, link.en)


def has(text: str, word: str) -> bool:
    """A word stands in a text: Chinese anywhere, English as a whole word or a part of a name between underlines or hyphens.

    >>> has("rank_of_person", "rank"), has("frankly", "rank"), has("造谣者名单", "造谣")
    (True, False, True)
    """
    if not word.isascii():
        return word in text
    return any(word in found.lower().split("_") for found in WORD.findall(text.replace("-", "_").lower())) or f" {word} " in f" {text.lower()} "
