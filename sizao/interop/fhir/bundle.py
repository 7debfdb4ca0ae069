"""A bundle as it is written: JSON or XML to resources, each of those that we read held against R4B (which R4 4.0.1 shares for all of them).

Resources of other kinds are counted and left: a bundle need not be free of what nobody asked about.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any

from sizao.interop.exchange.problems import Fault

#: What we read and write.
OURS = ("Patient", "Condition", "Observation", "DiagnosticReport", "Specimen", "Encounter", "Location", "Organization")
TYPES = ("transaction", "batch", "collection", "document", "message", "searchset")
MOST_ENTRIES, DEEPEST = 20_000, 40


@dataclass(slots=True)
class Resource:
    """One resource of ours: its kind, where it stands, its names for references, its body."""

    kind: str
    place: str
    names: tuple[str, ...]
    body: dict[str, Any]


@dataclass(slots=True)
class Bundle:
    """One bundle. `faults`: why it cannot be read; `others`: kinds that we do not read, and how many."""

    place: int
    text: str
    id: str = ""
    resources: list[Resource] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)

    def of(self, kind: str) -> list[Resource]:
        return [r for r in self.resources if r.kind == kind]

    def find(self, reference: Any) -> Resource | None:
        """What a reference points to, within the bundle."""
        told = reference.get("reference") if isinstance(reference, dict) else None
        return next((r for r in self.resources if told in r.names), None) if told else None


@cache
def model(kind: str) -> Any:
    """The R4B model of a kind of resource; the library is loaded when the first bundle comes."""
    return getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)


def bundles(data: bytes, content_type: str = "") -> Iterator[Bundle]:
    """Every bundle of what was sent: one in JSON or XML, or one a line (ndjson). Raises Fault: fhir-encoding, fhir-unreadable, fhir-empty."""
    body = data.removeprefix(b"\xef\xbb\xbf").strip()
    if not body:
        raise Fault("fhir-empty")
    if body[:1] == b"<":
        yield from_text(1, _xml(body))
        return
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise Fault("fhir-encoding", value=f"0x{body[wrong.start]:02x}", at=wrong.start + 1) from None
    lines = [line for line in text.splitlines() if line.strip()]
    several = "ndjson" in content_type or (len(lines) > 1 and all(line.startswith("{") and line.rstrip().endswith("}") for line in lines))
    for n, one in enumerate(lines if several else [text], 1):
        yield from_text(n, one)


def from_text(place: int, text: str) -> Bundle:
    """A bundle of JSON text, as it was kept or sent."""
    made = Bundle(place, text)
    try:
        told = json.loads(text, parse_constant=_no)
        deep = _depth(text)
    except (ValueError, RecursionError):
        made.faults.append(Fault("fhir-unreadable"))
        return made
    if not isinstance(told, dict) or told.get("resourceType") != "Bundle" or deep > DEEPEST:
        made.faults.append(Fault("fhir-no-bundle", value=str(told.get("resourceType", ""))[:40] if isinstance(told, dict) else ""))
        return made
    made.id = _id(told)
    if told.get("type") not in TYPES:
        made.faults.append(Fault("fhir-type-other", "Bundle.type", str(told.get("type", ""))[:40], known=list(TYPES)))
        return made
    entries = told.get("entry")
    if not isinstance(entries, list) or len(entries) > MOST_ENTRIES:
        made.faults.append(Fault("fhir-empty"))
        return made
    for n, entry in enumerate(entries):
        _entry(made, n, entry)
    return made


def _entry(made: Bundle, n: int, entry: Any) -> None:
    body = entry.get("resource") if isinstance(entry, dict) else None
    kind = body.get("resourceType") if isinstance(body, dict) else None
    place = f"entry[{n}].resource"
    if not isinstance(kind, str) or not isinstance(body, dict):
        made.faults.append(Fault("fhir-invalid", place, "", why="resource"))
        return
    if kind not in OURS:
        made.others[kind[:40]] += 1
        return
    try:
        model(kind).model_validate(body)
    except ValueError as wrong:  # pydantic's is one
        for where, why in _why(wrong)[:5]:
            made.faults.append(Fault("fhir-invalid", f"{place}.{where}" if where else place, "", why=why))
        return
    except RecursionError:
        made.faults.append(Fault("fhir-invalid", place, "", why="depth"))
        return
    names = [t for t in (entry.get("fullUrl"), f"{kind}/{body['id']}" if body.get("id") else None) if isinstance(t, str)]
    made.resources.append(Resource(kind, place, tuple(names), body))


def _why(wrong: ValueError) -> list[tuple[str, str]]:
    """(place, what) of each thing that the model found wrong; never the value itself."""
    errors = getattr(wrong, "errors", None)
    if errors is None:
        return [("", "value")]
    return [(".".join(str(p) for p in e["loc"])[:120], str(e["msg"])[:120]) for e in errors(include_url=False, include_input=False, include_context=False)]


def _id(told: dict[str, Any]) -> str:
    number = told.get("identifier")
    return str((number.get("value") if isinstance(number, dict) else None) or told.get("id") or "")[:150]


def _no(word: str) -> Any:
    raise ValueError(word)


def _depth(text: str) -> int:
    """How deep brackets stand in each other, those in strings included: enough to refuse a bomb."""
    deep = most = 0
    for c in text:
        if c in "{[":
            deep += 1
            most = max(most, deep)
        elif c in "}]":
            deep -= 1
    return most


def _xml(data: bytes) -> str:
    """The same bundle in JSON. A document type is refused: it is what entities and files from elsewhere come by."""
    from lxml import etree

    if b"<!DOCTYPE" in data or b"<!ENTITY" in data or "<!DOCTYPE".encode("utf-16-le") in data or "<!DOCTYPE".encode("utf-16-be") in data:
        raise Fault("fhir-doctype")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True)
    try:
        return str(model("Bundle").model_validate_xml(data, xmlparser=parser).model_dump_json())
    except etree.XMLSyntaxError as wrong:
        raise Fault("fhir-unreadable", value=f"{wrong.lineno}") from None
    except (ValueError, AttributeError, LookupError, TypeError, RecursionError, AssertionError) as wrong:  # the library's reader of XML says so in many ways
        raise Fault("fhir-invalid", "Bundle", "", why=next((w for _, w in _why(wrong)), "XML") if isinstance(wrong, ValueError) else "XML") from None
