"""Area files into the tree."""

import json

import pytest

from sizao.interop.areas import load_areas
from sizao.interop.intake import import_files
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.registers.cases.models import Case

pytestmark = pytest.mark.django_db


def put(tmp_path, text, name="areas.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_of_areas_in_any_order_becomes_a_tree(system, tmp_path):
    path = put(tmp_path, "代码,名称,上级,级别,时区\n330102,上城区,3301,县,\n33,浙江省,,省,Asia/Shanghai\n3301,杭州市,33,市,\n")
    assert load_areas(system, path) == 3
    county = Area.objects.get(code="330102")
    assert (county.level, county.zone, county.provisional) == ("county", "Asia/Shanghai", False)
    assert [Area.objects.get(pk=int(pk)).code for pk in county.path.strip(".").split(".")] == ["33", "3301", "330102"]


def test_levels_follow_from_codes_and_several_tops_get_one_above(system, tmp_path):
    load_areas(system, put(tmp_path, "code,name,parent\n110000,甲,\n120000,乙,\n110100,丙,110000\n110101,丁,110100\n110101001000,戊,110101\n"))
    assert dict(Area.objects.values_list("code", "level")) == {
        "all": "root", "110000": "province", "120000": "province", "110100": "city", "110101": "county", "110101001000": "township"
    }  # fmt: skip


def test_geojson_keeps_its_shapes(system, tmp_path):
    shape = {"type": "Point", "coordinates": [120, 30]}
    features = [
        {"type": "Feature", "properties": {"adcode": 330000, "name": "浙江省", "level": "province"}, "geometry": None},
        {"type": "Feature", "properties": {"adcode": 330100, "name": "杭州市", "level": "city", "parent": {"adcode": 330000}}, "geometry": shape},
    ]
    load_areas(system, put(tmp_path, json.dumps({"type": "FeatureCollection", "features": features}), "a.geojson"))
    assert Area.objects.get(code="330100").geometry == shape
    assert Area.objects.get(code="330100").parent.code == "330000"


@pytest.mark.parametrize("text", ["code,name,parent\n1,a,2\n2,b,1\n", "code,name\n1,a\n1,b\n", "code,name\n1,\n", "code,name,time_zone\n1,a,Mars/Olympus\n"])
def test_a_faulty_area_file_names_its_row_and_changes_nothing(system, tmp_path, text):
    with pytest.raises(Refused, match="area-file-unreadable"):
        load_areas(system, put(tmp_path, text))
    assert Area.objects.count() == 0


def test_an_area_file_that_comes_later_takes_over_the_provisional_areas(system, tmp_path):
    lines = put(tmp_path, "病例编号,省,市,报告日期\n1,甲省,乙市,2020-01-03\n", "cases.csv")
    import_files(system, [lines], disease="covid-19")
    load_areas(system, put(tmp_path, "code,name,parent,level\n甲省,甲省,,province\n甲省/乙市,乙市,甲省,city\n"))
    assert not Area.objects.get(code="甲省/乙市").provisional
    assert Case.objects.get().area.code == "甲省/乙市"
