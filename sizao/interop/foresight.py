"""A dry run of a large file: what would become of its rows as far as reading them and the ledger tell; the registers are not asked."""

from collections.abc import Sequence
from uuid import UUID, uuid5

from . import ledger
from .mapping import Mapping
from .reading import Reader
from .report import FileReport, Report
from .survey import Survey, last_day_of
from .tables import Table
from .units import units

_FORESEEN = UUID("6f2b3c8e-5d0b-5f0e-9d3c-2f1f6a1b7c55")


def foresee(opened: Sequence[tuple[Table, Mapping, Survey]], *, sender: str, time_zone: str) -> Report:
    """The report of an import that was not made. References are not resolved, and rows that only a register would refuse count as accepted."""
    report = Report(dry_run=True)
    persons: set[UUID] = set()
    records: dict[str, set[UUID]] = {}
    secret = ledger.secret()
    for table, mapping, survey in opened:
        said = FileReport.of(table.name, table.encoding, mapping)
        said.last_day = last_day_of(survey.days, survey.period)
        mine = records.setdefault(mapping.kind, set())
        for some in units(table, Reader(mapping, survey, zone=time_zone, secret=secret), survey, mapping):
            known = ledger.known(sender, mapping.kind, [u.row.key for u in some if not u.row.fatal], mapping.digest)
            for unit in some:
                before = known.get(unit.row.key)
                said.rows += len(unit.rows)
                said.say(unit.rows)
                if unit.row.fatal:
                    said.rejected += 1
                    continue
                said.duplicate += len(unit.also)
                if before is None:
                    said.accepted += 1
                elif before.mark == unit.mark:
                    said.duplicate += 1
                else:
                    said.updated += 1
                mine.add(before.record if before and before.record else uuid5(_FORESEEN, unit.row.key))
        report.files.append(said)
    for kind in ("cases", "contacts"):
        persons |= records.get(kind, set())
    report.cases, report.contacts, report.persons = len(records.get("cases", ())), len(records.get("contacts", ())), len(persons)
    return report
