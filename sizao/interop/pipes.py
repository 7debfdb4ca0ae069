"""Messages between the processes of one import."""

import pickle
from typing import IO, Any

from sizao.kernel.errors import Refused


def send(pipe: IO[bytes], what: Any) -> None:
    """One message: its length, then the pickle."""
    data = pickle.dumps(what, protocol=pickle.HIGHEST_PROTOCOL)
    try:
        pipe.write(len(data).to_bytes(8, "big"))
        pipe.write(data)
        pipe.flush()
    except (BrokenPipeError, ValueError):
        raise Refused("import-hand-lost") from None


def frame(pipe: IO[bytes]) -> bytes:
    """The next message as it stands; empty when nobody will write any more."""
    head = pipe.read(8)
    if len(head) < 8:
        return b""
    size = int.from_bytes(head, "big")
    data = pipe.read(size)
    return data if len(data) == size else b""


def receive(pipe: IO[bytes]) -> Any:
    """What the next message says. Refused: import-hand-lost."""
    data = frame(pipe)
    if not data:
        raise Refused("import-hand-lost")
    return opened(data)


def opened(data: bytes) -> Any:
    """What a message says. Only processes of one import write to one another; nothing from outside ever comes this way."""
    return pickle.loads(data)  # noqa: S301
