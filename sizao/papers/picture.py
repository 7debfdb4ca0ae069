"""A drawing as a picture: SVG to PNG by the library and the font that papers are set with, so that it looks the same on every machine."""

import tempfile
from pathlib import Path

import typst

from .pdf import fonts


def png(svg: bytes, width: int, *, scale: float = 2.0) -> bytes:
    """The picture, `width` × `scale` pixels wide; texts in `Noto Sans SC`."""
    with tempfile.TemporaryDirectory(prefix="sizao-picture-") as place:
        (Path(place) / "drawing.svg").write_bytes(svg)
        main = Path(place) / "picture.typ"
        main.write_text(f'#set page(width: auto, height: auto, margin: 0pt)\n#image("drawing.svg", width: {width}pt)\n', encoding="utf-8")
        made = typst.compile(str(main), root=place, font_paths=fonts(), format="png", ppi=72 * scale)
    assert isinstance(made, bytes)
    return made
