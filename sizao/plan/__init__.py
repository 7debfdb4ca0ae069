"""The plan: measures as data, obligations derived from them and from the registers, coverage, and the named missing."""


def vocabulary_of(text: str) -> list[str]:
    """The kinds of act that an edition asks for or ends by: what a store begins to keep when the edition comes into force."""
    from .facts import vocabulary
    from .language import load_edition

    measures = load_edition(text, vocabulary()).measures.values()
    return sorted({m.done.act for m in measures} | {c.act for m in measures for c in m.close})
