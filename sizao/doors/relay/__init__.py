"""The way in for the public door's own process: what it may not answer itself is sealed, laid into a table, and answered from inside."""
