"""The plan: measures as data, obligations derived from them and from the registers, coverage, and the named missing."""
