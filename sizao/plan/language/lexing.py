"""The characters of an expression, before sqlglot sees them: durations become names, words become marked names, and what is no part of the language is refused."""

from __future__ import annotations

import re
from datetime import date

from sqlglot import exp

from sizao.kernel.errors import Refused

from .durations import parse as parse_duration

MARK = re.compile(r"\b__(?:w_)?(?=\w)")
LONGEST = 4000  # characters
TOKEN = re.compile(r"[ \t\r\n]+|'(?:[^'\\\x00-\x1f]|'')*'|\$?[A-Za-z_][A-Za-z0-9_]*|\d+(?:\.\d+)?[A-Za-z]*|<>|!=|<=|>=|[=<>(),.*/+-]")
#: The words of SQL that keep their meaning. Every other word reaches the parser marked as a name, so that no keyword has any power here.
KEYWORDS = frozenset({"and", "or", "not", "in", "is", "null", "between", "true", "false"})


def tokens(text: str) -> str:
    """The text as sqlglot will read it, durations made into names. Refused: a character that is no part of the language."""
    if len(text) > LONGEST:
        raise Refused("plan-expression-too-long", limit=LONGEST)
    if not text.strip():
        raise Refused("plan-expression-empty")
    out: list[str] = []
    place = 0
    while place < len(text):
        found = TOKEN.match(text, place)
        if not found or text.startswith(("--", "=="), place) or (text[place] == "'" and out and out[-1] == "."):
            raise Refused("plan-character-unknown", character=text[place : place + 2] if found else text[place], place=place + 1)
        token, place = found[0], found.end()
        if token[0].isdigit() and not token[-1].isdigit():
            if not parse_duration(token):
                raise Refused("plan-duration-wrong", value=token)
            token = f"__{token}"
        elif token.startswith("__"):
            raise Refused("plan-name-unknown", name=token, nearest="—", known="—")
        elif (token[0].isalpha() or token[0] == "_") and token.lower() not in KEYWORDS:
            token = f"__w_{token}"
        out.append(token)
    return "".join(out)


def said(e: exp.Expression) -> str:
    """A part of what was written, for a message."""
    text: str = e.sql(dialect="duckdb")
    text = MARK.sub("", text)
    return text if len(text) <= 60 else text[:59] + "…"


def day_of(text: str) -> date | None:
    """
    >>> day_of("2020-06-12"), day_of("2020-02-30")
    (datetime.date(2020, 6, 12), None)
    """
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text.strip()):
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
