"""A person's own page, opened by his own code: what binds him, why, until when, how to object, who looked, and his pass."""

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from markupsafe import Markup

from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.kernel import audit
from sizao.kernel.errors import Refused
from sizao.kernel.models import Post
from sizao.passes import codes, issuing
from sizao.registers.isolation import ordering
from sizao.registers.isolation import orders as read
from sizao.registers.population import read as population


@transaction.atomic
def my(request: HttpRequest, code: str) -> HttpResponse:
    """The page. Whatever is wrong with a code is answered like an address that does not exist."""
    scope, person = issuing.holder_scope(), issuing.person_of(code)
    row = population.access_person_by_id(scope, person)
    made = issuing.make(scope, person)
    appeals = read.appeals_of(scope, [person])
    words = Words(request.LANGUAGE_CODE, row.area.zone)  # type: ignore[attr-defined]
    waiting = {a.order_id for a in appeals if a.decided_at is None}
    shown = {
        "w": words, "code": code, "name": made.said.name, "status": made.status, "said": made.said, "qr": Markup(codes.svg(made.text)),  # noqa: S704 - made by ourselves
        "evidence": {s.order.pk: read.evidence_of(scope, s.order.pk) for s in made.status.orders}, "appeals": appeals, "open_appeal": waiting.__contains__,
        "seen": who_looked(person, words), "filed": request.GET.get("filed") == "1", "user": None, "scope": None, "post": None, "section": "my",
    }  # fmt: skip
    return page(request, "public/my.html", shown)


@transaction.atomic
def appeal(request: HttpRequest, code: str) -> HttpResponse:
    """The person objects to one of his orders, named by its number."""
    scope, person = issuing.holder_scope(), issuing.person_of(code)
    order = next((o for o in read.orders_of(scope, [person]).get(person, []) if o.number == request.POST.get("order", "")), None)
    if order is None:
        raise Refused("appeal-unfit")
    ordering.file_appeal(scope, order.pk, request.POST.get("grounds", ""))
    return HttpResponseRedirect(url("my", {"filed": "1"}, code=code))


def who_looked(person: UUID, words: Words, most: int = 50) -> list[dict[str, Any]]:
    """Who looked at, or recorded something about, this person: the post, what, and when last; the newest first. His own visits are left out."""
    events = [e for e in audit.seen_by(person) if e["post_id"] is not None]
    posts = Post.objects.select_related("area").in_bulk({e["post_id"] for e in events})
    said = {
        "population": _("opened your record"), "isolation": _("an order, a stay or a check"), "cases": _("your case or contact record"), "laboratory": _("your tests"),
        "plan": _("a list of who is missing"), "passes": _("your pass"), "registers": _("a list"),
    }  # fmt: skip
    found: dict[tuple[int, str], datetime] = {}
    counted: Counter[tuple[int, str]] = Counter()
    for e in events:
        key = (e["post_id"], e["kind"].partition(".")[0])
        found.setdefault(key, e["at"])
        counted[key] += 1
    return [
        {"at": at, "who": words.title(posts[post]) if post in posts else _("a post that no longer exists"), "what": said.get(room, _("a record about you")), "count": counted[post, room]}
        for (post, room), at in list(found.items())[:most]
    ]
