"""YAML with its lines, and without its traps: every scalar stays the text that was written, so that 20:00 is no number and `on` no truth value."""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from .faults import Faults

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same language, read in C where it is built in
LARGEST = 2_000_000
DEEPEST = 20


@dataclass(frozen=True)
class Node:
    """A place in the file. `value` is a text, a list of nodes, or a mapping of key → node. `plain` says that a text was not quoted."""

    value: str | list[Node] | dict[str, Node]
    line: int
    plain: bool = False

    @property
    def text(self) -> str | None:
        return self.value if isinstance(self.value, str) else None

    @property
    def empty(self) -> bool:
        return self.plain and self.value in ("", "~", "null", "Null", "NULL")

    @property
    def mapping(self) -> dict[str, Node]:
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> list[Node]:
        """The elements; a single thing where a list may stand is a list of one."""
        return self.value if isinstance(self.value, list) else [self]


def read(text: str, faults: Faults) -> Node | None:
    """The root of the file; None when it cannot be read, and then a fault says why."""
    if len(text) > LARGEST:
        faults.add("plan-file-too-large", limit=LARGEST)
        return None
    try:
        depth = 0
        for event in yaml.parse(text, LOADER):  # event by event: the time that nesting takes grows with its square
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > 2 * DEEPEST:
                faults.at("", event.start_mark.line + 1 if event.start_mark else 1).add("plan-yaml-too-deep", limit=DEEPEST)
                return None
            if isinstance(event, yaml.AliasEvent):
                faults.add("plan-yaml-alias")
                return None
        root = yaml.compose(text, LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        faults.at("", mark.line + 1 if mark else 1).add("plan-yaml-broken", detail=getattr(error, "problem", None) or "?")
        return None
    except RecursionError:
        faults.add("plan-yaml-too-deep", limit=DEEPEST)
        return None
    return None if root is None else _node(root, faults, 0)


def _node(node: yaml.Node, faults: Faults, depth: int) -> Node:
    line = node.start_mark.line + 1
    if depth > DEEPEST:
        faults.at("", line).add("plan-yaml-too-deep", limit=DEEPEST)
        return Node("", line, True)
    if isinstance(node, yaml.SequenceNode):
        return Node([_node(child, faults, depth + 1) for child in node.value], line)
    if not isinstance(node, yaml.MappingNode):
        return Node(str(node.value), line, not getattr(node, "style", None))
    found: dict[str, Node] = {}
    for key, value in node.value:
        place = faults.at("", key.start_mark.line + 1)
        if not isinstance(key, yaml.ScalarNode):
            place.add("plan-key-not-a-word")
            continue
        name = str(key.value)
        if not key.style and name.lower() in ("on", "off", "yes", "no"):
            place.add("plan-key-reserved", key=name)
        if name in found:
            place.add("plan-key-twice", key=name)
        found[name] = _node(value, place, depth + 1)
    return Node(found, line)
