"""Who can see this record, and who did."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from sizao.doors.desk.registers import access, row_address
from sizao.doors.kit.lists import zone_of
from sizao.doors.kit.looked import looked
from sizao.doors.kit.pages import page
from sizao.doors.kit.shown import Shown
from sizao.doors.kit.words import Words
from sizao.kernel import audit, clock, seeing
from sizao.kernel.codes import roles
from sizao.kernel.registry import find


def who(request: HttpRequest, register: str, record: UUID) -> HttpResponse:
    """The posts whose grants reach the record, with names or without, and everybody who read or wrote it. Whoever may read the record may ask."""
    scope, found = request.scope.open(), find(register)  # type: ignore[attr-defined]
    row = access(scope, found, record)
    words = Words(request.LANGUAGE_CODE, zone_of(scope))  # type: ignore[attr-defined]
    shown = Shown.of(found, scope, words, [row], what="who")
    area, person = found.area_of(row), found.person_of(row)
    about = [row.pk, *([person] if person is not None and person != row.pk else [])]
    audit.write(scope, "access.asked", about)
    context = {
        "w": words, "title": shown.title(row), "back": row_address(found, row), "d": found.declaration, "area": area, "now": clock.now(),
        "seers": seeing.who_can(area, [found.declaration.read]) if area is not None else [], "looks": seeing.who_did(about), "most": seeing.MOST, "roles_known": roles(), "looked": looked(),
    }  # fmt: skip
    return page(request, "account/who.html", context)
