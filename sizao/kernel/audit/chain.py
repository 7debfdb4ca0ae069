"""What is hashed, and how: shared by the sealer that makes the chain and the check that makes it again."""

import hashlib

#: The hash before the first seal.
START = hashlib.sha256(b"sizao audit chain 1").digest()

#: An event as PostgreSQL's COPY writes it, one line: text that depends on no setting of the session or the server.
EVENT_COLUMNS = """
    e.id, (extract(epoch FROM e.at) * 1000000)::bigint, e.cluster, e.xid, e.user_id, e.post_id, e.purpose, e.kind, e.subjects, e.count,
    encode(e.digest, 'hex'), encode(e.old_sealed, 'hex')
"""


def event_hash(line: bytes) -> bytes:
    """The hash of one event, from its line without the line's end."""
    return hashlib.sha256(line).digest()


def link(before: bytes, no: int, sealed_at: int, of_event: bytes) -> bytes:
    """The next hash of the chain. `sealed_at` is in microseconds since 1970, UTC."""
    return hashlib.sha256(before + no.to_bytes(8, "big") + sealed_at.to_bytes(8, "big", signed=True) + of_event).digest()
