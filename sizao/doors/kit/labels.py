"""What columns and acts are called, in the registers' own words."""

from functools import cache

from sizao.doors.kit.words import Words
from sizao.kernel.codes import code_list, code_lists
from sizao.kernel.registry import registers
from sizao.plan.facts import vocabulary

#: What an outcome's code says of itself, where no field of the act's register has it.
OUTCOMES = {"attempt": "attempt-reason"}


@cache
def _acts() -> dict[str, tuple[str, str]]:
    return {a.kind: (a.zh, a.en) for a in vocabulary().acts.values()}


@cache
def _fields() -> dict[str, dict[str, tuple[str, str]]]:
    from sizao.kernel.register import records

    return {m._meta.model_name or "": {name: (f.zh, f.en) for name, f in m.declaration().fields.items()} for m in records()}


def act_label(kind: str, words: Words) -> str:
    """What a kind of act is called; its own name if no register declares it."""
    zh, en = _acts().get(kind, (kind, kind))
    return zh if words.is_zh else en[:1].upper() + en[1:]


@cache
def _outcomes(kind: str) -> tuple[str, ...]:
    """The code lists from which the outcome of such an act may come: those of the registers that record it."""
    own = (f.codes for r in registers() if kind in r.declaration.acts for f in r.declaration.fields.values())
    return tuple(dict.fromkeys(c for c in (OUTCOMES.get(kind), *own) if c in code_lists()))


def outcome_label(kind: str, code: str | None, words: Words) -> str:
    """What an act's outcome says: the label of its code; "" where there is none."""
    found = next((code_list(name)[code] for name in _outcomes(kind) if code in code_list(name)), None) if code else None
    return words.both(found) if found else code or ""


def field_label(table: str, name: str, words: Words) -> str:
    """What a column is called, e.g. ("case", "onset_on") → 发病日期."""
    zh, en = _fields().get(table, {}).get(name, (name, name))
    return zh if words.is_zh else en
