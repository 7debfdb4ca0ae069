"""Where the content that ships with Sizao lies: plans, headers, error texts, as files inside the package."""

from functools import cache
from importlib.resources import files
from pathlib import Path


@cache
def content_dir() -> Path:
    """The folder `content/` of the installed package.

    Sizao is always installed unpacked, because its templates and static files are served from disk;
    so the answer is an ordinary path that can be listed and globbed.

    >>> content_dir().name
    'content'
    """
    return Path(str(files("sizao") / "content"))
