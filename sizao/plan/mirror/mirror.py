"""The open mirror: refreshing it, reading it, writing it out."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from sizao.kernel.errors import Refused
from sizao.plan.facts import vocabulary as everything
from sizao.plan.language import Vocabulary
from sizao.plan.sql.relations import Relations

from . import before as previous
from . import checking, owner, relations, source
from .layout import Layout, quoted
from .once import Once
from .refreshing import Refresh, Refreshed, State


class Mirror:
    """The open mirror. One process at a time has it; within it, one thread at a time."""

    def __init__(self, folder: Path, duck: duckdb.DuckDBPyConnection, held: owner.Owner, vocabulary: Vocabulary):
        self.folder, self.duck, self.vocabulary = folder, duck, vocabulary
        self._held = held
        self.state = State.of(duck)
        self.layout = Layout(vocabulary, self.state.zones or ["Asia/Shanghai"])

    @classmethod
    def open(
        cls, folder: Path | str | None = None, *, memory: str = "", threads: int = 2, vocabulary: Vocabulary | None = None
    ) -> Mirror:
        """The store's mirror, or that of another folder. Refused when another process has it.

        Args:
            memory, threads: What the engine may use (of the memory an eighth, where nothing is said); beyond it, it works on the disk, within the store.
        """
        folder = Path(folder) if folder else default_folder()
        held = owner.Owner()
        held.take()
        try:
            return cls(folder, owner.open_file(folder, memory or owner.share(), threads), held, vocabulary or everything())
        except BaseException:
            held.leave()
            raise

    def close(self) -> None:
        """Gives it up to whoever wants it next."""
        self.duck.close()
        self._held.leave()

    def __enter__(self) -> Mirror:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- keeping it fresh

    def refresh(self, *, whole: bool = False, check: bool = False, keep_before: bool = False) -> Refreshed:
        """Brings it to one present moment of PostgreSQL.

        Args:
            whole: Copy everything again.
            keep_before: What it overwrites can be asked until the next refresh (see `Refreshed.before`).
            check: Compare counts and sums of every table in that moment, and copy everything again if any differs (some three seconds for each million rows).
        """
        started = time.monotonic()
        self._held.keep()
        with source.connected() as connection, self._transaction():
            with source.snapshot(connection, self.folder / "tmp") as snapshot:
                layout = Layout(self.vocabulary, snapshot.moment.zones)
                refresh = Refresh(self.duck, snapshot, layout, self.state, keep_before)
                state = refresh.run("asked" if whole else "")
                if check and not whole:
                    differ = sorted(checking.differing(self.duck, snapshot, layout))
                    if differ:
                        refresh = Refresh(self.duck, snapshot, layout, State())
                        state = refresh.run("it differed")
                        refresh.done.differ = differ
            state.ticket = source.leave_ticket(connection)
            state.save(self.duck)
        self.state, self.layout = state, layout
        refresh.done.seconds = time.monotonic() - started
        return refresh.done

    def tidy(self) -> None:
        """Puts what is in the log in its place in the file. A refresh and a cycle leave that to whoever called them, for when nobody waits."""
        with contextlib.suppress(duckdb.Error):  # it can be done later
            self.duck.execute("CHECKPOINT")

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self.duck.execute("BEGIN")
        try:
            yield
            self.duck.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(duckdb.Error):
                self.duck.execute("ROLLBACK")
            raise

    # -- reading it

    def relations(self, zone: str, known_at: datetime | None = None, *, before: bool = False, once: Once | None = None) -> Relations:
        """What a compiled statement of the DuckDB dialect reads. Made anew after each refresh. `before`: as all was before the last one. `once`: where
        what many statements read is kept, as long as that is there."""
        if not self.state.place:
            raise Refused("mirror-empty")
        assert self.state.before or not before, "the last refresh kept nothing"
        return relations.build(self.duck, self.layout, self.state, zone, known_at, previous.sources(self.layout, self.state.stirred) if before else {}, once)

    def touched(self, table: str) -> str:
        """SELECT of the subjects (numbers) of a facts table for which the last refresh may have changed anything."""
        assert self.state.before, "the last refresh kept nothing"
        return previous.touched(self.layout, table, self.state.stirred)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a statement."""
        return self.duck.execute(sql).fetchall()

    def subjects(self) -> int:
        """How many subjects it holds, of every table."""
        return sum(self.query(f"SELECT count(*) FROM {quoted(f.live.name)}")[0][0] for f in self.layout.facts.values())

    def snapshot(self, target: Path | str) -> dict[str, int]:
        """Writes every table as Parquet into a folder that must not exist yet, and `snapshot.json` about them; rows by table. Other engines read it."""
        target, rows = Path(target), {}
        if target.exists():
            raise Refused("mirror-target-exists", path=target)
        part = target.with_name(f".{target.name}.part")
        part.mkdir(mode=0o700, parents=True)
        for name in ["subject", *(table.name for table in checking.tables(self.layout))]:
            uuids = [row[0] for row in self.duck.execute(f"DESCRIBE {quoted(name)}").fetchall() if row[1] == "UUID"]
            texts = ", ".join(f"CAST({quoted(c)} AS VARCHAR) AS {quoted(c)}" for c in uuids)  # Spark reads no UUID
            whole = f"SELECT *{f' REPLACE ({texts})' if texts else ''} FROM {quoted(name)}"
            count = self.duck.execute(f"COPY ({whole}) TO {_text(part / f'{name}.parquet')} (FORMAT parquet, COMPRESSION zstd)").fetchone()
            rows[name] = count[0] if count else 0
        about = {"zones": self.layout.zones, "latest": self.state.latest, "taken_at": self.state.taken_at, "rows": rows}
        (part / "snapshot.json").write_text(json.dumps(about), encoding="utf-8")
        part.rename(target)
        return rows


def default_folder() -> Path:
    """Inside the store."""
    from django.conf import settings

    if settings.STORE is None:
        raise Refused("mirror-no-store")
    return Path(settings.STORE) / "mirror"


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
