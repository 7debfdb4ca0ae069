"""Which characters the font has, read from its own table (cmap, format 12): a character that it lacks is told by its number, never by an empty box."""

import struct
from bisect import bisect_right
from functools import cache
from pathlib import Path

FONTS = Path(__file__).resolve().parent / "fonts"
FONT = FONTS / "NotoSansSC-Regular.ttf"


@cache
def _ranges() -> tuple[list[int], list[int]]:
    """First and last characters of the runs that the font has."""
    data = FONT.read_bytes()
    tables = {data[12 + 16 * n : 16 + 16 * n]: struct.unpack(">II", data[20 + 16 * n : 28 + 16 * n]) for n in range(struct.unpack(">H", data[4:6])[0])}
    cmap = data[tables[b"cmap"][0] : sum(tables[b"cmap"])]
    for n in range(struct.unpack(">H", cmap[2:4])[0]):
        at = struct.unpack(">I", cmap[8 + 8 * n : 12 + 8 * n])[0]
        if struct.unpack(">H", cmap[at : at + 2])[0] == 12:
            count = struct.unpack(">I", cmap[at + 12 : at + 16])[0]
            groups = struct.unpack(f">{3 * count}I", cmap[at + 16 : at + 16 + 12 * count])
            return list(groups[::3]), list(groups[1::3])
    raise ValueError(f"{FONT.name} has no full table of characters")


def has(char: str) -> bool:
    """Whether the font has this character."""
    first, last = _ranges()
    n = bisect_right(first, ord(char)) - 1
    return n >= 0 and ord(char) <= last[n]


def with_numbers(text: str) -> str:
    """The text with the numbers of characters that the font lacks; control characters are left out.

    >>> with_numbers("王𪚥"), with_numbers("王小明")
    ('王[U+2A6A5]', '王小明')
    """
    return "".join(c if c.isspace() or has(c) else f"[U+{ord(c):X}]" for c in text if c.isprintable() or c in "\n ")
