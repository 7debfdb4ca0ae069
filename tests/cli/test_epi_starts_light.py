"""An analyst's question starts without the web and the store, and finds its kernels compiled."""

import json
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from sizao.doors.cli.epi import METHODS

ROOT = Path(__file__).resolve().parents[2]
SAYS = "import sys, runpy; sys.argv = ['sizao', *{words!r}]\ntry: runpy.run_module('sizao', run_name='__main__', alter_sys=True)\nexcept SystemExit as e: print(e.code, sorted(m for m in {modules!r} if m in sys.modules), file=sys.stderr)"


def fresh(*words: str, modules: tuple[str, ...] = (), **environment: str) -> subprocess.CompletedProcess:
    """A process of its own, which tells at its end its exit code and which of `modules` it has loaded."""
    code = SAYS.format(words=words, modules=modules)
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "PYTHONUTF8": "1", **environment}, capture_output=True, text=True, timeout=300)


@pytest.fixture
def weeks(tmp_path):
    path = tmp_path / "weeks.csv"
    path.write_text("date,count\n" + "".join(f"{date(2014, 1, 6) + timedelta(days=7 * i)},{i % 5 + 4}\n" for i in range(330)))
    return str(path)


def test_neither_the_web_nor_the_store_nor_other_commands_are_loaded(weeks):
    done = fresh("epi", "detect", weeks, "--last", "1", "--json", modules=("django", "psycopg", "scipy.stats", "duckdb", "asyncio", "sizao.doors.cli.service", "sizao.wiring.database", "cffi.api"))
    assert done.stderr == "0 []\n"
    assert json.loads(done.stdout)["rows"][0]["reason"] == "judged"


@pytest.mark.parametrize(("lang", "words"), [("zh", "不是整数"), ("en", "is no whole number")])
def test_a_refusal_has_its_words_its_cure_and_its_code(tmp_path, lang, words):
    (tmp_path / "half.csv").write_text("date,count\n2020-01-06,1.5\n2020-01-13,1\n")
    done = fresh("epi", "detect", str(tmp_path / "half.csv"), "--json", SIZAO_LANG=lang, modules=("django",))
    assert words in done.stderr
    assert "→" in done.stderr
    assert "[count-fractional]\n2 []" in done.stderr
    assert json.loads(done.stdout)["error"]["code"] == "count-fractional"


def test_help_is_that_of_the_whole_program():
    from typer.testing import CliRunner

    from sizao.doors.cli.main import app

    def options(text: str) -> set[str]:
        return {word.strip("[]|,") for word in text.split() if word.startswith("--")}

    whole, light = CliRunner().invoke(app, ["epi", "detect", "--help"]).stdout, fresh("epi", "detect", "--help")
    assert light.stderr.startswith("0 ")
    assert options(light.stdout) == options(whole)
    assert "epi" in fresh("--help").stdout


def test_a_kernel_directory_that_cannot_be_written_to_is_no_crash(weeks, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    assert fresh("epi", "detect", weeks, "--method", "C1", "--last", "1", NUMBA_CACHE_DIR=str(tmp_path / "file")).stderr == "0 []\n"


def test_every_kernel_is_compiled_beforehand_and_no_command_asks_for_another():
    """What `run` compiles is all there is: each kernel has been called, and commands with other options and files call them with no new types."""
    code = f"""
import contextlib, io
from sizao.wiring import kernels
kernels.compile_all()
every = kernels.kernels()
before = {{name: len(k.signatures) for name, k in every.items()}}
within = {{n for k in every.values() for n in k.py_func.__code__.co_names}}  # called by another kernel: compiled into it
print(sorted(name for name, n in before.items() if n == 0 and name.rsplit(".", 1)[1] not in within))
from pathlib import Path; import tempfile
with tempfile.TemporaryDirectory() as folder:
    for words in kernels._commands(Path(folder)):
        kernels._run([*words[:2], *words[2:], "--last", "1"] if words[1] in ("detect", "rt") else words)
    wide = Path(folder) / "wide.csv"
    wide.write_text("date,A,B\\n" + "".join(f"20{{20 + i // 300}}-{{i // 28 % 12 + 1:02}}-{{i % 28 + 1:02}},{{i % 7}},{{i % 3}}\\n" for i in range(28 * 6)))
    for method in {METHODS!r}:
        kernels._run(["epi", "detect", str(wide), "--method", method])
print(sorted(name for name, k in every.items() if len(k.signatures) != before[name]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "PYTHONUTF8": "1"}, capture_output=True, text=True, timeout=500)
    assert done.stdout == "[]\n[]\n", done.stderr
