"""Log lines without names: what is written about an error is its kind and its place in the code, never what somebody entered.

An error's own message often quotes the row it failed on (a database's "Failing row contains (…)" does), and an argument of a log call
may be anything. So messages of errors are left out, and whatever looks like an identifier, a name or an address is blotted out of the rest.
"""

import logging
import re
import traceback
from types import TracebackType
from typing import Any

from sizao.kernel.errors import Refused

#: Runs of seven digits or more (phones, cards, ids; also full-width), and anything in Chinese: our own log texts are English.
_BLOTTED = re.compile(r"(?<![0-9a-fA-F-])[0-9０-９][0-9０-９ \-]{5,}[0-9０-９Xxｘ]|[\u3400-\u9fff\uf900-\ufaff][\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef0-9 ]*")


class NamelessFormatter(logging.Formatter):
    """Formats a record so that no person can be told from it. Set it on every handler."""

    def format(self, record: logging.LogRecord) -> str:
        safe = logging.makeLogRecord(record.__dict__)
        safe.args, safe.exc_text = None, None
        safe.msg = blot(_message(record))
        return super().format(safe)

    def formatException(self, ei: Any) -> str:
        return told(ei[1])


def told(error: BaseException | None) -> str:
    """An error and what caused it: kind, code, and places in the code; no message.

    >>> told(ValueError("13800138000"))
    'ValueError'
    """
    parts: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        parts.append(_places(error.__traceback__) + named(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\nwhich came of\n".join(parts)


def named(error: BaseException) -> str:
    """An error in one word for a log: a refusal's code, a database's state, else its class."""
    if isinstance(error, Refused):
        return f"{type(error).__name__} {error.safe}"
    state = getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None)
    number = f" errno={error.errno}" if isinstance(error, OSError) and error.errno else ""
    return type(error).__name__ + (f" sqlstate={state}" if state else "") + number


def blot(text: str) -> str:
    """The text without what may name somebody.

    >>> blot("call +86 138 0013 8000 of 王小明, batch 12, port 8000")
    'call +[…] of […], batch 12, port 8000'
    """
    return _BLOTTED.sub("[…]", text)


def _message(record: logging.LogRecord) -> str:
    args = record.args
    if isinstance(args, tuple):
        record = logging.makeLogRecord(record.__dict__)
        record.args = tuple(named(one) if isinstance(one, BaseException) else one for one in args)
    if isinstance(record.msg, BaseException):
        return named(record.msg)
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return str(record.msg)


def _places(trace: TracebackType | None) -> str:
    return "".join(f"  {frame.filename}:{frame.lineno} in {frame.name}\n" for frame in traceback.extract_tb(trace))
