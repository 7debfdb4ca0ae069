"""Refusals: every code has words in two languages and a cure, and nothing a person typed is ever evaluated or logged."""

import ast
import pickle
import re
from datetime import date
from pathlib import Path

import pytest

import sizao
from sizao.kernel import errors
from sizao.kernel.content_dir import content_dir
from sizao.kernel.errors import Refused, UnknownCode, fill, read_texts, shown, texts

SOURCE = Path(sizao.__file__).parent
CJK = re.compile("[一-鿿]")


def raised_codes() -> list[tuple[str, str, frozenset[str] | None]]:
    """(place, code, names given) of each `Refused("…", …)` in the source; None where values come by `**`."""
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name.endswith("Refused"):
                    given = [keyword.arg for keyword in node.keywords]
                    names = None if None in given else frozenset(str(one) for one in given)
                    found.append((f"{path.relative_to(SOURCE)}:{node.lineno}", node.args[0].value, names))
    return found


def test_each_code_raised_in_the_source_has_a_text():
    assert [f"{place} {code}" for place, code, _ in raised_codes() if code not in texts()] == []


def test_each_raise_gives_the_fields_its_text_needs():
    short = [
        f"{place} {code}: {sorted(texts()[code].fields - names)}"
        for place, code, names in raised_codes()
        if code in texts() and names is not None and texts()[code].fields - names
    ]
    assert short == []


def test_the_files_are_whole_and_no_code_stands_in_two():
    found, faults = read_texts(sorted((content_dir() / "errors").glob("*.yaml")))
    assert faults == []
    assert "not-found-or-out-of-area" in found


def test_chinese_is_chinese_english_is_not_and_both_say_what_to_do():
    for text in texts().values():
        assert CJK.search(text.zh), text.code
        assert CJK.search(text.cure_zh), text.code
        assert not CJK.search(text.en + text.cure_en), text.code


def test_both_languages_show_the_same_values():
    for text in texts().values():
        assert set(errors.FIELD.findall(text.zh)) == set(errors.FIELD.findall(text.en)), text.code


def test_a_refusal_reads_in_both_languages_and_ends_with_its_code():
    refusal = Refused("bad-value", field={"zh": "年龄", "en": "age"}, value="abc", expected="0–120")
    assert refusal.text("zh") == "“abc”不符合“年龄”的要求，应为：0–120。"
    assert (
        str(refusal)
        == 'The value "abc" does not fit age; expected: 0–120. Correct it and send again; nothing else is affected. [bad-value]'
    )


def test_out_of_area_and_absent_answer_with_one_text_and_404():
    assert Refused("not-found-or-out-of-area").as_problem() == Refused("not-found-or-out-of-area").as_problem()
    assert Refused("not-found-or-out-of-area").as_problem()["status"] == 404


def test_an_unknown_code_is_a_fault_in_tests_and_only_looks_poor_in_service(monkeypatch):
    with pytest.raises(UnknownCode, match="no text for the error code"):
        Refused("no-such-code")
    monkeypatch.setattr(errors, "strict", lambda: False)
    refusal = Refused("no-such-code", name="王小明")
    assert (refusal.text("zh"), refusal.status, str(refusal), refusal.safe) == (
        "no-such-code",
        422,
        "no-such-code [no-such-code]",
        "no-such-code",
    )


def test_a_field_not_given_is_a_fault_in_tests_and_dots_in_service(monkeypatch):
    with pytest.raises(UnknownCode, match="needs the field 'value'"):
        Refused("bad-value", field="age", expected="1").text("en")
    monkeypatch.setattr(errors, "strict", lambda: False)
    assert Refused("bad-value", field="age", expected="1").text("en") == 'The value "…" does not fit age; expected: 1.'


@pytest.mark.parametrize(
    "typed", ["{value}", "{0.__class__}", "{value.__init__.__globals__}", "%(value)s", "${7*7}", "{{7*7}}", "{field!r:>99}"]
)
def test_what_a_person_typed_is_shown_and_never_evaluated(typed):
    assert f'"{typed}"' in Refused("bad-value", field="age", value=typed, expected="1").text("en")


def test_only_a_plain_name_is_a_field():
    assert fill("{a.b} {a[0]} {a!r} {a:9} {} {a}", {"a": 1}, "en") == "{a.b} {a[0]} {a!r} {a:9} {} 1"


def test_values_are_one_short_line_without_direction_marks():
    assert shown("a\u202e\nb\x00c", "en") == "a b c"
    assert len(shown("长" * 10_000, "zh")) == errors.LONGEST_VALUE
    assert (shown(date(2024, 3, 8), "zh"), shown(None, "zh"), shown([1, "b"], "en")) == ("2024-03-08", "—", "1, b")


def test_logs_get_the_code_and_counts_but_never_a_name_or_number_of_a_person():
    refusal = Refused("bad-value", field="phone", value=13800138000, expected="x", row=7, count=13800138000, name="王小明")
    assert refusal.safe == "bad-value row=7"


def test_a_refusal_survives_the_way_between_processes():
    again = pickle.loads(pickle.dumps(Refused("not-allowed", permission="case.read")))
    assert (again.code, again.values) == ("not-allowed", {"permission": "case.read"})


def test_all_faults_of_a_text_file_are_named_at_once(tmp_path):
    (tmp_path / "a.yaml").write_text("one: {zh: 一, en: one, cure: {zh: 二, en: two}}\nBad_Code: {}\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text(
        "one: {zh: 一, en: one, cure: {zh: 二, en: two}}\ntwo: {zh: '{x.y}', cure: {zh: 改}, status: 7}\n", encoding="utf-8"
    )
    (tmp_path / "c.yaml").write_text("- [", encoding="utf-8")
    found, faults = read_texts(sorted(tmp_path.glob("*.yaml")))
    assert set(found) == {"one"}
    assert [fault.split(":", 1)[0] for fault in faults] == ["a.yaml", *["b.yaml"] * 5, "c.yaml"]
