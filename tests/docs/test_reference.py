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


@pytest.mark.parametrize("page", [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("sizao/**/README.md")], ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
