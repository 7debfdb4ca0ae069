"""Area files: CSV, XLSX or GeoJSON with code, name, parent, level, time zone and geometry, into the kernel's dated tree."""

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sizao.kernel import areas as kernel
from sizao.kernel.areas import NewArea
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.models.areas import LEVELS
from sizao.kernel.scope import Scope

from .dialects import fold
from .opening import open_table
from .places import ROOT_CODE

COLUMNS = {
    "code": ("code", "area_code", "adcode", "pcode", "区划代码", "行政区划代码", "编码", "代码", "id"),
    "name_zh": ("name_zh", "name", "名称", "地名", "区域名称", "nombre"),
    "name_en": ("name_en", "英文名", "english name"),
    "parent": ("parent", "parent_code", "上级", "上级代码", "父级代码", "parent_location_id"),
    "level": ("level", "级别", "层级", "admin_level"),
    "time_zone": ("time_zone", "timezone", "时区"),
    "outside": ("outside", "辖区外"),
}  # fmt: skip
_FIELD = {fold(alias): name for name, aliases in COLUMNS.items() for alias in aliases}
_LEVELS = {
    **{name: name for name in LEVELS},
    **dict(zip(["国", "省", "市", "县", "乡", "村", "网格"], ("country", "province", "city", "county", "township", "village", "grid"), strict=True)),
    **dict(zip(["国家", "省级", "地级", "县级", "乡级", "村级"], ("country", "province", "city", "county", "township", "village"), strict=True)),
    **{str(n): LEVELS[n + 1] for n in range(len(LEVELS) - 1)},
    "district": "county", "prefecture": "city", "street": "township", "region": "province",
}  # fmt: skip


def load_areas(scope: Scope, path: Path | str, *, time_zone: str = "Asia/Shanghai") -> int:
    """Puts an area file into the tree; how many areas it names. Parents may come in any order.

    Several areas without a parent are put below one top. Refused: area-file-unreadable (with the row), file-*, not-allowed.
    """
    scope.check("import.write")
    path = Path(path)
    rows = _geojson(path) if path.suffix.lower() in (".geojson", ".json") else _table(path)
    if not rows:
        raise Refused("file-empty", file=path.name)
    return len(kernel.grow(_sorted(path, rows, time_zone)))


def _table(path: Path) -> list[tuple[int, dict[str, Any]]]:
    table = open_table(path, knows=lambda h: fold(h) in _FIELD)
    names = [_FIELD.get(fold(h)) for h in table.header]
    return [
        (line, {n: c.strip() for n, c in zip(names, row, strict=True) if n and c.strip()})
        for block in table.blocks()
        for line, row in zip(block.lines, block.rows, strict=True)
        if any(c.strip() for c in row)
    ]


def _geojson(path: Path) -> list[tuple[int, dict[str, Any]]]:
    try:
        features = json.loads(path.read_text(encoding="utf-8-sig"))["features"]
        rows = []
        for i, feature in enumerate(features, 1):
            told = {_FIELD[fold(k)]: v for k, v in (feature.get("properties") or {}).items() if fold(k) in _FIELD and not isinstance(v, dict | list)}
            parent = (feature.get("properties") or {}).get("parent")
            if isinstance(parent, dict) and parent.get("adcode"):  # the form of the public boundary files of China
                told["parent"] = parent["adcode"]
            rows.append((i, {k: str(v).strip() for k, v in told.items() if v not in (None, "")} | {"geometry": feature.get("geometry")}))
        return rows
    except (OSError, UnicodeDecodeError) as fault:
        raise Refused("file-not-readable", file=path.name, reason=type(fault).__name__) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused("area-file-unreadable", file=path.name, row=0, reason="GeoJSON FeatureCollection?") from None


def _sorted(path: Path, rows: list[tuple[int, dict[str, Any]]], time_zone: str) -> list[NewArea]:
    """Parents first; every fault names its row."""
    told: dict[str, tuple[int, dict[str, Any]]] = {}
    for line, row in rows:
        if not row.get("code") or not (row.get("name_zh") or row.get("name_en")):
            raise Refused("area-file-unreadable", file=path.name, row=line, reason="code, name?")
        if row["code"] in told:
            raise Refused("area-file-unreadable", file=path.name, row=line, reason=f"code {row['code']} twice")
        told[row["code"]] = (line, row)
    stored = set(Area.objects.filter(code__in={r.get("parent") for _, r in told.values()} - {None}, valid_to=None).values_list("code", flat=True))
    tops = [c for c, (_, r) in told.items() if not r.get("parent") or (r["parent"] not in told and r["parent"] not in stored)]
    top = Area.objects.filter(parent=None, valid_to=None).order_by("pk").first()
    out: dict[str, NewArea] = {}
    above = top.code if top is not None else None
    if above is None and len(tops) > 1:
        out[ROOT_CODE] = NewArea(ROOT_CODE, "全部地区", "root", name_en="All areas", time_zone=time_zone)
        above = ROOT_CODE
    for code in told:
        chain: list[str] = []
        at: str | None = code
        while at is not None and at in told and at not in out:
            if at in chain:
                raise Refused("area-file-unreadable", file=path.name, row=told[at][0], reason=f"{at} lies below itself")
            chain.append(at)
            at = told[at][1].get("parent")
        for name in reversed(chain):
            out[name] = _area(path, *told[name], above=above if name != above else None, known=set(out) | stored, time_zone=time_zone)
    return list(out.values())


def _area(path: Path, line: int, row: dict[str, Any], *, above: str | None, known: set[str], time_zone: str) -> NewArea:
    parent = row.get("parent") if row.get("parent") in known else above
    level = _LEVELS.get(row.get("level", "").casefold()) or _by_code(row["code"], parent is None)
    zone = row.get("time_zone", "") or (time_zone if parent is None else "")
    try:
        if zone:
            ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise Refused("area-file-unreadable", file=path.name, row=line, reason=zone) from None
    return NewArea(
        row["code"], row.get("name_zh") or row["name_en"], level, parent=parent, name_en=row.get("name_en", ""), time_zone=zone, geometry=row.get("geometry"),
        outside=row.get("outside", "").casefold() in ("true", "1", "yes", "是"),
    )  # fmt: skip


def _by_code(code: str, is_top: bool) -> str:
    """The level that a code of GB/T 2260 or of the twelve-digit statistical code shows by its own form."""
    if is_top and not code.isdigit():
        return "root"
    if not code.isdigit() or len(code) not in (2, 4, 6, 9, 12):
        return "county"
    whole = code.ljust(12, "0")
    for end, level in ((2, "province"), (4, "city"), (6, "county"), (9, "township")):
        if set(whole[end:]) <= {"0"}:
            return level
    return "village"
