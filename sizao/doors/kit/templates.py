"""The Jinja environment: strict about what is undefined, escaping always on, gettext in the templates, one set of words for values."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language, gettext, ngettext, override
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from sizao.doors.kit import static
from sizao.doors.kit.shades import shade
from sizao.doors.kit.terms import term


def environment(**options: Any) -> Environment:
    """Django calls this once for its Jinja backend. An undefined name in a template is an error, never an empty place on a page."""
    options["undefined"] = StrictUndefined
    options["trim_blocks"] = options["lstrip_blocks"] = True
    env = Environment(**{**options, "autoescape": True, "extensions": ["jinja2.ext.i18n"]})  # noqa: S701  (it is on)
    env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.globals["_"] = env.globals["gettext"] = said
    env.policies["ext.i18n.trimmed"] = True
    env.globals.update(
        url=url,
        static=static.static,
        files=static,
        shade=shade,
        term=term,
    )
    return env


@lru_cache(maxsize=16384)
def _known(language: str | None, words: str) -> Markup:
    """A catalogue's text is as safe as the template that asks for it; what is put into it is not, and `%` escapes that."""
    with override(language):
        return Markup(gettext(words))  # noqa: S704


@lru_cache(maxsize=8)
def said_in(language: str | None) -> Callable[..., str]:
    """What `_` of a template is in this language: `_('words')`, `_('%(n)s words', n=3)`. A page says up to seven hundred; to ask each time which language it is, through
    two of jinja's contexts, was a sixth of the time that a page took."""

    def said(words: str, /, **told: Any) -> str:
        text = _known(language, words)
        return text % told if "%" in text else text

    return said


def said(words: str, /, **told: Any) -> str:
    """The same in the language of the moment, where nobody has bound it to a page."""
    return said_in(get_language())(words, **told)


@lru_cache(maxsize=4096)
def _way(name: str, *arguments: tuple[str, Any]) -> str:
    """A page asks for two hundred addresses, nearly always the same."""
    return reverse(name, kwargs=dict(arguments))


def url(name: str, query: dict[str, Any] | None = None, **arguments: Any) -> str:
    """The address of a route, with its query; empty values are left out, so addresses stay short enough to read out."""
    from urllib.parse import urlencode

    address = _way(name, *sorted(arguments.items()))
    pairs = [(k, str(v)) for k, v in (query or {}).items() if v not in (None, "")]
    return f"{address}?{urlencode(pairs)}" if pairs else address
