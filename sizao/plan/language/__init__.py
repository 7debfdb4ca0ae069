"""The language of plans: an edition's YAML in, checked measures out. Nothing here knows a database, a clock or the web."""

from .edition import Edition, load_edition
from .faults import EditionRefused, Fault
from .measure import Measure
from .vocabulary import Vocabulary

__all__ = ["Edition", "EditionRefused", "Fault", "Measure", "Vocabulary", "load_edition"]
