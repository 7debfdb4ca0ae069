"""What is wrong with something that was sent: a code with a text in content/errors/exchange.yaml, where, the value as written."""

from typing import Any

from sizao.interop.reading import Note
from sizao.kernel.errors import Refused


class Fault(Exception):
    """One thing that is wrong, or only to be noted. `place`: where in the message (PID-7, entry[2].resource.birthDate)."""

    def __init__(self, code: str, place: str = "", value: str = "", **more: Any) -> None:
        super().__init__(code)
        self.code, self.place, self.value, self.more = code, place, value[:160], more

    def refused(self) -> Refused:
        """As a refusal, with its words."""
        return Refused(self.code, **{"column": self.place or "—", "value": self.value} | self.more)

    def note(self) -> Note:
        """As a note of the row ledger."""
        return Note(self.code, self.place or None, self.value, self.more)

    def __repr__(self) -> str:
        return f"Fault({self.code}, {self.place})"
