"""What a cell counts, as tests on an obligation. The same on every engine; this file knows no database."""

TESTS = {
    "owed": "state IN ('met', 'late', 'overdue')",
    "met": "state = 'met'",
    "late": "state = 'late'",
    "overdue": "state = 'overdue'",
    "missing": "state = 'overdue' AND doable",
    "missed": "state = 'overdue' AND NOT doable",
    "open": "state = 'open'",
    "ahead": "state = 'ahead'",
    "waiting": "state = 'waiting'",
    "closed": "state = 'closed'",
    "cannot_tell": "state = 'cannot_tell'",
    "ownerless": "post IS NULL AND (state IN ('open', 'cannot_tell') OR state = 'overdue' AND doable)",
    "unlisted": "state = 'unlisted'",
    "told_late": "told_late",
}
