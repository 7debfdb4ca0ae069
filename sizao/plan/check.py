"""`sizao plan check`: everything that is wrong with an edition, and its scenarios played."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .facts import vocabulary
from .language import Edition, EditionRefused, Fault, load_edition
from .scenarios import Execute, load_scenarios, play


@dataclass
class Checked:
    """What was found. `edition` is None when it cannot be loaded."""

    edition: Edition | None
    faults: list[Fault] = field(default_factory=list)
    scenarios: int = 0
    unproved: list[str] = field(default_factory=list)  # measures without a scenario

    @property
    def ok(self) -> bool:
        return not self.faults

    def as_json(self) -> dict[str, Any]:
        return {
            "edition": self.edition.id if self.edition else None,
            "measures": list(self.edition.measures) if self.edition else [],
            "scenarios": self.scenarios,
            "unproved": self.unproved,
            "faults": [f.as_json() for f in self.faults],
        }


def check_edition(path: str | Path, execute: Execute | None = None) -> Checked:
    """Reads an edition (its folder or its file) and plays the scenarios beside it; with `execute` on the compiled engine too."""
    place = Path(path)
    file = place / "edition.yaml" if place.is_dir() else place
    if not file.is_file():
        return Checked(None, [Fault("plan-no-file", str(path), 1, "", {"path": str(path)})])
    return check_text(file.read_text(encoding="utf-8"), file, execute)


def check_text(text: str, file: Path, execute: Execute | None = None) -> Checked:
    """The same for a text that stands (or will stand) in this file."""
    known = vocabulary()
    try:
        edition = load_edition(text, known, file.name)
    except EditionRefused as refused:
        return Checked(None, refused.faults)
    checked, proved = Checked(edition), set()
    for beside in sorted((file.parent / "scenarios").glob("*.yaml")):
        name = f"scenarios/{beside.name}"
        try:
            scenarios = load_scenarios(beside.read_text(encoding="utf-8"), edition, known, name)
        except EditionRefused as refused:
            checked.faults += refused.faults
            continue
        for s in scenarios:
            checked.scenarios += 1
            proved.add(s.measure)
            for wrong in play(s, edition.measures[s.measure], known, execute):
                checked.faults.append(Fault("plan-scenario-wrong", name, s.line, s.measure, {"name": s.name, "what": wrong}))
    checked.unproved = [name for name in edition.measures if name not in proved]
    return checked
