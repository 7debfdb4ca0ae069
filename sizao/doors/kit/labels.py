"""What columns and acts are called, in the registers' own words."""

from functools import cache
from importlib import import_module

from sizao.doors.kit.words import Words

REGISTERS = ("population", "cases", "isolation", "command", "laboratory", "ledgers", "movement", "surveillance")


@cache
def _acts() -> dict[str, tuple[str, str]]:
    facts = [import_module(f"sizao.registers.{name}.facts") for name in REGISTERS]
    return {a.kind: (a.zh, a.en) for f in facts for a in f.ACTS}


@cache
def _fields() -> dict[str, dict[str, tuple[str, str]]]:
    from sizao.kernel.register import records

    return {m._meta.model_name or "": {name: (f.zh, f.en) for name, f in m.declaration().fields.items()} for m in records()}


def act_label(kind: str, words: Words) -> str:
    """What a kind of act is called; its own name if no register declares it."""
    zh, en = _acts().get(kind, (kind, kind))
    return zh if words.is_zh else en[:1].upper() + en[1:]


def field_label(table: str, name: str, words: Words) -> str:
    """What a column is called, e.g. ("case", "onset_on") → 发病日期."""
    zh, en = _fields().get(table, {}).get(name, (name, name))
    return zh if words.is_zh else en
