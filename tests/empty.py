"""Databases with every table and nothing in them: one is migrated in a session, the others are copies of it. That takes a fraction of a second, migrations many."""

import os

#: What is copied: nobody is ever connected to it.
MIGRATED = f"sizao_migrated_{os.getpid()}"


def copy(name: str, of: str = MIGRATED) -> None:
    """Another database of the session's server, like one to which nobody is connected; one of that name goes first."""
    from sizao.wiring import database

    server = database.server()
    server.drop_database(name)
    with server.connect("superuser", dbname="postgres") as admin:
        admin.execute(f"CREATE DATABASE {name} OWNER sizao_owner TEMPLATE {of}")
    server.create_database(name)  # it is there: closed to all but the three roles
