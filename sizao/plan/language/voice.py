"""Who says the sentences: what the sayings of terms and evidence ask of a speaker, so that neither file need know the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sizao.kernel.facts import FactsColumn

from .vocabulary import Vocabulary


class Voice(Protocol):
    """Says expressions over one table in one language."""

    zh: bool
    columns: Mapping[str, FactsColumn]
    vocabulary: Vocabulary
    owner: Mapping[str, FactsColumn] | None
    called: Mapping[str, Mapping[str, str]]

    def about(self, columns: Mapping[str, FactsColumn], owner: Mapping[str, FactsColumn] | None) -> Voice:
        """The same voice, about another row."""

    def both(self, zh: str, en: str) -> str:
        """Whichever of the two is its language."""

    def say(self, node: Any) -> str:
        """An expression in words."""

    def group(self, part: Any, inner: type) -> str:
        """A part of an expression, in brackets where it is of that kind."""

    def identity(self, name: str) -> str:
        """What a link or an identity is called."""
