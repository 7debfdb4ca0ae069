"""What others wrote, and how each is answered by its reader: counted a set. The test holds the reference page to it."""

from collections import Counter

from interop.test_certificates import SUMMER, answered, cards, vector
from interop.test_exchange_samples import files
from interop.test_fhir import read as read_fhir
from interop.test_hl7 import read as read_hl7

from sizao.interop.certificates import shc
from sizao.interop.dialects import dialects
from sizao.interop.exchange.problems import Fault
from sizao.interop.mapping import map_columns
from sizao.interop.opening import open_table
from sizao.kernel.errors import Refused

TAKEN = "taken"


def _messages(paths, read):
    found = []
    for path in paths:
        try:
            found += [i.faults[0].code if i.faults else TAKEN for i in read(path.read_bytes())]
        except Fault as wrong:  # none of it can be read
            found.append(wrong.code)
    return found


def _table(path, known):
    try:
        table = open_table(path, knows=known.knows)
        map_columns(table.header, known, table.name)
    except Refused as refused:
        return refused.code
    return TAKEN


def _cards(shared):
    trusted, texts = cards(shared)
    return [TAKEN if v.reason == "valid" else v.reason for text in texts.values() for v in shc.verify(text, trusted, at=SUMMER)]


def _certificates(shared):
    told = [vector(p) for p in sorted((shared / "data/eu-dcc").glob("*/*.json"))]
    found = [answered(*one).reason for one in told if one[0].get("PREFIX") or one[0].get("COSE")]
    return [TAKEN if reason == "valid" else reason for reason in found]


def by_set(shared):
    """Set → how many of its messages were taken, and why the others were not."""
    data, known = shared / "data", dialects()
    bundles = {"fhir": sorted((data / "fhir").glob("*.[jx]*")), "hl7-fhir-pairs (bundles)": sorted((data / "hl7-fhir-pairs").glob("*.json"))}
    found = {"hl7v2": _messages(files(shared, "hl7v2"), read_hl7), "hl7-fhir-pairs (messages)": _messages(files(shared, "hl7-fhir-pairs"), read_hl7)}
    found |= {name: _messages(paths, read_fhir) for name, paths in bundles.items()}
    found |= {d: [_table(p, known) for p in sorted((data / d).iterdir()) if p.suffix in (".csv", ".xlsx", ".json")] for d in ("lab-csv", "sormas-import", "godata-sandbox")}
    found |= {"eu-dcc": _certificates(shared), "smart-health-cards": _cards(shared)}
    return {name: dict(sorted(Counter(codes).items())) for name, codes in found.items()}
