"""Identifiers made by us: UUID version 7 (RFC 9562 §5.7), so that a device can make one offline and an index stays in order of time."""

import os
import time
from uuid import UUID


def uuid7() -> UUID:
    """A new identifier: 48 bits of Unix milliseconds, 12 bits of the fraction of that millisecond (RFC 9562 §6.2, method 3: those made one
    after the other are in order), then 62 random bits. Never put it in a public link: it tells when it was made."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    value = (milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | (rest << 12) // 1_000_000 << 64
    return UUID(int=value | 0x2 << 62 | int.from_bytes(os.urandom(8)) >> 2)
