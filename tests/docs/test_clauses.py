"""Every clause of the rights has a test that names it, and every test that the page names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE_OF_VISITS = ROOT / "docs" / "explanation" / "never-by-person.md"
PAGE = (ROOT / "docs" / "explanation" / "rights-proved.md").read_text(encoding="utf-8")


def test_each_clause_names_tests_that_exist():
    rows = re.findall(r"^\| (?!clause|failure|---)(.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
    assert len(rows) >= 28
    bare = [clause for clause, tests in rows if not re.search(r"`tests/[\w/]+\.py::test_\w+`", tests)]
    named = {tuple(one.split("::")) for one in re.findall(r"`(tests/[\w/]+\.py::test_\w+)`", PAGE)}
    gone = [f"{path}::{name}" for path, name in sorted(named) if not (ROOT / path).is_file() or not re.search(rf"^def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)]
    assert (bare, gone) == ([], [])


def test_each_promise_kept_by_a_replay_or_a_test_of_rights_is_on_the_page():
    """A test of the rights that no clause names proves something nobody promised, or a clause is missing: replays at least stand here, all of them."""
    found = {name for path in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"^def (test_f(?:5|6|8|10|11|20)_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)}
    assert {name for name in found if f"::{name}`" not in PAGE} == set()


def test_the_page_on_visits_names_tests_that_exist():
    """Of each row: the files it names, and below them the tests."""
    rows = [line for line in (PAGE_OF_VISITS.read_text(encoding="utf-8")).splitlines() if line.startswith("| ") and "test" in line and not line.startswith("| claim")]
    assert len(rows) >= 11
    whole = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")}
    files = {name for row in rows for name in re.findall(r"`(tests/[\w/]+\.py)`", row)}
    named = {name for row in rows for name in re.findall(r"`(test_\w+)`", row)}
    assert {f for f in files if not (ROOT / f).is_file()} == set()
    assert {n for n in named if not any(re.search(rf"^def {n}\(", text, re.MULTILINE) for text in whole.values())} == set()
