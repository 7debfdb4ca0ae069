"""The command line: one user, one post, one purpose, on record like every other door."""
