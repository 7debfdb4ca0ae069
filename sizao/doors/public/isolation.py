"""For anyone: how late people are let go after their order ended, and how objections are answered. Areas and counts; small counts are left out, nobody is named."""

from django.http import HttpRequest, HttpResponse

from sizao.doors.kit.pages import page
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.kernel.codes import threshold
from sizao.kernel.models import Area
from sizao.registers.isolation import lagging, orders, rules


def counted(request: HttpRequest) -> HttpResponse:
    """The last thirty days, by the areas of the second level of the tree."""
    now = clock.now()
    least = int(threshold("public-few", now.date()))
    roots = Area.objects.filter(parent=None, valid_to=None)
    below = list(Area.objects.filter(parent__in=roots, valid_to=None, outside=False).defer("geometry").order_by("code"))
    whole, by_area = lagging.public_lag(below, now)
    few = rules.suppressed({a.pk: lag.let_go for a, lag in by_area}, least)
    few_held = rules.suppressed({a.pk: lag.held for a, lag in by_area}, least)
    shown = {
        "w": Words(request.LANGUAGE_CODE), "now": now, "least": least, "whole": whole, "rows": [(a, lag, a.pk in few, a.pk in few_held) for a, lag in by_area],  # type: ignore[attr-defined]
        "objections": orders.public_objections(now), "user": None, "scope": None, "post": None,
    }  # fmt: skip
    return page(request, "public/isolation.html", shown)
