"""The program: gives the doors what only this room may do, and runs the command that was typed."""

import logging
import os
import sys
from collections.abc import Callable
from datetime import datetime

from sizao.doors.cli import context

from .database import boot


def migrate(kind: str, zone: str) -> bool:
    """See `wiring.migrate`; imported late, for it needs a booted database."""
    from .migrate import migrate as apply

    return apply(kind, zone)


def serve(*, port: int, host: str, workers: int, as_of: datetime | None, ready: Callable[[], None]) -> int:
    """Runs the web processes and one worker until told to stop. Refused: already-serving, port-taken."""
    import socket

    from django.db import connections

    from sizao.kernel import supervise
    from sizao.kernel.errors import Refused

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise Refused("port-taken", port=port) from None
    ready()
    connections.close_all()
    environment = {"SIZAO_AS_OF": as_of.isoformat()} if as_of else {}
    children = [
        supervise.Child("worker", [sys.executable, "-m", "sizao.wiring.worker"], environment),
        supervise.Child("web", supervise.granian("sizao.wiring.wsgi:application", host=host, port=port, workers=workers), environment),
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
