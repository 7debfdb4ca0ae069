"""What a text in the picker of an area may mean."""

from django.http import HttpRequest, HttpResponse

from sizao.doors.kit import picking
from sizao.doors.kit.pages import page


def pick(request: HttpRequest) -> HttpResponse:
    """Areas to choose from; `may`: only those in which one's post may do that. Names of areas are public."""
    text, may = request.GET.get("q", "").strip()[:80], request.GET.get("may", "")
    seen = request.scope.open().area_filter("", may) if may else None  # type: ignore[attr-defined]
    return page(request, "desk/found.html", {"found": picking.areas_meant(text, request.LANGUAGE_CODE, seen)})  # type: ignore[attr-defined]
