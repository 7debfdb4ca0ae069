"""Words that a screen explains where it uses them (`content/glossary/terms.yaml`), by a button that opens what they mean: with the keyboard, by touch, read aloud."""

from functools import lru_cache
from itertools import count
from typing import Any

from django.utils.translation import get_language
from markupsafe import Markup, escape

from sizao.kernel.content_dir import content_dir
from sizao.kernel.marked import plain

_numbers = count(1)


@lru_cache(maxsize=1)
def terms() -> dict[str, dict[str, str]]:
    """Word → {zh, en, means_zh, means_en}, in the order of the file."""
    return dict(plain((content_dir() / "glossary" / "terms.yaml").read_text(encoding="utf-8")))


def term(name: str) -> Markup:
    """The button behind a word, and what it opens. The browser closes it with Escape or a press elsewhere; no program is needed."""
    one, side = terms()[name], "en" if (get_language() or "").startswith("en") else "zh"
    mark = f"term-{next(_numbers) % 1_000_000}"
    word, means = escape(one[side]), escape(one[f"means_{side}"])
    label = escape({"zh": "什么是“{}”", "en": "What is “{}”"}[side].format(one[side]))
    return Markup(  # noqa: S704  (every part is escaped)
        f'<button type="button" class="term" popovertarget="{mark}" aria-label="{label}">?</button>'
        f'<span id="{mark}" popover class="means" role="note"><b>{word}</b> {means}</span>'
    )


def all_terms() -> list[dict[str, Any]]:
    """Every word for the page of words."""
    return [{"id": name, **one} for name, one in terms().items()]
