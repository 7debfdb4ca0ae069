"""Many new rows that their makers have keyed: each key of a sender once, whoever sends it again and however often.

What people type comes through `saving.save`, which corrects too; what a flow or another machine makes is new or known already, and comes here.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from . import acts, audit
from .acts import NewAct
from .copying import copy_records, text_array
from .ids import uuid7s
from .register import Record
from .scope import Scope

T = TypeVar("T")


def add_new(
    scope: Scope, model: type[Record], new: Mapping[str, T], *, sender: str, batch: int | None, event: str, since: Callable[[T], datetime],
    columns: Callable[[T], Mapping[str, Any]], digest_of: Callable[[T], Any], act: Callable[[UUID, T], NewAct] | None = None,
    about: Callable[[T], UUID | None] = lambda one: None,
) -> dict[str, UUID]:  # fmt: skip
    """Rows for those keys of `new` that this sender has not used before, with an act each and one event of the audit; key → id of them. The others are left alone.

    `columns` are named as in the database, the same for all; a row is known, and stands in the world, from `since`. `about` is the person whom the
    audit names, else the row itself. By COPY, in the caller's transaction.
    """
    known = model._default_manager.filter(sender=sender).extra(where=["source_id <> ''", "source_id = ANY(%s::text[])"], params=[text_array(new)])
    held = set(known.values_list("source_id", flat=True))
    fresh = {key: one for key, one in new.items() if key not in held}
    if not fresh:
        return {}
    made = dict(zip(fresh, uuid7s(len(fresh)), strict=True))
    told = {key: columns(one) for key, one in fresh.items()}
    names = tuple(next(iter(told.values())))
    copy_records(
        model,
        ("id", "batch_id", "sender", "source_id", "known_from", "stands_from", *names),
        ((made[key], batch, sender, key, since(one), since(one), *(told[key][name] for name in names)) for key, one in fresh.items()),
    )
    if act is not None:
        acts.record(scope, [act(made[key], one) for key, one in fresh.items()], batch=batch)
    audit.write(scope, event, [about(one) or made[key] for key, one in fresh.items()], digest_of=[digest_of(one) for one in fresh.values()])
    return made
