"""What the database itself guarantees for every record: changes are numbered, superseded versions are kept, deletions leave a tombstone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection
from django.db.migrations.operations import RunSQL

# Both run once a row of every import: the pretended clock is asked for only where one is set.
NUMBERING = """
CREATE OR REPLACE FUNCTION kernel_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    NEW.change_no := nextval('kernel_change_seq'); NEW.change_xid := pg_current_xact_id();
    NEW.recorded_at := CASE WHEN current_setting('sizao.clock', true) <> '' THEN kernel_now() ELSE now() END;
    RETURN NEW;
  END IF;
  IF TG_OP = 'DELETE' THEN
    EXECUTE format('INSERT INTO %I SELECT $1, $2, ($3).*', TG_TABLE_NAME || '_history') USING kernel_now(), nextval('kernel_change_seq'), OLD;
    INSERT INTO kernel_tombstone (relation, id, change_no) VALUES (TG_TABLE_NAME, OLD.id, currval('kernel_change_seq'));
    RETURN OLD;
  END IF;
  NEW.recorded_at := OLD.recorded_at; NEW.change_no := OLD.change_no; NEW.change_xid := OLD.change_xid;
  IF NEW IS NOT DISTINCT FROM OLD THEN RETURN OLD; END IF;  -- nothing new: no version, no number
  NEW.change_no := nextval('kernel_change_seq'); NEW.change_xid := pg_current_xact_id(); NEW.recorded_at := kernel_now();
  EXECUTE format('INSERT INTO %I SELECT $1, $2, ($3).*', TG_TABLE_NAME || '_history') USING NEW.recorded_at, NEW.change_no, OLD;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION kernel_act_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.recorded_at := CASE WHEN current_setting('sizao.clock', true) <> '' THEN kernel_now() ELSE now() END;
  NEW.change_no := nextval('kernel_change_seq'); NEW.change_xid := pg_current_xact_id();
  RETURN NEW;
END $$;
"""

FUNCTIONS = """
CREATE SEQUENCE kernel_change_seq;

CREATE FUNCTION kernel_now() RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
  -- A pretended time is for invented cities only; a real store knows one clock.
  IF coalesce(current_setting('sizao.clock', true), '') <> '' AND EXISTS (SELECT 1 FROM kernel_storeinfo WHERE kind = 'demo') THEN
    RETURN current_setting('sizao.clock', true)::timestamptz;
  END IF;
  RETURN now();
END $$;

CREATE TABLE kernel_tombstone (relation text NOT NULL, id uuid NOT NULL, change_no bigint NOT NULL, change_xid xid8 NOT NULL DEFAULT pg_current_xact_id(), PRIMARY KEY (relation, id, change_no));

CREATE FUNCTION kernel_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'append only: % on %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END $$;
"""

ACT = """
CREATE TABLE kernel_act (
  id uuid NOT NULL, kind text NOT NULL, subject uuid NOT NULL, person uuid, area_id bigint, disease text,
  happened_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL DEFAULT kernel_now(), reported_at timestamptz, period date,
  post_id bigint, outcome text, number numeric, record uuid, replaces uuid, batch_id bigint,
  change_no bigint NOT NULL DEFAULT nextval('kernel_change_seq'), change_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  PRIMARY KEY (id, happened_at)
) PARTITION BY RANGE (happened_at);
CREATE TABLE kernel_act_other PARTITION OF kernel_act DEFAULT;
CREATE INDEX kernel_act_subject ON kernel_act (subject, kind, happened_at);
CREATE INDEX kernel_act_person ON kernel_act (person, kind, happened_at);
CREATE INDEX kernel_act_change ON kernel_act (change_no);
CREATE INDEX kernel_act_recorded ON kernel_act (recorded_at);
CREATE INDEX kernel_act_replaces ON kernel_act (replaces) WHERE replaces IS NOT NULL;

CREATE TRIGGER stamp BEFORE INSERT ON kernel_act FOR EACH ROW EXECUTE FUNCTION kernel_act_stamp();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON kernel_act FOR EACH ROW EXECUTE FUNCTION kernel_refuse();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON kernel_act FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse();
"""

ACT_MONTH = """
-- A month has its partition before its first act comes. Months outside 2000–2100 stay in the default one.
CREATE OR REPLACE FUNCTION kernel_ensure_act_month(day date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE first date := date_trunc('month', day)::date; part text := 'kernel_act_' || to_char(day, 'YYYYMM');
BEGIN
  IF first < DATE '2000-01-01' OR first > DATE '2100-01-01' OR to_regclass(part) IS NOT NULL THEN RETURN; END IF;
  PERFORM pg_advisory_xact_lock(hashtext('kernel_act_month'));
  IF to_regclass(part) IS NOT NULL THEN RETURN; END IF;
  BEGIN
    EXECUTE format('CREATE TABLE %I PARTITION OF kernel_act FOR VALUES FROM (%L) TO (%L)', part, first::text || ' 00:00+00', (first + INTERVAL '1 month')::date::text || ' 00:00+00');
  EXCEPTION WHEN duplicate_table THEN NULL;  -- another made it while this one waited for the lock, and its name was looked up before
  END;
END $$;
"""


#: When a new row is recorded; the pretended clock is asked for only where one is set. As a default, not by a trigger: with one that is called
#: before each row, a COPY writes row by row instead of whole pages. Who may write a row may not name these columns (`grants_sql`).
STAMPED = "(CASE WHEN current_setting('sizao.clock', true) <> '' THEN kernel_now() ELSE now() END)"

BY_DEFAULT = f"""
DO $$ DECLARE t record; BEGIN
  FOR t IN SELECT c.oid::regclass AS name FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_proc p ON p.oid = g.tgfoid
    WHERE p.proname = 'kernel_version' AND g.tgname = 'version' AND g.tgtype & 4 <> 0 LOOP
    EXECUTE format('DROP TRIGGER version ON %s', t.name);
    EXECUTE format('CREATE TRIGGER version BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION kernel_version()', t.name);
    EXECUTE format('ALTER TABLE %s ALTER COLUMN change_no SET DEFAULT nextval(''kernel_change_seq''), ALTER COLUMN recorded_at SET DEFAULT %s', t.name,
      $stamped${STAMPED}$stamped$);
    EXECUTE format('DROP INDEX IF EXISTS %I', t.name::text || '_change');
  END LOOP;
END $$;
DROP TRIGGER IF EXISTS stamp ON kernel_act;
ALTER TABLE kernel_act ALTER COLUMN recorded_at SET DEFAULT {STAMPED};
DROP INDEX IF EXISTS kernel_act_change;
"""


class Versioned(RunSQL):
    """Makes a record's table a versioned one: its history table, and the trigger that fills it. `Versioned("cases_case")`."""

    def __init__(self, table: str):
        super().__init__(
            f"""
            ALTER TABLE {table} ADD COLUMN change_xid xid8 NOT NULL DEFAULT pg_current_xact_id();
            CREATE TABLE {table}_history (ended_at timestamptz NOT NULL, ended_change bigint NOT NULL, LIKE {table});
            CREATE INDEX {table}_history_id ON {table}_history (id);
            CREATE INDEX {table}_xid ON {table} (change_xid);
            CREATE TRIGGER version BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION kernel_version();
            ALTER TABLE {table} ALTER COLUMN change_no SET DEFAULT nextval('kernel_change_seq'), ALTER COLUMN recorded_at SET DEFAULT {STAMPED};
            CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}_history FOR EACH ROW EXECUTE FUNCTION kernel_refuse();
            """,
            f"DROP TABLE {table}_history; DROP TRIGGER version ON {table}; ALTER TABLE {table} DROP COLUMN change_xid;",
        )


#: Who points to these rows is asked in another way (`Pointing`), so they may not go.
STAYING = """
CREATE TRIGGER stays BEFORE DELETE ON kernel_area FOR EACH ROW EXECUTE FUNCTION kernel_refuse();
CREATE TRIGGER stays BEFORE DELETE ON kernel_batch FOR EACH ROW EXECUTE FUNCTION kernel_refuse();
"""


class Pointing(RunSQL):
    """What a table's rows point to is asked once a statement instead of once a row: `Pointing("cases_case", area_id="kernel_area")`.

    A foreign key looks up, and locks, the one row of an area for each of its thousands of cases, which is a sixth of what an import costs the
    database. That the row is there is asked here as well; that it stays, by a trigger of the table pointed to (`STAYING`).
    """

    def __init__(self, table: str, **targets: str):
        def asked(fresh: str) -> str:
            return "\n".join(
                f"IF EXISTS (SELECT 1 FROM (SELECT DISTINCT {column} FROM {fresh}) n WHERE {column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {target} t WHERE t.id = n.{column})) THEN "
                f"RAISE EXCEPTION '{column} of {table} names no row of {target}' USING ERRCODE = 'foreign_key_violation'; END IF;"
                for column, target in targets.items()
            )

        columns = ", ".join(f"'{c}'" for c in targets)
        super().__init__(
            f"""
            DO $$ DECLARE c record; BEGIN
              FOR c IN SELECT k.conname FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND k.conkey = ARRAY[a.attnum]
                WHERE k.contype = 'f' AND k.conrelid = '{table}'::regclass AND a.attname IN ({columns}) LOOP
                EXECUTE format('ALTER TABLE {table} DROP CONSTRAINT %I', c.conname);
              END LOOP;
            END $$;
            CREATE FUNCTION {table}_points() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {asked("fresh")} RETURN NULL; END $$;
            CREATE FUNCTION {table}_points_anew() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {asked("(SELECT NEW.*) AS fresh")} RETURN NULL; END $$;
            CREATE TRIGGER points AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION {table}_points();
            CREATE TRIGGER points_anew AFTER UPDATE ON {table} FOR EACH ROW WHEN ({" OR ".join(f"OLD.{c} IS DISTINCT FROM NEW.{c}" for c in targets)})
              EXECUTE FUNCTION {table}_points_anew();
            """,
            f"DROP TRIGGER points ON {table}; DROP TRIGGER points_anew ON {table}; DROP FUNCTION {table}_points(); DROP FUNCTION {table}_points_anew();",
        )


class Followed(RunSQL):
    """The history of a versioned table takes the columns that the table has got since, in their order. After `AddField`: `Followed("cases_case")`."""

    def __init__(self, table: str):
        super().__init__(
            f"""
            DO $$ DECLARE c record; BEGIN
              FOR c IN SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS kind FROM pg_attribute a WHERE a.attrelid = '{table}'::regclass AND a.attnum > 0 AND NOT a.attisdropped
                AND NOT EXISTS (SELECT 1 FROM pg_attribute h WHERE h.attrelid = '{table}_history'::regclass AND h.attname = a.attname AND NOT h.attisdropped) ORDER BY a.attnum LOOP
                EXECUTE format('ALTER TABLE {table}_history ADD COLUMN %I %s', c.attname, c.kind);
              END LOOP;
            END $$;
            """,
            RunSQL.noop,
        )


def grants_sql() -> str:
    """What the application and the public door may do. Run after every migration, as the owner.

    The public role gets nothing here: it has a schema of its own (`wiring/public_role.py`). Number, transaction and time of a new row of the
    registers or of an act are the database's own: its columns of these names may be read, and not be named in an INSERT.
    """
    return """
    DO $$ DECLARE t record; BEGIN
      FOR t IN SELECT c.relname, c.relkind, (SELECT string_agg(quote_ident(a.attname), ', ') FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          AND a.attname NOT IN ('change_no', 'change_xid', 'recorded_at')) AS told, c.relname LIKE 'kernel_act%' OR EXISTS (SELECT 1 FROM pg_trigger g WHERE g.tgrelid = c.oid
          AND g.tgfoid = 'kernel_version'::regproc) AS stamped FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v') LOOP
        EXECUTE format('REVOKE ALL ON %I FROM sizao_app, sizao_public', t.relname);
        IF t.relname LIKE 'movement\\_visit%' THEN NULL;  -- visits: by their own functions only
        ELSIF t.relname IN ('django_migrations', 'kernel_storeinfo') THEN EXECUTE format('GRANT SELECT ON %I TO sizao_app', t.relname);
        ELSIF t.relkind = 'v' THEN EXECUTE format('GRANT SELECT ON %I TO sizao_app', t.relname);
        ELSIF t.relname LIKE 'kernel_act%' THEN EXECUTE format('GRANT SELECT, INSERT (%s) ON %I TO sizao_app', t.told, t.relname);
        ELSIF t.stamped THEN EXECUTE format('GRANT SELECT, INSERT (%s), UPDATE, DELETE ON %I TO sizao_app', t.told, t.relname);
        ELSIF t.relname LIKE '%\\_history' OR t.relname IN ('kernel_tombstone', 'kernel_event', 'kernel_seal', 'kernel_contentitem')
          THEN EXECUTE format('GRANT SELECT, INSERT ON %I TO sizao_app', t.relname);
        ELSE EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO sizao_app', t.relname);
        END IF;
      END LOOP;
      GRANT USAGE ON SCHEMA public TO sizao_app;
      GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO sizao_app;
      REVOKE ALL ON FUNCTION kernel_ensure_act_month(date) FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION kernel_ensure_act_month(date) TO sizao_app;
    END $$;
    """


@contextmanager
def pretend(instant: datetime | None) -> Iterator[None]:
    """Inside the block (and its transaction) a demo store's database believes that it is `instant`; a real store does not."""
    if instant is None:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('sizao.clock', %s, false)", [instant.isoformat()])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('sizao.clock', '', false)")
