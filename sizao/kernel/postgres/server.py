"""The face of the database: where it is, how each role connects, start, stop, state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import pq, sql

from sizao.kernel.errors import Refused
from sizao.kernel.postgres import config, roles
from sizao.kernel.postgres.cluster import SUPERUSER, Cluster
from sizao.kernel.postgres.store import Store


@dataclass(slots=True)
class Server:
    """A database that is ready: its roles are made and it answered.

    Attributes:
        store: Whose data it holds.
        base: Connection parameters that all roles share.
        admin: User and password of the role that may make roles and databases.
        cluster: The embedded cluster, or None for a server that we do not run.
    """

    store: Store
    base: dict[str, Any]
    admin: dict[str, str] = field(repr=False)
    cluster: Cluster | None = None

    def dsn(self, role: str = "app", *, dbname: str | None = None) -> dict[str, Any]:
        """How to connect as 'owner', 'app', 'public' or 'superuser': keyword arguments of `psycopg.connect`."""
        if role == "superuser":
            who = dict(self.admin)
        else:
            who = {"user": roles.ROLES[role], "password": self.store.password(role, create=False)}
        return self.base | who | ({"dbname": dbname} if dbname else {})

    @property
    def dbname(self) -> str:
        """The database of the application."""
        return str(self.base["dbname"])

    def connect(self, role: str = "app", *, dbname: str | None = None, autocommit: bool = True) -> psycopg.Connection[Any]:
        """An open connection, for work outside the application: maintenance, backup, tests."""
        return psycopg.connect(**self.dsn(role, dbname=dbname), autocommit=autocommit, connect_timeout=10)

    def create_database(self, name: str) -> None:
        """Another database beside the application's, of the same owner and closed in the same way: for tests and trial restores."""
        with self.connect("superuser", dbname="postgres") as admin:
            roles.make_database(admin, name)
        with self.connect("owner", dbname=name) as owner:
            roles.close_to_others(owner)

    def drop_database(self, name: str) -> None:
        """Drops a database that `create_database` made; never the application's own."""
        if name == self.dbname:
            raise ValueError("the application's own database is not dropped here")
        # The owner may not send away who cleans up in it just then (autovacuum); on a server that is not ours there may be nobody else.
        with self.connect("superuser", dbname="postgres") if self.cluster is not None else self.connect("owner", dbname=self.dbname) as who:
            who.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def stop(self) -> bool:
        """Stops the embedded server. False when it was not running, or is not ours to stop."""
        if self.cluster is None:
            return False
        with self.store.lock():
            return self.cluster.stop()


def start(store: Store) -> Server:
    """The store's embedded server: found running, or started and, the first time, made.

    Any number of processes may ask at once and get the same one. After a crash the server recovers by itself what was
    acknowledged. Raises Refused in words when it cannot run.
    """
    store.check_place("embedded")
    cluster = Cluster(store)
    if not (cluster.exists() and store.about.get("roles") == roles.SCHEME and cluster.ping() == "ok"):
        with store.lock():
            store.about |= Store.open(store.path).about  # another process may have made the roles meanwhile
            _start_locked(cluster)
            if store.about.get("roles") != roles.SCHEME:
                _make_roles(store, cluster)
                store.write(database="embedded", roles=roles.SCHEME)
    return _server(store, cluster)


def stop(store: Store) -> bool:
    """Stops the store's embedded server, whoever started it. False when none was running."""
    if store.about.get("database") == "external":
        return False
    with store.lock():
        return Cluster(store).stop()


def status(store: Store) -> dict[str, Any]:
    """What is so, without changing it: {database, running, pid, socket, log}."""
    place = store.about.get("database") or "embedded"
    if place == "external":
        return {"database": place, "running": None, "pid": None, "socket": None, "log": None}
    cluster = Cluster(store)
    running = cluster.exists() and cluster.ping() == "ok"
    return {
        "database": place,
        "running": running,
        "pid": cluster.postmaster(),
        "socket": config.address(cluster.store) if running else None,
        "log": str(cluster.log / "server"),
    }


def _start_locked(cluster: Cluster) -> None:
    for _ in range(3):  # it may be stopping when we look; then it is started again
        started = False
        if cluster.has_lost_its_socket():
            cluster.stop()
        if not cluster.is_alive():
            if not cluster.exists():
                cluster.make()
            cluster.launch()
            started = True
        if cluster.wait():
            return
        if started:
            raise cluster.why_it_went()
    raise cluster.why_it_went()


def _make_roles(store: Store, cluster: Cluster) -> None:
    server = _server(store, cluster)
    try:
        with server.connect("superuser", dbname="postgres") as admin:
            roles.make_roles(admin, store, take=True)  # the whole cluster is this store's
            roles.make_database(admin, roles.DATABASE)
            admin.execute("REVOKE ALL ON DATABASE postgres FROM PUBLIC")
    except psycopg.OperationalError as fault:
        raise Refused("postgres-login-refused", path=store.path / "secrets") from fault
    with server.connect("owner") as owner:
        roles.close_to_others(owner)


def _server(store: Store, cluster: Cluster) -> Server:
    base: dict[str, Any] = {"host": config.address(cluster.store), "port": config.PORT, "dbname": roles.DATABASE}
    if pq.version() >= 160000:  # never hand a password to anything but our own server
        base |= {"require_auth": "scram-sha-256", "requirepeer": cluster.account.name}
    return Server(store, base, {"user": SUPERUSER, "password": store.password("superuser", create=not cluster.exists())}, cluster)
