"""Where content lies: plans, headers, error texts, as files inside the package and in the folder of a jurisdiction. Needs no settings and no store."""

import hashlib
import os
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


def folders() -> list[Path]:
    """Where content lies, the package's first."""
    own = os.environ.get("SIZAO_CONTENT")
    return [content_dir(), *([Path(own)] if own else [])]


def shipped_digest() -> str:
    """SHA-256 over every file of content, names and bytes: another one means that something else is in force in a store made anew."""
    whole = hashlib.sha256()
    for place in folders():
        for path in sorted(p for p in place.rglob("*.yaml") if p.is_file()):
            whole.update(f"{path.relative_to(place)}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()
