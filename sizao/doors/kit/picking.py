"""An area chosen in a form: what a typed text may mean, and which area it is. With a script a list to choose from; without one the code, or a name that only one area has."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _

from sizao.doors.kit.words import Words
from sizao.kernel import areas
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope

MOST = 12
#: Stands between the code of what was chosen and its name.
BETWEEN = " · "


def areas_meant(text: str, language: str, seen: Q | None = None, most: int = MOST) -> list[tuple[str, str, str]]:
    """(code, name, name of the area above) of areas in force whose code begins with the text or whose name has it in it. `seen`: among which. One statement."""
    if not text.strip():
        return []
    meant = Q(code__startswith=text) | Q(name_zh__contains=text) | Q(name_en__icontains=text)
    found = Area.objects.filter(meant, seen or Q(), valid_to=None).select_related("parent").defer("geometry", "parent__geometry").order_by("level", "code")[:most]
    words = Words(language)
    return [(a.code, words.name(a), words.name(a.parent) if a.parent_id else "") for a in found]


def area_of(scope: Scope, text: str, permission: str = "") -> Area | None:
    """The area that a field's text names: what was picked, a code (also an old one), or a name that only one area has (of those where this scope may do it)."""
    code = text.strip()[:120].split(BETWEEN)[0].strip()
    if not code:
        return None
    if (area := areas.resolve(code)) is not None:
        return area
    found = _meant(scope, code, permission)
    exact = [c for c, name, _above in found if name == code] or [c for c, *_ in found]
    return areas.resolve(exact[0]) if len(exact) == 1 else None


def chosen(scope: Scope, text: str, permission: str = "") -> Area:
    """The same, refused bad-value with those that it may mean."""
    if (area := area_of(scope, text, permission)) is not None:
        return area
    found = _meant(scope, text.strip()[:120], permission)
    raise Refused("bad-value", field=_("Area"), value=text.strip()[:120], expected="; ".join(f"{c}{BETWEEN}{name}" for c, name, _above in found) or _("name or code of an area"))


def _meant(scope: Scope, text: str, permission: str) -> list[tuple[str, str, str]]:
    return areas_meant(text, scope.language, scope.area_filter("", permission) if permission else None)
