"""What a desk records about a case: that it was investigated, that its isolation began. The answer is the case's page again."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from sizao.doors.kit.templates import url
from sizao.flows import case_by_definition
from sizao.flows.case_investigated import Investigated, record_investigations
from sizao.flows.isolation_began import Isolated, record_isolations
from sizao.flows.outcome import Outcome
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope


def investigated(request: HttpRequest, case: UUID) -> HttpResponse:
    """The form of the investigation: when, and what was found."""
    scope = request.scope.open()
    done = Investigated(case, _when(request, scope), request.POST.get("findings", "").strip()[:4000])
    return _answer(case, record_investigations(scope, [done])[0])


def isolated(request: HttpRequest, case: UUID) -> HttpResponse:
    """The form of the isolation: when, and where."""
    scope = request.scope.open()
    return _answer(case, record_isolations(scope, [Isolated(case, _when(request, scope), request.POST.get("kind", ""))])[0])


def found(request: HttpRequest, case: UUID) -> HttpResponse:
    """One finding that the case definition asks for: it is so, or not."""
    finding, _colon, answer = request.POST.get("answer", "").partition(":")
    return _answer(case, case_by_definition.tell(request.scope.open(), case, finding, {"yes": True, "no": False}.get(answer)))


def classified(request: HttpRequest, case: UUID) -> HttpResponse:
    """The case gets the class that its definition gives."""
    return _answer(case, case_by_definition.classify(request.scope.open(), case))


def _when(request: HttpRequest, scope: Scope) -> datetime:
    """The moment in the form, in the civil time of the post's area; now when it was left empty. Refused: bad-value."""
    text = request.POST.get("at", "").strip()
    if not text:
        return clock.now()
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("bad-value", field=_("time"), value=text, expected="2026-01-31T18:00") from None
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(scope.post.area.zone if scope.post else "Asia/Shanghai"))


def _answer(case: UUID, outcome: Outcome) -> HttpResponse:
    if outcome.kind == "rejected":
        problem = outcome.problems[0]
        raise Refused(problem.code, field=problem.field, value=problem.value)
    return HttpResponseRedirect(url("case", case=case))
