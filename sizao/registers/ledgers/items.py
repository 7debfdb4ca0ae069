"""Ledgers as their files say them: what a line is about, which fields it has, when it is due, who files it. No database here."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sizao.kernel.fields import FormField, dictionary

from .rhythm import EVENT, Rhythm, read_rhythm

ABOUT = ("person", "household", "unit", "area")
LINES = ("one", "each", "many", "none")
#: `whole: parts`: a line of each unit that is part of the unit.
PARTS = "parts"
#: From where a field of `proposed` is known: the unit's own line before; beds as they are taken, and who was admitted. Beside them `lines.<ledger>`: the unit's own lines of that ledger.
SOURCES = ("before", "beds.occupied", "care.admitted")
KEYS = ("title", "source", "about", "also", "kinds", "levels", "fields", "filled", "proposed", "lines", "each", "whole", "counts", "outcome", "number", "act", "rhythm", "filed_by", "minutes")
ID = re.compile(r"[a-z][a-z0-9_]{1,39}")


@dataclass(frozen=True, slots=True)
class Ledger:
    """One ledger. See `content/ledgers/README.md`; `ref` is how an entry cites this very text.

    `filled_fields` are shown and never asked; `proposed` are asked with what is known written in: (field, where it is known from, of `SOURCES`). `source`: the norm it comes from, or ids of measures, where no edition reads it.
    """

    id: str
    ref: str
    zh: str
    en: str
    about: str
    fields: tuple[FormField, ...]
    required: frozenset[str]
    lines: str
    rhythm: Rhythm
    filed_by: str
    minutes: float
    text: str
    also: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    filled_fields: tuple[FormField, ...] = ()
    proposed: tuple[tuple[str, str], ...] = ()
    source: tuple[str, ...] = ()
    each: str | None = None
    whole: tuple[str, ...] = ()
    counts: str | None = None
    outcome: str | None = None
    number: str | None = None
    act: str = ""

    @property
    def is_due(self) -> bool:
        """Somebody owes it by the clock, not only when something happens."""
        return self.rhythm.kind != EVENT

    @property
    def owed_by_units(self) -> bool:
        """Its report is owed by units of its kinds."""
        return self.is_due and (self.about == "unit" or "unit" in self.also)

    @property
    def filing_act(self) -> str:
        """The kind of act that the report of a period is; empty where the line itself is the report."""
        if not self.is_due or self.lines in ("one", "each"):
            return ""
        return self.act if self.lines == "none" else f"{self.id}.filed"

    @property
    def whole_parts(self) -> bool:
        """A whole report has a line of each unit that is part of the unit."""
        return self.each is not None and self.whole == (PARTS,)

    @property
    def whole_roll(self) -> tuple[str, str]:
        """The roll of whose persons each has a line in a whole report, and their outcome there ("" for any); ("", "") where the ledger names none."""
        name, _, word = self.whole[0].partition(".") if self.each is None and self.whole else ("", "", "")
        return name, word

    @property
    def whole_codes(self) -> tuple[str, ...]:
        """The codes of `each` that a whole report has whatever the report before had."""
        return self.whole if self.each is not None and not self.whole_parts else ()

    @property
    def keys(self) -> tuple[str, ...]:
        """What a line is about, its subject first."""
        return (self.about, *self.also)

    @property
    def by_id(self) -> dict[str, FormField]:
        return {f.id: f for f in self.fields}

    @property
    def counts_of_persons(self) -> tuple[str, ...]:
        """Its whole-number fields: when all of them are 0 the line is a zero report."""
        return tuple(f.id for f in self.fields if f.type == "int" and f.id in self.required)

    def title(self, language: str) -> str:
        return self.zh if language.startswith("zh") else self.en


def files(places: Iterable[Path]) -> dict[str, Path]:
    """id → the file that counts: of two with one id, the later folder's."""
    return {path.stem: path for place in places for path in sorted((place / "ledgers").glob("*.yaml"))}


def made(id_: str, text: str, body: dict[str, Any], known: dict[str, FormField] | None = None) -> Ledger:
    """The ledger of a text that was found without a fault."""
    known = known if known is not None else dictionary()
    asked = [entry if isinstance(entry, dict) else {"field": entry} for entry in body.get("fields") or []]
    return Ledger(
        id=id_,
        ref=ref_of(id_, text),
        zh=body["title"]["zh"],
        en=body["title"]["en"],
        about=body["about"],
        fields=tuple(known[e["field"]] for e in asked),
        required=frozenset(e["field"] for e in asked if e.get("required")),
        lines=body["lines"],
        rhythm=read_rhythm(body["rhythm"]),
        filed_by=body["filed_by"],
        minutes=float(body["minutes"]),
        text=text,
        also=tuple(body.get("also") or ()),
        kinds=tuple(body.get("kinds") or ()),
        levels=tuple(body.get("levels") or ()),
        filled_fields=tuple(known[name] for name in body.get("filled") or ()),
        proposed=tuple((str(k), str(v)) for k, v in (body.get("proposed") or {}).items()),
        source=() if not body.get("source") else (body["source"],) if isinstance(body["source"], str) else tuple(body["source"]),
        each=body.get("each"),
        whole=() if not body.get("whole") else (body["whole"],) if isinstance(body["whole"], str) else tuple(body["whole"]),
        counts=body.get("counts"),
        outcome=body.get("outcome"),
        number=body.get("number"),
        act=body.get("act") or id_,
    )


@lru_cache(maxsize=256)
def ref_of(id_: str, text: str) -> str:
    """How an entry cites the text it was checked against: as the content store names items."""
    return f"{id_}@{hashlib.sha256(text.encode()).hexdigest()[:12]}"
