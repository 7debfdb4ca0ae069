"""What registers declare for plans can be read: each table's relation over its own rows and history, and no column by a name that versions have."""

import pytest
from django.db import connection

from sizao.plan.facts import registers
from sizao.plan.relations import build

pytestmark = pytest.mark.django_db


def test_every_facts_table_of_every_register_can_be_read_with_its_history():
    known = registers()
    relations = build(known, "Asia/Shanghai")
    from sizao.registers.ledgers.views import make_views

    make_views()
    with connection.cursor() as cursor:
        for name in known.tables:
            cursor.execute(f"SELECT * FROM ({relations.facts[name]}) f LIMIT 0")
