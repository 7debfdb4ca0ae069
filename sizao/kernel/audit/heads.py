"""The published heads: a file beside the database that says how long the chain was, and with which hash, at which time.

Who can change the tables can also make the whole chain anew; the heads that lie elsewhere are what such a one cannot make agree.
One line a head: time, "head", number of events, hash. After a restore one line says "restored": what came later is then gone on purpose.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sizao.kernel.errors import Refused

NAME = "audit-heads.log"

#: Above this size, heads older than a day are thinned to the last of each hour.
THIN_ABOVE = 4 << 20


@dataclass(frozen=True, slots=True)
class Published:
    """One line of the file. `word` is "head" or "restored"."""

    at: datetime
    word: str
    no: int
    chain: bytes

    def __str__(self) -> str:
        return f"{self.at.isoformat(timespec='seconds')} {self.word} {self.no} {self.chain.hex()}"


def path() -> Path:
    """The store's file of heads."""
    store = os.environ.get("SIZAO_STORE")
    if not store:
        raise Refused("audit-heads-nowhere")
    return Path(store) / NAME


def publish(file: Path, no: int, chain: bytes, word: str = "head") -> None:
    """Adds a line and waits until it is on the disk."""
    _append(file, Published(datetime.now(UTC), word, no, chain))
    if file.stat().st_size > THIN_ABOVE:
        _thin(file)


def read(file: Path) -> tuple[list[Published], int]:
    """The heads that still hold, and how many lines cannot be read. A restore takes the heads after it away.

    The last line may be cut short by a power failure; that is no fault, because the next head covers it.
    """
    lines = file.read_text(encoding="ascii", errors="replace").split("\n")
    held: list[Published] = []
    damaged = 0
    for line in lines[:-1]:
        one = _parse(line)
        if one is None:
            damaged += 1
        elif one.word == "restored":
            held = [*(earlier for earlier in held if earlier.no <= one.no), one]
        else:
            held.append(one)
    return held, damaged


def _parse(line: str) -> Published | None:
    try:
        at, word, no, chain = line.split(" ")
        return Published(datetime.fromisoformat(at), word, int(no), bytes.fromhex(chain)) if word in ("head", "restored") else None
    except ValueError:
        return None


def _append(file: Path, line: Published) -> None:
    held = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(held).st_size
        broken = size > 0 and os.pread(held, 1, size - 1) != b"\n"  # a line that a power failure cut short
        if broken:
            os.ftruncate(held, _whole(held, size))
        os.write(held, f"{line}\n".encode())
        os.fsync(held)
    finally:
        os.close(held)


def _whole(held: int, size: int) -> int:
    tail = os.pread(held, min(size, 4096), max(0, size - 4096))
    return size - len(tail) + tail.rfind(b"\n") + 1


def _thin(file: Path) -> None:
    held, damaged = read(file)
    if damaged:
        return  # evidence; leave it as it is
    draft = file.with_suffix(".tmp")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as out:
        out.writelines(f"{one}\n" for one in _kept(held, datetime.now(UTC) - timedelta(days=1)))
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)


def _kept(held: list[Published], recent: datetime) -> Iterator[Published]:
    for one, after in zip(held, [*held[1:], None], strict=True):
        same_hour = after is not None and after.at.replace(minute=0, second=0) == one.at.replace(minute=0, second=0)
        if one.at >= recent or not same_hour:
            yield one
