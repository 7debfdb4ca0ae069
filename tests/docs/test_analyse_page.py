"""Each command on the analysts' page is run as it stands there, and says what the page says. `python tests/docs/test_analyse_page.py` writes the answers anew."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

ROOT = Path(__file__).resolve().parents[2]
PAGE, FILES = ROOT / "docs" / "how-to" / "analyse-from-the-command-line.md", ROOT / "docs" / "examples" / "analysts"
BLOCK = re.compile(r"```console\n\$ python3 run sizao (.+)\n((?:.+\n)*)```\n")
NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")


def answer(command: str) -> str:
    from sizao.doors.cli.main import app

    words = [str(FILES / word) if word.endswith(".csv") else word for word in shlex.split(command)]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return NUMBER.sub(lambda n: f"{float(n[0]):.4g}" if abs(float(n[0])) >= 1e-4 else "0", done.stdout)


BLOCKS = BLOCK.findall(PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("command", "said"), BLOCKS, ids=[command.split()[1] for command, _ in BLOCKS])
def test_the_page_says_what_the_command_says(command, said):
    now = answer(command)
    assert NUMBER.sub("#", now) == NUMBER.sub("#", said)
    assert [float(n) for n in NUMBER.findall(now)] == pytest.approx([float(n) for n in NUMBER.findall(said)], rel=2e-3, abs=1e-3)


def test_every_command_of_the_analysts_is_on_the_page():
    from sizao.doors.cli import main  # noqa: F401  adds them all
    from sizao.doors.cli.epi import epi_app

    assert {command.split()[1] for command, _ in BLOCKS} == {one.name for one in epi_app.registered_commands}


if __name__ == "__main__":
    PAGE.write_text(BLOCK.sub(lambda m: f"```console\n$ python3 run sizao {m[1]}\n{answer(m[1])}```\n", PAGE.read_text(encoding="utf-8")), encoding="utf-8")
