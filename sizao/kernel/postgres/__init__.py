"""The database under Sizao: an embedded PostgreSQL when no server is given, a given one otherwise.

    store = Store.open()            # the folder where this jurisdiction's data live
    server = connect(store)         # finds the running server, or starts it; the same face for an external one
    server.dsn("app")               # how to connect as the application
    server.stop()

No TCP port is opened, no OS user is added, no mode of a folder that we did not make is changed. Everybody, the superuser
included, comes in by password (SCRAM-SHA-256) through a socket in a private folder.

    <store>/            root: 0711, else 0700
      store.json        id, kind, time zone, created, where its database is
      bin/              root only: the server's programs, so that its user can reach them
      pg/               the cluster, 0700, of the server's user
      run/              the socket, 0700, of the server's user
      conf/             settings written at each start; `local.conf` is the operator's and is never written
      secrets/          0700, one password a role, 0600
      log/              what the server says: starts, stops, recoveries; no statement and no value
"""

from sizao.kernel.postgres.backup import backup, restore
from sizao.kernel.postgres.external import connect, external
from sizao.kernel.postgres.server import Server, start, status, stop
from sizao.kernel.postgres.store import Store

__all__ = ["Server", "Store", "backup", "connect", "external", "restore", "start", "status", "stop"]
