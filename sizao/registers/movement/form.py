"""The form of a traveller's declaration, from `content/forms/`: which fields it asks, and what was typed into them, read."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from sizao.kernel.codes import code_list
from sizao.kernel.content import ContentFault, folders
from sizao.kernel.fields import FormField, dictionary, fault
from sizao.kernel.marked import Marked, plain
from sizao.kernel.outcome import Problem

NAME = "travel-declaration"
KEYS = ("title", "purpose", "source", "fields")
#: By these a declaration is found and joined to a journey: the form asks them, whatever else it asks.
NEEDED = ("traveller_name", "document_number", "contact_phone", "came_from_area", "arrives_on")
TYPES = ("text", "date", "bool", "code", "codes")
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Form:
    """The form as it stands. `ref` is how a declaration cites it; `title` and `purpose` are {zh, en}."""

    ref: str
    text: str
    title: Mapping[str, str]
    purpose: Mapping[str, str]
    fields: tuple[FormField, ...]
    required: frozenset[str]


def form() -> Form:
    """The declaration's form; of two files with its name the jurisdiction's own counts."""
    place = [p for folder in folders() if (p := folder / "forms" / f"{NAME}.yaml").is_file()][-1]
    return _form(str(place), place.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _form(path: str, _changed: int) -> Form:
    text = Path(path).read_text(encoding="utf-8")
    body, known = plain(text), dictionary()
    asked = body["fields"]
    ref = f"{NAME}@{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    return Form(ref, text, body["title"], body["purpose"], tuple(known[f["field"]] for f in asked), frozenset(f["field"] for f in asked if f.get("required")))


def read(form: Form, typed: Mapping[str, list[str]], *, partly: bool = False) -> tuple[dict[str, Any], list[Problem]]:
    """What was typed, as JSON keeps it, and what is wrong with it. `partly`: a correction tells only what changes.

    Problems: value-missing, bad-value.
    """
    told: dict[str, Any] = {}
    wrong: list[Problem] = []
    for f in form.fields:
        raw = [t.strip() for t in typed.get(f.id, []) if t.strip()]
        if not raw:
            if f.id in form.required and not partly:
                wrong.append(Problem("value-missing", f.id))
            continue
        value = _value(f, raw)
        if value is None:
            wrong.append(Problem("bad-value", f.id, raw[0][:40]))
        else:
            told[f.id] = value
    return told, wrong


def _value(f: FormField, raw: list[str]) -> Any:
    """One field's value; None where it is none."""
    if any("\0" in t or len(t) > LONGEST for t in raw):
        return None
    first = raw[0]
    if f.type == "text":
        return first if (f.least or 0) <= len(first) <= (f.most or LONGEST) else None
    if f.type == "bool":
        return {"1": True, "0": False}.get(first)
    if f.type == "date":
        try:
            return date.fromisoformat(first).isoformat()
        except ValueError:
            return None
    known = code_list(str(f.codes))
    if f.type == "code":
        return first if first in known else None
    return sorted(set(raw)) if set(raw) <= set(known) else None


def faults(path: Path, text: str) -> Iterator[ContentFault]:
    """Everything that is wrong with a file of a form."""
    try:
        marked = Marked(text)
    except yaml.YAMLError:
        return  # the content store says so itself
    body: Any = marked.data if isinstance(marked.data, dict) else {}
    for key in map(str, body):
        if key not in KEYS:
            yield fault(path.name, marked.line(key), "form-file-wrong", form=path.stem, part=key, expected=", ".join(KEYS))
    for key in ("title", "purpose"):
        if not isinstance(body.get(key), dict) or not body[key].get("zh") or not body[key].get("en"):
            yield fault(path.name, marked.line(key), "form-file-wrong", form=path.stem, part=key, expected="{zh, en}")
    asked, known = body.get("fields"), dictionary()
    if not isinstance(asked, list) or not all(isinstance(f, dict) and set(f) <= {"field", "required"} for f in asked):
        yield fault(path.name, marked.line("fields"), "form-file-wrong", form=path.stem, part="fields", expected="[{field: …, required: true}]")
        return
    for entry in asked:
        f = known.get(str(entry.get("field")))
        if f is None or f.retired or f.type not in TYPES:
            yield fault(path.name, marked.line("fields"), "form-file-wrong", form=path.stem, part=str(entry.get("field")), expected=", ".join(TYPES))
    needed = {e.get("field") for e in asked if e.get("required")}
    if path.stem == NAME and not set(NEEDED) <= needed:
        yield fault(path.name, marked.line("fields"), "form-file-wrong", form=path.stem, part="fields", expected=", ".join(sorted(set(NEEDED) - needed)))
