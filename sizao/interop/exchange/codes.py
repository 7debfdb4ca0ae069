"""Codes of the standards and ours, from `content/exchange/`: which test looks for which disease, which code is which result, sample, class.

A key is SYSTEM:CODE, the system by its short name in HL7 v2 (SCT, LN); FHIR's addresses and OIDs are other names of the same (`systems.yaml`).
The jurisdiction's own file of the same name wins, key by key.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from sizao.interop.dialects import dialects
from sizao.interop.values import plain as word_of
from sizao.kernel.codes import code_list, diseases
from sizao.kernel.content import ContentFault, folders
from sizao.kernel.fields import fault
from sizao.kernel.marked import Marked, plain

#: File → the code list whose codes its values are; None where they are something else.
FILES: dict[str, str | None] = {
    "tests": None, "results": "test-result", "specimens": "specimen-kind", "conditions": "disease", "classes": "case-class", "sex": "sex", "questions": None, "systems": None, "states": None,
}  # fmt: skip
#: What a question of a case notification may be about: columns of a case report.
ASKED = ("onset_on", "class", "confirmed_at", "reported_at", "admitted_at", "investigated_at", "died_at", "died")
METHODS = tuple(code_list("test-method"))


def table(name: str) -> dict[str, Any]:
    """SYSTEM:CODE → ours. Empty where there is no such file."""
    places = tuple((str(p), p.stat().st_mtime_ns) for place in folders() if (p := place / "exchange" / f"{name}.yaml").is_file())
    return _table(places)


@lru_cache(maxsize=64)
def _table(places: tuple[tuple[str, int], ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path, _ in places:
        found |= plain(Path(path).read_text(encoding="utf-8")).get("codes") or {}
    return found


@lru_cache(maxsize=8)
def _systems(places: tuple[tuple[str, int], ...]) -> dict[str, str]:
    return {other.lower(): short for short, names in _table(places).items() for other in (short, *names)}


def system(name: str) -> str:
    """The short name of a code system, however it was named.

    >>> system("http://loinc.org"), system("LN"), system("urn:oid:2.16.840.1.113883.6.96"), system("other")
    ('LN', 'LN', 'SCT', 'other')
    """
    places = tuple((str(p), p.stat().st_mtime_ns) for place in folders() if (p := place / "exchange" / "systems.yaml").is_file())
    return _systems(places).get(name.lower().removeprefix("urn:oid:"), name)


def address(short: str) -> str:
    """FHIR's name of a code system: the first that is an address."""
    return next((n for n in table("systems").get(short, ()) if n.startswith("http")), short)


class Codes:
    """The tables of one reading, so that a batch looks at the files once."""

    def __init__(self) -> None:
        self.tables = {name: table(name) for name in FILES}
        self.systems = {other.lower(): short for short, names in self.tables["systems"].items() for other in (short, *names)}
        said = dialects().words
        self.words = {"results": said["samples"]["result"], "specimens": said["samples"].get("sample_kind", {}), "sex": said["cases"]["sex"], "classes": said["cases"]["class"]}

    def key(self, system: str, code: str) -> str:
        return f"{self.systems.get(system.lower().removeprefix('urn:oid:'), system)}:{code}"

    def find(self, name: str, *pairs: tuple[str, str]) -> Any:
        """What the first of these (system, code) is in a table; None where none is known."""
        held = self.tables[name]
        for system, code in pairs:
            if code and (found := held.get(self.key(system, code))) is not None:
                return found
        return None

    def word(self, name: str, text: str) -> str | None:
        """What a word in a cell means, by the words that lists use; None where it is not known or says nothing."""
        return self.words[name].get(word_of(text)) or None if text else None

    def back(self, name: str, ours: str) -> tuple[str, str] | None:
        """The first (system, code) that means ours."""
        key = next((k for k, v in self.tables[name].items() if v == ours), None)
        return (key.partition(":")[0], key.partition(":")[2]) if key else None

    def test_of(self, disease: str) -> tuple[str, str] | None:
        """The first test that looks for the disease itself."""
        key = next((k for k, v in self.tables["tests"].items() if v["disease"] == disease and not v["method"].startswith("antibody")), None)
        return (key.partition(":")[0], key.partition(":")[2]) if key else None


def faults(path: Path, text: str) -> Iterator[ContentFault]:
    """Everything that is wrong with a file of codes."""
    try:
        marked = Marked(text)
    except yaml.YAMLError:
        return
    body: Any = marked.data if isinstance(marked.data, dict) else {}
    codes = body.get("codes")
    if path.stem not in FILES or not isinstance(codes, dict):
        yield fault(path.name, marked.line("codes"), "exchange-file-wrong", file=path.stem, known=sorted(FILES))
        return
    known = {"disease": set(diseases())}.get(FILES[path.stem] or "") if FILES[path.stem] == "disease" else set(code_list(str(FILES[path.stem]))) if FILES[path.stem] else None
    for key, value in codes.items():
        if path.stem == "tests":
            good = isinstance(value, dict) and value.get("disease") in diseases() and value.get("method") in METHODS
        elif path.stem == "questions":
            good = value in ASKED
        elif path.stem == "systems":
            good = isinstance(value, list) and all(isinstance(v, str) for v in value)
        else:
            good = known is None or value in known
        if not good or (path.stem != "systems" and ":" not in str(key)):
            yield fault(path.name, marked.line("codes", key), "exchange-code-wrong", file=path.stem, key=str(key), value=str(value))
