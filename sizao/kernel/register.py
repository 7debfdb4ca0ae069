"""The declaration that every register makes, and the columns that every record has.

A model that derives from `Record` says in `class Register` what it is called, what its fields mean, how sensitive they are, what names
a row in the sender's books and how people look for it. Lists, forms, imports and the permission matrix are made from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q

from .ids import uuid7

SENSITIVITY = ("open", "internal", "personal", "sealed")


@dataclass(frozen=True, slots=True)
class Field:
    """What a column means: label in both languages, unit, code list, sensitivity (`SENSITIVITY`)."""

    zh: str
    en: str
    unit: str | None = None
    codes: str | None = None
    sensitivity: str = "internal"


@dataclass(frozen=True, slots=True)
class Declaration:
    """A register's word about one of its tables."""

    zh: str
    en: str
    fields: dict[str, Field]
    natural_key: tuple[str, ...] = ("sender", "source_id")
    searches: tuple[str, ...] = ()
    acts: tuple[str, ...] = field(default=())


class Record(models.Model):
    """A row of a register.

    `known_from` is when the subject was first known (the sender's word, else our clock); this version stands in the world from
    `stands_from`; we wrote it at `recorded_at`. The database numbers every change and keeps every superseded version.
    """

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


def natural_key(name: str) -> models.UniqueConstraint:
    """A sender's own number names one row."""
    return models.UniqueConstraint(fields=["sender", "source_id"], condition=~Q(source_id=""), name=name)


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
