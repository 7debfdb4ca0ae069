"""Old phones read no newer words: every program that a phone runs parses as ES2018 or older. Esprima knows the language up to ES2017, which is the stricter."""

from pathlib import Path

import esprima
import pytest

DOORS = Path(__file__).resolve().parents[2] / "sizao" / "doors"
PROGRAMS = sorted(
    [*DOORS.glob("field/phone/*.js"), *DOORS.glob("device/*.js"), *DOORS.glob("gate/*.*js"), *DOORS.glob("sampling/*.js"), *DOORS.glob("verify/*.*js"), DOORS / "static/sizao/field.js", DOORS / "static/sizao/theme.js"]
)  # fmt: skip


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_a_phone_s_program_is_no_newer_than_es2018(path):
    text = path.read_text()
    (esprima.parseModule if path.suffix == ".mjs" else esprima.parseScript)(text)


@pytest.mark.parametrize("newer", ["a?.b", "a ?? b", "try { a } catch { b }", "a ||= b", "1n + 2n", "class A { b = 1 }"])
def test_the_parser_refuses_what_is_newer(newer):
    with pytest.raises(esprima.Error):
        esprima.parseScript(newer)
