"""Which plans the store knows, and which text of each is in force where, since when and by whom."""

from django.http import HttpRequest, HttpResponse

from sizao.doors.kit.pages import page
from sizao.kernel import clock
from sizao.plan import editions


def plans(request: HttpRequest) -> HttpResponse:
    """Plans in force first; what waits for a second person stands on top."""
    scope = request.scope.open()
    found = editions.plans(scope)
    done = request.GET.get("enacted", "")
    return page(
        request,
        "command/plan_list.html",
        {
            "plans": found,
            "waiting": [(p, e) for p in found for e in p.waiting],
            "now": clock.now(),
            "may_enact": scope.can("content.enact"),
            "enacted": next((e for p in found for e in (*p.in_force, *p.to_come) if str(e.pk) == done), None),
        },
    )
