"""Who is isolated goes wrong first here: gone, in two places at once, nobody knows where, alone, held too long, asked for nothing, untested. What has a clock stands with it, the most urgent first."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.kit.moments import asked
from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.flows import isolation_ordered, left_alone
from sizao.kernel import clock
from sizao.kernel.codes import code_list
from sizao.kernel.ids import uuid7
from sizao.registers.isolation import absent, lagging, places
from sizao.registers.isolation import orders as read
from sizao.registers.population import read as population

SAID = ("visited", "settled", "kept")
#: Rows of a list on this page.
MOST = 200


def board(request: HttpRequest) -> HttpResponse:
    """The lists. Names as this post may see them; the read is on record once for all of them."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    now = clock.now()
    absences, held = absent.open_absences(scope), lagging.still_held(scope, now)
    alone, proposed, untested = left_alone.alone(scope, now), isolation_ordered.to_propose(scope, now), read.without_exit_test(scope, now)
    doubled, unplaced = places.doubled(scope, now), places.unplaced(scope, now)[:MOST]
    whom = [s.person_id for some in doubled for s in some] + [o.person_id for o in unplaced]
    whom += [a.person_id for a in absences] + [s.person_id for s, _, _ in held] + [a.person.pk for a in alone] + [p.person for p in proposed] + [o.person_id for o, _ in untested]
    words = Words(request.LANGUAGE_CODE, scope.post.area.zone)  # type: ignore[attr-defined]
    shown = {
        "w": words, "now": now, "absences": absences, "held": held, "alone": alone, "proposed": proposed, "untested": untested, "doubled": doubled, "unplaced": unplaced, "names": population.names_of(scope, whom, "isolation.board") if whom else {},
        "outcomes": [(k, words.code("absence-outcome", k)) for k in code_list("absence-outcome")], "needs": [(k, words.code("need-found", k)) for k in code_list("need-found")],
        "may_stay": scope.can("stay.write"), "may_visit": scope.can("ledger.write"), "may_order": scope.can("order.issue"), "key": uuid7(),
        "said": request.GET.get("said") if request.GET.get("said") in SAID else "",
    }  # fmt: skip
    return page(request, "desk/isolation.html", shown)


def settle(request: HttpRequest, absence: UUID) -> HttpResponse:
    """Somebody who had gone was reached."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    zone = scope.post.area.zone
    absent.settle(scope, absence, outcome=request.POST.get("outcome", ""), need=request.POST.get("need") or "none", at=asked(request, "at", zone))
    return HttpResponseRedirect(url("isolation", {"said": "settled"}))


def keep(request: HttpRequest, stay: UUID) -> HttpResponse:
    """Of two places that are told of somebody, this is where he is. Whom that leaves alone is on the list at once."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    left_alone.put_on_list(scope, [places.keep(scope, stay)])
    return HttpResponseRedirect(url("isolation", {"said": "kept"}))


def visit(request: HttpRequest, person: UUID) -> HttpResponse:
    """Somebody who is left alone was visited or called, with one tap."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    left_alone.record_visit(scope, person, how=request.POST.get("how", ""), need=request.POST.get("need") or "none", key=request.POST.get("key", "")[:64])
    left_alone.put_on_list(scope, [person])
    return HttpResponseRedirect(url("isolation", {"said": "visited"}))
