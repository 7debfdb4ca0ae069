"""What goes out: aggregates by type, small counts hidden so that nobody reckons them, two people, recall. The public reads what this room let out and nothing else."""
