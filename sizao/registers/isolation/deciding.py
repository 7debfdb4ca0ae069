"""Who decides an objection: another unit than the issuer's, the nearest first; and when its time has passed, the level above, by name.

An objection that nobody answered is never only marked: its rule ends the order (`appeal.late: lifts`), or somebody further up owes the answer now.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from sizao.kernel import clock
from sizao.kernel.codes import roles
from sizao.kernel.models import Post

from .models import Appeal


@dataclass(frozen=True, slots=True)
class Decision:
    """By whom an objection is to be decided now.

    Attributes:
        late: Its time has passed.
        lapsed: The rule ended the order with it; there is nothing left to decide.
        posts: Whoever of them is first; none where no other unit has the right. They are all of one level.
    """

    late: bool
    lapsed: bool
    posts: tuple[Post, ...]


_POSTS = """
SELECT p.id, a.path, isolation_unit(p.id) FROM kernel_grant g JOIN kernel_post p ON p.id = g.post_id JOIN kernel_area a ON a.id = g.area_id
WHERE g.role = ANY (%(roles)s) AND g.valid_from <= %(at)s AND (g.valid_to IS NULL OR g.valid_to > %(at)s) AND p.valid_from <= %(at)s AND (p.valid_to IS NULL OR p.valid_to > %(at)s)
  AND EXISTS (SELECT 1 FROM kernel_holding h JOIN kernel_user u ON u.id = h.user_id AND u.is_active WHERE h.post_id = p.id AND h.valid_from <= %(at)s AND (h.valid_to IS NULL OR h.valid_to > %(at)s))
ORDER BY length(a.path) DESC, p.id
"""


def deciders(appeals: Iterable[Appeal], at: datetime | None = None) -> dict[UUID, Decision]:
    """objection → who decides it now. Three statements, however many they are. The objections come with their order, its issue and rule, and their area."""
    at, wanted = at or clock.now(), list(appeals)
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_POSTS, {"roles": [name for name, role in roles().items() if "appeal.decide" in role["permissions"]], "at": at})
        found = cursor.fetchall()
    chosen: dict[UUID, tuple[bool, bool, list[int]]] = {}
    for a in wanted:
        late = a.decided_at is None and a.answer_by is not None and a.answer_by <= at
        lapsed = late and a.order.rule.body["appeal"].get("late") == "lifts"
        able = [(pk, path) for pk, path, unit in found if a.area.path.startswith(path) and unit != a.order.issue.unit]
        levels = list(dict.fromkeys(path for _, path in able))
        level = levels[min(1, len(levels) - 1)] if late and levels else levels[0] if levels else ""
        chosen[a.pk] = (late, lapsed, [] if lapsed else [pk for pk, path in able if path == level and levels])
    posts = Post.objects.select_related("area").in_bulk({pk for _, _, some in chosen.values() for pk in some})
    return {pk: Decision(late, lapsed, tuple(posts[p] for p in some if p in posts)) for pk, (late, lapsed, some) in chosen.items()}
