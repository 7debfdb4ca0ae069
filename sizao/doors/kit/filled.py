"""What is known already of whom a ledger's line is about, as words beside what the form asks."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from sizao.doors.kit.shown import number
from sizao.doors.kit.words import NONE, Words
from sizao.kernel.codes import code_list
from sizao.kernel.fields import FormField
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.registers.ledgers.items import Ledger
from sizao.registers.ledgers.known import About, known


@dataclass(frozen=True, slots=True)
class Filled:
    """A field that nobody types: its label, its value as text ("—" where nobody has told it), and who keeps it."""

    label: str
    value: str
    kept: str


def filled(scope: Scope, words: Words, one: Ledger, about: About, day: date) -> list[Filled]:
    """The fields of `filled:` for the person, household, unit or area of a line; `day` is a local one."""
    found = []
    for k in known(scope, one, about, day):
        kept = words.both(k) + (f" · {words.day(k.on)}" if k.on else "")
        found.append(Filled(words.both(k.field) + words.unit(k.field.unit), _said(words, k.field, k.value), kept))
    return found


def _said(words: Words, f: FormField, value: Any) -> str:
    if value is None or value == "" or value == []:
        return NONE
    if f.type in ("code", "codes"):
        names = code_list(f.codes or "")
        some = [words.both(names[v]) if v in names else str(v) for v in (value if isinstance(value, list) else [value])]
        return ("、" if words.is_zh else ", ").join(some)
    if f.type == "bool":
        return _("yes") if value else _("no")
    if f.type == "date":
        return words.day(value if isinstance(value, date) else date.fromisoformat(value))
    if f.type == "instant":
        return words.moment(value if isinstance(value, datetime) else datetime.fromisoformat(value))
    if f.type == "area":
        return words.name(Area.objects.filter(pk=value).defer("geometry").first()) or NONE
    return number(value) if isinstance(value, Decimal | float) else str(value)
