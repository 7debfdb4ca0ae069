"""Area and batch of lines and receipts are asked once a statement."""

from django.db import migrations

from sizao.kernel.machine import Pointing


class Migration(migrations.Migration):
    dependencies = [("ledgers", "0006_sorted_lists"), ("kernel", "0005_numbering")]
    operations = [
        Pointing("ledgers_entry", area_id="kernel_area", batch_id="kernel_batch"),
        Pointing("ledgers_duereport", batch_id="kernel_batch"),
    ]
