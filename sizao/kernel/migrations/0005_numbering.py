"""What numbers a row asks for the pretended clock only where one is set; areas and batches stay, because rows point to them without a foreign key."""

from django.db import migrations

from sizao.kernel.machine import NUMBERING, STAYING


class Migration(migrations.Migration):
    dependencies = [("kernel", "0004_act_month")]
    operations = [
        migrations.RunSQL(NUMBERING, migrations.RunSQL.noop),
        migrations.RunSQL(STAYING, "DROP TRIGGER stays ON kernel_area; DROP TRIGGER stays ON kernel_batch;"),
    ]
