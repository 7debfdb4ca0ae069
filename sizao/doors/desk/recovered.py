"""Who recovered and is followed for a year: due for the week's look or the month's sample, each recorded with one tap."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.flows import recovered as flow
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.registers.cases import read as cases
from sizao.registers.population import read as population


def recovered(request: HttpRequest) -> HttpResponse:
    """The list, who is due first."""
    scope, now = request.scope.open(), clock.now()  # type: ignore[attr-defined]
    rows = flow.followed(scope, now)
    shown = {
        "w": Words(request.LANGUAGE_CODE, scope.post.area.zone), "now": now, "rows": rows, "names": population.names_of(scope, {f.case.person_id for f in rows}, "care.recovered") if rows else {},  # type: ignore[attr-defined]
        "late": sum(f.weekly_late or f.monthly_late for f in rows), "key": uuid7(), "may_record": scope.can("ledger.write"), "may_sample": scope.can("specimen.write"), "said": request.GET.get("said") == "1",
    }  # fmt: skip
    return page(request, "desk/recovered.html", shown)


def record(request: HttpRequest, case: UUID) -> HttpResponse:
    """One tap: seen and well, seen with symptoms, sampled."""
    scope, do = request.scope.open(), request.POST.get("do", "")  # type: ignore[attr-defined]
    row, key = cases.access_case_by_id(scope, case), request.POST.get("key", "")[:64]
    if do in ("ok", "symptoms"):
        flow.record_week(scope, row.pk, do, key=key)
    elif do == "sampled":
        flow.record_sample(scope, row.pk, key=key)
    else:
        raise Refused("bad-value", field="do", value=do, expected="ok, symptoms, sampled")
    return HttpResponseRedirect(url("care-recovered", {"said": "1"}))
