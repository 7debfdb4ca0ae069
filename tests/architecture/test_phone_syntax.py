"""Old phones read no newer words: every program that a phone runs is of ES2018 or older, as a parser of the language sees it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

DOORS = Path(__file__).resolve().parents[2] / "sizao" / "doors"
PROGRAMS = sorted(
    [*DOORS.glob("field/phone/*.js"), *DOORS.glob("device/*.js"), *DOORS.glob("gate/*.*js"), *DOORS.glob("sampling/*.js"), *DOORS.glob("verify/*.*js"), DOORS / "static/sizao/field.js", DOORS / "static/sizao/theme.js"]
)  # fmt: skip
#: What came after ES2018, by the parser's name of it.
NEWER = {
    "optional_chain": 2020, "??": 2020, "import.meta": 2020, "meta_property": 2020, "namespace_export": 2020,
    "??=": 2021, "||=": 2021, "&&=": 2021,
    "field_definition": 2022, "private_property_identifier": 2022, "class_static_block": 2022,
}  # fmt: skip
PARSER = Parser(Language(tree_sitter_javascript.language()))


def nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from nodes(child)


def newer(text: str) -> list[str]:
    """What in a program is no ES2018: (line: what, since when); a text that is none is "not the language"."""
    found = []
    for node in nodes(PARSER.parse(text.encode()).root_node):
        line, words = node.start_point[0] + 1, (node.text or b"").decode()
        if node.is_error or node.is_missing:
            found.append(f"{line}: not the language")
        elif node.type in NEWER:
            found.append(f"{line}: {node.type}, ES{NEWER[node.type]}")
        elif node.type == "catch_clause" and node.child_by_field_name("parameter") is None:
            found.append(f"{line}: catch without a name, ES2019")
        elif node.type == "number" and (words.endswith("n") or "_" in words):
            found.append(f"{line}: {words}, ES2020 or ES2021")
        elif node.type == "call_expression" and node.children[0].type == "import":
            found.append(f"{line}: import(), ES2020")
        elif node.type == "regex_flags" and set(words) & set("dv"):
            found.append(f"{line}: regular expression with {words}, ES2022")
    return found


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_a_phone_s_program_is_no_newer_than_es2018(path):
    assert newer(path.read_text()) == []


@pytest.mark.parametrize(
    "text",
    ["a?.b", "a?.[0]", "a?.()", "a ?? b", "a ||= b", "a ??= b", "try { a() } catch { b() }", "x = 1n + 2n", "x = 1_000", "class A { b = 1 }", "class A { #b() {} }", "class A { static { b() } }", "import('a')", "import.meta.url", "export * as a from 'b'", "x = /a/d", "x = = 1"],
)
def test_what_is_newer_is_found(text):
    assert newer(text)


def test_what_es2018_has_is_let_through():
    assert newer("async function f({a, ...b}) { for await (const c of d) { x = {...b, [c]: `${a}` ** 2}; } try { y() } catch (e) { z(/(?<n>a)/su) } finally {} }") == []
