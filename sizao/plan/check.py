"""`sizao plan check`: everything that is wrong with an edition, and its scenarios played."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from sizao.kernel.content_dir import content_dir

from .facts import vocabulary, wrong_names
from .language import Edition, EditionRefused, Fault
from .language.coming import Awaiting
from .loading import edition_of
from .playing import Execute, play
from .scenarios import load_scenarios


@dataclass
class Checked:
    """What was found. `edition` is None when it cannot be loaded."""

    edition: Edition | None
    faults: list[Fault] = field(default_factory=list)
    scenarios: int = 0
    unproved: list[str] = field(default_factory=list)  # measures that run, without a scenario

    @property
    def ok(self) -> bool:
        return not self.faults

    @property
    def awaiting(self) -> Mapping[str, Awaiting]:
        """Measures that are right and do not run until a register keeps what they ask for."""
        return self.edition.awaiting if self.edition else {}

    def as_json(self) -> dict[str, Any]:
        return {
            "edition": self.edition.id if self.edition else None,
            "measures": list(self.edition.measures) if self.edition else [],
            "awaiting": [{"measure": id_, "names": list(w.names), "registers": list(w.registers)} for id_, w in self.awaiting.items()],
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


def check_text(text: str, file: Path, execute: Execute | None = None, shared: bool = True) -> Checked:
    """The same for a text that stands (or will stand) in this file; without `shared`, only the scenarios beside it are played."""
    known = vocabulary()
    try:
        edition = edition_of(text, file.name)
    except EditionRefused as refused:
        return Checked(None, refused.faults)
    checked, proved = Checked(edition, list(wrong_names()) if shared else []), set()
    for beside in scenario_files(file) if shared else sorted((file.parent / "scenarios").glob("*.yaml")):
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


def scenario_files(file: Path) -> list[Path]:
    """The scenarios of the edition in this file: those beside it, and of the shared ones those that name it under `editions`."""
    shared = [f for f in sorted((content_dir() / "scenarios").glob("*.yaml")) if file.parent.name in _editions_of(str(f), f.stat().st_mtime_ns)]
    return [*sorted((file.parent / "scenarios").glob("*.yaml")), *shared]


@lru_cache(maxsize=1024)
def _editions_of(file: str, _changed: int) -> frozenset[str]:
    """Which editions a shared file of scenarios is for: its line `editions: […]`."""
    line = next((line for line in Path(file).read_text(encoding="utf-8").splitlines() if line.startswith("editions:")), "")
    return frozenset(word.strip(" []") for word in line.removeprefix("editions:").split(","))
