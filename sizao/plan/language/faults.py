"""Faults of an edition: each in words, with the line, what was expected, an example and the nearest name; all of them at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sizao.kernel.errors import Refused


@dataclass(frozen=True)
class Fault:
    """One thing that the author of a plan has to mend.

    Attributes:
        code: Stable name of the error, as in `content/errors/plan.yaml`.
        where: Path of keys within the file, "contact-daily-check.when.every".
        line: Line in the file, from 1.
    """

    code: str
    file: str
    line: int
    where: str
    values: dict[str, Any] = field(default_factory=dict, compare=False)

    def text(self, language: str = "zh") -> str:
        """File, line, what is wrong and what to do, in the reader's language."""
        refused = Refused(self.code, **self.values)
        separator = "：" if language.startswith("zh") else ": "
        return f"{self.file}:{self.line}{separator}{self.where}{separator if self.where else ''}{refused.text(language)} {refused.cure(language)} [{self.code}]"

    def as_json(self) -> dict[str, Any]:
        """For `plan check --json`."""
        refused = Refused(self.code, **self.values)
        both = {lang: f"{refused.text(lang)} {refused.cure(lang)}" for lang in ("zh", "en")}
        return {"file": self.file, "line": self.line, "where": self.where, "code": self.code, **both}


class EditionRefused(Refused):
    """An edition that cannot be loaded; `faults` holds every reason."""

    def __init__(self, faults: list[Fault]):
        super().__init__("plan-edition-faulty", count=len(faults), first=both(faults[0]))
        self.faults = sorted(faults, key=lambda f: (f.file, f.line, f.where))

    def __str__(self) -> str:
        return "\n".join(f.text("en") for f in self.faults)


def both(fault: Fault) -> dict[str, str]:
    """A fault as a value of another text."""
    return {"zh": fault.text("zh"), "en": fault.text("en")}


class Faults:
    """Collects faults while a file is read. `at` narrows the place; the list is shared."""

    def __init__(self, file: str, where: str = "", line: int = 1, found: list[Fault] | None = None):
        self.file, self.where, self.line, self.found = file, where, line, found if found is not None else []

    def at(self, key: str, line: int) -> Faults:
        """The same list, one key further down."""
        return Faults(self.file, f"{self.where}.{key}" if self.where else key, line, self.found)

    def add(self, code: str, **values: Any) -> None:
        self.found.append(Fault(code, self.file, self.line, self.where, values))

    def take(self, refused: Refused) -> None:
        """A refusal of a part becomes a fault of the file."""
        self.add(refused.code, **refused.values)
