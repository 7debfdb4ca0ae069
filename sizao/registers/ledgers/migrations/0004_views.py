"""Entries are versioned; each ledger has a typed view of its own; visits to households become lines of their ledger."""

from django.db import migrations

from sizao.kernel.machine import Versioned
from sizao.registers.ledgers.views_sql import FUNCTIONS

MOVE = """
INSERT INTO ledgers_entry (id, sender, source_id, known_from, stands_from, recorded_at, change_no, ledger, item_ref, happened_at, slot, "values", area_id, batch_id, household_id)
SELECT id, sender, source_id, known_from, stands_from, recorded_at, change_no, 'household_visit', '', happened_at, 0,
  jsonb_strip_nulls(jsonb_build_object('visit_outcome', outcome, 'persons_seen', persons_seen)), area_id, batch_id, household_id
FROM ledgers_householdvisit ORDER BY change_no;
INSERT INTO ledgers_entry_history (ended_at, ended_change, id, sender, source_id, known_from, stands_from, recorded_at, change_no, change_xid, ledger, item_ref, happened_at, slot, "values", area_id, batch_id, household_id)
SELECT ended_at, ended_change, id, sender, source_id, known_from, stands_from, recorded_at, change_no, change_xid, 'household_visit', '', happened_at, 0,
  jsonb_strip_nulls(jsonb_build_object('visit_outcome', outcome, 'persons_seen', persons_seen)), area_id, batch_id, household_id
FROM ledgers_householdvisit_history;
DROP TABLE ledgers_householdvisit_history;
"""


class Migration(migrations.Migration):
    dependencies = [("ledgers", "0003_entries")]
    operations = [
        Versioned("ledgers_entry"),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunSQL("CREATE INDEX ledgers_entry_history_ledger ON ledgers_entry_history (ledger)", migrations.RunSQL.noop),
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
    ]
