"""What is asked of a batch of commands before anything is written: are its fields the register's, and do the rows that it points to lie within reach.

Both are looked up once a batch, whatever its length.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from .models import Area
from .outcome import Command, Problem
from .register import records
from .registry import Register, of_model
from .rows import among
from .scope import Scope


def nothing(value: Any) -> bool:
    """Whether nothing is told: None, or an empty text."""
    return value is None or (isinstance(value, str) and not value)


class Fields:
    """What a register asks of its fields.

    Attributes:
        types: Field → what its values are.
        codes: Field → the codes that it may hold, where it has a list.
        columns: Field → the attribute of a row that holds its value; absent where the value lies inside a JSON column, or elsewhere.
    """

    def __init__(self, register: Register) -> None:
        fields = register.declaration.fields
        self.writable = frozenset(register.writable())
        self.types = {n: register.type(n) for n in self.writable}
        self.codes = {n: known for n in self.writable if self.types[n] in ("code", "codes") and (known := frozenset(register.choices(n)))}
        self.needed = tuple(n for n, f in fields.items() if f.required and f.writable)
        self.columns = {n: register.model._meta.get_field(register.column(n)).attname for n in self.writable if "__" not in register.column(n)}  # type: ignore[union-attr]

    def faults(self, command: Command, *, new: bool) -> list[Problem]:
        """Fields that are not its own, codes that are not of the list, what is missing."""
        told = command.told
        found = [Problem("no-such-field", n[:80]) for n in {*told, *command.cleared} if n not in self.writable] if not self.writable.issuperset(told) or command.cleared else []
        for n, known in self.codes.items():
            value = told.get(n)
            if not nothing(value) and value != []:
                found += [Problem("bad-value", n, str(v)[:160]) for v in (value if isinstance(value, list | tuple) else [value]) if v not in known]
        if new:
            found += [Problem("value-missing", n) for n in self.needed if nothing(told.get(n))]
        if command.cleared:
            found += [Problem("value-missing", n) for n in self.needed if n in command.cleared]
        return found


class Reach:
    """Where this scope may write, and which rows pointed to it may see; asked once for the whole batch."""

    def __init__(self, scope: Scope, register: Register, commands: Sequence[Command]) -> None:
        self.scope, self.register, d = scope, register, register.declaration
        told: dict[str, set[Any]] = {}
        leads = [n for n in d.fields if register.type(n) in ("area", "person", "record")]
        for c in commands:
            for name in leads:
                if (value := c.told.get(name)) is not None:
                    told.setdefault(name, set()).add(value)
        self.seen = {name: self._seen(name, ids) for name, ids in told.items()}
        self.paths = dict(Area.objects.filter(pk__in=set().union(*(ids for n, ids in told.items() if register.type(n) == "area"))).values_list("pk", "path"))
        self.home, _, rest = d.area.partition("__")
        self.far: dict[Any, str] = {}
        if rest and told.get(self.home):
            target: Any = register.model._meta.get_field(self.home).related_model
            self.far = dict(among(target._default_manager.all(), target._meta.pk.column, told[self.home]).values_list("pk", f"{rest}__path"))
        self._may: dict[str | None, bool] = {}

    def _seen(self, name: str, ids: set[Any]) -> set[Any]:
        kind = self.register.type(name)
        if kind == "area":
            return set(Area.objects.filter(pk__in=ids, valid_to=None).values_list("pk", flat=True))
        target: Any = self.register.model._meta.get_field(self.register.column(name)).related_model
        if target not in records():
            return set(target._default_manager.filter(pk__in=ids).values_list("pk", flat=True))
        there = of_model(target)
        return set(among(there.rows(self.scope), target._meta.pk.column, (i for i in ids if isinstance(i, UUID))).values_list("pk", flat=True)) if there else set()

    def _can(self, path: str | None) -> bool:
        """Whether this scope may write below an area; None: anywhere."""
        if path not in self._may:
            self._may[path] = self.scope.can(self.register.declaration.write, path)
        return self._may[path]

    def may(self, row: Any) -> bool:
        """Whether the row as it stands may be written."""
        area = self.register.area_of(row)
        return self._can(area.path if area is not None else None)

    def faults(self, command: Command) -> list[Problem]:
        """What the command points to and may not; where it would put the row."""
        told = command.told
        found = [Problem("not-found-or-out-of-area", n, "") for n, ids in self.seen.items() if (v := told.get(n)) is not None and v not in ids]
        home = told.get(self.home)
        if home is not None and not found:
            path = (self.far if self.far else self.paths).get(home)
            if path is None or not self._can(path):
                found.append(Problem("not-found-or-out-of-area", self.home))
        elif home is None and command.record is None and not command.source_id and not self._can(None):
            found.append(Problem("not-allowed"))
        return found


__all__ = ["Fields", "Reach", "nothing"]
