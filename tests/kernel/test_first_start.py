"""A store without tables is made without drawing every model at every step; what stands in the end is what Django's own way makes."""

import os
import subprocess
import sys
import time

import pytest
import yaml
from kernel.postgres_help import ROOT, open_place

from sizao.kernel.marked import DEEPEST, Marked, plain

STARTED = """
import contextlib, os, sys
from pathlib import Path
from sizao.doors.cli import context
from sizao.wiring.main import boot, migrate

def ordinary(kind, zone):
    import sizao.wiring.migrate as wired
    wired.drawn_once = contextlib.nullcontext
    return migrate(kind, zone)

context.boot, context.migrate = boot, ordinary if sys.argv[2] == "ordinary" else migrate
opened = context.open_store(Path(sys.argv[1]), kind="demo")
from django.db import connection, connections
with connection.cursor() as cursor:
    for asked in (
        "SELECT table_name, column_name, data_type, column_default, is_nullable, character_maximum_length, generation_expression FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2",
        "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2",
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
        "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2",
        "SELECT relname, relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
    ):
        cursor.execute(asked)
        for row in cursor.fetchall():
            print(row)
from sizao.kernel import postgres
connections.close_all()
postgres.stop(opened)
"""


@pytest.mark.full
def test_the_quick_way_to_a_first_store_leaves_the_same_tables():
    with open_place() as place:
        environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "SIZAO_KEYS", "SIZAO_STORE")}
        made = [
            subprocess.run([sys.executable, "-c", STARTED, str(place / way), way], cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
            for way in ("quick", "ordinary")
        ]
    assert made[0] == made[1] and made[0].count("\n") > 5_000


def test_a_text_nested_a_hundred_thousand_deep_is_refused_at_once_and_exhausts_no_stack():
    began = time.process_time()
    for read in (plain, Marked):
        for text in ("[" * 100_000 + "]" * 100_000, "- " * 100_000 + "a"):
            with pytest.raises(yaml.YAMLError):
                read(text)
    assert time.process_time() - began < 2
    assert plain("[" * DEEPEST + "]" * DEEPEST)
