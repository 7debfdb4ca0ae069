"""Sizao (四早): find early, report early, isolate early, treat early. The plan is data, and the software executes it."""

__version__ = "0.1.0"
