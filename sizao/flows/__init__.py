"""Stories that cross registers. One file each: a batch in, one transaction, one outcome a command; it ends by writing acts."""
