"""Which kinds of act an edition asks for: what a store keeps from the day on which it puts the edition in force."""

from .facts import vocabulary
from .language import load_edition


def acts_of(text: str) -> list[str]:
    """The kinds of act that the measures of this edition take as evidence or end by, in order. Raises EditionRefused."""
    measures = load_edition(text, vocabulary()).measures.values()
    return sorted({m.done.act for m in measures} | {c.act for m in measures for c in m.close})
