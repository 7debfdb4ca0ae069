"""Running a command: a refusal is said in words, and never as a trace."""

from __future__ import annotations

import sys

import typer

from . import context
from .app import app


def run() -> int:
    """Runs a command; a refusal is said in words, with its code and its cure, and never as a trace."""
    from sizao.kernel.errors import Refused

    try:
        code = app(standalone_mode=False)  # an Exit comes back as its code
        if isinstance(code, int):
            return code
    except typer.Exit as e:
        return e.exit_code
    except Refused as e:
        refuse(e)
        return 2
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        return 0
    except Exception as e:
        if hasattr(e, "show") and hasattr(e, "exit_code"):  # how the command was typed: the library's own exception, wherever this version keeps it
            e.show()
            return e.exit_code
        if refused := _known(e):
            refuse(refused)
            return 2
        raise
    return 0


def refuse(e) -> None:
    lang = context.language()
    context.err.print(f"✗ {e.text(lang)}", style="bold red", markup=False)
    if cure := e.cure(lang):
        context.err.print(f"  → {cure}", markup=False)
    context.err.print(f"  [{e.code}]", style="dim", markup=False)
    if "--json" in sys.argv:
        context.print_json({"error": e.as_problem()})


def _known(e: Exception):
    """Failures of the machine that have words of their own: a full disk, a database that went away."""
    import errno

    import psycopg.errors
    from django.db import OperationalError

    from sizao.kernel.errors import Refused

    cause = e.__cause__ or e
    if isinstance(cause, psycopg.errors.DiskFull) or (isinstance(e, OSError) and e.errno == errno.ENOSPC):
        return Refused("disk-full", free_mb=_free_mb())
    if isinstance(e, OperationalError | psycopg.OperationalError):
        return Refused("database-away")
    return None


def _free_mb() -> int:
    import os
    import shutil

    try:
        return shutil.disk_usage(os.environ.get("SIZAO_STORE", "/")).free >> 20
    except OSError:
        return 0
