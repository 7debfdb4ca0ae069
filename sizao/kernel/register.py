"""The declaration that every register makes, and the columns that every record has.

A model that derives from `Record` says in `class Register` what it is called, what its fields mean, how sensitive they are, what names
a row in the sender's books and how people look for it. List, detail, form, export, import, API and the permission matrix are made from it:

    REGISTER = Declaration(
        zh="样本", en="Specimen", name="specimens", read="person.read", write="specimen.write",
        fields={"person": Field("人员", "Person", sensitivity="personal", required=True), "result": Field("检测结果", "Result", codes="test-result"), ...},
        columns=("person", "sampled_at", "result"),
        filters=(Filter("positive", "阳性", "Positive", {"result": "positive"}),),
        verb="sizao.registers.laboratory.actions:save",
    )

`registry.find("specimens")` is the register bound to its rows: `.rows(scope)`, `.value(row, field)`; `saving.write(scope, register, commands, sender=…)` writes.
What has no model of its own (a ledger made from a content item) binds its rows by `registry.bind(model, declaration, name=…, only=Q(…))`,
with a `type` and a `column` for each field, and is announced by `registry.provide(every, one)`. Verbs are written with `saving.save`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.signals import class_prepared
from django.dispatch import receiver

from .ids import uuid7

SENSITIVITY = ("open", "internal", "personal", "sealed")

#: What a value is. "" in a declaration means: as the model's column says.
TYPES = ("text", "long", "integer", "number", "yes", "day", "instant", "code", "codes", "area", "person", "record", "post", "sealed", "json")


@dataclass(frozen=True, slots=True)
class Field:
    """What a column means, and what the machine may do with it.

    Attributes:
        zh, en: Its label.
        unit: "persons", "°C", ...; shown beside the value.
        codes: Its code list (`content/codelists/`), or "disease".
        codes_by: Where another field of the row decides from which list the value is: (that field, its value → list, None for free text).
        names: Of what its text is the id, where it is shown by a title: "ledger", "measure", "stream" or "edition".
        sensitivity: open and internal: whoever reads the register. personal: who sees names there. sealed: the same, never in a list.
        type: One of `TYPES`; "" is read from the model's column (a ledger's item has no column of its own and says it).
        column: The way to the value as Django writes it ("values__temperature"); "" is the field's own name.
        to: For a record: the name of the register it points to.
        required: A form and an import ask for it.
        writable: A form, an import or the API may tell it.
        least, most: The range of a number, both in; of a text, of its length. What the column and the table's own rules say holds anyway.
        help_zh, help_en: One sentence below the field.
    """

    zh: str
    en: str
    unit: str | None = None
    codes: str | None = None
    codes_by: tuple[str, Mapping[str, str | None]] | None = None
    names: str = ""
    sensitivity: str = "internal"
    type: str = ""
    column: str = ""
    to: str = ""
    required: bool = False
    writable: bool = True
    least: float | None = None
    most: float | None = None
    help_zh: str = ""
    help_en: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """A view of the list that ships with the register: `where` maps "field", "field__gte", "field__isnull" ... to a value; "today" is the area's day, "now" this moment,
    "me" the reader and those whose duty he stands in for, "nobody" that none who holds a post now is it. The last three are asked of any of the rows it is related to."""

    name: str
    zh: str
    en: str
    where: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Bulk:
    """Something that may be done to many rows at once.

    `asks` names fields of the declaration, filled in once for all of them; the register's verb is told so of every row. A `verb` of its own
    is "module:function" with (scope, ids, told) → outcomes, one a row. `page`: the route of the page that asks for more than fields; the ticked rows are posted to it.
    """

    name: str
    zh: str
    en: str
    permission: str
    asks: tuple[str, ...] = ()
    verb: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Declaration:
    """A register's word about one of its tables: from it come list, detail, form, export, import, API and the permission matrix.

    Attributes:
        zh, en: What one row is called.
        fields: Name → meaning. Order is the order on screen.
        natural_key: What names a row in the sender's books.
        searches: Text columns that the search box looks into (exactly), each with its index. Names of persons and the sender's number are searched anyway.
        acts: The kinds of act that it records.
        name: In addresses and in the API, plural: "daily-checks". "" is the model's name with an s.
        read: Who may read: a permission word of `content/roles.yaml`.
        write: Who may write; "" when the register is not written by hand, import or API.
        area: The way to the area that answers for a row ("area", "case__area"); "" when rows have none.
        person: The way to the person whom a row is about ("person", "id" for persons themselves); "" when about nobody. Reads are audited by it.
        subject: The way to what its acts are about, for the timeline.
        title: The field that names a row on screen; "" is the person's name, else the sender's number.
        columns: What a list shows at first; () is the first six fields.
        sorts: Fields a list may be sorted by; newest first is always there. Each gets its index (field, id) from here: `makemigrations` writes it.
        filters: Views that ship with it.
        bulk: What may be done to many rows.
        shown: Which rows are rows at all, for whoever reads; None for all. (A person who was found to be another one is none of his own.)
        verb: "module:function" that writes: (scope, commands, *, sender, batch=None) → outcomes. "" is `sizao.kernel.saving.save`.
        page: The route of the special page of a row, if it has one ("person", "isolation-order"), called with its last word ("order").
        group_zh, group_en: Under which heading the catalogue lists it.
    """

    zh: str
    en: str
    fields: dict[str, Field]
    natural_key: tuple[str, ...] = ("sender", "source_id")
    searches: tuple[str, ...] = ()
    acts: tuple[str, ...] = field(default=())
    name: str = ""
    read: str = "person.read"
    write: str = ""
    area: str = "area"
    person: str = "person"
    subject: str = "id"
    title: str = ""
    columns: tuple[str, ...] = ()
    sorts: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    bulk: tuple[Bulk, ...] = ()
    shown: Q | None = None
    verb: str = ""
    page: str = ""
    group_zh: str = ""
    group_en: str = ""


#: Columns that the database alone fills; nobody may name them in an INSERT.
BY_DATABASE = frozenset({"recorded_at", "change_no"})


class Rows(models.QuerySet[Any]):
    """Rows of a register. What the database fills by itself is left out of what is written."""

    def _insert(self, objs: Any, fields: Any, *args: Any, **kwargs: Any) -> Any:
        return super()._insert(objs, [f for f in fields if f.column not in BY_DATABASE], *args, **kwargs)  # type: ignore[misc]


class Record(models.Model):
    """A row of a register.

    `known_from` is when the subject was first known (the sender's word, else our clock); this version stands in the world from
    `stands_from`; we wrote it at `recorded_at`. The database numbers every change and keeps every superseded version.
    """

    objects = Rows.as_manager()
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    batch = models.ForeignKey("kernel.Batch", models.PROTECT, null=True, blank=True, db_index=False, related_name="+")
    sender = models.TextField(default="", blank=True)
    source_id = models.TextField(default="", blank=True)
    known_from = models.DateTimeField()
    stands_from = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True, editable=False)
    change_no = models.BigIntegerField(default=0, editable=False)

    class Meta:
        abstract = True

    @classmethod
    def declaration(cls) -> Declaration:
        """Its declaration; a model without one is an error (a test finds it)."""
        return cls.REGISTER  # type: ignore[attr-defined,no-any-return]

    def _do_insert(self, manager: Any, using: Any, fields: Any, *args: Any) -> Any:
        return super()._do_insert(manager, using, [f for f in fields if f.column not in BY_DATABASE], *args)  # type: ignore[misc]


@receiver(class_prepared)
def _indexed(sender: type[models.Model], **_: Any) -> None:
    """An index for each sort that a record offers, so that any page of a sorted list is a walk along it, and for each column that the search box looks into.
    Values inside JSON are a register's own matter."""
    declared = vars(sender).get("REGISTER")
    if not isinstance(declared, Declaration) or not issubclass(sender, Record) or sender._meta.abstract:
        return
    meta, made = sender._meta, []
    for name in declared.sorts:
        column = declared.fields[name].column or name
        if "__" not in column:
            made.append(models.Index(fields=[column, "id"], name=f"{meta.model_name}_by_{name}"[:30]))
    made += [models.Index(fields=[column], name=f"{meta.model_name}_search_{column}"[:30]) for column in declared.searches]
    meta.indexes = [*meta.indexes, *made]
    meta.original_attrs["indexes"] = meta.indexes  # type: ignore[attr-defined]  # where migrations look


def natural_key(name: str) -> models.UniqueConstraint:
    """A sender's own number names one row. The number comes first in the index, so that the search box finds it whoever sent it."""
    return models.UniqueConstraint(fields=["source_id", "sender"], condition=~Q(source_id=""), name=name)


def records() -> list[type[Record]]:
    """Every concrete record of every register."""
    from django.apps import apps

    return [m for m in apps.get_models() if issubclass(m, Record) and not m._meta.abstract]


def take(row: Record, told: Mapping[str, Any]) -> bool:
    """Puts what is told into the row; True if anything differs. None and "" mean not told, and never wipe what is known."""
    changed = False
    for name, new in told.items():
        if new is None or new == "" or _same(new, getattr(row, name)):
            continue
        setattr(row, name, new)
        changed = True
    return changed


def _same(new: Any, old: Any) -> bool:
    if isinstance(new, float | Decimal) and old is not None:
        return bool(round(float(new), 3) == round(float(old), 3))
    return bool(new == old)
