"""A ledger as an XForm, made by pyxform: the same fields, codes and bounds as on every other form, in Chinese and English."""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from pyxform.xls2xform import convert

from sizao.kernel.codes import code_list
from sizao.registers.ledgers.items import Ledger

ZH, EN = "label::中文 (zh)", "label::English (en)"
TYPES = {"int": "integer", "decimal": "decimal", "date": "date", "instant": "dateTime", "text": "text"}
#: What a line is about is asked first: a unit from the post's own list, a person or household by its number; an area is the post's own.
ABOUT: dict[str, dict[str, str]] = {
    "unit": {"type": "select_one_from_file units.csv", "name": "about_unit", ZH: "报告单位", EN: "Unit", "required": "yes"},
    "person": {"type": "text", "name": "about_person", ZH: "证件号码或电话", EN: "Number of the document, or telephone", "required": "yes"},
    "household": {"type": "text", "name": "about_household", ZH: "户编号", EN: "Household number", "required": "yes"},
}
#: Fields that lead to other rows are told at a desk.
LEFT = ("person", "household", "unit", "area")


def offered(ledgers: Iterable[Ledger]) -> list[Ledger]:
    """Those that can be filled in there: with lines, no second thing that must be told (a person's unit), and no required field that leads to another row."""
    return [one for one in ledgers if one.lines != "none" and not (one.about == "person" and "unit" in one.also) and not any(f.type in LEFT and f.id in one.required for f in one.fields)]


@lru_cache(maxsize=256)
def xform(one: Ledger) -> str:
    """The XForm of a ledger; its version is the digest of the text that it was made from."""
    survey: list[dict[str, Any]] = [{"type": "start", "name": "begun_at"}, {"type": "end", "name": "ended_at"}]
    choices: list[dict[str, str]] = []
    if one.about in ABOUT:
        survey.append(dict(ABOUT[one.about]))
    lists: set[str] = set()
    for f in one.fields:
        if f.type in LEFT:
            continue
        row: dict[str, Any] = {"name": f.id, ZH: f.zh, EN: f.en} | ({"required": "yes"} if f.id in one.required else {})
        if f.type in ("code", "codes"):
            name = (f.codes or "").replace("-", "_")
            row["type"] = f"{'select_one' if f.type == 'code' else 'select_multiple'} {name}"
            if name not in lists:
                lists.add(name)
                choices += [{"list_name": name, "name": code, ZH: words["zh"], EN: words["en"]} for code, words in code_list(f.codes or "").items()]
        elif f.type == "bool":
            row["type"] = "select_one yes_no"
            if "yes_no" not in lists:
                lists.add("yes_no")
                choices += [{"list_name": "yes_no", "name": "1", ZH: "是", EN: "yes"}, {"list_name": "yes_no", "name": "0", ZH: "否", EN: "no"}]
        else:
            row["type"] = TYPES[f.type]
            bounds = [f". {sign} {bound:g}" for sign, bound in ((">=", f.least), ("<=", f.most)) if bound is not None]
            if bounds and f.type in ("int", "decimal"):
                row["constraint"] = " and ".join(bounds)
        survey.append(row)
    settings = {"form_id": one.id, "form_title": f"{one.zh} {one.en}", "version": one.ref.rpartition("@")[2], "default_language": "中文 (zh)", "name": "data"}
    return str(convert(xlsform={"survey": survey, "choices": choices, "settings": [settings]}, validate=False).xform)


def digest(text: str | bytes) -> str:
    """How a list of forms names a text: "md5:…". It tells whether a copy is the same, and protects nothing."""
    return "md5:" + hashlib.md5(text.encode() if isinstance(text, str) else text, usedforsecurity=False).hexdigest()
