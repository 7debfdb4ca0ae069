"""Records in, pairs that may be one person out, with a score and the reasons. Knows no store, no clock, no web."""
