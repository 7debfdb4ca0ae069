"""What a register's values look like to a reader: labels instead of codes, names where the post may see them, a mask where it may not.

Everything that a page of rows points to is asked once, whatever its length.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from sizao.doors.kit import items
from sizao.doors.kit.people import handle
from sizao.doors.kit.words import NONE, Words
from sizao.kernel import audit
from sizao.kernel.codes import label
from sizao.kernel.models import Area, Post
from sizao.kernel.registry import Register, find
from sizao.kernel.scope import Scope
from sizao.registers.population import read as population

HIDDEN = "＊＊＊"


@dataclass(slots=True)
class Shown:
    """The values of some rows of a register, for one reader. Made by `of`, which puts the read on record."""

    register: Register
    scope: Scope
    words: Words
    areas: dict[Any, Area] = field(default_factory=dict)
    posts: dict[Any, Post] = field(default_factory=dict)
    names: dict[UUID, str] = field(default_factory=dict)
    titles: dict[UUID, str] = field(default_factory=dict)
    items: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, register: Register, scope: Scope, words: Words, rows: Sequence[Any], *, what: str = "list", fields: Sequence[str] | None = None) -> "Shown":
        """Fetches what the rows point to. One event for the persons they are about: `<register>.<what>`."""
        made = cls(register, scope, words)
        used = list(register.declaration.fields) if fields is None else [f for f in fields if f in register.declaration.fields]
        own = set(register.related())
        persons = {p for r in rows if (p := register.person_of(r)) is not None}
        for name in used:
            kind = register.type(name)
            if kind == "person":
                persons |= {v for r in rows if (v := register.value(r, name)) is not None}
            elif kind == "area" and register.column(name) not in own:
                made.areas |= Area.objects.defer("geometry").in_bulk({v for r in rows if (v := register.value(r, name)) is not None})
            elif kind == "post":
                made.posts |= Post.objects.select_related("area").in_bulk({v for r in rows if (v := register.value(r, name)) is not None})
            elif kind == "record":
                made.titles |= titles(register.field(name).to, scope, {v for r in rows if (v := register.value(r, name)) is not None})
        if register.declaration.person == "id":
            made.names = {r.pk: population.shown_name(scope, r) for r in rows}
            population.record_read(scope, persons, f"{register.name}.{what}")
        elif persons:
            if scope.can("person.read"):
                made.names = population.names_of(scope, persons, f"{register.name}.{what}")
            missing = persons - made.names.keys()
            if missing:  # their rows are seen here though the persons live elsewhere
                audit.write(scope, f"{register.name}.{what}", missing)
        return made

    def may(self, row: Any, name: str) -> bool:
        """Whether this reader may see the field of this row."""
        return self.register.may_see(self.scope, name, self.register.area_of(row))

    def text(self, row: Any, name: str) -> str:
        """The value as text on a page."""
        kind = self.register.type(name)
        value = self.register.value(row, name)
        d = self.register.declaration
        if d.person == "id" and name == d.title:
            return self.names.get(row.pk) or NONE
        if kind == "person" and value is not None:
            return self.names.get(value) or handle(value)
        if value is None or value == "" or value == []:
            return NONE
        if not self.may(row, name):
            return HIDDEN
        return self.say(name, value, row)

    def say(self, name: str, value: Any, row: Any = None) -> str:
        """A value of a field as text; the caller has asked for the right."""
        kind, w = self.register.type(name), self.words
        if value is None or value == "" or value == []:
            return NONE
        if kind == "code":
            return self._label(name, value)
        if kind == "codes":
            return "、".join(self._label(name, v) for v in value) if w.is_zh else ", ".join(self._label(name, v) for v in value)
        if kind == "area":
            return w.name(self._area(row, name, value))
        if kind == "post":
            return w.title(self.posts.get(value))
        if kind == "record":
            return self.titles.get(value) or handle(value)
        if kind == "person":
            return self.names.get(value) or handle(value)
        if kind == "yes":
            return _("yes") if value else _("no")
        if kind == "instant" and isinstance(value, datetime):
            return w.moment(value)
        if kind == "sealed":
            return "········"
        if kind == "text" and isinstance(value, str):
            return self._named(name, value, row)
        if isinstance(value, date):
            return w.day(value)
        if isinstance(value, Decimal | float):
            return number(value)
        return str(value)

    def title(self, row: Any) -> str:
        """What names the row: its title field, else its person, else the sender's number, else a short handle."""
        d = self.register.declaration
        if d.title:
            told = self.text(row, d.title)
            if told != NONE:
                return told
        if d.person and (name := self.names.get(self.register.person_of(row) or row.pk)):
            return name
        return short(row)

    def _label(self, name: str, code: str) -> str:
        known = self.register.choices(name).get(code)
        return self.words.both(known) if known else str(code)

    def _named(self, name: str, value: str, row: Any) -> str:
        """A text that is the id of something with a title, or a code of a list that another field tells."""
        f = self.register.field(name)
        if f.codes_by and row is not None:
            listed = f.codes_by[1].get(getattr(row, f.codes_by[0], ""))
            return label(listed, value, self.words.language) if listed else value
        if not f.names:
            return value
        if f.names not in self.items:
            self.items[f.names] = items.titled(f.names)
        return self.words.both(self.items[f.names].get(value), value)

    def _area(self, row: Any, name: str, value: Any) -> Area | None:
        if value in self.areas:
            return self.areas[value]
        found = row
        for step in self.register.column(name).split("__"):
            found = getattr(found, step, None)
        return found if isinstance(found, Area) else None


def number(value: Any) -> str:
    """A number without trailing zeros: 36.5, 41."""
    text = f"{value:f}" if isinstance(value, Decimal) else repr(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def short(row: Any) -> str:
    """A row's own number, or the handle that two people can read to one another; keys that a form made are no numbers."""
    number_ = getattr(row, "source_id", "")
    return number_ if number_ and not getattr(row, "sender", "").startswith("post:") and len(number_) <= 24 else handle(row.pk)


def titles(name: str, scope: Scope, ids: set[UUID]) -> dict[UUID, str]:
    """What rows of another register are called, as far as this scope sees them."""
    if not ids or not name:
        return {}
    register = find(name)
    if not scope.can(register.declaration.read):
        return {}
    title = register.declaration.title
    open_ = title and register.field(title).sensitivity in ("open", "internal")
    return {r.pk: (str(register.value(r, title) or "") if open_ else "") or short(r) for r in register.rows(scope).filter(pk__in=ids)}
