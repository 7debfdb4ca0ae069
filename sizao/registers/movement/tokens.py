"""The daily tokens under which visits are kept.

A day has a key of its own, wrapped by the store's ring and thrown away with the day's visits. A token is the visitor's id under that key, one block of
AES: the same all day, so that a person is counted once at a place; another on every other day, so that no two days can be joined; and once the key is
gone nobody can tell whose it was. Who is not in the register is a token too (of a keyed hash of the telephone or identity number he gave), and what
he gave lies beside it, sealed under the day's key, until a search names him.
"""

import os
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection

from sizao.kernel import keys
from sizao.kernel.errors import Refused
from sizao.kernel.sealed import seal, unseal

_held: dict[tuple[str, date], "DayKey"] = {}


class DayKey:
    """What tokens of one day are made and read with."""

    def __init__(self, day: date, secret: bytes) -> None:
        self.day = day
        self._block = Cipher(algorithms.AES(sha256(secret + b"token").digest()), modes.ECB())  # noqa: S305 - single blocks of 16 bytes, each an id of its own
        self._box = AESGCM(sha256(secret + b"said").digest())

    def tokens(self, visitors: Sequence[bytes]) -> list[UUID]:
        """A token for each visitor (16 bytes), in order."""
        done = self._block.encryptor().update(b"".join(visitors))
        return [UUID(bytes=done[i : i + 16]) for i in range(0, len(done), 16)]

    def visitors(self, tokens: Sequence[UUID]) -> list[bytes]:
        """Who these tokens are."""
        done = self._block.decryptor().update(b"".join(t.bytes for t in tokens))
        return [done[i : i + 16] for i in range(0, len(done), 16)]

    def seal(self, said: str, key: UUID) -> bytes:
        """What somebody gave of himself, bound to his visit's token."""
        nonce = os.urandom(12)
        return nonce + self._box.encrypt(nonce, said.encode(), key.bytes)

    def unseal(self, box: bytes, key: UUID) -> str:
        """What `seal` was given. Refused: sealed-unreadable."""
        try:
            return self._box.decrypt(box[:12], box[12:], key.bytes).decode()
        except (InvalidTag, ValueError):
            raise Refused("sealed-unreadable") from None


def day_key(day: date, *, make: bool = False) -> DayKey | None:
    """The key of a day; None where there is none (any more), or where a new one may not be made. The caller commits: a new day is a new partition."""
    name = (str(connection.settings_dict["NAME"]), day)
    if name in _held:
        return _held[name]
    ring = keys.ring()
    with connection.cursor() as cursor:
        cursor.execute("SELECT movement_visit_day(%s, %s)", [day, seal(os.urandom(32), _place(day), ring.newest("seal")) if make else None])
        wrapped = cursor.fetchone()[0]
    if wrapped is None:
        return None
    found = DayKey(day, unseal(wrapped, _place(day), ring))
    if not connection.in_atomic_block:  # a roll-back would take the day, and its key, with it
        if len(_held) > 100:
            _held.clear()
        _held[name] = found
    return found


def forget_days() -> None:
    """What this process keeps at hand of days goes; after days were dropped."""
    _held.clear()


def _place(day: date) -> str:
    return f"movement_visit_key|wrapped|{day}"
