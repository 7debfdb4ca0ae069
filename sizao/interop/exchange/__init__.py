"""What the standards of exchange have in common: their codes and ours, what is told of a person and a test, and how it is stored once."""
