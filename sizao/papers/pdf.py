"""A paper as PDF: A4, tagged, with the font that goes along."""

import json
import tempfile
from functools import cache
from pathlib import Path

import typst

from .glyphs import FONTS
from .paper import Paper

PROGRAM = (Path(__file__).resolve().parent / "paper.typ").read_text(encoding="utf-8")


@cache
def fonts() -> typst.Fonts:
    """Read once: it is most of what a paper costs."""
    return typst.Fonts(font_paths=[FONTS], include_system_fonts=False)


def pdf(paper: Paper) -> bytes:
    """The file."""
    with tempfile.TemporaryDirectory(prefix="sizao-paper-") as place:
        blocks = []
        for n, b in enumerate(paper.blocks):
            if b.picture:
                (Path(place) / f"{n}.png").write_bytes(b.picture)
            blocks.append({"kind": b.kind, "text": b.text, "rows": b.rows, "picture": f"{n}.png" if b.picture else ""})
        told = {"title": paper.title, "language": paper.language, "mark": paper.mark, "blocks": blocks}
        main = Path(place) / "paper.typ"
        main.write_text(PROGRAM, encoding="utf-8")
        made = typst.compile(str(main), root=place, font_paths=fonts(), sys_inputs={"paper": json.dumps(told, ensure_ascii=False)})
    assert isinstance(made, bytes)
    return made
