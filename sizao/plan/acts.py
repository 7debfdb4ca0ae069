"""Which kinds of act an edition asks for: what a store keeps from the day on which it puts the edition in force."""

from .language import Measure
from .language.done import acts
from .language.measure import From
from .language.terms import Has, Tally
from .loading import edition_of


def acts_of(text: str) -> list[str]:
    """The kinds of act that the measures of this edition take as evidence or end by, in order. Raises EditionRefused."""
    measures = edition_of(text).measures.values()
    return sorted(kind for kind in {kind for m in measures for kind in reads(m)} if kind)


def reads(m: Measure) -> list[str]:
    """The kinds of act that one measure reads: as evidence, as an end, in its conditions."""
    counted = [t.kept for t in m.terms if isinstance(t, Tally | Has)]
    unlisted = [entry.source for entry in m.reconcile if isinstance(entry, From) and entry.acts]
    return list(dict.fromkeys([*acts(m.done), *(c.act for c in m.close), *counted, *unlisted]))
