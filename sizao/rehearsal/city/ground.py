"""The ground: areas with shapes, the units that lie in them, and who holds which post, with the posts that nobody holds."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sizao.rehearsal.shapes import Lattice

from .town import Town

LEVELS = ("city", "county", "township", "village", "grid")
COUNTY = (("青禾", "Qinghe"), ("柳川", "Liuchuan"), ("石屏", "Shiping"), ("东陵", "Dongling"), ("云和", "Yunhe"), ("安澜", "Anlan"), ("白沙", "Baisha"), ("凤栖", "Fengqi"), ("临溪", "Linxi"), ("长宁", "Changning"))
TOWN = (("城关", "Chengguan"), ("柳河", "Liuhe"), ("石桥", "Shiqiao"), ("东山", "Dongshan"), ("北坪", "Beiping"), ("南湖", "Nanhu"), ("西岭", "Xiling"), ("新塘", "Xintang"), ("古渡", "Gudu"), ("青石", "Qingshi"), ("高桥", "Gaoqiao"), ("沙洲", "Shazhou"))
VILLAGE = (("前进", "Qianjin"), ("和平", "Heping"), ("新华", "Xinhua"), ("杨树", "Yangshu"), ("团结", "Tuanjie"), ("光明", "Guangming"), ("胜利", "Shengli"), ("红星", "Hongxing"), ("建设", "Jianshe"), ("朝阳", "Chaoyang"))

DEPARTMENTS = ("卫生健康局", "财政局", "教育局", "交通运输局", "市场监督管理局", "农业农村局")
#: Kind of unit → (level it lies at, how many in each such area, name, is it a place of work).
UNITS: tuple[tuple[str, str, int, str, bool], ...] = (
    ("village", "village", 1, "村委会", False), ("pharmacy", "village", 1, "药店", True), ("shop", "village", 1, "便民商店", True),
    ("township", "township", 1, "镇政府", True), ("school", "township", 1, "学校", True), ("clinic", "township", 1, "卫生院", True),
    ("gateway", "township", 1, "卡口", False), ("market", "township", 1, "农贸市场", True), ("canteen", "township", 1, "食堂", True),
    ("hotel", "township", 1, "宾馆", True), ("test_site", "township", 1, "采样点", False), ("transport", "township", 1, "客运站", True),
    ("site", "township", 1, "工地", True), ("welfare_home", "township", 1, "养老院", True), ("worship", "township", 1, "活动场所", False),
    ("county", "county", 1, "指挥部", False), ("fever_clinic", "county", 1, "人民医院发热门诊", True), ("laboratory", "county", 1, "检测中心", True),
    ("isolation_site", "county", 2, "集中隔离点", False), ("custody", "county", 1, "监管场所", True), ("maker", "county", 2, "防护用品厂", True),
    ("department", "county", len(DEPARTMENTS), "", True), ("team", "county", 1, "医疗队", False),
)  # fmt: skip
PUPILS_OF_PERSONS, CLASS = 0.13, 40  # how many of all go to school, and how many of them make a class
PERSONS_TO_AN_EMPLOYER = 150

#: Role → the level at which its posts are; one in so many has nobody.
POSTS: tuple[tuple[str, str, int], ...] = (
    ("commander", "city", 0), ("cdc", "county", 0), ("community", "village", 9), ("grid_worker", "grid", 17), ("reporter", "township", 6),
    ("finance", "county", 3), ("civil_affairs", "township", 4), ("secretary", "township", 3), ("desk", "county", 0), ("publisher", "city", 0), ("inspector", "county", 0), ("issuer", "township", 4),
    ("supplies", "county", 0), ("transport", "township", 5), ("industry", "county", 3), ("dispatcher", "city", 0), ("data_steward", "county", 0), ("agriculture", "county", 3),
)  # fmt: skip


def lay(town: Town) -> None:
    """Tables `area`, `unit`, `post`."""
    found = list(areas(town))
    town.table("area", "i INTEGER, code VARCHAR, level VARCHAR, parent INTEGER, name_zh VARCHAR, name_en VARCHAR, geometry VARCHAR, county INTEGER, township INTEGER, village INTEGER", found)
    units = list(enumerate(units_of(town, found)))
    town.table("unit", "i INTEGER, kind VARCHAR, area INTEGER, name VARCHAR, part_of INTEGER, works BOOLEAN, in_use BOOLEAN, since TIMESTAMP", [(i, *u) for i, u in units])
    town.table("post", "i INTEGER, role VARCHAR, area INTEGER, since TIMESTAMP", [(i, *p) for i, p in enumerate(posts(town, found))])


def areas(town: Town) -> Iterator[tuple[Any, ...]]:
    """(number, code, level, number of the one above, names, shape, numbers of its county, township and village)."""
    tree = town.size.tree
    wide = tuple(_product(w for w, _ in tree[k:]) for k in range(len(tree) + 1))
    high = tuple(_product(h for _, h in tree[k:]) for k in range(len(tree) + 1))
    lattice, number = Lattice(town.seed, wide[0], high[0]), 0

    def shape(i: int, j: int, depth: int) -> str:
        return json.dumps(lattice.block(i, j, wide[depth], high[depth]))

    todo: list[tuple[int, str, int | None, str, str, int, int, tuple[int | None, ...]]] = [(0, "9900", None, "云川市（虚构）", "Yunchuan (invented)", 0, 0, ())]
    while todo:
        depth, code, above, zh, en, i, j, line = todo.pop(0)
        mine, number = number, number + 1
        line = (*line, mine)
        yield mine, code, LEVELS[depth], above, zh, en, shape(i, j, depth), *(line[k] if len(line) > k else None for k in (1, 2, 3))
        if depth == len(tree):
            continue
        columns, rows = tree[depth]
        for n in range(columns * rows):
            x, y = i + n % columns * wide[depth + 1], j + n // columns * high[depth + 1]
            below, nzh, nen = _named(depth, code, zh, en, n)
            todo.append((depth + 1, below, mine, nzh, nen, x, y, line))


def _named(depth: int, code: str, zh: str, en: str, n: int) -> tuple[str, str, str]:
    if depth == 0:
        return f"{code}{n + 1:02d}", f"{COUNTY[n][0]}县（虚构）", f"{COUNTY[n][1]} County (invented)"
    if depth == 1:
        return f"{code}{101 + n}", f"{TOWN[n][0]}镇", TOWN[n][1]
    if depth == 2:
        return f"{code}{201 + n}", f"{zh[:2]}{VILLAGE[n][0]}村", f"{VILLAGE[n][1]}, {en}"
    return f"{code}{n + 1:02d}", f"{zh[2:]}{n + 1}网格", f"{en.partition(',')[0]} grid {n + 1}"


def _product(numbers: Any) -> int:
    found = 1
    for n in numbers:
        found *= n
    return found


def units_of(town: Town, found: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """(kind, area, name, unit it is part of, is it a place of work, in use, since when)."""
    r, number, since = random.Random(town.seed + 1), 0, town.begin - timedelta(days=60)
    classes = max(2, round(town.size.persons * PUPILS_OF_PERSONS / CLASS / sum(a[2] == "township" for a in found)))
    for mine, _, level, _, zh, *_ in found:
        for kind, at, count, name, works in UNITS:
            if at != level:
                continue
            for n in range(count):
                in_use = r.random() >= 0.03 if kind in ("pharmacy", "shop", "site", "worship") else True
                called = DEPARTMENTS[n] if kind == "department" else f"{name}{n + 1 if count > 1 else ''}"
                yield kind, mine, f"{zh}{called}", None, works, in_use, since
                head, number = number, number + 1
                for c in range(classes if kind == "school" else 0):
                    yield "class", mine, f"{zh}学校{c + 1}班", head, False, True, since
                    number += 1
    villages = [a for a in found if a[2] == "village"]
    for n in range(max(4, town.size.persons // PERSONS_TO_AN_EMPLOYER)):
        place = r.choice(villages)
        yield "employer", place[0], f"{place[4]}企业{n + 1}", None, True, r.random() >= 0.03, since
    for mine, _, level, _, zh, *_ in found:
        if level == "county":
            yield "charity", mine, f"{zh}红十字会", None, False, True, since


def posts(town: Town, found: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """(role, area, since when) of posts that somebody holds."""
    for role, level, gap in POSTS:
        there = [a[0] for a in found if a[2] == level]
        for n, mine in enumerate(there):
            if gap and len(there) > 1 and n % gap == gap - 1:
                continue  # nobody holds it: what it answers for is ownerless
            yield role, mine, town.begin - timedelta(days=60)
