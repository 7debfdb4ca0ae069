"""The tables of this register, a noun a file."""

from .merges import Look, Merge, Moved, Pair, Restored
from .persons import Household, Person

__all__ = ["Household", "Look", "Merge", "Moved", "Pair", "Person", "Restored"]
