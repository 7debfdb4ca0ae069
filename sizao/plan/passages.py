"""The passages of the source texts, and what of them no measure may be built on."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sizao.kernel import codes
from sizao.kernel.marked import plain

from .language.vocabulary import LeftOut

VERDICTS = {"out": ("不做", "left out"), "read": ("换一种读法", "read otherwise"), "narrowed": ("收窄", "narrowed")}


@cache
def left_out() -> tuple[LeftOut, ...]:
    """On what no measure may be built, as shipped."""
    found = left_out_items()
    return tuple(LeftOut(name, tuple(x["words"]), {"zh": x["zh"], "en": x["en"]}) for name, x in found.items())


def left_out_items() -> dict[str, Mapping[str, Any]]:
    """Item → {text, quote, verdict, zh, en, instead, words}."""
    return dict(plain(codes.content_files("trace")["left-out"])["items"])


def passages() -> list[Mapping[str, Any]]:
    """Each passage of the source texts: id, text, zh, en, edition, measures and what of it was left out."""
    return list(plain(codes.content_files("trace")["passages"])["passages"])
