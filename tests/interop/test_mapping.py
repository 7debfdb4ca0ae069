"""Which column means what, by example; nobody chooses in silence."""

import pytest

from sizao.interop.dialects import dialects, fold
from sizao.interop.mapping import map_columns
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused

HEADERS = [
    # a sender's header, the kind of table, what some columns mean
    ("患者姓名 性别 年龄（岁） 现住址 发病时间 确诊时间 病例分类", "cases", {"患者姓名": "name", "年龄（岁）": "age", "确诊时间": "confirmed_at", "病例分类": "class"}),
    ("姓名 联系电话 关联病例 末次接触日期 观察开始日期 解除日期", "contacts", {"关联病例": "related_case", "末次接触日期": "last_exposure_on", "解除日期": "released_at"}),
    ("病例编号 姓名 关联病例 发病日期 确诊日期", "cases", {"关联病例": "infector", "病例编号": "source_id"}),
    ("id date_onset date_reporting gender age outcome", "cases", {"id": "source_id", "date_onset": "onset_on", "gender": "sex"}),
    ("case_id infector date_of_onset sex", "cases", {"infector": "infector"}),
    ("epidNumber caseClassification reportDate responsibleRegion responsibleDistrict", "cases", {"responsibleRegion": "area_1", "caseClassification": "class"}),
    ("Nombre Sexo Edad Fecha_de_inicio_de_síntomas Municipio", "cases", {"Nombre": "given_name", "Municipio": "area_2", "Fecha_de_inicio_de_síntomas": "onset_on"}),
    ("contact_id name lastContactDate followUpUntil phone", "contacts", {"contact_id": "source_id", "followUpUntil": "observation_until"}),
]


DS4C = ["patient_id", "sex", "age", "province", "city", "infection_case", "infected_by", "contact_number", "symptom_onset_date", "confirmed_date", "released_date", "deceased_date", "state"]


@pytest.mark.parametrize("header, kind, means", HEADERS)
def test_headers_of_three_languages_map_without_help(header, kind, means):
    mapping = map_columns(header.split(), dialects(), "a.csv")
    assert mapping.kind == kind
    assert {h: mapping.columns.get(h) for h in means} == means


def test_a_line_number_is_no_key():
    mapping = map_columns(["序号", "姓名", "发病日期"], dialects(), "a.csv")
    assert "序号" in mapping.unmapped


def test_the_surer_of_two_key_columns_is_taken_and_two_equal_ones_stop_the_file():
    assert map_columns(["编号", "病例编号", "发病日期"], dialects(), "a.csv").columns == {"病例编号": "source_id", "发病日期": "onset_on"}
    with pytest.raises(Refused, match="key-unsure") as refused:
        map_columns(["病例编号", "患者编号", "发病日期"], dialects(), "a.csv")
    assert refused.value.values["columns"] == ["病例编号", "患者编号"]


def test_of_two_columns_for_one_field_the_second_stays_unmapped_and_is_listed():
    mapping = map_columns(["病例编号", "发病日期", "发病时间"], dialects(), "a.csv")
    assert mapping.unmapped == ["发病时间"]
    assert [(n.code, n.column) for n in mapping.notes] == [("column-unsure", 2)]


def test_a_header_that_tells_nothing_stops_the_file():
    with pytest.raises(Refused, match="table-kind-unsure"):
        map_columns(["a", "b", "c"], dialects(), "a.csv")


def test_the_senders_own_word_goes_first():
    mapping = map_columns(["a", "发病日期", "发病时间"], dialects(), "a.csv", told={"a": "source_id", "发病日期": ""})
    assert mapping.columns == {"a": "source_id", "发病时间": "onset_on"}


def test_the_senders_own_word_goes_before_a_known_export_too():
    mapping = map_columns(DS4C, dialects(), "a.csv", told={"contact_number": "phone"})
    assert (mapping.dialect, mapping.columns["contact_number"], mapping.columns["state"]) == ("ds4c", "phone", "outcome")


def test_a_count_of_contacts_is_no_telephone():
    columns = map_columns(DS4C, dialects(), "p.csv").columns
    assert columns["contact_number"] == "contact_total"
    assert columns["confirmed_date"] == "confirmed_at, reported_at"


def test_every_dialect_uses_codes_that_exist():
    for kind, list_name in (("cases", "case-class"), ("contacts", "contact-class")):
        assert set(filter(None, dialects().words[kind]["class"].values())) <= set(code_list(list_name))
    for form in dialects().forms:
        assert set(filter(None, form.words.get("outcome", {}).values())) <= set(code_list("case-outcome")), form.dialect


def test_headers_are_compared_without_case_width_blanks_and_points():
    assert fold("Date_of Onset ") == fold("dateOfOnset") == fold("ＤＡＴＥ－ＯＦ－ＯＮＳＥＴ")
