"""The reference pages are what the program says now; links between pages lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_generated_pages_are_fresh(tmp_path):
    subprocess.run([sys.executable, str(ROOT / "docs" / "generate.py"), str(tmp_path)], check=True, cwd=ROOT)
    for page in sorted(tmp_path.iterdir()):
        assert (ROOT / "docs" / "reference" / page.name).read_text(encoding="utf-8") == page.read_text(encoding="utf-8"), f"run: python docs/generate.py ({page.name} is stale)"


def test_every_ledger_says_which_passage_it_comes_from():
    """A measure that asks for it with its quote, or a norm by its name; and a measure named by hand is one."""
    page = (ROOT / "docs" / "reference" / "ledgers.md").read_text(encoding="utf-8").partition("## What each serves")[2].partition("## Fields")[0]
    said = dict(re.findall(r"### (\w+)\n(.*?)(?=\n### |\Z)", page, re.DOTALL))
    files = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "sizao" / "content" / "ledgers").glob("*.yaml")}
    assert said.keys() == files.keys()
    assert [name for name, text in said.items() if not re.search(r"^- (\[|`).+: \[.+\] .+$", text, re.MULTILINE)] == []
    for name, text in files.items():
        for measure in re.findall(r"[\w-]+", (re.search(r"^source: \[(.*)\]", text, re.MULTILINE) or [""] * 2)[1]):
            assert f"- [{measure}](trace.md#{measure}): [" in said[name]


@pytest.mark.parametrize("page", [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("sizao/**/README.md")], ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
