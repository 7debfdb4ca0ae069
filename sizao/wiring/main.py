"""The program: gives the doors what only this room may do, and runs the command that was typed."""

import logging
import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime

from sizao.doors.cli import context

from . import database
from .database import boot


def migrate(kind: str, zone: str) -> bool:
    """See `wiring.migrate`; imported late, for it needs a booted database."""
    from .migrate import migrate as apply

    return apply(kind, zone)


def serve(*, port: int, host: str, workers: int, as_of: datetime | None, ready: Callable[[], None], doors: Sequence[str] = ("",)) -> int:
    """Runs the web processes and one worker until told to stop. Refused: already-serving, port-taken.

    `doors`: a set of doors (by commas; "": all) for each web process; the first gets `port`, each other the next one.
    """
    import socket

    from django.db import connections

    from sizao.doors.kit.load import AT_ONCE, THREADS
    from sizao.kernel import supervise
    from sizao.kernel.errors import Refused

    for taken in range(port, port + len(doors)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, taken))
            except OSError:
                raise Refused("port-taken", port=taken) from None
    ready()
    connections.close_all()
    environment = {"SIZAO_AS_OF": as_of.isoformat()} if as_of else {}
    every = ",".join(database.DOORS)
    children = [
        supervise.Child("worker", [sys.executable, "-m", "sizao.wiring.worker"], environment | {"SIZAO_DOORS": every}),
        *(
            supervise.Child(f"web {some}".strip(), supervise.granian("sizao.wiring.wsgi:application", host=host, port=port + n, workers=workers, threads=THREADS), environment | {"SIZAO_DOORS": some or every, "SIZAO_POOL": str(AT_ONCE + 2)})
            for n, some in enumerate(doors)
        ),
    ]
    store = boot(setup=False)
    supervise.Supervisor(children, watches=[(2.0, _keep_database)], place=store.path / "serve.pid").run()
    return 0


def _keep_database() -> None:
    """Starts the embedded database again when somebody killed it."""
    from sizao.kernel import postgres

    postgres.connect(boot(setup=False))


def main() -> None:
    """`python -m sizao`."""
    logging.captureWarnings(True)
    os.umask(0o077)
    context.boot, context.migrate, context.serve = boot, migrate, serve
    from sizao.doors.cli.main import run

    sys.exit(run())
