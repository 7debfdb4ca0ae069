"""What became of each command of a batch."""

from sizao.kernel.outcome import Outcome, Problem

__all__ = ["Outcome", "Problem"]
