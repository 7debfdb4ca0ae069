"""Which registers there are: those that models declare, and those that are made while the store runs (a ledger from its content item).

A `Register` is a declaration bound to rows. Lists, forms, exports, imports and the API work on it and know no model.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import Q, QuerySet

from .codes import code_list, diseases
from .errors import Refused
from .models import Area
from .register import Declaration, Field, records
from .scope import Scope, visible

#: Columns of every record that say where a row comes from; never told by a form.
KEPT = {
    "source_id": Field("来源编号", "Sender's number", type="text", writable=False),
    "sender": Field("来源", "Sender", type="text", writable=False),
    "known_from": Field("首次获知", "First known", type="instant", writable=False),
    "recorded_at": Field("录入时间", "Recorded", type="instant", writable=False),
}

#: What is read of any field, whatever its column would hold.
MOST_WHOLE, MOST_NUMBER = 2**31 - 1, 10**12 - 1
#: Characters of a text.
LONGEST = 4000
#: Years of a day or an instant, both in.
YEARS = 1900, 2200


@dataclass(frozen=True, slots=True)
class Register:
    """A declaration and its rows.

    Attributes:
        name: In addresses: "cases".
        model: The table's model; its rows have `id`, `change_no` and a `<table>_history`.
        only: Which rows of the table are this register's (a ledger's: those of its item); None for all.
    """

    name: str
    declaration: Declaration
    model: type[models.Model]
    only: Q | None = None
    types: dict[str, str] = field(default_factory=dict)

    def rows(self, scope: Scope, permission: str = "") -> QuerySet[Any]:
        """The rows on which this scope has the permission (default: to read); rows of a batch that is still open are absent."""
        d, wanted = self.declaration, permission or self.declaration.read
        found = self.model._default_manager.filter(visible())
        if self.only is not None:
            found = found.filter(self.only)
        if d.shown is not None:
            found = found.filter(d.shown)
        if d.area:
            return found.filter(scope.area_filter(d.area, wanted))
        return found if scope.paths(wanted) else found.none()

    def related(self) -> list[str]:
        """What to fetch together with the rows so that a page of them costs no statement more."""
        return sorted({f.column or n for n, f in self.declaration.fields.items() if self.type(n) == "area" and not self.inside(n)} | ({self.declaration.area} - {""}))

    def whole(self, found: QuerySet[Any]) -> QuerySet[Any]:
        """The rows with their areas, without the areas' shapes."""
        return found.select_related(*self.related()).defer(*(f"{way}__geometry" for way in self.related()))

    def inside(self, name: str) -> bool:
        """Whether a field's value lies inside a JSON column, as a ledger's do."""
        first, _, rest = self.column(name).partition("__")
        return bool(rest) and isinstance(self.model._meta.get_field(first), models.JSONField)

    def field(self, name: str) -> Field:
        """A field by its name, also one of `KEPT`. Refused: no-such-field."""
        found = self.declaration.fields.get(name) or KEPT.get(name)
        if found is None:
            raise Refused("no-such-field", field=name, register={"zh": self.declaration.zh, "en": self.declaration.en})
        return found

    def type(self, name: str) -> str:
        """What the values of a field are: one of `register.TYPES`."""
        return self.types.get(name) or self.field(name).type or "text"

    def column(self, name: str) -> str:
        """The way to a field's value, as Django writes it."""
        return self.field(name).column or name

    def bounds(self, name: str) -> tuple[float, float]:
        """The least and the largest number that a field may hold, both in: of its column, of the table's own rules (CHECK) and of its declaration, the narrowest.

        A decimal number beyond its column's whole ones could be rounded up to one that the column has no place for.
        """
        whole, f = self.type(name) == "integer", self.field(name)
        most: float = MOST_WHOLE if whole else MOST_NUMBER
        least = -most
        for low, high in ((None, None) if self.inside(name) else _bounds(self.model, self.column(name)), (f.least, f.most)):
            least, most = (least if low is None else max(least, low)), (most if high is None else min(most, high))
        return least, most

    def lengths(self, name: str) -> tuple[int, int]:
        """The least and the largest number of characters of a text that is told, both in."""
        f = self.field(name)
        return max(1, int(f.least or 1)), LONGEST if f.most is None else min(int(f.most), LONGEST)

    def value(self, row: Any, name: str) -> Any:
        """A field's value in a row: areas and other rows as their ids, the rest as stored."""
        found = row
        *way, last = self.column(name).split("__")
        if self.type(name) in ("area", "person", "record", "post") and last not in ("id",) and not last.endswith("_id"):
            last = f"{last}_id" if not way or hasattr(found, f"{last}_id") else last
        for step in (*way, last):
            if found is None:
                return None
            found = found.get(step) if isinstance(found, dict) else getattr(found, step)
        return found

    def person_of(self, row: Any) -> UUID | None:
        """The person whom a row is about."""
        return self._walk(row, self.declaration.person)

    def area_of(self, row: Any) -> Area | None:
        """The area that answers for a row."""
        found = row
        for step in filter(None, self.declaration.area.split("__")):
            found = getattr(found, step) if found is not None else None
        return found if isinstance(found, Area) else None

    def subject_of(self, row: Any) -> UUID | None:
        """What the acts of a row are about."""
        return self._walk(row, self.declaration.subject)

    def _walk(self, row: Any, way: str) -> UUID | None:
        if not way:
            return None
        *steps, last = way.split("__")
        for step in steps:
            row = getattr(row, step) if row is not None else None
        return None if row is None else getattr(row, f"{last}_id", None) or getattr(row, last, None)

    def choices(self, name: str) -> dict[str, dict[str, str]]:
        """code → {zh, en} of a field's code list; empty for a field without one."""
        codes = self.field(name).codes
        if not codes:
            return {}
        return {c: {"zh": d["zh"], "en": d["en"]} for c, d in diseases().items()} if codes == "disease" else code_list(codes)

    def writable(self) -> list[str]:
        """The fields that a form, an import or the API may tell, in order."""
        return [n for n, f in self.declaration.fields.items() if f.writable] if self.declaration.write else []

    def may_see(self, scope: Scope, name: str, area: Area | str | None = None) -> bool:
        """Field-level right: personal and sealed values are for who sees names there (anywhere, when no area is given)."""
        return self.field(name).sensitivity in ("open", "internal") or scope.can("person.names", area)


def call(path: str) -> Callable[..., Any]:
    """The function that "module:function" names."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)  # type: ignore[no-any-return]


def bind(model: type[models.Model], declaration: Declaration, *, name: str = "", only: Q | None = None) -> Register:
    """A register over a table. Columns of the model say what they are; a field with a `type` of its own says it itself."""
    types = {}
    for n, f in declaration.fields.items():
        types[n] = f.type or _type_of(model, f.column or n, f)
    for n, f in KEPT.items():
        types.setdefault(n, f.type)
    fixed = declaration
    if declaration.person == "person" and not _has(model, "person"):
        from dataclasses import replace

        fixed = replace(declaration, person="")
    return Register(name or declaration.name or f"{model._meta.model_name}s", fixed, model, only, types)


def _has(model: type[models.Model], name: str) -> bool:
    return any(f.name == name for f in model._meta.get_fields())


def _column(model: type[models.Model], way: str) -> Any:
    """The column at the end of a way, as Django writes it."""
    found: Any = model
    *steps, last = way.split("__")
    for step in steps:
        found = found._meta.get_field(step).related_model
    return found._meta.get_field(last)


@cache
def _bounds(model: type[models.Model], way: str) -> tuple[float | None, float | None]:
    """What the column at the end of a way, and the rules of its table that speak of it alone, say of a number."""
    column: Any = _column(model, way)
    least: float | None = None
    most: float | None = None
    if isinstance(column, models.IntegerField):
        least, most = connection.ops.integer_field_range(column.get_internal_type())
    elif isinstance(column, models.DecimalField):
        most = 10 ** (column.max_digits - column.decimal_places) - 1
        least = -most
    for rule in column.model._meta.constraints:
        if isinstance(rule, models.CheckConstraint) and isinstance(rule.condition, Q):
            low, high = _demanded(rule.condition, column.name)
            least, most = _narrower(max, least, low), _narrower(min, most, high)
    return least, most


def _demanded(condition: Q, name: str) -> tuple[float | None, float | None]:
    """The range that a condition demands of every number told of a column: Q(n__gte=1, n__lte=9), Q(n=None) | Q(n__range=(1, 9)). What it does not understand demands nothing."""
    parts = [c for c in condition.children if c not in ((name, None), (f"{name}__isnull", True))]
    if condition.negated or (condition.connector != Q.AND and len(parts) > 1):
        return None, None
    least, most = None, None
    for part in parts:
        low = high = None
        if isinstance(part, Q):
            low, high = _demanded(part, name)
        elif isinstance(part, tuple) and part[0] == f"{name}__range":
            low, high = part[1]
        elif isinstance(part, tuple) and part[0] in (f"{name}__gte", f"{name}__lte") and isinstance(part[1], int | float):
            low, high = (part[1], None) if part[0].endswith("gte") else (None, part[1])
        least, most = _narrower(max, least, low), _narrower(min, most, high)
    return least, most


def _narrower(which: Callable[..., float], one: float | None, other: float | None) -> float | None:
    told = [x for x in (one, other) if x is not None]
    return which(told) if told else None


def _type_of(model: type[models.Model], column: str, declared: Field) -> str:
    c = _column(model, column)
    if isinstance(c, models.ForeignKey):
        return {"kernel.Area": "area", "kernel.Post": "post", "population.Person": "person"}.get(c.related_model._meta.label, "record")
    if declared.codes:
        return "codes" if isinstance(c, models.JSONField | ArrayField) else "code"
    for kind, word in (
        (models.BooleanField, "yes"), (models.DateTimeField, "instant"), (models.DateField, "day"), (models.DecimalField, "number"), (models.FloatField, "number"),
        (models.IntegerField, "integer"), (models.BinaryField, "sealed"), (models.JSONField, "json"), (ArrayField, "json"),
    ):  # fmt: skip
        if isinstance(c, kind):
            return word
    return "text"


_providers: list[tuple[Callable[[], Iterable[Register]], Callable[[str], Register | None]]] = []


def provide(every: Callable[[], Iterable[Register]], one: Callable[[str], Register | None]) -> None:
    """Adds registers that come and go with the content: `every()` lists them, `one(name)` finds one or answers None. Called once, when the app is ready."""
    _providers.append((every, one))


@cache
def _declared() -> dict[str, Register]:
    made = [bind(m, m.declaration()) for m in records()]
    names = [r.name for r in made]
    if len(set(names)) < len(names):
        raise AssertionError(f"two registers of one name: {sorted(n for n in names if names.count(n) > 1)}")
    return {r.name: r for r in made}


def registers() -> list[Register]:
    """Every register: those of models in their order, then those provided."""
    return [*_declared().values(), *(r for every, _ in _providers for r in every())]


def find(name: str) -> Register:
    """The register of that name. Refused: not-found-or-out-of-area."""
    found = _declared().get(name)
    for _, one in _providers:
        found = found or one(name)
    if found is None:
        raise Refused("not-found-or-out-of-area")
    return found


def of_model(model: type[models.Model]) -> Register | None:
    """The register that a model declares."""
    return next((r for r in _declared().values() if r.model is model), None)
