"""Pictures of the docs: each that a page shows is there in both languages, each that is there is shown, and together they stay small."""

import re
import struct
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
FOLDER = DOCS / "pictures"
#: A language; together.
MOST, BYTES = 12, 2_500_000
STORIES = DOCS.parent / "tests" / "browser"


def named() -> dict[str, set[str]]:
    """Picture → languages in which some page shows it or leads to it."""
    found: dict[str, set[str]] = {}
    for page in [*DOCS.rglob("*.md"), *DOCS.parent.glob("*.md")]:
        for language, name in re.findall(r"\((?:\.\./|docs/)*pictures/(zh|en)/([\w-]+)\.webp\)", page.read_text(encoding="utf-8")):
            found.setdefault(name, set()).add(language)
    return found


def there(language: str) -> set[str]:
    return {p.stem for p in (FOLDER / language).iterdir()}


def test_each_picture_is_there_in_both_languages_and_shown():
    assert there("zh") == there("en") == set(named())
    assert {name: languages for name, languages in named().items() if languages != {"zh", "en"}} == {}
    assert 0 < len(there("zh")) <= MOST


def test_each_is_taken_by_a_story():
    taken = {name for story in STORIES.glob("test_*.py") for name in re.findall(r"picture\(\w+, \"([\w-]+)\"", story.read_text(encoding="utf-8"))}
    assert taken == there("en")


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.webp")), ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_each_is_a_webp_that_a_page_can_hold(path):
    head = path.read_bytes()[:30]
    assert head[:4] == b"RIFF" and head[8:12] == b"WEBP" and path.stat().st_size == struct.unpack("<I", head[4:8])[0] + 8
    assert path.stat().st_size < 250_000


def test_together_they_stay_small():
    assert sum(p.stat().st_size for p in FOLDER.rglob("*.webp")) <= BYTES
