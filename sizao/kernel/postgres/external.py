"""A PostgreSQL that somebody else runs, named by DATABASE_URL: the same roles, the same face."""

from __future__ import annotations

import os
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from sizao.kernel.errors import Refused
from sizao.kernel.postgres import roles
from sizao.kernel.postgres.server import Server, start
from sizao.kernel.postgres.store import Store

OLDEST = 150000
#: Databases that exist on every server and are nobody's.
COMMON = {"", "postgres", "template1", "template0"}


def connect(store: Store) -> Server:
    """The database of this store: the one named by DATABASE_URL, else the embedded one. Safe to ask again."""
    url = os.environ.get("DATABASE_URL")
    return external(store, url) if url else start(store)


def external(store: Store, url: str, *, take: bool | None = None) -> Server:
    """Readies the database that `url` names, and returns the same face as the embedded one.

    The URL is that of a role that may create roles and databases. The database it names is used, and created if absent;
    one that names none, or `postgres`, means `sizao`. Passwords of the three roles are kept in the store.
    Roles that another store uses are refused; `take`, or SIZAO_DATABASE_TAKE=1, gives them to this one.
    """
    store.check_place("external")
    try:
        given: dict[str, Any] = {k: v for k, v in conninfo_to_dict(url).items() if v is not None}
    except psycopg.ProgrammingError as fault:
        raise Refused("postgres-url-unreadable") from fault
    named = str(given.pop("dbname", ""))
    admin = {"user": given.pop("user", None) or "postgres", "password": given.pop("password", "")}
    server = Server(store, given | {"dbname": roles.DATABASE if named in COMMON else named}, admin)
    place = str(server.base["dbname"])
    if store.about.get("roles") == roles.SCHEME and store.about.get("database") == "external" and _works(server):
        return server
    with store.lock():
        try:
            with _first_connection(server, named) as connection:
                if connection.info.server_version < OLDEST:
                    raise Refused("postgres-too-old", version=connection.info.parameter_status("server_version"))
                taken = take if take is not None else os.environ.get("SIZAO_DATABASE_TAKE") == "1"
                roles.make_roles(connection, store, take=taken)
                roles.make_database(connection, place)
            with server.connect("owner") as owner:
                roles.close_to_others(owner)
        except psycopg.errors.InsufficientPrivilege as fault:
            raise Refused("postgres-may-not-create", user=admin["user"]) from fault
        except psycopg.OperationalError as fault:
            raise Refused("postgres-unreachable", fault=_first_line(fault)) from fault
        store.write(database="external", roles=roles.SCHEME)
    return server


def _first_connection(server: Server, named: str) -> psycopg.Connection[Any]:
    """As the given role, to a database that surely exists: the maintenance one, else the one that the URL names."""
    try:
        return server.connect("superuser", dbname="postgres")
    except psycopg.OperationalError:
        if named in COMMON:
            raise
        return server.connect("superuser")


def _works(server: Server) -> bool:
    """Whether the owner, made before, can still come in: then nothing is to be made."""
    try:
        with server.connect("owner") as owner:
            owner.execute("SELECT 1")
        return True
    except psycopg.OperationalError:
        return False


def _first_line(fault: Exception) -> str:
    return next(iter(str(fault).splitlines()), type(fault).__name__)
