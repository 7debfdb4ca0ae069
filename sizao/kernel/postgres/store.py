"""A store: the folder where one jurisdiction's data live, and what it says about itself."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import pwd
import secrets
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from sizao.kernel.errors import Refused
from sizao.kernel.postgres.account import Account, blocked_at, server_account

KINDS = ("real", "demo")


@dataclass(slots=True)
class Store:
    """A folder of data. It is made at the first `open`, and only if it is empty or absent.

    Attributes:
        path: Absolute, links resolved.
        about: What `store.json` holds: id, kind, time_zone, created, database ('embedded', 'external' or None until
            the first connect) and roles (which set of roles has been made there).
    """

    path: Path
    about: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def open(cls, path: str | Path | None = None, *, kind: str | None = None, time_zone: str = "Asia/Shanghai", create: bool = True) -> Store:
        """The store at `path`, else at $SIZAO_STORE, else at this user's default place.

        `kind` is asserted on a store that exists (demo data and real data never share one) and written on a new one.
        Raises Refused when the folder holds something else, belongs to someone else, or could not be reached by the
        user under which the server will run.
        """
        path = _resolved(Path(path or os.environ.get("SIZAO_STORE") or default_path(kind or "real")))
        try:
            if not (path / "store.json").is_file():
                if not create:
                    raise Refused("store-absent", path=path)
                _make(path, kind or "real", time_zone)
            about = json.loads((path / "store.json").read_text(encoding="utf-8"))
            if not isinstance(about, dict) or not {"id", "kind", "time_zone", "created"} <= about.keys():
                raise ValueError("not a store's description")
        except PermissionError as fault:
            raise Refused("store-not-ours", path=path) from fault
        except (ValueError, KeyError) as fault:
            raise Refused("store-unreadable", path=path / "store.json") from fault
        except OSError as fault:
            raise _os_refusal(fault, path) from fault
        if kind and about["kind"] != kind:
            raise Refused("store-other-kind", path=path, kind=about["kind"], wanted=kind)
        if os.geteuid() not in (0, path.stat().st_uid):
            raise Refused("store-not-ours", path=path)
        store = cls(path, about)
        if _runs_here():
            store.check_reachable()
        return store

    @property
    def id(self) -> str:
        """Identifier of the store; it survives a backup and its restore."""
        return str(self.about["id"])

    @property
    def kind(self) -> str:
        """'real' or 'demo'."""
        return str(self.about["kind"])

    @property
    def time_zone(self) -> str:
        """IANA name; the zone of the top of the area tree unless an area says otherwise."""
        return str(self.about["time_zone"])

    @property
    def account(self) -> Account:
        """The OS user under which this store's server runs."""
        return server_account(self.path)

    def write(self, **changes: Any) -> None:
        """Changes what the store says about itself; whole or not at all."""
        self.about |= changes
        _write_new(self.path / "store.json", json.dumps(self.about, ensure_ascii=False, indent=1) + "\n", 0o600, self.path.stat().st_uid)

    def folder(self, name: str, mode: int = 0o700, *, of_server: bool = False) -> Path:
        """A folder inside the store, made if absent with the given mode and owner; one that exists is left as it is."""
        path = self.path / name
        if path.is_dir():
            return path
        part = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))  # whole or not at all, should we be killed
        part.chmod(mode)
        if os.geteuid() == 0:
            uid, gid = (self.account.uid, self.account.gid) if of_server else (self.path.stat().st_uid, -1)
            os.chown(part, uid, gid)
        try:
            os.rename(part, path)
        except OSError:  # another process was quicker
            part.rmdir()
            if not path.is_dir():
                raise
        return path

    def password(self, role: str, *, create: bool = True) -> str:
        """The password of a database role; made at random the first time it is asked for."""
        path = self.folder("secrets") / f"postgres-{role}"
        try:
            return path.read_text().strip()
        except FileNotFoundError:
            if not create:
                raise Refused("postgres-password-lost", role=role, path=path) from None
        except PermissionError as fault:
            raise Refused("store-not-ours", path=self.path) from fault
        _write_new(path, secrets.token_urlsafe(24) + "\n", 0o600, self.path.stat().st_uid)
        return path.read_text().strip()

    @contextlib.contextmanager
    def lock(self, name: str = "start") -> Iterator[None]:
        """Held by one process at a time, until the block ends or the process dies."""
        with open(self._lock_file(name), "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _lock_file(self, name: str) -> Path:
        path = self.path / f".{name}.lock"
        if not path.exists():
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            if os.geteuid() == 0:
                os.fchown(fd, self.path.stat().st_uid, -1)
            os.close(fd)
        return path

    def check_place(self, place: str) -> None:
        """A store does not change its database by a forgotten variable: an empty one would look like lost data."""
        known = self.about.get("database")
        if known and known != place:
            raise Refused("store-database-elsewhere", path=Path(self.path), known=known, asked=place)

    def check_reachable(self) -> None:
        """Raises Refused when the server's user cannot enter the store; naming the folder that stops it."""
        stopped = blocked_at(self.path, self.account)
        if stopped:
            raise Refused("store-unreachable", path=self.path, folder=stopped, user=self.account.name)


def default_path(kind: str = "real") -> Path:
    """Where a store is kept when nobody says: /var/lib/sizao for root, else in the user's own data folder.

    Works with an empty environment: the home folder then comes from the password file.
    """
    name = "sizao" if kind == "real" else f"sizao-{kind}"
    if os.geteuid() == 0:
        return Path("/var/lib") / name
    home = os.environ.get("HOME")
    if not home:
        try:
            home = pwd.getpwuid(os.getuid()).pw_dir
        except KeyError:
            home = "/nonexistent"
    if not Path(home).is_dir():
        raise Refused("store-no-home")
    if sys.platform == "darwin":
        return Path(home) / "Library" / "Application Support" / name
    return Path(os.environ.get("XDG_DATA_HOME") or Path(home) / ".local" / "share") / name


def _runs_here() -> bool:
    """Whether a server is to run in the store under another user than ourselves."""
    return os.geteuid() == 0 and not os.environ.get("DATABASE_URL")


def _resolved(path: Path) -> Path:
    """Absolute with links resolved; a path through a folder that is closed to us is refused in words."""
    try:
        return path.expanduser().resolve()
    except (RuntimeError, PermissionError) as fault:
        raise Refused("store-not-ours", path=path) from fault


def _make(path: Path, kind: str, time_zone: str) -> None:
    """Makes an empty store. Missing parents are made too; nothing that was there before is changed."""
    if kind not in KINDS:
        raise ValueError(f"a store is one of {KINDS}, not {kind!r}")
    root = os.geteuid() == 0
    if path.is_dir() and any(not one.name.startswith((".start.lock", ".store.json.")) for one in path.iterdir()):
        if (path / "store.json").is_file():  # another process made it meanwhile
            return
        raise Refused("store-not-empty", path=path)
    if _runs_here():  # before anything is made, so that a refusal leaves no trace
        there = next(parent for parent in (path, *path.parents) if parent.exists())
        stopped = blocked_at(there, server_account(path))
        if stopped:
            raise Refused("store-unreachable", path=path, folder=stopped, user=server_account(path).name)
    for missing in reversed([parent for parent in (path, *path.parents) if not parent.exists()]):
        with contextlib.suppress(FileExistsError):
            mode = (0o711 if missing == path else 0o755) if root else 0o700
            missing.mkdir(mode=mode)
            missing.chmod(mode)  # whatever the umask was
    store = Store(path)
    with store.lock():
        if not (path / "store.json").is_file():
            created = datetime.now(UTC).isoformat(timespec="seconds")
            store.write(id=str(uuid4()), kind=kind, time_zone=time_zone, created=created, database=None, roles=None)


def _write_new(path: Path, text: str, mode: int, uid: int) -> None:
    """Writes a file whole: beside it first, flushed to the disk, then put in its place."""
    fd, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fchmod(fd, mode)
            if os.geteuid() == 0:
                os.fchown(fd, uid, -1)
            os.fsync(fd)
        os.replace(name, path)
    except OSError as fault:
        Path(name).unlink(missing_ok=True)
        raise _os_refusal(fault, path) from fault


def _os_refusal(fault: OSError, path: Path) -> Refused:
    if fault.errno in (errno.ENOSPC, errno.EDQUOT):
        return Refused("store-disk-full", path=path, free_mb=0)
    if fault.errno == errno.EROFS:
        return Refused("store-read-only", path=path)
    return Refused("store-fault", path=path, fault=fault.strerror or str(fault))
