"""Reading a field's value as a form or a program sends it: text or JSON in, a typed value out, or the reason why not."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from . import areas
from .outcome import Problem
from .registry import LONGEST, YEARS, Register

YES = {"1": True, "true": True, "yes": True, "y": True, "是": True, "有": True, "on": True, "0": False, "false": False, "no": False, "n": False, "否": False, "无": False}
#: Below this a range is told to people.
SPOKEN = 1_000_000
#: What a field of a type expects, as the error code `bad-value` says it.
EXPECTED = {
    "day": "2026-01-31", "instant": "2026-01-31T18:00", "integer": "0, 1, 2 …", "number": "36.5", "yes": "是 / 否 · yes / no", "person": "id", "record": "id",
    "area": "330101001", "text": f"≤ {LONGEST}", "long": f"≤ {LONGEST}", "sealed": f"≤ {LONGEST}", "json": "JSON", "codes": "a, b", "code": "…",
}  # fmt: skip


def expected(register: Register, name: str) -> str:
    """What a field expects: its range where it is a narrow one, else what its type does."""
    kind = register.type(name)
    if kind in ("integer", "number"):
        least, most = register.bounds(name)
        if most < SPOKEN:
            return f"{least:g} – {most:g}" if least > -SPOKEN else f"≤ {most:g}"
    if kind in ("text", "long", "sealed"):
        least, most = register.lengths(name)
        return f"{least} – {most}" if least > 1 else f"≤ {most}"
    return EXPECTED.get(kind, "")


class NotThat(ValueError):
    """The value does not fit the field; `.problem` says so in the words of `bad-value`, or of a code of its own."""

    def __init__(self, name: str, value: Any, code: str = "bad-value") -> None:
        super().__init__(name)
        self.problem = Problem(code, name, storable(str(value)[:160]))


def storable(text: str) -> str:
    """The text without what the database cannot keep: NUL and halves of surrogate pairs become signs of replacement."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


#: Signs that no paper, drawing or feed can hold (they are none of XML 1.0): breaks of word processors and spreadsheets, strays of devices.
_UNPRINTABLE = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


#: What a spreadsheet makes of a long number that it takes for a quantity: 1.1010519491231E+17. No document, telephone or address is written so.
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{2}")


def printable(text: str) -> str:
    """The text with a space for each sign that cannot be printed.

    >>> printable("一行\\x0b二行")
    '一行 二行'
    """
    return _UNPRINTABLE.sub(" ", text)


@dataclass(slots=True)
class Reader:
    """Reads values for one register; areas are asked once each. `zone` is where a bare clock time is meant."""

    register: Register
    zone: str = "Asia/Shanghai"
    _areas: dict[str, int | None] = field(default_factory=dict)

    def read(self, name: str, raw: Any) -> Any:
        """The typed value; None when nothing is told ("", None, an empty list). Raises NotThat."""
        if raw is None or raw == "" or raw == []:
            return None
        kind = self.register.type(name)
        text = printable(raw).strip() if isinstance(raw, str) else raw
        if text == "":
            return None
        if isinstance(text, str) and storable(text) != text:
            raise NotThat(name, raw)
        try:
            return getattr(self, f"_{kind}", self._text)(name, text)
        except NotThat:
            raise
        except (ValueError, TypeError, InvalidOperation, OverflowError):
            raise NotThat(name, raw) from None

    def read_all(self, told: dict[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
        """Every value that can be read, and a problem for each that cannot; a field that cannot be written is one too."""
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        writable = set(self.register.writable())
        for name, raw in told.items():
            if name not in writable:
                problems.append(Problem("no-such-field", storable(name[:80])))
                continue
            try:
                values[name] = self.read(name, raw)
            except NotThat as wrong:
                problems.append(wrong.problem)
        return values, problems

    def _text(self, name: str, raw: Any) -> str:
        text = str(raw)
        if not isinstance(raw, str | int | float | Decimal) or isinstance(raw, bool) or storable(text) != text:
            raise ValueError
        least, most = self.register.lengths(name)
        if not least <= len(text) <= most:
            raise ValueError
        return text

    def _integer(self, name: str, raw: Any) -> int:
        if isinstance(raw, bool) or (isinstance(raw, float) and raw != int(raw)):
            raise ValueError
        found = int(raw)
        least, most = self.register.bounds(name)
        if not least <= found <= most:
            raise ValueError
        return found

    def _number(self, name: str, raw: Any) -> Decimal:
        if isinstance(raw, bool):
            raise ValueError
        found = Decimal(str(raw))
        if not found.is_finite():
            raise ValueError
        least, most = self.register.bounds(name)
        if not least <= found <= most:
            raise ValueError
        return found

    def _yes(self, name: str, raw: Any) -> bool:
        found = raw if isinstance(raw, bool) else YES.get(str(raw).lower())
        if found is None:
            raise ValueError
        return found

    def _day(self, name: str, raw: Any) -> date:
        if isinstance(raw, datetime) or not isinstance(raw, str | date):
            raise ValueError
        found = raw if isinstance(raw, date) else date.fromisoformat(raw.replace("/", "-"))
        if not YEARS[0] <= found.year <= YEARS[1]:
            raise ValueError
        return found

    def _instant(self, name: str, raw: Any) -> datetime:
        found = raw if isinstance(raw, datetime) else datetime.fromisoformat(str(raw).replace("/", "-"))
        if not YEARS[0] <= found.year <= YEARS[1]:
            raise ValueError
        return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(self.zone))

    def _code(self, name: str, raw: Any) -> str:
        known = self.register.choices(name)
        if str(raw) in known:
            return str(raw)
        low = str(raw).lower()
        for code, words in known.items():
            if low in (words.get("zh", "").lower(), words.get("en", "").lower()):
                return code
        raise ValueError

    def _codes(self, name: str, raw: Any) -> list[str]:
        parts = raw if isinstance(raw, list | tuple) else [p for p in str(raw).replace("、", ",").replace("；", ",").replace(";", ",").split(",") if p.strip()]
        return [self._code(name, p.strip() if isinstance(p, str) else p) for p in parts]

    def _area(self, name: str, raw: Any) -> int:
        code = str(raw)
        if code not in self._areas:
            found = areas.resolve(code)
            self._areas[code] = found.pk if found else None
        known = self._areas[code]
        if known is None:
            raise ValueError
        return known

    def _person(self, name: str, raw: Any) -> UUID:
        return raw if isinstance(raw, UUID) else UUID(str(raw))

    _record = _person

    def _sealed(self, name: str, raw: Any) -> str:
        text = self._text(name, raw)
        if isinstance(raw, float) or _SCIENTIFIC.fullmatch(text):
            raise NotThat(name, "", "digits-lost")
        return text

    def _json(self, name: str, raw: Any) -> Any:
        import json

        return json.loads(raw) if isinstance(raw, str) else raw
