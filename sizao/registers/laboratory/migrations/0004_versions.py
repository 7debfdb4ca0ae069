from django.db import migrations

from sizao.kernel.machine import Versioned

#: Results that samples carry already, as rows of their own: from here on every result that was told is one.
RESULTS = """
INSERT INTO laboratory_result (id, sender, source_id, known_from, stands_from, recorded_at, change_no, result, resulted_at, correction_reason, area_id, specimen_id, batch_id)
SELECT gen_random_uuid(), sender, '', resulted_at, resulted_at, recorded_at, 0, result, resulted_at, '', area_id, id, batch_id FROM laboratory_specimen WHERE result IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("laboratory", "0003_tubes_and_results")]
    operations = [
        Versioned("laboratory_laboratory"),
        Versioned("laboratory_tube"),
        Versioned("laboratory_result"),
        migrations.RunSQL(RESULTS, migrations.RunSQL.noop),
    ]
