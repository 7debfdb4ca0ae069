"""A test call from the first page: one press, recorded, and back."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from sizao.doors.kit.pages import see
from sizao.doors.kit.templates import url
from sizao.flows import seat_called


def call(request: HttpRequest, seat: UUID) -> HttpResponse:
    """Records the call. Refused: not-allowed, not-found-or-out-of-area, bad-value."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    seat_called.called(scope, seat, request.POST.get("outcome", ""))
    return see(f"{url('overview', {'area': request.POST.get('back', '')})}#seats")
