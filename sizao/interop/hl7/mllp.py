"""MLLP, as laboratory systems speak it: messages framed by 0x0B … 0x1C 0x0D on a connection that stays, each answered before the next is read.

This end holds one message a connection, of `LONGEST` bytes at most, and `MOST` connections. What stores a message is given from outside; what is not stored is not
answered: the connection is closed, and the sender, who has no acknowledgement, sends the message again.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable

log = logging.getLogger("sizao.mllp")
BEGIN, END, RETURN = b"\x0b", b"\x1c", b"\r"
#: Bytes of one message, connections at once, seconds of silence after which one is closed, and seconds in which a message that was begun must be whole.
LONGEST, MOST, SILENT, WHOLE = 4 << 20, 64, 3600.0, 60.0

#: Takes one message without its frame; its acknowledgement, or None where it could not be stored now.
Answer = Callable[[bytes], Awaitable[bytes | None]]


class Broken(Exception):
    """What came is no frame, too long, or stopped in its middle."""


async def message(reader: asyncio.StreamReader, *, silent: float = SILENT, whole: float = WHOLE) -> bytes | None:
    """The next message without its frame; None at an orderly end. Raises Broken."""
    try:
        first = await asyncio.wait_for(reader.read(1), silent)
        while first in (RETURN, b"\n"):  # some end a frame with one more
            first = await asyncio.wait_for(reader.read(1), silent)
    except TimeoutError:
        return None
    if not first:
        return None
    if first != BEGIN:
        raise Broken("no frame")
    try:
        body = await asyncio.wait_for(reader.readuntil(END + RETURN), whole)
    except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        raise Broken("cut off or too long") from None
    return body[:-2]


async def serve(
    host: str, port: int, answer: Answer, *, tls: ssl.SSLContext | None = None, longest: int = LONGEST, most: int = MOST, silent: float = SILENT, whole: float = WHOLE
) -> asyncio.Server:
    """Listens; the caller keeps it running. `tls`: shows its certificate, and asks for the sender's where it says so."""
    busy = 0

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal busy
        if busy >= most:
            log.warning("too many connections")
            writer.close()
            return
        busy += 1
        try:
            while (body := await message(reader, silent=silent, whole=whole)) is not None:
                said = await answer(body)
                if said is None:
                    break
                writer.write(BEGIN + said + END + RETURN)
                await writer.drain()
        except Broken as wrong:
            log.warning("connection closed: %s", wrong)
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            busy -= 1
            writer.close()

    return await asyncio.start_server(speak, host, port, ssl=tls, limit=longest)
