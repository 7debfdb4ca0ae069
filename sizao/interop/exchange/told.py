"""What a message tells, whatever standard it is written in: who, which samples with which results, which case."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sizao.interop.dates import When

from .problems import Fault


@dataclass(slots=True)
class ToldPerson:
    """Whom it is about. `number`: under which the sender knows the person; `space`: whose numbers these are, or "". Places from the smallest."""

    number: str = ""
    space: str = ""
    name: str = ""
    sex: str | None = None
    birth: When | None = None
    birth_year: int | None = None
    national_id: str = ""
    phone: str = ""
    address: str = ""
    area_code: str = ""
    places: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.space}:{self.number}" if self.number else f"id:{self.national_id}" if self.national_id else ""


@dataclass(slots=True)
class ToldResult:
    """A sample, and what was found in it. `result` None: nothing that stands was told of it. `antibodies`: (method, result, when), which stand beside and are no result."""

    key: str
    disease: str
    method: str
    sampled_at: datetime
    kind: str | None = None
    received_at: datetime | None = None
    resulted_at: datetime | None = None
    result: str | None = None
    antibodies: list[tuple[str, str, datetime]] = field(default_factory=list)


@dataclass(slots=True)
class ToldCase:
    """A case that is notified. `number` is the sender's own of it."""

    number: str
    disease: str
    class_code: str | None = None
    days: dict[str, When] = field(default_factory=dict)
    died: bool = False


@dataclass(slots=True)
class ToldPart:
    """What is told beside: its kind, the sender's number of it, the pieces that are kept. `own`: it is about the person."""

    kind: str
    key: str
    body: dict[str, Any]
    own: bool = False


@dataclass(slots=True)
class Item:
    """One message (HL7) or one patient's part of a bundle (FHIR): a row of the ledger, answered by itself.

    Attributes:
        line: Its place in what was sent, from 1.
        id: The sender's own number of it (MSH-10, Bundle.identifier), for the answer.
        key: Under which it is remembered: the number and a digest of all of it.
        text: As it was sent, kept sealed.
        faults: Why it is not taken, with all that is wrong; empty when it is.
        refused: The faults are not about its contents: it is not for us at all (AR).
    """

    line: int
    id: str
    key: str
    mark: str
    text: str
    person: ToldPerson | None = None
    results: list[ToldResult] = field(default_factory=list)
    case: ToldCase | None = None
    parts: list[ToldPart] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)
    refused: bool = False
    outcome: str = ""

    @property
    def answer(self) -> str:
        """AA: taken; AE: something in it is wrong; AR: it is not taken by us at all."""
        return ("AR" if self.refused else "AE") if self.outcome == "rejected" else "AA"


def pick(told: list[tuple[str | None, str, datetime | None]]) -> tuple[str | None, datetime | None]:
    """One result of several answers about one sample and disease: (result, state, when). A positive one counts before a negative one, that before one
    that decides nothing; what is preliminary does not count. The moment is that of the last answer that says so.

    >>> pick([("negative", "final", None), ("positive", "final", None), ("positive", "preliminary", None)])
    ('positive', None)
    """
    standing = [("invalid" if state == "withdrawn" else result, at) for result, state, at in told if state != "preliminary" and (result or state == "withdrawn")]
    for wanted in ("positive", "negative", "invalid"):
        moments = [at for result, at in standing if result == wanted]
        if moments:
            known = [at for at in moments if at is not None]
            return wanted, max(known) if known else None
    return None, None
