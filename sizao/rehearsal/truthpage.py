"""The page that says of which parts of which editions the truth is said apart from the plan, by kind, and of which it is not and why."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from datetime import date
from pathlib import Path

from sizao.kernel.content_dir import content_dir
from sizao.plan.facts import vocabulary
from sizao.plan.language import load_edition

from . import truth
from .city import make

#: Why of a part that is not said.
WHY = "no sentence of the truth says it yet"
#: Parts that are said, and always of the same, since nobody in the city does (or has) it.
EMPTY = {
    "contact-identification.found": "nobody in the city writes down that a contact was found", "exposed-place-visitors.classed": "nobody classes visitors", "exposed-place-visitors.observed": "〃",
    "expert-guidance.assigned": "no experts are paired", "designated-hospitals.switched": "no batch of hospitals is called", "risk-zoning.graded": "no county has a grade of its own",
    "data-and-case-sharing.current": "no data set is let out", "hospital-sentinel-testing": "no sample says where it was taken", "variant-tracking": "nothing is sequenced", "response-level.declared": "no province",
    "response-level.reviewed": "no province", "response-level.fits": "no province", "animal-disease-surveillance.acted": "no animal is tested", "paired-support.paired": "no area is under strain", "field-inspection.leaders": "nobody leads an area",
    "key-group-testing.schools": "no roll of schools", "spring-farming.told": "out of season in June", "spring-farming.supplied": "〃",
}  # fmt: skip


def page() -> str:
    """Markdown, made from the editions and from two very small cities (what is said does not hang on their size)."""
    kinds: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    rows, unsaid, empty = [], [], set()
    with tempfile.TemporaryDirectory() as folder:
        then, now = (make(Path(folder) / name, size="2k", days=1, seed=1, first=first) for name, first in (("then", date(2020, 6, 16)), ("now", date(2024, 3, 4))))
        for name in truth.EDITIONS | truth.LATER:
            file = content_dir() / "plans" / name / "edition.yaml"
            measures = load_edition(file.read_text(encoding="utf-8"), vocabulary(), file.name).measures
            said = truth.derive(now if name in truth.LATER else then, name, lots=lambda *_: 1.0).measures
            rows.append(f"| `{name}` | {len(measures)} | {len(measures.keys() & said)} |")
            for id_, m in measures.items():
                kinds[m.kind][0] += 1
                kinds[m.kind][1] += id_ in said
                if id_ not in said:
                    unsaid.append(f"| `{name}` | `{id_}` | {m.kind} | {m.facts} | {WHY} |")
                elif id_ in EMPTY:
                    empty.add(id_)
    return "\n".join([
        "# Of which parts the truth is said",
        "",
        "The report of the plan on an [invented city](../how-to/make-a-city.md) is held against what the city knows of itself. Parts count as the engines count them:",
        "each part of a measure, its second look, and what stands beside its list, in each edition.",
        "",
        "| edition | parts | said |", "|---|---|---|", *rows, "",
        "## By kind", "",
        "| kind | parts | said |", "|---|---|---|", *(f"| {kind} | {n} | {said} |" for kind, (n, said) in sorted(kinds.items())), "",
        "## Not said", "",
        *(["| edition | part | kind | register | why |", "|---|---|---|---|---|", *unsaid] if unsaid else ["Nothing."]), "",
        "## Said, and always of the same", "",
        "| part | why |", "|---|---|", *(f"| `{id_}` | {EMPTY[id_]} |" for id_ in sorted(empty)), "",
    ])  # fmt: skip
