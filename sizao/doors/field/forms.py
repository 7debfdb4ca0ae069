"""Ledgers as forms on a phone: the fields in words, and a line that stands as it may be corrected."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sizao.doors.kit.words import Words
from sizao.kernel.codes import code_list
from sizao.kernel.scope import Scope
from sizao.registers.ledgers import read as ledgers
from sizao.registers.ledgers.catalogue import ledgers as every_ledger
from sizao.registers.ledgers.items import Ledger

#: Fields that point to rows of other registers are told at a desk.
LEFT = ("person", "household", "unit", "area")


def of_ledgers(words: Words, used: Iterable[str]) -> dict[str, Any]:
    """Ledger → its title and its fields in the order asked: {id, n: label, t: type, r: required, u: unit, least, most, c: [[code, word], …]}."""
    known = every_ledger()
    return {name: {"t": known[name].title(words.language), "about": known[name].about, "fields": [_field(words, f, f.id in known[name].required) for f in known[name].fields if f.type not in LEFT]} for name in sorted(used)}


def _field(words: Words, f: Any, required: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"id": f.id, "n": words.both(f), "t": f.type}
    if required:
        told["r"] = 1
    if f.unit:
        told["u"] = words.unit(f.unit).strip(" ()")
    if f.least is not None:
        told["least"] = f.least
    if f.most is not None:
        told["most"] = f.most
    if f.codes:
        told["c"] = [[code, words.both(pair)] for code, pair in code_list(f.codes).items()]
    return told


def standing(scope: Scope, one: Ledger, unit: UUID, period: date, slot: int) -> dict[str, Any]:
    """The one line of a report that stands: its id, the version that whoever corrects it had before his eyes, and its values; {} where there is none."""
    row = ledgers.standing(scope, one.id, unit, period, slot)
    return {} if row is None else line(row)


def line(row: Any) -> dict[str, Any]:
    """A line as it stands."""
    return {"record": str(row.pk), "seen": row.change_no, "values": row.values}
