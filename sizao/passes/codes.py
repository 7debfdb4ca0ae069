"""The picture of a code."""

import io

import segno


def svg(text: str, *, border: int = 3) -> str:
    """An SVG to stand in a page: dark on light whatever the page looks like, as large as its place."""
    made = segno.make(text, error="m", boost_error=False)
    return made.svg_inline(border=border, dark="#000", light="#fff", omitsize=True, svgclass=None, lineclass=None)


def png(text: str, *, scale: int = 6, border: int = 3) -> bytes:
    """The same for a paper."""
    out = io.BytesIO()
    segno.make(text, error="m", boost_error=False).save(out, kind="png", scale=scale, border=border)
    return out.getvalue()
