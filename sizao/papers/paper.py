"""A template filled with what one paper is about: a title and blocks of plain values, which `pdf` and `word` set as they stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sizao.kernel.codes import content_files
from sizao.kernel.errors import FIELD, Refused
from sizao.kernel.marked import plain

from .glyphs import with_numbers

KINDS = ("order", "release", "door")


@dataclass(frozen=True, slots=True)
class Block:
    """One part of a paper. `kind` is text, head (of a part), large (to be read at a distance), pairs, code or sign; `rows` are (label, value) of pairs; `picture` is a PNG."""

    kind: str
    text: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    picture: bytes = b""


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as it is to be set. `mark` stands at the top of each page of a demonstration."""

    title: str
    language: str
    blocks: tuple[Block, ...]
    mark: str = ""


@cache
def template(kind: str) -> Mapping[str, Any]:
    """The template of that kind. Refused: page-not-found."""
    found = content_files("papers").get(kind)
    if found is None:
        raise Refused("page-not-found")
    return dict(plain(found))


def fields(kind: str) -> frozenset[str]:
    """The fields that a template needs."""
    return frozenset(FIELD.findall(str(template(kind))))


def fill(kind: str, language: str, values: Mapping[str, str], *, picture: bytes = b"", mark: str = "") -> Paper:
    """The paper, in "zh" or "en". A value is never searched for fields. Refused paper-field: a field of the template was not given, or is empty.

    Where there is no picture, the block of the code is left out.
    """

    def put(text: str) -> str:
        def one(match: Any) -> str:
            value = values.get(match[1], "")
            if not value:
                raise Refused("paper-field", field=match[1], paper=template(kind)["title"])
            return with_numbers(value)

        return FIELD.sub(one, text)

    def said(part: Any) -> str:
        return put(part[language] if isinstance(part, Mapping) else str(part))

    blocks = []
    for block in template(kind)["blocks"]:
        [(name, content)] = block.items()
        if name == "pairs":
            blocks.append(Block("pairs", rows=tuple((said(k), said(v)) for k, v in content)))
        elif name != "code":
            blocks.append(Block(name, said(content)))
        elif picture:
            blocks.append(Block("code", said(content), picture=picture))
    return Paper(template(kind)["title"][language], language, tuple(blocks), mark)
