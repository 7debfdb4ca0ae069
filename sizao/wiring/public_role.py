"""What the role of the public may see and do: a schema of its own (`door`), and nothing else in the database.

The schema holds views under the names of the tables that they are a part of, so that the same pages work in the process of the public, and two functions for
letters to the inside (`doors/relay`). The role may not use the schema of the tables at all: naming one is refused before any right on it is asked.
A view has no column of a person, a post or a user; where a page's model has one, the view gives nothing for it.
"""

import hashlib
import re
from typing import Any

from django.db import connection

ROLE, SCHEMA = "sizao_public", "door"
#: As many letters may wait; the next is told that we are full.
MOST_WAITING = 5000
LONGEST_LETTER = 400_000

#: view → what it shows. Rules in force, grades that people signed, what the gate let out, and where areas lie.
VIEWS: dict[str, str] = {
    "kernel_area": "SELECT * FROM public.kernel_area",
    "kernel_storeinfo": "SELECT * FROM public.kernel_storeinfo",
    "kernel_contentitem": "SELECT * FROM public.kernel_contentitem WHERE kind IN ('plan', 'restriction', 'grading')",
    "kernel_enactment": (
        "SELECT id, starts_at, ends_at, trial, decided_at, disease, area_id, item_id, NULL::bigint AS proposed_by_id, CASE WHEN seconded_by_id IS NOT NULL THEN 0::bigint END AS seconded_by_id "
        "FROM public.kernel_enactment WHERE decided_at IS NOT NULL"
    ),
    "kernel_batch": "SELECT * FROM public.kernel_batch WHERE false",
    "command_areagrade": "SELECT {none:command_areagrade:number,batch_id,sender,source_id} FROM public.command_areagrade g WHERE scale = 'risk' AND {visible:g}",
    "command_areagrade_history": "SELECT {none:command_areagrade_history:number,batch_id,sender,source_id} FROM public.command_areagrade_history g WHERE scale = 'risk' AND {visible:g}",
    "command_order": "SELECT {none:command_order:batch_id,sender,source_id,issued_by_id,seconded_by_id} FROM public.command_order o WHERE touches_public AND {visible:o}",
    "situation_publication": "SELECT {none:situation_publication:prepared_by_id,signed_by_id,recalled_by_id,digest} FROM public.situation_publication WHERE signed_at IS NOT NULL",
    "situation_question": (
        "SELECT {none:situation_question:receipt_sha256,asked,need,contact,ticket,answered_by_id,published_by_id} FROM public.situation_question WHERE published_at IS NOT NULL"
    ),
    "doors_relaykey": "SELECT * FROM public.doors_relaykey",
}

FUNCTIONS = f"""
CREATE FUNCTION {SCHEMA}.relay_ask(letter bytea) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE made uuid := gen_random_uuid();
BEGIN
  IF octet_length(letter) > {LONGEST_LETTER} OR (SELECT count(*) FROM (SELECT 1 FROM public.doors_relayed WHERE answered_at IS NULL LIMIT {MOST_WAITING}) w) >= {MOST_WAITING} THEN
    RAISE EXCEPTION 'full' USING ERRCODE = 'configuration_limit_exceeded';
  END IF;
  INSERT INTO public.doors_relayed (id, asked_at, asked) VALUES (made, now(), letter);
  PERFORM pg_notify('sizao_relay', '');
  RETURN made;
END $$;

CREATE FUNCTION {SCHEMA}.relay_answer(ask uuid) RETURNS bytea LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT answer FROM public.doors_relayed WHERE id = ask AND answered_at IS NOT NULL
$$;
"""


def lay_out() -> bool:
    """Makes the schema as this version wants it, as the owner; False where it is so already. Called after migrations."""
    with connection.cursor() as cursor:
        text = schema_sql(cursor)
        digest = hashlib.sha256(text.encode()).hexdigest()
        cursor.execute("SELECT obj_description(to_regnamespace(%s)::oid, 'pg_namespace')", [SCHEMA])
        if cursor.fetchone()[0] == digest:
            return False
        cursor.execute(text)
        cursor.execute(f"COMMENT ON SCHEMA {SCHEMA} IS '{digest}'")
    return True


def take_away() -> None:
    """Before migrations: a view would hold its table's columns fast."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def schema_sql(cursor: Any) -> str:
    views = "\n".join(f"CREATE VIEW {SCHEMA}.{name} WITH (security_barrier) AS {_filled(text, cursor)};\nGRANT SELECT ON {SCHEMA}.{name} TO {ROLE};" for name, text in VIEWS.items())
    return f"""
DROP SCHEMA IF EXISTS {SCHEMA} CASCADE;
CREATE SCHEMA {SCHEMA};
REVOKE ALL ON SCHEMA public FROM {ROLE};
{views}
{FUNCTIONS}
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {SCHEMA} FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {SCHEMA} TO {ROLE};
GRANT USAGE ON SCHEMA {SCHEMA} TO {ROLE};
"""


def _filled(text: str, cursor: Any) -> str:
    """`{none:table:a,b}`: every column, those named as nothing. `{visible:t}`: the row is of no batch, or of one that is closed and not undone."""

    def columns(found: re.Match[str]) -> str:
        table, hidden = found[1], found[2].split(",")
        cursor.execute("SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum", [f"public.{table}"])
        return ", ".join(f"NULL::{kind} AS {name}" if name in hidden else name for name, kind in cursor.fetchall())

    text = re.sub(r"\{none:(\w+):([\w,]*)\}", columns, text)
    return re.sub(
        r"\{visible:(\w+)\}", r"(\1.batch_id IS NULL OR EXISTS (SELECT 1 FROM public.kernel_batch b WHERE b.id = \1.batch_id AND b.closed_at IS NOT NULL AND b.undone_at IS NULL))", text
    )
