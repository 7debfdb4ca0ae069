"""A moment that a form tells, in the civil time of an area."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils.translation import gettext as _

from sizao.kernel.errors import Refused


def asked(request: HttpRequest, name: str, zone: str) -> datetime | None:
    """The moment in that field; None when it was left empty. Refused: bad-value."""
    text = request.POST.get(name, "").strip()
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("bad-value", field=_("time"), value=text, expected="2026-01-31T18:00") from None
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))
