"""What is known already of reports that are due, as figures to confirm: each with where it comes from and how old it is. Nothing is filed here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sizao.registers.care import beds
from sizao.registers.care import read as care
from sizao.registers.ledgers import proposing
from sizao.registers.ledgers.catalogue import ledgers
from sizao.registers.ledgers.due import Owed
from sizao.registers.ledgers.items import Ledger

LINES = "lines."


@dataclass(frozen=True, slots=True)
class Known:
    """One figure. `source`: a word of `proposed:` in the ledger's file; `at`: how old the figure is."""

    value: Any
    source: str
    at: datetime


#: (unit, `Owed.key`) → code of `each` ("" where a line is the report) → field → figure.
Proposals = dict[tuple[UUID, str], dict[str, dict[str, Known]]]


def proposed(rows: Sequence[Owed], now: datetime) -> Proposals:
    """The figures of reports of one line, or of a line a code. Statements are bounded by the ledgers, whatever the number of units."""
    found: Proposals = {}
    by_ledger: dict[str, list[Owed]] = {}
    for r in rows:
        if r.ledger.proposed and r.ledger.lines in ("one", "each"):
            by_ledger.setdefault(r.ledger.id, []).append(r)
    for mine in by_ledger.values():
        _of_ledger(mine[0].ledger, mine, now, found)
    return found


def _of_ledger(one: Ledger, mine: Sequence[Owed], now: datetime, found: Proposals) -> None:
    units = {r.unit.pk for r in mine}
    wanted = dict(one.proposed)
    before = proposing.lines_before(one, units, now) if "before" in wanted.values() or one.each else {}
    taken = beds.beds_of(units) if "beds.occupied" in wanted.values() else []
    for r in mine:
        codes = list(before.get(r.unit.pk, {})) if one.each else [""]
        if one.each == "bed_class":
            codes += [b.bed_class for b in taken if b.unit == r.unit.pk and b.bed_class not in codes]
        here = found.setdefault((r.unit.pk, r.key), {code: {} for code in codes})
        for code, (values, at, _period) in before.get(r.unit.pk, {}).items():
            for name, source in wanted.items():
                if source == "before" and values.get(name) not in (None, "", []) and code in here:
                    here[code][name] = Known(values[name], source, at)
        for b in taken:
            if b.unit == r.unit.pk:
                here[b.bed_class] |= {name: Known(b.occupied, source, now) for name, source in wanted.items() if source == "beds.occupied"}
    for name, source in wanted.items():
        if source.startswith(LINES) or source == "care.admitted":
            _counted(one, name, source, mine, now, found)


def _counted(one: Ledger, name: str, source: str, mine: Sequence[Owed], now: datetime, found: Proposals) -> None:
    """What is counted in the window of each report: one statement a window."""
    windows: dict[tuple[datetime, datetime], list[Owed]] = {}
    for r in mine:
        windows.setdefault((r.occasion.opens, min(r.occasion.due, now)), []).append(r)
    for (since, until), rows in windows.items():
        units = [r.unit.pk for r in rows]
        if source == "care.admitted":
            counts = care.admitted(units, since, until)
        else:
            counts = proposing.lines_counted(source.removeprefix(LINES), units, since, until) if source.removeprefix(LINES) in ledgers() else {}
        for r in rows:
            if r.unit.pk in counts:
                n, at = counts[r.unit.pk]
                found[r.unit.pk, r.key].setdefault("", {})[name] = Known(n, source, at)
