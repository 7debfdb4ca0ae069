"""The page of bad input names tests that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_each_test_that_the_page_of_bad_input_names_is_there():
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs/reference/bad-input.md").read_text(encoding="utf-8"))
    assert len(named) > 25
    assert [(file, name) for file, name in named if not re.search(rf"^def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.M)] == []
