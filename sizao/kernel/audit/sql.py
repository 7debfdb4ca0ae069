"""The rights on the audit tables, as SQL for the migrations."""

TABLES = ("kernel_event", "kernel_seal")

_REFUSE = """
CREATE OR REPLACE FUNCTION kernel_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION 'the audit trail is never changed: % on % refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$body$;
"""


def audit_grants_sql(app_role: str = "sizao_app", public_role: str = "sizao_public") -> str:
    """Lets the application add to the audit tables and read them, and nobody change them.

    The triggers fire for the owner too, and in replication mode; only someone who may alter the tables can go round them,
    and the hash chain is there for that one. Roles that do not exist are passed over, so the text runs on any server, and again.
    """
    parts = [_REFUSE]
    for table in TABLES:
        parts += [
            f"DROP TRIGGER IF EXISTS {table}_no_change ON {table};",
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION kernel_audit_refuse();",
            f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table};",
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION kernel_audit_refuse();",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_change;",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate;",
            f"REVOKE ALL ON {table} FROM PUBLIC;",
            _if_role(app_role, f"REVOKE ALL ON {table} FROM {app_role}; GRANT SELECT, INSERT ON {table} TO {app_role};"),
            _if_role(public_role, f"REVOKE ALL ON {table} FROM {public_role};"),
        ]
    return "\n".join(parts)


def audit_grants_undo_sql() -> str:
    """Takes the triggers away again, for a migration that is undone."""
    drops = [f"DROP TRIGGER IF EXISTS {table}_no_{what} ON {table};" for table in TABLES for what in ("change", "truncate")]
    return "\n".join([*drops, "DROP FUNCTION IF EXISTS kernel_audit_refuse();"])


def _if_role(role: str, statements: str) -> str:
    if not role.replace("_", "").isalnum():
        raise ValueError("a role is named with letters, digits and underscores")
    return f"DO $do$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN {statements} END IF; END $do$;"
