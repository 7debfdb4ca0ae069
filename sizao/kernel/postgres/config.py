"""What the server is told, and where its socket is."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

from sizao.kernel.postgres.store import Store, _write_new

PORT = 5432  # part of the socket's name only; nothing listens on TCP
LONGEST_SOCKET = 100  # bytes; systems allow 103 to 107

HBA = "# Everybody comes in through the socket and by password.\nlocal  all  all  scram-sha-256\n"

SETTINGS = """\
# Written by Sizao at every start; put your own settings into local.conf beside this file.
listen_addresses = ''
port = {port}
unix_socket_directories = {socket}
unix_socket_permissions = 0700
data_directory = {data}
hba_file = {hba}
ident_file = {ident}
password_encryption = 'scram-sha-256'
max_connections = 60
cluster_name = 'sizao'

shared_buffers = {buffers}MB
effective_cache_size = {cache}MB
work_mem = 16MB
maintenance_work_mem = 128MB
max_wal_size = {wal}MB
# The bundled server knows the slow method only, which cost an import more than the bytes that it saved.
wal_compression = off
checkpoint_timeout = 10min
jit = off
# Statistics of a table that a list is filling are out of date as soon as they are gathered.
autovacuum_naptime = 3min
random_page_cost = 1.1
max_parallel_workers_per_gather = 1
dynamic_shared_memory_type = {shared}

# A record that was acknowledged is on the disk.
fsync = on
synchronous_commit = on
full_page_writes = on

timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'iso, ymd'
lc_messages = 'C'

# A log says when the server started, stopped and recovered. It holds no statement, no parameter, and no error of a
# statement, because such errors quote the values of people.
logging_collector = on
log_destination = 'stderr'
log_directory = {log}
log_filename = 'postgres-%a.log'
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
log_file_mode = 0600
log_line_prefix = '%m [%p] '
log_min_messages = log
log_min_error_statement = panic
log_error_verbosity = terse
log_statement = 'none'
log_min_duration_statement = -1
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_lock_waits = off

include_if_exists = {local}
"""


def write(store: Store) -> Path:
    """Writes the settings of a store's server; returns the file that the server is started with."""
    folder = store.folder("conf", 0o711 if os.geteuid() == 0 else 0o700)
    store.folder("run", of_server=True)
    mode = 0o644 if os.geteuid() == 0 else 0o600
    texts = {
        "pg_hba.conf": HBA,
        "pg_ident.conf": "",
        "postgresql.conf": SETTINGS.format(
            port=PORT,
            socket=_quoted(address(store)),
            data=_quoted(store.path / "pg"),
            hba=_quoted(folder / "pg_hba.conf"),
            ident=_quoted(folder / "pg_ident.conf"),
            log=_quoted(store.path / "log" / "server"),
            local=_quoted(folder / "local.conf"),
            shared=_shared_memory(),
            buffers=buffers(_memory_mb()),
            wal=wal(_free_mb(store.path)),
            cache=max(1024, _memory_mb() // 4),
        ),
    }
    for name, text in texts.items():
        path = folder / name
        if not path.exists() or path.read_text() != text:
            _write_new(path, text, mode, store.path.stat().st_uid)
    return folder / "postgresql.conf"


def address(store: Store) -> str:
    """The folder of the socket, as clients name it: the store's own, or a short link when that path is too long.

    The link is remembered in the store. One that was tidied away, or is not what we made, is made again.
    """
    run, account = store.path / "run", store.account
    if len(os.fsencode(run / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET:
        return str(run)
    note = store.path / ".socket-link"
    with contextlib.suppress(OSError):
        link = Path(note.read_text().strip())
        folder = link.parent.lstat()
        private = stat.S_ISDIR(folder.st_mode) and not folder.st_mode & 0o077 and folder.st_uid == account.uid
        if private and os.readlink(link) == str(run):
            return str(link)
    link = _short_folder(run, account.uid, account.gid)
    _write_new(note, f"{link}\n", 0o600, store.path.stat().st_uid)
    return str(link)


def _short_folder(target: Path, account_uid: int, account_gid: int) -> Path:
    """A private folder under /tmp with a link to `target`, for paths longer than a socket may have."""
    base = "/tmp" if Path("/tmp").is_dir() else tempfile.gettempdir()  # noqa: S108
    folder = Path(tempfile.mkdtemp(prefix="sizao-", dir=base))
    (folder / "s").symlink_to(target)
    if os.geteuid() == 0:
        os.chown(folder, account_uid, account_gid)
    return folder / "s"


def buffers(memory_mb: int) -> int:
    """Megabytes that the server keeps of its own files: a sixteenth of the machine's memory, 192 to 1024. A list of a million rows writes all
    over several indexes at once; where they do not fit, every row waits for pages.

    >>> [buffers(m) for m in (2_000, 8_000, 64_000)]
    [192, 500, 1024]
    """
    return min(max(192, memory_mb // 16), 1024)


def wal(free_mb: int) -> int:
    """Megabytes that may be written ahead between two checkpoints: an eighth of the disk's free room, 1 to 8 GB. After each checkpoint every page is
    written whole once more; a list of a million rows would go through several of them.

    >>> [wal(m) for m in (10_000, 50_000, 400_000)]
    [1250, 6250, 8192]
    """
    return min(max(1024, free_mb // 8), 8192)


def _free_mb(place: Path) -> int:
    try:
        return shutil.disk_usage(place).free >> 20
    except OSError:
        return 50_000


def _memory_mb() -> int:
    try:
        return int(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20)
    except (ValueError, OSError):
        return 4096


def _quoted(value: str | Path) -> str:
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"


def _shared_memory() -> str:
    """Containers often have 64 MB of /dev/shm, on which parallel queries fail; files in the data folder do there."""
    try:
        return "posix" if shutil.disk_usage("/dev/shm").total >= 1 << 29 else "mmap"  # noqa: S108
    except OSError:
        return "posix" if not Path("/proc").exists() else "mmap"
