"""The program: every command there is."""

from __future__ import annotations

from . import admin, duplicates, epi, epi_delays, epi_scan, exchange, intake, ledgers, mllp, peers, plans, rehearse, service, signals, spark
from .app import app
from .running import refuse, run

COMMANDS = (intake, duplicates, exchange, mllp, peers, ledgers, signals, epi, epi_scan, epi_delays, plans, rehearse, spark, service, admin)  # each adds its own to the app

__all__ = ["COMMANDS", "app", "refuse", "run"]
