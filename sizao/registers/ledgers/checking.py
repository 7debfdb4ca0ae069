"""Everything that is wrong with the ledgers' files, at once: file, line, what, and what to do. Report once is held here."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from sizao.kernel import codes
from sizao.kernel.content import ContentFault, folders
from sizao.kernel.content_dir import content_dir
from sizao.kernel.fields import FormField, dictionary_of, fault
from sizao.kernel.marked import Marked
from sizao.kernel.models.areas import LEVELS

from .filled import COUNTED, asked_by, column_of
from .items import ABOUT, ID, KEYS, LINES, PARTS, SOURCES, Ledger, files, made
from .rhythm import EVENT, read_rhythm
from .rolled import typed


def faults(path: Path, text: str) -> Iterator[ContentFault]:
    """The faults of one file among all ledgers of its folder and of the folders below it."""
    places = tuple(dict.fromkeys([*folders(), path.parents[1]]))
    yield from (f for f in checked(places)[1] if f.file == path.name)


def field_faults(path: Path, text: str) -> Iterator[ContentFault]:
    """The faults of one file of the dictionary; also against every text of it that this store ever held."""
    from sizao.kernel.fields import retyped
    from sizao.kernel.models import ContentItem

    places = tuple(dict.fromkeys([*folders(), path.parents[1]]))
    yield from (f for f in dictionary_of(places)[1] if f.file == path.name)
    yield from retyped(path.name, text, ContentItem.objects.filter(kind="fields").values_list("body", flat=True))


def checked(places: Sequence[Path]) -> tuple[dict[str, Ledger], list[ContentFault]]:
    """Every ledger of these folders that has no fault, and all faults."""
    signed = tuple((str(p), p.stat().st_mtime_ns) for p in files(places).values())
    marks = tuple((str(p), p.stat().st_mtime_ns) for place in places for p in sorted((place / "fields").glob("*.yaml")))
    return _checked(tuple(map(str, places)), signed, marks)


@lru_cache(maxsize=8)
def _checked(places: tuple[str, ...], _signed: tuple[Any, ...], _marks: tuple[Any, ...]) -> tuple[dict[str, Ledger], list[ContentFault]]:
    known, _ = dictionary_of([Path(p) for p in places])
    found: dict[str, Ledger] = {}
    told: list[ContentFault] = []
    read: dict[str, Marked] = {}
    # What a jurisdiction adds comes after what is shipped: of two that ask the same, it is the one that is told of.
    for id_, path in sorted(files([Path(p) for p in places]).items(), key=lambda f: not f[1].is_relative_to(content_dir())):
        try:
            text = path.read_text(encoding="utf-8")
            marked = Marked(text)
        except (yaml.YAMLError, UnicodeDecodeError):
            continue  # the content store says so itself
        wrong = list(_wrong(path.name, id_, marked, known))
        told += wrong
        if not wrong:
            found[id_], read[id_] = made(id_, text, marked.data, known), marked
    for among in (_asked_twice, typed, _filled_by_nobody, _held_against_nothing):
        for id_, one in list(among(found, read)):
            told.append(one)
            found.pop(id_, None)
    return found, told


def _wrong(file: str, id_: str, m: Marked, known: dict[str, FormField]) -> Iterator[ContentFault]:
    body = m.data
    if not ID.fullmatch(id_):
        yield fault(file, 1, "ledger-name-wrong", ledger=id_)
    if not isinstance(body, dict):
        yield fault(file, 1, "ledger-key-missing", ledger=id_, key="title")
        return
    for key, line in m.twice:
        yield fault(file, line, "ledger-key-twice", ledger=id_, key=key)
    for key in map(str, body):
        if key not in KEYS:
            yield fault(file, m.line(key), "ledger-key-unknown", ledger=id_, key=key, known=KEYS)
    missing = [key for key in ("title", "about", "lines", "rhythm", "filed_by", "minutes") if body.get(key) in (None, "")]
    for key in missing:
        yield fault(file, 1, "ledger-key-missing", ledger=id_, key=key)
    title = body.get("title")
    if title is not None and (not isinstance(title, dict) or not title.get("zh") or not title.get("en")):
        yield fault(file, m.line("title"), "content-one-language-only", where="title")
    yield from _words(file, id_, m, body)
    yield from _fields(file, id_, m, body, known)
    try:
        if body.get("rhythm") is not None:
            read_rhythm(body["rhythm"])
    except ValueError as e:
        yield fault(file, m.line("rhythm", str(e)), "ledger-rhythm-wrong", ledger=id_, part=str(e))
    yield from _proposed(file, id_, m, body)
    source = body.get("source")
    if source is not None and not (isinstance(source, str) or (isinstance(source, list) and all(isinstance(s, str) for s in source))):
        yield fault(file, m.line("source"), "ledger-word-unknown", ledger=id_, key="source", value=source, known=("a text", "[measure, …]"))
    minutes = body.get("minutes")
    if minutes is not None and (isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 <= minutes <= 480):
        yield fault(file, m.line("minutes"), "ledger-minutes-wrong", ledger=id_, value=minutes)


def _proposed(file: str, id_: str, m: Marked, body: dict[str, Any]) -> Iterator[ContentFault]:
    """What a form comes with is one of its own fields, and is known from somewhere that the store can count."""
    said = body.get("proposed") or {}
    if not isinstance(said, dict):
        yield fault(file, m.line("proposed"), "ledger-word-unknown", ledger=id_, key="proposed", value=said, known=("{field: source}",))
        return
    asked = [e.get("field") if isinstance(e, dict) else e for e in body.get("fields") or []]
    for name, source in said.items():
        if name not in asked:
            yield fault(file, m.line("proposed"), "ledger-field-unknown", ledger=id_, field=str(name), nearest="—")
        if source not in SOURCES and not re.fullmatch(r"lines\.[a-z][a-z0-9_]+", str(source)):
            yield fault(file, m.line("proposed"), "ledger-word-unknown", ledger=id_, key=f"proposed.{name}", value=source, known=(*SOURCES, "lines.<ledger>"))


def _words(file: str, id_: str, m: Marked, body: dict[str, Any]) -> Iterator[ContentFault]:
    """Words from closed lists: what it is about, kinds of unit, levels, roles."""
    one = {"about": ABOUT, "lines": LINES, "filed_by": tuple(codes.roles())}
    many = {"also": ("person", "household", "unit"), "kinds": tuple(codes.code_list("unit-kind")), "levels": LEVELS}
    for key, allowed in one.items():
        if body.get(key) not in (None, "") and body[key] not in allowed:
            yield fault(file, m.line(key), "ledger-word-unknown", ledger=id_, key=key, value=body[key], known=allowed)
    for key, allowed in many.items():
        said = body.get(key) or []
        if not isinstance(said, list):
            yield fault(file, m.line(key), "ledger-word-unknown", ledger=id_, key=key, value=said, known=allowed)
            continue
        for i, word in enumerate(said):
            if word not in allowed:
                yield fault(file, m.line(key, i), "ledger-word-unknown", ledger=id_, key=key, value=word, known=allowed)


def _fields(file: str, id_: str, m: Marked, body: dict[str, Any], known: dict[str, FormField]) -> Iterator[ContentFault]:
    """Each field is in the dictionary, is not known already, and cannot be counted."""
    asked, seen = body.get("fields") or [], set()
    if not isinstance(asked, list):
        yield fault(file, m.line("fields"), "ledger-field-unknown", ledger=id_, field=str(asked), nearest="—")
        return
    for i, entry in enumerate(asked):
        name = entry.get("field") if isinstance(entry, dict) else entry
        line = m.line("fields", i)
        if isinstance(entry, dict) and (extra := set(entry) - {"field", "required"}):
            yield fault(file, line, "ledger-key-unknown", ledger=id_, key=sorted(map(str, extra))[0], known=("field", "required"))
        if name not in known:
            yield fault(file, line, "ledger-field-unknown", ledger=id_, field=str(name), nearest=_near(str(name), known))
            continue
        of = known[name]
        if name in seen:
            yield fault(file, line, "ledger-field-twice", ledger=id_, field=name)
        seen.add(name)
        if of.known:
            yield fault(file, line, "ledger-field-known", ledger=id_, field=name, where=of.known)
        if of.counted:
            yield fault(file, line, "ledger-field-counted", ledger=id_, field=name, act=of.counted)
        if of.retired:
            yield fault(file, line, "ledger-field-retired", ledger=id_, field=name, day=of.retired)
        if of.codes and of.codes not in codes.code_lists():
            yield fault(file, line, "ledger-codes-unknown", ledger=id_, field=name, codes=of.codes)
    types = {name: known[name].type for name in seen}
    if body.get("outcome") and types.get(body["outcome"]) != "code":
        yield fault(file, m.line("outcome"), "ledger-outcome-wrong", ledger=id_, field=body["outcome"])
    if body.get("number") and types.get(body["number"]) not in ("int", "decimal", "bool"):
        yield fault(file, m.line("number"), "ledger-number-wrong", ledger=id_, field=body["number"])
    lines = body.get("lines")
    if (lines == "each") != bool(body.get("each")) or (body.get("each") and types.get(body["each"]) != ("unit" if body.get("whole") == PARTS else "code")):
        yield fault(file, m.line("each"), "ledger-each-wrong", ledger=id_)
    elif body.get("whole") is not None and not _whole(body, known):
        yield fault(file, m.line("whole"), "ledger-whole-wrong", ledger=id_)
    if (lines == "none") != bool(body.get("counts")) or (lines == "none" and asked):
        yield fault(file, m.line("counts"), "ledger-counts-wrong", ledger=id_)
    for i, name in enumerate(body.get("filled") or []):
        if name not in known:
            yield fault(file, m.line("filled", i), "ledger-field-unknown", ledger=id_, field=str(name), nearest=_near(str(name), known))
        elif name in seen:  # shown and asked at once
            yield fault(file, m.line("filled", i), "ledger-field-twice", ledger=id_, field=name)


def _whole(body: dict[str, Any], known: dict[str, FormField]) -> bool:
    """Whether `whole` names what a report can be held against: codes of `each`, the unit's parts, or a roll for a due ledger of persons of a unit."""
    whole = body["whole"]
    if body.get("each"):
        words = codes.code_list(known[body["each"]].codes or "") if known[body["each"]].codes else {}
        return whole == PARTS or (isinstance(whole, list) and bool(whole) and all(isinstance(w, str) and w in words for w in whole))
    due = body.get("rhythm") not in (None, EVENT)
    return isinstance(whole, str) and body.get("about") == "person" and "unit" in (body.get("also") or []) and body.get("lines") == "many" and due


def _held_against_nothing(found: dict[str, Ledger], read: dict[str, Marked]) -> Iterator[tuple[str, ContentFault]]:
    """The roll that a report is held against is a ledger of persons of units, and has the outcome that is named."""
    for id_, one in found.items():
        name, word = one.whole_roll
        roll = found.get(name)
        words = codes.code_list(roll.by_id[roll.outcome].codes or "") if roll is not None and roll.outcome else {}
        if name and (roll is None or "unit" not in roll.also or roll.about != "person" or (word and word not in words)):
            yield id_, fault(f"{id_}.yaml", read[id_].line("whole"), "ledger-whole-wrong", ledger=id_)


def _asked_twice(found: dict[str, Ledger], read: dict[str, Marked]) -> Iterator[tuple[str, ContentFault]]:
    """Report once: what one ledger asks about a kind of subject, no second one asks about the same kind. The second gets it filled."""
    first: dict[tuple[str, str], str] = {}
    for id_, one in found.items():
        for i, of in enumerate(one.fields):
            if of.common or of.id in (one.outcome, one.each):
                continue  # what a line is called by differs from ledger to ledger, even where the words are the same
            for subject in _subjects(one):
                before = first.setdefault((subject, of.id), id_)
                if before != id_:
                    yield id_, fault(f"{id_}.yaml", read[id_].line("fields", i), "ledger-asked-already", ledger=id_, field=of.id, other=before)
                    break


def _filled_by_nobody(found: dict[str, Ledger], read: dict[str, Marked]) -> Iterator[tuple[str, ContentFault]]:
    """What is shown and never asked is kept by a register of the line's person, household or area, on a roll of its unit, or asked about the same by another ledger."""
    for id_, one in found.items():
        for i, f in enumerate(one.filled_fields):
            column, name = column_of(f), (f.known or "").removeprefix(COUNTED).partition(".")[0]
            kept = column is not None and column.key in one.keys
            rolled = (f.known or "").startswith(COUNTED) and name in found and "unit" in one.keys and found[name].outcome is not None
            others = [x for x in asked_by(one, f, found)[1] if one.about != "unit" or set(_subjects(x)) & set(_subjects(one))]
            if not kept and not rolled and not others:
                yield id_, fault(f"{id_}.yaml", read[id_].line("filled", i), "ledger-filled-by-nobody", ledger=id_, field=f.id)


def _subjects(one: Ledger) -> list[str]:
    """Kinds of subject that it is about; of units, by their kind."""
    return [f"unit:{kind}" for kind in one.kinds or codes.code_list("unit-kind")] if one.about == "unit" else [one.about]


def _near(name: str, known: dict[str, FormField]) -> str:
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, known, 1, 0.6)), "—")
