"""The coverage scale: six steps from orange to blue that the colour-blind tell apart, and grey hatching for what cannot be told."""

#: Upper ends of the steps, in thousandths; the last step is only what is complete.
ENDS = (500, 700, 850, 950, 1000)
NAMES = ("c0", "c1", "c2", "c3", "c4", "c5")


def shade(done: int | None, owed: int | None, cannot_tell: int = 0) -> str:
    """The step of a coverage: "c0" (worst) to "c5" (complete), "cx" where nothing can be told, "cn" where nothing is owed.

    One missing in ten thousand is not complete: the last step is for all of them.

    >>> shade(4, 10), shade(999, 1000), shade(10, 10), shade(0, 0, 7), shade(0, 0)
    ('c0', 'c4', 'c5', 'cx', 'cn')
    """
    if not owed:
        return "cx" if cannot_tell else "cn"
    share = (done or 0) * 1000 / owed
    return next((NAMES[i] for i, end in enumerate(ENDS) if share < end), NAMES[-1])
