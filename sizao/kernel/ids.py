"""Identifiers made by us: UUID version 7 (RFC 9562 §5.7), so that a device can make one offline and an index stays in order of time."""

import os
import time
from uuid import UUID


def uuid7() -> UUID:
    """A new identifier: 48 bits of Unix milliseconds, then 74 random bits. Never put it in a public link: it tells when it was made."""
    value = (time.time_ns() // 1_000_000 & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)
