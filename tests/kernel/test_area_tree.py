"""The tree of areas: subtrees are prefixes, zones are inherited, old codes go on resolving."""

from datetime import date

import pytest

from sizao.kernel import areas
from sizao.kernel.areas import NewArea
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area


def test_a_subtree_is_a_prefix_of_the_path(county):
    township = county.areas["990001101"]
    assert Area.objects.filter(path__startswith=township.path).count() == 7  # itself, two villages, four grids


def test_the_time_zone_is_inherited_until_an_area_has_its_own(county):
    grown = areas.grow([NewArea("990001109", "西陲镇", "township", "990001", time_zone="Asia/Urumqi"), NewArea("990001109201", "某村", "village", "990001109")])
    assert grown["990001109201"].zone == "Asia/Urumqi"
    assert county.areas["990001101201"].zone == "Asia/Shanghai"


def test_growing_the_same_tree_again_changes_nothing(county):
    before = set(Area.objects.values_list("pk", "path", "name_zh"))
    areas.grow([NewArea("990001101", "1号镇", "township", "990001", "Township 1")])
    assert set(Area.objects.values_list("pk", "path", "name_zh")) == before


def test_a_moved_area_takes_its_subtree_along(county):
    areas.grow([NewArea("990001101201", "1-1村", "village", "990001102")])
    grid = Area.objects.get(code="990001101201-1")
    assert grid.path.startswith(county.areas["990001102"].path)


def test_a_missing_parent_is_named(county):
    with pytest.raises(Refused) as refused:
        areas.grow([NewArea("x", "某村", "village", "nowhere")])
    assert refused.value.code == "area-without-parent"


def test_merged_codes_go_on_resolving_and_the_day_decides(county):
    areas.grow([NewArea("990001103", "合并镇", "township", "990001")])
    areas.succeed(["990001101", "990001102"], ["990001103"], "merged", date(2026, 7, 1))
    assert areas.resolve("990001101").code == "990001103"
    assert areas.resolve("990001101", date(2026, 6, 30)).code == "990001101"


def test_a_split_area_resolves_to_itself_because_nobody_knows_which_half(county):
    areas.grow([NewArea("990001104", "东镇", "township", "990001"), NewArea("990001105", "西镇", "township", "990001")])
    areas.succeed(["990001101"], ["990001104", "990001105"], "split", date(2026, 7, 1))
    assert areas.resolve("990001101").code == "990001101"


def test_another_system_s_code_finds_the_area(county):
    areas.grow([NewArea("990001101", "1号镇", "township", "990001", codes=(("pcode", "QH0101"),))])
    assert areas.resolve("QH0101").code == "990001101"
    assert areas.resolve("nobody") is None
