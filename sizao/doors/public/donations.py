"""For anyone: what was given and where it went. Goods by kind and month, money by month and use; nobody is named who did not agree to it."""

from django.http import HttpRequest, HttpResponse

from sizao.doors.kit.pages import page
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.registers.resources import giving


def ledger(request: HttpRequest) -> HttpResponse:
    """Goods given: what came, what was handed on, what waits, by item and the area that it is for."""
    goods = giving.donated()
    shown = {"w": Words(request.LANGUAGE_CODE), "goods": goods, "now": clock.now(), "user": None, "scope": None, "post": None, "section": "donations"}  # type: ignore[attr-defined]
    return page(request, "public/donations.html", shown)
