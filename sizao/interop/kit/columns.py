"""Which column of a table is which field of a register."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sizao.kernel.registry import KEPT, Register

#: What a column may be beside a field: the row's own id (an export sent back), and the sender's number.
RECORD, NUMBER = "id", "source_id"


@dataclass(slots=True)
class Columns:
    """Column by column what it is: a field, `RECORD`, `NUMBER`, or "" when it is not brought in.

    Attributes:
        missing: Fields that a new row needs and no column tells.
    """

    header: list[str]
    meant: list[str]
    missing: list[str] = field(default_factory=list)

    @property
    def unmapped(self) -> list[str]:
        """Headers that are not brought in."""
        return [h for h, m in zip(self.header, self.meant, strict=True) if not m]


def map_header(register: Register, header: Sequence[str], told: Mapping[int, str] | None = None) -> Columns:
    """A field is recognised by its label in either language or its name, whatever the case and the signs; each once, the first column wins.

    `told` (column's place → field, or "" for none) is the sender's own word and goes before. What is unsure stays unmapped.
    """
    known: dict[str, str] = {}
    for name in register.writable():
        f = register.field(name)
        for label in (name, f.zh, f.en, f"{f.zh} {f.unit}", f"{f.en} {f.unit}"):
            known.setdefault(_key(label), name)
    for word in (NUMBER, KEPT[NUMBER].zh, KEPT[NUMBER].en, "编号", "number"):
        known.setdefault(_key(word), NUMBER)
    known[RECORD] = RECORD
    allowed = {*register.writable(), NUMBER, RECORD, ""}
    meant: list[str] = []
    for i, head in enumerate(header):
        one = told[i] if told is not None and i in told else known.get(_key(head), "")
        meant.append(one if one in allowed and (one == "" or one not in meant) else "")
    needed = [n for n, f in register.declaration.fields.items() if f.required and f.writable and n not in meant]
    return Columns(list(header), meant, [] if RECORD in meant else needed)


def _key(text: str) -> str:
    return re.sub(r"[\W_]+", "", text, flags=re.UNICODE).lower()
