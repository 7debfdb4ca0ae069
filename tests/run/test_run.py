"""The one script: makes the environment once, repairs what was interrupted, and says what is missing and the cure.

It is tried on a copy beside a tiny project, whose only locked package is a wheel made here; no network is used.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def make_wheel(folder: Path, version: str) -> str:
    """A package `tiny` of the given version; returns its line for a lock."""
    path = folder / f"tiny-{version}-py3-none-any.whl"
    about = f"tiny-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tiny.py", f"version = {version!r}\n")
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", f"tiny.py,,\n{about}/METADATA,,\n{about}/WHEEL,,\n{about}/RECORD,,\n")
    return f"tiny=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


class Project:
    """A copy of `run` with a project so small that its environment is made in seconds."""

    def __init__(self, folder: Path, made: Path | None = None) -> None:
        self.folder = folder
        if made is not None:
            shutil.copytree(made, folder, symlinks=True, dirs_exist_ok=True)
            return
        (folder / "wheels").mkdir()
        (folder / "sizao").mkdir()
        shutil.copy(ROOT / "run", folder / "run")
        (folder / "sizao" / "__init__.py").touch()
        (folder / "sizao" / "__main__.py").write_text("import os, sys, tiny; print(tiny.version, os.getcwd(), *sys.argv[1:])\n")
        self.lock("1.0")

    def lock(self, version: str) -> None:
        (self.folder / "requirements.lock").write_text(make_wheel(self.folder / "wheels", version))
        (self.folder / "requirements-dev.lock").write_text("")

    def environment(self, **more: str) -> dict[str, str]:
        """Empty but for what keeps pip from the network."""
        return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.folder / "wheels"), **more}

    def run(self, *arguments: str, python: str = sys.executable, cwd: str = "/", **more: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [python, str(self.folder / "run"), *arguments], env=self.environment(**more), cwd=cwd, capture_output=True, text=True, timeout=120
        )


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(a project after its first run, what that said)."""
    project = Project(tmp_path_factory.mktemp("made"))
    return project, project.run("sizao", "open", "名单.csv", cwd="/usr")


@pytest.fixture
def ready(made, tmp_path):
    """A project with its environment, to be spoilt."""
    return Project(tmp_path, made[0].folder)


def test_first_run_installs_and_the_second_only_runs(made):
    project, first = made
    assert first.returncode == 0, first.stderr
    assert first.stdout == "1.0 /usr open 名单.csv\n"
    assert "正在安装 1 个锁定的依赖包" in first.stderr
    assert "MB" in first.stderr
    began = time.monotonic()
    second = project.run("demo", "--port", "8001")
    assert (second.stdout, second.stderr) == ("1.0 / demo --port 8001\n", "")
    assert time.monotonic() - began < 2


def test_changed_lock_is_installed_again(ready):
    ready.lock("2.0")
    again = ready.run("sizao")
    assert again.stdout.split()[0] == "2.0", again.stderr


def test_package_whose_digest_is_not_in_the_lock_is_refused(ready):
    ready.lock("2.0")
    text = (ready.folder / "requirements.lock").read_text()
    (ready.folder / "requirements.lock").write_text(text[:-5] + "0000\n")
    done = ready.run("sizao")
    assert done.returncode == 1
    assert "安装失败" in done.stderr
    assert "HASH" in done.stderr.upper()
    ready.lock("1.0")
    assert ready.run("sizao").stdout.startswith("1.0")


def test_installation_killed_at_any_moment_is_repaired_by_the_next_run(project):
    for after in (0.1, 0.6, 1.5, 2.5):
        starter = subprocess.Popen(
            [sys.executable, str(project.folder / "run"), "sizao"], env=project.environment(), stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(after)
        os.killpg(starter.pid, signal.SIGKILL) if after != 1.5 else starter.kill()  # once with pip, which runs on, left alone
        starter.wait()
    done = project.run("sizao")
    assert done.stdout.startswith("1.0"), done.stderr


def test_broken_environment_is_made_anew(ready):
    (ready.folder / ".venv" / "bin" / "python").unlink()
    assert ready.run("sizao").stdout.startswith("1.0")


def test_environment_may_lie_elsewhere(project):
    assert project.run("sizao", SIZAO_VENV=str(project.folder / "other")).stdout.startswith("1.0")
    assert not (project.folder / ".venv").exists()


def test_bytecode_that_is_not_wanted_beside_the_sources_is_kept_in_the_environment(ready):
    shutil.rmtree(ready.folder / "sizao" / "__pycache__", ignore_errors=True)
    assert ready.run("sizao", PYTHONDONTWRITEBYTECODE="1").stdout.startswith("1.0")
    assert not (ready.folder / "sizao" / "__pycache__").exists()
    assert list((ready.folder / ".venv" / "bytecode").rglob("tiny.*.pyc"))


KERNELS = """import os, sys; from pathlib import Path
log = Path(__file__).parents[2] / "compiled.log"
with log.open("a") as file: file.write(os.environ["NUMBA_CACHE_DIR"] + "\\n")
{then}
Path(os.environ["NUMBA_CACHE_DIR"]).mkdir(exist_ok=True)
Path(sys.argv[1]).write_text(sys.argv[2])
"""


def with_kernels(project: Project, then: str = "") -> list[str]:
    """Gives a project statistics to compile; returns where that was done so far."""
    for room in ("wiring", "epi"):
        (project.folder / "sizao" / room).mkdir(exist_ok=True)
        (project.folder / "sizao" / room / "__init__.py").touch()
    (project.folder / "sizao" / "wiring" / "kernels.py").write_text(KERNELS.format(then=then))
    return compiled(project)


def compiled(project: Project) -> list[str]:
    log = project.folder / "compiled.log"
    return log.read_text().splitlines() if log.exists() else []


def test_statistics_are_compiled_once_into_the_environment_and_again_when_they_changed(ready):
    assert with_kernels(ready) == []
    ready.run("sizao", "open")
    assert compiled(ready) == []  # who asks for no statistics does not wait for them
    assert ready.run("sizao", "epi", "rt").stdout.endswith("epi rt\n")
    assert compiled(ready) == [str(ready.folder / ".venv" / "kernels")]
    ready.run("sizao", "epi", "rt")
    assert len(compiled(ready)) == 1
    (ready.folder / "sizao" / "epi" / "scan.py").write_text("changed = True\n")
    ready.run("sizao", "epi", "rt")
    assert len(compiled(ready)) == 2
    ready.lock("2.0")
    ready.run("sizao", "open")  # freshly installed
    assert len(compiled(ready)) == 3


def test_a_demo_does_not_wait_for_the_statistics(ready):
    with_kernels(ready, then="import time; time.sleep(3)")
    began = time.monotonic()
    assert ready.run("demo").returncode == 0
    assert time.monotonic() - began < 2
    for _ in range(100):
        if (ready.folder / ".venv" / "kernels" / ".compiled").exists():
            break
        time.sleep(0.1)
    assert len(compiled(ready)) == 1


def test_statistics_that_cannot_be_compiled_stop_nobody(ready):
    with_kernels(ready, then="sys.exit('no compiler here')")
    done = ready.run("sizao", "epi", "rt")
    assert done.stdout.endswith("epi rt\n")
    assert "没有编译好" in done.stderr
    assert "no compiler here" in done.stderr


def test_who_may_not_write_the_environment_gets_a_copy_of_what_is_compiled(tmp_path, monkeypatch):
    run = module_from_spec(spec_from_loader("run_as_module", loader := SourceFileLoader("run_as_module", str(ROOT / "run"))))
    loader.exec_module(run)
    shared = tmp_path / "venv" / "kernels"
    (shared / "epi_1").mkdir(parents=True)
    (shared / ".compiled").write_text("of today")
    (shared / "epi_1" / "kernel.nbc").write_text("machine code")
    monkeypatch.setattr(run, "VENV", str(tmp_path / "venv"))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "mine"))
    assert run.kernels_folder() == str(shared)
    monkeypatch.setattr(run.os, "access", lambda path, mode: not str(path).startswith(str(tmp_path / "venv")))
    own = Path(run.kernels_folder())
    assert own.is_relative_to(tmp_path / "mine")
    assert (own / "epi_1" / "kernel.nbc").read_text() == "machine code"
    (shared / ".compiled").write_text("of tomorrow")
    (shared / "epi_1" / "kernel.nbc").write_text("newer code")
    assert (Path(run.kernels_folder()) / "epi_1" / "kernel.nbc").read_text() == "newer code"


def test_missing_venv_is_said_with_its_cure(project):
    (project.folder / "ensurepip.py").write_text("raise ImportError\n")
    done = project.run("demo", PYTHONPATH=str(project.folder))
    assert done.returncode == 1
    assert "apt-get install -y python3-venv" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_folder_without_permission_is_said_with_its_cure():
    with tempfile.TemporaryDirectory(prefix="sizao-test-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        project = Project(Path(folder))
        other = {"user": 65534, "group": 65534, "extra_groups": []}
        done = subprocess.run(["/usr/bin/python3", str(project.folder / "run"), "sizao"], env={}, cwd="/", capture_output=True, text=True, **other)
    assert "没有写入" in done.stderr
    assert "SIZAO_VENV" in done.stderr


def test_unknown_command_shows_the_known_ones(project):
    done = project.run("start")
    assert done.returncode == 1
    for name in ("demo", "sizao", "test", "bench", "check", "fix"):
        assert f"  {name} " in done.stderr


def test_old_python_is_told_so_or_a_newer_one_is_found(project):
    old = next((path for path in Path.home().glob(".pyenv/versions/3.[6-9]*/bin/python")), None)
    if not old:
        pytest.skip("no old Python here")
    done = project.run("start", python=str(old))
    assert "没有 start 这个命令" in done.stderr or "需要 Python 3.11" in done.stderr


def test_locks_name_no_host_and_pin_every_package_by_digest():
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        entries = [block for block in text.replace("\\\n", " ").splitlines() if block and not block.startswith("#")]
        assert len(entries) > 20
        assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)
