"""Under which OS user the server runs, and whether that user can reach a folder.

PostgreSQL refuses to run as root. Root therefore runs it as `nobody`, a user that every system has; anybody else runs it as
themselves. No user is added and no folder's mode is changed to make room.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sizao.kernel.errors import Refused

#: All that a child process sees of our environment.
CLEAN = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C", "LC_ALL": "C"}


@dataclass(frozen=True, slots=True)
class Account:
    """An OS user.

    Attributes:
        name: As in the password file.
        uid, gid: Its numbers.
    """

    name: str
    uid: int
    gid: int

    def as_arguments(self) -> dict[str, Any]:
        """For `subprocess`: become this user, with no other group. Empty when we are this user already."""
        if os.geteuid() == self.uid:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def server_account(store: Path) -> Account:
    """Who runs the server of this store: ourselves, or, for root, the owner of its cluster, at first `nobody`.

    Root that opens a store which an ordinary user made keeps that user.
    """
    if os.geteuid() != 0:
        try:
            me = pwd.getpwuid(os.geteuid())
        except KeyError:
            raise Refused("postgres-user-without-name", uid=os.geteuid()) from None
        return Account(me.pw_name, me.pw_uid, me.pw_gid)
    owner = next((path.stat().st_uid for path in (store / "pg", store) if path.is_dir() and path.stat().st_uid), None)
    try:
        entry = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
    except KeyError:
        raise Refused("postgres-user-without-name", uid=owner or "nobody") from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def blocked_at(path: Path, account: Account) -> str:
    """The first folder on the way to `path` that this user may not enter; empty when it can enter all.

    Asked of the system itself, as that user, because modes alone do not know of access lists and mounts.
    """
    way = [str(one) for one in (*reversed(path.parents), path)]
    script = 'for d in "$@"; do cd -- "$d" 2>/dev/null || { printf %s "$d"; exit 1; }; done'
    try:
        asked = subprocess.run(
            ["/bin/sh", "-c", script, "sh", *way], cwd="/", env=CLEAN, stdin=subprocess.DEVNULL, capture_output=True, text=True, **account.as_arguments()
        )
    except PermissionError as fault:
        raise Refused("postgres-user-refused", user=account.name) from fault
    return asked.stdout if asked.returncode else ""
