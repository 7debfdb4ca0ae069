"""What `known` of a field names: a column of a register, a count of another ledger's lines, or what other ledgers ask. Declarations only; no line is read here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sizao.kernel import registry
from sizao.kernel.fields import FormField
from sizao.kernel.register import records
from sizao.kernel.registry import Register

from .items import Ledger

#: `known: ledgers.roll.pupil`: how many persons stand on that ledger of the unit, with that outcome.
COUNTED = "ledgers."
#: `known: population.person.sex`; of an area, `known: command.areagrade.number[scale=population]`: that column of the line in force of that scale.
COLUMN = re.compile(r"(\w+)\.(\w+)\.(\w+)(?:\[(\w+)=([\w-]+)\])?")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a register, and by which key of a line its row is found. `scale`: (column, word) of registers with several lines of one area."""

    key: str
    register: Register
    name: str
    scale: tuple[str, str] | None = None


def column_of(f: FormField) -> Column | None:
    """The column that `known` of a field names; None where no register has it."""
    found = COLUMN.fullmatch(f.known or "")
    if found is None:
        return None
    room, rest, column, by, word = found.groups()
    model = next((m for m in records() if m._meta.label_lower == f"{room}.{rest}"), None)
    register = registry.of_model(model) if model is not None else None
    if register is None or not {column, by or column} <= register.declaration.fields.keys():
        return None
    if by is None:
        return Column(rest, register, column)
    dated = {"starts_at", "ends_at"} <= register.declaration.fields.keys()
    return Column("area", register, column, (by, word)) if dated and register.declaration.area == "area" else None


def asked_by(one: Ledger, f: FormField, all_of_them: Mapping[str, Ledger]) -> tuple[str, list[Ledger]]:
    """The other ledgers that ask a field about the same subject, and by which key of a line they say so; ("", []) where none does.

    Of areas: those of one level at least in common.
    """
    for key in one.keys:
        found = [
            x
            for x in all_of_them.values()
            if x.id != one.id and f.id in x.by_id and x.about == key and (key != "area" or _meet(one.levels, x.levels))
        ]
        if found:
            return key, found
    return "", []


def _meet(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Whether two lists of levels have one in common; an empty list is every level."""
    return not some or not others or bool({*some} & {*others})
