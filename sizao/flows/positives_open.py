"""Positive results of people who are no case: somebody must look. Asked anew each time; nothing is kept."""

from datetime import datetime

from sizao.kernel.scope import Scope
from sizao.registers.cases import read as cases
from sizao.registers.laboratory import read as laboratory
from sizao.registers.laboratory.models import Specimen

#: Positive results that are looked through, the latest; a day with more is an outbreak that has other lists.
LOOKED = 500


def without_case(scope: Scope, since: datetime) -> list[Specimen]:
    """Samples with a positive result since a moment whose person is no case of that disease anywhere, the latest first; of a person the latest only. Two statements.

    The caller records the read of whom it shows.
    """
    found = laboratory.positive_since(scope, since, LOOKED)
    known = cases.who_are_cases({s.person_id for s in found if s.person_id}) if found else set()
    open_: dict[tuple[object, str], Specimen] = {}
    for s in found:
        if (s.person_id, s.disease) not in known:
            open_.setdefault((s.person_id, s.disease), s)
    return list(open_.values())
