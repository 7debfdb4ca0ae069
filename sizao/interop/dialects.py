"""Header dialects: content files that say what the columns of a sender's list mean. Read once, checked whole, all faults at once."""

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from sizao.kernel.codes import code_list
from sizao.kernel.content_dir import content_dir
from sizao.kernel.errors import Refused
from sizao.kernel.marked import plain as plain_yaml

from .fields import CHECKS, CLASS_CODES, CODES, FIELDS, STATUSES, TABLES
from .values import plain

_NOISE = re.compile(r"[\W_]+")
_UNNAMED = re.compile(r"column\d+")
_ASIDE = re.compile(r"[（(\[【].*?[)）\]】]")


def fold(header: str) -> str:
    """A header as it is compared: width, case, blanks and punctuation aside.

    >>> fold("Date_of Onset "), fold("dateOfOnset"), fold("年龄（岁）")
    ('dateofonset', 'dateofonset', '年龄岁')
    """
    return _NOISE.sub("", unicodedata.normalize("NFKC", header)).casefold()


def folds(header: str) -> tuple[str, ...]:
    """The forms under which a header is looked up: whole, then without what stands in brackets."""
    whole, short = fold(header), fold(_ASIDE.sub("", header))
    return (whole, short) if short and short != whole else (whole,)


@dataclass(frozen=True, slots=True)
class Derived:
    """A field taken from another where it has no value of its own: `when` names a field that must have a value, or the code it must have."""

    field: str
    source: str | None
    value: str | None
    when: str
    equals: str | None


@dataclass(frozen=True, slots=True)
class TableForm:
    """One known export: field → its columns, the first usable one counting."""

    dialect: str
    kind: str
    known_by: tuple[str, ...]
    fields: dict[str, tuple[str, ...]]
    keep: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    constants: dict[str, str] = field(default_factory=dict)
    derive: tuple[Derived, ...] = ()
    order: str | None = None
    words: dict[str, dict[str, str | None]] = field(default_factory=dict)
    what: tuple[str, str] = ("", "")
    exact: bool = False

    def fits(self, header: dict[str, int]) -> bool:
        """Whether a table with these folded headers is one; with `exact`, whether it has no other columns than those that name it."""
        wanted = {fold(h) for h in self.known_by}
        return wanted <= header.keys() and not (self.exact and any(h not in wanted and not _UNNAMED.fullmatch(h) for h in header))


@dataclass(frozen=True, slots=True)
class General:
    """The aliases of one language: folded header → (field, rank); a lower rank is surer, from `WEAK` on only for want of better."""

    dialect: str
    aliases: dict[str, list[tuple[str, int]]]
    derive: tuple[Derived, ...]
    order: str | None
    written: dict[str, tuple[str, ...]] = field(default_factory=dict)


WEAK = 1_000
#: A table that is known and is no list of persons: refused by its name instead of being taken for one.
OTHER = "other"
LABELS = "labels"


@dataclass(frozen=True, slots=True)
class Dialects:
    """All dialects that ship or that the jurisdiction added."""

    forms: tuple[TableForm, ...]
    general: tuple[General, ...]
    words: dict[str, dict[str, dict[str, str | None]]]
    headers: frozenset[str]

    def knows(self, header: str) -> bool:
        """Whether some dialect has this header."""
        return any(f in self.headers for f in folds(header))


@cache
def dialects() -> Dialects:
    """Every header dialect: those that ship, then those of SIZAO_CONTENT/headers, where the same id wins. Refused header-file-faulty."""
    folders = [content_dir() / "headers"]
    if own := os.environ.get("SIZAO_CONTENT"):
        folders.append(Path(own) / "headers")
    items: dict[str, tuple[Path, dict[str, Any]]] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")):
            item = plain_yaml(path.read_text(encoding="utf-8")) or {}
            items[str(item.get("id", path.stem))] = (path, item)
    forms, general, words, known = [], [], {}, set()
    for name, (path, item) in items.items():
        faults: list[str] = []
        if name == LABELS:
            continue
        if name == "words":
            words = _words(item, faults)
        elif item.get("general"):
            general.append(_general(name, item, faults))
            known.update(general[-1].aliases)
        else:
            forms += [_form(name, t, faults) for t in item.get("tables", [])]
        if faults:
            raise Refused("header-file-faulty", file=path.name, faults=faults)
    for form in forms:
        known.update(fold(h) for hs in form.fields.values() for h in hs)
        known.update(fold(h) for h in (*form.keep, *form.known_by))
    return Dialects(tuple(forms), tuple(general), words, frozenset(known))


@cache
def labels() -> dict[str, dict[str, dict[str, str]]]:
    """"labels" and "kinds": field or kind of table → its label in zh and en, for a person who says what a column means."""
    return dict(plain_yaml((content_dir() / "headers" / f"{LABELS}.yaml").read_text(encoding="utf-8")))


def digest() -> str:
    """A short name of all dialect files together: rows read under another reading are looked at again."""
    d, text = dialects(), hashlib.sha256()
    text.update(repr((d.forms, d.general, d.words)).encode())
    return text.hexdigest()[:12]


def _list(value: Any) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list) else [str(value)]


def _derive(items: Iterable[dict[str, Any]], faults: list[str]) -> tuple[Derived, ...]:
    out = []
    for item in items:
        when = item.get("when")
        source, equals = next(iter(when.items())) if isinstance(when, dict) else (when, None)
        out.append(Derived(str(item.get("field")), item.get("from"), item.get("value"), str(source), equals))
        faults += [f"derive: no field {f!r}" for f in (out[-1].field, out[-1].source, out[-1].when) if f is not None and f not in FIELDS]
    return tuple(out)


def _general(name: str, item: dict[str, Any], faults: list[str]) -> General:
    aliases: dict[str, list[tuple[str, int]]] = {}
    for target, headers in (item.get("fields") or {}).items():
        if target not in FIELDS:
            faults.append(f"no field {target!r}")
            continue
        strong, weak = (headers.get("strong", []), headers.get("weak", [])) if isinstance(headers, dict) else (headers, [])
        for rank, header in [*enumerate(_list(strong)), *((WEAK + i, h) for i, h in enumerate(_list(weak)))]:
            found = aliases.setdefault(fold(header), [])
            if target not in (f for f, _ in found):
                found.append((target, rank))
    written = {str(t): tuple(_list(h.get("strong", [])) + _list(h.get("weak", [])) if isinstance(h, dict) else _list(h)) for t, h in (item.get("fields") or {}).items()}
    return General(name, aliases, _derive(item.get("derive", []), faults), item.get("order"), written)


def _form(name: str, item: dict[str, Any], faults: list[str]) -> TableForm:
    kind = str(item.get("kind"))
    what = item.get("what") or {}
    if kind == OTHER:
        faults += [] if item.get("known_by") and what.get("zh") and what.get("en") else [f"{name}: {OTHER} needs known_by and what (zh, en)"]
        return TableForm(name, kind, tuple(_list(item.get("known_by", []))), {}, what=(str(what.get("zh")), str(what.get("en"))))
    if kind not in TABLES:
        faults.append(f"kind must be one of {', '.join(TABLES)}")
    fields = {str(f): tuple(_list(h)) for f, h in (item.get("fields") or {}).items()}
    constants = {str(f): str(v) for f, v in (item.get("constants") or {}).items()}
    unknown = item.get("unknown") or {}
    words: dict[str, dict[str, str | None]] = {"*": {plain(w): None for w in _list(unknown)}} if isinstance(unknown, list) else {str(f): {plain(w): None for w in _list(ws)} for f, ws in unknown.items()}
    for target, codes in (item.get("values") or {}).items():
        words.setdefault(str(target), {}).update(_codes(str(target), codes, kind, faults))
    faults += [f"{kind}: no field {f!r}" for f in (*fields, *constants) if f not in FIELDS or kind not in FIELDS[f].tables]
    faults += [] if item.get("known_by") else [f"{kind}: known_by is missing"]
    return TableForm(
        name, kind, tuple(_list(item.get("known_by", []))), fields, tuple(_list(item.get("keep", []))), tuple(_list(item.get("events", []))),
        constants, _derive(item.get("derive", []), faults), item.get("order"), words, exact=bool(item.get("exact")),
    )  # fmt: skip


def _allowed(target: str, kind: str) -> Iterable[str]:
    if target in ("status", "check"):
        return STATUSES if target == "status" else CHECKS
    return code_list(CLASS_CODES[kind] if target == "class" else CODES[target]) if target == "class" or target in CODES else ()


def _codes(target: str, codes: dict[Any, Any], kind: str, faults: list[str]) -> dict[str, str | None]:
    allowed, out = set(_allowed(target, kind)), {}
    for code, texts in codes.items():
        if code and str(code) not in allowed and not (target == "outcome" and kind == "contacts"):
            faults.append(f"{target}: no code {code!r}; there are {', '.join(sorted(allowed))}")
        out |= {plain(t): str(code) or None for t in _list(texts)}
    return out


def _words(item: dict[str, Any], faults: list[str]) -> dict[str, dict[str, dict[str, str | None]]]:
    """kind of table → field ("*": any) → plain word → code."""
    out: dict[str, dict[str, dict[str, str | None]]] = {}
    for kind in TABLES:
        own = out.setdefault(kind, {"*": {plain(w): None for w in _list(item.get("unknown", []))}})
        for target, codes in (item.get("values") or {}).items():
            if str(target) in FIELDS and kind not in FIELDS[str(target)].tables:
                continue
            if target == "class":
                codes = codes.get(kind, {})
            own[str(target)] = _codes(str(target), codes, kind, faults)
    return out
