"""What all commands share: the program itself, and the options that many of them take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import sizao

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
