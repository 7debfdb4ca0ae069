"""The laboratory's tables: samples and what was found; who had a tube when, on which machine; what is held back, who is called again."""

from .custody import Hold, Recall, Run, RunLine, TubeStep
from .samples import Laboratory, Result, Specimen, Tube

__all__ = ["Hold", "Laboratory", "Recall", "Result", "Run", "RunLine", "Specimen", "Tube", "TubeStep"]
