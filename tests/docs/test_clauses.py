"""Every clause of the rights has a test that names it, and every test that the page names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
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
