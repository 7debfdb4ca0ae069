"""A row of every register at every place, made from the declarations: a register that is declared tomorrow is tested tomorrow."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import models
from doors import lawful

from sizao.kernel import clock, organisation, registry
from sizao.kernel.ids import uuid7
from sizao.kernel.models import Area, Post, User
from sizao.kernel.scope import Scope

OWN = "990001101201"
#: Where a row lies, as seen from a post of the village `OWN`.
RELATIONS = {"own": OWN, "below": f"{OWN}-1", "above": "990001101", "beside": "990001101202", "outside": "990001102201-1"}
INSIDE = ("own", "below")
PHONE = "13800138000"


class Maker:
    """Makes rows at one place; what they point to stands at the same place."""

    def __init__(self, area: Any, relation: str) -> None:
        self.area, self.relation, self.made = area, relation, {}

    def row(self, register: registry.Register) -> Any:
        if register.name == "area-units":  # the database makes them
            return register.model.objects.get(area=self.area)
        if register.name not in self.made and register.name in ("isolation-orders", "order-evidence", "appeals"):
            if register.name == "isolation-orders":
                self.made[register.name] = lawful.order(self.area, self.row(registry.find("persons")), f"M-{self.relation}")
            else:
                self.made[register.name] = (lawful.evidence if register.name == "order-evidence" else lawful.appeal)(self.row(registry.find("isolation-orders")))
        if register.name not in self.made:
            told = {n: self.value(register, n) for n in register.declaration.fields if "__" not in register.column(n)}
            told = {n: v for n, v in told.items() if v is not None} | (dict(register.only.children) if register.only else {})
            told |= {f.name: self.area for f in register.model._meta.concrete_fields if f.related_model is Area and not f.null and f.name not in told}
            if register.name == "persons":
                told |= {"name": f"{self.relation}某某", "name_keys": [self.relation], "birth_date": "1987-06-05"}
            if register.name == "handovers":  # the database takes no lead without an end
                told["expires_at"] = clock.now() + timedelta(days=3)
            if register.name == "exposed-places":  # nor a place that nobody names
                told["place"] = self.row(registry.find("reporting-units"))
            if register.name == "stream-settings":  # nor a change of a threshold that changes nothing
                told["least"] = 5
            if register.name == "order-proposals":  # nor an order that ends when it begins
                told["ends_at"] = clock.now() + timedelta(days=3)
            if register.name == "case-assignments":
                told |= {"holder": self.investigator(), "assignee": self.investigator().username}
            if register.name == "calendar-addresses":
                told["digest"] = f"{self.relation}-{self.area.pk}"
            now = clock.now() - timedelta(days=3)
            row = register.model(id=uuid7(), sender="matrix", source_id=f"M-{self.relation}", known_from=now, stands_from=now, **told)
            if register.name == "persons":
                from sizao.registers.population.sealing import PHONE as COLUMN

                row.phone, row.phone_index = COLUMN.seal(row.pk, row.pk, PHONE), COLUMN.index(PHONE)
            row.save(force_insert=True)
            self.made[register.name] = row
        return self.made[register.name]

    def investigator(self) -> Any:
        """Somebody at this place who may be given a case that lies there."""
        name = f"investigator-{self.relation}-{self.area.pk}"
        if not User.objects.filter(username=name).exists():
            system = Scope.system("matrix")
            organisation.grant_post(system, organisation.add_user(system, name, name), "cdc", self.area, since=clock.now() - timedelta(days=9))
        return User.objects.get(username=name)

    def value(self, register: registry.Register, name: str) -> Any:
        """Something that the column takes; None where it may stay empty."""
        kind, column = register.type(name), register.model._meta.get_field(register.column(name))
        if kind == "area":
            return self.area
        if kind == "person" and (not column.null or name == register.declaration.person):
            return self.row(registry.find("persons"))
        if kind == "record" and column.null and name != register.declaration.area.split("__")[0]:
            return None
        if kind == "record":
            other = registry.find(register.field(name).to)
            again = other.name in self.made and any(v is self.made[other.name] for v in self.made.get((register.name, "used"), []))
            row = Maker(self.area, f"{self.relation}2").row(other) if again else self.row(other)
            self.made.setdefault((register.name, "used"), []).append(row)
            return row
        if isinstance(column, models.Field) and (column.null or column.has_default() or column.blank):
            return None
        if kind == "post":
            return Post.objects.create(role="desk", area=self.area, title_zh="岗", valid_from=clock.now() - timedelta(days=9))
        known = list(register.choices(name))
        return {
            "code": known[0] if known else "x", "instant": clock.now() - timedelta(days=2), "day": (clock.now() - timedelta(days=2)).date(),
            "number": Decimal(37), "integer": 1, "yes": True, "json": [], "codes": [],
        }.get(kind, uuid7() if isinstance(column, models.UUIDField) else "x")  # fmt: skip


def shapes(every: bool = False) -> list[registry.Register]:
    """The registers to walk: those of models, and of those that content makes one of each shape (rights, way to the area and to the person)."""
    seen, found = set(), []
    for r in registry.registers():
        d = r.declaration
        shape = r.name if r.only is None else (d.read, d.write, d.area, d.person)
        if every or shape not in seen:
            seen.add(shape)
            found.append(r)
    return found


def rows(areas: dict[str, Any], every: bool = False) -> dict[str, dict[str, Any]]:
    """register → relation → row."""
    makers = {relation: Maker(areas[code], relation) for relation, code in RELATIONS.items()}
    return {r.name: {relation: m.row(r) for relation, m in makers.items()} for r in shapes(every)}
