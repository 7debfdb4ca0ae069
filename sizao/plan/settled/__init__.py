"""Settlement: what time alone can no longer change is kept as cells, and a cycle evaluates only what is live.

    result = cycle(db, measures, relations, as_of, changes)      # changes: what the refresh brought; None: evaluate everything
    db.sql("SELECT * FROM cell")                                 # measure, area, day due, counts; every level of the tree

Evaluation is pure, so nothing else has to be remembered: for each subject that a late record, a closing act, a correction or a move touches, its
settled part as it was is taken away and as it is now is added. No obligation is kept, only cells. See docs/decisions/011.
"""

from .changes import Changes
from .course import CycleResult
from .cycle import cycle
from .ledger import Ledger

__all__ = ["Changes", "CycleResult", "Ledger", "cycle"]
