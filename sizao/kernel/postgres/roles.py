"""The three roles of the application, the database, and who may come into it. What each may do with a table, migrations say."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from sizao.kernel.errors import Refused

if TYPE_CHECKING:
    from sizao.kernel.postgres.store import Store

#: Raised when what is made here changes; stores made before are then brought up to it at the next start.
SCHEME = 1
DATABASE = "sizao"
ROLES = {"owner": "sizao_owner", "app": "sizao_app", "public": "sizao_public"}
#: What a session of each role starts with. The public door may not keep a connection busy.
LIMITS = {
    "owner": {},
    "app": {"idle_in_transaction_session_timeout": "60s"},
    "public": {"statement_timeout": "10s", "idle_in_transaction_session_timeout": "20s", "lock_timeout": "2s"},
}
MARK = "Sizao store "
Connection = psycopg.Connection[Any]


def make_roles(admin: Connection, store: Store, *, take: bool = False) -> None:
    """Makes the roles that are missing and gives all three this store's passwords.

    Roles are shared by a whole server. Those that another store uses are refused, unless `take` says that they are ours now.
    """
    known = dict(
        admin.execute(
            "SELECT rolname, coalesce(shobj_description(oid, 'pg_authid'), '') FROM pg_roles WHERE rolname = ANY(%s)", [list(ROLES.values())]
        ).fetchall()
    )
    mark = MARK + store.id
    foreign = [name for name, text in known.items() if text != mark]
    if foreign and not take:
        raise Refused("postgres-roles-taken", roles=foreign)
    for role, name in ROLES.items():
        if name not in known:
            with contextlib.suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):  # made meanwhile by a starter that was killed
                admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
        # Hashed here: a server that logs its statements must not learn the password.
        hashed = admin.pgconn.encrypt_password(store.password(role).encode(), name.encode(), b"scram-sha-256").decode()
        admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(name), sql.Literal(hashed)))
        admin.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(sql.Identifier(name), sql.Literal(mark)))
        for setting, value in LIMITS[role].items():
            admin.execute(sql.SQL("ALTER ROLE {} SET {} = {}").format(sql.Identifier(name), sql.Identifier(setting), sql.Literal(value)))


def make_database(admin: Connection, name: str) -> bool:
    """Makes an empty UTF-8 database of `sizao_owner` that sorts by code point. False when it is there already."""
    row = admin.execute(
        "SELECT pg_encoding_to_char(encoding), pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", [name]
    ).fetchone()
    if row:
        if row[0] != "UTF8":
            raise Refused("postgres-not-utf8", database=name, encoding=row[0])
        if row[1] != ROLES["owner"]:
            _join_owner(admin)
            admin.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(name), sql.Identifier(ROLES["owner"])))
        return False
    _join_owner(admin)
    head = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' ").format(sql.Identifier(name), sql.Identifier(ROLES["owner"]))
    if admin.info.server_version >= 170000:
        tails = ["LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C'"]
    else:  # letters beyond ASCII are folded where the system has C.UTF-8
        tails = [f"LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE '{ctype}'" for ctype in ("C.UTF-8", "C.utf8", "C")]
    for tail in tails:
        try:
            admin.execute(head + sql.SQL(tail))  # type: ignore[arg-type]  # one of the texts above
            return True
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            # Somebody made it meanwhile, or a starter that was killed left its server process at it: what is there now is looked at.
            return make_database(admin, name)
        except (psycopg.errors.WrongObjectType, psycopg.errors.InvalidParameterValue):
            if tail == tails[-1]:
                raise
    return True


def close_to_others(owner: Connection) -> None:
    """In the database, as its owner: nobody comes in but the three roles, and only the owner makes anything."""
    name = sql.Identifier(owner.info.dbname)
    app, public = sql.Identifier(ROLES["app"]), sql.Identifier(ROLES["public"])
    for text in (
        "REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        "GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {app}",
        "GRANT CONNECT ON DATABASE {name} TO {public}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO {app}",
    ):
        owner.execute(sql.SQL(text).format(name=name, app=app, public=public))  # type: ignore[arg-type]
    row = owner.execute("SELECT has_schema_privilege('public', 'CREATE')").fetchone()
    if not row or not row[0]:
        raise Refused("postgres-schema-not-ours", database=owner.info.dbname)


def _join_owner(admin: Connection) -> None:
    """A role that is no superuser may give a database only to a role whose member it is."""
    row = admin.execute("SELECT rolsuper, pg_has_role(rolname, %s, 'MEMBER') FROM pg_roles WHERE rolname = current_user", [ROLES["owner"]]).fetchone()
    if row and not any(row):
        admin.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(ROLES["owner"])))
