"""What is carried of others' front-end code is what we say it is, and its licence stands beside it."""

import gzip
import hashlib
import re

import pytest

from sizao.doors.kit import static

VENDOR = static.ROOT / "vendor"
LISTED = re.findall(r"\| ([^|]+) \| ([^|]+) \| ([^|]+) \| `([^`]+)` \| (\d+) \| `([0-9a-f]{64})` \|", (VENDOR / "VENDOR.md").read_text())


def test_every_carried_file_is_listed_with_its_licence():
    carried = {str(p.relative_to(VENDOR)) for p in VENDOR.rglob("*") if p.is_file() and p.suffix in (".js", ".mjs", ".css")}
    assert carried == {file for *_, file, _size, _sum in LISTED}
    assert all((VENDOR / file).parent.joinpath("LICENSE").stat().st_size > 100 for *_, file, _size, _sum in LISTED)


@pytest.mark.parametrize("file,size,digest", [row[3:] for row in LISTED])
def test_a_carried_file_has_the_listed_sum_and_an_equal_gzip_form(file, size, digest):
    content = (VENDOR / file).read_bytes()
    assert (len(content), hashlib.sha256(content).hexdigest()) == (int(size), digest)
    assert gzip.decompress((VENDOR / f"{file}.gz").read_bytes()) == content


def test_the_phone_loads_little_and_nothing_newer_than_its_browser():
    """The first screen's own files stay below 60 KB together, and the script uses no syntax after ES2018."""
    files = [static.ROOT / "sizao" / name for name in ("tokens.css", "field.css", "theme.js", "field.js")]
    assert sum(len(gzip.compress(f.read_bytes())) for f in files) < 20_000
    script = "".join(f.read_text() for f in files if f.suffix == ".js")
    code = re.sub(r"/\*.*?\*/|'[^'\n]*'", "", script, flags=re.DOTALL)
    newer = {
        "optional chaining": r"\?\.\w",
        "nullish": r"\?\?",
        "private field": r"[{\s.]#\w",
        "replaceAll": r"\.replaceAll\(",
        "flat": r"\.flat\(",
        "empty catch": r"catch\s*\{",
    }
    assert [name for name, pattern in newer.items() if re.search(pattern, code)] == []


def test_own_scripts_hold_no_evaluation_and_name_no_other_host():
    for path in (static.ROOT / "sizao").iterdir():
        text = path.read_text()
        assert not re.search(r"\beval\(|new Function|https?://(?!www\.w3\.org)", text), path.name
