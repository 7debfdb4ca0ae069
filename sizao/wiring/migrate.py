"""Bringing a store's tables to this version: migrations as the owner, then what each role may do."""

from django.core.management import call_command
from django.db import connections

from sizao.kernel.audit.sql import audit_grants_sql
from sizao.kernel.machine import grants_sql

LOCK = 4_205_001  # one migration at a time, whoever starts it


def migrate(store_kind: str = "real", time_zone: str = "Asia/Shanghai") -> bool:
    """Applies what is missing; True if anything was applied."""
    from django.db.migrations.executor import MigrationExecutor

    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        executor = MigrationExecutor(owner)
        wanted = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if wanted:
            call_command("migrate", database="owner", verbosity=0, interactive=False)
            with owner.cursor() as cursor:
                cursor.execute(grants_sql())
                cursor.execute(audit_grants_sql())
                cursor.execute(
                    "INSERT INTO kernel_storeinfo (id, kind, time_zone, created_at) VALUES (1, %s, %s, now()) ON CONFLICT (id) DO NOTHING", [store_kind, time_zone]
                )
        return bool(wanted)
    finally:
        with owner.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
        owner.close()
