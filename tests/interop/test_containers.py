"""XLS, ODS and JSON read as the same list in CSV does."""

import json

import pytest
from interop.containers import ods, xls
from interop.test_tables import faults, opened, put, rows

from sizao.interop import json_tables
from sizao.kernel.errors import Refused

HEADER = ["病例编号", "姓名", "性别", "发病日期"]


@pytest.mark.parametrize("name", ["list.xls", "list.xlsx", "list.dat"])
def test_an_old_workbook_reads_whatever_its_name_says(tmp_path, name):
    table = opened(put(tmp_path, xls([HEADER, ["00012", "张三", "男", "2020-01-03"], ["#13", "李四", "女", "#43834"]]), name))
    assert table.header == HEADER
    assert rows(table) == [["00012", "张三", "男", "2020-01-03"], ["13", "李四", "女", "43834"]]


def test_an_open_document_spreadsheet_reads(tmp_path):
    table = opened(put(tmp_path, ods([["某县病例", ""], HEADER, ["00012", "张三", "男", "@2020-01-03"], ["#13", "李四", "女", ""]]), "list.ods"))
    assert table.header == HEADER
    assert rows(table) == [["00012", "张三", "男", "2020-01-03"], ["13", "李四", "女", ""]]


def test_a_workbook_under_a_password_says_so(tmp_path):
    with pytest.raises(Refused, match="file-encrypted"):
        opened(put(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "a.xlsx"))


CASES = [{"病例编号": "0379", "姓名": "张三", "年龄": 68, "密触人数": 2.0}, {"病例编号": 379000005, "姓名": None, "发病日期": "2020-01-11T16:00:00.000Z"}]
TEXTS = ["0379", "张三", "68", "2", ""], ["379000005", "", "", "", "2020-01-11T16:00:00.000Z"]


@pytest.mark.parametrize("form", [lambda c: json.dumps(c), lambda c: json.dumps({"total": 2, "data": c}, ensure_ascii=False), lambda c: "\n".join(map(json.dumps, c))])
def test_json_as_a_list_as_an_answer_and_by_lines_is_one_table(tmp_path, form):
    table = opened(put(tmp_path, form(CASES), "cases.json"))
    assert table.header == ["病例编号", "姓名", "年龄", "密触人数", "发病日期"]
    assert tuple(rows(table)) == TEXTS
    assert [line for b in table.blocks() for line in b.lines] == [2, 3]


def test_nested_objects_become_columns_with_a_dot(tmp_path):
    table = opened(put(tmp_path, json.dumps([{"person": {"firstName": "A", "sex": "M"}, "epidNumber": "X", "tags": ["a", "b"], "deep": {"a": {"b": {"c": 1}}}}]), "a.json"))
    assert table.header == ["person.firstName", "person.sex", "epidNumber", "tags", "deep.a.b"]
    assert rows(table) == [["A", "M", "X", "a, b", '{"c": 1}']]


def test_numbers_that_lost_digits_and_objects_that_are_none_are_told(tmp_path):
    table = opened(put(tmp_path, '[{"病例编号": 1.10105194912310021e17, "姓名": "a"}, 3, {"病例编号": "2", "姓名": "b\\u0000"}]', "a.json"))
    assert faults(table) == {(2, "digits-lost"), (3, "row-unreadable"), (4, "cell-nul")}


@pytest.mark.parametrize("text, code", [("[]", "file-empty"), ('{"a": 1', "file-cut-off"), ("[1, 2]", "file-kind-unknown"), ("{}", "file-"), ("[" * 100_000, "file-")])
def test_json_that_is_no_table_is_refused(tmp_path, text, code):
    with pytest.raises(Refused, match=code):
        opened(put(tmp_path, text, "a.json"))


def test_a_large_document_is_asked_for_by_lines(tmp_path, monkeypatch):
    monkeypatch.setattr(json_tables, "LARGEST_MB", 0)
    path = put(tmp_path, json.dumps(CASES) + " " * (1 << 20), "a.json")
    with pytest.raises(Refused, match="file-too-large"):
        opened(path)
