"""Where a row belongs in the area tree, from names or a code; and a tree that grows from the place columns where no area file was given."""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from sizao.kernel import areas
from sizao.kernel.areas import NewArea
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.models.areas import LEVELS

from .reading import Note
from .values import plain

#: The one area of a store that has no area file: everything lies below it.
ROOT_CODE = "all"


def ensure_root(time_zone: str) -> Area:
    """The top of the tree; a provisional one is made where there is none. Its zone is the one told at the first import."""
    try:
        return areas.root()
    except Refused:
        ZoneInfo(time_zone)
        return areas.grow([NewArea(ROOT_CODE, "全部地区", "root", name_en="All areas", time_zone=time_zone, provisional=True)])[ROOT_CODE]


@dataclass(slots=True)
class Places:
    """Finds areas by the names that a file uses, and grows provisional ones. Names are remembered for one import.

    Attributes:
        home: Where rows belong that name no place: the area of the post that sends them. None: the top.
        strict: The tree comes from an area file, so a name that it does not have is noted.
    """

    root: Area
    home: Area | None = None
    strict: bool = field(init=False)
    _children: dict[tuple[int, str], Area] = field(default_factory=dict)
    _found: dict[tuple[str, tuple[str, ...]], tuple[Area, str | None]] = field(default_factory=dict)
    _by_name: dict[str, list[Area]] = field(default_factory=dict)

    @classmethod
    def dry(cls) -> "Places":
        """For a dry run: the tree as it is, and nothing added; an empty one where there is none."""
        try:
            return cls(areas.root())
        except Refused:
            return cls(Area(pk=0, code=ROOT_CODE, name_zh="全部地区", name_en="All areas", level="root", path="", provisional=True))

    def __post_init__(self) -> None:
        self.strict = not self.root.provisional
        for area in Area.objects.filter(valid_to=None).order_by("pk"):
            self._learn(area)

    def _learn(self, area: Area) -> None:
        for name in {plain(area.name_zh), plain(area.name_en)} - {""}:
            self._children.setdefault((area.parent_id or 0, name), area)
            self._by_name.setdefault(name, []).append(area)

    def find(self, names: tuple[str, ...], code: str = "", *, grow: bool = True) -> tuple[Area, Note | None]:
        """The area that these names mean, from the largest; `code` goes first. What is not known grows below the deepest known one.

        With `grow` False (a dry run) nothing is added and the deepest known area is the answer.
        """
        known = self._found.get((code, names))
        if known is None:
            known = self._look(names, code, grow)
            if grow:
                self._found[code, names] = known
        area, unknown = known
        if area.pk == self.root.pk and not names and not code:
            home = self.home or self.root
            return home, Note("place-missing", None, "", {"area": {"zh": home.name_zh, "en": home.name_en or home.name_zh}})
        return area, Note("place-unknown", None, unknown) if unknown and self.strict else None

    def _look(self, names: tuple[str, ...], code: str, grow: bool) -> tuple[Area, str | None]:
        if code and (area := areas.resolve(code)) is not None:
            return area, None
        here, unknown = self.root, code or None
        for name in names:
            word = plain(name)
            if word in (plain(here.name_zh), plain(here.name_en)):
                continue  # a city that is its own province is written twice
            below = self._children.get((here.pk, word)) or self._deeper(here, word)
            if below is None:
                unknown = name
                if not grow:
                    break
                below = self._add(here, name)
            here = below
        return here, unknown

    def _deeper(self, here: Area, word: str) -> Area | None:
        found = [a for a in self._by_name.get(word, []) if a.path.startswith(here.path)]
        return found[0] if len(found) == 1 and not found[0].provisional else None

    def _add(self, parent: Area, name: str) -> Area:
        own = name.replace("/", "／")
        code = own if parent.pk == self.root.pk and self.root.provisional else f"{parent.code}/{own}"
        level = LEVELS[min(max(LEVELS.index(parent.level) + 1, LEVELS.index("province")), len(LEVELS) - 1)]
        with transaction.atomic():
            with connection.cursor() as cursor:  # another process may meet the same name at the same moment
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext('interop-places'))")
            area = areas.grow([NewArea(code, name, level, parent=parent.code, name_en=name if name.isascii() else "", provisional=True)])[code]
        area.refresh_from_db()
        self._learn(area)
        return area
