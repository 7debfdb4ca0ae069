"""Which column means what. An unsure column stays unmapped, is listed, and is kept with its row; an unsure key column stops the file."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from sizao.kernel.errors import Refused

from .dialects import OTHER, WEAK, Derived, Dialects, TableForm, fold, folds
from .fields import FIELDS, KEYS
from .tables import Fault

#: Fields that only one kind of table has; a header that means one of them tells what the table is.
ONLY = {kind: frozenset(f.name for f in FIELDS.values() if kind in f.tables and not set(f.tables) & ({"cases", "contacts"} - {kind})) for kind in ("cases", "contacts")}
#: A list of persons has one of these; a table of counts a day has not. Where an infection came from is no date of a case.
WHO = frozenset({"source_id", "name", "family_name", "given_name", "national_id", "phone", "age", "birth_date", "birth_year", "sex"})
NO_VOTE = frozenset({"source", "contact_total"})
#: What only a laboratory's list has, beside numbers: two of these, and more than twice as many as of a case's own, make it one.
OF_SAMPLES = frozenset({"sample_number", "sampled_at", "received_at", "resulted_at", "result", "sample_kind"})
#: A table that has these and little else says who infected whom, and lists nobody.
OF_LINKS = frozenset({"source_id", "infector", "infectee", "source", "entered_at", "last_exposure_on"})


@dataclass(slots=True)
class Mapping:
    """How one table is read.

    Attributes:
        dialect: Id of the form, or of the general dialects that were used, joined by "+".
        fields: Field → column numbers, the first usable value counting.
        events: Columns that are not used but tell recorded days.
        words: Field ("*": any) → plain word → code, or None where the word says nothing.
        notes: Repeated and unsure columns.
        said: What somebody here said of columns (header → field, "" for none); it went before every dialect.
    """

    dialect: str
    kind: str
    header: list[str]
    fields: dict[str, tuple[int, ...]]
    events: tuple[int, ...] = ()
    constants: dict[str, str] = field(default_factory=dict)
    derive: tuple[Derived, ...] = ()
    order: str | None = None
    words: dict[str, dict[str, str | None]] = field(default_factory=dict)
    notes: list[Fault] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, str]:
        """Header → the field or fields that it feeds."""
        out: dict[str, list[str]] = {}
        for name, at in self.fields.items():
            for i in at:
                out.setdefault(self.header[i], []).append(name)
        return {h: ", ".join(out[h]) for h in self.header if h in out}

    @property
    def unmapped(self) -> list[str]:
        """Headers that feed nothing; their cells are kept with the row."""
        used = {i for at in self.fields.values() for i in at}
        return [h for i, h in enumerate(self.header) if i not in used]

    @property
    def digest(self) -> str:
        """A short name of this reading: the same row read otherwise is looked at again."""
        said = [self.kind, sorted((f, [self.header[i] for i in at]) for f, at in self.fields.items()), sorted(self.constants.items()), self.order, repr(self.derive)]
        said.append(sorted((f, sorted((w, c or "") for w, c in words.items())) for f, words in self.words.items()))
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:12]


def map_columns(header: Sequence[str], known: Dialects, file: str, *, kind: str | None = None, told: dict[str, str] | None = None) -> Mapping:
    """The reading of a table from its header. `told` (header → field, "" for none) is the sender's own word and goes before every dialect.

    A known export is taken by its `known_by` headers, the one that explains most columns first. Everything else is read with the general
    dialects together. Refused: table-is-other, table-kind-unsure, key-unsure.
    """
    names = list(header)
    at = {fold(h): i for i, h in reversed(list(enumerate(names)))}
    forms = [f for f in known.forms if f.fits(at) and kind in (None, f.kind)]
    if forms:
        form = max(forms, key=lambda f: (sum(1 for hs in f.fields.values() for h in hs if fold(h) in at), len(f.known_by)))
        if form.kind == OTHER:
            raise Refused("table-is-other", file=file, what={"zh": form.what[0], "en": form.what[1]})
        mapping = _by_form(names, at, form, known)
        for header, field_name in (told or {}).items():
            _say(mapping, header, field_name)
        return mapping
    return _by_general(names, known, file, kind, told or {})


def _by_form(names: list[str], at: dict[str, int], form: TableForm, known: Dialects) -> Mapping:
    fields = {f: tuple(at[fold(h)] for h in headers if fold(h) in at) for f, headers in form.fields.items()}
    words = {f: dict(w) for f, w in known.words[form.kind].items()}
    for f, own in form.words.items():
        words.setdefault(f, {}).update(own)
    events = tuple(at[fold(h)] for h in form.events if fold(h) in at)
    return Mapping(form.dialect, form.kind, names, {f: i for f, i in fields.items() if i}, events, form.constants, form.derive, form.order, words)


def _say(mapping: Mapping, header: str, name: str) -> None:
    """The sender's own word about one column of a known export."""
    if header not in mapping.header:
        return
    i = mapping.header.index(header)
    mapping.fields = {f: rest for f, columns in mapping.fields.items() if (rest := tuple(c for c in columns if c != i))}
    if name in FIELDS and mapping.kind in FIELDS[name].tables:
        mapping.fields[name] = (i,)


def _by_general(names: list[str], known: Dialects, file: str, kind: str | None, told: dict[str, str]) -> Mapping:
    candidates = [_candidates(h, known, told) for h in names]
    kind = kind or _kind(candidates, names, file)
    if kind == "links" and not any("infectee" in found for found in candidates):
        candidates = [{("infectee" if f == "source_id" else f): rank for f, rank in found.items()} for found in candidates]
    if kind == "samples":  # its own number is the sample's; the number of a case or contact is whose sample it is
        own = any("sample_number" in found for found in candidates)
        candidates = [{told: rank for f, rank in found.items() if (told := _of_sample(f, rank, own))} for found in candidates]
    # field → [(rank, column)]
    wanted: dict[str, list[tuple[int, int]]] = {}
    unsure: list[Fault] = []
    for i, found in enumerate(candidates):
        here = {f: rank for f, rank in found.items() if kind in FIELDS[f].tables}
        if not here:
            continue
        best = min(here.values())
        likely = [f for f, rank in here.items() if rank == best] if len(here) > 1 else list(here)
        if len(here) > 1 and len(likely) > 1:
            unsure.append(Fault("column-unsure", i, " / ".join(sorted(likely))))
            continue
        wanted.setdefault(likely[0], []).append((here[likely[0]], i))
    fields: dict[str, tuple[int, ...]] = {}
    for name, found in wanted.items():
        found.sort()
        sure = [f for f in found if f[0] < WEAK] or found[:1]
        if len(sure) > 1 and name in KEYS:
            raise Refused("key-unsure", file=file, field=name, columns=[names[i] for _, i in sure])
        fields[name] = (sure[0][1],)
        unsure += [Fault("column-unsure", i, name) for _, i in sure[1:]]
    used = {f for i, found in enumerate(candidates) for f in found if (i,) == fields.get(f)}
    general = [g for g in known.general if any(f in used for h in names for k in folds(h) for f, _ in g.aliases.get(k, []))]
    order = next((g.order for g in general if g.order), None)
    derive = tuple(dict.fromkeys(d for g in general for d in g.derive if kind in FIELDS[d.field].tables and kind in FIELDS[d.when].tables))
    return Mapping("+".join(g.dialect for g in general) or "told", kind, names, fields, (), {}, derive, order, known.words[kind], unsure)


def _of_sample(name: str, rank: int, own: bool) -> str:
    """What a column means in a list of samples; "" where it may be the number of a line as well as of a person. What was told (rank -1) stays."""
    if rank < 0:
        return "source_id" if name == "sample_number" else name
    if name == "source_id" and rank >= WEAK:
        return "" if own else name
    return {"sample_number": "source_id", "source_id": "person_number", "related_case": "person_number", "related_contact": "person_number"}.get(name, name)


def _candidates(header: str, known: Dialects, told: dict[str, str]) -> dict[str, int]:
    if header in told:
        return {told[header]: -1} if told[header] in FIELDS else {}
    found: dict[str, int] = {}
    for form in folds(header):
        for general in known.general:
            for name, rank in general.aliases.get(form, []):
                found[name] = min(rank, found.get(name, rank))
        if found:
            break
    return found


def _kind(candidates: list[dict[str, int]], names: list[str], file: str) -> str:
    """Cases or contacts, by headers that only one of them has. A reference to a case beside them makes a contact list."""
    told = set().union(*candidates)
    if "infector" in told and ("infectee" in told or "source_id" in told) and all(set(found) & OF_LINKS for found in candidates if found):
        return "links"
    if "related_contact" in told and "check" in told:
        return "checks"
    votes = {k: sum(1 for found in candidates if found and set(found) <= only - NO_VOTE) for k, only in ONLY.items()}
    samples = sum(1 for found in candidates if found and set(found) <= OF_SAMPLES)
    if samples >= 2 and samples > 2 * max(votes.values()):
        return "samples"
    related = any("related_case" in found for found in candidates)
    if votes["contacts"] > votes["cases"] or (related and votes["contacts"] and votes["contacts"] == votes["cases"]):
        return "contacts"
    if votes["cases"] and told & WHO:
        return "cases"
    if any("source_id" in f or "name" in f for f in candidates) and any(set(f) == {"class"} for f in candidates):
        return "cases"
    raise Refused("table-kind-unsure", file=file, columns=[n for n, f in zip(names, candidates, strict=True) if f] or ["—"])
