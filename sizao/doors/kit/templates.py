"""The Jinja environment: strict about what is undefined, escaping always on, gettext in the templates, one set of words for values."""

from functools import lru_cache
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, ngettext
from jinja2 import Environment, StrictUndefined

from sizao.doors.kit import static
from sizao.doors.kit.shades import shade
from sizao.doors.kit.terms import term


def environment(**options: Any) -> Environment:
    """Django calls this once for its Jinja backend. An undefined name in a template is an error, never an empty place on a page."""
    options["undefined"] = StrictUndefined
    options["trim_blocks"] = options["lstrip_blocks"] = True
    env = Environment(**{**options, "autoescape": True, "extensions": ["jinja2.ext.i18n"]})  # noqa: S701  (it is on)
    env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.policies["ext.i18n.trimmed"] = True
    env.globals.update(
        url=url,
        static=static.static,
        files=static,
        shade=shade,
        term=term,
    )
    return env


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
