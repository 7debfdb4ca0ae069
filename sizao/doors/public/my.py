"""A person's own page, opened by his own code: what binds him, why, until when, how to object, who looked, and his pass."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from markupsafe import Markup

from sizao.doors.kit.pages import is_demo, page
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.flows import needs_told
from sizao.kernel import audit, glass, keys
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.kernel.models import BrokenGlass, Post
from sizao.passes import codes, issuing, limits
from sizao.passes import status as statuses
from sizao.registers.care import needing
from sizao.registers.cases import exposed
from sizao.registers.cases import read as cases
from sizao.registers.isolation import deciding, ordering
from sizao.registers.isolation import orders as read
from sizao.registers.laboratory import read as laboratory
from sizao.registers.population import read as population


def opened(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Whose code it is, told to the view, in one transaction with what it reads. Wrong codes are counted outside it, or the refusal would undo the count."""

    @wraps(view)
    def guarded(request: HttpRequest, code: str, **named: Any) -> HttpResponse:
        address = request.META.get("REMOTE_ADDR", "")
        limits.check_code(address, code)
        try:
            person = issuing.person_of(code)
        except Refused:
            limits.was_wrong(address, code)
            raise
        with transaction.atomic():
            return view(request, person, code, **named)

    return guarded


#: How far back a person's own tests are shown.
TESTS = timedelta(days=60)
#: So many needs of one person may be open at a time.
MOST_NEEDS = 20


@opened
def my(request: HttpRequest, person: UUID, code: str) -> HttpResponse:
    """The page. Whatever is wrong with a code is answered like an address that does not exist."""
    scope = issuing.holder_scope()
    row = population.access_person_by_id(scope, person)
    made = issuing.make(scope, person)
    appeals = read.appeals_of(scope, [person])
    words = Words(request.LANGUAGE_CODE, row.area.zone)  # type: ignore[attr-defined]
    waiting = {a.order_id for a in appeals if a.decided_at is None}
    shown = {
        "w": words, "code": code, "name": made.said.name, "status": made.status, "said": made.said, "qr": Markup(codes.svg(made.text)),  # noqa: S704 - made by ourselves
        "evidence": {s.order.pk: read.evidence_of(scope, s.order.pk) for s in made.status.orders}, "appeals": appeals, "deciders": deciding.deciders([a for a in appeals if a.decided_at is None], made.status.at), "open_appeal": waiting.__contains__,
        "needs": needing.needs_of(scope, person), "need_kinds": [(k, words.code("care-need", k)) for k in code_list("care-need")], "asked_need": request.GET.get("need") == "1",
        "tests": laboratory.own_tests(scope, person, made.status.at - TESTS), "reasons": exposed.reasons_of(scope, person), "contacts": cases.contacts_of(scope, person),
        "seen": who_looked(person, words), "key": uuid7(), "filed": request.GET.get("filed") == "1", "user": None, "scope": None, "post": None, "section": "my",
    }  # fmt: skip
    return page(request, "public/my.html", shown)


@opened
def appeal(request: HttpRequest, person: UUID, code: str) -> HttpResponse:
    """The person objects to one of his orders, named by its number."""
    scope = issuing.holder_scope()
    order = next((o for o in read.orders_of(scope, [person]).get(person, []) if o.number == request.POST.get("order", "")), None)
    if order is None:
        raise Refused("appeal-unfit")
    ordering.file_appeal(scope, order.pk, request.POST.get("grounds", ""))
    return HttpResponseRedirect(url("my", {"filed": "1"}, code=code))


@opened
def need(request: HttpRequest, person: UUID, code: str) -> HttpResponse:
    """The person asks for something: who goes to his door sees it at once, with a clock."""
    scope = issuing.holder_scope()
    row = population.access_person_by_id(scope, person)
    if sum(n.met_at is None for n in needing.needs_of(scope, person)) >= MOST_NEEDS:
        raise Refused("need-enough")
    needs_told.ask(scope, person, row.area, request.POST.get("kind", ""), request.POST.get("what", ""), by_self=True, key=request.POST.get("key", "")[:64])
    return HttpResponseRedirect(url("my", {"need": "1"}, code=code))


@opened
def paper(request: HttpRequest, person: UUID, code: str, number: str, kind: str) -> HttpResponse:
    """The person's own order, or, from the instant on which it is over, his release note: nobody at a desk has to make it."""
    from sizao.papers.orders import of_order
    from sizao.papers.pdf import pdf

    scope = issuing.holder_scope()
    row = population.access_person_by_id(scope, person)
    standing = next((s for s in statuses.one(scope, person).orders if s.order.number == number), None)
    if standing is None or kind not in ("order", "release"):
        raise Refused("page-not-found")
    last = (population.sealed_of(scope, row).get("national_id") or "")[-4:] if keys.available() else ""
    language = "en" if request.LANGUAGE_CODE == "en" else "zh"  # type: ignore[attr-defined]
    made = of_order(kind, language, standing, read.evidence_of(scope, standing.order.pk), name=row.name, last=last, demo=is_demo())
    return HttpResponse(pdf(made), content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{number}-{kind}.pdf"'})


def who_looked(person: UUID, words: Words, most: int = 50) -> list[dict[str, Any]]:
    """Who looked at, or recorded something about, this person: the post, what, and when last; the newest first. His own visits are left out."""
    events = [e for e in audit.seen_by(person) if e["post_id"] is not None]
    posts = Post.objects.select_related("area").in_bulk({e["post_id"] for e in events})
    said = {
        "population": _("opened your record"), "isolation": _("an order, a stay or a check"), "cases": _("your case or contact record"), "laboratory": _("your tests"),
        "plan": _("a list of who is missing"), "passes": _("your pass"), "registers": _("a list"), "exposures": _("a search for visitors of a place where a case had been"),
    }  # fmt: skip
    found: dict[tuple[int, str, UUID | None], datetime] = {}
    counted: Counter[tuple[int, str, UUID | None]] = Counter()
    for e in events:
        key = (e["post_id"], e["kind"].partition(".")[0], glass.glass_of(e["purpose"]))
        found.setdefault(key, e["at"])
        counted[key] += 1
    why = dict(BrokenGlass.objects.filter(pk__in=[broken for _post, _room, broken in found if broken]).values_list("pk", "reason"))
    return [
        {
            "at": at, "who": words.title(posts[post]) if post in posts else _("a post that no longer exists"), "what": said.get(room, _("a record about you")), "count": counted[post, room, broken],
            "glass": words.code(glass.REASONS, why[broken]) if broken in why else "",
        }
        for (post, room, broken), at in list(found.items())[:most]
    ]  # fmt: skip
