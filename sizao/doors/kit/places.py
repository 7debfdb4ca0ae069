"""The area that a page is about, its way up and what lies below it."""

from collections.abc import Sequence

from django.http import HttpRequest

from sizao.kernel import areas
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope


def asked(request: HttpRequest, scope: Scope, permission: str = "plan.read") -> Area:
    """The area named by `?area=` (a code, also an old one), else the post's own. Refused not-found-or-out-of-area."""
    code = request.GET.get("area", "")
    area = areas.resolve(code) if code else (scope.post.area if scope.post else areas.root())
    if area is None:
        raise Refused("not-found-or-out-of-area")
    scope.check(permission, area)
    return area


def way_up(scope: Scope, area: Area, permission: str = "plan.read") -> list[Area]:
    """From the top of what this scope may see down to the area itself."""
    ids = [int(i) for i in area.path.split(".") if i]
    found = {a.pk: a for a in Area.objects.filter(pk__in=ids).defer("geometry")}
    return [found[i] for i in ids if i in found and scope.can(permission, found[i])]


def children(area: Area) -> list[Area]:
    """The areas right below, in force, in the order of their codes."""
    return list(Area.objects.filter(parent=area, valid_to=None).defer("geometry").order_by("code"))


def have_shapes(area: Area) -> bool:
    """Whether anything right below has a shape to draw."""
    return bool(Area.objects.filter(parent=area, valid_to=None, geometry__isnull=False).exists())


def shapes(area: Area) -> Sequence[Area]:
    """The areas right below that have a shape; the area itself when it is a leaf."""
    below = list(Area.objects.filter(parent=area, valid_to=None, geometry__isnull=False).order_by("code"))
    return below or [area][: int(area.geometry is not None)]
