"""What due reports lack, as words: codes by their labels, units by their names, persons by their names as the reader may see them."""

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext as _

from sizao.doors.kit import people
from sizao.doors.kit.words import Words
from sizao.kernel.codes import code_list
from sizao.kernel.scope import Scope
from sizao.registers.ledgers import read as ledgers
from sizao.registers.ledgers.due import Owed

#: Lines named of one report; the others are counted.
NAMED = 12

#: (unit, `Owed.key`).
Key = tuple[UUID, str]


def lacking(scope: Scope, words: Words, rows: Iterable[Owed]) -> dict[Key, str]:
    """Report → what it lacks in one sentence; reports that lack nothing are absent. Two statements at most, whatever the number of reports.

    Of a report that came and can be held against nothing, the sentence says so.
    """
    found = list(rows)
    units = {UUID(c) for r in found if r.ledger.whole_parts for c in r.missing[:NAMED]}
    persons = {UUID(c) for r in found if r.ledger.whole_roll[0] for c in r.missing[:NAMED]}
    names: dict[UUID, str] = people.names(scope, persons, "ledgers.missing")
    names |= dict(ledgers.units(scope).filter(pk__in=units).values_list("pk", "name")) if units else {}
    said = {}
    for r in found:
        if r.missing:
            said[r.unit.pk, r.key] = _lines(words, r, names)
        elif not r.held and r.state in ("received", "zero"):
            said[r.unit.pk, r.key] = _nothing(r)
    return said


def _lines(words: Words, r: Owed, names: dict[UUID, str]) -> str:
    if r.ledger.whole_parts or r.ledger.whole_roll[0]:
        some = [names.get(UUID(c)) or people.handle(UUID(c)) for c in r.missing[:NAMED]]
    else:
        field = r.ledger.by_id.get(r.ledger.each or "")
        labels = code_list(field.codes) if field is not None and field.codes else {}
        some = [words.both(labels[c]) if c in labels else c for c in r.missing[:NAMED]]
    text = ("、" if words.is_zh else ", ").join(some)
    if len(r.missing) > NAMED:
        return _("%(n)s lines missing: %(lines)s and others") % {"n": words.number(len(r.missing)), "lines": text}
    return _("lines missing: %(lines)s") % {"lines": text}


def _nothing(r: Owed) -> str:
    if r.ledger.whole_parts:
        return _("no parts of this unit are registered: whether one is missing cannot be told")
    if r.ledger.whole_roll[0]:
        return _("this unit has no roll: who is missing cannot be told")
    return _("its first report: nothing to hold it against, whether lines are missing cannot be told")
