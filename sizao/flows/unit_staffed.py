"""Somebody files for a unit: he gets a post of that unit's own, and the unit and its parts are named to it, so that his desk and his phone open on what it owes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from sizao.kernel import clock, organisation
from sizao.kernel.access import needs_two
from sizao.kernel.codes import roles
from sizao.kernel.errors import Refused
from sizao.kernel.models import Post, User
from sizao.kernel.scope import Scope
from sizao.registers.ledgers import actions, read


@transaction.atomic
def staff(scope: Scope, user: User, role: str, units: Sequence[UUID], *, since: datetime | None = None) -> Post:
    """The post lies at the area of the first unit and is called after it; a second person of the same unit and role shares it. Parts go with their unit (a school's classes).

    Refused: not-allowed, not-found-or-out-of-area, role-unknown, role-needs-two (such a post is given by two people, at an area), grant-to-oneself, duties-apart.
    """
    known = roles()
    if role not in known:
        raise Refused("role-unknown", role=role, known=", ".join(known))
    if needs_two(role):
        raise Refused("role-needs-two", role={"zh": known[role]["zh"], "en": known[role]["en"]})
    rows = {u.pk: u for u in read.units(scope, "users.write").filter(pk__in=list(units))}
    if not units or rows.keys() != set(units):
        raise Refused("not-found-or-out-of-area")
    head = rows[units[0]]
    names = {"title_zh": f"{head.name}{known[role]['zh']}", "title_en": f"{known[role]['en']}, {head.name}"}
    post = organisation.grant_post(scope, user, role, head.area, since=since or clock.now(), **names)
    actions.name_post(scope, units, post.pk)
    return post


def unit_named(scope: Scope, told: str) -> UUID:
    """A unit by its id, or by its name where only one of these areas has it. Refused: not-found-or-out-of-area."""
    found = read.units(scope, "users.write")
    try:
        some = list(found.filter(pk=UUID(told))[:1])
    except ValueError:
        some = list(found.filter(name=told.strip())[:2])
    if len(some) != 1:
        raise Refused("not-found-or-out-of-area")
    return UUID(str(some[0].pk))
