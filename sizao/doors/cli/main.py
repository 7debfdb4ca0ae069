"""The commands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

import sizao

from . import context

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, help="Sizao (四早) · 预案是数据，软件来执行 · the plan is data, and the software executes it")

Store = Annotated[Path | None, typer.Option("--store", metavar="DIR", help="本库所在目录 · the folder of this store")]
Json = Annotated[bool, typer.Option("--json", help="以 JSON 输出 · print JSON")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="判定时刻，如 2020-04-29 · the moment judged")]


def version(asked: bool) -> None:
    if asked:
        print(f"sizao {sizao.__version__}")
        raise typer.Exit


@app.callback()
def root(_: Annotated[bool, typer.Option("--version", callback=version, is_eager=True, help="版本 · version")] = False) -> None:
    pass


def run() -> int:
    """Runs a command; a refusal is said in words, with its code and its cure, and never as a trace."""
    from sizao.kernel.errors import Refused

    from . import admin, intake, plans, service  # noqa: F401  (each adds its commands)

    try:
        app(standalone_mode=False)
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
        from click.exceptions import ClickException

        if isinstance(e, ClickException):
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
