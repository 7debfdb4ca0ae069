"""One page of a register: what is asked in an address, made into rows. The list, the export and the API ask the same way.

    q=…                     name, pinyin initials, the sender's number, an id
    view=confirmed          a filter that ships with the register
    f.classification=close  equal to (several times: any of them)
    f.onset_on.gte=…  f.onset_on.lte=…  f.case.empty=1
    area=330101             below that area
    sort=-onset_on          only what the register declares; newest first otherwise
    cols=person,onset_on    which columns
    after=…                 the place where the page before ended (keyset: a page costs the same however deep it lies)
"""

import base64
import binascii
import contextlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from sizao.kernel import areas, clock, handing, organisation
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.registry import KEPT, Register
from sizao.kernel.scope import Scope
from sizao.kernel.typed import NotThat, Reader, storable
from sizao.registers.population import read as population

PAGE = 50
#: How far rows are counted for the head of a list; beyond it the page says "more than". At a million persons ten thousand cost 0.1 s.
COUNTED = 1000
#: Below an area of at most so many areas, rows are asked by the areas' numbers, which the database's statistics know.
FEW_AREAS = 500
#: In at most so many areas the newest rows are taken from the newest of each, of which a page's worth is read along their index.
EACH_AREA = 64
FILTERED = ("code", "codes", "yes", "day", "instant", "integer", "number", "record", "person")
OPERATORS = ("gte", "lte", "empty")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks of a register, checked. `query` is the same again as pairs, without the place in the list."""

    register: Register
    view: str = ""
    text: str = ""
    area: Area | None = None
    where: tuple[tuple[str, str, tuple[Any, ...]], ...] = ()
    sort: str = ""
    columns: tuple[str, ...] = ()
    after: str = ""
    query: tuple[tuple[str, str], ...] = ()

    def with_(self, **other: str | None) -> list[tuple[str, str]]:
        """The address's pairs with some of them replaced or, by None, left out."""
        return [(k, v) for k, v in self.query if k not in other] + [(k, v) for k, v in other.items() if v]


def asked(register: Register, scope: Scope, told: Mapping[str, Sequence[str]]) -> Asked:
    """Reads an address's pairs (name → values). Refused: filter-unknown, bad-value, not-found-or-out-of-area (an area)."""
    told = {storable(k): [storable(v) for v in values] for k, values in told.items()}
    one = {k: v[-1].strip() for k, v in told.items() if v and v[-1].strip()}
    d = register.declaration
    if (view := one.get("view", "")) and view not in {f.name for f in d.filters}:
        raise Refused("filter-unknown", field=view[:40])
    area = None
    if code := one.get("area", ""):
        area = areas.resolve(code)
        if area is None or not d.area:
            raise Refused("not-found-or-out-of-area")
        scope.check(d.read, area)
    sort = one.get("sort", "")
    if sort.lstrip("-") not in ("", *d.sorts):
        raise Refused("filter-unknown", field=sort[:40])
    known = (*d.fields, *KEPT)
    columns = tuple(c for c in dict.fromkeys(one.get("cols", "").split(",")) if c in known and may_list(register, c)) or default_columns(register)
    where = tuple(_where(register, scope, told))
    query = [(k, v.strip()) for k in told for v in told[k] if v.strip() and (k in ("view", "q", "area", "sort", "cols") or k.startswith("f."))]
    return Asked(register, view, one.get("q", "")[:80], area, where, sort, columns, one.get("after", ""), tuple(query))


def default_columns(register: Register) -> tuple[str, ...]:
    """The columns of a list that nobody chose."""
    d = register.declaration
    return d.columns or tuple(n for n in d.fields if may_list(register, n))[:6]


def may_list(register: Register, name: str) -> bool:
    """Whether a field may stand in a list: sealed values never do, nor long texts and structures."""
    return register.field(name).sensitivity != "sealed" and register.type(name) not in ("sealed", "json", "long")


def filterable(register: Register) -> list[str]:
    """The fields that a list may be filtered by."""
    inside = ("code", "codes", "yes", "integer", "number", "day")
    fields = register.declaration.fields.items()
    return [n for n, f in fields if f.sensitivity != "sealed" and register.type(n) in (inside if register.inside(n) else FILTERED)]


def _where(register: Register, scope: Scope, told: Mapping[str, Sequence[str]]) -> Iterable[tuple[str, str, tuple[Any, ...]]]:
    reader = Reader(register, zone_of(scope))
    allowed = set(filterable(register))
    for key, raw in told.items():
        if not key.startswith("f."):
            continue
        _, name, *rest = key.split(".")
        operator = rest[0] if rest else ""
        values = [r.strip() for r in raw if r.strip()]
        if not values:
            continue
        if name not in allowed or len(rest) > 1 or (operator and operator not in OPERATORS):
            raise Refused("filter-unknown", field=name[:40])
        if operator == "empty":
            yield name, "empty", (values[-1] in ("1", "true", "yes"),)
            continue
        try:
            read = tuple(reader.read(name, v) for v in (values if not operator else values[-1:]))
            if None in read:  # nothing is left of a sign that cannot be printed
                raise NotThat(name, values[-1])
            yield name, operator, read
        except NotThat:
            raise Refused("bad-value", field=_pair(register, name), value=values[-1], expected="…") from None


def _pair(register: Register, name: str) -> dict[str, str]:
    f = register.field(name)
    return {"zh": f.zh, "en": f.en}


def zone_of(scope: Scope) -> str:
    """Where the clock of whoever asks is read: that of the post's area."""
    return scope.post.area.zone if scope.post else "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Found:
    """The rows that were asked for, not yet in order nor cut into pages, and the numbers of the areas in which they are, where these are few."""

    rows: QuerySet[Any]
    areas: tuple[int, ...] = ()


def rows(scope: Scope, wanted: Asked) -> Found:
    """The rows that were asked for and that this scope may see."""
    register, d = wanted.register, wanted.register.declaration
    found = register.whole(register.rows(scope))
    if wanted.area is not None:
        found = found.filter(**{f"{d.area}__path__startswith": wanted.area.path})
    areas_of = near(scope, wanted) if d.area else ()
    if areas_of:
        found = found.filter(**{f"{d.area}_id__in": areas_of})
    today = clock.local_day(clock.now(), zone_of(scope))
    if wanted.view:
        shipped = next(f for f in d.filters if f.name == wanted.view)
        for key, value in shipped.where.items():
            found = found.filter(_shipped(register, key, value, today, scope))
    for name, operator, values in wanted.where:
        found = found.filter(_told(register, name, operator, values, scope))
        if register.field(name).sensitivity == "personal":
            found = found.filter(scope.area_filter(d.area, "person.names"))
    if wanted.text:
        found = found.filter(searched(register, scope, wanted.text))
    return Found(found, areas_of)


def near(scope: Scope, wanted: Asked) -> tuple[int, ...]:
    """The same areas again as a list of numbers, where they are few: a village's rows are then found by their index instead of by reading back through
    everybody's. None where they are many, or all."""
    d = wanted.register.declaration
    paths = (wanted.area.path,) if wanted.area is not None else scope.paths(d.read)
    if not paths or any(p.count(".") < 2 for p in paths):
        return ()
    below = Q()
    for path in paths:
        below |= Q(path__startswith=path)
    ids = tuple(Area.objects.filter(below).values_list("pk", flat=True)[: FEW_AREAS + 1])
    return ids if len(ids) <= FEW_AREAS else ()


def _shipped(register: Register, key: str, value: Any, today: date, scope: Scope) -> Q:
    name, _, operator = key.partition("__")
    if value in ("me", "nobody", "now"):  # of any row that this one is related to; each row once, however many those are
        now, rows = clock.now(), register.model.objects
        if value == "now":
            return Q(pk__in=rows.filter(**{key: now}).values("pk"))
        if value == "me":
            return Q(pk__in=rows.filter(**{f"{key}__in": handing.stood_for(scope.user, now) if scope.user is not None else []}).values("pk"))
        return ~Q(pk__in=rows.filter(**{f"{key}__in": organisation.everybody_at_work(now)}).values("pk"))
    if value == "today":
        value = _midnight(today, scope) if register.type(name) == "instant" else today
        if register.inside(name):
            value = value.isoformat()
    column = register.column(name) if name in register.declaration.fields else name  # else rows of another register that point here
    return Q(**{column + (f"__{operator}" if operator else ""): value})


def _midnight(day: date, scope: Scope) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone_of(scope)))


def _told(register: Register, name: str, operator: str, values: tuple[Any, ...], scope: Scope) -> Q:
    column, kind = register.column(name), register.type(name)
    if operator == "empty":
        none = Q(**{f"{column}__isnull": True})
        if kind in ("code", "text") and not register.inside(name):
            none |= Q(**{column: ""})
        return none if values[0] else ~none
    inside = register.inside(name)
    plain = [_as_json(v) if inside else v for v in values]
    if kind == "codes":
        q = Q()
        for several in plain:
            for v in several:
                q |= Q(**{f"{column}__contains": [v]})
        return q
    if not operator and kind == "instant":  # a day's instants
        q = Q()
        for v in values:
            q |= Q(**{f"{column}__gte": v, f"{column}__lt": v + timedelta(days=1)})
        return q
    if operator == "lte" and kind == "instant" and values[0].time() == time():
        return Q(**{f"{column}__lt": values[0] + timedelta(days=1)})
    if operator:
        return Q(**{f"{column}__{operator}": plain[0]})
    return Q(**{f"{column}__in": plain}) if len(plain) > 1 else Q(**{column: plain[0]})


def _as_json(value: Any) -> Any:
    """A value as a JSON column keeps it."""
    return value.isoformat() if isinstance(value, date) else float(value) if isinstance(value, Decimal) else value


def searched(register: Register, scope: Scope, text: str) -> Q:
    """Rows that the text names: the sender's number, an id, a declared column exactly; a person by name, initials, identity number or telephone.

    A name finds only where the scope sees names; nothing is ever found by a part of a number.
    """
    d = register.declaration
    found = Q(source_id=text)
    for column in d.searches:
        found |= Q(**{column: text})
    with contextlib.suppress(ValueError):
        found |= Q(pk=UUID(text))
    if d.person:
        # A rare name is a few persons, whose rows their index finds; a common one is met soon by reading back from the newest.
        few = population.few_matching(scope, text) if d.person != "id" else None
        prefix = "" if d.person == "id" else f"{d.person}__"
        if few is not None:
            found |= Q(**{f"{d.person}__in": few}) & scope.area_filter(d.area, "person.names") if few else Q()
        elif (person := population.matching(scope, text, prefix)) is not None:
            found |= person & scope.area_filter(d.area, "person.names")
    return found


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and where the next page begins ("" at the end)."""

    rows: list[Any]
    after: str


def page(asked_for: Found, wanted: Asked, size: int = PAGE) -> Page:
    """The rows after the place that was asked for, in order: newest first, or by a field with the rows that do not tell it at the end. Refused: cursor-stale.

    Rows that tell the field and rows that do not are two walks along the same index (field, id), the second only where the first has ended.
    """
    found, place = asked_for.rows, _place(wanted) if wanted.after else None
    column = wanted.register.column(wanted.sort.lstrip("-")) if wanted.sort else ""
    some: list[Any] = []
    if not column:
        newest = found if place is None else found.filter(pk__lt=place[1])
        some = _newest(newest, asked_for.areas, wanted, size + 1)
    elif place is None or place[0] is not None:
        down = wanted.sort.startswith("-")
        told = found.filter(**{f"{column}__isnull": False})
        if place is not None:
            beyond = TupleLessThan if down else TupleGreaterThan
            told = told.filter(beyond(Tuple(F(column), F("id")), place))
        some = list(told.order_by(*((f"-{column}", "-id") if down else (column, "id")))[: size + 1])
    if column and len(some) <= size:
        untold = found.filter(**{f"{column}__isnull": True})
        if place is not None and place[0] is None:
            untold = untold.filter(pk__lt=place[1])
        some += untold.order_by("-id")[: size + 1 - len(some)]
    more = len(some) > size
    return Page(some[:size], cursor(wanted, some[size - 1]) if more else "")


def _newest(found: QuerySet[Any], areas_of: tuple[int, ...], wanted: Asked, many: int) -> list[Any]:
    """The newest rows, in two statements where an area has few parts and nothing else narrows: of each part the newest, by the index (area, id), then the newest of
    those. By itself the database reads all rows of all the parts to put them in order: of a township of 50,000 persons in twenty villages 0.1 s at each look."""
    area = wanted.register.declaration.area
    if 1 < len(areas_of) <= EACH_AREA and area and not (wanted.text or wanted.where or wanted.view) and _along(wanted.register.model, area):
        each = found.order_by("-id").filter(**{f"{area}_id": OuterRef("pk")}).values("pk")[:many]
        of_each = Area.objects.filter(pk__in=areas_of).order_by().values_list(ArraySubquery(each), flat=True)
        ids = sorted((pk for newest in of_each for pk in newest), reverse=True)
        found = found.filter(pk__in=ids[:many])
    return list(found.order_by("-id")[:many])


def _along(model: type[Any], area: str) -> bool:
    """Whether the register has an index of each area's rows in their order."""
    return any(list(i.fields) == [area, "id"] for i in model._meta.indexes)


def cursor(wanted: Asked, row: Any) -> str:
    """The place of a row in the list."""
    value = wanted.register.value(row, wanted.sort.lstrip("-")) if wanted.sort else None
    told = [value.isoformat() if isinstance(value, date) else str(value) if value is not None else None, str(row.pk)]
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")


def _place(wanted: Asked) -> tuple[Any, UUID]:
    """The sorted field's value and the id at which the page before ended."""
    try:
        raw, pk = json.loads(base64.urlsafe_b64decode(wanted.after + "=" * (-len(wanted.after) % 4)))
        last = UUID(pk)
        name = wanted.sort.lstrip("-")
        value = Reader(wanted.register).read(name, raw) if name and raw is not None else None
    except (ValueError, TypeError, AttributeError, binascii.Error, NotThat):
        raise Refused("cursor-stale") from None
    return value, last


def counted(found: Found) -> int:
    """How many rows, up to `COUNTED` + 1."""
    return int(found.rows.order_by().values("pk")[: COUNTED + 1].count())
