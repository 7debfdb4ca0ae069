"""Where a message says that a person lives: an area by its code, else by the smallest place whose name only one area has, below what the post answers for."""

from collections.abc import Iterable

from django.db.models import Q

from sizao.kernel import areas
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope

from .told import ToldPerson


class Where:
    """Areas of the persons of one batch: two statements, however many persons. `home`: of who tells no place that is known here."""

    def __init__(self, scope: Scope, people: Iterable[ToldPerson]) -> None:
        told = list(people)
        self.home = scope.post.area if scope.post is not None else areas.root()
        names, codes = {n for p in told for n in p.places}, {p.area_code for p in told} - {""}
        self.by_code: dict[str, Area] = {}
        self.by_name: dict[str, list[Area]] = {}
        if not names and not codes:
            return
        for area in Area.objects.filter(Q(code__in=codes) | Q(name_zh__in=names) | Q(name_en__in=names), scope.area_filter("", "specimen.write"), valid_to=None):
            if area.code in codes:
                self.by_code[area.code] = area
            for name in {area.name_zh, area.name_en} & names:
                self.by_name.setdefault(name, []).append(area)

    def find(self, person: ToldPerson) -> tuple[Area, bool]:
        """The area, and whether the message named it."""
        if (found := self.by_code.get(person.area_code)) is not None:
            return found, True
        for name in person.places:
            if len(fitting := self.by_name.get(name, ())) == 1:
                return fitting[0], True
        return self.home, False


def home(scope: Scope) -> Area:
    """The area of the post that sends; the top where the machine does. Refused: no area yet."""
    if scope.post is not None:
        return scope.post.area
    try:
        return areas.root()
    except Refused:
        raise Refused("exchange-no-area") from None
