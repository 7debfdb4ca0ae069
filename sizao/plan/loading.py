"""Editions read with all that the registers declare. A process reads the same text once: it is checked, put in force, asked for its acts and evaluated."""

from functools import lru_cache

from .facts import vocabulary
from .language import Edition, load_edition


@lru_cache(maxsize=16)
def edition_of(text: str, file: str = "edition.yaml") -> Edition:
    """The edition in this text, shared by all who ask. Raises EditionRefused with every fault at once, each in `file`."""
    return load_edition(text, vocabulary(), file)
