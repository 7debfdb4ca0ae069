"""The demo is made anew when what it was made from is another."""

import subprocess
import sys

from sizao.doors.cli import service
from sizao.kernel.content_dir import shipped_digest


def test_other_content_is_another_demo(tmp_path, monkeypatch):
    here, folder = service._mark(7), tmp_path / "plans" / "own"
    assert here == service._mark(7)
    folder.mkdir(parents=True)
    (folder / "edition.yaml").write_text("id: own\n")
    monkeypatch.setenv("SIZAO_CONTENT", str(tmp_path))
    with_own = service._mark(7)
    (folder / "edition.yaml").write_text("id: other\n")
    assert len({here["content"], with_own["content"], shipped_digest()}) == 3


def test_it_is_asked_before_any_store_is_open():
    code = "from sizao.doors.cli import service; print(len(service._mark(7)['content']))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60).stdout == "64\n"
