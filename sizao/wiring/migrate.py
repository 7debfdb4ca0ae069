"""Bringing a store's tables to this version: migrations as the owner, then what each role may do."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState

from sizao.kernel.audit.sql import audit_grants_sql
from sizao.kernel.machine import grants_sql
from sizao.registers.ledgers.views import make_views

from . import public_role

LOCK = 4_205_001  # one migration at a time, whoever starts it


def migrate(store_kind: str = "real", time_zone: str = "Asia/Shanghai") -> bool:
    """Applies what is missing; True if anything was applied."""
    with _as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        executor = MigrationExecutor(connection)
        wanted = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if wanted:
            public_role.take_away()
            with nullcontext() if executor.loader.applied_migrations else drawn_once():
                call_command("migrate", verbosity=0, interactive=False)
            cursor.execute(grants_sql())
            cursor.execute(audit_grants_sql())
            cursor.execute("INSERT INTO kernel_storeinfo (id, kind, time_zone, created_at) VALUES (1, %s, %s, now()) ON CONFLICT (id) DO NOTHING", [store_kind, time_zone])
        public_role.lay_out()
        make_views()  # of ledgers that this version, or the jurisdiction's own folder, brought along
        return bool(wanted)


@contextmanager
def drawn_once() -> Iterator[None]:
    """For a store without tables: a step of a migration draws anew the one model that it changes, and not all that lead to it.

    Nearly every model leads to an area or a person, so that Django would draw each dozens of times: four fifths of a first start. The mark
    that it leaves (`is_delayed`) is Django's own for this: a step that runs code draws the whole anew. A store in use is brought on in the ordinary way.
    """
    ordinary = ProjectState.reload_model

    def reload_model(self: ProjectState, app_label: str, model_name: str, delay: bool = False) -> None:
        if "apps" in self.__dict__:
            self.is_delayed = True
            self._reload({(app_label, model_name)})

    ProjectState.reload_model = reload_model
    try:
        yield
    finally:
        ProjectState.reload_model = ordinary


@contextmanager
def _as_owner() -> Iterator[None]:
    """The default connection speaks as the owner: migrations of libraries use it whatever database they are told."""
    application = connection.settings_dict
    connection.close()
    connection.settings_dict = connections["owner"].settings_dict
    try:
        yield
    finally:
        connection.close()  # ends the advisory lock too
        connection.settings_dict = application
