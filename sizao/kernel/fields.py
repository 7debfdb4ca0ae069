"""The dictionary of fields: every field of every form once, by its id. Data in `content/fields/`; a jurisdiction may add files of its own."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from .content import ContentFault, folders
from .errors import Refused
from .marked import Marked

TYPES = ("int", "decimal", "bool", "code", "codes", "date", "instant", "text", "person", "household", "unit", "area")
KEYS = ("person", "household", "unit", "area")
SENSITIVITY = ("open", "internal", "personal")
NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")

#: Words that one of the engines, YAML or the plan language keeps for itself: no column may be called so.
RESERVED = frozenset(
    ["id", "person", "household", "unit", "area", "disease", "known", "vf", "vt", "at", "by", "when", "end", "order", "check", "case", "window", "subject", "opens", "due", "now", "today", "period", "post", "values", "ledger", "item_ref", "happened_at", "batch", "sender", "source_id", "select", "from", "where", "group", "having", "limit", "union", "all", "any", "and", "or", "not", "in", "is", "null", "true", "false", "on", "off", "yes", "no", "user", "table", "column", "default", "primary", "references", "create", "grant", "analyse", "analyze", "array", "as", "asc", "desc", "cast", "collate", "constraint", "current_date", "distinct", "do", "else", "except", "fetch", "for", "foreign", "initially", "intersect", "into", "lateral", "leading", "localtime", "offset", "only", "placing", "returning", "session_user", "some", "symmetric", "then", "to", "trailing", "unique", "using", "variadic", "with"]
)


@dataclass(frozen=True, slots=True)
class FormField:
    """A field as every form asks it. See `content/fields/README.md`."""

    id: str
    zh: str
    en: str
    type: str
    unit: str | None = None
    codes: str | None = None
    sensitivity: str = "internal"
    least: float | None = None
    most: float | None = None
    common: bool = False
    known: str | None = None
    counted: str | None = None
    retired: date | None = None

    @property
    def shape(self) -> tuple[str, str | None, str | None]:
        """What may never change."""
        return self.type, self.unit, self.codes


ALLOWED = {f.name for f in dataclass_fields(FormField)} - {"id"}


def fault(file: str, line: int | None, code: str, /, **values: Any) -> ContentFault:
    """A fault of content in the words of its error code: what is wrong, and the cure."""
    said = Refused(code, **values)
    return ContentFault(file, line, code, f"{said.text('zh')} {said.cure('zh')}".strip(), f"{said.text('en')} {said.cure('en')}".strip())


def dictionary() -> dict[str, FormField]:
    """id → field, of all content folders. A faulty entry is absent here; loading tells of it."""
    return _read(tuple(_signed(p) for folder in folders() for p in sorted((folder / "fields").glob("*.yaml"))))[0]


def dictionary_of(places: Iterable[Path]) -> tuple[dict[str, FormField], list[ContentFault]]:
    """The dictionary of these content folders, and everything that is wrong with it."""
    return _read(tuple(_signed(p) for folder in places for p in sorted((folder / "fields").glob("*.yaml"))))


def _signed(path: Path) -> tuple[str, int, int]:
    stat = path.stat()
    return str(path), stat.st_mtime_ns, stat.st_size


@lru_cache(maxsize=8)
def _read(files: tuple[tuple[str, int, int], ...]) -> tuple[dict[str, FormField], list[ContentFault]]:
    found: dict[str, FormField] = {}
    where: dict[str, Path] = {}
    faults: list[ContentFault] = []
    for name, _, _ in files:
        path = Path(name)
        try:
            text = Marked(path.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError):
            continue  # the content store says so itself
        faults += [fault(path.name, line, "field-twice", field=key, file=path.name) for key, line in text.twice]
        body = text.data if isinstance(text.data, dict) else {}
        for id_, entry in (body.get("fields") or {}).items():
            line = text.line("fields", id_)
            wrong = list(_wrong(path.name, line, str(id_), entry))
            # A jurisdiction's own folder may put its words in the place of ours; within one folder an id stands once.
            if id_ in where and where[id_].parent == path.parent:
                wrong.append(fault(path.name, line, "field-twice", field=id_, file=where[id_].name))
            faults += wrong
            if not wrong:
                made = FormField(id=id_, **entry)
                if id_ in found and found[id_].shape != made.shape:
                    faults.append(fault(path.name, line, "field-retyped", field=id_, before=_said(found[id_].shape), after=_said(made.shape)))
                    continue
                found[id_], where[id_] = made, path
    return found, faults


def _wrong(file: str, line: int | None, id_: str, entry: Any) -> Iterator[ContentFault]:
    if not NAME.fullmatch(id_):
        yield fault(file, line, "field-name-wrong", field=id_)
    if id_ in RESERVED:
        yield fault(file, line, "field-name-reserved", field=id_)
    if not isinstance(entry, dict):
        yield fault(file, line, "field-incomplete", field=id_, missing="zh, en, type")
        return
    for extra in sorted(map(str, set(entry) - ALLOWED)):
        yield fault(file, line, "field-key-unknown", field=id_, key=extra, known=sorted(ALLOWED))
    missing = [key for key in ("zh", "en", "type") if not entry.get(key)]
    if missing:
        yield fault(file, line, "field-incomplete", field=id_, missing=missing)
        return
    kind = entry["type"]
    if kind not in TYPES:
        yield fault(file, line, "field-type-unknown", field=id_, type=kind, known=TYPES)
    if entry.get("sensitivity", "internal") not in SENSITIVITY:
        yield fault(file, line, "field-sensitivity-wrong", field=id_, value=entry["sensitivity"], known=SENSITIVITY)
    if (kind in ("code", "codes")) != bool(entry.get("codes")):
        yield fault(file, line, "field-codes-wrong", field=id_)
    if kind in ("int", "decimal") and not entry.get("unit"):
        yield fault(file, line, "field-unit-missing", field=id_)


def retyped(file: str, text: str, earlier: Iterable[dict[str, Any]]) -> Iterator[ContentFault]:
    """Fields of this text that an earlier text of the store had with another type, unit or code list."""
    marked = Marked(text)
    now = (marked.data or {}).get("fields") or {}
    told: set[str] = set()
    for body in earlier:
        for id_, before in (body.get("fields") or {}).items():
            after = now.get(id_)
            if id_ in told or not isinstance(after, dict) or not isinstance(before, dict):
                continue
            old, new = (tuple(e.get(k) for k in ("type", "unit", "codes")) for e in (before, after))
            if old != new:
                told.add(id_)
                yield fault(file, marked.line("fields", id_), "field-retyped", field=id_, before=_said(old), after=_said(new))


def _said(shape: tuple[Any, ...]) -> str:
    return " ".join(str(part) for part in shape if part)
