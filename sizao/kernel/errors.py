"""Refusals in words: one exception, a stable code, a text in Chinese and in English, and what to do now.

The texts are content: `sizao/content/errors/<room>.yaml`, one file a room, no code in two files.

    contact-window-reversed:
      zh: 隔离日期 {isolated_on} 早于可能暴露的首日 {opens}。
      en: Isolation on {isolated_on} is before exposure could start on {opens}.
      cure: {zh: 请向报告人核对发病日期。, en: Check the onset date with the reporter.}
      status: 422

A field is a plain name in braces. Nothing that a person typed is ever read as a format: values are put in, and never looked into.
"""

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sizao.kernel.content_dir import content_dir

from .marked import plain

LANGUAGES = ("zh", "en")
CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
FIELD = re.compile(r"\{([a-z_][a-z0-9_]*)\}")

#: A text is read by a person on a phone; a value longer than this is cut.
LONGEST_VALUE = 160

#: Names under which a number may be written to a log. Whatever a person typed stays out, and so does every identifier:
#: a phone number is a number too, hence also the bound.
LOGGED_NUMBERS = frozenset({"row", "line", "rows", "count", "limit", "seconds", "bytes", "free_mb", "needed_mb", "port", "status"})
LOGGED_BOUND = 10**10


class UnknownCode(KeyError):
    """A code without a text, or a text whose field was not given. Raised in tests only; in service the code itself is shown."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Text:
    """What is said when a code is raised.

    Attributes:
        code: Stable name, part of the public interface: scripts and support notes cite it.
        zh, en: What was refused, which one, and why. Fields in braces.
        cure_zh, cure_en: What to do now, as an instruction.
        status: HTTP status of the refusal.
        room: The file it came from, without ".yaml".
    """

    code: str
    zh: str
    en: str
    cure_zh: str
    cure_en: str
    status: int
    room: str

    @property
    def fields(self) -> frozenset[str]:
        """Names that the texts need."""
        return frozenset(FIELD.findall(" ".join((self.zh, self.en, self.cure_zh, self.cure_en))))


class Refused(Exception):
    """An act that Sizao did not do, for a reason that a person can read and mend.

    Values fill the fields of the text. A value may be a mapping with the keys zh and en when it differs by language.
    `str()` is for a terminal and may hold what the user typed; logs take `safe`, which never does.

    >>> refusal = Refused("bad-value", field={"zh": "年龄", "en": "age"}, value="{x}", expected="0–120")
    >>> refusal.text("en")
    'The value "{x}" does not fit age; expected: 0–120.'
    >>> refusal.status, refusal.safe
    (422, 'bad-value')
    """

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values
        if code not in texts() and strict():
            raise UnknownCode(f"no text for the error code {code!r}: add it to sizao/content/errors/<room>.yaml with zh, en and a cure")

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.code, self.values)

    @property
    def status(self) -> int:
        """HTTP status; 422 where the text does not say."""
        known = texts().get(self.code)
        return known.status if known else 422

    def text(self, lang: str = "zh") -> str:
        """What was refused and why, in 'zh' or 'en'. An unknown code is its own text."""
        known = texts().get(self.code)
        return fill(known.en if lang.startswith("en") else known.zh, self.values, lang, self.code) if known else self.code

    def cure(self, lang: str = "zh") -> str:
        """What to do now, in 'zh' or 'en'."""
        known = texts().get(self.code)
        return fill(known.cure_en if lang.startswith("en") else known.cure_zh, self.values, lang, self.code) if known else ""

    def __str__(self) -> str:
        return f"{self.text('en')} {self.cure('en')}".strip() + f" [{self.code}]"

    @property
    def safe(self) -> str:
        """For logs: the code, and the few numbers that name nobody."""
        numbers = [
            f"{name}={value}"
            for name, value in sorted(self.values.items())
            if name in LOGGED_NUMBERS and isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LOGGED_BOUND
        ]
        return " ".join([self.code, *numbers])

    def as_problem(self, lang: str = "en") -> dict[str, Any]:
        """The body of an `application/problem+json` answer (RFC 9457), with both languages as members."""
        return {
            "type": f"/errors/{self.code}",
            "title": self.text(lang),
            "status": self.status,
            "detail": self.cure(lang),
            "code": self.code,
            "zh": self.text("zh"),
            "en": self.text("en"),
            "cure": {"zh": self.cure("zh"), "en": self.cure("en")},
        }


def _again(kind: type[Refused], code: str, values: dict[str, Any]) -> Refused:
    return kind(code, **values)


def strict() -> bool:
    """Whether an unknown code is a fault (under tests) or only looks poor (in service, where a refusal must not become a crash)."""
    return "PYTEST_VERSION" in os.environ or os.environ.get("SIZAO_STRICT") == "1"


def fill(text: str, values: Mapping[str, Any], lang: str, code: str = "") -> str:
    """Puts values into the named fields of a text.

    Only `{name}` is a field; attribute, index, conversion and width are not, and a value is never searched for fields.

    >>> fill("第 {row} 行：{value}", {"row": 3, "value": "{row.__class__}"}, "zh")
    '第 3 行：{row.__class__}'
    """

    def put(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in values:
            return shown(values[name], lang)
        if strict():
            raise UnknownCode(f"the text of {code!r} needs the field {name!r}; it was given {sorted(values)}")
        return "…"

    return FIELD.sub(put, text)


def shown(value: Any, lang: str) -> str:
    """One value as a person reads it: one line, no control characters, cut when long.

    >>> shown(["a", "b"], "zh"), shown({"zh": "密接", "en": "contact"}, "en"), shown("a\\u202eb\\n", "en")
    ('a、b', 'contact', 'a b')
    """
    if isinstance(value, Mapping):
        value = value.get("en" if lang.startswith("en") else "zh", "")
    if value is None:
        return "—"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Path):
        return (", " if lang.startswith("en") else "、").join(shown(one, lang) for one in value)
    line = " ".join("".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") else c for c in str(value)).split())
    return line if len(line) <= LONGEST_VALUE else line[: LONGEST_VALUE - 1] + "…"


@cache
def texts() -> dict[str, Text]:
    """Every code of every room, read once. A faulty text costs only itself; `read_texts` names the faults, and a test asks for none."""
    return read_texts(sorted((content_dir() / "errors").glob("*.yaml")))[0]


def read_texts(paths: Iterable[Path]) -> tuple[dict[str, Text], list[str]]:
    """The texts in these files, and every fault in them: what is missing, twice there, or not a plain field."""
    found: dict[str, Text] = {}
    faults: list[str] = []
    for path in paths:
        try:
            items = plain(path.read_text(encoding="utf-8")) or {}
        except (yaml.YAMLError, UnicodeDecodeError) as fault:
            faults.append(f"{path.name}: cannot be read: {fault}")
            continue
        if not isinstance(items, dict):
            faults.append(f"{path.name}: expected codes at the top level")
            continue
        for code, item in items.items():
            if code in found:
                faults.append(f"{path.name}: {code} is already in {found[code].room}.yaml")
                continue
            text, wrong = _read_text(code, item, path.stem)
            faults += [f"{path.name}: {code}: {fault}" for fault in wrong]
            if text:
                found[code] = text
    return found, faults


def _read_text(code: Any, item: Any, room: str) -> tuple[Text | None, list[str]]:
    if not isinstance(code, str) or not CODE.fullmatch(code):
        return None, ["a code is small letters, digits and hyphens"]
    cure = item.get("cure") if isinstance(item, dict) else None
    if not isinstance(item, dict) or not isinstance(cure, dict):
        return None, ["needs zh, en, cure {zh, en} and may have status"]
    parts = {"zh": item.get("zh"), "en": item.get("en"), "cure.zh": cure.get("zh"), "cure.en": cure.get("en")}
    wrong = [f"{name} is missing" for name, part in parts.items() if not isinstance(part, str) or not part.strip()]
    wrong += [f"unknown key {key!r}" for key in item if key not in ("zh", "en", "cure", "status")]
    status = item.get("status", 422)
    if type(status) is not int or not 400 <= status <= 599:
        wrong.append("status must be between 400 and 599")
        status = 422
    whole = {name: part for name, part in parts.items() if isinstance(part, str)}
    wrong += [f"{name}: {{…}} may hold only a plain name" for name, part in whole.items() if re.search(r"[{}]", FIELD.sub("", part))]
    if len(whole) < len(parts):
        return None, wrong
    zh, en, cure_zh, cure_en = (" ".join(whole[name].split()) for name in parts)
    return Text(code, zh, en, cure_zh, cure_en, status, room), wrong
