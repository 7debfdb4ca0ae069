"""Reading YAML: as data, or with the line on which each part stands, so that a fault says where. In C where the library has it built in."""

from typing import Any

import yaml

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: How deep a file of content may be nested. Deeper ones are no content, and would exhaust the reader's stack.
DEEPEST = 100


def plain(text: str) -> Any:
    """The data of a YAML text. Raises yaml.YAMLError, also where it is nested deeper than `DEEPEST`."""
    not_too_deep(text)
    return yaml.load(text, Loader)  # noqa: S506  a safe loader, whichever it is


def not_too_deep(text: str) -> None:
    """Raises yaml.YAMLError where the text is no YAML or nested too deep."""
    depth = 0
    for event in yaml.parse(text, Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise yaml.MarkedYAMLError(problem=f"nested more than {DEEPEST} deep", problem_mark=event.start_mark)  # type: ignore[arg-type]  # of either reader


class Marked:
    """The data of a YAML text, and `line(…)` for every part of it. Raises yaml.YAMLError."""

    def __init__(self, text: str):
        not_too_deep(text)
        loader = Loader(text)
        try:
            node = loader.get_single_node()
            self.data: Any = loader.construct_document(node) if node is not None else None
        finally:
            loader.dispose()
        self._lines: dict[tuple[Any, ...], int] = {}
        #: Keys that stand twice in one mapping, with their lines: YAML itself would let the second win in silence.
        self.twice: list[tuple[str, int]] = []
        if node is not None:
            self._walk(node, ())

    def _walk(self, node: Any, path: tuple[Any, ...]) -> None:
        self._lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                name = getattr(key, "value", "")
                if name in seen:
                    self.twice.append((name, key.start_mark.line + 1))
                seen.add(name)
                self._lines[(*path, name)] = key.start_mark.line + 1
                self._walk(value, (*path, name))
        elif isinstance(node, yaml.SequenceNode):
            for i, value in enumerate(node.value):
                self._walk(value, (*path, i))

    def line(self, *path: Any) -> int | None:
        """The line (from 1) of the part at this path of keys and indexes, or of the nearest part around it."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path)
